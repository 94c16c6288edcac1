//! Items of the rules table: from files, from a table, into a table.

use std::collections::HashMap;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::{self, Entry, Key};
use precall_hook::store::{RulesTable, StoreError, complete, item as to_item};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::dynamodb::store::Opened;
use crate::failure::Failure;

/// An item with the types of DynamoDB.
pub type Attributes = HashMap<String, AttributeValue>;

/// The partition of the lists' own items. It is no number, so that the hook never reads it.
pub const LISTS: &str = "list";

/// Items of one page of a scan. Without a limit, the embedded DynamoDB looks at all that is left for each page.
pub const PAGE: i32 = 4_000;

/// Items that were scanned and wait to be looked at.
const WAITING: usize = 1_000;

/// Reads a file of items, as [`of_json`] does.
///
/// # Errors
/// When the file cannot be read, is no JSON, or has what is no item.
pub fn read(file: &Path) -> Result<Vec<Attributes>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    of_json(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Items from JSON arrays, JSON Lines, what `aws dynamodb scan` prints or what DynamoDB exports; attributes are
/// plain JSON or DynamoDB's (`{"S": "…"}`).
///
/// # Errors
/// When the text is no JSON, or has what is no item.
pub fn of_json(text: &str) -> Result<Vec<Attributes>, Failure> {
    let mut items = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        for value in unwrapped(value.map_err(|error| format!("not JSON: {error}"))?) {
            let nth = items.len() + 1;
            items.push(attributes(value).map_err(|error| format!("item {nth}: {error}"))?);
        }
    }
    Ok(items)
}

/// The items of what stands at the top of a file.
fn unwrapped(value: Value) -> Vec<Value> {
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

/// Whether all attributes of an object have the form of DynamoDB's JSON.
pub fn is_typed(item: &Map<String, Value>) -> bool {
    !item.is_empty() && item.values().all(|value| type_of(value).is_some())
}

/// An item from plain JSON or DynamoDB's.
///
/// # Errors
/// When it is no object, or an attribute has a form that DynamoDB has not.
pub fn attributes(item: Value) -> Result<Attributes, Failure> {
    let Value::Object(item) = item else { return Err("not a JSON object".into()) };
    let typed = is_typed(&item);
    item.into_iter()
        .map(|(name, value)| {
            let read = if typed { of_typed(&value) } else { of_plain(&value) };
            let value = read.map_err(|error| format!("`{name}`: {error}"))?;
            Ok((name, value))
        })
        .collect()
}

/// DynamoDB's types that an attribute of a rule may have, and those that one may not.
const TYPES: [&str; 10] = ["S", "N", "BOOL", "NULL", "SS", "NS", "L", "M", "B", "BS"];

/// The type and the value of an attribute in DynamoDB's JSON.
fn type_of(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (name, value) = object.iter().next()?;
    TYPES.contains(&name.as_str()).then_some((name, value))
}

fn of_typed(value: &Value) -> Result<AttributeValue, Failure> {
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let read = match type_of(value) {
        Some(("S", Value::String(text))) => Some(AttributeValue::S(text.clone())),
        Some(("N", Value::String(number))) => Some(AttributeValue::N(number.clone())),
        Some(("BOOL", Value::Bool(flag))) => Some(AttributeValue::Bool(*flag)),
        Some(("NULL", _)) => Some(AttributeValue::Null(true)),
        Some(("SS", value)) => texts(value).map(AttributeValue::Ss),
        Some(("NS", value)) => texts(value).map(AttributeValue::Ns),
        Some(("L", Value::Array(values))) => {
            Some(AttributeValue::L(values.iter().map(of_typed).collect::<Result<_, _>>()?))
        }
        _ => None,
    };
    read.ok_or_else(|| format!("{value} is no text, number, flag or list of these").into())
}

fn of_plain(value: &Value) -> Result<AttributeValue, Failure> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(of_plain).collect::<Result<_, _>>()?),
        Value::Object(_) => return Err(format!("{value} is no text, number, flag or list of these").into()),
    })
}

/// The item as the hook reads it.
pub fn parse(item: &Attributes) -> Entry {
    rule::parse(&to_item(item.clone()))
}

