//! The attributes of one item, and their mistakes.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::Timestamp;

use super::instant::parse_instant;
use super::vocabulary::{ATTRIBUTES, FACT_OF_PREFIX, meant};
use crate::rule::conditions::Conditions;
use crate::rule::entry::{Entry, InvalidItem};
use crate::rule::item::{Item, Value};
use crate::rule::key::Key;
use crate::value_error::ValueError;

/// The keys of the table.
const KEYS: [&str; 2] = ["number", "rule"];

/// The greatest length of the description of a mistake, in characters. It quotes the value, which may be long.
const MAX_MISTAKE: usize = 400;

/// The attributes of one item by their names in lower case, and their mistakes.
#[derive(Default)]
pub(super) struct Attributes<'i> {
    pub(super) values: BTreeMap<String, &'i Value>,
    /// Names that occur twice. None of their values is used.
    doubled: Vec<String>,
    pub(super) reasons: Vec<String>,
    pub(super) repairs: Vec<String>,
}

impl<'i> Attributes<'i> {
    pub(super) fn new(item: &'i Item) -> Self {
        let mut attributes = Self::default();
        for (name, value) in item {
            let name = name.trim().to_ascii_lowercase();
            if attributes.values.insert(name.clone(), value).is_some() {
                attributes.wrong(&name, "given twice in different spellings; keep one");
                attributes.doubled.push(name);
            }
        }
        // Either of the two may be the intended one, so neither is read.
        let Self { values, doubled, .. } = &mut attributes;
        values.retain(|name, _| !doubled.contains(name) || KEYS.contains(&name.as_str()));
        attributes
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.doubled.iter().any(|doubled| doubled == name)
    }

    pub(super) fn invalid(self, key: Key, conditions: Conditions, priority: Option<i64>, shadow: bool) -> Entry {
        let may_state_place =
            if key.is_wildcard() { self.states_place_of_prefix() } else { self.has_meant(&["timezone", "places"]) };
        let reasons = self.reasons;
        Entry::Invalid(InvalidItem { key, reasons, conditions, priority, shadow, may_state_place, last_good: None })
    }

    /// Returns true for an item under `*` that states, or may have been meant to state, where the numbers with a prefix are:
    /// without `status`, and without attributes that only rules and other facts have.
    pub(super) fn states_place_of_prefix(&self) -> bool {
        let is_of_fact = |name: &&str| FACT_OF_PREFIX.contains(name) || *name == "priority";
        let others: Vec<&str> = ATTRIBUTES.into_iter().filter(|name| !is_of_fact(name)).collect();
        self.has("to") && self.has_meant(&["timezone", "places"]) && !self.has_meant(&others)
    }

    /// Returns true if there is one of these attributes, also if its name is misspelt or occurs twice.
    fn has_meant(&self, wanted: &[&str]) -> bool {
        self.values.keys().chain(&self.doubled).any(|name| wanted.contains(&meant(name).unwrap_or(name)))
    }

    pub(super) fn wrong(&mut self, name: &str, what: impl Display) {
        self.reasons.push(shortened(format!("`{name}`: {what}")));
    }

    pub(super) fn repaired(&mut self, name: &str, what: impl Display) {
        self.repairs.push(shortened(format!("`{name}`: {what}")));
    }

    /// Returns the value as trimmed text, without the apostrophe that spreadsheets put before a number.
    pub(super) fn text(&self, name: &str) -> Option<Result<String, &'static str>> {
        Some(match self.values.get(name)? {
            Value::Text(text) => Ok(text.trim().trim_start_matches('\'').trim().to_owned()),
            Value::Number(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Null => Ok(String::new()),
            Value::List(_) => Err("a list"),
            Value::Other(kind) => Err(kind),
        })
    }

    /// Returns the value like [`Self::text`], and reports a value that is unreadable or empty.
    pub(super) fn required_text(&mut self, name: &str, example: &str) -> Option<String> {
        match self.text(name)? {
            Ok(text) if text.is_empty() => {
                self.wrong(name, format_args!("empty; write {example}, or remove the attribute if it is optional"));
                None
            }
            Ok(text) => Some(text),
            Err(kind) => {
                self.wrong(name, format_args!("{kind} where text belongs; write {example}"));
                None
            }
        }
    }

    pub(super) fn key(&mut self, name: &str) -> String {
        match self.values.get(name) {
            Some(Value::Text(text)) if !text.trim().is_empty() => text.clone(),
            _ => {
                self.wrong(name, "missing; it is part of the item's key");
                String::new()
            }
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.required_text(name, "true or false")?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => {
                self.wrong(name, format_args!("{text:?} is neither true nor false"));
                None
            }
        }
    }

    /// Returns the elements of a comma list or a set.
    pub(super) fn list(&mut self, name: &str, example: &str) -> Option<Vec<String>> {
        let Some(Value::List(values)) = self.values.get(name) else {
            return Some(vec![self.required_text(name, example)?]);
        };
        let texts: Option<Vec<String>> = values
            .iter()
            .map(|value| match value {
                Value::Text(text) | Value::Number(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        if texts.is_none() {
            self.wrong(name, format_args!("holds something that is not text; write {example}"));
        }
        texts
    }

    /// Reads a list with a parser of its elements.
    pub(super) fn read_list<T>(
        &mut self,
        name: &str,
        example: &str,
        read: impl FnOnce(&mut dyn Iterator<Item = &str>) -> Result<T, ValueError>,
    ) -> Option<T> {
        let texts = self.list(name, example)?;
        read(&mut texts.iter().map(|text| text.trim().trim_start_matches('\'')))
            .map_err(|error| self.wrong(name, error))
            .ok()
    }

    /// Reads an instant, and reports one that is unreadable.
    pub(super) fn instant(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.required_text(name, "an instant such as 2026-12-01T08:00:00Z")?;
        parse_instant(&text).map_err(|error| self.wrong(name, error)).ok()
    }

    /// Reports misspelt attributes, because a rule that lost a condition would apply to more calls than it should. Other
    /// attributes are the operator's own.
    pub(super) fn check_names(&mut self) {
        let names: Vec<String> = self.values.keys().cloned().collect();
        for name in names {
            if name == "holidays" {
                self.wrong(&name, "only for an item without `status`, which states the calling hours of places");
            } else if let Some(known) = meant(&name) {
                let meant = format_args!("not an attribute of a rule; did you mean `{known}`?");
                match known {
                    // These have a default, and a REJECT must not be lost because of them.
                    "reason" | "code" => self.repaired(&name, meant),
                    _ => self.wrong(&name, meant),
                }
            }
        }
    }
}

/// Shortens a description that is too long for a log. Keeps its beginning, which quotes the value, and its end, which has
/// the correction.
fn shortened(text: String) -> String {
    let length = text.chars().count();
    if length <= MAX_MISTAKE {
        return text;
    }
    let end: String = text.chars().skip(length - MAX_MISTAKE / 2).collect();
    let beginning: String = text.chars().take(MAX_MISTAKE / 2).collect();
    format!("{beginning} … {end}")
}
