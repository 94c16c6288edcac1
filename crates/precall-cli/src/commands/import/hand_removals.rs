//! The numbers of a list that people removed, switched off or changed since its last copy. An import of a file that still has
//! them names them before it writes. It lists numbers again that are rejected, unless `--keep-removed` leaves them as they are.
//! Exemptions, and rules that let calls through, stay as they are, unless `--restore-removed` lists them again.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::{Change, ChangeOrigin};
use precall_hook::settings::Settings;
use precall_hook::store::LISTS;

use super::arguments::{Arguments, KEEP_REMOVED, RESTORE_REMOVED};
use super::hand_change::{HandChange, HeldItem, is_permissive};
use crate::counts::{counted, grouped};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items::ItemChange;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{EntryOrigin, HistoryEntry, JournalReader, ListRuns, in_order};
use crate::number_list::entry_reader::{EntryReader, ReaderMessage};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::list_record::{ImportState, ListRecord, day};
use crate::stamped_write;
use crate::terminal::{ask, one_line, print_stderr};

/// The most numbers that are shown.
const MAX_SHOWN: usize = 10;

/// The numbers of the file that people removed from the list, or changed.
#[derive(Debug, Default)]
pub struct HandRemovals {
    found: Vec<FoundChange>,
    /// The last copy that listed all numbers of its file; `None` if the journal does not have it.
    copied: Option<Timestamp>,
}

/// A number that an import would list again.
#[derive(Debug)]
struct FoundChange {
    key: Key,
    /// The instant and the author of the last change.
    entry: HistoryEntry,
    held: HeldItem,
    /// True if the import leaves it as it is.
    is_kept: bool,
}

impl HandRemovals {
    /// Finds the numbers of the file that people removed or changed since the last copy, and that are still so. Of the journal, it
    /// reads only the time since then. If there are such numbers, it reads the file.
    ///
    /// # Errors
    /// When the file or the table cannot be read, or the journal cannot and its removals are to be kept.
    pub async fn in_file(
        arguments: &Arguments,
        input: &InputFile,
        opened: &OpenedStore,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let (changes, copied) = match since_last_copy(arguments, opened, settings).await {
            Ok(found) => found,
            Err(error) if arguments.keep_removed => {
                return Err(format!(
                    "{error}; so --{KEEP_REMOVED} cannot be followed; leave it out, or make the journal readable"
                )
                .into());
            }
            Err(error) if arguments.is_permissive() && !arguments.restore_removed => {
                return Err(format!(
                    "{error}; so numbers that people took off the list cannot be left out; make the journal readable, or \
                     list all numbers of the file with --{RESTORE_REMOVED}"
                )
                .into());
            }
            Err(error) => {
                print_stderr(format_args!(
                    "note: {error}; numbers of the file that people removed since the last copy are listed again"
                ));
                return Ok(Self::default());
            }
        };
        if changes.is_empty() {
            return Ok(Self::default());
        }
        let new = items_of_file(arguments, input.again()?, &changes).await?;
        let mut found = Vec::new();
        for (key, item) in new {
            let Some(change) = changes.get(&key) else { continue };
            let stored = stamped_write::get(&opened.store, &key).await?;
            if let Some(held) = change.held(&item, stored) {
                let is_kept = arguments.keep_removed || is_permissive(&item) && !arguments.restore_removed;
                found.push(FoundChange { key, entry: change.entry.clone(), held, is_kept });
            }
        }
        Ok(Self { found, copied })
    }

    /// Says which numbers are listed again or left as they are, and asks at a terminal. Returns false if the answer is no.
    ///
    /// # Errors
    /// When the terminal cannot be read or written.
    pub fn announce(&self, arguments: &Arguments) -> Result<bool, Failure> {
        let mut listed_again = 0;
        for is_kept in [true, false] {
            for is_removal in [true, false] {
                let is_of_group =
                    |found: &&FoundChange| found.is_kept == is_kept && is_removal == (found.held == HeldItem::Removed);
                let group: Vec<&FoundChange> = self.found.iter().filter(is_of_group).collect();
                if !group.is_empty() {
                    let mut text = self.text(&group, is_kept, is_removal);
                    if is_kept && !arguments.keep_removed {
                        let them = if group.len() == 1 { "it" } else { "them" };
                        let _ = write!(text, "\n--{RESTORE_REMOVED} lists {them} as the file does");
                    }
                    print_stderr(text);
                    listed_again += if is_kept { 0 } else { group.len() };
                }
            }
        }
        if listed_again == 0 {
            return Ok(true);
        }
        Ok(ask(if listed_again == 1 { "List it again?" } else { "List them again?" })?.unwrap_or(true))
    }

