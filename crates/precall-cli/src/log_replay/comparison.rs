//! The differences between two decisions on each call of a log.

use std::collections::BTreeMap;

use precall_hook::log::Mask;

use super::logged_call::LoggedCall;
use super::undecided::Undecided;
use crate::decision_summary::DecisionSummary;

/// Most examples of each difference.
const MAX_EXAMPLES: usize = 3;

/// Hours of a day.
const HOURS: usize = 24;

/// The name for the default among rules.
const DEFAULT: &str = "(default)";

/// Calls for which the decision before is the same, and the decision after is the same.
#[derive(Debug, Default)]
pub struct DecisionDifference {
    pub calls: u64,
    pub examples: Vec<DifferentCall>,
}

/// An example of a difference.
#[derive(Debug)]
pub struct DifferentCall {
    /// The record's `decision_id`.
    pub id: Box<str>,
    pub at: String,
    /// The callee, as the log shows it.
    pub to: Box<str>,
    /// The explanation of the decision after.
    pub because: String,
}

/// Counts of calls that were decided twice.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Calls with equal decisions.
    pub same: u64,
    /// Differences by the decisions before and after.
    differences: BTreeMap<(String, String), DecisionDifference>,
    /// Calls that each rule decided, before and after.
    pub rules: BTreeMap<String, (u64, u64)>,
    /// Differences by the hour of the callee's clock.
    pub hours: [u64; HOURS],
    /// Calls that the rules reject and that could be placed later, by the hour of the callee's clock at the next open instant.
    pub opening_hours: BTreeMap<u8, u64>,
    /// Calls that were not decided, by reason.
    pub undecided: BTreeMap<String, u64>,
    /// Requests that were refused.
    pub refused: u64,
}

impl Comparison {
    /// A comparison without calls.
    pub fn new(refused: u64, undecided: BTreeMap<String, u64>) -> Self {
        Self { undecided, refused, ..Self::default() }
    }

    /// Adds the counts of another thread.
    pub fn merge(&mut self, other: Self) {
        self.same += other.same;
        for (decisions, difference) in other.differences {
            let into = self.differences.entry(decisions).or_default();
            into.calls += difference.calls;
            into.examples.extend(difference.examples);
            into.examples.truncate(MAX_EXAMPLES);
        }
        for (rule, (before, after)) in other.rules {
            let into = self.rules.entry(rule).or_default();
            into.0 += before;
            into.1 += after;
        }
        for (into, count) in self.hours.iter_mut().zip(other.hours) {
            *into += count;
        }
        for (hour, count) in other.opening_hours {
            *self.opening_hours.entry(hour).or_default() += count;
        }
        for (reason, count) in other.undecided {
            *self.undecided.entry(reason).or_default() += count;
        }
        self.refused += other.refused;
    }

    /// Adds a call that two rule sets decided.
    pub fn add(&mut self, call: &LoggedCall, before: &DecisionSummary, after: &DecisionSummary) {
        let is_same = (&before.answer, &before.rule) == (&after.answer, &after.rule);
        self.count(call, (before.to_string(), before.rule.as_deref()), after, is_same);
    }

    /// Adds a call that the log and a rule set decided.
    pub fn add_with_log(&mut self, call: &LoggedCall, after: &DecisionSummary, mask: &Mask) {
        let is_same = call.decision.is(after, mask);
        self.count(call, (call.decision.words(), call.decision.rule.as_deref()), after, is_same);
    }

    /// Counts a call by the hour from which it could be placed, if it is rejected now.
    pub fn add_opening_hour(&mut self, hour: Option<u8>) {
        if let Some(hour) = hour {
            *self.opening_hours.entry(hour).or_default() += 1;
        }
    }

    /// Adds a call that was not decided.
    pub fn add_undecided(&mut self, reason: &Undecided) {
        *self.undecided.entry(reason.to_string()).or_default() += 1;
    }

    /// Counts a call. `before` is the decision in words, and its rule.
    fn count(&mut self, call: &LoggedCall, before: (String, Option<&str>), after: &DecisionSummary, is_same: bool) {
        let (before, rule) = before;
        self.rules.entry(rule.unwrap_or(DEFAULT).to_owned()).or_default().0 += 1;
        // The log may mask a number in the rule's name.
        let new_rule = if is_same { rule } else { after.rule.as_deref() };
        self.rules.entry(new_rule.unwrap_or(DEFAULT).to_owned()).or_default().1 += 1;
        if is_same {
            self.same += 1;
            return;
        }
        if let Some(count) = call.callee_hour.and_then(|hour| self.hours.get_mut(usize::from(hour))) {
            *count += 1;
        }
        let difference = self.differences.entry((before, after.to_string())).or_default();
        difference.calls += 1;
        if difference.examples.len() < MAX_EXAMPLES {
            difference.examples.push(DifferentCall {
                id: call.id.clone(),
                at: call.at.to_string(),
                to: call.to.shown.clone().unwrap_or_else(|| "(hidden)".into()),
                because: after.because.clone(),
            });
        }
    }

    /// Returns the number of calls with different decisions.
    pub fn differing(&self) -> u64 {
        self.differences.values().map(|difference| difference.calls).sum()
    }

    /// Returns the differences with the decisions before and after, the most frequent first.
    pub fn differences(&self) -> Vec<(&(String, String), &DecisionDifference)> {
        let mut differences: Vec<_> = self.differences.iter().collect();
        differences
            .sort_by(|(a_decisions, a), (b_decisions, b)| b.calls.cmp(&a.calls).then(a_decisions.cmp(b_decisions)));
        differences
    }
}
