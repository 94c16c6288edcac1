//! Findings about two rules for the same calls: one that never decides, and ties.

use std::collections::BTreeMap;

use precall::Number;
use precall::place::{NumberKind, place};
use precall::rule::{Action, Entry, Patterns, Rule, Side, WILDCARD};

use super::finding::{FindingLevel, RuleFinding};
use super::unconditional::is_unconditional;

/// Returns the findings about pairs of rules. The entries are by the number that they are stored under.
pub fn of_pairs(entries: &BTreeMap<String, Vec<Entry>>) -> Vec<RuleFinding> {
    let mut findings = Vec::new();
    let wildcard: Vec<&Rule> = entries.get(WILDCARD).into_iter().flatten().filter_map(rule_of).collect();
    for (number, entries) in entries {
        let rules: Vec<&Rule> = entries.iter().filter_map(rule_of).collect();
        let others = || rules.iter().chain(wildcard.iter().filter(|_| *number != WILDCARD));
        for rule in &rules {
            findings.extend(others().find_map(|other| never_decides(rule, other)));
            findings.extend(rules.iter().filter_map(|other| tie(rule, other)));
        }
    }
    findings
}

fn rule_of(entry: &Entry) -> Option<&Rule> {
    match entry {
        Entry::Rule(rule) => Some(rule),
        Entry::Fact(_) | Entry::Invalid(_) => None,
    }
}

/// Returns a finding if a rule never decides because of the other one. The finding has to be certain: the other rule has
/// no condition, is for all calls that the rule is for, and outranks it.
fn never_decides(rule: &Rule, other: &Rule) -> Option<RuleFinding> {
    // While the target of a redirect is screened, no redirect applies, and the rule may decide.
    let always_applies =
        !other.shadow && is_unconditional(&other.conditions) && !matches!(other.action, Action::Redirect(_));
    // A pattern besides the number makes a rule more specific.
    let has_patterns = rule.conditions.to != Patterns::default() || rule.conditions.from != Patterns::default();
    let (is_covered, is_as_specific) = match (&rule.conditions.number, &other.conditions.number) {
        (None, None) => (true, !has_patterns),
        (Some(_), None) => (true, false),
        (Some((side, number)), Some((wider, same))) => {
            (number == same && (side == wider || *wider == Side::Any), side == wider && !has_patterns)
        }
        (None, Some(_)) => (false, false),
    };
    let is_outranked = other.priority > rule.priority
        || other.priority == rule.priority && is_as_specific && other.tie_break() < rule.tie_break();
    let may_decide = !rule.shadow && rule.conditions.lifetime.enabled;
    let is_covered = is_covered && !is_about_service(rule, other);
    (rule.key != other.key && may_decide && always_applies && is_covered && is_outranked).then(|| {
        RuleFinding::new(
            FindingLevel::Warning,
            &rule.key,
            format!(
                "it can never decide: rule `{}` under {} (priority {}) always applies and comes before it",
                other.key.rule, other.key.number, other.priority
            ),
            "remove it, or give it a higher priority",
        )
    })
}

/// Returns true if a rule names an emergency or service number that the other rule does not reach, because it does not name it.
fn is_about_service(rule: &Rule, other: &Rule) -> bool {
    let is_service = |number: &Number| place(number).kind() == NumberKind::Service;
    let by_key = |rule: &Rule| match &rule.conditions.number {
        Some((Side::To | Side::Any, number)) => is_service(number),
        Some((Side::From, _)) | None => false,
    };
    let by_pattern = rule.conditions.to.numbers().any(is_service);
    !matches!(other.action, Action::Proceed) && (by_key(rule) || by_pattern) && !by_key(other)
}

/// Returns a finding about two rules of the same priority and number with different actions: the action, the cap or the
/// name decides between them.
fn tie(rule: &Rule, other: &Rule) -> Option<RuleFinding> {
    if !is_tie(rule, other) {
        return None;
    }
    let first = if rule.tie_break() < other.tie_break() { rule } else { other };
    let why = if rule.action.status() != other.action.status() {
        "REJECT comes before CHANGE_DESTINATION before PROCEED"
    } else if rule.conditions.cap.is_some() != other.conditions.cap.is_some() {
        "a rule without a cap comes before one with a cap"
    } else {
        "its name comes first"
    };
    Some(RuleFinding::new(
        FindingLevel::Note,
        &rule.key,
        format!(
            "rule `{}` of the same priority does something else; when both apply, `{}` decides: {why}",
            other.key.rule, first.key.rule
        ),
        "if that is not intended, give one of them a higher priority",
    ))
}

/// Returns true if two rules may apply to the same call, neither outranks the other, and their actions differ. Each pair
/// counts once. A rule without conditions gets the finding that the other one never decides.
fn is_tie(rule: &Rule, other: &Rule) -> bool {
    let (a, b) = (&rule.conditions, &other.conditions);
    let have_same_rank = rule.key < other.key
        && rule.priority == other.priority
        && a.number.is_some()
        && (&a.number, &a.to, &a.from) == (&b.number, &b.to, &b.from);
    let are_redirects = [rule, other].iter().all(|rule| matches!(rule.action, Action::Redirect(_)));
    let may_tie = |rule: &Rule| {
        let conditions = &rule.conditions;
        // Of two redirects, none is reported as one that never decides.
        let is_reported = is_unconditional(conditions) && !are_redirects;
        !rule.shadow && conditions.lifetime.enabled && conditions.percent.is_none() && !is_reported
    };
    have_same_rank && may_tie(rule) && may_tie(other) && rule.action != other.action
}
