//! Tests facts about the place of the numbers of a prefix: which items are such facts, which of them count for a call, and
//! the effect of invalid ones.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::sync::Arc;

use precall::rule::{Entry, FactContent, Item, parse};
use precall::{Applicability, Attempts, Call, Number, Partition, RuleSet};
use serde_json::{Value, json};

fn item(value: &Value) -> Item {
    serde_json::from_value(value.clone()).unwrap()
}

fn rules(items: &[Value]) -> RuleSet {
    RuleSet::from_items(items.iter().map(item))
}

fn call(to: &str) -> Call {
    Call::new(Number::from_typed(to).unwrap(), "2026-11-24T18:00Z".parse().unwrap())
}

fn fact(rule: &str, to: &str, extra: Value) -> Value {
    let mut fact = json!({ "number": "*", "rule": rule, "to": to, "timezone": "America/Chicago" });
    fact.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    fact
}

/// Returns the place of a callee, and the number of its clocks.
fn place(items: &[Value], to: &str) -> (String, usize) {
    let (rules, attempts, asked) = (rules(items), Attempts::none(), call(to));
    let decision = rules.evaluate(&asked, &attempts);
    (decision.asked().describe_place(), decision.asked().clocks().len())
}

#[test]
fn an_item_with_a_prefix_and_a_clock_is_a_fact() {
    for extra in [
        json!({}),
        json!({ "places": "US-AL" }),
        json!({ "places": ["US-AL", "US-GA"], "note": "new" }),
        json!({ "to": "+1483*, +1471*" }),
        json!({ "to": ["+1483555*"] }),
        json!({ "to": "+44*", "timezone": "Europe/London" }),
        json!({ "starts_at": "2026-02-23", "expires_at": "2027-01-01" }),
        json!({ "owner": "an attribute of the operator" }),
    ] {
        let Entry::Fact(fact) = parse(&item(&fact("where", "+1483*", extra.clone()))) else { panic!("{extra}") };
        assert!(matches!(fact.content, FactContent::Prefix(_)), "{extra}");
    }
    let Entry::Fact(fact) = parse(&item(&fact("where", "+1483*", json!({ "places": "US-AL" })))) else { panic!() };
    assert_eq!(fact.content.to_string(), "the clock of +1483* is that of America/Chicago, the place US-AL");
}

#[test]
fn mistakes_say_what_to_write() {
    for (extra, expected) in [
        (json!({ "to": "1483" }), "`to`: \"1483\" is too short for a number; write +1315*"),
        (json!({ "to": "+14835550123" }), "`to`: +14835550123 is not a prefix; write one such as +1483*"),
        (json!({ "to": "*" }), "`to`: * is not a prefix"),
        (json!({ "to": "!+1483*" }), "`to`: !+1483* is not a prefix"),
        (json!({ "to": "anonymous" }), "`to`: anonymous is not a prefix"),
        (json!({ "to": "+1483*,+1*" }), "`to`: +1* covers several area codes or countries; write each"),
        (json!({ "to": "+14*" }), "`to`: +14* covers several area codes"),
        (json!({ "to": "+4*" }), "`to`: +4* covers several area codes or countries"),
        (json!({ "timezone": "America/Chikago" }), "`timezone`: \"America/Chikago\""),
        (json!({ "timezone": "callee" }), "`timezone`"),
        (json!({ "places": "toll-free" }), "`places`: \"toll-free\" is not a known place"),
        (json!({ "places": "" }), "`places`: empty"),
        (json!({ "priority": 5 }), "`priority`: not an attribute of an item without `status`"),
    ] {
        let Entry::Invalid(invalid) = parse(&item(&fact("where", "+1483*", extra.clone()))) else { panic!("{extra}") };
        assert!(invalid.reasons.join("; ").contains(expected), "{extra}: {:?}", invalid.reasons);
        assert!(invalid.may_state_place, "{extra}");
    }
    let no_clock = json!({ "number": "*", "rule": "where", "to": "+1483*", "places": "US-AL" });
    let Entry::Invalid(invalid) = parse(&item(&no_clock)) else { panic!() };
    assert!(invalid.reasons[0].starts_with("`timezone`: missing"), "{:?}", invalid.reasons);
    // With a condition of a rule, it is a rule that lost its `status`.
    for extra in [json!({ "days": "Mon" }), json!({ "code": "603" }), json!({ "max_calls": 3 }), json!({ "from": "*" })]
    {
        let Entry::Invalid(invalid) = parse(&item(&fact("where", "+1483*", extra.clone()))) else { panic!("{extra}") };
        assert!(invalid.reasons.join("; ").contains("`status`"), "{extra}: {:?}", invalid.reasons);
        assert!(!invalid.may_state_place, "{extra}");
    }
}

