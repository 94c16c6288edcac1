//! The attributes of an item as they are written, for findings about the spelling of a value.

use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, plain};

/// Returns an attribute as text; `None` if the item does not have it, or it is a list.
pub fn written(item: &Attributes, name: &str) -> Option<String> {
    match value(item, name)? {
        Value::String(text) => Some(text.trim().trim_start_matches('\'').trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the elements of a comma list or a set, without the `!` of negated ones.
pub fn written_elements(item: &Attributes, name: &str) -> Vec<String> {
    let texts = match value(item, name) {
        Some(Value::Array(values)) => values.into_iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    };
    let elements = texts.iter().flat_map(|text: &String| text.split([',', ';']));
    let elements = elements.map(|text| text.trim_matches(|c: char| c.is_whitespace() || c == '!' || c == '\''));
    elements.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn text(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

/// Returns the value of an attribute, whose name may be in another spelling.
fn value(item: &Attributes, name: &str) -> Option<Value> {
    item.iter().find(|(written, _)| written.trim().eq_ignore_ascii_case(name)).map(|(_, value)| plain(value))
}
