//! The reader of all numbers.

use percent_encoding::percent_decode_str;

use super::characters::plain_text;
use super::digits::{Dialled, LOCAL_DIGITS};
use super::error::NumberError;
use super::notation::{Notation, PhoneContext};
use super::plan::{
    MAX_DIGITS, NANP_DIGITS, country_code_len, is_nanp, trunk_zero, without_doubled_code, without_exit_code,
};
use super::repair::NumberRepair;
use super::value::Number;
use crate::typed_text::plain;

/// The greatest number of digits of a short code (`911`, `611`), which has no country code.
const MAX_SHORT_DIGITS: usize = 6;

/// The greatest number of digits of an emergency number or another public service, also after a + (`+911`).
const MAX_SERVICE_DIGITS: usize = 3;

/// The greatest number of times that a value may have been percent-encoded.
const MAX_DECODES: usize = 3;

/// A number, and the parts of its text that were left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadNumber {
    /// The number.
    pub number: Number,
    /// The parts that were left out, each once. A caller should report them.
    pub repairs: Vec<NumberRepair>,
}

impl Number {
    /// Reads a number that a person or a program wrote.
    ///
    /// Ten digits, or eleven digits that begin with 1, are a NANP number. `011`, `0011` and `00` mean `+`, also after a `+`. The 0
    /// of `+44 (0)20` is left out, except for Italy and a few other countries. Full-width and Arabic digits are digits, and
    /// invisible characters do not count. Of a SIP or `tel` address, the number is read; an extension and parameters are left
    /// out, and so is a second country code 1.
    ///
    /// # Errors
    /// The text has no digit, letters that are not a part of such a notation, more than 15 digits, a country code that begins with
    /// 0, seven digits without an area code, or more than one number.
    pub fn read(text: &str) -> Result<ReadNumber, NumberError> {
        read(&plain_text(text), false)
    }

    /// Reads a value of a query string, after one decoding, like [`Number::read`].
    ///
    /// A raw `+` arrives as a leading space, and a doubly encoded one as `%2B`; both are repaired.
    ///
    /// # Errors
    /// The same as those of [`Number::read`].
    pub fn read_query(value: &str) -> Result<ReadNumber, NumberError> {
        let decoded = percent_decoded(value)?;
        let text = plain_text(&decoded);
        let is_plus_lost = decoded.starts_with(' ') && text.starts_with(|c: char| c.is_ascii_digit() || c == '(');
        read(&if is_plus_lost { format!(" {text}") } else { text }, true)
    }

    /// Returns the number of [`Number::read`].
    ///
    /// # Errors
    /// The same as those of [`Number::read`].
    pub fn from_typed(text: &str) -> Result<Self, NumberError> {
        Self::read(text).map(|read| read.number)
    }

    /// Returns the number of [`Number::read_query`].
    ///
    /// # Errors
    /// The same as those of [`Number::read`].
    pub fn from_query(value: &str) -> Result<Self, NumberError> {
        Self::read_query(value).map(|read| read.number)
    }
}

/// Returns a value without percent-encoding, also if it was encoded several times.
///
/// # Errors
/// The bytes are not UTF-8.
pub(super) fn percent_decoded(value: &str) -> Result<String, NumberError> {
    let mut text = value.to_owned();
    for _ in 0..MAX_DECODES {
        if !text.contains('%') {
            break;
        }
        text = percent_decode_str(&text).decode_utf8().map_err(|_| NumberError::NotANumber)?.into_owned();
    }
    Ok(text)
}

/// Reads a text of plain characters. `is_query` is true if a leading blank is a `+`.
fn read(text: &str, is_query: bool) -> Result<ReadNumber, NumberError> {
    if text.trim().is_empty() {
        return Err(NumberError::Empty);
    }
    let mut notation = Notation::read(text)?;
    let plus = is_query && notation.number.starts_with(' ') && !notation.number.trim_start().starts_with('+');
    let dialled = Dialled::read_number(notation.number.trim(), plus)?;
    let (number, is_doubled) = match country_of_context(&notation, &dialled)? {
        Some(context) => (within(&context, &dialled.digits)?, false),
        None => number_of(&dialled)?,
    };
    if is_doubled {
        notation.repairs.push(NumberRepair::DoubledCountryCode);
    }
    let digits = number.trim_start_matches('+').len();
    if digits > MAX_DIGITS {
        return Err(NumberError::TooLong(digits));
    }
    let is_short = digits <= MAX_SHORT_DIGITS;
    if is_short && notation.has_extension {
        return Err(NumberError::NotANumber);
    }
    if is_short && dialled.has_slash() {
        return Err(NumberError::Several);
    }
    Ok(ReadNumber { number: Number(number.into()), repairs: notation.repairs })
}

