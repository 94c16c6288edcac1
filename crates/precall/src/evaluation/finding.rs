//! The relation of one item to a call.

use super::conditions::Unmet;
use super::context::CallContext;
use super::specificity::Specificity;
use crate::rule::{Entry, FactContent};

/// The relation of one item to a call.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert!(decision.asked().findings()[0].decides);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct Finding<'r> {
    /// The item.
    pub entry: &'r Entry,
    /// The result for the item.
    pub applicability: Applicability<'r>,
    /// True if the rule decides. For an invalid item: true if its last valid version decides.
    pub decides: bool,
    /// The reason, as text for a person.
    pub why: String,
}

/// The result of the evaluation of an item for a call.
///
/// ```
/// use precall::{Applicability, Attempts, Call, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let findings = rules.evaluate(&call, &attempts).asked().findings();
/// assert!(matches!(findings[0].applicability, Applicability::Applies(_)));
/// assert_eq!(findings[0].why, "aimed at this callee");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Applicability<'r> {
    /// All conditions are met.
    Applies(Specificity),
    /// All conditions are met, and the rule is a shadow rule.
    AppliesAsShadow(Specificity),
    /// A condition is not met.
    DoesNotApply(Unmet<'r>),
    /// The item is a fact that counts for the call. A fact decides nothing.
    Fact(&'r FactContent),
    /// The item could not be read, and no readable condition excludes the call.
    Invalid,
}

impl<'r> Finding<'r> {
    pub(super) fn new(
        entry: &'r Entry,
        applicability: Applicability<'r>,
        decides: bool,
        context: &CallContext<'_>,
    ) -> Self {
        let why = match applicability {
            Applicability::Applies(aim) | Applicability::AppliesAsShadow(aim) => describe_aim(entry, aim, context),
            Applicability::DoesNotApply(unmet) => unmet.describe(context),
            Applicability::Fact(content) => content.to_string(),
            Applicability::Invalid => match entry {
                Entry::Invalid(item) => item.reasons.join("; "),
                Entry::Rule(_) | Entry::Fact(_) => String::new(),
            },
        };
        Self { entry, applicability, decides, why }
    }
}

fn describe_aim(entry: &Entry, aim: Specificity, context: &CallContext<'_>) -> String {
    let met = match entry {
        Entry::Rule(rule) => rule.conditions.describe_met(context),
        Entry::Fact(_) | Entry::Invalid(_) => String::new(),
    };
    if met.is_empty() { format!("aimed at {aim}") } else { format!("aimed at {aim}; {met}") }
}
