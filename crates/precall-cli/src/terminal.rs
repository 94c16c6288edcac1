//! Output to the terminal.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Prints text to standard output. A closed pipe, such as that of `head`, is not a failure.
///
/// # Errors
/// If standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(printable(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Replaces control characters, except for line feeds and tabs, with U+FFFD: the text of a rule must not control the
/// terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(is_control) { text.replace(is_control, "\u{fffd}").into() } else { text.into() }
}
