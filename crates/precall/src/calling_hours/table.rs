//! The calling-hours table: rows and holidays.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::error::HoursError;
use super::holidays::{Holidays, HolidaysData};
use super::row::{HoursRow, HoursRowData, Regime, parse_date};
use crate::time_span::{TimeSpan, TimeSpans};

/// `data/calling-hours.toml`, which `build.rs` converts to JSON.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/calling-hours.json"));

/// The age in days above which an operator should look for a newer table, because laws change and holidays are proclaimed.
pub const MAX_DATA_AGE_DAYS: i64 = 120;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(rename = "data_date")]
    date: String,
    row: Vec<HoursRowData>,
    holidays: Vec<HolidaysData>,
}

/// The calling hours of all known places. The default is an empty table, which prohibits every call to which a law applies.
///
/// ```
/// use jiff::{Timestamp, tz::TimeZone};
/// use precall::calling_hours::{CallingHours, Law};
///
/// let florida = [TimeZone::get("America/New_York").unwrap()];
/// let evening: Timestamp = "2026-12-01T20:30-05:00".parse().unwrap();
/// assert!(!CallingHours::embedded().is_lawful(Law::Us, &["US-FL"], &florida, evening));
/// ```
#[derive(Debug, Clone, Default)]
pub struct CallingHours {
    data_date: Option<Date>,
    rows: Vec<HoursRow>,
    holidays: BTreeMap<String, Holidays>,
}

/// A row and its position in the table.
pub(super) type IndexedRow<'t> = (usize, &'t HoursRow);

impl CallingHours {
    /// Returns the built-in table.
    pub fn embedded() -> &'static Self {
        // The tests fail if the file cannot be read. If this happened nevertheless, no call would be lawful.
        static TABLE: LazyLock<CallingHours> = LazyLock::new(|| CallingHours::parse(EMBEDDED).unwrap_or_default());
        &TABLE
    }

    /// Reads a table from JSON, with the fields of the data file.
    ///
    /// # Errors
    /// Describes the first list or row that cannot be read.
    pub fn parse(json: &str) -> Result<Self, HoursError> {
        let data: Data = serde_json::from_str(json).map_err(HoursError::Form)?;
        let mut table = Self { data_date: Some(parse_date("data_date", &data.date)?), ..Self::default() };
        for list in data.holidays {
            let name = list.list.clone();
            let holidays = Holidays::parse(list).map_err(|error| error.in_list(&name))?;
            if table.holidays.insert(name.clone(), holidays).is_some() {
                return Err(HoursError::DuplicateList.in_list(&name));
            }
        }
        for (i, row) in data.row.into_iter().enumerate() {
            let place = row.place.clone();
            let row = HoursRow::parse(row).and_then(|row| table.check(row));
            table.rows.push(row.map_err(|error| error.in_row(i + 1, &place))?);
        }
        Ok(table)
    }

    /// Checks the fields that rows of the data file must have, but not an operator's rows.
    fn check(&self, row: HoursRow) -> Result<HoursRow, HoursError> {
        let required =
            [("source", !row.source.is_empty()), ("grade", row.grade.is_some()), ("reviewed", row.reviewed.is_some())];
        if let Some((name, _)) = required.into_iter().find(|(_, is_there)| !is_there) {
            return Err(HoursError::MissingField(name));
        }
        if row.holidays.as_ref().is_some_and(|list| !self.holidays.contains_key(list)) {
            return Err(HoursError::field("holidays", "there is no such list"));
        }
        if row.tighten {
            return Err(HoursError::field(
                "tighten",
                "only for an operator's row; a row of the data file always tightens",
            ));
        }
        Ok(row)
    }

    /// Returns this table with an operator's rows.
    ///
    /// A row replaces earlier rows of the same place and regime while it is in force. A row with `tighten` applies in
    /// addition to them, and is never replaced.
    #[must_use]
    pub fn with_overrides(&self, rows: impl IntoIterator<Item = HoursRow>) -> Self {
        let mut table = self.clone();
        table.rows.extend(rows.into_iter().map(|row| HoursRow { replaces: !row.tighten, ..row }));
        table
    }

    /// Returns the rows of a place and regime, in order.
    fn rows_of<'t>(&'t self, place: &str, regime: Regime) -> impl DoubleEndedIterator<Item = IndexedRow<'t>> {
        let place = place.trim();
        let is_of = move |row: &HoursRow| row.regime == regime && row.place.eq_ignore_ascii_case(place);
        self.rows.iter().enumerate().filter(move |(_, row)| is_of(row))
    }

    /// Returns the rows of a place and regime that apply at an instant by one of the callee's clocks, the last first. These are
    /// the rows that tighten, and the other rows in force back to the last one that replaces those before it.
    pub(super) fn rows_at<'t>(
        &'t self,
        place: &str,
        regime: Regime,
        zone: &TimeZone,
        at: Timestamp,
    ) -> impl Iterator<Item = IndexedRow<'t>> {
        let mut is_replaced = false;
        self.rows_of(place, regime).rev().filter(move |(_, row)| {
            let applies = row.is_in_force(zone, at) && (row.tighten || !is_replaced);
            is_replaced |= applies && row.replaces;
            applies
        })
    }

    /// Returns the rows of a place and regime that apply during a part of `window`, each with the spans in which it
    /// applies. `in_force` returns the spans in which a row is in force.
    pub(super) fn rows_within<'t>(
        &'t self,
        place: &str,
        regime: Regime,
        window: TimeSpan,
        in_force: impl Fn(&HoursRow) -> TimeSpans,
    ) -> impl Iterator<Item = (&'t HoursRow, TimeSpans)> {
        let mut taken = TimeSpans::default();
        let in_window = move |row: &HoursRow| row.lifetime.start < window.end && window.start < row.lifetime.end;
        self.rows_of(place, regime).rev().filter(move |(_, row)| in_window(row)).map(move |(_, row)| {
            let own = in_force(row);
            if row.tighten {
                return (row, own);
            }
            let left = own.and(&taken.not());
            if row.replaces {
                taken = taken.or(&own);
            }
            (row, left)
        })
    }

    /// Returns the day on which the data was last reviewed as a whole.
    pub fn data_date(&self) -> Option<Date> {
        self.data_date
    }

    /// Returns the age of the data at an instant, in whole days of UTC.
    pub fn age_days(&self, at: Timestamp) -> Option<i64> {
        let date = self.data_date?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(at.duration_since(date).as_hours() / 24)
    }

    /// Returns every row, in order.
    pub fn rows(&self) -> &[HoursRow] {
        &self.rows
    }

    /// Returns the lists of holidays by name.
    pub fn holidays(&self) -> &BTreeMap<String, Holidays> {
        &self.holidays
    }

    /// Returns the last year for which all holidays are known.
    pub fn last_year(&self) -> Option<i16> {
        self.holidays.values().filter_map(|list| list.years.last().copied()).min()
    }
}
