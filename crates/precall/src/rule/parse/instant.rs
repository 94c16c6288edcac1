//! Reads instants.

use crate::value_error::ValueError;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The smallest number that looks like milliseconds. As seconds, it is in the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// Reads an instant in ISO 8601 or epoch seconds. Without a zone, it is in UTC. A date without a time is its first instant.
pub(super) fn parse_instant(text: &str) -> Result<Timestamp, ValueError> {
    if let Some(seconds) = whole_seconds(text) {
        return match seconds {
            FIRST_MILLISECONDS.. => {
                Err(format!("{text} looks like milliseconds; write epoch seconds, or 2026-12-01T08:00:00Z").into())
            }
            _ => Timestamp::from_second(seconds)
                .map_err(|_| format!("{text} is not an instant; write epoch seconds, or 2026-12-01T08:00:00Z").into()),
        };
    }
    let wrong = || format!("{text:?} is not an instant; write 2026-12-01T08:00:00Z or epoch seconds").into();
    if text.contains('[') {
        // The parsers below would ignore a zone in brackets without an error.
        return text.parse::<Zoned>().map(|at| at.timestamp()).map_err(|_| wrong());
    }
    text.parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(|at| at.to_zoned(TimeZone::UTC)).map(|at| at.timestamp()))
        .or_else(|_| text.parse::<Date>().and_then(|date| date.to_zoned(TimeZone::UTC)).map(|at| at.timestamp()))
        .map_err(|_| wrong())
}

/// Reads epoch seconds from 1973 on, because eight digits may be a date. DynamoDB's numbers may have a fraction of zeros.
fn whole_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() > 8 && digits(whole) && fraction.bytes().all(|b| b == b'0') { whole.parse().ok() } else { None }
}
