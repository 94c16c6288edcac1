//! The rules that enforce the calling-hours table. The table alone stops no call: only a rule with `calling_hours` does.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use precall::calling_hours::Law;
use precall::rule::{Action, Conditions, Dates, Entry, Key, Rule, Side};
use precall::{Call, Evaluation};

use crate::rule_row::RuleInWords;

/// The laws about sales calls by a person: one for each country of the table.
const SALES: [Law; 2] = [Law::Us, Law::Ca];

/// The rules that enforce one law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LawEnforcement {
    /// The law.
    pub law: Law,
    /// The rules that enforce it, as sentences; empty if none does.
    pub rules: Vec<RuleInWords>,
    /// The shadow rules, which only report.
    pub shadows: Vec<Key>,
}

impl LawEnforcement {
    /// Returns the rules among the items under `*` that enforce each of these laws at an instant, for some calls at least.
    pub fn of_laws(laws: &[Law], entries: &[Entry], at: Timestamp) -> Vec<Self> {
        // A day later, because the date is that of the callee's clock.
        let yesterday = at.to_zoned(TimeZone::UTC).date().yesterday().unwrap_or(Date::MIN);
        let has_date = |rule: &Rule| {
            let last = rule.conditions.clock.dates().and_then(Dates::last);
            last.is_none_or(|last| last >= yesterday)
        };
        let is_alive = |rule: &Rule| rule.conditions.lifetime.contains(at) && has_date(rule);
        laws.iter().map(|law| Self::of(*law, entries.iter(), is_alive)).collect()
    }

    /// Returns the enforcement in a whole table: of each law that is enforced, and of the law about sales calls in a country
    /// without one.
    pub fn of_table(entries: &[Entry], at: Timestamp) -> Vec<Self> {
        let all = Self::of_laws(&Law::ALL, entries, at);
        let is_enforced =
            |law: Law| all.iter().any(|other| other.law.country() == law.country() && !other.rules.is_empty());
        let is_shown = |own: &&Self| !own.rules.is_empty() || SALES.contains(&own.law) && !is_enforced(own.law);
        all.iter().filter(is_shown).cloned().collect()
    }

    /// Returns the enforcement for one call: of the laws about sales calls that apply to it, and of others that a rule
    /// enforces for it. `knows_caller` is false if the caller and the client are not known.
    pub fn of_call(evaluation: &Evaluation<'_>, knows_caller: bool) -> Vec<Self> {
        if evaluation.is_service() {
            return Vec::new();
        }
        let findings = evaluation.findings();
        let enforcement = |law: Law| {
            let covers = |rule: &Rule| covers(&rule.conditions, evaluation, knows_caller);
            Self::of(law, findings.iter().map(|finding| finding.entry), covers)
        };
        let all: Vec<Self> =
            Law::ALL.into_iter().filter(|law| evaluation.law_status(*law).applies).map(enforcement).collect();
        let is_enforced = all.iter().any(|own| !own.rules.is_empty());
        all.into_iter().filter(|own| !own.rules.is_empty() || SALES.contains(&own.law) && !is_enforced).collect()
    }

    /// Returns the enforcement of one law for one call.
    pub fn of_law_and_call(law: Law, evaluation: &Evaluation<'_>, knows_caller: bool) -> Self {
        let findings = evaluation.findings();
        let covers = |rule: &Rule| covers(&rule.conditions, evaluation, knows_caller);
        Self::of(law, findings.iter().map(|finding| finding.entry), covers)
    }

