//! The rule that decided, as it was at the time of the call.

use jiff::Timestamp;
use precall::rule::WILDCARD;
use precall_hook::journal::without_bookkeeping;
use precall_hook::log::Mask;
use precall_hook::settings::{LogNumbers, Settings};
use serde_json::Value;

use super::found_calls::FoundCall;
use super::record_fields::RecordFields;
use super::wanted_call::WantedCall;
use crate::dynamodb::attribute_value::{Attributes, to_plain};
use crate::dynamodb::items;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{HistoryEntry, ItemState, ItemStates, NoJournal};
use crate::rule_row::RuleInWords;
use crate::terminal::one_line;

/// Most changes of the callee's rules that a page shows.
const MAX_CHANGES: usize = 20;

/// The rules that a page shows beside the record.
#[derive(Debug)]
pub struct RulesThen {
    /// The rule that decided.
    pub rule: RuleSearch,
    /// The changes of the callee's rules; `None` if they are not known.
    pub callee_changes: Option<CalleeChanges>,
}

/// The rule that decided a call, from a source of rules.
#[derive(Debug)]
pub struct RuleThen {
    /// The rule in words; the faults if it is invalid.
    pub sentence: String,
    /// The item as JSON.
    pub item: String,
    /// The place of the rules.
    pub source: String,
    /// The item's past; `None` if there is no journal.
    pub past: Option<RulePast>,
}

/// The past of the rule, by the journal.
#[derive(Debug)]
pub struct RulePast {
    /// The instant of the call, at which the item was so.
    pub at: Timestamp,
    /// The person or the program that wrote it, with the time and the way.
    pub written_by: String,
    /// The person or the program that changed it later.
    pub ended_by: Option<String>,
    /// A difference between the record and the journal.
    pub doubt: Option<String>,
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

/// Finds the rule of a record: as it was at the time of the call if the store has a journal, or else as it is now. Numbers that
/// the log masks stay masked, except those that the person typed.
///
/// # Errors
/// If the table or its journal cannot be read.
pub async fn rule_of(
    opened: &OpenedStore,
    call: &FoundCall,
    wanted: &WantedCall,
    settings: &Settings,
) -> Result<RuleSearch, Failure> {
    let record = &call.fields;
    let Some(rule) = record.text("rule") else { return Ok(RuleSearch::None) };
    let partitions = partitions(record, wanted);
    if partitions.is_empty() {
        let text = "the log masks the number under which the rule is stored; find the call with --to NUMBER";
        return Ok(RuleSearch::NotRead(text.to_owned()));
    }
    let mut states = Vec::new();
    let mut has_journal = true;
    for partition in partitions {
        match Box::pin(ItemStates::read(opened, settings, &partition)).await {
            Ok(read) => states.extend(read.states),
            Err(error) if error.is::<NoJournal>() => {
                has_journal = false;
                states.extend(opened.store.attributes(&partition).await?.into_iter().map(state_of_now));
            }
            Err(error) => return Err(error),
        }
    }
    let mask = mask_of(record, settings);
    let is_exact = states.iter().any(|state| state.key.rule == rule);
    states.retain(|state| state.key.rule == rule || !is_exact && mask.text(&state.key.rule) == rule);
    let version = record.text("rule_version");
    let source = opened.location.to_string();
    let Some(state) = chosen(&states, call.at, version.as_deref(), has_journal) else {
        return Ok(RuleSearch::Missing { source });
    };
    let sentence =
        RuleInWords::of(&items::parse(&state.item)).map_or_else(|| "invalid".to_owned(), |words| words.sentence);
    let masked = |text: &str| masked(&mask, wanted, text);
    let item = without_bookkeeping(&state.item);
    Ok(RuleSearch::Found(RuleThen {
        sentence: masked(&sentence),
        item: masked(&Value::Object(to_plain(&item)).to_string()),
        source,
        past: has_journal.then(|| past(state, call.at, version.as_deref(), masked)),
    }))
}

fn state_of_now(item: Attributes) -> ItemState {
    ItemState { key: items::key(&item), item, made_by: None, ended_by: None }
}

/// Returns the state that decided: of those at the time of the call, the one with the version of the record. The journal has whole
/// seconds, so that an item may have had several states in the second of the call.
fn chosen<'s>(
    states: &'s [ItemState],
    at: Timestamp,
    version: Option<&str>,
    has_journal: bool,
) -> Option<&'s ItemState> {
    if !has_journal {
        return states.first();
    }
    let is_version = |state: &&ItemState| version.is_some_and(|version| state.version() == version);
    let then = || states.iter().filter(|state| state.covers(at));
    // An instance may use wildcard rules that are some seconds old, so that the version may be of an earlier state.
    then().find(is_version).or_else(|| states.iter().rev().find(is_version)).or_else(|| then().next())
}

fn past(state: &ItemState, at: Timestamp, version: Option<&str>, masked: impl Fn(&str) -> String) -> RulePast {
    let unknown = "not known, because the journal begins later".to_owned();
    let other = version.filter(|version| state.version() != *version);
    let doubt = other.map(|version| {
        let then = state.version();
        format!("the record has version {version}, and the journal has {then} at that time; see `precall history`")
    });
    RulePast {
        at,
        written_by: state.made_by.as_ref().map_or(unknown, |entry| change_in_words(entry, &masked)),
        ended_by: state.ended_by.as_ref().map(|entry| change_in_words(entry, &masked)),
        doubt,
    }
}

/// The changes of the rules under the callee's number, by the journal.
#[derive(Debug)]
pub struct CalleeChanges {
    /// The last changes, the newest first.
    pub last: Vec<String>,
    /// The number of the earlier ones.
    pub earlier: usize,
    /// The instant from which on the journal has all changes.
    pub begins: Timestamp,
}

/// Finds the changes of the rules under the callee's number; `None` if there is no journal, or the log masks the number and the
/// person did not type it.
///
/// # Errors
/// If the table or its journal cannot be read.
pub async fn changes_of_callee(
    opened: &OpenedStore,
    call: &FoundCall,
    wanted: &WantedCall,
    settings: &Settings,
) -> Result<Option<CalleeChanges>, Failure> {
    let shown = call.fields.text("to").filter(|to| !to.contains('*'));
    let typed = || wanted.numbers().first().map(|typed| typed.number.to_string());
    let Some(to) = shown.or_else(typed) else { return Ok(None) };
    match Box::pin(ItemStates::read(opened, settings, &to)).await {
        Ok(ItemStates { changes, begins, .. }) => {
            let mask = mask_of(&call.fields, settings);
            let masked = |text: &str| masked(&mask, wanted, text);
            let words = |entry: &HistoryEntry| {
                format!("rule `{}`: {}", masked(&one_line(&entry.change.key.rule)), change_in_words(entry, masked))
            };
            let last = changes.iter().rev().take(MAX_CHANGES).map(words).collect();
            Ok(Some(CalleeChanges { last, earlier: changes.len().saturating_sub(MAX_CHANGES), begins }))
        }
        Err(error) if error.is::<NoJournal>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the author of a change with its time, its kind and its id.
fn change_in_words(entry: &HistoryEntry, masked: impl Fn(&str) -> String) -> String {
    format!("{} {} by {} (entry {})", entry.change.at, entry.kind(), masked(&one_line(&entry.author())), entry.id())
}

/// Returns a text in which only the numbers that the person typed are whole.
fn masked(mask: &Mask, wanted: &WantedCall, text: &str) -> String {
    let typed: Vec<String> = wanted.numbers().iter().map(|wanted| wanted.number.to_string()).collect();
    mask.text_except(text, typed.iter().map(String::as_str))
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
