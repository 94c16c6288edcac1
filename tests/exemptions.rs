//! Exemptions in the function as it ships: the answer, the decision record, one read for each call, and unreadable items.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use serde_json::{Value, json};
use support::Function;

const CALLER: &str = "+12125550199";
const LISTED: &str = "+13155550101";
const EXEMPT: &str = "+13155550102";
const CAPPED: &str = "+13155550103";
const BROKEN: &str = "+13155550104";

fn listed(number: &str) -> Value {
    json!({ "number": number, "rule": "national-dnc", "status": "REJECT", "code": "603", "priority": 100 })
}

fn exempt(number: &str, exempt: &str, proof: &str) -> Value {
    json!({ "number": number, "rule": "consent-13155550102", "exempt": exempt, "expires_at": 4_102_444_800_i64, "proof": proof })
}

async fn table() -> DynamoDb {
    let dynamodb = DynamoDb::start().await;
    let mut broken = exempt(BROKEN, "national-dnc", "recording 4711");
    broken["expires_at"] = json!("soon");
    for item in [
        json!({ "number": "*", "rule": "cap", "status": "REJECT", "code": "480", "max_calls": 1, "per": "24h" }),
        listed(LISTED),
        listed(EXEMPT),
        exempt(EXEMPT, "national-dnc", "recording 4711 of 3155550102"),
        exempt(CAPPED, "cap", ""),
        listed(BROKEN),
        broken,
    ] {
        dynamodb.put(&item).await;
    }
    dynamodb
}

#[tokio::test]
async fn the_record_names_what_an_exemption_lifted() {
    let dynamodb = table().await;
    let function = Function::on(&dynamodb, &[("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts)]).await;
    let end = "until 2100-01-01 00:00 UTC by consent-1315*******";
    for (to, status, exempt) in [
        (LISTED, "REJECT", Value::Null),
        (EXEMPT, "PROCEED", json!([format!("national-dnc {end}, proof: recording 4711 of 3155******")])),
        // The cap still counts the first call, and does not stop the second one.
        (CAPPED, "PROCEED", json!([format!("cap {end}")])),
        (CAPPED, "PROCEED", json!([format!("cap {end}")])),
        (BROKEN, "REJECT", Value::Null),
    ] {
        assert_eq!(function.call(CALLER, to).await.1["status"], status, "{to}");
        let record = function.record().await;
        assert_eq!(record["exempt"], exempt, "{to}");
        assert_eq!(record["status"], status, "{to}");
        let exact = record["exact_rules"].as_array().unwrap();
        assert_eq!(exact.len(), if [LISTED, CAPPED].contains(&to) { 1 } else { 2 }, "{to}: {exact:?}");
        if to == BROKEN {
            let reasons = record["invalid_reasons"][0].as_str().unwrap();
            assert!(reasons.contains("`expires_at`: \"soon\" is not an instant"), "{reasons}");
        }
    }
}

/// An exemption may be among the items that cannot be read: the wildcard rules still reject.
#[tokio::test]
async fn unreadable_items_of_the_callee_lift_nothing() {
    let dynamodb = table().await;
    dynamodb
        .put(
            &json!({ "number": "*", "rule": "national-dnc:+1315*", "status": "REJECT", "code": "603", "to": "+1315*" }),
        )
        .await;
    let fault = Mode::when(&format!("\"{EXEMPT}\""), Mode::Reset);
    let proxy = Faulty::start(fault, Some(dynamodb.address())).await;
    let function =
        Function::start(&proxy.url(), &dynamodb.table, &[("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts)]).await;
    assert_eq!(function.call(CALLER, EXEMPT).await.1["status"], "REJECT");
    let record = function.record().await;
    assert_eq!((&record["rule"], &record["exempt"]), (&json!("national-dnc:+1315*"), &Value::Null));
    assert_eq!(record["partial"], json!(["callee"]));
}
