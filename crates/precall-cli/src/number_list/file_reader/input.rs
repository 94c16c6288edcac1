//! The bytes of a list's file: plain, gzip, or one or more members of a zip archive.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use zip::ZipArchive;

use super::rejects_text::each_part;
use super::text_encoding::{has_mark, in_utf8};
use super::workbook::{self, OLD_WORKBOOK, WorkbookForm};
use crate::failure::{Failure, FileFailure};

/// Bytes that are read at once.
const BUFFER: usize = 128 << 10;

/// The first bytes of a gzip file and of a zip archive.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK\x03\x04";

/// True after standard input has been read.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The name of standard input as an argument.
const STANDARD_INPUT: &str = "-";

/// A file that is read from its beginning.
#[derive(Debug)]
pub struct InputFile {
    file: File,
    path: PathBuf,
    /// The copy of standard input, which is removed with the last value.
    copy: Option<Arc<TempPath>>,
    name: String,
    /// The size and the time of the last change when the fingerprint was made.
    state: Option<FileState>,
}

/// The size of a file, and the time of its last change.
type FileState = (u64, SystemTime);

/// The identity of a file's contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFingerprint {
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
}

impl InputFile {
    /// Opens a file; `-` is standard input, which is copied into a temporary file first.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if is_standard_input(path) {
            // It would be empty, and an empty list is not the list.
            if IS_TAKEN.swap(true, Ordering::Relaxed) {
                return Err("standard input was read already; save it to a file, and import that file".into());
            }
            let (mut file, copy) = NamedTempFile::new()?.into_parts();
            io::copy(&mut io::stdin().lock(), &mut file).map_err(|error| format!("standard input: {error}"))?;
            let path = copy.to_path_buf();
            return Ok(Self { file, path, copy: Some(Arc::new(copy)), name: "standard input".to_owned(), state: None });
        }
        let file = File::open(path).map_err(|error| FileFailure::read(path, error))?;
        if file.metadata()?.is_dir() {
            return Err(format!("{}: a folder; name the file in it", path.display()).into());
        }
        Ok(Self { file, path: path.to_owned(), copy: None, name: path.display().to_string(), state: None })
    }

    /// Returns the file's name for the operator.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens the same file again.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn again(&self) -> Result<Self, Failure> {
        let file = File::open(&self.path).map_err(|error| FileFailure::read(&self.path, error))?;
        Ok(Self { file, path: self.path.clone(), copy: self.copy.clone(), name: self.name.clone(), state: None })
    }

    /// Returns true if the file begins with a mark of Windows, by which spreadsheet programs recognise a text.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn has_mark(&self) -> Result<bool, Failure> {
        let mut start = [0; 3];
        let read = read_up_to(&mut self.again()?.file, &mut start)?;
        Ok(has_mark(start.get(..read).unwrap_or_default()))
    }

    /// Reads the whole file for its fingerprint.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fingerprint(&mut self) -> Result<FileFingerprint, Failure> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; BUFFER];
        let mut size = 0;
        self.state = Some(state_of(&self.file)?);
        self.file.seek(SeekFrom::Start(0))?;
        loop {
            let read = self.file.read(&mut buffer).map_err(|error| format!("{}: {error}", self.name))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hash.update(bytes);
            size += u64::try_from(read)?;
        }
        self.refuse_changed(&self.file)?;
        Ok(FileFingerprint { sha256: precall_hook::auth::to_hex(&hash.finalize()), size })
    }

    /// Refuses a file that has changed since its fingerprint was made: the list would have other numbers than the file
    /// with this checksum.
    fn refuse_changed(&self, file: &File) -> Result<(), Failure> {
        match self.state {
            Some(state) if state_of(file)? != state => Err(format!(
                "{}: the file changes while it is read; wait until it is complete, then run the command again \
                 without --resume",
                self.name
            )
            .into()),
            _ => Ok(()),
        }
    }

    /// Passes the file's text, each text of an archive, or a sheet of a workbook as CSV, to `each`. The bytes that were
    /// read are added to `used`; their sum is the file's size, roughly for an archive.
    ///
    /// # Errors
    /// When the file cannot be read, is not text, has changed since its fingerprint was made, or `each` fails.
    pub fn read_texts(
        mut self,
        used: &Arc<AtomicU64>,
        sheet: Option<&str>,
        mut each: impl FnMut(&str, &mut dyn BufRead) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let file = self.file.try_clone()?;
        self.read_each(used, sheet, &mut each)?;
        self.refuse_changed(&file)
    }

    fn read_each(
        &mut self,
        used: &Arc<AtomicU64>,
        sheet: Option<&str>,
        each: &mut TextHandler<'_>,
    ) -> Result<(), Failure> {
        let name = self.name.clone();
        let in_file = |error: Failure| -> Failure { format!("{name}: {error}").into() };
        self.file.seek(SeekFrom::Start(0))?;
        let mut first = [0; 4];
        let read = read_up_to(&mut self.file, &mut first)?;
        self.file.seek(SeekFrom::Start(0))?;
        let first = first.get(..read).unwrap_or_default();
        let mut file = self.file.try_clone()?;
        if let Some(form) = workbook_form(first, &file)? {
            file = workbook::as_csv(file, form, sheet).map_err(in_file)?;
        } else if let Some(sheet) = sheet {
            return Err(in_file(format!("not a workbook, and so it has no sheet {sheet:?}; leave --sheet out").into()));
        } else if first.starts_with(ZIP) {
            return read_archive(file, used, each).map_err(in_file);
        }
        let counted = CountingReader { inner: file, used: Arc::clone(used), share: 1.0 };
        let mut reader: Box<dyn BufRead> = if first.starts_with(GZIP) {
            let inner = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, counted));
            Box::new(BufReader::with_capacity(BUFFER, Unpacking { inner, form: "gzip file" }))
        } else {
            Box::new(BufReader::with_capacity(BUFFER, counted))
        };
        in_utf8(&mut reader, |text| each_part(text, &mut |part| each("", part))).map_err(in_file)
    }
}

