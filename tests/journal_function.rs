//! The function that keeps the journal, as it ships: its events come through a Runtime API, and its table is in the embedded
//! store, or in the one that `PRECALL_TEST_DYNAMODB` names.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use jiff::SignedDuration;
use precall_hook::journal::{Change, ChangeKind, ChangeOrigin, Stamp, change_of_record, changes_of, journal_items};
use precall_hook::store::{Attributes, item_of_typed, typed_item};
use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use precall_test::process::Hook;
use precall_test::runtime_api::{Outcome, RuntimeApi};
use precall_test::stream::{AT, create_journal, event, record, records, sequence_number};
use serde_json::{Value, json};

const BIN: &str = env!("CARGO_BIN_EXE_precall-journal");
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: i64 = 86_400;

/// The function with its journal table.
struct Journal {
    api: RuntimeApi,
    function: Hook,
    dynamodb: DynamoDb,
    table: String,
}

impl Journal {
    async fn start() -> Self {
        let dynamodb = DynamoDb::start().await;
        let url = dynamodb.url.clone();
        Self::start_on(dynamodb, &url).await
    }

    /// Starts the function with the store behind another address.
    async fn start_on(dynamodb: DynamoDb, url: &str) -> Self {
        let table = create_journal(&dynamodb).await;
        let api = RuntimeApi::start().await;
        let env = [("AWS_ENDPOINT_URL_DYNAMODB", url), ("PRECALL_JOURNAL_TABLE", &table)];
        let function = Hook::spawn(BIN, &api, &env);
        api.first_next(PATIENCE).await.unwrap_or_else(|error| panic!("{error}\n{}", function.output()));
        Self { api, function, dynamodb, table }
    }

    async fn invoke(&self, event: &Value) -> Result<Value, Value> {
        let outcome = self.api.invoke(event.to_string().into_bytes()).await.outcome;
        match outcome {
            Outcome::Response(bytes) => Ok(serde_json::from_slice(&bytes).unwrap()),
            Outcome::FunctionError(bytes) => Err(serde_json::from_slice(&bytes).unwrap()),
        }
    }

    /// Sends records, and returns the sequence numbers that the function reports.
    async fn send(&self, records: &[Value]) -> Vec<String> {
        let answer = self.invoke(&event(records)).await.unwrap_or_else(|error| panic!("{error}"));
        let failures = answer["batchItemFailures"].as_array().unwrap();
        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
    }

    async fn items(&self) -> Vec<Attributes> {
        all_items(&self.dynamodb, &self.table).await
    }

    /// Returns the changes in the journal by their sequence numbers. A change may be there several times, in packs of batches that
    /// were sent again with other ends, but always the same.
    async fn changes(&self) -> BTreeMap<String, Change> {
        let mut changes = BTreeMap::new();
        for change in self.items().await.iter().flat_map(|item| changes_of(item).unwrap()) {
            if let Some(same) = changes.insert(change.sequence.clone(), change.clone()) {
                assert_eq!(same, change);
            }
        }
        changes
    }

    /// Checks that the log contains nothing of an item.
    fn assert_discreet(&self) {
        let output = self.function.output();
        for text in ["+1315", "1315555", "Secret", "dnc"] {
            assert!(!output.contains(text), "{text} is in the log:\n{output}");
        }
    }
}

async fn all_items(dynamodb: &DynamoDb, table: &str) -> Vec<Attributes> {
    let pages = dynamodb.client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    pages.try_collect().await.unwrap()
}

fn by_sequence(records: &[Value]) -> BTreeMap<String, Change> {
    let changes = records.iter().map(|record| change_of_record(record).unwrap());
    changes.filter(Change::is_noteworthy).map(|change| (change.sequence.clone(), change)).collect()
}

fn rule(reason: &str) -> Option<Value> {
    Some(json!({ "status": { "S": "REJECT" }, "reason": { "S": reason } }))
}

/// Returns records about numbers of a list.
fn of_list(numbers: std::ops::Range<u64>) -> Vec<Value> {
    let item = json!({ "status": { "S": "REJECT" }, "reason": { "S": "Secret" }, "list_file": { "S": "ab12" } });
    numbers.map(|nth| record(nth, &format!("+1315{nth:07}"), "dnc", None, Some(item.clone()))).collect()
}

