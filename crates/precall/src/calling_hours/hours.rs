//! Hours of a week, as a row of the table writes them.

use std::fmt;

use jiff::civil::Weekday;

use super::Error;

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// The minutes of a day from `open` on and before `close`; 1440 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// The first minute.
    pub open: u16,
    /// The first minute no longer in it.
    pub close: u16,
}

impl Window {
    fn parse(text: &str) -> Option<Self> {
        let (open, close) = text.split_once('-')?;
        let (open, close) = (minute(open)?, minute(close)?);
        (open < close).then_some(Self { open, close })
    }

    pub(super) fn contains(self, minute: u16) -> bool {
        self.open <= minute && minute < self.close
    }
}

/// `08:00`, up to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 1440).then_some(total)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = (self.open, self.close);
        write!(f, "{:02}:{:02}-{:02}:{:02}", open / 60, open % 60, close / 60, close % 60)
    }
}

/// The windows of each day of a week. A day without a window is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week([Vec<Window>; 7]);

impl Week {
    /// Reads `08:00-21:00` (every day), `Mon-Fri 09:00-21:30` and `Sat,Sun 10:00-18:00`. A day may stand in
    /// several of them; no text at all is a week that is closed.
    ///
    /// # Errors
    /// The first text that is not of this form.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, Error> {
        let mut week = Self::default();
        for text in texts {
            let text = text.as_ref().trim();
            let wrong = || {
                Error::new(format!(
                    "\"{text}\" is not a window; write it like 08:00-21:00 or Mon-Fri 09:00-18:00, the end after the start"
                ))
            };
            let (days, window) = text.rsplit_once(' ').unwrap_or(("Mon-Sun", text));
            let window = Window::parse(window).ok_or_else(wrong)?;
            for part in days.split(',') {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last) = (day(first).ok_or_else(wrong)?, day(last).ok_or_else(wrong)?);
                let count = first.until(last);
                for (_, windows) in week.days_from(first).take(usize::try_from(count).unwrap_or_default() + 1) {
                    windows.push(window);
                }
            }
        }
        for windows in &mut week.0 {
            windows.sort_unstable();
        }
        Ok(week)
    }

    /// The windows of a day, in order.
    pub fn on(&self, weekday: Weekday) -> &[Window] {
        DAYS.iter().zip(&self.0).find(|((_, day), _)| *day == weekday).map_or(&[], |(_, windows)| windows)
    }

    /// Whether no day has a window.
    pub fn is_closed(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    fn days_from(&mut self, first: Weekday) -> impl Iterator<Item = (Weekday, &mut Vec<Window>)> {
        let mut days: Vec<_> = DAYS.iter().map(|(_, day)| *day).zip(&mut self.0).collect();
        days.sort_by_key(|(day, _)| first.until(*day));
        days.into_iter()
    }
}

/// `Mon-Fri 09:00-21:30, Sat-Sun 10:00-18:00`; `never` for a week that is closed.
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<(&str, &Vec<Window>)> = DAYS.iter().map(|(name, _)| *name).zip(&self.0).collect();
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
            Windows(windows).fmt(f)?;
            separator = ", ";
        }
        if self.is_closed() { f.write_str("never") } else { Ok(()) }
    }
}

fn day(text: &str) -> Option<Weekday> {
    DAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())).map(|(_, day)| *day)
}

/// `08:00-12:00 and 13:00-20:00`
pub(super) struct Windows<'t>(pub &'t [Window]);

impl fmt::Display for Windows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, window) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" and ")?;
            }
            window.fmt(f)?;
        }
        Ok(())
    }
}
