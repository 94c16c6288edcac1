//! A rule: where it applies, when, and what it answers.

mod clock;
mod conditions;
mod parse;
mod pattern;
mod share;
mod value;

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use clock::{Clock, Days, Hours};
pub use conditions::{Asleep, Cap, Clients, Conditions, Lifetime, Side, Specificity, Way, Whose};
pub use parse::{ATTRIBUTES, parse};
pub use pattern::{Match, Patterns};
pub use share::{Percent, Targets};
pub use value::{Item, Value};

use crate::answer::Decision;
use crate::calling_hours;
use crate::evaluation::evaluate::Call;

/// One item of the rules table, as far as it could be read.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A rule that can decide.
    Valid(Rule),
    /// An item without `status`: it decides nothing and says something that rules go by.
    Statement(Statement),
    /// An item that decides nothing and is reported.
    Invalid(Invalid),
}

impl Entry {
    /// Which item this is.
    pub fn key(&self) -> &Key {
        match self {
            Self::Valid(rule) => &rule.key,
            Self::Statement(statement) => &statement.key,
            Self::Invalid(invalid) => &invalid.key,
        }
    }

    /// The last version of the item that could be read: this one, or one that was kept.
    pub fn last_good(&self) -> Option<&Self> {
        match self {
            Self::Invalid(invalid) => invalid.last_good.as_deref(),
            good => Some(good),
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
    /// What it does to a call.
    pub action: Action,
    /// Reported, never decides.
    pub shadow: bool,
    /// What was read in spite of a fault, and how.
    pub repairs: Vec<String>,
}

impl Rule {
    /// What the rule answers to a call.
    pub fn decision(&self, call: &Call) -> Decision {
        match &self.action {
            Action::Proceed => Decision::Proceed,
            Action::Reject { code, reason } => Decision::Reject { code: code.clone(), reason: reason.clone() },
            Action::Redirect(targets) => {
                Decision::ChangeDestination { number: targets.choose(&self.key.rule, call).clone() }
            }
        }
    }
}

/// What a rule does to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// PROCEED
    Proceed,
    /// REJECT
    Reject {
        /// For the dialer: a SIP status code.
        code: String,
        /// For the dialer.
        reason: String,
    },
    /// `CHANGE_DESTINATION`
    Redirect(Targets),
}

impl Action {
    /// The `status` as the contract spells it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Proceed => "PROCEED",
            Self::Reject { .. } => "REJECT",
            Self::Redirect(_) => "CHANGE_DESTINATION",
        }
    }

    /// Whether it lets the callee's telephone ring, so that its conditions must hold beyond doubt.
    pub fn way(&self) -> Way {
        match self {
            Self::Proceed => Way::Allow,
            Self::Reject { .. } | Self::Redirect(_) => Way::Block,
        }
    }
}

/// An item without `status`.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Which item it came from.
    pub key: Key,
    /// When it holds.
    pub lifetime: Lifetime,
    /// What it says.
    pub says: Says,
}

/// What an item without `status` says.
#[derive(Debug, Clone)]
pub enum Says {
    /// Where the holder of the item's number is.
    Holder(Holder),
    /// The calling hours of places, instead of the table's.
    Hours(Vec<calling_hours::Row>),
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder(holder) => {
                write!(f, "its holder's clock is that of {}", zone_name(&holder.zone))?;
                if !holder.places.is_empty() {
                    write!(f, ", the place {}", holder.places.join(" or "))?;
                }
                Ok(())
            }
            Self::Hours(rows) => {
                let places: Vec<&str> = rows.iter().map(|row| row.place.as_str()).collect();
                write!(f, "the calling hours of {} are its own", places.join(", "))
            }
        }
    }
}

/// Where the holder of a number is.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Whose clock counts.
    pub zone: TimeZone,
    /// ISO 3166 codes; none leaves those of the number.
    pub places: Vec<&'static str>,
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
    /// Whether it may have been meant to say where its number's holder is.
    pub may_say_where: bool,
    /// The version of the same item that was read whole last, kept by a running instance.
    pub last_good: Option<Arc<Entry>>,
}

/// The IANA name of a zone, as far as it has one.
pub(crate) fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}
