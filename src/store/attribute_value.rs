//! Converts attribute values of `DynamoDB` to those of the engine.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::{Item, Value};

/// Returns an item of the rules table in the engine's types.
pub fn item<S>(attributes: HashMap<String, AttributeValue, S>) -> Item {
    attributes.into_iter().map(|(name, attribute)| (name, value(attribute))).collect()
}

fn value(attribute: AttributeValue) -> Value {
    match attribute {
        AttributeValue::S(text) => Value::Text(text),
        AttributeValue::N(number) => Value::Number(number),
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Ss(texts) => Value::List(texts.into_iter().map(Value::Text).collect()),
        AttributeValue::Ns(numbers) => Value::List(numbers.into_iter().map(Value::Number).collect()),
        AttributeValue::L(attributes) => Value::List(attributes.into_iter().map(value).collect()),
        AttributeValue::M(_) => Value::Other("a map"),
        AttributeValue::B(_) | AttributeValue::Bs(_) => Value::Other("binary data"),
        _ => Value::Other("something of an unknown type"),
    }
}
