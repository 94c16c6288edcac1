//! The values of attributes in their four forms: plain JSON, DynamoDB's JSON, the SDK's values, and those of the embedded
//! DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dynoxide::AttributeValue as EmbeddedValue;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// An item with the types of DynamoDB.
pub type Attributes = HashMap<String, AttributeValue>;

/// An item of the embedded DynamoDB.
pub type EmbeddedItem = HashMap<String, EmbeddedValue>;

/// DynamoDB's types, those that no attribute of a rule has included.
const TYPES: [&str; 10] = ["S", "N", "BOOL", "NULL", "SS", "NS", "L", "M", "B", "BS"];

/// The fault of a value that is of none of these types.
const NOT_A_VALUE: &str = "not a value of DynamoDB";

/// Returns true if all attributes of an object have the form of DynamoDB's JSON.
pub fn is_typed(item: &Map<String, Value>) -> bool {
    !item.is_empty() && item.values().all(|value| type_of(value).is_some())
}

/// Returns the type and the value of an attribute in DynamoDB's JSON.
fn type_of(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (name, value) = object.iter().next()?;
    TYPES.contains(&name.as_str()).then_some((name, value))
}

/// Reads an item from plain JSON or DynamoDB's.
///
/// # Errors
/// When it is not an object, or the value of an attribute does not fit its type.
pub fn of_json(item: Value) -> Result<Attributes, Failure> {
    let Value::Object(item) = item else { return Err("not a JSON object".into()) };
    let typed = is_typed(&item);
    item.into_iter()
        .map(|(name, value)| {
            let read = if typed { of_typed(&value) } else { of_plain(&value) };
            let value = read.map_err(|error| format!("`{name}`: {error}"))?;
            Ok((name, value))
        })
        .collect()
}

fn of_typed(value: &Value) -> Result<AttributeValue, Failure> {
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let read = match type_of(value) {
        Some(("S", Value::String(text))) => Some(AttributeValue::S(text.clone())),
        Some(("N", Value::String(number))) => Some(AttributeValue::N(number.clone())),
        Some(("BOOL", Value::Bool(flag))) => Some(AttributeValue::Bool(*flag)),
        Some(("NULL", _)) => Some(AttributeValue::Null(true)),
        Some(("SS", value)) => texts(value).map(AttributeValue::Ss),
        Some(("NS", value)) => texts(value).map(AttributeValue::Ns),
        Some(("L", Value::Array(values))) => {
            Some(AttributeValue::L(values.iter().map(of_typed).collect::<Result<_, _>>()?))
        }
        Some(("M", Value::Object(values))) => {
            let read = values.iter().map(|(name, value)| Ok((name.clone(), of_typed(value)?)));
            Some(AttributeValue::M(read.collect::<Result<_, Failure>>()?))
        }
        Some(("B", Value::String(text))) => bytes(text).map(AttributeValue::B),
        Some(("BS", value)) => texts(value)
            .and_then(|texts| texts.iter().map(|text| bytes(text)).collect::<Option<_>>())
            .map(AttributeValue::Bs),
        _ => None,
    };
    read.ok_or_else(|| format!("{value} is {NOT_A_VALUE}").into())
}

/// Reads binary data as DynamoDB's JSON has it, in Base64.
fn bytes(text: &str) -> Option<Blob> {
    STANDARD.decode(text).ok().map(Blob::new)
}

/// Returns binary data in Base64.
fn base64(bytes: &Blob) -> String {
    STANDARD.encode(bytes)
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
        AttributeValue::Ns(values) => values.iter().map(|value| number(value)).collect(),
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        AttributeValue::M(values) => Value::Object(to_plain(values)),
        AttributeValue::B(_) | AttributeValue::Bs(_) => Value::String("(binary)".to_owned()),
        _ => Value::Null,
    }
}

/// Returns an item as DynamoDB's JSON.
///
/// # Errors
/// When an attribute has a type that DynamoDB did not have in this version of its SDK.
pub fn to_typed(item: &Attributes) -> Result<Value, Failure> {
    let typed = item.iter().map(|(name, value)| {
        let value = typed(value).map_err(|error| format!("`{name}`: {error}"))?;
        Ok((name.clone(), value))
    });
    typed.collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

fn typed(value: &AttributeValue) -> Result<Value, Failure> {
    Ok(match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(typed).collect::<Result<Vec<_>, _>>()? }),
        AttributeValue::M(values) => json!({ "M": to_typed(values)? }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bs(all) => json!({ "BS": all.iter().map(base64).collect::<Vec<_>>() }),
        _ => return Err(format!("the value is {NOT_A_VALUE}").into()),
    })
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
