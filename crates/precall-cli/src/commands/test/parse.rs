//! The language of expectations.

use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use precall::Call;
use precall::LocalTime;
use precall::Number;
use precall::frequency_cap::Limit;
use precall::number::is_withheld;

/// Most calls that may have been before: more than any cap counts in a test.
const MOST_EARLIER: u16 = 1_000;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// One line.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub line: usize,
    /// As it was typed.
    pub text: String,
    /// At the instant from which days are counted, until [`Expectation::set_instant`].
    pub call: Call,
    when: Option<When>,
    /// How many calls there were before.
    pub earlier: u16,
    /// In how long.
    pub within: SignedDuration,
    pub expected: Expected,
}

impl Expectation {
    /// Sets the instant of the call, by the callee's clocks where no other is named.
    ///
    /// # Errors
    /// When there is not one clock.
    pub fn set_instant(&mut self, clocks: &[LocalTime]) -> Result<(), Mistake> {
        let mistake = |what| Mistake { line: self.line, what };
        if let Some(when) = &self.when {
            self.call.at = when.instant(&self.call, clocks).map_err(mistake)?;
        }
        Ok(())
    }
}

/// What is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// As the contract spells it; `None` for an unknown decision.
    pub status: Option<&'static str>,
    /// The code of a REJECT, the number of a redirect.
    pub detail: Option<String>,
    /// The rule, or `default`.
    pub by: Option<String>,
}

/// What cannot be understood, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    line: usize,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.what)
    }
}

/// Reads a file.
///
/// # Errors
/// All lines that cannot be understood.
pub fn expectations(text: &str, now: Timestamp) -> Result<Vec<Expectation>, Vec<Mistake>> {
    let (mut read, mut mistakes, mut now) = (Vec::new(), Vec::new(), now);
    for (index, whole) in text.lines().enumerate() {
        let line = index + 1;
        let text = without_remark(whole).trim().trim_start_matches('\u{feff}');
        if text.is_empty() {
            continue;
        }
        let mut words = Words(text.split_whitespace().collect());
        let outcome = if words.take("now") {
            words.instant("now").map(|at| now = at)
        } else {
            words.expectation(line, text, now).map(|expectation| read.push(expectation))
        };
        if let Err(what) = outcome.and_then(|()| words.end()) {
            mistakes.push(Mistake { line, what });
        }
    }
    if mistakes.is_empty() { Ok(read) } else { Err(mistakes) }
}

/// A line up to its remark. A `#` within a word, or between backticks, is part of a rule's name.
fn without_remark(line: &str) -> &str {
    let (mut is_name, mut is_in_word) = (false, false);
    for (index, c) in line.char_indices() {
        match c {
            '`' => is_name = !is_name,
            '#' if !is_name && !is_in_word => return line.get(..index).unwrap_or(line),
            _ => {}
        }
        is_in_word = !c.is_whitespace() && c != '\u{feff}';
    }
    line
}

/// The words of a line that are left.
struct Words<'t>(std::collections::VecDeque<&'t str>);

