//! Changes of some attributes of a stored rule, for `set`, `enable`, `disable` and `expire`.

use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{BOOKKEEPING, Entry};
use serde_json::{Map, Value};

use crate::change_stamp::ChangeVia;
use crate::dynamodb::attribute_value::{Attributes, of_json};
use crate::dynamodb::items;
use crate::edit::{Edit, RuleEdit};
use crate::failure::Failure;
use crate::rule_attributes::{refuse_months, report, resolve_lengths, typed, unreadable};
use crate::rule_key::RuleKeyArguments;
use crate::strict_attributes;
use crate::terminal::{print_stderr, printable};

/// Changes of attributes by their names. Without a value, an attribute is removed.
#[derive(Debug, Default)]
pub struct AttributeChanges {
    changes: Vec<(String, Option<AttributeValue>)>,
}

impl AttributeChanges {
    /// Adds a change as a person types it. An empty value removes the attribute.
    ///
    /// # Errors
    /// When the attribute cannot be changed, or is there twice.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let lower = name.to_ascii_lowercase();
        if lower.is_empty() {
            return Err(format!("{:?} has no name before the `=`; write NAME=VALUE", format!("={value}")).into());
        }
        if matches!(lower.as_str(), "number" | "rule") {
            return Err(format!(
                "`{lower}` is a part of the rule's key, which cannot change; name the stored rule with --number and --rule, or \
                 write a new one with `precall put` and remove the old one"
            )
            .into());
        }
        if BOOKKEEPING.contains(&lower.as_str()) {
            return Err(format!("`{lower}` is an attribute that only precall writes; name another one").into());
        }
        if self.changes.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Err(format!("`{name}` is there twice; keep one").into());
        }
        let value = if value.trim().is_empty() { None } else { one(name, typed(&lower, value))?.remove(name) };
        self.changes.push((name.to_owned(), value));
        Ok(())
    }

    /// Returns the change that switches a rule on or off. A rule without `enabled` is on, so it does not get the attribute.
    pub fn of_switch(is_on: bool) -> Self {
        let enabled = if is_on { None } else { Some(AttributeValue::Bool(false)) };
        Self { changes: vec![("enabled".to_owned(), enabled)] }
    }

    /// Returns the change that gives a rule an end: an instant, a length of time from now on, or `now`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_end(at: &str) -> Result<Self, Failure> {
        let now = Timestamp::now();
        let mut item = one("expires_at", typed("expires_at", at))?;
        if at.trim().eq_ignore_ascii_case("now") {
            item = one("expires_at", now.as_second().into())?;
        }
        resolve_lengths(&mut item, now).map_err(|error| format!("--at {at}: {error}"))?;
        // The parser of rules reads the instant, so that it is the one that the hook will read.
        let key = [("number", "*"), ("rule", "end"), ("status", "PROCEED")];
        item.extend(key.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))));
        let end = match items::parse(&item) {
            Entry::Rule(rule) => rule.conditions.lifetime.expires_at,
            Entry::Fact(_) | Entry::Invalid(_) => None,
        };
        let end = end.ok_or_else(|| {
            format!(
                "--at {at:?} is neither an instant nor a length of time; write an instant such as 2026-12-01T05:00:00Z, a length \
                 such as 7d, or now"
            )
        })?;
        // DynamoDB removes expired items only by a number.
        let seconds = AttributeValue::N(end.as_second().to_string());
        Ok(Self { changes: vec![("expires_at".to_owned(), Some(seconds))] })
    }

    /// Replaces lengths of time by the instants to which they lead from now on.
    ///
    /// # Errors
    /// When a length cannot be used.
    fn resolved(self, now: Timestamp) -> Result<Self, Failure> {
        let (removed, written): (Vec<_>, Vec<_>) = self.changes.into_iter().partition(|(_, value)| value.is_none());
        let mut item: Attributes = written.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        resolve_lengths(&mut item, now)?;
        let written = item.into_iter().map(|(name, value)| (name, Some(value)));
        Ok(Self { changes: removed.into_iter().chain(written).collect() })
    }

    /// Returns the item with the changes. An attribute keeps its spelling, such as `Status`.
    fn applied(&self, old: &Attributes) -> Attributes {
        let mut new = old.clone();
        for (name, value) in &self.changes {
            let stored: Vec<String> =
                new.keys().filter(|stored| stored.trim().eq_ignore_ascii_case(name)).cloned().collect();
            for stored in &stored {
                new.remove(stored);
            }
            let spelling = match stored.as_slice() {
                [only] => only,
                _ => name,
            };
            new.extend(value.clone().map(|value| (spelling.clone(), value)));
        }
        new
    }

    /// Makes the changes in the stored rule, as the arguments of the edit say.
    ///
    /// # Errors
    /// When there is no such rule, a value cannot be read, or the table cannot be written.
    pub async fn make(self, key: &RuleKeyArguments, via: ChangeVia, edit: &Edit) -> Result<ExitCode, Failure> {
        let now = Timestamp::now();
        let changes = self.resolved(now)?;
        let new = |old: Option<&Attributes>| {
            let Some(old) = old else { return Ok(None) };
            if via == ChangeVia::Enable && old.get("enabled") == Some(&AttributeValue::Bool(true)) {
                return Ok(Some(old.clone()));
            }
            let new = changes.applied(old);
            check(old, &new, via, now).map(|()| Some(new))
        };
        edit.change(RuleEdit { via, keys: key.spellings(), new: &new }).await
    }
}

/// Returns an item with one attribute.
fn one(name: &str, value: Value) -> Result<Attributes, Failure> {
    of_json(Value::Object(Map::from_iter([(name.to_owned(), value)])))
}

/// Checks the changed item, and prints the findings about it.
///
/// An item that is invalid already may stay so, because it may need several changes. An item that was invalid when it was
/// switched off may be switched on again.
fn check(old: &Attributes, new: &Attributes, via: ChangeVia, now: Timestamp) -> Result<(), Failure> {
    let entry = items::parse(new);
    if let Entry::Invalid(invalid) = &entry {
        let was_invalid = matches!(items::parse(old), Entry::Invalid(_));
        if !was_invalid && via != ChangeVia::Enable {
            return Err(unreadable(&invalid.reasons));
        }
        let reasons = invalid.reasons.join("; ");
        print_stderr(format_args!(
            "warning: the hook cannot read this rule, so it decides nothing: {}; mend it with `precall set`",
            printable(&reasons)
        ));
    }
    if via == ChangeVia::Set {
        strict_attributes::check(new, Some(old)).map_err(|error| format!("nothing was written: {error}"))?;
    }
    if old.get("per") != new.get("per") {
        refuse_months(new)?;
    }
    report(new, &entry, now);
    Ok(())
}
