//! Dates of a calendar, in the form of rules: `12-25` of each year, `2026-11-26` of one year, and ranges of either.

use std::fmt;
use std::ops::Range;

use jiff::civil::{Date, date};

use crate::selection::{Selection, alternatives};
use crate::typed_text::plain;
use crate::value_error::ValueError;
use crate::week::Weekdays;

/// The year in which a date without a year is checked: a leap year, so that it may be February 29.
const LEAP_YEAR: i16 = 2024;

/// The years in which yearly dates are compared with weekdays. After these, the weekdays of dates are the same again.
const WEEKDAY_CYCLE: Range<Date> = date(2024, 1, 1)..date(2052, 1, 1);

/// The most dates of a range that are compared with weekdays.
const MAX_COMPARED: usize = 1_000;

/// The dates at which a rule applies. A date must be in any of the plain ranges, and in none of the negated ones.
///
/// ```
/// use precall::rule::Dates;
///
/// let closed = Dates::parse(["12-24..01-02, 2026-11-26, !12-31"])?;
/// assert!(closed.contain("2027-01-02".parse().unwrap()) && closed.contain("2026-11-26".parse().unwrap()));
/// assert!(!closed.contain("2026-12-31".parse().unwrap()) && !closed.contain("2027-11-26".parse().unwrap()));
/// assert_eq!(closed.to_string(), "12-24..01-02,2026-11-26,!12-31");
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates(Selection<DateRange>);

impl Dates {
    /// Reads `12-25` (each year), `2026-11-26` (one year), the ranges `12-24..01-02` (over new year) and
    /// `2026-11-26..2026-11-27`, lists, and `!12-25`. Both ends of a range belong to it.
    ///
    /// # Errors
    /// Describes the first part that cannot be read, and its correction.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        let ranges = Selection::parse(texts, DateRange::parse)?;
        if ranges.is_empty() { Err("empty; write 12-25 or 2026-11-26..2026-11-27".into()) } else { Ok(Self(ranges)) }
    }

    /// Returns true if a date is one of these.
    pub fn contain(&self, date: Date) -> bool {
        self.0.matches(|range| range.contains(date))
    }

    /// Returns true if all ranges are negated, so that all other dates are contained.
    pub fn are_exceptions(&self) -> bool {
        self.0.any_of.is_empty()
    }

    /// Returns the last date, or `None` if there is none because a range is yearly or all ranges are negated.
    pub fn last(&self) -> Option<Date> {
        let ends = self.0.any_of.iter().map(|range| match range {
            DateRange::Once(_, last) => Some(*last),
            DateRange::Yearly(..) => None,
        });
        ends.collect::<Option<Vec<Date>>>()?.into_iter().max()
    }

    /// Returns true if a plain range is the yearly February 29, which occurs only in leap years.
    pub fn need_leap_year(&self) -> bool {
        let is_leap_day = |range: &DateRange| matches!(range, DateRange::Yearly(first, last) if first == last && *first == DayOfYear { month: 2, day: 29 });
        self.0.any_of.iter().any(is_leap_day)
    }

    /// Returns true if every date of every year is contained: `01-01..12-31`.
    ///
    /// ```
    /// use precall::rule::Dates;
    ///
    /// assert!(Dates::parse(["01-01..06-30, 07-01..12-31"])?.contain_all());
    /// assert!(!Dates::parse(["12-26..12-24"])?.contain_all());
    /// # Ok::<(), precall::ValueError>(())
    /// ```
    pub fn contain_all(&self) -> bool {
        let is_yearly = |date: Date| {
            self.0.any_of.iter().any(|range| matches!(range, DateRange::Yearly(..)) && range.contains(date))
        };
        self.0.none_of.is_empty() && days_of(date(LEAP_YEAR, 1, 1)..date(LEAP_YEAR + 1, 1, 1)).all(is_yearly)
    }

    /// Returns true if no date is contained that is one of these weekdays: `12-25, !12-25`, or the date of a Tuesday with `Mon`.
    pub fn contain_none_on(&self, days: Weekdays) -> bool {
        let is_on = |date: Date| days.contains(date.weekday()) && self.contain(date);
        let is_without = |range: &DateRange| match range {
            DateRange::Yearly(..) => !days_of(WEEKDAY_CYCLE).any(is_on),
            DateRange::Once(first, last) => {
                let mut dates = days_of(*first..last.tomorrow().unwrap_or(*last));
                // If there are more, they are not compared, and one of them may be contained.
                !dates.by_ref().take(MAX_COMPARED).any(is_on) && dates.next().is_none()
            }
        };
        if self.0.any_of.is_empty() { !days_of(WEEKDAY_CYCLE).any(is_on) } else { self.0.any_of.iter().all(is_without) }
    }

    /// Returns the yearly ranges, as text, with the number of a year's days that are not in them: 1 for
    /// `12-26..12-24`.
    pub fn yearly(&self) -> impl Iterator<Item = (String, usize)> {
        let is_yearly = |range: &&DateRange| matches!(range, DateRange::Yearly(..));
        let year = || days_of(date(LEAP_YEAR - 1, 1, 1)..date(LEAP_YEAR, 1, 1));
        let others = move |range: &DateRange| year().filter(|date| !range.contains(*date)).count();
        self.0.any_of.iter().filter(is_yearly).map(move |range| (range.to_string(), others(range)))
    }

    /// Returns the dates in words: `on 25 Dec or 26 Nov 2026 to 27 Nov 2026`, `except on 25 Dec`.
    pub(crate) fn in_words(&self) -> String {
        let plain = alternatives(self.0.any_of.iter().map(|range| range.in_words()), "or");
        let negated = alternatives(self.0.none_of.iter().map(|range| range.in_words()), "and");
        match (plain.as_str(), negated.as_str()) {
            (_, "") => format!("on {plain}"),
            ("", _) => format!("except on {negated}"),
            _ => format!("on {plain}, but not on {negated}"),
        }
    }

    /// Returns the negated ranges as plain ones, if all ranges are negated.
    pub(crate) fn exceptions(&self) -> Option<Self> {
        let ranges = || Selection { any_of: self.0.none_of.clone(), none_of: Vec::new() };
        self.are_exceptions().then(|| Self(ranges()))
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Dates from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateRange {
    /// The same dates each year. If the last is before the first, the range goes over new year.
    Yearly(DayOfYear, DayOfYear),
    /// Dates of certain years.
    Once(Date, Date),
}

/// A date without a year. February 29 occurs only in leap years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DayOfYear {
    month: i8,
    day: i8,
}

