//! `precall approve`: makes the change of a proposal by another person.

use std::process::ExitCode;

use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::edit::meaning;
use crate::failure::Failure;
use crate::proposal::Proposal;
use crate::rule_difference::difference;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::terminal::{confirm, print};
use crate::tool_settings::settings;

/// Make the change that another person has proposed.
///
/// Look at the proposal with `precall review` first. The command shows the change, then asks. It refuses a proposal of your own,
/// one whose rule has changed since, and one that the console, a program or the load of a backup has written. Exit status: 0 if the
/// change was made, 1 if it was not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall approve 261128-093000-4f2 --because 'Checked with the lawyers'")]
pub struct Arguments {
    /// The proposal, as `precall review` lists it.
    #[arg(value_name = "ID")]
    id: String,

    /// Make the change without asking for confirmation.
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    because: BecauseArgument,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When there is no such proposal, it may not be approved, or the table cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let WritableStore { opened, table } = arguments.store.open_to_change(&settings()?).await?;
    let approved = Box::pin(arguments.approve(&opened, &table)).await;
    opened.finish(approved).await
}

impl Arguments {
    async fn approve(&self, opened: &OpenedStore, table: &WritableTable) -> Result<ExitCode, Failure> {
        let proposal = Proposal::read(&opened.store, &self.id, &opened.location).await?;
        let stamper = ChangeStamper::of(opened, ChangeVia::Approve, &self.because).await;
        check_people(&proposal, stamper.by())?;
        let Proposal { id, key, new, .. } = &proposal;
        let old = stamped_write::get(table, key).await?;
        if !proposal.is_current(old.as_ref()) {
            return Err(format!(
                "nothing was written: rule `{}` under {} has changed since the proposal; look at the difference with `precall \
                 review {id}`, and propose the change again",
                key.rule, key.number
            )
            .into());
        }
        print(&format!("proposal {id}: {}\n", proposal.summary()))?;
        print(&difference(key, old.as_ref(), new.as_ref()))?;
        print(&new.as_ref().map(meaning).unwrap_or_default())?;
        if !self.yes
            && !confirm(&format!("Make this change in {}?", opened.location), "write --yes to make the change")?
        {
            print("nothing was changed\n")?;
            return Ok(ExitCode::FAILURE);
        }
        let because = because(&proposal, stamper.because());
        let change = (old.as_ref(), new.as_ref());
        let stamper = stamper.with_because(because);
        match stamped_write::change_and_remove(table, &stamper, change, &proposal.stored).await? {
            StampedWriteOutcome::Done => {
                let what = if new.is_some() { "written to" } else { "removed from" };
                print(&format!("{what} {}\n", opened.location))?;
                Ok(ExitCode::SUCCESS)
            }
            StampedWriteOutcome::Changed => {
                Err("nothing was written: the rule or the proposal has changed meanwhile; repeat the command".into())
            }
        }
    }
}

/// Checks that the proposal is by another person than the one who approves it.
fn check_people(proposal: &Proposal, person: &str) -> Result<(), Failure> {
    let Proposal { id, by, .. } = proposal;
    if !proposal.is_genuine() {
        return Err(format!(
            "nothing was written: the console, a program or the load of a backup has written proposal {id}, so its author is not \
             certain; end it with `precall reject {id}`, and propose the change again"
        )
        .into());
    }
    if proposal.is_by(person) {
        return Err(format!(
            "nothing was written: proposal {id} is by {by}, and you are {person}; let another person approve it"
        )
        .into());
    }
    // Credentials whose owner AWS did not name may be those of the author.
    let is_known = |name: &str| name.starts_with("arn:") || name.contains('@');
    if !is_known(by) || !is_known(person) {
        return Err(format!(
            "nothing was written: proposal {id} is by {by}, and you are {person}, so it is not certain that these are two people; \
             allow sts:GetCallerIdentity"
        )
        .into());
    }
    Ok(())
}

/// Returns the reason of the change: the proposal with its author, and both reasons.
fn because(proposal: &Proposal, approved: Option<&str>) -> String {
    let Proposal { id, by, because, .. } = proposal;
    let mut text = format!("proposal {id} by {by}");
    if let Some(because) = because {
        text = format!("{text}: {because}");
    }
    match approved {
        Some(approved) => format!("{text}; approved: {approved}"),
        None => text,
    }
}
