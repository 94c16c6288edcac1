//! Evaluates the calling-hours table for a call at an instant: is it lawful, for which reasons is it not, and when does this
//! change?

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::law::Law;
use super::reason::{Prohibition, UnlawfulReason};
use super::row::{HoursRow, Regime};
use super::table::{CallingHours, IndexedRow};
use crate::place::law_country;
use crate::time_span::{TimeSpan, TimeSpans};
use crate::week::{DayWindow, MINUTES_PER_DAY, minute_of};

/// The numbers of days in which the next change is searched, one after the other. Nearly always, the first one is enough.
const LOOK_AHEAD_DAYS: [i64; 2] = [2, 14];

/// The result of one law for one call.
///
/// ```
/// use jiff::{Timestamp, tz::TimeZone};
/// use precall::calling_hours::{CallingHours, Law};
///
/// let zones = [TimeZone::get("America/Denver").unwrap()];
/// let noon: Timestamp = "2026-12-01T12:00-07:00".parse().unwrap();
/// let status = CallingHours::embedded().status(Law::Us, &["US-CO"], &zones, noon);
/// assert!(status.is_lawful);
/// assert!(status.open_until.is_some_and(|until| until > noon));
/// ```
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four independent results")]
pub struct LawStatus<'t> {
    /// The law.
    pub law: Law,
    /// True if the law applies to the callee's places. A law that does not apply allows the call.
    pub applies: bool,
    /// True if the call is lawful now.
    pub is_lawful: bool,
    /// For a lawful call: the first instant at which it is not lawful; `None` if there is none within 14 days.
    pub open_until: Option<Timestamp>,
    /// For an unlawful call: the first instant at which it is lawful; `None` if there is none within 14 days.
    pub next_open: Option<Timestamp>,
    /// For an unlawful call: the rows that prohibit it, each with the zone.
    pub reasons: Vec<UnlawfulReason<'t>>,
    /// The rows that were in force on that day in any of the zones, the country's rows first.
    pub rows: Vec<&'t HoursRow>,
    /// True if the day counts as a holiday because the holidays of its year are not known.
    pub data_ends: bool,
    /// True if the callee may be anywhere in the country, so that only the country's own rows were used.
    pub place_unknown: bool,
}

/// A row's hours of one day.
struct DayHours<'t> {
    hours: &'t [DayWindow],
    holiday: Option<&'t str>,
    is_unknown: bool,
}

/// The greatest number of days for which [`CallingHours::lawful_spans`] computes spans: ten years.
pub const MAX_SPAN_DAYS: i64 = 3_660;

