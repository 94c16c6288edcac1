//! Images and changes in compressed form: a mass import would otherwise write an item of the journal for each number.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use jiff::Timestamp;
use precall::rule::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::change::Change;
use super::error::JournalItemError;
use crate::store::{TypedItem, item_of_typed};

/// The greatest length of an unpacked text, in bytes. A pack has at most 2,000 changes; larger ones are not of the journal.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

/// A change that is written as a line of JSON, with the names of [`PackedChange`].
#[derive(Debug, Serialize)]
struct PackedLine<'a> {
    #[serde(rename = "n")]
    number: &'a str,
    #[serde(rename = "r")]
    rule: &'a str,
    #[serde(rename = "t")]
    at: i64,
    #[serde(rename = "s")]
    sequence: &'a str,
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    before: Option<TypedItem<'a>>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    after: Option<TypedItem<'a>>,
    #[serde(rename = "x", skip_serializing_if = "std::ops::Not::not")]
    is_expiry: bool,
}

/// A change that is read from a line of JSON, with short names.
#[derive(Debug, Deserialize)]
struct PackedChange {
    #[serde(rename = "n")]
    number: String,
    #[serde(rename = "r")]
    rule: String,
    #[serde(rename = "t")]
    at: i64,
    #[serde(rename = "s")]
    sequence: String,
    #[serde(rename = "b", default)]
    before: Option<Map<String, Value>>,
    #[serde(rename = "a", default)]
    after: Option<Map<String, Value>>,
    #[serde(rename = "x", default)]
    is_expiry: bool,
}

/// Returns changes in compressed form.
///
/// # Errors
/// When an image has a type that DynamoDB did not have in this version of its SDK.
pub(super) fn pack(changes: &[&Change]) -> Result<Vec<u8>, JournalItemError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let mut text = Vec::new();
    for change in changes {
        let line = PackedLine {
            number: &change.key.number,
            rule: &change.key.rule,
            at: change.at.as_second(),
            sequence: &change.sequence,
            before: change.before.as_ref().map(TypedItem),
            after: change.after.as_ref().map(TypedItem),
            is_expiry: change.is_expiry,
        };
        // Whole lines, because the encoder is slow with small pieces.
        text.clear();
        serde_json::to_writer(&mut text, &line).map_err(JournalItemError::Json)?;
        text.push(b'\n');
        encoder.write_all(&text).map_err(JournalItemError::Compression)?;
    }
    encoder.finish().map_err(JournalItemError::Compression)
}

/// Reads changes in compressed form.
///
/// # Errors
/// When they are not as [`pack`] writes them.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<Change>, JournalItemError> {
    let mut text = String::new();
    DeflateDecoder::new(bytes).take(MAX_UNPACKED).read_to_string(&mut text).map_err(JournalItemError::Compression)?;
    text.lines().map(unpacked).collect()
}

fn unpacked(line: &str) -> Result<Change, JournalItemError> {
    let packed: PackedChange = serde_json::from_str(line).map_err(JournalItemError::Json)?;
    let image = |image: Option<Map<String, Value>>| image.as_ref().map(item_of_typed).transpose();
    Ok(Change {
        key: Key { number: packed.number, rule: packed.rule },
        at: Timestamp::from_second(packed.at).map_err(|_| JournalItemError::Attribute("t"))?,
        sequence: packed.sequence,
        before: image(packed.before)?,
        after: image(packed.after)?,
        is_expiry: packed.is_expiry,
        are_images_lost: false,
    })
}
