//! The lines of a file that cannot be read. The first ones are shown at the terminal, and all are written to a file.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file_reader::rejects_text::{COLUMNS_MARK, REJECTS_MARK};
use crate::failure::Failure;

/// Rejected lines that are shown.
const MAX_SHOWN: u64 = 10;

/// Characters of a line that are shown.
const MAX_SHOWN_TEXT: usize = 60;

/// An entry that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct RejectedEntry {
    /// The member of an archive; empty in other files.
    pub member: String,
    /// The number of its line, or of the entry in files without lines.
    pub nth: u64,
    pub reason: String,
    pub text: String,
    /// The line with the names of the columns, if there is one.
    pub columns: Option<Arc<str>>,
}

/// Refuses a file for rejected lines that is the list's file itself.
///
/// # Errors
/// When they are the same.
pub fn refuse_input(rejects: &Path, input: &Path) -> Result<(), Failure> {
    match (rejects.canonicalize(), input.canonicalize()) {
        (Ok(rejects), Ok(input)) if rejects == input => Err(format!(
            "{}: rejected lines would overwrite the file itself; choose another file for them with --rejects",
            input.display()
        )
        .into()),
        _ => Ok(()),
    }
}

/// The file of rejected lines. It is created with the first of them. A person can correct the lines in it, and import
/// it.
#[derive(Debug)]
pub struct RejectsFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    size: u64,
    count: u64,
    /// The place of the last line, and the columns above it. After an interruption they are unknown.
    last: Option<(String, Option<Arc<str>>)>,
}

impl RejectsFile {
    /// Opens the file after `size` bytes, which the import had written before it was interrupted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn open(path: PathBuf, size: u64) -> Result<Self, Failure> {
        let mut rejects = Self { path, file: None, size: 0, count: 0, last: None };
        if size > 0 {
            let mut file = rejects.create(false)?;
            // The file may have been deleted.
            let metadata = file.metadata()?;
            let size = size.min(metadata.len());
            if metadata.is_file() {
                file.set_len(size)?;
                file.seek(SeekFrom::End(0))?;
            }
            rejects.file = Some(BufWriter::new(file));
            rejects.size = size;
        } else if rejects.path.is_file() {
            // The file of an earlier import. A device, such as /dev/null, stays.
            std::fs::remove_file(&rejects.path).map_err(|error| rejects.failure(&error))?;
        }
        Ok(rejects)
    }

    /// Writes a rejected entry. Returns a message for the terminal, for the first ones.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, reject: &RejectedEntry) -> Result<Option<String>, Failure> {
        let RejectedEntry { member, nth, reason, text, .. } = reject;
        let place = if member.is_empty() { nth.to_string() } else { format!("{member}:{nth}") };
        let line = self.lines_of(&place, reject);
        let mut file = match self.file.take() {
            Some(file) => file,
            None => BufWriter::new(self.create(true)?),
        };
        file.write_all(line.as_bytes()).map_err(|error| self.failure(&error))?;
        self.file = Some(file);
        self.size += u64::try_from(line.len())?;
        self.count += 1;
        self.last = Some((place.clone(), reject.columns.clone()));
        let text: String = text.chars().take(MAX_SHOWN_TEXT).filter(|c| !c.is_control()).collect();
        Ok(match self.count {
            count if count <= MAX_SHOWN => Some(format!("rejected: line {place}: {reason}: {text}")),
            count if count == MAX_SHOWN + 1 => Some(format!("more rejected lines are in {}", self.path.display())),
            _ => None,
        })
    }

    /// Returns the lines of the file for a rejected entry: its reason, and its text unless the entry before it was on
    /// the same line.
    fn lines_of(&self, place: &str, reject: &RejectedEntry) -> String {
        let columns = |columns: &Option<Arc<str>>| match columns {
            Some(columns) => format!("{COLUMNS_MARK}\n{columns}\n"),
            None => format!("{COLUMNS_MARK}\n"),
        };
        let above = match &self.last {
            None if self.size == 0 => format!(
                "{REJECTS_MARK} could not read the lines below; the reason is above each of them\n\
                 {REJECTS_MARK} to import them, correct them in this file, and import it with the same options\n{}",
                columns(&reject.columns)
            ),
            Some((_, last)) if *last != reject.columns => columns(&reject.columns),
            _ => String::new(),
        };
        let is_same_line = self.last.as_ref().is_some_and(|(last, _)| last == place);
        let text = if is_same_line { String::new() } else { format!("{}\n", reject.text) };
        format!("{above}{REJECTS_MARK} line {place}: {}\n{text}", reject.reason.replace('\n', "\\n"))
    }

    /// Returns the length of the file, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Makes sure that all rejected lines are on disk, before the position of the import is saved.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn sync(&mut self) -> Result<(), Failure> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.flush().and_then(|()| synced(file.get_ref())).map_err(|error| self.failure(&error))?;
        self.file = Some(file);
        Ok(())
    }

    fn create(&self, truncate: bool) -> Result<File, Failure> {
        let opened = OpenOptions::new().create(true).write(true).truncate(truncate).open(&self.path);
        opened.map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &std::io::Error) -> Failure {
        format!("{}: {error}; choose another file for rejected lines with --rejects", self.path.display()).into()
    }
}

/// Waits until a file is on disk. A device or a pipe is on none.
fn synced(file: &File) -> std::io::Result<()> {
    if file.metadata()?.is_file() { file.sync_data() } else { Ok(()) }
}
