//! The entries in a JSON value: a number, an item of the rules table, a record with a number, or an object whose names
//! are numbers.

use precall_hook::store::is_typed;
use serde_json::{Map, Value};

use super::delimited::marks::{ColumnMeaning, meaning};
use super::delimited::phone_names::{is_other_name, is_phone_name, is_place_of_phone};
use super::delimited::wanted::wanted_columns;
use super::format::FormatOptions;
use super::words::{is_addition, is_opt_in, is_yes, plain};
use crate::dynamodb::attribute_value;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::{entries_in, is_entry};

/// The attribute of an item with its number.
const NUMBER: &str = "number";

/// The reading of a JSON value.
#[derive(Debug)]
pub enum JsonReading {
    /// The operator left it out.
    LeftOut,
    Entries(Vec<Result<ListEntry, String>>),
}

impl JsonReading {
    /// A value that cannot be read.
    pub fn rejected(reason: String) -> Self {
        Self::Entries(vec![Err(reason)])
    }
}

/// Returns the reading of a JSON value.
pub fn reading_of(value: Value, options: &FormatOptions) -> JsonReading {
    match value {
        Value::String(_) | Value::Number(_) => JsonReading::Entries(numbers_in(&text_of(&value))),
        Value::Object(object) => reading_of_object(object, options).unwrap_or_else(JsonReading::rejected),
        _ => JsonReading::rejected("neither a number nor an item".to_owned()),
    }
}

/// Returns true for an object with a number: in an attribute, or as its names.
pub fn is_record(object: &Map<String, Value>) -> bool {
    object.contains_key(NUMBER) || !phones_of(object).is_empty() || has_numbers_as_names(object)
}

fn reading_of_object(mut object: Map<String, Value>, options: &FormatOptions) -> Result<JsonReading, String> {
    object = match object.remove("Item") {
        Some(Value::Object(item)) => item,
        Some(_) => return Err("`Item` is not an object".to_owned()),
        None => object,
    };
    let typed = attribute_value::of_json(Value::Object(object.clone())).map_err(|error| error.to_string())?;
    if let Some(name) = typed.iter().find_map(|(name, value)| attribute_value::is_binary(value).then_some(name)) {
        return Err(format!("`{name}`: binary data, which an entry of a list cannot have"));
    }
    if is_typed(&object) {
        object = attribute_value::to_plain(&typed);
    }
    for only in &options.only {
        let same = |(name, _): &(&String, &Value)| plain(name) == plain(&only.column);
        let text = object.iter().find(same).map(|(_, value)| text_of(value)).unwrap_or_default();
        if !only.has(&text) {
            return Ok(JsonReading::LeftOut);
        }
    }
    if options.column.is_none() && object.contains_key(NUMBER) {
        return Ok(JsonReading::Entries(vec![Ok(ListEntry::Item(object))]));
    }
    if options.column.is_none() && has_numbers_as_names(&object) {
        return Ok(JsonReading::Entries(object.iter().map(|(name, value)| number_as_name(name, value)).collect()));
    }
    let phones = chosen_phones(&object, options)?;
    if phones.is_empty() {
        return Ok(JsonReading::Entries(vec![Ok(ListEntry::Item(object))]));
    }
    refuse_unlisted(&object, &phones, options)?;
    // A record of a lead: its other attributes do not belong in the rules table.
    let entries = phones.iter().filter_map(|name| object.get(name)).flat_map(|value| numbers_in(&text_of(value)));
    Ok(JsonReading::Entries(entries.collect()))
}

/// Returns the attributes whose numbers are read.
fn chosen_phones(object: &Map<String, Value>, options: &FormatOptions) -> Result<Vec<String>, String> {
    if let Some(columns) = &options.column {
        let wanted = wanted_columns(columns);
        let found: Vec<String> =
            object.keys().filter(|name| wanted.iter().any(|wanted| plain(wanted) == plain(name))).cloned().collect();
        let filled = |name: &String| object.get(name).is_some_and(|value| !text_of(value).trim().is_empty());
        let found: Vec<String> = found.into_iter().filter(filled).collect();
        return if found.is_empty() { Err(format!("nothing in {columns:?}")) } else { Ok(found) };
    }
    let phones = phones_of(object);
    if phones.len() < 2 || options.all_phone_columns {
        return Ok(phones);
    }
    let others = if options.one_number {
        String::new()
    } else {
        format!(", take several with --column {:?}, or all of them with --all-phone-columns", phones.join(","))
    };
    Err(format!(
        "{} have telephone numbers; choose one with --column {:?}{others}",
        phones.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and "),
        phones.first().map(String::as_str).unwrap_or_default()
    ))
}

/// Returns the attributes that have a number, and one that has the name of one if no other has.
fn phones_of(object: &Map<String, Value>) -> Vec<String> {
    let with = |is: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
        let is = |(name, value): &(&String, &Value)| is(name, &text_of(value));
        object.iter().filter(is).map(|(name, _)| name.clone()).collect()
    };
    let is_number = |text: &str| entries_in(text).into_iter().all(is_entry);
    let numbers =
        with(&|name, text| is_number(text) && (is_phone_name(name) || is_place_of_phone(name) || !is_other_name(name)));
    if numbers.is_empty() { with(&|name, text| is_phone_name(name) && !text.is_empty()) } else { numbers }
}

/// Refuses a record whose number may not belong on the list.
fn refuse_unlisted(object: &Map<String, Value>, phones: &[String], options: &FormatOptions) -> Result<(), String> {
    for (name, value) in object.iter().filter(|(name, _)| !phones.contains(name)) {
        let text = text_of(value);
        if options.only.iter().any(|only| plain(&only.column) == plain(name)) {
            continue;
        }
        if is_deletion(name, &text) {
            return Err(format!(
                "`{name}` is {value}, which may mark the number as deleted; write a list of changes as CSV"
            ));
        }
        match meaning(Some(name), &[&text]) {
            ColumnMeaning::Doubtful(reason) => return Err(format!("`{name}` {reason}")),
            ColumnMeaning::Marks | ColumnMeaning::Other(_) => {}
        }
    }
    Ok(())
}

/// Returns true if an attribute marks a number as deleted. In one with another name, a letter may be an initial.
fn is_deletion(name: &str, text: &str) -> bool {
    const MARK_NAMES: [&str; 7] = ["action", "change", "flag", "op", "operation", "status", "type"];
    const MIN_WORD_LENGTH: usize = 4;
    is_addition(text) == Some(false)
        && (plain(text).len() >= MIN_WORD_LENGTH || MARK_NAMES.contains(&plain(name).as_str()))
}

fn has_numbers_as_names(object: &Map<String, Value>) -> bool {
    !object.is_empty() && object.keys().all(|name| is_entry(name))
}

/// Returns the entry of a number that is a name. A "no" beside it may mean that it is not on the list.
fn number_as_name(name: &str, value: &Value) -> Result<ListEntry, String> {
    let text = text_of(value);
    let is_unlisted = is_yes(&text) == Some(false) || is_opt_in(&text) || is_addition(&text) == Some(false);
    if is_unlisted {
        return Err(format!(
            "the number is beside {value}, which may mean that it is not on the list; remove it from the file"
        ));
    }
    Ok(ListEntry::Add(name.to_owned()))
}

fn numbers_in(text: &str) -> Vec<Result<ListEntry, String>> {
    entries_in(text).into_iter().map(|number| Ok(ListEntry::Add(number.to_owned()))).collect()
}

/// Returns the text of a value; of an array or an object nothing.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        _ => String::new(),
    }
}
