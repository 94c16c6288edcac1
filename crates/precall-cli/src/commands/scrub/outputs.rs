//! The files of a scrub. They have their names only when they are whole. Until then, they end in `.unfinished`, and a file beside
//! them has the position from which an interrupted scrub continues.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, LocatedError};
use crate::scrub::rendering::RenderedLines;
use crate::scrub::summary::ScrubSummary;
use crate::whole_file::write_whole;

/// The mark by which spreadsheet programs recognise UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The position of a scrub: everything that a later run needs to continue it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubPosition {
    /// The checksum of the file of leads.
    pub sha256: String,
    /// The options on which the rows depend.
    pub options: String,
    /// The revisions of the rules under `*` and under the caller.
    pub revisions: Vec<Option<String>>,
    /// The instant of the run.
    pub now: String,
    /// The lines that are written.
    pub lines: u64,
    /// The bytes of each file.
    sizes: Vec<u64>,
    /// True if all lines are written, and the files only lack their names.
    pub is_complete: bool,
    pub summary: ScrubSummary,
}

impl ScrubPosition {
    /// Returns the position of a scrub that begins.
    pub fn new(sha256: &str, options: String, now: Timestamp) -> Self {
        Self { sha256: sha256.to_owned(), options, now: now.to_string(), ..Self::default() }
    }
}

/// The names of the files; `None` for those that are not wanted.
#[derive(Debug, Clone)]
pub struct OutputNames {
    pub all: Option<PathBuf>,
    pub callable: Option<PathBuf>,
    pub blocked: Option<PathBuf>,
}

impl OutputNames {
    /// Returns the names of the files that are wanted.
    pub fn paths(&self) -> Vec<&Path> {
        [&self.all, &self.callable, &self.blocked].into_iter().flatten().map(PathBuf::as_path).collect()
    }

    /// Returns the name of the file with the position, which is beside the first file.
    fn position(&self) -> Option<PathBuf> {
        self.paths().first().map(|path| with_suffix(path, ".position"))
    }

    /// Refuses names that are used twice, and that of the file of leads.
    ///
    /// # Errors
    /// When there is such a name.
    pub fn check(&self, leads: &Path) -> Result<(), Failure> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let paths = self.paths();
        for (nth, path) in paths.iter().enumerate() {
            if real(path) == real(leads) {
                return Err(format!("{}: this is the file of leads; name another file", path.display()).into());
            }
            if paths.iter().skip(nth + 1).any(|other| real(other) == real(path)) {
                return Err(format!("{}: named for two outputs; name two files", path.display()).into());
            }
        }
        Ok(())
    }

    /// Returns the position of an interrupted scrub.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn interrupted(&self) -> Result<ScrubPosition, Failure> {
        let path =
            self.position().ok_or("--resume continues a file; name it with --output, --callable or --blocked")?;
        let text = fs::read_to_string(&path).map_err(|error| {
            LocatedError::new(
                path.display(),
                format!("{error}; there is no interrupted scrub to continue; run the command without --resume"),
            )
        })?;
        Ok(serde_json::from_str(&text).map_err(|error| LocatedError::new(path.display(), error))?)
    }

    /// Refuses to overwrite a file.
    ///
    /// # Errors
    /// When there is a file of one of the names, or an interrupted scrub.
    pub fn refuse_existing(&self) -> Result<(), Failure> {
        for path in self.paths() {
            if path.exists() {
                return Err(
                    format!("{} exists; name another file, or write --force to replace it", path.display()).into()
                );
            }
            if unfinished(path).exists() {
                return Err(format!(
                    "{} is the part of an interrupted scrub; continue it with --resume, or write --force to begin again",
                    unfinished(path).display()
                )
                .into());
            }
        }
        Ok(())
    }
}

/// The open files of a scrub.
pub struct OutputFiles {
    names: OutputNames,
    all: Option<OutputFile>,
    callable: Option<OutputFile>,
    blocked: Option<OutputFile>,
    /// True if the rows go to standard output.
    to_stdout: bool,
}

/// A file that does not have its name yet.
struct OutputFile {
    path: PathBuf,
    file: BufWriter<File>,
    size: u64,
}

