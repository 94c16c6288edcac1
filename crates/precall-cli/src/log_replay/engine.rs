//! The replay's calls of the engine: nothing else in this folder uses rule sets and evaluations.

use std::collections::HashMap;
use std::sync::Arc;

use precall::frequency_cap::CountBy;
use precall::rule::Entry;
use precall::{Answer, Attempts, Call, DecidedBy, Decision, DefaultAnswer, Number, Partition, RuleSet};

use super::attempts::{COUNT_BY, CallAttempts};
use super::entries::{has_several_targets, has_share};
use crate::decision_summary::DecisionSummary;
use crate::opening_hour::opening_hour;

/// The rules that are stored under one number, or under `*`.
#[derive(Debug, Clone, Default)]
pub struct StoredRules(Arc<Partition>);

impl StoredRules {
    /// Stored rules from their entries.
    pub fn new(entries: Vec<Entry>) -> Self {
        Self(Arc::new(entries.into()))
    }
}

/// The rules of a call: those under numbers, and the wildcard rules.
#[derive(Debug, Clone, Copy)]
pub struct RuleSource<'r> {
    pub numbers: &'r HashMap<String, StoredRules>,
    pub wildcard: &'r StoredRules,
}

impl RuleSource<'_> {
    fn stored(&self, number: &Number) -> Arc<Partition> {
        self.numbers.get(number.as_str()).map(|rules| Arc::clone(&rules.0)).unwrap_or_default()
    }

    fn caller(&self, call: &Call) -> Arc<Partition> {
        let caller = call.from.as_ref().filter(|from| **from != call.to);
        caller.map(|from| self.stored(from)).unwrap_or_default()
    }

    /// Returns the rules of a call, with those of the callee.
    fn rule_set(&self, call: &Call, default: &DefaultAnswer) -> RuleSet {
        // A redirect may lead to the caller's own number, or the caller may be the callee.
        let caller = call.from.as_ref().map(|from| self.stored(from)).unwrap_or_default();
        let mut rules =
            RuleSet::of_call(Some(Arc::clone(&self.wildcard.0)), Some(caller)).with_default(default.clone());
        rules.add_callee(&call.to, Some(self.stored(&call.to)));
        rules
    }

    /// Returns true if a rule under one of the call's numbers is for a share of calls.
    pub fn has_share_under_numbers(&self, call: &Call) -> bool {
        self.stored(&call.to).entries().iter().chain(self.caller(call).entries()).any(has_share)
    }
}

/// A call's evaluation.
#[derive(Debug)]
pub struct CallEvaluation {
    pub outcome: DecisionSummary,
    /// The number that a redirect dials.
    pub dialled: Option<Number>,
    /// The counters in which the call counts.
    pub counted: Vec<CountBy>,
    /// The hour of the callee's clock from which a rejected call would be let through.
    pub opening_hour: Option<u8>,
    /// True if a cap's counter was compared with its limit.
    pub reads_counters: bool,
    /// True if a redirect chose one of several targets, by all digits of the call's numbers.
    pub chooses_target: bool,
}

/// Evaluates a call, and screens the target of a redirect. Without `attempts`, no cap has counted a call.
pub fn evaluate(
    call: &Call,
    source: RuleSource<'_>,
    attempts: Option<&CallAttempts<'_>>,
    default: &DefaultAnswer,
) -> CallEvaluation {
    let mut rules = source.rule_set(call, default);
    let mut read = attempts.map_or_else(Attempts::none, |attempts| attempts.of_call(call));
    let unread = rules.evaluate(call, &read).unread().cloned();
    if let Some(target) = unread {
        rules.add_callee(&target, Some(source.stored(&target)));
        if let Some(attempts) = attempts {
            read.extend(attempts.of_target(&call.redirected_to(target)));
        }
    }
    describe(&rules.evaluate(call, &read))
}

/// Takes from a decision what a replay needs.
fn describe(decision: &Decision<'_>) -> CallEvaluation {
    let outcome = DecisionSummary::of(decision);
    let dialled = decision.dialled().call();
    let is_redirected = matches!(outcome.answer, Some(Answer::ChangeDestination { .. }));
    let reservations = decision.reservations();
    let zones = decision.dialled().clocks().iter().map(|clock| &clock.zone);
    let opening_hour = decision.next_open().and_then(|open| opening_hour(open, zones));
    let counts = |by: &CountBy| {
        let counter = by.counter(dialled.from.as_ref(), &dialled.to);
        reservations.iter().any(|reservation| reservation.record && reservation.counter == counter)
    };
    CallEvaluation {
        outcome,
        dialled: is_redirected.then(|| dialled.to.clone()),
        counted: COUNT_BY.into_iter().filter(counts).collect(),
        opening_hour,
        reads_counters: reservations.iter().any(|reservation| !reservation.limits.is_empty()),
        chooses_target: matches!(
            decision.asked().decided_by(),
            DecidedBy::Rule(rule, _) if has_several_targets(rule)
        ),
    }
}
