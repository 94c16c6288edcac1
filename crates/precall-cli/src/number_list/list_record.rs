//! List records: an item of the rules table for each list, with its file, the progress of its import, and when a new
//! copy is due.
//!
//! They are in the partition `list`, which is not a number, so that no call reads them.

use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::Stamp;
use precall_hook::store::{RulesTable, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dynamodb::attribute_value::{self, Attributes};
use crate::dynamodb::items::{LISTS, key_attributes};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    /// Entries of the file are being written.
    Importing,
    /// Numbers that are not in the file are being removed.
    Removing,
    Complete,
    /// All numbers of the list are being removed.
    Deleting,
}

/// The record of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListRecord {
    /// The list's name.
    #[serde(rename = "rule")]
    pub name: String,
    pub state: ImportState,
    /// The id of its import. An import that begins later takes the list over.
    pub import: String,
    /// The file's name, without its folder.
    pub file: String,
    pub sha256: String,
    /// The file's size, in bytes.
    pub size: u64,
    /// The options of the import. The same file with other options is another import.
    pub options: String,
    /// Processed entries of the file. All of them are in the table.
    pub position: u64,
    /// The numbers of these entries, each once.
    pub accepted: u64,
    pub removed: u64,
    pub rejected: u64,
    /// The numbers of the file that are not written, because people removed or changed them.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub held: u64,
    /// The length of the file of rejects, in bytes.
    pub rejects_size: u64,
    /// Accepted entries of the previous import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<u64>,
    #[serde(with = "seconds")]
    pub started: Timestamp,
    #[serde(with = "seconds::option", skip_serializing_if = "Option::is_none", default)]
    pub finished: Option<Timestamp>,
    /// The time of the copy.
    #[serde(with = "seconds")]
    pub copied: Timestamp,
    /// The time from which the copy must not be used any more.
    #[serde(with = "seconds::option", skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Timestamp>,
    /// The names of the lists and rules that the numbers of the list are exempt from; empty for a list of rules.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exempt: Vec<String>,
    /// True if the list has the places of the holders of its numbers.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub holders: bool,
    /// The stamp of the change that is being written. That of an earlier change is not read.
    #[serde(skip)]
    pub changed: Option<Stamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Instants as rules have them: seconds since 1970.
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

impl ListRecord {
    /// Returns the record of an import that begins.
    pub fn new(name: &str, file: &str, sha256: String, size: u64, copied: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            state: ImportState::Importing,
            import: uuid::Uuid::now_v7().to_string(),
            file: file.to_owned(),
            sha256,
            size,
            options: String::new(),
            position: 0,
            accepted: 0,
            removed: 0,
            rejected: 0,
            held: 0,
            rejects_size: 0,
            earlier: None,
            started: Timestamp::now(),
            finished: None,
            copied,
            due: None,
            exempt: Vec::new(),
            holders: false,
            changed: None,
        }
    }

    /// Returns the record as an item.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_item(&self) -> Result<Attributes, Failure> {
        let Value::Object(mut object) = serde_json::to_value(self)? else {
            return Err("a list record is not a JSON object".into());
        };
        object.insert("number".to_owned(), LISTS.into());
        let item = attribute_value::of_json(Value::Object(object))?;
        match &self.changed {
            Some(stamp) => Ok(stamp.clone().on(&item)?),
            None => Ok(item),
        }
    }

    /// Returns the record of an item.
    ///
    /// # Errors
    /// When the item is not a record.
    pub fn of_item(item: &Attributes) -> Result<Self, Failure> {
        let object: Map<String, Value> = attribute_value::to_plain(item);
        let name = object.get("rule").and_then(Value::as_str).unwrap_or_default().to_owned();
        serde_json::from_value(Value::Object(object)).map_err(|error| {
            format!(
                "the record of list {name} cannot be read ({error}); remove it with `precall remove --number {LISTS} \
                 --rule {name}`, and import the list again"
            )
            .into()
        })
    }

    /// Returns the fewest entries that the list may have after all its imports.
    pub fn min_entries(&self) -> u64 {
        self.accepted.max(self.earlier.unwrap_or_default().saturating_sub(self.removed))
    }

    /// Returns the exit status of the import.
    pub fn exit_code(&self) -> ExitCode {
        if self.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Returns the status at an instant.
    pub fn status(&self, now: Timestamp) -> ListStatus {
        match self.state {
            ImportState::Importing | ImportState::Removing => return ListStatus::Unfinished,
            ImportState::Deleting => return ListStatus::HalfRemoved,
            ImportState::Complete => {}
        }
        match self.due {
            Some(due) if due <= now => ListStatus::Overdue,
            Some(due) if due - warning_time(due.duration_since(self.copied)) <= now => ListStatus::DueSoon,
            _ => ListStatus::Fine,
        }
    }
}