/// The caller's function for the texts of a file, which gets the member of an archive too.
type TextHandler<'h> = dyn FnMut(&str, &mut dyn BufRead) -> Result<(), Failure> + 'h;

/// Returns true for the argument that means standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

/// Returns the form of a file that is a workbook of a spreadsheet program.
fn workbook_form(first: &[u8], file: &File) -> Result<Option<WorkbookForm>, Failure> {
    if first.starts_with(OLD_WORKBOOK) {
        return Ok(Some(WorkbookForm::ExcelOld));
    }
    if !first.starts_with(ZIP) {
        return Ok(None);
    }
    let mut file = file.try_clone()?;
    let archive = ZipArchive::new(BufReader::new(&mut file)).ok();
    let form = archive.as_ref().and_then(WorkbookForm::of_archive);
    drop(archive);
    file.seek(SeekFrom::Start(0))?;
    Ok(form)
}

/// Passes the members of an archive to `each`, in the archive's order.
fn read_archive(file: File, used: &Arc<AtomicU64>, each: &mut TextHandler<'_>) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| broken("zip archive", &error))?;
    let mut found = false;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| broken("zip archive", &error))?;
        let name = member.name().map_err(|error| broken("zip archive", &error))?.into_owned();
        let hidden = name.rsplit('/').next().is_some_and(|last| last.starts_with('.')) || name.contains("__MACOSX/");
        if member.is_dir() || hidden {
            continue;
        }
        found = true;
        #[expect(clippy::cast_precision_loss, reason = "for a progress bar")]
        let share = member.compressed_size() as f64 / member.size().max(1) as f64;
        let counted = CountingReader { inner: member, used: Arc::clone(used), share };
        let mut reader = BufReader::with_capacity(BUFFER, Unpacking { inner: counted, form: "zip archive" });
        refuse_packed(&mut reader)
            .and_then(|()| in_utf8(&mut reader, |text| each(&name, text)))
            .map_err(|error| -> Failure { format!("{name}: {error}").into() })?;
    }
    if found { Ok(()) } else { Err("the archive is empty".into()) }
}

/// Returns the error of a compressed file that cannot be unpacked.
fn broken(form: &str, error: &dyn Error) -> Failure {
    format!("a {form} that is broken or incomplete ({error}); download or pack it again").into()
}

/// The unpacked bytes of a file. Its errors have the remedy, also if the file is broken in its middle.
struct Unpacking<R> {
    inner: R,
    form: &'static str,
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| match error.kind() {
            // The kinds of the libraries that unpack. Others are of the disk.
            kind @ (io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof) => {
                io::Error::new(kind, broken(self.form, &error))
            }
            _ => error,
        })
    }
}

/// Returns the size of a file, and the time of its last change.
fn state_of(file: &File) -> io::Result<FileState> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified()?))
}

/// Refuses a member of an archive that is packed itself.
fn refuse_packed(reader: &mut dyn BufRead) -> Result<(), Failure> {
    let first = reader.fill_buf()?;
    if [GZIP, ZIP, OLD_WORKBOOK].into_iter().any(|mark| first.starts_with(mark)) {
        return Err("an archive or a workbook within the archive; unpack it, and import it by itself".into());
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

/// Counts the bytes that are read.
struct CountingReader<R> {
    inner: R,
    used: Arc<AtomicU64>,
    /// Bytes of the file per byte that is read: less than 1 for a compressed member.
    share: f64,
}

impl<R: Read> Read for CountingReader<R> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot continue should fail at that point")]

    use std::io::Write;

    use super::*;

    fn read(file: &Path, input: InputFile) -> Result<String, String> {
        let mut text = String::new();
        let each = |_: &str, reader: &mut dyn BufRead| Ok(reader.read_to_string(&mut text).map(|_| ())?);
        let outcome = input.read_texts(&Arc::default(), None, each);
        outcome.map(|()| text).map_err(|error| error.to_string().replace(&file.display().to_string(), "(file)"))
    }

    /// The list must have the numbers of the file with the recorded checksum.
    #[test]
    fn a_file_that_grows_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dnc.txt");
        std::fs::write(&file, "3155550101\n").unwrap();
        let mut input = InputFile::open(&file).unwrap();
        input.fingerprint().unwrap();
        assert_eq!(read(&file, input), Ok("3155550101\n".to_owned()));

        let mut input = InputFile::open(&file).unwrap();
        input.fingerprint().unwrap();
        let mut more = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        more.write_all(b"3155550102\n").unwrap();
        let refused = "(file): the file changes while it is read; wait until it is complete, then run the command again without \
                       --resume";
        assert_eq!(read(&file, input), Err(refused.to_owned()));
    }
}
