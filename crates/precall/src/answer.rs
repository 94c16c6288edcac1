//! The answers of the vendor's contract.

use serde::Serialize;

use crate::number::Number;

/// The code of a REJECT that names none: the vendor's own example.
pub const DEFAULT_REJECT_CODE: &str = "503";

/// An answer to the vendor's box. All values are strings on the wire.
///
/// ```
/// use precall::Answer;
///
/// let answer = Answer::Reject { code: "603".to_owned(), reason: "Do not call".to_owned() };
/// assert_eq!(answer.to_json(), r#"{"status":"REJECT","code":"603","reason":"Do not call"}"#);
/// ```
///
/// The vendor's table of the redirect says that its status "must be the value REJECT"; every one of
/// its samples sends `CHANGE_DESTINATION`, and so does this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Answer {
    /// Connect the call.
    Proceed,
    /// Do not connect it.
    Reject {
        /// The type of decline, for the dialer: a SIP status code.
        code: String,
        /// Why, for the dialer.
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
    /// Returns the `status` as the contract spells it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Proceed => "PROCEED",
            Self::Reject { .. } => "REJECT",
            Self::ChangeDestination { .. } => "CHANGE_DESTINATION",
        }
    }

    /// Returns the body of the HTTP answer.
    pub fn to_json(&self) -> String {
        // A map of strings always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Returns the body of an HTTP answer that carries no decision: the error, for the person who reads it.
pub fn error_json(message: &str) -> String {
    serde_json::json!({ "error": message }).to_string()
}
