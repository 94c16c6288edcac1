//! Tests calls of which a part of the rules cannot be read: each part, each policy for failures, each fault of the store.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::time::Duration;

use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use serde_json::{Value, json};
use support::{Function, PATIENCE};
use tokio::task::JoinSet;

const CALLER: &str = "+12125550198";
const BLOCKED: &str = "+13155550101";
const MOVED: &str = "+13155550102";
const MOVED_TO_PREMIUM: &str = "+13155550103";
const WELCOME: &str = "+13155550104";
const PLAIN: &str = "+13155550100";
const PREMIUM: &str = "+19005550100";
const TARGET: &str = "+13605550112";
const PREMIUM_TARGET: &str = "+19005550111";

/// The wildcard partition, in the body of a query.
const ANY_PARTITION: &str = r#"{"S":"*"}"#;

const POLICIES: [&str; 3] = ["default", "proceed", "reject"];

/// A read that hangs is not over before the deadline of the answer.
const BUDGET: [(&str, &str); 4] = [
    ("PRECALL_CONNECT_TIMEOUT_MS", "300"),
    ("PRECALL_ATTEMPT_TIMEOUT_MS", "600"),
    ("PRECALL_OPERATION_TIMEOUT_MS", "700"),
    ("PRECALL_DEADLINE_MS", "700"),
];

/// Rules that are not kept after they were read.
const FORGETFUL: [(&str, &str); 2] = [("PRECALL_RULES_FRESH_MS", "1"), ("PRECALL_RULES_KEEP_MS", "1")];

