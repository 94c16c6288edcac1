//! Output to the terminal.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Prints text to standard output. A closed pipe, such as that of `head`, is not a failure.
///
/// # Errors
/// If standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
