//! Measures the cost of a decision: with ten thousand rules of one kind, and with a mixed rule set; and what the versions of
//! items add to reading them.
//!
//! One thread, no I/O. Each row evaluates one call repeatedly; allocations are counted.

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot continue should stop"
)]

use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use precall::rule::{Entry, Item, parse};
use precall::{Attempts, Call, Number, Partition, RuleSet};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rules under `*`.
const RULES: usize = 10_000;

/// Items under the callee's number.
const CALLEE_ITEMS: usize = 50;

/// Time for each row of the table.
const ROW_TIME: Duration = Duration::from_secs(1);

/// One o'clock in the morning at the callee's place.
const NIGHT: &str = "2026-11-23T08:00:00Z";

const CALLEE: &str = "+12085550100";

fn item(item: Value) -> Item {
    let Value::Object(item) = item else { panic!("{item} is not an item") };
    item.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn entry(value: Value) -> Entry {
    let item = item(value);
    match parse(&item) {
        Entry::Invalid(invalid) => panic!("{item:?}: {:?}", invalid.reasons),
        good => good,
    }
}

fn rules(count: usize, number: &str, condition: impl Fn(usize) -> Value) -> Arc<Partition> {
    let rule = |i| {
        let mut item = json!({ "number": number, "rule": format!("rule-{i}"), "status": "REJECT", "priority": i % 7 });
        item.as_object_mut().unwrap().extend(condition(i).as_object().unwrap().clone());
        entry(item)
    };
    Arc::new((0..count).map(rule).collect())
}

/// Returns one rule with calling hours, and `count` rows of an operator for the callee's place. Each row is for one day, and
/// the first one is for the day `past` days before the call.
fn operator_rows(count: usize, past: i64) -> Arc<Partition> {
    let first: Timestamp = NIGHT.parse().unwrap();
    let row = |day: usize| {
        let starts = first + SignedDuration::from_hours(24 * (i64::try_from(day).unwrap() - past));
        let ends = starts + SignedDuration::from_hours(24);
        entry(json!({
            "number": "*", "rule": format!("day-{day}"), "calling_hours": "us", "places": "US-ID", "hours": "10:00-18:00",
            "starts_at": starts.to_string(), "expires_at": ends.to_string(),
        }))
    };
    let rule = json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us" });
    Arc::new((0..count).map(row).chain([entry(rule)]).collect())
}

/// Measures the evaluation of a call outside calling hours, with the explanation that its decision record contains.
fn explained() {
    println!("\n| reason that a call is outside calling hours | evaluated and explained in |");
    println!("|---|---|");
    let call = Call::new(Number::from_typed(CALLEE).unwrap(), NIGHT.parse().unwrap());
    let attempts = Attempts::none();
    for (name, wildcard) in [
        ("the built-in rows", operator_rows(0, 0)),
        ("with 1,000 rows of an operator that have expired", operator_rows(1_000, 2_000)),
        ("with 1,000 rows of an operator, one for each day", operator_rows(1_000, 500)),
    ] {
        let rules = rule_set(Arc::default(), wildcard);
        let mut count = 0_u32;
        let began = Instant::now();
        while began.elapsed() < ROW_TIME {
            let met = rules.evaluate(black_box(&call), &attempts).conditions_met();
            assert!(!met.is_empty(), "{name}: no rule decides");
            black_box(met);
            count += 1;
        }
        println!("| {name} | {:.1} µs |", began.elapsed().as_secs_f64() * 1e6 / f64::from(count));
    }
}

/// Measures how long it takes to read items, without and with their versions, and to compute their revision.
fn versioned() {
    let rule = |i: usize| {
        item(json!({
            "number": "*", "rule": format!("rule-{i}"), "status": "REJECT", "code": "603", "priority": i % 7,
            "reason": "Do not call", "to": format!("+1{}*", 300 + i % 600),
        }))
    };
    let items: Vec<Item> = (0..RULES).map(rule).collect();
    println!("\n| 10,000 items | in all | per item |");
    println!("|---|---|---|");
    let print = |name: &str, work: &dyn Fn()| {
        let began = Instant::now();
        let mut count = 0_u32;
        while began.elapsed() < ROW_TIME {
            work();
            count += 1;
        }
        let each = began.elapsed() / count;
        let per_item = each.as_secs_f64() * 1e6 / RULES as f64;
        println!("| {name} | {:.1} ms | {per_item:.2} µs |", each.as_secs_f64() * 1e3);
    };
    print("parsed", &|| drop(black_box(items.iter().map(parse).collect::<Partition>())));
    print("parsed, with their versions", &|| drop(black_box(Partition::from_items(&items))));
    print("the same, and the revision", &|| {
        black_box(Partition::from_items(&items).revision());
    });
}

/// Returns the rules of a call whose caller has none.
fn rule_set(callee: Arc<Partition>, wildcard: Arc<Partition>) -> RuleSet {
    let mut rules = RuleSet::of_call(Some(wildcard), Some(Arc::default()));
    rules.add_callee(&Number::from_typed(CALLEE).unwrap(), Some(callee));
    rules
}

/// Returns the text at this index; after the last one, the first follows.
fn pick<'t>(texts: &[&'t str], i: usize) -> &'t str {
    texts.iter().cycle().nth(i % texts.len()).unwrap()
}

