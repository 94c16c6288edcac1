//! The exemptions of a callee, and the rules that they lift.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::context::CallContext;
use crate::rule::{Entry, Fact, FactContent, Rule};

/// A rule that would apply to a call, and that an exemption of the callee lifts. For a rule with a cap, it is not known if the cap
/// is full.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let items = serde_json::json!([
///     { "number": "+13155550101", "rule": "national-dnc", "status": "REJECT" },
///     { "number": "+13155550101", "rule": "consent-4711", "exempt": "national-dnc", "expires_at": "2027-03-01" },
/// ]);
/// let rules = RuleSet::from_items(serde_json::from_value::<Vec<_>>(items)?);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert_eq!(decision.lifted().next().map(|lifted| lifted.rule.key.rule.as_str()), Some("national-dnc"));
/// assert_eq!(
///     decision.because(),
///     "no rule applies, so the default answer is given; \
///      exempt from `national-dnc` until 2027-03-01 00:00 UTC by `consent-4711`"
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LiftedRule<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// The fact with the exemption.
    pub exemption: &'r Fact,
}

/// Returns the exemption that lifts a rule for a call: of several, the one with the latest end, then the first by name. It must be
/// under the callee's number, and valid: the last valid version of an invalid one lifts nothing.
pub(super) fn exemption_from<'r>(rule: &Rule, context: &CallContext<'r>) -> Option<&'r Fact> {
    let call = context.call();
    // A rule under the caller's number is about the caller.
    let is_about_callee = rule.key.is_wildcard() || rule.key.number == call.to.as_str();
    if !is_about_callee || !rule.can_be_lifted() {
        return None;
    }
    let lifts = |fact: &&Fact| match &fact.content {
        FactContent::Exemption(exemption) => {
            exemption.names(&rule.key)
                && fact.lifetime.contains(call.at)
                && fact.key.number == call.to.as_str()
                && exemption.covers(call)
        }
        FactContent::Holder(_) | FactContent::Prefix(_) | FactContent::CallingHours(_) | FactContent::List(_) => false,
    };
    let facts = context.callee_entries().iter().filter_map(|entry| match entry {
        Entry::Fact(fact) => Some(fact),
        Entry::Rule(_) | Entry::Invalid(_) => None,
    });
    facts.filter(lifts).max_by_key(|fact| (fact.lifetime.span().end, Reverse(&fact.key.rule)))
}

impl LiftedRule<'_> {
    /// Returns the end of the exemption for a person: `until 2027-03-01 00:00 UTC`, or `without an end`.
    pub fn end(&self) -> String {
        end(self.exemption)
    }

    /// Returns the proof of the exemption for a person, which is shortened if it is long.
    pub fn proof(&self) -> Option<String> {
        proof(self.exemption)
    }
}

/// Returns the exemption in words: `` until 2027-03-01 00:00 UTC by `consent-4711`, proof: recording 4711 ``.
pub(super) fn describe_exemption(exemption: &Fact) -> String {
    let proof = proof(exemption).map(|proof| format!(", proof: {proof}")).unwrap_or_default();
    format!("{} by `{}`{proof}", end(exemption), exemption.key.rule)
}

fn end(exemption: &Fact) -> String {
    exemption.lifetime.expires_at.map_or_else(|| "without an end".to_owned(), |end| format!("until {}", utc(end)))
}

fn proof(exemption: &Fact) -> Option<String> {
    match &exemption.content {
        FactContent::Exemption(exemption) => exemption.shown_proof(),
        FactContent::Holder(_) | FactContent::Prefix(_) | FactContent::CallingHours(_) | FactContent::List(_) => None,
    }
}

/// Returns the lifted rules in words, those of each exemption together; `None` if there are none.
pub(super) fn describe_lifted<'r>(lifted: impl Iterator<Item = LiftedRule<'r>>) -> Option<String> {
    let mut of_exemptions: Vec<(&Fact, Vec<String>)> = Vec::new();
    for LiftedRule { rule, exemption } in lifted {
        let name = format!("`{}`", rule.key.rule);
        match of_exemptions.iter_mut().find(|(known, _)| known.key == exemption.key) {
            Some((_, names)) => names.push(name),
            None => of_exemptions.push((exemption, vec![name])),
        }
    }
    let texts = of_exemptions
        .iter()
        .map(|(exemption, names)| format!("exempt from {} {}", names.join(", "), describe_exemption(exemption)));
    let text = texts.collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(text)
}

/// Returns an instant to the minute, or to the second if it is within a minute.
fn utc(at: Timestamp) -> String {
    at.strftime(if at.as_second() % 60 == 0 { "%F %H:%M UTC" } else { "%F %H:%M:%S UTC" }).to_string()
}
