//! What a decision costs: rules of one kind by the ten thousand, and a mixed rulebook.
//!
//! One thread, no I/O. Every row is one call decided again and again; allocations are counted.

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should stop"
)]

use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use precall::evaluation::evaluate::{Call, Partition, Rulebook, Ruling, decide};
use precall::frequency_cap::History;
use precall::number::Number;
use precall::rule::{Entry, Item, parse};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rules under `*`.
const RULES: usize = 10_000;

/// Items under the callee's number.
const CALLEE_ITEMS: usize = 50;

/// For each row of the table.
const TIME: Duration = Duration::from_secs(1);

/// When it is one in the morning there.
const NIGHT: &str = "2026-11-23T08:00:00Z";

const CALLEE: &str = "+12085550100";

fn entry(item: Value) -> Entry {
    let Value::Object(item) = item else { panic!("{item} is no item") };
    let item: Item = item.into_iter().map(|(name, value)| (name, value.into())).collect();
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

/// One rule of calling hours, and so many rows of an operator's for the callee's place, each for a day, the first
/// `past` days before the call.
fn own_rows(count: usize, past: i64) -> Arc<Partition> {
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

/// What it costs to decide a call outside calling hours and to say why, as each record of one does.
fn told() {
    println!("\n| why a call is outside calling hours | decided and told in |");
    println!("|---|---|");
    let call = Call {
        from: None,
        to: Number::from_typed(CALLEE).unwrap(),
        client: None,
        at: NIGHT.parse().unwrap(),
        redirected: false,
    };
    for (name, any) in [
        ("the built-in rows", own_rows(0, 0)),
        ("and 1,000 of an operator's that have expired", own_rows(1_000, 2_000)),
        ("and 1,000 of an operator's, day after day", own_rows(1_000, 500)),
    ] {
        let rulebook = Rulebook { any, ..Rulebook::default() };
        let mut count = 0_u32;
        let began = Instant::now();
        while began.elapsed() < TIME {
            let verdict = decide(black_box(&call), &rulebook, &History::new());
            let Ruling::Rule(rule, _) = verdict.ruling else { panic!("{name}: {:?}", verdict.ruling) };
            black_box(rule.conditions.because(&verdict.context));
            count += 1;
        }
        println!("| {name} | {:.1} µs |", began.elapsed().as_secs_f64() * 1e6 / f64::from(count));
    }
}

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
        ("1 rule of calling hours", rules(1, "*", law), Arc::default()),
        ("10,000 of a client", rules(RULES, "*", client), Arc::default()),
        ("10,000 of a prefix", rules(RULES, "*", prefix), Arc::default()),
        ("10,000 of places", rules(RULES, "*", place), Arc::default()),
        ("10,000 of days and hours", rules(RULES, "*", clock), Arc::default()),
        ("10,000 of calling hours", rules(RULES, "*", law), Arc::default()),
        ("10,000 of a share", rules(RULES, "*", share), Arc::default()),
        ("10,000 with a cap, 1,000 about the callee", rules(RULES, "*", cap), Arc::default()),
        ("10,000 awake, of no condition", rules(RULES, "*", none), Arc::default()),
        ("10,000 mixed, and 50 of the callee", rules(RULES, "*", mixed), rules(CALLEE_ITEMS, CALLEE, clock)),
    ];
    let call = Call {
        from: Some(Number::from_typed("+12125550199").unwrap()),
        to: Number::from_typed(CALLEE).unwrap(),
        client: Some("vendor".into()),
        at: "2026-11-23T18:00:00Z".parse().unwrap(),
        redirected: false,
    };
    println!("| rules | decisions a second | a decision | a rule | allocations | bytes |");
    println!("|---|---|---|---|---|---|");
    for (name, any, callee) in cases {
        let rulebook = Rulebook { callee, caller: Arc::default(), any };
        let looked_at = decide(&call, &rulebook, &History::new()).looked_at;
        let region = Region::new(ALLOCATOR);
        black_box(decide(&call, &rulebook, &History::new()));
        let allocated = region.change();
        let began = Instant::now();
        let mut count = 0_u32;
        while began.elapsed() < TIME {
            black_box(decide(black_box(&call), &rulebook, &History::new()));
            count += 1;
        }
        let each = began.elapsed() / count;
        let a_rule = each.as_nanos() as f64 / looked_at.max(1) as f64;
        println!(
            "| {name} | {:.0} | {:.1} µs | {} | {} | {} |",
            1.0 / each.as_secs_f64(),
            each.as_secs_f64() * 1e6,
            if looked_at > 1 { format!("{a_rule:.0} ns") } else { "-".to_owned() },
            allocated.allocations,
            allocated.bytes_allocated,
        );
    }
    told();
}
