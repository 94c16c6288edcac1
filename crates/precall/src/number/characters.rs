//! The characters between the digits of a number.

use crate::typed_text::plain_character;

/// Returns true if a character separates groups of digits, or is invisible between them. This includes the characters that word
/// processors use.
pub fn is_separator(c: char) -> bool {
    plain_character(c).is_none_or(|plain| matches!(plain, ' ' | '-' | '.' | '(' | ')' | '/'))
}

/// Returns a text in plain characters, without the blanks, quotation marks and apostrophes around it: spreadsheets put an
/// apostrophe before a number.
pub(crate) fn plain_text(text: &str) -> String {
    let plain: String = text.chars().filter_map(plain_character).collect();
    plain.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"')).to_owned()
}
