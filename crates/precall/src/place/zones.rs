//! The possible time zones of a number's holder.

use super::country::law_country;
use super::kind::NumberKind;
use super::number_place::{Place, place};
use super::tables::{self, ANYWHERE_ZONES, Names, US_AND_CANADA_ZONES, US_ZONES};
use crate::number::Number;

/// The time zones of a number: IANA names, sorted, at least one.
///
/// The holder may be in any of them. So a window that allows calls must be open in all of them, and a window that blocks
/// calls in one.
///
/// ```
/// use precall::Number;
/// use precall::place::zones;
///
/// let number = Number::from_typed("+13155550100").unwrap();
/// assert_eq!(zones(&number).names(), ["America/New_York"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zones {
    /// The zones of the area code, the exchange or the prefix.
    Known(Names),
    /// The zones that are assumed, since the numbering plan gives the number no place.
    Unknown {
        /// All of the US, all of the US and Canada with or without territories, or one zone for each hour of the Earth.
        assumed: Names,
    },
}

impl Zones {
    /// Returns the names, known or assumed.
    pub fn names(self) -> Names {
        match self {
            Self::Known(names) | Self::Unknown { assumed: names } => names,
        }
    }
}

/// One zone without DST for each whole hour from -11 to +14.
///
/// At any instant, the clocks of the Earth show all hours of the day. So a window that allows calls is never open in all of
/// these zones, and a window of an hour or more that blocks calls is always open in one of them.
pub const EARTH: &[&str] = &[
    "Africa/Abidjan",      // 0
    "Africa/Johannesburg", // +2
    "Africa/Lagos",        // +1
    "Africa/Nairobi",      // +3
    "America/Bogota",      // -5
    "America/Costa_Rica",  // -6
    "America/Noronha",     // -2
    "America/Phoenix",     // -7
    "America/Puerto_Rico", // -4
    "America/Sao_Paulo",   // -3
    "Asia/Bangkok",        // +7
    "Asia/Dhaka",          // +6
    "Asia/Dubai",          // +4
    "Asia/Karachi",        // +5
    "Asia/Singapore",      // +8
    "Asia/Tokyo",          // +9
    "Atlantic/Cape_Verde", // -1
    "Australia/Brisbane",  // +10
    "Pacific/Gambier",     // -9
    "Pacific/Guadalcanal", // +11
    "Pacific/Honolulu",    // -10
    "Pacific/Kiritimati",  // +14
    "Pacific/Pago_Pago",   // -11
    "Pacific/Pitcairn",    // -8
    "Pacific/Tarawa",      // +12
    "Pacific/Tongatapu",   // +13
];

/// Returns the time zones of a number.
///
/// - An area code of the NANP has all zones of its area and of its overlays. An exchange whose town is known by a second
///   source has fewer. Shorter prefixes are not used: in a split area code they cover the remaining exchanges, and are wrong for
///   exchanges that are not listed.
/// - Outside the NANP, the longest prefix counts.
/// - Toll-free, premium, personal, carrier and government numbers and short codes may be anywhere in the US (fifty states
///   and DC).
/// - Canada's non-geographic numbers may be anywhere in the US and Canada.
/// - Area codes that are not in the table may be anywhere in the US, its territories and Canada.
/// - Satellite and global services, unassigned country codes and numbers without a country code may be anywhere on Earth.
pub fn zones(number: &Number) -> Zones {
    let place = place(number);
    let assumed = match place.kind() {
        NumberKind::Geographic => {
            let digits = number.as_str().trim_start_matches('+');
            let known = if digits.starts_with('1') {
                tables::exchange_zones(digits).or_else(|| tables::area(digits).map(|area| area.zones))
            } else {
                tables::prefix_zones(digits)
            };
            match known {
                Some(zones) if !zones.is_empty() => return Zones::Known(zones),
                _ => EARTH,
            }
        }
        NumberKind::NonGeographic => US_AND_CANADA_ZONES,
        NumberKind::Unassigned if place.is_nanp() => ANYWHERE_ZONES,
        NumberKind::Unassigned | NumberKind::Satellite | NumberKind::Global | NumberKind::Unknown => EARTH,
        // Kinds of numbers that the US shares with other countries, short codes and emergency numbers.
        _ => US_ZONES,
    };
    Zones::Unknown { assumed: if assumed.is_empty() { EARTH } else { assumed } }
}

/// Returns the time zones of a place by its area codes: of a state or province, or of a country of the NANP. There are none for
/// another place.
///
/// ```
/// assert_eq!(precall::place::zones_of_place("US-TX"), ["America/Chicago", "America/Denver"]);
/// ```
pub fn zones_of_place(code: &str) -> Vec<&'static str> {
    let mut zones: Vec<&str> = tables::areas()
        .filter(|area| area.places.contains(&code))
        .flat_map(|area| area.zones.iter().copied())
        .collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// Returns the codes of the states, provinces and territories of the US or Canada that have area codes, in order.
///
/// ```
/// assert!(precall::place::places_of_country("US").any(|code| code == "PR"));
/// assert_eq!(precall::place::places_of_country("CA").next(), Some("CA-AB"));
/// ```
pub fn places_of_country(country: &str) -> impl Iterator<Item = &'static str> {
    let codes = tables::areas().flat_map(|area| area.places.iter().copied());
    let mut codes: Vec<&str> = codes.filter(|code| *code != country && law_country(code) == Some(country)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter()
}

/// Returns all longer prefixes (`+` and digits) that have their own rows in the tables. Two numbers that begin with `prefix`
/// and match the same longer prefixes have the same place and the same zones.
pub fn finer_prefixes(prefix: &str) -> impl Iterator<Item = String> {
    tables::finer(prefix.trim_start_matches('+')).map(|digits| format!("+{digits}"))
}

/// Returns the place of a number whose digits may be wrong about it, and the zones to assume. A number of the NANP may be
/// anywhere in the US, its territories and Canada. The clock of another number may be any.
pub(crate) fn anywhere(place: Place) -> (Place, Names) {
    let zones = if place.is_nanp() { ANYWHERE_ZONES } else { EARTH };
    (place.anywhere(), zones)
}
