//! The lines of a title above the names of the columns, as spreadsheet programs and reports have them.

use super::fields::split;
use super::phone_names::is_phone_name;
use crate::number_list::entry_number::is_entry;
use crate::number_list::file_reader::words::plain;

/// Most lines of a title.
const MAX_TITLES: usize = 5;

/// Returns the number of lines of a title: lines without a number, and with fewer fields than the names below. `wanted`
/// are the names of columns that the operator gave.
pub fn titles(sample: &[&str], delimiters: &[u8], wanted: &[String], is_header: impl Fn(&[String]) -> bool) -> usize {
    let is_known = |name: &String| is_phone_name(name) || !plain(name).is_empty() && wanted.contains(&plain(name));
    let are_titles = |count: usize| {
        let (above, rest) = sample.split_at_checked(count)?;
        let names = rest.first()?;
        let has_names = |delimiter: &u8| {
            let names = texts(names, *delimiter);
            let is_title = |line: &&str| is_title(&texts(line, *delimiter), filled(&names));
            names.iter().any(is_known) && is_header(&names) && above.iter().all(is_title)
        };
        delimiters.iter().any(has_names).then_some(count)
    };
    (1..=MAX_TITLES).find_map(are_titles).unwrap_or_default()
}

/// Returns the number of lines of a title above one number per line: dates, and lines of several words.
pub fn titles_of_numbers(sample: &[&str]) -> usize {
    let is_title = |line: &&&str| {
        let line = line.trim();
        let has_words = line.contains(' ') && line.chars().any(char::is_alphabetic);
        (is_date(line) || has_words) && !is_phone_name(line) && has_dates_only(line) && !is_entry(line)
    };
    let count = sample.iter().take_while(is_title).count();
    if count <= MAX_TITLES && count < sample.len() { count } else { 0 }
}

/// Returns true if the fields of a line can be a title above a line of names.
fn is_title(fields: &[String], names: usize) -> bool {
    let is_text = |text: &String| text.chars().any(char::is_alphabetic) || is_date(text);
    let has_text = fields.iter().any(is_text);
    let has_number = fields.iter().any(|text| is_entry(text));
    filled(fields) < names && !has_number && (has_text || filled(fields) == 0)
}

/// Returns true for dates and times, and nothing else: `2026-11-01`, `11/01/2026 08:30`.
fn is_date(text: &str) -> bool {
    let mut words = text.split_whitespace().peekable();
    words.peek().is_some() && words.all(is_date_word)
}

fn is_date_word(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['-', '/', '.', ':']).collect();
    let is_part = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let digits: usize = parts.iter().map(|part| part.len()).sum();
    (2..=3).contains(&parts.len()) && parts.iter().all(is_part) && digits <= 8
}

/// Returns true if a text has no digits beside dates and years. Other digits may be those of a broken number.
fn has_dates_only(text: &str) -> bool {
    let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    let mut words = text.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', ':', '.']));
    words.all(|word| is_date_word(word) || is_year(word) || !word.contains(|c: char| c.is_ascii_digit()))
}

fn texts(line: &str, delimiter: u8) -> Vec<String> {
    split(line, delimiter).into_iter().map(String::from).collect()
}

fn filled(fields: &[String]) -> usize {
    fields.iter().filter(|text| !text.is_empty()).count()
}
