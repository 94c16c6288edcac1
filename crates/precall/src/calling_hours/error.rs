//! The error of the calling-hours table.

use std::error::Error;
use std::fmt;

use crate::value_error::ValueError;

/// The error of a table or a row that cannot be read, for a person.
///
/// ```
/// use precall::calling_hours::{CallingHours, HoursError};
///
/// let error = CallingHours::parse("{}").unwrap_err();
/// assert!(matches!(error, HoursError::Form(_)));
/// assert!(error.to_string().contains("data_date"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum HoursError {
    /// The text is not JSON, or does not have the table's fields.
    Form(serde_json::Error),
    /// A field cannot be read.
    Field {
        /// The field's name.
        name: &'static str,
        /// The problem.
        error: ValueError,
    },
    /// A row of the data file lacks a field that such a row must have.
    MissingField(&'static str),
    /// There are two lists of holidays with the same name.
    DuplicateList,
    /// A list of holidays cannot be read.
    List {
        /// The list's name.
        name: String,
        /// The problem.
        error: Box<Self>,
    },
    /// A row cannot be read.
    Row {
        /// The row's position in the table, from 1.
        position: usize,
        /// The row's place, as it is written.
        place: String,
        /// The problem.
        error: Box<Self>,
    },
}

impl HoursError {
    pub(super) fn field(name: &'static str, problem: impl Into<ValueError>) -> Self {
        Self::Field { name, error: problem.into() }
    }

    pub(super) fn in_list(self, name: &str) -> Self {
        Self::List { name: name.to_owned(), error: Box::new(self) }
    }

    pub(super) fn in_row(self, position: usize, place: &str) -> Self {
        Self::Row { position, place: place.to_owned(), error: Box::new(self) }
    }
}

impl fmt::Display for HoursError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => error.fmt(f),
            Self::Field { name, error } => write!(f, "`{name}`: {error}"),
            Self::MissingField(name) => write!(f, "`{name}` is missing"),
            Self::DuplicateList => f.write_str("there are two lists of this name"),
            Self::List { name, error } => write!(f, "holidays {name}: {error}"),
            Self::Row { position, place, error } => write!(f, "row {position} ({place}): {error}"),
        }
    }
}

impl Error for HoursError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Form(error) => Some(error),
            Self::Field { error, .. } => Some(error),
            Self::List { error, .. } | Self::Row { error, .. } => Some(error),
            Self::MissingField(_) | Self::DuplicateList => None,
        }
    }
}