/// Returns the time before the due date from which a list is due soon: six of the registry's 31 days, and the same
/// share of other times.
fn warning_time(lifetime: jiff::SignedDuration) -> jiff::SignedDuration {
    lifetime * 6 / 31
}

/// The status of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStatus {
    Fine,
    DueSoon,
    Overdue,
    Unfinished,
    HalfRemoved,
}

impl ListStatus {
    /// Returns the status in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::DueSoon => "due soon",
            Self::Overdue => "overdue",
            Self::Unfinished => "unfinished",
            Self::HalfRemoved => "half removed",
        }
    }
}

/// The records of all lists.
#[derive(Debug, Default)]
pub struct AllLists {
    /// The records, by name.
    pub lists: Vec<ListRecord>,
    /// The errors of the items that are not records, such as those of another program.
    pub unread: Vec<Failure>,
}

/// Returns the records of all lists.
///
/// # Errors
/// When the table cannot be read.
pub async fn all(store: &RulesTable) -> Result<AllLists, Failure> {
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
    let mut all = AllLists::default();
    while let Some(item) = pages.next().await {
        match ListRecord::of_item(&item.map_err(StoreError::from)?) {
            Ok(list) => all.lists.push(list),
            Err(error) => all.unread.push(error),
        }
    }
    Ok(all)
}

/// Returns the key of a list's record.
pub fn key(name: &str) -> Key {
    Key { number: LISTS.to_owned(), rule: name.to_owned() }
}

/// Returns the record of a list, if there is one of this name.
///
/// # Errors
/// When the table cannot be read.
pub async fn read(store: &RulesTable, name: &str) -> Result<Option<ListRecord>, Failure> {
    let get = store.client().get_item().table_name(store.name()).consistent_read(true);
    let found = get.set_key(Some(key_attributes(&key(name)))).send().await.map_err(StoreError::from)?;
    found.item.as_ref().map(ListRecord::of_item).transpose()
}

/// Writes the record of a list, if its last import is still `held_by`.
///
/// # Errors
/// When another import has taken the list over, or the table cannot be written.
pub async fn write(store: &WritableTable, record: &ListRecord, held_by: Option<&str>) -> Result<(), Failure> {
    let put = store
        .client()
        .put_item()
        .table_name(store.name())
        .set_item(Some(record.to_item()?))
        .expression_attribute_names("#import", "import");
    let put = match held_by {
        // Its own id too: the record may have been written although the answer was lost.
        Some(import) => put
            .condition_expression("#import = :import OR #import = :own")
            .expression_attribute_values(":own", AttributeValue::S(record.import.clone()))
            .expression_attribute_values(":import", AttributeValue::S(import.to_owned())),
        None => put
            .condition_expression("attribute_not_exists(#import) OR #import = :own")
            .expression_attribute_values(":own", AttributeValue::S(record.import.clone())),
    };
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Err(taken_over(&record.name))
        }
        Err(error) => Err(StoreError::from(error).into()),
    }
}

/// Removes the record of a list, if its last change is still that of `record`.
///
/// # Errors
/// When an import has taken the list over, or the table cannot be written.
pub async fn remove(store: &WritableTable, record: &ListRecord) -> Result<(), Failure> {
    let removal = store
        .client()
        .delete_item()
        .table_name(store.name())
        .set_key(Some(key_attributes(&key(&record.name))))
        // If the answer was lost, the record is gone already.
        .condition_expression("attribute_not_exists(#import) OR #import = :import")
        .expression_attribute_names("#import", "import")
        .expression_attribute_values(":import", AttributeValue::S(record.import.clone()));
    match removal.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Err(taken_over(&record.name))
        }
        Err(error) => Err(StoreError::from(error).into()),
    }
}

/// Returns the error of an import whose list another import has taken over.
pub fn taken_over(list: &str) -> Failure {
    format!(
        "another import of list {list} has begun; this one stops, and the other one keeps or removes the items that it \
         wrote"
    )
    .into()
}

/// Returns a day for people, in UTC.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
