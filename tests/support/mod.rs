//! The function as it ships, with a Runtime API in front of it, for tests of several files.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use precall_hook::auth;
use precall_test::dynamodb::DynamoDb;
use precall_test::process::Hook;
use precall_test::runtime_api::{Outcome, RuntimeApi};
use serde_json::{Value, json};

pub const BIN: &str = env!("CARGO_BIN_EXE_precall-hook");

/// The time limit of a start, which may be slow on a busy machine and is not part of an answer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The function and its platform.
pub struct Function {
    pub api: RuntimeApi,
    pub hook: Hook,
    /// The request id of the last invocation.
    last: Mutex<String>,
}

impl Function {
    pub async fn start(store_url: &str, table: &str, variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start().await;
        let keys = format!("example={}", auth::hash("example-key"));
        let mut env =
            vec![("AWS_ENDPOINT_URL_DYNAMODB", store_url), ("PRECALL_RULES_TABLE", table), ("PRECALL_API_KEYS", &keys)];
        env.extend(variables);
        let hook = Hook::spawn(BIN, &api, &env);
        api.first_next(PATIENCE).await.unwrap_or_else(|error| panic!("{error}\n{}", hook.output()));
        Self { api, hook, last: Mutex::default() }
    }

    /// Starts the function on a store without faults.
    pub async fn on(dynamodb: &DynamoDb, variables: &[(&str, &str)]) -> Self {
        Self::start(&dynamodb.url, &dynamodb.table, variables).await
    }

    /// Returns the object that the function returns, and the time that it took. A function error fails the test.
    pub async fn invoke(&self, payload: impl Into<Vec<u8>>) -> (Value, Duration) {
        let invocation = self.api.invoke(payload.into()).await;
        self.last.lock().unwrap().clone_from(&invocation.request_id);
        match invocation.outcome {
            Outcome::Response(bytes) => (serde_json::from_slice(&bytes).unwrap(), invocation.elapsed),
            Outcome::FunctionError(bytes) => {
                panic!("function error {}\n{}", String::from_utf8_lossy(&bytes), self.hook.output())
            }
        }
    }

    /// Returns the status code and the body of the answer to a call.
    pub async fn call(&self, from: &str, to: &str) -> (u64, Value) {
        let (status, body, _) = self.timed_call(from, to).await;
        (status, body)
    }

    pub async fn timed_call(&self, from: &str, to: &str) -> (u64, Value, Duration) {
        let (reply, elapsed) = self.invoke(event("example-key", from, to).to_string()).await;
        let body = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        (reply["statusCode"].as_u64().unwrap(), body, elapsed)
    }

    /// Returns the decision record of the last invocation.
    pub async fn record(&self) -> Value {
        self.records().await.pop().expect("a record")
    }

    /// Returns all decision records, up to that of the last invocation. The answer can arrive before its own line.
    pub async fn records(&self) -> Vec<Value> {
        let last = self.last.lock().unwrap().clone();
        let began = Instant::now();
        loop {
            let output = self.hook.stdout();
            let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let records: Vec<Value> = lines.filter(|line| line["message"] == "decision").collect();
            if records.last().is_some_and(|record| record["function_request_id"] == *last) {
                return records;
            }
            assert!(began.elapsed() < PATIENCE, "no record of {last}:\n{output}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub fn event(code: &str, from: &str, to: &str) -> Value {
    json!({ "queryStringParameters": { "code": code, "from": from, "to": to } })
}
