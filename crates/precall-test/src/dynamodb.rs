//! A DynamoDB without faults: embedded in the test's process, or the one that `PRECALL_TEST_DYNAMODB` names, such as Amazon's
//! DynamoDB Local. Each test has tables of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_sdk_dynamodb::types::AttributeValue;
use precall_hook::settings::Settings;
use precall_hook::store::{ClientLimits, RulesTable, TableSchema, client_of_loader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The rules for the sample events.
pub const EXAMPLE_RULES: &str = include_str!("../../../rules/example.json");

/// Settings with long timeouts: DynamoDB Local is slow when it starts, and so is a machine with many tests.
pub const PATIENT: [(&str, &str); 3] =
    [("PRECALL_ATTEMPT_TIMEOUT_MS", "9000"), ("PRECALL_OPERATION_TIMEOUT_MS", "9000"), ("PRECALL_DEADLINE_MS", "9000")];

/// A DynamoDB with a rules table and an attempts table.
pub struct DynamoDb {
    /// The endpoint.
    pub url: String,
    /// A client with the hook's configuration and long timeouts.
    pub client: Client,
    /// The rules table.
    pub table: String,
    /// The attempts table.
    pub attempts: String,
    server: JoinSet<()>,
}

impl DynamoDb {
    /// Starts with empty tables.
    pub async fn start() -> Self {
        let mut server = JoinSet::new();
        let url = match std::env::var("PRECALL_TEST_DYNAMODB") {
            Ok(url) => url,
            Err(_) => embedded(&mut server, dynoxide::Database::memory().unwrap()).await,
        };
        Self::at(url, server).await
    }

    /// Starts with empty tables in an embedded database.
    pub async fn on(database: dynoxide::Database) -> Self {
        let mut server = JoinSet::new();
        let url = embedded(&mut server, database).await;
        Self::at(url, server).await
    }

    /// Serves another connection to the embedded database, and uses its endpoint from now on.
    pub async fn serve_too(&mut self, database: dynoxide::Database) {
        self.url = embedded(&mut self.server, database).await;
    }

    async fn at(url: String, server: JoinSet<()>) -> Self {
        static TABLES: AtomicU32 = AtomicU32::new(0);
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let table = format!("rules-{}-{number}", std::process::id());
        let attempts = format!("attempts-{}-{number}", std::process::id());
        let client = rules_table(&url, &table, &settings(&PATIENT)).await.client().clone();
        create_table(TableSchema::RULES, &client, &table).await;
        create_table(TableSchema::ATTEMPTS, &client, &attempts).await;
        Self { url, client, table, attempts, server }
    }

    /// Starts with the example rules in the rules table.
    pub async fn with_example_rules() -> Self {
        let dynamodb = Self::start().await;
        let items: Vec<serde_json::Value> = serde_json::from_str(EXAMPLE_RULES).unwrap();
        for item in items {
            dynamodb.put(&item).await;
        }
        dynamodb
    }

    /// Writes an item given as a plain object.
    pub async fn put(&self, item: &serde_json::Value) {
        let attributes =
            item.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
        self.client.put_item().table_name(&self.table).set_item(Some(attributes)).send().await.unwrap();
    }

    /// Deletes a rule.
    pub async fn delete(&self, number: &str, rule: &str) {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let delete = self.client.delete_item().table_name(&self.table);
        delete.key("number", key(number)).key("rule", key(rule)).send().await.unwrap();
    }

    /// Returns the endpoint's address.
    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
    }
}

/// Creates an empty table. Expired items stay in it, so that no test depends on when DynamoDB deletes them.
pub async fn create_table(schema: TableSchema, client: &Client, table: &str) {
    schema.create(client, table).unwrap().send().await.unwrap();
}

/// Returns the rules table with a client as the product makes it with these settings. All clients of a process share the
/// tokens for retries, so a test that uses up the tokens would change the retries of the others: this client has its own.
pub async fn rules_table(url: &str, table: &str, settings: &Settings) -> RulesTable {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"));
    let client = client_of_loader(loader, ClientLimits::from(settings)).await.unwrap();
    let partition = RetryPartition::new(format!("{url} {table}"));
    RulesTable::new(Client::from_conf(client.config().to_builder().retry_partition(partition).build()), table)
}

/// Returns settings from variables. No API key is needed.
pub fn settings(variables: &[(&str, &str)]) -> Settings {
    Settings::read(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned()).or_else(|| (name == "PRECALL_AUTH").then(|| "none".to_owned()))
    })
    .unwrap()
}

async fn embedded(server: &mut JoinSet<()>, database: dynoxide::Database) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    server.spawn(dynoxide::server::serve_on(listener, database));
    format!("http://{address}")
}

fn attribute(value: &serde_json::Value) -> AttributeValue {
    use serde_json::Value;
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => {
            AttributeValue::Ss(values.iter().map(|value| value.as_str().unwrap().to_owned()).collect())
        }
        Value::Object(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
    }
}
