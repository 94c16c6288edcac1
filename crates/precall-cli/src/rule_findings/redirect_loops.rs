//! Findings about redirects to numbers that have redirects themselves.

use std::collections::{BTreeMap, BTreeSet};

use precall::Number;
use precall::place::place;
use precall::rule::{Action, Conditions, Entry, Patterns, Rule, Side, Targets};

use super::finding::{FindingLevel, RuleFinding};

/// Returns the findings about redirects that lead back from their target, or to another redirect. The entries are by the number that they
/// are stored under.
pub fn of_redirect_loops(entries: &BTreeMap<String, Vec<Entry>>) -> Vec<RuleFinding> {
    let mut findings = Vec::new();
    for (number, entries_of_number) in entries {
        for (rule, targets) in entries_of_number.iter().filter_map(redirect_of_callee) {
            let targets: BTreeSet<&str> = targets.numbers().map(Number::as_str).collect();
            for target in targets {
                if target != number {
                    let next = entries.get(target).into_iter().flatten().filter_map(redirect_of_callee);
                    findings.extend(next.map(|next| to_redirect(rule, target, next, number)));
                }
            }
        }
    }
    findings
}

/// Returns the rule and the targets of an entry if it redirects calls to its number.
fn redirect_of_callee(entry: &Entry) -> Option<(&Rule, &Targets)> {
    let Entry::Rule(rule) = entry else { return None };
    let Action::Redirect(targets) = &rule.action else { return None };
    let is_of_callee = matches!(rule.conditions.number, Some((Side::To | Side::Any, _)));
    (is_of_callee && rule.conditions.lifetime.enabled && !rule.shadow).then_some((rule, targets))
}

/// Returns the finding about a redirect to the number that the calls are for, or to one that the rule's `to` covers.
pub fn of_redirect_to_itself(rule: &Rule) -> Option<RuleFinding> {
    let Action::Redirect(targets) = &rule.action else { return None };
    let is_counted = rule.conditions.lifetime.enabled && !rule.shadow;
    let Some((Side::To | Side::Any, own)) = &rule.conditions.number else {
        return targets
            .numbers()
            .find(|target| is_counted && is_covered(rule, target))
            .map(|target| covered(rule, target));
    };
    (is_counted && targets.numbers().any(|target| target == own)).then(|| {
        RuleFinding::new(
            FindingLevel::Warning,
            &rule.key,
            "it redirects calls to their own callee",
            "name another number, or write PROCEED",
        )
    })
}

/// Returns true if the rule's patterns for the callee cover a number.
fn is_covered(rule: &Rule, number: &Number) -> bool {
    let Conditions { to, places, .. } = &rule.conditions;
    let is_elsewhere = places.as_ref().is_some_and(|places| places.test(&place(number)).is_none());
    *to != Patterns::default() && to.test(Some(number)).is_some() && !is_elsewhere
}

fn covered(rule: &Rule, target: &Number) -> RuleFinding {
    RuleFinding::new(
        FindingLevel::Warning,
        &rule.key,
        format!("its `to` covers its own target, so it redirects calls to {target} to their own callee"),
        format!("add !{target} to `to`, or name another number"),
    )
}

fn to_redirect(rule: &Rule, target: &str, (next, targets): (&Rule, &Targets), number: &str) -> RuleFinding {
    let leads_back = targets.numbers().any(|target| target.as_str() == number);
    let (level, what) = if leads_back {
        (FindingLevel::Warning, "which sends calls back here")
    } else {
        (FindingLevel::Note, "which sends calls on to another number")
    };
    RuleFinding::new(
        level,
        &rule.key,
        format!("it sends calls to {target}, {what} by rule `{}`", next.key.rule),
        "a call is redirected once: it goes to the first target and no further",
    )
}
