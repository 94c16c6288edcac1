//! Answers an event of the stream of the rules table: writes the changes of its records into the journal, and names the records
//! that Lambda must send again.

use std::collections::{BTreeSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::time::Instant;

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout_at;

use crate::journal::{Change, JournalItem, JournalTable, change_of_record, journal_items, sequence_of_record};
use crate::store::{StoreError, StoreErrorKind, TableKind};

/// The number of items that are written together: one request.
const MAX_TOGETHER: usize = 25;

/// The `eventSource` of the records of a stream.
const SOURCE: &str = "aws:dynamodb";

/// The view of a stream from which a journal can be made.
const VIEW: &str = "NEW_AND_OLD_IMAGES";

/// The answer to an event: the records that are not in the journal. Lambda sends the first of them and all after it again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// The failed records, in the order of their sequence numbers. Empty if all changes are in the journal.
    pub batch_item_failures: Vec<FailedRecord>,
}

/// A record that is not in the journal.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedRecord {
    /// The record's sequence number.
    pub item_identifier: String,
}

/// The error of an event that cannot be answered by the names of failed records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchError {
    /// Not an event of a DynamoDB stream.
    NoStream,
    /// The stream does not have both images of an item.
    View,
    /// This many records have no readable sequence number. The changes of all others are in the journal.
    NoSequence(usize),
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStream => f.write_str(
                "the event is not of a DynamoDB stream; connect this function to the stream of the rules table only",
            ),
            Self::View => write!(
                f,
                "the stream does not have the old and the new images of items; switch it off, and on again with the view {VIEW}"
            ),
            Self::NoSequence(records) => {
                write!(
                    f,
                    "records without a readable `SequenceNumber`: {records}; the changes of the others are written"
                )
            }
        }
    }
}

impl Error for BatchError {}

/// Writes the changes of the records of an event into the journal, until the deadline. A record that cannot be read, or that the
/// table does not accept, does not keep the others out. A change that is written twice is in the journal once.
///
/// # Errors
/// When the event is not of a suitable stream, or has a record without a sequence number.
pub async fn write_batch(
    event: &Value,
    journal: &JournalTable,
    retention: SignedDuration,
    deadline: Instant,
) -> Result<BatchAnswer, BatchError> {
    let records = records_of(event)?;
    let ReadRecords { changes, unreadable, unnamed } = ReadRecords::of(records);
    let (items, unmade) = items_of(&changes, retention);
    let entries = items.len();
    let unwritten = write(journal, items, deadline).await;
    let failed: BTreeSet<(usize, String)> =
        [unreadable, unmade, unwritten].into_iter().flatten().map(|sequence| (sequence.len(), sequence)).collect();
    tracing::info!(records = records.len(), entries, failed = failed.len() + unnamed, "batch of changes read");
    if unnamed > 0 {
        return Err(BatchError::NoSequence(unnamed));
    }
    let failed = failed.into_iter().map(|(_, item_identifier)| FailedRecord { item_identifier });
    Ok(BatchAnswer { batch_item_failures: failed.collect() })
}

/// Returns the records of an event.
fn records_of(event: &Value) -> Result<&[Value], BatchError> {
    let records = event.get("Records").and_then(Value::as_array).ok_or(BatchError::NoStream)?;
    let is_of_stream = |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some(SOURCE);
    let view = |record: &Value| record.get("dynamodb")?.get("StreamViewType")?.as_str().map(|view| view == VIEW);
    match records.as_slice() {
        records if !records.is_empty() && !records.iter().any(is_of_stream) => Err(BatchError::NoStream),
        records if records.iter().any(|record| view(record) == Some(false)) => Err(BatchError::View),
        records => Ok(records),
    }
}

/// The records of an event.
#[derive(Debug, Default)]
struct ReadRecords {
    changes: Vec<Change>,
    /// The sequence numbers of records that cannot be read otherwise.
    unreadable: Vec<String>,
    /// The number of records without a readable sequence number.
    unnamed: usize,
}

impl ReadRecords {
    fn of(records: &[Value]) -> Self {
        let mut read = Self::default();
        for record in records {
            // The error contains no value of an item. Its sources may, so they are not logged.
            match (change_of_record(record), sequence_of_record(record)) {
                (Ok(change), _) => read.changes.push(change),
                (Err(error), Some(sequence)) => {
                    tracing::warn!(%error, sequence, "a change cannot be read; Lambda sends it again");
                    read.unreadable.push(sequence.to_owned());
                }
                (Err(_), None) => read.unnamed += 1,
            }
        }
        read
    }
}

/// Returns the items of the journal for changes, and the sequence numbers of changes for which there is none because of an error.
fn items_of(changes: &[Change], retention: SignedDuration) -> (Vec<JournalItem>, Vec<String>) {
    if let Ok(items) = journal_items(changes, retention) {
        return (items, Vec::new());
    }
    let mut unmade = Vec::new();
    let mut items = Vec::new();
    for change in changes {
        match journal_items(std::slice::from_ref(change), retention) {
            Ok(made) => items.extend(made),
            Err(error) => {
                tracing::warn!(%error, sequence = change.sequence, "a change has no entry; Lambda sends it again");
                unmade.push(change.sequence.clone());
            }
        }
    }
    (items, unmade)
}

/// Writes items until the deadline. Returns the sequence numbers of the changes that may not be written.
async fn write(journal: &JournalTable, items: Vec<JournalItem>, deadline: Instant) -> Vec<String> {
    let mut failed = Vec::new();
    let mut waiting: VecDeque<Vec<JournalItem>> = items.chunks(MAX_TOGETHER).map(<[JournalItem]>::to_vec).collect();
    while let Some(together) = waiting.pop_front() {
        let late = || StoreError::new(TableKind::Journal, StoreErrorKind::Timeout, "the invocation ends");
        let error = match timeout_at(deadline.into(), journal.write(together.clone())).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error,
            Err(_) => late(),
        };
        let is_refused = error.kind == StoreErrorKind::InvalidRequest;
        if is_refused && together.len() > 1 {
            // The table does not accept one of them. Each is written alone, so that the others are kept.
            waiting.extend(together.into_iter().map(|item| vec![item]));
            continue;
        }
        let mut lost = vec![together];
        if !is_refused {
            // The table itself fails. Lambda sends all of them again.
            lost.extend(waiting.drain(..));
        }
        let sequences: Vec<String> = lost.into_iter().flatten().flat_map(|item| item.sequences).collect();
        tracing::warn!(%error, changes = sequences.len(), "changes could not be written; Lambda sends them again");
        failed.extend(sequences);
    }
    failed
}
