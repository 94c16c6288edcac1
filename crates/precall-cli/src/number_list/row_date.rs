//! Dates in the rows of a file, which have a form that can be read in one way only.
//!
//! If a date can mean several instants, an exemption ends at the earliest one and begins at the latest one.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::rule::WrittenInstant;

use super::exemption_row::ExemptionEnd;

/// The text for no end.
const NEVER: &str = "never";

/// The months, by the beginnings of their names.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Fewest letters of the name of a month.
const MIN_MONTH_LETTERS: usize = 3;

/// The clock of the last place on Earth, behind UTC.
const LAST_CLOCK: SignedDuration = SignedDuration::from_hours(12);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The digits of a year.
const YEAR_DIGITS: usize = 4;

/// The order of the numbers in dates such as `03/04/2027`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DateOrder {
    /// Month, day, year.
    Mdy,
    /// Day, month, year.
    Dmy,
}

/// Reads the end of an exemption. A date is its first instant in UTC, and a time without a zone is in UTC.
///
/// # Errors
/// When the text can be read in several ways, or in none.
pub fn read_end(text: &str, order: Option<DateOrder>) -> Result<ExemptionEnd, String> {
    if text.eq_ignore_ascii_case(NEVER) {
        return Ok(ExemptionEnd::Never);
    }
    Ok(ExemptionEnd::At(match day(text, order)? {
        Some(day) => first_instant(day)?,
        None => WrittenInstant::parse(text).map_err(|error| error.to_string())?.at,
    }))
}

/// Reads the start of an exemption. A date counts when that day is over everywhere, and a time without a zone is by the clock of
/// the last place on Earth.
///
/// # Errors
/// When the text can be read in several ways, or in none.
pub fn read_start(text: &str, order: Option<DateOrder>) -> Result<Timestamp, String> {
    let later = |at: Timestamp, time: SignedDuration| at.checked_add(time).map_err(|error| error.to_string());
    if let Some(day) = day(text, order)? {
        return later(first_instant(day)?, DAY + LAST_CLOCK);
    }
    let written = WrittenInstant::parse(text).map_err(|error| error.to_string())?;
    match (written.lacks_zone, text.parse::<Date>().is_ok() && !text.contains(':')) {
        (false, _) => Ok(written.at),
        (true, false) => later(written.at, LAST_CLOCK),
        (true, true) => later(written.at, DAY + LAST_CLOCK),
    }
}

fn first_instant(day: Date) -> Result<Timestamp, String> {
    day.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).map_err(|error| error.to_string())
}

/// Reads a date that is not in the form of ISO 8601, such as `4 Mar 2027`. A time behind it is not read. It is `None` for another
/// text.
fn day(text: &str, order: Option<DateOrder>) -> Result<Option<Date>, String> {
    let mut parts: Vec<&str> = text.split([' ', ',', '/', '.', '-']).filter(|part| !part.is_empty()).collect();
    while parts.len() > 3 && parts.last().is_some_and(|last| last.contains(':') || is_half_day(last)) {
        parts.pop();
    }
    let [first, second, third] = parts.as_slice() else { return Ok(None) };
    let impossible = || format!("{text:?} is not a date; write one such as 2027-03-01");
    let of = |year: &str, month: Option<i8>, day: &str| {
        let (year, day) = (year.parse().ok()?, day.parse().ok()?);
        Date::new(year, month?, day).ok()
    };
    let number = |text: &str| text.parse::<i8>().ok();
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = |text: &str| text.len() == YEAR_DIGITS && are_digits(text);
    if let Some(month) = month(first).filter(|_| is_year(third)) {
        return of(third, Some(month), second).map(Some).ok_or_else(impossible);
    }
    if let Some(month) = month(second).filter(|_| is_year(third) || is_year(first)) {
        let (year, day) = if is_year(third) { (third, first) } else { (first, third) };
        return of(year, Some(month), day).map(Some).ok_or_else(impossible);
    }
    if !parts.iter().all(|part| are_digits(part)) {
        return Ok(None);
    }
    if is_year(first) && text.contains('/') {
        return of(first, number(second), third).map(Some).ok_or_else(impossible);
    }
    if is_year(first) {
        return Ok(None);
    }
    if !is_year(third) {
        return Err(format!("{text:?} has no year of four digits; write a date such as 2027-03-01"));
    }
    match order {
        Some(DateOrder::Mdy) => of(third, number(first), second).map(Some).ok_or_else(impossible),
        Some(DateOrder::Dmy) => of(third, number(second), first).map(Some).ok_or_else(impossible),
        None => Err(format!(
            "{text:?} may be month and day, or day and month; give --date-order mdy or dmy, or write a date such as 2027-03-01"
        )),
    }
}

