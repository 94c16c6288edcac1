//! Whether a call is lawful at an instant, why not, and when it will be.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::hours::{Window, Windows};
use super::spans::{Span, Spans};
use super::table::{Kind, Row, Table, country};

/// How many days ahead a change is looked for: nearly always it is there in the first two.
const AHEAD: [i64; 2] = [2, 14];

/// A law, by its name in a rule's `calling_hours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// `us`: sales calls to the United States and their territories.
    Us,
    /// `us-debt`: calls to collect a debt there.
    UsDebt,
    /// `us-automated`: sales calls there by a machine; all of `us`, and what is stricter for machines.
    UsAutomated,
    /// `ca`: sales calls to Canada.
    Ca,
}

impl Law {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Us, Self::UsDebt, Self::UsAutomated, Self::Ca];

    /// Its name in a rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::UsDebt => "us-debt",
            Self::UsAutomated => "us-automated",
            Self::Ca => "ca",
        }
    }

    /// Its place in [`Law::ALL`].
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Us => 0,
            Self::UsDebt => 1,
            Self::UsAutomated => 2,
            Self::Ca => 3,
        }
    }

    /// The kind of the rows that are its own.
    pub fn kind(self) -> Kind {
        match self {
            Self::Us | Self::Ca => Kind::Sales,
            Self::UsDebt => Kind::Debt,
            Self::UsAutomated => Kind::Automated,
        }
    }

    /// The country in which it holds.
    pub fn country(self) -> &'static str {
        match self {
            Self::Us | Self::UsDebt | Self::UsAutomated => "US",
            Self::Ca => "CA",
        }
    }

    /// The kinds of rows that belong to it.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Us | Self::Ca => &[Kind::Sales],
            Self::UsDebt => &[Kind::Debt],
            Self::UsAutomated => &[Kind::Sales, Kind::Automated],
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No law of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLaw;

impl fmt::Display for UnknownLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a law that is known; write us, us-debt, us-automated or ca")
    }
}

impl std::error::Error for UnknownLaw {}

impl FromStr for Law {
    type Err = UnknownLaw;

    fn from_str(text: &str) -> Result<Self, UnknownLaw> {
        Self::ALL.into_iter().find(|law| law.name().eq_ignore_ascii_case(text.trim())).ok_or(UnknownLaw)
    }
}

/// Whether a call is lawful at an instant.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four answers to four questions, in no order")]
pub struct Status<'t> {
    /// Which law was asked.
    pub law: Law,
    /// Whether it has anything to say of the callee's places. Where it has not, it allows the call.
    pub applies: bool,
    /// Whether the call is lawful now.
    pub open: bool,
    /// When open: the first instant at which it no longer is; none within 14 days.
    pub open_until: Option<Timestamp>,
    /// When closed: the first instant at which it is lawful; none within 14 days.
    pub next_open: Option<Timestamp>,
    /// When closed: each row and zone that stands against it.
    pub reasons: Vec<Reason<'t>>,
    /// The rows that were asked and in force that day in any of the zones, the country's first.
    pub rows: Vec<&'t Row>,
    /// The day is in a year whose holidays are not known, and counted as a holiday.
    pub data_ends: bool,
    /// The callee may be anywhere in the country: only its own rows were asked, not those of a state.
    pub place_unknown: bool,
}

/// Why a call is not lawful now.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason<'t> {
    /// Outside the day's hours.
    Outside(Against<'t>),
    /// A day without hours.
    Closed(Against<'t>),
    /// A holiday, by its name.
    Holiday(Against<'t>, &'t str),
    /// A year whose holidays are not known.
    HolidaysUnknown(Against<'t>),
    /// In a window by the clock, but the clock is just being changed.
    ClockChange(Against<'t>),
    /// The callee's clock is not known.
    NoZone,
    /// The table has no row for the country.
    NoRow(Law),
}

/// A row that stands against a call, and by which clock.
#[derive(Debug, Clone)]
pub struct Against<'t> {
    /// The row.
    pub row: &'t Row,
    /// The hours that counted that day.
    pub hours: &'t [Window],
    /// What the clock showed.
    pub local: DateTime,
    /// The clock's name.
    pub zone: String,
}

impl PartialEq for Against<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.row, other.row) && self.local == other.local && self.zone == other.zone
    }
}

