//! The values of attributes in their four forms: plain JSON, DynamoDB's JSON, the SDK's values, and those of the embedded
//! DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::AttributeValue as EmbeddedValue;
use precall::rule::canonical_number;
pub use precall_hook::store::Attributes;
use precall_hook::store::{is_typed, item_of_typed, typed_item};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// An item of the embedded DynamoDB.
pub type EmbeddedItem = HashMap<String, EmbeddedValue>;

/// The fault of a value that is of none of these types.
const NOT_A_VALUE: &str = "not a value of DynamoDB";

/// Reads an item from plain JSON or DynamoDB's.
///
/// # Errors
/// When it is not an object, or the value of an attribute does not fit its type.
pub fn of_json(item: Value) -> Result<Attributes, Failure> {
    let Value::Object(item) = item else {
        return Err("not a JSON object; write {\"number\": …, \"rule\": …}".into());
    };
    if is_typed(&item) {
        return Ok(item_of_typed(&item)?);
    }
    item.into_iter()
        .map(|(name, value)| {
            let value = of_plain(&value).map_err(|error| format!("`{name}`: {error}"))?;
            Ok((name, value))
        })
        .collect()
}

fn of_plain(value: &Value) -> Result<AttributeValue, Failure> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(of_plain).collect::<Result<_, _>>()?),
        Value::Object(values) => {
            let read = values.iter().map(|(name, value)| Ok((name.clone(), of_plain(value)?)));
            AttributeValue::M(read.collect::<Result<_, Failure>>()?)
        }
    })
}

/// Returns true for binary data, which has no plain form, and for a map or a list with it.
pub fn is_binary(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::B(_) | AttributeValue::Bs(_) => true,
        AttributeValue::M(values) => values.values().any(is_binary),
        AttributeValue::L(values) => values.iter().any(is_binary),
        _ => false,
    }
}

/// Returns true if an item read from its plain JSON is the same: it has no binary data, and no number that JSON would round.
pub fn has_plain_form(item: &Attributes) -> bool {
    item.values().all(is_plain)
}

fn is_plain(value: &AttributeValue) -> bool {
    let is_exact = |text: &String| match serde_json::from_str(text) {
        Ok(Value::Number(number)) => canonical_number(&number.to_string()) == canonical_number(text),
        _ => false,
    };
    match value {
        AttributeValue::N(text) => is_exact(text),
        AttributeValue::Ns(texts) => texts.iter().all(is_exact),
        AttributeValue::L(values) => values.iter().all(is_plain),
        AttributeValue::M(values) => has_plain_form(values),
        other => !is_binary(other),
    }
}

/// Returns an item as plain JSON.
pub fn to_plain(item: &Attributes) -> Map<String, Value> {
    item.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

/// Returns the value of an attribute as plain JSON.
pub fn plain(value: &AttributeValue) -> Value {
    // In order, so that a dump is the same each time. The order of a set means nothing.
    let texts = |texts: &[String]| {
        let mut texts: Vec<Value> = texts.iter().map(|text| Value::String(text.clone())).collect();
        texts.sort_unstable_by(|one, other| one.as_str().cmp(&other.as_str()));
        Value::Array(texts)
    };
    let number = |number: &str| serde_json::from_str(number).unwrap_or_else(|_| Value::String(number.to_owned()));
    match value {
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::N(text) => number(text),
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::Ss(values) => texts(values),
        AttributeValue::Ns(values) => {
            let mut values: Vec<&String> = values.iter().collect();
            values.sort_unstable();
            values.into_iter().map(|value| number(value)).collect()
        }
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        AttributeValue::M(values) => Value::Object(to_plain(values)),
        // In Base64, as DynamoDB's JSON has it. Plain JSON has no binary data.
        AttributeValue::B(_) | AttributeValue::Bs(_) => {
            let one = Attributes::from([(String::new(), value.clone())]);
            typed_item(&one).ok().and_then(|mut one| one.remove("")).unwrap_or_default()
        }
        _ => Value::Null,
    }
}

/// Returns an item as DynamoDB's JSON.
///
/// # Errors
/// When an attribute has a type that DynamoDB did not have in this version of its SDK.
pub fn to_typed(item: &Attributes) -> Result<Value, Failure> {
    Ok(Value::Object(typed_item(item)?))
}

/// Returns an item as the embedded DynamoDB has it. JSON would be shorter, but lists have millions of items.
///
/// # Errors
/// When an attribute has a type that DynamoDB did not have in this version of its SDK.
pub fn to_embedded(item: Attributes) -> Result<EmbeddedItem, Failure> {
    item.into_iter()
        .map(|(name, value)| {
            let value = embedded(value).map_err(|error| format!("`{name}`: {error}"))?;
            Ok((name, value))
        })
        .collect()
}

fn embedded(value: AttributeValue) -> Result<EmbeddedValue, Failure> {
    Ok(match value {
        AttributeValue::S(text) => EmbeddedValue::S(text),
        AttributeValue::N(number) => EmbeddedValue::N(number),
        AttributeValue::Bool(flag) => EmbeddedValue::BOOL(flag),
        AttributeValue::Null(_) => EmbeddedValue::NULL(true),
        AttributeValue::Ss(texts) => EmbeddedValue::SS(texts),
        AttributeValue::Ns(numbers) => EmbeddedValue::NS(numbers),
        AttributeValue::L(values) => EmbeddedValue::L(values.into_iter().map(embedded).collect::<Result<_, _>>()?),
        AttributeValue::M(values) => EmbeddedValue::M(to_embedded(values)?),
        AttributeValue::B(bytes) => EmbeddedValue::B(bytes.into_inner()),
        AttributeValue::Bs(all) => EmbeddedValue::BS(all.into_iter().map(Blob::into_inner).collect()),
        _ => return Err(format!("the value is {NOT_A_VALUE}").into()),
    })
}

/// Returns an item of the embedded DynamoDB with the types of the SDK.
pub fn of_embedded(item: EmbeddedItem) -> Attributes {
    item.into_iter().map(|(name, value)| (name, of_embedded_value(value))).collect()
}

fn of_embedded_value(value: EmbeddedValue) -> AttributeValue {
    match value {
        EmbeddedValue::S(text) => AttributeValue::S(text),
        EmbeddedValue::N(number) => AttributeValue::N(number),
        EmbeddedValue::BOOL(flag) => AttributeValue::Bool(flag),
        EmbeddedValue::NULL(_) => AttributeValue::Null(true),
        EmbeddedValue::SS(texts) => AttributeValue::Ss(texts),
        EmbeddedValue::NS(numbers) => AttributeValue::Ns(numbers),
        EmbeddedValue::L(values) => AttributeValue::L(values.into_iter().map(of_embedded_value).collect()),
        EmbeddedValue::M(values) => AttributeValue::M(of_embedded(values)),
        EmbeddedValue::B(bytes) => AttributeValue::B(Blob::new(bytes)),
        EmbeddedValue::BS(all) => AttributeValue::Bs(all.into_iter().map(Blob::new).collect()),
    }
}
