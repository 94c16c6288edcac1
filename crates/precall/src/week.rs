//! Weekdays and windows of the day, in the form of rules and of the calling-hours table.

use std::fmt;

use jiff::civil::{Time, Weekday};

use crate::selection::{Selection, elements};
use crate::value_error::ValueError;

/// The number of minutes of a day.
pub(crate) const MINUTES_PER_DAY: u16 = 24 * 60;

/// The weekdays in order, with their short and long names.
const WEEKDAYS: [(Weekday, &str, &str); 7] = [
    (Weekday::Monday, "Mon", "monday"),
    (Weekday::Tuesday, "Tue", "tuesday"),
    (Weekday::Wednesday, "Wed", "wednesday"),
    (Weekday::Thursday, "Thu", "thursday"),
    (Weekday::Friday, "Fri", "friday"),
    (Weekday::Saturday, "Sat", "saturday"),
    (Weekday::Sunday, "Sun", "sunday"),
];

/// A set of weekdays.
///
/// ```
/// use precall::rule::Weekdays;
///
/// let days = Weekdays::parse(["Mon-Fri, !Wed"])?;
/// assert_eq!(days.to_string(), "Mon,Tue,Thu,Fri");
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0x7f);

    const MONDAY_TO_FRIDAY: Self = Self(0x1f);

    /// Reads `Mon-Fri`, `Sat, Sun`, `Fri-Mon`, `!Sun`. Names have three letters or more.
    ///
    /// # Errors
    /// Describes the first part that cannot be read, and its correction.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        let ranges = Selection::parse(texts, |text| {
            Self::range(text).ok_or_else(|| {
                ValueError::from(format!("{text:?} is not a day or a range of days; write Mon-Fri or Sat,Sun"))
            })
        })?;
        let days = WEEKDAYS.iter().map(|(day, ..)| *day);
        let days = days.filter(|day| !ranges.is_empty() && ranges.matches(|range| range.contains(*day)));
        let set = days.fold(0, |set, day| set | Self::bit(day));
        if set == 0 { Err("no day is left; write Mon-Fri or Sat,Sun".into()) } else { Ok(Self(set)) }
    }

    fn range(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().trim_end_matches('s') {
            "weekday" => return Some(Self::MONDAY_TO_FRIDAY),
            "weekend" => return Some(Self(!Self::MONDAY_TO_FRIDAY.0 & Self::ALL.0)),
            _ => {}
        }
        let (first, last) = text.split_once('-').map_or((text, text), |(first, last)| (first.trim(), last.trim()));
        let (first, last) = (parse_weekday(first)?, parse_weekday(last)?);
        let mut set = 0;
        let mut day = first;
        loop {
            set |= Self::bit(day);
            if day == last {
                return Some(Self(set));
            }
            day = day.next();
        }
    }

    fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }

    /// Returns true if the day is in the set.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }
}

/// `Mon-Fri`, `Mon,Wed`, `Sat,Sun`
impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<(bool, &str)> = WEEKDAYS.iter().map(|(day, name, _)| (self.contains(*day), *name)).collect();
        let mut comma = "";
        for run in days.chunk_by(|(one, _), (next, _)| one == next).filter(|run| run.iter().all(|(on, _)| *on)) {
            match run {
                [(_, first), _, .., (_, last)] => write!(f, "{comma}{first}-{last}")?,
                few => {
                    for (_, name) in few {
                        write!(f, "{comma}{name}")?;
                        comma = ",";
                    }
                }
            }
            comma = ",";
        }
        Ok(())
    }
}

/// Reads the name of a weekday, in three letters or more.
///
/// ```
/// use jiff::civil::Weekday;
/// use precall::rule::parse_weekday;
///
/// assert_eq!(parse_weekday("thurs."), Some(Weekday::Thursday));
/// assert_eq!(parse_weekday("weekend"), None);
/// ```
pub fn parse_weekday(name: &str) -> Option<Weekday> {
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    let is_named = |long: &str| name.len() >= 3 && long.starts_with(name) || long == "thursday" && name == "thurs";
    WEEKDAYS.iter().find(|(_, _, long)| is_named(long)).map(|(day, ..)| *day)
}

/// A window of the day: the minutes from `open` up to, but not including, `close`. Both are counted from midnight.
///
/// `close` may be after the next midnight; 1440 is the end of the day.
///
/// ```
/// use precall::rule::DayWindow;
///
/// let night = DayWindow::parse("22:00-06:00").unwrap();
/// assert_eq!((night.open, night.close), (22 * 60, 30 * 60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayWindow {
    /// The first minute.
    pub open: u16,
    /// The first minute after the window.
    pub close: u16,
}

