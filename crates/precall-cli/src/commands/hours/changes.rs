//! `precall hours --changes`: the days ahead on which the calling hours change for the places that the rules are about.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use precall::calling_hours::{HoursChange, Law};
use precall::place::{PlacePatterns, nowhere, place_code};
use precall::rule::{Action, Entry, Rule};
use precall::{Call, Evaluation, Number};
use serde_json::{Value, json};

use crate::failure::Failure;

/// A number of no person. The rules under `*` are read with it.
const ANY_NUMBER: &str = "+12025550100";

/// The laws if no rule names one.
const SALES: [Law; 2] = [Law::Us, Law::Ca];

/// The greatest number of time zones or places that a line names.
const MAX_NAMED: usize = 4;

/// Returns a call whose evaluation has the rules under `*`.
///
/// # Errors
/// Never; the number can be read.
pub fn call(at: Timestamp) -> Result<Call, Failure> {
    Ok(Call::new(Number::from_typed(ANY_NUMBER)?, at))
}

/// The changes ahead.
#[derive(Debug)]
pub struct ChangesAhead {
    from: Date,
    days: i64,
    laws: Vec<Law>,
    /// True if the laws are those of rules.
    are_of_rules: bool,
    changes: Vec<HoursChange>,
}

impl ChangesAhead {
    /// Returns the changes for a law, or for the laws and places of the rules under `*`, or for sales calls if there are none.
    pub fn of(evaluation: &Evaluation<'_>, law: Option<Law>, days: i64) -> Self {
        let at = evaluation.call().at;
        let findings = evaluation.findings();
        let rules: Vec<&Rule> = findings.iter().filter_map(|finding| law_rule(finding.entry, at)).collect();
        let of_rules: Vec<Law> =
            Law::ALL.into_iter().filter(|law| rules.iter().any(|rule| is_about(rule, *law))).collect();
        let are_of_rules = law.is_none() && !of_rules.is_empty();
        let laws = match law {
            Some(law) => vec![law],
            None if are_of_rules => of_rules,
            None => SALES.to_vec(),
        };
        let is_wanted = |law: Law, code: &str| {
            let mut own = rules.iter().filter(|rule| is_about(rule, law)).peekable();
            own.peek().is_none() || own.any(|rule| covers(rule.conditions.places.as_ref(), code))
        };
        let from = first_day(at);
        let changes = evaluation.calling_hours().changes(&laws, is_wanted, from, days);
        Self { from, days, laws, are_of_rules, changes }
    }

    /// Returns the changes as text.
    ///
    /// # Errors
    /// When the text cannot be formatted.
    pub fn text(&self) -> Result<String, Failure> {
        let mut text = String::new();
        let laws: Vec<&str> = self.laws.iter().map(|law| law.name()).collect();
        let of = if self.are_of_rules { "the laws and places of the rules" } else { "no rule names other laws" };
        let laws = laws.join(", ");
        writeln!(text, "Changes in the {} days from {}, for {laws} ({of}):\n", self.days, self.from)?;
        if self.changes.is_empty() {
            writeln!(text, "none")?;
        }
        for change in &self.changes {
            write_change(&mut text, change)?;
        }
        writeln!(text, "\nNot legal advice. Days that governors or ministers proclaim are not known.")?;
        Ok(text)
    }

    /// Returns the changes as JSON.
    pub fn json(&self) -> Value {
        let change = |change: &HoursChange| {
            json!({
                "date": change.date.to_string(), "kind": change.kind.as_str(), "of": change.of, "what": change.what,
            })
        };
        json!({
            "from": self.from.to_string(),
            "days": self.days,
            "laws": self.laws.iter().map(|law| law.name()).collect::<Vec<_>>(),
            "laws_of_rules": self.are_of_rules,
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
        })
    }
}

/// Returns the day by the last clock of the laws' places, that of American Samoa.
fn first_day(at: Timestamp) -> Date {
    Offset::constant(-11).to_datetime(at).date()
}

fn write_change(text: &mut String, change: &HoursChange) -> fmt::Result {
    let named = change.of.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let named = match change.of.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    };
    let day = change.date.strftime("%a");
    writeln!(text, "{} {day}  {:16} {named}: {}", change.date, change.kind.as_str(), change.what)
}

/// Returns the rule of an entry if it stops calls by a law now or later.
fn law_rule(entry: &Entry, at: Timestamp) -> Option<&Rule> {
    match entry.last_good()? {
        Entry::Rule(rule) => {
            let is_over = rule.conditions.lifetime.expires_at.is_some_and(|end| end <= at);
            let is_law = rule.key.is_wildcard() && !matches!(rule.action, Action::Proceed);
            (is_law && rule.conditions.lifetime.enabled && !is_over).then_some(rule)
        }
        Entry::Fact(_) | Entry::Invalid(_) => None,
    }
}

fn is_about(rule: &Rule, law: Law) -> bool {
    rule.conditions.calling_hours.contains(&law)
}

/// Returns true if a condition about places covers a place.
fn covers(places: Option<&PlacePatterns>, code: &str) -> bool {
    let Some(places) = places else { return true };
    place_code(code).is_some_and(|code| places.test(&nowhere().with_codes(vec![code])).is_some())
}
