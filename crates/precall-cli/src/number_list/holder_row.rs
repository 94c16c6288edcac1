//! The place of the holder of one row's number, from its state and its offset from UTC.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use precall::place::{place_code, place_name, places_of_country, zones_of_place};

/// The place of a number's holder, with the number as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderRow {
    pub number: String,
    /// The ISO 3166 code of the state, province or territory.
    pub place: &'static str,
    /// The IANA names of the possible clocks, at least one.
    pub zones: Vec<&'static str>,
}

/// Returns the code of a state, province or territory of the US or Canada, such as `FL`, `US-FL`, `Florida` or `ON`.
///
/// # Errors
/// When it is none.
pub fn read_state(text: &str) -> Result<&'static str, String> {
    let text = text.trim();
    let mut known = ["US", "CA"].into_iter().flat_map(places_of_country);
    let is_meant = |code: &&str| {
        let short = code.rsplit('-').next().unwrap_or(code);
        let is_code = [Some(*code), Some(short)].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(text));
        is_code
            || place_code(text) == Some(code)
            || place_name(code).is_some_and(|name| name.eq_ignore_ascii_case(text))
    };
    known
        .find(is_meant)
        .ok_or_else(|| format!("{text:?} is not a state or province; write its code, such as FL, US-FL or ON"))
}

/// Returns the possible clocks of a place: those with an offset from UTC if there is one, or all. The offset is that of the day of
/// the copy (-4 in New York in summer) or of winter (-5).
///
/// # Errors
/// When the offset cannot be read, or the place has no clock with it.
pub fn clocks_of(place: &str, offset: Option<&str>, copied: Timestamp) -> Result<Vec<&'static str>, String> {
    let mut zones = distinct(zones_of_place(place), copied);
    if let Some(offset) = offset {
        let wanted = read_offset(offset)?;
        let winter = Date::new(copied.to_zoned(TimeZone::UTC).year(), 1, 1).and_then(|day| day.to_zoned(TimeZone::UTC));
        let winter = winter.map_or(copied, |winter| winter.timestamp());
        // A dialer's column has the offset of the day, or always that of winter.
        zones.retain(|zone| [copied, winter].into_iter().any(|at| offset_at(zone, at) == Some(wanted)));
        if zones.is_empty() {
            return Err(format!("the offset {offset} is not that of a clock of {place}"));
        }
    }
    Ok(zones)
}

/// Returns one zone of each group of zones that show the same time now and half a year later.
fn distinct(zones: Vec<&'static str>, at: Timestamp) -> Vec<&'static str> {
    let later = at.checked_add(SignedDuration::from_hours(24 * 183)).unwrap_or(at);
    let mut kept: Vec<&'static str> = Vec::new();
    for zone in zones {
        let same = |other: &&str| [at, later].iter().all(|at| offset_at(other, *at) == offset_at(zone, *at));
        if !kept.iter().any(same) {
            kept.push(zone);
        }
    }
    kept
}

fn offset_at(zone: &str, at: Timestamp) -> Option<Offset> {
    Some(TimeZone::get(zone).ok()?.to_offset(at))
}

/// Reads an offset in hours, such as `-5`, `-5.00` or `-03:30`.
fn read_offset(text: &str) -> Result<Offset, String> {
    let wrong = || format!("{text:?} is not an offset from UTC in hours; write it like -5.00 or -03:30");
    let (sign, digits) = match text.trim().strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, text.trim().trim_start_matches('+')),
    };
    let (hours, minutes) = if let Some((hours, minutes)) = digits.split_once(':') {
        (hours, minutes.parse::<i32>().map_err(|_| wrong())?)
    } else {
        let (hours, hundredths) = digits.split_once('.').unwrap_or((digits, "0"));
        let hundredths = format!("{hundredths:0<2}");
        (hours, hundredths.get(..2).and_then(|text| text.parse::<i32>().ok()).ok_or_else(wrong)? * 60 / 100)
    };
    let hours: i32 = hours.parse().map_err(|_| wrong())?;
    let is_time = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    let seconds = if is_time { sign * (hours * 3_600 + minutes * 60) } else { return Err(wrong()) };
    Offset::from_seconds(seconds).map_err(|_| wrong())
}
