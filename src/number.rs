//! Telephone numbers as they arrive and as operators type them.
//!
//! A lenient reader, on purpose: the vendor's own examples are not valid NANP numbers, so nothing is
//! refused because a numbering plan calls it invalid. Refused is only what is not a number at all.

use std::fmt;

use percent_encoding::percent_decode_str;

/// Most digits in an E.164 number (ITU-T E.164, 6.1).
const MAX_DIGITS: usize = 15;

/// Most digits of a short code (`911`, `611`, a carrier's `*`-less services), which has no country code.
const MAX_SHORT_DIGITS: usize = 6;

/// How often a value may have been percent-encoded on its way here.
const MAX_DECODES: usize = 3;

/// What callers' numbers are replaced by when the caller withholds them.
const WITHHELD: [&str; 11] = [
    "anonymous",
    "anonymous.invalid",
    "anonymous@anonymous.invalid",
    "blocked",
    "null",
    "private",
    "restricted",
    "unavailable",
    "unknown",
    "withheld",
    "-",
];

/// Two-digit country calling codes (ITU-T E.164 list of assigned codes). `1` and `7` have one digit,
/// all others three.
const TWO_DIGIT_COUNTRY_CODES: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// A telephone number in the one spelling that rules, look-ups and answers use.
///
/// `+` and 1 to 15 digits (E.164); or digits alone where no country code can be told: a short code
/// of at most 6 digits (`911`) or a national number with a leading zero.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// Reads a value of a query string, after one decoding.
    ///
    /// A raw `+` arrives as a leading space and a doubly encoded one as `%2B`; both are repaired.
    /// Ten digits are a NANP number, as are eleven that begin with 1; `011` and `00` stand for `+`.
    ///
    /// # Errors
    /// When there is no digit, anything but ASCII digits and punctuation, or more than 15 digits.
    pub fn from_query(value: &str) -> Result<Self, NumberError> {
        let decoded = percent_decoded(value)?;
        let plus = decoded.starts_with(' ') && !decoded.trim_start().starts_with('+');
        read(decoded.trim(), plus)
    }

    /// Reads a number that a person typed: as [`Number::from_query`], but a leading blank is only a
    /// blank, and the apostrophe that spreadsheets put before a number is dropped.
    ///
    /// # Errors
    /// As [`Number::from_query`].
    pub fn from_typed(text: &str) -> Result<Self, NumberError> {
        read(text.trim().trim_start_matches('\'').trim(), false)
    }

    /// The number as rules spell it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the number has a country code, so that it can be dialled from anywhere.
    pub fn is_e164(&self) -> bool {
        self.0.starts_with('+')
    }

    /// The country calling code and, in the NANP (+1), the area code: `+1315`, `+44`. Elsewhere
    /// area codes have no fixed length, so only the country code is given. `None` without one.
    pub fn country_and_area(&self) -> Option<&str> {
        let digits = self.0.strip_prefix('+')?;
        let len = if digits.starts_with('1') {
            4
        } else if digits.starts_with('7') {
            1
        } else if TWO_DIGIT_COUNTRY_CODES.iter().any(|code| digits.starts_with(code)) {
            2
        } else {
            3
        };
        (digits.len() > len).then(|| self.0.get(..=len)).flatten()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a `from` value says that the caller's number is withheld.
pub fn is_withheld(value: &str) -> bool {
    let value = value.trim().trim_matches('"');
    value.is_empty() || WITHHELD.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Whether a character separates groups of digits. Includes what word processors paste.
pub(crate) fn is_punctuation(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{202f}' | '\u{2010}'..='\u{2015}')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
}

fn percent_decoded(value: &str) -> Result<String, NumberError> {
    let mut text = value.to_owned();
    for _ in 0..MAX_DECODES {
        if !text.contains('%') {
            break;
        }
        text = percent_decode_str(&text).decode_utf8().map_err(|_| NumberError::NotANumber)?.into_owned();
    }
    Ok(text)
}

fn read(text: &str, mut plus: bool) -> Result<Number, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    // The trunk prefix that people put into +44 (0)20…: dialled at home, and no part of the number.
    let text = if plus || text.starts_with(['+', '0']) { text.replacen("(0)", "", 1) } else { text.to_owned() };
    let mut digits = String::with_capacity(MAX_DIGITS + 1);
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !plus => plus = true,
            c if is_punctuation(c) => {}
            _ => return Err(NumberError::NotANumber),
        }
    }
    if digits.is_empty() {
        return Err(NumberError::NotANumber);
    }
    let number = if plus {
        format!("+{digits}")
    } else if let Some(rest) = without_exit_code(&digits) {
        format!("+{rest}")
    } else if digits.len() <= MAX_SHORT_DIGITS || digits.starts_with('0') {
        digits
    } else if digits.len() == 10 && !digits.starts_with('1') {
        format!("+1{digits}")
    } else {
        format!("+{digits}")
    };
    match number.trim_start_matches('+').len() {
        ..=MAX_DIGITS => Ok(Number(number.into())),
        len => Err(NumberError::TooLong(len)),
    }
}

/// What follows the exit code of a number dialled abroad: `011` in the NANP, `00` nearly elsewhere.
fn without_exit_code(digits: &str) -> Option<&str> {
    let rest = digits.strip_prefix("011").or_else(|| digits.strip_prefix("00"))?;
    (rest.len() > MAX_SHORT_DIGITS && !rest.starts_with('0')).then_some(rest)
}

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Nothing but blanks.
    Empty,
    /// No digit, or characters that no number has.
    NotANumber,
    /// More digits than E.164 has.
    TooLong(usize),
}

impl std::error::Error for NumberError {}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty; write + and the country code, such as +13155550100"),
            Self::NotANumber => {
                f.write_str("not a telephone number; write + and the country code, such as +13155550100")
            }
            Self::TooLong(digits) => write!(f, "{digits} digits, of which a telephone number has at most {MAX_DIGITS}"),
        }
    }
}

impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
