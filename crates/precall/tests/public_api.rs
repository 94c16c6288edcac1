//! The engine's public API: values that a program makes by hand, in any order and out of bounds, never let a call through
//! that the rules reject.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::calling_hours::{CallingHours, Law, MAX_SPAN_DAYS};
use precall::frequency_cap::{Attempts, CountBy};
use precall::place::PlacePatterns;
use precall::rule::{Item, Targets};
use precall::{Answer, Call, DefaultAnswer, Number, RuleSet, Unknown};
use precall_test::{instant, number};
use serde_json::{Value, json};

const CALLEE: &str = "+13155550101";
const TARGET: &str = "+13605550112";

fn rules(items: Value) -> RuleSet {
    RuleSet::from_items(serde_json::from_value::<Vec<Item>>(items).unwrap())
}

fn call(to: &str) -> Call {
    Call::new(number(to), instant("2026-12-01T17:00:00Z"))
}

fn answer(rules: &RuleSet, call: &Call, attempts: &Attempts) -> Result<Answer, String> {
    rules.evaluate(call, attempts).answer().map_err(|unknown| unknown.to_string())
}

#[test]
fn the_default_answer_cannot_redirect() {
    let reject = DefaultAnswer::Reject { code: "403".to_owned(), reason: "No".to_owned() };
    let rules = rules(json!([])).with_default(reject);
    let expected = Answer::Reject { code: "403".to_owned(), reason: "No".to_owned() };
    assert_eq!(answer(&rules, &call(CALLEE), &Attempts::none()), Ok(expected));
}

#[test]
fn attempts_are_counted_in_any_order() {
    let rules = rules(json!([{ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 2, "per": "24h" }]));
    let call = call(CALLEE);
    let counter = CountBy::Callee.counter(None, &call.to);
    let hours_ago = |hours: i64| call.at.checked_sub(SignedDuration::from_hours(hours)).unwrap();
    for (hours, is_let_through) in [
        (vec![1, 2, 900, 901], false),
        (vec![901, 900, 2, 1], false),
        (vec![900, 1, 901, 2], false),
        (vec![900, 901, 1], true),
        (vec![], true),
    ] {
        let made: Vec<Timestamp> = hours.iter().map(|hours| hours_ago(*hours)).collect();
        let mut inserted = Attempts::none();
        inserted.insert(counter.clone(), made.clone());
        let collected: Attempts = [(counter.clone(), made)].into_iter().collect();
        for attempts in [inserted, collected] {
            assert_eq!(rules.evaluate(&call, &attempts).lets_through(), is_let_through, "{hours:?}");
        }
    }
}

#[test]
fn items_that_no_call_reads_are_reported() {
    let rules = rules(json!([
        { "number": "315 555 0101", "rule": "typed", "status": "REJECT" },
        { "number": CALLEE, "rule": "typo", "status": "REJEKT" },
        { "number": "*", "rule": "star", "status": "REJEKT" },
        { "rule": "no-number", "status": "REJECT" },
        { "number": CALLEE, "rule": "good", "status": "PROCEED" },
    ]));
    let invalid: Vec<&str> = rules.invalid_items().map(|item| item.key.rule.as_str()).collect();
    assert_eq!(invalid, ["no-number", "star", "typo", "typed"], "in the order of their numbers");
}

#[test]
fn an_unknown_decision_names_its_item_and_number() {
    let rules = rules(json!([{ "number": CALLEE, "rule": "typo", "status": "REJEKT" }]));
    let unknown = answer(&rules, &call(CALLEE), &Attempts::none()).unwrap_err();
    assert!(unknown.starts_with("rule `typo` under +13155550101 is invalid: `status`: \"REJEKT\""), "{unknown}");
    let unread = RuleSet::of_call(Some(std::sync::Arc::default()), Some(std::sync::Arc::default()));
    let (asked, none) = (call(CALLEE), Attempts::none());
    let decision = unread.evaluate(&asked, &none);
    assert!(matches!(decision.answer(), Err(Unknown::Unread)) && decision.unread() == Some(&asked.to));
}

#[test]
fn an_invalid_item_is_skipped_once_also_after_a_redirect() {
    let rules = rules(json!([
        { "number": "*", "rule": "typo", "status": "REJEKT" },
        { "number": CALLEE, "rule": "moved", "status": "CHANGE_DESTINATION", "code": TARGET },
    ]));
    let (asked, none) = (call(CALLEE), Attempts::none());
    let decision = rules.evaluate(&asked, &none);
    assert_eq!(decision.answer().unwrap(), Answer::ChangeDestination { number: number(TARGET) });
    assert_eq!(decision.skipped().count(), 1);
}

#[test]
fn targets_have_the_bounds_of_a_rule() {
    let target = |text: &str, weight: u16| (Number::from_typed(text).unwrap(), weight);
    let is_valid = |targets: Vec<(Number, u16)>| Targets::new(targets).is_some();
    assert!(is_valid(vec![target(TARGET, 1)]));
    assert!(is_valid(vec![target(TARGET, 0), target(CALLEE, Targets::MAX_WEIGHT)]));
    for wrong in [
        vec![],
        vec![target(TARGET, 0)],
        vec![target(TARGET, Targets::MAX_WEIGHT + 1)],
        vec![target(TARGET, 1), target(TARGET, 1)],
        vec![target("911", 1)],
    ] {
        assert!(!is_valid(wrong.clone()), "{wrong:?}");
    }
}

#[test]
fn spans_of_any_number_of_days_are_computed() {
    let (table, zones) = (CallingHours::embedded(), [TimeZone::get("America/Denver").unwrap()]);
    let spans = |days: i64| table.lawful_spans(Law::Us, &["US-CO"], &zones, instant("2026-12-01T17:00:00Z"), days);
    assert_eq!(spans(i64::MIN), spans(0));
    assert_eq!(spans(i64::MAX), spans(MAX_SPAN_DAYS));
}

#[test]
fn a_rule_without_an_end_applies_at_the_last_instant() {
    let rules = rules(json!([{ "number": CALLEE, "rule": "dnc", "status": "REJECT" }]));
    for at in [Timestamp::MIN, Timestamp::MAX] {
        let call = Call { at, ..call(CALLEE) };
        assert!(!rules.evaluate(&call, &Attempts::none()).lets_through(), "{at}");
    }
    let cap = json!([{ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 1, "per": "24h" }]);
    let (cap, call) = (self::rules(cap), Call { at: Timestamp::MAX, ..call(CALLEE) });
    assert!(cap.evaluate(&call, &Attempts::none()).reservations().iter().any(|reservation| reservation.record));
}

#[test]
fn a_very_long_word_is_compared_with_no_place() {
    let error = PlacePatterns::parse(["a".repeat(390_000).as_str()]).unwrap_err().to_string();
    assert!(error.ends_with("is not a known place or group; write an ISO 3166 code such as US-FL, CA-ON or JM"));
    let error = PlacePatterns::parse(["United States Minor Outlying Island"]).unwrap_err().to_string();
    assert!(error.contains("did you mean UM?"), "{error}");
}
