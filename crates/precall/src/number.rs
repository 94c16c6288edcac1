//! Telephone numbers in requests and in rules.
//!
//! The parser is lenient, because the vendor's own examples are not valid NANP numbers. It refuses text that is not a number
//! at all, but does not check numbers against a numbering plan.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The greatest number of digits of an E.164 number (ITU-T E.164, 6.1).
const MAX_DIGITS: usize = 15;

/// The greatest number of digits of a short code (`911`, `611`), which has no country code.
const MAX_SHORT_DIGITS: usize = 6;

/// The greatest number of digits of an emergency number or another public service, also after a + (`+911`).
const MAX_SERVICE_DIGITS: usize = 3;

/// The greatest number of times that a value may have been percent-encoded.
const MAX_DECODES: usize = 3;

/// Words that replace the number of a withheld caller, in lower case without blanks.
const WITHHELD: [&str; 25] = [
    "-",
    "anonymous",
    "anonymous.invalid",
    "anonymous@anonymous.invalid",
    "blocked",
    "blockedcallerid",
    "callerid",
    "n/a",
    "na",
    "nil",
    "nocallerid",
    "none",
    "notavailable",
    "null",
    "outofarea",
    "private",
    "privatecaller",
    "privatenumber",
    "restricted",
    "unavailable",
    "undefined",
    "unknown",
    "unknowncaller",
    "unknownnumber",
    "withheld",
];

/// Two-digit country calling codes (ITU-T E.164 list of assigned codes). `1` and `7` have one digit,
/// all others three.
const TWO_DIGIT_COUNTRY_CODES: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// Country codes with the national prefix 0, and without numbers that begin with 0. A 0 after such a code is dialled only
/// within the country, and is not a part of the number. Source: libphonenumber's metadata, version 9.0.43.
const TRUNK_ZERO: [u16; 97] = [
    20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 51, 53, 54, 55, 57, 58, 60, 61, 63, 64, 66, 84, 86, 90, 91, 92, 93, 94,
    95, 98, 211, 212, 213, 218, 231, 232, 233, 234, 243, 249, 251, 252, 254, 255, 256, 260, 261, 262, 263, 264, 265,
    291, 353, 355, 358, 370, 373, 374, 377, 380, 381, 382, 383, 385, 386, 387, 389, 421, 423, 508, 590, 591, 593, 594,
    595, 596, 686, 850, 855, 856, 880, 886, 961, 962, 963, 964, 966, 967, 970, 971, 972, 976, 977, 994, 995, 996,
];

/// Country codes whose numbers keep a 0 in brackets: Italy, San Marino, and countries that added leading digits.
const KEEPS_ZERO: [u16; 6] = [39, 225, 229, 241, 242, 378];