impl DayWindow {
    /// Reads `08:00-21:00`, `22:00-06:00`, `8-21`, `8am-9pm`. Returns `None` for equal ends, because they may mean a whole day
    /// or no time at all.
    pub fn parse(text: &str) -> Option<Self> {
        let (open, close) = text.split_once(['-', '\u{2013}'])?;
        match (parse_minute(open.trim())?, parse_minute(close.trim())?) {
            (MINUTES_PER_DAY, _) => None,
            (open, close) if open == close => None,
            (open, close) if open < close => Some(Self { open, close }),
            (open, close) => Some(Self { open, close: close + MINUTES_PER_DAY }),
        }
    }

    /// Returns true if the window goes past midnight.
    pub fn is_overnight(self) -> bool {
        self.close > MINUTES_PER_DAY
    }

    /// Returns true if the window that opens on this day contains this minute of the same day.
    pub(crate) fn contains(self, minute: u16) -> bool {
        (self.open..self.close).contains(&minute)
    }

    /// Returns true if the window that opened on the day before contains this minute.
    pub(crate) fn contains_from_the_day_before(self, minute: u16) -> bool {
        self.contains(minute + MINUTES_PER_DAY)
    }
}

/// `08:00-21:00`
impl fmt::Display for DayWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let close = if self.is_overnight() { self.close - MINUTES_PER_DAY } else { self.close };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.open / 60, self.open % 60, close / 60, close % 60)
    }
}

/// Returns the minute of a day that a clock shows.
pub(crate) fn minute_of(time: Time) -> u16 {
    // The hour and the minute of a time are never negative.
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or_default()
}

/// Reads a time of day as minutes after midnight: `8`, `08:00`, `0800`, `8am`, `8:30 pm`, `24:00`.
///
/// ```
/// use precall::rule::parse_minute;
///
/// assert_eq!(parse_minute("8:30 pm"), Some(20 * 60 + 30));
/// assert_eq!(parse_minute("25:00"), None);
/// ```
pub fn parse_minute(text: &str) -> Option<u16> {
    let lower = text.to_ascii_lowercase();
    let (digits, half) = match lower.strip_suffix('m').map(str::trim_end) {
        None => (lower.as_str(), None),
        Some(rest) => match (rest.strip_suffix('a'), rest.strip_suffix('p')) {
            (Some(digits), _) => (digits.trim_end(), Some(0)),
            (_, Some(digits)) => (digits.trim_end(), Some(12)),
            _ => return None,
        },
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        Some(_) => return None,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    let (hour, minute) = (number(hour).filter(|_| hour.len() <= 2)?, number(minute)?);
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MINUTES_PER_DAY).then_some(minutes)
}

/// The windows of each day of a week. A day without a window is closed.
///
/// ```
/// use precall::calling_hours::Week;
///
/// let week = Week::parse(&["Mon-Fri 09:00-18:00", "Sat 10:00-16:00"])?;
/// assert_eq!(week.to_string(), "Mon-Fri 09:00-18:00, Sat 10:00-16:00");
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week([Vec<DayWindow>; 7]);

impl Week {
    /// Reads `08:00-21:00` (every day), `Mon-Fri 09:00-21:30` and `Sat,Sun 10:00-18:00`. A day may be in several of them. If
    /// there are no texts, the week is closed.
    ///
    /// # Errors
    /// Names the first text that has another form, and its correction.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, ValueError> {
        let mut week = Self::default();
        for text in texts {
            let text = text.as_ref().trim();
            let wrong = || {
                ValueError::from(format!(
                    "\"{text}\" is not a window; write it like 08:00-21:00 or Mon-Fri 09:00-18:00, the end after the start"
                ))
            };
            let (days, window) = match text.rsplit_once(' ') {
                Some((days, window)) => (Weekdays::parse([days]).map_err(|_| wrong())?, window),
                None => (Weekdays::ALL, text),
            };
            // The table allows only one spelling, so that a reviewer can compare it with the law letter by letter.
            let is_exact = |read: &DayWindow| !read.is_overnight() && read.to_string() == window;
            let window = DayWindow::parse(window).filter(is_exact).ok_or_else(wrong)?;
            for ((day, ..), windows) in WEEKDAYS.iter().zip(&mut week.0) {
                if days.contains(*day) {
                    windows.push(window);
                }
            }
        }
        for windows in &mut week.0 {
            windows.sort_unstable();
        }
        Ok(week)
    }

    /// Returns the windows of a day, in order.
    pub fn on(&self, weekday: Weekday) -> &[DayWindow] {
        WEEKDAYS.iter().zip(&self.0).find(|((day, ..), _)| *day == weekday).map_or(&[], |(_, windows)| windows)
    }

    /// Returns true if no day has a window.
    pub fn is_closed(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }
}

