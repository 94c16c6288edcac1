//! The rules as they were at an instant.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use precall::rule::{Action, Entry, Key, WILDCARD};
use precall_hook::journal::Change;
use precall_hook::settings::Settings;
use precall_hook::store::LISTS;

use super::chain::{MissingChange, missing_changes};
use super::error::{UnknownPast, UnknownPastReason};
use super::history_entry::HistoryEntry;
use super::list_runs::{ListRuns, RunningList};
use super::order::in_order;
use super::reader::JournalReader;
use super::rewind::{ItemsByKey, take_back};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::dynamodb::store::{OpenedStore, scan};
use crate::failure::Failure;

/// Most missing changes that are warned of one by one.
const MAX_WARNINGS: usize = 20;

/// The rules that are wanted.
#[derive(Debug, Clone)]
pub enum WantedRules {
    /// All.
    All,
    /// Those under these numbers, under the targets of their redirects, and under `*`.
    Under(Vec<String>),
}

/// The rules as they were at an instant.
#[derive(Debug)]
pub struct PastRules {
    /// The items, without the records of lists.
    pub items: Vec<Attributes>,
    /// True if they are all items of the table.
    pub is_whole: bool,
    /// The parts that the journal does not have, as sentences.
    pub warnings: Vec<String>,
    /// The items that are not known as they were then; `items` has them as they were later.
    pub unknown: Vec<Key>,
    /// The lists of which only a part was written or removed then.
    pub half_written: Vec<RunningList>,
}

/// An item as it was at an instant, after all changes of its second.
#[derive(Debug)]
pub struct PastItem {
    /// The item of today; `None` if there is none.
    pub current: Option<Attributes>,
    /// The item of then; `None` if there was none.
    pub item: Option<Attributes>,
    /// The changes since then, the oldest first.
    pub later: Vec<HistoryEntry>,
    /// The parts that the journal does not have, as sentences.
    pub warnings: Vec<String>,
    /// The reason for which the item of then is not known, if it is not.
    pub unknown: Option<UnknownPast>,
}

impl PastItem {
    /// Reads an item as it was at an instant.
    ///
    /// # Errors
    /// When there is no journal table, or the table or its journal cannot be read.
    pub async fn read(opened: &OpenedStore, settings: &Settings, key: &Key, at: Timestamp) -> Result<Self, Failure> {
        let from = Timestamp::from_second(at.as_second())? + SignedDuration::from_secs(1);
        let Recent { mut items, mut changes, mut journal } = under_one(opened, settings, from, &key.number).await?;
        journal.read_retention().await?;
        items.retain(|other, _| other == key);
        changes.retain(|change| change.key == *key);
        let current = items.get(key).cloned();
        let missing = missing_changes(&changes, Some(&items), at.max(journal.begins()));
        let lost = take_back(&mut items, &changes);
        let runs = ListRuns::of(&journal.of_list_records().await?);
        let missing_rules = || {
            let keys = unknown(&changes, &missing, &lost);
            let reason = UnknownPastReason::MissingRules(keys);
            let is_known = matches!(&reason, UnknownPastReason::MissingRules(keys) if keys.is_empty());
            (!is_known).then(|| UnknownPast { at, rules: opened.location.clone(), reason })
        };
        Ok(Self {
            current,
            item: items.remove(key),
            unknown: before_journal(opened, &journal, at).or_else(missing_rules),
            later: changes.into_iter().map(|change| HistoryEntry::of(change, &runs)).collect(),
            warnings: warnings(&missing, &lost),
        })
    }
}

/// The items of today, and the changes to take back.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) items: ItemsByKey,
    pub(super) changes: Vec<Change>,
    pub(super) journal: JournalReader,
}

