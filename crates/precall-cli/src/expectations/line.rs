//! The language of a line: `+13155550100 on Sunday 14:00 is REJECT 480 by night`.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use precall::frequency_cap::Limit;
use precall::number::is_withheld;
use precall::{Call, Number};

use super::expectation::{EarlierCalls, Expectation, ExpectedDecision};
use super::mistake::LineFault;
use super::words::LineWords;
use crate::call_time::{CallDay, CallTime, parse_date, parse_time};

/// Most earlier calls.
const MAX_EARLIER: u16 = 1_000;

/// Reads `now` and an instant.
///
/// # Errors
/// If the text is not one.
pub fn now(words: &mut LineWords<'_>) -> Result<Timestamp, LineFault> {
    let midnight = |text: &str| parse_date(text)?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let text = words.rest("an instant, such as 2026-12-01T15:00:00Z")?;
    text.parse()
        .ok()
        .or_else(|| midnight(&text))
        .ok_or_else(|| not_this(&text, "an instant; write 2026-12-01T15:00:00Z after `now`"))
}

/// Reads an expectation. `line` is the line's number.
///
/// # Errors
/// If a part of the line cannot be read.
pub fn expectation(
    words: &mut LineWords<'_>,
    line: usize,
    text: &str,
    now: Timestamp,
) -> Result<Expectation, LineFault> {
    let to = number(words, "the callee, such as +13155550100")?;
    let mut parts = CallParts { call: Call::new(to, now), time: None, earlier: EarlierCalls::default() };
    let mut read = Vec::new();
    loop {
        let word = words.next("`is` and the decision")?;
        let part = word.to_ascii_lowercase();
        if part == "is" {
            break;
        }
        // Both set the time.
        let kind = if part == "at" { "on".to_owned() } else { part.clone() };
        if read.contains(&kind) {
            return Err(LineFault::Repeated(word.to_owned()));
        }
        read.push(kind);
        parts.read(&part, word, words)?;
    }
    let CallParts { call, time, earlier } = parts;
    Ok(Expectation { line, text: text.to_owned(), call, time, earlier, expected: expected(words)? })
}

/// The part of a line before `is`.
struct CallParts {
    call: Call,
    time: Option<CallTime>,
    earlier: EarlierCalls,
}

impl CallParts {
    /// Reads the part that begins with `word`.
    fn read(&mut self, part: &str, word: &str, words: &mut LineWords<'_>) -> Result<(), LineFault> {
        match part {
            "from" => self.call.from = caller(words)?,
            "client" => self.call.client = Some(words.next("the name of an API key")?.into()),
            "at" => self.time = Some(CallTime::Instant(instant(words)?)),
            "on" => self.time = Some(day_and_time(words)?),
            "in" => match (&mut self.time, zone(words)?) {
                (Some(CallTime::Clock { zone, .. }), named) => *zone = Some(named),
                _ => return Err(LineFault::ZoneWithoutTime),
            },
            "after" => self.earlier = earlier(words)?,
            _ => return Err(LineFault::UnknownPart(word.to_owned())),
        }
        Ok(())
    }
}

fn number(words: &mut LineWords<'_>, missing: &'static str) -> Result<Number, LineFault> {
    let text = words.next(missing)?;
    Number::from_typed(text).map_err(|source| LineFault::Number { word: text.to_owned(), source })
}

/// Reads the caller; `None` if withheld.
fn caller(words: &mut LineWords<'_>) -> Result<Option<Number>, LineFault> {
    let missing = "the caller, such as +12125550100 or `anonymous`";
    if words.peek().is_some_and(is_withheld) {
        return words.next(missing).map(|_| None);
    }
    number(words, missing).map(Some)
}

/// Reads an instant with its offset.
fn instant(words: &mut LineWords<'_>) -> Result<Timestamp, LineFault> {
    let text = words.next("an instant, such as 2026-12-01T15:00:00Z")?;
    text.parse().map_err(|_error| not_this(text, "an instant; write 2026-12-01T15:00:00Z after `at`, or a day and a time after `on`, such as `on Sunday 14:00`"))
}

fn not_this(word: &str, wanted: &'static str) -> LineFault {
    LineFault::NotThis { word: word.to_owned(), wanted }
}

fn day_and_time(words: &mut LineWords<'_>) -> Result<CallTime, LineFault> {
    let text = words.next("a day")?;
    let day = CallDay::parse(text).ok_or_else(|| not_this(text, "a day; write Sunday or 2026-12-06"))?;
    if words.is_next("is") {
        return Err(LineFault::NoTime(text.to_owned()));
    }
    let text = words.next("a time, such as 14:00")?;
    let time = parse_time(text).ok_or_else(|| not_this(text, "a time of day; write 14:00"))?;
    Ok(CallTime::Clock { day, time, zone: None })
}

fn zone(words: &mut LineWords<'_>) -> Result<TimeZone, LineFault> {
    let name = words.next("a time zone, such as America/New_York")?;
    TimeZone::get(name).map_err(|_error| not_this(name, "a time zone; write America/New_York"))
}

/// Reads `3 calls`, `3 calls in the last 2h`.
fn earlier(words: &mut LineWords<'_>) -> Result<EarlierCalls, LineFault> {
    let text = words.next("the number of calls")?;
    let count = text.parse().ok().filter(|count| *count <= MAX_EARLIER);
    let count = count.ok_or_else(|| LineFault::Count { word: text.to_owned(), max: MAX_EARLIER })?;
    if !words.take("calls") && !words.take("call") {
        return Err(LineFault::CallsMissing);
    }
    let within = if words.take_phrase(&["in", "the", "last"]) {
        length_of_time(words)?
    } else {
        // A minute for each.
        SignedDuration::from_mins(i64::from(count) + 1)
    };
    Ok(EarlierCalls { count, within })
}

fn length_of_time(words: &mut LineWords<'_>) -> Result<SignedDuration, LineFault> {
    let text = words.next("a length of time, such as 2h")?;
    let span = text.parse::<Span>().ok();
    let time = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    time.filter(|time| time.is_positive() && *time <= Limit::MAX_WINDOW)
        .ok_or_else(|| not_this(text, "a length of time up to 366d; write 2h or 7d"))
}

/// Reads the part of a line after `is`.
fn expected(words: &mut LineWords<'_>) -> Result<ExpectedDecision, LineFault> {
    let word = words.next("the decision")?;
    let status = match word.to_ascii_uppercase().as_str() {
        "PROCEED" => Some("PROCEED"),
        "REJECT" => Some("REJECT"),
        "CHANGE_DESTINATION" => Some("CHANGE_DESTINATION"),
        "UNKNOWN" => None,
        _ => return Err(not_this(word, "a decision; write PROCEED, REJECT, CHANGE_DESTINATION or UNKNOWN")),
    };
    let detail = match status {
        _ if words.peek().is_none() || words.is_next("by") => None,
        Some("REJECT") => Some(words.next("a code")?.to_owned()),
        Some("CHANGE_DESTINATION") => Some(number(words, "a number")?.as_str().to_owned()),
        _ => None,
    };
    let by = if !words.take("by") {
        None
    } else if status.is_none() {
        return Err(LineFault::RuleOfUnknown);
    } else {
        if words.peek().is_none() {
            return Err(LineFault::NoRule);
        }
        Some(words.rest("the name of a rule")?)
    };
    Ok(ExpectedDecision { status, detail, by })
}