impl CallingHours {
    /// Evaluates a law for a call at an instant.
    ///
    /// `places` are the possible places of the callee, as ISO 3166 codes; `zones` are the possible time zones. All rows must
    /// allow the call, in all zones.
    ///
    /// - Places of another country are ignored. If there are no others, the law does not apply.
    /// - If there is no place, or only a country, the callee may be anywhere in the country: only the country's row counts, in
    ///   all zones.
    /// - If there is no zone, no call is lawful.
    pub fn status<'t>(&'t self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> LawStatus<'t> {
        let mut status = self.status_now(law, places, zones, at);
        let is_final =
            |reason: &UnlawfulReason<'_>| matches!(reason, UnlawfulReason::NoZone | UnlawfulReason::NoRow(_));
        if status.applies && !status.reasons.iter().any(is_final) {
            let mut days = LOOK_AHEAD_DAYS.into_iter();
            let change = days.find_map(|days| self.next_change(law, places, zones, at, status.is_lawful, days));
            if status.is_lawful {
                status.open_until = change;
            } else {
                status.next_open = change;
            }
        }
        status
    }

    /// Evaluates a law for a call at an instant, without the next change. It costs less than [`CallingHours::status`].
    pub fn status_now<'t>(&'t self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> LawStatus<'t> {
        let mut status = LawStatus {
            law,
            applies: applies(law, places),
            is_lawful: false,
            open_until: None,
            next_open: None,
            reasons: Vec::new(),
            rows: Vec::new(),
            data_ends: false,
            place_unknown: !places.iter().any(|place| is_part(law, place)),
        };
        if !status.applies {
            status.is_lawful = true;
            return status;
        }
        if zones.is_empty() {
            status.reasons.push(UnlawfulReason::NoZone);
            return status;
        }
        let mut has_country_row = false;
        let mut seen = Vec::new();
        for (place, regime) in places_and_regimes(law, places) {
            for ((index, row), zone) in self.in_table_order(place, regime, zones, at) {
                let clock = row.clock(zone);
                let local = clock.to_datetime(at);
                let day = self.day(row, local.date());
                if !seen.contains(&index) {
                    seen.push(index);
                    status.rows.push(row);
                }
                status.data_ends |= day.is_unknown;
                has_country_row |= place == law.country();
                if !day.allows(clock, local.date(), at) {
                    let reason = reason((index, row), &day, at, clock);
                    // A row with its own clock gives the same reason for each of the callee's clocks.
                    if !status.reasons.contains(&reason) {
                        status.reasons.push(reason);
                    }
                }
            }
        }
        if has_country_row {
            status.is_lawful = status.reasons.is_empty();
        } else {
            status.reasons.push(UnlawfulReason::NoRow(law));
        }
        status
    }

    /// Returns the rows that apply in any of the zones, in the order of the table and of the zones.
    fn in_table_order<'t, 'z>(
        &'t self,
        place: &str,
        regime: Regime,
        zones: &'z [TimeZone],
        at: Timestamp,
    ) -> Vec<(IndexedRow<'t>, &'z TimeZone)> {
        let of_zone = |zone| self.rows_at(place, regime, zone, at).map(move |row| (row, zone));
        let mut rows: Vec<(IndexedRow<'t>, &TimeZone)> = zones.iter().flat_map(of_zone).collect();
        rows.sort_by_key(|((index, _), _)| *index);
        rows
    }

    /// Returns true if a call is lawful at an instant. It costs less than [`CallingHours::status_now`].
    pub fn is_lawful(&self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> bool {
        if !applies(law, places) {
            return true;
        }
        let mut has_country_row = false;
        for (place, regime) in places_and_regimes(law, places) {
            for zone in zones {
                for (_, row) in self.rows_at(place, regime, zone, at) {
                    let clock = row.clock(zone);
                    let date = clock.to_datetime(at).date();
                    if !self.day(row, date).allows(clock, date, at) {
                        return false;
                    }
                    has_country_row |= place == law.country();
                }
            }
        }
        has_country_row
    }

    /// Returns the spans in which calls are lawful, from an instant on for this many days: 0 to [`MAX_SPAN_DAYS`], or the nearest
    /// of these. The result is not defined outside that time.
    ///
    /// ```
    /// use jiff::{Timestamp, tz::TimeZone};
    /// use precall::calling_hours::{CallingHours, Law};
    ///
    /// let zones = [TimeZone::get("America/Denver").unwrap()];
    /// let from: Timestamp = "2026-12-01T12:00-07:00".parse().unwrap();
    /// let spans = CallingHours::embedded().lawful_spans(Law::Us, &["US-CO"], &zones, from, 1);
    /// let today = spans.at(from).unwrap();
    /// assert_eq!(today.end, "2026-12-01T21:00-07:00".parse().unwrap());
    /// ```
    pub fn lawful_spans(&self, law: Law, places: &[&str], zones: &[TimeZone], from: Timestamp, days: i64) -> TimeSpans {
        if !applies(law, places) {
            return TimeSpans::ever();
        }
        let days = days.clamp(0, MAX_SPAN_DAYS);
        let day = |days: i64| SignedDuration::from_hours(24 * days);
        let window = TimeSpan {
            start: from.checked_sub(day(3)).unwrap_or(Timestamp::MIN),
            end: from.checked_add(day(days + 3)).unwrap_or(Timestamp::MAX),
        };
        let mut lawful = TimeSpans::ever();
        // At least one row of the country itself must be in force.
        let mut with_country_row = TimeSpans::default();
        for (place, regime) in places_and_regimes(law, places) {
            for zone in zones {
                let in_force = |row: &HoursRow| in_force(row, zone, from, days);
                for (row, applies) in self.rows_within(place, regime, window, in_force) {
                    let clock = row.clock(zone);
                    lawful = lawful.and(&self.open_spans(row, clock, from, days).or(&applies.not()));
                    if place == law.country() {
                        with_country_row = with_country_row.or(&applies);
                    }
                }
            }
        }
        lawful.and(&with_country_row)
    }

    /// Returns the first instant at which the result of a law changes. The numbers of days in which it is searched are tried
    /// one after the other.
    pub(crate) fn change_within(
        &self,
        law: Law,
        places: &[&str],
        zones: &[TimeZone],
        at: Timestamp,
        days: &[i64],
    ) -> Option<Timestamp> {
        let is_lawful = self.is_lawful(law, places, zones, at);
        days.iter().find_map(|days| self.next_change(law, places, zones, at, is_lawful, *days))
    }

    /// Returns the first instant at which the result changes, within this many days.
    fn next_change(
        &self,
        law: Law,
        places: &[&str],
        zones: &[TimeZone],
        at: Timestamp,
        is_lawful: bool,
        days: i64,
    ) -> Option<Timestamp> {
        let lawful = self.lawful_spans(law, places, zones, at, days);
        let change = if is_lawful {
            lawful.at(at).map(|span| span.end)
        } else {
            lawful.iter().map(|span| span.start).find(|start| *start > at)
        };
        let horizon = at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
        change.filter(|change| *change <= horizon)
    }

    /// Returns the hours that a row in force has on a day.
    fn day<'t>(&'t self, row: &'t HoursRow, date: Date) -> DayHours<'t> {
        let usual = DayHours { hours: row.hours.on(date.weekday()), holiday: None, is_unknown: false };
        let Some(list) = &row.holidays else { return usual };
        let hours = row.holiday_hours.on(date.weekday());
        let Some(list) = self.holidays().get(list).filter(|list| list.years.contains(&date.year())) else {
            return DayHours { hours, holiday: None, is_unknown: true };
        };
        match list.days.get(&date) {
            Some(name) => DayHours { hours, holiday: Some(name), is_unknown: false },
            None => usual,
        }
    }

    /// Returns the hours of a row by a clock, even if the row is not in force.
    fn open_spans(&self, row: &HoursRow, zone: &TimeZone, from: Timestamp, days: i64) -> TimeSpans {
        dates(zone, from, days)
            .flat_map(|date| self.day(row, date).hours.iter().filter_map(move |window| open_span(*window, zone, date)))
            .collect()
    }
}

/// Returns the spans in which a row is in force by one of the callee's clocks.
fn in_force(row: &HoursRow, zone: &TimeZone, from: Timestamp, days: i64) -> TimeSpans {
    if !row.is_dated() {
        return [row.lifetime].into_iter().collect();
    }
    let clock = row.clock(zone);
    let dates = dates(clock, from, days).filter(|date| row.is_in_force_on(*date));
    dates.filter_map(|date| Some(whole_day(clock, date)?.within(row.lifetime))).collect()
}

/// Returns the places and regimes of the rows that count, the country first.
fn places_and_regimes<'p>(law: Law, places: &'p [&str]) -> impl Iterator<Item = (&'p str, Regime)> {
    let parts = places.iter().copied().filter(move |place| is_part(law, place));
    std::iter::once(law.country())
        .chain(parts)
        .flat_map(move |place| law.regimes().iter().map(move |regime| (place, *regime)))
}

