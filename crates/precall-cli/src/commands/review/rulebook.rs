//! The rulebook with the change of a proposal, in memory.

use precall_hook::settings::Settings;

use crate::dynamodb::items;
use crate::dynamodb::store::{OpenedStore, scan};
use crate::failure::Failure;
use crate::proposal::Proposal;

/// Copies the whole table into memory, and makes the change there.
///
/// # Errors
/// When the table cannot be read.
pub async fn proposed(opened: &OpenedStore, settings: &Settings, proposal: &Proposal) -> Result<OpenedStore, Failure> {
    let mut items = Vec::new();
    scan(opened, |item| {
        if items::key(&item) != proposal.key {
            items.push(item);
        }
        Ok(())
    })
    .await?;
    items.extend(proposal.new.clone());
    OpenedStore::with_items(items, opened.location.clone(), settings).await
}
