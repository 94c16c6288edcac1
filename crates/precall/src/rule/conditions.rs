//! Where and when a rule applies, and how closely it is aimed at a call.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Clock, Match, Patterns, Percent, zone_name};
use crate::calling_hours::{Law, Span};
use crate::evaluation::context::Context;
use crate::evaluation::evaluate::Call;
use crate::frequency_cap::{CountBy, Limit};
use crate::number::Number;
use crate::place::{PlaceMatch, PlacePatterns};

/// Which side of a call the item's number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The callee.
    #[default]
    To,
    /// The caller.
    From,
    /// Either.
    Any,
}

/// How sure a condition must be where a number leaves open where the callee is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To let the call through, it must hold wherever the callee may be.
    Allow,
    /// To stop it or send it elsewhere, it is enough that it may hold.
    Block,
}

/// Whether an item counts at all at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// `false` sleeps.
    pub enabled: bool,
    /// Awake from this instant on.
    pub starts_at: Option<Timestamp>,
    /// Asleep from this instant on.
    pub expires_at: Option<Timestamp>,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self { enabled: true, starts_at: None, expires_at: None }
    }
}

impl Lifetime {
    /// From its start to its end, enabled or not.
    pub fn span(&self) -> Span {
        Span { start: self.starts_at.unwrap_or(Timestamp::MIN), end: self.expires_at.unwrap_or(Timestamp::MAX) }
    }

    /// Whether the item counts.
    ///
    /// # Errors
    /// Why it does not.
    pub fn test(&self, at: Timestamp) -> Result<(), Asleep<'static>> {
        if !self.enabled {
            return Err(Asleep::Disabled);
        }
        if let Some(start) = self.starts_at.filter(|start| at < *start) {
            return Err(Asleep::NotYet(start));
        }
        if let Some(end) = self.expires_at.filter(|end| at >= *end) {
            return Err(Asleep::Expired(end));
        }
        Ok(())
    }
}

/// Whose clock a rule goes by.
#[derive(Debug, Clone, Default)]
pub enum Whose {
    /// The callee's.
    #[default]
    Callee,
    /// The caller's.
    Caller,
    /// That of a place.
    Zone(TimeZone),
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Callee => "callee",
            Self::Caller => "caller",
            Self::Zone(zone) => zone_name(zone),
        })
    }
}

/// Names of API keys: any of the plain ones and none of the negated ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clients {
    /// One of these must ask; empty means any.
    pub any_of: Vec<String>,
    /// None of these may.
    pub none_of: Vec<String>,
}

impl Clients {
    fn cover(&self, client: Option<&str>) -> bool {
        let named =
            |names: &[String]| client.is_some_and(|client| names.iter().any(|name| name.eq_ignore_ascii_case(client)));
        (self.any_of.is_empty() || named(&self.any_of)) && !named(&self.none_of)
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.any_of.iter().map(|name| ("", name));
        let negated = self.none_of.iter().map(|name| ("!", name));
        for (i, (sign, name)) in plain.chain(negated).enumerate() {
            write!(f, "{}{sign}{name}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// A frequency cap: the rule is awake when as many calls were let through already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// How many, in how long.
    pub limit: Limit,
    /// Whose calls.
    pub count_by: CountBy,
}

/// `3 calls in 24h to this callee`
impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.count_by {
            CountBy::Callee => "to this callee",
            CountBy::Pair => "between this pair of numbers",
            CountBy::Caller => "by this caller",
        };
        let calls = if self.limit.max == 1 { "call" } else { "calls" };
        write!(f, "{} {calls} in {} {whose}", self.limit.max, duration(self.limit.window.as_secs()))
    }
}

/// `24h`, `7d`: in the greatest unit that leaves no rest, days from a week on.
fn duration(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 && s > 86_400 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Where and when a rule applies. All must hold.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// Whether the item counts at all.
    pub lifetime: Lifetime,
    /// The item's number and the side it stands on; `None` for `*`.
    pub number: Option<(Side, Number)>,
    /// Patterns for the callee.
    pub to: Patterns,
    /// Patterns for the caller.
    pub from: Patterns,
    /// Names of API keys.
    pub clients: Clients,
    /// The share of calls; `None` for all.
    pub percent: Option<Percent>,
    /// Where the callee is; `None` for anywhere.
    pub places: Option<PlacePatterns>,
    /// Days and hours.
    pub clock: Clock,
    /// Whose clock.
    pub timezone: Whose,
    /// Awake when one of these laws does not allow the call; empty for always.
    pub calling_hours: Vec<Law>,
    /// Awake when this is reached.
    pub cap: Option<Cap>,
}

impl Conditions {
    /// Whether all that can be told without counting calls holds, and how closely the rule was aimed.
    ///
    /// # Errors
    /// The first condition that does not hold.
    pub fn test<'r>(&'r self, rule: &str, way: Way, context: &Context<'_>) -> Result<Specificity, Asleep<'r>> {
        let call = context.call();
        self.lifetime.test(call.at)?;
        let (to, from) = self.test_numbers(call)?;
        if !self.clients.cover(call.client.as_deref()) {
            return Err(Asleep::Client(&self.clients));
        }
        if to != Match::Exact && self.is_about_place_or_time() && context.is_service() {
            return Err(Asleep::Service);
        }
        if let Some(percent) = self.percent.filter(|percent| !percent.covers(rule, call)) {
            return Err(Asleep::Percent(percent));
        }
        if let Some(places) = &self.places
            && !is_sure(places.test(&context.callee().place), way)
        {
            return Err(Asleep::Places(places));
        }
        if !self.clock.is_always() && !context.is_clock_right(&self.clock, &self.timezone, way) {
            return Err(Asleep::Clock(&self.clock, &self.timezone));
        }
        if !self.calling_hours.is_empty() && self.calling_hours.iter().all(|law| context.is_lawful(*law)) {
            return Err(Asleep::Lawful(&self.calling_hours));
        }
        Ok(Specificity::new(to, from))
    }

