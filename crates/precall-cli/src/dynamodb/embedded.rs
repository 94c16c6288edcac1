//! DynamoDB inside this process: the same SDK code runs on it, and `aws dynamodb --endpoint-url` too.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use dynoxide::Database;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use precall_hook::settings::Settings;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::failure::Failure;
use crate::http::is_of_this_machine;

/// A DynamoDB on a SQLite file, listening on loopback.
pub struct Embedded {
    database: Database,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens or creates the database, and listens. Whether it was created, with these tables.
    ///
    /// # Errors
    /// When the file cannot be used, the address is not on loopback, or is taken.
    pub async fn start(file: &Path, listen: SocketAddr, settings: &Settings) -> Result<(Self, bool), Failure> {
        if !listen.ip().is_loopback() {
            return Err(format!(
                "the embedded DynamoDB has no access control and listens on loopback only, not on {listen}"
            )
            .into());
        }
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let said = |error: Failure| -> Failure { format!("{}: {error}", file.display()).into() };
        let created = create(file, settings).map_err(said)?;
        let path = file.to_str().ok_or("the database's path is not UTF-8")?;
        let database = Database::new(path).map_err(|error| said(error.into()))?;
        Ok((Self::serve(database, listen).await?, created))
    }

    /// A database that is gone with this process.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn in_memory() -> Result<Self, Failure> {
        Self::serve(Database::memory()?, (Ipv4Addr::LOCALHOST, 0).into()).await
    }

    async fn serve(database: Database, listen: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            format!("the embedded DynamoDB cannot listen on {listen}: {error}; choose another with --dynamodb-listen")
        })?;
        let address = listener.local_addr()?;
        let behind = hidden_listener().await?;
        let guard =
            Guard { store: behind.local_addr()?, client: HttpClient::builder(TokioExecutor::new()).build_http() };
        let (stop, stopped) = oneshot::channel::<()>();
        let own = database.clone();
        let server = tokio::spawn(async move {
            let store = tokio::spawn(dynoxide::server::serve_with_shutdown(behind, database, async {
                // A dropped sender means that the process ends; that is a stop as well.
                let _ = stopped.await;
            }));
            let door = tokio::spawn(async move {
                axum::serve(listener, axum::Router::new().fallback(pass).with_state(guard)).await
            });
            let outcome = store.await.map_err(|error| error.to_string()).and_then(|outcome| outcome);
            door.abort();
            outcome
        });
        Ok(Self { database: own, address, stop, server })
    }

    /// Where it listens, as `--endpoint-url` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether it has a table.
    pub fn has_table(&self, name: &str) -> bool {
        let request = serde_json::from_value(json!({ "TableName": name }));
        request.is_ok_and(|request| self.database.describe_table(request).is_ok())
    }

    /// The database itself, for what takes too long by requests.
    pub fn database(&self) -> Database {
        self.database.clone()
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

/// Makes a database with its tables, if there is none. It gets its name only when it is whole: whoever is killed in
/// between leaves no half of a table, which nobody could use.
fn create(file: &Path, settings: &Settings) -> Result<bool, Failure> {
    if file.exists() {
        return Ok(false);
    }
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(format!(".{}.new", std::process::id()));
    let path = unfinished.to_str().ok_or("the database's path is not UTF-8")?;
    let database = Database::new(path)?;
    for (table, keys) in [
        (&settings.rules_table, &[("number", "HASH"), ("rule", "RANGE")][..]),
        (&settings.attempts_table, &[("counter", "HASH")]),
    ] {
        let attributes: Vec<_> =
            keys.iter().map(|(name, _)| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
        let keys: Vec<_> = keys.iter().map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind })).collect();
        database.create_table(serde_json::from_value(json!({
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": keys,
        }))?)?;
        database.update_time_to_live(serde_json::from_value(json!({
            "TableName": table,
            "TimeToLiveSpecification": { "AttributeName": "expires_at", "Enabled": true },
        }))?)?;
    }
    // Closed, so that all is in the one file.
    drop(database);
    let named = std::fs::hard_link(&unfinished, file);
    std::fs::remove_file(&unfinished)?;
    match named {
        Ok(()) => Ok(true),
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Who stands before the embedded DynamoDB, which asks nobody who they are and allows every web page.
#[derive(Debug, Clone)]
struct Guard {
    store: SocketAddr,
    client: HttpClient<HttpConnector, Body>,
}

/// Where the DynamoDB itself listens: nowhere that a web page would find it, where the system has all of
/// 127.0.0.0/8.
async fn hidden_listener() -> Result<TcpListener, Failure> {
    let mut bytes = [0; 3];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers from the operating system: {error}"))?;
    let [a, b, c] = bytes;
    match TcpListener::bind((Ipv4Addr::new(127, a, b, c), 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?),
    }
}

/// Lets programs through and web pages not: a page that the operator happens to visit must not write rules.
async fn pass(State(guard): State<Guard>, mut request: Request) -> Response {
    if !is_of_this_machine(request.headers()) {
        let said = "the embedded DynamoDB answers programs on this machine, not web pages";
        return refused(StatusCode::FORBIDDEN, said);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match format!("http://{}{path}", guard.store).parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return refused(StatusCode::BAD_REQUEST, "not a path"),
    }
    match guard.client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(_) => refused(StatusCode::BAD_GATEWAY, "the embedded DynamoDB has stopped"),
    }
}

fn refused(status: StatusCode, said: &str) -> Response {
    let mut response = Response::new(Body::from(json!({ "message": said }).to_string()));
    *response.status_mut() = status;
    response
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
    // Asked first: an embedded DynamoDB logs what it refuses.
    let mut tables = client.list_tables().into_paginator().items().send();
    while let Some(name) = tables.next().await {
        if name.map_err(aws_sdk_dynamodb::Error::from)? == table {
            return Ok(false);
        }
    }
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
