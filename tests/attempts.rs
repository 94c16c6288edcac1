//! The attempts table and strict caps: on the embedded DynamoDB, or on the one that
//! `PRECALL_TEST_DYNAMODB` names.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail where it stands"
)]
#![recursion_limit = "256"]

mod support;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use precall::attempts::{Attempts, Outcome};
use precall::cap::{Claim, CountBy, Counter, Limit};
use precall::number::Number;
use precall::store::{Cause, Table};
use serde_json::{Value, json};
use support::dynamodb::{DynamoDb, patient_client, store};
use support::faulty::{Faulty, Mode};
use support::process::Hook;
use support::runtime_api::{Outcome as Answer, RuntimeApi};
use tokio::task::JoinSet;

const CALLEE: &str = "+13155550101";
const CALLER: &str = "+12125550199";

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn number(text: &str) -> Number {
    Number::from_typed(text).unwrap()
}

fn counter(by: CountBy) -> Counter {
    by.counter(Some(&number(CALLER)), &number(CALLEE))
}

fn limit(max: u16, window: SignedDuration) -> Limit {
    Limit { max, window }
}

fn claim(by: CountBy, limits: &[Limit], record: bool) -> Claim {
    let max = limits.iter().map(|limit| limit.max).max().unwrap_or(1);
    let window = limits.iter().map(|limit| limit.window).max().unwrap_or(DAY);
    Claim { counter: counter(by), limits: limits.to_vec(), record, keep: limit(max, window) }
}

fn to_callee(max: u16, window: SignedDuration) -> [Claim; 1] {
    [claim(CountBy::Callee, &[limit(max, window)], true)]
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn attempts(url: &str, dynamodb: &DynamoDb) -> Attempts {
    Attempts::new(store(url, &dynamodb.table).await.client().clone(), &dynamodb.attempts)
}

/// How many attempts the table holds of a counter.
async fn recorded(attempts: &Attempts, counter: &Counter) -> usize {
    attempts.read(std::slice::from_ref(counter)).await.unwrap()[counter].len()
}

async fn is_admitted(attempts: &Attempts, claims: &[Claim], at: Timestamp, id: &str) -> bool {
    matches!(attempts.claim(claims, at, id).await.unwrap(), Outcome::Admitted)
}

#[tokio::test]
async fn a_window_is_left_to_the_millisecond() {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb).await;
    let first = at("2026-11-23T16:00:00Z");
    let ms = SignedDuration::from_millis(1);
    let claims = to_callee(2, DAY);
    assert!(is_admitted(&attempts, &claims, first, "a").await);
    assert!(is_admitted(&attempts, &claims, first + ms, "b").await);
    // Full, and it says by what.
    let Outcome::Full(history) = attempts.claim(&claims, first + DAY - ms, "c").await.unwrap() else { panic!() };
    assert_eq!(history[&counter(CountBy::Callee)], [first + ms, first]);
    // After exactly the window the first no longer counts; the second does, for a millisecond.
    assert!(is_admitted(&attempts, &claims, first + DAY, "d").await);
    assert!(!is_admitted(&attempts, &claims, first + DAY, "e").await);
    assert!(is_admitted(&attempts, &claims, first + DAY + ms, "f").await);
    assert_eq!(recorded(&attempts, &counter(CountBy::Callee)).await, 4);
}

#[tokio::test]
async fn several_limits_of_one_counter_all_hold() {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb).await;
    let start = at("2026-11-23T16:00:00Z");
    let claims = [claim(CountBy::Callee, &[limit(3, DAY), limit(7, DAY * 7)], true)];
    // An attempt every six hours for ten days: three a day, and seven in any seven days.
    let mut admitted: Vec<Timestamp> = Vec::new();
    for i in 0..40_i64 {
        let at = start + SignedDuration::from_hours(6 * i);
        let within = |window| admitted.iter().filter(|attempt| **attempt > at - window).count();
        let expected = within(DAY) < 3 && within(DAY * 7) < 7;
        assert_eq!(is_admitted(&attempts, &claims, at, &i.to_string()).await, expected, "attempt {i}");
        if expected {
            admitted.push(at);
        }
    }
    assert_eq!(admitted.len(), 14);
    assert_eq!(recorded(&attempts, &counter(CountBy::Callee)).await, 14);
}

