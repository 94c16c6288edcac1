//! Rules that the host could not read may be any rules: a known REJECT decides, and everything else is unknown.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::sync::Arc;

use precall::frequency_cap::CountBy;
use precall::{Answer, Attempts, Call, DefaultAnswer, Number, Partition, PartitionRole, RuleSet};
use precall_test::{entry, instant, name, number};
use serde_json::{Value, json};

const CALLEE: &str = "+13155550101";
const CALLER: &str = "+12125550199";
const TARGET: &str = "+13605550112";

/// A Monday, 22:30 in New York, 19:30 in Los Angeles.
const AT: &str = "2026-11-24T03:30:00Z";

/// The rules of one call, as a host reads them.
struct Host<'h> {
    items: &'h [Value],
    /// The keys that cannot be read.
    unreadable: &'h [&'h str],
}

impl Host<'_> {
    fn read(&self, key: &str) -> Option<Arc<Partition>> {
        let of_key = self.items.iter().filter(|item| item["number"] == key);
        (!self.unreadable.contains(&key)).then(|| Arc::new(of_key.map(entry).collect()))
    }

    /// Decides a call and passes the decision to a function. It reads all that the decision needs.
    fn decide<T>(&self, call: &Call, attempts: &Attempts, read: impl Fn(&precall::Decision<'_>) -> T) -> T {
        let caller = call.from.as_ref().map_or_else(|| Some(Arc::default()), |from| self.read(from.as_str()));
        let mut rules = RuleSet::of_call(self.read("*"), caller);
        for _ in 0..3 {
            let Some(wanted) = rules.evaluate(call, attempts).unread().cloned() else {
                return read(&rules.evaluate(call, attempts));
            };
            let partition = self.read(wanted.as_str());
            rules.add_callee(&wanted, partition);
        }
        panic!("a number is read again and again");
    }

    fn rule(&self) -> String {
        self.decide(&call(), &Attempts::none(), |decision| name(decision.decided_by()))
    }
}

fn call() -> Call {
    Call { from: Some(number(CALLER)), ..Call::new(number(CALLEE), instant(AT)) }
}

#[test]
fn a_known_reject_stands_and_everything_else_is_unknown() {
    let rule = |key: &str, rule: &str, status: &str, priority: i64| {
        let mut item = json!({ "number": key, "rule": rule, "status": status, "priority": priority, "side": "any" });
        if status == "CHANGE_DESTINATION" {
            item["code"] = json!(TARGET);
        }
        item
    };
    let reject = |key: &str| rule(key, "no", "REJECT", 100);
    let yes = |key: &str, priority: i64| rule(key, "yes", "PROCEED", priority);
    let moved = |key: &str, priority: i64| rule(key, "moved", "CHANGE_DESTINATION", priority);
    let typo = |priority: i64| json!({ "number": CALLEE, "rule": "typo", "status": "REJEKT", "priority": priority });
    let cap = json!({ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 1, "per": "24h" });
    let hours = json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us" });
    let west = json!({ "number": CALLEE, "rule": "west", "timezone": "America/Los_Angeles", "places": "US-CA" });
    let open = json!({ "number": "*", "rule": "open", "calling_hours": "us", "places": "US", "hours": "00:00-24:00" });
    for (items, unreadable, expected) in [
        // A REJECT in each partition, with each of the others unread.
        (vec![reject("*")], vec![CALLEE], "no"),
        (vec![reject("*")], vec![CALLER], "no"),
        (vec![reject("*")], vec![CALLEE, CALLER], "no"),
        (vec![reject(CALLEE)], vec!["*"], "no"),
        (vec![reject(CALLEE)], vec![CALLER, "*"], "no"),
        (vec![reject(CALLER)], vec![CALLEE, "*"], "no"),
        // A REJECT that cannot be read is not known.
        (vec![reject("*")], vec!["*"], "?unreadable"),
        (vec![reject(CALLEE), yes("*", 0)], vec![CALLEE], "?unreadable"),
        (vec![], vec![CALLEE], "?unreadable"),
        (vec![], vec![CALLER], "?unreadable"),
        (vec![], vec!["*"], "?unreadable"),
        (vec![], vec![CALLEE, CALLER, "*"], "?unreadable"),
        // A PROCEED or a redirect that would win makes the call unknown, also above a REJECT.
        (vec![yes(CALLEE, 0)], vec!["*"], "?unreadable"),
        (vec![moved(CALLEE, 0)], vec!["*"], "?unreadable"),
        (vec![reject("*"), yes(CALLER, 200)], vec![CALLEE], "?unreadable"),
        (vec![reject("*"), moved(CALLER, 200)], vec![CALLEE], "?unreadable"),
        (vec![reject("*"), yes(CALLER, 50)], vec![CALLEE], "no"),
        (vec![reject("*"), moved(CALLER, 50)], vec![CALLEE], "no"),
        // A REJECT that does not apply, or is a shadow rule, decides nothing.
        (vec![json!({ "number": "*", "rule": "no", "status": "REJECT", "to": "+1900*" })], vec![CALLEE], "?unreadable"),
        (vec![json!({ "number": "*", "rule": "no", "status": "REJECT", "shadow": true })], vec![CALLEE], "?unreadable"),
        // An invalid item under the callee's number has the same effect as without the fault.
        (vec![reject(CALLEE), typo(50)], vec!["*"], "no"),
        (vec![reject(CALLEE), typo(100)], vec!["*"], "?unreadable"),
        // The law uses the rules that are known: the unread fact would have let this call through, and so would the unread row.
        (vec![hours.clone()], vec![CALLEE], "hours"),
        (vec![hours.clone(), west.clone()], vec![CALLEE], "hours"),
        (vec![hours.clone(), west], vec![], "-"),
        (
            vec![json!({ "number": CALLEE, "rule": "own", "status": "REJECT", "calling_hours": "us" }), open],
            vec!["*"],
            "own",
        ),
        // A cap that is not full rejects nothing.
        (vec![cap], vec![CALLEE], "?unreadable"),
        // A redirect's target is screened by the rules that could be read.
        (vec![moved(CALLEE, 0)], vec![TARGET], "?unreadable"),
        (vec![moved(CALLEE, 0), reject(TARGET)], vec![TARGET], "?unreadable"),
        (
            vec![moved(CALLEE, 0), json!({ "number": "*", "rule": "no-360", "status": "REJECT", "to": "+1360*" })],
            vec![TARGET],
            "no-360",
        ),
        // Nothing is missing.
        (vec![], vec![], "-"),
        (vec![reject("*")], vec![], "no"),
    ] {
        let host = Host { items: &items, unreadable: &unreadable };
        assert_eq!(host.rule(), expected, "{items:#?}\nwithout {unreadable:?}");
    }
}