impl<'t> Words<'t> {
    /// Takes the next word if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.0.front().is_some_and(|next| next.eq_ignore_ascii_case(word));
        if is_next {
            self.0.pop_front();
        }
        is_next
    }

    fn next(&mut self, wanted: &str) -> Result<&'t str, String> {
        self.0.pop_front().ok_or_else(|| format!("the line ends where {wanted} belongs"))
    }

    fn end(&self) -> Result<(), String> {
        match self.0.front() {
            None => Ok(()),
            Some(word) => Err(format!("{word:?} belongs to nothing; see `precall help test`")),
        }
    }

    fn expectation(&mut self, line: usize, text: &str, now: Timestamp) -> Result<Expectation, String> {
        let to = self.number("the callee, such as +13155550100")?;
        let mut call = Call { from: None, to, client: None, at: now, redirected: false };
        let (mut earlier, mut within) = (0, SignedDuration::ZERO);
        let mut when = None;
        let mut said = Vec::new();
        loop {
            let word = self.next("`is` and the decision")?;
            // There is one instant, whether `at` or `on` says it.
            let lower = word.to_ascii_lowercase();
            let about = if lower == "at" { "on".to_owned() } else { lower };
            if said.contains(&about) {
                return Err(format!("{word:?} says again what was said; keep one"));
            }
            said.push(about);
            match word.to_ascii_lowercase().as_str() {
                "is" => break,
                "from" => {
                    let next = self.0.front().copied().unwrap_or_default();
                    if is_withheld(next) {
                        self.0.pop_front();
                    } else {
                        call.from = Some(self.number("the caller, such as +12125550100, or `anonymous`")?);
                    }
                }
                "client" => call.client = Some(self.next("the name of an API key")?.into()),
                "at" => when = Some(When::Instant(self.instant("at")?)),
                "on" => when = Some(self.day_and_time()?),
                "in" => match (&mut when, self.zone()?) {
                    (Some(When::Clock { zone, .. }), named) => *zone = Some(named),
                    _ => return Err("`in` a time zone belongs behind `on` a day and a time".to_owned()),
                },
                "after" => (earlier, within) = self.earlier()?,
                _ => {
                    return Err(format!(
                        "{word:?} is none of from, client, at, on, in, after, is; such as: +13155550100 on Sunday 14:00 is REJECT"
                    ));
                }
            }
        }
        let expected = self.expected()?;
        Ok(Expectation { line, text: text.to_owned(), call, when, earlier, within, expected })
    }

    fn number(&mut self, wanted: &str) -> Result<Number, String> {
        let text = self.next(wanted)?;
        Number::from_typed(text).map_err(|error| format!("{text:?} is {error}"))
    }

    /// A date, or an instant with its offset.
    fn instant(&mut self, behind: &str) -> Result<Timestamp, String> {
        let text = self.next("an instant, such as 2026-12-01T15:00:00Z")?;
        let midnight = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        let instant = text.parse::<Timestamp>().ok().or_else(|| midnight().filter(|_| behind == "now"));
        instant.ok_or_else(|| format!("{text:?} is no instant; write 2026-12-01T15:00:00Z behind `{behind}`"))
    }

    fn day_and_time(&mut self) -> Result<When, String> {
        let day = self.next("a day")?;
        let lower = day.to_ascii_lowercase();
        let weekday = WEEKDAYS.iter().find(|(name, _)| lower.len() >= 3 && name.starts_with(&lower));
        let day = match (weekday, day.parse::<Date>()) {
            (Some((_, weekday)), _) => Day::Next(*weekday),
            (None, Ok(date)) => Day::Date(date),
            _ => return Err(format!("{day:?} is no day; write Sunday or 2026-12-06")),
        };
        let text = self.next("a time, such as 14:00")?;
        let time = text
            .split_once(':')
            .and_then(|(hour, minute)| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok())
            .ok_or_else(|| format!("{text:?} is no time of day; write 14:00"))?;
        Ok(When::Clock { day, time, zone: None })
    }

    fn zone(&mut self) -> Result<TimeZone, String> {
        let name = self.next("a time zone, such as America/New_York")?;
        TimeZone::get(name).map_err(|_| format!("{name:?} is no time zone; write America/New_York"))
    }

    /// `3 calls`, `3 calls in the last 2h`
    fn earlier(&mut self) -> Result<(u16, SignedDuration), String> {
        let text = self.next("how many calls")?;
        let count = text.parse().ok().filter(|count| *count <= MOST_EARLIER);
        let count = count.ok_or_else(|| format!("{text:?} is no count up to {MOST_EARLIER}; write after 3 calls"))?;
        if !self.take("calls") && !self.take("call") {
            return Err("`calls` belongs behind the count; write after 3 calls in the last 2h".to_owned());
        }
        // A minute for each, if nothing is said.
        let mut within = SignedDuration::from_mins(i64::from(count) + 1);
        let is_said = matches!(self.0.iter().take(3).map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().as_slice(),
            [a, b, c] if a == "in" && b == "the" && c == "last");
        if is_said {
            self.0.drain(..3);
            let text = self.next("a length of time, such as 2h")?;
            let span = text.parse::<Span>().ok();
            let time = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
            within = time
                .filter(|time| time.is_positive() && *time <= Limit::MAX_WINDOW)
                .ok_or_else(|| format!("{text:?} is no length of time up to 366d; write 2h or 7d"))?;
        }
        Ok((count, within))
    }

    fn expected(&mut self) -> Result<Expected, String> {
        let word = self.next("a decision")?;
        let status = match word.to_ascii_uppercase().as_str() {
            "PROCEED" => Some("PROCEED"),
            "REJECT" => Some("REJECT"),
            "CHANGE_DESTINATION" => Some("CHANGE_DESTINATION"),
            "UNKNOWN" => None,
            _ => return Err(format!("{word:?} is none of PROCEED, REJECT, CHANGE_DESTINATION, UNKNOWN")),
        };
        let is_by = self.0.front().is_some_and(|word| word.eq_ignore_ascii_case("by"));
        let detail = match (status, self.0.front().copied()) {
            (Some("REJECT"), Some(code)) if !is_by => Some(code.to_owned()),
            (Some("CHANGE_DESTINATION"), Some(number)) if !is_by => {
                let number = Number::from_typed(number).map_err(|error| format!("{number:?} is {error}"))?;
                Some(number.as_str().to_owned())
            }
            _ => None,
        };
        if detail.is_some() {
            self.0.pop_front();
        }
        if is_by && status.is_none() {
            return Err("no rule decides what is UNKNOWN; leave `by` out".to_owned());
        }
        let by = if self.take("by") { Some(self.rest("the name of a rule")?) } else { None };
        Ok(Expected { status, detail, by })
    }

    /// All that is left: names of rules may have blanks.
    fn rest(&mut self, wanted: &str) -> Result<String, String> {
        let mut rest = self.next(wanted)?.to_owned();
        for word in self.0.drain(..) {
            rest.push(' ');
            rest.push_str(word);
        }
        Ok(rest.trim_matches('`').to_owned())
    }
}

