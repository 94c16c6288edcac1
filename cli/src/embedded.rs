//! DynamoDB inside this process: the same SDK code runs on it, and `aws dynamodb --endpoint-url` too.

use std::net::SocketAddr;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Failure;

/// A DynamoDB on a SQLite file, listening on loopback.
#[derive(Debug)]
pub struct Embedded {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl Embedded {
    /// Opens or creates the database, and listens.
    ///
    /// # Errors
    /// When the file cannot be used, the address is not on loopback, or is taken.
    pub async fn start(file: &Path, listen: SocketAddr) -> Result<Self, Failure> {
        if !listen.ip().is_loopback() {
            return Err(format!(
                "the embedded DynamoDB has no access control and listens on loopback only, not on {listen}"
            )
            .into());
        }
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let path = file.to_str().ok_or("the database's path is not UTF-8")?;
        let database = Database::new(path).map_err(|error| format!("{}: {error}", file.display()))?;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            format!("the embedded DynamoDB cannot listen on {listen}: {error}; choose another with --dynamodb-listen")
        })?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            // A dropped sender means that the process ends; that is a stop as well.
            let _ = stopped.await;
        }));
        Ok(Self { address, stop, server })
    }

    /// Where it listens, as `--endpoint-url` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets running requests finish and closes the database.
    ///
    /// # Errors
    /// When the server had failed.
    pub async fn stop(self) -> Result<(), Failure> {
        // The receiver is gone only if the server ended by itself; its own error follows.
        let _ = self.stop.send(());
        Ok(self.server.await??)
    }
}

/// Creates the rules table with its TTL. `false`: it was there.
///
/// # Errors
/// When the store refuses.
pub async fn create_rules_table(client: &Client, table: &str) -> Result<bool, Failure> {
    create_table(client, table, "number", Some("rule")).await
}

/// Creates the attempts table with its TTL. `false`: it was there.
///
/// # Errors
/// When the store refuses.
pub async fn create_attempts_table(client: &Client, table: &str) -> Result<bool, Failure> {
    create_table(client, table, "counter", None).await
}

async fn create_table(client: &Client, table: &str, hash: &str, range: Option<&str>) -> Result<bool, Failure> {
    let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [(Some(hash), KeyType::Hash), (range, KeyType::Range)] {
        let Some(name) = name else { continue };
        let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        create = create
            .key_schema(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?)
            .attribute_definitions(text.build()?);
    }
    match create.send().await {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {
            return Ok(false);
        }
        Err(error) => return Err(aws_sdk_dynamodb::Error::from(error).into()),
    }
    let ttl = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build()?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map_err(aws_sdk_dynamodb::Error::from)?;
    Ok(true)
}

/// Writes items given as a JSON array of plain objects.
///
/// # Errors
/// When the text is not such an array, or the store refuses an item.
pub async fn put_items(client: &Client, table: &str, json: &str) -> Result<usize, Failure> {
    let items: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(json)?;
    for item in &items {
        put_item(client, table, item).await?;
    }
    Ok(items.len())
}

/// Writes an item given as a plain JSON object.
///
/// # Errors
/// When an attribute has no form in a rule, or the store refuses the item.
pub async fn put_item(
    client: &Client,
    table: &str,
    item: &serde_json::Map<String, serde_json::Value>,
) -> Result<(), Failure> {
    let attributes =
        item.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect::<Result<_, Failure>>()?;
    let put = client.put_item().table_name(table).set_item(Some(attributes));
    put.send().await.map_err(aws_sdk_dynamodb::Error::from)?;
    Ok(())
}

fn attribute(value: &serde_json::Value) -> Result<AttributeValue, Failure> {
    use serde_json::Value;
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(attribute).collect::<Result<_, _>>()?),
        Value::Object(_) => return Err("an attribute of a rule is never an object".into()),
    })
}
