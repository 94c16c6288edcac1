//! Clocks: `days` and `hours`, by the wall clock of a place.

use std::fmt;

use jiff::civil::{DateTime, Time, Weekday};

const MINUTES_A_DAY: u16 = 24 * 60;

/// Monday to Friday, as [`Days`] has them.
const WEEKDAY_BITS: u8 = 0x1f;

const ALL_BITS: u8 = 0x7f;

const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "monday"),
    (Weekday::Tuesday, "tuesday"),
    (Weekday::Wednesday, "wednesday"),
    (Weekday::Thursday, "thursday"),
    (Weekday::Friday, "friday"),
    (Weekday::Saturday, "saturday"),
    (Weekday::Sunday, "sunday"),
];

/// When a rule is awake, by a wall clock: `days` and `hours` together.
///
/// A window over midnight belongs to the day on which it opens. Clocks that jump are read as they
/// show: a window that opens inside a gap opens when the gap ends, and one inside a fold is open twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    days: Option<Days>,
    hours: Option<Hours>,
}

/// A set of weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

/// Windows of the day: any of the plain ones and none of the negated ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    open: Vec<Window>,
    shut: Vec<Window>,
}

/// Minutes after midnight, from and to; `to` is not in it, and may be past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: u16,
    to: u16,
}

impl Clock {
    /// A clock of these days and hours; without either, of all.
    pub fn new(days: Option<Days>, hours: Option<Hours>) -> Self {
        Self { days, hours }
    }

    /// Whether there is nothing to look at a clock for.
    pub fn is_always(&self) -> bool {
        self.days.is_none() && self.hours.is_none()
    }

    /// `outside Mon-Fri 08:00-21:00` or `within` it; for a clock of negated hours alone, the other word.
    pub fn phrase(&self, right: bool) -> String {
        match &self.hours {
            Some(hours) if hours.open.is_empty() && self.days.is_none() => {
                let shut = Hours { open: hours.shut.clone(), shut: Vec::new() };
                format!("{} {shut}", if right { "outside" } else { "within" })
            }
            _ => format!("{} {self}", if right { "within" } else { "outside" }),
        }
    }

    /// Whether the rule is awake when a clock shows this.
    pub fn is_awake(&self, local: DateTime) -> bool {
        let (today, minute) = (local.date().weekday(), minute_of(local.time()));
        let on = |day: Weekday| self.days.is_none_or(|days| days.contains(day));
        let Some(hours) = &self.hours else {
            return on(today);
        };
        if hours.shut.iter().any(|window| window.covers(minute)) {
            return false;
        }
        if hours.open.is_empty() {
            return on(today);
        }
        let opened_today = on(today) && hours.open.iter().any(|window| (window.from..window.to).contains(&minute));
        let overnight = minute + MINUTES_A_DAY;
        opened_today
            || on(today.previous()) && hours.open.iter().any(|window| (window.from..window.to).contains(&overnight))
    }
}

impl Window {
    /// Whether a minute of the day is in it, whichever day it opened on.
    fn covers(self, minute: u16) -> bool {
        (self.from..self.to).contains(&minute) || (self.from..self.to).contains(&(minute + MINUTES_A_DAY))
    }
}

fn minute_of(time: Time) -> u16 {
    // Hours and minutes of a day are never negative.
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or_default()
}

impl Hours {
    /// Its windows, if none is negated and none goes over midnight.
    pub fn plain(&self) -> Option<Vec<String>> {
        let plain = self.shut.is_empty() && self.open.iter().all(|window| window.to <= MINUTES_A_DAY);
        plain.then(|| self.open.iter().map(ToString::to_string).collect())
    }
}