fn main() {
    let prefix = |i: usize| json!({ "to": format!("+1{}*", 300 + i % 600) });
    let place = |i: usize| json!({ "places": pick(&["US-FL", "US-OK,US-TX", "caribbean", "!US", "CA-*"], i) });
    let clock = |i: usize| json!({ "hours": format!("{:02}:00-{:02}:30", i % 7, i % 7), "days": "Mon-Sat" });
    let law = |i: usize| json!({ "calling_hours": pick(&["us", "us-debt", "ca"], i) });
    let cap = |i: usize| json!({ "max_calls": 1 + i % 9, "per": "24h", "to": format!("+1{}*", 200 + i % 10) });
    let share = |i: usize| json!({ "percent": (i % 3) as f64 / 100.0 });
    let client = |_| json!({ "clients": "other" });
    let mixed = move |i: usize| match i % 8 {
        0..4 => prefix(i),
        4 => place(i),
        5 => clock(i),
        6 => law(i),
        _ => client(i),
    };
    let none = |_: usize| json!({});
    let cases: [(&str, Arc<Partition>, Arc<Partition>); 11] = [
        ("no rules", Arc::default(), Arc::default()),
        ("1 rule with calling hours", rules(1, "*", law), Arc::default()),
        ("10,000 with a client", rules(RULES, "*", client), Arc::default()),
        ("10,000 with a prefix", rules(RULES, "*", prefix), Arc::default()),
        ("10,000 with places", rules(RULES, "*", place), Arc::default()),
        ("10,000 with days and hours", rules(RULES, "*", clock), Arc::default()),
        ("10,000 with calling hours", rules(RULES, "*", law), Arc::default()),
        ("10,000 with a share", rules(RULES, "*", share), Arc::default()),
        ("10,000 with a cap, 1,000 for the callee", rules(RULES, "*", cap), Arc::default()),
        ("10,000 that apply, without conditions", rules(RULES, "*", none), Arc::default()),
        (
            "10,000 mixed, and 50 under the callee's number",
            rules(RULES, "*", mixed),
            rules(CALLEE_ITEMS, CALLEE, clock),
        ),
    ];
    let call = Call {
        from: Some(Number::from_typed("+12125550199").unwrap()),
        to: Number::from_typed(CALLEE).unwrap(),
        client: Some("vendor".into()),
        at: "2026-11-23T18:00:00Z".parse().unwrap(),
        redirected: false,
    };
    println!("| rules | decisions per second | per decision | per rule | allocations | bytes |");
    println!("|---|---|---|---|---|---|");
    for (name, wildcard, callee) in cases {
        print_row(name, &call, &rule_set(callee, wildcard));
    }
    explained();
    versioned();
}

/// Measures the evaluation of a call, and prints a row of the table.
fn print_row(name: &str, call: &Call, rules: &RuleSet) {
    let attempts = Attempts::none();
    let evaluated = rules.evaluate(call, &attempts).asked().rules_evaluated();
    let region = Region::new(ALLOCATOR);
    black_box(rules.evaluate(call, &attempts));
    let allocated = region.change();
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < ROW_TIME {
        black_box(rules.evaluate(black_box(call), &attempts));
        count += 1;
    }
    let each = began.elapsed() / count;
    let per_rule = each.as_nanos() as f64 / evaluated.max(1) as f64;
    println!(
        "| {name} | {:.0} | {:.1} µs | {} | {} | {} |",
        1.0 / each.as_secs_f64(),
        each.as_secs_f64() * 1e6,
        if evaluated > 1 { format!("{per_rule:.0} ns") } else { "-".to_owned() },
        allocated.allocations,
        allocated.bytes_allocated,
    );
}
