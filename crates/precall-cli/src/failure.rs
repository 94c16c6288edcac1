//! The errors of commands.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// An error for the person at the terminal: the fault, and the remedy.
pub type Failure = Box<dyn Error + Send + Sync>;

/// An error with the file, argument or line that it is about.
#[derive(Debug)]
pub struct LocatedError {
    place: String,
    source: Failure,
}

impl LocatedError {
    /// An error about this place.
    pub fn new(place: impl fmt::Display, source: impl Into<Failure>) -> Self {
        Self { place: place.to_string(), source: source.into() }
    }
}

/// `--at: too far in the past or the future`
impl fmt::Display for LocatedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.source)
    }
}

impl Error for LocatedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// The error of a file that cannot be read or written.
#[derive(Debug)]
pub struct FileFailure {
    path: PathBuf,
    is_written: bool,
    source: io::Error,
}

impl FileFailure {
    /// The error of a file that cannot be read.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), is_written: false, source }
    }

    /// The error of a file that cannot be written.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), is_written: true, source }
    }
}

/// `there is no file rules.json; check its name and folder`
impl fmt::Display for FileFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, is_written, source } = self;
        let path = path.display();
        match (source.kind(), is_written) {
            (ErrorKind::NotFound, false) => write!(f, "there is no file {path}; check its name and folder"),
            (ErrorKind::NotFound, true) => {
                write!(f, "{path} cannot be written, because its folder does not exist; create the folder first")
            }
            (ErrorKind::PermissionDenied, _) => {
                let right = if *is_written { "written" } else { "read" };
                write!(f, "{path} may not be {right} by this account; change its permissions, or name another file")
            }
            _ => write!(f, "{path}: {source}"),
        }
    }
}

impl Error for FileFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
