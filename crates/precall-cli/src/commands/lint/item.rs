//! What can be told of an item by itself.

use jiff::Timestamp;
use precall::Number;
use precall::rule::{Action, Entry, Key, Rule};

use super::{Finding, Level};
use crate::dynamodb::attribute_value::Attributes;

/// Most digits of an E.164 number (ITU-T E.164).
const MOST_DIGITS: usize = 15;

/// Codes by which a dialer takes the lead for disconnected, and loses it.
const LOSES_LEAD: [&str; 2] = ["404", "604"];

/// Codes by which a dialer takes the callee for busy, and tries again soon.
const BUSY: [&str; 2] = ["486", "600"];

/// Codes that dialers have no word for.
const UNMAPPED: [&str; 2] = ["607", "608"];

pub fn findings(item: &Attributes, entry: &Entry, now: Timestamp) -> Vec<Finding> {
    let key = entry.key();
    let mut findings = Vec::new();
    match entry {
        Entry::Invalid(invalid) => {
            for reason in &invalid.reasons {
                // Each says what to write instead.
                findings.push(Finding::new(Level::Error, key, reason.clone(), ""));
            }
        }
        Entry::Rule(rule) => {
            for repair in &rule.repairs {
                findings.push(Finding::new(
                    Level::Warning,
                    key,
                    repair.clone(),
                    "read in spite of it; write it as it is meant",
                ));
            }
            findings.extend(code(rule));
            findings.extend(lifetime(rule, now));
            if let Action::Redirect(targets) = &rule.action {
                findings.extend(targets.numbers().filter_map(|target| no_number("it sends calls to", key, target)));
            }
        }
        Entry::Fact(_) => {}
    }
    if !matches!(entry, Entry::Invalid(_)) {
        findings.extend(number(item, key));
    }
    findings
}

/// What a REJECT's code does to the dialer's leads.
fn code(rule: &Rule) -> Option<Finding> {
    let Action::Reject { code, .. } = &rule.action else { return None };
    let say =
        |level, what: &str, repair: &str| Some(Finding::new(level, &rule.key, format!("code {code} {what}"), repair));
    match code.as_str() {
        code if LOSES_LEAD.contains(&code) => say(
            Level::Error,
            "makes dialers mark the lead as disconnected, and lose it",
            "write 603 for good, 480 for now",
        ),
        code if BUSY.contains(&code) => say(
            Level::Warning,
            "makes dialers take the callee for busy, and call again soon",
            "write 603 for good, 480 for now",
        ),
        code if UNMAPPED.contains(&code) => {
            say(Level::Note, "is one that dialers have no word for", "603 or 403 is understood")
        }
        "503" => say(Level::Note, "may make a carrier try another way to the callee", "603 says not to"),
        _ => None,
    }
}

fn lifetime(rule: &Rule, now: Timestamp) -> Option<Finding> {
    let lifetime = &rule.conditions.lifetime;
    match (lifetime.starts_at, lifetime.expires_at) {
        (Some(start), Some(end)) if start >= end => Some(Finding::new(
            Level::Error,
            &rule.key,
            "it ends before it starts, so it is never awake",
            "put `starts_at` before `expires_at`",
        )),
        (_, Some(end)) if end <= now => Some(Finding::new(
            Level::Note,
            &rule.key,
            format!("it expired at {end}"),
            "remove it, or set `expires_at` anew",
        )),
        _ => None,
    }
}

/// Whether a call can have the number that the item is about.
fn number(item: &Attributes, key: &Key) -> Option<Finding> {
    let stored = item.get("number")?.as_s().ok()?;
    no_number("it is about", key, &Number::from_typed(stored).ok()?)
}

/// A number that no call can have: it is not refused, since plans change, but it is probably mistyped.
fn no_number(what: &str, key: &Key, number: &Number) -> Option<Finding> {
    let say = |why: String| {
        Some(Finding::new(Level::Warning, key, format!("{what} {number}, {why}"), "look at the digits again"))
    };
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return say("which has no country code".to_owned()).filter(|_| number.as_str().len() > 6);
    };
    if digits.len() > MOST_DIGITS {
        return say(format!("which has more than {MOST_DIGITS} digits"));
    }
    let national = digits.strip_prefix('1')?;
    if national.len() <= 3 {
        // Emergency and service numbers.
        return None;
    }
    if national.len() != 10 {
        return say(format!("which has {} digits behind +1 and not ten", national.len()));
    }
    let (area, exchange) = (national.get(..3)?, national.get(3..6)?);
    if area.starts_with(['0', '1']) || area.ends_with("11") {
        return say(format!("but {area} is no area code"));
    }
    if exchange.starts_with(['0', '1']) {
        return say(format!("but no exchange begins with {}", exchange.get(..1)?));
    }
    None
}
