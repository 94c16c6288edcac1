//! The replay's calls of the engine: nothing else in this folder uses rule sets and evaluations.

use std::collections::HashMap;
use std::sync::Arc;

use precall::answer::Decision;
use precall::evaluation::evaluate::{Call, Judgement, Partition, Rulebook, Ruling, decide};
use precall::frequency_cap::{CountBy, History};
use precall::number::Number;
use precall::rule::Entry;

use super::attempts::CallAttempts;
use super::entries::{has_several_targets, has_share};
use crate::outcome::Outcome;

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
    /// Returns the rule set of a call.
    fn rule_set(&self, call: &Call) -> Rulebook {
        let stored = |number: &Number| self.numbers.get(number.as_str()).map(|rules| Arc::clone(&rules.0));
        let caller = call.from.as_ref().filter(|from| **from != call.to);
        Rulebook {
            callee: stored(&call.to).unwrap_or_default(),
            caller: caller.and_then(stored).unwrap_or_default(),
            any: Arc::clone(&self.wildcard.0),
        }
    }

    /// Returns true if a rule under one of the call's numbers is for a share of calls.
    pub fn has_share_under_numbers(&self, call: &Call) -> bool {
        let rules = self.rule_set(call);
        rules.callee.iter().chain(rules.caller.iter()).any(has_share)
    }
}

/// A call's evaluation.
#[derive(Debug)]
pub struct CallEvaluation {
    pub outcome: Outcome,
    /// The number that a redirect dials.
    pub dialled: Option<Number>,
    /// The counters in which the call counts.
    pub counted: Vec<CountBy>,
    /// Whether a cap's counter was compared with its limit.
    pub reads_counters: bool,
    /// Whether a redirect chose one of several targets, by all digits of the call's numbers.
    pub chooses_target: bool,
}

/// Evaluates a call, and screens the target of a redirect. Without `attempts`, no cap has counted a call.
pub fn evaluate(
    call: &Call,
    source: RuleSource<'_>,
    attempts: Option<&CallAttempts<'_>>,
    default: &Decision,
) -> CallEvaluation {
    let rules = source.rule_set(call);
    let mut history = attempts.map_or_else(History::new, |attempts| attempts.of_call(call));
    let verdict = decide(call, &rules, &history);
    let target = verdict.target().map(|target| call.redirected_to(target));
    let target_rules = target.as_ref().map(|target| source.rule_set(target));
    if let (Some(target), Some(attempts)) = (&target, attempts) {
        history.extend(attempts.of_target(target));
    }
    let screening = target.as_ref().zip(target_rules.as_ref()).map(|(target, rules)| decide(target, rules, &history));
    let judgement = Judgement { verdict, screening };
    describe(&judgement, target.as_ref().unwrap_or(call), default)
}

/// Takes from a judgement what a replay needs. `last` is the call that is dialled.
fn describe(judgement: &Judgement<'_>, last: &Call, default: &Decision) -> CallEvaluation {
    let outcome = Outcome::of(judgement, default);
    let is_redirected = matches!(outcome.decision, Some(Decision::ChangeDestination { .. }));
    let (claims, _) = judgement.claims(default);
    let counts = |by: &CountBy| {
        let counter = by.counter(last.from.as_ref(), &last.to);
        claims.iter().any(|claim| claim.record && claim.counter == counter)
    };
    CallEvaluation {
        outcome,
        dialled: (is_redirected && judgement.screening.is_some()).then(|| last.to.clone()),
        counted: [CountBy::Callee, CountBy::Pair, CountBy::Caller].into_iter().filter(counts).collect(),
        reads_counters: claims.iter().any(|claim| !claim.limits.is_empty()),
        chooses_target: matches!(judgement.verdict.ruling, Ruling::Rule(rule, _) if has_several_targets(rule)),
    }
}