/// A telephone number in the only spelling that rules, tables and answers use.
///
/// It is `+` and 1 to 15 digits (E.164), or only digits if the country code is unknown: a short code of at most 6 digits
/// (`911`) or a national number with a leading zero.
///
/// ```
/// use precall::Number;
///
/// let number = Number::from_typed("(315) 555-0100")?;
/// assert_eq!(number.as_str(), "+13155550100");
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// Reads a value of a query string, after one decoding.
    ///
    /// A raw `+` arrives as a leading space, and a doubly encoded one as `%2B`; both are repaired. Ten digits, or eleven digits
    /// that begin with 1, are a NANP number. `011`, `0011` and `00` mean `+`, also after a `+`. The 0 of `+44 (0)20` is left
    /// out, except for Italy and a few other countries.
    ///
    /// # Errors
    /// The text has no digit, a character other than ASCII digits and separators (such as blanks, hyphens, dots and brackets), more than 15 digits, a country code that
    /// begins with 0, or seven digits without an area code.
    pub fn from_query(value: &str) -> Result<Self, NumberError> {
        let decoded = percent_decoded(value)?;
        let plus = decoded.starts_with(' ') && !decoded.trim_start().starts_with('+');
        read(decoded.trim(), plus)
    }

    /// Reads a number that a person typed, like [`Number::from_query`]. But a leading blank does not mean `+`, and the
    /// apostrophe that spreadsheets put before a number is dropped.
    ///
    /// # Errors
    /// The same as those of [`Number::from_query`].
    pub fn from_typed(text: &str) -> Result<Self, NumberError> {
        read(text.trim().trim_start_matches('\'').trim(), false)
    }

    /// Returns the number in the spelling of rules.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the number has a country code, so that it can be dialled from anywhere.
    pub fn is_e164(&self) -> bool {
        self.0.starts_with('+')
    }

    /// Returns the country code and, in the NANP (+1), the area code: `+1315`, `+44`. Outside the NANP, area codes have
    /// no fixed length, so only the country code is returned. Returns `None` for a number without a country code.
    pub fn country_and_area(&self) -> Option<&str> {
        let digits = self.0.strip_prefix('+')?;
        let len = if digits.starts_with('1') { 4 } else { country_code_len(digits) };
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

/// Returns true if a `from` value means that the caller's number is withheld. The value may be percent-encoded.
pub fn is_withheld(value: &str) -> bool {
    let Ok(decoded) = percent_decoded(value) else { return false };
    let mut word: String = decoded.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    for scheme in ["sips:", "sip:", "tel:"] {
        word = word.replace(scheme, "");
    }
    if word.trim_matches('"').is_empty() {
        return true;
    }
    let word = word.trim_matches(['"', '\'', '<', '>', '+', '(', ')']);
    word.ends_with("anonymous.invalid") || WITHHELD.contains(&word)
}

/// Returns true if a character separates groups of digits. This includes the characters that word processors use.
pub fn is_separator(c: char) -> bool {
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

/// The digits of a text, and the `+` before them.
struct Dialled {
    plus: bool,
    digits: String,
    /// The position of a single 0 in brackets, as in `+44 (0)20…`, which is the trunk prefix.
    bracketed_zero: Option<usize>,
}

impl Dialled {
    fn read(text: &str, mut plus: bool) -> Result<Self, NumberError> {
        let mut digits = String::with_capacity(MAX_DIGITS + 1);
        let (mut open, mut bracketed_zero) = (None, None);
        for c in text.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if digits.is_empty() && !plus => plus = true,
                '(' => open = Some(digits.len()),
                ')' => {
                    let inside = open.take().filter(|start| digits.get(*start..) == Some("0") && *start > 0);
                    bracketed_zero = bracketed_zero.or(inside);
                }
                c if is_separator(c) => {}
                _ => return Err(NumberError::NotANumber),
            }
        }
        if digits.is_empty() { Err(NumberError::NotANumber) } else { Ok(Self { plus, digits, bracketed_zero }) }
    }

    /// Removes a bracketed 0, unless the country's numbers keep it.
    fn without_bracketed_zero(mut self) -> Self {
        if let Some(zero) = self.bracketed_zero.take() {
            let before = self.digits.get(..zero).unwrap_or_default();
            let code = without_exit_code(before, 0).unwrap_or(before);
            if !KEEPS_ZERO.iter().any(|keeps| code == keeps.to_string()) {
                self.digits.remove(zero);
            }
        }
        self
    }
}

fn read(text: &str, plus: bool) -> Result<Number, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    let Dialled { plus, digits, .. } = Dialled::read(text, plus)?.without_bracketed_zero();
    let number = if let Some(rest) = without_exit_code(&digits, MAX_SHORT_DIGITS) {
        international(rest)?
    } else if plus {
        if digits.len() <= MAX_SERVICE_DIGITS && !digits.starts_with('0') { digits } else { international(&digits)? }
    } else if let Some(nanp) = digits.strip_prefix("01").filter(|rest| is_nanp(rest)) {
        format!("+1{nanp}")
    } else if digits.len() <= MAX_SHORT_DIGITS || digits.starts_with('0') {
        digits
    } else if digits.len() == 7 {
        return Err(NumberError::NoAreaCode);
    } else if digits.len() == 10 && !digits.starts_with('1') {
        format!("+1{digits}")
    } else {
        international(&digits)?
    };
    match number.trim_start_matches('+').len() {
        ..=MAX_DIGITS => Ok(Number(number.into())),
        len => Err(NumberError::TooLong(len)),
    }
}

