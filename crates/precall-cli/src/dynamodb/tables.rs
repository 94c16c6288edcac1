//! The two tables: their keys, and how they are created.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use dynoxide::Database;
use serde_json::json;

use crate::failure::Failure;

/// The schema of a table. All keys are texts.
#[derive(Debug, Clone, Copy)]
pub struct TableSchema {
    /// The partition key, and the sort key if there is one.
    keys: &'static [&'static str],
    /// The attribute by which DynamoDB deletes expired items.
    expiry: &'static str,
}

/// The rules table.
pub const RULES: TableSchema = TableSchema { keys: &["number", "rule"], expiry: "expires_at" };

/// The attempts table.
pub const ATTEMPTS: TableSchema = TableSchema { keys: &["counter"], expiry: "expires_at" };

impl TableSchema {
    /// Returns the attribute by which DynamoDB deletes expired items.
    pub fn expiry(self) -> &'static str {
        self.expiry
    }

    /// Returns the keys with their types: the partition key first.
    pub fn keys(self) -> impl Iterator<Item = (&'static str, KeyType)> {
        self.keys.iter().copied().zip([KeyType::Hash, KeyType::Range])
    }

    /// Creates a table through the SDK. Returns false if it exists.
    ///
    /// # Errors
    /// When it cannot be created.
    pub async fn create(self, client: &Client, table: &str) -> Result<bool, Failure> {
        // Listed first, because an embedded DynamoDB logs each request that it refuses.
        let mut tables = client.list_tables().into_paginator().items().send();
        while let Some(name) = tables.next().await {
            if name.map_err(aws_sdk_dynamodb::Error::from)? == table {
                return Ok(false);
            }
        }
        let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in self.keys() {
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
        let expiry = TimeToLiveSpecification::builder().attribute_name(self.expiry).enabled(true).build()?;
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
    pub fn create_in(self, database: &Database, table: &str) -> Result<(), Failure> {
        let attributes: Vec<_> =
            self.keys().map(|(name, _)| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
        let keys: Vec<_> =
            self.keys().map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind.as_str() })).collect();
        database.create_table(serde_json::from_value(json!({
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": keys,
        }))?)?;
        database.update_time_to_live(serde_json::from_value(json!({
            "TableName": table,
            "TimeToLiveSpecification": { "AttributeName": self.expiry, "Enabled": true },
        }))?)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS, RULES};

    /// The tests' tables are those of `template.yaml`, by a test of the hook.
    #[test]
    fn the_tables_are_those_of_the_tests() {
        use precall_test::tables;
        assert!(RULES.keys().eq(tables::RULES.keys()));
        assert!(ATTEMPTS.keys().eq(tables::ATTEMPTS.keys()));
        assert_eq!((RULES.expiry(), ATTEMPTS.expiry()), (tables::RULES.expiry(), tables::ATTEMPTS.expiry()));
    }
}