impl OutputFiles {
    /// Creates the files, or opens those of an interrupted scrub and cuts off what was written after its position.
    ///
    /// # Errors
    /// When a file cannot be written, or is shorter than its position says.
    pub fn open(names: OutputNames, position: &ScrubPosition, has_mark: bool) -> Result<Self, Failure> {
        let mut sizes = position.sizes.iter().copied();
        let mut open = |path: &Option<PathBuf>| -> Result<Option<OutputFile>, Failure> {
            let Some(path) = path else { return Ok(None) };
            let mut file = OutputFile::open(path, sizes.next().unwrap_or_default())?;
            if has_mark && file.size == 0 {
                file.write(UTF8_MARK)?;
            }
            Ok(Some(file))
        };
        let (all, callable, blocked) = (open(&names.all)?, open(&names.callable)?, open(&names.blocked)?);
        let to_stdout = names.paths().is_empty();
        if to_stdout && has_mark {
            write_to_stdout(UTF8_MARK)?;
        }
        Ok(Self { names, all, callable, blocked, to_stdout })
    }

    fn files(&mut self) -> impl Iterator<Item = &mut OutputFile> {
        [&mut self.all, &mut self.callable, &mut self.blocked].into_iter().flatten()
    }

    /// Writes lines.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, lines: &RenderedLines) -> Result<(), Failure> {
        if self.to_stdout {
            return write_to_stdout(lines.all.as_bytes());
        }
        let texts = [&lines.all, &lines.callable, &lines.blocked];
        for (file, text) in [&mut self.all, &mut self.callable, &mut self.blocked].into_iter().zip(texts) {
            if let Some(file) = file {
                file.write(text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Saves the position, after everything before it is on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&mut self, position: &mut ScrubPosition) -> Result<(), Failure> {
        let Some(path) = self.names.position() else { return Ok(()) };
        for file in self.files() {
            file.sync()?;
        }
        position.sizes = self.files().map(|file| file.size).collect();
        let text = serde_json::to_string(position)?;
        Ok(write_whole(&path, &text).map_err(|error| LocatedError::new(path.display(), error))?)
    }

    /// Gives the files their names. A run that is killed meanwhile is continued by [`finish_names`].
    ///
    /// # Errors
    /// When a file cannot be renamed.
    pub fn finish(mut self, position: &mut ScrubPosition) -> Result<(), Failure> {
        position.is_complete = true;
        self.save(position)?;
        finish_names(&self.names)
    }

    /// Removes the files.
    pub fn discard(self) {
        let Self { names, .. } = self;
        for path in names.paths() {
            // It may not exist.
            let _ = fs::remove_file(unfinished(path));
        }
        if let Some(position) = names.position() {
            let _ = fs::remove_file(position);
        }
    }
}

/// Gives whole files their names, if they do not have them, and removes the position.
///
/// # Errors
/// When a file cannot be renamed.
pub fn finish_names(names: &OutputNames) -> Result<(), Failure> {
    for path in names.paths() {
        let whole = unfinished(path);
        if whole.exists() {
            fs::rename(&whole, path).map_err(|error| LocatedError::new(path.display(), error))?;
        }
    }
    match names.position() {
        Some(position) => Ok(fs::remove_file(position)?),
        None => Ok(()),
    }
}

impl OutputFile {
    fn open(path: &Path, size: u64) -> Result<Self, Failure> {
        let unfinished = unfinished(path);
        let located = |error: std::io::Error| LocatedError::new(unfinished.display(), error);
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(size == 0).open(&unfinished).map_err(located)?;
        let there = file.metadata().map_err(located)?.len();
        if there < size {
            return Err(LocatedError::new(
                unfinished.display(),
                "shorter than when its position was saved; run the command without --resume, and with --force",
            )
            .into());
        }
        file.set_len(size).map_err(located)?;
        file.seek(SeekFrom::End(0)).map_err(located)?;
        Ok(Self { path: unfinished, file: BufWriter::with_capacity(256 << 10, file), size })
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.file.write_all(text).map_err(|error| LocatedError::new(self.path.display(), error))?;
        self.size += text.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Failure> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        Ok(synced.map_err(|error| LocatedError::new(self.path.display(), error))?)
    }
}

fn write_to_stdout(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    Ok(out.write_all(text).and_then(|()| out.flush()).map_err(|error| LocatedError::new("standard output", error))?)
}

/// Returns the name of a file before it is whole.
fn unfinished(path: &Path) -> PathBuf {
    with_suffix(path, ".unfinished")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