/// Returns records about rules of a person: some numbers with their items changed and removed again.
fn of_rules(numbers: std::ops::Range<u64>) -> Vec<Value> {
    let each = |nth: u64| {
        let number = format!("+1315555{nth:04}");
        [
            record(10 * nth, &number, "dnc", None, rule("Secret")),
            record(10 * nth + 1, &number, "dnc", rule("Secret"), rule("Secret 2")),
            record(10 * nth + 2, &number, "dnc", rule("Secret 2"), None),
        ]
    };
    numbers.flat_map(each).collect()
}

// ---- The stream of a table ----

/// Changes items of all kinds in the rules table, and sends the records of its stream to the function, with batches of this size.
/// Then the journal leads to the table as it is.
async fn keep_real_changes(batch: usize) {
    let journal = Journal::start().await;
    let made = change_rules(&journal.dynamodb).await;
    let records = records(&journal.dynamodb, made).await;
    for batch in records.chunks(batch) {
        assert_eq!(journal.send(batch).await, [""; 0]);
    }
    let changes = journal.changes().await;
    assert_eq!(changes, by_sequence(&records));
    assert_eq!(changes.len(), made - 1, "all but the bookkeeping");

    // The changes of an item follow each other, and the last of them leads to the item in the table.
    let mut state: BTreeMap<(String, String), Option<Attributes>> = BTreeMap::new();
    let mut changes: Vec<Change> = changes.into_values().collect();
    changes.sort_by_key(|change| (change.sequence.len(), change.sequence.clone()));
    for change in changes {
        let now = state.entry((change.key.number, change.key.rule)).or_default();
        assert!(change.are_images_lost || now.is_none() || *now == change.before, "{:?}", change.sequence);
        *now = change.after;
    }
    let text = |item: &Attributes, name: &str| item[name].as_s().unwrap().clone();
    let mut table = BTreeMap::new();
    for mut item in all_items(&journal.dynamodb, &journal.dynamodb.table).await {
        item.remove("changed");
        table.insert((text(&item, "number"), text(&item, "rule")), Some(item));
    }
    state.retain(|_, item| item.is_some());
    assert_eq!(state.keys().collect::<Vec<_>>(), table.keys().collect::<Vec<_>>());
    assert_eq!(state, table);
    journal.assert_discreet();
}

/// Makes changes, and returns their number.
async fn change_rules(dynamodb: &DynamoDb) -> usize {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let put = |number: &str, rule: &str, more: Vec<(&str, AttributeValue)>| {
        let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
        let keys = [("number".to_owned(), text(number)), ("rule".to_owned(), text(rule))];
        let item: Attributes = keys.into_iter().chain(more).collect();
        dynamodb.client.put_item().table_name(&dynamodb.table).set_item(Some(item)).send()
    };
    let update = |expression: &str, value: AttributeValue| {
        let update = dynamodb.client.update_item().table_name(&dynamodb.table);
        let update = update.key("number", text("*")).key("rule", text("hours")).update_expression(expression);
        update.expression_attribute_values(":value", value).send()
    };
    // Every type of DynamoDB.
    let everything = vec![
        ("status", text("REJECT")),
        ("priority", AttributeValue::N("12.50".to_owned())),
        ("places", AttributeValue::Ss(texts(&["US-NY", "US-FL"]))),
        ("numbers", AttributeValue::Ns(texts(&["3", "1"]))),
        ("x_bytes", AttributeValue::B(Blob::new([0, 255, 1]))),
        ("x_all_bytes", AttributeValue::Bs(vec![Blob::new([1]), Blob::new([2])])),
        ("x_nothing", AttributeValue::Null(true)),
        ("x_map", AttributeValue::M([("deep".to_owned(), AttributeValue::L(vec![text("")]))].into())),
        ("enabled", AttributeValue::Bool(true)),
    ];
    put("*", "hours", everything).await.unwrap();
    update("SET enabled = :value", AttributeValue::Bool(false)).await.unwrap();
    // Not noteworthy: only the stamp of a tool.
    update("SET changed = :value", AttributeValue::M(Attributes::new())).await.unwrap();
    // Almost as large as an item may be, and changed: the two images are larger.
    for letter in ["x", "y"] {
        put("+13155550199", "dnc", vec![("note", text(&letter.repeat(390_000)))]).await.unwrap();
    }
    // A list.
    let numbers: Vec<String> = (0..1_000).map(|nth| format!("+1315{nth:07}")).collect();
    let of_list = |number: &String| {
        let attributes = [("number", number.as_str()), ("rule", "dnc"), ("status", "REJECT"), ("list_file", "ab12")];
        let item: Attributes = attributes.map(|(name, value)| (name.to_owned(), text(value))).into();
        WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
    };
    for numbers in numbers.chunks(25) {
        let requests = numbers.iter().map(of_list).collect();
        dynamodb.client.batch_write_item().request_items(&dynamodb.table, requests).send().await.unwrap();
    }
    let keys = |number: &String| [("number", text(number)), ("rule", text("dnc"))];
    let removal = |number: &String| {
        let key = keys(number).map(|(name, value)| (name.to_owned(), value)).into();
        let delete = DeleteRequest::builder().set_key(Some(key)).build().unwrap();
        WriteRequest::builder().delete_request(delete).build()
    };
    let removals = numbers.iter().take(25).map(removal).collect();
    dynamodb.client.batch_write_item().request_items(&dynamodb.table, removals).send().await.unwrap();
    dynamodb.delete("+13155550199", "dnc").await;
    3 + 2 + 1_000 + 25 + 1
}

