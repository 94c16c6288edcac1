//! Characters that keyboards, word processors and spreadsheets write instead of ASCII.

use std::borrow::Cow;

/// The distance from a full-width character to its ASCII character.
const FULL_WIDTH_OFFSET: u32 = 0xfee0;

/// Returns the ASCII character that a character stands for, such as a digit for a full-width one, and `None` if the character is
/// invisible. Other characters are returned as they are.
///
/// ```
/// use precall::number::plain_character;
///
/// assert_eq!("＋１\u{200b}\u{a0}３".chars().filter_map(plain_character).collect::<String>(), "+1 3");
/// ```
pub fn plain_character(c: char) -> Option<char> {
    Some(match c {
        // Soft hyphen, zero-width blanks and joiners, marks and isolates of the direction, variation selectors, byte order mark.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => return None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - FULL_WIDTH_OFFSET).unwrap_or(c),
        // Arabic digits of both forms. The low four bits are the digit.
        '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(c) & 0xf, 10).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{fe62}' => '+',
        '\u{3001}' | '\u{ff64}' => ',',
        '\u{2018}'..='\u{201b}' | '\u{b4}' | '`' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => '"',
        c if !c.is_ascii() && c.is_whitespace() => ' ',
        c => c,
    })
}

/// Returns a text in plain characters, with three dots for an ellipsis.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\u{2026}', "...").chars().filter_map(plain_character).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_characters_become_ascii() {
        for (text, expected) in [
            ("Mon-Fri", "Mon-Fri"),
            ("Mon\u{2013}Fri", "Mon-Fri"),
            ("\u{2212}5", "-5"),
            ("６０３．０", "603.0"),
            ("！＋１３１５＊，\u{3001}", "!+1315*,,"),
            ("\u{feff}8\u{a0}am\u{200b}", "8 am"),
            ("12-24\u{2026}01-02", "12-24...01-02"),
            ("\u{ad}é", "é"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }
}