impl Reason<'_> {
    /// Whether another reason is about the same row, by another clock.
    pub fn is_of_same_row(&self, other: &Self) -> bool {
        self.row().zip(other.row()).is_some_and(|(own, other)| std::ptr::eq(own, other))
    }

    fn row(&self) -> Option<&Row> {
        match self {
            Self::Outside(against)
            | Self::Closed(against)
            | Self::Holiday(against, _)
            | Self::HolidaysUnknown(against)
            | Self::ClockChange(against) => Some(against.row),
            Self::NoZone | Self::NoRow(_) => None,
        }
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(against) => against.outside(f),
            Self::Closed(against) => {
                if against.row.hours.is_closed() {
                    write!(f, "no {}", against.calls())
                } else {
                    write!(f, "{}: no {}", against.local.strftime("%A"), against.calls())
                }
            }
            Self::Holiday(against, name) => {
                write!(f, "{} is {name} in {}: ", against.local.date(), against.row.place)?;
                if against.hours.is_empty() { write!(f, "no {}", against.calls()) } else { against.outside(f) }
            }
            Self::HolidaysUnknown(against) => write!(
                f,
                "the holidays of {} are not known for {}, so that every day counts as one: no {}",
                against.row.place,
                against.local.year(),
                against.calls()
            ),
            Self::ClockChange(against) => {
                write!(f, "the clocks of {} are being changed at an edge of ", against.zone)?;
                write!(f, "{}{}", Windows(against.hours), against.source())
            }
            Self::NoZone => f.write_str("the callee's time zone is not known"),
            Self::NoRow(law) => write!(f, "no hours are known for `{law}`"),
        }
    }
}

impl Against<'_> {
    fn outside(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outside {}{}: ", Windows(self.hours), self.source())?;
        write!(f, "it is {} in {}", self.local.strftime("%H:%M"), self.zone)
    }

    fn calls(&self) -> String {
        format!("{} in {}{}", self.row.kind, self.row.place, self.source())
    }

    fn source(&self) -> String {
        if self.row.source.is_empty() { String::new() } else { format!(" ({})", self.row.source) }
    }
}

/// What a row says of a day.
struct Day<'t> {
    hours: &'t [Window],
    holiday: Option<&'t str>,
    unknown: bool,
}

