//! The schema of the tables.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};

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
    index: Option<TableIndex>,
    has_stream: bool,
}

/// A global secondary index with all attributes. All keys are texts.
#[derive(Debug, Clone, Copy)]
pub struct TableIndex {
    /// Its name.
    pub name: &'static str,
    keys: &'static [&'static str],
}

impl TableIndex {
    /// Returns the keys with their types: the partition key, and the sort key if there is one.
    pub fn keys(self) -> impl Iterator<Item = (&'static str, KeyType)> {
        self.keys.iter().copied().zip([KeyType::Hash, KeyType::Range])
    }

    fn build(self) -> Result<GlobalSecondaryIndex, BuildError> {
        let projection = Projection::builder().projection_type(ProjectionType::All).build();
        GlobalSecondaryIndex::builder()
            .index_name(self.name)
            .set_key_schema(Some(key_schema(self.keys())?))
            .projection(projection)
            .build()
    }
}

impl TableSchema {
    /// The schema of the rules table.
    pub const RULES: Self = Self { keys: &["number", "rule"], expiry: "expires_at", index: None, has_stream: true };
    /// The schema of the attempts table.
    pub const ATTEMPTS: Self = Self { keys: &["counter"], expiry: "expires_at", index: None, has_stream: false };
    /// The schema of the journal table.
    pub const JOURNAL: Self = Self {
        keys: &["number", "entry"],
        expiry: "expires_at",
        index: Some(TableIndex { name: "by-month", keys: &["month", "entry"] }),
        has_stream: false,
    };

    /// Returns the keys with their types: the partition key, and the sort key if there is one.
    pub fn keys(self) -> impl Iterator<Item = (&'static str, KeyType)> {
        self.keys.iter().copied().zip([KeyType::Hash, KeyType::Range])
    }

    /// Returns the attribute by which DynamoDB deletes expired items.
    pub fn expiry(self) -> &'static str {
        self.expiry
    }

    /// Returns the global secondary index, if there is one.
    pub fn index(self) -> Option<TableIndex> {
        self.index
    }

    /// Returns true if the table has a stream with the new and the old images of its items.
    pub fn has_stream(self) -> bool {
        self.has_stream
    }

    /// Returns the names of all attributes that are keys of the table or of its index.
    pub fn key_attributes(self) -> impl Iterator<Item = &'static str> {
        let of_index = self.index.map_or::<&[&str], _>(&[], |index| index.keys);
        let own = self.keys;
        own.iter().copied().chain(of_index.iter().copied().filter(move |name| !own.contains(name)))
    }

    /// Returns the request that creates a table.
    ///
    /// # Errors
    /// When the SDK refuses a part of the request.
    pub fn create(self, client: &Client, table: &str) -> Result<CreateTableFluentBuilder, BuildError> {
        let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        create = create.set_key_schema(Some(key_schema(self.keys())?));
        for name in self.key_attributes() {
            let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            create = create.attribute_definitions(text.build()?);
        }
        if let Some(index) = self.index {
            create = create.global_secondary_indexes(index.build()?);
        }
        if self.has_stream {
            create = create.stream_specification(
                StreamSpecification::builder()
                    .stream_enabled(true)
                    .stream_view_type(StreamViewType::NewAndOldImages)
                    .build()?,
            );
        }
        Ok(create)
    }
}

fn key_schema(keys: impl Iterator<Item = (&'static str, KeyType)>) -> Result<Vec<KeySchemaElement>, BuildError> {
    keys.map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build()).collect()
}
