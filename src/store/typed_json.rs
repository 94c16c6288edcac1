//! Items in DynamoDB's JSON, in which each value has its type: `{ "number": { "S": "*" } }`. Streams and exports have this form.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// An item with the types of DynamoDB.
pub type Attributes = HashMap<String, AttributeValue>;

/// DynamoDB's types, those that no attribute of a rule has included.
const TYPES: [&str; 10] = ["S", "N", "BOOL", "NULL", "SS", "NS", "L", "M", "B", "BS"];

/// The error of a value that is not in DynamoDB's JSON, or of a type that DynamoDB did not have in this version of its SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedJsonError {
    /// The attribute, if it is known.
    attribute: Option<String>,
    /// The value as JSON; `None` for one of the SDK.
    value: Option<String>,
}

impl TypedJsonError {
    fn of(value: Option<&Value>) -> Self {
        Self { attribute: None, value: value.map(ToString::to_string) }
    }

    /// Adds the name of the attribute; that of an outer one replaces that of an inner one.
    fn in_attribute(self, name: &str) -> Self {
        Self { attribute: Some(name.to_owned()), ..self }
    }
}

impl fmt::Display for TypedJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(attribute) = &self.attribute {
            write!(f, "`{attribute}`: ")?;
        }
        write!(f, "{} is not a value of DynamoDB", self.value.as_deref().unwrap_or("the value"))
    }
}

impl Error for TypedJsonError {}

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

/// Reads an item.
///
/// ```
/// use precall_hook::store::{item_of_typed, typed_item};
///
/// let json = serde_json::json!({ "number": { "S": "*" }, "places": { "SS": ["US-FL"] } });
/// let item = item_of_typed(json.as_object().unwrap())?;
/// assert_eq!(typed_item(&item)?, *json.as_object().unwrap());
/// # Ok::<(), precall_hook::store::TypedJsonError>(())
/// ```
///
/// # Errors
/// When the value of an attribute does not fit its type.
pub fn item_of_typed(item: &Map<String, Value>) -> Result<Attributes, TypedJsonError> {
    let read = item.iter().map(|(name, value)| {
        let value = of_typed(value).map_err(|error| error.in_attribute(name))?;
        Ok((name.clone(), value))
    });
    read.collect()
}

fn of_typed(value: &Value) -> Result<AttributeValue, TypedJsonError> {
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
        Some(("M", Value::Object(values))) => Some(AttributeValue::M(item_of_typed(values)?)),
        Some(("B", Value::String(text))) => bytes(text).map(AttributeValue::B),
        Some(("BS", value)) => texts(value)
            .and_then(|texts| texts.iter().map(|text| bytes(text)).collect::<Option<_>>())
            .map(AttributeValue::Bs),
        _ => None,
    };
    read.ok_or_else(|| TypedJsonError::of(Some(value)))
}

/// Reads binary data as DynamoDB's JSON has it, in Base64.
fn bytes(text: &str) -> Option<Blob> {
    STANDARD.decode(text).ok().map(Blob::new)
}

/// Returns binary data in Base64.
fn base64(bytes: &Blob) -> String {
    STANDARD.encode(bytes)
}

/// Returns an item as DynamoDB's JSON.
///
/// # Errors
/// When an attribute has a type that DynamoDB did not have in this version of its SDK.
pub fn typed_item(item: &Attributes) -> Result<Map<String, Value>, TypedJsonError> {
    let typed = item.iter().map(|(name, value)| {
        let value = typed(value).map_err(|error| error.in_attribute(name))?;
        Ok((name.clone(), value))
    });
    typed.collect()
}

fn typed(value: &AttributeValue) -> Result<Value, TypedJsonError> {
    Ok(match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(typed).collect::<Result<Vec<_>, _>>()? }),
        AttributeValue::M(values) => json!({ "M": typed_item(values)? }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bs(all) => json!({ "BS": all.iter().map(base64).collect::<Vec<_>>() }),
        _ => return Err(TypedJsonError::of(None)),
    })
}

/// An item that is written as DynamoDB's JSON, with its attributes in the order of their names. It is the text of [`typed_item`]
/// without the values in between.
#[derive(Debug, Clone, Copy)]
pub struct TypedItem<'a>(pub &'a Attributes);

impl Serialize for TypedItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut attributes: Vec<(&String, &AttributeValue)> = self.0.iter().collect();
        attributes.sort_unstable_by_key(|(name, _)| *name);
        let mut map = serializer.serialize_map(Some(attributes.len()))?;
        for (name, value) in attributes {
            map.serialize_entry(name, &TypedValue(value))?;
        }
        map.end()
    }
}

/// The value of an attribute that is written as DynamoDB's JSON.
struct TypedValue<'a>(&'a AttributeValue);

impl Serialize for TypedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0 {
            AttributeValue::S(text) => map.serialize_entry("S", text)?,
            AttributeValue::N(number) => map.serialize_entry("N", number)?,
            AttributeValue::M(values) => map.serialize_entry("M", &TypedItem(values))?,
            AttributeValue::L(values) => {
                map.serialize_entry("L", &values.iter().map(TypedValue).collect::<Vec<_>>())?;
            }
            // Types that an item seldom has.
            other => {
                let Value::Object(typed) = typed(other).map_err(S::Error::custom)? else {
                    return Err(S::Error::custom(TypedJsonError::of(None)));
                };
                for (name, value) in &typed {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_written_as_its_values() {
        let json = json!({
            "number": { "S": "+13155550101" },
            "a": { "N": "100" },
            "b": { "M": { "z": { "BOOL": true }, "y": { "L": [{ "NULL": true }, { "S": "\"x\"" }] } } },
            "c": { "SS": ["US-FL", "US-NY"] },
            "d": { "NS": ["1", "2"] },
            "e": { "B": "AAE=" },
            "f": { "BS": ["AAE="] },
        });
        let item = item_of_typed(json.as_object().unwrap()).unwrap();
        assert_eq!(serde_json::to_string(&TypedItem(&item)).unwrap(), json.to_string());
        assert_eq!(Value::Object(typed_item(&item).unwrap()), json);
    }
}
