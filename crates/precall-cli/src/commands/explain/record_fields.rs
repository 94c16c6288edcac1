//! All fields of a decision record, by their names.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::decision_log::RecordList;

/// The fields of a decision record. A record of another version may have fewer or more.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordFields(Map<String, Value>);

impl RecordFields {
    /// Returns a field in words: a text, a number, or several in a list; `None` if the record does not have it.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Array(_) => Some(self.list(name).join("; ")).filter(|list| !list.is_empty()),
            other => Some(other.to_string()),
        }
    }

    /// Returns the entries of a list, and the number of those that the record does not name.
    pub fn list(&self, name: &str) -> Vec<String> {
        let Some(list) = self.0.get(name).and_then(|value| RecordList::deserialize(value).ok()) else {
            return Vec::new();
        };
        let more = (list.not_listed() > 0).then(|| format!("and {} more", list.not_listed()));
        list.entries().map(str::to_owned).chain(more).collect()
    }

    /// Returns true if a field is `true`.
    pub fn is(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    /// Returns true if the field is this text.
    pub fn has(&self, name: &str, text: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == text)
    }
}