#[tokio::test]
async fn several_counters_are_claimed_together_or_not_at_all() {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb).await;
    let now = at("2026-11-23T16:00:00Z");
    let callee = claim(CountBy::Callee, &[limit(3, DAY)], true);
    let pair = claim(CountBy::Pair, &[limit(2, DAY)], true);
    let caller = claim(CountBy::Caller, &[], true);
    let all = [callee.clone(), pair.clone(), caller.clone()];
    assert!(is_admitted(&attempts, &all, now, "a").await);
    assert!(is_admitted(&attempts, &all, now, "b").await);
    // The pair is full: nothing is written anywhere.
    let Outcome::Full(history) = attempts.claim(&all, now, "c").await.unwrap() else { panic!() };
    assert_eq!(history[&pair.counter].len(), 2);
    for (claim, expected) in [(&callee, 2), (&pair, 2), (&caller, 2)] {
        assert_eq!(recorded(&attempts, &claim.counter).await, expected, "{}", claim.counter);
    }
    // One that is only looked at stops the others, and is not written.
    let looked_at = Claim { record: false, ..pair.clone() };
    assert!(!is_admitted(&attempts, &[callee.clone(), looked_at.clone()], now, "d").await);
    assert!(!is_admitted(&attempts, std::slice::from_ref(&looked_at), now, "e").await);
    let wider = Claim { limits: vec![limit(3, DAY)], ..looked_at };
    assert!(is_admitted(&attempts, &[callee.clone(), wider.clone()], now, "f").await);
    assert!(is_admitted(&attempts, &[wider], now, "g").await);
    assert_eq!(recorded(&attempts, &callee.counter).await, 3);
    assert_eq!(recorded(&attempts, &pair.counter).await, 2);
    let read =
        attempts.read(&[callee.counter.clone(), pair.counter, CountBy::Callee.counter(None, &number("911"))]).await;
    assert_eq!(read.unwrap().values().map(Vec::len).collect::<Vec<_>>(), [2, 3, 0]);
    // No claims, no request.
    assert!(is_admitted(&self::attempts("http://127.0.0.1:9", &dynamodb).await, &[], now, "h").await);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_counts_once() {
    let dynamodb = DynamoDb::start().await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let attempts = attempts(&proxy.url(), &dynamodb).await;
    let now = at("2026-11-23T16:00:00Z");
    let one = to_callee(3, DAY);
    let two = [one[0].clone(), claim(CountBy::Pair, &[limit(9, DAY)], true)];
    for (claims, expected) in [(&one[..], 1), (&two[..], 2)] {
        proxy.set(Mode::first(1, Mode::LoseAnswer)).await;
        assert!(is_admitted(&attempts, claims, now, &format!("lost-{expected}")).await);
        assert_eq!(recorded(&attempts, &claims[0].counter).await, expected);
    }
    // The last that the cap allows is admitted too when its own entry is what fills the cap.
    proxy.set(Mode::first(1, Mode::LoseAnswer)).await;
    assert!(is_admitted(&attempts, &one, now, "last").await);
    assert!(!is_admitted(&attempts, &one, now, "late").await);
    // Never any answer: unknown, and it may have been counted, at most once.
    proxy.set(Mode::LoseAnswer).await;
    let fourth = to_callee(4, DAY);
    let error = attempts.claim(&fourth, now, "unknown").await.unwrap_err();
    assert_eq!((error.cause, error.table), (Cause::Unreachable, Table::Attempts), "{error}");
    proxy.set(Mode::Proxy).await;
    assert_eq!(recorded(&attempts, &one[0].counter).await, 4);
}

