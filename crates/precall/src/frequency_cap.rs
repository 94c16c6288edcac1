//! Frequency caps: how many attempts a rolling window may hold, and what they are counted by.
//!
//! Pure: what is here says which attempts to ask for and what they mean; the attempts table keeps them.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::number::Number;

/// What attempts are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum CountBy {
    /// All calls to the callee, whoever calls.
    #[default]
    Callee,
    /// The calls of this caller to this callee.
    Pair,
    /// All calls of the caller. Withheld callers are one caller.
    Caller,
}

impl CountBy {
    /// Its name in a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Callee => "callee",
            Self::Pair => "pair",
            Self::Caller => "caller",
        }
    }

    /// The counter of a call.
    pub fn counter(self, from: Option<&Number>, to: &Number) -> Counter {
        let from = from.map_or("anonymous", Number::as_str);
        Counter(match self {
            Self::Callee => format!("to {to}"),
            Self::Pair => format!("from {from} to {to}"),
            Self::Caller => format!("from {from}"),
        })
    }
}

/// Whose attempts: the key of the attempts table, such as `to +13155550100`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter(String);

impl Counter {
    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// At most `max` attempts in any stretch of time as long as `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Limit {
    /// How many; 1 to [`Limit::MOST`].
    pub max: u16,
    /// In how long; [`Limit::SHORTEST`] to [`Limit::LONGEST`].
    pub window: SignedDuration,
}

impl Limit {
    /// The highest `max`: each attempt in a window is kept, and a counter is one item.
    pub const MOST: u16 = 1_000;
    /// The shortest window.
    pub const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
    /// The longest window.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);

    /// The instant up to which attempts no longer count.
    pub fn cutoff(&self, at: Timestamp) -> Timestamp {
        at.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// How many of these attempts, the newest first, count.
    pub fn used(&self, attempts: &[Timestamp], at: Timestamp) -> usize {
        let cutoff = self.cutoff(at);
        attempts.iter().take_while(|attempt| **attempt > cutoff).count()
    }

    /// Whether these attempts, the newest first, leave no room for another. An attempt exactly a window ago no
    /// longer counts. A limit of 0 is always full.
    pub fn is_full(&self, attempts: &[Timestamp], at: Timestamp) -> bool {
        let Some(last_place) = usize::from(self.max).checked_sub(1) else {
            return true;
        };
        attempts.get(last_place).is_some_and(|attempt| *attempt > self.cutoff(at))
    }

    /// A limit that has room for whatever either of the two asks to be kept.
    #[must_use]
    pub fn covering(self, other: Self) -> Self {
        Self { max: self.max.max(other.max), window: self.window.max(other.window) }
    }
}

/// Attempts by their counters, the newest first, as far as they were asked for.
pub type History = BTreeMap<Counter, Vec<Timestamp>>;

/// What is asked of one counter when a call is to be let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which counter.
    pub counter: Counter,
    /// None of these may be full.
    pub limits: Vec<Limit>,
    /// Whether this call is an attempt that counts here. Otherwise it is only looked at.
    pub record: bool,
    /// What rules may still ask of this counter: so many attempts, for so long. At least the limits.
    pub keep: Limit,
}
