//! Frequency caps: the greatest number of attempts in a rolling window, and the numbers by which they are counted.
//!
//! The host stores the attempts. This module names the counters to read, and evaluates their attempts.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::number::Number;

/// The numbers by which attempts are counted.
///
/// ```
/// use precall::frequency_cap::CountBy;
/// use precall::Number;
///
/// let callee = Number::from_typed("+13155550100").unwrap();
/// assert_eq!(CountBy::Callee.counter(None, &callee).as_str(), "to +13155550100");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum CountBy {
    /// All calls to the callee, from any caller.
    #[default]
    Callee,
    /// The calls of this caller to this callee.
    Pair,
    /// All calls of the caller. All withheld callers count as one.
    Caller,
}

impl CountBy {
    /// Returns the name in a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Callee => "callee",
            Self::Pair => "pair",
            Self::Caller => "caller",
        }
    }

    /// Returns the counter of a call.
    pub fn counter(self, from: Option<&Number>, to: &Number) -> Counter {
        let from = from.map_or("anonymous", Number::as_str);
        Counter(match self {
            Self::Callee => format!("to {to}"),
            Self::Pair => format!("from {from} to {to}"),
            Self::Caller => format!("from {from}"),
        })
    }
}

/// A counter of attempts, identified by its name, such as `to +13155550100`.
///
/// ```
/// use precall::frequency_cap::CountBy;
/// use precall::Number;
///
/// let callee = Number::from_typed("+13155550100").unwrap();
/// assert_eq!(CountBy::Pair.counter(None, &callee).to_string(), "from anonymous to +13155550100");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter(String);

impl Counter {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A limit of `max` attempts in any span of time of the length `window`.
///
/// ```
/// use jiff::{SignedDuration, Timestamp};
/// use precall::frequency_cap::Limit;
///
/// let once_a_day = Limit { max: 1, window: SignedDuration::from_hours(24) };
/// let noon: Timestamp = "2026-12-01T12:00Z".parse().unwrap();
/// let one_pm: Timestamp = "2026-12-01T13:00Z".parse().unwrap();
/// assert!(once_a_day.is_full(&[noon], one_pm));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Limit {
    /// The greatest number of attempts, from 1 to [`Limit::MAX`].
    pub max: u16,
    /// The length of time, from [`Limit::MIN_WINDOW`] to [`Limit::MAX_WINDOW`].
    pub window: SignedDuration,
}

impl Limit {
    /// The greatest `max`. It is limited because one item contains all attempts in the window.
    pub const MAX: u16 = 1_000;
    /// The shortest window.
    pub const MIN_WINDOW: SignedDuration = SignedDuration::from_secs(1);
    /// The longest window.
    pub const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(24 * 366);

    /// Returns the window in the greatest unit that divides it, such as `7d` or `24h`. Days are used from two days on.
    pub fn window_text(&self) -> String {
        match self.window.as_secs() {
            s if s % 86_400 == 0 && s > 86_400 => format!("{}d", s / 86_400),
            s if s % 3_600 == 0 => format!("{}h", s / 3_600),
            s if s % 60 == 0 => format!("{}m", s / 60),
            s => format!("{s}s"),
        }
    }