    fn of<'e>(law: Law, entries: impl Iterator<Item = &'e Entry>, covers: impl Fn(&Rule) -> bool) -> Self {
        let mut enforcement = Self { law, rules: Vec::new(), shadows: Vec::new() };
        // An instance uses the last valid version of an item.
        let rules = entries.filter_map(Entry::last_good).filter_map(|entry| match entry {
            Entry::Rule(rule) if is_about(law, rule) && covers(rule) => Some(rule),
            _ => None,
        });
        for rule in rules {
            if rule.shadow {
                enforcement.shadows.push(rule.key.clone());
            } else {
                enforcement.rules.push(RuleInWords::of_rule(rule));
            }
        }
        enforcement
    }

    /// Returns a phrase without its period: the rules that enforce the law, or that none does.
    pub fn describe(&self) -> String {
        let law = format!("`{}` ({})", self.law, self.law.calls());
        if !self.rules.is_empty() {
            let verb = if self.rules.len() == 1 { "enforces" } else { "enforce" };
            return format!("{} {verb} {law}", names(self.rules.iter().map(|rule| &rule.key)));
        }
        let shadows = match self.shadows.len() {
            0 => String::new(),
            1 => format!(" ({} is a shadow rule and only reports)", names(self.shadows.iter())),
            _ => format!(" ({} are shadow rules and only report)", names(self.shadows.iter())),
        };
        format!("no rule enforces {law}{shadows}, so the hook rejects no call because of these hours")
    }
}

/// Returns the command that makes the hook enforce those of the laws that no rule enforces; `None` if all are enforced.
pub fn command(enforcement: &[LawEnforcement]) -> Option<String> {
    let laws: Vec<&str> = enforcement.iter().filter(|own| own.rules.is_empty()).map(|own| own.law.name()).collect();
    let name = match laws.as_slice() {
        [] => return None,
        ["us", "ca"] => "calling-hours".to_owned(),
        // The name that the ready rulebook has, so that a rulebook replaces the rule. Rules for other laws have other names.
        laws => format!("calling-hours-{}", laws.join("-")),
    };
    Some(format!(
        "precall put 'number=*' rule={name} status=REJECT code=480 'reason=Outside calling hours' calling_hours={} \
         priority=100",
        laws.join(",")
    ))
}

/// Returns lines about the enforcement in a whole table: for the banner of the hook, and for lint.
pub fn table_lines(enforcement: &[LawEnforcement]) -> Vec<String> {
    let mut lines = Vec::new();
    if enforcement.iter().all(|own| own.rules.is_empty() && own.shadows.is_empty()) {
        lines.push(
            "no rule enforces the table of calling hours, so the hook rejects no call because of its hours".to_owned(),
        );
    } else {
        for own in enforcement {
            lines.push(own.describe());
            lines.extend(own.rules.iter().map(|rule| format!("  {}", rule.sentence)));
        }
    }
    lines.extend(command(enforcement).map(|command| format!("  to enforce them: {command}")));
    lines
}

/// Returns true if a rule stops calls when a law does not allow them, also by a law with all of its rows, such as
/// `us-automated` for `us`.
fn is_about(law: Law, rule: &Rule) -> bool {
    let is_about = rule.conditions.calling_hours.iter().any(|own| own.includes(law));
    is_about && !matches!(rule.action, Action::Proceed)
}

/// Returns true if the conditions about numbers, places and lifetime are met for a call. Those about the caller and the client
/// count only if these are known.
fn covers(conditions: &Conditions, evaluation: &Evaluation<'_>, knows_caller: bool) -> bool {
    let call = evaluation.call();
    let is_of_call = match &conditions.number {
        None => true,
        Some((Side::To, number)) => *number == call.to,
        Some((Side::From, number)) => call.from.as_ref() == Some(number),
        Some((Side::Any, number)) => *number == call.to || call.from.as_ref() == Some(number),
    };
    is_of_call
        && conditions.lifetime.contains(call.at)
        && conditions.to.test(Some(&call.to)).is_some()
        && conditions.places.as_ref().is_none_or(|places| places.test(&evaluation.callee().place).is_some())
        && (!knows_caller || is_caller_covered(conditions, call))
}

fn is_caller_covered(conditions: &Conditions, call: &Call) -> bool {
    conditions.from.test(call.from.as_ref()).is_some() && conditions.clients.cover(call.client.as_deref())
}

/// Returns keys as a phrase: ``rule `a` under * and rule `b` under *``.
fn names<'k>(keys: impl Iterator<Item = &'k Key>) -> String {
    keys.map(|key| format!("rule `{}` under {}", key.rule, key.number)).collect::<Vec<_>>().join(" and ")
}
