//! The error of a filter that names something that there is not and never was.

use std::collections::BTreeSet;

use jiff::Timestamp;
use precall::rule::{Key, WILDCARD, quoted};
use precall_hook::journal::Change;
use precall_hook::settings::Settings;
use precall_hook::store::LISTS;

use super::selection::{Selection, is_by};
use crate::dynamodb::items;
use crate::dynamodb::store::OpenedStore;
use crate::edit::partition;
use crate::failure::Failure;
use crate::journal::{EntryOrigin, HistoryEntry, JournalReader, ListRuns};
use crate::near_name::nearest;

/// Most authors that an error names.
const MAX_AUTHORS: usize = 20;

/// Checks the filters of a selection without entries: the number must be one, and the rule, the list and the author must be known
/// at any time.
///
/// # Errors
/// When one of them is not, or the table or its journal cannot be read.
pub async fn check(selection: &Selection<'_>, opened: &OpenedStore, settings: &Settings) -> Result<(), Failure> {
    let mut journal = JournalReader::open(opened, settings).await?;
    let runs = ListRuns::of(&journal.of_list_records().await?);
    let number = match selection.number.map(partition) {
        Some(Err(error)) => return Err(format!("--number {error}").into()),
        number => number.transpose()?,
    };
    if let Some(list) = selection.list {
        check_list(list, &runs, opened).await?;
    }
    if selection.rule.is_none() && selection.by.is_none() {
        return Ok(());
    }
    let lists: BTreeSet<String> = runs.lists().cloned().collect();
    let is_under = |change: &Change| number.as_ref().is_none_or(|number| change.key.number == *number);
    let mut changes = match &number {
        Some(number) => journal.under(number, Timestamp::UNIX_EPOCH).await?,
        None => journal.between(Timestamp::UNIX_EPOCH, Timestamp::MAX).await?,
    };
    changes.extend(journal.packed(&lists, Timestamp::UNIX_EPOCH, is_under).await?);
    if let Some(rule) = selection.rule {
        check_rule(rule, number.as_deref(), &changes, opened).await?;
    }
    if let Some(by) = selection.by {
        check_author(by, changes.into_iter().map(|change| HistoryEntry::of(change, &runs)), opened)?;
    }
    Ok(())
}

async fn check_list(list: &str, runs: &ListRuns, opened: &OpenedStore) -> Result<(), Failure> {
    let records = opened.store.attributes(LISTS).await?;
    let mut known: BTreeSet<String> = records.iter().map(|record| items::key(record).rule).collect();
    known.extend(runs.lists().cloned());
    if known.contains(list) {
        return Ok(());
    }
    let meant = nearest(list, known.iter().map(String::as_str)).map(|meant| format!(" (did you mean {meant}?)"));
    Err(format!(
        "--list {}: no such list is or was in {}{}; `precall lists` shows the lists",
        quoted(list),
        opened.location,
        meant.unwrap_or_default()
    )
    .into())
}

/// A large table is not read to its end, because that costs money: the rule is then looked up under the number or `*`.
async fn check_rule(rule: &str, number: Option<&str>, changes: &[Change], opened: &OpenedStore) -> Result<(), Failure> {
    let mut known: Vec<Key> = changes.iter().map(|change| change.key.clone()).collect();
    let mut found = opened.store.attributes(number.unwrap_or(WILDCARD)).await?;
    let mut is_more = false;
    if number.is_none() {
        let (some, more) = items::first(&opened.store, items::PAGE).await?;
        found.extend(some);
        is_more = more;
    }
    known.extend(found.iter().map(items::key));
    if known.iter().any(|key| key.rule.eq_ignore_ascii_case(rule.trim())) {
        return Ok(());
    }
    let under = number.map(|number| format!(" under {number}")).unwrap_or_default();
    let meant =
        nearest(rule, known.iter().map(|key| key.rule.as_str())).map(|meant| format!(" (did you mean {meant}?)"));
    let rest = if is_more {
        "; not all numbers of this large table were looked at, so add --number if it is a rule of one number"
    } else {
        "; `precall rules` lists the rules"
    };
    Err(format!(
        "--rule {}: no such rule is or was{under} in {}{}{rest}",
        quoted(rule),
        opened.location,
        meant.unwrap_or_default()
    )
    .into())
}

fn check_author(by: &str, entries: impl Iterator<Item = HistoryEntry>, opened: &OpenedStore) -> Result<(), Failure> {
    let mut authors = BTreeSet::new();
    for entry in entries {
        if is_by(&entry, by) {
            return Ok(());
        }
        let author = match &entry.origin {
            EntryOrigin::Tool(stamp) => stamp.by.clone(),
            EntryOrigin::List { .. } => continue,
            EntryOrigin::Expiry | EntryOrigin::ConsoleOrProgram => entry.author(),
        };
        authors.insert(author);
    }
    // These are no names of persons.
    if ["console", "program", "import", "dynamodb"].iter().any(|word| by.trim().eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    let others = authors.len().saturating_sub(MAX_AUTHORS);
    let mut names: Vec<String> = authors.into_iter().take(MAX_AUTHORS).collect();
    if others > 0 {
        names.push(format!("{others} others"));
    }
    let known = if names.is_empty() { "no author".to_owned() } else { names.join(", ") };
    Err(format!(
        "--by {}: no changes by this author are known in {}; changes are known by: {known}",
        quoted(by),
        opened.location
    )
    .into())
}