#[derive(Debug, Clone, Copy)]
enum Day {
    Next(Weekday),
    Date(Date),
}

#[derive(Debug, Clone)]
enum When {
    Instant(Timestamp),
    /// What a clock shows; the callee's, if none is named.
    Clock {
        day: Day,
        time: Time,
        zone: Option<TimeZone>,
    },
}

impl When {
    fn instant(&self, call: &Call, clocks: &[LocalTime]) -> Result<Timestamp, String> {
        let now = call.at;
        let (day, time, zone) = match self {
            Self::Instant(at) => return Ok(*at),
            Self::Clock { day, time, zone } => (day, time, zone.clone()),
        };
        let zone = match zone {
            Some(zone) => zone,
            None => only_zone(call, clocks)?,
        };
        let today = now.to_zoned(zone.clone());
        let date = match day {
            Day::Date(date) => *date,
            Day::Next(weekday) => {
                let days = today.weekday().until(*weekday);
                let date = today.date().checked_add(Span::new().days(days)).map_err(|error| error.to_string())?;
                // That of next week, if today's hour is over.
                if at(date, *time, &zone)? < now {
                    date.checked_add(Span::new().days(7)).map_err(|error| error.to_string())?
                } else {
                    date
                }
            }
        };
        at(date, *time, &zone)
    }
}

/// The instant at which a clock shows this.
fn at(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, String> {
    let shown = DateTime::from_parts(date, time);
    shown.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).map_err(|error| error.to_string())
}

/// The one zone in which the callee is.
fn only_zone(call: &Call, clocks: &[LocalTime]) -> Result<TimeZone, String> {
    match clocks {
        [clock] => Ok(clock.zone.clone()),
        [] => Err(format!("no clock is known for {}; add: in America/New_York", call.to)),
        several => {
            let names: Vec<&str> = several.iter().filter_map(|clock| clock.zone.iana_name()).collect();
            let first = names.first().copied().unwrap_or("UTC");
            Err(format!("{} may be in {}; say which: in {first}", call.to, names.join(" or ")))
        }
    }
}
