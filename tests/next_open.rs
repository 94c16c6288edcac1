//! The next instant at which a rejected call would be let through, in the answer's header and in the decision record.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use jiff::{SignedDuration, Timestamp, ToSpan};
use precall_test::dynamodb::DynamoDb;
use serde_json::{Value, json};
use support::Function;

const HEADER: &str = "x-precall-next-open";

/// Returns the status of the answer, its header, and the field of its record.
async fn ask(function: &Function, to: &str) -> (String, Option<String>, Option<String>) {
    // Of a function URL, whose answers have headers.
    let mut call: Value = serde_json::from_str(include_str!("../events/function-url-proceed.json")).unwrap();
    call["queryStringParameters"]["to"] = json!(to);
    call["rawQueryString"] = json!(format!("code=example-key&from=%2B12125550100&to={}", to.replace('+', "%2B")));
    let (reply, _) = function.invoke(call.to_string()).await;
    let body: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    let header = reply["headers"][HEADER].as_str().map(str::to_owned);
    let record = function.record().await;
    (body["status"].as_str().unwrap().to_owned(), header, record["next_open"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_call_that_hours_or_a_cap_rejected_has_the_instant_in_a_header_and_in_the_record() {
    let dynamodb = DynamoDb::start().await;
    let now = Timestamp::now().in_tz("UTC").unwrap();
    let closes = now.saturating_add(2.hours()).round(jiff::Unit::Hour).unwrap();
    let hours = format!("{}-{}", now.saturating_sub(2.hours()).strftime("%H:00"), closes.strftime("%H:00"));
    for item in [
        json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" }),
        json!({ "number": "+13155550102", "rule": "late", "status": "REJECT", "hours": hours, "timezone": "UTC" }),
        // The listed number stays rejected when the hours are over.
        json!({ "number": "+13155550103", "rule": "late", "status": "REJECT", "hours": hours, "timezone": "UTC", "priority": "2" }),
        json!({ "number": "+13155550103", "rule": "dnc", "status": "REJECT" }),
        json!({ "number": "+13155550104", "rule": "once", "status": "REJECT", "max_calls": "1", "per": "1h" }),
    ] {
        dynamodb.put(&item).await;
    }
    let function = Function::on(&dynamodb, &[("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts)]).await;
    let reject = || "REJECT".to_owned();
    let open = Some(closes.timestamp().to_string());
    assert_eq!(ask(&function, "+13155550100").await, ("PROCEED".to_owned(), None, None));
    assert_eq!(ask(&function, "+13155550101").await, (reject(), None, None));
    assert_eq!(ask(&function, "+13155550102").await, (reject(), open.clone(), open));
    assert_eq!(ask(&function, "+13155550103").await, (reject(), None, None));

    let began = Timestamp::now();
    assert_eq!(ask(&function, "+13155550104").await, ("PROCEED".to_owned(), None, None));
    let (status, header, record) = ask(&function, "+13155550104").await;
    assert_eq!((status, &header), (reject(), &record));
    let after = header.unwrap().parse::<Timestamp>().unwrap().duration_since(began);
    let hour = SignedDuration::from_hours(1);
    assert!(after > hour - SignedDuration::from_secs(1) && after < hour + SignedDuration::from_secs(30), "{after}");
}