/// Which item it is, as far as it says so.
pub fn key(item: &Attributes) -> Key {
    parse(item).key().clone()
}

/// A key as DynamoDB asks for it.
pub fn of_key(key: &Key) -> Attributes {
    HashMap::from([
        ("number".to_owned(), AttributeValue::S(key.number.clone())),
        ("rule".to_owned(), AttributeValue::S(key.rule.clone())),
    ])
}

/// An item as DynamoDB's JSON.
///
/// # Errors
/// When it has an attribute that no rule has.
pub fn to_typed(item: &Attributes) -> Result<Value, Failure> {
    item.iter()
        .map(|(name, value)| Ok((name.clone(), typed(value)?)))
        .collect::<Result<Map<_, _>, _>>()
        .map(Value::Object)
}

fn typed(value: &AttributeValue) -> Result<Value, Failure> {
    Ok(match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(typed).collect::<Result<Vec<_>, _>>()? }),
        _ => return Err("an attribute is no text, number, flag or list of these".into()),
    })
}

/// An item as plain JSON.
pub fn to_plain(item: &Attributes) -> Map<String, Value> {
    item.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn plain(value: &AttributeValue) -> Value {
    let texts = |texts: &[String]| texts.iter().map(|text| Value::String(text.clone())).collect();
    let number = |number: &str| serde_json::from_str(number).unwrap_or_else(|_| Value::String(number.to_owned()));
    match value {
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::N(text) => number(text),
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::Ss(values) => texts(values),
        AttributeValue::Ns(values) => values.iter().map(|value| number(value)).collect(),
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        AttributeValue::M(values) => Value::Object(to_plain(values)),
        AttributeValue::B(_) | AttributeValue::Bs(_) => Value::String("(binary)".to_owned()),
        _ => Value::Null,
    }
}

/// Some items of the rules table, in no order, and whether there are more. The lists' own items are not among them.
///
/// # Errors
/// When they could not be read.
pub async fn first(store: &RulesTable, most: i32) -> Result<(Vec<Attributes>, bool), StoreError> {
    let page = store.client().scan().table_name(store.name()).limit(most).send().await?;
    let is_more = page.last_evaluated_key.is_some();
    let items = complete(page.items, page.count)?;
    Ok((items.into_iter().filter(|item| !is_of_lists(item)).collect(), is_more))
}

/// Whether an item is one of the lists' own, and no rule.
fn is_of_lists(item: &Attributes) -> bool {
    item.get("number").and_then(|number| number.as_s().ok()).is_some_and(|number| number == LISTS)
}

/// Hands over each item of the rules table, in no order. The lists' own items are not among them.
///
/// # Errors
/// When a part of the table could not be read, or `each` fails.
pub async fn scan(opened: &Opened, mut each: impl FnMut(Attributes) -> Result<(), Failure>) -> Result<(), Failure> {
    let store = &opened.store;
    let (sender, mut items) = mpsc::channel(WAITING);
    for segment in 0..opened.segments {
        let sender = sender.clone();
        let mut pages = store.client().scan().table_name(store.name()).limit(PAGE);
        if opened.segments > 1 {
            pages = pages.segment(segment).total_segments(opened.segments);
        }
        let mut pages = pages.into_paginator().send();
        tokio::spawn(async move {
            while let Some(page) = pages.next().await {
                let items = page.map_err(StoreError::from).and_then(|page| complete(page.items, page.count));
                let items = items.map_or_else(|error| vec![Err(error)], |items| items.into_iter().map(Ok).collect());
                for item in items {
                    // Whoever has seen enough drops the receiver.
                    if sender.send(item).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
    drop(sender);
    while let Some(item) = items.recv().await {
        let item = item?;
        if !is_of_lists(&item) {
            each(item)?;
        }
    }
    Ok(())
}

/// Writes an item.
///
/// # Errors
/// When the store refuses it.
pub async fn put(client: &Client, table: &str, item: Attributes) -> Result<(), StoreError> {
    client.put_item().table_name(table).set_item(Some(item)).send().await?;
    Ok(())
}
