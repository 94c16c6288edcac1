//! The lines of a title above the names of the columns, as spreadsheet programs and reports have them.

use super::layout::split;
use super::phone_names::is_phone_name;
use crate::number_list::entry_number::is_entry;

/// Most lines of a title.
const MAX_TITLES: usize = 5;

/// Returns the number of lines of a title: lines without a number, and with fewer fields than the names below.
pub fn titles(sample: &[&str], delimiters: &[u8], is_header: impl Fn(&[String]) -> bool) -> usize {
    let are_titles = |count: usize| {
        let (above, rest) = sample.split_at_checked(count)?;
        let names = rest.first()?;
        let has_names = |delimiter: &u8| {
            let names = split(names, *delimiter);
            let is_title = |line: &&str| is_title(&split(line, *delimiter), filled(&names));
            names.iter().any(|name| is_phone_name(name)) && is_header(&names) && above.iter().all(is_title)
        };
        delimiters.iter().any(has_names).then_some(count)
    };
    (1..=MAX_TITLES).find_map(are_titles).unwrap_or_default()
}

/// Returns true if the fields of a line can be a title above a line of names.
fn is_title(fields: &[String], names: usize) -> bool {
    let has_letters = fields.iter().any(|text| text.chars().any(char::is_alphabetic));
    let has_number = fields.iter().any(|text| is_entry(text));
    filled(fields) < names && !has_number && (has_letters || filled(fields) == 0)
}

fn filled(fields: &[String]) -> usize {
    fields.iter().filter(|text| !text.is_empty()).count()
}
