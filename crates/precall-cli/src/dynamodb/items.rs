//! Items of the rules table: their keys, and reading and writing them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::{self, Entry, Key, UnknownAttribute};
use precall_hook::store::{RulesTable, StoreError, complete, item as to_item};
use tokio::sync::mpsc;

use super::attribute_value::Attributes;
use super::writable_table::WritableTable;
use crate::failure::Failure;

pub use precall_hook::store::{LISTS, PROPOSALS, TABLE_SETTINGS};

/// Items of one page of a scan. Without a limit, the embedded DynamoDB reads the whole rest of the table for each page.
pub const PAGE: i32 = 4_000;

/// The partitions of the rules table that have no rules.
const RECORDS: [&str; 3] = [LISTS, PROPOSALS, TABLE_SETTINGS];

/// Items that were scanned and wait for the caller.
const WAITING: usize = 1_000;

/// A change of one item.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemChange {
    /// Writes the item, and replaces an older one.
    Put(Attributes),
    Remove,
}

/// Returns an item as the hook reads it.
pub fn parse(item: &Attributes) -> Entry {
    rule::parse(&to_item(item.clone()))
}

/// Returns the attributes of an item that are not read.
pub fn unknown_attributes(item: &Attributes) -> Vec<UnknownAttribute> {
    rule::unknown_attributes(&to_item(item.clone()))
}

/// Checks that an item has a key that the table accepts.
///
/// # Errors
/// When a part of the key is missing, empty, or not text.
pub fn check_key(item: &Attributes) -> Result<(), Failure> {
    for name in ["number", "rule"] {
        let (problem, remedy) = match item.get(name) {
            Some(AttributeValue::S(text)) if !text.is_empty() => continue,
            Some(AttributeValue::S(_)) => ("empty", "write its value"),
            Some(AttributeValue::N(_)) => ("a number", "put it between quotation marks"),
            Some(_) => ("not text", "write a text"),
            None => ("missing", "write it in exactly this spelling"),
        };
        return Err(format!("`{name}`: {problem}, but it is a part of the item's key; {remedy}").into());
    }
    Ok(())
}

/// Returns the key of an item; a part that the item does not have is empty.
pub fn key(item: &Attributes) -> Key {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    Key { number: text("number"), rule: text("rule") }
}

/// Returns a key as attributes.
pub fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([
        ("number".to_owned(), AttributeValue::S(key.number.clone())),
        ("rule".to_owned(), AttributeValue::S(key.rule.clone())),
    ])
}

/// Returns some items of the rules table, in no order and without records of lists, proposals and settings, and true if there are more.
///
/// # Errors
/// When the table cannot be read.
pub async fn first(store: &RulesTable, max: i32) -> Result<(Vec<Attributes>, bool), StoreError> {
    let page = store.client().scan().table_name(store.name()).limit(max).send().await?;
    let is_more = page.last_evaluated_key.is_some();
    let items = complete(page.items, page.count)?;
    Ok((items.into_iter().filter(|item| !is_record(item)).collect(), is_more))
}

/// Returns true if an item is a list record, a proposal or a setting of the table, and so not a rule.
pub fn is_record(item: &Attributes) -> bool {
    let number = item.get("number").and_then(|number| number.as_s().ok());
    number.is_some_and(|number| RECORDS.contains(&number.as_str()))
}

/// Returns true if a key is of a list record, a proposal or a setting of the table.
pub fn is_record_key(key: &Key) -> bool {
    RECORDS.contains(&key.number.as_str())
}

/// Passes each item of the rules table to `each`, in no order and without records of lists, proposals and settings. Several segments of the table are
/// read side by side.
///
/// # Errors
/// When a part of the table cannot be read, or `each` fails.
pub async fn scan(
    store: &RulesTable,
    segments: i32,
    mut each: impl FnMut(Attributes) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (sender, mut items) = mpsc::channel(WAITING);
    for segment in 0..segments {
        let sender = sender.clone();
        let mut pages = store.client().scan().table_name(store.name()).limit(PAGE);
        if segments > 1 {
            pages = pages.segment(segment).total_segments(segments);
        }
        let mut pages = pages.into_paginator().send();
        tokio::spawn(async move {
            while let Some(page) = pages.next().await {
                let items = page.map_err(StoreError::from).and_then(|page| complete(page.items, page.count));
                let items = items.map_or_else(|error| vec![Err(error)], |items| items.into_iter().map(Ok).collect());
                for item in items {
                    // The receiver is dropped if an item or `each` failed.
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
        if !is_record(&item) {
            each(item)?;
        }
    }
    Ok(())
}

/// Writes an item.
///
/// # Errors
/// When the table cannot be written.
pub async fn put(table: &WritableTable, item: Attributes) -> Result<(), StoreError> {
    table.client().put_item().table_name(table.name()).set_item(Some(item)).send().await?;
    Ok(())
}
