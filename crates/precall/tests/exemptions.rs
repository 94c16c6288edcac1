//! Tests exemptions: which items are exemptions, which rules they lift, and that a mistake in one lifts nothing.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::sync::Arc;

use precall::frequency_cap::CountBy;
use precall::rule::{Entry, FactContent, unknown_attributes};
use precall::{Applicability, Attempts, Call, Partition, RuleSet, Unmet};
use precall_test::{Case, entry, instant, item, name, number};
use serde_json::{Value, json};

const CALLEE: &str = "+13055550101";
const CALLER: &str = "+12125550199";
const AT: &str = "2026-11-23T15:00:00Z";

fn under(number: &str, rule: &str, attributes: Value) -> Value {
    let mut item = json!({ "number": number, "rule": rule });
    item.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    item
}

/// An exemption of the callee.
fn consent(attributes: Value) -> Value {
    let mut whole = json!({ "exempt": "national-dnc", "expires_at": "2027-03-01" });
    whole.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    under(CALLEE, "consent-4711", whole)
}

fn listed(list: &str) -> Value {
    under(CALLEE, list, json!({ "status": "REJECT", "code": "603", "priority": 100 }))
}

fn wildcard(rule: &str, attributes: Value) -> Value {
    let mut whole = json!({ "status": "REJECT", "priority": 100 });
    whole.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    under("*", rule, whole)
}

fn case(items: &[Value]) -> Case {
    Case::new(items).to(CALLEE)
}

fn reasons(item: &Value) -> Vec<String> {
    match entry(item) {
        Entry::Invalid(invalid) => invalid.reasons,
        Entry::Rule(_) | Entry::Fact(_) => Vec::new(),
    }
}

