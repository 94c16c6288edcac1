//! The decision in a record.

use precall::Answer;
use precall_hook::log::Mask;

use crate::decision_log::LoggedRecord;
use crate::decision_summary::DecisionSummary;

/// The decision in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedDecision {
    status: Box<str>,
    code: Box<str>,
    /// The rule that decided; `None` is the default.
    pub rule: Option<Box<str>>,
    /// The cause, if the decision was unknown.
    pub unknown: Option<Box<str>>,
}

impl LoggedDecision {
    /// The decision in a record.
    pub fn of(record: &LoggedRecord<'_>) -> Self {
        let is_unknown = &*record.status == "UNKNOWN" || record.decided_by.as_deref() == Some("on_error");
        Self {
            status: (*record.status).into(),
            code: record.code.as_deref().unwrap_or_default().into(),
            rule: record.rule.as_deref().map(Into::into),
            unknown: is_unknown.then(|| record.cause.as_deref().unwrap_or("no cause").into()),
        }
    }

    /// Returns the decision in words: `REJECT 603 by dnc`.
    pub fn words(&self) -> String {
        let code = if self.code.is_empty() { String::new() } else { format!(" {}", self.code) };
        format!("{}{code} by {}", self.status, self.rule.as_deref().unwrap_or("default"))
    }

    /// Returns true if the outcome is the same. The record may mask the numbers in its texts.
    pub fn is(&self, outcome: &DecisionSummary, mask: &Mask) -> bool {
        let is_decision = match &outcome.answer {
            None => false,
            Some(Answer::Proceed) => &*self.status == "PROCEED",
            Some(Answer::Reject { code, .. }) => &*self.status == "REJECT" && *self.code == **code,
            Some(Answer::ChangeDestination { number }) => {
                let is_hidden = self.code.is_empty();
                let is_number = *self.code == *number.as_str() || Some(&*self.code) == mask.number(number).as_deref();
                &*self.status == "CHANGE_DESTINATION" && (is_hidden || is_number)
            }
        };
        let is_rule = match (&self.rule, &outcome.rule) {
            (None, None) => true,
            (Some(logged), Some(rule)) => **logged == **rule || **logged == *mask.text(rule),
            _ => false,
        };
        is_decision && is_rule
    }
}