#[tokio::test]
async fn the_stream_of_the_table_leads_to_the_table() {
    keep_real_changes(1_000).await;
}

#[tokio::test]
async fn the_stream_of_the_table_leads_to_the_table_with_small_batches() {
    keep_real_changes(130).await;
}

// ---- Batches ----

#[tokio::test]
async fn a_batch_of_a_list_is_packed() {
    let journal = Journal::start().await;
    let records = of_list(0..1_000);
    assert_eq!(journal.send(&records).await, [""; 0]);
    let items = journal.items().await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["number"].as_s().unwrap(), "pack dnc");
    assert_eq!(items[0]["expires_at"].as_n().unwrap(), &(AT + 1827 * DAY).to_string());
    assert_eq!(journal.changes().await, by_sequence(&records));
}

/// The records of a shard come in order. Those of different shards come in any order, and Lambda sends records again.
#[tokio::test]
async fn batches_in_any_order_and_sent_again_keep_each_change_once() {
    let journal = Journal::start().await;
    let rules = of_rules(0..30);
    let list = of_list(1_000..1_400);
    let mut all = rules.clone();
    all.extend(list);
    let expected = by_sequence(&all);
    // From the last batch to the first, and each record of a batch twice.
    for batch in all.chunks(90).rev() {
        let twice: Vec<Value> = batch.iter().chain(batch).cloned().collect();
        assert_eq!(journal.send(&twice).await, [""; 0]);
        assert_eq!(journal.send(&twice).await, [""; 0]);
    }
    assert_eq!(journal.changes().await, expected);
    let before = journal.items().await.len();
    for size in [1_000, 90, 61] {
        for batch in all.chunks(size) {
            assert_eq!(journal.send(batch).await, [""; 0]);
        }
        assert_eq!(journal.changes().await, expected, "batches of {size}");
    }
    let of_rules = journal.items().await.iter().filter(|item| item.contains_key("month")).count();
    assert!(of_rules >= rules.len() && of_rules < rules.len() + 3 * 20, "{of_rules}, and {before} items before");
}

/// A batch that is sent again, but shorter, leaves the changes at its old end in the journal.
#[tokio::test]
async fn a_shorter_batch_does_not_replace_a_longer_one() {
    let journal = Journal::start().await;
    let records = of_list(0..200);
    for batch in [&records[..], &records[..100], &records[..50]] {
        assert_eq!(journal.send(batch).await, [""; 0]);
        assert_eq!(journal.changes().await, by_sequence(&records));
    }
}

