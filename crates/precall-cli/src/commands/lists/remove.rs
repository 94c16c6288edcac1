//! `precall lists remove`: removes all numbers of a list, its notice and its record.

use std::process::ExitCode;

use crate::change_stamp::BecauseArgument;
use crate::dynamodb::store::StoreArguments;
use crate::failure::Failure;
use crate::number_list::arguments::list_name;
use crate::number_list::list_removal::ListRemoval;

/// Remove all numbers of a list, and its record.
///
/// The command reads the whole table, and AWS charges for that and for each removal. Without --yes, it reads the table
/// once more before, to show how many numbers the list has. You can interrupt it: the same command continues. Do not
/// run it while an import of the list runs. Exit status: 0 if the list was removed, 1 if it was not, 130 after Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct RemoveArguments {
    /// The list's name.
    #[arg(value_name = "NAME", value_parser = list_name)]
    list: String,

    /// Remove the list without asking for confirmation.
    #[arg(long)]
    yes: bool,

    /// Show the list, and do not remove it.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    #[command(flatten)]
    because: BecauseArgument,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When there is no such list, or it cannot be removed.
pub async fn run(arguments: RemoveArguments) -> Result<ExitCode, Failure> {
    let RemoveArguments { list, yes, dry_run, because, store } = arguments;
    ListRemoval { list, yes, dry_run, because, store: &store }.run().await
}
