//! The ways to read the rules of a call in one sequential round trip, with the real SDK: on the
//! embedded DynamoDB, or on the one that `PRECALL_BENCH_DYNAMODB` names.
//!
//! Loopback has no distance, so what is compared is work: requests, bytes, capacity. The network's
//! time comes on top, once for each way, as all of them are one round trip.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes, PutRequest,
    ReturnConsumedCapacity, ScalarAttributeType, WriteRequest,
};
use precall::settings::Settings;
use precall::store::Store;

const TABLE: &str = "precall-bench-lookup";
const NUMBERS: usize = 2_000;
const RULES: [&str; 3] = ["dnc-national", "dnc-internal", "vip"];
const CALLS: usize = 1_000;

#[derive(Debug, Clone, Copy)]
enum Way {
    /// The caller's rules are at hand: one query.
    QueryCallee,
    /// Two queries side by side.
    QueryBoth,
    /// One `PartiQL` statement over both partitions.
    PartiQl,
    /// Whole keys, so the names of the rules must be known beforehand.
    BatchGet,
}

#[tokio::main]
async fn main() {
    let url = match std::env::var("PRECALL_BENCH_DYNAMODB") {
        Ok(url) => url,
        Err(_) => embedded().await,
    };
    let client = client(&url).await;
    fill(&client).await;
    println!("| way, {CALLS} calls | requests | p50 | p99 | read units |");
    println!("|---|---|---|---|---|");
    for way in [Way::QueryCallee, Way::QueryBoth, Way::PartiQl, Way::BatchGet] {
        for n in 0..50 {
            way.read(&client, n).await;
        }
        let mut times = Vec::with_capacity(CALLS);
        let mut units = 0.0;
        for n in 0..CALLS {
            let began = Instant::now();
            let (items, capacity) = way.read(&client, n).await;
            times.push(began.elapsed());
            units = capacity;
            let numbers = if matches!(way, Way::QueryCallee) { 1 } else { 2 };
            assert_eq!(items, numbers * RULES.len(), "{way:?}");
        }
        times.sort();
        let at = |index: usize| times.get(index).copied().unwrap_or_default();
        let (name, requests) = match way {
            Way::QueryCallee => ("query of the callee, caller cached", 1),
            Way::QueryBoth => ("two queries side by side", 2),
            Way::PartiQl => ("PartiQL `IN` over both", 1),
            Way::BatchGet => ("batch get of known names", 1),
        };
        println!("| {name} | {requests} | {} | {} | {units} |", ms(at(CALLS / 2)), ms(at(CALLS * 99 / 100)));
    }
    client.delete_table().table_name(TABLE).send().await.unwrap();
}

impl Way {
    /// Items found, and read units consumed.
    async fn read(self, client: &Client, n: usize) -> (usize, f64) {
        let (callee, caller) = (number(n), number(n + 1));
        match self {
            Self::QueryCallee => query(client, callee).await,
            Self::QueryBoth => {
                let ((a, units_a), (b, units_b)) = tokio::join!(query(client, callee), query(client, caller));
                (a + b, units_a + units_b)
            }
            Self::PartiQl => {
                let answer = client
                    .execute_statement()
                    .statement(format!(r#"SELECT * FROM "{TABLE}" WHERE "number" IN [?, ?]"#))
                    .parameters(AttributeValue::S(callee))
                    .parameters(AttributeValue::S(caller))
                    .consistent_read(true)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .unwrap();
                let units = answer.consumed_capacity().and_then(|capacity| capacity.capacity_units());
                (answer.items().len(), units.unwrap_or_default())
            }
            Self::BatchGet => {
                let keys =
                    [callee, caller].into_iter().flat_map(|number| RULES.map(|rule| key(&number, rule))).collect();
                let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
                let answer = client
                    .batch_get_item()
                    .request_items(TABLE, keys)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .unwrap();
                let units = answer.consumed_capacity().iter().filter_map(|capacity| capacity.capacity_units()).sum();
                (answer.responses().and_then(|tables| tables.get(TABLE)).map_or(0, Vec::len), units)
            }
        }
    }
}

async fn query(client: &Client, number: String) -> (usize, f64) {
    let answer = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("#number = :number")
        .expression_attribute_names("#number", "number")
        .expression_attribute_values(":number", AttributeValue::S(number))
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    let units = answer.consumed_capacity().and_then(|capacity| capacity.capacity_units());
    (answer.items().len(), units.unwrap_or_default())
}

fn number(n: usize) -> String {
    format!("+1315{:07}", n % NUMBERS)
}

fn key(number: &str, rule: &str) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([("number".to_owned(), text(number)), ("rule".to_owned(), text(rule))])
}

async fn client(url: &str) -> Client {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"));
    let patient = |name: &str| match name {
        "PRECALL_AUTH" => Some("none".to_owned()),
        "PRECALL_ATTEMPT_TIMEOUT_MS" | "PRECALL_OPERATION_TIMEOUT_MS" | "PRECALL_DEADLINE_MS" => {
            Some("9000".to_owned())
        }
        _ => None,
    };
    let settings = Settings::read(patient).unwrap();
    Store::from_loader(loader, TABLE, &settings.store_limits()).await.unwrap().client().clone()
}

async fn fill(client: &Client) {
    let schema = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let text = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    client
        .create_table()
        .table_name(TABLE)
        .key_schema(schema("number", KeyType::Hash))
        .key_schema(schema("rule", KeyType::Range))
        .attribute_definitions(text("number"))
        .attribute_definitions(text("rule"))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    let items: Vec<_> = (0..NUMBERS).flat_map(|n| RULES.map(|rule| (number(n), rule))).collect();
    for batch in items.chunks(25) {
        let writes = batch.iter().map(|(number, rule)| {
            let mut item = key(number, rule);
            item.insert("status".to_owned(), AttributeValue::S("REJECT".to_owned()));
            item.insert("reason".to_owned(), AttributeValue::S("National Do Not Call Registry".to_owned()));
            item.insert("priority".to_owned(), AttributeValue::N("100".to_owned()));
            WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
        });
        client.batch_write_item().request_items(TABLE, writes.collect()).send().await.unwrap();
    }
}

/// An embedded DynamoDB in this process.
async fn embedded() -> String {
    let database = dynoxide::Database::memory().unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    format!("http://{address}")
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
