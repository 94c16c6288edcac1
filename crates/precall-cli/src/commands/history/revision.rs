//! The times in which the rules under `*` had a revision.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use precall::rule::{Key, Version, WILDCARD};
use precall_hook::journal::Change;
use precall_hook::settings::Settings;
use precall_hook::store::item;
use serde_json::json;

use super::output::HistoryFormat;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{HistoryEntry, JournalReader, ListRuns, in_order};
use crate::terminal::{one_line, print, print_stderr};

/// Hex digits of a revision.
const DIGITS: usize = 12;

/// A time in which the rules had a revision.
#[derive(Debug)]
struct RevisionPeriod {
    /// The change that began it; `None` if it began before the journal.
    began: Option<HistoryEntry>,
    /// The change that ended it; `None` if it goes on.
    ended: Option<HistoryEntry>,
}

/// Reads a revision.
///
/// # Errors
/// When it is not of hex digits.
pub fn parse(text: &str) -> Result<String, String> {
    let revision = text.trim().to_ascii_lowercase();
    if revision.len() == DIGITS && revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(revision)
    } else {
        Err(format!("write {DIGITS} hex digits, such as 5d9e4900bb69"))
    }
}

/// Prints the times in which the rules under `*` had a revision, the newest first.
///
/// # Errors
/// When there is no journal, or it cannot be read.
pub async fn show(
    opened: &OpenedStore,
    settings: &Settings,
    revision: &str,
    format: HistoryFormat,
) -> Result<(), Failure> {
    // Before the journal, so that a change that is made meanwhile is in the journal.
    let current = opened.store.attributes(WILDCARD).await?;
    let mut journal = JournalReader::open(opened, settings).await?;
    let runs = ListRuns::of(&journal.of_list_records().await?);
    let mut changes = journal.under(WILDCARD, Timestamp::UNIX_EPOCH).await?;
    let lists: BTreeSet<String> = runs.lists().cloned().collect();
    let is_wildcard = |change: &Change| change.key.is_wildcard();
    changes.extend(journal.packed(&lists, Timestamp::UNIX_EPOCH, is_wildcard).await?);
    let changes = in_order(changes).into_iter().map(|change| HistoryEntry::of(change, &runs)).collect();
    let periods = periods(&current, changes, revision);
    if format == HistoryFormat::Csv {
        print("revision,from,to,began_by,ended_by\n")?;
    }
    for period in &periods {
        print(&line(format, revision, period))?;
    }
    let (begins, place) = (journal.begins(), &opened.location);
    if periods.is_empty() {
        print_stderr(format_args!(
            "the rules under `*` of {place} have not had the revision {revision} since the journal began at {begins}"
        ));
    }
    Ok(())
}

/// Returns the times in which the rules had a revision, the newest first.
fn periods(current: &[Attributes], changes: Vec<HistoryEntry>, revision: &str) -> Vec<RevisionPeriod> {
    let version = |attributes: &Attributes| Version::of(&item(attributes.clone()));
    let mut versions: BTreeMap<Key, Version> =
        current.iter().map(|attributes| (items::key(attributes), version(attributes))).collect();
    let is_wanted = |versions: &BTreeMap<Key, Version>| {
        let rules = versions.iter().map(|(key, version)| (key.rule.as_str(), *version));
        Version::of_rules(rules).to_string() == revision
    };
    let mut periods = Vec::new();
    let mut ended: Option<HistoryEntry> = None;
    for entry in changes.into_iter().rev() {
        let is_of_revision = is_wanted(&versions);
        match &entry.change.before {
            Some(before) => versions.insert(entry.change.key.clone(), version(before)),
            None => versions.remove(&entry.change.key),
        };
        if is_of_revision {
            periods.push(RevisionPeriod { began: Some(entry.clone()), ended });
        }
        ended = Some(entry);
    }
    if is_wanted(&versions) {
        periods.push(RevisionPeriod { began: None, ended });
    }
    periods
}

fn line(format: HistoryFormat, revision: &str, RevisionPeriod { began, ended }: &RevisionPeriod) -> String {
    let at = |entry: &Option<HistoryEntry>| entry.as_ref().map(|entry| entry.change.at.to_string());
    let id = |entry: &Option<HistoryEntry>| entry.as_ref().map(|entry| entry.id().to_owned());
    match format {
        HistoryFormat::Text => {
            let in_words = |entry: &Option<HistoryEntry>, none: &str| {
                entry.as_ref().map_or_else(
                    || none.to_owned(),
                    |entry| {
                        format!(
                            "{} ({}, by {}; entry {})",
                            entry.change.at,
                            one_line(&entry.summary()),
                            one_line(&entry.author()),
                            entry.id()
                        )
                    },
                )
            };
            let (from, to) = (in_words(began, "before the journal begins"), in_words(ended, "now"));
            format!("revision {revision} of the rules under `*`\n  from {from}\n  to   {to}\n")
        }
        HistoryFormat::Json => {
            let line = json!({
                "revision": revision, "from": at(began), "to": at(ended), "began_by": id(began), "ended_by": id(ended),
            });
            format!("{line}\n")
        }
        HistoryFormat::Csv => {
            // Spreadsheet programs round long numbers.
            let id = |entry| id(entry).map(|id| format!("'{id}")).unwrap_or_default();
            let at = |entry| at(entry).unwrap_or_default();
            format!("{revision},{},{},{},{}\n", at(began), at(ended), id(began), id(ended))
        }
    }
}
