//! Tests the rule cache with the real SDK on a DynamoDB, embedded or Amazon's own (`PRECALL_TEST_DYNAMODB`).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use precall::rule::Entry;
use precall::{Attempts, Call, Number};
use precall_hook::partition_read::{PartitionRead, ReadSource};
use precall_hook::rule_cache::{RuleCache, RulesOfCall};
use precall_hook::store::{StoreErrorKind, TableKind};
use precall_test::dynamodb::{DynamoDb, PATIENT, rules_table, settings};
use precall_test::faulty::{Faulty, Mode};
use serde_json::json;

const CALLEE: &str = "+13155550101";
const CALLER: &str = "+12125550199";

/// The wildcard partition, in the body of a query.
const ANY_PARTITION: &str = r#"{"S":"*"}"#;

/// With this setting, rules are stale at once, so each call reads them again.
const ALWAYS_STALE: (&str, &str) = ("PRECALL_RULES_FRESH_MS", "1");

fn call(from: &str, to: &str) -> Call {
    let from = (!from.is_empty()).then(|| Number::from_typed(from).unwrap());
    Call { from, to: Number::from_typed(to).unwrap(), client: None, at: Timestamp::now(), redirected: false }
}

async fn cache(url: &str, table: &str, variables: &[(&str, &str)]) -> RuleCache {
    let settings = settings(variables);
    RuleCache::new(rules_table(url, table, &settings).await, Arc::new(settings))
}

/// Returns a cache that has been used once, behind a proxy that can fail.
async fn behind_proxy(dynamodb: &DynamoDb, variables: &[(&str, &str)]) -> (Faulty, RuleCache) {
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let cache = cache(&proxy.url(), &dynamodb.table, variables).await;
    cache.rules_of(&call(CALLER, CALLEE)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    (proxy, cache)
}

/// Returns the name of the rule that decides.
fn winner(call: &Call, read: &RulesOfCall) -> String {
    precall_test::name(read.rules.evaluate(call, &Attempts::none()).asked().decided_by())
}

/// Returns the number of items under the callee's number, and the number of wildcard rules.
fn counts(call: &Call, read: &RulesOfCall) -> (usize, usize) {
    (read.rules.callee(&call.to).unwrap().entries().len(), read.rules.wildcard().unwrap().entries().len())
}

#[tokio::test]
async fn items_in_the_consoles_types_are_read_as_the_intended_rules() {
    let dynamodb = DynamoDb::start().await;
    for item in [
        json!({ "number": CALLEE, "rule": "texts", "status": " 'Reject ", "code": " 603", "priority": "100", "enabled": "TRUE",
                "shadow": "no", "expires_at": "4102444800", "to": ["+1315*", "!+13155550100"] }),
        json!({ "number": CALLEE, "rule": "numbers", "status": "change destination", "code": 13605550112_i64, "priority": 7,
                "enabled": 1, "shadow": 0, "expires_at": 4102444800_i64, "from": "(212) 555-0199, 2125550198" }),
        json!({ "number": CALLEE, "rule": "a-map", "status": "REJECT", "code": { "no": "map" }, "reason": null }),
        json!({ "number": CALLEE, "rule": "broken", "status": { "no": "map" } }),
    ] {
        dynamodb.put(&item).await;
    }
    let cache = cache(&dynamodb.url, &dynamodb.table, &[]).await;
    let asked = call(CALLER, CALLEE);
    let found = cache.rules_of(&asked).await.unwrap();
    let mut seen: Vec<String> = found
        .rules
        .callee(&asked.to)
        .unwrap()
        .entries()
        .iter()
        .map(|entry| match entry {
            Entry::Rule(rule) => {
                format!(
                    "{} {} {} {:?}",
                    rule.key.rule,
                    rule.priority,
                    rule.unscreened_answer(&asked).to_json(),
                    rule.repairs
                )
            }
            Entry::Invalid(item) => format!("{} {:?}", item.key.rule, item.reasons),
            Entry::Fact(_) => panic!("a fact"),
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            r#"a-map 0 {"status":"REJECT","code":"503","reason":"a-map"} ["`code`: a map where a code belongs; 503 is sent"]"#,
            r#"broken ["`status`: a map where text belongs; write PROCEED, REJECT or CHANGE_DESTINATION"]"#,
            r#"numbers 7 {"status":"CHANGE_DESTINATION","code":"+13605550112"} []"#,
            r#"texts 100 {"status":"REJECT","code":"603","reason":"texts"} []"#,
        ]
    );
    // All their conditions are met.
    let attempts = Attempts::none();
    let decision = found.rules.evaluate(&asked, &attempts);
    assert_eq!((decision.asked().outranked().len(), decision.asked().skipped().len()), (2, 1));
}

#[tokio::test]
async fn a_call_takes_one_read_and_the_other_rules_are_cached() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let cache = cache(&proxy.url(), &dynamodb.table, &[]).await;
    let mut reads = Vec::new();
    for (from, to) in [(CALLER, CALLEE), (CALLER, CALLEE), ("", CALLEE), (CALLER, CALLER), ("+12125550198", CALLEE)] {
        let before = proxy.requests();
        let found = cache.rules_of(&call(from, to)).await.unwrap();
        let source = |read: PartitionRead| read.source.as_str();
        reads.push((proxy.requests() - before, found.reads.caller.map(source), source(found.reads.wildcard.unwrap())));
    }
    assert_eq!(
        reads,
        [
            (3, Some("store"), "store"),
            (1, Some("cache"), "cache"),
            (1, None, "cache"),
            (1, None, "cache"),
            (2, Some("store"), "cache"),
        ]
    );
}

