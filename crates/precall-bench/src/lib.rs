//! Functions that the benchmarks share: a DynamoDB, a client with the hook's configuration, and quantiles.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a measurement that cannot continue should stop")]

use std::collections::HashMap;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use precall_hook::settings::Settings;
use precall_hook::store::{ClientLimits, client_of_loader};

/// Starts an embedded DynamoDB in this process, on loopback. Returns its URL.
pub async fn embedded() -> String {
    let database = dynoxide::Database::memory().unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    format!("http://{address}")
}

/// Returns a client with the hook's configuration, but with longer timeouts.
pub async fn client(url: &str) -> Client {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"));
    let long_timeouts = |name: &str| match name {
        "PRECALL_AUTH" => Some("none".to_owned()),
        "PRECALL_ATTEMPT_TIMEOUT_MS" | "PRECALL_OPERATION_TIMEOUT_MS" | "PRECALL_DEADLINE_MS" => {
            Some("9000".to_owned())
        }
        _ => None,
    };
    let settings = Settings::read(long_timeouts).unwrap();
    client_of_loader(loader, ClientLimits::from(&settings)).await.unwrap()
}

/// Returns an item's key.
pub fn key(number: &str, rule: &str) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([("number".to_owned(), text(number)), ("rule".to_owned(), text(rule))])
}

/// Returns an item of a rule of ordinary size.
pub fn rule(number: &str, rule: &str) -> HashMap<String, AttributeValue> {
    let mut item = key(number, rule);
    item.insert("status".to_owned(), AttributeValue::S("REJECT".to_owned()));
    item.insert("reason".to_owned(), AttributeValue::S("National Do Not Call Registry".to_owned()));
    item.insert("priority".to_owned(), AttributeValue::N("100".to_owned()));
    item
}

/// Returns the time that this percentage of the times does not exceed, or 0 if there are no times.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get(times.len() * percent / 100).or(times.last()).copied().unwrap_or_default()
}

/// Returns a time in milliseconds for a cell of a table.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
