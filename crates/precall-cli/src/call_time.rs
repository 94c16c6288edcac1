//! The time of a call, as people write it: for `--at`, for expectations, and for the page.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use precall::rule::{may_mean_months, parse_length, parse_minute, parse_weekday};
use precall::{Attempts, Call, LocalTime, Number, RuleSet};
use precall_hook::rule_cache::RuleCache;
use precall_hook::store::StoreError;

/// The fewest digits of epoch seconds: eight digits may be a date, and fewer a time.
const MIN_EPOCH_DIGITS: usize = 9;

/// The time of a call.
#[derive(Debug, Clone)]
pub enum CallTime {
    /// An instant.
    Instant(Timestamp),
    /// The day and the time that a clock shows: the callee's clock if the text names no zone.
    Clock { day: CallDay, time: Time, zone: Option<TimeZone> },
}

/// The day of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallDay {
    /// Today if the time is still to come, otherwise tomorrow.
    Soonest,
    /// This many days after today.
    After(i32),
    /// The next such day: today if the time is still to come.
    Next(Weekday),
    /// A date.
    Date(Date),
}

/// The error of a text that is not the time of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTimeError;

/// The reason for which a time has no instant.
#[derive(Debug)]
pub enum InstantError {
    /// The callee has no clock.
    NoClock(Number),
    /// The callee may be in several time zones.
    SeveralZones { to: Number, zones: Vec<String> },
    /// A time that is out of range.
    OutOfRange(jiff::Error),
    /// The facts about the callee's place could not be read.
    Unread(StoreError),
}

/// The reason for which a text is not an instant in the past.
#[derive(Debug)]
pub enum PastInstantError {
    /// It is not a time.
    NotATime,
    /// It is the time of a clock without its zone.
    NoZone(String),
    /// It is not over.
    Future(Timestamp),
    /// It is out of range.
    OutOfRange(jiff::Error),
}

/// Reads an instant in the past: one with its offset, or the time of a clock with its zone, such as `2026-11-03 10:00
/// America/New_York`.
///
/// # Errors
/// If the text is not a time, names no zone, or is in the future.
pub fn parse_past(text: &str) -> Result<Timestamp, PastInstantError> {
    let now = Timestamp::now();
    if let Some(at) = parse_ago(text, now) {
        return Ok(at);
    }
    let at = match text.parse().map_err(|CallTimeError| PastInstantError::NotATime)? {
        CallTime::Instant(at) => at,
        CallTime::Clock { zone: None, .. } => return Err(PastInstantError::NoZone(text.trim().to_owned())),
        CallTime::Clock { day, time, zone: Some(zone) } => {
            day.instant(time, &zone, now).map_err(PastInstantError::OutOfRange)?
        }
    };
    if at > now { Err(PastInstantError::Future(at)) } else { Ok(at) }
}

/// Reads `now`, or a length of time before now, in whole seconds: `2h`, `7d ago`. A capital M may mean months, so it is not read.
pub fn parse_ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let now = Timestamp::from_second(now.as_second()).ok()?;
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        return Some(now);
    }
    let lower = text.to_ascii_lowercase();
    let length = lower.strip_suffix("ago").map_or(text, |length| text.get(..length.len()).unwrap_or_default());
    if may_mean_months(length) {
        return None;
    }
    now.checked_sub(parse_length(length)?).ok()
}

impl CallTime {
    /// Returns the instant. Days count from the instant of `call`.
    ///
    /// # Errors
    /// If the callee has no clock or several and the text names no zone, or the time is out of range.
    pub fn instant(&self, call: &Call, clocks: &[LocalTime]) -> Result<Timestamp, InstantError> {
        match self {
            Self::Instant(at) => Ok(*at),
            Self::Clock { day, time, zone } => {
                let zone = zone.clone().map_or_else(|| only_zone(call, clocks), Ok)?;
                day.instant(*time, &zone, call.at).map_err(InstantError::OutOfRange)
            }
        }
    }

