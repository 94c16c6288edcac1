//! Letters that look like ASCII letters, in the names of attributes.

use crate::typed_text::plain_character;

/// Letters of other alphabets and forms, each row with the ASCII letters that they look like.
const LOOK_ALIKES: [(&str, &str); 36] = [
    ("a", "аαɑΑᴀªₐ"),
    ("b", "вΒЬʙ"),
    ("c", "сϲᴄ"),
    ("d", "ԁɗᴅ"),
    ("e", "еёεΕℯᴇ℮"),
    ("f", "ƒſ"),
    ("g", "ɡԍɢ"),
    ("h", "һнΗʜ"),
    ("i", "іıιΙɪïї"),
    ("j", "јϳᴊ"),
    ("k", "кκΚᴋ"),
    ("l", "ӏℓʟ"),
    ("m", "мΜᴍ"),
    ("n", "ոηΝɴⁿ"),
    ("o", "оοΟσօᴏº"),
    ("p", "рρΡᴘ"),
    ("q", "ԛ"),
    ("r", "ʀɾ"),
    ("s", "ѕꜱ"),
    ("t", "тτΤᴛ"),
    ("u", "υսᴜμ"),
    ("v", "νѵᴠ"),
    ("w", "ԝωᴡ"),
    ("x", "хχΧ×"),
    ("y", "уγΥүʏ"),
    ("z", "ζΖᴢ"),
    ("ff", "ﬀ"),
    ("fi", "ﬁ"),
    ("fl", "ﬂ"),
    ("ffi", "ﬃ"),
    ("ffl", "ﬄ"),
    ("st", "ﬅﬆ"),
    ("dz", "ǳ"),
    ("nj", "ǌ"),
    ("lj", "ǉ"),
    ("ae", "æ"),
];

/// The letters of mathematical alphabets: each has the capital letters and the small ones.
const MATHEMATICAL: std::ops::RangeInclusive<u32> = 0x1d400..=0x1d6a3;

/// Returns a name in ASCII letters as far as its letters are, or look like, ASCII letters. Invisible characters and accents
/// that are characters of their own are left out.
pub fn in_ascii_letters(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let mut ascii = String::new();
    for c in name.chars().filter_map(plain_character) {
        push(&mut ascii, c);
    }
    ascii
}

fn push(ascii: &mut String, c: char) {
    // Combining accents.
    if c.is_ascii() || ('\u{300}'..='\u{36f}').contains(&c) {
        ascii.extend(c.is_ascii().then_some(c));
        return;
    }
    let lower: String = c.to_lowercase().collect();
    let looks_like = |c: char| LOOK_ALIKES.iter().find(|(_, forms)| forms.contains(c)).map(|(ascii, _)| *ascii);
    let found = looks_like(c).or_else(|| lower.chars().next().and_then(looks_like));
    match found {
        Some(letters) => ascii.push_str(letters),
        None => ascii.push(in_another_form(c).unwrap_or(c)),
    }
}

/// Returns the ASCII letter of a letter of a mathematical alphabet, or in a circle.
fn in_another_form(c: char) -> Option<char> {
    let code = u32::from(c);
    let index = match code {
        0x24b6..=0x24cf => code - 0x24b6,
        0x24d0..=0x24e9 => code - 0x24d0,
        code if MATHEMATICAL.contains(&code) => (code - MATHEMATICAL.start()) % 26,
        _ => return None,
    };
    u8::try_from(index).ok().map(|index| char::from(b'a' + index.min(25)))
}

/// Returns true if a name in which each letter that is not ASCII may be any letter is a known one.
pub(super) fn may_be(name: &str, known: &str) -> bool {
    let is_same = |(c, k): (char, char)| c == k || !c.is_ascii() && c.is_alphabetic();
    !name.is_ascii()
        && name.bytes().any(|b| b.is_ascii_alphabetic())
        && name.chars().count() == known.chars().count()
        && name.chars().zip(known.chars()).all(is_same)
}
