//! The text of a spreadsheet's cell.

use std::borrow::Cow;

use precall::number::plain_character;

/// The greatest number of zeros that are decimals. More of them may be a group of digits: `555.0000`.
const MAX_DECIMALS: usize = 3;

/// Returns the text of a cell in plain characters, without the apostrophe before it and the decimals of a whole number.
pub fn plain_cell(text: &str) -> Cow<'_, str> {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '\'' | '"');
    if text.is_ascii() {
        return Cow::Borrowed(without_decimals(text.trim_matches(is_edge)));
    }
    let plain: String = text.chars().filter_map(plain_character).collect();
    Cow::Owned(without_decimals(plain.trim_matches(is_edge)).to_owned())
}

fn without_decimals(text: &str) -> &str {
    let whole = text.split_once('.').filter(|(whole, zeros)| {
        let is_zeros = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
        is_zeros && zeros.len() <= MAX_DECIMALS && is_digits(whole.strip_prefix('+').unwrap_or(whole))
    });
    whole.map_or(text, |(whole, _)| whole)
}

/// Returns true for digits and nothing else.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
