//! The characters that people and programs write in numbers.

/// The distance between a full-width form and its ASCII character.
const FULL_WIDTH: u32 = 0xfee0;

/// Returns the ASCII character that a character stands for in a number, such as a digit for a full-width one, and `None` if the
/// character is invisible. Other characters are returned as they are.
///
/// ```
/// use precall::number::plain_character;
///
/// assert_eq!("＋１\u{200b}\u{a0}３".chars().filter_map(plain_character).collect::<String>(), "+1 3");
/// ```
pub fn plain_character(c: char) -> Option<char> {
    Some(match c {
        // Soft hyphen, zero-width blanks and joiners, marks and isolates of the direction, variation selectors, byte-order mark.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => return None,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => return None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - FULL_WIDTH).unwrap_or(c),
        // Arabic digits of both forms. The low four bits are the digit.
        '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(c) & 0xf, 10).unwrap_or(c),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{fe62}' => '+',
        '\u{2018}'..='\u{201b}' | '\u{b4}' | '`' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => '"',
        _ => c,
    })
}

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
