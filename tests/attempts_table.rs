//! Tests the attempts table with the real SDK on a DynamoDB, embedded or Amazon's own (`PRECALL_TEST_DYNAMODB`).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::BTreeMap;
use std::ops::Range;
use std::slice::from_ref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use precall::frequency_cap::{CountBy, Counter, Limit};
use precall::{Attempts, Number, Reservation};
use precall_hook::store::{AttemptsTable, MAX_ID_LENGTH, ReservationOutcome, StoreErrorKind, TableKind};
use precall_test::dynamodb::{DynamoDb, PATIENT, rules_table, settings};
use precall_test::faulty::{Faulty, Mode};
use tokio::task::JoinSet;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Returns the instant this many milliseconds after an instant in 2030.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_900_000_000_000 + ms).unwrap()
}

/// Returns the attempts of a counter, in milliseconds as in [`at`].
fn since(attempts_read: &Attempts, counter: &Counter) -> Vec<i64> {
    attempts_read.of(counter).iter().map(|time| time.as_millisecond() - at(0).as_millisecond()).collect()
}

fn number(n: u32) -> Number {
    Number::from_typed(&format!("+1315{n:07}")).unwrap()
}

/// The counter of a callee.
fn callee(n: u32) -> Counter {
    CountBy::Callee.counter(None, &number(n))
}

fn limit(max: u16, window_ms: i64) -> Limit {
    Limit { max, window: SignedDuration::from_millis(window_ms) }
}

/// Returns a reservation that records, and keeps the attempts that its own limits need.
fn reservation(counter: Counter, limits: &[Limit]) -> Reservation {
    let keep = limits.iter().copied().reduce(Limit::covering).unwrap_or(limit(1, 1_000));
    Reservation { counter, limits: limits.to_vec(), record: true, keep }
}

fn unrecorded(counter: Counter, limits: &[Limit]) -> Reservation {
    Reservation { record: false, ..reservation(counter, limits) }
}

/// Returns an id like that of a decision record. All ids have the same length.
fn id(n: impl Into<u64>) -> String {
    format!("0197a2c4-0000-7000-8000-{:012x}", n.into())
}

async fn attempts(url: &str, table: &str, variables: &[(&str, &str)]) -> AttemptsTable {
    AttemptsTable::new(rules_table(url, table, &settings(variables)).await.client().clone(), table)
}

/// Returns a DynamoDB and its attempts table.
async fn sound() -> (DynamoDb, AttemptsTable) {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb.attempts, &PATIENT).await;
    (dynamodb, attempts)
}

/// Returns the attempts table behind a proxy that can fail, with the hook's time limits.
async fn behind_proxy() -> (DynamoDb, Faulty, AttemptsTable) {
    let dynamodb = DynamoDb::start().await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let attempts = attempts(&proxy.url(), &dynamodb.attempts, &[]).await;
    (dynamodb, proxy, attempts)
}

async fn item(dynamodb: &DynamoDb, counter: &Counter) -> Option<BTreeMap<String, AttributeValue>> {
    let key = AttributeValue::S(counter.as_str().to_owned());
    let get = dynamodb.client.get_item().table_name(&dynamodb.attempts).key("counter", key).consistent_read(true);
    get.send().await.unwrap().item.map(BTreeMap::from_iter)
}

/// Returns the stored list of a counter, or an empty one if there is no item.
async fn entries(dynamodb: &DynamoDb, counter: &Counter) -> Vec<String> {
    let item = item(dynamodb, counter).await.unwrap_or_default();
    let list = item.get("attempts").map(|list| list.as_l().unwrap().clone()).unwrap_or_default();
    list.iter().map(|entry| entry.as_s().unwrap().clone()).collect()
}

async fn put(dynamodb: &DynamoDb, counter: &Counter, attributes: &[(&str, AttributeValue)]) {
    let put = dynamodb.client.put_item().table_name(&dynamodb.attempts);
    let put = put.item("counter", AttributeValue::S(counter.as_str().to_owned()));
    let put = attributes.iter().fold(put, |put, (name, value)| put.item(*name, value.clone()));
    put.send().await.unwrap();
}

fn strings(entries: &[&str]) -> AttributeValue {
    AttributeValue::L(entries.iter().map(|entry| AttributeValue::S((*entry).to_owned())).collect())
}

/// Returns true if a reservation was admitted.
async fn admits(attempts: &AttemptsTable, reservations: &[Reservation], ms: i64, id: &str) -> bool {
    attempts.reserve(reservations, at(ms), id).await.unwrap() == ReservationOutcome::Admitted
}

/// Returns the attempts of a reservation that was refused.
async fn refusal(attempts: &AttemptsTable, reservations: &[Reservation], ms: i64, id: &str) -> Attempts {
    match attempts.reserve(reservations, at(ms), id).await.unwrap() {
        ReservationOutcome::Full(attempts_read) => attempts_read,
        ReservationOutcome::Admitted => panic!("admitted at {ms}"),
    }
}

