//! The type of a number.

use std::fmt;

use super::plan::country_code_len;

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
pub struct Number(pub(super) Box<str>);

impl Number {
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

impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
