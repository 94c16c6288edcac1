//! An item as a store gives it, before anything is known of its meaning.

use std::collections::BTreeMap;

/// An item: attribute names and values.
pub type Item = BTreeMap<String, Value>;

/// An attribute value, in the shapes that DynamoDB has and a rule can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `S`
    Text(String),
    /// `N`, as DynamoDB writes it: decimal text
    Number(String),
    /// `BOOL`
    Bool(bool),
    /// `NULL`
    Null,
    /// `SS`, `NS` or `L`
    List(Vec<Value>),
    /// `B`, `BS` or `M`, which no attribute of a rule takes
    Other(&'static str),
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(flag),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(values) => Self::List(values.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(_) => Self::Other("a map"),
        }
    }
}