#[test]
fn an_exemption_lifts_what_it_names_and_nothing_else() {
    let closed = under("*", "closed", json!({ "calling_hours": "us", "places": "US-FL", "hours": "12:00-13:00" }));
    for (exemption, others, decided_by) in [
        // The list, also by its rule for a prefix.
        (json!({}), vec![listed("national-dnc")], "-"),
        (json!({}), vec![wildcard("national-dnc:+1305*", json!({ "to": "+1305*" }))], "-"),
        (json!({}), vec![wildcard("national-dnc", json!({ "to": "+1305*" }))], "-"),
        // Any other list, and lists whose names only look alike.
        (json!({}), vec![listed("internal-dnc")], "internal-dnc"),
        (json!({}), vec![listed("national-dnc"), listed("internal-dnc")], "internal-dnc"),
        (json!({}), vec![listed("National-DNC")], "National-DNC"),
        (json!({}), vec![listed("national-dnc-2")], "national-dnc-2"),
        (json!({}), vec![wildcard("national-dnc:own", json!({}))], "national-dnc:own"),
        (json!({}), vec![listed("national-dnc:+1305*")], "national-dnc:+1305*"),
        // The internal list, if it is named.
        (json!({ "exempt": "national-dnc, internal-dnc" }), vec![listed("national-dnc"), listed("internal-dnc")], "-"),
        (json!({ "exempt": ["national-dnc", "internal-dnc"] }), vec![listed("internal-dnc")], "-"),
        // A ban of a state, also during an emergency.
        (json!({ "exempt": "ban-fl" }), vec![wildcard("ban-fl", json!({ "places": "US-FL" }))], "-"),
        (json!({ "exempt": "ban-fl" }), vec![wildcard("ban-ga", json!({}))], "ban-ga"),
        // Calling hours, in each of their forms.
        (json!({ "exempt": "night" }), vec![closed, wildcard("night", json!({ "calling_hours": "us" }))], "night"),
        (json!({ "exempt": "night" }), vec![wildcard("night", json!({ "hours": "!12:00-13:00" }))], "night"),
        (json!({ "exempt": "night" }), vec![wildcard("night", json!({ "days": "Mon" }))], "night"),
        (json!({ "exempt": "night" }), vec![wildcard("night", json!({ "dates": "11-23" }))], "night"),
        // A rule under the caller's number is about the caller.
        (json!({}), vec![under(CALLER, "national-dnc", json!({ "status": "REJECT", "side": "from" }))], "national-dnc"),
        // Only rules that reject.
        (
            json!({ "exempt": "moved" }),
            vec![under(CALLEE, "moved", json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112" }))],
            "moved",
        ),
        (json!({ "exempt": "vip" }), vec![under(CALLEE, "vip", json!({ "status": "PROCEED" }))], "vip"),
        // The callers and the clients of the exemption.
        (json!({ "from": "+1212*" }), vec![listed("national-dnc")], "-"),
        (json!({ "from": "+1415*" }), vec![listed("national-dnc")], "national-dnc"),
        (json!({ "clients": "vendor" }), vec![listed("national-dnc")], "-"),
        (json!({ "clients": "!vendor" }), vec![listed("national-dnc")], "national-dnc"),
        // Its time, with the edges.
        (json!({ "starts_at": AT }), vec![listed("national-dnc")], "-"),
        (json!({ "starts_at": "2026-11-23T15:00:01Z" }), vec![listed("national-dnc")], "national-dnc"),
        (json!({ "expires_at": "2026-11-23T15:00:01Z" }), vec![listed("national-dnc")], "-"),
        (json!({ "expires_at": AT }), vec![listed("national-dnc")], "national-dnc"),
        (json!({ "expires_at": "never" }), vec![listed("national-dnc")], "-"),
        (json!({ "expires_at": "Never" }), vec![listed("national-dnc")], "-"),
        (json!({ "enabled": false }), vec![listed("national-dnc")], "national-dnc"),
    ] {
        let items: Vec<Value> = others.into_iter().chain([consent(exemption)]).collect();
        assert_eq!(case(&items).winner(), decided_by, "{items:#?}");
    }
    // That of another number lifts nothing.
    let others = under("+13055550102", "consent-4711", json!({ "exempt": "national-dnc", "expires_at": "never" }));
    assert_eq!(case(&[listed("national-dnc"), others]).winner(), "national-dnc");
}

#[test]
fn a_lifted_rule_does_not_decide_and_the_next_one_does() {
    let hours = wildcard("hours", json!({ "calling_hours": "us" }));
    let items = [listed("national-dnc"), hours, consent(json!({ "proof": "recording 4711" }))];
    assert_eq!(case(&items).answer(), ("PROCEED".to_owned(), "-".to_owned()));
    assert_eq!(case(&items).at("2026-11-23T04:00:00Z").answer().1, "hours");
    let shadow = under(CALLEE, "national-dnc", json!({ "status": "REJECT", "shadow": true }));
    case(&[shadow, consent(json!({}))]).asked(|asked| assert!(asked.shadows().is_empty()));
}

#[test]
fn the_decision_names_the_exemption_its_end_and_its_proof() {
    let ban = wildcard("ban-fl", json!({ "places": "US-FL" }));
    let both = consent(json!({ "exempt": "national-dnc, ban-fl", "proof": "recording 4711" }));
    for (items, because) in [
        (
            vec![listed("national-dnc"), ban.clone(), both.clone()],
            "no rule applies, so the default answer is given; exempt from `national-dnc`, `ban-fl` until 2027-03-01 00:00 UTC \
             by `consent-4711`, proof: recording 4711",
        ),
        (
            vec![listed("national-dnc"), listed("own"), both],
            "rule `own` under +13055550101, priority 100, aimed at this callee; exempt from `national-dnc` until \
             2027-03-01 00:00 UTC by `consent-4711`, proof: recording 4711",
        ),
        (
            vec![listed("national-dnc"), consent(json!({ "expires_at": "never" }))],
            "no rule applies, so the default answer is given; exempt from `national-dnc` without an end by `consent-4711`",
        ),
        // Nothing is lifted that would not have applied.
        (vec![consent(json!({}))], "no rule applies, so the default answer is given"),
    ] {
        assert_eq!(case(&items).decide(|decision| decision.because()), because);
    }
    let items = [listed("national-dnc"), consent(json!({ "proof": "recording 4711" }))];
    case(&items).asked(|asked| {
        let findings = asked.findings();
        assert_eq!(findings[0].why, "exempt until 2027-03-01 00:00 UTC by `consent-4711`, proof: recording 4711");
        assert!(matches!(findings[0].applicability, Applicability::DoesNotApply(Unmet::Lifted(_))));
        assert_eq!(findings[1].why, "lifts `national-dnc` for this number");
        assert!(matches!(findings[1].applicability, Applicability::Fact(FactContent::Exemption(_))));
        assert_eq!(asked.lifted().len(), 1);
        assert_eq!(asked.versions(precall::PartitionRole::Callee).count(), 2);
    });
    let other = [listed("national-dnc"), consent(json!({ "clients": "!vendor" }))];
    case(&other).asked(|asked| assert_eq!(asked.findings()[1].why, "`clients` is !vendor: not this client"));
}

/// Of several exemptions, the decision names the one with the latest end.
#[test]
fn of_several_exemptions_the_latest_end_is_named() {
    let other = |rule: &str, end: &str| under(CALLEE, rule, json!({ "exempt": "national-dnc", "expires_at": end }));
    for (exemptions, named) in [
        (vec![other("b", "2027-01-01"), other("a", "2027-02-01")], "a"),
        (vec![other("a", "2027-01-01"), other("b", "2027-02-01")], "b"),
        (vec![other("a", "2027-01-01"), other("b", "never")], "b"),
        (vec![other("b", "2027-01-01"), other("a", "2027-01-01")], "a"),
    ] {
        let items: Vec<Value> = exemptions.into_iter().chain([listed("national-dnc")]).collect();
        case(&items).asked(|asked| assert_eq!(asked.lifted()[0].exemption.key.rule, named, "{items:#?}"));
    }
}

#[test]
fn a_lifted_cap_does_not_stop_the_call_and_still_counts_it() {
    let cap = |rule: &str| wildcard(rule, json!({ "places": "US-FL", "max_calls": 1, "per": "24h" }));
    let lifting = consent(json!({ "exempt": "cap-fl" }));
    let made = vec![instant("2026-11-23T14:00:00Z")];
    let full = |items: &[Value]| case(items).attempts(CountBy::Callee, made.clone());
    assert_eq!(full(&[cap("cap-fl")]).winner(), "cap-fl");
    assert_eq!(full(&[cap("cap-fl"), consent(json!({}))]).winner(), "cap-fl");
    assert_eq!(full(&[cap("cap-fl"), cap("cap-us"), lifting.clone()]).winner(), "cap-us");
    for items in [vec![cap("cap-fl"), lifting.clone()], vec![cap("cap-fl"), listed("dnc"), lifting]] {
        full(&items).decide(|decision| {
            let is_rejected = !decision.lets_through();
            assert_eq!(is_rejected, items.len() == 3, "{items:#?}");
            let reservations = decision.reservations();
            let counter = CountBy::Callee.counter(None, &number(CALLEE));
            // The limit of the cap is not checked, and a call that is let through counts.
            assert_eq!(reservations.iter().any(|it| it.counter == counter && it.record), !is_rejected);
            assert!(reservations.iter().all(|it| it.limits.is_empty()), "{reservations:?}");
        });
    }
}

/// The start and the end of an exemption are instants at which the result may change.
#[test]
fn the_next_open_instant_is_the_first_with_the_exemptions_of_that_time() {
    const TARGET: &str = "+13605550112";
    let night = || wildcard("night", json!({ "hours": "!13:00-21:00", "timezone": "UTC", "priority": 200 }));
    let cap = || wildcard("cap", json!({ "max_calls": 1, "per": "24h" }));
    let from = |rule: &str, lifted: &str, start: &str, end: &str| {
        under(CALLEE, rule, json!({ "exempt": lifted, "starts_at": start, "expires_at": end }))
    };
    let dnc = |start: &str, end: &str| from("consent", "national-dnc", start, end);
    let moved = under(CALLEE, "moved", json!({ "status": "CHANGE_DESTINATION", "code": TARGET, "priority": 300 }));
    let of_target = under(
        TARGET,
        "consent",
        json!({ "exempt": "cap", "starts_at": "2026-11-23T09:00:00Z", "expires_at": "never" }),
    );
    for (items, opens) in [
        (vec![night()], Some("2026-11-23T13:00:00Z")),
        (vec![night(), listed("national-dnc")], None),
        (vec![night(), listed("national-dnc"), consent(json!({}))], Some("2026-11-23T13:00:00Z")),
        // It ends before the hours begin, and another one begins later.
        (vec![night(), listed("national-dnc"), dnc("2026-11-01", "2026-11-23T12:00:00Z")], None),
        (vec![night(), listed("national-dnc"), dnc("2026-11-01", "2026-11-23T13:00:00Z")], None),
        (
            vec![night(), listed("national-dnc"), dnc("2026-11-01", "2026-11-23T13:00:01Z")],
            Some("2026-11-23T13:00:00Z"),
        ),
        (
            vec![
                night(),
                listed("national-dnc"),
                dnc("2026-11-01", "2026-11-23T12:00:00Z"),
                from("later", "national-dnc", "2027-02-01T14:30:00Z", "never"),
            ],
            Some("2027-02-01T14:30:00Z"),
        ),
        // It begins within the hours, outside them, and after more than a year.
        (vec![night(), listed("national-dnc"), dnc("2026-11-23T15:00:00Z", "never")], Some("2026-11-23T15:00:00Z")),
        (vec![night(), listed("national-dnc"), dnc("2026-11-23T22:00:00Z", "never")], Some("2026-11-24T13:00:00Z")),
        (vec![night(), listed("national-dnc"), dnc("2027-12-01", "never")], None),
        // A cap that is full has room again after a day, or is lifted before.
        (vec![cap()], Some("2026-11-24T03:00:00Z")),
        (vec![cap(), from("consent", "cap", "2026-11-23T09:00:00Z", "never")], Some("2026-11-23T09:00:00Z")),
        (vec![cap(), from("consent", "cap", "2026-11-25", "never")], Some("2026-11-24T03:00:00Z")),
        (vec![cap(), from("consent", "other", "2026-11-23T09:00:00Z", "never")], Some("2026-11-24T03:00:00Z")),
        // The target of a redirect has its own exemptions.
        (vec![moved.clone(), cap(), of_target], Some("2026-11-23T09:00:00Z")),
        (vec![moved, cap(), from("consent", "cap", "2026-11-23T09:00:00Z", "never")], Some("2026-11-24T03:00:00Z")),
        // A list alone is not about time.
        (vec![listed("national-dnc"), dnc("2026-11-23T09:00:00Z", "never")], None),
    ] {
        let made = vec![instant("2026-11-23T03:00:00Z")];
        let call = case(&items).at("2026-11-23T04:00:00Z").attempts(CountBy::Callee, made.clone());
        let call = call.to(TARGET).attempts(CountBy::Callee, made).to(CALLEE);
        let (is_rejected, found) = call.decide(|decision| (!decision.lets_through(), decision.next_open()));
        assert!(is_rejected, "{items:#?}");
        assert_eq!(found, opens.map(instant), "{items:#?}");
    }
}

#[test]
fn a_redirect_is_screened_with_the_exemptions_of_its_target() {
    const TARGET: &str = "+13605550112";
    let moved = under(CALLEE, "moved", json!({ "status": "CHANGE_DESTINATION", "code": TARGET }));
    let dnc = under(TARGET, "national-dnc", json!({ "status": "REJECT" }));
    let of = |number: &str| under(number, "consent", json!({ "exempt": "national-dnc", "expires_at": "never" }));
    let answer = |exemption: Value| case(&[moved.clone(), dnc.clone(), exemption]).answer();
    assert_eq!(answer(of(TARGET)).1, "moved");
    assert_eq!(answer(of(CALLEE)).1, "national-dnc");
}

#[test]
fn a_mistake_lifts_nothing_and_the_rule_still_rejects() {
    let never = json!({ "expires_at": Value::Null });
    for (mistake, reason) in [
        (
            never,
            "`expires_at`: missing; an exemption needs an end, such as 2027-03-01T00:00:00Z; write never if it has none",
        ),
        (json!({ "expires_at": "" }), "`expires_at`: empty; write an instant such as 2027-03-01T00:00:00Z, or never"),
        (json!({ "expires_at": "none" }), "`expires_at`: \"none\" is not an instant"),
        (json!({ "expires_at": "03/04/2027" }), "`expires_at`: \"03/04/2027\" is not an instant"),
        (json!({ "starts_at": "soon" }), "`starts_at`: \"soon\" is not an instant"),
        (json!({ "exempt": "" }), "`exempt`: empty; write the name of a list"),
        (json!({ "exempt": "national-dnc,," }), "`exempt`: a name is empty"),
        (json!({ "exempt": ["national-dnc", true] }), "`exempt`: holds something that is not text"),
        (json!({ "exempt": true }), "`exempt`: \"true\" is not the name of a list or rule"),
        (json!({ "exempt": "All" }), "`exempt`: \"All\" is not the name of a list or rule"),
        (json!({ "exempt": "*" }), "`exempt`: \"*\" is a pattern; write the exact name of each list or rule"),
        (json!({ "exempt": "national-*" }), "`exempt`: \"national-*\" is a pattern"),
        (json!({ "exempt": "!internal-dnc" }), "`exempt`: \"!internal-dnc\" is a pattern"),
        (json!({ "exempt": "national-dnc, us" }), "`exempt`: \"us\" means calling hours, which no exemption lifts"),
        (json!({ "exempt": "calling_hours" }), "`exempt`: \"calling_hours\" means calling hours"),
        (json!({ "from": "1415" }), "`from`: "),
        (json!({ "clients": "" }), "`clients`: "),
        (json!({ "proof": ["a", "b"] }), "`proof`: a list where text belongs"),
        (json!({ "hours": "09:00-17:00" }), "`hours`: not an attribute of an item without `status`"),
        (json!({ "places": "US-FL" }), "`places`: not an attribute of an item without `status`"),
        (json!({ "to": "+1*" }), "`to`: not an attribute of an item without `status`"),
        (json!({ "side": "to" }), "`side`: not an attribute of an item without `status`"),
        (json!({ "max_calls": 3 }), "`max_calls`: not an attribute of an item without `status`"),
        (json!({ "priority": 200 }), "`priority`: not an attribute of an item without `status`"),
        (json!({ "valid_until": "2027-01-01" }), "`valid_until`: not an attribute of an item without `status`"),
        (json!({ "revoked": "2026-01-01" }), "`revoked`: not an attribute of an item without `status`"),
        (json!({ "state": "FL" }), "`state`: not an attribute of an item without `status`"),
        (json!({ "code": "603" }), "`code`: not an attribute of an item without `status`"),
        (json!({ "stauts": "REJECT" }), "`stauts`: not an attribute of a rule; did you mean `status`?"),
        (json!({ "opted_out": true }), "`opted_out`: not an attribute of a rule; did you mean `status`?"),
    ] {
        let wrong = consent(mistake);
        let found = reasons(&wrong);
        assert!(found.iter().any(|found| found.starts_with(reason)), "{wrong}: {found:#?}");
        assert_eq!(case(&[listed("national-dnc"), wrong.clone()]).winner(), "national-dnc", "{wrong}");
        // Also a REJECT of the lowest priority, unless the item may be a rule, or may state where the callee is.
        let low = under(CALLEE, "national-dnc", json!({ "status": "REJECT", "priority": -5 }));
        let may_be_more =
            ["stauts", "opted_out", "code", "places", "state"].iter().any(|name| wrong.get(name).is_some());
        let decided_by = if may_be_more { "?consent-4711" } else { "national-dnc" };
        assert_eq!(case(&[low, wrong.clone()]).winner(), decided_by, "{wrong}");
        let alone = if may_be_more { "?consent-4711" } else { "-" };
        assert_eq!(case(std::slice::from_ref(&wrong)).winner(), alone, "{wrong}");
        case(std::slice::from_ref(&wrong)).asked(|asked| assert_eq!(asked.skipped().len(), 1, "{wrong}"));
    }
}

#[test]
fn an_exemption_is_under_a_number() {
    let star = under("*", "consent", json!({ "exempt": "national-dnc", "expires_at": "never" }));
    assert_eq!(reasons(&star), ["`exempt`: without meaning under *; store an exemption under the callee's number"]);
    assert_eq!(case(&[listed("national-dnc"), star]).winner(), "national-dnc");
    // Another fact under `*` stays one.
    let place = under("*", "where", json!({ "to": "+1305*", "timezone": "America/Denver", "exempt": "national-dnc" }));
    case(&[place]).asked(|asked| assert_eq!(asked.clocks()[0].to_string(), "Mon 08:00 in America/Denver"));
    let misspelt = under("305 555 0101", "consent", json!({ "exempt": "national-dnc", "expires_at": "never" }));
    assert!(reasons(&misspelt)[0].contains("is never read; store the item under +13055550101"), "{misspelt}");
}

/// A running instance keeps the last valid version of other items.
#[test]
fn an_exemption_that_has_become_invalid_lifts_nothing() {
    let partition = |before: &Partition, last: Value| {
        let items = [listed("national-dnc"), last].iter().map(item).collect::<Vec<_>>();
        Partition::replacing(before, &items)
    };
    let before = partition(&Partition::default(), consent(json!({})));
    let after = partition(&before, consent(json!({ "expires_at": "soon" })));
    let decide = |partition: Partition| {
        let mut rules = RuleSet::of_call(Some(Arc::default()), Some(Arc::default()));
        rules.add_callee(&number(CALLEE), Some(partition.into()));
        let (call, attempts) = (Call::new(number(CALLEE), instant(AT)), Attempts::none());
        name(rules.evaluate(&call, &attempts).decided_by())
    };
    assert_eq!(decide(before), "-");
    assert_eq!(decide(after), "national-dnc");
}

/// The exemption may be among the items that could not be read.
#[test]
fn unread_items_lift_nothing() {
    let wildcard: Partition =
        [entry(&wildcard("national-dnc:+1305*", json!({ "to": "+1305*" })))].into_iter().collect();
    let mut rules = RuleSet::of_call(Some(wildcard.into()), Some(Arc::default()));
    let (call, attempts) = (Call::new(number(CALLEE), instant(AT)), Attempts::none());
    rules.add_callee(&call.to, None);
    assert_eq!(name(rules.evaluate(&call, &attempts).decided_by()), "national-dnc:+1305*");
    rules.add_callee(&call.to, Some(Arc::new([entry(&consent(json!({})))].into_iter().collect())));
    assert_eq!(name(rules.evaluate(&call, &attempts).decided_by()), "-");
}

#[test]
fn an_item_with_a_status_is_never_an_exemption() {
    let reject =
        under(CALLEE, "own", json!({ "status": "REJECT", "exempt": "national-dnc", "expires_at": "2027-03-01" }));
    assert_eq!(case(&[listed("national-dnc"), reject.clone()]).winner(), "national-dnc");
    let advice = |json: &Value| unknown_attributes(&item(json)).into_iter().map(|it| it.advice).collect::<Vec<_>>();
    assert_eq!(
        advice(&reject),
        [
            "`exempt`: only for an item under a number and without `status`, which lifts rules for it; it has no effect here"
        ]
    );
    assert_eq!(advice(&consent(json!({ "proof": "recording 4711", "x_file": 1 }))), [""; 0]);
    let other = under(CALLEE, "consent", json!({ "exempt_from": "national-dnc", "expires_at": "2027-03-01" }));
    assert_eq!(advice(&other), ["`exempt_from`: not an attribute of a rule; did you mean `exempt`?"]);
    assert_eq!(case(&[listed("national-dnc"), other]).winner(), "national-dnc");
}
