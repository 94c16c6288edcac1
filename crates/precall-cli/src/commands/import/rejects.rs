//! The lines of a file that could not be read: for the person at the terminal the first of them, for later all.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::source::Reject;
use crate::failure::Failure;

/// How many are shown.
const SHOWN: u64 = 10;

/// How much of a line is shown, in characters.
const SHOWN_TEXT: usize = 60;

/// Keeps the file of rejected lines from taking the place of the file that is read.
///
/// # Errors
/// When they are the same.
pub fn refuse_input(rejects: &Path, input: &Path) -> Result<(), Failure> {
    match (rejects.canonicalize(), input.canonicalize()) {
        (Ok(rejects), Ok(input)) if rejects == input => Err(format!(
            "{}: rejected lines would take the place of the file itself; choose another file for them",
            input.display()
        )
        .into()),
        _ => Ok(()),
    }
}

/// A file that there is only when a line was rejected.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    size: u64,
    count: u64,
}

impl Rejects {
    /// Goes on behind so many bytes, which the import had written when it was interrupted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn open(path: PathBuf, size: u64) -> Result<Self, Failure> {
        let mut rejects = Self { path, file: None, size: 0, count: 0 };
        if size > 0 {
            let mut file = rejects.create(false)?;
            // What was there is gone if somebody has taken the file away.
            let size = size.min(file.metadata()?.len());
            file.set_len(size)?;
            file.seek(SeekFrom::End(0))?;
            rejects.file = Some(BufWriter::new(file));
            rejects.size = size;
        } else if rejects.path.exists() {
            // Of an earlier import.
            std::fs::remove_file(&rejects.path).map_err(|error| rejects.said(&error))?;
        }
        Ok(rejects)
    }

    /// Adds one; gives it in words while there are few.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, reject: &Reject) -> Result<Option<String>, Failure> {
        let Reject { member, nth, why, text } = reject;
        let place = if member.is_empty() { nth.to_string() } else { format!("{member}:{nth}") };
        let line = format!("{place}\t{why}\t{}\n", text.replace('\n', "\\n"));
        let mut file = match self.file.take() {
            Some(file) => file,
            None => BufWriter::new(self.create(true)?),
        };
        file.write_all(line.as_bytes()).map_err(|error| self.said(&error))?;
        self.file = Some(file);
        self.size += u64::try_from(line.len())?;
        self.count += 1;
        let text: String = text.chars().take(SHOWN_TEXT).filter(|c| !c.is_control()).collect();
        Ok(match self.count {
            count if count <= SHOWN => Some(format!("rejected: line {place}: {why}: {text}")),
            count if count == SHOWN + 1 => Some(format!("more rejected lines are in {}", self.path.display())),
            _ => None,
        })
    }

    /// How long the file is, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Makes sure that all is in the file, before it is noted that it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&mut self) -> Result<(), Failure> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.flush().and_then(|()| file.get_ref().sync_data()).map_err(|error| self.said(&error))?;
        self.file = Some(file);
        Ok(())
    }

    fn create(&self, anew: bool) -> Result<File, Failure> {
        let opened = OpenOptions::new().create(true).write(true).truncate(anew).open(&self.path);
        opened.map_err(|error| self.said(&error))
    }

    fn said(&self, error: &std::io::Error) -> Failure {
        format!("{}: {error}; choose another file for rejected lines with --rejects", self.path.display()).into()
    }
}