#[tokio::test]
async fn an_attempt_counts_until_exactly_a_window_later() {
    let (dynamodb, attempts) = sound().await;
    // Ids that sort before and after all others: comparisons of entries include the ids.
    for (n, own) in ["!", "0", "~"].into_iter().enumerate() {
        let counter = callee(n as u32);
        let one = reservation(counter.clone(), &[limit(1, 1_000)]);
        assert!(admits(&attempts, from_ref(&one), 0, own).await);
        for ms in [0, 1, 998, 999] {
            let looked = [unrecorded(counter.clone(), &one.limits)];
            assert_eq!(since(&refusal(&attempts, &looked, ms, "x").await, &counter), [0]);
            assert_eq!(since(&refusal(&attempts, from_ref(&one), ms, "x").await, &counter), [0], "{own} {ms}");
        }
        assert!(admits(&attempts, &[unrecorded(counter.clone(), &one.limits)], 1_000, "x").await);
        assert!(admits(&attempts, from_ref(&one), 1_000, own).await);
        assert!(!admits(&attempts, from_ref(&one), 1_999, "x").await);
        assert!(admits(&attempts, &[one], 2_000, own).await);
        assert_eq!(entries(&dynamodb, &counter).await[0], format!("{}#{own}", at(2_000).as_millisecond()));
    }
    // Fractions of a millisecond are dropped from the instant, but not from the window.
    let odd = reservation(callee(9), &[Limit { max: 1, window: SignedDuration::from_micros(1_000_500) }]);
    let micros = |micros| at(0) + SignedDuration::from_micros(micros);
    assert_eq!(attempts.reserve(from_ref(&odd), micros(999), &id(1u64)).await, Ok(ReservationOutcome::Admitted));
    for (when, admitted) in [(1_000_000, false), (1_000_499, false), (1_000_500, true)] {
        let outcome = attempts.reserve(from_ref(&odd), micros(when), &id(2u64)).await.unwrap();
        assert_eq!(outcome == ReservationOutcome::Admitted, admitted, "{when}");
    }
}

#[tokio::test]
async fn all_limits_of_one_counter_apply() {
    let (dynamodb, attempts) = sound().await;
    let counter = callee(1);
    let both = [reservation(counter.clone(), &[limit(3, DAY), limit(7, 7 * DAY)])];
    let mut admitted = Vec::new();
    for hour in 0..24 * 15 {
        if admits(&attempts, &both, hour * HOUR, &id(hour as u64)).await {
            admitted.push(hour);
        }
    }
    let week = [0, 1, 2, 24, 25, 26, 48];
    let expected: Vec<i64> = [0, 168, 336].iter().flat_map(|start| week.map(|hour| start + hour)).collect();
    assert_eq!(admitted, expected.into_iter().filter(|hour| *hour < 360).collect::<Vec<_>>());
    // The same with two reservations, as two rules would make them.
    let apart =
        [reservation(counter.clone(), &both[0].limits[..1]), reservation(counter.clone(), &both[0].limits[1..])];
    assert!(admits(&attempts, &apart, 360 * HOUR, &id(360u64)).await);
    assert_eq!(entries(&dynamodb, &counter).await.iter().filter(|entry| entry.ends_with(&id(360u64))).count(), 1);
}

#[tokio::test]
async fn count_by_determines_the_calls_that_count_together() {
    let (dynamodb, attempts) = sound().await;
    let once = |by: CountBy, from: Option<u32>, to: u32| {
        [reservation(by.counter(from.map(number).as_ref(), &number(to)), &[limit(1, DAY)])]
    };
    let mut seen = Vec::new();
    for by in [CountBy::Callee, CountBy::Pair, CountBy::Caller] {
        for (from, to) in [(Some(1), 8), (Some(2), 8), (Some(1), 9), (None, 8), (None, 9), (Some(1), 8)] {
            seen.push(admits(&attempts, &once(by, from, to), seen.len() as i64, &id(seen.len() as u64)).await);
        }
    }
    let (yes, no) = (true, false);
    assert_eq!(seen[..6], [yes, no, yes, no, no, no], "by callee");
    assert_eq!(seen[6..12], [yes, yes, yes, yes, yes, no], "by pair");
    assert_eq!(seen[12..], [yes, yes, no, yes, no, no], "by caller");
    assert_eq!(entries(&dynamodb, &CountBy::Caller.counter(None, &number(8))).await.len(), 1);
}

