//! How closely a rule is aimed at a call.

use std::fmt;

use crate::rule::NumberMatch;

/// How closely a rule is aimed at a call. Of two rules with the same priority, the one with the greater specificity wins.
///
/// The order is: a pair of exact numbers, an exact callee, an exact caller, the longest prefix, `*`. Of two rules of the
/// same kind, the one with the longer prefix on the other side is greater.
///
/// ```
/// use precall::{Attempts, Call, DecidedBy, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert!(matches!(decision.decided_by(), DecidedBy::Rule(_, aim) if aim.to_string() == "this callee"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    kind: Closeness,
    longest: u8,
    other: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Any,
    Prefix,
    ExactFrom,
    ExactTo,
    Pair,
}

impl Specificity {
    pub(super) fn new(to: NumberMatch, from: NumberMatch) -> Self {
        let kind = match (to, from) {
            (NumberMatch::Exact, NumberMatch::Exact) => Closeness::Pair,
            (NumberMatch::Exact, _) => Closeness::ExactTo,
            (_, NumberMatch::Exact) => Closeness::ExactFrom,
            (NumberMatch::Any, NumberMatch::Any) => Closeness::Any,
            _ => Closeness::Prefix,
        };
        let (a, b) = (to.prefix_digits(), from.prefix_digits());
        Self { kind, longest: a.max(b), other: a.min(b) }
    }
}

impl fmt::Display for Specificity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Closeness::Pair => f.write_str("this pair of numbers"),
            Closeness::ExactTo => f.write_str("this callee"),
            Closeness::ExactFrom => f.write_str("this caller"),
            Closeness::Prefix => write!(f, "a prefix of {} digits", self.longest),
            Closeness::Any => f.write_str("any number"),
        }
    }
}
