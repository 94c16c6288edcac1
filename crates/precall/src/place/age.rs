//! The date of the tables of numbers.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::tables::DATA_DATE;

/// The age in days above which an operator should look for newer tables, because several area codes a year come into service.
pub const MAX_NUMBERING_AGE_DAYS: i64 = 120;

/// Returns the day on which the area codes were last compared with public notices.
pub fn numbering_date() -> Date {
    DATA_DATE
}

/// Returns the age of the tables of numbers at an instant, in whole days of UTC. It is `None` only for a date that is not an
/// instant.
///
/// ```
/// use precall::place::{numbering_age_days, numbering_date};
///
/// let at = numbering_date().to_zoned(precall::jiff::tz::TimeZone::UTC)?.timestamp();
/// assert_eq!(numbering_age_days(at), Some(0));
/// # Ok::<(), precall::jiff::Error>(())
/// ```
pub fn numbering_age_days(at: Timestamp) -> Option<i64> {
    let date = DATA_DATE.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(at.duration_since(date).as_hours() / 24)
}
