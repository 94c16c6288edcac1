//! The first lines of a text without comments and titles, and the delimiter of its columns.

use super::comments::{begins_comment, without_comments};
use super::fields::count_of;
use super::lines::joined_by_quotes;
use super::table::{is_header, most};
use super::titles::titles;
use crate::number_list::file_reader::format::FileFormat;

const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// The first lines of a text.
#[derive(Debug, Default)]
pub struct TextSample {
    /// The lines from the names of the columns on.
    pub lines: Vec<String>,
    /// The lines above them.
    pub titles: usize,
    /// True if comments are skipped.
    pub comments: bool,
    /// The delimiter of the columns, if there are some.
    pub delimiter: Option<u8>,
}

impl TextSample {
    /// Prepares the first lines of a text. `wanted` are the names of columns that the operator gave.
    pub fn of(lines: &[String], format: FileFormat, wanted: &[String]) -> Self {
        let joined = joined_by_quotes(lines);
        let trimmed = joined.iter().map(|line| line.trim_matches(|c: char| c.is_whitespace() && c != '\t'));
        let mut lines: Vec<&str> = trimmed.filter(|line| !line.trim().is_empty()).collect();
        let named = lines.first().and_then(|first| named_delimiter(first));
        lines.drain(..usize::from(named.is_some()));
        let comments = !most(&lines, |line| begins_comment(line));
        lines.retain(|line| !(comments && begins_comment(line)));
        lines = without_comments(&lines, &DELIMITERS).unwrap_or(lines);
        let known = named.map_or_else(|| DELIMITERS.to_vec(), |named| vec![named]);
        let titles = if format == FileFormat::Numbers { 0 } else { titles(&lines, &known, wanted, is_header) };
        lines.drain(..titles);
        let delimiter = match (format, named) {
            (FileFormat::Numbers, _) => None,
            (_, Some(named)) => lines.iter().any(|line| count_of(line, named) > 0).then_some(named),
            _ => delimiter(&lines),
        };
        let titles = titles + usize::from(named.is_some());
        Self { lines: lines.into_iter().map(str::to_owned).collect(), titles, comments, delimiter }
    }
}

/// Returns the delimiter that the first line of a spreadsheet program names: `sep=;`.
fn named_delimiter(line: &str) -> Option<u8> {
    let line = line.trim_matches('"');
    let (name, sign) = line.split_once('=')?;
    match sign.as_bytes() {
        [delimiter] if name.trim().eq_ignore_ascii_case("sep") => Some(*delimiter),
        _ => None,
    }
}

/// Returns the delimiter that most lines have outside quotes: one that the first line has too, and as many times in
/// each line.
fn delimiter(lines: &[&str]) -> Option<u8> {
    let rank = |delimiter: &u8| {
        let counts: Vec<usize> = lines.iter().map(|line| count_of(line, *delimiter)).collect();
        let is_in_most = most(&counts, |count| *count > 0);
        let in_first = counts.first().is_some_and(|count| *count > 0);
        let is_even = most(&counts, |count| counts.first() == Some(count));
        (is_in_most, in_first, is_even)
    };
    let mut found = None;
    for delimiter in DELIMITERS {
        let rank = rank(&delimiter);
        if rank.0 && found.is_none_or(|(_, best)| rank > best) {
            found = Some((delimiter, rank));
        }
    }
    found.map(|(delimiter, _)| delimiter)
}
