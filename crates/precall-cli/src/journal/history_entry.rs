//! An entry of the history: a change, with the person or the program that made it.

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::Key;
use precall_hook::journal::{Change, ChangeKind, ChangeOrigin, Stamp};
use precall_hook::store::LISTS;

use super::list_runs::ListRuns;
use super::order::digits;
use crate::dynamodb::attribute_value::Attributes;

/// The digits of a checksum that people see.
const CHECKSUM_DIGITS: usize = 12;

/// The rule under `*` by which the hook knows the copy of a list: `list:NAME`.
const LIST_NOTICE: &str = "list:";

/// A change, with its origin.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// The change.
    pub change: Change,
    /// Its origin.
    pub origin: EntryOrigin,
}

/// The origin of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryOrigin {
    /// A tool of precall, which stamped the item.
    Tool(Stamp),
    /// The import or the removal of a list, with the stamp of its run, if it is known.
    List { list: String, stamp: Option<Stamp> },
    /// The removal of an item after its `expires_at`.
    Expiry,
    /// The console, or another program.
    ConsoleOrProgram,
}

impl HistoryEntry {
    /// Returns the entry of a change. The runs of lists show which of them removed an item.
    pub fn of(change: Change, runs: &ListRuns) -> Self {
        let of_run = |list: &str| EntryOrigin::List { list: list.to_owned(), stamp: runs.stamp(list, change.at) };
        let origin = match change.origin() {
            _ if change.key.number == LISTS => origin_of_record(&change),
            ChangeOrigin::Tool(stamp) => EntryOrigin::Tool(stamp),
            ChangeOrigin::Import(list) => of_run(&list),
            ChangeOrigin::ListedRemoval(list) if runs.is_removing(&list, change.at) => of_run(&list),
            ChangeOrigin::Expiry => EntryOrigin::Expiry,
            ChangeOrigin::ListedRemoval(_) | ChangeOrigin::Other => match noticed_list(&change.key) {
                Some(list) if runs.is_running(list, change.at) => of_run(list),
                _ => EntryOrigin::ConsoleOrProgram,
            },
        };
        Self { change, origin }
    }

    /// Returns the id of the entry: the sequence number of its change, without leading zeros.
    pub fn id(&self) -> &str {
        digits(&self.change.sequence)
    }

    /// Returns true if the entry is of one number of a list, or of the notice of its copy. One line stands for all of them.
    pub fn is_part_of_list(&self) -> bool {
        match &self.origin {
            EntryOrigin::List { .. } => !self.is_of_list_record(),
            EntryOrigin::Tool(stamp) => {
                noticed_list(&self.change.key).is_some() && ["import", "lists remove"].contains(&stamp.via.as_str())
            }
            _ => false,
        }
    }

    /// Returns the list, if the entry is of an import or the removal of one: of its record, of one of its numbers, or of its notice.
    pub fn list(&self) -> Option<&str> {
        match &self.origin {
            _ if self.is_of_list_record() => Some(&self.change.key.rule),
            EntryOrigin::List { list, .. } => Some(list),
            _ if self.is_part_of_list() => noticed_list(&self.change.key),
            _ => None,
        }
    }

    /// Returns true if the entry is of the record of a list.
    pub fn is_of_list_record(&self) -> bool {
        self.change.key.number == LISTS
    }

