//! The decision: one pure function from a call and a rulebook to a ruling and its explanation.
//! No clock, no I/O, no async; "now" is part of the call.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use crate::contract::Decision;
use crate::number::Number;
use crate::rule::{Asleep, Entry, Invalid, Rule, Specificity};

/// A call that is about to be placed.
#[derive(Debug, Clone)]
pub struct Call {
    /// The caller; `None` when withheld or absent.
    pub from: Option<Number>,
    /// The callee.
    pub to: Number,
    /// The name of the API key that asked; `None` when a front door authenticates.
    pub client: Option<Arc<str>>,
    /// The instant of the call.
    pub at: Timestamp,
}

/// The rules that can bear on one call: an immutable set of parsed rules, by the partition they are
/// stored in.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    /// Items stored under the callee's number, read for this call.
    pub callee: Arc<[Entry]>,
    /// Items stored under the caller's number; empty when that is the callee's.
    pub caller: Arc<[Entry]>,
    /// Items stored under `*`.
    pub any: Arc<[Entry]>,
}

/// What the rulebook says of a call, and why.
#[derive(Debug, Clone)]
pub struct Verdict<'r> {
    /// What decides.
    pub ruling: Ruling<'r>,
    /// How many entries were looked at.
    pub looked_at: usize,
    /// Rules that were awake and lost, best first.
    pub outranked: Vec<&'r Rule>,
    /// Shadow rules that were awake, best first.
    pub shadows: Vec<&'r Rule>,
    /// Invalid items that may have been meant for this call.
    pub invalid: Vec<&'r Invalid>,
}

/// What decides a call.
#[derive(Debug, Clone, Copy)]
pub enum Ruling<'r> {
    /// A rule.
    Rule(&'r Rule, Specificity),
    /// No rule is awake: the configured default.
    NoRule,
    /// An invalid item under the callee's number may have been meant to decide this call.
    Unknown(&'r Invalid),
}

impl Ruling<'_> {
    /// The rule's decision, if a rule decides.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Rule(rule, _) => Some(&rule.decision),
            Self::NoRule | Self::Unknown(_) => None,
        }
    }
}

/// How one entry stood to the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State<'r> {
    /// All conditions hold.
    Awake(Specificity),
    /// All conditions hold, and it is only on trial.
    Shadow(Specificity),
    /// A condition does not hold.
    Asleep(Asleep<'r>),
    /// It could not be read, and no condition that could be read speaks against it.
    Invalid,
}

/// Decides a call.
pub fn decide<'r>(call: &Call, rulebook: &'r Rulebook) -> Verdict<'r> {
    explain(call, rulebook, |_, _| {})
}

/// Decides a call and shows how each entry stood to it.
///
/// Of the rules awake, the highest priority wins; then the more specific; then REJECT before
/// `CHANGE_DESTINATION` before PROCEED; then the name. An invalid item under the callee's number makes
/// the call unknown, unless a rule of higher priority than it could have had decides.
pub fn explain<'r>(call: &Call, rulebook: &'r Rulebook, mut show: impl FnMut(&'r Entry, State<'r>)) -> Verdict<'r> {
    let mut awake: Vec<(&Rule, Specificity)> = Vec::new();
    let mut shadows: Vec<(&Rule, Specificity)> = Vec::new();
    let mut invalid = Vec::new();
    let mut doubt: Option<&Invalid> = None;

    let callee = rulebook.callee.iter().map(|entry| (entry, true));
    let others = rulebook.caller.iter().chain(rulebook.any.iter()).map(|entry| (entry, false));
    for (entry, is_callees) in callee.chain(others) {
        let specificity = match entry.conditions().test(call) {
            Ok(specificity) => specificity,
            Err(asleep) => {
                show(entry, State::Asleep(asleep));
                continue;
            }
        };
        match entry {
            Entry::Valid(rule) if rule.shadow => {
                shadows.push((rule, specificity));
                show(entry, State::Shadow(specificity));
            }
            Entry::Valid(rule) => {
                awake.push((rule, specificity));
                show(entry, State::Awake(specificity));
            }
            Entry::Invalid(item) => {
                invalid.push(item);
                show(entry, State::Invalid);
                let farthest = |item: &Invalid| (reach(item), Reverse(item.key.clone()));
                if is_callees && !item.shadow && doubt.is_none_or(|doubt| farthest(item) > farthest(doubt)) {
                    doubt = Some(item);
                }
            }
        }
    }
    // The last good version of an item that has become invalid speaks in its place.
    for rule in invalid.iter().filter_map(|item| item.last_good.as_deref()) {
        if let Ok(specificity) = rule.conditions.test(call) {
            let list = if rule.shadow { &mut shadows } else { &mut awake };
            list.push((rule, specificity));
        }
    }

    awake.sort_by_key(|(rule, specificity)| rank(rule, *specificity));
    shadows.sort_by_key(|(rule, specificity)| rank(rule, *specificity));
    let mut ranked = awake.into_iter();
    let best = ranked.next();
    let ruling = match (best, doubt) {
        (Some((rule, specificity)), None) => Ruling::Rule(rule, specificity),
        (Some((rule, specificity)), Some(item)) if rule.priority > reach(item) => Ruling::Rule(rule, specificity),
        (_, Some(item)) => Ruling::Unknown(item),
        (None, None) => Ruling::NoRule,
    };
    let lost = if matches!(ruling, Ruling::Rule(..)) { None } else { best };
    Verdict {
        ruling,
        looked_at: rulebook.callee.len() + rulebook.caller.len() + rulebook.any.len(),
        outranked: lost.into_iter().chain(ranked).map(|(rule, _)| rule).collect(),
        shadows: shadows.into_iter().map(|(rule, _)| rule).collect(),
        invalid,
    }
}

/// The highest priority that an invalid item may have been meant to have.
fn reach(item: &Invalid) -> i64 {
    item.priority.unwrap_or(i64::MAX)
}

/// The order of rules that are awake: the first decides.
fn rank(rule: &Rule, specificity: Specificity) -> (Reverse<i64>, Reverse<Specificity>, u8, &str, &str) {
    let gravity = match rule.decision {
        Decision::Reject { .. } => 0,
        Decision::ChangeDestination { .. } => 1,
        Decision::Proceed => 2,
    };
    (Reverse(rule.priority), Reverse(specificity), gravity, &rule.key.rule, &rule.key.number)
}
