//! Compares the engine with a second implementation of the whole rule language, which is deliberately naive and written from
//! `docs/rules.md`. Both decide random calls on random rulebooks: ten thousand here, a million in `make fuzz-oracle`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod generate;
mod naive;
mod next_open;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use generate::{Dice, case};
use jiff::Timestamp;
use naive::World;
use precall::frequency_cap::CountBy;
use precall::rule::{Item, Value as RuleValue, parse};
use precall::{Attempts, Call, Decision, Number, Partition, RuleSet};
use precall_test::name;
use serde_json::{Map, Value, json};

/// An item as an operator writes it.
type Typed = Map<String, Value>;

/// One call on one rulebook, with earlier calls that were let through.
#[derive(Debug, Clone)]
struct Case {
    from: Option<String>,
    to: String,
    client: Option<String>,
    at: Timestamp,
    items: Vec<Typed>,
    /// The attempts by counter: `callee`, `pair` or `caller`; the caller (`-` if withheld); the callee.
    history: BTreeMap<(String, String, String), Vec<Timestamp>>,
    /// The numbers, or `*`, whose items cannot be read.
    unread: BTreeSet<String>,
}

/// The results that must be equal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    decision: String,
    rule: String,
    outranked: Vec<String>,
    shadows: Vec<String>,
    invalid: BTreeSet<String>,
    /// The rules that an exemption lifts for the callee.
    lifted: BTreeSet<String>,
    /// The counters that count the call if it is let through.
    counted: BTreeSet<(String, String, String)>,
}

/// Returns the rules of a call as a host reads them, partition by partition. Some cannot be read.
fn read_rules(case: &Case, items: &[Item], call: &Call, attempts: &Attempts) -> RuleSet {
    let partition = |key: &str| {
        let of_key =
            items.iter().filter(|item| matches!(item.get("number"), Some(RuleValue::Text(text)) if text == key));
        (!case.unread.contains(key)).then(|| Arc::new(of_key.map(parse).collect::<Partition>()))
    };
    let caller = call.from.as_ref().filter(|from| **from != call.to);
    let caller = caller.map_or_else(|| Some(Arc::default()), |from| partition(from.as_str()));
    let mut rules = RuleSet::of_call(partition("*"), caller);
    while let Some(wanted) = rules.evaluate(call, attempts).unread().cloned() {
        rules.add_callee(&wanted, partition(wanted.as_str()));
    }
    rules
}

/// Returns the outcome of the engine.
fn engine(case: &Case) -> Outcome {
    with_decision(case, outcome)
}