    /// The numbers of the call against `number`, `to` and `from`.
    fn test_numbers(&self, call: &Call) -> Result<(Match, Match), Asleep<'_>> {
        let (mut to, mut from) = (Match::Any, Match::Any);
        if let Some((side, number)) = &self.number {
            let is_callee = *side != Side::From && *number == call.to;
            let is_caller = *side != Side::To && call.from.as_ref() == Some(number);
            if !is_callee && !is_caller {
                return Err(Asleep::OtherSide(*side));
            }
            if is_callee {
                to = Match::Exact;
            }
            if is_caller {
                from = Match::Exact;
            }
        }
        to = to.max(self.to.test(Some(&call.to)).ok_or(Asleep::To(&self.to))?);
        from = from.max(self.from.test(call.from.as_ref()).ok_or(Asleep::From(&self.from))?);
        Ok((to, from))
    }

    /// Whether a call counts against the cap once it is let through: the conditions on what it counts by
    /// hold. The others say when the cap bites, not what it counts.
    pub fn counts(&self, cap: &Cap, context: &Context<'_>) -> bool {
        let call = context.call();
        let by_callee = cap.count_by != CountBy::Caller;
        let by_caller = cap.count_by != CountBy::Callee;
        if self.lifetime.test(call.at).is_err() {
            return false;
        }
        if let Some((side, number)) = &self.number {
            let is_callee = *side != Side::From && *number == call.to;
            let is_caller = *side != Side::To && call.from.as_ref() == Some(number);
            if !is_callee && !is_caller {
                return false;
            }
        }
        if by_caller && self.from.test(call.from.as_ref()).is_none() {
            return false;
        }
        if by_callee {
            if self.to.test(Some(&call.to)).is_none() {
                return false;
            }
            if let Some(places) = &self.places
                && places.test(&context.callee().place).is_none()
            {
                return false;
            }
        }
        let named = || {
            let stored = matches!(&self.number, Some((side, number)) if *side != Side::From && *number == call.to);
            stored || self.to.test(Some(&call.to)) == Some(Match::Exact)
        };
        !context.is_service() || named()
    }

    /// Whether it has a condition that emergency numbers are kept out of.
    fn is_about_place_or_time(&self) -> bool {
        self.places.is_some() || !self.clock.is_always() || !self.calling_hours.is_empty() || self.cap.is_some()
    }
}

fn is_sure(found: Option<PlaceMatch>, way: Way) -> bool {
    match way {
        Way::Allow => found == Some(PlaceMatch::Certain),
        Way::Block => found.is_some(),
    }
}

/// How closely a rule was aimed at a call; greater wins between equal priorities.
///
/// A pair of exact numbers, then an exact callee, an exact caller, the longest prefix, `*`. Between
/// two of the same kind the longer prefix on the other side counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    kind: Kind,
    longest: u8,
    other: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Any,
    Prefix,
    ExactFrom,
    ExactTo,
    Pair,
}

