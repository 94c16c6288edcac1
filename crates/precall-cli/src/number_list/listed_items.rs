//! The items of a list that are to be removed: those that did not come from the imported file, or all of them.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::operation::scan::paginator::ScanPaginatorItems;
use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::Key;
use precall_hook::store::{RulesTable, StoreError};

use super::list_record::ListRecord;
use super::list_writer::ListWriter;
use super::mark::MARK;
use crate::dynamodb::items::{LISTS, PAGE, key};
use crate::failure::Failure;

/// Items that are removed before the record is saved.
const CHUNK: usize = 1_000;

/// Finds and removes the items of a list that do not have a mark.
#[derive(Debug)]
pub struct ListedItems {
    store: RulesTable,
    list: String,
    mark: String,
}

impl ListedItems {
    /// Returns the items of a list that do not have this mark.
    pub fn new(store: &RulesTable, list: &str, mark: &str) -> Self {
        Self { store: store.clone(), list: list.to_owned(), mark: mark.to_owned() }
    }

    /// Counts the items up to a limit. The result is one more than the limit if there are more.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn count_up_to(&self, limit: u64) -> Result<u64, Failure> {
        let mut pages = self.scan().send();
        let mut count = 0;
        while count <= limit
            && let Some(item) = pages.next().await
        {
            item.map_err(StoreError::from)?;
            count += 1;
        }
        Ok(count)
    }

    /// Removes the items, and saves the record after each chunk. `each` gets the record after each chunk. Returns false
    /// if it was stopped before the end.
    ///
    /// # Errors
    /// When the table cannot be read or written, or another import has taken the list over.
    pub async fn remove(
        &self,
        writer: &mut ListWriter,
        record: &mut ListRecord,
        stopped: &AtomicBool,
        mut each: impl FnMut(&ListRecord),
    ) -> Result<bool, Failure> {
        let mut pages = self.scan().send();
        let mut keys = Vec::new();
        let mut is_stopped = false;
        while !is_stopped && let Some(item) = pages.next().await {
            keys.push(key(&item.map_err(StoreError::from)?));
            if keys.len() == CHUNK {
                self.remove_chunk(&std::mem::take(&mut keys), writer, record).await?;
                each(record);
            }
            is_stopped = stopped.load(Ordering::Relaxed);
        }
        self.remove_chunk(&keys, writer, record).await?;
        each(record);
        Ok(!is_stopped)
    }

    async fn remove_chunk(
        &self,
        keys: &[Key],
        writer: &mut ListWriter,
        record: &mut ListRecord,
    ) -> Result<(), Failure> {
        writer.remove_unmarked(keys, &self.mark, record).await?;
        record.removed += u64::try_from(keys.len())?;
        writer.save(record).await
    }

    /// Scans the table for the items. A wildcard rule with exactly the list's name is not an entry of the list, and
    /// neither are notices, which have the attribute `list`: a list may be called `list`.
    fn scan(&self) -> ScanPaginatorItems {
        self.store
            .client()
            .scan()
            .table_name(self.store.name())
            .consistent_read(true)
            .limit(PAGE)
            .projection_expression("#number, #rule")
            .filter_expression(
                "((#rule = :list AND #number <> :wildcard) OR (begins_with(#rule, :areas) AND #number = :wildcard AND attribute_not_exists(#list))) \
                 AND #number <> :lists AND (attribute_not_exists(#mark) OR #mark <> :mark)",
            )
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#rule", "rule")
            .expression_attribute_names("#list", "list")
            .expression_attribute_names("#mark", MARK)
            .expression_attribute_values(":list", AttributeValue::S(self.list.clone()))
            .expression_attribute_values(":areas", AttributeValue::S(format!("{}:+", self.list)))
            .expression_attribute_values(":wildcard", AttributeValue::S("*".to_owned()))
            .expression_attribute_values(":lists", AttributeValue::S(LISTS.to_owned()))
            .expression_attribute_values(":mark", AttributeValue::S(self.mark.clone()))
            .into_paginator()
            .items()
    }
}
