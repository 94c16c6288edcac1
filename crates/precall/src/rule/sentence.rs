//! A rule or a fact as a sentence. It is made from the parsed item, so it says what decides, not what was typed.

use std::fmt::Write;

use jiff::Timestamp;

use super::conditions::{ClockSource, Conditions, Lifetime, Side, zone_name};
use super::definition::{Action, Rule};
use super::exemption::Exemption;
use super::fact::{Fact, FactContent, Holder};
use super::list_copy::ListCopy;
use super::share::Targets;
use crate::calling_hours::{HoursRow, Law};
use crate::frequency_cap::{CountBy, FrequencyCap};
use crate::place::place_label;
use crate::selection::alternatives;

impl Rule {
    /// Returns what the rule does, as a sentence without its subject and final period. It names every condition, the answer,
    /// and the priority if that is not 0. Instants are in UTC.
    ///
    /// ```
    /// use precall::rule::{Entry, parse};
    ///
    /// let item = serde_json::json!({
    ///     "number": "*", "rule": "no-fl", "status": "REJECT", "code": "480", "places": "US-FL", "days": "Mon-Fri",
    ///     "hours": "!09:00-17:00", "expires_at": "2026-12-25",
    /// });
    /// let Entry::Rule(rule) = parse(&serde_json::from_value(item)?) else { panic!("a rule") };
    /// assert_eq!(
    ///     rule.sentence(),
    ///     "rejects calls to Florida, Mon–Fri outside 09:00–17:00 by the callee's clock, until 25 Dec 2026 00:00 UTC, code 480"
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn sentence(&self) -> String {
        if !self.conditions.lifetime.enabled {
            return "is switched off".to_owned();
        }
        let verb = match (&self.action, self.shadow) {
            (Action::Proceed, false) => "lets through",
            (Action::Reject { .. }, false) => "rejects",
            (Action::Redirect(_), false) => "redirects",
            (Action::Proceed, true) => "only reports that it would let through",
            (Action::Reject { .. }, true) => "only reports that it would reject",
            (Action::Redirect(_), true) => "only reports that it would redirect",
        };
        let clauses = [Some(calls(&self.conditions)), self.answer_clause(), self.priority_clause()];
        let text = clauses.into_iter().flatten().collect::<Vec<_>>().join(", ");
        format!("{verb} {text}{}", self.stated_clock())
    }

    fn answer_clause(&self) -> Option<String> {
        match &self.action {
            Action::Proceed => None,
            Action::Reject { code, reason } if *reason == self.key.rule => Some(format!("code {code}")),
            Action::Reject { code, reason } => Some(format!("code {code} {reason:?}")),
            Action::Redirect(targets) => Some(format!("new destination {}", destinations(targets))),
        }
    }

    fn priority_clause(&self) -> Option<String> {
        (self.priority != 0).then(|| format!("priority {}", self.priority))
    }

    /// Returns the end of the sentence for a rule whose time zone also states where its number's holder is.
    fn stated_clock(&self) -> String {
        match (&self.conditions.timezone, &self.conditions.number) {
            (ClockSource::Zone(zone), Some((_, number))) if !self.shadow => {
                format!("; also sets the clock of {number} to {}", zone_name(zone))
            }
            _ => String::new(),
        }
    }
}

impl Fact {
    /// Returns what the fact states, as a sentence without its subject and final period. Instants are in UTC.
    ///
    /// ```
    /// use precall::rule::{Entry, parse};
    ///
    /// let item = serde_json::json!({
    ///     "number": "+12125550123", "rule": "lives-in", "timezone": "America/Denver", "places": "US-CO",
    /// });
    /// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
    /// assert_eq!(fact.sentence(), "says that the holder of +12125550123 is in Colorado, by the clock of America/Denver");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn sentence(&self) -> String {
        let mut text = match &self.content {
            FactContent::Holder(holder) => placed(&format!("the holder of {}", self.key.number), holder),
            FactContent::Prefix(prefix) => {
                let numbers = prefix.to.phrase("number").unwrap_or_else(|| "no number".to_owned());
                placed(&format!("the holder of a number {numbers}"), &prefix.holder)
            }
            FactContent::CallingHours(rows) => lawful_hours(rows),
            FactContent::List(copy) => list_copy(copy),
            FactContent::Exemption(exemption) => return exempted(&self.key.number, exemption, &self.lifetime),
        };
        if let Some(lifetime) = lifetime(&self.lifetime) {
            text = format!("{text}, {lifetime}");
        }
        text
    }
}

