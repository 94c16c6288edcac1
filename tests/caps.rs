//! Tests caps with several functions as they ship, each in its own process, on one store.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]
#![recursion_limit = "256"]

use std::sync::Arc;
use std::time::Duration;

use precall::Number;
use precall::frequency_cap::CountBy;
use precall_hook::store::AttemptsTable;
use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use precall_test::process::Hook;
use precall_test::runtime_api::{Outcome as Answer, RuntimeApi};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CALLER: &str = "+12125550199";

/// Returns the number of attempts on a callee in the table.
async fn recorded(dynamodb: &DynamoDb, callee: &str) -> usize {
    let counter = CountBy::Callee.counter(None, &Number::from_typed(callee).unwrap());
    let attempts = AttemptsTable::new(dynamodb.client.clone(), &dynamodb.attempts);
    attempts.read(std::slice::from_ref(&counter)).await.unwrap().of(&counter).len()
}

/// Starts several functions as they ship, each in its own process, on one store.
async fn functions(count: usize, url: &str, dynamodb: &DynamoDb) -> Vec<(Arc<RuntimeApi>, Hook)> {
    functions_with(count, url, dynamodb, &[]).await
}

async fn functions_with(
    count: usize,
    url: &str,
    dynamodb: &DynamoDb,
    more: &[(&str, &str)],
) -> Vec<(Arc<RuntimeApi>, Hook)> {
    let mut functions = Vec::new();
    for _ in 0..count {
        let api = RuntimeApi::start().await;
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", url),
            ("PRECALL_RULES_TABLE", &dynamodb.table),
            ("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts),
            ("PRECALL_AUTH", "none"),
        ];
        let variables = [&variables[..], more].concat();
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

/// Returns all answers of the functions, which run concurrently and each answer `each` calls.
async fn race(functions: &[(Arc<RuntimeApi>, Hook)], each: usize, callee: &'static str) -> Vec<String> {
    let mut tasks = JoinSet::new();
    for (number, (api, _)) in functions.iter().enumerate() {
        let api = Arc::clone(api);
        tasks.spawn(async move {
            let mut answers = Vec::new();
            for call in 0..each {
                answers.push(ask(&api, &format!("+1212555{number}1{call:02}"), callee).await);
            }
            answers
        });
    }
    tasks.join_all().await.concat()
}

fn count(answers: &[String], answer: &str) -> usize {
    answers.iter().filter(|given| given.starts_with(answer)).count()
}

fn three_a_day() -> Value {
    json!({ "number": "*", "rule": "three-a-day", "status": "REJECT", "code": "480", "max_calls": 3, "per": "24h" })
}

const CALLEES: [&str; 6] =
    ["+13155550101", "+13155550102", "+13155550103", "+13155550104", "+13155550105", "+13155550106"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_in_several_processes_share_one_cap() {
    let dynamodb = DynamoDb::start().await;
    dynamodb.put(&three_a_day()).await;
    let functions = functions(6, &dynamodb.url, &dynamodb).await;
    for callee in CALLEES {
        let answers = race(&functions, 40, callee).await;
        assert_eq!((count(&answers, "PROCEED"), count(&answers, "REJECT 480")), (3, 237), "{callee}: {answers:?}");
    }
    // A call without a cap writes nothing.
    ask(&functions[0].0, "+12125550199", "911").await;
    assert_eq!(recorded(&dynamodb, "911").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_stays_strict_while_the_store_sometimes_fails() {
    let dynamodb = DynamoDb::start().await;
    dynamodb.put(&three_a_day()).await;
    let faults = vec![
        Mode::Proxy,
        Mode::LoseAnswer,
        Mode::Proxy,
        Mode::Throttle,
        Mode::Proxy,
        Mode::Reset,
        Mode::Proxy,
        Mode::ServerError,
        Mode::Proxy,
        Mode::Proxy,
        Mode::HalfAnswer,
    ];
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let functions = functions(4, &proxy.url(), &dynamodb).await;
    proxy.set(Mode::InTurn(faults)).await;
    for callee in CALLEES {
        let answers = race(&functions, 15, callee).await;
        let (through, unknown) = (count(&answers, "PROCEED"), count(&answers, "503"));
        let recorded = recorded(&dynamodb, callee).await;
        assert!(through <= 3 && recorded <= 3, "{callee}: {through} through, {recorded} recorded");
        // Each call that was let through is counted. Each counted call was let through, or its decision was unknown.
        assert!(through <= recorded && recorded <= through + unknown, "{callee}: {through}, {recorded}, {unknown}");
        assert_eq!(through + unknown + count(&answers, "REJECT 480"), 60, "{callee}: {answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_calls_with_a_cap_are_unknown_if_attempts_cannot_be_counted() {
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
    // The first call caches the rules of the caller and of `*`.
    assert_eq!(requests("+12065550101").await.0, "PROCEED");
    assert_eq!(requests("+12065550101").await, ("PROCEED".to_owned(), 1), "no cap: no further request");
    assert_eq!(requests("+13155550101").await, ("PROCEED".to_owned(), 2), "a cap: one further request");
    assert_eq!(
        requests("+13155550104").await,
        ("REJECT 603".to_owned(), 1),
        "a call that is rejected anyway is not counted"
    );
    assert_eq!(requests("+12065550105").await, ("CHANGE_DESTINATION +13155550106".to_owned(), 3));
    // The redirect counted as an attempt on its target, so one more call is let through.
    assert_eq!(requests("+13155550106").await.0, "PROCEED");
    assert_eq!(requests("+13155550106").await.0, "REJECT 480");
    assert_eq!(requests("+12065550105").await.0, "REJECT 480", "a redirect to a target whose cap is full");

    // Only the attempts table fails, so only calls with a cap are unknown.
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
    // The attempt was counted although the answer was lost. That is too strict, but never too lax.
    proxy.set(Mode::Proxy).await;
    assert_eq!(recorded(&dynamodb, "+13155550107").await, 1);
    assert_eq!(requests("+13155550107").await.0, "PROCEED");
    assert_eq!(requests("+13155550107").await.0, "REJECT 480");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_rejected_anyway_stays_rejected_if_the_attempts_table_fails() {
    let dynamodb = DynamoDb::start().await;
    for item in [
        json!({ "number": "*", "rule": "cap", "status": "REJECT", "code": "480", "max_calls": 9, "per": "24h", "priority": 200 }),
        json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603", "priority": 100 }),
        json!({ "number": "+12065550105", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550101", "priority": 300 }),
    ] {
        dynamodb.put(&item).await;
    }
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let functions =
        functions_with(1, &proxy.url(), &dynamodb, &[("PRECALL_ON_ERROR", "proceed"), ("PRECALL_DEFAULT", "REJECT")])
            .await;
    proxy.set(Mode::when(&dynamodb.attempts, Mode::MissingTable)).await;
    let api = &functions[0].0;
    assert_eq!(ask(api, CALLER, "+13155550101").await, "REJECT 603");
    assert_eq!(ask(api, CALLER, "+12065550105").await, "REJECT 603", "by the rule of the target");
    assert_eq!(ask(api, CALLER, "+12065550199").await, "REJECT 503", "by default");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_cap_rejects_nothing_if_it_cannot_count() {
    let dynamodb = DynamoDb::start().await;
    let trial =
        json!({ "number": "*", "rule": "trial", "status": "REJECT", "max_calls": 1, "per": "24h", "shadow": true });
    dynamodb.put(&trial).await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let functions = functions_with(1, &proxy.url(), &dynamodb, &[]).await;
    let (api, hook) = &functions[0];
    assert_eq!(ask(api, CALLER, "+13155550101").await, "PROCEED");
    assert_eq!(ask(api, CALLER, "+13155550101").await, "PROCEED");
    let seen = hook.wait_for_line(|line| line.contains(r#""shadow_rules":["trial"]"#), Duration::from_secs(5)).await;
    assert!(seen.is_some(), "the second call would have been stopped\n{}", hook.output());
    proxy.set(Mode::when(&dynamodb.attempts, Mode::MissingTable)).await;
    assert_eq!(ask(api, CALLER, "+13155550101").await, "PROCEED");
    assert_eq!(recorded(&dynamodb, "+13155550101").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capped_redirect_works_together_with_a_shadow_cap() {
    let dynamodb = DynamoDb::start().await;
    for item in [
        json!({ "number": "*", "rule": "trial", "status": "REJECT", "max_calls": 50, "per": "24h", "shadow": true }),
        json!({ "number": "+13155550104", "rule": "overflow", "status": "CHANGE_DESTINATION", "code": "+13605550112", "max_calls": 2, "per": "1h", "count_by": "pair" }),
    ] {
        dynamodb.put(&item).await;
    }
    let functions = functions(1, &dynamodb.url, &dynamodb).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(ask(&functions[0].0, CALLER, "+13155550104").await);
    }
    let redirect = "CHANGE_DESTINATION +13605550112";
    assert_eq!(answers, ["PROCEED", "PROCEED", redirect, redirect]);
    assert_eq!((recorded(&dynamodb, "+13155550104").await, recorded(&dynamodb, "+13605550112").await), (2, 2));
}
