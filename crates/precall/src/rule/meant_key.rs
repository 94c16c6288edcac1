//! The key that the `number` of an item means, also if it is misspelt.

use std::fmt;

use super::key::WILDCARD;
use crate::number::{self, Number, NumberError};

/// The key that the `number` of an item means. The hook looks up one spelling only, so an item under another one is never read.
///
/// ```
/// use precall::rule::MeantKey;
///
/// let meant = MeantKey::read("3155550101.0")?;
/// assert!(!meant.is_spelt("3155550101.0"));
/// assert_eq!(meant.to_string(), "+13155550101");
/// assert_eq!(MeantKey::read("+1315*")?.to_string(), "*, with +1315* in `to`");
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeantKey {
    /// A number.
    Number(Number),
    /// `*`.
    Wildcard,
    /// A prefix (`+` and digits), which belongs in the pattern of a wildcard rule.
    Pattern(String),
}

impl MeantKey {
    /// Reads the `number` of an item, leniently.
    ///
    /// # Errors
    /// It is neither a number nor a pattern.
    pub fn read(text: &str) -> Result<Self, NumberError> {
        let plain = number::plain_text(text);
        match plain.strip_suffix('*') {
            Some("") => Ok(Self::Wildcard),
            Some(prefix) => number::prefix_from_typed(prefix).map(|(prefix, _)| Self::Pattern(prefix)),
            None => number_of_key(text).map(Self::Number),
        }
    }

    /// Returns true if a text is the spelling that the hook looks up.
    pub fn is_spelt(&self, text: &str) -> bool {
        match self {
            Self::Number(number) => number.as_str() == text,
            Self::Wildcard => text == WILDCARD,
            Self::Pattern(_) => false,
        }
    }

    /// Returns true if the item may be meant for calls with a number.
    pub fn covers(&self, number: &Number) -> bool {
        match self {
            Self::Number(own) => own == number,
            Self::Wildcard => true,
            Self::Pattern(prefix) => number.as_str().starts_with(prefix.as_str()),
        }
    }
}

/// Reads the number of a key, which may be percent-encoded, or have a remark behind it: `+1 315 555 0100 (mobile)`.
fn number_of_key(text: &str) -> Result<Number, NumberError> {
    let text = match text.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((number, remark)) if remark.chars().all(|c| c.is_alphabetic() || c == ' ') => number,
        _ => text,
    };
    if text.contains('%') { Number::from_query(text) } else { Number::from_typed(text) }
}

/// The advice: the key under which to store the item.
impl fmt::Display for MeantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Wildcard => f.write_str(WILDCARD),
            Self::Pattern(prefix) => write!(f, "{WILDCARD}, with {prefix}* in `to`"),
        }
    }
}

/// Returns a text in quotation marks. Characters that look like others, or like nothing, are written as their codes.
pub fn quoted(text: &str) -> String {
    let escape = |c: char| if c.is_ascii() { c.escape_debug().to_string() } else { c.escape_unicode().to_string() };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}