#[test]
fn the_longest_prefix_counts_and_a_fact_under_the_number_counts_more() {
    let alabama = fact("a", "+1999*", json!({ "places": "US-AL" }));
    let georgia = fact("b", "+1999556*", json!({ "places": "US-GA", "timezone": "America/New_York" }));
    let second = fact("c", "+1999556*", json!({ "places": "US-FL" }));
    let holder = json!({ "number": "+19995560123", "rule": "d", "timezone": "America/Denver" });
    let ended = fact("e", "+19995561*", json!({ "places": "US-TX", "expires_at": "2026-11-24T18:00:00Z" }));
    let off = fact("f", "+19995560*", json!({ "places": "US-TX", "enabled": false }));
    let all = [alabama.clone(), georgia, second, holder, ended, off];
    for (items, to, expected) in [
        (&all[..0], "+19995550123", ("unassigned (any place of CA or US)", 33)),
        (&all[..1], "+19995550123", ("unassigned (US-AL)", 1)),
        (&all[..], "+19995550123", ("unassigned (US-AL)", 1)),
        (&all[..], "+19995560124", ("unassigned (US-FL or US-GA)", 2)),
        (&all[..], "+19995561123", ("unassigned (US-FL or US-GA)", 2)),
        (&all[..], "+19995560123", ("unassigned (US-FL or US-GA)", 1)),
        (&all[..], "+19985550123", ("unassigned (any place of CA or US)", 33)),
        (&all[..], "+12125550123", ("US-NY", 1)),
    ] {
        assert_eq!(place(items, to), (expected.0.to_owned(), expected.1), "{to}");
    }
    let (rules, attempts) = (rules(&all), Attempts::none());
    let states = |to: &str| {
        let asked = call(to);
        let decision = rules.evaluate(&asked, &attempts);
        let findings = decision.asked().findings();
        findings
            .iter()
            .map(|finding| match finding.applicability {
                Applicability::Fact(_) => format!("{} counts", finding.entry.key().rule),
                _ => format!("{}: {}", finding.entry.key().rule, finding.why),
            })
            .collect::<Vec<_>>()
    };
    let less = "another fact states more precisely where the callee is";
    assert_eq!(
        states("+19995560124"),
        [&format!("a: {less}"), "b counts", "c counts", "e: expired at 2026-11-24T18:00:00Z", "f: `enabled` is false"]
    );
    assert_eq!(states("+19995560123")[..3], ["d counts".to_owned(), format!("a: {less}"), format!("b: {less}")]);
    assert_eq!(states("+12125550123")[0], "a: `to` is +1999*: not this callee");
}

#[test]
fn a_fact_decides_the_callers_clock_too() {
    let rule = json!({
        "number": "*", "rule": "office", "status": "REJECT", "hours": "!09:00-12:00", "timezone": "caller",
    });
    for (items, expected) in [
        (vec![rule.clone()], false),
        (vec![rule.clone(), fact("where", "+1999*", json!({ "timezone": "America/Denver" }))], true),
        (vec![rule, fact("where", "+1999*", json!({ "timezone": "America/New_York" }))], false),
    ] {
        let mut call = call("+12125550123");
        call.from = Some(Number::from_typed("+19995550123").unwrap());
        let (rules, attempts) = (rules(&items), Attempts::none());
        assert_eq!(rules.evaluate(&call, &attempts).lets_through(), expected, "{items:?}");
    }
}