impl PastRules {
    /// Reads the rules as they were at an instant, after all changes of its second.
    ///
    /// # Errors
    /// [`UnknownPast`] if the instant is before the journal begins; when there is no journal table, or the table or its journal
    /// cannot be read.
    pub async fn read(
        opened: &OpenedStore,
        settings: &Settings,
        at: Timestamp,
        wanted: WantedRules,
    ) -> Result<Self, Failure> {
        let (past, mut journal) = Self::rebuild(opened, settings, at, wanted).await?;
        journal.read_retention().await?;
        before_journal(opened, &journal, at).map_or(Ok(past), |unknown| Err(unknown.into()))
    }

    /// Reads the items before a run of a list and after it, or of now if it has not ended. The items before the run are known, also if
    /// it began with the journal: its changes have them.
    ///
    /// # Errors
    /// When the table or its journal cannot be read.
    pub async fn around(
        opened: &OpenedStore,
        settings: &Settings,
        run: &RunningList,
        wanted: &WantedRules,
    ) -> Result<[Vec<Attributes>; 2], Failure> {
        let before = run.from - SignedDuration::from_secs(1);
        let (before, _) = Self::rebuild(opened, settings, before, wanted.clone()).await?;
        let (after, _) = Self::rebuild(opened, settings, run.to.unwrap_or_else(Timestamp::now), wanted.clone()).await?;
        Ok([before.items, after.items])
    }

    async fn rebuild(
        opened: &OpenedStore,
        settings: &Settings,
        at: Timestamp,
        wanted: WantedRules,
    ) -> Result<(Self, JournalReader), Failure> {
        // The first second whose changes are later.
        let from = Timestamp::from_second(at.as_second())? + SignedDuration::from_secs(1);
        // A small table is read whole, so that items under misspelt numbers are seen too.
        let (_, is_large) = items::first(&opened.store, items::PAGE).await?;
        let is_whole = !is_large || matches!(wanted, WantedRules::All);
        let Recent { mut items, changes, mut journal } = match wanted {
            WantedRules::Under(numbers) if is_large => under(opened, settings, from, numbers).await?,
            _ => whole(opened, settings, from).await?,
        };
        let missing = missing_changes(&changes, Some(&items), at.max(journal.begins()));
        let lost = take_back(&mut items, &changes);
        let unknown = unknown(&changes, &missing, &lost);
        let half_written = ListRuns::of(&journal.of_list_records().await?).half_written(at);
        let mut warnings = warnings(&missing, &lost);
        warnings.extend(half_written.iter().map(|run| {
            format!(
                "{run}, so some of its numbers at {at} were those of the copy before, and some those of the copy after"
            )
        }));
        Ok((Self { items: items.into_values().collect(), is_whole, warnings, unknown, half_written }, journal))
    }
}

/// Reads all items of today, and the changes from an instant on. The records of lists are not rules.
pub(super) async fn whole(opened: &OpenedStore, settings: &Settings, from: Timestamp) -> Result<Recent, Failure> {
    let mut items = ItemsByKey::new();
    scan(opened, |item| {
        items.insert(items::key(&item), item);
        Ok(())
    })
    .await?;
    let mut journal = JournalReader::open(opened, settings).await?;
    let lists = lists(opened, &mut journal, items.values()).await?;
    let mut changes = journal.between(from, Timestamp::MAX).await?;
    changes.extend(journal.packed(&lists, from, |_| true).await?);
    changes.retain(|change| !items::is_record_key(&change.key));
    Ok(Recent { items, changes: in_order(changes), journal })
}

/// Reads the items under numbers and under the targets of their redirects, then and now, and their changes from an instant on.
async fn under(
    opened: &OpenedStore,
    settings: &Settings,
    from: Timestamp,
    mut numbers: Vec<String>,
) -> Result<Recent, Failure> {
    let mut all = under_one(opened, settings, from, WILDCARD).await?;
    let mut done = BTreeSet::from([WILDCARD.to_owned()]);
    numbers.extend(all.targets());
    while let Some(number) = numbers.pop() {
        if done.insert(number.clone()) {
            let one = under_one(opened, settings, from, &number).await?;
            numbers.extend(one.targets());
            all.items.extend(one.items);
            all.changes.extend(one.changes);
        }
    }
    Ok(all)
}

