//! Reads instants.

use std::fmt;
use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::rule::length::parse_length;
use crate::value_error::ValueError;

/// The smallest number that looks like milliseconds: as seconds, it is in the year 10000.
const FIRST_MILLISECONDS: i64 = 253_402_300_800;

/// The last year of a calendar with four digits. Its last days mean "never".
const LAST_YEAR: i16 = 9999;

/// The digits of a fraction that count.
const NANOSECOND_DIGITS: usize = 9;

/// The offsets of places from UTC, in seconds.
const OFFSETS: RangeInclusive<i32> = -12 * 3600..=14 * 3600;

/// Words for "no instant".
const NEVER: [&str; 8] = ["never", "none", "null", "nil", "n/a", "na", "forever", "infinity"];

/// An instant as an item states it.
///
/// ```
/// use precall::rule::WrittenInstant;
///
/// let written = WrittenInstant::parse("2026-12-25")?;
/// assert!(written.lacks_zone);
/// assert_eq!(written.to_string(), "2026-12-25 00:00 UTC");
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenInstant {
    /// The instant.
    pub at: Timestamp,
    /// True if it is a date or a time without a time zone, which is read as UTC.
    pub lacks_zone: bool,
}

impl WrittenInstant {
    /// Reads an instant in ISO 8601 or epoch seconds, which may have a fraction. Without a zone, it is in UTC. A date without
    /// a time is its first instant. An instant after [`Timestamp::MAX`], up to the end of the year 9999, is read as this
    /// last instant.
    ///
    /// # Errors
    /// The text is not an instant: the error describes its correction.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let zoned = |at: Timestamp| Self { at, lacks_zone: false };
        if let Some((seconds, nanoseconds)) = epoch(text) {
            return of_epoch(seconds, nanoseconds).map(zoned).ok_or_else(|| {
                format!("{text} looks like milliseconds; write epoch seconds, or 2026-12-01T08:00:00Z").into()
            });
        }
        if let Some(error) = impossible(text) {
            return Err(error);
        }
        if text.contains('[') {
            // The parsers below would ignore a zone in brackets without an error.
            return text.parse::<Zoned>().map(|at| zoned(at.timestamp())).map_err(|_| not_an_instant(text));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(zoned(at));
        }
        let in_utc =
            |time: DateTime| time.to_zoned(TimeZone::UTC).map(|at| Self { at: at.timestamp(), lacks_zone: true });
        text.parse::<DateTime>()
            .and_then(in_utc)
            .or_else(|_| text.parse::<Date>().and_then(|date| in_utc(date.into())))
            .or_else(|_| if is_end_of_time(text) { Ok(zoned(Timestamp::MAX)) } else { Err(not_an_instant(text)) })
    }
}

/// `2026-12-25 00:00 UTC`
impl fmt::Display for WrittenInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.at.as_second() % 60 == 0 { "%F %H:%M UTC" } else { "%F %H:%M:%S UTC" };
        self.at.strftime(format).fmt(f)
    }
}

/// Reads an instant.
pub(super) fn parse_instant(text: &str) -> Result<Timestamp, ValueError> {
    WrittenInstant::parse(text).map(|written| written.at)
}

/// Returns the error of an instant that the parsers would read as another one.
fn impossible(text: &str) -> Option<ValueError> {
    let pieces = Pieces::parse(text).ok()?;
    if let Some(offset) = pieces.to_numeric_offset().filter(|offset| !OFFSETS.contains(&offset.seconds())) {
        let correct = "write one from -12:00 to +14:00, such as 2026-12-01T08:00:00-05:00, or Z for UTC";
        return Some(format!("{text:?} has the offset {offset}, which no place has; {correct}").into());
    }
    let is_of_time = |c: &char| c.is_ascii_digit() || *c == ':';
    let time = text.split_once(['T', 't', ' ']).map(|(_, time)| time.chars().take_while(is_of_time));
    let digits = time.map(|time| time.filter(|c| *c != ':'));
    let is_second_60 = digits.is_some_and(|digits| digits.skip(4).take(2).eq("60".chars()));
    is_second_60.then(|| format!("{text:?} has 60 seconds; write 59, or the next minute").into())
}

/// Returns the error of a text that is not an instant.
fn not_an_instant(text: &str) -> ValueError {
    let length = text.trim_start_matches("in ").trim_start_matches('+');
    if parse_length(length).is_some() {
        return format!(
            "{text:?} is a length of time, and a stored item has no instant to count from; write the instant, such as \
             2026-12-01T08:00:00Z: `precall put` computes it from {length}"
        )
        .into();
    }
    if NEVER.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return format!("{text:?} is not an instant; remove the attribute if the rule has none").into();
    }
    if let Some(advice) = advice_about_zone(text) {
        return format!("{text:?} is not an instant; write {advice}").into();
    }
    format!("{text:?} is not an instant; write 2026-12-01T08:00:00Z or epoch seconds").into()
}

/// Returns advice about a time with a time zone behind it: `2026-12-31 17:00 America/New_York`, `2026-12-31T17:00 EST`.
fn advice_about_zone(text: &str) -> Option<String> {
    let text = text.trim_end_matches(']').replace('[', " ");
    let (time, zone) = text.trim_end().rsplit_once(' ')?;
    if time.get("2026-12-31".len()..).is_none_or(|clock| clock.contains(['+', '-', 'Z', 'z'])) {
        return None;
    }
    let time: DateTime = time.trim().parse().ok()?;
    let is_word = zone.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_' | b'-' | b'+'));
    let time = time.strftime("%FT%H:%M");
    let example = if zone.contains('/') && TimeZone::get(zone).is_ok() { zone } else { "America/New_York" };
    is_word.then(|| format!("{time}[{example}], or an offset such as {time}-05:00"))
}

/// Returns an instant of epoch seconds, or `None` if they look like milliseconds.
fn of_epoch(seconds: i64, nanoseconds: i32) -> Option<Timestamp> {
    (seconds < FIRST_MILLISECONDS).then(|| Timestamp::new(seconds, nanoseconds).unwrap_or(Timestamp::MAX))
}

/// Reads epoch seconds from 1973 on, because eight digits may be a date, with their nanoseconds.
fn epoch(text: &str) -> Option<(i64, i32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() <= 8 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanoseconds: String = fraction.chars().chain("000000000".chars()).take(NANOSECOND_DIGITS).collect();
    Some((whole.parse().ok()?, nanoseconds.parse().ok()?))
}

/// Returns true for an instant on the last two days of the year 9999, which may be after [`Timestamp::MAX`].
fn is_end_of_time(text: &str) -> bool {
    let is_last = |date: Date| date.year() == LAST_YEAR && date.month() == 12 && date.day() >= 30;
    Pieces::parse(text).is_ok_and(|pieces| is_last(pieces.date()))
}
