//! Lists as JSON: an array, JSON Lines, the output of `aws dynamodb scan` and exports of DynamoDB.

use std::fmt;
use std::io::{BufRead, Read as _};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::event::{EventHandler, FileEntry, ReadEvent};
use super::format::{FormatDescription, FormatOptions};
use super::json_entry::{JsonReading, is_record, reading_of};
use super::words::plain;
use crate::failure::Failure;
use crate::unique_json::{self, UniqueValue};

/// Most bytes of a line of JSON Lines: more than an item may have.
const MAX_LINE: u64 = 1 << 20;

/// Names of the array of entries within an object, in lower-case letters and digits.
const ENVELOPE_NAMES: [&str; 28] = [
    "blacklist",
    "blocked",
    "blocklist",
    "contacts",
    "data",
    "dnc",
    "dnclist",
    "donotcall",
    "entries",
    "items",
    "leads",
    "list",
    "members",
    "numbers",
    "optouts",
    "phonelist",
    "phonenumbers",
    "phones",
    "recipients",
    "records",
    "results",
    "rows",
    "subscribers",
    "suppressionlist",
    "suppressions",
    "unsubscribed",
    "unsubscribes",
    "values",
];

/// Reads the entries of a text.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    options: &FormatOptions,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let start = reader.fill_buf()?;
    let mut lines = start.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    // The output of `aws dynamodb scan` may be one line too.
    let first = lines.next().map(serde_json::from_slice::<Map<String, Value>>);
    let is_entry = |top: &Map<String, Value>| is_record(top) || !top.iter().any(|member| has_records(&member));
    let by_lines = first.is_some_and(|first| first.is_ok_and(|top| !top.iter().any(is_envelope) && is_entry(&top)));
    refuse_several(start)?;
    if by_lines {
        handler(ReadEvent::Format(FormatDescription::new("JSON Lines")))?;
        return json_lines(member, reader, options, handler);
    }
    handler(ReadEvent::Format(FormatDescription::new("JSON")))?;
    let mut nth = 0;
    let mut failure = None;
    let mut one = |value: Value| {
        nth += 1;
        let text = value.to_string();
        let events = pass(member, nth, &text, reading_of(value, options), handler);
        events.map_err(|error| failure = Some(error)).is_ok()
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

/// Passes the entries of a value to the handler.
fn pass(
    member: &str,
    nth: u64,
    text: &str,
    reading: JsonReading,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    match reading {
        JsonReading::LeftOut => handler(ReadEvent::LeftOut),
        JsonReading::Entries(entries) => {
            entries.into_iter().try_for_each(|entry| handler(ReadEvent::Entry(FileEntry { member, nth, entry, text })))
        }
    }
}

/// Refuses a whole text, if it is short, with several arrays that may all be the list. In a longer one, the second
/// array is refused when it is found.
fn refuse_several(text: &[u8]) -> Result<(), Failure> {
    let Ok(top) = serde_json::from_slice::<Map<String, Value>>(text) else { return Ok(()) };
    let arrays: Vec<&String> =
        top.iter().filter(|member| has_records(member) && !is_record(&top)).map(|(name, _)| name).collect();
    if arrays.len() > 1 { Err(several(arrays.into_iter()).into()) } else { Ok(()) }
}

/// Returns true for an array of entries within an object.
fn is_envelope((name, value): (&String, &Value)) -> bool {
    let is_array = value.is_array() || value.as_object().is_some_and(|inner| inner.iter().any(is_envelope));
    is_array && ENVELOPE_NAMES.contains(&plain(name).as_str())
}

/// Reads a text with one entry a line.
fn json_lines(
    member: &str,
    reader: &mut dyn BufRead,
    options: &FormatOptions,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
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
        let reading = match serde_json::from_str(text) {
            Ok(UniqueValue(value)) => reading_of(value, options),
            Err(error) if error.is_data() => JsonReading::rejected(error.to_string()),
            Err(error) => JsonReading::rejected(format!("not JSON: {error}")),
        };
        pass(member, nth, text, reading, handler)?;
    }
    Ok(())
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
        let mut envelope = None;
        while let Some(name) = members.next_key::<String>()? {
            if !ENVELOPE_NAMES.contains(&plain(&name).as_str()) {
                let UniqueValue(value) = members.next_value()?;
                unique_json::insert(&mut object, name, value)?;
                continue;
            }
            match members.next_value_seed(EnvelopeMember { each: &mut *self.0, is_second: envelope.is_some() })? {
                Some(value) => unique_json::insert(&mut object, name, value)?,
                None => envelope = Some(name),
            }
        }
        let arrays: Vec<String> = object.iter().filter(has_records).map(|(name, _)| name.clone()).collect();
        let stopped = || A::Error::custom("stopped");
        match (envelope, arrays.as_slice()) {
            (Some(_), []) => Ok(()),
            (None, arrays) if arrays.is_empty() || is_record(&object) => {
                if (self.0)(Value::Object(object)) {
                    Ok(())
                } else {
                    Err(stopped())
                }
            }
            (None, [only]) => {
                let Some(Value::Array(values)) = object.remove(only) else { return Ok(()) };
                if values.into_iter().all(&mut *self.0) { Ok(()) } else { Err(stopped()) }
            }
            (envelope, arrays) => Err(A::Error::custom(several(envelope.iter().chain(arrays)))),
        }
    }
}

/// Returns true for an array of numbers, or of records with a number.
fn has_records((_, value): &(&String, &Value)) -> bool {
    let is_entry = |value: &Value| match value {
        Value::Object(object) => is_record(object),
        value => is_record(&Map::from_iter([("phone".to_owned(), value.clone())])),
    };
    value.as_array().is_some_and(|values| values.first().is_some_and(is_entry))
}

/// Returns the refusal of several arrays, of which only one may be the list.
fn several<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("the arrays {} may all be the list; write the one that is into a file of its own", names.join(" and "))
}

/// A member of an object that may be the array of entries. Its elements are passed to the closure; any other value is
/// returned.
struct EnvelopeMember<'e, F> {
    each: &'e mut F,
    is_second: bool,
}

impl<'de, F: FnMut(Value) -> bool> DeserializeSeed<'de> for EnvelopeMember<'_, F> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for EnvelopeMember<'_, F> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers or items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
        if self.is_second {
            return Err(A::Error::custom("two arrays may be the list; write the one that is into a file of its own"));
        }
        ArrayElements(self.each).visit_seq(elements).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        let mut object = Map::new();
        let mut members = members;
        let mut has_entries = false;
        while let Some(name) = members.next_key::<String>()? {
            let is_second = self.is_second || has_entries;
            if ENVELOPE_NAMES.contains(&plain(&name).as_str()) {
                match members.next_value_seed(EnvelopeMember { each: &mut *self.each, is_second })? {
                    Some(value) => unique_json::insert(&mut object, name, value)?,
                    None => has_entries = true,
                }
            } else {
                let UniqueValue(value) = members.next_value()?;
                unique_json::insert(&mut object, name, value)?;
            }
        }
        if has_entries {
            return Ok(None);
        }
        // Numbers as names, within an envelope.
        if is_record(&object) && !self.is_second {
            return if (self.each)(Value::Object(object)) { Ok(None) } else { Err(A::Error::custom("stopped")) };
        }
        Ok(Some(Value::Object(object)))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(Value::String(value.to_owned())))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
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
