//! Runs an import: writes the entries of the file, then removes the stale items if the list is replaced.

use std::collections::{HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use precall::rule::Key;

use super::arguments::Arguments;
use super::exempt_lists;
use super::hand_change::HeldItem;
use super::plan::ImportPlan;
use super::shown;
use crate::change_stamp::ChangeStamper;
use crate::counts::{counted, entries, grouped};
use crate::dynamodb::items::ItemChange;
use crate::dynamodb::store::OpenedStore;
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::number_list::entry_reader::{EntryChunk, EntryReader, ReaderMessage};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::interrupt::{STOPPED, stopped_by_signal};
use crate::number_list::list_notice;
use crate::number_list::list_record::{self, ImportState, ListRecord, day};
use crate::number_list::list_writer::ListWriter;
use crate::number_list::listed_items::ListedItems;
use crate::number_list::mark::MARK;
use crate::number_list::progress::Progress;
use crate::number_list::rejects::RejectsFile;
use crate::ten_digits::TenDigitNumbers;
use crate::terminal::{print, print_stderr};

/// The time after which the position of the import is saved again.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// The most messages that wait for a first number.
const MAX_FIRST: usize = 20;

const CHANGES_CANNOT_REPLACE: &str = "this is a list of changes, not the whole list; leave --replace out";

/// A planned import, with its input.
#[derive(Debug)]
pub struct ImportInput {
    pub plan: ImportPlan,
    pub file: InputFile,
    /// The items that stay as they are, because a person removed or changed them.
    pub held: HashMap<Key, HeldItem>,
}

/// Runs a planned import. It takes the list over only after the file's format has been detected.
///
/// # Errors
/// When the file cannot be read, the table cannot be written, or another import has taken the list over.
pub async fn run(
    arguments: &Arguments,
    input: ImportInput,
    opened: &OpenedStore,
    table: &WritableTable,
    stamper: ChangeStamper,
) -> Result<ExitCode, Failure> {
    let ImportInput { plan: ImportPlan { mut record, held_by }, file, held } = input;
    let expires_at = arguments.forget_after.map(|time| record.copied.checked_add(time)).transpose()?;
    let mark = arguments.mark(&record.sha256);
    let builder = arguments.builder(&mark, expires_at)?;
    let mut reader = EntryReader::start(file, arguments.format_options()?, builder, record.position);
    if let Some(format) = reader.format().await? {
        shown::show(arguments, &format)?;
        if format.is_changes && arguments.replace {
            return Err(CHANGES_CANNOT_REPLACE.into());
        }
    }
    let first = if record.position == 0 { first_messages(&mut reader, arguments).await? } else { VecDeque::new() };
    // Before the record is written: from then on, Ctrl-C saves the position.
    let stopped = stopped_by_signal()?;
    record.changed = Some(stamper.next());
    list_record::write(table, &record, held_by.as_deref()).await?;
    let name = record.name.clone();
    let writer = ListWriter::new(table, opened.embedded.as_ref());
    let mut import = ImportRun {
        arguments,
        opened,
        store: table.clone(),
        writer,
        record,
        stamper,
        mark,
        stopped,
        numbers: TenDigitNumbers::default(),
        left_out_lines: 0,
        held,
        seen_held: HashSet::new(),
    };
    import.run(reader, first).await.map_err(|error| {
        // Its remedy is in its message.
        if error.is::<RefusedFile>() {
            return error;
        }
        let error = opened.explained(error);
        format!(
            "{error}\nthe import of list {name} is unfinished; remove the cause, then continue with --resume, or begin \
             again without it"
        )
        .into()
    })
}

/// Reads the first messages, up to one with a number, before the list has a record.
///
/// # Errors
/// When the file ends before, because no line of it could be read. The rejected lines are in their file then.
async fn first_messages(
    reader: &mut EntryReader,
    arguments: &Arguments,
) -> Result<VecDeque<Result<ReaderMessage, Failure>>, Failure> {
    let mut first = VecDeque::new();
    while first.len() < MAX_FIRST {
        let message = match reader.next().await.transpose() {
            Some(Ok(message)) => message,
            // The import ends with it, as further below in the file.
            Some(Err(error)) => {
                first.push_back(Err(error));
                break;
            }
            None => {
                refuse_unread(&first, arguments)?;
                return Ok(first);
            }
        };
        let is_useful = matches!(&message, ReaderMessage::Chunk(chunk) if chunk.accepted + chunk.removed > 0);
        first.push_back(Ok(message));
        if is_useful {
            break;
        }
    }
    Ok(first)
}

/// Refuses the messages of a whole file in which no line could be read.
fn refuse_unread(messages: &VecDeque<Result<ReaderMessage, Failure>>, arguments: &Arguments) -> Result<(), Failure> {
    let mut rejects = RejectsFile::open(arguments.rejects_file(), 0)?;
    let mut rejected: u64 = 0;
    for message in messages {
        let Ok(ReaderMessage::Chunk(chunk)) = message else { continue };
        for reject in &chunk.rejects {
            rejected += 1;
            if let Some(shown) = rejects.add(reject)? {
                print_stderr(shown);
            }
        }
    }
    rejects.sync()?;
    if rejected == 0 { Ok(()) } else { Err(format!("{}; nothing was written", none_read(rejected)).into()) }
}

fn none_read(rejected: u64) -> String {
    format!(
        "{}, and none could be read; check that this is the right file, --column and --format",
        counted(rejected, "line")
    )
}

/// Detects the format of the file, so that a file that is refused creates no database.
///
/// # Errors
/// When the file cannot be read, or its format is not clear.
pub async fn check_format(arguments: &Arguments, input: InputFile) -> Result<(), Failure> {
    let builder = arguments.builder("", None)?;
    let format = EntryReader::start(input, arguments.format_options()?, builder, 0).format().await?;
    format.map_or(Ok(()), |format| shown::refuse_doubt(arguments, &format))
}

/// The error of a file that looks like the wrong one: the fault, and the remedy.
#[derive(Debug)]
struct RefusedFile(String);

impl fmt::Display for RefusedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RefusedFile {}

/// A running import.
struct ImportRun<'a> {
    arguments: &'a Arguments,
    opened: &'a OpenedStore,
    store: WritableTable,
    writer: ListWriter,
    record: ListRecord,
    /// Makes the stamps of the record's changes of state.
    stamper: ChangeStamper,
    /// The mark of the items of this file.
    mark: String,
    /// True after Ctrl-C.
    stopped: Arc<AtomicBool>,
    /// Counts of the numbers that this process has written.
    numbers: TenDigitNumbers,
    /// The lines that the operator left out, of those that this process has read.
    left_out_lines: u64,
    /// The items that stay as they are.
    held: HashMap<Key, HeldItem>,
    /// Those of them that this process has read.
    seen_held: HashSet<Key>,
}