#[tokio::test]
async fn all_rules_of_a_call_are_read_in_parallel() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let slow = Faulty::start(Mode::Slow(Duration::from_secs(1)), Some(dynamodb.address())).await;
    let cache = cache(&slow.url(), &dynamodb.table, &PATIENT).await;
    let began = Instant::now();
    let found = cache.rules_of(&call(CALLER, CALLEE)).await.unwrap();
    // Three sequential reads would take 3 s.
    assert!(began.elapsed() < Duration::from_millis(1_900), "{:?}", began.elapsed());
    assert_eq!(slow.requests(), 3);
    assert_eq!(winner(&call(CALLER, CALLEE), &found), "dnc-internal");
}

#[tokio::test]
async fn all_pages_are_read_and_an_incomplete_read_is_an_error() {
    let dynamodb = DynamoDb::with_example_rules().await;
    for n in 0..5 {
        dynamodb
            .put(&json!({ "number": CALLEE, "rule": format!("page-{n}"), "status": "PROCEED", "priority": n }))
            .await;
    }
    let (proxy, cache) = behind_proxy(&dynamodb, &[ALWAYS_STALE]).await;
    proxy.set(Mode::Paged).await;
    let found = cache.rules_of(&call(CALLER, CALLEE)).await.unwrap();
    assert_eq!(counts(&call(CALLER, CALLEE), &found), (6, 2));
    let attempts = Attempts::none();
    let asked = call(CALLER, CALLEE);
    assert_eq!(found.rules.evaluate(&asked, &attempts).asked().rules_evaluated(), 6 + 1 + 2, "the caller's too");

    proxy.set(Mode::Partial).await;
    let error = cache.rules_of(&call(CALLER, CALLEE)).await.unwrap_err();
    assert_eq!(
        (error.table, error.kind, error.detail.as_str()),
        (TableKind::Rules, StoreErrorKind::Broken, "InternalServerError")
    );
}

#[tokio::test]
async fn stale_rules_are_used_up_to_the_greatest_age_if_fresh_ones_cannot_be_read() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let keep = ("PRECALL_RULES_KEEP_MS", "1500");
    let (proxy, cache) = behind_proxy(&dynamodb, &[ALWAYS_STALE, keep]).await;
    let premium = call("", "+19005550100");
    for fault in [Mode::Hang, Mode::Throttle, Mode::Reset] {
        proxy.set(Mode::when(ANY_PARTITION, fault.clone())).await;
        let began = Instant::now();
        let found = cache.rules_of(&premium).await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(1_500), "{fault:?}: waited {:?}", began.elapsed());
        assert_eq!(found.reads.wildcard.unwrap().source, ReadSource::LastGood, "{fault:?}");
        assert!(found.reads.wildcard.unwrap().age >= Duration::from_millis(1));
        assert_eq!(winner(&premium, &found), "premium-900");
    }
    // Above that age they are not used, although the callee's rules can be read.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    proxy.set(Mode::when(ANY_PARTITION, Mode::Forbidden)).await;
    assert_eq!(cache.rules_of(&premium).await.unwrap_err().kind, StoreErrorKind::Forbidden);
    proxy.set(Mode::Proxy).await;
    assert_eq!(cache.rules_of(&premium).await.unwrap().reads.wildcard.unwrap().source, ReadSource::Store);
}