impl Table {
    /// Whether a call is lawful at an instant.
    ///
    /// `places` are where the callee may be, in ISO 3166 names, `zones` the clocks that may be theirs. All rows
    /// must allow the call, in all zones. A place of another country is not asked, and where there are only
    /// such, the law does not apply. No place at all, or a country alone, means that the callee may be
    /// anywhere in it: the country's row counts, in all zones given. Without a zone nothing is lawful.
    pub fn status<'t>(&'t self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> Status<'t> {
        let mut status = self.standing(law, places, zones, at);
        if status.applies && !status.reasons.iter().any(|reason| matches!(reason, Reason::NoZone | Reason::NoRow(_))) {
            let change = AHEAD.into_iter().find_map(|days| self.change(law, places, zones, at, status.open, days));
            if status.open {
                status.open_until = change;
            } else {
                status.next_open = change;
            }
        }
        status
    }

    /// The same without a look ahead, for less.
    pub fn standing<'t>(&'t self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> Status<'t> {
        let mut status = Status {
            law,
            applies: applies(law, places),
            open: false,
            open_until: None,
            next_open: None,
            reasons: Vec::new(),
            rows: Vec::new(),
            data_ends: false,
            place_unknown: !places.iter().any(|place| is_part(law, place)),
        };
        if !status.applies {
            status.open = true;
            return status;
        }
        if zones.is_empty() {
            status.reasons.push(Reason::NoZone);
            return status;
        }
        let mut floor = false;
        for (place, kind) in asked(law, places) {
            let of_zone = |zone| self.holding(place, kind, zone, at).map(move |row| (row, zone));
            let mut holding: Vec<(&Row, &TimeZone)> = zones.iter().flat_map(of_zone).collect();
            // In the order of the table, and of the zones.
            holding.sort_by_key(|(row, _)| std::ptr::from_ref::<Row>(row));
            for (row, zone) in holding {
                let clock = row.clock(zone);
                let local = clock.to_datetime(at);
                let day = self.day(row, local.date());
                if !status.rows.iter().any(|seen| std::ptr::eq(*seen, row)) {
                    status.rows.push(row);
                }
                status.data_ends |= day.unknown;
                floor |= place == law.country();
                if !day.allows(clock, local.date(), at) {
                    let reason = reason(row, &day, local, clock);
                    // A clock of the row's own is the same whatever the callee's.
                    if !status.reasons.contains(&reason) {
                        status.reasons.push(reason);
                    }
                }
            }
        }
        if floor {
            status.open = status.reasons.is_empty();
        } else {
            status.reasons.push(Reason::NoRow(law));
        }
        status
    }

    /// Whether a call is lawful at an instant, and nothing else: what [`Table::status`] says, for less.
    pub fn is_lawful(&self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> bool {
        if !applies(law, places) {
            return true;
        }
        let mut floor = false;
        for (place, kind) in asked(law, places) {
            for zone in zones {
                for row in self.holding(place, kind, zone, at) {
                    let clock = row.clock(zone);
                    let date = clock.to_datetime(at).date();
                    if !self.day(row, date).allows(clock, date, at) {
                        return false;
                    }
                    floor |= place == law.country();
                }
            }
        }
        floor
    }

    /// When calls are lawful, from an instant on for so many days: the stretches of time in which
    /// [`Table::is_lawful`] holds. What lies before or after that is not worked out.
    pub fn lawful(&self, law: Law, places: &[&str], zones: &[TimeZone], from: Timestamp, days: i64) -> Spans {
        if !applies(law, places) {
            return Spans::ever();
        }
        let day = |days: i64| SignedDuration::from_hours(24 * days);
        let window = Span {
            start: from.checked_sub(day(3)).unwrap_or(Timestamp::MIN),
            end: from.checked_add(day(days + 3)).unwrap_or(Timestamp::MAX),
        };
        let mut lawful = Spans::ever();
        // A row of the country itself has to be in force.
        let mut floor = Spans::default();
        for (place, kind) in asked(law, places) {
            for zone in zones {
                for (row, holds) in self.holding_in(place, kind, window, |row| in_force(row, zone, from, days)) {
                    let clock = row.clock(zone);
                    lawful = lawful.and(&self.windows(row, clock, from, days).or(&holds.not()));
                    if place == law.country() {
                        floor = floor.or(&holds);
                    }
                }
            }
        }
        lawful.and(&floor)
    }

    /// When a call that is lawful now no longer is, or the other way round.
    fn change(
        &self,
        law: Law,
        places: &[&str],
        zones: &[TimeZone],
        at: Timestamp,
        open: bool,
        days: i64,
    ) -> Option<Timestamp> {
        let lawful = self.lawful(law, places, zones, at, days);
        let change = if open {
            lawful.at(at).map(|span| span.end)
        } else {
            lawful.iter().map(|span| span.start).find(|start| *start > at)
        };
        let horizon = at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
        change.filter(|change| *change <= horizon)
    }

    /// What a row that is in force says of a day.
    fn day<'t>(&'t self, row: &'t Row, date: Date) -> Day<'t> {
        let usual = Day { hours: row.hours.on(date.weekday()), holiday: None, unknown: false };
        let Some(list) = &row.holidays else { return usual };
        let hours = row.holiday_hours.on(date.weekday());
        let Some(list) = self.holidays().get(list).filter(|list| list.years.contains(&date.year())) else {
            return Day { hours, holiday: None, unknown: true };
        };
        match list.days.get(&date) {
            Some(name) => Day { hours, holiday: Some(name), unknown: false },
            None => usual,
        }
    }

    /// The hours of a row by a clock, whether it is in force or not.
    fn windows(&self, row: &Row, zone: &TimeZone, from: Timestamp, days: i64) -> Spans {
        dates(zone, from, days)
            .flat_map(|date| self.day(row, date).hours.iter().filter_map(move |window| span(*window, zone, date)))
            .collect()
    }
}

