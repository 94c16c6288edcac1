//! The threads that parse messages and pass records to sinks.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::batch::{LineBatch, LogPosition};
use super::envelope::{self, EnvelopeMessage};
use super::inputs::LogInputs;
use super::line::{self, LogLine};
use super::period::LogPeriod;
use super::record::LoggedRecord;
use super::summary::LogSummary;
use crate::failure::Failure;

/// Most batches that wait for a thread: enough that no thread is idle, and little memory.
const MAX_WAITING: usize = 8;

/// Parts of the set of ids, so that threads seldom wait for each other.
const ID_SHARDS: usize = 64;

/// A thread's destination of records, which come in no order.
pub trait RecordSink: Send {
    /// Takes a record of the period. Each record comes once.
    ///
    /// # Errors
    /// If the record cannot be kept; the reading stops.
    fn take(&mut self, record: &LoggedRecord<'_>) -> Result<(), Failure>;
}

/// Returns the number of threads that this machine runs at once.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Reads all inputs, and passes each record of the period to one of the sinks, each of which runs on its own thread.
///
/// # Errors
/// If a sink fails. A log that cannot be read is in the summary.
pub fn read_records<S: RecordSink>(
    inputs: &LogInputs,
    period: LogPeriod,
    mut sinks: Vec<S>,
) -> Result<(Vec<S>, LogSummary), Failure> {
    let ids = SeenIds::new();
    let (sender, batches) = sync_channel(MAX_WAITING);
    let batches = Mutex::new(batches);
    let mut summary = LogSummary { inputs: inputs.count(), names: inputs.names(), ..LogSummary::default() };
    thread::scope(|scope| {
        let readers: Vec<_> = sinks
            .iter_mut()
            .map(|sink| {
                let reader = RecordReader { period, ids: &ids, sink, summary: LogSummary::default() };
                let batches = &batches;
                scope.spawn(move || reader.run(batches))
            })
            .collect();
        // If all threads have failed, no thread takes batches any more, and reading stops.
        summary.unread = inputs.read(|batch| sender.send(batch).is_ok());
        drop(sender);
        for reader in readers {
            let part = reader.join().map_err(|_| "a thread that reads the log failed; repeat the command")??;
            summary.merge(part);
        }
        Ok::<_, Failure>(())
    })?;
    Ok((sinks, summary))
}

/// The ids of records that were taken, each as a hash of 8 bytes: among a hundred million records, the odds that two
/// ids have the same hash are one in four thousand.
struct SeenIds {
    hasher: RandomState,
    shards: Vec<Mutex<HashSet<u64>>>,
}

impl SeenIds {
    fn new() -> Self {
        Self { hasher: RandomState::new(), shards: (0..ID_SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Adds an id. Returns true if it is new.
    fn insert(&self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        let shard = usize::try_from(hash).unwrap_or_default() % ID_SHARDS;
        self.shards.get(shard).is_none_or(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).insert(hash))
    }
}

/// One thread's reading.
struct RecordReader<'r, S> {
    period: LogPeriod,
    ids: &'r SeenIds,
    sink: &'r mut S,
    summary: LogSummary,
}

impl<S: RecordSink> RecordReader<'_, S> {
    fn run(mut self, batches: &Mutex<Receiver<LineBatch>>) -> Result<LogSummary, Failure> {
        loop {
            let batch = batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(batch) = batch else { return Ok(self.summary) };
            for (position, line) in batch.lines() {
                if let Err(failure) = self.line(position, line) {
                    // The remaining batches have to be taken, or the thread that sends them waits for ever.
                    while batches.lock().unwrap_or_else(PoisonError::into_inner).recv().is_ok() {}
                    return Err(failure);
                }
            }
        }
    }

    fn line(&mut self, position: LogPosition, text: &[u8]) -> Result<(), Failure> {
        // A lost line feed puts several records on one line.
        for line in line::parse(text) {
            match line {
                LogLine::OtherJson(json) => self.envelope(position, json)?,
                LogLine::OtherText => self.summary.other_text += 1,
                line => {
                    self.own_line(position, line)?;
                }
            }
        }
        Ok(())
    }

    /// Takes the lines of the hook that are in other JSON.
    fn envelope(&mut self, position: LogPosition, json: &[u8]) -> Result<(), Failure> {
        let mut is_of_hook = false;
        for message in envelope::messages(json) {
            match message {
                EnvelopeMessage::LeftOut(fault) => {
                    self.summary.broken.add(position, fault.to_owned());
                    is_of_hook = true;
                }
                EnvelopeMessage::Text(text) => {
                    for line in line::parse(&text) {
                        is_of_hook |= self.own_line(position, line)?;
                    }
                }
            }
        }
        if !is_of_hook {
            self.summary.other_json.add(position, json);
        }
        Ok(())
    }

    /// Takes a line of the hook. Returns false if it is another line.
    fn own_line(&mut self, position: LogPosition, line: LogLine<'_>) -> Result<bool, Failure> {
        match line {
            LogLine::Record(record) => self.record(position, &record)?,
            LogLine::Metrics => self.summary.metrics += 1,
            LogLine::Broken(fault) => self.summary.broken.add(position, fault),
            LogLine::OtherJson(_) | LogLine::OtherText | LogLine::Blank => return Ok(false),
        }
        Ok(true)
    }

    fn record(&mut self, position: LogPosition, record: &LoggedRecord<'_>) -> Result<(), Failure> {
        let Ok(at) = record.at() else {
            let fault = format!("the `timestamp` {:?} of the record is not an instant", &*record.timestamp);
            self.summary.broken.add(position, fault);
            return Ok(());
        };
        if !self.period.contains(at) {
            self.summary.outside += 1;
        } else if !self.ids.insert(&record.decision_id) {
            self.summary.duplicates += 1;
        } else {
            self.summary.records += 1;
            self.sink.take(record)?;
        }
        Ok(())
    }
}