/// The faults of single requests, and their causes.
const FAULTS: [(Mode, &str); 11] = [
    (Mode::Hang, "timeout"),
    (Mode::Reset, "unreachable"),
    (Mode::Close, "unreachable"),
    (Mode::Throttle, "throttled"),
    (Mode::ServerError, "broken"),
    (Mode::Forbidden, "forbidden"),
    (Mode::MissingTable, "missing_table"),
    (Mode::Garbage, "broken"),
    (Mode::HalfAnswer, "unreachable broken"),
    (Mode::HalfThenHang, "timeout"),
    (Mode::Says(r#"{"Count":0}"#), "broken"),
];

/// The faults of the whole store. Only rules in memory are known then.
const FAULTS_OF_ALL: [(Mode, &str); 3] =
    [(Mode::Hang, "timeout"), (Mode::BlackHole, "timeout"), (Mode::Refuse, "unreachable")];

/// Returns true if a record has one of the causes. The retries of a busy machine may also take all of the time.
fn is_one_of(causes: &str, recorded: &Value) -> bool {
    let recorded = recorded.as_str().unwrap();
    causes.split(' ').chain(["timeout", "deadline"]).any(|cause| cause == recorded)
}

async fn store_with_rules() -> DynamoDb {
    let dynamodb = DynamoDb::start().await;
    for item in [
        json!({ "number": "*", "rule": "no-900", "status": "REJECT", "code": "403", "to": "+1900*", "priority": 100 }),
        json!({ "number": BLOCKED, "rule": "dnc", "status": "REJECT", "code": "603", "priority": 100 }),
        json!({ "number": WELCOME, "rule": "consent", "status": "PROCEED", "priority": 200 }),
        json!({ "number": MOVED, "rule": "moved", "status": "CHANGE_DESTINATION", "code": TARGET }),
        json!({ "number": MOVED_TO_PREMIUM, "rule": "astray", "status": "CHANGE_DESTINATION", "code": PREMIUM_TARGET }),
    ] {
        dynamodb.put(&item).await;
    }
    dynamodb
}

/// A part of the rules that cannot be read.
#[derive(Debug, Clone, Copy)]
struct Part {
    name: &'static str,
    /// The texts that mark the requests for it.
    requests: &'static [&'static str],
    /// A callee that the other rules reject, and the code.
    rejected: (&'static str, &'static str),
    /// Callees whose decision depends on this part.
    unknown: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

const PARTS: [Part; 4] = [
    Part { name: "callee", requests: &[PREMIUM, PLAIN], rejected: (PREMIUM, "403"), unknown: &[PLAIN], variables: &[] },
    Part {
        name: "caller",
        requests: &[CALLER],
        rejected: (BLOCKED, "603"),
        unknown: &[WELCOME],
        variables: &FORGETFUL,
    },
    Part {
        name: "any",
        requests: &[ANY_PARTITION],
        rejected: (BLOCKED, "603"),
        unknown: &[WELCOME, MOVED],
        variables: &FORGETFUL,
    },
    Part {
        name: "target",
        requests: &[PREMIUM_TARGET, TARGET],
        rejected: (MOVED_TO_PREMIUM, "403"),
        unknown: &[MOVED],
        variables: &[],
    },
];

/// Returns the answer of a policy to an unknown decision: the HTTP status and the status.
fn on_error(policy: &str) -> (u64, Value) {
    match policy {
        "proceed" => (200, json!("PROCEED")),
        "reject" => (200, json!("REJECT")),
        _ => (503, Value::Null),
    }
}

/// Checks the calls of one part under one policy and one fault, which has begun.
async fn check(function: &Function, part: Part, policy: &str, fault: &Mode, causes: &str) {
    let shown = format!("{}, {policy}, {fault:?}", part.name);
    let (to, code) = part.rejected;
    let (status, body, elapsed) = function.timed_call(CALLER, to).await;
    assert_eq!((status, &body["status"], &body["code"]), (200, &json!("REJECT"), &json!(code)), "{shown}: {body}");
    assert!(elapsed < Duration::from_millis(2_500), "{shown}: {elapsed:?}");
    let record = function.record().await;
    assert_eq!((&record["decided_by"], &record["level"]), (&json!("rule"), &json!("WARN")), "{shown}: {record}");
    assert_eq!(record["partial"], json!([part.name]), "{shown}: {record}");
    assert!(is_one_of(causes, &record["partial_cause"]), "{shown}: {record}");
    for to in part.unknown {
        let (status, body, elapsed) = function.timed_call(CALLER, to).await;
        assert_eq!((status, body["status"].clone()), on_error(policy), "{shown}, {to}: {body}");
        assert!(elapsed < Duration::from_millis(2_500), "{shown}, {to}: {elapsed:?}");
        let record = function.record().await;
        assert_eq!(record["decided_by"], "on_error", "{shown}, {to}: {record}");
        assert!(is_one_of(causes, &record["cause"]), "{shown}, {to}: {record}");
    }
}

async fn function(store: &Faulty, dynamodb: &DynamoDb, policy: &'static str, part: Part) -> Function {
    let variables: Vec<_> =
        [("PRECALL_ON_ERROR", policy)].into_iter().chain(BUDGET).chain(part.variables.iter().copied()).collect();
    Function::start(&store.url(), &dynamodb.table, &variables).await
}

/// Each part, each policy and each fault; the parts and policies at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_reject_stands_whatever_else_cannot_be_read() {
    let dynamodb = std::sync::Arc::new(store_with_rules().await);
    let mut checks = JoinSet::new();
    for (part, policy) in PARTS.into_iter().flat_map(|part| POLICIES.map(|policy| (part, policy))) {
        let dynamodb = std::sync::Arc::clone(&dynamodb);
        checks.spawn(async move {
            let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
            let function = function(&store, &dynamodb, policy, part).await;
            for (fault, causes) in FAULTS {
                let faults = part.requests.iter().map(|text| ((*text).to_owned(), fault.clone())).collect();
                store.set(Mode::When(faults)).await;
                check(&function, part, policy, &fault, causes).await;
            }
            let metric = |line: &str| line.contains(r#""PartialDecisions":1"#);
            assert!(function.hook.wait_for_line(metric, PATIENCE).await.is_some(), "{}", function.hook.output());
        });
    }
    while let Some(checked) = checks.join_next().await {
        checked.unwrap();
    }
}

/// A REJECT in memory decides if the whole store is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_reject_in_memory_stands_without_the_store() {
    let dynamodb = std::sync::Arc::new(store_with_rules().await);
    let mut checks = JoinSet::new();
    for policy in POLICIES {
        let dynamodb = std::sync::Arc::clone(&dynamodb);
        checks.spawn(async move {
            let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
            let function = function(&store, &dynamodb, policy, PARTS[0]).await;
            for (fault, causes) in FAULTS_OF_ALL {
                store.set(Mode::Proxy).await;
                assert_eq!(function.call(CALLER, BLOCKED).await.0, 200, "the rules of the caller are kept too");
                store.set(fault.clone()).await;
                check(&function, PARTS[0], policy, &fault, causes).await;
            }
        });
    }
    while let Some(checked) = checks.join_next().await {
        checked.unwrap();
    }
}

/// A counter could only choose another REJECT, and its read is not over at the deadline.
#[tokio::test]
async fn a_counter_that_hangs_until_the_deadline_does_not_lose_a_known_reject() {
    let dynamodb = store_with_rules().await;
    let cap =
        json!({ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 3, "per": "24h", "priority": 200 });
    dynamodb.put(&cap).await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let variables: Vec<_> = [("PRECALL_ON_ERROR", "proceed"), ("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts)]
        .into_iter()
        .chain(BUDGET)
        .collect();
    let function = Function::start(&store.url(), &dynamodb.table, &variables).await;
    let slow = Mode::Slow(Duration::from_millis(100));
    store.set(Mode::when_any([(dynamodb.attempts.as_str(), Mode::Hang), (BLOCKED, slow)])).await;
    let (_, answer) = function.call(CALLER, BLOCKED).await;
    assert_eq!(answer["code"], "603", "{answer}");
}

#[tokio::test]
async fn the_log_says_whose_rules_are_old() {
    let dynamodb = store_with_rules().await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let function = Function::start(&store.url(), &dynamodb.table, &[("PRECALL_RULES_FRESH_MS", "1")]).await;
    function.call(CALLER, PLAIN).await;
    store.set(Mode::when_any([(ANY_PARTITION, Mode::Forbidden), (CALLER, Mode::Forbidden)])).await;
    function.call(CALLER, PLAIN).await;
    for whose in ["*", "+1212*******"] {
        let wanted = |line: &str| {
            line.contains("the last good ones are used") && line.contains(&format!(r#""rules_of":"{whose}""#))
        };
        let line = function.hook.wait_for_line(wanted, PATIENCE).await;
        assert!(line.is_some(), "{whose}: {}", function.hook.output());
    }
}
