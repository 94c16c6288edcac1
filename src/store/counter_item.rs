//! The item of one counter.
//!
//! It has these attributes:
//!
//! - `attempts`: a list of `<13 digits of epoch ms>#<id>`, the newest first
//! - `keep_for` (seconds) and `longest` (entries): the maximum that any reservation needed
//! - `expires_at` (epoch seconds): the table's TTL

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::error::{StoreError, StoreErrorKind, TableKind};

pub(super) const COUNTER: &str = "counter";
pub(super) const ATTEMPTS: &str = "attempts";
pub(super) const KEEP_FOR: &str = "keep_for";
pub(super) const MAX_ENTRIES: &str = "longest";
pub(super) const EXPIRES_AT: &str = "expires_at";

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// The item of a counter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CounterItem {
    /// True if the item has a list, which may be empty.
    pub(super) has_list: bool,
    /// The attempts in their stored form, the newest first.
    pub(super) entries: Vec<String>,
    pub(super) times: Vec<Timestamp>,
    /// The time for which attempts are kept, in seconds: the longest that any reservation needed.
    pub(super) keep_for: i64,
    /// The number of attempts that are kept: the greatest that any reservation needed.
    pub(super) max_entries: usize,
}

impl CounterItem {
    pub(super) fn read(mut item: Attributes) -> Result<Self, StoreError> {
        let malformed =
            |mistake: &str| broken(&format!("an item is not as it was written: {mistake}; delete or repair it"));
        let number = |name: &str| match item.get(name) {
            None => Ok(0),
            Some(AttributeValue::N(number)) => {
                number.parse::<u32>().map_err(|_| malformed(&format!("`{name}` is not a whole number")))
            }
            Some(_) => Err(malformed(&format!("`{name}` is not a number"))),
        };
        let (keep_for, max_entries) = (number(KEEP_FOR)?, number(MAX_ENTRIES)?);
        let mut found = Self { keep_for: keep_for.into(), max_entries: max_entries as usize, ..Self::default() };
        match item.remove(ATTEMPTS) {
            None => return Ok(found),
            Some(AttributeValue::L(values)) => {
                found.has_list = true;
                for value in values {
                    let AttributeValue::S(entry) = value else {
                        return Err(malformed("an attempt is not text"));
                    };
                    found.times.push(instant(&entry).ok_or_else(|| malformed("an attempt has no instant and id"))?);
                    found.entries.push(entry);
                }
            }
            Some(_) => return Err(malformed("`attempts` is not a list")),
        }
        if found.times.is_sorted_by(|newer, older| newer >= older) {
            Ok(found)
        } else {
            Err(malformed("the attempts are not the newest first"))
        }
    }

    /// Returns true if the attempt with this id and instant is recorded. An earlier one with the same id is another attempt.
    pub(super) fn has(&self, id: &str, at: Timestamp) -> bool {
        let own = |entry: &str| entry.split_once('#').is_some_and(|(_, own)| own == id);
        let at = at.as_millisecond();
        self.entries.iter().zip(&self.times).any(|(entry, time)| time.as_millisecond() >= at && own(entry))
    }

    /// Returns true if an attempt can be added without removing one.
    pub(super) fn has_room(&self, keep_for: i64, max_entries: usize) -> bool {
        !self.has_list
            || (self.keep_for >= keep_for && self.max_entries >= max_entries && self.entries.len() < self.max_entries)
    }
}

/// Returns an attempt in its stored form.
pub(super) fn entry(at: Timestamp, id: &str) -> String {
    format!("{:013}#{id}", at.as_millisecond())
}

/// Returns a value that is greater than all entries up to this instant, and less than all later ones.
pub(super) fn after(at: Timestamp) -> AttributeValue {
    AttributeValue::S(format!("{:013}", at.as_millisecond().max(0).saturating_add(1)))
}

fn instant(entry: &str) -> Option<Timestamp> {
    let (digits, id) = entry.split_once('#')?;
    let well_formed = digits.len() == 13 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty();
    well_formed.then(|| digits.parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok())).flatten()
}

pub(super) fn broken(detail: &str) -> StoreError {
    StoreError::new(TableKind::Attempts, StoreErrorKind::Broken, detail)
}
