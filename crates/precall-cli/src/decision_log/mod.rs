//! Decision records, read back from logs: what `precall serve` wrote, and what CloudWatch gives out.
//!
//! One thread reads, undoes gzip and finds the messages; the others parse them and hand each record to a sink
//! of their own. What is kept of a log while it is read is a few batches of lines, and 8 bytes of each
//! record's `decision_id`, by which the ones that overlapping exports have twice are counted once.

mod record;
mod source;

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::{fmt, thread};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

pub use record::{Line, Record, Text};
pub use source::{Batch, Inputs, Place};

use crate::failure::Failure;

/// Batches that wait for a thread: enough that none is idle, and little memory.
const WAITING: usize = 8;

/// Parts of the set of ids, so that threads seldom wait for each other.
const SHARDS: usize = 64;

/// Most places of broken lines that are told.
const MOST_PLACES: usize = 20;

/// Which logs, and what of them.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Logs: files or folders of them, gzip or not; `-` is standard input.
    ///
    /// JSON lines of `precall serve`, CloudWatch's export to S3, what `aws logs` prints (filter-log-events,
    /// tail, get-query-results), and results of Logs Insights as CSV or JSON that have `@message`.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<std::path::PathBuf>,

    /// Only calls from this instant on (RFC 3339), or from this day on in UTC.
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| instant(text, false))]
    from: Option<Timestamp>,

    /// Only calls before this instant (RFC 3339), or up to the end of this day in UTC.
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| instant(text, true))]
    to: Option<Timestamp>,
}

/// An instant, or the first one of a day, or the first one after it.
fn instant(text: &str, after: bool) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let of_day = |date: Date| {
        let date = if after { date.checked_add(1.day()).ok()? } else { date };
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    // A date-time without an offset is a date to the parser as well.
    let date = text.parse().ok().filter(|_| text.len() == "2026-11-23".len());
    date.and_then(of_day).ok_or_else(|| "write a day such as 2026-11-23, or 2026-11-23T08:00:00-05:00".to_owned())
}

/// Where a thread puts the records that it reads, in no order.
pub trait Sink: Send {
    /// Takes a record of the period, each once.
    ///
    /// # Errors
    /// When it cannot be kept; the reading stops.
    fn take(&mut self, record: &Record<'_>) -> Result<(), Failure>;
}

/// What was in the logs besides what the sinks took.
#[derive(Debug, Default)]
pub struct Summary {
    /// Files and standard input.
    pub inputs: u64,
    /// Lines, or events where a file has these.
    pub lines: u64,
    /// Records that were taken.
    pub records: u64,
    /// Records that had been taken before.
    pub duplicates: u64,
    /// Records outside of the period.
    pub outside: u64,
    /// Lines of metrics.
    pub metrics: u64,
    /// JSON lines about other things.
    pub other_json: u64,
    /// Lines that are no JSON.
    pub other_text: u64,
    /// Lines that look like a record and cannot be read: how many, and where and why the first ones.
    pub broken: Broken,
    /// Files that could not be read to their end.
    pub unread: Vec<String>,
}

/// Broken lines.
#[derive(Debug, Default)]
pub struct Broken {
    pub count: u64,
    pub first: BTreeMap<Place, String>,
}

impl Broken {
    fn add(&mut self, place: Place, why: String) {
        self.count += 1;
        self.first.insert(place, why);
        if self.first.len() > MOST_PLACES {
            self.first.pop_last();
        }
    }
}

impl Summary {
    fn merge(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.lines += other.lines;
        self.records += other.records;
        self.duplicates += other.duplicates;
        self.outside += other.outside;
        self.metrics += other.metrics;
        self.other_json += other.other_json;
        self.other_text += other.other_text;
        let count = self.broken.count + other.broken.count;
        for (place, why) in other.broken.first {
            self.broken.add(place, why);
        }
        self.broken.count = count;
        self.unread.extend(other.unread);
    }

    /// Whether everything was read, so that nothing is known to be missing.
    pub fn is_whole(&self) -> bool {
        self.unread.is_empty()
    }

    /// Says to the person at the terminal what could not be read, on standard error.
    pub fn warn(&self, inputs: &Inputs) {
        for (place, why) in &self.broken.first {
            eprintln!("warning: {}: {why}", inputs.name(*place));
        }
        let more = self.broken.count.saturating_sub(self.broken.first.len() as u64);
        if more > 0 {
            eprintln!("warning: {more} more broken lines");
        }
        for what in &self.unread {
            eprintln!("warning: {what}");
        }
    }
}

/// `1,002 records in 1 file; besides them 3 lines of metrics, 1 broken line`
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", counted(self.records, "record"), counted(self.inputs, "file"))?;
        let parts = [
            (self.duplicates, "record that was there twice", "records that were there twice"),
            (self.outside, "record outside of the period", "records outside of the period"),
            (self.metrics, "line of metrics", "lines of metrics"),
            (self.other_json, "other JSON line", "other JSON lines"),
            (self.other_text, "line that is not JSON", "lines that are not JSON"),
            (self.broken.count, "broken line", "broken lines"),
            (self.unread.len() as u64, "file not read to its end", "files not read to their end"),
        ];
        for (i, (count, one, many)) in parts.into_iter().filter(|(count, ..)| *count > 0).enumerate() {
            let before = if i == 0 { "; besides them " } else { ", " };
            write!(f, "{before}{} {}", grouped(count), if count == 1 { one } else { many })?;
        }
        Ok(())
    }
}

