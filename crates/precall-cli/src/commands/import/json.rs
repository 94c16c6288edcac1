//! Lists as JSON: an array, JSON Lines, what `aws dynamodb scan` prints and what DynamoDB exports.

use std::fmt;
use std::io::{BufRead, Read as _};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::entry::Asked;
use super::read::{Each, Found, Line, Shown};
use crate::dynamodb::items;
use crate::failure::Failure;

/// Longest line of JSON Lines, in bytes: more than an item may have.
const LONGEST: u64 = 1 << 20;

/// Where an entry's number is, if it is no item of the rules table.
const NUMBER_NAMES: [&str; 5] = ["phone_number", "phone", "telephone", "mobile", "msisdn"];

pub fn entries(member: &str, reader: &mut dyn BufRead, each: &mut Each<'_>) -> Result<(), Failure> {
    let start = reader.fill_buf()?;
    let first_line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // What `aws dynamodb scan` prints may be one line too.
    let by_lines = serde_json::from_slice::<Map<String, Value>>(first_line).is_ok_and(|top| !top.contains_key("Items"));
    if by_lines {
        each(Found::Form(Shown::of("JSON Lines")))?;
        return lines(member, reader, each);
    }
    each(Found::Form(Shown::of("JSON")))?;
    let mut nth = 0;
    let mut failure = None;
    let mut one = |value: Value| {
        nth += 1;
        let text = value.to_string();
        let line = Line { member, nth, asked: asked(value), text: &text };
        each(Found::Line(line)).map_err(|error| failure = Some(error)).is_ok()
    };
    let mut values = serde_json::Deserializer::from_reader(reader);
    let outcome = loop {
        if values.end().is_ok() {
            break Ok(());
        }
        if let Err(error) = Top(&mut one).deserialize(&mut values) {
            break Err(error);
        }
    };
    match (failure, outcome) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) => Err(format!("not JSON behind entry {nth}: {error}").into()),
        (None, Ok(())) => Ok(()),
    }
}

fn lines(member: &str, reader: &mut dyn BufRead, each: &mut Each<'_>) -> Result<(), Failure> {
    let mut line = Vec::new();
    for nth in 1.. {
        line.clear();
        let read = (&mut *reader).take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let is_whole = line.ends_with(b"\n") || u64::try_from(read)? < LONGEST;
        if !is_whole {
            reader.skip_until(b'\n')?;
            each(Found::Line(Line { member, nth, asked: Err(format!("longer than {LONGEST} bytes")), text: "" }))?;
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let asked = match serde_json::from_str(text) {
            Ok(value) => asked(value),
            Err(error) => Err(format!("not JSON: {error}")),
        };
        each(Found::Line(Line { member, nth, asked, text }))?;
    }
    Ok(())
}

fn asked(value: Value) -> Result<Asked, String> {
    let mut object = match value {
        Value::String(text) => return Ok(Asked::Add(text)),
        Value::Number(number) => return Ok(Asked::Add(number.to_string())),
        Value::Object(mut object) => match object.remove("Item") {
            Some(Value::Object(item)) => item,
            Some(_) => return Err("`Item` is no object".to_owned()),
            None => object,
        },
        _ => return Err("neither a number nor an item".to_owned()),
    };
    let typed = items::attributes(Value::Object(object.clone())).map_err(|error| error.to_string())?;
    if items::is_typed(&object) {
        object = items::to_plain(&typed);
    }
    if !object.contains_key("number")
        && let Some(text) = NUMBER_NAMES.iter().find_map(|name| object.get(*name))
    {
        // Somebody's record of a lead: the rest of it is no business of the rules table's.
        object = Map::from_iter([("number".to_owned(), text.clone())]);
    }
    Ok(Asked::Item(object))
}

/// What stands at the top: an array of entries, an object that has them, or an entry. `false` of the closure: enough.
struct Top<'e, F>(&'e mut F);

struct Elements<'e, F>(&'e mut F);

impl<'de, F: FnMut(Value) -> bool> DeserializeSeed<'de> for Top<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for Top<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers or items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        Elements(self.0).visit_seq(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        let mut held_items = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "Items" {
                held_items = true;
                members.next_value_seed(Elements(self.0))?;
            } else {
                object.insert(name, members.next_value()?);
            }
        }
        if held_items || (self.0)(Value::Object(object)) { Ok(()) } else { Err(A::Error::custom("stopped")) }
    }
}

impl<'de, F: FnMut(Value) -> bool> DeserializeSeed<'de> for Elements<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element()? {
            if !(self.0)(value) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
