//! `precall approve`: makes the change of a proposal by another person.

use std::process::ExitCode;

use precall_hook::settings::Settings;

use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::edit::meaning;
use crate::failure::Failure;
use crate::proposal::Proposal;
use crate::proposal_past::ProposalPast;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::terminal::{confirm, print, print_stderr};
use crate::tool_settings::settings;

/// Make the change that another person has proposed.
///
/// Look at the proposal with `precall review` first. The command shows the change, then asks. It refuses a proposal of your own,
/// one whose rule has changed since, one that the console, a program or the load of a backup has written, and one that was rejected
/// or approved before, by the journal. Exit status: 0 if the change was made, 1 if it was not.
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
    let settings = settings()?;
    let WritableStore { opened, table } = arguments.store.open_to_change(&settings).await?;
    let approved = Box::pin(arguments.approve(&opened, &table, &settings)).await;
    opened.finish(approved).await
}

impl Arguments {
    async fn approve(
        &self,
        opened: &OpenedStore,
        table: &WritableTable,
        settings: &Settings,
    ) -> Result<ExitCode, Failure> {
        let proposal = Proposal::read(&opened.store, &self.id, &opened.location).await?;
        let stamper = ChangeStamper::of(opened, ChangeVia::Approve, &self.because).await;
        check_people(&proposal, stamper.by())?;
        check_past(&proposal, opened, settings).await?;
        let Proposal { id, key, new, .. } = &proposal;
        let old = stamped_write::get(table, key).await?;
        if !proposal.is_current(old.as_ref()) {
            return Err(format!(
                "nothing was written: {} has changed since the proposal, or has changed and was changed back; look at the \
                 difference with `precall review {id}` and at the changes with `precall history --number '{}' --rule {}`, and \
                 propose the change again",
                proposal.changed_item(),
                key.number,
                key.rule
            )
            .into());
        }
        print(&format!("proposal {id}: {}\n", proposal.summary()))?;
        print(&proposal.difference(old.as_ref()))?;
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

/// Checks that the proposal is the one that was made, and was not rejected or approved before. Without a journal, it warns.
async fn check_past(proposal: &Proposal, opened: &OpenedStore, settings: &Settings) -> Result<(), Failure> {
    let id = &proposal.id;
    match ProposalPast::read(proposal, opened, settings).await? {
        ProposalPast::Genuine => Ok(()),
        ProposalPast::Unknown(why) => {
            print_stderr(format_args!(
                "warning: {why}, so it is not known that proposal {id} was not rejected or approved before"
            ));
            Ok(())
        }
        ProposalPast::Refused(why) => Err(format!(
            "nothing was written: the console or a program has written proposal {id}: {why}; look at `precall history \
             --rule {id}`, end it with `precall reject {id}`, and propose the change again"
        )
        .into()),
    }
}

/// Returns the reason of the change: the proposal with its author, and both reasons.
fn because(proposal: &Proposal, approved: Option<&str>) -> String {
    let Proposal { by, because, .. } = proposal;
    let mut text = format!("{} by {by}", proposal.in_reason());
    if let Some(because) = because {
        text = format!("{text}: {because}");
    }
    match approved {
        Some(approved) => format!("{text}; approved: {approved}"),
        None => text,
    }
}
