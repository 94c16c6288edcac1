//! The tables of numbers of `data/`, made into sorted arrays by `build.rs`.

use super::places::Kind;

/// Place codes or IANA zone names, sorted, each once.
pub(super) type Names = &'static [&'static str];

#[expect(clippy::unreadable_literal, reason = "made by build.rs")]
mod made {
    use super::Kind;

    include!(concat!(env!("OUT_DIR"), "/numbers.rs"));
}

use made::{AREA_CODES, COUNTRIES, EXCHANGES, PREFIX_ZONES, SETS};
pub(super) use made::{PLACES, US_AND_CANADA_ZONES, US_ZONES};

/// Most digits of a prefix in the tables.
const MAX_KEY_DIGITS: usize = 9;

/// What is known of an area code.
pub(super) struct Area {
    pub(super) kind: Kind,
    pub(super) places: Names,
    pub(super) zones: Names,
}

/// What is known of a prefix outside the NANP.
pub(super) struct Country {
    pub(super) kind: Kind,
    pub(super) places: Names,
}

/// The area code of a NANP number, given its digits from the 1 on.
pub(super) fn area(digits: &str) -> Option<Area> {
    let (kind, places, zones) = find(AREA_CODES, key(digits.get(1..4)?)?)?;
    Some(Area { kind, places: set(places), zones: set(zones) })
}

/// The zones of a NANP number's exchange, where it is listed.
pub(super) fn exchange_zones(digits: &str) -> Option<Names> {
    find(EXCHANGES, key(digits.get(..7)?)?).map(set)
}

/// The zones of the longest known prefix.
pub(super) fn prefix_zones(digits: &str) -> Option<Names> {
    longest_prefix(PREFIX_ZONES, digits).map(set)
}

/// The country of the longest known prefix.
pub(super) fn country(digits: &str) -> Option<Country> {
    longest_prefix(COUNTRIES, digits).map(|(kind, places)| Country { kind, places: set(places) })
}

/// How many of the digits are the country code: `1` and `7` have one, the others two or three.
pub(super) fn country_code_len(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if digits.get(..2).and_then(key).is_some_and(|two| find(COUNTRIES, two).is_some()) => 2,
        _ => 3,
    }
}

/// The code and the name of a place, by its code.
pub(super) fn place(code: &str) -> Option<(&'static str, &'static str)> {
    let index = PLACES.binary_search_by_key(&code, |(known, _)| known).ok()?;
    PLACES.get(index).copied()
}

/// Longer prefixes than this one that the tables tell something of.
pub(super) fn finer(digits: &str) -> impl Iterator<Item = String> {
    let areas = AREA_CODES.iter().map(|(key, _)| format!("1{}", digits_of(*key)));
    let others = EXCHANGES.iter().map(|(key, _)| *key).chain(PREFIX_ZONES.iter().map(|(key, _)| *key));
    let others = others.chain(COUNTRIES.iter().map(|(key, _)| *key)).map(digits_of);
    areas.chain(others).filter(move |known| known.len() > digits.len() && known.starts_with(digits))
}

/// The digits of a [`key`].
fn digits_of(key: u32) -> String {
    key.to_string().split_off(1)
}

fn set(index: u16) -> Names {
    SETS.get(usize::from(index)).copied().unwrap_or_default()
}

/// Digits as one number; a leading 1 keeps `0` and `00` apart.
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
