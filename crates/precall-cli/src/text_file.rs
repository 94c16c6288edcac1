//! Text files that people write, read as a whole.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::failure::{Failure, FileFailure, LocatedError};

/// The reason for which a file cannot be read as text.
#[derive(Debug)]
pub enum TextFileError {
    Folder,
    /// Not UTF-8: a compressed file, a workbook, or a text in another encoding.
    NotUtf8(io::Error),
}

/// Reads a file of text, without the byte order mark that editors of Windows write.
///
/// # Errors
/// The file, and the reason for which it cannot be read.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| -> Failure {
        match error.kind() {
            ErrorKind::IsADirectory => LocatedError::new(path.display(), TextFileError::Folder).into(),
            ErrorKind::InvalidData => LocatedError::new(path.display(), TextFileError::NotUtf8(error)).into(),
            _ => FileFailure::read(path, error).into(),
        }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

impl fmt::Display for TextFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder => f.write_str("a folder; name a file in it"),
            Self::NotUtf8(_) => {
                f.write_str("not text in UTF-8; unpack it if it is compressed, or save it as text in UTF-8")
            }
        }
    }
}

impl Error for TextFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotUtf8(error) => Some(error),
            Self::Folder => None,
        }
    }
}