#[tokio::test]
async fn a_removal_by_expiry_and_one_by_a_person() {
    let journal = Journal::start().await;
    let mut expired = record(1, "+13155550101", "dnc", rule("Secret"), None);
    expired["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    let removed = record(2, "+13155550102", "dnc", rule("Secret"), None);
    assert_eq!(journal.send(&[expired, removed]).await, [""; 0]);
    let changes = journal.changes().await;
    let origins: Vec<_> = changes.values().map(|change| (change.kind(), change.origin())).collect();
    assert_eq!(origins, [(ChangeKind::Removed, ChangeOrigin::Expiry), (ChangeKind::Removed, ChangeOrigin::Other)]);
}

/// A person who reads changes again from the stream gets them from the AWS CLI, whose form differs in details.
#[tokio::test]
async fn the_records_that_the_aws_cli_prints_are_read() {
    let journal = Journal::start().await;
    let mut of_lambda = record(1, "+13155550101", "dnc", rule("Secret"), None);
    let mut of_cli = of_lambda.clone();
    of_lambda["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    of_cli["userIdentity"] = json!({ "Type": "Service", "PrincipalId": "dynamodb.amazonaws.com" });
    let expected = by_sequence(&[of_lambda]);
    for instant in ["2026-11-28T05:10:12+00:00", "2026-11-27T22:10:12-07:00", "2026-11-28T05:10:12.734Z"] {
        of_cli["dynamodb"]["ApproximateCreationDateTime"] = json!(instant);
        assert_eq!(journal.send(std::slice::from_ref(&of_cli)).await, [""; 0], "{instant}");
        assert_eq!(journal.changes().await, expected, "{instant}");
        assert_eq!(journal.items().await.len(), 1);
    }
}

/// The journal names a person only if the stamp is that of this item and this change, and DynamoDB only for its own deletions.
#[tokio::test]
async fn forged_stamps_and_identities_name_nobody() {
    let journal = Journal::start().await;
    let at = u64::try_from(AT).unwrap();
    let id = |at: u64| uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, at, 0)).to_string();
    let stamp = |at: u64, via: &str| Stamp { id: id(at), ..Stamp::new("ann@desk", via, Some("Secret")) };
    // Returns the attributes of a rule with a stamp that was written for the rule of this name, without the key.
    let stamped = |stamp: Stamp, of: &str| {
        let whole = json!({ "number": { "S": "+13155550101" }, "rule": { "S": of }, "status": { "S": "REJECT" } });
        let item = stamp.on(&item_of_typed(whole.as_object().unwrap()).unwrap()).unwrap();
        let mut item = typed_item(&item).unwrap();
        item.retain(|name, _| !["number", "rule"].contains(&name.as_str()));
        Some(Value::Object(item))
    };
    let of = |nth: u64, before: Option<Value>, after: Option<Value>| record(nth, "+13155550101", "mine", before, after);
    let identity = |mut record: Value, identity: Value| {
        record["userIdentity"] = identity;
        record
    };
    let removal = || stamped(stamp(at, "remove").of_removal(), "mine");
    let dynamodb = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    let replication = json!({ "type": "Service", "principalId": "replication.dynamodb.amazonaws.com" });
    let cases = [
        (of(1, None, stamped(stamp(at, "put"), "mine")), "tool"),
        (of(2, None, stamped(stamp(at, "put"), "other")), "console or program"),
        (of(3, None, stamped(stamp(at - 61, "put"), "mine")), "console or program"),
        (of(4, removal(), None), "tool"),
        (of(5, stamped(stamp(at, "remove"), "mine"), None), "console or program"),
        (of(6, stamped(stamp(at, "remove").of_removal(), "other"), None), "console or program"),
        // DynamoDB deletes the item although a person was about to.
        (identity(of(7, removal(), None), dynamodb), "expiry"),
        (identity(of(8, rule("Secret"), None), replication), "console or program"),
        (identity(of(9, rule("Secret"), None), json!({ "type": "Service" })), "console or program"),
    ];
    let records: Vec<Value> = cases.iter().map(|(record, _)| record.clone()).collect();
    assert_eq!(journal.send(&records).await, [""; 0]);
    let items: BTreeMap<String, Attributes> =
        journal.items().await.into_iter().map(|item| (item["sequence"].as_s().unwrap().clone(), item)).collect();
    assert_eq!(items.len(), cases.len());
    for ((record, cause), item) in cases.iter().zip(items.values()) {
        assert_eq!(item["cause"].as_s().unwrap(), cause, "{record}");
        assert_eq!(item.contains_key("by"), *cause == "tool", "{record}");
    }
    journal.assert_discreet();
}