impl ImportRun<'_> {
    async fn run(
        &mut self,
        reader: EntryReader,
        first: VecDeque<Result<ReaderMessage, Failure>>,
    ) -> Result<ExitCode, Failure> {
        let began = Instant::now();
        let before = self.record.position;
        if self.record.state == ImportState::Importing && !self.write_entries(reader, first).await? {
            print_stderr(format_args!("stopped after entry {}; continue with --resume", self.record.position));
            return Ok(ExitCode::from(STOPPED));
        }
        if self.arguments.replace {
            if !self.remove_stale_items().await? {
                print_stderr(format_args!(
                    "stopped while removing numbers that are not in the file; continue with --resume"
                ));
                return Ok(ExitCode::from(STOPPED));
            }
            // The list is exactly the file now.
            self.record.earlier = None;
        }
        self.change_state(ImportState::Complete);
        self.record.finished = Some(Timestamp::now());
        list_notice::write_with_record(&self.store, &self.record).await?;
        self.print_summary(self.record.position - before, began.elapsed())?;
        print(&exempt_lists::of_import(&self.store, &self.record).await?)?;
        for warning in exempt_lists::unknown_names(&self.store, &self.record).await? {
            print_stderr(warning);
        }
        Ok(self.record.exit_code())
    }

    fn change_state(&mut self, state: ImportState) {
        self.record.state = state;
        self.record.changed = Some(self.stamper.next());
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Writes the entries of the file from the record's position. Returns false if it was stopped before the end.
    async fn write_entries(
        &mut self,
        mut reader: EntryReader,
        mut first: VecDeque<Result<ReaderMessage, Failure>>,
    ) -> Result<bool, Failure> {
        let mut rejects = RejectsFile::open(self.arguments.rejects_file(), self.record.rejects_size)?;
        let mut progress = Progress::start(self.record.size);
        let mut saved = Instant::now();
        loop {
            let message = match first.pop_front() {
                Some(message) => message?,
                None => match reader.next().await? {
                    Some(message) => message,
                    None => break,
                },
            };
            match message {
                // Of the next member of an archive.
                ReaderMessage::Format(format) => shown::show(self.arguments, &format)?,
                ReaderMessage::Chunk(chunk) => self.write_chunk(chunk, &mut rejects, &mut progress).await?,
            }
            progress.update(reader.used(), self.record.position);
            let is_stopped = self.is_stopped();
            if is_stopped || saved.elapsed() >= SAVE_INTERVAL {
                rejects.sync()?;
                self.save().await?;
                saved = Instant::now();
            }
            if is_stopped {
                progress.end();
                return Ok(false);
            }
        }
        rejects.sync()?;
        progress.end();
        self.refuse_useless_file().await?;
        Ok(true)
    }

    async fn write_chunk(
        &mut self,
        mut chunk: EntryChunk,
        rejects: &mut RejectsFile,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        // A consent that has ended removes its exemption.
        if chunk.removed > 0 && self.arguments.replace && !self.arguments.exempt.is_given() {
            return Err(CHANGES_CANNOT_REPLACE.into());
        }
        for reject in &chunk.rejects {
            if let Some(shown) = rejects.add(reject)? {
                progress.print_line(&shown);
            }
        }
        self.numbers.extend(chunk.numbers);
        self.left_out_lines += chunk.left_out;
        let held = self.hold_back(&mut chunk.changes);
        chunk.accepted = chunk.accepted.saturating_sub(held);
        self.writer.change(chunk.changes).await?;
        let record = &mut self.record;
        record.position += chunk.entries;
        record.accepted += chunk.accepted;
        record.removed += chunk.removed;
        record.rejected += u64::try_from(chunk.rejects.len())?;
        record.held += held;
        record.rejects_size = rejects.size();
        Ok(())
    }

    /// Leaves items as people left them. Returns the number of those that no earlier entry has.
    fn hold_back(&mut self, changes: &mut HashMap<Key, ItemChange>) -> u64 {
        let mut held = 0;
        changes.retain(|key, change| {
            let (Some(item), ItemChange::Put(new)) = (self.held.get(key), &*change) else { return true };
            held += u64::from(self.seen_held.insert(key.clone()));
            let HeldItem::Changed(stored) = item else { return false };
            let mut stored = stored.clone();
            stored.extend(new.get(MARK).map(|mark| (MARK.to_owned(), mark.clone())));
            *change = ItemChange::Put(stored);
            true
        });
        held
    }

    /// Refuses a file in which no line could be read, and an empty one.
    async fn refuse_useless_file(&self) -> Result<(), Failure> {
        let ListRecord { position, accepted, removed, rejected, held, .. } = self.record;
        if accepted + removed + held == 0 && rejected > 0 {
            self.save().await?;
            return Err(none_read(rejected).into());
        }
        if position == 0 && !self.arguments.replace && !self.arguments.force {
            let ListRecord { name, file, .. } = &self.record;
            return Err(RefusedFile(format!(
                "{file} has no entries, so nothing was written to list {name}; name another file, or accept this one with \
                 --resume --force"
            ))
            .into());
        }
        Ok(())
    }

    /// Saves the record, if this import still has the list.
    async fn save(&self) -> Result<(), Failure> {
        self.writer.save(&self.record).await
    }

    /// Removes the items that are not in the file. Returns false if it was stopped before the end.
    async fn remove_stale_items(&mut self) -> Result<bool, Failure> {
        let stale = ListedItems::new(&self.store, &self.record.name, &self.mark);
        if !self.arguments.force {
            self.refuse_to_empty_list(&stale).await?;
        }
        self.change_state(ImportState::Removing);
        // All entries of the file are in the table, and those of the earlier copy will not be.
        list_notice::write_with_record(&self.store, &self.record).await?;
        stale.remove(&mut self.writer, &mut self.record, &self.stopped, |_| ()).await
    }

    /// Refuses a file that looks like the wrong one, because the list would lose most of its numbers.
    async fn refuse_to_empty_list(&self, stale: &ListedItems) -> Result<(), Failure> {
        let ListRecord { accepted, rejected, held, mut earlier, .. } = self.record;
        let accepted = accepted + held;
        if earlier.is_none() {
            // The list's length is unknown. It is enough to know that it would lose more numbers than it keeps.
            let limit = accepted.saturating_mul(2) + 1;
            let count = stale.count_up_to(limit).await?;
            earlier = (count > limit).then_some(count);
        }
        let loses_half = earlier.is_some_and(|earlier| accepted < earlier / 2);
        if accepted > 0 && rejected <= accepted && !loses_half {
            return Ok(());
        }
        self.save().await?;
        let before = earlier.map_or_else(|| "an unknown number".to_owned(), grouped);
        let rejected = match rejected {
            0 => String::new(),
            rejected => format!(" and {}", counted(rejected, "rejected line")),
        };
        let ListRecord { name, file, .. } = &self.record;
        Err(RefusedFile(format!(
            "nothing was removed from list {name}, because {file} has {}{rejected}, and the previous import had {before}; if the \
             file is right, run the command again with --resume --force",
            entries(accepted)
        ))
        .into())
    }

    fn print_summary(&self, processed: u64, took: Duration) -> Result<(), Failure> {
        let ListRecord { name, file, position, accepted, removed, rejected, held, due, .. } = &self.record;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = processed as f64 / took.as_secs_f64().max(0.001);
        let mut counts = vec![format!("{accepted} written from {file} to {}", self.opened.location)];
        if *held > 0 {
            counts.push(format!("{held} left as people changed {}", if *held == 1 { "it" } else { "them" }));
        }
        let repeated = position.saturating_sub(accepted + removed + rejected + held);
        if repeated > 0 {
            counts.push(format!("{repeated} repeated"));
        }
        if *removed > 0 {
            counts.push(format!("{removed} removed"));
        }
        counts.extend(shown::left_out(self.left_out_lines));
        if *rejected > 0 {
            counts.push(format!("{rejected} rejected (see {})", self.arguments.rejects_file().display()));
        }
        let mut text =
            format!("list {name}: {}; {:.1} s, {rate:.0} per second\n", counts.join(", "), took.as_secs_f64());
        if let Some(due) = due {
            let advice = if *due <= Timestamp::now() {
                "already overdue: import a new copy"
            } else {
                "import a new copy before this date"
            };
            text = format!("{text}due {}: {advice}\n", day(*due));
        }
        if let Some(hint) = self.numbers.hint() {
            text = format!("{text}note: {hint}\n");
        }
        print(&text)
    }
}
