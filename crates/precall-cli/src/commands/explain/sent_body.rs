//! The body of the HTTP answer, made again from the record.

use precall::{Answer, Number, error_json};
use precall_hook::handler::unknown_json;

use super::record_fields::RecordFields;

/// The body of the HTTP answer.
#[derive(Debug, PartialEq, Eq)]
pub enum SentBody {
    /// The body, byte for byte.
    Exact(String),
    /// The reason why the record does not have all of it.
    Masked(&'static str),
}

impl SentBody {
    /// Makes the body of a record's answer.
    pub fn of(record: &RecordFields) -> Self {
        let (code, reason) = (record.text("code"), record.text("reason"));
        let status = record.text("status").unwrap_or_default();
        match (&*status, code, reason) {
            ("PROCEED", ..) => Self::Exact(Answer::Proceed.to_json()),
            ("REJECT", Some(_), Some(reason)) if reason.contains('*') => {
                Self::Masked("the log masks the digits of a number in the reason")
            }
            ("REJECT", Some(code), Some(reason)) => Self::Exact(Answer::Reject { code, reason }.to_json()),
            ("REJECT", ..) => Self::Masked("the record has no code or no reason"),
            ("CHANGE_DESTINATION", None, _) => Self::Masked("the log hides the number that the call was sent to"),
            ("CHANGE_DESTINATION", Some(code), _) => match Number::from_typed(&code) {
                Ok(number) if number.as_str() == code => Self::Exact(Answer::ChangeDestination { number }.to_json()),
                _ => Self::Masked("the log masks the number that the call was sent to"),
            },
            ("UNKNOWN", ..) => record
                .text("cause")
                .map_or(Self::Masked("the record has no cause"), |cause| Self::Exact(unknown_json(&cause))),
            ("REFUSED", ..) => record
                .text("cause_detail")
                .map_or(Self::Masked("the record has no detail"), |detail| Self::Exact(error_json(&detail))),
            _ => Self::Masked("this version of precall does not know the status"),
        }
    }
}
