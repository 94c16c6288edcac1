//! Output to the terminal.

use std::borrow::Cow;
use std::fmt;
use std::io::{ErrorKind, IsTerminal, Write};

use crate::counts::grouped;
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

/// Prints a line to standard error. If it cannot be written, the line is lost and the command goes on, because its result
/// counts.
pub fn print_stderr(line: impl fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(&line.to_string()));
}

/// Asks a question at the terminal. Returns `None` if standard input is not a terminal.
///
/// # Errors
/// If the terminal cannot be read or written.
pub fn ask(question: &str) -> Result<Option<bool>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    print(&format!("{question} [y/N] "))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")))
}

/// Asks for the confirmation of a change. `advice` says what to write if there is no terminal. Returns true if the answer is yes.
///
/// # Errors
/// If standard input is not a terminal, or cannot be read.
pub fn confirm(question: &str, advice: &str) -> Result<bool, Failure> {
    ask(question)?.ok_or_else(|| {
        format!("nothing was changed, because standard input is not a terminal and nobody can confirm it; {advice}")
            .into()
    })
}

/// Returns true for characters that act: control characters, line and paragraph separators, and characters that change the
/// direction of the text.
fn is_active(c: char) -> bool {
    let is_turn = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_turn
}

/// Most characters of a value that text for people shows. JSON has all of them.
pub const MAX_SHOWN_CHARACTERS: usize = 1_000;

/// Returns the beginning of a long text, with its length.
pub fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        None => text.into(),
        Some((end, _)) => {
            let begin = text.get(..end).unwrap_or_default();
            let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            format!("{begin}… ({} characters)", grouped(length)).into()
        }
    }
}

/// Returns a text with its long lines shortened.
pub fn short_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", shortened(line)),
            None => shortened(line).into_owned(),
        })
        .collect()
}

/// Replaces characters that act, except for line feeds and tabs, with U+FFFD: the text of a rule must not control the terminal, and
/// must not look like another text.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_unfit = |c: char| is_active(c) && !matches!(c, '\n' | '\t');
    if text.contains(is_unfit) { text.replace(is_unfit, "\u{fffd}").into() } else { text.into() }
}

/// Returns a text as a part of one line: as [`printable`], and line feeds and tabs become U+FFFD too, so that the text cannot look
/// like another line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(is_active) { text.replace(is_active, "\u{fffd}").into() } else { text.into() }
}

/// Returns JSON in which characters that act are escapes, so that it can be printed without a change of its content. JSON has such
/// characters only in texts, except for the white space between values.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    let is_unfit = |c: char| is_active(c) && !matches!(c, '\n' | '\t' | '\r');
    if !json.contains(is_unfit) {
        return json.into();
    }
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unfit(c) {
            // All of them are in the first plane, so one escape is enough. Writing to a text cannot fail.
            let _ = fmt::Write::write_fmt(&mut escaped, format_args!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}
