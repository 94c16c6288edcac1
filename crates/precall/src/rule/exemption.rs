//! An exemption: a fact that lifts rules for calls to its number.

use std::fmt;

use super::conditions::Clients;
use super::definition::{Action, Rule};
use super::key::Key;
use super::pattern::Patterns;
use crate::call::Call;
use crate::selection::alternatives;

/// What follows the list's name in the name of its rule for a prefix: `national-dnc:+1201*`.
const OF_PREFIX: &str = ":+";

/// The greatest length of a proof in explanations, in characters.
const MAX_SHOWN_PROOF: usize = 120;

/// The rules that do not apply to calls to the item's number, such as those of a list on which the number is although its
/// holder has consented to be called.
///
/// ```
/// use precall::rule::{Entry, FactContent, parse};
///
/// let item = serde_json::json!({
///     "number": "+13155550101", "rule": "consent-4711", "exempt": "national-dnc", "expires_at": "2027-03-01",
///     "proof": "recording 4711",
/// });
/// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
/// let FactContent::Exemption(exemption) = fact.content else { panic!("an exemption") };
/// assert_eq!(exemption.lifted, ["national-dnc"]);
/// assert_eq!(exemption.to_string(), "lifts `national-dnc` for this number");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The names of the lists and of the rules that it lifts, exactly as they are stored.
    pub lifted: Vec<String>,
    /// Patterns for the caller.
    pub from: Patterns,
    /// Names of API keys.
    pub clients: Clients,
    /// The place of the proof, such as the id of a recording.
    pub proof: Option<String>,
}

impl Exemption {
    /// Returns true if it names a rule: by the rule's name, or under `*` by the name of the list whose rule for a prefix it is.
    pub fn names(&self, key: &Key) -> bool {
        self.lifted.iter().any(|name| is_named(name, key))
    }

    /// Returns true if it is for calls of this caller and client.
    pub fn covers(&self, call: &Call) -> bool {
        self.from.test(call.from.as_ref()).is_some() && self.clients.cover(call.client.as_deref())
    }

    /// Returns the names in a phrase: `` `national-dnc` and `frequency-us-fl` ``.
    pub fn phrase(&self) -> String {
        alternatives(self.lifted.iter().map(|name| format!("`{name}`")), "and")
    }

    /// Returns the proof for a person, which is shortened if it is long.
    pub fn shown_proof(&self) -> Option<String> {
        let proof = self.proof.as_ref()?;
        if proof.chars().count() <= MAX_SHOWN_PROOF {
            return Some(proof.clone());
        }
        Some(format!("{}…", proof.chars().take(MAX_SHOWN_PROOF).collect::<String>()))
    }
}

/// Returns true if a name is that of a rule, or of the list whose rule for a prefix it is.
fn is_named(name: &str, key: &Key) -> bool {
    let is_of_prefix = || key.rule.strip_prefix(name).is_some_and(|rest| rest.starts_with(OF_PREFIX));
    key.rule == name || key.is_wildcard() && is_of_prefix()
}

/// ``lifts `national-dnc` for this number``
impl fmt::Display for Exemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lifts {} for this number", self.phrase())
    }
}

impl Rule {
    /// Returns true if an exemption that names the rule lifts it: a rule that rejects calls, at any time of the day. Calling hours
    /// cannot be lifted: neither `calling_hours`, nor `hours`, `days` and `dates`.
    pub fn can_be_lifted(&self) -> bool {
        let is_reject = matches!(self.action, Action::Reject { .. });
        is_reject && self.conditions.calling_hours.is_empty() && self.conditions.clock.is_always()
    }
}
