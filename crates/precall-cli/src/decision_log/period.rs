//! The period whose records are read.

use std::error::Error;
use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::call_time::parse_ago;

/// Length of a day such as `2026-11-23`.
const DAY_LENGTH: usize = "2026-11-23".len();

/// The first instant of a period, and the first one after it; `None` is unbounded.
#[derive(Debug, Clone, Copy)]
pub struct LogPeriod {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl LogPeriod {
    /// Returns true if the instant is in the period.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

/// The error of a text that is neither an instant nor a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnInstant {
    /// Neither of them.
    Other,
    /// A date and a time without the offset from UTC.
    NoOffset,
}

impl fmt::Display for NotAnInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => {
                "neither a day nor an instant; write a day such as 2026-11-23 or yesterday, an instant such as \
                 2026-11-23T08:00:00-05:00, or a length of time ago such as 7d"
            }
            Self::NoOffset => {
                "this time has no time zone; add its offset from UTC, as in 2026-11-23T08:00:00-05:00, or Z for UTC"
            }
        })
    }
}

impl Error for NotAnInstant {}

/// Parses an instant (RFC 3339), a length of time ago such as `7d`, or a day in UTC as its first instant.
///
/// # Errors
/// If the text is neither.
pub fn parse_start(text: &str) -> Result<Timestamp, NotAnInstant> {
    parse(text, Some)
}

/// Parses an instant (RFC 3339), a length of time ago such as `7d`, or a day in UTC as the first instant after it.
///
/// # Errors
/// If the text is neither.
pub fn parse_end(text: &str) -> Result<Timestamp, NotAnInstant> {
    parse(text, |day| day.checked_add(1.day()).ok())
}

/// The error of a text that is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADay;

impl fmt::Display for NotADay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a day; write it like 2026-11-23")
    }
}

impl Error for NotADay {}

/// Parses a day such as `2026-11-23`.
///
/// # Errors
/// If the text is not a day.
pub fn parse_day(text: &str) -> Result<Date, NotADay> {
    // The parser of dates accepts a date-time, too.
    text.parse().ok().filter(|_| text.len() == DAY_LENGTH).ok_or(NotADay)
}

fn parse(text: &str, shift: impl FnOnce(Date) -> Option<Date>) -> Result<Timestamp, NotAnInstant> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let now = Timestamp::now();
    if let Some(at) = parse_ago(text, now) {
        return Ok(at);
    }
    let today = || now.to_zoned(TimeZone::UTC).date();
    let day = match text.trim().to_ascii_lowercase().as_str() {
        "today" => Some(today()),
        "yesterday" => today().yesterday().ok(),
        _ => parse_day(text).ok(),
    };
    let instant = day.and_then(shift).and_then(|day| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp()));
    let fault = || if text.parse::<DateTime>().is_ok() { NotAnInstant::NoOffset } else { NotAnInstant::Other };
    instant.ok_or_else(fault)
}
