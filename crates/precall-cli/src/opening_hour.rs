//! The hour of a callee's clock from which a rejected call could be placed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Returns the hour that the clocks of these zones show at an instant. If they differ, the earliest time counts, because calling
/// hours open when they open by the last clock.
pub fn opening_hour<'z>(open: Timestamp, zones: impl Iterator<Item = &'z TimeZone>) -> Option<u8> {
    let earliest = zones.map(|zone| zone.to_datetime(open)).min()?;
    u8::try_from(earliest.hour()).ok()
}
