//! The table: rows and holidays, as they are written and as they were read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::hours::Week;
use super::spans::{Span, Spans};

/// `data/calling-hours.toml`, by way of `build.rs`.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/calling-hours.json"));

/// Days after which somebody should look for newer data: laws change on the first of a month somewhere, and
/// holidays are proclaimed.
pub const OLD_AFTER_DAYS: i64 = 120;

/// What is wrong with a table or a row, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    pub(super) fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// What a call is about, as far as the hours depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sales calls by a person.
    Sales,
    /// Calls to collect a debt.
    Debt,
    /// Sales calls by a machine: rows besides those of sales, not instead.
    Automated,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sales => "sales calls",
            Self::Debt => "debt collection calls",
            Self::Automated => "automated calls",
        })
    }
}

/// How a row is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grade {
    /// The statute, the regulation or its official text.
    A,
    /// Two or more independent secondary sources.
    B,
    /// One secondary source, or sources that conflict.
    C,
}

/// A row as it is written: in the data file, or by an operator, who needs only the first three fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowData {
    /// `US`, `CA` or a place in them: `US-FL`, `PR`, `CA-BC`.
    pub place: String,
    /// `sales`, `debt` or `automated`.
    pub regime: Kind,
    /// `08:00-21:00`, `Mon-Fri 09:00-18:00`; none at all closes the place.
    pub hours: Vec<String>,
    /// Whose clock, where it is not the callee's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The list of holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
    /// The hours on holidays. None of these: closed on holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday_hours: Option<Vec<String>>,
    /// The first day in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The first day no longer in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Statute or regulation.
    #[serde(default)]
    pub source: String,
    /// How it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// When someone last looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<String>,
    /// Whether it was read at its source. If not, it is the stricter reading.
    #[serde(default)]
    pub verified: bool,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Of an operator's row: it holds besides what is there already, and does not replace it.
    #[serde(default)]
    pub tighten: bool,
}

impl RowData {
    /// The hours of a place and nothing more.
    pub fn new(place: &str, regime: Kind, hours: Vec<String>) -> Self {
        Self {
            place: place.to_owned(),
            regime,
            hours,
            timezone: None,
            holidays: None,
            holiday_hours: None,
            from: None,
            until: None,
            source: String::new(),
            grade: None,
            reviewed: None,
            verified: false,
            note: None,
            tighten: false,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidaysData {
    list: String,
    years: BTreeSet<i16>,
    source: String,
    reviewed: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    note: String,
    days: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(rename = "data_date")]
    date: String,
    row: Vec<RowData>,
    holidays: Vec<HolidaysData>,
}

/// A row that was read.
#[derive(Debug, Clone)]
pub struct Row {
    /// `US`, `US-FL`, `CA-BC`.
    pub place: String,
    /// Which calls.
    pub kind: Kind,
    /// The hours.
    pub hours: Week,
    /// The clock that counts instead of the callee's.
    pub timezone: Option<TimeZone>,
    /// The list of holidays.
    pub holidays: Option<String>,
    /// The hours on holidays; none: closed.
    pub holiday_hours: Week,
    /// The first day in force.
    pub from: Option<Date>,
    /// The first day no longer in force.
    pub until: Option<Date>,
    /// Statute or regulation.
    pub source: String,
    /// How it is known.
    pub grade: Option<Grade>,
    /// When someone last looked.
    pub reviewed: Option<Date>,
    /// Whether it was read at its source.
    pub verified: bool,
    /// For people.
    pub note: Option<String>,
    /// Whether an operator's row leaves in force what is there already.
    pub tighten: bool,
    /// When an operator's row counts at all. A row of the data file always does.
    pub lifetime: Span,
    /// Whether it holds in place of those before it: an operator's that does not tighten.
    replaces: bool,
}

impl Row {
    /// Reads a row.
    ///
    /// # Errors
    /// The first field that cannot be read, and what to write.
    pub fn parse(data: RowData) -> Result<Self, Error> {
        let named = |field: &str, error: Error| Error(format!("`{field}`: {error}"));
        let date = |field: &str, text: Option<&str>| text.map(|text| parse_date(field, text)).transpose();
        let place = data.place.trim().to_ascii_uppercase();
        if country(&place).is_none() {
            return Err(Error(format!(
                "`place`: \"{}\" is not a place whose law is known; write US, CA, or a place in them such as US-FL",
                data.place
            )));
        }
        let timezone = match data.timezone.as_deref().map(str::trim) {
            None => None,
            Some(name) => Some(TimeZone::get(name).map_err(|_unknown| {
                Error(format!("`timezone`: \"{name}\" is not a time zone; write an IANA name such as America/Chicago"))
            })?),
        };
        let (from, until) = (date("from", data.from.as_deref())?, date("until", data.until.as_deref())?);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(Error(
                "`until`: not after `from`; it is the first day on which the row no longer holds".to_owned(),
            ));
        }
        Ok(Self {
            place,
            kind: data.regime,
            hours: Week::parse(&data.hours).map_err(|error| named("hours", error))?,
            timezone,
            holidays: data.holidays,
            holiday_hours: Week::parse(&data.holiday_hours.unwrap_or_default())
                .map_err(|error| named("holiday_hours", error))?,
            from,
            until,
            source: data.source,
            grade: data.grade,
            reviewed: date("reviewed", data.reviewed.as_deref())?,
            verified: data.verified,
            note: data.note,
            tighten: data.tighten,
            lifetime: Span::EVER,
            replaces: false,
        })
    }

    /// Whether the row is the stricter reading of what could not be verified. An operator's own says what it means.
    pub fn is_doubtful(&self) -> bool {
        !self.verified && self.grade.is_some()
    }

    /// Whether the row holds at an instant by its clock, if no later one holds in its place. `zone`: the callee's clock.
    pub(super) fn in_force(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let dated = || self.has(self.clock(zone).to_datetime(at).date());
        self.lifetime.holds(at) && (!self.is_dated() || dated())
    }

    /// Whether it is not in force on all days.
    pub(super) fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }

