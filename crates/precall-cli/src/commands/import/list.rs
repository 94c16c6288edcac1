//! The list's own item in the rules table: which file it is from, how far its import came, and what is due when.
//!
//! It stands in the partition `list`, which is no number, so that no call ever reads it.

use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall_hook::store::{RulesTable, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dynamodb::items::{self, Attributes, LISTS};
use crate::failure::Failure;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Entries of the file are being written.
    Importing,
    /// What is not in the file is being removed.
    Removing,
    Complete,
}

/// What is known of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct List {
    /// Its name.
    #[serde(rename = "rule")]
    pub name: String,
    pub state: State,
    /// Which import is at it. Another one that begins takes it over.
    pub import: String,
    /// The file's name, without its folder.
    pub file: String,
    pub sha256: String,
    /// The file's, in bytes.
    pub size: u64,
    /// What the items are like, and how the file was read; the same file with other options is another import.
    pub options: String,
    /// Entries of the file that are dealt with; all before this are in the table.
    pub position: u64,
    pub accepted: u64,
    pub removed: u64,
    pub rejected: u64,
    /// The length of the file of rejects, in bytes.
    pub rejects_size: u64,
    /// Accepted entries of the import before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<u64>,
    #[serde(with = "seconds")]
    pub started: Timestamp,
    #[serde(with = "seconds::option", skip_serializing_if = "Option::is_none", default)]
    pub finished: Option<Timestamp>,
    /// When the copy was made that the file is.
    #[serde(with = "seconds")]
    pub copied: Timestamp,
    /// Until when this copy may be used.
    #[serde(with = "seconds::option", skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Timestamp>,
}

/// As rules have instants: seconds since 1970.
mod seconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.as_second())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_second(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }

    pub mod option {
        use super::{Deserialize, Deserializer, Serializer, Timestamp, de};

        #[expect(clippy::ref_option, reason = "serde asks for it")]
        pub fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => super::serialize(at, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
            let seconds = Option::<i64>::deserialize(deserializer)?;
            seconds.map(Timestamp::from_second).transpose().map_err(de::Error::custom)
        }
    }
}

impl List {
    /// Of an import that begins.
    pub fn new(name: &str, file: &str, sha256: String, size: u64, copied: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            state: State::Importing,
            import: uuid::Uuid::now_v7().to_string(),
            file: file.to_owned(),
            sha256,
            size,
            options: String::new(),
            position: 0,
            accepted: 0,
            removed: 0,
            rejected: 0,
            rejects_size: 0,
            earlier: None,
            started: Timestamp::now(),
            finished: None,
            copied,
            due: None,
        }
    }

    pub fn to_item(&self) -> Result<Attributes, Failure> {
        let Value::Object(mut object) = serde_json::to_value(self)? else { return Err("a list is no item".into()) };
        object.insert("number".to_owned(), LISTS.into());
        items::attributes(Value::Object(object))
    }

    fn of_item(item: &Attributes) -> Result<Self, Failure> {
        let object: Map<String, Value> = items::to_plain(item);
        let name = object.get("rule").map(ToString::to_string).unwrap_or_default();
        serde_json::from_value(Value::Object(object)).map_err(|error| {
            format!("the item of list {name} cannot be read ({error}); delete it under `{LISTS}`, and import again")
                .into()
        })
    }

    /// How many entries it has at the least, whatever was imported before or besides.
    pub fn at_least(&self) -> u64 {
        self.accepted.max(self.earlier.unwrap_or_default().saturating_sub(self.removed))
    }

    /// The exit status of its import.
    pub fn exit_code(&self) -> ExitCode {
        if self.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Where it stands with the time that this copy may be used.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.state != State::Complete {
            return Standing::Unfinished;
        }
        match self.due {
            Some(due) if due <= now => Standing::Overdue,
            Some(due) if due - warned_for(due.duration_since(self.copied)) <= now => Standing::DueSoon,
            _ => Standing::Fine,
        }
    }
}

/// How long before it is due a list is warned of: six of the registry's 31 days, and as much of any other time.
fn warned_for(lifetime: jiff::SignedDuration) -> jiff::SignedDuration {
    lifetime * 6 / 31
}

/// What is to be said of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Fine,
    DueSoon,
    Overdue,
    Unfinished,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::DueSoon => "due soon",
            Self::Overdue => "overdue",
            Self::Unfinished => "unfinished",
        }
    }
}

/// All lists of a table, by name.
///
/// # Errors
/// When the table cannot be read.
pub async fn all(store: &RulesTable) -> Result<Vec<List>, Failure> {
    let mut pages = store
        .client()
        .query()
        .table_name(store.name())
        .key_condition_expression("#number = :list")
        .expression_attribute_names("#number", "number")
        .expression_attribute_values(":list", AttributeValue::S(LISTS.to_owned()))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let mut lists = Vec::new();
    while let Some(item) = pages.next().await {
        lists.push(List::of_item(&item.map_err(StoreError::from)?)?);
    }
    Ok(lists)
}

/// What is known of a list. `None`: there is none of this name.
///
/// # Errors
/// When the table cannot be read.
pub async fn read(store: &RulesTable, name: &str) -> Result<Option<List>, Failure> {
    let get = store.client().get_item().table_name(store.name()).consistent_read(true);
    let get = get.key("number", AttributeValue::S(LISTS.to_owned())).key("rule", AttributeValue::S(name.to_owned()));
    let found = get.send().await.map_err(StoreError::from)?;
    found.item.as_ref().map(List::of_item).transpose()
}

/// Writes what is known of a list, while it is still as the import that held it left it.
///
/// # Errors
/// When another import has taken the list over, or the table cannot be written.
pub async fn write(store: &RulesTable, list: &List, held_by: Option<&str>) -> Result<(), Failure> {
    let put = store
        .client()
        .put_item()
        .table_name(store.name())
        .set_item(Some(list.to_item()?))
        .expression_attribute_names("#import", "import");
    let put = match held_by {
        // Its own too: an answer that was lost may have been a yes.
        Some(import) => put
            .condition_expression("#import = :import OR #import = :own")
            .expression_attribute_values(":own", AttributeValue::S(list.import.clone()))
            .expression_attribute_values(":import", AttributeValue::S(import.to_owned())),
        None => put
            .condition_expression("attribute_not_exists(#import) OR #import = :own")
            .expression_attribute_values(":own", AttributeValue::S(list.import.clone())),
    };
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Err(taken_over(&list.name))
        }
        Err(error) => Err(StoreError::from(error).into()),
    }
}

/// What an import says that no longer has its list.
pub fn taken_over(list: &str) -> Failure {
    format!(
        "another import of list {list} has begun; this one stops, and what it wrote is the other's to keep or remove"
    )
    .into()
}
