//! Findings about one item alone.

use jiff::Timestamp;
use precall::number::is_withheld_number;
use precall::rule::{Action, Entry, FactContent, Rule, Side};

use super::every_call::effect_on_every_call;
use super::exemption::of_exemption;
use super::finding::{FindingLevel, RuleFinding};
use super::holder::of_holder;
use super::list_copy::of_list_copy;
use super::never_applies::of_never_applying;
use super::own_numbers::{impossible_number, of_numbers};
use super::place_codes::of_place_codes;
use super::prefix_place::of_prefix_place;
use super::redirect_loops::of_redirect_to_itself;
use super::redirect_targets::of_costs;
use super::services::of_services;
use super::unknown::of_unknown;
use super::values::of_values;
use super::windows::of_windows;
use crate::dynamodb::attribute_value::Attributes;

/// Codes for which a dialer marks the lead as disconnected, and drops it.
const DISCONNECTED: [&str; 2] = ["404", "604"];

/// Codes for which a dialer treats the callee as busy, and calls again soon.
const BUSY: [&str; 2] = ["486", "600"];

/// Codes that dialers do not handle.
const UNMAPPED: [&str; 2] = ["607", "608"];

/// Returns the findings about an item.
pub fn of_item(item: &Attributes, entry: &Entry, now: Timestamp) -> Vec<RuleFinding> {
    let key = entry.key();
    let mut findings = match entry {
        // Each reason names its remedy.
        Entry::Invalid(invalid) => {
            return invalid
                .reasons
                .iter()
                .map(|reason| RuleFinding::new(FindingLevel::Error, key, reason, ""))
                .collect();
        }
        Entry::Rule(rule) => of_rule(rule, now),
        Entry::Fact(fact) => match &fact.content {
            FactContent::Prefix(prefix) => of_prefix_place(&fact.key, prefix, now),
            FactContent::List(copy) => of_list_copy(&fact.key, copy, now),
            FactContent::Exemption(_) => of_exemption(fact, now),
            FactContent::Holder(holder) => of_holder(&fact.key, holder, now),
            FactContent::CallingHours(_) => Vec::new(),
        },
    };
    findings.extend(of_unknown(item, entry));
    findings.extend(of_numbers(item, entry));
    findings.extend(of_values(item, entry, now));
    findings.extend(of_windows(item, key));
    findings.extend(of_place_codes(item, entry));
    findings
}

fn of_rule(rule: &Rule, now: Timestamp) -> Vec<RuleFinding> {
    let remedy = "the rule is used with this value; correct it";
    let repaired = |repair: &String| RuleFinding::new(FindingLevel::Warning, &rule.key, repair, remedy);
    let mut findings: Vec<RuleFinding> = rule.repairs.iter().map(repaired).collect();
    findings.extend(of_every_call(rule));
    findings.extend(of_withheld_key(rule));
    findings.extend(of_code(rule));
    findings.extend(of_lifetime(rule, now));
    findings.extend(of_never_applying(rule));
    findings.extend(of_services(rule));
    findings.extend(of_redirect_to_itself(rule));
    findings.extend(of_costs(rule, now));
    if let Action::Redirect(targets) = &rule.action {
        let of_target = |target| impossible_number("it sends calls to", &rule.key, target);
        findings.extend(targets.numbers().filter_map(of_target));
    }
    findings
}

/// Returns the finding about a wildcard rule without a condition.
fn of_every_call(rule: &Rule) -> Option<RuleFinding> {
    let remedy = "if that is not intended, add a condition such as `to`, `places` or `hours`";
    effect_on_every_call(rule).map(|effect| RuleFinding::new(FindingLevel::Warning, &rule.key, effect, remedy))
}

/// Returns the finding about the effect that a REJECT's code has on a dialer.
fn of_code(rule: &Rule) -> Option<RuleFinding> {
    let Action::Reject { code, .. } = &rule.action else { return None };
    let alternatives = "write 603 for a final rejection, or 480 for a temporary one";
    let (level, what, repair) = match code.as_str() {
        code if DISCONNECTED.contains(&code) => {
            (FindingLevel::Error, "makes dialers mark the lead as disconnected, and drop it", alternatives)
        }
        code if BUSY.contains(&code) => {
            (FindingLevel::Warning, "makes dialers treat the callee as busy, and call again soon", alternatives)
        }
        code if UNMAPPED.contains(&code) => {
            (FindingLevel::Note, "is a code that dialers do not handle", "dialers handle 603 and 403")
        }
        "503" => {
            (FindingLevel::Note, "may make a carrier try another route to the callee", "write 603 to prevent that")
        }
        _ => return None,
    };
    Some(RuleFinding::new(level, &rule.key, format!("code {code} {what}"), repair))
}

/// Returns the finding about a caller's number that means a withheld one, so the hook never looks it up.
fn of_withheld_key(rule: &Rule) -> Option<RuleFinding> {
    let (Side::From | Side::Any, number) = rule.conditions.number.as_ref()? else { return None };
    is_withheld_number(number.as_str()).then(|| {
        RuleFinding::new(
            FindingLevel::Error,
            &rule.key,
            format!("{number} stands for a withheld caller, so the hook never looks up its rules for a caller"),
            "store it under *, with `from`: anonymous",
        )
    })
}

fn of_lifetime(rule: &Rule, now: Timestamp) -> Option<RuleFinding> {
    let lifetime = &rule.conditions.lifetime;
    match (lifetime.starts_at, lifetime.expires_at) {
        (Some(start), Some(end)) if start >= end => Some(RuleFinding::new(
            FindingLevel::Error,
            &rule.key,
            "it ends before it starts, so it never applies",
            "put `starts_at` before `expires_at`",
        )),
        (_, Some(end)) if end <= now => Some(RuleFinding::new(
            FindingLevel::Note,
            &rule.key,
            format!("it expired at {end}"),
            "remove it, or set a later `expires_at`",
        )),
        _ => None,
    }
}
