//! The error of a command.

/// An error for the person at the terminal: what went wrong, and what to do.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
