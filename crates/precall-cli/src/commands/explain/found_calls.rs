//! The records of a log that are of the wanted call.

use std::error::Error;
use std::fmt;

use jiff::Timestamp;

use super::record_fields::RecordFields;
use super::wanted_call::{NumberLikeness, WantedCall};
use crate::counts::counted;
use crate::decision_log::{LoggedRecord, RecordSink};
use crate::failure::Failure;

/// A record of the wanted call.
#[derive(Debug, Clone)]
pub struct FoundCall {
    pub at: Timestamp,
    pub id: String,
    pub fields: RecordFields,
    /// The record, as it is in the log.
    pub text: String,
}

/// The records of the wanted call, and counts of the others.
#[derive(Debug)]
pub struct FoundCalls<'w> {
    wanted: &'w WantedCall,
    pub calls: Vec<FoundCall>,
    /// The instants of the first and the last record that was searched.
    period: Option<(Timestamp, Timestamp)>,
    searched: u64,
    possible: u64,
    other_hash: u64,
}

impl<'w> FoundCalls<'w> {
    /// No records yet.
    pub fn new(wanted: &'w WantedCall) -> Self {
        Self { wanted, calls: Vec::new(), period: None, searched: 0, possible: 0, other_hash: 0 }
    }

    /// Joins the records that several threads found, in the order of time.
    pub fn joined(wanted: &'w WantedCall, parts: Vec<Self>) -> Self {
        let mut all = Self::new(wanted);
        for part in parts {
            all.calls.extend(part.calls);
            all.searched += part.searched;
            all.possible += part.possible;
            all.other_hash += part.other_hash;
            for at in part.period.into_iter().flat_map(|(first, last)| [first, last]) {
                all.extend_period(at);
            }
        }
        all.calls.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        all
    }

    fn extend_period(&mut self, at: Timestamp) {
        let (first, last) = self.period.unwrap_or((at, at));
        self.period = Some((first.min(at), last.max(at)));
    }

    /// Checks that there is a record of the call.
    ///
    /// # Errors
    /// If there is none: what was searched, and what may help. `hash_key` names the variable with the key of the hashes.
    pub fn check_is_found(&self, logs: &str, hash_key: Option<&'static str>) -> Result<(), Failure> {
        if !self.calls.is_empty() {
            return Ok(());
        }
        Err(NoSuchCall {
            wanted: self.wanted.to_string(),
            logs: logs.to_owned(),
            searched: self.searched,
            period: self.period,
            possible: self.possible,
            other_hash: self.other_hash,
            hash_key,
            is_by_id: matches!(self.wanted, WantedCall::Id(_)),
        }
        .into())
    }
}

impl RecordSink for FoundCalls<'_> {
    fn take(&mut self, record: &LoggedRecord<'_>) -> Result<(), Failure> {
        let at = record.at()?;
        self.searched += 1;
        self.extend_period(at);
        match self.wanted.likeness(record, at) {
            NumberLikeness::Other => {}
            NumberLikeness::OtherHash => self.other_hash += 1,
            NumberLikeness::Possible => self.possible += 1,
            NumberLikeness::Same => self.calls.push(FoundCall {
                at,
                id: record.decision_id.to_string(),
                fields: serde_json::from_slice(record.text)?,
                text: String::from_utf8_lossy(record.text).into_owned(),
            }),
        }
        Ok(())
    }
}

/// The error of a call without a record.
#[derive(Debug)]
pub struct NoSuchCall {
    wanted: String,
    logs: String,
    searched: u64,
    period: Option<(Timestamp, Timestamp)>,
    possible: u64,
    other_hash: u64,
    /// The variable with the key that the hashes were made with.
    hash_key: Option<&'static str>,
    /// True if the call was named by its decision id.
    is_by_id: bool,
}

impl fmt::Display for NoSuchCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}; searched {} of {}", self.wanted, counted(self.searched, "record"), self.logs)?;
        if let Some((first, last)) = self.period {
            write!(f, ", from {first} to {last}")?;
        }
        if self.possible > 0 {
            write!(
                f,
                "; {} may be of this call, but the log masks the numbers, and no key for their hashes is set; set \
                 PRECALL_NUMBER_HASH_KEY (or PRECALL_API_KEYS) to the hook's value",
                counted(self.possible, "record")
            )
        } else if self.other_hash > 0 {
            write!(
                f,
                "; {} with the same visible digits and another hash, compared with the key of {key}; if the hook that \
                 wrote the log has another key, set {key} to the hook's value",
                counted(self.other_hash, "record"),
                key = self.hash_key.unwrap_or("PRECALL_NUMBER_HASH_KEY")
            )
        } else {
            f.write_str(if self.is_by_id {
                "; copy the id from the header x-precall-decision-id of the answer, or name the log of that day"
            } else {
                "; correct --to, --from or --on, or name the log of that day"
            })
        }
    }
}

impl Error for NoSuchCall {}
