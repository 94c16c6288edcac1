//! Reads the journal of an opened store.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, ToSpan, Unit};
use precall_hook::journal::{Change, JournalTable, changes_of};
use precall_hook::settings::Settings;
use precall_hook::store::{LISTS, StoreErrorKind};

use super::error::NoJournal;
use super::order::in_order;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;

/// The longest time between the first and the last change of a pack. A stream keeps its records for a day, so that no batch of
/// records has changes of a longer time.
const MAX_PACK: SignedDuration = SignedDuration::from_hours(25);

/// The journal of an opened store.
#[derive(Debug)]
pub struct JournalReader {
    table: JournalTable,
    /// The changes that are not in the table yet.
    pending: Vec<Change>,
    created: Timestamp,
    /// The shortest time for which the journal keeps an entry, of those that were read.
    retention: Option<SignedDuration>,
    now: Timestamp,
}

impl JournalReader {
    /// Opens the journal. It creates nothing. The current items must be read before: a change that is made meanwhile is then in
    /// the journal, and not only in the items.
    ///
    /// # Errors
    /// When there is no journal table, or it cannot be read.
    pub async fn open(opened: &OpenedStore, settings: &Settings) -> Result<Self, Failure> {
        // Before the table: another process may move a change from the stream to the table in between.
        let pending = pending_changes(opened)?;
        let table = JournalTable::new(opened.store.client().clone(), &settings.journal_table);
        let created = table.created_at().await.map_err(|error| -> Failure {
            match error.kind {
                StoreErrorKind::MissingTable => {
                    NoJournal { table: settings.journal_table.clone(), rules: opened.location.clone() }.into()
                }
                _ => error.into(),
            }
        })?;
        let created = created.ok_or("DynamoDB does not return the creation time of the journal table")?;
        Ok(Self { table, pending, created, retention: None, now: Timestamp::now() })
    }

    /// Returns the table's name.
    pub fn name(&self) -> &str {
        self.table.name()
    }

    /// Returns the instant from which on the journal has all changes, in whole seconds: the creation of its table, or later if it
    /// keeps its entries for a limited time. The time is that of the entries that were read.
    pub fn begins(&self) -> Timestamp {
        let kept = self.retention.and_then(|retention| self.now.checked_sub(retention).ok());
        let kept =
            kept.and_then(|kept| kept.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).ok());
        kept.map_or(self.created, |kept| kept.max(self.created))
    }

    /// Returns the changes of the items under a number from an instant on, without those in packs.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn under(&mut self, number: &str, from: Timestamp) -> Result<Vec<Change>, Failure> {
        let items = self.table.under_since(number, from).await?;
        self.read(&items, from, |change| change.key.number == number)
    }

    /// Returns the changes of all items from an instant on and before another one, without those in packs.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn between(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let first = from.max(self.created).to_zoned(TimeZone::UTC).date().first_of_month();
        let last = to.min(self.now).to_zoned(TimeZone::UTC).date();
        for month in first.series(1.month()).take_while(|month| *month <= last) {
            let items = self.table.of_month(&month.strftime("%Y-%m").to_string()).await?;
            changes.extend(self.read(&items, from, |_| true)?);
        }
        let mut changes = in_order(changes);
        changes.retain(|change| change.at < to);
        Ok(changes)
    }

    /// Returns the changes in the packs of lists from an instant on that are wanted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn packed(
        &mut self,
        lists: &BTreeSet<String>,
        from: Timestamp,
        is_wanted: impl Fn(&Change) -> bool,
    ) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let first = from.checked_sub(MAX_PACK).unwrap_or(Timestamp::MIN);
        for list in lists {
            let items = self.table.packs_since(list, first).await?;
            changes.extend(self.read(&items, from, &is_wanted)?);
        }
        Ok(changes)
    }

    /// Returns the changes in the packs of a list that began at an instant or later, and are wanted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn packed_since(
        &mut self,
        list: &str,
        from: Timestamp,
        is_wanted: impl Fn(&Change) -> bool,
    ) -> Result<Vec<Change>, Failure> {
        let items = self.table.packs_since(list, from).await?;
        self.read(&items, from, is_wanted)
    }

    /// Returns all changes of the records of lists.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn of_list_records(&mut self) -> Result<Vec<Change>, Failure> {
        Ok(in_order(self.under(LISTS, Timestamp::UNIX_EPOCH).await?))
    }

    /// Reads the time for which the journal keeps an entry, unless an entry was read already. Without it, [`Self::begins`] may be too
    /// early: the entries of a number may all be deleted.
    ///
    /// # Errors
    /// When no entry can be read.
    pub async fn read_retention(&mut self) -> Result<(), Failure> {
        let first = self.created.to_zoned(TimeZone::UTC).date().first_of_month();
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let months: Vec<_> = first.series(1.month()).take_while(|month| *month <= today).collect();
        for month in months.into_iter().rev() {
            if self.retention.is_some() {
                break;
            }
            let items = self.table.of_month(&month.strftime("%Y-%m").to_string()).await?;
            self.read(&items, Timestamp::MAX, |_| false)?;
        }
        Ok(())
    }

    /// Reads the changes of items and those that are pending, from an instant on.
    fn read(
        &mut self,
        items: &[Attributes],
        from: Timestamp,
        is_wanted: impl Fn(&Change) -> bool,
    ) -> Result<Vec<Change>, Failure> {
        let is_in = |change: &Change| change.at >= from && is_wanted(change);
        let mut changes: Vec<Change> = self.pending.iter().filter(|change| is_in(change)).cloned().collect();
        for item in items {
            if let Some(retention) = retention(item) {
                self.retention = Some(self.retention.map_or(retention, |shortest| shortest.min(retention)));
            }
            changes.extend(changes_of(item)?.into_iter().filter(|change| is_in(change)));
        }
        Ok(changes)
    }
}

/// Returns the changes of the embedded store that are not in the journal table yet, and belong into it.
fn pending_changes(opened: &OpenedStore) -> Result<Vec<Change>, Failure> {
    let Some(embedded) = &opened.embedded else { return Ok(Vec::new()) };
    let mut changes = embedded.journal().pending()?;
    changes.retain(Change::is_noteworthy);
    Ok(changes)
}

/// Returns the time for which the journal keeps an entry.
fn retention(item: &Attributes) -> Option<SignedDuration> {
    let seconds = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
    Some(SignedDuration::from_secs(seconds("expires_at")?.checked_sub(seconds("at")?)?))
}
