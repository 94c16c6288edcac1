//! Tests the calling-hours table: its data, its edges, and a comparison with a second, deliberately naive implementation.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::thread;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use precall::calling_hours::{
    CallingHours, Grade, HoursRow, HoursRowData, Law, LawStatus, Regime, TimeSpan, TimeSpans,
};
use proptest::prelude::*;

const DATA: &str = include_str!("../data/calling-hours.toml");
const DOCS: &str = include_str!("../../../docs/calling-hours.md");

fn tz(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns the instant of a local time that the clock shows once.
fn local(zone: &str, text: &str) -> Timestamp {
    let time: DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    tz(zone).to_ambiguous_timestamp(time).unambiguous().unwrap_or_else(|error| panic!("{text} {zone}: {error}"))
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn law(name: &str) -> Law {
    name.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn second() -> SignedDuration {
    SignedDuration::from_secs(1)
}

fn reasons(status: &LawStatus<'_>) -> String {
    status.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Returns an operator's row.
fn row(json: &str) -> HoursRow {
    let data: HoursRowData = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    HoursRow::parse(data).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn row_error(json: &str) -> String {
    let data: HoursRowData = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    HoursRow::parse(data).expect_err(json).to_string()
}

// ---------------------------------------------------------------------------------------------------------
// The naive implementation: it reads the data file itself, line by line, and looks at a clock's face.

#[derive(Debug, Clone, Default)]
struct Naive {
    place: String,
    regime: String,
    hours: Vec<(&'static str, u32, u32)>,
    holiday_hours: Vec<(&'static str, u32, u32)>,
    texts: Vec<String>,
    timezone: Option<TimeZone>,
    holidays: Option<String>,
    from: Option<i32>,
    until: Option<i32>,
    source: String,
    grade: String,
}

#[derive(Debug, Default)]
struct Naives {
    rows: Vec<Naive>,
    holidays: BTreeMap<String, BTreeMap<i32, String>>,
}

fn quoted(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns a date as a number that can be compared, such as 20261018.
fn day_number(text: &str) -> i32 {
    text.replace('-', "").parse().unwrap()
}

fn of_number(day: i32) -> Date {
    date(&format!("{}-{:02}-{:02}", day / 10000, day / 100 % 100, day % 100))
}

fn windows(texts: &[String]) -> Vec<(&'static str, u32, u32)> {
    let minute = |text: &str| text[..2].parse::<u32>().unwrap() * 60 + text[3..].parse::<u32>().unwrap();
    texts
        .iter()
        .map(|text| {
            let (days, window) = text.split_at(text.len() - 11);
            let days = match days.trim() {
                "" => "MTWtFSs",
                "Mon-Fri" => "MTWtF",
                "Mon-Sat" => "MTWtFS",
                "Sat-Sun" => "Ss",
                "Sat" => "S",
                "Sun" => "s",
                other => panic!("{other}: the naive way has not met these days"),
            };
            (days, minute(&window[..5]), minute(&window[6..]))
        })
        .collect()
}

impl Naives {
    fn read() -> Self {
        let mut naives = Self::default();
        let (mut in_row, mut list) = (false, String::new());
        for line in DATA.lines().map(str::trim) {
            if line == "[[row]]" || line == "[[holidays]]" {
                in_row = line == "[[row]]";
                if in_row {
                    naives.rows.push(Naive::default());
                }
                continue;
            }
            if line.starts_with('"') {
                let text = quoted(line).remove(0);
                naives.holidays.get_mut(&list).unwrap().insert(day_number(&text[..10]), text[11..].to_owned());
                continue;
            }
            let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else { continue };
            let text = quoted(value).first().cloned();
            if !in_row {
                if key == "list" {
                    list = text.unwrap();
                    naives.holidays.insert(list.clone(), BTreeMap::new());
                } else if key == "years" {
                    assert_eq!(value, "[2026, 2027, 2028]", "the naive way knows these years");
                }
                continue;
            }
            let row = naives.rows.last_mut().unwrap();
            match key {
                "place" => row.place = text.unwrap(),
                "regime" => row.regime = text.unwrap(),
                "hours" => {
                    row.texts = quoted(value);
                    row.hours = windows(&row.texts);
                }
                "holiday_hours" => row.holiday_hours = windows(&quoted(value)),
                "timezone" => row.timezone = text.as_deref().map(tz),
                "holidays" => row.holidays = text,
                "from" => row.from = text.as_deref().map(day_number),
                "until" => row.until = text.as_deref().map(day_number),
                "source" => row.source = text.unwrap(),
                "grade" => row.grade = text.unwrap(),
                _ => {}
            }
        }
        naives
    }

    fn rows_for<'n>(&'n self, law: Law, places: &[&str]) -> Vec<&'n Naive> {
        let regimes: &[&str] = match law.name() {
            "us" | "ca" => &["sales"],
            "us-debt" | "ca-debt" => &["debt"],
            "us-debt-automated" => &["debt", "automated"],
            _ => &["sales", "automated"],
        };
        let root = if law.name().starts_with("ca") { "CA" } else { "US" };
        let is_asked = |place: &str| place == root || (place.starts_with(root) && places.contains(&place));
        self.rows.iter().filter(|row| regimes.contains(&&*row.regime) && is_asked(&row.place)).collect()
    }

    /// Returns true if a row allows a call when a clock shows this face.
    fn allows(&self, row: &Naive, face: Face) -> bool {
        if row.from.is_some_and(|from| face.date < from) || row.until.is_some_and(|until| face.date >= until) {
            return true;
        }
        let is_holiday = row.holidays.as_ref().is_some_and(|list| {
            !(20260101..20290101).contains(&face.date) || self.holidays[list].contains_key(&face.date)
        });
        let hours = if is_holiday { &row.holiday_hours } else { &row.hours };
        hours
            .iter()
            .any(|(days, open, close)| face.minute >= *open && face.minute < *close && days.contains(face.weekday))
    }

    fn lawful(&self, law: Law, places: &[&str], zones: &[TimeZone], at: Timestamp) -> bool {
        self.rows_for(law, places).into_iter().all(|row| match &row.timezone {
            Some(zone) => self.allows(row, Face::at(at, zone)),
            None => zones.iter().all(|zone| self.allows(row, Face::at(at, zone))),
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Face {
    date: i32,
    weekday: char,
    minute: u32,
}

impl Face {
    fn at(at: Timestamp, zone: &TimeZone) -> Self {
        let time = zone.to_datetime(at);
        let weekday = match time.weekday() {
            Weekday::Monday => 'M',
            Weekday::Tuesday => 'T',
            Weekday::Wednesday => 'W',
            Weekday::Thursday => 't',
            Weekday::Friday => 'F',
            Weekday::Saturday => 'S',
            Weekday::Sunday => 's',
        };
        let date = (time.year() as i32 * 100 + time.month() as i32) * 100 + time.day() as i32;
        Self { date, weekday, minute: time.hour() as u32 * 60 + time.minute() as u32 }
    }
}

/// Returns a clock of a place, for the tests. If the place has several, it is one of them.
fn zone_of(place: &str) -> &'static str {
    match place {
        "US-AL" | "US-IL" | "US-LA" | "US-MN" | "US-MS" | "US-NE" | "US-OK" | "US-TX" => "America/Chicago",
        "US-NM" | "US-SD" | "US-UT" | "US-WY" => "America/Denver",
        "US-CA" | "US-NV" | "US-OR" | "US-WA" => "America/Los_Angeles",
        "US-IN" => "America/Indiana/Indianapolis",
        "US-KY" => "America/Kentucky/Louisville",
        "US-MI" => "America/Detroit",
        "CA" | "CA-NL" => "America/St_Johns",
        "CA-BC" => "America/Vancouver",
        "CA-SK" => "America/Regina",
        "CA-MB" => "America/Winnipeg",
        "CA-NS" | "CA-PE" => "America/Halifax",
        "CA-NB" => "America/Moncton",
        _ => "America/New_York",
    }
}

fn law_of(row: &Naive) -> Law {
    law(match (row.regime.as_str(), &row.place[..2]) {
        ("sales", "US") => "us",
        ("sales", "CA") => "ca",
        ("debt", "US") => "us-debt",
        ("automated", "US") => "us-automated",
        ("debt", "CA") => "ca-debt",
        ("automated", "CA") => "ca-automated",
        other => panic!("{other:?} is in no law"),
    })
}

// ---------------------------------------------------------------------------------------------------------
// The data

#[test]
fn the_data_is_whole() {
    let (table, naives) = (CallingHours::embedded(), Naives::read());
    assert_eq!(table.rows().len(), naives.rows.len());
    assert!(table.rows().len() >= 35);
    assert!(table.data_date().is_some());
    assert_eq!(table.last_year(), Some(2028));
    for (row, naive) in table.rows().iter().zip(&naives.rows) {
        let name = format!("{} {}", row.place, row.regime);
        assert_eq!((&row.place, &row.source), (&naive.place, &naive.source), "{name}");
        assert!(row.grade == Some(Grade::A) || !row.verified, "{name}: verified, but not read at its source");
        assert!(row.verified || row.note.is_some(), "{name}: neither verified nor with a note that gives the reason");
        assert!(!row.hours.is_closed(), "{name}");
        assert!(naive.texts.iter().all(|text| !text.is_empty()), "{name}");
    }
    for (name, list) in table.holidays() {
        assert_eq!(list.years, BTreeSet::from([2026, 2027, 2028]), "{name}");
        assert!(!list.source.is_empty() && !list.note.is_empty(), "{name}");
        let days: Vec<_> = list.days.iter().map(|(date, name)| (day_number(&date.to_string()), name.clone())).collect();
        let naive: Vec<_> = naives.holidays[name].clone().into_iter().collect();
        assert_eq!(days, naive, "{name}");
    }
    for law in Law::ALL {
        let floor = |row: &&HoursRow| law.regimes().contains(&row.regime) && row.place == law.country();
        let floor: Vec<_> = table.rows().iter().filter(floor).collect();
        assert!(floor.iter().any(|row| row.from.is_none() && row.until.is_none()), "{law} has no floor at all times");
    }
}

#[test]
fn no_state_row_is_wider_than_the_countrys_row() {
    // A wider row would have no effect, so it would be a mistake.
    let table = CallingHours::embedded();
    for row in table.rows().iter().filter(|row| row.place.starts_with("US-")) {
        for day in [Weekday::Monday, Weekday::Wednesday, Weekday::Saturday, Weekday::Sunday] {
            for window in row.hours.on(day) {
                assert!(window.open >= 8 * 60 && window.close <= 21 * 60, "{} {day:?}", row.place);
            }
        }
    }
}

#[test]
fn the_documentation_has_every_row_and_list() {
    let naives = Naives::read();
    for row in &naives.rows {
        let start = format!("| {} | {} | {}", row.place, row.regime, row.texts.join("; "));
        let line = DOCS.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("not there: {start}"));
        assert!(line.contains(&row.source) && line.contains(&format!("| {} |", row.grade)), "{line}");
    }
    for list in naives.holidays.keys() {
        assert!(DOCS.contains(&format!("| {list} |")), "{list}");
    }
    assert!(DOCS.contains("not legal advice"));
}

// ---------------------------------------------------------------------------------------------------------
// Holidays, computed in another way: for each day of three years, a function decides if it is a holiday.

fn easter(year: i16) -> Date {
    // As published
    date(match year {
        2026 => "2026-04-05",
        2027 => "2027-03-28",
        2028 => "2028-04-16",
        _ => panic!("{year}"),
    })
}

/// Returns the Sunday after the first full moon of spring by the golden number (the table of the Gregorian calendar for
/// 1900 to 2199).
fn easter_by_table(year: i16) -> Date {
    const FULL_MOON: [&str; 19] = [
        "04-14", "04-03", "03-23", "04-11", "03-31", "04-18", "04-08", "03-28", "04-16", "04-05", "03-25", "04-13",
        "04-02", "03-22", "04-10", "03-30", "04-17", "04-07", "03-27",
    ];
    let moon = date(&format!("{year}-{}", FULL_MOON[(year % 19) as usize]));
    (1..=7).map(|days| moon + days.days()).find(|day| day.weekday() == Weekday::Sunday).unwrap()
}

fn nth(day: Date, month: i8, weekday: Weekday, n: i8) -> bool {
    day.month() == month && day.weekday() == weekday && (day.day() - 1) / 7 + 1 == n
}

fn last(day: Date, month: i8, weekday: Weekday) -> bool {
    day.month() == month && day.weekday() == weekday && (day + 7.days()).month() != month
}

fn fixed(day: Date, month: i8, of_month: i8) -> bool {
    day.month() == month && day.day() == of_month
}

/// Returns true for the holiday, and for the Monday after it if it is a Sunday.
fn sunday_moves(day: Date, month: i8, of_month: i8) -> bool {
    fixed(day, month, of_month) || (day.weekday() == Weekday::Monday && fixed(day - 1.day(), month, of_month))
}

/// Returns true for the holiday, for the Monday after it if it is a Sunday, and for the Friday before it if it is a Saturday.
fn weekend_moves(day: Date, month: i8, of_month: i8) -> bool {
    sunday_moves(day, month, of_month) || (day.weekday() == Weekday::Friday && fixed(day + 1.day(), month, of_month))
}

/// The same, and also true for the Monday after a holiday on a Saturday.
fn both_ways(day: Date, month: i8, of_month: i8) -> bool {
    weekend_moves(day, month, of_month) || (day.weekday() == Weekday::Monday && fixed(day - 2.days(), month, of_month))
}

fn election(day: Date) -> bool {
    day.month() == 11 && day.weekday() == Weekday::Tuesday && (2..=8).contains(&day.day())
}

fn from_easter(day: Date, days: i32) -> bool {
    day == easter(day.year()) + days.days()
}

fn is_holiday(list: &str, day: Date) -> bool {
    use Weekday::{Friday, Monday, Thursday};
    // The holidays that all American lists here have, on the same days.
    let common = || {
        nth(day, 1, Monday, 3)
            || nth(day, 2, Monday, 3)
            || last(day, 5, Monday)
            || nth(day, 9, Monday, 1)
            || nth(day, 10, Monday, 2)
            || nth(day, 11, Thursday, 4)
    };
    let federal = [(1, 1), (7, 4), (11, 11), (12, 25)];
    let any = |rule: fn(Date, i8, i8) -> bool, days: &[(i8, i8)]| days.iter().any(|(m, d)| rule(day, *m, *d));
    let victoria = || day.month() == 5 && day.weekday() == Monday && (18..=24).contains(&day.day());
    // The holidays of Canada, with those that only some laws have.
    let canada = || {
        any(sunday_moves, &[(1, 1), (7, 1), (9, 30), (11, 11), (12, 25), (12, 26)])
            || from_easter(day, -2)
            || from_easter(day, 1)
            || victoria()
            || nth(day, 9, Monday, 1)
            || nth(day, 10, Monday, 2)
    };
    let black_friday = || nth(day - 1.day(), 11, Thursday, 4);
    match list {
        "US-AL" => {
            common()
                || any(weekend_moves, &federal)
                || weekend_moves(day, 6, 19)
                || nth(day, 4, Monday, 4)
                || nth(day, 6, Monday, 1)
                || from_easter(day, -47)
                || fixed(day, 12, 1)
        }
        "US-LA" => {
            common()
                || any(weekend_moves, &federal)
                || weekend_moves(day, 6, 19)
                || any(fixed, &[(1, 8), (8, 30), (11, 1)])
                || from_easter(day, -47)
                || from_easter(day, -2)
                || (day.year() == 2028 && nth(day, 1, Monday, 2))
                || (day.year() % 2 == 0 && election(day))
                || black_friday()
        }
        "US-PA" => {
            common() || any(sunday_moves, &federal) || sunday_moves(day, 6, 14) || from_easter(day, -2) || election(day)
        }
        "US-RI" => {
            common()
                || any(both_ways, &federal)
                || both_ways(day, 6, 19)
                || sunday_moves(day, 5, 4)
                || nth(day, 8, Monday, 2)
                || (day.year() % 2 == 0 && election(day))
        }
        "US-UT" => {
            // Juneteenth is observed on the Monday of its week, or on the Monday after a weekend.
            let monday = day.weekday() == Monday && (15..=21).contains(&day.day()) && day.month() == 6;
            common()
                || any(weekend_moves, &federal)
                || weekend_moves(day, 7, 24)
                || fixed(day, 6, 19)
                || monday
                || from_easter(day, 0)
                || (day.year() > 2026 && from_easter(day, -2))
        }
        "US-NE" => {
            common()
                || any(weekend_moves, &federal)
                || weekend_moves(day, 6, 19)
                || last(day, 4, Friday)
                || black_friday()
        }
        "CA" => canada(),
        "CA-ON" | "CA-SK" | "CA-MB" | "CA-NS" | "CA-NB" => canada() || nth(day, 2, Monday, 3) || nth(day, 8, Monday, 1),
        "CA-QC" => {
            any(fixed, &[(1, 1), (6, 24), (7, 1), (12, 25)])
                || from_easter(day, -2)
                || from_easter(day, 1)
                || victoria()
                || nth(day, 9, Monday, 1)
                || nth(day, 10, Monday, 2)
        }
        "CA-BC" => {
            any(sunday_moves, &[(1, 1), (7, 1), (9, 30), (11, 11), (12, 25), (12, 26)])
                || nth(day, 2, Monday, 3)
                || from_easter(day, -2)
                || from_easter(day, 1)
                || victoria()
                || nth(day, 8, Monday, 1)
                || nth(day, 9, Monday, 1)
                || nth(day, 10, Monday, 2)
        }
        other => panic!("no second computation of {other}"),
    }
}

#[test]
fn holidays_agree_with_a_second_computation() {
    for year in [2026, 2027, 2028] {
        assert_eq!(easter(year), easter_by_table(year));
    }
    for (name, list) in CallingHours::embedded().holidays() {
        let mut day = date("2026-01-01");
        while day < date("2029-01-01") {
            assert_eq!(list.days.contains_key(&day), is_holiday(name, day), "{name} {day} {:?}", list.days.get(&day));
            day += 1.day();
        }
    }
}

#[test]
fn holidays_known_from_calendars() {
    let expected = "
        US-AL 2026-02-17 Mardi Gras
        US-AL 2026-04-27 Confederate Memorial Day
        US-AL 2026-06-01 Jefferson Davis' Birthday
        US-AL 2026-07-03 Independence Day (observed)
        US-AL 2027-12-31 New Year's Day (observed)
        US-AL 2028-04-24 Confederate Memorial Day
        US-LA 2027-02-09 Mardi Gras
        US-LA 2028-02-29 Mardi Gras
        US-LA 2026-04-03 Good Friday
        US-LA 2026-11-27 Acadian Day
        US-PA 2026-06-14 Flag Day
        US-PA 2026-06-15 Flag Day (observed)
        US-PA 2027-03-26 Good Friday
        US-PA 2027-11-02 Election Day
        US-PA 2028-11-07 Election Day
        US-RI 2026-05-04 Rhode Island Independence Day
        US-RI 2026-07-03 Independence Day (observed)
        US-RI 2026-07-06 Independence Day (observed)
        US-RI 2026-08-10 Victory Day
        US-RI 2027-08-09 Victory Day
        US-UT 2026-06-15 Juneteenth (observed)
        US-UT 2026-07-24 Pioneer Day
        US-UT 2027-07-23 Pioneer Day (observed)
        US-UT 2028-04-14 Good Friday
        US-NE 2027-04-30 Arbor Day
        CA-BC 2026-05-18 Victoria Day
        CA-BC 2027-05-24 Victoria Day
        CA-BC 2028-05-22 Victoria Day
        CA-BC 2026-02-16 Family Day
        CA-BC 2026-09-30 National Day for Truth and Reconciliation
        CA-BC 2026-10-12 Thanksgiving Day";
    for line in expected.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut parts = line.splitn(3, ' ');
        let (list, day, name) = (parts.next().unwrap(), date(parts.next().unwrap()), parts.next().unwrap());
        let listed = &CallingHours::embedded().holidays()[list].days;
        assert!(listed.get(&day).is_some_and(|listed| listed.contains(name)), "{line}: {:?}", listed.get(&day));
    }
    let pa = &CallingHours::embedded().holidays()["US-PA"].days;
    let names: BTreeSet<_> = pa.values().filter(|name| !name.contains("observed")).collect();
    assert_eq!(names.len(), 13, "{names:?}");
}

// ---------------------------------------------------------------------------------------------------------
// Edges that were worked out by hand

/// Law, place, clock, local day, and the lawful hours of that day.
const DAYS: &str = "
    us           US-ID America/Boise                2026-12-07 08:00-21:00
    us           US-ID America/Boise                2026-12-06 08:00-21:00
    us           PR    America/Puerto_Rico          2026-12-06 08:00-21:00
    us           GU    Pacific/Guam                 2026-12-25 08:00-21:00
    us-debt      US-AL America/Chicago              2026-12-06 08:00-21:00
    us-debt      US-RI America/New_York             2026-12-25 08:00-21:00
    us           US-AL America/Chicago              2026-12-07 08:00-20:00
    us           US-AL America/Chicago              2026-12-12 08:00-20:00
    us           US-AL America/Chicago              2026-12-06 closed
    us           US-AL America/Chicago              2026-12-24 08:00-20:00
    us           US-AL America/Chicago              2026-12-25 closed
    us           US-AL America/Chicago              2026-12-26 08:00-20:00
    us           US-CT America/New_York             2026-12-07 09:00-20:00
    us           US-CT America/New_York             2026-12-06 09:00-20:00
    us           US-CT America/New_York             2023-09-30 08:00-21:00
    us           US-CT America/New_York             2023-10-01 09:00-20:00
    us           US-FL America/New_York             2026-12-07 08:00-20:00
    us           US-FL America/Chicago              2026-12-07 08:00-20:00
    us           US-FL America/New_York             2026-12-25 08:00-20:00
    us           US-FL America/New_York             2026-11-01 08:00-20:00
    us           US-FL America/New_York             2027-03-14 08:00-20:00
    us           US-KY America/New_York             2026-12-07 10:00-21:00
    us           US-KY America/Chicago              2027-03-14 10:00-21:00
    us           US-LA America/Chicago              2026-12-07 08:00-20:00
    us           US-LA America/Chicago              2026-12-12 08:00-20:00
    us           US-LA America/Chicago              2026-12-06 closed
    us           US-LA America/Chicago              2027-02-08 08:00-20:00
    us           US-LA America/Chicago              2027-02-09 closed
    us           US-LA America/Chicago              2027-02-10 08:00-20:00
    us           US-MA America/New_York             2026-12-06 08:00-20:00
    us           US-MA America/New_York             2026-12-07 08:00-20:00
    us           US-MD America/New_York             2026-12-06 08:00-20:00
    us           US-MD America/New_York             2026-12-07 08:00-20:00
    us           US-MD America/New_York             2023-12-31 08:00-21:00
    us           US-MD America/New_York             2024-01-01 08:00-20:00
    us           US-ME America/New_York             2026-12-07 08:00-21:00
    us-automated US-ME America/New_York             2026-12-07 09:00-17:00
    us-automated US-ME America/New_York             2026-12-12 closed
    us-automated US-ME America/New_York             2026-12-06 closed
    us           US-MI America/Detroit              2026-12-07 09:00-21:00
    us           US-MI America/Menominee            2026-12-06 09:00-21:00
    us           US-MN America/Chicago              2026-12-06 09:00-21:00
    us           US-MN America/Chicago              2026-12-07 09:00-21:00
    us           US-MS America/Chicago              2026-12-07 08:00-20:00
    us           US-MS America/Chicago              2026-12-06 closed
    us           US-MS America/Chicago              2026-12-25 08:00-20:00
    us           US-MS America/New_York             2026-12-07 09:00-21:00
    us           US-MS America/Denver               2026-12-07 08:00-19:00
    us           US-NE America/Chicago              2026-12-06 08:00-21:00
    us-automated US-NE America/Chicago              2026-12-05 08:00-21:00
    us-automated US-NE America/Chicago              2026-12-06 13:00-21:00
    us-automated US-NE America/Chicago              2026-12-24 08:00-21:00
    us-automated US-NE America/Chicago              2026-12-25 13:00-21:00
    us           US-NM America/Denver               2026-12-07 09:00-21:00
    us           US-NM America/Denver               2026-12-06 09:00-21:00
    us           US-NV America/Los_Angeles          2026-12-07 09:00-20:00
    us           US-NV America/Los_Angeles          2026-12-06 09:00-20:00
    us           US-NY America/New_York             2026-12-06 08:00-21:00
    us           US-NY America/New_York             2026-12-07 08:00-21:00
    us           US-OK America/Chicago              2026-12-06 08:00-20:00
    us           US-OK America/Chicago              2026-12-07 08:00-20:00
    us           US-OK America/Chicago              2022-10-31 08:00-21:00
    us           US-OK America/Chicago              2022-11-01 08:00-20:00
    us-automated US-OK America/Chicago              2026-12-07 09:00-20:00
    us           US-OR America/Los_Angeles          2025-12-31 08:00-21:00
    us           US-OR America/Los_Angeles          2026-01-01 08:00-20:00
    us           US-OR America/Boise                2026-12-06 08:00-20:00
    us           US-PA America/New_York             2026-06-13 08:00-12:00
    us           US-PA America/New_York             2026-06-14 closed
    us           US-PA America/New_York             2026-06-15 closed
    us           US-PA America/New_York             2026-06-16 08:00-21:00
    us           US-PA America/New_York             2026-10-11 08:00-21:00
    us           US-PA America/New_York             2026-10-12 closed
    us           US-PA America/New_York             2026-10-17 08:00-12:00
    us           US-PA America/New_York             2026-10-18 closed
    us           US-PA America/New_York             2026-10-19 09:00-19:00
    us           US-PA America/New_York             2026-10-24 09:00-12:00
    us           US-PA America/New_York             2026-11-26 closed
    us           US-RI America/New_York             2026-12-07 09:00-18:00
    us           US-RI America/New_York             2026-12-11 09:00-18:00
    us           US-RI America/New_York             2026-12-12 10:00-17:00
    us           US-RI America/New_York             2026-12-06 closed
    us           US-RI America/New_York             2027-12-25 closed
    us           US-RI America/New_York             2027-12-24 closed
    us           US-RI America/New_York             2027-12-27 closed
    us           US-RI America/New_York             2027-12-28 09:00-18:00
    us           US-SC America/New_York             2026-12-07 08:00-21:00
    us-automated US-SC America/New_York             2026-12-07 08:00-19:00
    us           US-SD America/Denver               2026-12-06 08:00-21:00
    us-automated US-SD America/Denver               2026-12-07 09:00-21:00
    us-automated US-SD America/Chicago              2026-12-11 09:00-21:00
    us-automated US-SD America/Chicago              2026-12-12 closed
    us           US-TX America/Chicago              2026-12-07 09:00-21:00
    us           US-TX America/Chicago              2026-12-12 09:00-21:00
    us           US-TX America/Chicago              2026-12-06 12:00-21:00
    us           US-TX America/Chicago              2026-11-01 12:00-21:00
    us           US-TX America/Chicago              2027-03-14 12:00-21:00
    us           US-TX America/Denver               2027-03-14 12:00-21:00
    us           US-UT America/Denver               2026-07-23 08:00-21:00
    us           US-UT America/Denver               2026-07-24 closed
    us           US-UT America/Denver               2026-07-25 08:00-21:00
    us           US-UT America/Denver               2026-07-26 closed
    us           US-UT America/Denver               2026-04-03 08:00-21:00
    us           US-UT America/Denver               2027-03-26 closed
    us           US-VA America/New_York             2026-12-06 08:00-21:00
    us           US-VA America/New_York             2026-12-07 08:00-21:00
    us           US-WA America/Los_Angeles          2026-12-06 08:00-20:00
    us           US-WA America/Los_Angeles          2026-12-07 08:00-20:00
    us           US-WY America/Denver               2026-12-06 08:00-20:00
    us           US-WY America/Denver               2026-12-07 08:00-20:00
    us           US-CA America/Los_Angeles          2026-12-07 08:00-21:00
    us-automated US-CA America/Los_Angeles          2026-12-07 09:00-21:00
    us-automated US-CA America/Los_Angeles          2026-11-01 09:00-21:00
    us-automated US-IL America/Chicago              2026-12-07 09:00-21:00
    us-automated US-IN America/Indiana/Indianapolis 2026-12-07 09:00-20:00
    us-automated US-IN America/Chicago              2026-12-06 09:00-20:00
    us-automated US-FL America/New_York             2026-12-07 08:00-20:00
    us-automated US-AL America/Chicago              2026-12-06 closed
    ca           CA-ON America/Toronto              2026-12-07 09:00-21:30
    us           US-NJ America/New_York             2026-12-06 08:00-21:00
    us           US-DC America/New_York             2026-12-06 08:00-21:00
    us-automated US-NV America/Los_Angeles          2026-12-07 09:00-20:00
    us-automated US-MN America/Chicago              2026-12-07 09:00-21:00
    us-debt-automated US-NV America/Los_Angeles     2026-12-07 09:00-21:00
    us-debt-automated US-IN America/Indiana/Indianapolis 2026-12-06 09:00-20:00
    us-debt-automated US-SD America/Chicago         2026-12-12 closed
    us-debt-automated US-NE America/Chicago         2026-12-25 13:00-21:00
    us-debt-automated US-FL America/New_York        2026-12-07 08:00-21:00
    us-debt-automated US-SC America/New_York        2026-12-07 08:00-19:00
    ca-automated CA-ON America/Toronto              2026-12-11 09:00-21:30
    ca-automated CA-ON America/Toronto              2026-12-12 10:00-18:00
    ca-automated CA-BC America/Vancouver            2026-12-25 closed
    ca-debt      CA-QC America/Toronto              2026-12-12 08:00-20:00
    ca-debt      CA-QC America/Toronto              2026-12-13 closed
    ca-debt      CA-QC America/Toronto              2027-06-24 closed
    ca-debt      CA-QC America/Toronto              2027-06-25 08:00-20:00
    ca-debt      CA-QC America/Toronto              2027-03-29 closed
    ca-debt      CA-ON America/Toronto              2026-12-12 07:00-21:00
    ca-debt      CA-ON America/Toronto              2026-12-13 13:00-17:00
    ca-debt      CA-ON America/Toronto              2027-02-15 closed
    ca-debt      CA-ON America/Toronto              2027-06-24 07:00-21:00
    ca-debt      CA-BC America/Vancouver            2026-12-13 13:00-17:00
    ca-debt      CA-BC America/Vancouver            2026-12-24 07:00-21:00
    ca-debt      CA-BC America/Vancouver            2027-08-02 closed
    ca-debt      CA-AB America/Edmonton             2026-12-12 07:00-21:00
    ca-debt      CA-AB America/Edmonton             2026-12-13 13:00-17:00
    ca-debt      CA-AB America/Edmonton             2026-12-25 closed
    ca-debt      CA-SK America/Regina               2026-12-12 08:00-21:00
    ca-debt      CA-SK America/Regina               2026-12-13 closed
    ca-debt      CA-SK America/Regina               2027-08-02 closed
    ca-debt      CA-MB America/Winnipeg             2026-12-12 07:00-21:00
    ca-debt      CA-MB America/Winnipeg             2026-12-13 closed
    ca-debt      CA-NS America/Halifax              2026-12-12 08:00-21:00
    ca-debt      CA-NS America/Halifax              2026-12-13 closed
    ca-debt      CA-NB America/Moncton              2026-12-12 07:00-21:00
    ca-debt      CA-NB America/Moncton              2026-12-13 13:00-17:00
    ca-debt      CA-PE America/Halifax              2026-12-12 08:00-21:00
    ca-debt      CA-PE America/Halifax              2026-12-13 closed
    ca-debt      CA-NL America/St_Johns             2026-12-12 08:00-21:00
    ca-debt      CA-NL America/St_Johns             2026-12-13 13:00-17:00
    ca-debt      CA-YT America/Whitehorse           2026-12-12 07:00-21:00
    ca           CA-ON America/Toronto              2026-12-11 09:00-21:30
    ca           CA-ON America/Toronto              2026-12-12 10:00-18:00
    ca           CA-ON America/Toronto              2026-12-06 10:00-18:00
    ca           CA-ON America/Toronto              2026-12-25 09:00-21:30
    ca           CA-NL America/St_Johns             2027-03-14 10:00-18:00
    ca           CA-NL America/St_Johns             2026-11-01 10:00-18:00
    ca           CA-SK America/Regina               2026-12-07 09:00-21:30
    ca           CA-BC America/Vancouver            2026-12-07 09:00-21:30
    ca           CA-BC America/Vancouver            2026-12-12 10:00-18:00
    ca           CA-BC America/Vancouver            2026-12-24 09:00-21:30
    ca           CA-BC America/Vancouver            2026-12-25 closed
    ca           CA-BC America/Vancouver            2026-12-26 closed
    ca           CA-BC America/Vancouver            2026-12-27 10:00-18:00
    ca           CA-BC America/Vancouver            2027-07-01 closed
    ca           CA-BC America/Vancouver            2027-06-30 09:00-21:30";

#[test]
fn days_worked_out_by_hand() {
    let (table, mut count) = (CallingHours::embedded(), 0);
    let mut places = BTreeSet::new();
    for line in DAYS.lines().filter(|line| !line.trim().is_empty()) {
        let [name, place, zone, day, hours] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
        let zones = [tz(zone)];
        let mut check = |at: Timestamp, open: bool| {
            let status = table.status(law(name), &[place], &zones, at);
            assert_eq!(status.is_lawful, open, "{line}: {} {}", zones[0].to_datetime(at), reasons(&status));
            assert_eq!(table.is_lawful(law(name), &[place], &zones, at), open, "{line}");
            assert_eq!(status.is_lawful, status.reasons.is_empty(), "{line}");
            assert!(!status.is_lawful || status.next_open.is_none(), "{line}");
            count += 1;
        };
        let midnight = local(zone, &format!("{day}T00:00"));
        if hours == "closed" {
            for hour in 0..23 {
                check(midnight + SignedDuration::from_hours(hour), false);
            }
        } else {
            let (open, close) = hours.split_once('-').unwrap();
            let (open, close) = (local(zone, &format!("{day}T{open}")), local(zone, &format!("{day}T{close}")));
            check(midnight, false);
            check(open - second(), false);
            check(open, true);
            check(close - second(), true);
            check(close, false);
            let at = midnight + SignedDuration::from_mins(10);
            assert_eq!(table.status(law(name), &[place], &zones, at).next_open, Some(open), "{line}");
            assert_eq!(table.status(law(name), &[place], &zones, open).open_until, Some(close), "{line}");
        }
        places.insert((name.to_owned(), place.to_owned()));
    }
    for row in &Naives::read().rows {
        let seen = places.iter().any(|(name, place)| law(name) == law_of(row) && *place == row.place);
        assert!(seen || row.place.len() == 2, "{} {} has no day worked by hand", row.place, row.regime);
    }
    assert!(count > 600, "{count}");
}

// ---------------------------------------------------------------------------------------------------------
// Comparison with the naive implementation

#[test]
fn both_implementations_agree_at_the_edges_of_every_row() {
    let (table, naives) = (CallingHours::embedded(), Naives::read());
    let mut count = 0;
    for row in &naives.rows {
        let mut days: BTreeSet<Date> = BTreeSet::new();
        // A week in winter, a week in summer, the days of clock changes, the ends of years, and the first day of a new row.
        for first in ["2026-12-07", "2027-07-12"] {
            days.extend((0..7).map(|n| date(first) + n.days()));
        }
        days.extend(["2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07", "2028-03-12"].map(date));
        days.extend(["2025-12-31", "2026-01-01", "2028-12-31", "2029-01-01", "2029-01-02"].map(date));
        let edges = [row.from, row.until].into_iter().flatten().map(of_number);
        days.extend(edges.flat_map(|day| [day - 1.day(), day, day + 1.day()]));
        if let Some(list) = &row.holidays {
            let holidays = naives.holidays[list].keys().copied().map(of_number);
            days.extend(holidays.flat_map(|day| [day - 1.day(), day, day + 1.day()]));
        }
        let (name, zone) = (law_of(row), tz(zone_of(&row.place)));
        let clock = row.timezone.clone().unwrap_or(zone.clone());
        let (places, zones) = ([row.place.as_str()], [zone]);
        let minutes: BTreeSet<u32> = naives
            .rows_for(name, &places)
            .iter()
            .flat_map(|row| row.hours.iter().chain(&row.holiday_hours))
            .flat_map(|(_, open, close)| [*open, *close])
            .collect();
        for day in days {
            for minute in &minutes {
                let edge = day.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
                let edge = clock.to_ambiguous_timestamp(edge).unambiguous().expect("no edge lies in a clock change");
                for at in [edge - second(), edge, edge + second()] {
                    let naive = naives.lawful(name, &places, &zones, at);
                    let status = table.status(name, &places, &zones, at);
                    assert_eq!(
                        status.is_lawful,
                        naive,
                        "{name} {} {} {}",
                        row.place,
                        clock.to_datetime(at),
                        reasons(&status)
                    );
                    assert_eq!(table.is_lawful(name, &places, &zones, at), naive);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 10_000, "{count}");
}

#[test]
fn a_scan_of_every_minute_of_a_year_finds_the_same_openings() {
    // The time includes Pennsylvania's new row and both clock changes.
    let (start, end) = (utc("2026-07-01T00:00:00Z"), utc("2027-07-01T00:00:00Z"));
    let naives = &Naives::read();
    let mut clocks: BTreeMap<&str, Vec<(Law, &str)>> = BTreeMap::new();
    for row in &naives.rows {
        let cases = clocks.entry(zone_of(&row.place)).or_default();
        let case = (law_of(row), row.place.as_str());
        if !cases.contains(&case) {
            cases.push(case);
        }
    }
    thread::scope(|scope| {
        for (zone, cases) in clocks {
            scope.spawn(move || {
                let zone = tz(zone);
                let minutes = start.duration_since(end).as_mins().abs();
                let faces: Vec<_> = (0..minutes)
                    .map(|minute| start + SignedDuration::from_mins(minute))
                    .map(|at| (at, Face::at(at, &zone)))
                    .collect();
                for (law, place) in cases {
                    scan(naives, law, place, &zone, &faces);
                }
            });
        }
    });
}

fn scan(naives: &Naives, law: Law, place: &str, zone: &TimeZone, faces: &[(Timestamp, Face)]) {
    let (table, zones, places) = (CallingHours::embedded(), [zone.clone()], [place]);
    let rows = naives.rows_for(law, &places);
    let lawful = |at: Timestamp, face: Face| {
        rows.iter().all(|row| naives.allows(row, row.timezone.as_ref().map_or(face, |zone| Face::at(at, zone))))
    };
    // The minutes at which something changes, found by testing every minute.
    let mut changes = Vec::new();
    let mut was = lawful(faces[0].0, faces[0].1);
    for (at, face) in faces {
        let is = lawful(*at, *face);
        if is != was {
            changes.push((*at, is));
            was = is;
        }
    }
    assert!(changes.len() > 400, "{law} {place}: {}", changes.len());
    for pair in changes.windows(2) {
        let [(from, open), (to, _)] = *pair else { unreachable!() };
        assert!(to.duration_since(from) <= SignedDuration::from_hours(14 * 24));
        let middle = from + (to.duration_since(from) / 2);
        for at in [from, middle, to - second()] {
            let status = table.status(law, &places, &zones, at);
            assert_eq!(status.is_lawful, open, "{law} {place} {}", zones[0].to_datetime(at));
            let (next, until) = if open { (None, Some(to)) } else { (Some(to), None) };
            assert_eq!((status.next_open, status.open_until), (next, until), "{law} {place} {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_implementations_agree_for_several_places_and_zones(
        law in prop::sample::select(Law::ALL.to_vec()),
        places in prop::collection::vec(prop::sample::select(vec![
            "US", "US-AL", "US-AZ", "US-FL", "US-KY", "US-LA", "US-ME", "US-MS", "US-NE", "US-PA", "US-RI", "US-SD",
            "US-TX", "US-UT", "CA", "CA-BC", "CA-ON",
        ]), 1..4),
        zones in prop::collection::vec(prop::sample::select(vec![
            "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
            "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/St_Johns", "America/Halifax",
        ]), 1..4),
        at in 1_767_225_600_i64..1_861_920_000,
    ) {
        static NAIVES: LazyLock<Naives> = LazyLock::new(Naives::read);
        let (table, naives) = (CallingHours::embedded(), &*NAIVES);
        let at = Timestamp::from_second(at).unwrap();
        let zones: Vec<_> = zones.into_iter().map(tz).collect();
        let status = table.status(law, &places, &zones, at);
        let applies = places.iter().any(|place| place.starts_with(law.country()));
        prop_assert_eq!(status.applies, applies);
        prop_assert_eq!(table.is_lawful(law, &places, &zones, at), status.is_lawful);
        if !applies {
            prop_assert!(status.is_lawful && status.rows.is_empty());
            return Ok(());
        }
        prop_assert_eq!(status.is_lawful, naives.lawful(law, &places, &zones, at));
        let change = if status.is_lawful { status.open_until } else { status.next_open };
        let limit = at + SignedDuration::from_hours(14 * 24);
        // All edges and all offsets here are multiples of half an hour.
        let half = 1800;
        let first = Timestamp::from_second((at.as_second() / half + 1) * half).unwrap();
        let lawful = table.lawful_spans(law, &places, &zones, at, 8);
        for step in (0..8 * 48).map(|count| first + SignedDuration::from_secs(half * count)) {
            prop_assert_eq!(lawful.at(step).is_some(), naives.lawful(law, &places, &zones, step), "{}", step);
        }
        let mut step = first;
        let found = loop {
            if step > limit {
                break None;
            }
            if naives.lawful(law, &places, &zones, step) != status.is_lawful {
                break Some(step);
            }
            step += SignedDuration::from_secs(half);
        };
        prop_assert_eq!(change, found);
    }

    /// An operator's rows begin and end at dates and instants. A result for a later instant must be the result at that instant.
    #[test]
    fn results_for_later_instants_are_the_results_at_those_instants(
        rows in prop::collection::vec(
            (
                prop::sample::select(vec!["US", "US-FL", "US-AL"]),
                prop::sample::select(vec![r#"["10:00-12:00"]"#, r#"["00:00-24:00"]"#, r#"["Mon-Fri 07:00-23:00"]"#, "[]"]),
                any::<bool>(),
                prop::option::of(0_i64..10),
                prop::option::of((0_i64..200, 1_i64..200)),
                prop::option::of(prop::sample::select(vec!["America/New_York", "Pacific/Honolulu"])),
            ),
            1..5,
        ),
        place in prop::sample::select(vec!["US-FL", "US-AL", "US-NY", "US"]),
        at in 0_i64..200,
    ) {
        let half = |halves: i64| utc("2026-12-28T00:00:00Z") + SignedDuration::from_mins(30 * halves);
        let rows = rows.into_iter().map(|(place, hours, tighten, from, lifetime, zone)| {
            let from = from.map(|day| format!(r#", "from": "{}""#, date("2026-12-25") + day.days())).unwrap_or_default();
            let zone = zone.map(|zone| format!(r#", "timezone": "{zone}""#)).unwrap_or_default();
            let mut row = row(&format!(
                r#"{{"place": "{place}", "regime": "sales", "hours": {hours}, "tighten": {tighten}{from}{zone}}}"#
            ));
            if let Some((start, length)) = lifetime {
                row.lifetime = TimeSpan { start: half(start), end: half(start + length) };
            }
            row
        });
        let table = CallingHours::embedded().with_overrides(rows.collect::<Vec<_>>());
        let zones = [tz("America/New_York"), tz("America/Chicago")];
        let said = |at: i64| table.is_lawful(Law::Us, &[place], &zones, half(at));
        let lawful = table.lawful_spans(Law::Us, &[place], &zones, half(at), 7);
        for later in at..at + 7 * 48 {
            prop_assert_eq!(lawful.at(half(later)).is_some(), said(later), "{}", half(later));
        }
        let status = table.status(Law::Us, &[place], &zones, half(at));
        prop_assert_eq!(status.is_lawful, said(at));
        let change = (at + 1..=at + 14 * 48).find(|later| said(*later) != status.is_lawful).map(half);
        prop_assert_eq!(if status.is_lawful { status.open_until } else { status.next_open }, change);
    }

    #[test]
    fn spans_of_time_agree_with_sets_of_seconds(
        one in prop::collection::vec((0_i64..40, 0_i64..9), 0..6),
        other in prop::collection::vec((0_i64..40, 0_i64..9), 0..6),
        (start, length) in (0_i64..45, 1_i64..9),
    ) {
        let second = |second: i64| Timestamp::from_second(second).unwrap();
        let span = |(start, length): (i64, i64)| TimeSpan { start: second(start), end: second(start + length) };
        let seconds = |spans: &[(i64, i64)]| -> BTreeSet<i64> {
            spans.iter().flat_map(|(start, length)| *start..start + length).collect()
        };
        let of = |spans: &TimeSpans| -> BTreeSet<i64> { (0..60).filter(|at| spans.at(second(*at)).is_some()).collect() };
        let (left, right): (TimeSpans, TimeSpans) = (one.iter().copied().map(span).collect(), other.iter().copied().map(span).collect());
        prop_assert_eq!(of(&left), seconds(&one));
        prop_assert_eq!(of(&left.and(&right)), &seconds(&one) & &seconds(&other));
        prop_assert_eq!(of(&left.or(&right)), &seconds(&one) | &seconds(&other));
        let part = seconds(&[(start, length)]);
        prop_assert_eq!(left.cover(span((start, length))), part.is_subset(&of(&left)));
        prop_assert_eq!(left.meet(span((start, length))), !part.is_disjoint(&of(&left)));
        let both = left.or(&right);
        let apart: Vec<TimeSpan> = both.iter().collect();
        prop_assert!(apart.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?}", apart);
    }
}

#[test]
fn the_hours_of_a_week_are_printed_shortly() {
    for (hours, printed) in [
        (r#"["08:00-21:00"]"#, "08:00-21:00"),
        (r#"["Mon-Fri 09:00-21:30", "Sat,Sun 10:00-18:00"]"#, "Mon-Fri 09:00-21:30, Sat-Sun 10:00-18:00"),
        (r#"["Mon-Sat 08:00-20:00"]"#, "Mon-Sat 08:00-20:00"),
        (r#"["Mon,Wed 13:00-20:00", "Mon 08:00-12:00"]"#, "Mon 08:00-12:00 and 13:00-20:00, Wed 13:00-20:00"),
        ("[]", "never"),
    ] {
        let row = row(&format!(r#"{{"place": "US-FL", "regime": "sales", "hours": {hours}}}"#));
        assert_eq!(row.hours.to_string(), printed);
    }
}

#[test]
fn a_law_without_a_row_or_a_clock_allows_nothing_and_a_law_of_another_country_allows_all() {
    let (table, at) = (CallingHours::embedded(), utc("2026-11-23T00:00:00Z"));
    let zone = [tz("America/New_York")];
    assert_eq!(table.lawful_spans(Law::Us, &["CA-ON"], &zone, at, 1), TimeSpans::ever());
    assert_eq!(table.lawful_spans(Law::Us, &["US-NY"], &[], at, 1), TimeSpans::default());
    assert_eq!(CallingHours::default().lawful_spans(Law::Us, &["US-NY"], &zone, at, 1), TimeSpans::default());
}

// ---------------------------------------------------------------------------------------------------------
// Reasons and results

#[test]
fn reasons_are_readable() {
    let said = |name: &str, places: &[&str], zones: &[&str], at: Timestamp| {
        let zones: Vec<_> = zones.iter().map(|zone| tz(zone)).collect();
        reasons(&CallingHours::embedded().status(law(name), places, &zones, at))
    };
    let chicago = "America/Chicago";
    assert_eq!(
        said("us", &["US-FL"], &["America/New_York", chicago], local(chicago, "2026-12-07T07:12:40")),
        "outside 08:00-21:00 (47 CFR 64.1200(c)(1); 16 CFR 310.4(c)): it is 07:12 in America/Chicago; \
         outside 08:00-20:00 (Fla. Stat. 501.616(6)): it is 07:12 in America/Chicago"
    );
    assert_eq!(
        said("us", &["US-AL"], &[chicago], local(chicago, "2026-12-06T12:00")),
        "Sunday: no sales calls in US-AL (Ala. Admin. Code r. 770-X-5-.17)"
    );
    assert_eq!(
        said("us", &["US-UT"], &["America/Denver"], local("America/Denver", "2026-07-24T12:00")),
        "2026-07-24 is Pioneer Day in US-UT: no sales calls in US-UT (Utah Code 13-25a-103(3))"
    );
    assert_eq!(
        said("us-automated", &["US-NE"], &[chicago], local(chicago, "2026-12-25T12:59:59")),
        "2026-12-25 is Christmas Day in US-NE: \
         outside 13:00-21:00 (291 Neb. Admin. Code ch. 11 s. 3 (by compliance guides)): it is 12:59 in America/Chicago"
    );
    assert_eq!(
        said("us", &["US-AL"], &[chicago], local(chicago, "2029-03-05T12:00")),
        "the holidays of US-AL are not known for 2029, so that every day counts as one: \
         no sales calls in US-AL (Ala. Admin. Code r. 770-X-5-.17)"
    );
    assert_eq!(said("us", &["US-AL"], &[], utc("2026-12-07T18:00:00Z")), "the callee's time zone is not known");
    assert_eq!(said("us", &["US-AL"], &[chicago], utc("2026-12-07T18:00:00Z")), "");
    assert_eq!(
        law_error("us-sales"),
        "not a law that is known; write us, us-debt, us-automated, us-debt-automated, ca, ca-debt or ca-automated"
    );
    let fixed = TimeZone::fixed(jiff::tz::offset(-5));
    let status = CallingHours::embedded().status(
        Law::UsDebt,
        &["US-NY"],
        std::slice::from_ref(&fixed),
        utc("2026-12-07T12:59:59Z"),
    );
    assert_eq!(reasons(&status), "outside 08:00-21:00 (15 USC 1692c(a)(1); 12 CFR 1006.6(b)): it is 07:59 in UTC-05");
}

fn law_error(name: &str) -> String {
    name.parse::<Law>().expect_err(name).to_string()
}

#[test]
fn all_places_and_all_zones_must_allow_the_call() {
    let table = CallingHours::embedded();
    let zones = [tz("America/New_York"), tz("America/Chicago")];
    // Tennessee has two clocks: 08:00 in the west is 09:00 in the east.
    let status = table.status(Law::Us, &["US-TN"], &zones, utc("2026-12-07T13:30:00Z"));
    assert!(!status.is_lawful);
    assert_eq!(status.next_open, Some(utc("2026-12-07T14:00:00Z")));
    let status = table.status(Law::Us, &["US-TN"], &zones, utc("2026-12-07T14:00:00Z"));
    assert_eq!((status.is_lawful, status.open_until), (true, Some(utc("2026-12-08T02:00:00Z"))));
    // A place that is either Kentucky or Florida: from 10:00 to 20:00.
    let at = local("America/New_York", "2026-12-07T09:00");
    let status = table.status(Law::Us, &["US-FL", "US-KY"], &zones[..1], at);
    assert_eq!(status.next_open, Some(local("America/New_York", "2026-12-07T10:00")));
    assert_eq!(status.rows.iter().map(|row| row.place.as_str()).collect::<Vec<_>>(), ["US", "US-FL", "US-KY"]);
    let at = local("America/New_York", "2026-12-07T10:00");
    let status = table.status(Law::Us, &["US-FL", "US-KY"], &zones[..1], at);
    assert_eq!(status.open_until, Some(local("America/New_York", "2026-12-07T20:00")));
    // From Guam to Puerto Rico, it is between 08:00 and 21:00 everywhere for three hours.
    let world = ["Pacific/Guam", "Pacific/Honolulu", "America/New_York", "America/Puerto_Rico"].map(tz);
    let status = table.status(Law::Us, &[], &world, utc("2026-12-07T18:00:00Z"));
    assert!(!status.is_lawful && status.place_unknown);
    assert_eq!(status.next_open, Some(local("Pacific/Guam", "2026-12-08T08:00")));
    let status = table.status(Law::Us, &[], &world, utc("2026-12-07T22:00:00Z"));
    assert_eq!(status.open_until, Some(local("America/Puerto_Rico", "2026-12-07T21:00")));
    // In three zones that are eight hours apart, it is never between 08:00 and 21:00 in all of them.
    let nowhere = ["Atlantic/Reykjavik", "Australia/Perth", "Pacific/Pitcairn"].map(tz);
    let status = table.status(Law::Us, &["US"], &nowhere, utc("2026-12-07T18:00:00Z"));
    assert_eq!((status.is_lawful, status.next_open), (false, None));
}

#[test]
fn mississippi_ends_by_the_clock_of_chicago() {
    let (table, places) = (CallingHours::embedded(), ["US-MS"]);
    // At 18:00 in Los Angeles it is 20:00 in Chicago, and Sunday begins two hours earlier.
    let zones = [tz("America/Los_Angeles")];
    let at = local("America/Chicago", "2026-12-11T20:00");
    let status = table.status(Law::Us, &places, &zones, at);
    assert_eq!(
        reasons(&status),
        "outside 08:00-20:00 (Miss. Code 77-3-723(1), 77-3-603(a)): it is 20:00 in America/Chicago"
    );
    assert_eq!(status.next_open, Some(local("America/Los_Angeles", "2026-12-12T08:00")));
    let status = table.status(Law::Us, &places, &zones, local("America/Los_Angeles", "2026-12-12T18:00"));
    assert_eq!(status.next_open, Some(local("America/Los_Angeles", "2026-12-14T08:00")));
}

#[test]
fn other_countries_and_unknown_places() {
    let (table, night) = (CallingHours::embedded(), utc("2026-12-07T08:00:00Z"));
    let (zones, toronto) = ([tz("America/New_York")], [tz("America/Toronto")]);
    for (law, place) in [(Law::Us, "CA-ON"), (Law::Us, "JM"), (Law::Ca, "US-NY"), (Law::Ca, "PR"), (Law::UsDebt, "CA")]
    {
        let status = table.status(law, &[place], &zones, night);
        assert!(status.is_lawful && !status.applies && status.reasons.is_empty(), "{law} {place}");
    }
    for (law, place) in [(Law::Us, "PR"), (Law::Us, "us-ny"), (Law::Us, "VI"), (Law::Us, "US"), (Law::Ca, "CA")] {
        let status = table.status(law, &[place], &zones, night);
        assert!(!status.is_lawful && status.applies, "{law} {place}");
        assert_eq!(status.place_unknown, place.len() == 2 && matches!(place, "US" | "CA"), "{law} {place}");
    }
    // A toll-free number may belong to either country.
    for law in [Law::Us, Law::Ca] {
        assert!(!table.status(law, &["CA", "US"], &toronto, night).is_lawful);
    }
    // The place is unknown, so each law applies with its country's own row.
    let status = table.status(Law::Ca, &[], &toronto, local("America/Toronto", "2026-12-06T18:30"));
    assert!(status.applies && status.place_unknown && !status.is_lawful);
    // Without a clock no call is lawful, not even in a state whose row names a clock.
    let status = table.status(Law::Us, &["US-MS"], &[], local("America/Chicago", "2026-12-07T12:00"));
    assert!(!status.is_lawful && status.next_open.is_none());
    assert!(!table.is_lawful(Law::Us, &["US-MS"], &[], local("America/Chicago", "2026-12-07T12:00")));
}

#[test]
fn after_the_last_year_every_day_counts_as_a_holiday() {
    let (table, zones) = (CallingHours::embedded(), [tz("America/Chicago")]);
    let last = local("America/Chicago", "2028-12-30T20:00");
    let status = table.status(Law::Us, &["US-AL"], &zones, last);
    assert!(!status.data_ends && status.next_open.is_none(), "{:?}", status.next_open);
    let after = local("America/Chicago", "2029-01-02T12:00");
    let status = table.status(Law::Us, &["US-AL"], &zones, after);
    assert!(status.data_ends && !status.is_lawful);
    // This applies only to places with holidays. If the holidays have hours, these hours count.
    assert!(table.status(Law::Us, &["US-FL"], &zones, after).is_lawful);
    let status = table.status(Law::UsAutomated, &["US-NE"], &zones, after);
    assert!(status.data_ends && !status.is_lawful);
    assert_eq!(status.next_open, Some(local("America/Chicago", "2029-01-02T13:00")));
    // An operator who knows the holidays writes a row.
    let table =
        table.with_overrides([row(r#"{"place": "US-AL", "regime": "sales", "hours": ["Mon-Sat 08:00-20:00"]}"#)]);
    let status = table.status(Law::Us, &["US-AL"], &zones, after);
    assert!(status.is_lawful && !status.data_ends);
}

// ---------------------------------------------------------------------------------------------------------
// An operator's rows

#[test]
fn an_operator_replaces_tightens_and_adds() {
    let (table, zones, places) = (CallingHours::embedded(), [tz("America/New_York")], ["US-FL"]);
    let noon = |day: &str| local("America/New_York", &format!("{day}T12:00"));
    let open = |table: &CallingHours, at: &str| {
        table.status(Law::Us, &places, &zones, local("America/New_York", at)).is_lawful
    };

    // A ban for some days. Its last day is the day before `until`.
    let ban = row(r#"{"place": "us-fl", "regime": "sales", "hours": [], "from": "2026-09-01", "until": "2026-09-04",
            "tighten": true, "source": "Executive Order 26-180"}"#);
    let banned = table.with_overrides([ban]);
    let status = banned.status(Law::Us, &places, &zones, noon("2026-09-01"));
    assert_eq!(reasons(&status), "no sales calls in US-FL (Executive Order 26-180)");
    assert_eq!(status.next_open, Some(local("America/New_York", "2026-09-04T08:00")));
    assert!(open(&banned, "2026-08-31T12:00") && open(&banned, "2026-09-04T12:00"));
    assert!(banned.status(Law::Us, &["US-GA"], &zones, noon("2026-09-01")).is_lawful);
    // The ban ends a window that would be open longer.
    let status = banned.status(Law::Us, &places, &zones, noon("2026-08-31"));
    assert_eq!(status.open_until, Some(local("America/New_York", "2026-08-31T20:00")));

    // While it is in force, a row replaces the old one, which applies again after that. The country's row always applies.
    let wider = row(
        r#"{"place": "US-FL", "regime": "sales", "hours": ["07:00-23:00"], "from": "2027-01-01", "until": "2027-02-01"}"#,
    );
    let replaced = table.with_overrides([wider]);
    assert!(!open(&replaced, "2026-12-31T20:30") && open(&replaced, "2027-01-01T20:30"));
    assert!(!open(&replaced, "2027-01-01T21:00") && !open(&replaced, "2027-01-01T07:30"));
    assert!(open(&replaced, "2027-01-31T20:30") && !open(&replaced, "2027-02-01T20:30"));

    // A later row replaces an earlier one. A row that tightens applies in addition to both.
    let first = row(r#"{"place": "US-FL", "regime": "sales", "hours": ["10:00-20:00"]}"#);
    let late = row(r#"{"place": "US-FL", "regime": "sales", "hours": ["Mon-Fri 08:00-18:00"], "tighten": true}"#);
    let second = row(r#"{"place": "US-FL", "regime": "sales", "hours": ["09:00-19:00"]}"#);
    let both = table.with_overrides([first, late, second]);
    assert!(!open(&both, "2026-12-07T08:59:59") && open(&both, "2026-12-07T09:00"));
    assert!(open(&both, "2026-12-07T17:59:59") && !open(&both, "2026-12-07T18:00"));
    assert!(!open(&both, "2026-12-06T12:00"));

    // A row with its own clock applies until the row that replaces it is in force by the callee's clock.
    let closed = row(r#"{"place": "US-NV", "regime": "sales", "hours": [], "timezone": "America/New_York"}"#);
    let opened = row(r#"{"place": "US-NV", "regime": "sales", "hours": ["09:00-20:00"], "from": "2026-12-01"}"#);
    let nevada = table.with_overrides([closed, opened]);
    for hour in 0..72 {
        let at = utc("2026-11-30T00:00:00Z") + SignedDuration::from_hours(hour);
        let status = nevada.status(Law::Us, &["US-NV"], &[tz("America/Los_Angeles")], at);
        assert_eq!(status.rows.iter().filter(|row| row.place == "US-NV").count(), 1, "{at}");
        assert_eq!(
            status.is_lawful,
            at >= utc("2026-12-01T17:00:00Z")
                && at.to_zoned(tz("America/Los_Angeles")).hour() < 20
                && at.to_zoned(tz("America/Los_Angeles")).hour() >= 9,
            "{at}"
        );
    }

    // The country's own row, and a place that had none.
    let country =
        row(r#"{"place": "US", "regime": "sales", "hours": ["09:00-12:00", "13:00-21:00"], "tighten": true}"#);
    let lunch = table.with_overrides([country]);
    let status = lunch.status(Law::Us, &["US-GA"], &zones, noon("2026-12-07"));
    assert_eq!(reasons(&status), "outside 09:00-12:00 and 13:00-21:00: it is 12:00 in America/New_York");
    assert_eq!(status.next_open, Some(local("America/New_York", "2026-12-07T13:00")));
    let georgia = table.with_overrides([row(r#"{"place": "US-GA", "regime": "sales", "hours": ["09:00-21:00"]}"#)]);
    assert!(!georgia.status(Law::Us, &["US-GA"], &zones, local("America/New_York", "2026-12-07T08:30")).is_lawful);
    assert!(
        !georgia.status(Law::UsAutomated, &["US-GA"], &zones, local("America/New_York", "2026-12-07T08:30")).is_lawful
    );
    assert!(georgia.status(Law::UsDebt, &["US-GA"], &zones, local("America/New_York", "2026-12-07T08:30")).is_lawful);

    // A list of holidays that does not exist: every day counts as a holiday.
    let list = row(r#"{"place": "US-GA", "regime": "sales", "hours": ["09:00-21:00"], "holidays": "US-GA"}"#);
    let status = table.with_overrides([list.clone()]);
    let status = status.status(Law::Us, &["US-GA"], &zones, noon("2026-12-07"));
    assert!(!status.is_lawful && status.data_ends);

    // The original table has not changed.
    assert!(open(table, "2026-12-07T08:00") && !open(table, "2026-12-07T20:00"));
}

/// Rows of the data file do not replace each other, even if they have the same place.
#[test]
fn rows_of_the_data_file_apply_together() {
    let row = |hours: &str| {
        format!(
            r#"{{"place": "US-FL", "regime": "sales", "hours": ["{hours}"], "source": "s", "grade": "A", "reviewed": "2026-11-23"}}"#
        )
    };
    let country = row("08:00-21:00").replace("US-FL", "US");
    let (early, late) = (row("07:00-18:00"), row("10:00-20:00"));
    let json = format!(r#"{{"data_date": "2026-11-23", "holidays": [], "row": [{country}, {early}, {late}]}}"#);
    let (table, zones) = (CallingHours::parse(&json).unwrap(), [tz("America/New_York")]);
    for (hour, open) in [(9, false), (10, true), (17, true), (18, false), (19, false)] {
        let at = local("America/New_York", &format!("2026-12-07T{hour:02}:30"));
        assert_eq!(table.is_lawful(Law::Us, &["US-FL"], &zones, at), open, "{hour}");
        assert_eq!(table.status(Law::Us, &["US-FL"], &zones, at).is_lawful, open, "{hour}");
        assert_eq!(table.lawful_spans(Law::Us, &["US-FL"], &zones, at, 1).at(at).is_some(), open, "{hour}");
    }
}

#[test]
fn edges_in_a_clock_change_open_late_and_close_early() {
    let (table, zones) = (CallingHours::embedded(), [tz("America/New_York")]);
    let at_night = |hours: &str| {
        let floor = format!(r#"{{"place": "US", "regime": "debt", "hours": ["{hours}"]}}"#);
        table.with_overrides([row(&floor)])
    };
    let first = |table: &CallingHours, at: &str| table.status(Law::UsDebt, &["US-NY"], &zones, utc(at)).next_open;
    let until = |table: &CallingHours, at: &str| table.status(Law::UsDebt, &["US-NY"], &zones, utc(at)).open_until;
    // 2027-03-14: 01:59:59 EST (06:59:59Z) is followed by 03:00 EDT (07:00Z), so there is no 02:30. A window opens as if the
    // clock had not been changed yet, and closes as if it had been changed before.
    let opens = at_night("02:30-21:00");
    assert_eq!(first(&opens, "2027-03-14T05:30:00Z"), Some(utc("2027-03-14T07:30:00Z")));
    let status = opens.status(Law::UsDebt, &["US-NY"], &zones, utc("2027-03-14T07:10:00Z"));
    assert_eq!(reasons(&status), "the clocks of America/New_York are being changed at an edge of 02:30-21:00");
    let closes = at_night("00:30-02:30");
    assert_eq!(until(&closes, "2027-03-14T05:30:00Z"), Some(utc("2027-03-14T06:30:00Z")));
    // 2026-11-01: the clock shows 01:00 to 02:00 twice, from 05:00Z and from 06:00Z.
    let opens = at_night("01:30-21:00");
    assert_eq!(first(&opens, "2026-11-01T04:30:00Z"), Some(utc("2026-11-01T06:30:00Z")));
    let closes = at_night("00:30-01:30");
    assert_eq!(until(&closes, "2026-11-01T04:30:00Z"), Some(utc("2026-11-01T05:30:00Z")));
    assert!(!closes.status(Law::UsDebt, &["US-NY"], &zones, utc("2026-11-01T06:10:00Z")).is_lawful);
    assert!(!closes.is_lawful(Law::UsDebt, &["US-NY"], &zones, utc("2026-11-01T06:10:00Z")));
    // A window that includes the clock change is an hour shorter or longer, without a gap.
    let around = at_night("00:00-24:00");
    for at in ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2027-03-14T06:59:59Z", "2027-03-14T07:00:00Z"] {
        let status = around.status(Law::UsDebt, &["US-NY"], &zones, utc(at));
        assert!(status.is_lawful && status.open_until.is_none(), "{at}");
        assert!(around.is_lawful(Law::UsDebt, &["US-NY"], &zones, utc(at)), "{at}");
    }
    // The next morning, the window opens at its usual hour by the new offset.
    assert_eq!(
        table.status(Law::Us, &["US-FL"], &zones, utc("2027-03-14T05:30:00Z")).next_open,
        Some(utc("2027-03-14T12:00:00Z"))
    );
    assert_eq!(
        table.status(Law::Us, &["US-FL"], &zones, utc("2026-11-01T04:30:00Z")).next_open,
        Some(utc("2026-11-01T13:00:00Z"))
    );
}

#[test]
fn errors_of_rows_say_what_to_write() {
    let cases = [
        (
            r#"{"place": "JM", "regime": "sales", "hours": []}"#,
            "`place`: \"JM\" is not a place whose law is known; write US, CA, or a place in them such as US-FL",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": ["8-21"]}"#,
            "`hours`: \"8-21\" is not a window; write it like 08:00-21:00 or Mon-Fri 09:00-18:00, the end after the start",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": ["21:00-08:00"]}"#,
            "`hours`: \"21:00-08:00\" is not a window; write it like 08:00-21:00 or Mon-Fri 09:00-18:00, the end after the start",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": ["Montag 08:00-20:00"]}"#,
            "`hours`: \"Montag 08:00-20:00\" is not a window; write it like 08:00-21:00 or Mon-Fri 09:00-18:00, the end after the start",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": ["08:00-24:01"]}"#,
            "`hours`: \"08:00-24:01\" is not a window; write it like 08:00-21:00 or Mon-Fri 09:00-18:00, the end after the start",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": [], "timezone": "Central"}"#,
            "`timezone`: \"Central\" is not a time zone; write an IANA name such as America/Chicago",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": [], "from": "1 May"}"#,
            "`from`: \"1 May\" is not a date; write it like 2026-10-18",
        ),
        (
            r#"{"place": "US-FL", "regime": "sales", "hours": [], "from": "2026-05-01", "until": "2026-05-01"}"#,
            "`until`: not after `from`; it is the first day on which the row is no longer in force",
        ),
    ];
    for (json, message) in cases {
        assert_eq!(row_error(json), message);
    }
    // Days over the end of the week, several ranges, letter case and blanks.
    let row =
        row(r#"{"place": " us-fl ", "regime": "sales", "hours": ["sat-mon 08:00-09:00", "Wed,Fri 10:00-11:00 "]}"#);
    let open: Vec<_> = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday]
        .iter()
        .chain(&[Weekday::Saturday, Weekday::Sunday])
        .map(|day| row.hours.on(*day).iter().map(ToString::to_string).collect::<String>())
        .collect();
    assert_eq!(open, ["08:00-09:00", "", "10:00-11:00", "", "10:00-11:00", "08:00-09:00", "08:00-09:00"]);
    assert_eq!(row.regime, Regime::Sales);
}

#[test]
fn tables_that_cannot_be_read() {
    let parse = |row: &str, holidays: &str| {
        CallingHours::parse(&format!(r#"{{"data_date": "2026-11-23", "row": [{row}], "holidays": [{holidays}]}}"#))
            .map(|_table| ())
            .map_err(|error| error.to_string())
    };
    let good =
        r#"{"place": "US", "regime": "sales", "hours": [], "source": "x", "grade": "A", "reviewed": "2026-11-23"}"#;
    assert_eq!(parse(good, ""), Ok(()));
    assert_eq!(
        parse(r#"{"place": "US", "regime": "sales", "hours": []}"#, "").unwrap_err(),
        "row 1 (US): `source` is missing"
    );
    let listed = good.replace(r#""source""#, r#""holidays": "US", "source""#);
    assert_eq!(parse(&listed, "").unwrap_err(), "row 1 (US): `holidays`: there is no such list");
    let list = |day: &str| {
        format!(r#"{{"list": "US", "years": [2026], "source": "x", "reviewed": "2026-11-23", "days": [{day}]}}"#)
    };
    assert_eq!(parse(&listed, &list(r#""2026-07-04 Independence Day""#)), Ok(()));
    for day in
        [r#""2027-07-04 Independence Day""#, r#""2026-07-04""#, r#""4 July""#, r#""2026-07-04 a", "2026-07-04 b""#]
    {
        assert!(parse(&listed, &list(day)).unwrap_err().starts_with("holidays US: `days`: "), "{day}");
    }
    assert!(parse(&good.replace("source", "sauce"), "").unwrap_err().starts_with("unknown field `sauce`"));
    // With an empty table, no call is lawful.
    let empty = CallingHours::default();
    let status = empty.status(Law::Us, &["US-FL"], &[tz("America/New_York")], utc("2026-12-07T18:00:00Z"));
    assert_eq!((status.is_lawful, reasons(&status)), (false, "no hours are known for `us`".to_owned()));
    assert!(!empty.is_lawful(Law::Us, &["US-FL"], &[tz("America/New_York")], utc("2026-12-07T18:00:00Z")));
}
