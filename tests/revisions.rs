//! Tests that the decision record names what was read: the revision of the wildcard rules, the versions of the others, and the
//! copies of lists. The function as it ships reads a real DynamoDB.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use precall_test::rulebook::{
    BLOCKED, BLOCKED_VERSION, LISTS, QUIET_VERSION, REVISION, rulebook, rulebook_of_other_tools,
};
use serde_json::{Value, json};
use support::Function;

/// The fields of a decision record about what was read.
const FIELDS: [&str; 5] = ["any_revision", "rule_version", "exact_rules", "target_rules", "lists"];

/// A number without rules.
const PLAIN: &str = "+13155550100";

async fn table_of(items: &[Value]) -> DynamoDb {
    let dynamodb = DynamoDb::start().await;
    for item in items {
        dynamodb.put(item).await;
    }
    dynamodb
}

#[tokio::test]
async fn the_same_rulebook_has_the_same_revision_whoever_wrote_it() {
    let own = table_of(&rulebook()).await;
    let others = table_of(&rulebook_of_other_tools()).await;
    // A list instead of a set, as the console writes it.
    let places = ["US-GA", "US-AL", "US-FL"].map(|place| AttributeValue::S(place.to_owned())).to_vec();
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let update = others.client.update_item().table_name(&others.table).key("number", key("*"));
    let update = update.key("rule", key("quiet-south")).update_expression("SET places = :places");
    update.expression_attribute_values(":places", AttributeValue::L(places)).send().await.unwrap();

    for dynamodb in [&own, &others] {
        let function = Function::on(dynamodb, &[]).await;
        for (to, status, rule_version, exact_rules) in [
            (PLAIN, "PROCEED", Value::Null, Value::Null),
            ("+13055550100", "REJECT", json!(QUIET_VERSION), Value::Null),
            (BLOCKED, "REJECT", json!(BLOCKED_VERSION), json!([format!("dnc-internal@{BLOCKED_VERSION}")])),
        ] {
            assert_eq!(function.call(PLAIN, to).await.1["status"], status, "{to}");
            let record = function.record().await;
            assert_eq!(record["any_revision"], REVISION, "{to}");
            assert_eq!(record["rule_version"], rule_version, "{to}");
            assert_eq!(record["exact_rules"], exact_rules, "{to}");
            assert_eq!(record["target_rules"], Value::Null, "{to}");
            assert_eq!(record["lists"], json!(LISTS), "{to}");
        }
    }
}

/// After each change of the table: true if the revision changes.
#[tokio::test]
async fn a_change_of_a_wildcard_item_changes_the_revision_and_no_other_does() {
    let dynamodb = table_of(&rulebook()).await;
    let function = Function::on(&dynamodb, &[("PRECALL_RULES_FRESH_MS", "1")]).await;
    let revision = async || {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        function.call(PLAIN, BLOCKED).await;
        function.record().await["any_revision"].as_str().unwrap().to_owned()
    };
    let mut last = revision().await;
    assert_eq!(last, REVISION);
    let base = rulebook();
    let with = |nth: usize, name: &str, value: Value| {
        let mut item = base[nth].clone();
        item[name] = value;
        item
    };
    for (what, item, is_changed) in [
        ("a stamp", with(0, "changed", json!({ "id": "1" })), false),
        ("the mark of a list", with(0, "list_file", json!("005e0a3d7ae1")), false),
        ("a rule of the callee", with(4, "code", json!("480")), false),
        ("a note", with(0, "note", json!("Nobody is there")), true),
        ("the code", with(0, "code", json!("603")), true),
        ("a new copy of a list", with(2, "copied", json!(1_795_219_200)), true),
        ("the same copy again", with(2, "copied", json!(1_795_219_200)), false),
    ] {
        dynamodb.put(&item).await;
        let now = revision().await;
        assert_eq!(now != last, is_changed, "{what}: {now}");
        last = now;
    }
    dynamodb.delete("*", "list:own").await;
    assert_ne!(revision().await, last, "a list that was removed");
}

#[tokio::test]
async fn the_target_of_a_redirect_has_its_own_versions_and_names_are_masked() {
    let items = [
        json!({ "number": "+13155550102", "rule": "moved-from-13155550102", "status": "CHANGE_DESTINATION", "code": "+13605550112" }),
        json!({ "number": "+13605550112", "rule": "open", "status": "PROCEED" }),
        json!({ "number": "+12125550199", "rule": "ours", "status": "PROCEED", "side": "from", "priority": -5 }),
    ];
    let dynamodb = table_of(&items).await;
    let function = Function::on(&dynamodb, &[]).await;
    assert_eq!(function.call("+12125550199", "+13155550102").await.1["status"], "CHANGE_DESTINATION");
    let record = function.record().await;
    let versioned = |texts: &Value| -> Vec<(String, String)> {
        let split = |text: &Value| {
            let (name, version) = text.as_str().unwrap().rsplit_once('@').unwrap();
            (name.to_owned(), version.to_owned())
        };
        texts.as_array().unwrap().iter().map(split).collect()
    };
    let exact = versioned(&record["exact_rules"]);
    let names: Vec<&str> = exact.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["moved-from-1315*******", "ours"], "the callee's rule, then the caller's");
    assert_eq!(record["rule_version"], exact[0].1, "the redirect decides");
    let target = versioned(&record["target_rules"]);
    assert_eq!(target.len(), 1);
    assert_eq!(target[0].0, "open");
    assert_eq!(record["any_revision"], "e3b0c44298fc", "there is no rule under `*`");
    assert_eq!(record["lists"], Value::Null);
}

