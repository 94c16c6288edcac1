//! The calls of a log.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::logged_decision::LoggedDecision;
use super::logged_number::LoggedNumber;
use crate::decision_log::{LoggedRecord, RecordSink};
use crate::failure::Failure;

/// A call of a log.
#[derive(Debug)]
pub struct LoggedCall {
    /// The record's `decision_id`.
    pub id: Box<str>,
    pub at: Timestamp,
    pub to: LoggedNumber,
    /// The caller; `None` if withheld.
    pub from: Option<LoggedNumber>,
    pub client: Option<Arc<str>>,
    /// The hour of the callee's clock; `None` if its clocks show several.
    pub callee_hour: Option<u8>,
    pub decision: LoggedDecision,
}

impl LoggedCall {
    /// Returns the callee and the caller.
    pub fn numbers(&self) -> impl Iterator<Item = &LoggedNumber> {
        [Some(&self.to), self.from.as_ref()].into_iter().flatten()
    }
}

/// The calls of a log, and counts of the records that cannot be replayed.
#[derive(Debug, Default)]
pub struct LoggedCalls {
    pub calls: Vec<LoggedCall>,
    /// Requests that were refused.
    pub refused: u64,
    /// Records without a call, by reason.
    pub not_replayed: BTreeMap<String, u64>,
}

impl LoggedCalls {
    /// Joins the calls that several threads read, in the order of their instants: caps count earlier calls.
    pub fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.calls.extend(part.calls);
            all.refused += part.refused;
            for (reason, count) in part.not_replayed {
                *all.not_replayed.entry(reason).or_default() += count;
            }
        }
        all.calls.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        all
    }
}

impl RecordSink for LoggedCalls {
    fn take(&mut self, record: &LoggedRecord<'_>) -> Result<(), Failure> {
        if &*record.status == "REFUSED" {
            self.refused += 1;
            return Ok(());
        }
        let Some(to) = LoggedNumber::of(record.to.as_ref(), record.to_hash.as_ref()) else {
            *self.not_replayed.entry("the log does not show the callee".to_owned()).or_default() += 1;
            return Ok(());
        };
        self.calls.push(LoggedCall {
            id: (*record.decision_id).into(),
            at: record.at()?,
            to,
            from: LoggedNumber::of(record.from.as_ref(), record.from_hash.as_ref()),
            client: record.client.as_deref().map(Into::into),
            callee_hour: record.callee_hour(),
            decision: LoggedDecision::of(record),
        });
        Ok(())
    }
}