/// Returns the spelling of a number, given its digits from the country code on.
fn international(digits: &str) -> Result<String, NumberError> {
    if digits.starts_with('0') {
        return Err(NumberError::NotANumber);
    }
    Ok(match trunk_zero(digits) {
        // The 0 of Australia's +61 000 is not a trunk prefix.
        Some((code, rest)) if rest.len() > MAX_SERVICE_DIGITS => format!("+{code}{rest}"),
        _ => format!("+{digits}"),
    })
}

/// Returns the country code and the digits after its trunk prefix, if there is one.
fn trunk_zero(digits: &str) -> Option<(&str, &str)> {
    let (code, rest) = digits.split_at_checked(country_code_len(digits))?;
    let known = rest.starts_with('0') && code.parse().is_ok_and(|code: u16| TRUNK_ZERO.contains(&code));
    known.then(|| (code, rest.trim_start_matches('0')))
}

/// Reads a prefix of numbers that a person typed, such as `+1315` or `+44 (0)20`, and returns it in the spelling of
/// [`Number`].
///
/// # Errors
/// The text has no `+`, or no number begins like this.
pub(crate) fn prefix_from_typed(text: &str) -> Result<String, NumberError> {
    if text.trim() == "+" {
        return Ok("+".to_owned());
    }
    let Dialled { plus, digits, .. } = Dialled::read(text, false)?.without_bracketed_zero();
    if !plus || digits.starts_with('0') || trunk_zero(&digits).is_some() || digits.len() > MAX_DIGITS {
        return Err(NumberError::NotANumber);
    }
    Ok(format!("+{digits}"))
}

/// Returns the number of digits of the country code: `1` and `7` have one, the others two or three.
pub(crate) fn country_code_len(digits: &str) -> usize {
    if digits.starts_with(['1', '7']) {
        1
    } else if TWO_DIGIT_COUNTRY_CODES.iter().any(|code| digits.starts_with(code)) {
        2
    } else {
        3
    }
}

/// Returns true for ten digits that can be a number of the North American Numbering Plan.
fn is_nanp(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let is_n = |index| bytes.get(index).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    bytes.len() == 10 && is_n(0) && is_n(3)
}

/// Returns the digits after the exit code for calls abroad, if there are more than `more_than` of them. The exit code is
/// `011` in the NANP, `0011` in Australia, `00` in most other countries.
fn without_exit_code(digits: &str, more_than: usize) -> Option<&str> {
    let rest = ["0011", "011", "00"].into_iter().find_map(|code| digits.strip_prefix(code))?;
    (rest.len() > more_than && !rest.starts_with('0')).then_some(rest)
}

/// The reason why a text is not a number.
///
/// ```
/// use precall::{Number, NumberError};
///
/// assert_eq!(Number::from_typed("555-0100"), Err(NumberError::NoAreaCode));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// The text is empty or has only blanks.
    Empty,
    /// The text has no digit, or characters that no number has.
    NotANumber,
    /// The text has more digits than E.164 allows.
    TooLong(usize),
    /// The text has seven digits, which can be dialled only within an area.
    NoAreaCode,
}

impl std::error::Error for NumberError {}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty; write + and the country code, such as +13155550100"),
            Self::NotANumber => {
                f.write_str("not a telephone number; write + and the country code, such as +13155550100")
            }
            Self::NoAreaCode => {
                f.write_str("a number without its area code; write + and the country code, such as +13155550100")
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
