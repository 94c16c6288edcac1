//! The source and the age of the rules that decide a call.

use std::time::Duration;

use crate::store::StoreError;

/// The source and the age of each part of a call's rules.
#[derive(Debug, Clone)]
pub struct PartitionReads {
    /// The callee's rules; `None` if they could not be read.
    pub callee: Option<PartitionRead>,
    /// The caller's rules; `None` if there is no caller, the caller is the callee, or they could not be read.
    pub caller: Option<PartitionRead>,
    /// The wildcard rules; `None` if they could not be read.
    pub wildcard: Option<PartitionRead>,
    /// The first error of a part that could not be read, in the order callee, caller, wildcard, target of a redirect.
    pub failure: Option<StoreError>,
}

/// The source and the age of one partition.
#[derive(Debug, Clone, Copy)]
pub struct PartitionRead {
    /// The source.
    pub source: ReadSource,
    /// The time since it was read from the table.
    pub age: Duration,
}

impl PartitionRead {
    /// A partition that was read for this call.
    pub const FROM_STORE: Self = Self { source: ReadSource::Store, age: Duration::ZERO };
}

/// The source of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadSource {
    /// Read from the table for this call.
    Store,
    /// Read a short time ago.
    Cache,
    /// Read longer ago, because fresher rules could not be read in time.
    LastGood,
}

impl ReadSource {
    /// Returns the source in one word, for the decision record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Cache => "cache",
            Self::LastGood => "last_good",
        }
    }
}
