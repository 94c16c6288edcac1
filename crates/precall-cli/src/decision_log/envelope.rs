//! The messages in other programs' JSON: of container engines, journals, log collectors and subscriptions.
//!
//! No form is built in by its name: a message is a text in the JSON, perhaps as an array of bytes, in base64 or compressed,
//! and perhaps in another envelope. The search is limited in depth and in size.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

use super::line::has_marks;

/// Most envelopes around a message, and most levels of JSON in all of them together.
const MAX_LEVELS: usize = 12;

/// Most bytes that compressed data may have after it is decompressed. A subscription's record has at most some megabytes.
const MAX_DECOMPRESSED_BYTES: u64 = 32 << 20;

/// The first characters of base64 that are those of gzip, and of a JSON object.
const BASE64_STARTS: [&str; 2] = ["H4sI", "eyJ"];

/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A message of an envelope that may be a line of the hook.
#[derive(Debug, PartialEq, Eq)]
pub enum EnvelopeMessage {
    /// Its text.
    Text(Vec<u8>),
    /// A message that the envelope's program left out, with the fault and the remedy.
    LeftOut(&'static str),
}

/// Returns the messages in a JSON text that may be lines of the hook.
pub fn messages(json: &[u8]) -> Vec<EnvelopeMessage> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_slice(json) {
        open(&value, MAX_LEVELS, &mut found);
    }
    found
}

/// Adds the messages of a value. Returns true if there is one.
fn open(value: &Value, levels: usize, found: &mut Vec<EnvelopeMessage>) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return false };
    match value {
        Value::String(text) => open_text(text.as_bytes(), levels, found),
        Value::Object(members) => open_object(value, members, levels, found),
        Value::Array(values) => match bytes(values) {
            Some(bytes) => open_text(&bytes, levels, found),
            None => open_all(values, levels, found),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An object with a message as text has no other one: collectors add the parsed form of a message beside it.
fn open_object(object: &Value, members: &Map<String, Value>, levels: usize, found: &mut Vec<EnvelopeMessage>) -> bool {
    if members.contains_key("decision_id") || members.contains_key("_aws") {
        found.push(EnvelopeMessage::Text(object.to_string().into_bytes()));
        return true;
    }
    if members.contains_key("__CURSOR") && members.get("MESSAGE").is_some_and(Value::is_null) {
        found.push(EnvelopeMessage::LeftOut(
            "the journal's export has no message here, because it has more than 4,096 bytes; export it again with \
             `journalctl -o json --all`",
        ));
        return true;
    }
    let (nested, texts): (Vec<_>, Vec<_>) = members.values().partition(|value| value.is_object());
    texts.into_iter().any(|value| open(value, levels, found)) || open_all(nested, levels, found)
}

fn open_text(text: &[u8], levels: usize, found: &mut Vec<EnvelopeMessage>) -> bool {
    let text = text.trim_ascii();
    if has_marks(text) {
        found.push(EnvelopeMessage::Text(text.to_vec()));
        return true;
    }
    let Some(decoded) = decoded(text) else { return false };
    // Data may have several objects, one after another.
    let values: Vec<Value> = serde_json::Deserializer::from_slice(&decoded).into_iter().map_while(Result::ok).collect();
    open_all(&values, levels, found)
}

/// Adds the messages of all values. Returns true if there is one.
fn open_all<'v>(values: impl IntoIterator<Item = &'v Value>, levels: usize, found: &mut Vec<EnvelopeMessage>) -> bool {
    let before = found.len();
    for value in values {
        open(value, levels, found);
    }
    found.len() > before
}

/// Returns the JSON of a text: the text itself, or its data in base64, perhaps compressed. `None` if it is none of these.
fn decoded(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if text.starts_with(b"{") || text.starts_with(b"[") {
        return Some(text.into());
    }
    if !BASE64_STARTS.iter().any(|start| text.starts_with(start.as_bytes())) {
        return None;
    }
    let data = STANDARD.decode(text).ok()?;
    if !data.starts_with(&GZIP) {
        return Some(data.into());
    }
    let mut json = Vec::new();
    MultiGzDecoder::new(data.as_slice()).take(MAX_DECOMPRESSED_BYTES).read_to_end(&mut json).ok()?;
    Some(json.into())
}

/// Returns the bytes of an array of numbers, as journals write a message with special characters.
fn bytes(values: &[Value]) -> Option<Vec<u8>> {
    let byte = |value: &Value| u8::try_from(value.as_u64()?).ok();
    values.iter().map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}
