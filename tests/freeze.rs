//! Tests the function after a freeze: the platform stops the process between two calls, and meanwhile the network forgets
//! its connections to DynamoDB, without FIN or RST. New connections work.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use serde_json::json;
use support::{Function, PATIENCE};

const CALLER: &str = "+12125550199";
const CALLEE: &str = "+13155550100";

/// Short times in the proportions of the defaults: rules are fresh for 100 ms, and a call that finds older ones waits 40 ms
/// longer than for the callee's.
const QUICK: [(&str, &str); 6] = [
    ("PRECALL_CONNECT_TIMEOUT_MS", "200"),
    ("PRECALL_ATTEMPT_TIMEOUT_MS", "200"),
    ("PRECALL_OPERATION_TIMEOUT_MS", "800"),
    ("PRECALL_DEADLINE_MS", "2000"),
    ("PRECALL_REFRESH_WAIT_MS", "40"),
    ("PRECALL_RULES_FRESH_MS", "100"),
];

/// The length of a freeze: longer than the rules may be used without a wait for fresh ones.
const FREEZE: Duration = Duration::from_millis(1_000);

impl Function {
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.hook.pid().to_string()]).status().unwrap();
        assert!(status.success(), "{name}");
    }
}

/// Returns the status of each first call after a freeze during which a REJECT was saved under this number.
async fn first_calls_after_a_freeze(number: &str, rounds: usize) -> Vec<String> {
    let dynamodb = DynamoDb::start().await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let function = Function::start(&proxy.url(), &dynamodb.table, &QUICK).await;
    let mut statuses = Vec::new();
    for round in 0..rounds {
        // The rules of `*` and of the caller are in memory, and three connections are open. On a busy machine, a call may use
        // the rule that was just deleted.
        let began = Instant::now();
        while function.call(CALLER, CALLEE).await.1["status"] != "PROCEED" {
            assert!(began.elapsed() < PATIENCE, "round {round}");
        }
        let rule = json!({ "number": number, "rule": "new", "side": "any", "status": "REJECT", "priority": 100 });
        dynamodb.put(&rule).await;
        function.signal("-STOP");
        proxy.lose_connections();
        tokio::time::sleep(FREEZE).await;
        function.signal("-CONT");
        let (_, answer) = function.call(CALLER, CALLEE).await;
        let record = function.record().await;
        statuses.push(format!("{} {} {}", answer["status"], record["any_source"], record["caller_source"]));
        dynamodb.delete(number, "new").await;
    }
    statuses
}

#[tokio::test]
async fn the_first_call_after_a_freeze_is_decided_by_fresh_rules() {
    let (any, caller) = tokio::join!(first_calls_after_a_freeze("*", 5), first_calls_after_a_freeze(CALLER, 5));
    let expected = vec![r#""REJECT" "store" "store""#; 5];
    assert_eq!(any, expected, "a rule under `*`");
    assert_eq!(caller, expected, "a rule under the caller's number");
}
