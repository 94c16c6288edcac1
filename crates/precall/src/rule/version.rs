//! Versions of items and revisions of partitions: short hashes that show if two rulebooks are the same.

use std::fmt;

use sha2::{Digest, Sha256};

use super::item::{Item, Value};
use super::parse::BOOKKEEPING;

/// The number of bytes of a version: 12 hex digits.
const VERSION_BYTES: usize = 6;

/// The attribute that is not part of a version: the number under which the item is stored. A version may be in a log that masks
/// numbers, and could be computed for every possible number.
const NUMBER: &str = "number";

/// The version of an item, or the revision of several items: the first 12 hex digits of a SHA-256.
///
/// An item has the same version wherever it is read. It does not depend on the order of the attributes, of a set or of a list,
/// or on the notation of a number. It leaves out the number under which the item is stored, the attributes of
/// [`BOOKKEEPING`], and the content of maps and binary data, which no rule reads.
///
/// ```
/// use precall::rule::{Item, Version};
///
/// let stored = r#"{ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 3, "per": "24h", "places": ["US-FL", "US-GA"] }"#;
/// let edited = r#"{ "places": ["US-GA", "US-FL"], "per": "24h", "max_calls": 3.0, "status": "REJECT", "rule": "cap", "number": "*",
///                   "list_file": "005e0a3d7ae1" }"#;
/// let version = |json: &str| serde_json::from_str::<Item>(json).map(|item| Version::of(&item));
/// assert_eq!(version(stored)?, version(edited)?);
/// assert_eq!(version(stored)?.to_string(), "5d9e4900bb69");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version([u8; VERSION_BYTES]);

impl Version {
    /// Returns the version of an item.
    pub fn of(item: &Item) -> Self {
        let mut form = Vec::new();
        for (name, value) in item.iter().filter(|(name, _)| is_part_of_rule(name)) {
            write_text(&mut form, b'A', name);
            write_value(&mut form, value);
        }
        Self::of_form(&form)
    }

    /// Returns the revision of items, by the names of their rules and their versions, in any order.
    ///
    /// ```
    /// use precall::rule::{Item, Version};
    ///
    /// let item: Item = serde_json::from_str(r#"{ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" }"#)?;
    /// let (dnc, no_900) = (("dnc", Version::of(&Item::new())), ("no-900", Version::of(&item)));
    /// assert_eq!(Version::of_rules([dnc, no_900]), Version::of_rules([no_900, dnc]));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn of_rules<'r>(rules: impl IntoIterator<Item = (&'r str, Self)>) -> Self {
        let mut sorted: Vec<(&str, Self)> = rules.into_iter().collect();
        sorted.sort_unstable();
        let mut form = Vec::new();
        for (rule, version) in sorted {
            write_text(&mut form, b'R', rule);
            form.extend(version.0);
        }
        Self::of_form(&form)
    }

    fn of_form(form: &[u8]) -> Self {
        let hash = Sha256::digest(form);
        let mut version = [0; VERSION_BYTES];
        version.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        Self(version)
    }
}

/// `5d9e4900bb69`
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Returns true for an attribute that a version covers. Names are compared as the parser reads them.
fn is_part_of_rule(name: &str) -> bool {
    let name = name.trim();
    name != NUMBER && !BOOKKEEPING.iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// Writes a text with its kind and its length, so that no two different items have the same form.
fn write_text(form: &mut Vec<u8>, kind: u8, text: &str) {
    form.push(kind);
    write_length(form, text.len());
    form.extend(text.as_bytes());
}

fn write_length(form: &mut Vec<u8>, length: usize) {
    form.extend(u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
}

fn write_value(form: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => write_text(form, b'S', text),
        Value::Number(number) => write_text(form, b'N', &canonical_number(number)),
        Value::Bool(flag) => form.extend([b'B', u8::from(*flag)]),
        Value::Null => form.push(b'0'),
        Value::List(values) => {
            let mut forms: Vec<Vec<u8>> = values
                .iter()
                .map(|value| {
                    let mut form = Vec::new();
                    write_value(&mut form, value);
                    form
                })
                .collect();
            // A set has no order of its own, and a value does not show if it was a set or a list.
            forms.sort_unstable();
            form.push(b'L');
            write_length(form, forms.len());
            form.extend(forms.concat());
        }
        Value::Other(kind) => write_text(form, b'O', kind),
    }
}

/// Returns a number in one notation: its significant digits and a power of ten. A text that is not a number stays as it is.
///
/// ```
/// use precall::rule::canonical_number;
///
/// assert_eq!(canonical_number("2.50"), canonical_number("25e-1"));
/// ```
pub fn canonical_number(text: &str) -> String {
    let parts = || {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let power = power.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let significant = all.trim_start_matches('0');
        let shortest = significant.trim_end_matches('0');
        if shortest.is_empty() {
            return Some("0".to_owned());
        }
        let power = power.checked_add(i64::try_from(significant.len() - shortest.len()).ok()?)?;
        Some(format!("{negative}{shortest}e{power}"))
    };
    parts().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::canonical_number;

    #[test]
    fn equal_numbers_have_one_notation() {
        for (same, notation) in [
            (&["5", "5.0", "5e0", "+5", "05", "0.5e1", "50E-1", "500e-2"][..], "5e0"),
            (&["-120", "-1.2e2", "-120.000", "-0012e1"], "-12e1"),
            (&["0", "-0", "0.000", "0e9", "00"], "0"),
            (&["0.05", ".05", "5e-2"], "5e-2"),
            (&["1e125"], "1e125"),
            (&["99999999999999999999999999999999999999"], "99999999999999999999999999999999999999e0"),
            (&["five"], "five"),
            (&[""], ""),
            (&["1e99999999999999999999"], "1e99999999999999999999"),
        ] {
            for text in same {
                assert_eq!(canonical_number(text), notation, "{text}");
            }
        }
    }
}
