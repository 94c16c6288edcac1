//! The files of `data/`, read once into sorted vectors whose texts are the files' own.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::places::Kind;

/// Place codes or IANA zone names, sorted, each once.
pub(super) type Names = &'static [&'static str];

/// Area codes: number, kind, places, zones (none where the code is of no place).
const NANP: &str = include_str!("../../data/nanp.csv");

/// Zones by prefix: exchanges (`1` and six digits) in the NANP, any prefix elsewhere.
const PREFIX_ZONES: &str = include_str!("../../data/prefix-zones.csv");

/// Country codes and the prefixes that tell apart the countries sharing one.
const COUNTRIES: &str = include_str!("../../data/countries.csv");

/// Codes of places and their English names.
const PLACES: &str = include_str!("../../data/places.csv");

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

pub(super) struct Tables {
    area_codes: Vec<(u32, Area)>,
    /// Exchanges that narrow their area code: seven digits, with the 1.
    exchanges: Vec<(u32, Names)>,
    prefix_zones: Vec<(u32, Names)>,
    countries: Vec<(u32, Country)>,
    /// By code.
    pub(super) places: Vec<(&'static str, &'static str)>,
    /// Every zone of the fifty states and DC.
    pub(super) us_zones: Names,
    /// As `us_zones`, and every zone of Canada.
    pub(super) us_and_canada_zones: Names,
}

/// What is known of an area code.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) kind: Kind,
    pub(super) places: Names,
    pub(super) zones: Names,
}

/// What is known of a prefix outside the NANP.
#[derive(Clone, Copy)]
pub(super) struct Country {
    pub(super) kind: Kind,
    pub(super) places: Names,
}

impl Tables {
    pub(super) fn get() -> &'static Self {
        &TABLES
    }

    /// A line that cannot be read is left out; a test reads the files strictly.
    fn read() -> Self {
        let mut sets = Sets::default();
        let mut area_codes: Vec<(u32, Area)> = rows(NANP)
            .filter_map(|[code, kind, places, zones]| {
                let area = Area { kind: Kind::parse(kind)?, places: sets.split(places), zones: sets.split(zones) };
                Some((key(code)?, area))
            })
            .collect();
        area_codes.sort_unstable_by_key(|(code, _)| *code);

        let (mut exchanges, mut prefix_zones) = (Vec::with_capacity(2048), Vec::with_capacity(2048));
        for [prefix, zones, ..] in rows(PREFIX_ZONES) {
            let Some(number) = key(prefix) else { continue };
            let zones = sets.split(zones);
            match prefix.strip_prefix('1').map(|national| national.get(..3).and_then(key)) {
                None => prefix_zones.push((number, zones)),
                Some(area) => {
                    let whole = area.and_then(|area| find(&area_codes, area)).map_or(&[][..], |area| area.zones);
                    // A zone outside its area code's is no narrowing: then all of them count.
                    let known = zones.iter().all(|zone| whole.contains(zone));
                    exchanges.push((number, if known { zones } else { sets.union(&[whole, zones]) }));
                }
            }
        }
        exchanges.sort_unstable_by_key(|(prefix, _)| *prefix);
        prefix_zones.sort_unstable_by_key(|(prefix, _)| *prefix);

        let mut countries: Vec<(u32, Country)> = rows(COUNTRIES)
            .filter_map(|[prefix, kind, places, ..]| {
                Some((key(prefix)?, Country { kind: Kind::parse(kind)?, places: sets.split(places) }))
            })
            .collect();
        countries.sort_unstable_by_key(|(prefix, _)| *prefix);

        let mut places: Vec<_> = rows(PLACES).map(|[code, name, ..]| (code, name)).collect();
        places.sort_unstable();

        let zones_of = |country: &str| -> Vec<Names> {
            let areas = area_codes.iter().map(|(_, area)| area);
            areas.filter(|area| area.places.iter().any(|place| place.starts_with(country))).map(|a| a.zones).collect()
        };
        let (mut us, canada) = (zones_of("US-"), zones_of("CA-"));
        let us_zones = sets.union(&us);
        us.extend(canada);
        let us_and_canada_zones = sets.union(&us);
        Self { area_codes, exchanges, prefix_zones, countries, places, us_zones, us_and_canada_zones }
    }

    /// The area code of a NANP number, given its digits from the 1 on.
    pub(super) fn area(&self, digits: &str) -> Option<Area> {
        find(&self.area_codes, key(digits.get(1..4)?)?)
    }

    /// The zones of a NANP number's exchange, where it is listed.
    pub(super) fn exchange_zones(&self, digits: &str) -> Option<Names> {
        find(&self.exchanges, key(digits.get(..7)?)?)
    }

    /// The zones of the longest known prefix.
    pub(super) fn prefix_zones(&self, digits: &str) -> Option<Names> {
        longest_prefix(&self.prefix_zones, digits)
    }

    /// The country of the longest known prefix.
    pub(super) fn country(&self, digits: &str) -> Option<Country> {
        longest_prefix(&self.countries, digits)
    }

    /// How many of the digits are the country code: `1` and `7` have one, the others two or three.
    pub(super) fn country_code_len(&self, digits: &str) -> usize {
        match digits.as_bytes() {
            [b'1' | b'7', ..] => 1,
            _ if digits.get(..2).and_then(key).is_some_and(|two| find(&self.countries, two).is_some()) => 2,
            _ => 3,
        }
    }
}

/// The sets of names met so far. A few hundred differ; they live as long as the process.
#[derive(Default)]
struct Sets {
    by_text: HashMap<&'static str, Names>,
    last: (&'static str, Names),
}

impl Sets {
    fn split(&mut self, text: &'static str) -> Names {
        if text.is_empty() {
            return &[];
        }
        // Neighbours in a file are often alike, and a glance is cheaper than a hash.
        if self.last.0 != text {
            let names = self.by_text.entry(text).or_insert_with(|| Vec::leak(text.split('|').collect()));
            self.last = (text, names);
        }
        self.last.1
    }

    #[expect(clippy::unused_self, reason = "said beside `split`: both make sets that are never freed")]
    fn union(&self, sets: &[Names]) -> Names {
        let mut names: Vec<_> = sets.iter().copied().flatten().copied().collect();
        names.sort_unstable();
        names.dedup();
        Vec::leak(names)
    }
}

/// The fields of each line but the header, and empty ones where a line has fewer than four.
fn rows(file: &'static str) -> impl Iterator<Item = [&'static str; 4]> {
    file.lines().skip(1).map(|line| {
        let mut fields = line.split(',');
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    })
}

/// At most nine digits as one number; a leading 1 keeps `0` and `00` apart.
fn key(digits: &str) -> Option<u32> {
    let short = (1..=MAX_KEY_DIGITS).contains(&digits.len());
    short.then(|| digits.bytes().try_fold(1, next_key)).flatten()
}

const MAX_KEY_DIGITS: usize = 9;

fn next_key(key: u32, digit: u8) -> Option<u32> {
    digit.is_ascii_digit().then(|| key * 10 + u32::from(digit - b'0'))
}

fn find<T: Copy>(rows: &[(u32, T)], key: u32) -> Option<T> {
    let index = rows.binary_search_by_key(&key, |(row, _)| *row).ok()?;
    rows.get(index).map(|(_, value)| *value)
}

fn longest_prefix<T: Copy>(rows: &[(u32, T)], digits: &str) -> Option<T> {
    (1..=MAX_KEY_DIGITS.min(digits.len())).rev().find_map(|len| find(rows, key(digits.get(..len)?)?))
}
