//! A rule: its key, conditions, priority and action.

use super::conditions::Conditions;
use super::key::Key;
use super::share::Targets;
use crate::answer::Answer;
use crate::call::Call;
use crate::place::Certainty;

/// A valid rule.
///
/// ```
/// use precall::rule::{Action, Entry, parse};
///
/// let item = serde_json::json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" });
/// let Entry::Rule(rule) = parse(&serde_json::from_value(item)?) else { panic!("a valid rule") };
/// assert_eq!(rule.action.status(), "REJECT");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    /// The key of the item.
    pub key: Key,
    /// The conditions under which the rule applies.
    pub conditions: Conditions,
    /// The priority. Of the rules that apply, the one with the greatest priority wins.
    pub priority: i64,
    /// The effect on a call.
    pub action: Action,
    /// True for a shadow rule, which is reported but never decides.
    pub shadow: bool,
    /// Descriptions of the values that were used although they had a fault.
    pub repairs: Vec<String>,
    /// Descriptions of the attributes that limit the rule in the words of other systems, and are not read. Without them, the rule
    /// rejects more calls than its author means.
    pub stricter: Vec<String>,
    /// The names of the item's attributes that the rule does not use.
    pub unread: Vec<String>,
}

impl Rule {
    /// Returns the answer of this rule alone to a call. It is not a decision: other rules may outrank this one, and the target
    /// of a redirect is not screened. [`crate::RuleSet::evaluate`] decides.
    pub fn unscreened_answer(&self, call: &Call) -> Answer {
        match &self.action {
            Action::Proceed => Answer::Proceed,
            Action::Reject { code, reason } => Answer::Reject { code: code.clone(), reason: reason.clone() },
            Action::Redirect(targets) => {
                Answer::ChangeDestination { number: targets.choose(&self.key.rule, call).clone() }
            }
        }
    }

    /// Returns the rank of the rule among rules with the same priority and specificity.
    pub fn tie_break(&self) -> TieBreak<'_> {
        let action = match self.action {
            Action::Reject { .. } => 0,
            Action::Redirect(_) => 1,
            Action::Proceed => 2,
        };
        // A decision without a cap does not need a counter.
        let is_capped = self.conditions.cap.is_some();
        TieBreak { action, is_capped, rule: &self.key.rule, number: &self.key.number }
    }
}

/// The order of rules with the same priority and specificity. The smallest one wins: REJECT before `CHANGE_DESTINATION`
/// before PROCEED, then a rule without a cap, then the first by name, then the first by number.
///
/// ```
/// use precall::rule::{Entry, parse};
///
/// let item = serde_json::json!({ "number": "*", "rule": "a", "status": "REJECT" });
/// let Entry::Rule(first) = parse(&serde_json::from_value(item)?) else { panic!("a rule") };
/// let mut second = first.clone();
/// second.key.rule = "b".to_owned();
/// assert!(first.tie_break() < second.tie_break());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TieBreak<'r> {
    action: u8,
    is_capped: bool,
    rule: &'r str,
    number: &'r str,
}

/// The effect of a rule on a call.
///
/// ```
/// use precall::rule::{Action, Entry, parse};
///
/// let item = serde_json::json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" });
/// let Entry::Rule(rule) = parse(&serde_json::from_value(item)?) else { panic!("a rule") };
/// assert!(matches!(rule.action, Action::Reject { code, .. } if code == "503"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// PROCEED
    Proceed,
    /// REJECT
    Reject {
        /// The code for the dialer: a SIP status code from 400 to 699.
        code: String,
        /// The reason for the dialer.
        reason: String,
    },
    /// `CHANGE_DESTINATION`
    Redirect(Targets),
}

impl Action {
    /// Returns the `status` in the contract's spelling.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Proceed => "PROCEED",
            Self::Reject { .. } => "REJECT",
            Self::Redirect(_) => "CHANGE_DESTINATION",
        }
    }

    /// Returns how certain the conditions must be if the callee may be in several places. For a rule that lets the call through,
    /// they must be certain. For a rule that blocks or redirects the call, it is enough that they are possible.
    pub fn required_certainty(&self) -> Certainty {
        match self {
            Self::Proceed => Certainty::Certain,
            Self::Reject { .. } | Self::Redirect(_) => Certainty::Possible,
        }
    }
}