    /// Returns the instant by the callee's clock, which the rules under its number may state.
    ///
    /// # Errors
    /// As for [`Self::instant`], or if the rules cannot be read.
    pub async fn instant_of_call(&self, call: &Call, rules: &RuleCache) -> Result<Timestamp, InstantError> {
        if !self.needs_clock() {
            return self.instant(call, &[]);
        }
        let read = rules.rules_of(call).await.map_err(InstantError::Unread)?;
        self.instant_by_rules(call, &read.rules)
    }

    /// Returns the instant by the callee's clock, as these rules of the call state it.
    ///
    /// # Errors
    /// As for [`Self::instant`].
    pub fn instant_by_rules(&self, call: &Call, rules: &RuleSet) -> Result<Timestamp, InstantError> {
        if !self.needs_clock() {
            return self.instant(call, &[]);
        }
        let near = Call { at: self.near(call.at), ..call.clone() };
        let attempts = Attempts::none();
        self.instant(call, rules.evaluate(&near, &attempts).asked().clocks())
    }

    /// Returns the same time by this clock, unless it has a clock of its own.
    #[must_use]
    pub fn by_clock(self, own: TimeZone) -> Self {
        match self {
            Self::Clock { day, time, zone: None } => Self::Clock { day, time, zone: Some(own) },
            other => other,
        }
    }

    /// Returns true if the instant depends on the callee's clock.
    fn needs_clock(&self) -> bool {
        matches!(self, Self::Clock { zone: None, .. })
    }

    /// Returns an instant within a day of the time, at which the facts about the callee's place are looked up.
    fn near(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Instant(at) => *at,
            Self::Clock { day, time, .. } => day.instant(*time, &TimeZone::UTC, now).unwrap_or(now),
        }
    }
}

impl CallDay {
    /// Reads the name of a weekday, a date, `yesterday`, `today` or `tomorrow`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "yesterday" => Some(Self::After(-1)),
            "today" => Some(Self::After(0)),
            "tomorrow" => Some(Self::After(1)),
            _ => parse_weekday(text).map(Self::Next).or_else(|| parse_date(text).map(Self::Date)),
        }
    }

    fn instant(self, time: Time, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, jiff::Error> {
        let instant =
            |date: Date| DateTime::from_parts(date, time).to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
        let today = now.to_zoned(zone.clone());
        let (days, again) = match self {
            Self::Date(date) => return instant(date),
            Self::After(days) => return instant(today.date().checked_add(Span::new().days(days))?),
            Self::Soonest => (0, Span::new().days(1)),
            Self::Next(weekday) => (today.weekday().until(weekday), Span::new().weeks(1)),
        };
        let date = today.date().checked_add(Span::new().days(days))?;
        let at = instant(date)?;
        // Today's time may be over.
        if at < now { instant(date.checked_add(again)?) } else { Ok(at) }
    }
}

/// Reads a time of day, such as `14:00`, `2pm` or `1400`. 24:00 is not on the same day.
pub fn parse_time(text: &str) -> Option<Time> {
    parse_minute(text).and_then(|minute| Time::midnight().checked_add(Span::new().minutes(minute)).ok())
}

/// Reads a date alone: a time after it would be ignored.
pub fn parse_date(text: &str) -> Option<Date> {
    if text.contains(|c: char| !c.is_ascii_digit() && c != '-') { None } else { text.parse().ok() }
}

/// Returns the zone of the callee's only clock.
fn only_zone(call: &Call, clocks: &[LocalTime]) -> Result<TimeZone, InstantError> {
    match clocks {
        [clock] => Ok(clock.zone.clone()),
        [] => Err(InstantError::NoClock(call.to.clone())),
        several => {
            let zones = several.iter().filter_map(|clock| clock.zone.iana_name()).map(str::to_owned).collect();
            Err(InstantError::SeveralZones { to: call.to.clone(), zones })
        }
    }
}

/// Reads an instant with its offset, its zone in brackets, or in epoch seconds; otherwise the time that a clock shows:
/// `2026-12-01 08:00`, `2026-12-01`, `Sunday 14:00`, `tomorrow 8am`, `8pm`. A time zone may follow: `8pm America/Denver`.
impl FromStr for CallTime {
    type Err = CallTimeError;