/// An invalid item leaves the place open. Decisions that do not depend on the place stay as they are.
#[test]
fn an_invalid_fact_puts_its_numbers_anywhere() {
    let hours = json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us", "priority": 5 });
    let broken = fact("where", "+1305*", json!({ "timezone": "Miami" }));
    let vip = json!({ "number": "+13055550123", "rule": "vip", "status": "PROCEED", "priority": 9 });
    let dnc = json!({ "number": "+13055550123", "rule": "dnc", "status": "REJECT", "code": "603" });
    let local = json!({ "number": "*", "rule": "local", "status": "PROCEED", "places": "US-FL", "priority": 9 });
    let finer = fact("finer", "+1305555*", json!({ "timezone": "America/New_York", "places": "US-FL" }));
    let vague = fact("where", "+13*", json!({}));
    let unread = fact("where", "305", json!({}));
    for (items, expected) in [
        (vec![&hours], "-"),
        (vec![&hours, &broken], "hours"),
        (vec![&hours, &broken, &vip], "vip"),
        (vec![&broken, &dnc], "dnc"),
        (vec![&hours, &local], "local"),
        (vec![&hours, &broken, &local], "hours"),
        (vec![&hours, &broken, &finer], "-"),
        // If the prefix cannot be read, or covers several area codes, no other number is affected.
        (vec![&hours, &vague], "-"),
        (vec![&hours, &unread], "-"),
    ] {
        let items: Vec<Value> = items.into_iter().cloned().collect();
        let (rules, attempts, asked) = (rules(&items), Attempts::none(), call("+13055550123"));
        let decision = rules.evaluate(&asked, &attempts);
        let rule = match decision.decided_by() {
            precall::DecidedBy::Rule(rule, _) => rule.key.rule.clone(),
            precall::DecidedBy::Default => "-".to_owned(),
            precall::DecidedBy::Unknown(unknown) => panic!("{unknown}"),
        };
        assert_eq!(rule, expected, "{items:?}");
    }
    assert_eq!(place(std::slice::from_ref(&broken), "+13055550123"), ("any place of CA or US".to_owned(), 33));
    assert_eq!(place(std::slice::from_ref(&broken), "+13065550123").0, "CA-SK");
    // An instance that has read a valid version keeps it.
    let good: Partition = [parse(&item(&fact("where", "+1305*", json!({ "places": "US-TX" }))))].into_iter().collect();
    let kept = Partition::replacing(&good, &[item(&broken)]);
    let mut rules = RuleSet::of_call(Some(Arc::new(kept)), Some(Arc::default()));
    rules.add_callee(&Number::from_typed("+13055550123").unwrap(), Some(Arc::default()));
    let attempts = Attempts::none();
    assert_eq!(rules.evaluate(&call("+13055550123"), &attempts).asked().describe_place(), "US-TX");
}

#[test]
fn an_unlisted_area_code_is_marked_until_a_fact_states_its_place() {
    let marked = |items: &[Value], to: &str| {
        let (rules, attempts) = (rules(items), Attempts::none());
        rules.evaluate(&call(to), &attempts).asked().is_area_code_unlisted()
    };
    assert!(marked(&[], "+19995550123"));
    assert!(!marked(&[], "+14835550123") && !marked(&[], "+18005550123") && !marked(&[], "+442079460123"));
    let clock_only = fact("where", "+1999*", json!({}));
    assert!(marked(&[clock_only], "+19995550123"));
    assert!(!marked(&[fact("where", "+1999*", json!({ "places": "US-AL" }))], "+19995550123"));
    let holder = json!({ "number": "+19995550123", "rule": "d", "timezone": "America/Denver", "places": "US-CO" });
    assert!(!marked(&[holder], "+19995550123"));
}
