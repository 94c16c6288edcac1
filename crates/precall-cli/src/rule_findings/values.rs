//! Findings about values that are read as something other than their author may mean: instants without a time zone, dates
//! that do not come again, and a cap's window in `M`.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::rule::{Entry, Key, Rule, WrittenInstant, may_mean_months};

use super::finding::{FindingLevel, RuleFinding};
use super::written::written;
use crate::dynamodb::attribute_value::Attributes;

/// The attributes that are instants.
const INSTANTS: [&str; 2] = ["starts_at", "expires_at"];

/// The zone of the example in a finding about an instant without a zone.
const EXAMPLE_ZONE: &str = "America/New_York";

/// The longest time for which a date is not over in some zone, although it is in UTC.
const LAST_ZONE: SignedDuration = SignedDuration::from_hours(12);

/// Returns the findings about the values of an item.
pub fn of_values(item: &Attributes, entry: &Entry, now: Timestamp) -> Vec<RuleFinding> {
    let key = entry.key();
    let mut findings: Vec<RuleFinding> =
        INSTANTS.into_iter().filter_map(|name| of_instant(item, name, key, entry)).collect();
    if let Entry::Rule(rule) = entry {
        findings.extend(of_dates(rule, now));
        findings.extend(of_cap_window(item, key));
    }
    findings
}

/// Returns a finding if an instant has no time zone.
fn of_instant(item: &Attributes, name: &str, key: &Key, entry: &Entry) -> Option<RuleFinding> {
    let text = written(item, name)?;
    let read = WrittenInstant::parse(&text).ok().filter(|read| read.lacks_zone)?;
    let there = read.at.to_zoned(TimeZone::get(EXAMPLE_ZONE).ok()?);
    let dates = if matches!(entry, Entry::Rule(_)) { "; use `dates` for a calendar day" } else { "" };
    Some(RuleFinding::new(
        FindingLevel::Note,
        key,
        format!("`{name}` {text} is read as {read}, which is {} by New York's clock", there.strftime("%a %F %H:%M")),
        format!("write the time zone, such as {}[{EXAMPLE_ZONE}]{dates}", read.at.strftime("%FT%H:%M")),
    ))
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
