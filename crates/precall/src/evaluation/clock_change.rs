//! The next instant at which a clock condition begins or ceases to be met.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::rule::Clock;

/// Returns the first instant after `at`, and not after `end`, at which the result of a clock condition changes in a zone.
pub(super) fn next_change(clock: &Clock, zone: &TimeZone, at: Timestamp, end: Timestamp) -> Option<Timestamp> {
    let local = zone.to_datetime(at);
    let is_met = clock.matches(local);
    let edges = clock.edges();
    // When a clock is changed, it may skip the edge of a window.
    let mut clock_changes = zone.following(at).map(|change| change.timestamp()).peekable();
    let mut date = local.date();
    loop {
        let next_date = date.tomorrow().ok()?;
        let midnight = zone.to_ambiguous_timestamp(next_date.at(0, 0, 0, 0)).later().ok()?;
        let mut instants: Vec<Timestamp> = edges.iter().flat_map(|minute| instants(zone, date, *minute)).collect();
        while let Some(change) = clock_changes.next_if(|change| *change <= midnight) {
            instants.push(change);
        }
        instants.sort_unstable();
        let changes = |instant: &Timestamp| *instant > at && clock.matches(zone.to_datetime(*instant)) != is_met;
        if let Some(change) = instants.into_iter().find(changes) {
            return (change <= end).then_some(change);
        }
        if midnight > end {
            return None;
        }
        date = next_date;
    }
}

/// Returns the instants at which a clock shows a minute of a date. There are two if the clock shows the hour twice.
fn instants(zone: &TimeZone, date: Date, minute: u16) -> impl Iterator<Item = Timestamp> + use<> {
    let shown: Option<DateTime> = i8::try_from(minute / 60)
        .ok()
        .zip(i8::try_from(minute % 60).ok())
        .map(|(hour, minute)| date.at(hour, minute, 0, 0));
    let instants = shown.map(|shown| zone.to_ambiguous_timestamp(shown));
    instants.into_iter().flat_map(|instant| [instant.earlier(), instant.later()]).flatten()
}
