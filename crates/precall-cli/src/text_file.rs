//! Text files that people write, read as a whole.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::failure::LocatedError;

/// The reason for which a file cannot be read as text.
#[derive(Debug)]
pub enum TextFileError {
    Folder,
    /// Not UTF-8: a compressed file, a workbook, or a text in another encoding.
    NotUtf8(io::Error),
    Unreadable(io::Error),
}

/// Reads a file of text, without the byte order mark that editors of Windows write.
///
/// # Errors
/// The file, and the reason for which it cannot be read.
pub fn read_text(path: &Path) -> Result<String, LocatedError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let error = match error.kind() {
            ErrorKind::IsADirectory => TextFileError::Folder,
            ErrorKind::InvalidData => TextFileError::NotUtf8(error),
            _ => TextFileError::Unreadable(error),
        };
        LocatedError::new(path.display(), error)
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
            Self::Unreadable(error) => error.fmt(f),
        }
    }
}

impl Error for TextFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotUtf8(error) | Self::Unreadable(error) => Some(error),
            Self::Folder => None,
        }
    }
}
