//! Findings about values that are read as something other than their author may mean: instants without a time zone, dates
//! that do not come again, and a cap's window in `M`.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::rule::{Dates, Entry, Key, Rule, WrittenInstant, may_mean_months};

use super::finding::{FindingLevel, RuleFinding};
use super::written::written;
use crate::counts::counted;
use crate::dynamodb::attribute_value::Attributes;

/// The attributes that are instants.
const INSTANTS: [&str; 2] = ["starts_at", "expires_at"];

/// The zone of the example in a finding about an instant without a zone.
const EXAMPLE_ZONE: &str = "America/New_York";

/// Days of a year without February 29.
const DAYS_OF_YEAR: usize = 365;

/// The most days of a range over new year that are usual.
const MAX_USUAL_DAYS: usize = 300;

/// The longest time for which a date is not over in some zone, although it is in UTC.
const LAST_ZONE: SignedDuration = SignedDuration::from_hours(12);

/// Returns the findings about the values of an item.
pub fn of_values(item: &Attributes, entry: &Entry, now: Timestamp) -> Vec<RuleFinding> {
    let key = entry.key();
    let mut findings: Vec<RuleFinding> =
        INSTANTS.into_iter().filter_map(|name| of_instant(item, name, key, entry)).collect();
    if let Entry::Rule(rule) = entry {
        findings.extend(of_dates(rule, now));
        findings.extend(of_swapped_dates(rule));
        findings.extend(of_cap_window(item, key));
    }
    findings
}

/// Returns a finding if an instant has no time zone.
fn of_instant(item: &Attributes, name: &str, key: &Key, entry: &Entry) -> Option<RuleFinding> {
    let text = written(item, name)?;
    let read = WrittenInstant::parse(&text).ok()?;
    if let Some(zone) = zone_without_place(&text) {
        return Some(RuleFinding::new(
            FindingLevel::Warning,
            key,
            format!("`{name}` {text} is read as {read}: {zone} may have no daylight saving time"),
            format!("write the zone of a place, such as [{EXAMPLE_ZONE}]"),
        ));
    }
    if !read.lacks_zone {
        return None;
    }
    let there = read.at.to_zoned(TimeZone::get(EXAMPLE_ZONE).ok()?);
    let dates = if matches!(entry, Entry::Rule(_)) { "; use `dates` for a calendar day" } else { "" };
    Some(RuleFinding::new(
        FindingLevel::Note,
        key,
        format!("`{name}` {text} is read as {read}, which is {} by New York's clock", there.strftime("%a %F %H:%M")),
        format!("write the time zone, such as {}[{EXAMPLE_ZONE}]{dates}", read.at.strftime("%FT%H:%M")),
    ))
}

/// Returns a zone such as `EST`, which is not the zone of a place.
fn zone_without_place(text: &str) -> Option<&str> {
    let (zone, _) = text.split_once('[')?.1.split_once(']')?;
    let is_word = zone.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word && !zone.eq_ignore_ascii_case("utc")).then_some(zone)
}

/// Returns a finding if the dates of a rule are over, or do not occur each year.
fn of_dates(rule: &Rule, now: Timestamp) -> Option<RuleFinding> {
    let dates = rule.conditions.clock.dates()?;
    let today = (now - LAST_ZONE).to_zoned(TimeZone::UTC).date();
    if let Some(last) = dates.last().filter(|last| *last < today) {
        return Some(RuleFinding::new(
            FindingLevel::Note,
            &rule.key,
            format!("the last of its `dates`, {last}, is over, so it never applies again"),
            "remove it, or write later dates; 12-25 without a year is each year's",
        ));
    }
    dates.need_leap_year().then(|| {
        RuleFinding::new(
            FindingLevel::Note,
            &rule.key,
            "its `dates` have 02-29, which only leap years have",
            "add 03-01 or 02-28 if the rule is meant to apply in the other years",
        )
    })
}

/// Returns the findings about yearly ranges that are so long that their ends are probably swapped.
fn of_swapped_dates(rule: &Rule) -> Vec<RuleFinding> {
    let ranges = rule.conditions.clock.dates().into_iter().flat_map(Dates::yearly);
    let long = ranges.filter(|(_, others)| (1..DAYS_OF_YEAR - MAX_USUAL_DAYS).contains(others));
    let finding = |(range, others): (String, usize)| {
        let (first, last) = range.split_once("..").unwrap_or((&range, &range));
        RuleFinding::new(
            FindingLevel::Warning,
            &rule.key,
            format!("`dates` {range} is read as all but {} of each year", counted(others as u64, "day")),
            format!("if the other days are meant, write {last}..{first}"),
        )
    };
    long.map(finding).collect()
}

/// Returns a finding if the window of a cap may be meant in months.
fn of_cap_window(item: &Attributes, key: &Key) -> Option<RuleFinding> {
    let text = written(item, "per").filter(|text| may_mean_months(text))?;
    let minutes = text.trim_end_matches('M').trim_end();
    Some(RuleFinding::new(
        FindingLevel::Warning,
        key,
        format!("`per` {text} is read as minutes, not months"),
        format!("write {minutes}min, or 30d for a month"),
    ))
}
