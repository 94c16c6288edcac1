//! The reasons why a call is not lawful at an instant.

use std::fmt;

use jiff::civil::DateTime;

use super::law::Law;
use super::row::HoursRow;
use crate::week::{DayWindow, DayWindows};

/// A reason why a call is not lawful at an instant.
///
/// ```
/// use jiff::{Timestamp, tz::TimeZone};
/// use precall::calling_hours::{CallingHours, Law};
///
/// let zones = [TimeZone::get("America/New_York").unwrap()];
/// let early: Timestamp = "2026-12-01T06:00-05:00".parse().unwrap();
/// let status = CallingHours::embedded().status(Law::Us, &["US-NY"], &zones, early);
/// assert!(status.reasons[0].to_string().contains("it is 06:00 in America/New_York"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum UnlawfulReason<'t> {
    /// The time is outside the hours of the day.
    Outside(Prohibition<'t>),
    /// The day has no hours.
    Closed(Prohibition<'t>),
    /// The day is a holiday, with its name.
    Holiday(Prohibition<'t>, &'t str),
    /// The holidays of the year are not known.
    HolidaysUnknown(Prohibition<'t>),
    /// The clock shows a time within a window, but in an hour that a clock change skips or repeats.
    ClockChange(Prohibition<'t>),
    /// The callee's clock is not known.
    NoZone,
    /// The table has no row for the country.
    NoRow(Law),
}

/// A row that prohibits a call, with the clock that it uses.
///
/// ```
/// use jiff::{Timestamp, tz::TimeZone};
/// use precall::calling_hours::{CallingHours, Law, UnlawfulReason};
///
/// let zones = [TimeZone::get("America/New_York").unwrap()];
/// let early: Timestamp = "2026-12-01T06:00-05:00".parse().unwrap();
/// let status = CallingHours::embedded().status_now(Law::Us, &["US-NY"], &zones, early);
/// let UnlawfulReason::Outside(prohibition) = &status.reasons[0] else { panic!("outside the hours") };
/// assert_eq!(prohibition.row.place, "US");
/// ```
#[derive(Debug, Clone)]
pub struct Prohibition<'t> {
    /// The row.
    pub row: &'t HoursRow,
    /// The position of the row in the table.
    pub(super) row_index: usize,
    /// The hours of that day.
    pub hours: &'t [DayWindow],
    /// The time that the clock shows.
    pub local: DateTime,
    /// The name of the clock's time zone.
    pub zone: String,
}

impl PartialEq for Prohibition<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.row_index == other.row_index && self.local == other.local && self.zone == other.zone
    }
}

impl UnlawfulReason<'_> {
    /// Returns true if the other prohibition has the same row, perhaps with another clock.
    pub fn is_of_same_row(&self, other: &Self) -> bool {
        self.row_index().zip(other.row_index()).is_some_and(|(own, other)| own == other)
    }

    fn row_index(&self) -> Option<usize> {
        match self {
            Self::Outside(prohibition)
            | Self::Closed(prohibition)
            | Self::Holiday(prohibition, _)
            | Self::HolidaysUnknown(prohibition)
            | Self::ClockChange(prohibition) => Some(prohibition.row_index),
            Self::NoZone | Self::NoRow(_) => None,
        }
    }
}

impl fmt::Display for UnlawfulReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(prohibition) => prohibition.outside(f),
            Self::Closed(prohibition) => {
                if prohibition.row.hours.is_closed() {
                    write!(f, "no {}", prohibition.calls())
                } else {
                    write!(f, "{}: no {}", prohibition.local.strftime("%A"), prohibition.calls())
                }
            }
            Self::Holiday(prohibition, name) => {
                write!(f, "{} is {name} in {}: ", prohibition.local.date(), prohibition.row.place)?;
                if prohibition.hours.is_empty() {
                    write!(f, "no {}", prohibition.calls())
                } else {
                    prohibition.outside(f)
                }
            }
            Self::HolidaysUnknown(prohibition) => write!(
                f,
                "the holidays of {} are not known for {}, so that every day counts as one: no {}",
                prohibition.row.place,
                prohibition.local.year(),
                prohibition.calls()
            ),
            Self::ClockChange(prohibition) => {
                write!(f, "the clocks of {} are being changed at an edge of ", prohibition.zone)?;
                write!(f, "{}{}", DayWindows(prohibition.hours), prohibition.source())
            }
            Self::NoZone => f.write_str("the callee's time zone is not known"),
            Self::NoRow(law) => write!(f, "no hours are known for `{law}`"),
        }
    }
}

impl Prohibition<'_> {
    fn outside(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outside {}{}: ", DayWindows(self.hours), self.source())?;
        write!(f, "it is {} in {}", self.local.strftime("%H:%M"), self.zone)
    }

    fn calls(&self) -> String {
        format!("{} in {}{}", self.row.regime, self.row.place, self.source())
    }

    fn source(&self) -> String {
        if self.row.source.is_empty() { String::new() } else { format!(" ({})", self.row.source) }
    }
}
