//! The entries that are shown.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use precall::rule::LIST_FILE;
use precall_hook::journal::{Change, ChangeKind};
use precall_hook::settings::Settings;

use super::lifted::is_lifted;
use crate::dynamodb::items;
use crate::dynamodb::store::OpenedStore;
use crate::edit::partition;
use crate::failure::Failure;
use crate::journal::{EntryOrigin, HistoryEntry, ItemsByKey, JournalReader, ListRuns, in_order, missing_changes};

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EntryKind {
    /// A new rule.
    Added,
    /// A rule with other attributes.
    Changed,
    /// A rule that was removed.
    Removed,
    /// A REJECT rule that may reject fewer calls, or none.
    Lifted,
}

/// The entries to show.
#[derive(Debug)]
pub struct Selection<'a> {
    pub number: Option<&'a str>,
    pub rule: Option<&'a str>,
    pub list: Option<&'a str>,
    /// True if each number of the list is wanted.
    pub with_numbers: bool,
    pub by: Option<&'a str>,
    /// The kinds of changes; empty for all.
    pub kinds: &'a [EntryKind],
    pub from: Timestamp,
    pub to: Option<Timestamp>,
}

/// The entries, the newest first, and what is known about the journal.
#[derive(Debug)]
pub struct History {
    pub entries: Vec<HistoryEntry>,
    pub warnings: Vec<String>,
    pub begins: Timestamp,
    /// The name of the journal table.
    pub journal: String,
}

impl Selection<'_> {
    /// Reads the entries.
    ///
    /// # Errors
    /// When there is no journal, or it cannot be read.
    pub async fn read(&self, opened: &OpenedStore, settings: &Settings) -> Result<History, Failure> {
        let number = self.number.map(|number| partition(number).unwrap_or_else(|_| number.to_owned()));
        // Before the journal, so that a change that is made meanwhile is in the journal.
        let current = match &number {
            Some(number) if self.to.is_none() => {
                let items = opened.store.attributes(number).await?;
                Some(items.into_iter().map(|item| (items::key(&item), item)).collect::<ItemsByKey>())
            }
            _ => None,
        };
        let mut journal = JournalReader::open(opened, settings).await?;
        let records = journal.of_list_records().await?;
        let runs = ListRuns::of(&records);
        let mut changes = self.changes(&mut journal, number.as_deref(), &runs, &records).await?;
        changes.retain(|change| self.to.is_none_or(|to| change.at < to));
        let begins = journal.begins();
        let checked = checked(&changes, number.is_some());
        let missing = missing_changes(&checked, current.as_ref(), self.from.max(begins));
        let mut entries: Vec<HistoryEntry> =
            changes.into_iter().map(|change| HistoryEntry::of(change, &runs)).collect();
        let unfinished = last_of_runs(&records);
        entries.retain(|entry| self.selects(entry) && (!entry.is_of_list_record() || is_shown(entry, &unfinished)));
        entries.reverse();
        let warnings = missing.iter().map(ToString::to_string).collect();
        Ok(History { entries, warnings, begins, journal: journal.name().to_owned() })
    }

    /// Reads the changes of the period, in order.
    async fn changes(
        &self,
        journal: &mut JournalReader,
        number: Option<&str>,
        runs: &ListRuns,
        records: &[Change],
    ) -> Result<Vec<Change>, Failure> {
        let changes = match (number, self.list) {
            (Some(number), _) => {
                let lists: BTreeSet<String> = runs.lists().cloned().collect();
                let mut changes = journal.under(number, self.from).await?;
                changes.extend(journal.packed(&lists, self.from, |change| change.key.number == number).await?);
                changes
            }
            (None, Some(list)) => {
                let of_record = |change: &&Change| change.key.rule == list && change.at >= self.from;
                let mut changes: Vec<Change> = records.iter().filter(of_record).cloned().collect();
                if self.with_numbers {
                    let all = journal.between(self.from, self.to.unwrap_or(Timestamp::MAX)).await?;
                    changes.extend(all.into_iter().filter(|change| change.list() == Some(list)));
                    let lists = BTreeSet::from([list.to_owned()]);
                    changes.extend(journal.packed(&lists, self.from, |_| true).await?);
                }
                changes
            }
            (None, None) => journal.between(self.from, self.to.unwrap_or(Timestamp::MAX)).await?,
        };
        Ok(in_order(changes))
    }

    fn is_of_kind(&self, entry: &HistoryEntry) -> bool {
        let is_of = |kind: &EntryKind| match kind {
            EntryKind::Added => entry.change.kind() == ChangeKind::Added,
            EntryKind::Changed => entry.change.kind() == ChangeKind::Changed,
            EntryKind::Removed => entry.change.kind() == ChangeKind::Removed,
            EntryKind::Lifted => is_lifted(entry),
        };
        self.kinds.is_empty() || self.kinds.iter().any(is_of)
    }

    /// Returns true if the filters leave an entry in.
    fn selects(&self, entry: &HistoryEntry) -> bool {
        let is_rule = |rule: &str| entry.change.key.rule.eq_ignore_ascii_case(rule.trim());
        let is_shown = self.number.is_some() || self.with_numbers || !entry.is_part_of_list();
        is_shown && self.is_of_kind(entry) && self.rule.is_none_or(is_rule) && self.by.is_none_or(|by| is_by(entry, by))
    }
}

/// Returns true if the name of an entry's author has this text.
pub fn is_by(entry: &HistoryEntry, by: &str) -> bool {
    let by = by.trim().to_lowercase();
    match &entry.origin {
        EntryOrigin::Tool(stamp) => stamp.by.to_lowercase().contains(&by),
        _ => entry.author().to_lowercase().contains(&by),
    }
}

/// Returns the changes to check for missing ones. Those of numbers of lists may be in packs, which are read only for one number.
fn checked(changes: &[Change], has_packs: bool) -> Vec<Change> {
    let is_listed = |change: &&Change| {
        [&change.before, &change.after].into_iter().flatten().any(|item| item.contains_key(LIST_FILE))
    };
    let listed: HashSet<_> = changes.iter().filter(is_listed).map(|change| change.key.clone()).collect();
    changes.iter().filter(|change| has_packs || !listed.contains(&change.key)).cloned().collect()
}

/// Returns the sequence numbers of the last change of each run of a list: it is shown also if the run is not finished.
fn last_of_runs(records: &[Change]) -> HashSet<String> {
    let mut last = std::collections::HashMap::new();
    for change in records {
        last.insert(change.key.rule.as_str(), change.sequence.clone());
    }
    last.into_values().collect()
}

/// Returns true if the entry of a list's record is shown: the end of an import or of the list, or a run that is not finished.
fn is_shown(entry: &HistoryEntry, unfinished: &HashSet<String>) -> bool {
    let state = entry.change.after.as_ref().and_then(|record| record.get("state")?.as_s().ok());
    state.is_none_or(|state| state == "complete") || unfinished.contains(&entry.change.sequence)
}