#[tokio::test]
async fn a_store_that_fails_admits_nobody() {
    let dynamodb = DynamoDb::start().await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let attempts = attempts(&proxy.url(), &dynamodb).await;
    let now = at("2026-11-23T16:00:00Z");
    let one = to_callee(100, DAY);
    let two = [one[0].clone(), claim(CountBy::Pair, &[limit(100, DAY)], true)];
    for (mode, cause) in [
        (Mode::Hang, Cause::Timeout),
        (Mode::Reset, Cause::Unreachable),
        (Mode::Refuse, Cause::Unreachable),
        (Mode::Throttle, Cause::Throttled),
        (Mode::ServerError, Cause::Broken),
        (Mode::Forbidden, Cause::Forbidden),
        (Mode::MissingTable, Cause::MissingTable),
        (Mode::Garbage, Cause::Broken),
    ] {
        proxy.set(mode.clone()).await;
        for claims in [&one[..], &two[..]] {
            let error = attempts.claim(claims, now, "x").await.unwrap_err();
            assert_eq!((error.cause, error.table), (cause, Table::Attempts), "{mode:?}: {error}");
            let counters: Vec<Counter> = claims.iter().map(|claim| claim.counter.clone()).collect();
            assert_eq!(attempts.read(&counters).await.unwrap_err().cause, cause, "{mode:?}");
        }
    }
    proxy.set(Mode::Proxy).await;
    assert_eq!(recorded(&attempts, &one[0].counter).await, 0);
}

