//! The removal of a list: all its numbers, its record, and the item that says which copy of it is in force.

use std::process::ExitCode;

use jiff::Timestamp;
use precall::rule::ListCopy;

use super::interrupt::{STOPPED, stopped_by_signal};
use super::list_record::{self, ImportState, ListRecord, day};
use super::list_writer::ListWriter;
use super::listed_items::ListedItems;
use super::progress::Progress;
use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::counts::{entries, grouped};
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::terminal::{confirm, print, print_stderr};
use crate::tool_settings::settings;

/// Most numbers that are counted before the question.
const MAX_COUNTED: u64 = 1_000_000;

/// The removal of a list, as the arguments of a command name it.
#[derive(Debug)]
pub struct ListRemoval<'a> {
    pub list: String,
    /// True to remove the list without a question.
    pub yes: bool,
    /// True to show the list only.
    pub dry_run: bool,
    pub because: BecauseArgument,
    pub store: &'a StoreArguments,
}

impl ListRemoval<'_> {
    /// Shows the list, asks for confirmation, and removes it.
    ///
    /// # Errors
    /// When there is no such list, or it cannot be removed.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let settings = settings()?;
        let (opened, table) = if self.dry_run {
            (self.store.open(&settings).await?, None)
        } else {
            let WritableStore { opened, table } = self.store.open_to_change(&settings).await?;
            (opened, Some(table))
        };
        let removed = self.remove(&opened, table.as_ref()).await;
        opened.finish(removed).await
    }

    /// Shows the list, asks for confirmation, and removes it. Without a table to write, it only shows the list.
    async fn remove(&self, opened: &OpenedStore, table: Option<&WritableTable>) -> Result<ExitCode, Failure> {
        let name = &self.list;
        let known = list_record::read(&opened.store, name).await?;
        let record = removal_record(name, known.as_ref())?;
        // No item has this mark, so that all items of the list are removed.
        let items = ListedItems::new(&opened.store, name, &record.import);
        let shown = match &known {
            // The removal itself reads the whole table too.
            Some(known) if !self.yes => described(known, Some(items.count_up_to(MAX_COUNTED).await?)),
            Some(known) => described(known, None),
            None if items.count_up_to(0).await? == 0 => {
                return Err(
                    format!("there is no list {name} in {}; `precall lists` shows the lists", opened.location).into()
                );
            }
            None => format!("list {name}: it has numbers, and no record of an import"),
        };
        print(&format!(
            "{shown}\nThis removes all its numbers from {}. The other rules then decide calls to them.\n",
            opened.location
        ))?;
        let Some(table) = table else {
            print("nothing was removed\n")?;
            return Ok(ExitCode::SUCCESS);
        };
        if !(self.yes || confirm("Remove the list?", "write --yes to remove the list, or --dry-run to only see it")?) {
            print("nothing was removed\n")?;
            return Ok(ExitCode::FAILURE);
        }
        let held_by = known.as_ref().map(|known| known.import.as_str());
        let writer = ListWriter::new(table, opened.embedded.as_ref());
        let stamper = ChangeStamper::of(opened, ChangeVia::ListsRemove, &self.because).await;
        remove_items(table, writer, &items, record, held_by, &stamper).await.map_err(|error| {
            let error = opened.explained(error);
            format!(
                "{error}\nthe removal of list {name} is unfinished; remove the cause, then run the same command again"
            )
            .into()
        })
    }
}

/// Takes the list over, and removes its items and its record.
async fn remove_items(
    table: &WritableTable,
    mut writer: ListWriter,
    items: &ListedItems,
    mut record: ListRecord,
    held_by: Option<&str>,
    stamper: &ChangeStamper,
) -> Result<ExitCode, Failure> {
    // Before the record is written: from then on, Ctrl-C saves the state.
    let stopped = stopped_by_signal()?;
    record.changed = Some(stamper.next());
    list_record::write(table, &record, held_by).await?;
    // From here on, the list is not whole, so that no decision may name it as one that was looked up.
    remove_notice(table, &record.name, stamper).await?;
    let mut progress = Progress::start(record.min_entries());
    let each = |record: &ListRecord| progress.update(record.removed, record.removed);
    let is_done = items.remove(&mut writer, &mut record, &stopped, each).await?;
    progress.end();
    let removed = grouped(record.removed);
    if !is_done {
        print_stderr(format_args!("stopped after {removed} numbers; run the same command again to continue"));
        return Ok(ExitCode::from(STOPPED));
    }
    // A stamp of this moment: the first one may be hours old.
    record.changed = Some(stamper.next().of_removal());
    list_record::write(table, &record, Some(&record.import)).await?;
    list_record::remove(table, &record).await?;
    print(&format!("list {}: {} removed\n", record.name, entries(record.removed)))?;
    Ok(ExitCode::SUCCESS)
}

/// Removes the item under `*` that says which copy of the list is in force, if there is one.
async fn remove_notice(table: &WritableTable, list: &str, stamper: &ChangeStamper) -> Result<(), Failure> {
    let Some(notice) = stamped_write::get(table, &ListCopy::key_of(list)).await? else { return Ok(()) };
    match stamped_write::remove(table, stamper, &notice).await? {
        StampedWriteOutcome::Done => Ok(()),
        StampedWriteOutcome::Changed => Err(list_record::taken_over(list)),
    }
}

/// Returns the record of a list while it is removed. The removal that it continues keeps its count.
fn removal_record(name: &str, known: Option<&ListRecord>) -> Result<ListRecord, Failure> {
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let new = ListRecord::new(name, "", String::new(), 0, now);
    Ok(match known {
        Some(known) => {
            let removed = if known.state == ImportState::Deleting { known.removed } else { 0 };
            ListRecord { import: new.import, state: ImportState::Deleting, removed, ..known.clone() }
        }
        None => ListRecord { state: ImportState::Deleting, ..new },
    })
}

/// Returns the list in words. Its numbers may come from several files, so that the last one says little about their
/// count.
fn described(known: &ListRecord, count: Option<u64>) -> String {
    let ListRecord { name, file, accepted, .. } = known;
    let has = match count {
        None => String::new(),
        Some(count) if count > MAX_COUNTED => format!("more than {}; ", entries(MAX_COUNTED)),
        Some(count) => format!("{}; ", entries(count)),
    };
    match (known.state, known.finished) {
        (ImportState::Deleting, _) => {
            format!("list {name}: {has}an earlier removal was not finished, {} removed so far", entries(known.removed))
        }
        (_, Some(finished)) => {
            format!("list {name}: {has}the last import wrote {} from {file} on {}", entries(*accepted), day(finished))
        }
        (_, None) => {
            format!("list {name}: {has}an import of {file} was not finished, {} written", entries(*accepted))
        }
    }
}
