//! The schema of the tables.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};

/// The schema of a table. All keys are texts. The function creates no table: `template.yaml` has the same schema, and a test
/// compares them.
///
/// ```
/// use precall_hook::store::TableSchema;
///
/// let keys: Vec<&str> = TableSchema::RULES.keys().map(|(name, _)| name).collect();
/// assert_eq!(keys, ["number", "rule"]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TableSchema {
    keys: &'static [&'static str],
    expiry: &'static str,
}

impl TableSchema {
    /// The schema of the rules table.
    pub const RULES: Self = Self { keys: &["number", "rule"], expiry: "expires_at" };
    /// The schema of the attempts table.
    pub const ATTEMPTS: Self = Self { keys: &["counter"], expiry: "expires_at" };

    /// Returns the keys with their types: the partition key, and the sort key if there is one.
    pub fn keys(self) -> impl Iterator<Item = (&'static str, KeyType)> {
        self.keys.iter().copied().zip([KeyType::Hash, KeyType::Range])
    }

    /// Returns the attribute by which DynamoDB deletes expired items.
    pub fn expiry(self) -> &'static str {
        self.expiry
    }

    /// Returns the request that creates a table.
    ///
    /// # Errors
    /// When the SDK refuses a part of the request.
    pub fn create(self, client: &Client, table: &str) -> Result<CreateTableFluentBuilder, BuildError> {
        let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in self.keys() {
            let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            create = create
                .key_schema(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?)
                .attribute_definitions(text.build()?);
        }
        Ok(create)
    }
}
