//! The numbers of a list's file. The engine reads the numbers; a list accepts only whole ones.

use precall::number::plain_character;
use precall::{Number, NumberError};

use super::cell_text::bare_number;
use super::number_prefix::number_prefix;

/// Digits of a national number in the NANP.
const NANP_DIGITS: usize = 10;

/// Digits of a number of the NANP without its area code.
const MIN_BROKEN_DIGITS: usize = 7;

/// Returns true if a text looks like an entry of a list: a prefix with wildcards, or a number with its own area code.
pub fn is_entry(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= NANP_DIGITS && e164(text).is_ok() || number_prefix(text).is_some()
}

/// Returns the entries in a text: the text, or its parts if it is several whole numbers (`3155550101 / 3155550102`).
pub fn entries_in(text: &str) -> Vec<&str> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits < 2 * NANP_DIGITS || e164(text).is_ok() {
        return vec![text];
    }
    let are_entries = |parts: &Vec<&str>| parts.len() > 1 && parts.iter().all(|part| is_entry(part));
    let split = |signs: &[&str]| {
        let mut parts = vec![text];
        for sign in signs {
            parts = parts.into_iter().flat_map(|part| part.split(sign)).collect();
        }
        parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<&str>>()
    };
    let found =
        [&[";", "|", "\n", "\\n", " / ", " or ", " and ", "&"][..], &[";", "|", "\n", "/", ",", " or ", " and ", "&"]];
    found.into_iter().map(split).find(are_entries).unwrap_or_else(|| vec![text])
}

/// Returns a number in the spelling of rules, with its country code.
///
/// # Errors
/// When the text is not a whole number.
pub fn e164(text: &str) -> Result<String, String> {
    if let Some(national) = nanp_digits(text) {
        return Ok(format!("+1{national}"));
    }
    whole_number(text).or_else(|error| match bare_number(text) {
        Some(bare) => whole_number(&bare),
        None => Err(error),
    })
}

/// Returns the ten digits of a number that is written with digits alone, or with `+1` before them.
fn nanp_digits(text: &str) -> Option<&str> {
    let national = match text.len() {
        NANP_DIGITS => text,
        11 => text.strip_prefix('1')?,
        12 => text.strip_prefix("+1")?,
        _ => return None,
    };
    let is_nanp = national.starts_with(|first| ('2'..='9').contains(&first))
        && national.bytes().all(|byte| byte.is_ascii_digit());
    is_nanp.then_some(national)
}

/// Reads a number that has nothing around it.
fn whole_number(text: &str) -> Result<String, String> {
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
