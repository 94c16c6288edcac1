//! The answers of the vendor's contract.

use serde::Serialize;

use crate::number::Number;

/// The code of a REJECT without a `code`. It is the vendor's own example.
pub const DEFAULT_REJECT_CODE: &str = "503";

/// An answer to the vendor. In JSON, all values are strings.
///
/// ```
/// use precall::Answer;
///
/// let answer = Answer::Reject { code: "603".to_owned(), reason: "Do not call".to_owned() };
/// assert_eq!(answer.to_json(), r#"{"status":"REJECT","code":"603","reason":"Do not call"}"#);
/// ```
///
/// The vendor's table of the redirect requires that the status "must be the value REJECT". But all of the vendor's samples
/// send `CHANGE_DESTINATION`, and so does this type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Answer {
    /// Connect the call.
    Proceed,
    /// Do not connect it.
    Reject {
        /// The kind of rejection, for the dialer: a SIP status code.
        code: String,
        /// The reason, for the dialer.
        reason: String,
    },
    /// Connect the caller to another number.
    ChangeDestination {
        /// The number to call instead, with `+` and country code.
        #[serde(rename = "code")]
        number: Number,
    },
}

impl Answer {
    /// Returns the `status` in the contract's spelling.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Proceed => "PROCEED",
            Self::Reject { .. } => "REJECT",
            Self::ChangeDestination { .. } => "CHANGE_DESTINATION",
        }
    }

    /// Returns the body of the HTTP answer.
    pub fn to_json(&self) -> String {
        // Strings can always be serialised.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The answer for calls to which no rule applies. It is never a redirect, whose target would have to be screened.
///
/// ```
/// use precall::{Answer, DefaultAnswer};
///
/// assert_eq!(Answer::from(DefaultAnswer::default()), Answer::Proceed);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DefaultAnswer {
    /// Connect the call.
    #[default]
    Proceed,
    /// Do not connect it.
    Reject {
        /// The kind of rejection, for the dialer: a SIP status code.
        code: String,
        /// The reason, for the dialer.
        reason: String,
    },
}

impl From<DefaultAnswer> for Answer {
    fn from(default: DefaultAnswer) -> Self {
        match default {
            DefaultAnswer::Proceed => Self::Proceed,
            DefaultAnswer::Reject { code, reason } => Self::Reject { code, reason },
        }
    }
}

/// Returns the body of an HTTP answer without a decision: the error, for the person who reads it.
pub fn error_json(message: &str) -> String {
    serde_json::json!({ "error": message }).to_string()
}
