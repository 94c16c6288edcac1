//! The next instant at which a rejected call would be let through, compared with decisions of the naive implementation.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use precall::{Answer, DecidedBy};
use serde_json::json;

use super::generate::{Dice, case};
use super::naive::{self, World};
use super::{Case, show, with_decision};

fn is_rejected(world: &World, case: &Case, at: Timestamp) -> Option<bool> {
    let decision = naive::decide(world, &Case { at, ..case.clone() }).decision;
    (decision != "unknown").then(|| decision.contains("REJECT"))
}

/// Returns true if a rule with a condition about time or counting rejects the call, and the instant that the engine names.
fn next_open(case: &Case) -> (bool, Option<Timestamp>) {
    with_decision(case, |_, decision| {
        let is_timed = match (decision.decided_by(), decision.answer()) {
            (DecidedBy::Rule(rule, _), Ok(Answer::Reject { .. })) => {
                let conditions = &rule.conditions;
                !conditions.clock.is_always() || !conditions.calling_hours.is_empty() || conditions.cap.is_some()
            }
            _ => false,
        };
        (is_timed, decision.next_open())
    })
}

/// Returns true if the decision cannot become unknown, so that the engine may not give up.
fn is_always_known(case: &Case) -> bool {
    let is_redirect = |item: &super::Typed| item.get("status").is_some_and(|status| status == "CHANGE_DESTINATION");
    let has_invalid = with_decision(case, |_, decision| decision.skipped().next().is_some());
    // The engine searches only 14 days for a number that may be in any state.
    let is_anywhere = case.to == "+19995550123";
    !is_anywhere && case.unread.is_empty() && !has_invalid && !case.items.iter().any(is_redirect)
}

/// Adds an exemption of the callee from all rules, whose start and end are near. Few of the other exemptions change the instant.
fn add_exemption(case: &mut Case, dice: &mut Dice) {
    let mut second = |choices: [i64; 4]| choices[dice.below(4) as usize];
    let start = case.at.as_second() + second([-86_400, 1, 30_000, 86_400]);
    let end = start + second([86_400, 120_000, 600_000, 40_000_000]);
    let names: Vec<&str> = case.items.iter().filter_map(|item| item["rule"].as_str()).collect();
    let item = json!({ "number": case.to, "rule": "x-near", "exempt": names, "starts_at": start, "expires_at": end });
    case.items.extend(item.as_object().cloned());
}

#[test]
fn the_next_open_instant_is_the_first_that_lets_the_call_through() {
    let count = std::env::var("PRECALL_FUZZ_CASES").ok().and_then(|value| value.parse().ok()).unwrap_or(2_500);
    let world = World::read();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for number in 0..count {
        let mut dice = Dice::new(7_777_777_u64.wrapping_add(number));
        let mut case = case(&mut dice);
        if number % 2 == 0 {
            add_exemption(&mut case, &mut dice);
        }
        let (is_timed, open) = next_open(&case);
        assert!(is_timed || open.is_none(), "{}", show(&case));
        if !is_timed {
            continue;
        }
        let fail = |what: &str, at: Timestamp| format!("case {number}: {what} at {at} ({open:?})\n{}", show(&case));
        let year = SignedDuration::from_hours(24 * 366);
        let until = open.unwrap_or(case.at + year);
        if let Some(open) = open {
            *seen.entry("opens").or_default() += 1;
            *seen.entry("opens after two days").or_default() +=
                u64::from(open.duration_since(case.at).as_hours() >= 48);
            assert!(open > case.at, "{}", fail("in the past", open));
            let is_lifted = !naive::decide(&world, &Case { at: open, ..case.clone() }).lifted.is_empty();
            *seen.entry("opens with a lifted rule").or_default() += u64::from(is_lifted);
            assert_eq!(is_rejected(&world, &case, open), Some(false), "{}", fail("rejected", open));
            for before in [SignedDuration::from_nanos(1), SignedDuration::from_secs(1)] {
                let before = (open - before).max(case.at);
                assert_eq!(is_rejected(&world, &case, before), Some(true), "{}", fail("open before", before));
            }
        } else {
            *seen.entry("never opens").or_default() += 1;
            if !is_always_known(&case) {
                continue;
            }
            *seen.entry("never opens, and is always known").or_default() += 1;
        }
        let mut without = case.clone();
        without.items.retain(|item| !item.contains_key("exempt"));
        *seen.entry("differs because of an exemption").or_default() += u64::from(next_open(&without).1 != open);
        let span = (until.as_second() - case.at.as_second()).max(1) as u64;
        // Half of the instants are near, where most changes are.
        for nth in 0..12 {
            let span = if nth % 2 == 0 { span } else { span.min(200_000) };
            let at = case.at + SignedDuration::from_secs(dice.below(span) as i64);
            assert_ne!(is_rejected(&world, &case, at), Some(false), "{}", fail("open", at));
        }
    }
    println!("{count} cases: {seen:?}");
    for what in [
        "opens",
        "opens after two days",
        "opens with a lifted rule",
        "differs because of an exemption",
        "never opens",
        "never opens, and is always known",
    ] {
        assert!(seen.get(what).is_some_and(|cases| *cases >= count / 500), "{what}: {seen:?} of {count}");
    }
}