    /// Whether it is in force on a day, within its lifetime.
    pub(super) fn has(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date < until)
    }

    /// The clock by which it is read.
    pub(super) fn clock<'z>(&'z self, zone: &'z TimeZone) -> &'z TimeZone {
        self.timezone.as_ref().unwrap_or(zone)
    }
}

fn parse_date(field: &str, text: &str) -> Result<Date, Error> {
    Date::from_str(text.trim())
        .map_err(|_error| Error(format!("`{field}`: \"{text}\" is not a date; write it like 2026-10-18")))
}

/// The country whose law holds in a place, by its ISO 3166 name: `US` in `US-FL` and in `PR`.
pub fn country(place: &str) -> Option<&'static str> {
    const TERRITORIES: [&str; 6] = ["AS", "GU", "MP", "PR", "UM", "VI"];
    let (root, part) = place.split_once('-').map_or((place, None), |(root, part)| (root, Some(part)));
    let is_part = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if part.is_some_and(|part| !is_part(part)) {
        return None;
    }
    if root.eq_ignore_ascii_case("CA") {
        return Some("CA");
    }
    let is_territory = part.is_none() && TERRITORIES.iter().any(|territory| territory.eq_ignore_ascii_case(root));
    (root.eq_ignore_ascii_case("US") || is_territory).then_some("US")
}

/// Dated holidays.
#[derive(Debug, Clone)]
pub struct Holidays {
    /// The years for which the list is complete.
    pub years: BTreeSet<i16>,
    /// Each day and its name.
    pub days: BTreeMap<Date, String>,
    /// Statute or regulation.
    pub source: String,
    /// When someone last looked.
    pub reviewed: Date,
    /// Whether it was read at its source.
    pub verified: bool,
    /// For people.
    pub note: String,
}

impl Holidays {
    fn parse(data: HolidaysData) -> Result<(String, Self), Error> {
        let mut days = BTreeMap::new();
        for text in &data.days {
            let (date, name) = text.split_once(' ').unwrap_or((text, ""));
            let date = parse_date("days", date)?;
            if name.trim().is_empty() || !data.years.contains(&date.year()) {
                return Err(Error(format!("`days`: \"{text}\" has no name, or its year is not in `years`")));
            }
            if days.insert(date, name.trim().to_owned()).is_some() {
                return Err(Error(format!("`days`: {date} is there twice")));
            }
        }
        let reviewed = parse_date("reviewed", &data.reviewed)?;
        let HolidaysData { list, years, source, verified, note, .. } = data;
        Ok((list, Self { years, days, source, reviewed, verified, note }))
    }
}

/// The calling hours of every place that is known. The default is an empty table, by which every law is
/// closed.
#[derive(Debug, Clone, Default)]
pub struct Table {
    data_date: Option<Date>,
    rows: Vec<Row>,
    holidays: BTreeMap<String, Holidays>,
}

