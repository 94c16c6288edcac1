//! Files of items.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use precall::rule::Key;
use serde_json::Value;
use serde_json::error::Category;

use super::attribute_value::{self, Attributes};
use super::items;
use crate::failure::Failure;
use crate::text_file::read_text;
use crate::unique_json::UniqueValue;

/// An item of a file.
#[derive(Debug)]
pub struct FileItem<'f> {
    pub file: &'f Path,
    /// The position of the item in the file, from 1 on.
    pub nth: usize,
    pub item: Attributes,
}

/// Two items with the same key.
#[derive(Debug)]
pub struct DuplicateItem {
    key: Key,
    first: String,
    second: String,
}

/// Reads files of items, as [`of_json`] does. Each item has a key, and no key is there twice: one of the two rules would be
/// ignored without a notice.
///
/// # Errors
/// When a file cannot be read, is not JSON, has something that is not an item, or a key is there twice.
pub fn read_all(files: &[PathBuf]) -> Result<Vec<FileItem<'_>>, Failure> {
    let mut all: Vec<FileItem<'_>> = Vec::new();
    let mut places: HashMap<Key, String> = HashMap::new();
    for file in files {
        for (nth, item) in (1_usize..).zip(read(file)?) {
            let item = FileItem { file, nth, item };
            let place = item.place();
            items::check_key(&item.item).map_err(|error| format!("{place}: {error}"))?;
            let key = items::key(&item.item);
            if let Some(first) = places.insert(key.clone(), place.clone()) {
                return Err(DuplicateItem { key, first, second: place }.into());
            }
            all.push(item);
        }
    }
    Ok(all)
}

/// Reads a file of items, as [`of_json`] does.
///
/// # Errors
/// When the file cannot be read, is not JSON, or has something that is not an item.
pub fn read(file: &Path) -> Result<Vec<Attributes>, Failure> {
    let text = read_text(file)?;
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if !start.is_empty() && !start.starts_with(['{', '[']) {
        let file = file.display();
        let form =
            if start.lines().next().is_some_and(|line| line.contains([',', ';', '\t', '|'])) { "CSV" } else { "text" };
        return Err(format!(
            "{file}: {form}, not rules in JSON; write a list of numbers into the table with `precall import {file} --list NAME`"
        )
        .into());
    }
    of_json(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Reads items from JSON arrays, JSON Lines, the output of `aws dynamodb scan` or an export of DynamoDB. Attributes are
/// plain JSON or DynamoDB's (`{"S": "…"}`).
///
/// # Errors
/// When the text is not JSON, an object has a name twice, or something is not an item.
pub fn of_json(text: &str) -> Result<Vec<Attributes>, Failure> {
    // Windows editors write a byte order mark.
    let text = text.trim_start_matches('\u{feff}').trim_end();
    let mut items = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<UniqueValue>() {
        let UniqueValue(value) = value.map_err(|error| wrong(&error))?;
        for value in items_in(value) {
            let nth = items.len() + 1;
            items.push(attribute_value::of_json(value).map_err(|error| format!("item {nth}: {error}"))?);
        }
    }
    Ok(items)
}

/// Returns the message of an error in a JSON text.
fn wrong(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => error.to_string(),
        Category::Eof => format!(
            "the JSON ends too early, at line {} column {}; write the rest of it, such as a missing `}}` or `]`",
            error.line(),
            error.column()
        ),
        Category::Syntax | Category::Io => format!("not JSON: {error}; correct the text there"),
    }
}

/// Returns the items in a value at the top of a file.
fn items_in(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Object(mut object) => match (object.remove("Items"), object.remove("Item")) {
            (Some(Value::Array(values)), _) => values,
            (_, Some(item)) => vec![item],
            _ => vec![Value::Object(object)],
        },
        other => vec![other],
    }
}

impl FileItem<'_> {
    /// Returns the place of the item: `rules.json: item 3`.
    pub fn place(&self) -> String {
        format!("{}: item {}", self.file.display(), self.nth)
    }
}

impl fmt::Display for DuplicateItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, first, second } = self;
        write!(
            f,
            "{second}: rule `{}` under {} is there twice, first as {first}; remove one of them",
            key.rule, key.number
        )
    }
}

impl Error for DuplicateItem {}