#[tokio::test]
async fn an_item_that_was_tampered_with_admits_nobody() {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb).await;
    let now = at("2026-11-23T16:00:00Z");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let far = AttributeValue::N("4102444800".to_owned());
    for (list, expires_at) in [
        (text("2026-11-23"), far.clone()),
        (AttributeValue::L(vec![AttributeValue::N("1".to_owned())]), far.clone()),
        (AttributeValue::L(vec![text("yesterday")]), far),
        (AttributeValue::L(vec![]), text("never")),
    ] {
        let put = dynamodb.client.put_item().table_name(&dynamodb.attempts);
        let put = put.item("counter", text(counter(CountBy::Callee).as_str())).item("attempts", list.clone());
        put.item("expires_at", expires_at).send().await.unwrap();
        for claims in [&to_callee(1, DAY)[..], &[to_callee(1, DAY)[0].clone(), claim(CountBy::Pair, &[], true)]] {
            let error = attempts.claim(claims, now, "x").await.unwrap_err();
            assert_eq!((error.cause, error.table), (Cause::Broken, Table::Attempts), "{list:?}: {error}");
            assert!(!error.to_string().contains("5550"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_item_is_kept_as_long_as_any_rule_asks() {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb).await;
    let now = at("2026-11-23T16:00:00Z");
    let expires_at = async || {
        let get = dynamodb.client.get_item().table_name(&dynamodb.attempts).consistent_read(true);
        let item = get.key("counter", AttributeValue::S(counter(CountBy::Callee).as_str().to_owned())).send().await;
        let expires_at = item.unwrap().item.unwrap()["expires_at"].as_n().unwrap().clone();
        Timestamp::from_second(expires_at.parse().unwrap()).unwrap()
    };
    assert!(is_admitted(&attempts, &to_callee(9, DAY), now, "a").await);
    assert!((DAY..DAY * 3).contains(&expires_at().await.duration_since(now)));
    assert!(is_admitted(&attempts, &to_callee(9, DAY * 30), now, "b").await);
    let month = expires_at().await;
    assert!((DAY * 30..DAY * 32).contains(&month.duration_since(now)));
    // A rule that asks for less does not take away what the other asks for.
    assert!(is_admitted(&attempts, &to_callee(9, DAY), now, "c").await);
    assert_eq!(expires_at().await, month);
}

#[tokio::test]
async fn a_list_does_not_grow_for_ever() {
    let dynamodb = DynamoDb::start().await;
    let attempts = attempts(&dynamodb.url, &dynamodb).await;
    let hour = SignedDuration::from_hours(1);
    let claims = to_callee(3, hour);
    let mut now = at("2026-11-23T16:00:00Z");
    let mut longest = 0;
    // Three an hour for a month: the fourth is never admitted, whatever was cut.
    for i in 0..720 {
        for part in 0..3 {
            assert!(is_admitted(&attempts, &claims, now, &format!("{i}-{part}")).await, "{i}");
        }
        assert!(!is_admitted(&attempts, &claims, now, &format!("{i}-4")).await, "{i}");
        if i % 40 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        longest = longest.max(recorded(&attempts, &claims[0].counter).await);
        now += hour;
    }
    // What expiry and cutting leave: the attempts of three days, and what is not worth a cut.
    assert!(longest < 3 * 24 * 3 + 64, "{longest}");
}

/// Many at once, from several clients with pools of their own.
async fn race(dynamodb: &DynamoDb, url: &str, max: u16, clients: usize, each: usize) -> (usize, usize) {
    let now = Timestamp::now();
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let attempts = Attempts::new(patient_client(url).await, &dynamodb.attempts);
        for call in 0..each {
            let attempts = attempts.clone();
            tasks.spawn(async move {
                let id = format!("{client}-{call}");
                attempts.claim(&to_callee(max, DAY), now, &id).await
            });
        }
    }
    let outcomes = tasks.join_all().await;
    let admitted = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Admitted))).count();
    let unknown = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    (admitted, unknown)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_cap_is_let_through() {
    for (run, max) in [1, 2, 3, 7, 40].into_iter().cycle().take(20).enumerate() {
        let dynamodb = DynamoDb::start().await;
        let outcome = race(&dynamodb, &dynamodb.url, max, 4, 50).await;
        assert_eq!(outcome, (usize::from(max), 0), "run {run}: admitted and unknown");
        let attempts = attempts(&dynamodb.url, &dynamodb).await;
        assert_eq!(recorded(&attempts, &counter(CountBy::Callee)).await, usize::from(max), "run {run}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_one_more_than_the_cap_when_answers_are_lost() {
    for fault in [Mode::LoseAnswer, Mode::Reset, Mode::Throttle, Mode::ServerError] {
        let dynamodb = DynamoDb::start().await;
        let proxy = Faulty::start(Mode::first(20, fault.clone()), Some(dynamodb.address())).await;
        let (admitted, unknown) = race(&dynamodb, &proxy.url(), 5, 4, 20).await;
        let recorded = recorded(&attempts(&dynamodb.url, &dynamodb).await, &counter(CountBy::Callee)).await;
        assert!(admitted <= 5 && recorded <= 5, "{fault:?}: {admitted} admitted, {recorded} recorded");
        // Whoever was recorded was admitted, or does not know.
        assert!(admitted <= recorded && recorded <= admitted + unknown, "{fault:?}: {admitted}, {recorded}, {unknown}");
    }
}

/// Several functions as they ship, each a process of its own, on one store.
async fn functions(count: usize, url: &str, dynamodb: &DynamoDb) -> Vec<(Arc<RuntimeApi>, Hook)> {
    let mut functions = Vec::new();
    for _ in 0..count {
        let api = RuntimeApi::start().await;
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", url),
            ("PRECALL_RULES_TABLE", &dynamodb.table),
            ("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts),
            ("PRECALL_AUTH", "none"),
        ];
        let hook = Hook::spawn(env!("CARGO_BIN_EXE_precall-hook"), &api, &variables);
        api.first_next(Duration::from_secs(20)).await.unwrap_or_else(|error| panic!("{error}\n{}", hook.output()));
        functions.push((Arc::new(api), hook));
    }
    functions
}

async fn ask(api: &RuntimeApi, from: &str, to: &str) -> String {
    let event = json!({ "queryStringParameters": { "from": from, "to": to } });
    let Answer::Response(bytes) = api.invoke(event.to_string().into_bytes()).await.outcome else { panic!() };
    let reply: Value = serde_json::from_slice(&bytes).unwrap();
    let body: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    match (&body["status"], &body["code"]) {
        (Value::String(status), Value::String(code)) => format!("{status} {code}"),
        (Value::String(status), _) => status.clone(),
        _ => format!("{} {}", reply["statusCode"], body["error"].as_str().unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_of_several_processes_share_one_cap() {
    let dynamodb = DynamoDb::start().await;
    dynamodb
        .put(&json!({ "number": "*", "rule": "three-a-day", "status": "REJECT", "code": "480", "max_calls": 3, "per": "24h" }))
        .await;
    let functions = functions(4, &dynamodb.url, &dynamodb).await;
    for callee in ["+13155550101", "+13155550102", "+13155550103"] {
        let mut tasks = JoinSet::new();
        for (number, (api, _)) in functions.iter().enumerate() {
            let api = Arc::clone(api);
            tasks.spawn(async move {
                let mut answers = Vec::new();
                for call in 0..20 {
                    answers.push(ask(&api, &format!("+1212555{number}1{call:02}"), callee).await);
                }
                answers
            });
        }
        let answers = tasks.join_all().await.concat();
        let count = |answer: &str| answers.iter().filter(|given| *given == answer).count();
        assert_eq!((count("PROCEED"), count("REJECT 480")), (3, 77), "{callee}: {answers:?}");
    }
    // One call to a number costs two requests in a row, and a call that no cap is about writes nothing.
    let asked = counter_of("+12125550199", "911");
    ask(&functions[0].0, "+12125550199", "911").await;
    assert_eq!(recorded(&attempts(&dynamodb.url, &dynamodb).await, &asked).await, 0);
}

fn counter_of(from: &str, to: &str) -> Counter {
    CountBy::Callee.counter(Some(&number(from)), &number(to))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_function_does_when_attempts_cannot_be_counted() {
    let dynamodb = DynamoDb::start().await;
    for item in [
        json!({ "number": "*", "rule": "cap", "status": "REJECT", "code": "480", "max_calls": 2, "per": "24h", "to": "+1315*" }),
        json!({ "number": "+13155550104", "rule": "dnc", "status": "REJECT", "code": "603", "priority": 100 }),
        json!({ "number": "+12065550105", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550106" }),
    ] {
        dynamodb.put(&item).await;
    }
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let functions = functions(1, &proxy.url(), &dynamodb).await;
    let (api, hook) = &functions[0];
    let requests = async |to: &str| {
        let before = proxy.requests();
        let answer = ask(api, CALLER, to).await;
        (answer, proxy.requests() - before)
    };
    // The rules of the caller and of `*` are cached by the first.
    assert_eq!(requests("+12065550101").await.0, "PROCEED");
    assert_eq!(requests("+12065550101").await, ("PROCEED".to_owned(), 1), "no cap: nothing to pay");
    assert_eq!(requests("+13155550101").await, ("PROCEED".to_owned(), 2), "a cap: one request more");
    assert_eq!(requests("+13155550104").await, ("REJECT 603".to_owned(), 1), "what is rejected anyway is not counted");
    assert_eq!(requests("+12065550105").await, ("CHANGE_DESTINATION +13155550106".to_owned(), 3));
    // The redirect was an attempt on its target: one is left.
    assert_eq!(requests("+13155550106").await.0, "PROCEED");
    assert_eq!(requests("+13155550106").await.0, "REJECT 480");
    assert_eq!(requests("+12065550105").await.0, "REJECT 480", "a redirect to where the cap is reached");

    // The attempts table alone fails: only calls that a cap is about are unknown.
    for (fault, cause) in
        [(Mode::Throttle, "throttled"), (Mode::MissingTable, "missing_table"), (Mode::LoseAnswer, "unreachable")]
    {
        proxy.set(Mode::when(&dynamodb.attempts, fault)).await;
        assert_eq!(requests("+13155550107").await.0, format!("503 decision unknown: {cause}"));
        assert_eq!(requests("+12065550101").await.0, "PROCEED");
        assert_eq!(requests("+13155550104").await.0, "REJECT 603");
    }
    let line = hook.wait_for_line(|line| line.contains("attempts table does not exist"), Duration::from_secs(5)).await;
    assert!(line.is_some_and(|line| line.contains(r#""cause":"missing_table""#)));
    // Counted, though nobody was told: too strict, never too lax.
    proxy.set(Mode::Proxy).await;
    let recorded = recorded(&attempts(&dynamodb.url, &dynamodb).await, &counter_of(CALLER, "+13155550107")).await;
    assert_eq!(recorded, 1);
    assert_eq!(requests("+13155550107").await.0, "PROCEED");
    assert_eq!(requests("+13155550107").await.0, "REJECT 480");
}
