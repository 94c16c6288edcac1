//! The time of an expected call.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use precall::{Call, LocalTime};

use super::mistake::LineFault;

/// The time of a call, as a line gives it.
#[derive(Debug, Clone)]
pub enum CallTime {
    /// An instant.
    Instant(Timestamp),
    /// The day and the time that a clock shows: the callee's clock if the line names no zone.
    Clock { day: CallDay, time: Time, zone: Option<TimeZone> },
}

/// The day of a call.
#[derive(Debug, Clone, Copy)]
pub enum CallDay {
    /// The next such day: today if the time is still to come.
    Next(Weekday),
    /// A date.
    Date(Date),
}

impl CallTime {
    /// Returns the instant. A weekday counts from the instant of `call`.
    ///
    /// # Errors
    /// If the callee has no clock or several and the line names no zone, or the time is out of range.
    pub fn instant(&self, call: &Call, clocks: &[LocalTime]) -> Result<Timestamp, LineFault> {
        match self {
            Self::Instant(at) => Ok(*at),
            Self::Clock { day, time, zone } => {
                let zone = zone.clone().map_or_else(|| only_zone(call, clocks), Ok)?;
                day.instant(*time, &zone, call.at).map_err(LineFault::Time)
            }
        }
    }
}

impl CallDay {
    fn instant(self, time: Time, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, jiff::Error> {
        let instant =
            |date: Date| DateTime::from_parts(date, time).to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
        let weekday = match self {
            Self::Date(date) => return instant(date),
            Self::Next(weekday) => weekday,
        };
        let today = now.to_zoned(zone.clone());
        let days = today.weekday().until(weekday);
        let date = today.date().checked_add(Span::new().days(days))?;
        let at = instant(date)?;
        // Today's time may be over.
        if at < now { instant(date.checked_add(Span::new().weeks(1))?) } else { Ok(at) }
    }
}

/// Returns the zone of the callee's only clock.
fn only_zone(call: &Call, clocks: &[LocalTime]) -> Result<TimeZone, LineFault> {
    match clocks {
        [clock] => Ok(clock.zone.clone()),
        [] => Err(LineFault::NoClock(call.to.clone())),
        several => {
            let zones = several.iter().filter_map(|clock| clock.zone.iana_name()).map(str::to_owned).collect();
            Err(LineFault::SeveralZones { to: call.to.clone(), zones })
        }
    }
}
