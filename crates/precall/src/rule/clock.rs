//! The clock condition: `days` and `hours` by a wall clock.

use std::fmt;

use jiff::civil::{DateTime, Weekday};

use crate::selection::{Selection, alternatives};
use crate::value_error::ValueError;
use crate::week::{DayWindow, Weekdays, minute_of, parse_windows};

/// The days and hours at which a rule applies, by a wall clock.
///
/// A window over midnight belongs to the day on which it opens. During a clock change, the time that the clock shows counts:
/// a window that begins in an hour that is skipped opens after that hour, and a window in an hour that is repeated is open
/// twice.
///
/// ```
/// use precall::rule::{Clock, Hours, Weekdays};
///
/// let clock = Clock::new(Some(Weekdays::parse(["Mon-Fri"])?), Some(Hours::parse(["09:00-17:00"])?));
/// assert!(clock.matches("2026-12-01T09:00".parse().unwrap()));
/// assert!(!clock.matches("2026-12-06T09:00".parse().unwrap()));
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    days: Option<Weekdays>,
    hours: Option<Hours>,
}

impl Clock {
    /// Returns the clock condition of these days and hours. `None` means all.
    pub fn new(days: Option<Weekdays>, hours: Option<Hours>) -> Self {
        Self { days, hours }
    }

    /// Returns true if there is no condition.
    pub fn is_always(&self) -> bool {
        self.days.is_none() && self.hours.is_none()
    }

    /// Returns `within Mon-Fri 08:00-21:00` if the clock matches, otherwise `outside …`. For negated hours only, the words are
    /// swapped.
    pub fn phrase(&self, matches: bool) -> String {
        match &self.hours {
            Some(Hours(hours)) if hours.any_of.is_empty() && self.days.is_none() => {
                let shut = Selection { any_of: hours.none_of.clone(), none_of: Vec::new() };
                format!("{} {shut}", if matches { "outside" } else { "within" })
            }
            _ => format!("{} {self}", if matches { "within" } else { "outside" }),
        }
    }

    /// Returns the days and hours in words: `Mon–Fri outside 09:00–17:00`.
    pub(super) fn times(&self) -> String {
        let days = self.days.map(|days| {
            let days = days.to_string().replace('-', "–");
            alternatives(days.split(',').map(str::to_owned), "and")
        });
        let hours = self.hours.as_ref().map(Hours::times);
        days.into_iter().chain(hours).collect::<Vec<_>>().join(" ")
    }

    /// Returns true if the condition is met when a clock shows this time.
    pub fn matches(&self, local: DateTime) -> bool {
        let (today, minute) = (local.date().weekday(), minute_of(local.time()));
        let is_on = |day: Weekday| self.days.is_none_or(|days| days.contains(day));
        let Some(Hours(hours)) = &self.hours else {
            return is_on(today);
        };
        let is_in = |window: &DayWindow| window.contains(minute);
        let is_in_from_yesterday = |window: &DayWindow| window.contains_from_the_day_before(minute);
        if hours.none_of.iter().any(|window| is_in(window) || is_in_from_yesterday(window)) {
            return false;
        }
        if hours.any_of.is_empty() {
            return is_on(today);
        }
        is_on(today) && hours.any_of.iter().any(is_in)
            || is_on(today.previous()) && hours.any_of.iter().any(is_in_from_yesterday)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.days, &self.hours) {
            (Some(days), Some(hours)) => write!(f, "{days} {hours}"),
            (Some(days), None) => days.fmt(f),
            (None, Some(hours)) => hours.fmt(f),
            (None, None) => f.write_str("always"),
        }
    }
}

/// Windows of the day. A time must be in any of the plain ones, and in none of the negated ones.
///
/// ```
/// let hours = precall::rule::Hours::parse(["9am-5pm, !12:00-13:00"])?;
/// assert_eq!(hours.to_string(), "09:00-17:00,!12:00-13:00");
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours(Selection<DayWindow>);

impl Hours {
    /// Reads `08:00-21:00`, `22:00-06:00` (over midnight), lists, `!12:00-13:00`; also `8-21`, `8am-9pm`. Equal ends are
    /// refused, because they may mean a whole day or no time at all.
    ///
    /// # Errors
    /// Describes the first window that cannot be read, and its correction.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        parse_windows(texts).map(Self)
    }

    /// Returns the windows in words: `08:00–12:00 or 13:00–17:00`, `outside 12:00–13:00`.
    fn times(&self) -> String {
        let shown = |window: &DayWindow| {
            let next_day = if window.is_overnight() { " (next day)" } else { "" };
            format!("{}{next_day}", window.to_string().replace('-', "–"))
        };
        let open = alternatives(self.0.any_of.iter().map(shown), "or");
        let shut = alternatives(self.0.none_of.iter().map(shown), "and");
        match (open.as_str(), shut.as_str()) {
            (_, "") => open,
            ("", _) => format!("outside {shut}"),
            _ => format!("{open}, except {shut},"),
        }
    }

    /// Returns the windows, or `None` if one of them is negated or goes over midnight.
    pub(crate) fn plain(&self) -> Option<Vec<String>> {
        let windows = &self.0.any_of;
        let is_plain = self.0.none_of.is_empty() && windows.iter().all(|window| !window.is_overnight());
        is_plain.then(|| windows.iter().map(ToString::to_string).collect())
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
