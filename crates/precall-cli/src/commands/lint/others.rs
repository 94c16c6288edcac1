//! What can be told of rules that stand beside each other, without a call.

use std::collections::{BTreeMap, BTreeSet};

use precall::rule::{Action, Entry, Patterns, Rule, Side};

use super::{Finding, Level, is_unconditional};

/// By the numbers that they are stored under.
pub fn findings(kept: &BTreeMap<String, Vec<Entry>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let everywhere: Vec<&Rule> = kept.get("*").into_iter().flatten().filter_map(valid).collect();
    for (number, entries) in kept {
        let rules: Vec<&Rule> = entries.iter().filter_map(valid).collect();
        let others = || rules.iter().chain(everywhere.iter().filter(|_| number != "*"));
        for rule in &rules {
            findings.extend(others().find_map(|other| never_wins(rule, other)));
            findings.extend(rules.iter().filter_map(|other| ties(rule, other)));
        }
    }
    findings.extend(loops(kept));
    findings
}

fn valid(entry: &Entry) -> Option<&Rule> {
    match entry {
        Entry::Rule(rule) => Some(rule),
        Entry::Fact(_) | Entry::Invalid(_) => None,
    }
}

/// The order of a REJECT, a redirect and a PROCEED of the same rank.
fn gravity(rule: &Rule) -> u8 {
    match rule.action {
        Action::Reject { .. } => 0,
        Action::Redirect(_) => 1,
        Action::Proceed => 2,
    }
}

/// The order of rules of the same priority that are aimed equally closely.
fn order(rule: &Rule) -> (u8, bool, &str) {
    (gravity(rule), rule.conditions.cap.is_some(), &rule.key.rule)
}

/// A rule that another always wins against. Only what is certain: the other has no conditions at all and is about all
/// calls that the rule is about, and is before it in the order of rules.
fn never_wins(rule: &Rule, other: &Rule) -> Option<Finding> {
    // A redirect sleeps while the target of another is screened, and then the rule may win.
    let always_awake =
        !other.shadow && is_unconditional(&other.conditions) && !matches!(other.action, Action::Redirect(_));
    // A pattern besides its number makes a rule more specific.
    let has_patterns = rule.conditions.to != Patterns::default() || rule.conditions.from != Patterns::default();
    let (is_covered, is_as_specific) = match (&rule.conditions.number, &other.conditions.number) {
        (None, None) => (true, !has_patterns),
        (Some(_), None) => (true, false),
        (Some((side, number)), Some((wider, same))) => {
            (number == same && (side == wider || *wider == Side::Any), side == wider && !has_patterns)
        }
        (None, Some(_)) => (false, false),
    };
    let is_before = other.priority > rule.priority
        || other.priority == rule.priority && is_as_specific && order(other) < order(rule);
    let is_on = !rule.shadow && rule.conditions.lifetime.enabled;
    (rule.key != other.key && is_on && always_awake && is_covered && is_before).then(|| {
        Finding::new(
            Level::Warning,
            &rule.key,
            format!(
                "it can never decide: rule `{}` under {} (priority {}) is always awake and comes before it",
                other.key.rule, other.key.number, other.priority
            ),
            "remove it, or give it a higher priority",
        )
    })
}

/// Two rules of the same rank and number that do different things, where only the kind or the name decides.
fn ties(rule: &Rule, other: &Rule) -> Option<Finding> {
    let (a, b) = (&rule.conditions, &other.conditions);
    let same = rule.key < other.key
        && rule.priority == other.priority
        && a.number.is_some()
        && a.number == b.number
        && a.to == b.to
        && a.from == b.from
        && !(rule.shadow || other.shadow)
        && a.lifetime.enabled
        && b.lifetime.enabled;
    if !same || rule.action == other.action || a.percent.is_some() || b.percent.is_some() {
        return None;
    }
    // An unconditional one is told by what it keeps from ever deciding.
    if is_unconditional(a) || is_unconditional(b) {
        return None;
    }
    let first = if order(rule) < order(other) { rule } else { other };
    let why = if gravity(rule) != gravity(other) {
        "REJECT comes before CHANGE_DESTINATION before PROCEED"
    } else if a.cap.is_some() != b.cap.is_some() {
        "what needs no count comes before what does"
    } else {
        "the name decides"
    };
    Some(Finding::new(
        Level::Note,
        &rule.key,
        format!(
            "rule `{}` of the same priority does something else; when both are awake, `{}` decides: {why}",
            other.key.rule, first.key.rule
        ),
        "give one of them a higher priority, if that is not meant",
    ))
}

/// Whether a rule sends calls to its number elsewhere, and is neither switched off nor on trial.
fn is_redirect_of_callee(rule: &Rule) -> bool {
    matches!(rule.action, Action::Redirect(_))
        && matches!(rule.conditions.number, Some((Side::To | Side::Any, _)))
        && rule.conditions.lifetime.enabled
        && !rule.shadow
}

/// Redirects that lead back: A to B, and B to A or on to others.
fn loops(kept: &BTreeMap<String, Vec<Entry>>) -> Vec<Finding> {
    let redirects = |number: &str| {
        let entries = kept.get(number).map(Vec::as_slice).unwrap_or_default();
        entries.iter().filter_map(valid).filter(|rule| is_redirect_of_callee(rule)).collect::<Vec<_>>()
    };
    let mut findings = Vec::new();
    for (number, entries) in kept {
        for rule in entries.iter().filter_map(valid).filter(|rule| is_redirect_of_callee(rule)) {
            let Action::Redirect(targets) = &rule.action else { continue };
            let targets: BTreeSet<&str> = targets.numbers().map(|target| target.as_str()).collect();
            for target in targets {
                if target == number {
                    findings.push(Finding::new(
                        Level::Warning,
                        &rule.key,
                        "it sends calls to the very number that they are for",
                        "name another number, or write PROCEED",
                    ));
                    continue;
                }
                for next in redirects(target) {
                    let Action::Redirect(on) = &next.action else { continue };
                    let leads_back = on.numbers().any(|on| on.as_str() == number);
                    let what =
                        if leads_back { "which sends calls back here" } else { "which sends calls on to another" };
                    findings.push(Finding::new(
                        if leads_back { Level::Warning } else { Level::Note },
                        &rule.key,
                        format!("it sends calls to {target}, {what} by rule `{}`", next.key.rule),
                        "a call is redirected once: it goes to the first target and no further",
                    ));
                }
            }
        }
    }
    findings
}
