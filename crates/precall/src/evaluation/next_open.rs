//! The next instant at which a call that is rejected now would be let through.
//!
//! The rules are evaluated again at each instant at which the result may change, and at no other: at the edges of the
//! condition that rejects, at the edges of rules that could outrank it, and whenever the callee's place or clocks may change.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::callee::{DecidedBy, Evaluation, rank};
use super::clock_change;
use super::context::CallContext;
use super::decision::Decision;
use super::specificity::Specificity;
use crate::answer::Answer;
use crate::call::Call;
use crate::calling_hours::Law;
use crate::rule::{Action, Clock, ClockSource, Conditions, Entry, Lifetime, Rule};

/// The time in which the instant is searched.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(24 * 366);

/// The numbers of days in which a change of a law is searched, one after the other.
const LAW_DAYS: [i64; 3] = [2, 14, 367];

/// The greatest number of possible places and clocks of a callee, multiplied, for which a whole year of a law is computed. Only
/// a number with an unlisted area code has more of them, and a year of all states by all clocks takes too long for a call.
const MAX_YEAR_PAIRS: usize = 64;

/// The greatest number of evaluations: enough for two changes on each day of a year.
const MAX_EVALUATIONS: usize = 750;

/// The greatest number of evaluations, multiplied by the number of items: the call waits for the search.
const MAX_LOOKS: usize = 200_000;

/// The evaluations that any number of items has: enough for the next edge of a day's hours.
const MIN_EVALUATIONS: usize = 8;

impl<'r> Decision<'r> {
    /// Returns the first instant after the call at which the same call would be let through, if the rules do not change and
    /// no other calls are made. It is for a REJECT of a rule with calling hours, with dates, days or hours, or with a cap. It
    /// is `None` for all other decisions.
    ///
    /// The whole call is decided again at that instant: by all rules, all possible clocks of the callee, holidays and the
    /// known attempts. A counter that is not known counts as empty, as in [`RuleSet::evaluate`](crate::RuleSet::evaluate).
    /// It is also `None` if there is no such instant within 366 days, or if the decision becomes unknown before. If the callee
    /// may be in any state, as one with an unlisted area code, it is `None` if a law does not change within 14 days. At most 750
    /// instants are tried, and fewer if there are more than 266 items, because the call waits for the search: 8 with 25,000.
    ///
    /// It is computed by each call of this function.
    ///
    /// ```
    /// use precall::{Attempts, Call, Number, RuleSet};
    ///
    /// let item = serde_json::json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us" });
    /// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
    /// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T03:00Z".parse().unwrap());
    /// let attempts = Attempts::none();
    /// // 08:00 in New York.
    /// assert_eq!(rules.evaluate(&call, &attempts).next_open(), Some("2026-12-01T13:00Z".parse().unwrap()));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn next_open(&self) -> Option<Timestamp> {
        let DecidedBy::Rule(rule, _) = self.decided_by() else { return None };
        if !matches!(rule.action, Action::Reject { .. }) || !rule.conditions.is_about_time_or_cap() {
            return None;
        }
        let asked = self.asked();
        let end = asked.call().at.checked_add(MAX_WAIT).unwrap_or(Timestamp::MAX);
        let mut search = Search::new(end);
        let mut at = search.next_change(self)?;
        let items = asked.entries().count().max(1);
        for _ in 0..(MAX_LOOKS / items).clamp(MIN_EVALUATIONS, MAX_EVALUATIONS) {
            let call = Call { at, ..asked.call().clone() };
            let decision: Decision<'r> = Decision::new(self.rules(), Cow::Owned(call), asked.attempts());
            match decision.answer() {
                Ok(Answer::Reject { .. }) => at = search.next_change(&decision)?,
                Ok(Answer::Proceed | Answer::ChangeDestination { .. }) => return Some(at),
                Err(_) => return None,
            }
        }
        None
    }
}

impl Conditions {
    /// Returns true if the passing of time alone can end a REJECT with these conditions, other than by `expires_at`.
    fn is_about_time_or_cap(&self) -> bool {
        !self.clock.is_always() || !self.calling_hours.is_empty() || self.cap.is_some()
    }
}

/// The search for the instants at which a call that is rejected may be let through.
struct Search<'r> {
    /// The last instant that counts.
    end: Timestamp,
    /// The first instant that was found for the current decision.
    earliest: Option<Timestamp>,
    /// The changes that were found for earlier decisions. Until then, they remain the next ones.
    laws: Vec<LawChange>,
    clocks: Vec<ClockChange<'r>>,
}

/// The first change of the result of a law at some places, by some clocks; `None` if there is none before the end.
struct LawChange {
    law: Law,
    places: Vec<&'static str>,
    zones: Vec<TimeZone>,
    change: Option<Timestamp>,
}

/// The first change of the result of a clock condition in a zone; `None` if there is none before the end.
struct ClockChange<'r> {
    clock: &'r Clock,
    zone: TimeZone,
    change: Option<Timestamp>,
}

impl<'r> Search<'r> {
    fn new(end: Timestamp) -> Self {
        Self { end, earliest: None, laws: Vec::new(), clocks: Vec::new() }
    }

    /// Returns the first instant at which a call that is rejected may be let through.
    fn next_change(&mut self, decision: &Decision<'r>) -> Option<Timestamp> {
        self.earliest = None;
        for evaluation in [Some(decision.asked()), decision.screening()].into_iter().flatten() {
            self.add_changes(evaluation);
        }
        self.earliest.filter(|earliest| *earliest <= self.end)
    }

