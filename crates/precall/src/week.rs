//! Weekdays and windows of the day, in the form of rules and of the calling-hours table.

use std::fmt;

use jiff::civil::{Time, Weekday};

use crate::selection::{Selection, elements};
use crate::typed_text::plain;
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

/// The words and signs between the two days of a range.
const BETWEEN_DAYS: [&str; 5] = ["through", "thru", " to ", "..", "-"];

/// The words and signs between the two ends of a window.
const BETWEEN_TIMES: [&str; 5] = ["until", "till", "to", "..", "-"];

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

    /// Reads `Mon-Fri`, `Sat, Sun`, `Fri-Mon`, `!Sun`, `Mo-Fr`, `M-F`. Names have two letters or more; `M`, `W` and `F`
    /// are read too, but not `T` and `S`, each of which begins two names.
    ///
    /// # Errors
    /// Describes the first part that cannot be read, and its correction.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        let ranges = Selection::parse(texts, |text| {
            Self::range(text).ok_or_else(|| {
                let advice = if has_letter_of_two_days(text) {
                    "T and S each begin two days; write Tue, Thu, Sat or Sun"
                } else {
                    "write Mon-Fri or Sat,Sun"
                };
                ValueError::from(format!("{text:?} is not a day or a range of days; {advice}"))
            })
        })?;
        let days = WEEKDAYS.iter().map(|(day, ..)| *day);
        let days = days.filter(|day| !ranges.is_empty() && ranges.matches(|range| range.contains(*day)));
        let set = days.fold(0, |set, day| set | Self::bit(day));
        if set == 0 { Err("no day is left; write Mon-Fri or Sat,Sun".into()) } else { Ok(Self(set)) }
    }

    fn range(text: &str) -> Option<Self> {
        let text = plain(text).to_ascii_lowercase();
        match text.trim_end_matches('s') {
            "weekday" => return Some(Self::MONDAY_TO_FRIDAY),
            "weekend" => return Some(Self(!Self::MONDAY_TO_FRIDAY.0 & Self::ALL.0)),
            "daily" | "everyday" | "every day" => return Some(Self::ALL),
            _ => {}
        }
        let (first, last) = split_at_any(&text, &BETWEEN_DAYS).unwrap_or((&text, &text));
        let (first, last) = (day_of_list(first)?, day_of_list(last)?);
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

    /// Returns the days that are not in the set, or `None` if it has every day.
    pub fn others(self) -> Option<Self> {
        Some(Self(!self.0 & Self::ALL.0)).filter(|others| others.0 != 0)
    }

    /// Returns true if all days of another set are in this one.
    pub fn contain_all(self, others: Self) -> bool {
        others.0 & !self.0 == 0
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

/// Splits a text at the first of these separators that it has.
fn split_at_any<'t>(text: &'t str, separators: &[&str]) -> Option<(&'t str, &'t str)> {
    let (first, last) = separators.iter().find_map(|separator| text.split_once(separator))?;
    Some((first.trim(), last.trim()))
}

/// Reads the name of a weekday, or the letter of one that no other weekday begins with.
fn day_of_list(name: &str) -> Option<Weekday> {
    match name {
        "m" => Some(Weekday::Monday),
        "w" => Some(Weekday::Wednesday),
        "f" => Some(Weekday::Friday),
        name => parse_weekday(name),
    }
}

/// Returns true if an end of a range of days is a letter with which two days begin.
fn has_letter_of_two_days(text: &str) -> bool {
    let text = plain(text).to_ascii_lowercase();
    let (first, last) = split_at_any(&text, &BETWEEN_DAYS).unwrap_or((&text, &text));
    [first, last].iter().any(|name| ["t", "s"].contains(name))
}

/// Reads the name of a weekday, in two letters or more.
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
    let name = match name {
        "weds" => "wed",
        name if name.ends_with("days") => name.trim_end_matches('s'),
        name => name,
    };
    let is_named = |long: &str| name.len() >= 2 && long.starts_with(name);
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
    /// Reads `08:00-21:00`, `22:00-06:00`, `8-21`, `8am-9pm`, `9am to 9pm`, `900-2100`, `08.00-21.00`, `8h-21h`. Returns
    /// `None` for equal ends, because they may mean a whole day or no time at all.
    pub fn parse(text: &str) -> Option<Self> {
        let text = plain(text).to_ascii_lowercase();
        let (open, close) = split_at_any(&text, &BETWEEN_TIMES)?;
        match (parse_minute(open)?, parse_minute(close)?) {
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

/// Reads a time of day as minutes after midnight: `8`, `08:00`, `0800`, `800`, `08.00`, `8h30`, `8am`, `8:30 p.m.`,
/// `noon`, `24:00`.
///
/// ```
/// use precall::rule::parse_minute;
///
/// assert_eq!(parse_minute("8:30 pm"), Some(20 * 60 + 30));
/// assert_eq!(parse_minute("25:00"), None);
/// ```
pub fn parse_minute(text: &str) -> Option<u16> {
    let text = plain(text).trim().to_ascii_lowercase();
    if text == "noon" {
        return Some(MINUTES_PER_DAY / 2);
    }
    let (digits, half) = half_of_day(&text);
    let (hour, minute) = hour_and_minute(digits)?;
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

/// Splits `8:30 pm` into `8:30` and the hour at which that half of the day begins.
fn half_of_day(text: &str) -> (&str, Option<u16>) {
    let halves = [("a", 0), ("am", 0), ("a.m", 0), ("p", 12), ("pm", 12), ("p.m", 12)];
    let whole = text.trim_end_matches('.');
    let half = halves.into_iter().find_map(|(suffix, begin)| Some((whole.strip_suffix(suffix)?, begin)));
    half.map_or((text, None), |(digits, begin)| (digits.trim_end(), Some(begin)))
}

/// Splits `08:00`, `08.00`, `8h30`, `8h`, `0800`, `800` and `8` into the digits of the hour and of the minute.
fn hour_and_minute(text: &str) -> Option<(&str, &str)> {
    let text = match text.strip_suffix('h').map(str::trim_end) {
        Some(hour) if hour.len() <= 2 => return Some((hour, "0")),
        // `0800h`
        Some(text) => text,
        None => text,
    };
    match text.split_once([':', '.', 'h']) {
        Some((hour, minute)) => (minute.len() == 2).then_some((hour, minute)),
        None if text.len() > 2 => text.split_at_checked(text.len() - 2),
        None => Some((text, "0")),
    }
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

/// Returns true for `08:00-08:00`.
fn has_equal_ends(text: &str) -> bool {
    let text = plain(text).to_ascii_lowercase();
    let minutes = split_at_any(&text, &BETWEEN_TIMES).map(|(open, close)| (parse_minute(open), parse_minute(close)));
    matches!(minutes, Some((Some(open), Some(close))) if open == close)
}

/// Splits `texts` at commas and reads windows. A `!` negates a window.
pub(crate) fn parse_windows<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Selection<DayWindow>, ValueError> {
    let windows = Selection::parse(elements(texts), |text| {
        DayWindow::parse(text).ok_or_else(|| {
            let why = if has_equal_ends(text) {
                "has equal ends, which may mean the whole day or no time at all; write 00:00-24:00, or another end"
            } else {
                "is not a window of the day; write 08:00-21:00, or 22:00-06:00 over midnight"
            };
            ValueError::from(format!("{text:?} {why}"))
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
            ("Mon\u{2013}Fri", "Mon-Fri"),
            ("Mon \u{2014} Fri", "Mon-Fri"),
            ("Mo-Fr", "Mon-Fri"),
            ("MO,TU", "Mon,Tue"),
            ("Sa,Su", "Sat,Sun"),
            ("M-F", "Mon-Fri"),
            ("M,W,F", "Mon,Wed,Fri"),
            ("Mon to Fri", "Mon-Fri"),
            ("Monday through Friday", "Mon-Fri"),
            ("Mon..Wed", "Mon-Wed"),
            ("Mondays, weds.", "Mon,Wed"),
            ("daily, !Sun", "Mon-Sat"),
            ("Ｍｏｎ", "Mon"),
        ] {
            assert_eq!(Weekdays::parse([text]).unwrap().to_string(), shown, "{text}");
        }
        for text in
            ["", "Mo-So", "Mon-", "noon", "Mon,!Mon", "M-T", "S", "T", "1-5", "Mon-Fri-Sun", "s", "days", "MTWTF"]
        {
            assert!(Weekdays::parse([text]).is_err(), "{text:?}");
        }
        let error = Weekdays::parse(["M,T"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "\"T\" is not a day or a range of days; T and S each begin two days; write Tue, Thu, Sat or Sun"
        );
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
            ("900", Some(540)),
            ("0900", Some(540)),
            ("2100", Some(1_260)),
            ("08.30", Some(510)),
            ("8h", Some(480)),
            ("8h30", Some(510)),
            ("21h00", Some(1_260)),
            ("0830h", Some(510)),
            ("9 a.m.", Some(540)),
            ("9p.m.", Some(1_260)),
            ("9p", Some(1_260)),
            ("930am", Some(570)),
            ("noon", Some(720)),
            ("９：３０", Some(570)),
            ("24:01", None),
            ("8:3", None),
            ("8.5", None),
            ("8h3", None),
            ("midnight", None),
            ("a", None),
            ("h", None),
            ("", None),
            ("08:00:00", None),
            ("12345", None),
            ("13pm", None),
            ("8:60", None),
            ("+8", None),
        ] {
            assert_eq!(parse_minute(text), minute, "{text}");
        }
    }

    #[test]
    fn windows_as_the_field_writes_them() {
        for (text, window) in [
            ("08:00-21:00", Some("08:00-21:00")),
            ("900-2100", Some("09:00-21:00")),
            ("0900-2100", Some("09:00-21:00")),
            ("9am to 9pm", Some("09:00-21:00")),
            ("9am\u{2013}9pm", Some("09:00-21:00")),
            ("9 A.M. - 9 P.M.", Some("09:00-21:00")),
            ("08.00-21.00", Some("08:00-21:00")),
            ("8h-21h", Some("08:00-21:00")),
            ("8h30 - 21h00", Some("08:30-21:00")),
            ("08:00 until 21:00", Some("08:00-21:00")),
            ("08:00..21:00", Some("08:00-21:00")),
            ("noon-1pm", Some("12:00-13:00")),
            ("9-5", Some("09:00-05:00")),
            ("８：００－２１：００", Some("08:00-21:00")),
            ("8", None),
            ("8-", None),
            ("8/21", None),
            ("08:00:00-21:00:00", None),
            ("-8", None),
            ("8-12-17", None),
            ("midnight-6", None),
        ] {
            assert_eq!(DayWindow::parse(text).map(|window| window.to_string()).as_deref(), window, "{text}");
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