/// The record of a long table stays short.
#[tokio::test]
async fn at_most_twenty_rules_and_lists_are_named() {
    let rule = |nth| json!({ "number": PLAIN, "rule": format!("r{nth:02}"), "status": "PROCEED", "days": "Mon" });
    let notice = |nth: i32| {
        json!({ "number": "*", "rule": format!("list:l{nth:02}"), "list": format!("l{nth:02}"), "copied": 1_795_132_800,
                "sha256": "0".repeat(64), "file": "f.csv", "numbers": 1 })
    };
    let items: Vec<Value> = (0..25).flat_map(|nth| [rule(nth), notice(nth)]).collect();
    let dynamodb = table_of(&items).await;
    let function = Function::on(&dynamodb, &[]).await;
    assert_eq!(function.call("+12125550100", PLAIN).await.1["status"], "PROCEED");
    let record = function.record().await;
    for field in ["exact_rules", "lists"] {
        let texts = record[field].as_array().unwrap();
        assert_eq!((texts.len(), &texts[20]), (21, &json!("and 5 more")), "{field}");
    }
}

/// If the wildcard rules cannot be read, the record has no revision: it is not that of an empty table.
#[tokio::test]
async fn rules_that_were_not_read_have_no_revision() {
    let dynamodb = table_of(&rulebook()).await;
    let fault = Mode::when("\"*\"", Mode::Reset);
    let proxy = Faulty::start(fault, Some(dynamodb.address())).await;
    let function = Function::start(&proxy.url(), &dynamodb.table, &[]).await;
    assert_eq!(function.call(PLAIN, BLOCKED).await.1["status"], "REJECT");
    let record = function.record().await;
    assert_eq!(record["partial"], json!(["any"]));
    assert_eq!((&record["any_revision"], &record["lists"]), (&Value::Null, &Value::Null));
    assert_eq!(record["rule_version"], BLOCKED_VERSION);
}

/// A call reads the callee's rules in one request, and everything else is cached.
#[tokio::test]
async fn versions_and_lists_take_no_request_of_their_own() {
    let dynamodb = table_of(&rulebook()).await;
    let proxy = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let function = Function::start(&proxy.url(), &dynamodb.table, &[("PRECALL_RULES_FRESH_MS", "60000")]).await;
    assert_eq!(proxy.requests(), 1, "the wildcard rules, at the start");
    for (to, requests) in [(PLAIN, 2), (BLOCKED, 3), (PLAIN, 4)] {
        function.call("anonymous", to).await;
        assert_eq!(function.record().await["any_revision"], REVISION);
        assert_eq!(proxy.requests(), requests, "{to}");
    }
}

/// Prints the length of the records of the sample events, with and without the fields about what was read, on the example rules
/// and on those with two lists.
#[tokio::test]
async fn the_fields_about_what_was_read_are_short() {
    let example: Vec<Value> = serde_json::from_str(precall_test::dynamodb::EXAMPLE_RULES).unwrap();
    let with_lists = example.iter().cloned().chain(rulebook().into_iter().filter(|item| item["list"].is_string()));
    for (what, items, most) in [("example rules", example.clone(), 100), ("and two lists", with_lists.collect(), 250)] {
        let dynamodb = table_of(&items).await;
        let function = Function::on(&dynamodb, &[]).await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        names.sort();
        for name in &names {
            function.invoke(std::fs::read(name).unwrap()).await;
        }
        function.call(PLAIN, BLOCKED).await;
        let records = function.records().await;
        let decided: Vec<&Value> = records.iter().filter(|record| record["any_revision"].is_string()).collect();
        assert!(decided.len() > 20, "{} decisions", decided.len());
        let length = |record: &Value| record.to_string().len();
        let without = |record: &Value| {
            let mut record = record.clone();
            record.as_object_mut().unwrap().retain(|name, _| !FIELDS.contains(&name.as_str()));
            length(&record)
        };
        let before: usize = decided.iter().map(|record| without(record)).sum();
        let after: usize = decided.iter().map(|record| length(record)).sum();
        let count = decided.len();
        let (before, after) = (before / count, after / count);
        println!("{what}: {count} decisions, {before} bytes a record without these fields, {after} with them");
        assert!(after - before <= most, "{what}: {before} bytes a record before, {after} after");
    }
}
