//! The attributes of one item, and their mistakes.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::Timestamp;

use super::instant::parse_instant;
use super::unknown::{UnreadAttribute, UnreadEffect, UnreadItemKind};
use super::vocabulary::{ATTRIBUTES, FACT_OF_PREFIX, meaning};
use super::whole::whole_number;
use crate::rule::conditions::Conditions;
use crate::rule::entry::{Entry, InvalidItem};
use crate::rule::item::{Item, Value};
use crate::rule::key::Key;
use crate::typed_text::plain;
use crate::value_error::ValueError;

/// The keys of the table.
const KEYS: [&str; 2] = ["number", "rule"];

/// The greatest length of the description of a mistake, in characters. It quotes the value, which may be long.
const MAX_MISTAKE: usize = 400;

/// The attributes of one item by their names in lower case, and their mistakes.
#[derive(Default)]
pub(super) struct Attributes<'i> {
    pub(super) values: BTreeMap<String, &'i Value>,
    /// The names as they are written, by the names in lower case.
    written: BTreeMap<String, &'i str>,
    /// Names that occur twice. None of their values is used.
    doubled: Vec<String>,
    pub(super) reasons: Vec<String>,
    pub(super) repairs: Vec<String>,
    /// Descriptions of attributes without which the item is stricter than its author means.
    pub(super) stricter: Vec<String>,
    /// The names of attributes that are not read. They are known after the names have been checked.
    pub(super) unread: Vec<String>,
}