impl DayHours<'_> {
    fn allows(&self, zone: &TimeZone, date: Date, at: Timestamp) -> bool {
        self.hours.iter().any(|window| open_span(*window, zone, date).is_some_and(|span| span.contains(at)))
    }
}

/// Returns the span of a day's window by a clock. If an edge is in an hour that the clock skips or shows twice, the window
/// opens at the later of the two possible instants, and closes at the earlier one.
fn open_span(window: DayWindow, zone: &TimeZone, date: Date) -> Option<TimeSpan> {
    let start = zone.to_ambiguous_timestamp(at_minute(date, window.open)?).later().ok()?;
    let end = zone.to_ambiguous_timestamp(at_minute(date, window.close)?).earlier().ok()?;
    (start < end).then_some(TimeSpan { start, end })
}

/// Returns the dates that must be computed for this many days from an instant on, by a clock. They include the day before
/// and a day after, so that no span is cut short.
fn dates(zone: &TimeZone, from: Timestamp, days: i64) -> impl Iterator<Item = Date> + use<> {
    let first = zone.to_datetime(from).date();
    let mut date = Some(first.yesterday().unwrap_or(first));
    (0..days + 3).map_while(move |_| {
        let current = date?;
        date = current.tomorrow().ok();
        Some(current)
    })
}

/// Returns the span of a whole day by a clock.
fn whole_day(zone: &TimeZone, date: Date) -> Option<TimeSpan> {
    let start = zone.to_ambiguous_timestamp(at_minute(date, 0)?).compatible().ok()?;
    let end = zone.to_ambiguous_timestamp(at_minute(date, MINUTES_PER_DAY)?).compatible().ok()?;
    Some(TimeSpan { start, end })
}

fn at_minute(date: Date, minute: u16) -> Option<jiff::civil::DateTime> {
    if minute >= MINUTES_PER_DAY {
        return Some(date.tomorrow().ok()?.at(0, 0, 0, 0));
    }
    Some(date.at(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0))
}

fn reason<'t>(
    (row_index, row): IndexedRow<'t>,
    day: &DayHours<'t>,
    at: Timestamp,
    zone: &TimeZone,
) -> UnlawfulReason<'t> {
    let local = zone.to_datetime(at);
    let minute = minute_of(local.time());
    let zone = zone.iana_name().map_or_else(|| format!("UTC{}", offset(zone)), str::to_owned);
    let prohibition = Prohibition { row, row_index, hours: day.hours, local, zone };
    if day.is_unknown {
        UnlawfulReason::HolidaysUnknown(prohibition)
    } else if let Some(name) = day.holiday {
        UnlawfulReason::Holiday(prohibition, name)
    } else if day.hours.is_empty() {
        UnlawfulReason::Closed(prohibition)
    } else if day.hours.iter().any(|window| window.contains(minute)) {
        UnlawfulReason::ClockChange(prohibition)
    } else {
        UnlawfulReason::Outside(prohibition)
    }
}

fn offset(zone: &TimeZone) -> String {
    zone.to_fixed_offset().map(|offset| offset.to_string()).unwrap_or_default()
}

fn applies(law: Law, places: &[&str]) -> bool {
    places.is_empty() || places.iter().any(|place| law_country(place.trim()) == Some(law.country()))
}

/// Returns true if a place is a part of the law's country.
fn is_part(law: Law, place: &str) -> bool {
    let place = place.trim();
    law_country(place) == Some(law.country()) && !place.eq_ignore_ascii_case(law.country())
}
