//! The call that is wanted: by its decision id, or by its callee, caller and day.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use precall::Number;
use precall::place::zones;
use precall_hook::log::Mask;

use crate::decision_log::LoggedRecord;

/// A number that is searched for.
#[derive(Debug, Clone)]
pub struct WantedNumber {
    pub number: Number,
    /// Its hash with the key of the environment; `None` without a key.
    hash: Option<String>,
}

/// The result of the comparison of a wanted number with a number of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberLikeness {
    Other,
    /// The visible digits are the same, and the hash is another: another number, or another key.
    OtherHash,
    /// The visible digits are the same, and there is no hash to compare.
    Possible,
    Same,
}

impl WantedNumber {
    /// A number, with its hash by the key of a mask.
    pub fn new(number: Number, mask: &Mask) -> Self {
        Self { hash: mask.hash(&number), number }
    }

    /// Compares the number with one of a record.
    pub fn likeness(&self, shown: Option<&str>, hash: Option<&str>) -> NumberLikeness {
        if let Some(shown) = shown.filter(|shown| !shown.contains('*')) {
            return if shown == self.number.as_str() { NumberLikeness::Same } else { NumberLikeness::Other };
        }
        let is_like = shown.is_none_or(|shown| self.has_digits(shown));
        match (hash, &self.hash) {
            (Some(hash), Some(own)) if hash == own => NumberLikeness::Same,
            (Some(_), Some(_)) if is_like && shown.is_some() => NumberLikeness::OtherHash,
            (Some(_), None) if is_like => NumberLikeness::Possible,
            (None, _) if is_like && shown.is_some() => NumberLikeness::Possible,
            _ => NumberLikeness::Other,
        }
    }

    /// Returns true if the number has the visible digits of a masked one, and its length.
    pub fn has_digits(&self, masked: &str) -> bool {
        let visible = masked.trim_end_matches('*');
        masked.len() == self.number.as_str().len() && self.number.as_str().starts_with(visible)
    }
}

/// The call that is wanted.
#[derive(Debug, Clone)]
pub enum WantedCall {
    Id(WantedId),
    Numbers(WantedNumbers),
}

/// The decision id of the call that is wanted, and its callee if the person typed it.
#[derive(Debug, Clone)]
pub struct WantedId {
    pub id: String,
    pub to: Option<WantedNumber>,
}

/// The numbers and the day of the call that is wanted.
#[derive(Debug, Clone)]
pub struct WantedNumbers {
    pub to: WantedNumber,
    pub from: Option<WantedNumber>,
    pub on: Option<Date>,
}

impl WantedCall {
    /// Compares the call with one of a record.
    pub fn likeness(&self, record: &LoggedRecord<'_>, at: Timestamp) -> NumberLikeness {
        match self {
            Self::Id(WantedId { id, to }) if id.eq_ignore_ascii_case(&record.decision_id) => {
                let likeness = |to: &WantedNumber| to.likeness(record.to.as_deref(), record.to_hash.as_deref());
                to.as_ref().map_or(NumberLikeness::Same, likeness)
            }
            Self::Id(_) => NumberLikeness::Other,
            Self::Numbers(wanted) if !wanted.is_on_day(at) => NumberLikeness::Other,
            Self::Numbers(wanted) => {
                let to = wanted.to.likeness(record.to.as_deref(), record.to_hash.as_deref());
                let from = wanted.from.as_ref().map_or(NumberLikeness::Same, |from| {
                    from.likeness(record.from.as_deref(), record.from_hash.as_deref())
                });
                to.min(from)
            }
        }
    }

    /// Returns the numbers that the person typed.
    pub fn numbers(&self) -> Vec<&WantedNumber> {
        match self {
            Self::Id(wanted) => wanted.to.iter().collect(),
            Self::Numbers(wanted) => [Some(&wanted.to), wanted.from.as_ref()].into_iter().flatten().collect(),
        }
    }
}

impl WantedNumbers {
    /// Returns true if the instant is on the day, by a clock of the callee or in UTC.
    fn is_on_day(&self, at: Timestamp) -> bool {
        let Some(on) = self.on else { return true };
        let clocks = zones(&self.to.number).names().iter().filter_map(|name| TimeZone::get(name).ok());
        clocks.chain([TimeZone::UTC]).any(|zone| zone.to_datetime(at).date() == on)
    }
}

/// `call to +13155550101 on 2026-11-03`
impl fmt::Display for WantedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(WantedId { id, to }) => {
                write!(f, "record with the decision id {id}")?;
                to.as_ref().map_or(Ok(()), |to| write!(f, " of a call to {}", to.number))
            }
            Self::Numbers(WantedNumbers { to, from, on }) => {
                write!(f, "call to {}", to.number)?;
                if let Some(from) = from {
                    write!(f, " from {}", from.number)?;
                }
                on.map_or(Ok(()), |on| write!(f, " on {on}, by a clock of the callee or in UTC"))
            }
        }
    }
}