#[tokio::test]
async fn several_counters_are_reserved_in_one_step() {
    let (dynamodb, attempts) = sound().await;
    let pair = CountBy::Pair.counter(Some(&number(1)), &number(2));
    let caller = CountBy::Caller.counter(Some(&number(1)), &number(2));
    let all = |limits: [u16; 3]| {
        let counters = [callee(2), pair.clone(), caller.clone()];
        counters
            .into_iter()
            .zip(limits)
            .map(|(counter, max)| reservation(counter, &[limit(max, DAY)]))
            .collect::<Vec<_>>()
    };
    assert!(admits(&attempts, &all([3, 3, 3]), 0, &id(0u64)).await);
    assert!(admits(&attempts, &all([3, 3, 3])[..1], 1, &id(1u64)).await);
    for full in [[2, 3, 3], [3, 1, 3], [3, 3, 1], [2, 1, 1]] {
        let attempts_read = refusal(&attempts, &all(full), 2, &id(2u64)).await;
        assert_eq!(since(&attempts_read, &callee(2)), [1, 0], "{full:?}");
        assert_eq!(
            (since(&attempts_read, &pair), since(&attempts_read, &caller), attempts_read.iter().count()),
            (vec![0], vec![0], 3)
        );
    }
    for (counter, count) in [(callee(2), 2), (pair.clone(), 1), (caller.clone(), 1)] {
        assert_eq!(entries(&dynamodb, &counter).await.len(), count, "{counter}");
    }
    assert!(admits(&attempts, &all([3, 2, 2]), 3, &id(3u64)).await);
    let attempts_read = attempts.read(&[callee(2), pair.clone(), callee(2), callee(5)]).await.unwrap();
    assert_eq!(since(&attempts_read, &callee(2)), [3, 1, 0]);
    assert_eq!(
        (since(&attempts_read, &pair), since(&attempts_read, &callee(5)), attempts_read.iter().count()),
        (vec![3, 0], vec![], 3)
    );
}

#[tokio::test]
async fn a_counter_that_is_only_checked_is_not_written() {
    let (dynamodb, attempts) = sound().await;
    let (looked, counted) = (callee(1), callee(2));
    let day = [limit(1, DAY)];
    let mixed = [unrecorded(looked.clone(), &day), reservation(counted.clone(), &[limit(2, DAY)])];
    assert!(admits(&attempts, &mixed, 0, &id(0u64)).await);
    assert!(item(&dynamodb, &looked).await.is_none());
    assert!(admits(&attempts, &[reservation(looked.clone(), &day)], 1, &id(1u64)).await);
    let attempts_read = refusal(&attempts, &mixed, 2, &id(2u64)).await;
    assert_eq!((since(&attempts_read, &looked), since(&attempts_read, &counted)), (vec![1], vec![0]));
    assert_eq!(entries(&dynamodb, &counted).await.len(), 1);
    assert!(admits(&attempts, &mixed, 1 + DAY, &id(3u64)).await);
    // One reservation records without a limit; another one neither records nor has a limit.
    let unlimited = [reservation(looked.clone(), &[]), unrecorded(callee(3), &[]), unrecorded(counted.clone(), &[])];
    assert!(admits(&attempts, &unlimited, 2 + DAY, &id(4u64)).await);
    assert_eq!(entries(&dynamodb, &looked).await.len(), 2);
    let never = [reservation(counted.clone(), &[limit(0, DAY)])];
    assert_eq!(since(&refusal(&attempts, &never, 10 * DAY, &id(5u64)).await, &counted), [1 + DAY, 0]);
}