/// Returns the rules that an exemption lifts, for which calls, until when, and the proof.
fn exempted(number: &str, exemption: &Exemption, lifetime: &Lifetime) -> String {
    let callers = exemption.from.phrase("caller").map(|from| format!(" from {from}")).unwrap_or_default();
    let clients = exemption.clients.phrase();
    let time = self::lifetime(lifetime).unwrap_or_default();
    let end = match lifetime.expires_at {
        Some(_) => time,
        None if time.is_empty() => "without an end".to_owned(),
        None => format!("{time}, without an end"),
    };
    let proof = exemption.shown_proof().map(|proof| format!(", proof: {proof}")).unwrap_or_default();
    format!("lifts {} for calls to {number}{callers}{clients}, {end}{proof}", exemption.phrase())
}

/// Returns which copy of a list is in force.
fn list_copy(copy: &ListCopy) -> String {
    let ListCopy { list, copied, sha256: _, file, due, numbers } = copy;
    let entries = if *numbers == 1 { "entry" } else { "entries" };
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let due = due.map(|due| format!(", to be replaced before {}", day(due))).unwrap_or_default();
    format!(
        "says that list {list} is in force, as the copy of {} from {file} (sha256 {}, {numbers} {entries}){due}",
        day(*copied),
        copy.checksum()
    )
}

/// Returns where somebody is.
fn placed(somebody: &str, holder: &Holder) -> String {
    let zone = alternatives(holder.zones.iter().map(|zone| zone_name(zone).to_owned()), "or");
    let besides = if holder.besides { ", besides the places and clocks of the number" } else { "" };
    if holder.places.is_empty() {
        return format!("says that {somebody} has the clock of {zone}{besides}");
    }
    let places = alternatives(holder.places.iter().map(|code| place_label(code)), "or");
    format!("says that {somebody} is in {places}, by the clock of {zone}{besides}")
}

/// Returns the calls to which the conditions limit a rule, such as `calls to Florida, until 25 Dec 2026 00:00 UTC`.
fn calls(conditions: &Conditions) -> String {
    let Conditions { lifetime, clients, percent, clock, timezone, calling_hours, cap, .. } = conditions;
    let mut text = numbers(conditions);
    text += &clients.phrase();
    let share = percent.map(|percent| format!("for {percent} of the pairs of numbers"));
    let unlawful = unlawful(calling_hours);
    let full_cap = cap.as_ref().map(full_cap);
    for clause in [share, unlawful, full_cap].into_iter().flatten() {
        // After a comma, a space would join the words to the wrong part.
        let separator = if text.contains(", ") || text.contains(" except ") { ", " } else { " " };
        write_to(&mut text, format_args!("{separator}{clause}"));
    }
    let times = (!clock.is_always()).then(|| format!("{} by {}", clock.times(), clock_words(timezone)));
    for clause in [times, self::lifetime(lifetime)].into_iter().flatten() {
        write_to(&mut text, format_args!(", {clause}"));
    }
    text
}

