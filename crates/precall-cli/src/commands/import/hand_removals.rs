//! The numbers that people removed from a list since its last copy: an import of a file that still has them lists them
//! again, and says so before it writes, or leaves them out.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::Change;
use precall_hook::settings::Settings;
use precall_hook::store::LISTS;

use super::arguments::{Arguments, KEEP_REMOVED};
use crate::counts::{counted, grouped};
use crate::dynamodb::items::ItemChange;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{EntryOrigin, HistoryEntry, JournalReader, ListRuns, in_order};
use crate::number_list::entry_reader::{EntryReader, ReaderMessage};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::list_record::{ImportState, ListRecord, day};
use crate::stamped_write;
use crate::terminal::{ask, one_line, print_stderr};

/// The most removals that are shown.
const MAX_SHOWN: usize = 10;

/// The numbers of the file that people removed from the list.
#[derive(Debug, Default)]
pub struct HandRemovals {
    /// The instants and the authors of the removals.
    removals: BTreeMap<Key, HistoryEntry>,
    /// The last copy that listed all numbers of its file; `None` if the journal does not have it.
    copied: Option<Timestamp>,
}

impl HandRemovals {
    /// Finds the numbers of the file that people removed since the last copy, and that are not on the list now. Of the
    /// journal, it reads only the time since then. If there are such removals, it reads the file.
    ///
    /// # Errors
    /// When the file or the table cannot be read, or the journal cannot and its removals are to be kept.
    pub async fn in_file(
        arguments: &Arguments,
        input: &InputFile,
        opened: &OpenedStore,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let mut found = match Self::since_last_copy(&arguments.list()?, opened, settings).await {
            Ok(found) => found,
            Err(error) if arguments.keep_removed => {
                return Err(format!(
                    "{error}; so --{KEEP_REMOVED} cannot be followed; leave it out, or make the journal readable"
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
        if !found.removals.is_empty() {
            found.retain_of_file(arguments, input.again()?).await?;
            found.retain_unlisted(opened).await?;
        }
        Ok(found)
    }

    /// Reads the removals since the last copy from the journal.
    async fn since_last_copy(list: &str, opened: &OpenedStore, settings: &Settings) -> Result<Self, Failure> {
        let mut journal = JournalReader::open(opened, settings).await?;
        let records = journal.of_list_records().await?;
        let copy = LastCopy::of(list, &records);
        let is_removal = |change: &Change| change.after.is_none() && is_of_list(&change.key, list);
        let mut changes = journal.between(copy.finished, Timestamp::MAX).await?;
        changes.retain(is_removal);
        // A batch of the stream that began before the end of the import has numbers of the import.
        changes.extend(journal.packed_since(list, copy.finished, is_removal).await?);
        let runs = ListRuns::of(&records);
        let mut removals = BTreeMap::new();
        for change in in_order(changes) {
            let entry = HistoryEntry::of(change, &runs);
            if is_by_hand(&entry) {
                removals.insert(entry.change.key.clone(), entry);
            } else {
                removals.remove(&entry.change.key);
            }
        }
        Ok(Self { removals, copied: copy.copied })
    }

    /// Keeps the removals of numbers that are in the file.
    async fn retain_of_file(&mut self, arguments: &Arguments, input: InputFile) -> Result<(), Failure> {
        let builder = arguments.builder("", None)?;
        let mut reader = EntryReader::start(input, arguments.format_options()?, builder, 0);
        let mut listed = BTreeSet::new();
        while let Some(message) = reader.next().await? {
            let ReaderMessage::Chunk(chunk) = message else { continue };
            for (key, change) in chunk.changes {
                match change {
                    ItemChange::Put(_) if self.removals.contains_key(&key) => listed.insert(key),
                    ItemChange::Put(_) => false,
                    ItemChange::Remove => listed.remove(&key),
                };
            }
        }
        self.removals.retain(|key, _| listed.contains(key));
        Ok(())
    }

    /// Keeps the removals of numbers that nobody has put back.
    async fn retain_unlisted(&mut self, opened: &OpenedStore) -> Result<(), Failure> {
        let keys: Vec<Key> = self.removals.keys().cloned().collect();
        for key in keys {
            if stamped_write::get(&opened.store, &key).await?.is_some() {
                self.removals.remove(&key);
            }
        }
        Ok(())
    }

    /// Says which numbers are listed again or left out, and asks at a terminal. Returns false if the answer is no.
    ///
    /// # Errors
    /// When the terminal cannot be read or written.
    pub fn announce(&self, arguments: &Arguments) -> Result<bool, Failure> {
        if self.removals.is_empty() {
            return Ok(true);
        }
        print_stderr(self.text(arguments.keep_removed));
        if arguments.keep_removed {
            return Ok(true);
        }
        Ok(ask("List them again?")?.unwrap_or(true))
    }

    fn text(&self, are_kept: bool) -> String {
        let count = self.removals.len();
        let (was, is, stays) = if count == 1 { ("was", "is", "stays") } else { ("were", "are", "stay") };
        let outcome = if are_kept { format!("{stays} removed") } else { format!("{is} listed again") };
        let copy = self.copied.map_or_else(|| "the last copy".to_owned(), |at| format!("the copy of {}", day(at)));
        let counted = counted(u64::try_from(count).unwrap_or(u64::MAX), "number");
        let level = if are_kept { "note" } else { "warning" };
        let mut text = format!("{level}: {counted} that {was} removed by hand since {copy} {outcome}:");
        for (key, entry) in self.removals.iter().take(MAX_SHOWN) {
            let number = if key.is_wildcard() { &key.rule } else { &key.number };
            let line = format!("  {number}, removed {} by {}", entry.change.at, entry.author());
            let _ = write!(text, "\n{}", one_line(&line));
        }
        if count > MAX_SHOWN {
            let _ = write!(text, "\n  and {} more", grouped(u64::try_from(count - MAX_SHOWN).unwrap_or(u64::MAX)));
        }
        if !are_kept {
            let _ = write!(text, "\n--{KEEP_REMOVED} leaves {} out", if count == 1 { "it" } else { "them" });
        }
        text
    }

    /// Returns the keys of the items that the import must not write.
    pub fn into_keys(self) -> HashSet<Key> {
        self.removals.into_keys().collect()
    }
}

/// The last copy of a list that left no removed number out.
#[derive(Debug)]
struct LastCopy {
    copied: Option<Timestamp>,
    /// The end of its import, or the beginning of time.
    finished: Timestamp,
}

impl LastCopy {
    fn of(list: &str, records: &[Change]) -> Self {
        let of_list = records.iter().rev().filter(|change| change.key.rule == list);
        for change in of_list {
            let Some(record) = &change.after else {
                // The list began anew.
                return Self { copied: None, finished: change.at };
            };
            let Ok(record) = ListRecord::of_item(record) else { continue };
            let has_kept = record.options.split(' ').any(|option| option == KEEP_REMOVED);
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