/// Two images of almost 400 KB, which the journal keeps if they can be compressed, and notes as lost if not. They keep no other change
/// out.
#[tokio::test]
async fn the_largest_items_keep_no_other_change_out() {
    let journal = Journal::start().await;
    let mut random = 1_u64;
    let mut noise = || -> String {
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                    [usize::try_from(random >> 58).unwrap()],
            )
        };
        (0..399_000).map(|_| next()).collect()
    };
    let [one, other] = [noise(), noise()];
    let records = [
        record(1, "+13155550101", "dnc", rule(&"x".repeat(399_000)), rule(&"y".repeat(399_000))),
        record(2, "+13155550102", "dnc", rule(&one), rule(&other)),
        record(3, "+13155550103", "dnc", None, rule("Secret")),
    ];
    assert_eq!(journal.send(&records).await, [""; 0]);
    let changes: Vec<Change> = journal.changes().await.into_values().collect();
    assert_eq!(changes.iter().map(|change| change.are_images_lost).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(changes[0], change_of_record(&records[0]).unwrap());
    assert_eq!((&changes[1].before, &changes[1].after), (&None, &None));
}

#[tokio::test]
async fn an_empty_batch_is_a_success() {
    let journal = Journal::start().await;
    assert_eq!(journal.invoke(&json!({ "Records": [] })).await, Ok(json!({ "batchItemFailures": [] })));
}

// ---- Poison ----

fn broken(sequence: u64, pointer: &str, value: Value) -> Value {
    let mut record = record(sequence, "+13155550101", "dnc", rule("Secret"), rule("Secret 2"));
    *record.pointer_mut(pointer).unwrap() = value;
    record
}

/// Each of these records cannot be read.
#[tokio::test]
async fn a_record_that_cannot_be_read_is_reported_and_keeps_no_other_out() {
    let journal = Journal::start().await;
    let poison = [
        ("/eventName", json!("UPSERT")),
        ("/eventName", json!("REMOVE")),
        ("/dynamodb/Keys", json!({ "number": { "S": "+13155550101" } })),
        ("/dynamodb/Keys/number", json!({ "N": "13155550101" })),
        ("/dynamodb/NewImage", json!("Secret +13155550101")),
        ("/dynamodb/NewImage/reason", json!({ "VECTOR": "Secret +13155550101" })),
        ("/dynamodb/OldImage", Value::Null),
        ("/dynamodb/NewImage", Value::Null),
        ("/eventName", Value::Null),
        ("/dynamodb/ApproximateCreationDateTime", json!("today")),
    ];
    let mut expected = BTreeMap::new();
    for (nth, (pointer, value)) in (0..).zip(poison) {
        let first = 100 * nth;
        let good = [of_rules(first..first + 5), of_list(10 * first + 60..10 * first + 100)].concat();
        let bad = broken(10 * first + 55, pointer, value);
        let (left, right) = good.split_at(good.len() / 2);
        let batch = [left, &[bad], right].concat();
        for _ in 0..2 {
            assert_eq!(journal.send(&batch).await, [sequence_number(10 * first + 55)], "{pointer}");
        }
        expected.extend(by_sequence(&good));
        assert_eq!(journal.changes().await, expected, "{pointer}");
    }
    journal.assert_discreet();
    let is_warning = |line: &str| {
        line.contains(r#""level":"WARN""#)
            && line.contains("a change cannot be read")
            && line.contains(&sequence_number(55))
    };
    assert!(journal.function.wait_for_line(is_warning, PATIENCE).await.is_some());
}

#[tokio::test]
async fn a_record_without_a_sequence_number_fails_the_batch_after_the_others_are_written() {
    let journal = Journal::start().await;
    let mut batch = of_rules(0..3);
    let good = batch.clone();
    batch.insert(4, broken(1_000, "/dynamodb/SequenceNumber", Value::Null));
    let error = journal.invoke(&event(&batch)).await.unwrap_err();
    assert_eq!(error["errorType"], "EventRefused");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("records without a readable `SequenceNumber`: 1;"), "{message}");
    assert_eq!(journal.changes().await, by_sequence(&good));
    journal.assert_discreet();
}

