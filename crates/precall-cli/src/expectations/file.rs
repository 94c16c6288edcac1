//! A file of expectations.

use jiff::Timestamp;

use super::expectation::Expectation;
use super::line;
use super::mistake::LineMistake;
use super::words::LineWords;

/// Reads the expectations of a file. `now` is the current time, until a line sets another.
///
/// # Errors
/// All lines that cannot be read.
pub fn parse(text: &str, mut now: Timestamp) -> Result<Vec<Expectation>, Vec<LineMistake>> {
    let (mut expectations, mut mistakes) = (Vec::new(), Vec::new());
    for (index, whole) in text.lines().enumerate() {
        let nth = index + 1;
        let text = without_comment(whole).trim().trim_start_matches('\u{feff}');
        if text.is_empty() {
            continue;
        }
        let mut words = LineWords::of(text);
        let read = if words.take("now") {
            line::now(&mut words).map(|at| now = at)
        } else {
            line::expectation(&mut words, nth, text, now).map(|expectation| expectations.push(expectation))
        };
        if let Err(fault) = read.and_then(|()| words.end()) {
            mistakes.push(LineMistake { line: nth, fault });
        }
    }
    if mistakes.is_empty() { Ok(expectations) } else { Err(mistakes) }
}

/// Returns a line up to its comment. A `#` inside a word, or between backticks, is part of a rule's name.
fn without_comment(line: &str) -> &str {
    let (mut is_name, mut is_in_word) = (false, false);
    for (index, c) in line.char_indices() {
        match c {
            '`' => is_name = !is_name,
            '#' if !is_name && !is_in_word => return line.get(..index).unwrap_or(line),
            _ => {}
        }
        is_in_word = !c.is_whitespace() && c != '\u{feff}';
    }
    line
}
