//! Tests the warnings and metrics of a rules table that has lost its rules, with the function as it ships.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::time::{Duration, Instant};

use precall_hook::auth;
use precall_test::dynamodb::{DynamoDb, PATIENT};
use precall_test::faulty::{Faulty, Mode};
use precall_test::process::Hook;
use precall_test::runtime_api::{Outcome, RuntimeApi};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

const EMPTY: &str = "the rules table has no rule at all; every call gets the default answer";
const NO_WILDCARD: &str = "no rule is left under `*`";

/// A part of the body of the only request that looks at the whole table.
const LOOK: &str = "\"Limit\":25";

struct Function {
    api: RuntimeApi,
    hook: Hook,
}

impl Function {
    async fn start(url: &str, dynamodb: &DynamoDb, variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start().await;
        let keys = format!("example={}", auth::hash("example-key"));
        let mut env = PATIENT.to_vec();
        env.extend([
            ("AWS_ENDPOINT_URL_DYNAMODB", url),
            ("PRECALL_RULES_TABLE", &dynamodb.table),
            ("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts),
            ("PRECALL_API_KEYS", &keys),
            ("PRECALL_RULES_FRESH_MS", "1"),
        ]);
        env.extend(variables);
        let hook = Hook::spawn(env!("CARGO_BIN_EXE_precall-hook"), &api, &env);
        api.first_next(PATIENCE).await.unwrap_or_else(|error| panic!("{error}\n{}", hook.output()));
        Self { api, hook }
    }

    /// Returns the answer to a call, and the time that it took.
    async fn call(&self, to: &str) -> (Value, Duration) {
        // Longer than rules are fresh.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let query = json!({ "code": "example-key", "from": "+12125550100", "to": to });
        let event = json!({ "queryStringParameters": query });
        let invocation = self.api.invoke(event.to_string().into_bytes()).await;
        let Outcome::Response(reply) = invocation.outcome else { panic!("{}", self.hook.output()) };
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        (serde_json::from_str(reply["body"].as_str().unwrap()).unwrap(), invocation.elapsed)
    }

    fn lines(&self) -> Vec<Value> {
        self.hook.stdout().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn warnings(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message).collect()
    }

    /// Returns the metrics of rules, `WildcardRules` and `EmptyRulesTable`, up to the one that is wanted.
    async fn metrics_until(&self, wanted: (Value, Value)) -> Vec<(Value, Value)> {
        let began = Instant::now();
        loop {
            let lines = self.lines().into_iter().filter(|line| line["WildcardRules"].is_number());
            let seen: Vec<_> =
                lines.map(|line| (line["WildcardRules"].clone(), line["EmptyRulesTable"].clone())).collect();
            if seen.last() == Some(&wanted) {
                return seen;
            }
            assert!(began.elapsed() < PATIENCE, "no {wanted:?}\n{}", self.hook.output());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn callee_rule() -> Value {
    json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603" })
}

fn any_rule() -> Value {
    json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" })
}

/// Each table, and the number of its wildcard rules and the metric `EmptyRulesTable`.
#[tokio::test]
async fn a_table_without_a_rule_is_reported_at_the_start() {
    let expired = json!({ "number": "*", "rule": "old", "status": "REJECT", "expires_at": "2020-01-01" });
    let cases = [
        ("nothing", vec![], 0, true),
        ("a rule under a callee", vec![callee_rule()], 0, false),
        ("a rule under any number", vec![any_rule()], 1, false),
        ("both", vec![any_rule(), callee_rule()], 1, false),
        ("an expired rule", vec![expired.clone()], 0, true),
        (
            "items that decide nothing",
            vec![
                json!({ "number": "+13155550101", "rule": "trial", "status": "REJECT", "shadow": true }),
                json!({ "number": "*", "rule": "off", "status": "REJECT", "enabled": false }),
                json!({ "number": "+13155550102", "rule": "lives-in", "timezone": "America/Denver" }),
                json!({ "number": "list", "rule": "internal-dnc", "written": 0 }),
                json!({ "number": "*", "rule": "list:internal-dnc", "list": "internal-dnc", "copied": 1_795_132_800,
                        "sha256": "0".repeat(64), "file": "dnc.csv", "numbers": 0 }),
                json!({ "number": "13155550101", "rule": "no-plus", "status": "REJECT" }),
            ],
            0,
            true,
        ),
        ("an expired rule and a rule under a callee", vec![expired, callee_rule()], 0, false),
        (
            "a rule that begins later",
            vec![json!({ "number": "*", "rule": "later", "status": "REJECT", "starts_at": "2035-01-01" })],
            1,
            false,
        ),
        (
            "an item that cannot be read",
            vec![json!({ "number": "+13155550101", "rule": "typo", "status": "REJEKT" })],
            0,
            false,
        ),
    ];
    for (name, items, wildcard, is_empty) in cases {
        let dynamodb = DynamoDb::start().await;
        for item in &items {
            dynamodb.put(item).await;
        }
        let function = Function::start(&dynamodb.url, &dynamodb, &[]).await;
        let wanted = (json!(wildcard), json!(u8::from(is_empty)));
        let seen = function.metrics_until(wanted.clone()).await;
        assert_eq!(seen, [wanted], "{name}");
        let warnings = function.warnings(EMPTY);
        assert_eq!(warnings.len(), usize::from(is_empty), "{name}: {}", function.hook.output());
        for warning in warnings {
            assert_eq!(
                (&warning["level"], &warning["table"], &warning["default"]),
                (&json!("WARN"), &json!(dynamodb.table), &json!("PROCEED")),
                "{name}"
            );
        }
        assert!(function.warnings(NO_WILDCARD).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn an_empty_table_changes_no_decision() {
    let dynamodb = DynamoDb::start().await;
    for (default, status) in [("PROCEED", "PROCEED"), ("REJECT", "REJECT")] {
        let function = Function::start(&dynamodb.url, &dynamodb, &[("PRECALL_DEFAULT", default)]).await;
        assert_eq!(function.call("+13155550101").await.0["status"], status);
        function.metrics_until((json!(0), json!(1))).await;
        assert_eq!(function.warnings(EMPTY)[0]["default"], default);
        // Not with each call: a report is due once a minute.
        for _ in 0..3 {
            function.call("+13155550101").await;
        }
        assert_eq!(function.warnings(EMPTY).len(), 1, "{}", function.hook.output());
    }
}

#[tokio::test]
async fn a_running_instance_reports_that_the_wildcard_rules_are_gone_and_that_they_are_back() {
    let dynamodb = DynamoDb::start().await;
    dynamodb.put(&any_rule()).await;
    dynamodb.put(&callee_rule()).await;
    let function = Function::start(&dynamodb.url, &dynamodb, &[]).await;
    assert_eq!(function.call("+19005550100").await.0["status"], "REJECT");
    function.metrics_until((json!(1), json!(0))).await;

    dynamodb.delete("*", "no-900").await;
    assert_eq!(function.call("+19005550100").await.0["status"], "PROCEED");
    function.metrics_until((json!(0), json!(0))).await;
    let warnings = function.warnings(NO_WILDCARD);
    assert_eq!(warnings.len(), 1, "{}", function.hook.output());
    assert_eq!((&warnings[0]["level"], &warnings[0]["before"]), (&json!("WARN"), &json!(1)));
    assert!(function.warnings(EMPTY).is_empty(), "there is a rule under a callee");

    dynamodb.put(&any_rule()).await;
    assert_eq!(function.call("+19005550100").await.0["status"], "REJECT");
    function.metrics_until((json!(1), json!(0))).await;

    // The whole table, as after a deployment with another one.
    dynamodb.delete("*", "no-900").await;
    dynamodb.delete("+13155550101", "dnc").await;
    assert_eq!(function.call("+19005550100").await.0["status"], "PROCEED");
    function.metrics_until((json!(0), json!(1))).await;
    assert_eq!((function.warnings(NO_WILDCARD).len(), function.warnings(EMPTY).len()), (2, 1));
}

/// An edit that cannot be read is not a fall: calls use the last valid version.
#[tokio::test]
async fn an_invalid_edit_of_the_only_wildcard_rule_is_not_a_fall() {
    let dynamodb = DynamoDb::start().await;
    dynamodb.put(&any_rule()).await;
    let function = Function::start(&dynamodb.url, &dynamodb, &[]).await;
    function.call("+19005550100").await;
    dynamodb.put(&json!({ "number": "*", "rule": "no-900", "status": "REJEKT" })).await;
    assert_eq!(function.call("+19005550100").await.0["status"], "REJECT");
    assert!(function.warnings(NO_WILDCARD).is_empty(), "{}", function.hook.output());
}

/// The look at the table fails or does not end: the function starts and reports nothing about the table, and no call waits.
#[tokio::test]
async fn a_look_that_fails_is_not_an_empty_table_and_slows_no_call() {
    for (fault, is_known) in [(Mode::Forbidden, true), (Mode::Hang, false), (Mode::ServerError, true)] {
        let dynamodb = DynamoDb::start().await;
        let mode = Mode::when(LOOK, fault.clone());
        let proxy = Faulty::start(mode, Some(dynamodb.address())).await;
        let function = Function::start(&proxy.url(), &dynamodb, &[]).await;
        for _ in 0..3 {
            let (answer, elapsed) = function.call("+13155550101").await;
            assert_eq!(answer["status"], "PROCEED", "{fault:?}");
            assert!(elapsed < Duration::from_secs(3), "{fault:?}: {elapsed:?}");
        }
        if is_known {
            function.metrics_until((json!(0), Value::Null)).await;
            let lines = function.lines();
            let said = lines.iter().filter(|line| {
                line["message"] == "no rule is under `*`, and it is not known if the rules table has other rules"
            });
            assert_eq!(said.count(), 1, "{fault:?}: {}", function.hook.output());
        }
        assert!(function.warnings(EMPTY).is_empty(), "{fault:?}");
    }
}

/// A table with a rule under `*` is never scanned.
#[tokio::test]
async fn the_table_is_looked_at_only_without_a_wildcard_rule() {
    for (items, looks) in [(vec![any_rule()], false), (vec![callee_rule()], true)] {
        let dynamodb = DynamoDb::start().await;
        for item in &items {
            dynamodb.put(item).await;
        }
        let proxy = Faulty::start(Mode::when(LOOK, Mode::Forbidden), Some(dynamodb.address())).await;
        let function = Function::start(&proxy.url(), &dynamodb, &[]).await;
        function.call("+13155550100").await;
        let wanted = if looks { (json!(0), Value::Null) } else { (json!(1), json!(0)) };
        assert_eq!(function.metrics_until(wanted.clone()).await, [wanted]);
    }
}

#[tokio::test]
async fn the_warnings_do_not_need_metrics() {
    let dynamodb = DynamoDb::start().await;
    let function = Function::start(&dynamodb.url, &dynamodb, &[("PRECALL_METRICS", "off")]).await;
    let warned = function.hook.wait_for_line(|line| line.contains(EMPTY), PATIENCE).await;
    assert!(warned.is_some(), "{}", function.hook.output());
    assert!(!function.hook.output().contains("_aws"));
}
