//! The entries as text, JSON and CSV.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::lifted::is_lifted;
use crate::dynamodb::attribute_value::{Attributes, to_plain};
use crate::dynamodb::items;
use crate::failure::Failure;
use crate::journal::HistoryEntry;
use crate::rule_difference::{AttributeChange, attribute_lines, changed_attributes};
use crate::rule_row::RuleInWords;
use crate::spreadsheet::harmless;
use crate::terminal::{escaped_json, one_line};

/// The columns of CSV.
const COLUMNS: [&str; 13] = [
    "entry", "at", "kind", "number", "rule", "origin", "by", "via", "because", "summary", "changes", "sentence",
    "lifted",
];

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum HistoryFormat {
    /// Text to read.
    #[default]
    Text,
    /// JSON Lines.
    Json,
    /// A table for a spreadsheet.
    Csv,
}

/// Returns the first line.
pub fn header(format: HistoryFormat) -> String {
    match format {
        HistoryFormat::Csv => format!("{}\n", COLUMNS.join(",")),
        HistoryFormat::Text | HistoryFormat::Json => String::new(),
    }
}

/// Returns an entry as text, a line of JSON or a line of CSV.
///
/// # Errors
/// When CSV cannot be written.
pub fn entry(format: HistoryFormat, entry: &HistoryEntry) -> Result<String, Failure> {
    match format {
        HistoryFormat::Text => Ok(text(entry)),
        HistoryFormat::Json => Ok(escaped_json(&format!("{}\n", json_of(entry))).into_owned()),
        HistoryFormat::Csv => csv_of(entry),
    }
}

fn text(entry: &HistoryEntry) -> String {
    let change = &entry.change;
    let mut text = format!("{}  {}\n  by {}\n", change.at, one_line(&entry.summary()), one_line(&entry.author()));
    if change.are_images_lost {
        text += "  the items before and after are too large for the journal\n";
    }
    if !entry.is_of_list_record() {
        text += &attribute_lines(change.before.as_ref(), change.after.as_ref());
        let [before, after] = [&change.before, &change.after].map(|item| sentence(item.as_ref()));
        // Writing to a text cannot fail.
        let _ = match (after, before) {
            (Some(after), _) => writeln!(text, "  it {}", one_line(&after)),
            (None, Some(before)) => writeln!(text, "  before, it {}", one_line(&before)),
            (None, None) => Ok(()),
        };
    }
    if is_lifted(entry) {
        text += "  lifted: it may reject fewer calls than before\n";
    }
    format!("{text}  entry {}\n", entry.id())
}

/// Returns the sentence of an item, if it is a valid one.
fn sentence(item: Option<&Attributes>) -> Option<String> {
    RuleInWords::of(&items::parse(item?)).map(|words| words.sentence)
}

fn json_of(entry: &HistoryEntry) -> Value {
    let change = &entry.change;
    let stamp = entry.stamp();
    let differing = changed_attributes(change.before.as_ref(), change.after.as_ref());
    let changes: Map<String, Value> = differing
        .into_iter()
        .map(|AttributeChange { name, before, after }| (name, json!({ "before": before, "after": after })))
        .collect();
    json!({
        "entry": entry.id(),
        "at": change.at.to_string(),
        "kind": entry.kind(),
        "lifted": is_lifted(entry),
        "number": change.key.number,
        "rule": change.key.rule,
        "origin": entry.origin_name(),
        "by": stamp.map(|stamp| &stamp.by),
        "via": stamp.map(|stamp| &stamp.via),
        "because": stamp.and_then(|stamp| stamp.because.as_ref()),
        "summary": entry.summary(),
        "changes": changes,
        "before": change.before.as_ref().map(to_plain),
        "after": change.after.as_ref().map(to_plain),
        "sentence": sentence(change.after.as_ref()),
        "are_images_lost": change.are_images_lost,
    })
}

fn csv_of(entry: &HistoryEntry) -> Result<String, Failure> {
    let change = &entry.change;
    let stamp = entry.stamp();
    let lines = attribute_lines(change.before.as_ref(), change.after.as_ref());
    let changes: Vec<&str> = lines.lines().map(str::trim).collect();
    let cells = [
        // Spreadsheet programs round long numbers.
        format!("'{}", entry.id()),
        change.at.to_string(),
        entry.kind().to_owned(),
        change.key.number.clone(),
        change.key.rule.clone(),
        entry.origin_name().to_owned(),
        stamp.map(|stamp| stamp.by.clone()).unwrap_or_default(),
        stamp.map(|stamp| stamp.via.clone()).unwrap_or_default(),
        stamp.and_then(|stamp| stamp.because.clone()).unwrap_or_default(),
        entry.summary(),
        changes.join("; "),
        sentence(change.after.as_ref()).unwrap_or_default(),
        is_lifted(entry).to_string(),
    ];
    csv_line(cells.into_iter())
}

/// Returns a line of CSV for a spreadsheet.
///
/// # Errors
/// When it cannot be written.
pub fn csv_line(cells: impl Iterator<Item = String>) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.map(|cell| harmless(&cell)))?;
    Ok(String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
}