#[tokio::test]
async fn a_reservation_is_one_request() {
    let (_dynamodb, proxy, attempts) = behind_proxy().await;
    let day = [limit(1, DAY)];
    let cases: [(&[Reservation], usize); 7] = [
        (&[], 0),
        (&[reservation(callee(1), &day)], 1),
        (&[reservation(callee(2), &day), reservation(callee(3), &day)], 1),
        (&[reservation(callee(4), &day), unrecorded(callee(5), &day)], 1),
        (&[reservation(callee(1), &day)], 1),                               // full
        (&[reservation(callee(2), &day), reservation(callee(3), &day)], 1), // both full: the answer has both
        (&[unrecorded(callee(6), &day), unrecorded(callee(7), &day)], 2),
    ];
    for (n, (reservations, requests)) in cases.into_iter().enumerate() {
        let before = proxy.requests();
        attempts.reserve(reservations, at(n as i64), &id(n as u64)).await.unwrap();
        assert_eq!(proxy.requests() - before, requests, "{n}");
    }
    // An eventually consistent read might let through one call too many.
    proxy.set(Mode::when(r#""ConsistentRead":true"#, Mode::Forbidden)).await;
    assert_eq!(attempts.read(&[callee(1)]).await.unwrap_err().kind, StoreErrorKind::Forbidden);
}

#[tokio::test]
async fn a_lost_answer_does_not_make_an_attempt_count_twice() {
    let (dynamodb, proxy, attempts) = behind_proxy().await;
    let single = |n| vec![reservation(callee(n), &[limit(2, DAY)])];
    let several = |n| vec![reservation(callee(n), &[limit(2, DAY)]), reservation(callee(n + 1), &[limit(2, DAY)])];
    let mixed = |n| vec![reservation(callee(n), &[limit(2, DAY)]), unrecorded(callee(n + 1), &[limit(1, DAY)])];
    let mut n = 0;
    for reservations in [single as fn(u32) -> Vec<Reservation>, several, mixed] {
        for lost in [1, 2] {
            n += 10;
            let reservations = reservations(n);
            for (ms, admitted) in [(0, true), (1, true), (2, false)] {
                proxy.set(Mode::first(lost, Mode::LoseAnswer)).await;
                assert_eq!(
                    admits(&attempts, &reservations, ms, &id(ms as u64)).await,
                    admitted,
                    "{lost} {ms} {reservations:?}"
                );
            }
            for one in &reservations {
                let count = if one.record { 2 } else { 0 };
                assert_eq!(entries(&dynamodb, &one.counter).await.len(), count);
            }
        }
    }
    // The answers to all retries are lost, so the outcome is unknown. The same reservation is recognised when it is repeated.
    proxy.set(Mode::LoseAnswer).await;
    let error = attempts.reserve(&several(100), at(0), &id(1u64)).await.unwrap_err();
    assert_eq!(
        (error.table, error.kind, &*error.detail),
        (TableKind::Attempts, StoreErrorKind::Unreachable, "connection failed")
    );
    proxy.set(Mode::Proxy).await;
    assert!(admits(&attempts, &several(100), 0, &id(1u64)).await);
    assert_eq!(entries(&dynamodb, &callee(100)).await.len(), 1);
    assert!(admits(&attempts, &several(100), 0, &id(2u64)).await);
    assert!(admits(&attempts, &several(100), 0, &id(1u64)).await, "it was, though the counter is full by now");
    assert_eq!(entries(&dynamodb, &callee(101)).await.len(), 2);
}

#[tokio::test]
async fn short_faults_are_retried_and_long_ones_are_reported() {
    let (dynamodb, proxy, attempts) = behind_proxy().await;
    let faults = [
        (Mode::Throttle, StoreErrorKind::Throttled),
        (Mode::Reset, StoreErrorKind::Unreachable),
        (Mode::Close, StoreErrorKind::Unreachable),
        (Mode::ServerError, StoreErrorKind::Broken),
        (Mode::Conflict, StoreErrorKind::Throttled),
        (Mode::Hang, StoreErrorKind::Timeout),
        (Mode::Forbidden, StoreErrorKind::Forbidden),
        (Mode::MissingTable, StoreErrorKind::MissingTable),
        (Mode::Garbage, StoreErrorKind::Broken),
    ];
    for (n, (fault, cause)) in faults.into_iter().enumerate() {
        let n = 10 * n as u32;
        let single = [reservation(callee(n), &[limit(1, DAY)])];
        let several = [reservation(callee(n + 1), &[limit(1, DAY)]), reservation(callee(n + 2), &[limit(1, DAY)])];
        for reservations in [&single[..], &several[..]] {
            if !matches!(fault, Mode::Forbidden | Mode::MissingTable | Mode::Garbage) {
                proxy.set(Mode::first(2, fault.clone())).await;
                assert!(admits(&attempts, reservations, 0, &id(n)).await, "{fault:?}");
                assert_eq!(entries(&dynamodb, &reservations[0].counter).await.len(), 1, "{fault:?}");
            }
            proxy.set(fault.clone()).await;
            let began = Instant::now();
            let error = attempts.reserve(reservations, at(2 * DAY), &id(n + 1)).await.unwrap_err();
            assert_eq!(error.kind, cause, "{fault:?} {error}");
            assert_eq!(error.table, TableKind::Attempts, "{error}");
            assert!(began.elapsed() < Duration::from_millis(2_500), "{fault:?} {:?}", began.elapsed());
            proxy.set(Mode::Proxy).await;
            let recorded = entries(&dynamodb, &reservations[0].counter).await;
            assert!(!recorded.iter().any(|entry| entry.ends_with(&id(n + 1))), "{fault:?} {recorded:?}");
        }
    }
}

#[tokio::test]
async fn an_edited_item_is_an_error_and_admits_nothing() {
    let (dynamodb, attempts) = sound().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let digits = |digits: &str| AttributeValue::N(digits.to_owned());
    let entry = |ms: i64| format!("{}#{}", at(ms).as_millisecond(), id(7u64));
    let sound = strings(&[&entry(0)]);
    let cases: Vec<Vec<(&str, AttributeValue)>> = vec![
        vec![("attempts", text("none"))],
        vec![("attempts", digits("0"))],
        vec![("attempts", AttributeValue::Null(true))],
        vec![("attempts", AttributeValue::Ss(vec![entry(0)]))],
        vec![("attempts", AttributeValue::L(vec![digits("1900000000000")]))],
        vec![("attempts", AttributeValue::L(vec![AttributeValue::M([].into())]))],
        vec![("attempts", strings(&["!"]))],
        vec![("attempts", strings(&["yesterday"]))],
        vec![("attempts", strings(&["1900000000#seconds"]))],
        vec![("attempts", strings(&["1900000000000"]))],
        vec![("attempts", strings(&["1900000000000#"]))],
        vec![("attempts", strings(&[" 1900000000000#a"]))],
        vec![("attempts", strings(&["2030-03-17T17:46:40Z#a"]))],
        vec![("attempts", sound.clone()), ("keep_for", text("a day")), ("longest", digits("16"))],
        vec![("attempts", sound.clone()), ("keep_for", digits("86400")), ("longest", digits("-1"))],
        vec![("attempts", sound.clone()), ("keep_for", digits("0.5")), ("longest", digits("16"))],
    ];
    let counter = callee(1);
    let limits = [limit(1, DAY)];
    for case in cases {
        put(&dynamodb, &counter, &case).await;
        let before = item(&dynamodb, &counter).await;
        for reservations in [
            vec![reservation(counter.clone(), &limits)],
            vec![reservation(counter.clone(), &limits), reservation(callee(2), &[limit(1_000, 1_000)])],
            vec![unrecorded(counter.clone(), &limits), reservation(callee(2), &[limit(1_000, 1_000)])],
            vec![unrecorded(counter.clone(), &limits)],
        ] {
            let result = attempts.reserve(&reservations, at(2 * DAY), &id(1u64)).await;
            let (first, rest) = (&reservations[0], reservations.len() - 1);
            let number_only = case.len() > 1;
            // A reservation that records nothing does not use these attributes, so they may have any value.
            if number_only && !first.record && rest == 1 {
                continue;
            }
            let error = result.expect_err(&format!("{case:?} {reservations:?}"));
            assert_eq!(error.kind, StoreErrorKind::Broken, "{case:?} {error}");
            assert!(!error.to_string().contains("1315"), "no number in {error}");
        }
        assert_eq!(attempts.read(from_ref(&counter)).await.unwrap_err().kind, StoreErrorKind::Broken, "{case:?}");
        assert_eq!(item(&dynamodb, &counter).await, before);
    }
    // A list that is not in order, and an attempt in the future.
    let keep = [("keep_for", digits("86400")), ("longest", digits("16"))];
    put(&dynamodb, &counter, &[&[("attempts", strings(&[&entry(0), &entry(1)]))][..], &keep].concat()).await;
    assert_eq!(attempts.read(from_ref(&counter)).await.unwrap_err().kind, StoreErrorKind::Broken);
    assert!(attempts.reserve(&[reservation(counter.clone(), &limits)], at(1), &id(1u64)).await.is_err());
    put(&dynamodb, &counter, &[&[("attempts", strings(&[&entry(100_000)]))][..], &keep].concat()).await;
    let two = [reservation(counter.clone(), &[limit(2, DAY)])];
    assert_eq!(attempts.reserve(&two, at(0), &id(1u64)).await.unwrap_err().kind, StoreErrorKind::Broken);
    // A person may remove one attempt, or all of them.
    for attributes in [vec![("attempts", strings(&[]))], vec![], vec![("attempts", sound)]] {
        put(&dynamodb, &counter, &attributes).await;
        assert!(admits(&attempts, &two, 1, &id(1u64)).await, "{attributes:?}");
        assert_eq!(entries(&dynamodb, &counter).await[0], format!("{}#{}", at(1).as_millisecond(), id(1u64)));
        assert!(item(&dynamodb, &counter).await.unwrap().contains_key("expires_at"));
    }
}

#[tokio::test]
async fn a_clock_that_is_behind_keeps_the_list_in_order() {
    let (dynamodb, attempts) = sound().await;
    for reservations in [
        vec![reservation(callee(1), &[limit(3, 1_000)])],
        vec![reservation(callee(2), &[limit(3, 1_000)]), reservation(callee(3), &[limit(3, 1_000)])],
    ] {
        for (n, (ms, admitted)) in [
            (5_000, true),
            (4_000, true),
            (4_999, true),
            (5_999, false),
            (5_500, false),
            (6_000, true),
            (5_999, false), // compared by its own clock
            (6_000, true),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(admits(&attempts, &reservations, ms, &id(n as u64)).await, admitted, "{ms}");
        }
        let attempts_read = attempts.read(from_ref(&reservations[0].counter)).await.unwrap();
        assert_eq!(since(&attempts_read, &reservations[0].counter), [6_000, 6_000, 5_000, 5_000, 5_000]);
    }
    drop(dynamodb);
    for unusable in [Timestamp::MIN, Timestamp::MAX] {
        assert!(attempts.reserve(&[reservation(callee(1), &[])], unusable, &id(1u64)).await.is_err());
    }
    for unusable in ["", "a b", "\u{e9}", &"x".repeat(MAX_ID_LENGTH + 1)] {
        assert!(attempts.reserve(&[reservation(callee(1), &[])], at(0), unusable).await.is_err());
    }
}

#[tokio::test]
async fn one_rule_does_not_remove_attempts_that_another_needs() {
    let (dynamodb, attempts) = sound().await;
    let counter = callee(1);
    let week = [reservation(counter.clone(), &[limit(40, 7 * DAY)])];
    let minute = [reservation(counter.clone(), &[limit(1, 60_000)])];
    let expires = async || -> i64 {
        item(&dynamodb, &counter).await.unwrap()["expires_at"].as_n().unwrap().parse::<i64>().unwrap()
            - at(0).as_second()
    };
    assert!(admits(&attempts, &minute, 0, &id(0u64)).await);
    assert!((60..60 + 7_200).contains(&expires().await));
    assert!(admits(&attempts, &week, 1, &id(1u64)).await);
    let by_week = 7 * DAY / 1_000;
    assert!((by_week..by_week + 7_200).contains(&expires().await));
    for n in 1..39 {
        // Attempts of the rule with the short window count for the rule with the long window, which makes no reservation meanwhile.
        assert!(admits(&attempts, &minute, n * HOUR, &id(n as u64 + 1)).await);
        assert!(expires().await >= n * HOUR / 1_000 + by_week);
    }
    assert_eq!(entries(&dynamodb, &counter).await.len(), 40);
    assert!(!admits(&attempts, &week, 7 * DAY - 1, &id(99u64)).await);
    assert!(admits(&attempts, &week, 7 * DAY, &id(99u64)).await);
    // The rule with the short window shortens a full list, but keeps the attempts that the other rule needs.
    for n in 0..60 {
        assert!(admits(&attempts, &minute, 8 * DAY + n * HOUR, &id(200 + n as u64)).await);
        assert!(entries(&dynamodb, &counter).await.len() >= 40);
    }
    assert!(entries(&dynamodb, &counter).await.len() < 80);
    assert!(!admits(&attempts, &week, 8 * DAY + 60 * HOUR, &id(99u64)).await);
    // A reservation that needs more than is kept, because of `keep`, and because of its limits despite `keep`.
    let month = Limit { max: 50, window: SignedDuration::from_hours(24 * 30) };
    assert!(admits(&attempts, &[Reservation { keep: month, ..minute[0].clone() }], 11 * DAY, &id(100u64)).await);
    assert!(expires().await >= 41 * DAY / 1_000);
    let sloppy = Reservation { keep: limit(1, 1_000), ..reservation(counter.clone(), &[limit(100, 60 * DAY)]) };
    assert!(admits(&attempts, &[sloppy], 12 * DAY, &id(101u64)).await);
    assert!(expires().await >= 72 * DAY / 1_000);
    assert_eq!(item(&dynamodb, &counter).await.unwrap()["longest"].as_n().unwrap(), "200");
}

#[tokio::test]
async fn a_list_stays_short_and_its_cap_stays_strict() {
    let (dynamodb, attempts) = sound().await;
    for (n, max, counters) in [(10, 1, 1), (20, 3, 1), (30, 20, 1), (40, 20, 2)] {
        let cap = limit(max, 1_000);
        let keep = Limit { max: 2 * max, window: SignedDuration::from_hours(1) };
        let reservations: Vec<_> =
            (0..counters).map(|counter| Reservation { keep, ..reservation(callee(n + counter), &[cap]) }).collect();
        let bound = usize::from(4 * max).max(16);
        let (mut ms, mut longest, mut model) = (0, 0, Vec::new());
        // Five times the number of attempts that are kept, and at least three times the length at which the list is shortened.
        for own in 0..u64::from(10 * max).max(50) {
            ms += 1_000 / i64::from(max) / 2;
            model.sort_by_key(|time| std::cmp::Reverse(*time));
            let full = cap.is_full(&model, at(ms));
            assert_eq!(admits(&attempts, &reservations, ms, &id(2 * own)).await, !full, "{max} at {ms}");
            if full {
                ms += 1_000;
                assert!(admits(&attempts, &reservations, ms, &id(2 * own + 1)).await);
            }
            model.push(at(ms));
            for one in &reservations {
                let list = entries(&dynamodb, &one.counter).await;
                longest = longest.max(list.len());
                let kept = model.len().min(usize::from(keep.max));
                assert!(list.len() >= kept, "{} kept of {kept}", list.len());
            }
        }
        assert!(longest <= bound && longest > bound / 2, "{longest} of {bound}");
    }
    // Attempts that no rule needs are removed too, except those that another clock may still count.
    let reservations = [Reservation { keep: limit(8, 1_000), ..reservation(callee(1), &[limit(16, 1_000)]) }];
    for n in 0..33 {
        assert!(admits(&attempts, &reservations, n * HOUR, &id(n as u64)).await);
    }
    assert_eq!(entries(&dynamodb, &callee(1)).await.len(), 2);
}

#[tokio::test]
async fn the_longest_list_of_the_longest_ids_fits_into_an_item() {
    let (dynamodb, attempts) = sound().await;
    let most = usize::from(Limit::MAX);
    let own = |n: i64| format!("{n:0MAX_ID_LENGTH$}");
    let list: Vec<_> = (1..2 * most as i64).rev().map(|n| format!("{}#{}", at(n).as_millisecond(), own(n))).collect();
    let list = strings(&list.iter().map(String::as_str).collect::<Vec<_>>());
    let keep = [("keep_for", 86_400), ("longest", 2 * most)].map(|(name, n)| (name, AttributeValue::N(n.to_string())));
    put(&dynamodb, &callee(1), &[&[("attempts", list)][..], &keep].concat()).await;
    let cap = [reservation(callee(1), &[limit(Limit::MAX, DAY)])];
    let count = async || entries(&dynamodb, &callee(1)).await.len();
    assert_eq!(since(&refusal(&attempts, &cap, DAY, &own(0)).await, &callee(1)).len(), 2 * most - 1);
    assert!(!admits(&attempts, &cap, DAY + 999, &own(2_000)).await);
    assert!(admits(&attempts, &cap, DAY + 1_000, &own(2_000)).await);
    assert_eq!(count().await, 2 * most);
    assert!(!admits(&attempts, &cap, DAY + 1_000, &own(2_001)).await);
    assert!(admits(&attempts, &cap, DAY + 1_001, &own(2_001)).await);
    assert_eq!(count().await, most);
    assert!(!admits(&attempts, &cap, DAY + 1_001, &own(2_002)).await);
    assert!(admits(&attempts, &cap, DAY + 1_002, &own(2_002)).await);
}

/// A simple model of the table: the attempts of each counter, without their ids.
#[derive(Default)]
struct Model(BTreeMap<Counter, Vec<Timestamp>>);

impl Model {
    fn reserve(&mut self, reservations: &[Reservation], at: Timestamp) -> bool {
        let full = |one: &Reservation| {
            let attempts = self.0.get(&one.counter).map(Vec::as_slice).unwrap_or_default();
            one.limits.iter().any(|limit| {
                let counting = attempts.iter().filter(|attempt| **attempt > at - limit.window).count();
                assert_eq!(counting >= usize::from(limit.max), limit.is_full(attempts, at));
                counting >= usize::from(limit.max)
            })
        };
        let admitted = !reservations.iter().any(full);
        let recorded: std::collections::BTreeSet<_> =
            reservations.iter().filter(|one| one.record && admitted).map(|one| &one.counter).collect();
        for counter in recorded {
            let attempts = self.0.entry(counter.clone()).or_default();
            let newest = attempts.first().map_or(at, |newest| at.max(*newest));
            attempts.insert(0, newest);
        }
        admitted
    }
}

/// A generator of pseudo-random numbers, which are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test]
async fn any_sequence_of_reservations_is_answered_as_by_a_simple_model() {
    let (_dynamodb, attempts) = sound().await;
    let windows = [1_000, 1_500, 5_000, 60_000];
    let mut admitted = [0, 0];
    for seed in 0..4 {
        let mut dice = Dice(seed);
        let mut model = Model::default();
        let mut clock = 0;
        for n in 0..150_u64 {
            clock += [0, 1, 250, 500, 999, 1_000][dice.below(6) as usize];
            let behind = if dice.below(4) == 0 { dice.below(1_500) as i64 } else { 0 };
            let reservations: Vec<_> = (0..=dice.below(3))
                .map(|_| {
                    let limits: Vec<_> = (0..=dice.below(3))
                        .map(|_| limit(1 + dice.below(5) as u16, windows[dice.below(4) as usize]))
                        .collect();
                    let counter = callee(100 * seed as u32 + dice.below(3) as u32);
                    Reservation { record: dice.below(5) > 0, keep: limit(5, 60_000), ..reservation(counter, &limits) }
                })
                .collect();
            let own = id(n) + ["", "x"][dice.below(2) as usize];
            let expected = model.reserve(&reservations, at(clock - behind));
            let outcome = attempts.reserve(&reservations, at(clock - behind), &own).await.unwrap();
            assert_eq!(
                outcome == ReservationOutcome::Admitted,
                expected,
                "seed {seed}, {n} at {clock} - {behind}: {reservations:?}"
            );
            admitted[usize::from(expected)] += 1;
            if let ReservationOutcome::Full(attempts_read) = outcome {
                for one in &reservations {
                    let (seen, known) = (attempts_read.of(&one.counter), model.0.get(&one.counter));
                    let known = known.map(Vec::as_slice).unwrap_or_default();
                    assert!(known.starts_with(seen) && seen.len() >= known.len().min(5), "{seen:?} {known:?}");
                }
            }
        }
    }
    assert!(admitted[0] > 100 && admitted[1] > 100, "{admitted:?}");
}

/// The outcomes of many concurrent reservations.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    admitted: Vec<u64>,
    full: usize,
    unknown: usize,
}

/// Makes concurrent reservations with several clients, whose clocks differ a little.
async fn crowd(clients: &[Arc<AttemptsTable>], reservations: &[Reservation], ids: Range<u64>, start: i64) -> Tally {
    let mut crowd = JoinSet::new();
    for n in ids {
        let client = Arc::clone(&clients[n as usize % clients.len()]);
        let reservations = reservations.to_vec();
        let ms = start + (n as i64 * 7) % 50;
        crowd.spawn(async move { (n, client.reserve(&reservations, at(ms), &id(n)).await) });
    }
    let mut tally = Tally::default();
    while let Some(outcome) = crowd.join_next().await {
        match outcome.unwrap() {
            (n, Ok(ReservationOutcome::Admitted)) => tally.admitted.push(n),
            (_, Ok(ReservationOutcome::Full(_))) => tally.full += 1,
            (_, Err(_)) => tally.unknown += 1,
        }
    }
    tally.admitted.sort_unstable();
    tally
}

async fn recorded(dynamodb: &DynamoDb, counter: &Counter) -> Vec<u64> {
    let list = entries(dynamodb, counter).await;
    let mut recorded: Vec<_> =
        list.iter().map(|entry| u64::from_str_radix(&entry[entry.len() - 12..], 16).unwrap()).collect();
    recorded.sort_unstable();
    recorded
}

async fn clients(urls: &[String], table: &str, count: usize, variables: &[(&str, &str)]) -> Vec<Arc<AttemptsTable>> {
    let mut clients = Vec::new();
    for n in 0..count {
        clients.push(Arc::new(attempts(&urls[n % urls.len()], table, variables).await));
    }
    clients
}

#[tokio::test(flavor = "multi_thread")]
async fn of_hundreds_of_concurrent_reservations_exactly_max_are_admitted() {
    let dynamodb = DynamoDb::start().await;
    let clients = clients(from_ref(&dynamodb.url), &dynamodb.attempts, 5, &PATIENT).await;
    for run in 0..12 {
        let max = [1, 2, 3, 7, 20, 50][run as usize % 6];
        let reservations = [reservation(callee(run), &[limit(max, DAY)])];
        let tally = crowd(&clients, &reservations, 0..200, 0).await;
        assert_eq!((tally.admitted.len(), tally.full), (usize::from(max), 200 - usize::from(max)), "run {run}");
        assert_eq!(tally.admitted, recorded(&dynamodb, &callee(run)).await, "run {run}");
    }
    // When the window has passed, the same number is admitted again. The list is shortened in the meantime.
    let reservations = [reservation(callee(100), &[limit(9, HOUR)])];
    for round in 0..4 {
        let tally = crowd(&clients, &reservations, 0..100, round * 2 * HOUR).await;
        assert_eq!((tally.admitted.len(), tally.full), (9, 91), "round {round}");
        let newest: Vec<_> = entries(&dynamodb, &callee(100)).await.into_iter().take(9).collect();
        for n in tally.admitted {
            assert_eq!(newest.iter().filter(|entry| entry.ends_with(&id(n))).count(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_concurrent_transactions_at_most_max_are_admitted() {
    let dynamodb = DynamoDb::start().await;
    let clients = clients(from_ref(&dynamodb.url), &dynamodb.attempts, 5, &PATIENT).await;
    for run in 0..6 {
        let (one, other) = (callee(10 * run), callee(10 * run + 1));
        let reservations = [reservation(one.clone(), &[limit(5, DAY)]), reservation(other.clone(), &[limit(8, DAY)])];
        // Other reservations of the second counter alone take some of its room in the meantime.
        let (both, alone) = tokio::join!(
            crowd(&clients, &reservations, 0..60, 0),
            crowd(&clients[1..3], &reservations[1..], 100..104, 0)
        );
        assert_eq!((both.unknown, alone.unknown), (0, 0), "run {run}");
        assert_eq!(both.admitted, recorded(&dynamodb, &one).await, "run {run}");
        assert_eq!(recorded(&dynamodb, &other).await.len(), both.admitted.len() + alone.admitted.len());
        assert!(both.admitted.len() + alone.admitted.len() == 8 || both.admitted.len() == 5, "{both:?} {alone:?}");
        assert!(both.admitted.len() <= 5 && both.admitted.len() + alone.admitted.len() <= 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_hundreds_of_concurrent_reservations_with_faults_at_most_max_are_admitted() {
    use Mode::{Close, Conflict, Hang, LoseAnswer, Proxy, Reset, ServerError, Throttle};
    let dynamodb = DynamoDb::start().await;
    let faults = vec![
        Proxy,
        LoseAnswer,
        Proxy,
        Throttle,
        Proxy,
        Reset,
        LoseAnswer,
        Proxy,
        ServerError,
        Proxy,
        Close,
        Proxy,
        Conflict,
        LoseAnswer,
        Proxy,
        Hang,
    ];
    let proxies = [
        Faulty::start(Mode::InTurn(faults.clone()), Some(dynamodb.address())).await,
        Faulty::start(Mode::InTurn(faults.into_iter().rev().collect()), Some(dynamodb.address())).await,
    ];
    let urls: Vec<_> = proxies.iter().map(Faulty::url).collect();
    let (mut admitted, mut unknown) = (0, 0);
    for run in 0..8 {
        // New clients, because an SDK client makes fewer retries after many faults.
        let clients = clients(&urls, &dynamodb.attempts, 6, &[("PRECALL_ATTEMPT_TIMEOUT_MS", "600")]).await;
        let max = [1, 5, 20, 60][run as usize % 4];
        let mut reservations = vec![reservation(callee(10 * run), &[limit(max, DAY)])];
        if run % 2 == 1 {
            reservations.push(reservation(callee(10 * run + 1), &[limit(2 * max, DAY)]));
        }
        let tally = crowd(&clients, &reservations, 0..120, 0).await;
        for one in &reservations {
            let recorded = recorded(&dynamodb, &one.counter).await;
            let mut distinct = recorded.clone();
            distinct.dedup();
            assert_eq!(recorded, distinct, "run {run}: twice");
            assert!(recorded.len() <= usize::from(max), "run {run}: {} of {max}", recorded.len());
            assert!(tally.admitted.iter().all(|n| recorded.contains(n)), "run {run}: admitted and not recorded");
            let unexplained = recorded.len() - tally.admitted.len();
            assert!(unexplained <= tally.unknown, "run {run}: {unexplained} more than {tally:?}");
        }
        // If the outcome of any reservation was `Full`, the counter was full.
        assert!(tally.full == 0 || recorded(&dynamodb, &reservations[0].counter).await.len() == usize::from(max));
        admitted += tally.admitted.len();
        unknown += tally.unknown;
    }
    // The number depends on the machine. If it were 0, there would be another fault than those above.
    assert!(admitted > 0, "{admitted} admitted, {unknown} unknown");
}