#[test]
fn a_cap_that_is_known_to_be_full_rejects_and_no_unknown_call_counts() {
    let items = [json!({ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 1, "per": "24h" })];
    let host = Host { items: &items, unreadable: &[CALLEE] };
    let counter = CountBy::Callee.counter(None, &number(CALLEE));
    let full: Attempts = [(counter.clone(), vec![instant(AT)])].into_iter().collect();
    for (attempts, expected) in [(full, "cap"), (Attempts::none(), "?unreadable")] {
        host.decide(&call(), &attempts, |decision| {
            assert_eq!(name(decision.decided_by()), expected);
            let reservations = decision.reservations();
            assert!(reservations.iter().all(|reservation| !reservation.record), "{reservations:?}");
            // The host must read the counter, because it may reject the call.
            let is_read = reservations.iter().any(|wanted| wanted.counter == counter && !wanted.limits.is_empty());
            assert_eq!(is_read, expected == "?unreadable");
        });
    }
}

#[test]
fn the_default_answer_does_not_hide_that_rules_are_missing() {
    let reject = DefaultAnswer::Reject { code: "403".to_owned(), reason: "Not on the list".to_owned() };
    let rules = RuleSet::of_call(None, Some(Arc::default())).with_default(reject);
    let mut rules = rules;
    rules.add_callee(&number(CALLEE), Some(Arc::default()));
    let (call, none) = (call(), Attempts::none());
    let decision = rules.evaluate(&call, &none);
    assert_eq!(decision.answer().unwrap_err().to_string(), "the rules of `*` could not be read");
    assert!(!decision.lets_through());
}

#[test]
fn the_decision_says_which_rules_are_missing() {
    let no = json!({ "number": "*", "rule": "no", "status": "REJECT" });
    for (items, unreadable, because) in [
        (
            vec![no.clone()],
            vec![CALLEE],
            "rule `no` under *, priority 0, aimed at any number; the rules of the callee could not be read",
        ),
        (
            vec![no],
            vec![CALLEE, CALLER],
            "rule `no` under *, priority 0, aimed at any number; the rules of the callee and of the caller could not be read",
        ),
        (vec![], vec![CALLEE, CALLER, "*"], "the rules of the callee, of the caller and of `*` could not be read"),
    ] {
        let host = Host { items: &items, unreadable: &unreadable };
        let (text, roles, answer) = host.decide(&call(), &Attempts::none(), |decision| {
            (decision.because(), decision.unreadable().roles().collect::<Vec<_>>(), decision.answer().ok())
        });
        assert_eq!(text, because);
        assert_eq!(roles.len(), unreadable.len());
        assert_eq!(roles.contains(&PartitionRole::Caller), unreadable.contains(&CALLER));
        assert!(answer.is_none_or(|answer| matches!(answer, Answer::Reject { .. })));
    }
}

/// The callee of a call to oneself is also its caller, and a redirect may lead to the caller's own number.
#[test]
fn one_number_on_both_sides_is_read_once() {
    let own = Call { from: Some(number(CALLEE)), ..call() };
    let items = [json!({ "number": CALLEE, "rule": "no", "status": "REJECT", "side": "any" })];
    let rule =
        |host: &Host<'_>, call: &Call| host.decide(call, &Attempts::none(), |decision| name(decision.decided_by()));
    assert_eq!(rule(&Host { items: &items, unreadable: &[] }, &own), "no");
    assert_eq!(rule(&Host { items: &items, unreadable: &[CALLEE] }, &own), "?unreadable");
    let home = [json!({ "number": CALLEE, "rule": "home", "status": "CHANGE_DESTINATION", "code": CALLER })];
    assert_eq!(rule(&Host { items: &home, unreadable: &[] }, &call()), "home");
}

#[test]
fn a_rule_set_of_all_items_loses_none() {
    let items = [json!({ "number": CALLEE, "rule": "no", "status": "REJECT" })];
    let mut rules = RuleSet::from_items(items.iter().map(precall_test::item));
    rules.add_callee(&Number::from_typed(CALLEE).unwrap(), None);
    assert_eq!(name(rules.evaluate(&call(), &Attempts::none()).decided_by()), "no");
}
