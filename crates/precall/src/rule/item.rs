//! An item in the form of a store, before parsing.

use std::collections::BTreeMap;

/// An item: attribute names and values.
///
/// ```
/// use precall::rule::Item;
///
/// let item: Item = serde_json::from_str(r#"{ "number": "*", "rule": "no-900" }"#)?;
/// assert_eq!(item.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub type Item = BTreeMap<String, Value>;

/// The value of an attribute, in the types of DynamoDB that a rule can use.
///
/// ```
/// use precall::rule::Value;
///
/// assert_eq!(Value::from(serde_json::json!("REJECT")), Value::Text("REJECT".to_owned()));
/// ```
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
    /// `B`, `BS` or `M`, which no attribute of a rule accepts
    Other(&'static str),
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self::from)
    }
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
