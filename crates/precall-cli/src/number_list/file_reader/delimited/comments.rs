//! Comments in lists: lines, and the ends of lines.

use crate::number_list::entry_number::is_entry;

/// The signs that begin a comment.
const SIGNS: [&str; 3] = ["#", "//", "--"];

/// Returns true if a line begins like a comment. `--` needs a blank after it: `-3155550101` is a number with a sign.
pub fn begins_comment(line: &str) -> bool {
    let line = line.trim_start();
    let is_dashes = || line.strip_prefix("--").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    line.starts_with('#') || line.starts_with("//") || is_dashes()
}

/// Returns a line without the comment at its end, which begins with a blank and its sign. After `//` and `--`, it is a
/// comment only if a number is before it.
pub fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if !SIGNS.into_iter().any(|sign| line.contains(sign)) {
        return line;
    }
    for sign in SIGNS {
        let after_blank = |at: &usize| line.get(..*at).is_some_and(|text| text.ends_with([' ', '\t']));
        let comment = line.match_indices(sign).map(|(at, _)| at).find(after_blank);
        if let Some(text) = comment.and_then(|at| line.get(..at)).map(str::trim_end)
            && (sign == "#" || is_entry(text))
        {
            return text;
        }
    }
    line
}

/// Returns lines without the comments at their ends, if each is then a number alone, or a text without columns.
pub fn without_comments<'l>(lines: &[&'l str], delimiters: &[u8]) -> Option<Vec<&'l str>> {
    let lines = lines.iter().map(|line| Some(without_comment(line)).filter(|text| is_entry(text)).unwrap_or(line));
    let lines: Vec<&str> = lines.collect();
    let has_columns = lines.iter().any(|line| line.bytes().any(|byte| delimiters.contains(&byte)));
    (!has_columns).then_some(lines)
}
