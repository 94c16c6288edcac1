//! Tests that any payload is read without a panic, and becomes a request or an answer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail where it is")]

use lambda_http::Context;
use precall_hook::event::{self, Payload};
use proptest::prelude::*;
use serde_json::{Value, json};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        r"[+ ]?[0-9() .%-]{0,20}",
        "[+]?1?[2-9][0-9]{9}",
        Just("*".to_owned()),
        Just("REJECT".to_owned()),
        Just("PROCEED".to_owned()),
        Just("true".to_owned()),
        "[!]?[+]1[0-9]{0,6}[*]",
    ]
}

fn attribute() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => prop::collection::vec(text().prop_map(Value::from), 0..4).prop_map(Value::from),
        1 => Just(json!({})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any JSON is read without a panic, and becomes a request or an answer.
    #[test]
    fn any_json_is_read(from in attribute(), to in attribute(), query in attribute(), context in attribute(), raw in attribute()) {
        for event in [
            json!({ "queryStringParameters": { "from": from, "to": to, "code": query } }),
            json!({ "queryStringParameters": query, "multiValueQueryStringParameters": from, "requestContext": context }),
            json!({ "params": { "querystring": { "to": to } }, "context": context }),
            json!({ "rawQueryString": raw, "requestContext": { "http": { "method": context } }, "headers": query }),
            json!({ "requestContext": { "elb": {} }, "queryStringParameters": { "to": to }, "headers": { "user-agent": raw } }),
            from.clone(),
        ] {
            let payload: Payload = serde_json::from_str(&event.to_string()).unwrap();
            let _ = event::read(&payload, &Context::default());
        }
    }
}