fn is_half_day(text: &str) -> bool {
    ["am", "pm"].iter().any(|half| text.eq_ignore_ascii_case(half))
}

/// Returns the month of a name in English, such as `Mar`, `Sept` or `March`.
fn month(text: &str) -> Option<i8> {
    let name = text.to_ascii_lowercase();
    if name.len() < MIN_MONTH_LETTERS || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let nth = MONTHS.iter().position(|month| name.starts_with(month))?;
    let nth = i8::try_from(nth + 1).ok()?;
    let whole = date(2026, nth, 1).strftime("%B").to_string().to_ascii_lowercase();
    whole.starts_with(&name).then_some(nth)
}

#[cfg(test)]
mod tests {
    use super::{DateOrder, ExemptionEnd, read_end, read_start};

    fn end(text: &str, order: Option<DateOrder>) -> String {
        match read_end(text, order) {
            Ok(ExemptionEnd::At(at)) => at.to_string(),
            Ok(ExemptionEnd::Never) => "never".to_owned(),
            Err(error) => error,
        }
    }

    #[test]
    fn an_end_is_read_in_one_way_only() {
        for (text, expected) in [
            ("2027-03-04", "2027-03-04T00:00:00Z"),
            ("20270304", "2027-03-04T00:00:00Z"),
            ("2027/03/04", "2027-03-04T00:00:00Z"),
            ("4 Mar 2027", "2027-03-04T00:00:00Z"),
            ("4-Mar-2027", "2027-03-04T00:00:00Z"),
            ("March 4, 2027", "2027-03-04T00:00:00Z"),
            ("Sept 4 2027", "2027-09-04T00:00:00Z"),
            ("2027-03-04T17:00:00-05:00", "2027-03-04T22:00:00Z"),
            ("2027-03-04 17:00", "2027-03-04T17:00:00Z"),
            ("1803859200", "2027-03-01T00:00:00Z"),
            ("Never", "never"),
            (
                "03/04/2027",
                "\"03/04/2027\" may be month and day, or day and month; give --date-order mdy or dmy, or write a date such as 2027-03-01",
            ),
            (
                "13/04/2027",
                "\"13/04/2027\" may be month and day, or day and month; give --date-order mdy or dmy, or write a date such as 2027-03-01",
            ),
            (
                "3.4.2027 00:00",
                "\"3.4.2027 00:00\" may be month and day, or day and month; give --date-order mdy or dmy, or write a date such as 2027-03-01",
            ),
            ("03/04/27", "\"03/04/27\" has no year of four digits; write a date such as 2027-03-01"),
            ("31 Feb 2027", "\"31 Feb 2027\" is not a date; write one such as 2027-03-01"),
        ] {
            assert_eq!(end(text, None), expected, "{text}");
        }
        for text in ["soon", "46082", "12", "none", "Marsch 4 2027", "2027-02-31", "30d"] {
            assert!(read_end(text, None).is_err(), "{text}: {}", end(text, None));
        }
        for (text, order, expected) in [
            ("03/04/2027", DateOrder::Mdy, "2027-03-04T00:00:00Z"),
            ("03/04/2027", DateOrder::Dmy, "2027-04-03T00:00:00Z"),
            ("3/4/2027 5:00 PM", DateOrder::Mdy, "2027-03-04T00:00:00Z"),
            ("13/04/2027", DateOrder::Mdy, "\"13/04/2027\" is not a date; write one such as 2027-03-01"),
            ("2027-03-04", DateOrder::Dmy, "2027-03-04T00:00:00Z"),
        ] {
            assert_eq!(end(text, Some(order)), expected, "{text}");
        }
    }

    #[test]
    fn a_start_without_a_zone_is_the_latest_possible_one() {
        for (text, expected) in [
            ("2026-11-02", "2026-11-03T12:00:00Z"),
            ("2026/11/02", "2026-11-03T12:00:00Z"),
            ("2 Nov 2026", "2026-11-03T12:00:00Z"),
            ("2026-11-02 15:00", "2026-11-03T03:00:00Z"),
            ("2026-11-02T15:00:00Z", "2026-11-02T15:00:00Z"),
        ] {
            assert_eq!(read_start(text, None).map(|at| at.to_string()), Ok(expected.to_owned()), "{text}");
        }
        assert!(read_start("never", None).is_err());
    }
}