impl Days {
    /// Reads `Mon-Fri`, `Sat, Sun`, `Fri-Mon`, `!Sun`, in names of three letters or more.
    ///
    /// # Errors
    /// What is wrong with the first part that cannot be read, and what to write.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let (mut plain, mut negated) = (0, 0);
        for token in tokens(texts) {
            let (set, token) = match token.strip_prefix('!') {
                Some(rest) => (&mut negated, rest.trim()),
                None => (&mut plain, token),
            };
            *set |= Self::range(token)
                .ok_or_else(|| format!("{token:?} is not a day or a range of days; write Mon-Fri or Sat,Sun"))?;
        }
        let days = if plain == 0 && negated != 0 { !negated & ALL_BITS } else { plain & !negated };
        if days == 0 { Err("no day is left; write Mon-Fri or Sat,Sun".to_owned()) } else { Ok(Self(days)) }
    }

    fn range(token: &str) -> Option<u8> {
        match token.to_ascii_lowercase().trim_end_matches('s') {
            "weekday" => return Some(WEEKDAY_BITS),
            "weekend" => return Some(!WEEKDAY_BITS & ALL_BITS),
            _ => {}
        }
        let (first, last) = token.split_once('-').map_or((token, token), |(first, last)| (first.trim(), last.trim()));
        let (first, last) = (weekday(first)?, weekday(last)?);
        let mut set = 0;
        let mut day = first;
        loop {
            set |= Self::bit(day);
            if day == last {
                return Some(set);
            }
            day = day.next();
        }
    }

    fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }

    fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }
}

impl Hours {
    /// Reads `08:00-21:00`, `22:00-06:00` over midnight, lists, `!12:00-13:00`; also `8-21`, `8am-9pm`.
    /// Equal ends are refused: a whole day and no time at all look the same.
    ///
    /// # Errors
    /// What is wrong with the first window that cannot be read, and what to write.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut hours = Self::default();
        for token in tokens(texts) {
            let (list, token) = match token.strip_prefix('!') {
                Some(rest) => (&mut hours.shut, rest.trim()),
                None => (&mut hours.open, token),
            };
            let window = Window::parse(token).ok_or_else(|| {
                format!("{token:?} is not a window of the day; write 08:00-21:00, or 22:00-06:00 over midnight")
            })?;
            list.push(window);
        }
        if hours == Self::default() { Err("empty; write 08:00-21:00".to_owned()) } else { Ok(hours) }
    }
}

impl Window {
    fn parse(token: &str) -> Option<Self> {
        let (from, to) = token.split_once(['-', '\u{2013}'])?;
        let (from, to) = (minute(from.trim())?, minute(to.trim())?);
        match (from, to) {
            (MINUTES_A_DAY, _) => None,
            (from, to) if from == to => None,
            (from, to) if from < to => Some(Self { from, to }),
            (from, to) => Some(Self { from, to: to + MINUTES_A_DAY }),
        }
    }
}

/// Minutes after midnight: `8`, `08:00`, `0800`, `8am`, `8:30 pm`, `24:00`.
fn minute(text: &str) -> Option<u16> {
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
    (minute < 60 && minutes <= MINUTES_A_DAY).then_some(minutes)
}

fn weekday(name: &str) -> Option<Weekday> {
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    WEEKDAYS
        .iter()
        .find(|(_, full)| name.len() >= 3 && full.starts_with(name) || *full == "thursday" && name == "thurs")
        .map(|(day, _)| *day)
}

fn tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    texts.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|token| !token.is_empty())
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

/// `Mon-Fri`, `Mon,Wed`, `Sat,Sun`
impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHORT: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let days: Vec<(bool, &str)> =
            WEEKDAYS.iter().zip(SHORT).map(|((day, _), name)| (self.contains(*day), name)).collect();
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

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.open.iter().map(|window| ("", window));
        let negated = self.shut.iter().map(|window| ("!", window));
        for (i, (sign, window)) in plain.chain(negated).enumerate() {
            write!(f, "{}{sign}{window}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > MINUTES_A_DAY { self.to - MINUTES_A_DAY } else { self.to };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}
