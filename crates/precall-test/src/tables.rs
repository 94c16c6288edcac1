//! The two tables, as tests and benchmarks create them. A test of the hook compares them with `template.yaml`, and one of the
//! command line compares them with its own.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};

/// The schema of a table. All keys are texts.
#[derive(Debug, Clone, Copy)]
pub struct TestTableSchema {
    /// The partition key, and the sort key if there is one.
    keys: &'static [&'static str],
    /// The attribute by which DynamoDB deletes expired items.
    expiry: &'static str,
}

/// The rules table.
pub const RULES: TestTableSchema = TestTableSchema { keys: &["number", "rule"], expiry: "expires_at" };

/// The attempts table.
pub const ATTEMPTS: TestTableSchema = TestTableSchema { keys: &["counter"], expiry: "expires_at" };

impl TestTableSchema {
    /// Returns the keys with their types: the partition key first.
    pub fn keys(self) -> impl Iterator<Item = (&'static str, KeyType)> {
        self.keys.iter().copied().zip([KeyType::Hash, KeyType::Range])
    }

    /// Returns the attribute by which DynamoDB deletes expired items.
    pub fn expiry(self) -> &'static str {
        self.expiry
    }

    /// Creates an empty table. Expired items stay in it, so that no test depends on when DynamoDB deletes them.
    pub async fn create(self, client: &Client, table: &str) {
        let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in self.keys() {
            let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            create = create
                .key_schema(KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap())
                .attribute_definitions(text.build().unwrap());
        }
        create.send().await.unwrap();
    }
}
