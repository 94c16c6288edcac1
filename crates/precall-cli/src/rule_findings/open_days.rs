//! Findings about rules that close outside office hours, and leave the other days of the week open.

use std::collections::BTreeMap;

use precall::rule::{Action, Clients, Conditions, DayWindow, Entry, Patterns, Rule, Weekdays};

use super::finding::{FindingLevel, RuleFinding};

/// Minutes of the shortest window over midnight that closes the time between two office days.
const MIN_CLOSED_MINUTES: u16 = 12 * 60;

/// Returns a finding for each rule that stops or redirects calls outside some hours of some days, if no rule under the
/// same number closes the other days. The entries are by the number that they are stored under.
pub fn of_open_days(entries: &BTreeMap<String, Vec<Entry>>) -> Vec<RuleFinding> {
    let mut findings = Vec::new();
    for entries in entries.values() {
        let rules: Vec<&Rule> = entries.iter().filter_map(stopping_rule).collect();
        findings.extend(rules.iter().filter_map(|rule| open_days(rule, &rules)));
    }
    findings
}

/// Returns the rule of an entry if it stops or redirects calls.
fn stopping_rule(entry: &Entry) -> Option<&Rule> {
    let Entry::Rule(rule) = entry else { return None };
    let stops = !matches!(rule.action, Action::Proceed);
    (stops && !rule.shadow && rule.conditions.lifetime.enabled).then_some(rule)
}

fn open_days(rule: &Rule, rules: &[&Rule]) -> Option<RuleFinding> {
    let clock = &rule.conditions.clock;
    let (days, hours) = (clock.days()?, clock.hours()?);
    let others = days.others()?;
    let (open, closed) = (hours.negated_windows(), hours.windows());
    let is_closed_outside = closed.is_empty() || open.is_empty() && closed.iter().copied().all(closes_the_night);
    if !is_closed_outside || rules.iter().any(|other| closes(other, rule, others)) {
        return None;
    }
    let verb = if matches!(rule.action, Action::Redirect(_)) { "redirects" } else { "rejects" };
    let office = match closed {
        [night] => DayWindow { open: night.close % (24 * 60), close: night.open }.to_string(),
        _ => open.first().map_or_else(|| "09:00-17:00".to_owned(), ToString::to_string),
    };
    Some(RuleFinding::new(
        FindingLevel::Warning,
        &rule.key,
        format!(
            "it {verb} calls outside office hours on {days} only: it does not apply on {others}, so they stay open unless another rule closes them"
        ),
        format!("write `hours` = !{office} without `days`, and a second rule with `days` = {others} without `hours`"),
    ))
}

/// Returns true if a window closes the time from one office day to the next.
fn closes_the_night(window: DayWindow) -> bool {
    window.is_overnight() && window.close - window.open >= MIN_CLOSED_MINUTES
}

/// Returns true if another rule closes these days for all calls of the rule.
fn closes(other: &Rule, rule: &Rule, days: Weekdays) -> bool {
    let (wider, narrower) = (&other.conditions, &rule.conditions);
    let has_days = wider.clock.days().is_none_or(|closed| closed.contain_all(days));
    let is_as_wide = (wider.to == Patterns::default() || wider.to == narrower.to)
        && (wider.from == Patterns::default() || wider.from == narrower.from)
        && (wider.clients == Clients::default() || wider.clients == narrower.clients)
        && (wider.places.is_none() || wider.places == narrower.places)
        && wider.number == narrower.number;
    other.key != rule.key && has_days && is_as_wide && closes_all_day(wider)
}

/// Returns true if a rule has no condition but days that excludes a part of a day.
fn closes_all_day(conditions: &Conditions) -> bool {
    let clock = &conditions.clock;
    let is_whole_day = |window: &DayWindow| window.open == 0 && window.close == 24 * 60;
    let has_all_hours = clock
        .hours()
        .is_none_or(|hours| hours.negated_windows().is_empty() && hours.windows().iter().any(is_whole_day));
    has_all_hours
        && clock.dates().is_none()
        && conditions.percent.is_none()
        && conditions.calling_hours.is_empty()
        && conditions.cap.is_none()
}