/// `Mon-Fri 09:00-21:30, Sat-Sun 10:00-18:00`; `never` for a week that is closed.
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<(&str, &Vec<DayWindow>)> = WEEKDAYS.iter().map(|(_, name, _)| *name).zip(&self.0).collect();
        let mut separator = "";
        for run in days.chunk_by(|(_, one), (_, next)| one == next) {
            let (Some((first, windows)), Some((last, _))) = (run.first(), run.last()) else { continue };
            if windows.is_empty() {
                continue;
            }
            f.write_str(separator)?;
            match run.len() {
                1 => write!(f, "{first} ")?,
                7 => {}
                _ => write!(f, "{first}-{last} ")?,
            }
            DayWindows(windows).fmt(f)?;
            separator = ", ";
        }
        if self.is_closed() { f.write_str("never") } else { Ok(()) }
    }
}

/// `08:00-12:00 and 13:00-20:00`
pub(crate) struct DayWindows<'w>(pub(crate) &'w [DayWindow]);

impl fmt::Display for DayWindows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, window) in self.0.iter().enumerate() {
            write!(f, "{}{window}", if i == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

/// Splits `texts` at commas and reads windows. A `!` negates a window.
pub(crate) fn parse_windows<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Selection<DayWindow>, ValueError> {
    let windows = Selection::parse(elements(texts), |text| {
        DayWindow::parse(text).ok_or_else(|| {
            ValueError::from(format!(
                "{text:?} is not a window of the day; write 08:00-21:00, or 22:00-06:00 over midnight"
            ))
        })
    })?;
    if windows.is_empty() { Err("empty; write 08:00-21:00".into()) } else { Ok(windows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_read_and_shown() {
        for (text, shown) in [
            ("Mon-Fri", "Mon-Fri"),
            ("weekdays", "Mon-Fri"),
            ("weekend", "Sat,Sun"),
            ("Fri-Mon", "Mon,Fri-Sun"),
            ("!Sun", "Mon-Sat"),
            ("Mon-Fri,!wed", "Mon,Tue,Thu,Fri"),
            ("thurs., Tuesday", "Tue,Thu"),
        ] {
            assert_eq!(Weekdays::parse([text]).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "Mo", "Mon-", "noon", "Mon,!Mon"] {
            assert!(Weekdays::parse([text]).is_err(), "{text:?}");
        }
    }

    #[test]
    fn minutes_of_a_day() {
        for (text, minute) in [
            ("8", Some(480)),
            ("08:00", Some(480)),
            ("0830", Some(510)),
            ("8am", Some(480)),
            ("12 am", Some(0)),
            ("12pm", Some(720)),
            ("8:30 PM", Some(1_230)),
            ("24:00", Some(1_440)),
            ("24:01", None),
            ("8:3", None),
            ("13pm", None),
            ("8:60", None),
            ("+8", None),
        ] {
            assert_eq!(parse_minute(text), minute, "{text}");
        }
    }

    #[test]
    fn a_window_over_midnight_contains_the_next_morning() {
        let night = DayWindow::parse("22:00-06:00").unwrap();
        assert!(night.is_overnight() && night.contains(23 * 60) && !night.contains(60));
        assert!(night.contains_from_the_day_before(60) && !night.contains_from_the_day_before(6 * 60));
        assert_eq!(night.to_string(), "22:00-06:00");
        assert_eq!(DayWindow::parse("08:00-08:00"), None);
    }

    #[test]
    fn a_week_of_the_table_has_one_spelling() {
        let week = Week::parse(&["Sat,Sun 10:00-12:00", "08:00-09:00"]).unwrap();
        assert_eq!(week.to_string(), "Mon-Fri 08:00-09:00, Sat-Sun 08:00-09:00 and 10:00-12:00");
        assert_eq!(Week::default().to_string(), "never");
        for text in ["8-9", "22:00-06:00", "Mon 8:00-9:00"] {
            assert!(Week::parse(&[text]).is_err(), "{text}");
        }
    }
}
