//! Lists as JSON: an array, JSON Lines, the output of `aws dynamodb scan` and exports of DynamoDB.

use std::fmt;
use std::io::{BufRead, Read as _};

use precall_hook::store::is_typed;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::event::{EventHandler, FileEntry, ReadEvent};
use super::format::FormatDescription;
use super::words::{is_addition, plain};
use crate::dynamodb::attribute_value;
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::unique_json::{self, UniqueValue};

/// Most bytes of a line of JSON Lines: more than an item may have.
const MAX_LINE: u64 = 1 << 20;

/// Attributes with the number of an entry that is not an item of the rules table.
const NUMBER_NAMES: [&str; 5] = ["phone_number", "phone", "telephone", "mobile", "msisdn"];

/// Reads the entries of a text.
pub fn entries(member: &str, reader: &mut dyn BufRead, handler: &mut EventHandler<'_>) -> Result<(), Failure> {
    let start = reader.fill_buf()?;
    let first_line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // The output of `aws dynamodb scan` may be one line too.
    let by_lines = serde_json::from_slice::<Map<String, Value>>(first_line).is_ok_and(|top| !top.contains_key("Items"));
    if by_lines {
        handler(ReadEvent::Format(FormatDescription::new("JSON Lines")))?;
        return json_lines(member, reader, handler);
    }
    handler(ReadEvent::Format(FormatDescription::new("JSON")))?;
    let mut nth = 0;
    let mut failure = None;
    let mut one = |value: Value| {
        nth += 1;
        let text = value.to_string();
        let line = FileEntry { member, nth, entry: entry_of(value), text: &text };
        handler(ReadEvent::Entry(line)).map_err(|error| failure = Some(error)).is_ok()
    };
    let mut values = serde_json::Deserializer::from_reader(reader);
    let outcome = loop {
        if values.end().is_ok() {
            break Ok(());
        }
        if let Err(error) = TopValue(&mut one).deserialize(&mut values) {
            break Err(error);
        }
    };
    match (failure, outcome) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) if error.is_data() => Err(format!("after entry {nth}: {error}").into()),
        (None, Err(error)) => Err(format!("not JSON after entry {nth}: {error}").into()),
        (None, Ok(())) => Ok(()),
    }
}

/// Reads a text with one entry a line.
fn json_lines(member: &str, reader: &mut dyn BufRead, handler: &mut EventHandler<'_>) -> Result<(), Failure> {
    let mut line = Vec::new();
    for nth in 1.. {
        line.clear();
        let read = (&mut *reader).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let is_whole = line.ends_with(b"\n") || u64::try_from(read)? < MAX_LINE;
        if !is_whole {
            reader.skip_until(b'\n')?;
            handler(ReadEvent::Entry(FileEntry {
                member,
                nth,
                entry: Err(format!("longer than {MAX_LINE} bytes")),
                text: "",
            }))?;
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let entry = match serde_json::from_str(text) {
            Ok(UniqueValue(value)) => entry_of(value),
            Err(error) if error.is_data() => Err(error.to_string()),
            Err(error) => Err(format!("not JSON: {error}")),
        };
        handler(ReadEvent::Entry(FileEntry { member, nth, entry, text }))?;
    }
    Ok(())
}

/// Returns the entry in a JSON value.
fn entry_of(value: Value) -> Result<ListEntry, String> {
    let mut object = match value {
        Value::String(text) => return Ok(ListEntry::Add(text)),
        Value::Number(number) => return Ok(ListEntry::Add(number.to_string())),
        Value::Object(mut object) => match object.remove("Item") {
            Some(Value::Object(item)) => item,
            Some(_) => return Err("`Item` is not an object".to_owned()),
            None => object,
        },
        _ => return Err("neither a number nor an item".to_owned()),
    };
    let typed = attribute_value::of_json(Value::Object(object.clone())).map_err(|error| error.to_string())?;
    if let Some(name) = typed.iter().find_map(|(name, value)| attribute_value::is_binary(value).then_some(name)) {
        return Err(format!("`{name}`: binary data, which an entry of a list cannot have"));
    }
    if is_typed(&object) {
        object = attribute_value::to_plain(&typed);
    }
    if !object.contains_key("number")
        && let Some(text) = NUMBER_NAMES.iter().find_map(|name| object.get(*name))
    {
        if let Some((name, mark)) = object.iter().find(|(name, value)| is_deletion(name, value)) {
            return Err(format!(
                "`{name}` is {mark}, which may mark the number as deleted; write a list of changes as CSV"
            ));
        }
        // A record of a lead: its other attributes do not belong in the rules table.
        object = Map::from_iter([("number".to_owned(), text.clone())]);
    }
    Ok(ListEntry::Item(object))
}

/// Returns true if an attribute marks a number as deleted. In one with another name, a letter may be an initial.
fn is_deletion(name: &str, value: &Value) -> bool {
    const MARK_NAMES: [&str; 7] = ["action", "change", "flag", "op", "operation", "status", "type"];
    const MIN_WORD_LENGTH: usize = 4;
    let Some(text) = value.as_str() else { return false };
    is_addition(text) == Some(false)
        && (plain(text).len() >= MIN_WORD_LENGTH || MARK_NAMES.contains(&plain(name).as_str()))
}

/// Passes the entries in a value at the top of a file to a closure: an array of entries, an object that has them, or an
/// entry. The closure returns false to stop.
struct TopValue<'e, F>(&'e mut F);

/// Passes the entries of an array to a closure.
struct ArrayElements<'e, F>(&'e mut F);

impl<'de, F: FnMut(Value) -> bool> DeserializeSeed<'de> for TopValue<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for TopValue<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers or items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        ArrayElements(self.0).visit_seq(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        let mut has_items = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "Items" {
                has_items = true;
                members.next_value_seed(ArrayElements(self.0))?;
            } else {
                let UniqueValue(value) = members.next_value()?;
                unique_json::insert(&mut object, name, value)?;
            }
        }
        if has_items || (self.0)(Value::Object(object)) { Ok(()) } else { Err(A::Error::custom("stopped")) }
    }
}

impl<'de, F: FnMut(Value) -> bool> DeserializeSeed<'de> for ArrayElements<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for ArrayElements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(UniqueValue(value)) = elements.next_element()? {
            if !(self.0)(value) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
