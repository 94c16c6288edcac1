//! The error of an item of the journal.

use std::error::Error;
use std::fmt;
use std::io;

use crate::store::TypedJsonError;

/// The error of an item of the journal that cannot be made or read.
#[derive(Debug)]
pub enum JournalItemError {
    /// An attribute is missing, or has another type.
    Attribute(&'static str),
    /// An image is not in DynamoDB's JSON.
    Image(TypedJsonError),
    /// A packed change is not JSON.
    Json(serde_json::Error),
    /// Changes could not be packed or unpacked.
    Compression(io::Error),
}

impl fmt::Display for JournalItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "an item of the journal without a readable `{name}`"),
            Self::Image(_) => f.write_str("an item of the journal with an image that is not DynamoDB's JSON"),
            Self::Json(_) => f.write_str("an item of the journal with a packed change that is not JSON"),
            Self::Compression(_) => f.write_str("an item of the journal with changes that cannot be unpacked"),
        }
    }
}

impl Error for JournalItemError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Attribute(_) => None,
            Self::Image(error) => Some(error),
            Self::Json(error) => Some(error),
            Self::Compression(error) => Some(error),
        }
    }
}

impl From<TypedJsonError> for JournalItemError {
    fn from(error: TypedJsonError) -> Self {
        Self::Image(error)
    }
}
