//! The days on which the calling-hours table or a clock changes: rows that begin or end, holidays, the end of the known holidays,
//! and changes of the clocks.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::law::Law;
use super::row::HoursRow;
use super::table::CallingHours;
use crate::place::{law_country, places_of_country, zones_of_place};

/// The greatest number of days for which [`CallingHours::changes`] looks ahead: two years.
pub const MAX_CHANGE_DAYS: i64 = 731;

/// A change of the lawful hours of some places on a day.
///
/// ```
/// use precall::calling_hours::{CallingHours, Law};
///
/// let changes = CallingHours::embedded().changes(&[Law::Us], |_, code| code == "US-LA", "2026-11-20".parse().unwrap(), 10);
/// assert_eq!(changes[0].to_string(), "2026-11-26 holiday in US-LA: Thanksgiving Day");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HoursChange {
    /// The first day of the change.
    pub date: Date,
    /// The kind of the change.
    pub kind: HoursChangeKind,
    /// The codes of the places, or the names of the time zones if a clock changes, in order.
    pub of: Vec<String>,
    /// The name of the holiday, the hours and the source of the row, or the direction of the clock.
    pub what: String,
}

/// The kind of a [`HoursChange`].
///
/// ```
/// assert_eq!(precall::calling_hours::HoursChangeKind::RowEnds.as_str(), "row ends");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoursChangeKind {
    /// A row is in force from this day on.
    RowBegins,
    /// A row is no longer in force from this day on.
    RowEnds,
    /// The day is a holiday.
    Holiday,
    /// The holidays of the year that begins on this day are not known, so that every day counts as one.
    HolidaysUnknown,
    /// A clock changes on this day.
    ClockChange,
}

impl HoursChangeKind {
    /// Returns the kind in few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RowBegins => "row begins",
            Self::RowEnds => "row ends",
            Self::Holiday => "holiday",
            Self::HolidaysUnknown => "holidays unknown",
            Self::ClockChange => "clock change",
        }
    }
}

/// `2026-11-26 holiday in US-AL, US-LA: Thanksgiving Day`
impl fmt::Display for HoursChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} in {}: {}", self.date, self.kind.as_str(), self.of.join(", "), self.what)
    }
}

impl CallingHours {
    /// Returns the changes of the rows of some laws, and of the clocks of their places, from a day on for this many days: 0 to
    /// [`MAX_CHANGE_DAYS`], or the nearest of these. `is_wanted` chooses the places of a law by their codes; the rows of a
    /// country count if any place in it does.
    pub fn changes(
        &self,
        laws: &[Law],
        is_wanted: impl Fn(Law, &str) -> bool,
        from: Date,
        days: i64,
    ) -> Vec<HoursChange> {
        let days = days.clamp(0, MAX_CHANGE_DAYS);
        let until = from.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Date::MAX);
        let mut found = Changes { from, until, by_content: BTreeMap::new() };
        for law in laws {
            let places: Vec<&str> = places_of_country(law.country()).filter(|code| is_wanted(*law, code)).collect();
            if places.is_empty() {
                continue;
            }
            let is_of_law = |row: &&HoursRow| {
                let is_there = row.place == law.country() || places.contains(&row.place.as_str());
                law.regimes().contains(&row.regime) && law_country(&row.place) == Some(law.country()) && is_there
            };
            for row in self.rows().iter().filter(is_of_law) {
                found.add_row(row);
                self.add_holidays(&mut found, row);
            }
            for zone in places.iter().flat_map(|place| zones_of_place(place)) {
                found.add_clock_changes(zone);
            }
        }
        found.into_vec()
    }

    fn add_holidays(&self, found: &mut Changes, row: &HoursRow) {
        let Some(list) = row.holidays.as_ref().and_then(|name| self.holidays().get(name)) else { return };
        for (date, name) in &list.days {
            found.add(*date, HoursChangeKind::Holiday, name.clone(), &row.place);
        }
        let year = list.years.last().and_then(|last| last.checked_add(1));
        if let Some(date) = year.and_then(|year| Date::new(year, 1, 1).ok()) {
            let what = "every day counts as a holiday; look for a newer version".to_owned();
            found.add(date, HoursChangeKind::HolidaysUnknown, what, &row.place);
        }
    }
}

/// The changes that were found within a span of days, by their content.
struct Changes {
    from: Date,
    until: Date,
    by_content: BTreeMap<(Date, HoursChangeKind, String), Vec<String>>,
}

impl Changes {
    /// Adds a change of a place or zone, if it is within the span.
    fn add(&mut self, date: Date, kind: HoursChangeKind, what: String, of: &str) {
        if date < self.from || date >= self.until {
            return;
        }
        let known = self.by_content.entry((date, kind, what)).or_default();
        if !known.iter().any(|known| known == of) {
            known.push(of.to_owned());
        }
    }

    fn add_row(&mut self, row: &HoursRow) {
        let day =
            |at: Timestamp| (at > Timestamp::MIN && at < Timestamp::MAX).then(|| TimeZone::UTC.to_datetime(at).date());
        let begins = row.from.into_iter().chain(day(row.lifetime.start));
        let ends = row.until.into_iter().chain(day(row.lifetime.end));
        let source = if row.source.is_empty() { "no source given" } else { &row.source };
        let what = format!("{}, {} ({source})", row.regime, row.hours);
        for date in begins {
            self.add(date, HoursChangeKind::RowBegins, what.clone(), &row.place);
        }
        for date in ends {
            self.add(date, HoursChangeKind::RowEnds, what.clone(), &row.place);
        }
    }

    /// Adds the changes of a clock, each on the day that it shows before the change.
    fn add_clock_changes(&mut self, name: &str) {
        let Ok(zone) = TimeZone::get(name) else { return };
        let Ok(start) = zone.to_ambiguous_zoned(self.from.at(0, 0, 0, 0)).compatible() else { return };
        for change in zone.following(start.timestamp()) {
            let at = change.timestamp();
            let before = zone.to_offset(at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(at));
            let date = before.to_datetime(at).date();
            if date >= self.until {
                return;
            }
            let seconds = i64::from(change.offset().seconds()) - i64::from(before.seconds());
            let minutes = seconds.abs() / 60;
            let direction = match seconds {
                0 => continue,
                seconds if seconds > 0 => "forward",
                _ => "back",
            };
            self.add(date, HoursChangeKind::ClockChange, format!("{minutes} minutes {direction}"), name);
        }
    }

    fn into_vec(self) -> Vec<HoursChange> {
        let change = |((date, kind, what), mut of): ((Date, HoursChangeKind, String), Vec<String>)| {
            of.sort_unstable();
            HoursChange { date, kind, of, what }
        };
        self.by_content.into_iter().map(change).collect()
    }
}