    /// Returns the kind of the change.
    pub fn kind(&self) -> &'static str {
        match self.change.kind() {
            ChangeKind::Added => "added",
            ChangeKind::Changed => "changed",
            ChangeKind::Removed => "removed",
        }
    }

    /// Returns the origin as a word.
    pub fn origin_name(&self) -> &'static str {
        match &self.origin {
            EntryOrigin::Tool(_) => "tool",
            EntryOrigin::List { .. } => "list",
            EntryOrigin::Expiry => "expiry",
            EntryOrigin::ConsoleOrProgram => "console or program",
        }
    }

    /// Returns the stamp of the tool that made the change, or of the run of a list that did.
    pub fn stamp(&self) -> Option<&Stamp> {
        match &self.origin {
            EntryOrigin::Tool(stamp) => Some(stamp),
            EntryOrigin::List { stamp, .. } => stamp.as_ref(),
            EntryOrigin::Expiry | EntryOrigin::ConsoleOrProgram => None,
        }
    }

    /// Returns who made the change, and by what way.
    pub fn author(&self) -> String {
        match &self.origin {
            EntryOrigin::Tool(stamp) => stamp_words(stamp, ""),
            EntryOrigin::List { list, stamp: Some(stamp) } => stamp_words(stamp, &format!(" of list {list}")),
            EntryOrigin::List { list, stamp: None } if self.change.after.is_some() => {
                format!("the import of list {list}")
            }
            EntryOrigin::List { list, stamp: None } => format!("a run that removed numbers of list {list}"),
            EntryOrigin::Expiry => "DynamoDB, after its `expires_at`".to_owned(),
            EntryOrigin::ConsoleOrProgram => "console or program".to_owned(),
        }
    }

    /// Returns the change in words: `` rule `dnc` under +13155550101 was changed ``. For the record of a list, they have the file of its
    /// import, the checksum and the counts.
    pub fn summary(&self) -> String {
        let Change { key: Key { number, rule }, before, after, .. } = &self.change;
        match (number == LISTS, before, after) {
            (true, _, Some(record)) => list_words(rule, record),
            (true, Some(_), None) => format!("list {rule} was removed with its numbers"),
            _ => format!("rule `{rule}` under {number} was {}", self.kind()),
        }
    }
}

/// Returns the author of a change, the way, and the reason.
fn stamp_words(Stamp { by, via, because, .. }: &Stamp, of: &str) -> String {
    let because = because.as_ref().map(|because| format!(", because: {because}")).unwrap_or_default();
    format!("{by}, via {via}{of}{because}")
}

/// Returns the list of a notice.
fn noticed_list(key: &Key) -> Option<&str> {
    key.is_wildcard().then(|| key.rule.strip_prefix(LIST_NOTICE)).flatten()
}

/// Returns the words of a list's record.
fn list_words(list: &str, record: &Attributes) -> String {
    let text = |name: &str| match record.get(name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.as_str(),
        _ => "?",
    };
    let checksum: String = text("sha256").chars().take(CHECKSUM_DIGITS).collect();
    let file = format!("file {} (sha256 {checksum})", text("file"));
    match text("state") {
        "complete" => format!(
            "list {list} was imported: {file}, {} accepted, {} removed, {} rejected",
            text("accepted"),
            text("removed"),
            text("rejected")
        ),
        "importing" => format!("an import of list {list} began: {file}"),
        "removing" => format!("an import of list {list} began to remove numbers that are not in its {file}"),
        "deleting" => format!("the removal of list {list} began"),
        state => format!("the record of list {list} has the state {state}"),
    }
}

/// Returns the origin of the change of a list's record. The stamp of a run is that of its first change.
fn origin_of_record(change: &Change) -> EntryOrigin {
    let Change { key, before, after, .. } = change;
    let run = |record: &Option<Attributes>| record.as_ref().and_then(|record| record.get("import")).cloned();
    let is_same_run = after.is_none() || run(before) == run(after);
    match change.origin() {
        ChangeOrigin::Tool(stamp) => EntryOrigin::Tool(stamp),
        ChangeOrigin::Expiry => EntryOrigin::Expiry,
        _ => match after.as_ref().or(before.as_ref()).and_then(Stamp::of).filter(|_| is_same_run) {
            Some(stamp) => EntryOrigin::Tool(stamp),
            // Every record of an import names its run.
            None if run(before).is_none() && run(after).is_none() => EntryOrigin::ConsoleOrProgram,
            None => EntryOrigin::List { list: key.rule.clone(), stamp: None },
        },
    }
}
