//! The conditions of a rule.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::clock::Clock;
use super::pattern::Patterns;
use super::share::Percent;
use crate::calling_hours::{Law, TimeSpan};
use crate::frequency_cap::FrequencyCap;
use crate::number::Number;
use crate::place::PlacePatterns;
use crate::selection::{Selection, alternatives};
use crate::typed_text::plain_character;
use crate::value_error::ValueError;

/// The side of a call on which the item's number is.
///
/// ```
/// assert_eq!(precall::rule::Side::default(), precall::rule::Side::To);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The callee.
    #[default]
    To,
    /// The caller.
    From,
    /// Either of them.
    Any,
}

/// The span of time in which an item counts.
///
/// ```
/// use precall::rule::Lifetime;
///
/// let until_noon = Lifetime { expires_at: Some("2026-12-01T12:00Z".parse().unwrap()), ..Lifetime::default() };
/// assert!(until_noon.contains("2026-12-01T11:59:59Z".parse().unwrap()));
/// assert!(!until_noon.contains("2026-12-01T12:00Z".parse().unwrap()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// False if the item is switched off.
    pub enabled: bool,
    /// The first instant at which the item counts.
    pub starts_at: Option<Timestamp>,
    /// The first instant at which the item does not count any more.
    pub expires_at: Option<Timestamp>,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self { enabled: true, starts_at: None, expires_at: None }
    }
}

impl Lifetime {
    /// Returns the time from start to end, even if the item is switched off.
    pub fn span(&self) -> TimeSpan {
        TimeSpan { start: self.starts_at.unwrap_or(Timestamp::MIN), end: self.expires_at.unwrap_or(Timestamp::MAX) }
    }

    /// Returns true if the item counts at an instant.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.enabled && self.span().contains(at)
    }
}

/// The clock that `dates`, `days` and `hours` use.
///
/// ```
/// assert_eq!(precall::rule::ClockSource::Caller.to_string(), "caller");
/// ```
#[derive(Debug, Clone, Default)]
pub enum ClockSource {
    /// The callee's.
    #[default]
    Callee,
    /// The caller's.
    Caller,
    /// The clock of a time zone.
    Zone(TimeZone),
}

impl fmt::Display for ClockSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Callee => "callee",
            Self::Caller => "caller",
            Self::Zone(zone) => zone_name(zone),
        })
    }
}

/// Returns the IANA name of a zone, or `UTC` if it has none.
pub(crate) fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// Names of API keys. A client must be any of the plain ones, and none of the negated ones.
///
/// ```
/// use precall::rule::Clients;
///
/// let clients = Clients::parse(["vendor, !second"])?;
/// assert!(clients.cover(Some("Vendor")) && !clients.cover(Some("third")));
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clients(Selection<String>);

impl Clients {
    /// Reads a comma list, or the elements of a set.
    ///
    /// # Errors
    /// There is no name, a `!` without a name, or a name with an invisible character.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        let names = Selection::parse(texts, |name| match name {
            "" => Err(ValueError::from("nothing after !; write the name of an API key, such as !vendor")),
            name if name.chars().any(|c| plain_character(c).is_none() || c.is_control()) => Err(ValueError::from(
                format!("{name:?} has an invisible character; write the name of the API key again"),
            )),
            name => Ok(name.to_owned()),
        })?;
        if names.is_empty() {
            return Err("empty; remove the attribute, or write the names of API keys".into());
        }
        Ok(Self(names))
    }

    /// Returns true if the calls of a client are covered. `None` is a call without an API key.
    pub fn cover(&self, client: Option<&str>) -> bool {
        self.0.matches(|name| client.is_some_and(|client| name.eq_ignore_ascii_case(client)))
    }

    /// Returns true if no client is covered: `vendor,!vendor`.
    pub fn cover_none(&self) -> bool {
        let is_negated = |name: &String| self.0.none_of.iter().any(|negated| negated.eq_ignore_ascii_case(name));
        !self.0.any_of.is_empty() && self.0.any_of.iter().all(is_negated)
    }

    /// Returns true if every client is covered.
    pub fn cover_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the end of a phrase about calls: `` by client `vendor` or `second` ``; empty if every client is covered.
    pub(super) fn phrase(&self) -> String {
        let shown = |names: &[String]| alternatives(names.iter().map(|name| format!("`{name}`")), "or");
        let mut text = String::new();
        if !self.0.any_of.is_empty() {
            text = format!(" by client {}", shown(&self.0.any_of));
        }
        if !self.0.none_of.is_empty() {
            text = format!("{text}, except those by client {}", shown(&self.0.none_of));
        }
        text
    }

    /// Returns the names, including negated ones.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.all().map(String::as_str)
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The conditions of a rule, which must all be met. The default has no condition.
///
/// ```
/// use precall::rule::{Entry, parse};
///
/// let item = serde_json::json!({ "number": "*", "rule": "night", "status": "REJECT", "hours": "21:00-08:00" });
/// let Entry::Rule(rule) = parse(&serde_json::from_value(item)?) else { panic!("a rule") };
/// assert_eq!(rule.conditions.clock.to_string(), "21:00-08:00");
/// assert!(rule.conditions.cap.is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// The time in which the item counts.
    pub lifetime: Lifetime,
    /// The item's number and the side of the call on which it is; `None` for `*`.
    pub number: Option<(Side, Number)>,
    /// Patterns for the callee.
    pub to: Patterns,
    /// Patterns for the caller.
    pub from: Patterns,
    /// Names of API keys.
    pub clients: Clients,
    /// The share of calls; `None` for all.
    pub percent: Option<Percent>,
    /// The places of the callee; `None` for anywhere.
    pub places: Option<PlacePatterns>,
    /// Dates, days and hours.
    pub clock: Clock,
    /// The clock that dates, days and hours use.
    pub timezone: ClockSource,
    /// The rule applies if one of these laws does not allow the call; empty for no such condition.
    pub calling_hours: Vec<Law>,
    /// The rule applies if this cap is full.
    pub cap: Option<FrequencyCap>,
}

impl Conditions {
    /// Returns true if there is a condition that emergency numbers meet only in a rule that names them.
    pub(crate) fn is_about_place_or_time(&self) -> bool {
        self.places.is_some() || !self.clock.is_always() || !self.calling_hours.is_empty() || self.cap.is_some()
    }
}