    fn from_str(text: &str) -> Result<Self, CallTimeError> {
        let text = text.trim();
        if let Some(at) = instant_with_zone(text) {
            return Ok(Self::Instant(at));
        }
        // A date and time is also read without the zone in brackets, which would be ignored here.
        if text.contains('[') {
            return Err(CallTimeError);
        }
        let mut words: Vec<&str> = text.split_whitespace().collect();
        if words.first().is_some_and(|word| word.eq_ignore_ascii_case("on") || word.eq_ignore_ascii_case("at")) {
            words.remove(0);
        }
        let zone = words.last().filter(|_| words.len() > 1).and_then(|word| zone(word));
        if zone.is_some() {
            words.pop();
            if words.last().is_some_and(|word| word.eq_ignore_ascii_case("in")) {
                words.pop();
            }
        }
        let (day, time) = day_and_time(&words).ok_or(CallTimeError)?;
        Ok(Self::Clock { day, time, zone })
    }
}

/// Reads an instant that does not depend on a clock.
fn instant_with_zone(text: &str) -> Option<Timestamp> {
    if text.len() >= MIN_EPOCH_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if text.contains('[') {
        // An instant is read without the zone in brackets, even if both do not agree.
        return text.parse::<Zoned>().map(|at| at.timestamp()).ok();
    }
    text.parse().ok()
}

/// Reads the name of a time zone. A name without a slash must be `UTC` or `GMT`: others are abbreviations with several
/// meanings, or words.
fn zone(word: &str) -> Option<TimeZone> {
    let is_name = word.contains('/') || ["utc", "gmt"].iter().any(|name| word.eq_ignore_ascii_case(name));
    if is_name { TimeZone::get(word).ok() } else { None }
}

fn day_and_time(words: &[&str]) -> Option<(CallDay, Time)> {
    let text = words.join(" ");
    if let Ok(local) = text.parse::<DateTime>() {
        return Some((CallDay::Date(local.date()), local.time()));
    }
    // A number alone may be a year or an hour.
    if let Some(time) = parse_time(&text).filter(|_| !text.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some((CallDay::Soonest, time));
    }
    match words {
        [date] => date.parse().ok().map(|date| (CallDay::Date(date), Time::midnight())),
        [day, time @ ..] => Some((CallDay::parse(day)?, parse_time(&time.join(" "))?)),
        [] => None,
    }
}

impl fmt::Display for CallTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a date and time; write it like 2026-12-01T08:00, \"Sunday 14:00\" or 8pm by the callee's clock, or like \
             2026-12-01T08:00:00Z",
        )
    }
}

impl Error for CallTimeError {}

impl fmt::Display for PastInstantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATime => f.write_str(
                "not a date and time; write it like 2026-11-03T10:00:00-05:00, \"yesterday 10:00 America/New_York\" or 2h, which is two \
                 hours ago",
            ),
            Self::NoZone(text) => write!(
                f,
                "without a time zone; write it like 2026-11-03T10:00:00Z, or add one: \"{text} America/New_York\""
            ),
            Self::Future(at) => write!(f, "{at} is in the future; write an instant in the past"),
            Self::OutOfRange(_) => f.write_str("too far in the past or the future; write a year such as 2026"),
        }
    }
}

impl Error for PastInstantError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OutOfRange(error) => Some(error),
            Self::NotATime | Self::NoZone(_) | Self::Future(_) => None,
        }
    }
}

impl fmt::Display for InstantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClock(to) => write!(f, "the clock of {to} is not known; add: in America/New_York"),
            Self::SeveralZones { to, zones } => {
                let first = zones.first().map_or("UTC", String::as_str);
                write!(f, "{to} may be in {}; add one of them: in {first}", zones.join(" or "))
            }
            Self::OutOfRange(_) => f.write_str("too far in the past or the future; write a year such as 2026"),
            Self::Unread(error) => error.fmt(f),
        }
    }
}