/// One end of a range as it is written.
enum WrittenDate {
    Yearly(DayOfYear),
    Once(Date),
}

impl DateRange {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let wrong = || {
            ValueError::from(format!(
                "{text:?} is not a date or a range of dates; write 12-25 (month and day), 2026-11-26 or 12-24..01-02"
            ))
        };
        let plain = plain(text);
        let (first, last) = ends(&plain);
        match (WrittenDate::parse(first).ok_or_else(wrong)?, WrittenDate::parse(last).ok_or_else(wrong)?) {
            (WrittenDate::Yearly(first), WrittenDate::Yearly(last)) => Ok(Self::Yearly(first, last)),
            (WrittenDate::Once(first), WrittenDate::Once(last)) if first <= last => Ok(Self::Once(first, last)),
            (WrittenDate::Once(_), WrittenDate::Once(_)) => {
                Err(format!("{text:?} ends before it starts; write the earlier date first").into())
            }
            _ => Err(format!("{text:?} has a year at one end only; write it at both ends, or at neither").into()),
        }
    }

    fn in_words(self) -> String {
        let (first, last) = match self {
            Self::Yearly(first, last) => (first.in_words(), last.in_words()),
            Self::Once(first, last) => (day_month_year(first), day_month_year(last)),
        };
        if first == last { first } else { format!("{first} to {last}") }
    }

    fn contains(self, date: Date) -> bool {
        match self {
            Self::Once(first, last) => (first..=last).contains(&date),
            Self::Yearly(first, last) => {
                let day = DayOfYear { month: date.month(), day: date.day() };
                if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
            }
        }
    }
}

/// Returns the dates from the first one up to, but not including, the last one.
fn days_of(dates: Range<Date>) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(dates.start), |date| date.tomorrow().ok()).take_while(move |date| *date < dates.end)
}

/// Splits a range at `..`, or at a dash with a blank on each side. A single date is both ends.
fn ends(text: &str) -> (&str, &str) {
    let split = ["...", "..", " - ", " to "].into_iter().find_map(|between| text.split_once(between));
    let (first, last) = split.unwrap_or((text, text));
    (first.trim(), last.trim())
}

impl WrittenDate {
    /// Reads `12-25` and `2026-12-25`, in exactly this number of digits.
    fn parse(text: &str) -> Option<Self> {
        let field = |text: &str, digits: usize| {
            (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<i16>().ok())
                .flatten()
        };
        let small = |text: &str| field(text, 2).and_then(|number| i8::try_from(number).ok());
        let parts: Vec<&str> = text.split('-').collect();
        match parts.as_slice() {
            [month, day] => {
                let (month, day) = (small(month)?, small(day)?);
                Date::new(LEAP_YEAR, month, day).ok().map(|_| Self::Yearly(DayOfYear { month, day }))
            }
            [year, month, day] => Date::new(field(year, 4)?, small(month)?, small(day)?).ok().map(Self::Once),
            _ => None,
        }
    }
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yearly(first, last) if first == last => first.fmt(f),
            Self::Yearly(first, last) => write!(f, "{first}..{last}"),
            Self::Once(first, last) if first == last => first.fmt(f),
            Self::Once(first, last) => write!(f, "{first}..{last}"),
        }
    }
}

