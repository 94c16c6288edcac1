//! Decides all calls of a log, and compares the decisions.

use std::panic::resume_unwind;
use std::thread;

use precall_hook::log::Mask;

use super::attempts::ReplayAttempts;
use super::comparison::Comparison;
use super::logged_call::{LoggedCall, LoggedCalls};
use super::masked_numbers::{CandidateCache, NumberResolver};
use super::rules::ReplayRules;
use super::undecided::Undecided;
use crate::decision_log::threads;

/// The rules to compare.
#[derive(Debug, Clone, Copy)]
pub struct ComparedRules<'r> {
    pub new: &'r ReplayRules,
    /// The rules to compare with; `None` compares with the log.
    pub old: Option<&'r ReplayRules>,
    pub resolver: &'r NumberResolver,
    pub mask: &'r Mask,
}

/// Decides all calls. If no rule has a cap, the order of calls does not matter, and each thread decides a part.
pub fn compare(calls: &LoggedCalls, rules: ComparedRules<'_>) -> Comparison {
    let has_caps = rules.new.has_caps || rules.old.is_some_and(|rules| rules.has_caps);
    let threads = if has_caps { 1 } else { threads() };
    let part = calls.calls.len().div_ceil(threads).max(1);
    let mut comparison = Comparison::new(calls.refused, calls.not_replayed.clone());
    thread::scope(|scope| {
        let workers: Vec<_> =
            calls.calls.chunks(part).map(|calls| scope.spawn(move || compare_part(calls, rules))).collect();
        for worker in workers {
            match worker.join() {
                Ok(part) => comparison.merge(part),
                Err(panic) => resume_unwind(panic),
            }
        }
    });
    comparison
}

fn compare_part(calls: &[LoggedCall], rules: ComparedRules<'_>) -> Comparison {
    let mut comparison = Comparison::default();
    let (mut attempts, mut old_attempts) = (ReplayAttempts::default(), ReplayAttempts::default());
    let mut cache = CandidateCache::default();
    for call in calls {
        let after = rules.new.decide(call, rules.resolver, &mut cache, &mut attempts);
        if let Ok(after) = &after {
            comparison.add_opening_hour(after.opening_hour);
        }
        let after = after.map(|after| after.outcome);
        match rules.old {
            None => match (&call.decision.unknown, after) {
                (Some(cause), _) => comparison.add_undecided(&Undecided::UnknownInLog(cause.clone())),
                (None, Err(reason)) => comparison.add_undecided(&reason),
                (None, Ok(after)) => comparison.add_with_log(call, &after, rules.mask),
            },
            Some(old) => match (old.decide(call, rules.resolver, &mut cache, &mut old_attempts), after) {
                (Ok(before), Ok(after)) => comparison.add(call, &before.outcome, &after),
                (Err(reason), _) | (_, Err(reason)) => comparison.add_undecided(&reason),
            },
        }
    }
    comparison
}