/// Returns the calls with their numbers and places: `all calls`, `calls to +13155550100 from +1212*`.
fn numbers(conditions: &Conditions) -> String {
    let Conditions { number, to, from, places, .. } = conditions;
    let mut callees: Vec<String> = Vec::new();
    let mut callers: Vec<String> = Vec::new();
    match number {
        Some((Side::To, number)) => callees.push(format!("to {number}")),
        Some((Side::From, number)) => callers.push(format!("from {number}")),
        Some((Side::Any, number)) => callees.push(format!("to or from {number}")),
        None => {}
    }
    callees.extend(to.phrase("number").map(|to| format!("to {to}")));
    callees.extend(places.as_ref().map(|places| format!("to {}", places.phrase())));
    callers.extend(from.phrase("caller").map(|from| format!("from {from}")));
    let (mut callees, mut callers) = (callees.into_iter(), callers.into_iter());
    let firsts: Vec<String> = callees.next().into_iter().chain(callers.next()).collect();
    if firsts.is_empty() {
        return "all calls".to_owned();
    }
    let mut text = "calls".to_owned();
    for phrase in firsts {
        // After an exception, a comma shows that the next words are not a part of it.
        let separator = if text.contains(" except ") { ", " } else { " " };
        write_to(&mut text, format_args!("{separator}{phrase}"));
    }
    for phrase in callees.chain(callers) {
        write_to(&mut text, format_args!(", and only {phrase}"));
    }
    text
}

fn write_to(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(words);
}

fn clock_words(source: &ClockSource) -> String {
    match source {
        ClockSource::Callee => "the callee's clock".to_owned(),
        ClockSource::Caller => "the caller's clock".to_owned(),
        ClockSource::Zone(zone) => format!("the clock of {}", zone_name(zone)),
    }
}

fn unlawful(laws: &[Law]) -> Option<String> {
    let laws = laws.iter().map(|law| format!("`{law}` ({})", law.calls()));
    let laws = alternatives(laws, "or");
    (!laws.is_empty()).then(|| format!("outside the lawful hours of {laws}"))
}

fn full_cap(cap: &FrequencyCap) -> String {
    let counted = match cap.count_by {
        CountBy::Callee => "to the same callee",
        CountBy::Pair => "from the same caller to the same callee",
        CountBy::Caller => "from the same caller",
    };
    let calls = if cap.limit.max == 1 { "call" } else { "calls" };
    format!("after {} {calls} {counted} within {}", cap.limit.max, cap.limit.window_words())
}

/// Returns the span of time in which an item counts; nothing if it always counts.
fn lifetime(lifetime: &Lifetime) -> Option<String> {
    match (lifetime.starts_at, lifetime.expires_at) {
        (None, None) => None,
        (Some(start), None) => Some(format!("from {} on", utc(start))),
        (None, Some(end)) => Some(format!("until {}", utc(end))),
        (Some(start), Some(end)) => Some(format!("from {} until {}", utc(start), utc(end))),
    }
}

/// Returns an instant: `25 Dec 2026 00:00 UTC`, with seconds if there are any.
fn utc(at: Timestamp) -> String {
    let form = match (at.as_second().rem_euclid(60), at.subsec_nanosecond()) {
        (0, 0) => "%-d %b %Y %H:%M UTC",
        (_, 0) => "%-d %b %Y %H:%M:%S UTC",
        _ => "%-d %b %Y %H:%M:%S%.f UTC",
    };
    at.strftime(form).to_string()
}

fn destinations(targets: &Targets) -> String {
    match targets.weighted() {
        [] => targets.numbers().map(ToString::to_string).collect(),
        weighted => alternatives(weighted.iter().map(|(number, weight)| format!("{number} (weight {weight})")), "or"),
    }
}

/// Returns the content of a fact about calling hours. Its rows differ only in their places and holidays.
fn lawful_hours(rows: &[HoursRow]) -> String {
    let Some(first) = rows.first() else { return "replaces no hours".to_owned() };
    let places = alternatives(rows.iter().map(|row| place_label(&row.place)), "and");
    let hours = first.hours.to_string().replace('-', "–");
    let clock = first.timezone.clone().map_or(ClockSource::Callee, ClockSource::Zone);
    let keeping: Vec<String> =
        rows.iter().filter(|row| row.holidays.is_some()).map(|row| place_label(&row.place)).collect();
    let holidays = match keeping.len() {
        0 => ", also on holidays".to_owned(),
        all if all == rows.len() => ", on holidays as in the table".to_owned(),
        _ => format!(", on holidays of {} as in the table", alternatives(keeping.into_iter(), "and")),
    };
    format!(
        "replaces the lawful hours of {} to {places} with {hours} by {}{holidays}",
        first.regime,
        clock_words(&clock)
    )
}