    fn text(&self, group: &[&FoundChange], is_kept: bool, is_removal: bool) -> String {
        let count = group.len();
        let (was, is, stays, it) =
            if count == 1 { ("was", "is", "stays", "it") } else { ("were", "are", "stay", "they") };
        let them = if count == 1 { "it" } else { "them" };
        let what = if is_removal { "removed" } else { "changed" };
        let copy = self.copied.map_or_else(|| "the last copy".to_owned(), |at| format!("the copy of {}", day(at)));
        let counted = counted(u64::try_from(count).unwrap_or(u64::MAX), "number");
        let by_hand = format!("that {was} {what} by hand since {copy}");
        let mut text = match (is_kept, is_removal) {
            (true, true) => format!("note: {counted} {by_hand} {stays} removed:"),
            (true, false) => format!("note: {counted} {by_hand} {stays} as {it} {is}:"),
            (false, true) => format!("warning: this import lists {counted} again {by_hand}:"),
            (false, false) => format!("warning: this import writes {counted} as the file has {them} {by_hand}:"),
        };
        for FoundChange { key, entry, .. } in group.iter().take(MAX_SHOWN) {
            let number = if key.is_wildcard() { &key.rule } else { &key.number };
            let line = format!("  {number}, {} {} by {}", entry.kind(), entry.change.at, entry.author());
            let _ = write!(text, "\n{}", one_line(&line));
        }
        if count > MAX_SHOWN {
            let _ = write!(text, "\n  and {} more", grouped(u64::try_from(count - MAX_SHOWN).unwrap_or(u64::MAX)));
        }
        let _ = match (is_kept, is_removal) {
            (true, _) => Ok(()),
            (false, true) => write!(text, "\nto leave {them} out, write --{KEEP_REMOVED}"),
            (false, false) => write!(text, "\nto leave {them} as {it} {is}, write --{KEEP_REMOVED}"),
        };
        text
    }

    /// Returns the items that the import must leave as they are.
    pub fn into_held(self) -> HashMap<Key, HeldItem> {
        self.found.into_iter().filter(|found| found.is_kept).map(|found| (found.key, found.held)).collect()
    }
}

/// Reads the changes since the last copy from the journal, and returns them with the time of the copy.
async fn since_last_copy(
    arguments: &Arguments,
    opened: &OpenedStore,
    settings: &Settings,
) -> Result<(BTreeMap<Key, HandChange>, Option<Timestamp>), Failure> {
    let list = arguments.list()?;
    let mut journal = JournalReader::open(opened, settings).await?;
    let records = journal.of_list_records().await?;
    let copy = LastCopy::of(&list, arguments.is_permissive(), &records);
    let is_wanted = |change: &Change| {
        is_of_list(&change.key, &list)
            && (change.after.is_none() || !matches!(change.origin(), ChangeOrigin::Import(_)))
    };
    let mut changes = journal.between(copy.finished, Timestamp::MAX).await?;
    changes.retain(is_wanted);
    // A batch of the stream that began before the end of the import has numbers of the import.
    changes.extend(journal.packed_since(&list, copy.finished, is_wanted).await?);
    let runs = ListRuns::of(&records);
    let mut by_hand: BTreeMap<Key, HandChange> = BTreeMap::new();
    for change in in_order(changes) {
        let entry = HistoryEntry::of(change, &runs);
        let key = entry.change.key.clone();
        if is_by_hand(&entry) {
            let earlier = by_hand.remove(&key);
            by_hand.insert(key, HandChange::of(entry, earlier));
        } else if let Some(earlier) = by_hand.get_mut(&key) {
            earlier.add_removal(&entry.origin);
        }
    }
    Ok((by_hand, copy.copied))
}

/// Returns the items that the file has for changed numbers.
async fn items_of_file(
    arguments: &Arguments,
    input: InputFile,
    changes: &BTreeMap<Key, HandChange>,
) -> Result<BTreeMap<Key, Attributes>, Failure> {
    let builder = arguments.builder("", None)?;
    let mut reader = EntryReader::start(input, arguments.format_options()?, builder, 0);
    let mut new = BTreeMap::new();
    while let Some(message) = reader.next().await? {
        let ReaderMessage::Chunk(chunk) = message else { continue };
        for (key, change) in chunk.changes {
            match change {
                ItemChange::Put(item) if changes.contains_key(&key) => {
                    new.insert(key, item);
                }
                ItemChange::Put(_) => {}
                ItemChange::Remove => {
                    new.remove(&key);
                }
            }
        }
    }
    Ok(new)
}

/// The last copy of a list that left no removed number out.
#[derive(Debug)]
struct LastCopy {
    copied: Option<Timestamp>,
    /// The end of its import, or the beginning of time.
    finished: Timestamp,
}

impl LastCopy {
    fn of(list: &str, is_permissive: bool, records: &[Change]) -> Self {
        let of_list = records.iter().rev().filter(|change| change.key.rule == list);
        for change in of_list {
            let Some(record) = &change.after else {
                // The list began anew.
                return Self { copied: None, finished: change.at };
            };
            let Ok(record) = ListRecord::of_item(record) else { continue };
            let has = |wanted: &str| record.options.split(' ').any(|option| option == wanted);
            let has_kept = has(KEEP_REMOVED) || record.held > 0 || is_permissive && !has(RESTORE_REMOVED);
            if let (ImportState::Complete, false, Some(finished)) = (record.state, has_kept, record.finished) {
                return Self { copied: Some(record.copied), finished };
            }
        }
        Self { copied: None, finished: Timestamp::UNIX_EPOCH }
    }
}

/// Returns true if an item has the key of a number or an area code of a list.
fn is_of_list(key: &Key, list: &str) -> bool {
    let area = || key.rule.strip_prefix(list).is_some_and(|rest| rest.starts_with(":+"));
    if key.is_wildcard() { area() } else { key.rule == list && key.number != LISTS }
}

/// Returns true if a person made the change: with a command for rules, in the console, or with another program.
fn is_by_hand(entry: &HistoryEntry) -> bool {
    match &entry.origin {
        EntryOrigin::Tool(stamp) => !["import", "lists remove"].contains(&stamp.via.as_str()),
        EntryOrigin::ConsoleOrProgram => true,
        EntryOrigin::List { .. } | EntryOrigin::Expiry => false,
    }
}
