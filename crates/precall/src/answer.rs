//! The vendor's contract: what the body of an answer says. Its only place.

use serde::Serialize;

use crate::number::Number;

/// The code of a REJECT that names none: the vendor's own example.
pub const DEFAULT_REJECT_CODE: &str = "503";

/// What the vendor's box is told to do with a call. All values are strings on the wire.
///
/// The vendor's table of the redirect says that its status "must be the value REJECT"; every one of
/// its samples sends `CHANGE_DESTINATION`, and so does this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
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

impl Decision {
    /// The `status` as the contract spells it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Proceed => "PROCEED",
            Self::Reject { .. } => "REJECT",
            Self::ChangeDestination { .. } => "CHANGE_DESTINATION",
        }
    }

    /// The body of the answer.
    pub fn to_json(&self) -> String {
        // A map of strings always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The body of an answer that carries no decision: what is wrong, for the person who reads it.
pub fn error_json(message: &str) -> String {
    serde_json::json!({ "error": message }).to_string()
}
