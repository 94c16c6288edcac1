//! The tables of numbers in `data/`, which `build.rs` converts to sorted arrays.

use super::kind::NumberKind;

/// Place codes or IANA zone names, sorted, each once.
pub(super) type Names = &'static [&'static str];

#[expect(clippy::unreadable_literal, reason = "made by build.rs")]
mod made {
    use super::NumberKind as Kind;

    include!(concat!(env!("OUT_DIR"), "/numbers.rs"));
}

pub(super) use made::{ANYWHERE, ANYWHERE_ZONES, DATA_DATE, PLACES, US_AND_CANADA_ZONES, US_ZONES};
use made::{AREA_CODES, COUNTRIES, EXCHANGES, PREFIX_ZONES, SETS};

/// The greatest number of digits of a prefix in the tables.
const MAX_KEY_DIGITS: usize = 9;

/// The kind, places and zones of an area code.
pub(super) struct Area {
    pub(super) kind: NumberKind,
    pub(super) places: Names,
    pub(super) zones: Names,
}

impl Area {
    fn new((kind, places, zones): (NumberKind, u16, u16)) -> Self {
        Self { kind, places: set(places), zones: set(zones) }
    }
}

/// The kind and places of a prefix outside the NANP.
pub(super) struct Country {
    pub(super) kind: NumberKind,
    pub(super) places: Names,
}

/// Returns the area of a NANP number, given its digits from the 1 on.
pub(super) fn area(digits: &str) -> Option<Area> {
    find(AREA_CODES, key(digits.get(1..4)?)?).map(Area::new)
}

/// Returns every area code.
pub(super) fn areas() -> impl Iterator<Item = Area> {
    AREA_CODES.iter().map(|(_, row)| Area::new(*row))
}

/// Returns the zones of a NANP number's exchange, if it is listed.
pub(super) fn exchange_zones(digits: &str) -> Option<Names> {
    find(EXCHANGES, key(digits.get(..7)?)?).map(set)
}

/// Returns the zones of the longest known prefix.
pub(super) fn prefix_zones(digits: &str) -> Option<Names> {
    longest_prefix(PREFIX_ZONES, digits).map(set)
}

/// Returns the country of the longest known prefix.
pub(super) fn country(digits: &str) -> Option<Country> {
    longest_prefix(COUNTRIES, digits).map(|(kind, places)| Country { kind, places: set(places) })
}

/// Returns the code and the name of a place, by its code.
pub(super) fn place(code: &str) -> Option<(&'static str, &'static str)> {
    let index = PLACES.binary_search_by_key(&code, |(known, _)| known).ok()?;
    PLACES.get(index).copied()
}

/// Returns the prefixes in the tables that begin with this one and are longer.
pub(super) fn finer(digits: &str) -> impl Iterator<Item = String> {
    let areas = AREA_CODES.iter().map(|(key, _)| format!("1{}", digits_of(*key)));
    let others = EXCHANGES.iter().map(|(key, _)| *key).chain(PREFIX_ZONES.iter().map(|(key, _)| *key));
    let others = others.chain(COUNTRIES.iter().map(|(key, _)| *key)).map(digits_of);
    areas.chain(others).filter(move |known| known.len() > digits.len() && known.starts_with(digits))
}

/// Returns the digits of a [`key`].
fn digits_of(key: u32) -> String {
    key.to_string().split_off(1)
}

fn set(index: u16) -> Names {
    SETS.get(usize::from(index)).copied().unwrap_or_default()
}

/// Returns digits as one number. A leading 1 keeps `0` and `00` apart.
fn key(digits: &str) -> Option<u32> {
    let short = (1..=MAX_KEY_DIGITS).contains(&digits.len());
    short.then(|| digits.bytes().try_fold(1, next_key)).flatten()
}

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