impl DayOfYear {
    fn in_words(self) -> String {
        let date = Date::new(LEAP_YEAR, self.month, self.day);
        date.map_or_else(|_| self.to_string(), |date| date.strftime("%-d %b").to_string())
    }
}

fn day_month_year(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

impl fmt::Display for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_shown() {
        for (text, shown) in [
            ("12-25", "12-25"),
            ("02-29", "02-29"),
            ("2026-11-26..2026-11-27", "2026-11-26..2026-11-27"),
            ("12-24..01-02", "12-24..01-02"),
            ("12-24 .. 01-02, ! 12-31", "12-24..01-02,!12-31"),
            ("12-24…01-02", "12-24..01-02"),
            ("12-24 - 01-02", "12-24..01-02"),
            ("12-24 to 01-02", "12-24..01-02"),
            ("12\u{2013}24 \u{2013} 01\u{2011}02", "12-24..01-02"),
            ("１２-２５", "12-25"),
            ("2028-02-29", "2028-02-29"),
            ("12-25..12-25", "12-25"),
            ("12-25, 2026-11-26, !2027-12-25", "12-25,2026-11-26,!2027-12-25"),
        ] {
            assert_eq!(Dates::parse([text]).map(|dates| dates.to_string()).as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn what_may_be_another_date_is_refused() {
        for text in [
            "",
            "!",
            "12/25",
            "25-12",
            "1-1",
            "1-5",
            "12-5",
            "02-30",
            "04-31",
            "2027-02-29",
            "2026-13-01",
            "2026-12",
            "20261225",
            "1225",
            "26-12-25",
            "Dec 25",
            "christmas",
            "12-24-01-02",
            "2026-11-27..2026-11-26",
            "2026-12-24..01-02",
            "12-24..2027-01-02",
            "..12-25",
            "12-25..",
            "12-24..12-25..12-26",
            "--12-25",
            "2026-12-25T00:00:00Z",
            "+12-25",
            "-12-25",
        ] {
            assert!(Dates::parse([text]).is_err(), "{text:?}");
        }
    }

    #[test]
    fn which_dates_are_contained() {
        for (text, date, expected) in [
            ("12-25", "2026-12-25", true),
            ("12-25", "2031-12-25", true),
            ("12-25", "2026-12-24", false),
            ("2026-12-25", "2027-12-25", false),
            ("12-24..01-02", "2026-12-23", false),
            ("12-24..01-02", "2026-12-24", true),
            ("12-24..01-02", "2026-12-31", true),
            ("12-24..01-02", "2027-01-01", true),
            ("12-24..01-02", "2027-01-02", true),
            ("12-24..01-02", "2027-01-03", false),
            ("12-24..01-02", "2026-06-30", false),
            ("2026-12-24..2027-01-02", "2027-12-24", false),
            ("2026-12-24..2027-01-02", "2027-01-02", true),
            // February 29 occurs only in leap years; a range from it or to it has its other dates in each year
            ("02-29", "2028-02-29", true),
            ("02-29", "2027-02-28", false),
            ("02-29", "2027-03-01", false),
            ("02-29..03-02", "2027-03-01", true),
            ("02-29..03-02", "2027-02-28", false),
            ("02-27..02-29", "2027-02-28", true),
            ("02-27..02-29", "2027-03-01", false),
            ("!12-25", "2026-12-25", false),
            ("!12-25", "2026-12-26", true),
            ("12-01..12-31, !12-25", "2026-12-25", false),
            ("12-01..12-31, !12-25", "2026-11-25", false),
        ] {
            let dates = Dates::parse([text]).unwrap();
            assert_eq!(dates.contain(date.parse().unwrap()), expected, "{text} {date}");
        }
    }

    #[test]
    fn the_last_date() {
        for (text, last) in [
            ("2026-11-26, 2026-12-24..2027-01-02", Some("2027-01-02")),
            ("2026-11-26, 12-25", None),
            ("!2026-11-26", None),
        ] {
            let date = last.map(|last| last.parse().unwrap());
            assert_eq!(Dates::parse([text]).unwrap().last(), date, "{text}");
        }
        assert!(
            Dates::parse(["02-29"]).unwrap().need_leap_year() && !Dates::parse(["02-28"]).unwrap().need_leap_year()
        );
    }
}