/// Rules may be older than [`Settings::max_readable_age`] only if no fresher ones can be read.
#[tokio::test]
async fn old_rules_wait_for_fresh_ones_and_an_outage_delays_one_call() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let variables = [
        ("PRECALL_ATTEMPT_TIMEOUT_MS", "1900"),
        ("PRECALL_OPERATION_TIMEOUT_MS", "2000"),
        ("PRECALL_REFRESH_WAIT_MS", "20"),
        ("PRECALL_RULES_FRESH_MS", "50"),
    ];
    let (proxy, cache) = behind_proxy(&dynamodb, &variables).await;
    let premium = call("", "+19005550100");
    let timed = async || {
        let began = Instant::now();
        let found = cache.rules_of(&premium).await.unwrap();
        assert_eq!(winner(&premium, &found), "premium-900");
        (found.reads.wildcard.unwrap().source, began.elapsed())
    };
    let (short, age) = (Duration::from_millis(750), Duration::from_millis(2_100));
    // Young enough: a slow table delays no call for long.
    tokio::time::sleep(Duration::from_millis(60)).await;
    proxy.set(Mode::when(ANY_PARTITION, Mode::Slow(Duration::from_millis(800)))).await;
    let (source, took) = timed().await;
    assert!(source == ReadSource::LastGood && took < short, "{source:?} after {took:?}");
    // Too old: the call waits for the slow table.
    tokio::time::sleep(age + Duration::from_millis(800)).await;
    let (source, took) = timed().await;
    assert!(source == ReadSource::Store && took > short, "{source:?} after {took:?}");
    // Too old, and the table does not answer: one call waits, and the next ones do not.
    tokio::time::sleep(age).await;
    proxy.set(Mode::when(ANY_PARTITION, Mode::Hang)).await;
    let (source, took) = timed().await;
    assert!(source == ReadSource::LastGood && took > short, "{source:?} after {took:?}");
    for _ in 0..3 {
        let (source, took) = timed().await;
        assert!(source == ReadSource::LastGood && took < short, "{source:?} after {took:?}");
    }
}

#[tokio::test]
async fn a_call_waits_for_rules_that_arrive_before_the_callees() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let variables: Vec<_> = PATIENT.into_iter().chain([ALWAYS_STALE]).collect();
    let (proxy, cache) = behind_proxy(&dynamodb, &variables).await;
    dynamodb.put(&json!({ "number": "*", "rule": "new", "status": "REJECT", "priority": 200 })).await;
    // The callee's rules take longer, so the use of old wildcard rules would save no time.
    let asked = call("", "+13155550100");
    let slow = |ms| Mode::Slow(Duration::from_millis(ms));
    proxy.set(Mode::when_any([(ANY_PARTITION, slow(500)), (asked.to.as_str(), slow(2_000))])).await;
    let found = cache.rules_of(&asked).await.unwrap();
    assert_eq!((found.reads.wildcard.unwrap().source, winner(&asked, &found)), (ReadSource::Store, "new".to_owned()));
}

#[tokio::test]
async fn an_incomplete_answer_is_not_read_as_no_rules() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let (proxy, cache) = behind_proxy(&dynamodb, &[ALWAYS_STALE]).await;
    let premium = call("", "+19005550100");
    for body in [
        "",
        "{}",
        r#"{"Items":null,"Count":0}"#,
        r#"{"Count":0,"ScannedCount":0}"#,
        r#"{"Items":[],"Count":1,"ScannedCount":1}"#,
        r#"{"Items":[],"Count":0,"ScannedCount":0,"LastEvaluatedKey":{}}"#,
    ] {
        proxy.set(Mode::Says(body)).await;
        assert_eq!(cache.rules_of(&premium).await.unwrap_err().kind, StoreErrorKind::Broken, "{body:?} for the callee");
        // It does not replace the cached rules of `*` either.
        proxy.set(Mode::when(ANY_PARTITION, Mode::Says(body))).await;
        let found = cache.rules_of(&premium).await.unwrap();
        assert_eq!(found.reads.wildcard.unwrap().source, ReadSource::LastGood, "{body:?} for *");
        assert_eq!(winner(&premium, &found), "premium-900", "{body:?} for *");
    }
}

