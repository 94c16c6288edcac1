//! Characters that keyboards, word processors and spreadsheets write instead of ASCII.

use std::borrow::Cow;

/// The distance from a full-width character to its ASCII character.
const FULL_WIDTH_OFFSET: u32 = 0xfee0;

/// Returns a text in plain characters: full-width characters as ASCII, each kind of dash as `-`, the ellipsis as three
/// dots, each kind of blank as a blank, and without invisible characters.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Invisible: zero-width characters, direction marks, the soft hyphen and the byte order mark.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => plain.push('-'),
            '\u{2026}' => plain.push_str("..."),
            '\u{3001}' | '\u{ff64}' => plain.push(','),
            '\u{ff01}'..='\u{ff5e}' => plain.extend(char::from_u32(u32::from(c) - FULL_WIDTH_OFFSET)),
            c if c.is_whitespace() => plain.push(' '),
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
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
