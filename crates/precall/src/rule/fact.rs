//! A fact: an item without `status`. It decides nothing, and states data that rules use.

use std::fmt;

use jiff::tz::TimeZone;

use super::conditions::{Lifetime, zone_name};
use super::exemption::Exemption;
use super::key::Key;
use super::list_copy::ListCopy;
use super::pattern::Patterns;
use crate::calling_hours::HoursRow;
use crate::number::Number;

/// An item without `status`. It decides nothing, and states data that rules use.
///
/// ```
/// use precall::rule::{Entry, parse};
///
/// let item = serde_json::json!({ "number": "+12125550123", "rule": "lives-in", "timezone": "America/Denver" });
/// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
/// assert_eq!(fact.content.to_string(), "its holder's clock is that of America/Denver");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fact {
    /// The key of the item.
    pub key: Key,
    /// The span of time in which it counts.
    pub lifetime: Lifetime,
    /// The content.
    pub content: FactContent,
    /// The names of the item's attributes that the fact does not use, in lower case.
    pub unread: Vec<String>,
}

/// The content of a [`Fact`].
///
/// ```
/// use precall::rule::{Entry, FactContent, parse};
///
/// let item = serde_json::json!({ "number": "+12125550123", "rule": "lives-in", "timezone": "America/Denver" });
/// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
/// assert!(matches!(fact.content, FactContent::Holder(_)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub enum FactContent {
    /// The place of the holder of the item's number.
    Holder(Holder),
    /// The place of all numbers with a prefix, which replaces that of the tables.
    Prefix(PrefixPlace),
    /// The calling hours of places, which replace those of the table.
    CallingHours(Vec<HoursRow>),
    /// The copy of an imported list that is in force.
    List(ListCopy),
    /// The rules that do not apply to calls to the item's number.
    Exemption(Exemption),
}

impl fmt::Display for FactContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder(holder) => write!(f, "its holder's clock is that of {holder}"),
            Self::Prefix(prefix) => write!(f, "the clock of {} is that of {}", prefix.to, prefix.holder),
            Self::CallingHours(rows) => {
                let places: Vec<&str> = rows.iter().map(|row| row.place.as_str()).collect();
                write!(f, "the calling hours of {} are its own", places.join(", "))
            }
            Self::List(copy) => write!(f, "list {copy} is in force"),
            Self::Exemption(exemption) => exemption.fmt(f),
        }
    }
}

/// The place of the holder of a number.
///
/// ```
/// use precall::rule::{Entry, FactContent, parse};
///
/// let item = serde_json::json!({ "number": "+12125550123", "rule": "lives-in", "timezone": "America/Denver", "places": "US-CO" });
/// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
/// let FactContent::Holder(holder) = fact.content else { panic!("a holder") };
/// assert_eq!(holder.places, ["US-CO"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Holder {
    /// The time zones of the holder's possible clocks: at least one.
    pub zones: Vec<TimeZone>,
    /// The ISO 3166 codes of the holder's places. If it is empty, the places of the number count.
    pub places: Vec<&'static str>,
    /// True if the places and the clocks of the number itself count as well, so that the stricter of both decides. This is never
    /// true of a fact about a prefix.
    pub besides: bool,
}

/// `America/Denver, the place US-CO, besides those of the number`
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.zones.iter().map(zone_name).collect::<Vec<_>>().join(" or "))?;
        if !self.places.is_empty() {
            write!(f, ", the place {}", self.places.join(" or "))?;
        }
        if self.besides { f.write_str(", besides those of the number") } else { Ok(()) }
    }
}

/// The place of all numbers with a prefix, such as those of a new area code.
///
/// ```
/// use precall::rule::{Entry, FactContent, parse};
///
/// let item = serde_json::json!({
///     "number": "*", "rule": "where-1483", "to": "+1483*", "timezone": "America/Chicago", "places": "US-AL",
/// });
/// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
/// let FactContent::Prefix(prefix) = fact.content else { panic!("the place of a prefix") };
/// assert_eq!(prefix.holder.places, ["US-AL"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PrefixPlace {
    /// The prefixes: an area code or more digits, or outside the NANP a country code or more digits.
    pub to: Patterns,
    /// The clock and the places.
    pub holder: Holder,
}

impl PrefixPlace {
    /// Returns the number of digits of the longest prefix that a number begins with, or `None` if it begins with none.
    pub fn digits_of(&self, number: &Number) -> Option<u8> {
        self.to.test(Some(number)).map(|found| found.prefix_digits())
    }
}