#[tokio::test]
async fn an_event_that_is_not_of_the_stream_is_refused() {
    let journal = Journal::start().await;
    let no_stream = "the event is not of a DynamoDB stream; connect";
    let keys_only = broken(1, "/dynamodb/StreamViewType", json!("KEYS_ONLY"));
    for (event, expected) in [
        (json!({}), no_stream),
        (json!("text"), no_stream),
        (json!(null), no_stream),
        (json!([]), no_stream),
        (json!({ "Records": "text" }), no_stream),
        (json!({ "Records": [1] }), no_stream),
        (json!({ "Records": [{ "eventSource": "aws:sqs", "body": "Secret +13155550101" }] }), no_stream),
        (json!({ "queryStringParameters": { "code": "Secret", "to": "+13155550101" } }), no_stream),
        (event(&[keys_only]), "the stream does not have the old and the new images of items; switch it off"),
    ] {
        let error = journal.invoke(&event).await.unwrap_err();
        assert_eq!(error["errorType"], "EventRefused", "{event}");
        assert!(error["errorMessage"].as_str().unwrap().starts_with(expected), "{event}: {error}");
    }
    assert_eq!(journal.items().await, []);
    journal.assert_discreet();
}

// ---- The table fails ----

#[tokio::test]
async fn a_table_that_fails_is_reported_and_the_batch_is_written_later() {
    let dynamodb = DynamoDb::start().await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let journal = Journal::start_on(dynamodb, &store.url()).await;
    let records = [of_rules(0..20), of_list(1_000..1_100)].concat();
    let all: Vec<String> = by_sequence(&records).into_keys().collect();
    for mode in [
        Mode::Forbidden,
        Mode::MissingTable,
        Mode::ServerError,
        Mode::Throttle,
        Mode::Refuse,
        Mode::Reset,
        Mode::Garbage,
        Mode::HalfAnswer,
        Mode::Invalid,
    ] {
        store.set(mode.clone()).await;
        assert_eq!(journal.send(&records).await, all, "{mode:?}");
        assert_eq!(journal.items().await, [], "{mode:?}");
    }
    // The second request fails, so the changes of the first one are written.
    store.set(Mode::when(&sequence_number(81), Mode::Forbidden)).await;
    let failed = journal.send(&records).await;
    assert_eq!(failed.len(), all.len() - 25);
    assert_eq!(failed, all[25..]);
    assert_eq!(journal.changes().await.into_keys().collect::<Vec<_>>(), all[..25]);
    // The answer is lost, but not the change: it is reported, and written again.
    store.set(Mode::first(3, Mode::LoseAnswer)).await;
    journal.send(&records).await;
    store.set(Mode::Proxy).await;
    assert_eq!(journal.send(&records).await, [""; 0]);
    assert_eq!(journal.changes().await, by_sequence(&records));
    journal.assert_discreet();
}

#[tokio::test]
async fn an_item_that_the_table_does_not_accept_keeps_no_other_out() {
    let dynamodb = DynamoDb::start().await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let journal = Journal::start_on(dynamodb, &store.url()).await;
    let records = of_rules(0..20);
    let refused = sequence_number(81);
    store.set(Mode::when(&refused, Mode::Invalid)).await;
    assert_eq!(journal.send(&records).await, std::slice::from_ref(&refused));
    let mut expected = by_sequence(&records);
    expected.remove(&refused);
    assert_eq!(journal.changes().await, expected);
}

