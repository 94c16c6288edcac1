//! Changes as stream records of an embedded database: as rows of its file, and as it returns them.

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::actions::get_records::Record;
use dynoxide::storage::StreamRecord;
use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::Change;
use precall_hook::store::Attributes;

use super::attribute_value::{EmbeddedItem, of_embedded, to_embedded};
use super::items::key_attributes;
use crate::failure::Failure;

/// The database's own sequence number of a record is the public one without this.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

/// Returns the row of a change, with its sequence number.
///
/// # Errors
/// When an image has a type that DynamoDB did not have in this version of its SDK.
pub fn row_of_change(change: &Change, sequence: i64) -> Result<StreamRecord, Failure> {
    let json =
        |item: &Attributes| -> Result<String, Failure> { Ok(serde_json::to_string(&to_embedded(item.clone())?)?) };
    let event = match (&change.before, &change.after) {
        (None, _) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        (Some(_), None) => "REMOVE",
    };
    Ok(StreamRecord {
        event_name: event.to_owned(),
        keys_json: json(&key_attributes(&change.key))?,
        new_image: change.after.as_ref().map(json).transpose()?,
        old_image: change.before.as_ref().map(json).transpose()?,
        sequence_number: sequence.to_string(),
        created_at: change.at.as_second(),
        user_identity: None,
    })
}

/// Returns the public form of a sequence number of the database.
///
/// # Errors
/// When it is negative.
pub fn public_sequence(stored: i64) -> Result<String, Failure> {
    Ok((SEQUENCE_OFFSET + u128::try_from(stored)?).to_string())
}

/// Returns a sequence number as the database has it.
///
/// # Errors
/// When it is not one of an embedded database.
pub fn stored_sequence(public: &str) -> Result<i64, Failure> {
    let stored = public.parse::<u128>()?.checked_sub(SEQUENCE_OFFSET).ok_or("a sequence number of another database")?;
    Ok(i64::try_from(stored)?)
}

/// Returns the change of a row.
///
/// # Errors
/// When the row is not of the rules table.
pub fn change_of_row(record: StreamRecord) -> Result<Change, Failure> {
    let image = |image: Option<String>| -> Result<Option<Attributes>, Failure> {
        Ok(image.map(|json| serde_json::from_str(&json)).transpose()?.map(of_embedded))
    };
    Ok(Change {
        key: key_of(serde_json::from_str(&record.keys_json)?)?,
        at: Timestamp::from_second(record.created_at)?,
        sequence: public_sequence(record.sequence_number.parse()?)?,
        before: image(record.old_image)?,
        after: image(record.new_image)?,
        is_expiry: record.user_identity.is_some(),
        are_images_lost: false,
    })
}

/// Returns the change of a record.
///
/// # Errors
/// When the record is not of the rules table.
pub fn change_of_record(record: Record) -> Result<Change, Failure> {
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds since 1970")]
    let at = record.dynamodb.approximate_creation_date_time as i64;
    Ok(Change {
        key: key_of(record.dynamodb.keys)?,
        at: Timestamp::from_second(at)?,
        sequence: record.dynamodb.sequence_number,
        before: record.dynamodb.old_image.map(of_embedded),
        after: record.dynamodb.new_image.map(of_embedded),
        is_expiry: record.user_identity.is_some(),
        are_images_lost: false,
    })
}

fn key_of(keys: EmbeddedItem) -> Result<Key, Failure> {
    let mut keys = of_embedded(keys);
    let mut text = |name: &str| match keys.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(format!("the stream of the embedded database has a record without `{name}`")),
    };
    Ok(Key { number: text("number")?, rule: text("rule")? })
}
