//! An expectation, and the comparison with a decision.

use jiff::SignedDuration;
use precall::{Answer, Call};

use crate::call_time::CallTime;
use crate::decision_summary::DecisionSummary;

/// One expectation.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The number of the line, from 1 on.
    pub line: usize,
    /// The text of the line.
    pub text: String,
    /// The call. Its instant is the current time of the line, until that of `time` is known.
    pub call: Call,
    /// The time of the call; `None` is the current time of the line.
    pub time: Option<CallTime>,
    pub earlier: EarlierCalls,
    pub expected: ExpectedDecision,
}

/// Calls of the same numbers before the expected one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EarlierCalls {
    pub count: u16,
    /// The length of time over which they are spread.
    pub within: SignedDuration,
}

/// The expected decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedDecision {
    /// The status as the contract spells it; `None` for an unknown decision.
    pub status: Option<&'static str>,
    /// The code of a REJECT, the number of a redirect; `None` accepts any.
    pub detail: Option<String>,
    /// The name of the rule, or `default`; `None` accepts any.
    pub by: Option<String>,
}

impl Expectation {
    /// Returns the numbers of the call.
    pub fn numbers(&self) -> impl Iterator<Item = String> {
        [Some(&self.call.to), self.call.from.as_ref()].into_iter().flatten().map(ToString::to_string)
    }
}

impl ExpectedDecision {
    /// Returns true if a decision is the expected one.
    pub fn is_met(&self, decision: &DecisionSummary) -> bool {
        self.is_answer(decision.answer.as_ref()) && self.is_rule(decision.rule.as_deref())
    }

    fn is_answer(&self, answer: Option<&Answer>) -> bool {
        let Some(answer) = answer else { return self.status.is_none() };
        self.status == Some(answer.status())
            && self.detail.as_deref().is_none_or(|detail| match answer {
                Answer::Reject { code, .. } => detail == code,
                Answer::ChangeDestination { number } => detail == number.as_str(),
                Answer::Proceed => false,
            })
    }

    fn is_rule(&self, rule: Option<&str>) -> bool {
        match (self.by.as_deref(), rule) {
            // A rule may have this name, too.
            (None, _) | (Some("default"), None) => true,
            (by, rule) => by == rule,
        }
    }
}