/// DynamoDB's answer that it did not write an item, as text that lives as long as the process.
fn unprocessed(table: &str, record: &Value) -> &'static str {
    let change = change_of_record(record).unwrap();
    let items = journal_items(&[change], SignedDuration::from_hours(24 * 1827)).unwrap();
    let item = typed_item(&items[0].item).unwrap();
    let rest = json!({ "UnprocessedItems": { table: [{ "PutRequest": { "Item": item } }] } });
    Box::leak(rest.to_string().into_boxed_str())
}

/// DynamoDB refuses a request that has an item twice, and the items would then be written one by one.
#[tokio::test]
async fn a_record_that_is_twice_in_a_batch_costs_no_more_requests() {
    let dynamodb = DynamoDb::start().await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let journal = Journal::start_on(dynamodb, &store.url()).await;
    let records = of_rules(0..4);
    let twice: Vec<Value> = records.iter().chain(&records).cloned().collect();
    let before = store.requests();
    assert_eq!(journal.send(&twice).await, [""; 0]);
    assert_eq!(store.requests() - before, 1);
    assert_eq!(journal.changes().await, by_sequence(&records));
}

#[tokio::test]
async fn unprocessed_items_are_written_again_while_there_is_time() {
    let dynamodb = DynamoDb::start().await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let journal = Journal::start_on(dynamodb, &store.url()).await;
    let records = of_rules(0..1);
    let rest = unprocessed(&journal.table, &records[2]);
    store.set(Mode::first(2, Mode::Says(rest))).await;
    let before = store.requests();
    assert_eq!(journal.send(&records[2..]).await, [""; 0]);
    assert_eq!(store.requests() - before, 3);
    assert_eq!(journal.changes().await, by_sequence(&records[2..]));
    // There is never room: the answer arrives before the time of the invocation is over.
    store.set(Mode::Says(rest)).await;
    assert_eq!(journal.send(&records).await, [0, 1, 2].map(sequence_number));
    assert!(store.requests() - before > 6);
}

#[tokio::test]
async fn a_table_that_does_not_answer_is_reported_before_the_invocation_ends() {
    let dynamodb = DynamoDb::start().await;
    let store = Faulty::start(Mode::Hang, Some(dynamodb.address())).await;
    let journal = Journal::start_on(dynamodb, &store.url()).await;
    let records = of_rules(0..20);
    let all: Vec<String> = by_sequence(&records).into_keys().collect();
    // The stub waits for ten seconds only, as it announces.
    assert_eq!(journal.send(&records).await, all);
}

// ---- The start ----

#[tokio::test]
async fn a_setting_that_cannot_be_used_stops_the_start() {
    for (variable, expected) in [
        (("PRECALL_JOURNAL_DAYS", "0"), "PRECALL_JOURNAL_DAYS: \"0\" is not a whole number of days from 1 to 36525"),
        (
            ("PRECALL_JOURNAL_TABEL", "x"),
            "PRECALL_JOURNAL_TABEL: not a setting of precall; did you mean PRECALL_JOURNAL_TABLE?",
        ),
    ] {
        let api = RuntimeApi::start().await;
        let function = Hook::spawn(BIN, &api, &[variable]);
        assert_eq!(function.wait_exit(PATIENCE).await.unwrap().code(), Some(1));
        let output = function.output();
        assert!(output.contains("the journal function cannot start") && output.contains(expected), "{output}");
    }
    let output = Command::new(BIN).env_clear().output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.starts_with("precall-journal: not started by Lambda;"), "{text}");
}

#[tokio::test]
async fn the_days_of_the_journal_are_a_setting() {
    let dynamodb = DynamoDb::start().await;
    let table = create_journal(&dynamodb).await;
    let api = RuntimeApi::start().await;
    let env = [
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url.as_str()),
        ("PRECALL_JOURNAL_TABLE", &table),
        ("PRECALL_JOURNAL_DAYS", "30"),
    ];
    let function = Hook::spawn(BIN, &api, &env);
    let journal = Journal { api, function, dynamodb, table };
    assert_eq!(journal.send(&of_rules(0..1)).await, [""; 0]);
    for item in journal.items().await {
        assert_eq!(item["expires_at"].as_n().unwrap(), &(AT + 30 * DAY).to_string());
    }
}