#[tokio::test]
async fn the_callees_rules_are_never_stale() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let (proxy, cache) = behind_proxy(&dynamodb, &[]).await;
    proxy.set(Mode::when(CALLEE, Mode::Forbidden)).await;
    assert_eq!(cache.rules_of(&call(CALLER, CALLEE)).await.unwrap_err().kind, StoreErrorKind::Forbidden);
    assert!(cache.rules_of(&call(CALLER, "+13155550102")).await.is_ok(), "other numbers are found");
}

#[tokio::test]
async fn an_item_that_becomes_invalid_keeps_its_last_valid_version_until_it_is_deleted() {
    let dynamodb = DynamoDb::start().await;
    let cache = cache(&dynamodb.url, &dynamodb.table, &[ALWAYS_STALE]).await;
    let asked = call(CALLER, CALLEE);
    let next = async || {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let found = cache.rules_of(&asked).await.unwrap();
        let invalid = found.rules.evaluate(&asked, &Attempts::none()).asked().skipped().len();
        (winner(&asked, &found), invalid)
    };
    let rule = |number: &str, status: &str| json!({ "number": number, "rule": "r", "side": "any", "status": status });
    for number in ["*", CALLER] {
        dynamodb.put(&rule(number, "REJECT")).await;
        assert_eq!(next().await, ("r".to_owned(), 0), "{number}");
        dynamodb.put(&rule(number, "REJCT")).await;
        assert_eq!(next().await, ("r".to_owned(), 1), "{number}");
        assert_eq!(next().await, ("r".to_owned(), 1), "{number}, again");
        dynamodb.delete(number, "r").await;
        assert_eq!(next().await, ("-".to_owned(), 0), "{number}");
        dynamodb.put(&rule(number, "REJCT")).await;
        assert_eq!(next().await, ("-".to_owned(), 1), "{number}: nothing to fall back on");
        dynamodb.delete(number, "r").await;
    }
}

#[tokio::test]
async fn conditions_of_an_invalid_version_do_not_hide_the_last_valid_one() {
    let dynamodb = DynamoDb::start().await;
    let cache = cache(&dynamodb.url, &dynamodb.table, &[ALWAYS_STALE]).await;
    let asked = call(CALLER, CALLEE);
    let good = json!({ "number": "*", "rule": "r", "status": "REJECT", "to": "+1315*", "hours": "00:00-24:00", "timezone": "America/New_York" });
    for broken in [
        json!({ "number": "*", "rule": "r", "status": "REJECT", "to": "+1976*", "hours": "always" }),
        json!({ "number": "*", "rule": "r", "status": "REJECT", "expires_at": "2020-01-01", "priority": "high" }),
        json!({ "number": "*", "rule": "r", "status": "REJECT", "hours": "00:00-24:00", "timezone": "America/NewYork" }),
    ] {
        for item in [&good, &broken] {
            dynamodb.put(item).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            let found = cache.rules_of(&asked).await.unwrap();
            assert_eq!(winner(&asked, &found), "r", "{item}");
        }
    }
}

#[tokio::test]
async fn concurrent_calls_share_one_refresh() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let proxy = Faulty::start(Mode::Slow(Duration::from_millis(50)), Some(dynamodb.address())).await;
    // Without retries, which a busy machine would need.
    let cache = Arc::new(cache(&proxy.url(), &dynamodb.table, &PATIENT).await);
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move {
                cache.rules_of(&call(CALLER, CALLEE)).await.unwrap().rules.wildcard().unwrap().entries().len()
            })
        })
        .collect();
    for found in calls {
        assert_eq!(found.await.unwrap(), 2);
    }
    // 40 callees, and the rules of the caller and of `*` once, or twice for calls that arrived during the first read.
    assert!(proxy.requests() <= 40 + 2 * 2, "{} requests", proxy.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_answered_for_more_callers_than_the_cache_keeps() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let cache = Arc::new(cache(&dynamodb.url, &dynamodb.table, &[]).await);
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..4_200 {
        let cache = Arc::clone(&cache);
        calls.spawn(async move {
            let asked = call(&format!("+1212{n:07}"), CALLEE);
            cache.rules_of(&asked).await.map(|found| counts(&asked, &found).0)
        });
        if calls.len() >= 8 {
            assert_eq!(calls.join_next().await.unwrap().unwrap(), Ok(1));
        }
    }
    while let Some(found) = calls.join_next().await {
        assert_eq!(found.unwrap(), Ok(1));
    }
    let retired = call(CALLER, "+13155550100");
    assert_eq!(winner(&retired, &cache.rules_of(&retired).await.unwrap()), "retired-caller-id");
}