impl Table {
    /// The table that is built in.
    pub fn embedded() -> &'static Self {
        // A file that cannot be read fails the tests. Were it to happen all the same, nothing is lawful.
        static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(EMBEDDED).unwrap_or_default());
        &TABLE
    }

    /// Reads a table: the data file as JSON.
    ///
    /// # Errors
    /// The first thing wrong with it.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let data: Data = serde_json::from_str(json).map_err(|error| Error(error.to_string()))?;
        let mut table = Self { data_date: Some(parse_date("data_date", &data.date)?), ..Self::default() };
        for list in data.holidays {
            let name = list.list.clone();
            let (name, holidays) = Holidays::parse(list).map_err(|error| Error(format!("holidays {name}: {error}")))?;
            if table.holidays.insert(name.clone(), holidays).is_some() {
                return Err(Error(format!("holidays {name}: there are two lists of this name")));
            }
        }
        for (number, row) in data.row.into_iter().enumerate() {
            let at = format!("row {} ({})", number + 1, row.place);
            let row = Row::parse(row).map_err(|error| Error(format!("{at}: {error}")))?;
            if row.source.is_empty() || row.grade.is_none() || row.reviewed.is_none() {
                return Err(Error(format!("{at}: `source`, `grade` and `reviewed` must be there")));
            }
            if row.holidays.as_ref().is_some_and(|list| !table.holidays.contains_key(list)) {
                return Err(Error(format!("{at}: `holidays`: there is no such list")));
            }
            if row.tighten {
                return Err(Error(format!(
                    "{at}: `tighten` is for an operator's rows; rows of the data file always do"
                )));
            }
            table.rows.push(row);
        }
        Ok(table)
    }

    /// This table with an operator's rows.
    ///
    /// A row replaces those of the same place and kind that stand before it, as long as it is in force itself;
    /// with `tighten` it holds besides them. Rows that tighten are never replaced.
    #[must_use]
    pub fn with_overrides(&self, rows: impl IntoIterator<Item = Row>) -> Self {
        let mut table = self.clone();
        table.rows.extend(rows.into_iter().map(|row| Row { replaces: !row.tighten, ..row }));
        table
    }

    /// The rows of a place and kind, in order.
    fn rows_of<'t>(&'t self, place: &str, kind: Kind) -> impl DoubleEndedIterator<Item = &'t Row> {
        let place = place.trim();
        self.rows.iter().filter(move |row| row.kind == kind && row.place.eq_ignore_ascii_case(place))
    }

    /// The rows of a place and kind that hold at an instant, by a clock of the callee's, the last first: those that
    /// tighten, and the others from the last one on that is in force and replaces.
    pub(super) fn holding<'t>(
        &'t self,
        place: &str,
        kind: Kind,
        zone: &TimeZone,
        at: Timestamp,
    ) -> impl Iterator<Item = &'t Row> {
        let mut is_replaced = false;
        self.rows_of(place, kind).rev().filter(move |row| {
            let holds = row.in_force(zone, at) && (row.tighten || !is_replaced);
            is_replaced |= holds && row.replaces;
            holds
        })
    }

    /// The same for a stretch of time: each row that holds in some of it, and when, by a function that tells when a
    /// row is in force.
    pub(super) fn holding_in<'t>(
        &'t self,
        place: &str,
        kind: Kind,
        window: Span,
        in_force: impl Fn(&Row) -> Spans,
    ) -> impl Iterator<Item = (&'t Row, Spans)> {
        let mut taken = Spans::default();
        let in_window = move |row: &&Row| row.lifetime.start < window.end && window.start < row.lifetime.end;
        self.rows_of(place, kind).rev().filter(in_window).map(move |row| {
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

    /// When the data was last looked over as a whole.
    pub fn data_date(&self) -> Option<Date> {
        self.data_date
    }

    /// Whole days from the date of the data to an instant, in UTC.
    pub fn age_days(&self, at: Timestamp) -> Option<i64> {
        let date = self.data_date?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(at.duration_since(date).as_hours() / 24)
    }

    /// Every row, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The holidays, by the name of their list.
    pub fn holidays(&self) -> &BTreeMap<String, Holidays> {
        &self.holidays
    }

    /// The last year for which all holidays are known.
    pub fn last_year(&self) -> Option<i16> {
        self.holidays.values().filter_map(|list| list.years.last().copied()).min()
    }
}
