//! Rows of the calling-hours table, as text and after parsing.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::error::HoursError;
use crate::place::law_country;
use crate::time_span::TimeSpan;
use crate::week::Week;

/// The kind of calls to which a row applies.
///
/// ```
/// assert_eq!(precall::calling_hours::Regime::Debt.to_string(), "debt collection calls");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Regime {
    /// Sales calls by a person.
    Sales,
    /// Calls to collect a debt.
    Debt,
    /// Calls by a machine. These rows apply in addition to those of sales or of debt.
    Automated,
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sales => "sales calls",
            Self::Debt => "debt collection calls",
            Self::Automated => "automated calls",
        })
    }
}

/// The quality of a row's source.
///
/// ```
/// use precall::calling_hours::{CallingHours, Grade};
///
/// assert!(CallingHours::embedded().rows().iter().any(|row| row.grade == Some(Grade::A)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grade {
    /// The statute, the regulation or its official text.
    A,
    /// Two or more independent secondary sources.
    B,
    /// One secondary source, or sources that conflict.
    C,
}

/// A row before parsing, from the data file or from an operator. An operator needs only the first three fields.
///
/// ```
/// use precall::calling_hours::{HoursRow, HoursRowData, Regime};
///
/// let row = HoursRow::parse(HoursRowData::new("US-FL", Regime::Sales, vec!["08:00-20:00".to_owned()]))?;
/// assert_eq!(row.hours.to_string(), "08:00-20:00");
/// # Ok::<(), precall::calling_hours::HoursError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursRowData {
    /// `US`, `CA` or a place in them: `US-FL`, `PR`, `CA-BC`.
    pub place: String,
    /// `sales`, `debt` or `automated`.
    pub regime: Regime,
    /// Hours such as `08:00-21:00` or `Mon-Fri 09:00-18:00`. If empty, the place is closed.
    pub hours: Vec<String>,
    /// The IANA name of the clock that counts instead of the callee's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The name of the list of holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
    /// The hours on holidays. If empty, the place is closed on holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday_hours: Option<Vec<String>>,
    /// The first day in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The first day after the row was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The statute or regulation.
    #[serde(default)]
    pub source: String,
    /// How well the row is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// The day of the last review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<String>,
    /// True if somebody compared the row with its source. If false, it is the stricter reading.
    #[serde(default)]
    pub verified: bool,
    /// A note for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// True if an operator's row applies in addition to earlier rows instead of replacing them.
    #[serde(default)]
    pub tighten: bool,
}

impl HoursRowData {
    /// Returns a row with only the hours of a place.
    pub fn new(place: &str, regime: Regime, hours: Vec<String>) -> Self {
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

/// A row after parsing.
///
/// ```
/// use precall::calling_hours::CallingHours;
///
/// let row = &CallingHours::embedded().rows()[0];
/// assert!(!row.source.is_empty() && row.reviewed.is_some());
/// ```
#[derive(Debug, Clone)]
pub struct HoursRow {
    /// A place such as `US`, `US-FL` or `CA-BC`.
    pub place: String,
    /// The kind of call.
    pub regime: Regime,
    /// The hours of each weekday.
    pub hours: Week,
    /// The clock that counts instead of the callee's.
    pub timezone: Option<TimeZone>,
    /// The name of the list of holidays.
    pub holidays: Option<String>,
    /// The hours on holidays. The week is closed if there are none.
    pub holiday_hours: Week,
    /// The first day in force.
    pub from: Option<Date>,
    /// The first day after the row was in force.
    pub until: Option<Date>,
    /// The statute or regulation.
    pub source: String,
    /// How well the row is known.
    pub grade: Option<Grade>,
    /// The day of the last review.
    pub reviewed: Option<Date>,
    /// True if somebody compared the row with its source.
    pub verified: bool,
    /// A note for people.
    pub note: Option<String>,
    /// True if an operator's row applies in addition to earlier rows.
    pub tighten: bool,
    /// The span of time in which an operator's row counts. A row of the data file always counts.
    pub lifetime: TimeSpan,
    /// True if the row replaces those before it: an operator's row that does not tighten.
    pub(super) replaces: bool,
}

impl HoursRow {
    /// Reads a row.
    ///
    /// # Errors
    /// Names the first field that cannot be read, and a correct value.
    pub fn parse(data: HoursRowData) -> Result<Self, HoursError> {
        let date = |field: &'static str, text: Option<&str>| text.map(|text| parse_date(field, text)).transpose();
        let place = data.place.trim().to_ascii_uppercase();
        if law_country(&place).is_none() {
            let problem = format!(
                "\"{}\" is not a place whose law is known; write US, CA, or a place in them such as US-FL",
                data.place
            );
            return Err(HoursError::field("place", problem));
        }
        let timezone = match data.timezone.as_deref().map(str::trim) {
            None => None,
            Some(name) => Some(TimeZone::get(name).map_err(|_unknown| {
                let problem = format!("\"{name}\" is not a time zone; write an IANA name such as America/Chicago");
                HoursError::field("timezone", problem)
            })?),
        };
        let (from, until) = (date("from", data.from.as_deref())?, date("until", data.until.as_deref())?);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            let problem = "not after `from`; it is the first day on which the row is no longer in force";
            return Err(HoursError::field("until", problem));
        }
        Ok(Self {
            place,
            regime: data.regime,
            hours: Week::parse(&data.hours).map_err(|error| HoursError::field("hours", error))?,
            timezone,
            holidays: data.holidays,
            holiday_hours: Week::parse(&data.holiday_hours.unwrap_or_default())
                .map_err(|error| HoursError::field("holiday_hours", error))?,
            from,
            until,
            source: data.source,
            grade: data.grade,
            reviewed: date("reviewed", data.reviewed.as_deref())?,
            verified: data.verified,
            note: data.note,
            tighten: data.tighten,
            lifetime: TimeSpan::EVER,
            replaces: false,
        })
    }

    /// Returns true if the row is the stricter reading of a source that could not be verified. This is never true of an
    /// operator's row.
    pub fn is_doubtful(&self) -> bool {
        !self.verified && self.grade.is_some()
    }

    /// Returns true if the row is in force at an instant, by its own clock or by the callee's, `zone`. A later row may still
    /// replace it.
    pub(super) fn is_in_force(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let dated = || self.is_in_force_on(self.clock(zone).to_datetime(at).date());
        self.lifetime.contains(at) && (!self.is_dated() || dated())
    }

    /// Returns true if the row is not in force on all days.
    pub(super) fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }

    /// Returns true if the row is in force on a day of its lifetime.
    pub(super) fn is_in_force_on(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date < until)
    }

    /// Returns the clock that the row uses.
    pub(super) fn clock<'z>(&'z self, zone: &'z TimeZone) -> &'z TimeZone {
        self.timezone.as_ref().unwrap_or(zone)
    }
}

pub(super) fn parse_date(field: &'static str, text: &str) -> Result<Date, HoursError> {
    Date::from_str(text.trim())
        .map_err(|_error| HoursError::field(field, format!("\"{text}\" is not a date; write it like 2026-10-18")))
}