impl<'i> Attributes<'i> {
    pub(super) fn new(item: &'i Item) -> Self {
        let mut attributes = Self::default();
        for (written, value) in item {
            let name = written.trim().to_ascii_lowercase();
            if *value == Value::Null && !KEYS.contains(&name.as_str()) {
                continue;
            }
            attributes.written.insert(name.clone(), written);
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
        let may_state_place = if key.is_wildcard() {
            self.states_place_of_prefix()
        } else {
            self.has_meant(&["timezone", "places"], false)
        };
        let can_only_lift = !key.is_wildcard() && !may_state_place && self.can_only_lift();
        let reasons = self.reasons.into_iter().chain(self.stricter).collect();
        Entry::Invalid(InvalidItem {
            key,
            reasons,
            conditions,
            priority,
            shadow,
            may_state_place,
            can_only_lift,
            last_good: None,
        })
    }

    /// Returns true for an item that states the calling hours of places, if it is under `*` and has no `status`.
    pub(super) fn states_hours(&self) -> bool {
        self.has("calling_hours") && self.has("hours")
    }

    /// Returns true for an item under `*` that states, or may have been meant to state, where the numbers with a prefix are:
    /// without `status`, and without attributes that only rules and other facts have. A word for `status` leaves both open.
    pub(super) fn states_place_of_prefix(&self) -> bool {
        let is_of_fact = |name: &&str| FACT_OF_PREFIX.contains(name) || ["priority", "status"].contains(name);
        let others: Vec<&str> = ATTRIBUTES.into_iter().filter(|name| !is_of_fact(name)).collect();
        !self.has("status")
            && self.has("to")
            && self.has_meant(&["timezone", "places"], true)
            && !self.has_meant(&others, true)
    }

    /// Returns true if there is one of these attributes, also if its name is misspelt, another word for it, or occurs twice.
    fn has_meant(&self, wanted: &[&str], is_wildcard: bool) -> bool {
        let means = |(name, written): (&String, &&str)| {
            wanted.contains(&meaning(written, is_wildcard).map_or(name.as_str(), |meaning| meaning.known))
        };
        self.written.iter().any(means)
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

    /// Returns the value like [`Self::text`], in plain characters, and reports a value that is unreadable or empty.
    pub(super) fn required_text(&mut self, name: &str, example: &str) -> Option<String> {
        let text = self.text_as_typed(name, example)?;
        let plain = plain(&text).trim().trim_start_matches('\'').trim_start().to_owned();
        if plain.is_empty() {
            self.empty(name, example);
            return None;
        }
        Some(plain)
    }

    fn empty(&mut self, name: &str, example: &str) {
        self.wrong(name, format_args!("empty; write {example}, or remove the attribute if it is optional"));
    }

    /// Returns the value like [`Self::text`], and reports a value that is unreadable or empty.
    pub(super) fn text_as_typed(&mut self, name: &str, example: &str) -> Option<String> {
        match self.text(name)? {
            Ok(text) if text.is_empty() => {
                self.empty(name, example);
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
                let value = if name == "number" { "such as +13155550100, or *" } else { "such as asked-to-stop" };
                self.wrong(name, format_args!("missing, but it is a part of the item's key; write a text {value}"));
                String::new()
            }
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.required_text(name, "true or false")?;
        match whole_number(&text).unwrap_or(&text).to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => {
                self.wrong(name, format_args!("{text:?} is neither true nor false"));
                None
            }
        }
    }

    /// Returns a comma list or the elements of a set, in plain characters.
    pub(super) fn list(&mut self, name: &str, example: &str) -> Option<Vec<String>> {
        let texts = self.list_as_typed(name, example)?;
        Some(texts.iter().map(|text| plain(text).into_owned()).collect())
    }

    /// Returns a comma list or the elements of a set.
    pub(super) fn list_as_typed(&mut self, name: &str, example: &str) -> Option<Vec<String>> {
        let Some(Value::List(values)) = self.values.get(name) else {
            return Some(vec![self.text_as_typed(name, example)?]);
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

    /// Reads a list with a parser of its comma lists. Semicolons separate its elements too.
    pub(super) fn read_list<T>(
        &mut self,
        name: &str,
        example: &str,
        read: impl FnOnce(&mut dyn Iterator<Item = &str>) -> Result<T, ValueError>,
    ) -> Option<T> {
        let texts = self.list(name, example)?;
        let parts = texts.iter().flat_map(|text| text.split(';'));
        read(&mut parts.map(|text| text.trim().trim_start_matches('\''))).map_err(|error| self.wrong(name, error)).ok()
    }

    /// Reads an instant, and reports one that is unreadable.
    pub(super) fn instant(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.required_text(name, "an instant such as 2026-12-01T08:00:00Z")?;
        parse_instant(&text).map_err(|error| self.wrong(name, error)).ok()
    }

    /// Returns the attributes that are not read.
    pub(super) fn find_unread(&self, is_wildcard: bool) -> Vec<UnreadAttribute> {
        let kind = if is_wildcard && self.is_list_notice() {
            UnreadItemKind::ListNotice
        } else if !is_wildcard && self.is_exemption(false) {
            UnreadItemKind::Exemption
        } else {
            UnreadItemKind::of(self.values.get("status").copied())
        };
        let of = |(name, value): (&String, &&Value)| {
            UnreadAttribute::of(self.written.get(name).copied().unwrap_or(name), value, is_wildcard, kind)
        };
        self.values.iter().filter_map(of).collect()
    }

    /// Reports attributes that are not read and mean a part of a rule, because a rule that lost a condition would apply to more
    /// calls than it should. Other attributes are the operator's own.
    pub(super) fn check_names(&mut self, is_wildcard: bool) {
        if self.values.contains_key("holidays") {
            self.wrong("holidays", "only for an item without `status`, which states the calling hours of places");
        }
        if self.values.contains_key("besides") {
            self.wrong("besides", "only for an item without `status`, which states where its number's holder is");
        }
        for UnreadAttribute { unknown, effect } in self.find_unread(is_wildcard) {
            self.unread.push(unknown.name);
            let advice = shortened(unknown.advice);
            match effect {
                UnreadEffect::Invalid => self.reasons.push(advice),
                UnreadEffect::Stricter => self.stricter.push(advice),
                // A REJECT must not be lost because of an attribute with a default.
                UnreadEffect::Default => self.repairs.push(advice),
                UnreadEffect::None => {}
            }
        }
    }
}

/// Shortens a description that is too long for a log. Keeps its beginning, which quotes the value, and its end, which has
/// the correction.
pub(super) fn shortened(text: String) -> String {
    let length = text.chars().count();
    if length <= MAX_MISTAKE {
        return text;
    }
    let end: String = text.chars().skip(length - MAX_MISTAKE / 2).collect();
    let beginning: String = text.chars().take(MAX_MISTAKE / 2).collect();
    format!("{beginning} … {end}")
}