impl Error for InstantError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OutOfRange(error) => Some(error),
            Self::Unread(error) => Some(error),
            Self::NoClock(_) | Self::SeveralZones { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot continue should fail at that point")]

    use super::*;

    /// The instant of a text for a callee in New York, at noon of Wednesday, 25 November 2026 there.
    fn instant(text: &str) -> String {
        let now = "2026-11-25T12:00[America/New_York]".parse::<Zoned>().unwrap();
        let call = Call::new(Number::from_typed("+12125550100").unwrap(), now.timestamp());
        let rules = RuleSet::from_items([]);
        let attempts = Attempts::none();
        let decision = rules.evaluate(&call, &attempts);
        match text.parse::<CallTime>() {
            Ok(time) => time.instant(&call, decision.asked().clocks()).unwrap().to_string(),
            Err(CallTimeError) => "not a time".to_owned(),
        }
    }

    #[test]
    fn a_time_is_read_by_the_callees_clock() {
        for (text, wanted) in [
            ("2026-12-01 08:00", "2026-12-01T13:00:00Z"),
            ("2026-12-01T08:00", "2026-12-01T13:00:00Z"),
            ("2026-12-01T08:00:30", "2026-12-01T13:00:30Z"),
            ("2026-12-01 8am", "2026-12-01T13:00:00Z"),
            ("2026-12-01 8 am", "2026-12-01T13:00:00Z"),
            ("2026-12-01", "2026-12-01T05:00:00Z"),
            ("on 2026-12-01 0800", "2026-12-01T13:00:00Z"),
            ("8pm", "2026-11-26T01:00:00Z"),
            ("8 PM", "2026-11-26T01:00:00Z"),
            // It is noon, so 8am is tomorrow's.
            ("8am", "2026-11-26T13:00:00Z"),
            ("at 20:00", "2026-11-26T01:00:00Z"),
            ("today 8am", "2026-11-25T13:00:00Z"),
            ("tomorrow 8am", "2026-11-26T13:00:00Z"),
            ("yesterday 8am", "2026-11-24T13:00:00Z"),
            ("Sunday 14:00", "2026-11-29T19:00:00Z"),
            ("sun 2pm", "2026-11-29T19:00:00Z"),
            ("Wednesday 14:00", "2026-11-25T19:00:00Z"),
            ("Wednesday 11:00", "2026-12-02T16:00:00Z"),
            // A clock, an offset or epoch seconds in the text.
            ("Sunday 14:00 America/Denver", "2026-11-29T21:00:00Z"),
            ("Sunday 14:00 in America/Denver", "2026-11-29T21:00:00Z"),
            ("8pm UTC", "2026-11-25T20:00:00Z"),
            ("2026-12-01 08:00 utc", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00-08:00", "2026-12-01T16:00:00Z"),
            ("2026-12-01 08:00-08:00", "2026-12-01T16:00:00Z"),
            ("2026-12-01T08:00[America/Denver]", "2026-12-01T15:00:00Z"),
            ("1764576000", "2025-12-01T08:00:00Z"),
            // Not times.
            ("", "not a time"),
            ("tomorrow", "not a time"),
            ("Sunday", "not a time"),
            ("2026", "not a time"),
            ("8", "not a time"),
            ("2026-13-01 08:00", "not a time"),
            ("2026-12-01 25:00", "not a time"),
            ("2026-12-01 24:00", "not a time"),
            ("8pm EST", "not a time"),
            ("8pm America/Nowhere", "not a time"),
            ("2026-12-01T08:00[Mars/Base]", "not a time"),
        ] {
            assert_eq!(instant(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_length_of_time_ago_is_an_instant() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        for (text, wanted) in [
            ("now", Some("2026-11-25T12:00:00Z")),
            ("1h", Some("2026-11-25T11:00:00Z")),
            ("90 min ago", Some("2026-11-25T10:30:00Z")),
            ("7d ago", Some("2026-11-18T12:00:00Z")),
            (" 7 days AGO ", Some("2026-11-18T12:00:00Z")),
            ("2w", Some("2026-11-11T12:00:00Z")),
            ("1M", None),
            ("1M ago", None),
            ("ago", None),
            ("-1h", None),
            ("9999999999w", None),
            ("2026-11-25T11:00:00Z", None),
        ] {
            assert_eq!(parse_ago(text, now), wanted.map(|at| at.parse().unwrap()), "{text:?}");
        }
    }
}
