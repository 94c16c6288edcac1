//! The rule that decided, as it was at the time of the call.

use jiff::Timestamp;
use precall::rule::WILDCARD;
use precall_hook::log::Mask;
use precall_hook::settings::{LogNumbers, Settings};
use serde_json::Value;

use super::record_fields::RecordFields;
use super::wanted_call::WantedCall;
use crate::dynamodb::attribute_value::to_plain;
use crate::dynamodb::items;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::rule_row::RuleInWords;

/// The rule that decided a call, from a source of rules.
#[derive(Debug)]
pub struct RuleThen {
    /// The rule in words; the faults if it is invalid.
    pub sentence: String,
    /// The item as JSON.
    pub item: String,
    /// The place of the rules.
    pub source: String,
    /// The instant whose state the item is; `None` is now.
    pub as_of: Option<Timestamp>,
    /// The person who wrote it, with the time and the way; `None` if the journal is not read.
    pub written_by: Option<String>,
}

/// The result of the search for the rule that decided.
#[derive(Debug)]
pub enum RuleSearch {
    /// No rule decided.
    None,
    /// The rule was not read, with the reason.
    NotRead(String),
    /// The source does not have the rule.
    Missing {
        source: String,
    },
    Found(RuleThen),
}

/// Finds the rule of a record in a table as it is now. Numbers that the log masks stay masked, except those that the person
/// typed.
///
/// # Errors
/// If the table cannot be read.
pub async fn rule_now(
    opened: &OpenedStore,
    record: &RecordFields,
    wanted: &WantedCall,
    settings: &Settings,
) -> Result<RuleSearch, Failure> {
    let Some(rule) = record.text("rule") else { return Ok(RuleSearch::None) };
    let partitions = partitions(record, wanted);
    if partitions.is_empty() {
        let text = "the log masks the number under which the rule is stored; find the call with --to NUMBER";
        return Ok(RuleSearch::NotRead(text.to_owned()));
    }
    let mask = mask_of(record, settings);
    let name = |item: &_| items::key(item).rule;
    let mut stored = Vec::new();
    for partition in partitions {
        stored.extend(opened.store.attributes(&partition).await?);
    }
    let found = stored.iter().find(|item| name(item) == rule);
    let found = found.or_else(|| stored.iter().find(|item| mask.text(&name(item)) == rule));
    let source = opened.location.to_string();
    let Some(item) = found else { return Ok(RuleSearch::Missing { source }) };
    let entry = items::parse(item);
    let sentence = RuleInWords::of(&entry).map_or_else(|| "invalid now".to_owned(), |words| words.sentence);
    let typed: Vec<String> = wanted.numbers().iter().map(|wanted| wanted.number.to_string()).collect();
    let masked = |text: &str| mask.text_except(text, typed.iter().map(String::as_str));
    Ok(RuleSearch::Found(RuleThen {
        sentence: masked(&sentence),
        item: masked(&Value::Object(to_plain(item)).to_string()),
        source,
        as_of: None,
        written_by: None,
    }))
}

/// Returns the numbers under which the rule of a record may be stored: the one that the record shows, or those that the person
/// typed.
fn partitions(record: &RecordFields, wanted: &WantedCall) -> Vec<String> {
    let Some(number) = record.text("rule_number") else { return Vec::new() };
    if number == WILDCARD || !number.contains('*') {
        return vec![number];
    }
    let typed = wanted.numbers().into_iter().filter(|wanted| wanted.has_digits(&number));
    typed.map(|typed| typed.number.to_string()).collect()
}

/// Returns the mask that the log of a record has.
fn mask_of(record: &RecordFields, settings: &Settings) -> Mask {
    let numbers = [record.text("to"), record.text("from")];
    let log_numbers = match numbers.iter().flatten().next() {
        _ if numbers.iter().flatten().any(|number| number.contains('*')) => LogNumbers::Masked,
        Some(_) => LogNumbers::Full,
        None => LogNumbers::Hidden,
    };
    Mask::new(&Settings { log_numbers, ..settings.clone() })
}