/// `1 file`, `1,200 files`
pub fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `1,234,567`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The hour that all clocks of `Mon 02:53 in America/New_York | Mon 01:53 in America/Chicago` show.
pub fn hour(clocks: &str) -> Option<u8> {
    let of_one = |clock: &str| clock.split(' ').nth(1)?.split(':').next()?.parse().ok();
    let mut hours = clocks.split(" | ").map(of_one);
    let first = hours.next()??;
    hours.all(|hour| hour == Some(first)).then_some(first)
}

/// The ids that were seen, by a hash of eight bytes: of a hundred million records, the odds that any two of
/// them are taken for one are one in four thousand.
struct Seen {
    hasher: RandomState,
    shards: Vec<Mutex<HashSet<u64>>>,
}

impl Seen {
    fn new() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Whether an id is new.
    fn insert(&self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        let shard = usize::try_from(hash).unwrap_or_default() % SHARDS;
        self.shards.get(shard).is_none_or(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).insert(hash))
    }
}

/// How many threads are worth having.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

impl Arguments {
    /// Opens the logs, so that one that is not there is told before anything is done.
    pub fn open(&self) -> Result<Inputs, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err("--from is not before --to".into());
        }
        Inputs::find(&self.logs)
    }

    /// The period asked for.
    pub fn period(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.from, self.to)
    }

    /// Hands every record of the period to one of the sinks, each of which has a thread. Gives them back, with
    /// what else was there.
    ///
    /// # Errors
    /// When a sink fails. What cannot be read of a log is in the summary.
    pub fn read<S: Sink>(&self, inputs: &Inputs, mut sinks: Vec<S>) -> Result<(Vec<S>, Summary), Failure> {
        let seen = Seen::new();
        let (sender, batches) = sync_channel(WAITING);
        let batches = Mutex::new(batches);
        let mut summary = Summary { inputs: inputs.count(), ..Summary::default() };
        thread::scope(|scope| {
            let workers: Vec<_> = sinks
                .iter_mut()
                .map(|sink| {
                    let worker = Worker { arguments: self, seen: &seen, sink, summary: Summary::default() };
                    let batches = &batches;
                    scope.spawn(move || worker.run(batches))
                })
                .collect();
            // Where all threads have failed, nobody takes batches any more, and reading stops.
            summary.unread = inputs.read(|batch| sender.send(batch).is_ok());
            drop(sender);
            for worker in workers {
                let part = worker.join().map_err(|_| "a thread that read the log failed")??;
                summary.merge(part);
            }
            Ok::<_, Failure>(())
        })?;
        Ok((sinks, summary))
    }
}

struct Worker<'w, S> {
    arguments: &'w Arguments,
    seen: &'w Seen,
    sink: &'w mut S,
    summary: Summary,
}

impl<S: Sink> Worker<'_, S> {
    fn run(mut self, batches: &Mutex<Receiver<Batch>>) -> Result<Summary, Failure> {
        loop {
            let batch = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(batch) = batch else { return Ok(self.summary) };
            for (place, line) in batch.lines() {
                if let Err(failure) = self.line(place, line) {
                    // Somebody has to take what is still read, or the reader waits for ever.
                    while batches.lock().unwrap_or_else(PoisonError::into_inner).recv().is_ok() {}
                    return Err(failure);
                }
            }
        }
    }

    fn line(&mut self, place: Place, text: &[u8]) -> Result<(), Failure> {
        self.summary.lines += 1;
        // Records that were glued together by a lost line feed are read as well.
        for line in record::lines(text) {
            match line {
                Line::Record(record) => self.record(place, &record)?,
                Line::Metrics => self.summary.metrics += 1,
                Line::OtherJson => self.summary.other_json += 1,
                Line::OtherText => self.summary.other_text += 1,
                Line::Blank => {}
                Line::Broken(why) => self.summary.broken.add(place, why),
            }
        }
        Ok(())
    }

    fn record(&mut self, place: Place, record: &Record<'_>) -> Result<(), Failure> {
        let Ok(at) = record.at() else {
            self.summary
                .broken
                .add(place, format!("a record whose `timestamp` is no instant: {:?}", record.timestamp()));
            return Ok(());
        };
        let (from, to) = self.arguments.period();
        if from.is_some_and(|from| at < from) || to.is_some_and(|to| at >= to) {
            self.summary.outside += 1;
        } else if !self.seen.insert(&record.decision_id) {
            self.summary.duplicates += 1;
        } else {
            self.summary.records += 1;
            self.sink.take(record)?;
        }
        Ok(())
    }
}
