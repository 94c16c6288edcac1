//! Stream records, as a Lambda function gets them, as the embedded DynamoDB returns them, and as the AWS CLI prints them.

use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::Key;
use serde_json::{Map, Value};

use super::change::Change;
use crate::store::{Attributes, TypedJsonError, item_of_typed};

/// The error of a stream record that cannot be read. It contains no value of an item.
#[derive(Debug)]
pub enum StreamRecordError {
    /// A part of the record is missing, or has another type.
    Part(&'static str),
    /// An image is not in DynamoDB's JSON.
    Image(TypedJsonError),
}

impl fmt::Display for StreamRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => write!(f, "a stream record without a readable `{part}`"),
            Self::Image(_) => f.write_str("a stream record with an image that is not DynamoDB's JSON"),
        }
    }
}

impl Error for StreamRecordError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Part(_) => None,
            Self::Image(error) => Some(error),
        }
    }
}

/// Returns the sequence number of a stream record, also of one that cannot be read otherwise.
pub fn sequence_of_record(record: &Value) -> Option<&str> {
    record.get("dynamodb")?.get("SequenceNumber")?.as_str().filter(|number| is_sequence(number))
}

fn is_sequence(number: &str) -> bool {
    (1..=40).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a stream record with the new and the old image of an item of the rules table.
///
/// # Errors
/// When a part of the record cannot be read.
pub fn change_of_record(record: &Value) -> Result<Change, StreamRecordError> {
    let sequence = sequence_of_record(record).ok_or(StreamRecordError::Part("SequenceNumber"))?;
    let stream = record.get("dynamodb").ok_or(StreamRecordError::Part("dynamodb"))?;
    let keys = image(stream, "Keys")?.ok_or(StreamRecordError::Part("Keys"))?;
    let (before, after) = (image(stream, "OldImage")?, image(stream, "NewImage")?);
    let is_whole = match record.get("eventName").and_then(Value::as_str) {
        Some("INSERT") => before.is_none() && after.is_some(),
        Some("MODIFY") => before.is_some() && after.is_some(),
        Some("REMOVE") => before.is_some() && after.is_none(),
        _ => return Err(StreamRecordError::Part("eventName")),
    };
    if !is_whole {
        return Err(StreamRecordError::Part("images"));
    }
    let identity = record.get("userIdentity");
    // The AWS CLI prints these names with a capital.
    let is = |names: [&str; 2], text: &str| {
        identity
            .is_some_and(|identity| names.iter().any(|name| identity.get(name).and_then(Value::as_str) == Some(text)))
    };
    Ok(Change {
        key: key_of(&keys)?,
        at: instant(stream.get("ApproximateCreationDateTime"))
            .ok_or(StreamRecordError::Part("ApproximateCreationDateTime"))?,
        sequence: sequence.to_owned(),
        before,
        after,
        is_expiry: is(["type", "Type"], "Service") && is(["principalId", "PrincipalId"], "dynamodb.amazonaws.com"),
        are_images_lost: false,
    })
}

fn image(stream: &Value, name: &'static str) -> Result<Option<Attributes>, StreamRecordError> {
    match stream.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(image)) => read(image).map(Some),
        Some(_) => Err(StreamRecordError::Part(name)),
    }
}

fn read(image: &Map<String, Value>) -> Result<Attributes, StreamRecordError> {
    item_of_typed(image).map_err(StreamRecordError::Image)
}

fn key_of(keys: &Attributes) -> Result<Key, StreamRecordError> {
    let text = |name: &'static str| match keys.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.clone()),
        _ => Err(StreamRecordError::Part(name)),
    };
    Ok(Key { number: text("number")?, rule: text("rule")? })
}

/// Reads an instant in seconds since 1970, or as the AWS CLI prints it (`2026-11-28T05:10:12+00:00`). A fraction is left out.
fn instant(value: Option<&Value>) -> Option<Timestamp> {
    let value = value?;
    if let Some(text) = value.as_str() {
        let instant: Timestamp = text.parse().ok()?;
        return Timestamp::from_second(instant.as_second()).ok();
    }
    let seconds = match (value.as_i64(), value.as_f64()) {
        (Some(seconds), _) => seconds,
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        (None, Some(seconds)) if (0.0..4e11).contains(&seconds) => seconds as i64,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}
