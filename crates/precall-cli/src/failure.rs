//! The error of a command.

/// An error for the person at the terminal: the fault, and the remedy.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
