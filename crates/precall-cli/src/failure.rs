//! The errors of commands.

use std::error::Error;
use std::fmt;

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

/// `rules.json: No such file or directory`
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