    /// Returns the window in words: `7 days`, `24 hours`. Days are used from two days on.
    pub(crate) fn window_words(&self) -> String {
        let (count, unit) = match self.window.as_secs() {
            s if s % 86_400 == 0 && s > 86_400 => (s / 86_400, "day"),
            s if s % 3_600 == 0 => (s / 3_600, "hour"),
            s if s % 60 == 0 => (s / 60, "minute"),
            s => (s, "second"),
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }

    /// Returns the last instant at which an attempt does not count any more.
    pub fn cutoff(&self, at: Timestamp) -> Timestamp {
        at.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// Returns the number of these attempts that count. They are in order, the newest first.
    pub fn used(&self, attempts: &[Timestamp], at: Timestamp) -> usize {
        let cutoff = self.cutoff(at);
        attempts.iter().take_while(|attempt| **attempt > cutoff).count()
    }

    /// Returns true if these attempts, the newest first, leave no room for another one. An attempt exactly one window ago does
    /// not count. A limit of 0 is always full.
    pub fn is_full(&self, attempts: &[Timestamp], at: Timestamp) -> bool {
        let Some(last_place) = usize::from(self.max).checked_sub(1) else {
            return true;
        };
        attempts.get(last_place).is_some_and(|attempt| *attempt > self.cutoff(at))
    }

    /// Returns the first instant at which these attempts, the newest first, leave room for another one, if no more are made.
    /// It is `None` for a limit of 0.
    ///
    /// ```
    /// use jiff::{SignedDuration, Timestamp};
    /// use precall::frequency_cap::Limit;
    ///
    /// let once_a_day = Limit { max: 1, window: SignedDuration::from_hours(24) };
    /// let noon: Timestamp = "2026-12-01T12:00Z".parse().unwrap();
    /// assert_eq!(once_a_day.has_room_from(&[noon]), Some("2026-12-02T12:00Z".parse().unwrap()));
    /// assert_eq!(once_a_day.has_room_from(&[]), Some(Timestamp::MIN));
    /// ```
    pub fn has_room_from(&self, attempts: &[Timestamp]) -> Option<Timestamp> {
        let last_place = usize::from(self.max).checked_sub(1)?;
        attempts.get(last_place).map_or(Some(Timestamp::MIN), |attempt| attempt.checked_add(self.window).ok())
    }

    /// Returns a limit that keeps all attempts that either of two limits needs.
    #[must_use]
    pub fn covering(self, other: Self) -> Self {
        Self { max: self.max.max(other.max), window: self.window.max(other.window) }
    }
}

/// The known attempts, by counter. A counter that is not here counts as empty; [`Attempts::has`] tells the two apart.
///
/// ```
/// use precall::frequency_cap::{Attempts, CountBy};
/// use precall::Number;
///
/// let callee = Number::from_typed("+13155550100")?;
/// let counter = CountBy::Callee.counter(None, &callee);
/// let mut attempts = Attempts::none();
/// attempts.insert(counter.clone(), vec!["2026-12-01T15:00Z".parse().unwrap()]);
/// assert_eq!(attempts.of(&counter).len(), 1);
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts(BTreeMap<Counter, Vec<Timestamp>>);

impl Attempts {
    /// Returns an empty set: no counter has been read.
    pub fn none() -> Self {
        Self::default()
    }

    /// Records the attempts of a counter, in any order. An empty list means that the counter was read and has no attempts.
    pub fn insert(&mut self, counter: Counter, mut attempts: Vec<Timestamp>) {
        attempts.sort_unstable_by(|one, other| other.cmp(one));
        self.0.insert(counter, attempts);
    }

    /// Returns the attempts of a counter, the newest first.
    pub fn of(&self, counter: &Counter) -> &[Timestamp] {
        self.0.get(counter).map_or(&[], Vec::as_slice)
    }

    /// Returns true if the counter has been read.
    pub fn has(&self, counter: &Counter) -> bool {
        self.0.contains_key(counter)
    }

    /// Adds the counters of another set. They replace counters of the same name.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns each counter with its attempts, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&Counter, &[Timestamp])> {
        self.0.iter().map(|(counter, attempts)| (counter, attempts.as_slice()))
    }
}

impl FromIterator<(Counter, Vec<Timestamp>)> for Attempts {
    fn from_iter<I: IntoIterator<Item = (Counter, Vec<Timestamp>)>>(attempts: I) -> Self {
        let mut all = Self::none();
        for (counter, attempts) in attempts {
            all.insert(counter, attempts);
        }
        all
    }
}

/// A request to one counter before a call is let through: check the limits and count the call, in one step.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 3, "per": "24h" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let reservations = rules.evaluate(&call, &attempts).reservations();
/// assert_eq!(reservations[0].counter.as_str(), "to +13155550101");
/// assert!(reservations[0].record);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The counter.
    pub counter: Counter,
    /// The limits that must have room.
    pub limits: Vec<Limit>,
    /// True if this call counts as an attempt here. If false, the counter is only checked.
    pub record: bool,
    /// The attempts that must be kept for all rules that use the counter. It covers the limits.
    pub keep: Limit,
}

/// A frequency cap: its rule applies when the limit is full.
///
/// ```
/// use jiff::SignedDuration;
/// use precall::frequency_cap::{CountBy, FrequencyCap, Limit};
///
/// let limit = Limit { max: 3, window: SignedDuration::from_hours(24) };
/// assert_eq!(FrequencyCap { limit, count_by: CountBy::Callee }.to_string(), "3 calls in 24h to this callee");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrequencyCap {
    /// The limit.
    pub limit: Limit,
    /// The numbers by which calls are counted.
    pub count_by: CountBy,
}

/// `3 calls in 24h to this callee`
impl fmt::Display for FrequencyCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.count_by {
            CountBy::Callee => "to this callee",
            CountBy::Pair => "between this pair of numbers",
            CountBy::Caller => "by this caller",
        };
        let calls = if self.limit.max == 1 { "call" } else { "calls" };
        write!(f, "{} {calls} in {} {whose}", self.limit.max, self.limit.window_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    #[test]
    fn an_attempt_exactly_a_window_ago_does_not_count() {
        let limit = Limit { max: 2, window: SignedDuration::from_secs(10) };
        for (attempts, used, is_full) in
            [(vec![], 0, false), (vec![99], 1, false), (vec![99, 91], 2, true), (vec![99, 90], 1, false)]
        {
            let attempts: Vec<Timestamp> = attempts.into_iter().map(at).collect();
            assert_eq!((limit.used(&attempts, at(100)), limit.is_full(&attempts, at(100))), (used, is_full));
        }
        assert!(Limit { max: 0, ..limit }.is_full(&[], at(100)));
    }

    #[test]
    fn a_window_is_printed_in_the_greatest_unit_that_divides_it() {
        for (seconds, text) in [(86_400, "24h"), (7 * 86_400, "7d"), (90, "90s"), (1_800, "30m"), (7_200, "2h")] {
            assert_eq!(Limit { max: 1, window: SignedDuration::from_secs(seconds) }.window_text(), text);
        }
    }
}