/// When a row is in force by a clock of the callee's.
fn in_force(row: &Row, zone: &TimeZone, from: Timestamp, days: i64) -> Spans {
    if !row.is_dated() {
        return [row.lifetime].into_iter().collect();
    }
    let clock = row.clock(zone);
    let dates = dates(clock, from, days).filter(|date| row.has(*date));
    dates.filter_map(|date| Some(whole(clock, date)?.within(row.lifetime))).collect()
}

/// The places and kinds whose rows have to be asked, the country's first.
fn asked<'p>(law: Law, places: &'p [&str]) -> impl Iterator<Item = (&'p str, Kind)> {
    let parts = places.iter().copied().filter(move |place| is_part(law, place));
    std::iter::once(law.country())
        .chain(parts)
        .flat_map(move |place| law.kinds().iter().map(move |kind| (place, *kind)))
}

impl Day<'_> {
    fn allows(&self, zone: &TimeZone, date: Date, at: Timestamp) -> bool {
        self.hours.iter().any(|window| span(*window, zone, date).is_some_and(|span| span.holds(at)))
    }
}

/// A window of a day by a clock. Where an edge falls into an hour that the clock skips or shows twice, it
/// opens at the later instant and closes at the earlier one.
fn span(window: Window, zone: &TimeZone, date: Date) -> Option<Span> {
    let start = zone.to_ambiguous_timestamp(civil(date, window.open)?).later().ok()?;
    let end = zone.to_ambiguous_timestamp(civil(date, window.close)?).earlier().ok()?;
    (start < end).then_some(Span { start, end })
}

/// The days by a clock that have to be worked out for as many days from an instant on: yesterday, today, and a day more
/// than is looked at, so that no stretch is cut short.
fn dates(zone: &TimeZone, from: Timestamp, days: i64) -> impl Iterator<Item = Date> + use<> {
    let first = zone.to_datetime(from).date();
    let mut date = Some(first.yesterday().unwrap_or(first));
    (0..days + 3).map_while(move |_| {
        let current = date?;
        date = current.tomorrow().ok();
        Some(current)
    })
}

/// A whole day, up to the next.
fn whole(zone: &TimeZone, date: Date) -> Option<Span> {
    let start = zone.to_ambiguous_timestamp(civil(date, 0)?).compatible().ok()?;
    let end = zone.to_ambiguous_timestamp(civil(date, 1440)?).compatible().ok()?;
    Some(Span { start, end })
}

fn civil(date: Date, minute: u16) -> Option<DateTime> {
    if minute >= 1440 {
        return Some(date.tomorrow().ok()?.at(0, 0, 0, 0));
    }
    Some(date.at(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0))
}

fn reason<'t>(row: &'t Row, day: &Day<'t>, local: DateTime, zone: &TimeZone) -> Reason<'t> {
    let zone = zone.iana_name().map_or_else(|| format!("UTC{}", zone_offset(zone)), str::to_owned);
    let against = Against { row, hours: day.hours, local, zone };
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default();
    if day.unknown {
        Reason::HolidaysUnknown(against)
    } else if let Some(name) = day.holiday {
        Reason::Holiday(against, name)
    } else if day.hours.is_empty() {
        Reason::Closed(against)
    } else if day.hours.iter().any(|window| window.contains(minute)) {
        Reason::ClockChange(against)
    } else {
        Reason::Outside(against)
    }
}

fn zone_offset(zone: &TimeZone) -> String {
    zone.to_fixed_offset().map(|offset| offset.to_string()).unwrap_or_default()
}

fn applies(law: Law, places: &[&str]) -> bool {
    places.is_empty() || places.iter().any(|place| country(place.trim()) == Some(law.country()))
}

/// Whether a place is one within the country.
fn is_part(law: Law, place: &str) -> bool {
    let place = place.trim();
    country(place) == Some(law.country()) && !place.eq_ignore_ascii_case(law.country())
}