/// Decides a case by the engine.
fn with_decision<T>(case: &Case, report: impl FnOnce(&Call, &Decision<'_>) -> T) -> T {
    let number = |text: &String| Number::from_typed(text).unwrap();
    let call = Call {
        from: case.from.as_ref().map(number),
        to: number(&case.to),
        client: case.client.as_deref().map(Into::into),
        at: case.at,
        redirected: false,
    };
    let kinds = [CountBy::Callee, CountBy::Pair, CountBy::Caller];
    let attempts: Attempts = case
        .history
        .iter()
        .map(|((by, from, to), attempts)| {
            let by = kinds.into_iter().find(|kind| kind.as_str() == by).unwrap();
            let from = (from != "-").then(|| number(from));
            (by.counter(from.as_ref(), &number(to)), attempts.clone())
        })
        .collect();
    let items: Vec<Item> = case
        .items
        .iter()
        .map(|item| item.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect())
        .collect();
    let rules =
        if case.unread.is_empty() { RuleSet::from_items(items) } else { read_rules(case, &items, &call, &attempts) };
    report(&call, &rules.evaluate(&call, &attempts))
}

fn outcome(call: &Call, decision: &Decision<'_>) -> Outcome {
    let kinds = [CountBy::Callee, CountBy::Pair, CountBy::Caller];
    let dialled = &decision.dialled().call().to;
    let name_of = |by: CountBy| {
        let from = call.from.as_ref().map_or("-".to_owned(), ToString::to_string);
        match by {
            CountBy::Callee => ("callee".to_owned(), String::new(), dialled.to_string()),
            CountBy::Pair => ("pair".to_owned(), from, dialled.to_string()),
            CountBy::Caller => ("caller".to_owned(), from, String::new()),
        }
    };
    let reservations = decision.reservations();
    let counted = reservations.iter().filter(|reservation| reservation.record).map(|reservation| {
        let is_of = |by: &CountBy| by.counter(call.from.as_ref(), dialled) == reservation.counter;
        name_of(kinds.into_iter().find(is_of).unwrap())
    });
    let names = |rules: &[&precall::rule::Rule]| rules.iter().map(|rule| rule.key.rule.clone()).collect();
    Outcome {
        decision: decision.answer().map_or("unknown".to_owned(), |answer| answer.to_json()),
        rule: name(decision.decided_by()),
        counted: counted.collect(),
        outranked: names(decision.asked().outranked()),
        shadows: names(decision.asked().shadows()),
        lifted: decision.asked().lifted().iter().map(|lifted| lifted.rule.key.rule.clone()).collect(),
        invalid: decision.asked().skipped().iter().map(|item| item.key.rule.clone()).collect(),
    }
}

/// Removes items and attributes from a case as long as the implementations differ.
fn shrink(case: &Case, differs: impl Fn(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    loop {
        let mut smaller = Vec::new();
        for (i, item) in smallest.items.iter().enumerate() {
            let mut without = smallest.clone();
            without.items.remove(i);
            smaller.push(without);
            // A fact needs its content.
            let is_fact = !item.contains_key("status");
            let needed: &[&str] = if is_fact {
                &["calling_hours", "places", "hours", "timezone", "to", "exempt", "expires_at"]
            } else {
                &["code"]
            };
            let keys = item.keys().filter(|name| !["number", "rule", "status"].contains(&name.as_str()));
            for name in keys.filter(|name| !needed.contains(&name.as_str())) {
                let mut without = smallest.clone();
                without.items[i].remove(name);
                smaller.push(without);
            }
        }
        for key in &smallest.unread {
            let mut without = smallest.clone();
            without.unread.remove(key);
            smaller.push(without);
        }
        for key in smallest.history.keys() {
            let mut without = smallest.clone();
            without.history.remove(key);
            smaller.push(without);
        }
        match smaller.into_iter().find(&differs) {
            Some(case) => smallest = case,
            None => return smallest,
        }
    }
}

fn show(case: &Case) -> String {
    let history: Vec<_> = case.history.iter().map(|(key, attempts)| format!("{key:?}: {attempts:?}")).collect();
    let call = json!({
        "from": case.from, "to": case.to, "client": case.client, "at": case.at.to_string(), "unread": case.unread,
    });
    format!("{call}\n{:#}\n{history:#?}", json!(case.items))
}

fn is_partial_reject(case: &Case, outcome: &Outcome, unread: &str) -> bool {
    case.unread.contains(unread) && outcome.decision.contains("REJECT")
}

#[test]
fn both_implementations_agree() {
    let setting = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let count = setting("PRECALL_FUZZ_CASES").unwrap_or(10_000);
    let seed = setting("PRECALL_FUZZ_SEED").unwrap_or(2026);
    let world = World::read();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..count {
        let case = case(&mut Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(number)));
        let (expected, given) = (naive::decide(&world, &case), engine(&case));
        if expected != given {
            let small = shrink(&case, |case| naive::decide(&world, case) != engine(case));
            panic!(
                "case {number} of seed {seed}\n{}\nnaive:   {:?}\nprogram: {:?}",
                show(&small),
                naive::decide(&world, &small),
                engine(&small)
            );
        }
        let status = expected.decision.split('"').nth(3).unwrap_or("unknown").to_owned();
        *seen.entry(status).or_default() += 1;
        for (what, is_there) in [
            ("by no rule", expected.rule == "-"),
            ("outranked", !expected.outranked.is_empty()),
            ("shadow", !expected.shadows.is_empty()),
            ("invalid", !expected.invalid.is_empty()),
            ("lifted", !expected.lifted.is_empty()),
            ("let through because of an exemption", expected.rule == "-" && !expected.lifted.is_empty()),
            ("lifted, but rejected", expected.decision.contains("REJECT") && !expected.lifted.is_empty()),
            ("counted", !expected.counted.is_empty()),
            ("unread", expected.rule == "?unreadable"),
            ("rejected although the callee is unread", is_partial_reject(&case, &expected, &case.to)),
            (
                "rejected although the caller is unread",
                case.from.as_ref().is_some_and(|from| is_partial_reject(&case, &expected, from)),
            ),
            ("rejected although `*` is unread", is_partial_reject(&case, &expected, "*")),
        ] {
            *seen.entry(what.to_owned()).or_default() += u64::from(is_there);
        }
        if let Some(item) = case.items.iter().find(|item| item["rule"] == expected.rule.as_str()) {
            for name in item.keys() {
                *seen.entry(format!("decided with `{name}`")).or_default() += 1;
            }
        }
    }
    println!("{count} cases of seed {seed}: {seen:#?}");
    // If the generator does not produce a case of some kind, the test proves nothing about it.
    for what in [
        "PROCEED",
        "REJECT",
        "CHANGE_DESTINATION",
        "unknown",
        "by no rule",
        "outranked",
        "shadow",
        "invalid",
        "lifted",
        "let through because of an exemption",
        "lifted, but rejected",
        "counted",
        "unread",
        "rejected although the callee is unread",
        "rejected although the caller is unread",
        "rejected although `*` is unread",
        "decided with `dates`",
        "decided with `days`",
        "decided with `hours`",
        "decided with `timezone`",
        "decided with `places`",
        "decided with `calling_hours`",
        "decided with `max_calls`",
        "decided with `count_by`",
        "decided with `percent`",
        "decided with `clients`",
        "decided with `starts_at`",
        "decided with `expires_at`",
        "decided with `to`",
        "decided with `from`",
        "decided with `side`",
    ] {
        assert!(seen.get(what).is_some_and(|cases| *cases >= count / 1_000), "{what}: {:?} of {count}", seen.get(what));
    }
}
