//! A rules table as it is, or as it would be with one change.

use std::collections::BTreeSet;

use precall::rule::{Action, Entry, Key, WILDCARD};
use precall_hook::settings::Settings;
use precall_hook::store::StoreError;

use super::attribute_value::Attributes;
use super::items;
use super::location::RulesLocation;
use super::store::{OpenedStore, scan};
use crate::failure::Failure;

/// A rules table as it is, or as it would be with one change. The change is not made, and nothing is kept in memory.
#[derive(Debug, Clone, Copy)]
pub struct ViewedTable<'t> {
    opened: &'t OpenedStore,
    change: Option<ViewedChange<'t>>,
}

/// The item of a key after a change; `None` removes it.
#[derive(Debug, Clone, Copy)]
struct ViewedChange<'t> {
    key: &'t Key,
    new: Option<&'t Attributes>,
}

impl<'t> ViewedTable<'t> {
    /// A table as it is.
    pub fn of(opened: &'t OpenedStore) -> Self {
        Self { opened, change: None }
    }

    /// A table with a change of one item; without `new`, the item is removed.
    pub fn with_change(opened: &'t OpenedStore, key: &'t Key, new: Option<&'t Attributes>) -> Self {
        Self { opened, change: Some(ViewedChange { key, new }) }
    }

    /// Returns the place of the table.
    pub fn location(&self) -> &'t RulesLocation {
        &self.opened.location
    }

    /// Returns the opened store, if the table is shown as it is.
    pub fn unchanged(&self) -> Option<&'t OpenedStore> {
        if self.change.is_none() { Some(self.opened) } else { None }
    }

    /// Returns the items under a number, or under `*`.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn attributes(&self, number: &str) -> Result<Vec<Attributes>, StoreError> {
        let mut found = self.opened.store.attributes(number).await?;
        if let Some(ViewedChange { key, new }) = self.change.filter(|change| change.key.number == number) {
            found.retain(|item| items::key(item) != *key);
            found.extend(new.cloned());
        }
        Ok(found)
    }

    /// Passes each item to `each`, as [`scan`] does.
    ///
    /// # Errors
    /// When a part of the table cannot be read, or `each` fails.
    pub async fn scan(&self, mut each: impl FnMut(Attributes) -> Result<(), Failure>) -> Result<(), Failure> {
        let change = self.change;
        let is_changed = |item: &Attributes| change.is_some_and(|change| items::key(item) == *change.key);
        scan(self.opened, |item| if is_changed(&item) { Ok(()) } else { each(item) }).await?;
        match change.and_then(|change| change.new) {
            Some(new) if !items::is_record(new) => each(new.clone()),
            _ => Ok(()),
        }
    }

    /// Opens a table in memory with the items that calls to and from these numbers depend on: those under the numbers, under `*`,
    /// and under the targets of redirects.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn copy_for(
        &self,
        numbers: impl IntoIterator<Item = String>,
        settings: &Settings,
    ) -> Result<OpenedStore, Failure> {
        let mut numbers: Vec<String> = numbers.into_iter().chain([WILDCARD.to_owned()]).collect();
        let mut done = BTreeSet::new();
        let mut copied = Vec::new();
        while let Some(number) = numbers.pop() {
            if !done.insert(number.clone()) {
                continue;
            }
            for item in self.attributes(&number).await? {
                // The target of a redirect is evaluated by its own rules.
                if let Entry::Rule(rule) = items::parse(&item)
                    && let Action::Redirect(targets) = &rule.action
                {
                    numbers.extend(targets.numbers().map(|number| number.as_str().to_owned()));
                }
                copied.push(item);
            }
        }
        OpenedStore::with_items(copied, self.opened.location.clone(), settings).await
    }
}
