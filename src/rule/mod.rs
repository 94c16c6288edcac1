//! A rule: where it applies, when, and what it answers.

mod parse;
mod pattern;
mod value;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

pub use parse::parse;
pub use pattern::{Match, Patterns};
pub use value::{Item, Value};

use crate::contract::Decision;
use crate::decide::Call;
use crate::number::Number;

/// One item of the rules table, as far as it could be read.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A rule that can decide.
    Valid(Rule),
    /// An item that decides nothing and is reported.
    Invalid(Invalid),
}

impl Entry {
    /// Which item this is.
    pub fn key(&self) -> &Key {
        match self {
            Self::Valid(rule) => &rule.key,
            Self::Invalid(invalid) => &invalid.key,
        }
    }

    /// Where and when the item applies, as far as that could be read.
    pub fn conditions(&self) -> &Conditions {
        match self {
            Self::Valid(rule) => &rule.conditions,
            Self::Invalid(invalid) => &invalid.conditions,
        }
    }
}

/// The key of an item: the partition (`number`) and the rule's name (`rule`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// An E.164 number, or `*` for a rule about more than one number.
    pub number: String,
    /// The rule's name.
    pub rule: String,
}

/// A rule that was read whole.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which item it came from.
    pub key: Key,
    /// Where and when it applies.
    pub conditions: Conditions,
    /// Higher wins.
    pub priority: i64,
    /// What it answers.
    pub decision: Decision,
    /// Reported, never decides.
    pub shadow: bool,
    /// What was read in spite of a fault, and how.
    pub repairs: Vec<String>,
}

/// An item that could not be read whole. It never decides.
#[derive(Debug, Clone)]
pub struct Invalid {
    /// Which item it is.
    pub key: Key,
    /// What is wrong and what to do, for a person.
    pub reasons: Vec<String>,
    /// The conditions that could be read. Where one of these does not hold, the item has no bearing
    /// on the call, whatever the rest was meant to say.
    pub conditions: Conditions,
    /// The priority, if it could be read.
    pub priority: Option<i64>,
    /// Whether the item was marked as a shadow.
    pub shadow: bool,
    /// The version of the same item that was read whole last, kept by a running instance.
    pub last_good: Option<Arc<Rule>>,
}

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

/// Where and when a rule applies. All must hold.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// `false` sleeps.
    pub enabled: bool,
    /// The item's number and the side it stands on; `None` for `*`.
    pub number: Option<(Side, Number)>,
    /// Patterns for the callee.
    pub to: Patterns,
    /// Patterns for the caller.
    pub from: Patterns,
    /// Names of API keys; empty means any client.
    pub clients: Vec<String>,
    /// Awake from this instant on.
    pub starts_at: Option<Timestamp>,
    /// Asleep from this instant on.
    pub expires_at: Option<Timestamp>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            enabled: true,
            number: None,
            to: Patterns::default(),
            from: Patterns::default(),
            clients: Vec::new(),
            starts_at: None,
            expires_at: None,
        }
    }
}

impl Conditions {
    /// Whether the rule is awake for this call, and how closely it was aimed at it.
    ///
    /// # Errors
    /// The first condition that does not hold.
    pub fn test(&self, call: &Call) -> Result<Specificity, Asleep<'_>> {
        if !self.enabled {
            return Err(Asleep::Disabled);
        }
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
        if !self.clients.is_empty() {
            let named = |client: &str| self.clients.iter().any(|name| name.eq_ignore_ascii_case(client));
            if !call.client.as_deref().is_some_and(named) {
                return Err(Asleep::Client(&self.clients));
            }
        }
        if let Some(start) = self.starts_at.filter(|start| call.at < *start) {
            return Err(Asleep::NotYet(start));
        }
        if let Some(end) = self.expires_at.filter(|end| call.at >= *end) {
            return Err(Asleep::Expired(end));
        }
        Ok(Specificity::new(to, from))
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Client(&'r [String]),
    /// Before `starts_at`.
    NotYet(Timestamp),
    /// At or after `expires_at`.
    Expired(Timestamp),
}

impl fmt::Display for Asleep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("`enabled` is false"),
            Self::OtherSide(Side::From) => f.write_str("its number is not the caller here (`side` is from)"),
            Self::OtherSide(Side::To) => f.write_str("its number is not the callee here (`side` is to)"),
            Self::OtherSide(Side::Any) => f.write_str("its number takes no part in this call"),
            Self::To(patterns) => write!(f, "`to` is {patterns}: not this callee"),
            Self::From(patterns) => write!(f, "`from` is {patterns}: not this caller"),
            Self::Client(clients) => write!(f, "only for clients {}", clients.join(", ")),
            Self::NotYet(start) => write!(f, "starts at {start}"),
            Self::Expired(end) => write!(f, "expired at {end}"),
        }
    }
}
