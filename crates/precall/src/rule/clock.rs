//! The clock condition: `dates`, `days` and `hours` by a wall clock.

use std::fmt;

use jiff::civil::{Date, DateTime};

use crate::dates::Dates;
use crate::selection::{Selection, alternatives};
use crate::value_error::ValueError;
use crate::week::{DayWindow, MINUTES_PER_DAY, Weekdays, minute_of, parse_windows};

/// The dates, days and hours at which a rule applies, by a wall clock.
///
/// A window over midnight belongs to the date and the day on which it opens. During a clock change, the time that the
/// clock shows counts: a window that begins in an hour that is skipped opens after that hour, and a window in an hour that
/// is repeated is open twice.
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
    dates: Option<Dates>,
    days: Option<Weekdays>,
    hours: Option<Hours>,
}

impl Clock {
    /// Returns the clock condition of these days and hours. `None` means all.
    pub fn new(days: Option<Weekdays>, hours: Option<Hours>) -> Self {
        Self { dates: None, days, hours }
    }

    /// Returns the same condition on these dates only. `None` means all.
    ///
    /// ```
    /// use precall::rule::{Clock, Dates};
    ///
    /// let christmas = Clock::default().on_dates(Some(Dates::parse(["12-25"])?));
    /// assert!(christmas.matches("2026-12-25T23:59".parse().unwrap()));
    /// assert!(!christmas.matches("2026-12-26T00:00".parse().unwrap()));
    /// # Ok::<(), precall::ValueError>(())
    /// ```
    #[must_use]
    pub fn on_dates(self, dates: Option<Dates>) -> Self {
        Self { dates, ..self }
    }

    /// Returns the dates; `None` means all.
    pub fn dates(&self) -> Option<&Dates> {
        self.dates.as_ref()
    }

    /// Returns the weekdays; `None` means all.
    pub fn days(&self) -> Option<Weekdays> {
        self.days
    }

    /// Returns the windows of the day; `None` means the whole day.
    pub fn hours(&self) -> Option<&Hours> {
        self.hours.as_ref()
    }

    /// Returns true if there is no condition.
    pub fn is_always(&self) -> bool {
        self.dates.is_none() && self.days.is_none() && self.hours.is_none()
    }

    /// Returns true if the condition is met at all times, because there is none, or because it covers every time of every day.
    ///
    /// ```
    /// use precall::rule::{Clock, Hours, Weekdays};
    ///
    /// let hours = Hours::parse(["08:00-20:00, 20:00-08:00"])?;
    /// assert!(Clock::new(Some(Weekdays::ALL), Some(hours.clone())).covers_all_time());
    /// assert!(!Clock::new(Some(Weekdays::parse(["Mon-Sat"])?), Some(hours)).covers_all_time());
    /// # Ok::<(), precall::ValueError>(())
    /// ```
    pub fn covers_all_time(&self) -> bool {
        self.days.is_none_or(|days| days == Weekdays::ALL)
            && self.dates.as_ref().is_none_or(Dates::contain_all)
            && self.hours.as_ref().is_none_or(|hours| (0..MINUTES_PER_DAY).all(|minute| hours.contain(minute)))
    }

    /// Returns true if the condition is never met: `!00:00-24:00`, or `Mon` on the date of a Tuesday.
    pub fn covers_no_time(&self) -> bool {
        let days = self.days.unwrap_or(Weekdays::ALL);
        self.dates.as_ref().is_some_and(|dates| dates.contain_none_on(days))
            || self.hours.as_ref().is_some_and(|hours| !(0..MINUTES_PER_DAY).any(|minute| hours.contain(minute)))
    }

    /// Returns `within Mon-Fri 08:00-21:00` if the clock matches, otherwise `outside …`. For negated hours or negated
    /// dates only, the words are swapped.
    pub fn phrase(&self, matches: bool) -> String {
        let exceptions = match (&self.dates, self.days, &self.hours) {
            (None, None, Some(Hours(hours))) if hours.any_of.is_empty() => {
                Some(Selection { any_of: hours.none_of.clone(), none_of: Vec::new() }.to_string())
            }
            (Some(dates), None, None) => dates.exceptions().map(|dates| dates.to_string()),
            _ => None,
        };
        match exceptions {
            Some(shut) => format!("{} {shut}", if matches { "outside" } else { "within" }),
            None => format!("{} {self}", if matches { "within" } else { "outside" }),
        }
    }

    /// Returns the minutes of the day at which the condition can begin or cease to be met, in order.
    pub(crate) fn edges(&self) -> Vec<u16> {
        let windows = self.hours.iter().flat_map(|Hours(hours)| hours.all());
        let edges = windows.flat_map(|window| [window.open, window.close]).map(|minute| minute % MINUTES_PER_DAY);
        let mut edges: Vec<u16> = std::iter::once(0).chain(edges).collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// Returns the dates, days and hours in words: `on 25 Dec`, `Mon–Fri outside 09:00–17:00`.
    pub(super) fn times(&self) -> String {
        let days = self.days.map(|days| {
            let days = days.to_string().replace('-', "–");
            alternatives(days.split(',').map(str::to_owned), "and")
        });
        let hours = self.hours.as_ref().map(Hours::times);
        let times = days.into_iter().chain(hours).collect::<Vec<_>>().join(" ");
        let dates = self.dates.as_ref().map(Dates::in_words);
        dates.into_iter().chain((!times.is_empty()).then_some(times)).collect::<Vec<_>>().join(", ")
    }

    /// Returns true if the condition is met when a clock shows this time.
    pub fn matches(&self, local: DateTime) -> bool {
        let (today, minute) = (local.date(), minute_of(local.time()));
        let is_on = |date: Date| {
            self.days.is_none_or(|days| days.contains(date.weekday()))
                && self.dates.as_ref().is_none_or(|dates| dates.contain(date))
        };
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
            || today.yesterday().is_ok_and(is_on) && hours.any_of.iter().any(is_in_from_yesterday)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_always() {
            return f.write_str("always");
        }
        let dates = self.dates.as_ref().map(ToString::to_string);
        let days = self.days.map(|days| days.to_string());
        let hours = self.hours.as_ref().map(ToString::to_string);
        f.write_str(&[dates, days, hours].into_iter().flatten().collect::<Vec<_>>().join(" "))
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

    /// Returns the plain windows.
    pub fn windows(&self) -> &[DayWindow] {
        &self.0.any_of
    }

    /// Returns the negated windows.
    pub fn negated_windows(&self) -> &[DayWindow] {
        &self.0.none_of
    }

    /// Returns true if a minute is in the windows, if they open on each day.
    fn contain(&self, minute: u16) -> bool {
        self.0.matches(|window| window.contains(minute) || window.contains_from_the_day_before(minute))
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