    fn add(&mut self, instant: Option<Timestamp>) {
        let instant = instant.filter(|instant| *instant <= self.end);
        self.earliest = [self.earliest, instant].into_iter().flatten().min();
    }

    /// Adds the instants at which the result of an evaluation may become one that lets the call through.
    fn add_changes(&mut self, evaluation: &Evaluation<'r>) {
        let context = evaluation.context();
        let decided = match evaluation.decided_by() {
            DecidedBy::Rule(rule, specificity) => Some((rule, specificity)),
            DecidedBy::Default | DecidedBy::Unknown(_) => None,
        };
        if let Some((rule, _)) = decided {
            self.add_edges(&rule.conditions.lifetime, context);
            self.add_condition_changes(&rule.conditions, context);
            self.add(cap_release(rule, evaluation));
        }
        for entry in evaluation.entries() {
            self.add_entry_changes(entry, decided, context);
        }
    }

    /// Adds the instants at which an item may let the call through, or may change the callee's place or clocks.
    fn add_entry_changes(
        &mut self,
        entry: &'r Entry,
        decided: Option<(&Rule, Specificity)>,
        context: &CallContext<'_>,
    ) {
        if let Entry::Invalid(item) = entry {
            self.add_edges(&item.conditions.lifetime, context);
        }
        match entry.last_good() {
            Some(Entry::Rule(rule)) if !rule.shadow => {
                let may_let_through = may_let_through(rule, decided, context.call());
                if may_let_through || states_clock(rule) {
                    self.add_edges(&rule.conditions.lifetime, context);
                }
                if may_let_through {
                    self.add_condition_changes(&rule.conditions, context);
                }
            }
            Some(Entry::Fact(fact)) => self.add_edges(&fact.lifetime, context),
            Some(Entry::Rule(_) | Entry::Invalid(_)) | None => {}
        }
    }

    /// Adds the start and the end of an item's lifetime that are still ahead.
    fn add_edges(&mut self, lifetime: &Lifetime, context: &CallContext<'_>) {
        for edge in [lifetime.starts_at, lifetime.expires_at] {
            self.add(edge.filter(|edge| *edge > context.call().at));
        }
    }

    /// Adds the instants at which the clock condition or the calling hours of a rule may change.
    fn add_condition_changes(&mut self, conditions: &'r Conditions, context: &CallContext<'_>) {
        let Conditions { clock, timezone, calling_hours, .. } = conditions;
        if !clock.is_always() {
            for zone in context.zones_of(timezone) {
                let change = self.clock_change(clock, zone, context.call().at);
                self.add(change);
            }
        }
        for law in calling_hours {
            let change = self.law_change(*law, context);
            self.add(change);
        }
    }

    fn clock_change(&mut self, clock: &'r Clock, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let is_same = |known: &ClockChange<'_>| std::ptr::eq(known.clock, clock) && known.zone == *zone;
        self.clocks.retain(|known| !is_same(known) || is_ahead(known.change, at));
        if let Some(known) = self.clocks.iter().find(|known| is_same(known)) {
            return known.change;
        }
        let change = clock_change::next_change(clock, zone, at, self.end);
        self.clocks.push(ClockChange { clock, zone: zone.clone(), change });
        change
    }

    fn law_change(&mut self, law: Law, context: &CallContext<'_>) -> Option<Timestamp> {
        let (places, zones, at) = (context.callee().place.codes(), context.zones(), context.call().at);
        let is_same = |known: &LawChange| known.law == law && known.places == places && known.zones == zones;
        self.laws.retain(|known| !is_same(known) || is_ahead(known.change, at));
        if let Some(known) = self.laws.iter().find(|known| is_same(known)) {
            return known.change;
        }
        let is_year = places.len().saturating_mul(zones.len()) <= MAX_YEAR_PAIRS;
        let [short @ .., _] = &LAW_DAYS;
        let days: &[i64] = if is_year { &LAW_DAYS } else { short };
        let change = context.calling_hours().change_within(law, places, zones, at, days);
        if let (None, false, Some(days)) = (change, is_year, short.last()) {
            // Later instants cannot be the first one, because the law may change before.
            let searched = at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
            self.end = self.end.min(searched);
        }
        self.laws.push(LawChange { law, places: places.to_vec(), zones: zones.to_vec(), change });
        change
    }
}

/// Returns true if a change that was found for an earlier instant is still the next one.
fn is_ahead(change: Option<Timestamp>, at: Timestamp) -> bool {
    change.is_none_or(|change| change > at)
}

/// Returns true if a rule other than the one that decides may let the call through at another time, and outranks that one.
fn may_let_through(rule: &Rule, decided: Option<(&Rule, Specificity)>, call: &Call) -> bool {
    if matches!(rule.action, Action::Reject { .. }) {
        return false;
    }
    let Some(aim) = rule.conditions.aim_at_any_time(&rule.key.rule, call) else { return false };
    decided.is_none_or(|(decided, specificity)| rank(rule, aim) < rank(decided, specificity))
}

/// Returns true if the rule states the clock of its number's holder.
fn states_clock(rule: &Rule) -> bool {
    matches!(rule.conditions.timezone, ClockSource::Zone(_)) && rule.conditions.number.is_some()
}

/// Returns the first instant at which the cap of a rule has room again.
fn cap_release(rule: &Rule, evaluation: &Evaluation<'_>) -> Option<Timestamp> {
    let cap = rule.conditions.cap.as_ref()?;
    let call = evaluation.call();
    let attempts = evaluation.attempts().of(&cap.count_by.counter(call.from.as_ref(), &call.to));
    cap.limit.has_room_from(attempts).filter(|release| *release > call.at)
}
