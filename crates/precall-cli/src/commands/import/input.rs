//! The bytes of a list's file: plain, gzip, or one or more members of a zip archive.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::failure::Failure;

/// What is read at once, in bytes.
const BUFFER: usize = 128 << 10;

/// What stands first in a file by gzip, and in a zip archive.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK\x03\x04";

/// Members by which the workbooks of spreadsheet programs are known.
const WORKBOOKS: [&str; 2] = ["[Content_Types].xml", "mimetype"];

/// What Windows puts before text that is not UTF-8.
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// What Windows puts before text that is.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file to read once from its beginning.
#[derive(Debug)]
pub struct Input {
    file: File,
    name: String,
}

/// What identifies a file's contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
}

impl Input {
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if file.metadata()?.is_dir() {
            return Err(format!("{}: a folder; name the file in it", path.display()).into());
        }
        Ok(Self { file, name: path.display().to_string() })
    }

    /// Reads the whole file once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fingerprint(&mut self) -> Result<Fingerprint, Failure> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; BUFFER];
        let mut size = 0;
        self.file.seek(SeekFrom::Start(0))?;
        loop {
            let read = self.file.read(&mut buffer).map_err(|error| format!("{}: {error}", self.name))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hash.update(bytes);
            size += u64::try_from(read)?;
        }
        Ok(Fingerprint { sha256: precall_hook::auth::to_hex(&hash.finalize()), size })
    }

    /// Hands over the file's texts one by one: one, or those of an archive. Bytes that were used up are added to
    /// `used`; they sum up to the file's size, roughly for an archive.
    ///
    /// # Errors
    /// When the file cannot be read, is no text, or `each` fails.
    pub fn texts(
        mut self,
        used: &Arc<AtomicU64>,
        mut each: impl FnMut(&str, &mut dyn BufRead) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let name = self.name.clone();
        let said = |error: Failure| -> Failure { format!("{name}: {error}").into() };
        self.file.seek(SeekFrom::Start(0))?;
        let mut first = [0; 4];
        let read = read_up_to(&mut self.file, &mut first)?;
        self.file.seek(SeekFrom::Start(0))?;
        let first = first.get(..read).unwrap_or_default();
        if first.starts_with(ZIP) {
            return archived(self.file, used, each).map_err(said);
        }
        let counted = Counted { inner: self.file, used: Arc::clone(used), share: 1.0 };
        let mut reader: Box<dyn BufRead> = if first.starts_with(GZIP) {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(BufReader::with_capacity(BUFFER, counted))))
        } else {
            Box::new(BufReader::with_capacity(BUFFER, counted))
        };
        unmarked(&mut reader).and_then(|()| each("", &mut reader)).map_err(said)
    }
}

/// The members of an archive, in its order.
fn archived(
    file: File,
    used: &Arc<AtomicU64>,
    mut each: impl FnMut(&str, &mut dyn BufRead) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    if WORKBOOKS.into_iter().any(|member| archive.index_for_name(member).is_some()) {
        return Err("a spreadsheet program's own file; save the sheet as CSV".into());
    }
    let mut found = false;
    for index in 0..archive.len() {
        let member = archive.by_index(index)?;
        let name = member.name()?.into_owned();
        let hidden = name.rsplit('/').next().is_some_and(|last| last.starts_with('.')) || name.contains("__MACOSX/");
        if member.is_dir() || hidden {
            continue;
        }
        found = true;
        #[expect(clippy::cast_precision_loss, reason = "for a progress bar")]
        let share = member.compressed_size() as f64 / member.size().max(1) as f64;
        let counted = Counted { inner: member, used: Arc::clone(used), share };
        let mut reader = BufReader::with_capacity(BUFFER, counted);
        unmarked(&mut reader)
            .and_then(|()| each(&name, &mut reader))
            .map_err(|error| -> Failure { format!("{name}: {error}").into() })?;
    }
    if found { Ok(()) } else { Err("nothing is in the archive".into()) }
}

/// Leaves out the mark before a text of Windows's.
fn unmarked(reader: &mut dyn BufRead) -> Result<(), Failure> {
    let first = reader.fill_buf()?;
    if UTF16_MARKS.into_iter().any(|mark| first.starts_with(mark)) {
        return Err("text in UTF-16; save it as UTF-8".into());
    }
    if first.starts_with(UTF8_MARK) {
        reader.consume(UTF8_MARK.len());
    }
    Ok(())
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    used: Arc<AtomicU64>,
    /// Bytes of the file for a byte that is read.
    share: f64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "for a progress bar"
        )]
        self.used.fetch_add((read as f64 * self.share) as u64, Ordering::Relaxed);
        Ok(read)
    }
}