/// Reads the items under one number, and their changes from an instant on.
pub(super) async fn under_one(
    opened: &OpenedStore,
    settings: &Settings,
    from: Timestamp,
    number: &str,
) -> Result<Recent, Failure> {
    let items = opened.store.attributes(number).await?;
    let items: ItemsByKey = items.into_iter().map(|item| (items::key(&item), item)).collect();
    let mut journal = JournalReader::open(opened, settings).await?;
    let lists = lists(opened, &mut journal, items.values()).await?;
    let mut changes = journal.under(number, from).await?;
    changes.extend(journal.packed(&lists, from, |change| change.key.number == number).await?);
    Ok(Recent { items, changes: in_order(changes), journal })
}

/// Returns the names of the lists of today and of the past, and of these items.
async fn lists(
    opened: &OpenedStore,
    journal: &mut JournalReader,
    items: impl Iterator<Item = &Attributes>,
) -> Result<BTreeSet<String>, Failure> {
    let records = opened.store.attributes(LISTS).await?;
    let mut lists: BTreeSet<String> = records.iter().map(|record| items::key(record).rule).collect();
    lists.extend(ListRuns::of(&journal.of_list_records().await?).lists().cloned());
    lists.extend(items.filter_map(list));
    Ok(lists)
}

impl Recent {
    /// Returns the targets of the redirects in the items as they were.
    fn targets(&self) -> Vec<String> {
        let mut then = self.items.clone();
        take_back(&mut then, &self.changes);
        let mut all = Vec::new();
        for item in then.values() {
            if let Entry::Rule(rule) = items::parse(item)
                && let Action::Redirect(targets) = &rule.action
            {
                all.extend(targets.numbers().map(|number| number.as_str().to_owned()));
            }
        }
        all
    }
}

/// Returns the list of an item.
fn list(item: &Attributes) -> Option<String> {
    let change = Change {
        key: items::key(item),
        at: Timestamp::UNIX_EPOCH,
        sequence: String::new(),
        before: None,
        after: Some(item.clone()),
        is_expiry: false,
        are_images_lost: false,
    };
    change.list().map(str::to_owned)
}

/// Returns the error of an instant before the journal begins.
fn before_journal(opened: &OpenedStore, journal: &JournalReader, at: Timestamp) -> Option<UnknownPast> {
    let begins = journal.begins();
    let reason = UnknownPastReason::BeforeJournal { journal: journal.name().to_owned(), begins };
    (at < begins).then(|| UnknownPast { at, rules: opened.location.clone(), reason })
}

/// Returns the keys of the items that are not known as they were: the images of their first later change are lost, or there is no
/// later change although their stamps are later.
fn unknown(changes: &[Change], missing: &[MissingChange], lost: &[(Key, Timestamp)]) -> Vec<Key> {
    let is_changed = |key: &Key| changes.iter().any(|change| change.key == *key);
    let missing = missing.iter().map(|missing| &missing.key).filter(|key| !is_changed(key));
    lost.iter().map(|(key, _)| key).chain(missing).cloned().collect()
}

/// Returns the parts that the journal does not have, as sentences.
fn warnings(missing: &[MissingChange], lost: &[(Key, Timestamp)]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (Key { number, rule }, at) in lost {
        warnings.push(format!(
            "the change of rule `{rule}` under {number} at {at} is too large for the journal, so the rule before it is not known; \
             it is shown as it was later"
        ));
    }
    warnings.extend(missing.iter().map(ToString::to_string));
    let others = warnings.len().saturating_sub(MAX_WARNINGS);
    warnings.truncate(MAX_WARNINGS);
    if others > 0 {
        warnings.push(format!("{others} more like this"));
    }
    warnings
}
