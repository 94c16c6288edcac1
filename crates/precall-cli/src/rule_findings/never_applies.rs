//! Findings about rules whose conditions no call can meet.

use precall::Number;
use precall::place::place;
use precall::rule::{Conditions, Patterns, Rule, Side};

use super::consent::examples;
use super::finding::{FindingLevel, RuleFinding};

/// Returns a finding if a rule never applies.
pub fn of_never_applying(rule: &Rule) -> Option<RuleFinding> {
    if !rule.conditions.lifetime.enabled {
        return None;
    }
    if let Some(why) = contradiction(&rule.conditions) {
        let what = format!("it never applies: {why}");
        return Some(RuleFinding::new(
            FindingLevel::Error,
            &rule.key,
            what,
            "correct the conditions, or remove the rule",
        ));
    }
    if rule.conditions.percent.is_some_and(precall::rule::Percent::is_none) {
        let repair = "write a share above 0, or `enabled`: false to switch it off";
        return Some(RuleFinding::new(
            FindingLevel::Warning,
            &rule.key,
            "it never applies: its `percent` is 0",
            repair,
        ));
    }
    is_elsewhere(&rule.conditions).then(|| {
        let what = "it never applies, unless a fact states another place: none of its numbers is in its `places`";
        RuleFinding::new(FindingLevel::Warning, &rule.key, what, "correct `places`, or the numbers")
    })
}

/// Returns why no call can meet the conditions.
fn contradiction(conditions: &Conditions) -> Option<String> {
    let Conditions { number, to, from, clients, clock, .. } = conditions;
    for (name, is_empty) in [("to", to.match_none()), ("from", from.match_none()), ("clients", clients.cover_none())] {
        if is_empty {
            return Some(format!("`{name}` leaves out all that it names"));
        }
    }
    if clock.covers_no_time() {
        return Some(format!("no time is within {clock}"));
    }
    match number {
        Some((Side::To, number)) if to.test(Some(number)).is_none() => Some(format!("{number} is not in its `to`")),
        Some((Side::From, number)) if from.test(Some(number)).is_none() => {
            Some(format!("{number} is not in its `from`"))
        }
        _ => None,
    }
}

/// Returns true if none of the callees is in the places, by the tables.
fn is_elsewhere(conditions: &Conditions) -> bool {
    let Some(places) = &conditions.places else { return false };
    let callees: Vec<Number> = match &conditions.number {
        Some((Side::To, number)) => vec![number.clone()],
        _ if conditions.to != Patterns::default() => examples(&conditions.to).unwrap_or_default(),
        _ => examples(&every_number()).unwrap_or_default(),
    };
    // A country with the letters of a state has a finding of its own.
    let is_mistaken = places.easily_mistaken().next().is_some();
    !is_mistaken && !callees.is_empty() && callees.iter().all(|callee| places.test(&place(callee)).is_none())
}

/// Returns patterns that every number with a country code matches.
fn every_number() -> Patterns {
    Patterns::parse(["+*"]).unwrap_or_default()
}
