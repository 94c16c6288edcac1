//! `precall reject`: drops a proposal.

use std::process::ExitCode;

use precall::rule::Key;

use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::dynamodb::items::PROPOSALS;
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::terminal::print;
use crate::tool_settings::settings;

/// Drop a proposal.
///
/// The rule stays as it is. The journal keeps the proposal, with the person who rejected it and the reason. You can also drop a
/// proposal of your own. Exit status: 0 if the proposal was dropped, 1 if it was not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall reject 261128-093000-4f2 --because 'Florida ends at 20:00'")]
pub struct Arguments {
    /// The proposal, as `precall review` lists it.
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    because: BecauseArgument,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When there is no such proposal, no reason was given, or the table cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let WritableStore { opened, table } = arguments.store.open_to_change(&settings()?).await?;
    let rejected = arguments.reject(&opened, &table).await;
    opened.finish(rejected).await
}

impl Arguments {
    async fn reject(&self, opened: &OpenedStore, table: &WritableTable) -> Result<ExitCode, Failure> {
        let Self { id, because, .. } = self;
        let stamper = ChangeStamper::of(opened, ChangeVia::Reject, because).await;
        if stamper.because().is_none() {
            return Err("nothing was changed: a rejection needs its reason; write --because TEXT".into());
        }
        // Also an item that cannot be read as a proposal has to go.
        let key = Key { number: PROPOSALS.to_owned(), rule: id.trim().to_owned() };
        let Some(proposal) = stamped_write::get(table, &key).await? else {
            return Err(format!(
                "there is no proposal {id} in {}; `precall review` lists the open proposals",
                opened.location
            )
            .into());
        };
        match stamped_write::remove(table, &stamper, &proposal).await? {
            StampedWriteOutcome::Done => {
                print(&format!("proposal {id} was removed from {}; the rule stays as it is\n", opened.location))?;
            }
            StampedWriteOutcome::Changed => {
                return Err("nothing was changed: the proposal has changed meanwhile; repeat the command".into());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
