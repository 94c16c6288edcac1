//! Compares the zones of area codes and exchanges with each other, and with those of the towns that public tables name. The
//! comparison uses clocks, not names: two zones are the same if they show the same time at every instant from 2025 to 2029.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const NANP: &str = include_str!("../data/nanp.csv");
const EXCHANGES: &str = include_str!("../data/exchanges.csv");
const TOWNS: &str = include_str!("numbering/towns.csv");
const AREA_CODES: &str = include_str!("numbering/area-codes.csv");

/// The first and the last day that is compared. All changes of the time zone database in 2025 and 2026 are between them.
const DAYS: [&str; 2] = ["2025-01-01T00:00Z", "2029-12-31T00:00Z"];

/// Clocks of area codes that no town of the table has, by the places of the area code, with the reason.
const WITHOUT_TOWN: [(&str, &str, &str); 13] = [
    ("CA-NT|CA-NU|CA-YT", "America/Atikokan", "Coral Harbour"),
    ("CA-NT|CA-NU|CA-YT", "America/Cambridge_Bay", "the west of Nunavut"),
    ("CA-NT|CA-NU|CA-YT", "America/Vancouver", "libphonenumber's zone of the Yukon; within the other clocks"),
    ("CA-NT|CA-NU|CA-YT", "America/Winnipeg", "libphonenumber's zone of Nunavut; within the other clocks"),
    ("CA-ON", "America/Chicago", "northwest Ontario, if it did not follow Manitoba in 2026"),
    ("CA-QC", "America/Halifax", "the Magdalen Islands"),
    ("CA-QC", "America/Puerto_Rico", "Blanc-Sablon"),
    ("CA-SK", "America/Edmonton", "Lloydminster"),
    ("CA-SK", "America/Winnipeg", "Creighton and Denare Beach"),
    ("US-AK", "America/Adak", "the Aleutians west of 169.5 degrees"),
    ("US-NV", "America/Boise", "Jackpot"),
    ("US-NV", "America/Denver", "West Wendover"),
    ("US-TX", "America/Chicago", "NANPA's letter C for 915"),
];

fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().skip(1).map(|line| line.split(',').collect())
}

