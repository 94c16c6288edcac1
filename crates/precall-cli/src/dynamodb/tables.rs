//! Creates the tables: through the SDK, or in a database that does not listen yet.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeyType, TimeToLiveSpecification};
use dynoxide::Database;
use precall_hook::store::TableSchema;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Creates a table through the SDK. Returns false if it exists.
///
/// # Errors
/// When it cannot be created.
pub async fn create(schema: TableSchema, client: &Client, table: &str) -> Result<bool, Failure> {
    // Listed first, because an embedded DynamoDB logs each request that it refuses.
    let mut tables = client.list_tables().into_paginator().items().send();
    while let Some(name) = tables.next().await {
        if name.map_err(aws_sdk_dynamodb::Error::from)? == table {
            return Ok(false);
        }
    }
    match schema.create(client, table)?.send().await {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {
            return Ok(false);
        }
        Err(error) => return Err(aws_sdk_dynamodb::Error::from(error).into()),
    }
    let expiry = TimeToLiveSpecification::builder().attribute_name(schema.expiry()).enabled(true).build()?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(expiry)
        .send()
        .await
        .map_err(aws_sdk_dynamodb::Error::from)?;
    Ok(true)
}

/// Creates a table in a database that does not listen yet.
///
/// # Errors
/// When it cannot be created.
pub fn create_in(schema: TableSchema, database: &Database, table: &str) -> Result<(), Failure> {
    let attributes: Vec<_> =
        schema.key_attributes().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
    let mut request = json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(schema.keys()),
    });
    if let (Some(index), Some(request)) = (schema.index(), request.as_object_mut()) {
        let index = json!({
            "IndexName": index.name,
            "KeySchema": key_schema(index.keys()),
            "Projection": { "ProjectionType": "ALL" },
        });
        request.insert("GlobalSecondaryIndexes".to_owned(), json!([index]));
    }
    if let (true, Some(request)) = (schema.has_stream(), request.as_object_mut()) {
        request.insert("StreamSpecification".to_owned(), stream_specification());
    }
    database.create_table(serde_json::from_value(request)?)?;
    database.update_time_to_live(serde_json::from_value(json!({
        "TableName": table,
        "TimeToLiveSpecification": { "AttributeName": schema.expiry(), "Enabled": true },
    }))?)?;
    Ok(())
}

fn key_schema(keys: impl Iterator<Item = (&'static str, KeyType)>) -> Vec<Value> {
    keys.map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind.as_str() })).collect()
}

/// Returns the specification of a stream with the new and the old images of the items.
pub fn stream_specification() -> Value {
    json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" })
}
