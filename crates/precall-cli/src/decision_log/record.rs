//! The fields of a decision record that tools read.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::opening_hour::opening_hour;

/// Most entries of a list in a record. The hook replaces the rest by a last entry such as `and 3 more`.
const MAX_LISTED: usize = 20;

/// Text between two entries of a list that is one text.
const SEPARATOR: &str = " | ";

/// A text of a record, borrowed from the line unless it has escapes.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RecordText<'l>(#[serde(borrow)] Cow<'l, str>);

impl Deref for RecordText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A list of a record.
#[derive(Debug, Clone)]
pub enum RecordList<'l> {
    /// The JSON array that the hook writes.
    Array(Vec<RecordText<'l>>),
    /// The one text of version 0.1, with [`SEPARATOR`] between the entries. A name that contains the separator is read
    /// as several.
    Text(RecordText<'l>),
}

impl Default for RecordList<'_> {
    fn default() -> Self {
        Self::Array(Vec::new())
    }
}

impl RecordList<'_> {
    /// Returns the entries that the record lists.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        let listed = self.split_last().0;
        self.parts().take(listed)
    }

    /// Returns the number of entries that the hook did not list.
    pub fn not_listed(&self) -> u64 {
        self.split_last().1
    }

    /// Returns the number of listed entries, and the number in a last part such as `and 3 more`.
    fn split_last(&self) -> (usize, u64) {
        let count = self.parts().count();
        // A rule of a short array may have such a name.
        let may_be_cut = matches!(self, Self::Text(_)) || count > MAX_LISTED;
        let more = self.parts().last().filter(|_| may_be_cut && count > 1).and_then(more);
        more.map_or((count, 0), |more| (count - 1, more))
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        let (texts, text) = match self {
            Self::Array(texts) => (texts.as_slice(), None),
            Self::Text(text) => (&[][..], Some(text)),
        };
        texts.iter().map(|text| &**text).chain(text.into_iter().flat_map(|text| text.split(SEPARATOR)))
    }
}

/// Parses `and 3 more`.
fn more(part: &str) -> Option<u64> {
    part.strip_prefix("and ")?.strip_suffix(" more")?.parse().ok()
}

impl<'de: 'l, 'l> Deserialize<'de> for RecordList<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = RecordList<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of texts, or a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(RecordList::Text(RecordText(text.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(RecordList::Text(RecordText(text.to_owned().into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = entries.next_element()? {
            texts.push(text);
        }
        Ok(RecordList::Array(texts))
    }
}

/// A decision record: the fields of `precall_hook::log::DecisionRecord` that tools read, with the same names.
#[derive(Debug, Deserialize)]
pub struct LoggedRecord<'l> {
    /// The record's JSON, as it is in the log.
    #[serde(skip)]
    pub text: &'l [u8],
    /// The instant of the call, as it is written.
    #[serde(borrow)]
    pub timestamp: RecordText<'l>,
    #[serde(borrow)]
    pub decision_id: RecordText<'l>,
    #[serde(borrow)]
    pub client: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub from: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub from_hash: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub to: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub to_hash: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub status: RecordText<'l>,
    #[serde(borrow)]
    pub code: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub reason: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub decided_by: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub cause: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub rule: Option<RecordText<'l>>,
    #[serde(borrow)]
    because: Option<RecordText<'l>>,
    #[serde(borrow)]
    cap_count_by: Option<RecordText<'l>>,
    #[serde(borrow)]
    next_open: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub redirected_by: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub callee_place: Option<RecordText<'l>>,
    #[serde(borrow)]
    callee_clock: Option<RecordList<'l>>,
    #[serde(borrow)]
    pub hours_data: Option<RecordText<'l>>,
    #[serde(borrow)]
    pub shadow_rules: Option<RecordList<'l>>,
    #[serde(borrow)]
    pub invalid_reasons: Option<RecordList<'l>>,
    /// From the request's arrival to its answer, in milliseconds.
    pub duration_ms: f64,
}

impl LoggedRecord<'_> {
    /// Parses the instant of the call.
    ///
    /// # Errors
    /// If the text is not an instant.
    pub fn at(&self) -> Result<Timestamp, jiff::Error> {
        self.timestamp.parse()
    }

    /// Returns the hour that all of the callee's clocks show; `None` if they show several hours, or there is no clock.
    pub fn callee_hour(&self) -> Option<u8> {
        let mut hours = self.callee_clock.iter().flat_map(RecordList::entries).map(hour);
        let first = hours.next()??;
        hours.all(|hour| hour == Some(first)).then_some(first)
    }

    /// Returns the hour of the callee's clock at the first instant at which the rejected call would be let through. If the clocks
    /// differ, the earliest time counts.
    pub fn opening_hour(&self) -> Option<u8> {
        let open = self.next_open.as_ref()?.parse().ok()?;
        let clocks = self.callee_clock.iter().flat_map(RecordList::entries);
        let zones: Vec<TimeZone> = clocks.filter_map(zone).collect();
        opening_hour(open, zones.iter())
    }

    /// Returns what the deciding rule's cap counts by (`callee`, `pair` or `caller`); `None` if that rule has no cap, or
    /// no rule decided.
    pub fn cap_count_by(&self) -> Option<&str> {
        self.cap_count_by.as_deref().or_else(|| cap_count_by_of_sentence(self.because.as_deref()?))
    }
}

/// Returns the hour of a clock such as `Mon 02:53 in America/New_York`.
fn hour(clock: &str) -> Option<u8> {
    clock.split(' ').nth(1)?.split(':').next()?.parse().ok()
}

/// Returns the zone of a clock such as `Mon 02:53 in America/New_York`.
fn zone(clock: &str) -> Option<TimeZone> {
    TimeZone::get(clock.split_once(" in ")?.1).ok()
}

/// Returns what a cap counts by, from the sentence in `because`. Records of version 0.1 have only the sentence.
fn cap_count_by_of_sentence(because: &str) -> Option<&'static str> {
    let words = [("callee", "to this callee"), ("pair", "between this pair of numbers"), ("caller", "by this caller")];
    words.into_iter().find(|(_, words)| because.contains(words)).map(|(count_by, _)| count_by)
}
