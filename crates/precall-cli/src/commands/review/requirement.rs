//! The setting that requires reviews: it is switched on at once, and off only by a proposal.

use std::process::ExitCode;

use precall_hook::settings::Settings;

use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::proposal::Proposal;
use crate::review_setting;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::terminal::print;

/// The rules whose changes a second person has to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RequiredReview {
    /// The rules under `*`.
    Wildcard,
    /// No rules.
    None,
}

/// Writes the setting, or the proposal to end it.
///
/// # Errors
/// When the table cannot be read or written.
pub async fn write(
    required: RequiredReview,
    store: &StoreArguments,
    because: &BecauseArgument,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    let WritableStore { opened, table } = store.open_to_change(settings).await?;
    let written = write_in(required, &opened, &table, because).await;
    opened.finish(written).await
}

async fn write_in(
    required: RequiredReview,
    opened: &OpenedStore,
    table: &WritableTable,
    because: &BecauseArgument,
) -> Result<ExitCode, Failure> {
    let is_required = review_setting::is_required(table).await?;
    if is_required == (required == RequiredReview::Wildcard) {
        let state = if is_required { "already need" } else { "do not need" };
        print(&format!(
            "nothing was changed: changes of rules under `*` {state} the approval of a second person in {}\n",
            opened.location
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let stored = review_setting::stored(table).await?;
    if required == RequiredReview::None {
        let stamper = ChangeStamper::of(opened, ChangeVia::Propose, because).await;
        let proposal = Proposal::new(&review_setting::key(), stored.as_ref(), None, &stamper);
        proposal.write(table, &stamper).await?;
        print(&proposal.written_text(&opened.location))?;
        return Ok(ExitCode::SUCCESS);
    }
    let stamper = ChangeStamper::of(opened, ChangeVia::Review, because).await;
    match stamped_write::put(table, &stamper, stored.as_ref(), &review_setting::item()).await? {
        StampedWriteOutcome::Done => print(&format!(
            "from now on, changes of rules under `*` in {} need the approval of a second person\n",
            opened.location
        ))?,
        StampedWriteOutcome::Changed => {
            return Err("nothing was changed: the setting has changed meanwhile; repeat the command".into());
        }
    }
    Ok(ExitCode::SUCCESS)
}
