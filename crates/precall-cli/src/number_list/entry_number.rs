//! The numbers and area codes of a list's file. The engine reads the numbers; a list accepts only whole ones.

use precall::number::plain_character;
use precall::{Number, NumberError};

/// Digits of a national number in the NANP.
const NANP_DIGITS: usize = 10;

/// Digits of a number of the NANP without its area code.
const MIN_BROKEN_DIGITS: usize = 7;

/// Returns true if a text looks like an entry of a list: an area code, or a number with its own.
pub fn is_entry(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    area_code(text).is_some() || digits >= NANP_DIGITS && e164(text).is_ok()
}

/// Returns the digits of an area code's wildcard, as dialers such as `VICIdial` write it: `201XXXXXXX`.
pub fn area_code(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches('"');
    let text = text.strip_prefix("+1").or_else(|| text.strip_prefix('1')).unwrap_or(text);
    let digits = text.trim_end_matches(['X', 'x']);
    let is_wildcard = text.len() == NANP_DIGITS
        && (3..NANP_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_wildcard.then_some(digits)
}

/// Returns a number in the spelling of rules, with its country code.
///
/// # Errors
/// When the text is not a whole number.
pub fn e164(text: &str) -> Result<String, String> {
    let too_few = |digits: usize| format!("{digits} digits are too few; write ten, or + and the country code");
    let number = match Number::from_typed(text) {
        Ok(number) => number,
        Err(NumberError::NoAreaCode) => return Err(too_few(MIN_BROKEN_DIGITS)),
        Err(error) => return Err(error.to_string()),
    };
    let number = number.as_str();
    let Some(digits) = number.strip_prefix('+') else {
        return Err(format!("{number} has no country code"));
    };
    // A short number of another country is less likely than a number of the NANP that lacks digits.
    let mut typed = text.chars().filter_map(plain_character).filter(|c| c.is_ascii_digit() || *c == '+');
    let is_international = matches!(typed.next(), Some('+' | '0'));
    if digits.len() < NANP_DIGITS && !is_international {
        return Err(too_few(digits.len()));
    }
    if let Some(national) = digits.strip_prefix('1')
        && national.len() != NANP_DIGITS
    {
        return Err(format!("+1 is followed by {} digits; write ten", national.len()));
    }
    Ok(number.to_owned())
}