impl Specificity {
    fn new(to: Match, from: Match) -> Self {
        let kind = match (to, from) {
            (Match::Exact, Match::Exact) => Kind::Pair,
            (Match::Exact, _) => Kind::ExactTo,
            (_, Match::Exact) => Kind::ExactFrom,
            (Match::Any, Match::Any) => Kind::Any,
            _ => Kind::Prefix,
        };
        let (a, b) = (to.prefix_digits(), from.prefix_digits());
        Self { kind, longest: a.max(b), other: a.min(b) }
    }
}

impl fmt::Display for Specificity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Pair => f.write_str("this pair of numbers"),
            Kind::ExactTo => f.write_str("this callee"),
            Kind::ExactFrom => f.write_str("this caller"),
            Kind::Prefix => write!(f, "a prefix of {} digits", self.longest),
            Kind::Any => f.write_str("any number"),
        }
    }
}

/// Why a rule sleeps through a call.
#[derive(Debug, Clone, Copy)]
pub enum Asleep<'r> {
    /// `enabled` is false.
    Disabled,
    /// The item's number stands on the other side of this call.
    OtherSide(Side),
    /// `to` does not cover the callee.
    To(&'r Patterns),
    /// `from` does not cover the caller.
    From(&'r Patterns),
    /// Only for other clients.
    Client(&'r Clients),
    /// Before `starts_at`.
    NotYet(Timestamp),
    /// At or after `expires_at`.
    Expired(Timestamp),
    /// An emergency number, which rules about places and times do not reach.
    Service,
    /// Outside its share of calls.
    Percent(Percent),
    /// The callee is not, or may not be, in `places`.
    Places(&'r PlacePatterns),
    /// By `days` and `hours`.
    Clock(&'r Clock, &'r Whose),
    /// The law allows the call.
    Lawful(&'r [Law]),
    /// So many of the calls that its cap allows.
    Cap(&'r Cap, usize),
    /// A call that was redirected is not redirected again.
    Redirected,
}

impl Asleep<'_> {
    /// The reason, for a person.
    pub fn describe(&self, context: &Context<'_>) -> String {
        match self {
            Self::Disabled => "`enabled` is false".to_owned(),
            Self::OtherSide(Side::From) => "its number is not the caller here (`side` is from)".to_owned(),
            Self::OtherSide(Side::To) => "its number is not the callee here (`side` is to)".to_owned(),
            Self::OtherSide(Side::Any) => "its number takes no part in this call".to_owned(),
            Self::To(patterns) => format!("`to` is {patterns}: not this callee"),
            Self::From(patterns) => format!("`from` is {patterns}: not this caller"),
            Self::Client(clients) => format!("`clients` is {clients}: not this client"),
            Self::NotYet(start) => format!("starts at {start}"),
            Self::Expired(end) => format!("expired at {end}"),
            Self::Service => {
                "an emergency or service number, which places, clocks and caps reach only by the number itself"
                    .to_owned()
            }
            Self::Percent(percent) => format!("this pair of numbers is not in its {percent}"),
            Self::Places(places) => format!("`places` is {places}: the callee is {}", context.describe_place()),
            Self::Clock(clock, whose) => {
                format!("{}: it is {}", clock.phrase(false), context.describe_clocks(clock, whose, false))
            }
            Self::Lawful(laws) => laws.iter().map(|law| context.describe_law(*law)).collect::<Vec<_>>().join("; "),
            Self::Cap(cap, used) => format!("{used} of {cap}"),
            Self::Redirected => "a redirected call is not redirected again".to_owned(),
        }
    }
}

impl Conditions {
    /// Why a rule that is awake is so, as far as place, time and counting go; empty where it has no
    /// such condition.
    pub fn because(&self, context: &Context<'_>) -> String {
        let mut parts = Vec::new();
        if let Some(places) = &self.places {
            parts.push(format!("in {places}: the callee is {}", context.describe_place()));
        }
        if !self.clock.is_always() {
            let shown = context.describe_clocks(&self.clock, &self.timezone, true);
            parts.push(format!("{}: it is {shown}", self.clock.phrase(true)));
        }
        for law in self.calling_hours.iter().filter(|law| !context.is_lawful(**law)) {
            parts.push(context.describe_law(*law));
        }
        if let Some(cap) = &self.cap {
            parts.push(format!("{cap} let through already"));
        }
        parts.join("; ")
    }
}
