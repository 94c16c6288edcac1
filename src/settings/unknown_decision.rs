//! The policy for unknown decisions.

use std::fmt;

use precall::{Answer, DEFAULT_REJECT_CODE};

/// The policy for an unknown decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// A prompt 503, so that the vendor applies the customer's default outcome.
    Default,
    /// PROCEED.
    Proceed,
    /// REJECT.
    Reject,
}

impl OnError {
    /// Returns the answer that is sent; `None` for a 503.
    pub fn answer(self) -> Option<Answer> {
        match self {
            Self::Default => None,
            Self::Proceed => Some(Answer::Proceed),
            Self::Reject => {
                Some(Answer::Reject { code: DEFAULT_REJECT_CODE.to_owned(), reason: "Decision unknown".to_owned() })
            }
        }
    }
}

/// `proceed`, as `PRECALL_ON_ERROR` spells it.
impl fmt::Display for OnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Proceed => "proceed",
            Self::Reject => "reject",
        })
    }
}