fn split(text: &'static str) -> Vec<&'static str> {
    text.split('|').filter(|part| !part.is_empty()).collect()
}

/// The instants of the comparison: every 53 hours, so that all hours of the day and all weekdays occur, and the hours around
/// each clock change, in order.
fn instants() -> Vec<Timestamp> {
    let [first, last] = DAYS.map(|day| day.parse::<Timestamp>().unwrap());
    let mut instants = BTreeSet::new();
    let mut at = first;
    while at < last {
        instants.insert(at);
        at += SignedDuration::from_hours(53);
    }
    let names: BTreeSet<&str> = rows(NANP).flat_map(|row| split(row[3])).collect();
    for name in names {
        let zone = TimeZone::get(name).unwrap();
        for change in zone.following(first).take_while(|change| change.timestamp() < last) {
            instants.extend([-3_600, -1, 0, 3_600].map(|s| change.timestamp() + SignedDuration::from_secs(s)));
        }
    }
    instants.into_iter().collect()
}

/// The clock of a zone: its offset in minutes at each instant.
struct Clocks {
    instants: Vec<Timestamp>,
    known: BTreeMap<String, Vec<i32>>,
}

impl Clocks {
    fn new() -> Self {
        Self { instants: instants(), known: BTreeMap::new() }
    }

    fn of(&mut self, name: &str) -> Vec<i32> {
        let instants = &self.instants;
        let compute = || {
            let zone = TimeZone::get(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            instants.iter().map(|at| zone.to_offset(*at).seconds() / 60).collect()
        };
        self.known.entry(name.to_owned()).or_insert_with(compute).clone()
    }

    fn all(&mut self, names: &[&str]) -> Vec<Vec<i32>> {
        names.iter().map(|name| self.of(name)).collect()
    }

    /// Returns the offsets of several clocks in the winter and in the summer of 2025, and those of each later winter and summer
    /// that differ from the year before, as text.
    fn seasons(&mut self, names: &[&str]) -> String {
        let mut text = String::new();
        for month in ["01", "07"] {
            let mut before = String::new();
            for year in 2025..2030 {
                let day = format!("{year}-{month}-15");
                let at: Timestamp = format!("{day}T12:00Z").parse().unwrap();
                let offset = |name: &&str| TimeZone::get(name).unwrap().to_offset(at).to_string();
                let now = names.iter().map(offset).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("/");
                if now != before {
                    write!(text, " {day}: {now}").unwrap();
                    before = now;
                }
            }
        }
        text
    }
}

/// Every row is within its area code's clocks at every instant, and narrower at some. The snapshot shows what differs, for a
/// person who knows the places: the clocks of each area code with several, and how many exchanges have which of them.
#[test]
fn what_exchanges_and_area_codes_have_at_every_instant() {
    let mut clocks = Clocks::new();
    let mut text = String::new();
    let exchanges: Vec<_> = rows(EXCHANGES).collect();
    for area in rows(NANP).filter(|row| row[3].contains('|')) {
        let whole = split(area[3]);
        writeln!(text, "{} {} {}:{}", area[0], area[2], area[3], clocks.seasons(&whole)).unwrap();
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in exchanges.iter().filter(|row| row[0][1..4] == *area[0]) {
            groups.entry(row[1]).or_default().push(row[0]);
        }
        let whole = clocks.all(&whole);
        for (zones, exchanges) in groups {
            let own = clocks.all(&split(zones));
            assert!(own.iter().all(|clock| whole.contains(clock)), "{exchanges:?} has a clock that {area:?} lacks");
            assert!(whole.iter().any(|clock| !own.contains(clock)), "{exchanges:?} is not narrower than {area:?}");
            writeln!(text, "  exchanges with {zones}: {};{}", exchanges.len(), clocks.seasons(&split(zones))).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

/// An overlay has the places and the clocks of the area code that it overlays, as far as the rows name it.
#[test]
fn overlays_have_the_clocks_of_the_code_that_they_overlay() {
    let areas: BTreeMap<_, _> = rows(NANP).map(|row| (row[0], row)).collect();
    let overlays = areas.values().filter_map(|row| Some((row, row[4].split_once("overlay of ")?.1.get(..3)?)));
    let families = [
        "208/986",
        "236/250/257/672/778",
        "270/364",
        "273/367/418/581",
        "306/474/639",
        "334/483",
        "423/729",
        "448/850",
        "458/541",
        "502/761",
        "565/912",
        "709/879",
        "809/829/849",
        "812/930",
        "471/662",
    ];
    let families = families.iter().flat_map(|family| {
        let codes: Vec<_> = family.split('/').collect();
        codes.iter().map(|code| (&areas[code], codes[0])).collect::<Vec<_>>()
    });
    let mut count = 0;
    for (row, of) in overlays.chain(families) {
        assert_eq!((row[2], row[3]), (areas[of][2], areas[of][3]), "{row:?} overlays {of}");
        count += 1;
    }
    assert!(count > 30);
}

/// Each exchange with fewer clocks than its area code has those of its own town, by the time zones of towns in GeoNames.
#[test]
fn exchanges_have_the_clocks_of_their_towns() {
    let mut clocks = Clocks::new();
    let towns: BTreeMap<_, _> = rows(TOWNS).map(|row| (row[0], split(row[1]))).collect();
    assert!(towns.len() > 400);
    for row in rows(EXCHANGES) {
        let town = towns.get(row[2]).unwrap_or_else(|| panic!("{row:?}: its town is not in towns.csv"));
        let (own, of_town) = (clocks.all(&split(row[1])), clocks.all(town));
        assert!(of_town.iter().all(|clock| own.contains(clock)), "{row:?}: its town has {town:?}");
    }
}

/// An area code has every clock that a town in it has, and no other one but those whose reason is written above.
#[test]
fn area_codes_have_the_clocks_of_their_towns() {
    let mut clocks = Clocks::new();
    let areas: BTreeMap<_, _> = rows(NANP).map(|row| (row[0], row)).collect();
    // Overlays share their towns.
    let mut of_towns: BTreeMap<(&str, &str), BTreeSet<Vec<i32>>> = BTreeMap::new();
    let mut codes = BTreeSet::new();
    for row in rows(AREA_CODES) {
        let area = &areas[row[0]];
        let (own, clock) = (clocks.all(&split(area[3])), clocks.of(row[1]));
        assert!(own.contains(&clock), "{} lacks {}, the clock of {}", row[0], row[1], row[2]);
        of_towns.entry((area[2], area[3])).or_default().insert(clock);
        codes.insert(row[0]);
    }
    assert!(codes.len() > 280);
    let mut unused: BTreeSet<_> = WITHOUT_TOWN.iter().map(|(places, zone, _)| (*places, *zone)).collect();
    for area in areas.values().filter(|row| row[3].contains('|')) {
        let known = of_towns.get(&(area[2], area[3])).cloned().unwrap_or_default();
        for zone in split(area[3]).into_iter().filter(|zone| !known.contains(&clocks.of(zone))) {
            let has_reason = WITHOUT_TOWN.iter().any(|(places, known, _)| (*places, *known) == (area[2], zone));
            assert!(has_reason, "{}: no town has the clock of {zone}", area[0]);
            unused.remove(&(area[2], zone));
        }
    }
    assert!(unused.is_empty(), "towns have these clocks: {unused:?}");
}