/// Returns the number that was dialled, and true if its country code was there twice.
fn number_of(dialled: &Dialled) -> Result<(String, bool), NumberError> {
    let Dialled { plus, digits, .. } = dialled;
    if let Some(rest) = without_exit_code(digits, MAX_SHORT_DIGITS) {
        return international(rest);
    }
    let number = if *plus {
        if digits.len() > MAX_SERVICE_DIGITS || digits.starts_with('0') {
            return international(digits);
        }
        digits.clone()
    } else if let Some(nanp) = digits.strip_prefix("01").filter(|rest| is_nanp(rest)) {
        format!("+1{nanp}")
    } else if digits.len() <= MAX_SHORT_DIGITS || digits.starts_with('0') {
        digits.clone()
    } else if digits.len() == LOCAL_DIGITS {
        return Err(NumberError::NoAreaCode);
    } else if digits.len() == NANP_DIGITS && !digits.starts_with('1') {
        format!("+1{digits}")
    } else {
        return international(digits);
    };
    Ok((number, false))
}

/// Returns the spelling of a number, given its digits from the country code on, and true if its country code was there twice.
fn international(digits: &str) -> Result<(String, bool), NumberError> {
    if digits.starts_with('0') {
        return Err(NumberError::NotANumber);
    }
    if let Some(once) = without_doubled_code(digits).filter(|once| once.len() == NANP_DIGITS + 1) {
        return Ok((format!("+{once}"), true));
    }
    let number = match trunk_zero(digits) {
        // The 0 of Australia's +61 000 is not a trunk prefix.
        Some((code, rest)) if rest.len() > MAX_SERVICE_DIGITS => format!("+{code}{rest}"),
        _ => format!("+{digits}"),
    };
    Ok((number, false))
}

/// Returns the digits of a global `phone-context`, such as `+1`, if a number without a country code is read within it.
///
/// # Errors
/// The context may mean a country, and does not name one. The number may be one of any country.
fn country_of_context(notation: &Notation<'_>, dialled: &Dialled) -> Result<Option<String>, NumberError> {
    let is_local = !dialled.plus && without_exit_code(&dialled.digits, MAX_SHORT_DIGITS).is_none();
    match notation.context.filter(|_| is_local) {
        None | Some(PhoneContext::Name) => Ok(None),
        Some(PhoneContext::Unclear) => Err(NumberError::NotANumber),
        Some(PhoneContext::Country(digits)) => Dialled::read(digits, true).map(|context| Some(context.digits)),
    }
}

/// Returns a national number within a country. RFC 3966, 5.1.5: the digits of the context are not always the beginning of the
/// number, so only a country code is put before it.
fn within(context: &str, digits: &str) -> Result<String, NumberError> {
    if digits.len() <= MAX_SERVICE_DIGITS {
        return Ok(digits.to_owned());
    }
    if context.starts_with('1') {
        let national = digits.strip_prefix('1').unwrap_or(digits);
        return match national.len() {
            NANP_DIGITS => Ok(format!("+1{national}")),
            LOCAL_DIGITS => Err(NumberError::NoAreaCode),
            _ => Err(NumberError::NotANumber),
        };
    }
    // With the country code already, it would be there twice. In Italy and Kazakhstan, ten digits may begin like it.
    let max_alike = if matches!(context, "7" | "39") { NANP_DIGITS } else { NANP_DIGITS - 1 };
    let has_code = digits.starts_with(context) && digits.len() > max_alike;
    if context.len() != country_code_len(context) || digits.len() < LOCAL_DIGITS || has_code {
        return Err(NumberError::NotANumber);
    }
    international(&format!("{context}{digits}")).map(|(number, _)| number)
}

/// Reads a prefix of numbers that a person typed, such as `+1315` or `+44 (0)20`, and returns it in the spelling of
/// [`Number`], and true if its country code was there twice.
///
/// # Errors
/// The text has no `+`, or no number begins like this.
pub(crate) fn prefix_from_typed(text: &str) -> Result<(String, bool), NumberError> {
    let text = plain(text);
    let text = text.trim().trim_start_matches(['\'', '"']).trim();
    if text == "+" {
        return Ok(("+".to_owned(), false));
    }
    let dialled = Dialled::read(text, false)?;
    let digits = without_doubled_code(&dialled.digits).unwrap_or(&dialled.digits);
    if !dialled.plus || digits.starts_with('0') || trunk_zero(digits).is_some() || digits.len() > MAX_DIGITS {
        return Err(NumberError::NotANumber);
    }
    Ok((format!("+{digits}"), digits.len() < dialled.digits.len()))
}
