//! The commands: `commands/NAME.rs` or `commands/NAME/` is `precall NAME`.

pub mod approve;
pub mod check;
pub mod completions;
pub mod diff;
pub mod disable;
pub mod enable;
pub mod expire;
pub mod explain;
pub mod export_table;
pub mod hash;
pub mod history;
pub mod hours;
pub mod import;
pub mod keygen;
pub mod lint;
pub mod lists;
pub mod load;
pub mod man;
pub mod propose;
pub mod put;
pub mod reject;
pub mod remove;
pub mod replay;
pub mod report;
pub mod review;
pub mod rules;
pub mod scrub;
pub mod serve;
pub mod set;
pub mod test;
pub mod undo;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  precall serve --example                       try the hook on this machine
  precall load rules/us-sales.json              begin with a ready rulebook
  precall check --from +12125550100 --to +13155550101
                                                the decision now, and the reason
  precall hours --to +12085550100               show whether the law allows a call now
  precall disable --number '*' --rule night     switch a rule off, and keep it
Help for a command: precall help check
Exit status: 0 for success; 1 if the command failed or its result is negative (see its help); 
2 for a mistake in the arguments.";

/// Run the pre-call hook on one machine, and write, test and explain its rules.
#[derive(Debug, Parser)]
#[command(name = "precall", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The help text of a command is that of its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Check(check::Arguments),
    Hours(hours::Arguments),
    Scrub(scrub::Arguments),
    Load(load::Arguments),
    Import(Box<import::Arguments>),
    Lists(lists::Arguments),
    ExportTable(export_table::Arguments),
    Rules(rules::Arguments),
    History(history::Arguments),
    Diff(diff::Arguments),
    Undo(undo::Arguments),
    Lint(lint::Arguments),
    Test(test::Arguments),
    Put(put::Arguments),
    Set(set::Arguments),
    Enable(enable::Arguments),
    Disable(disable::Arguments),
    Expire(expire::Arguments),
    Remove(remove::Arguments),
    Propose(propose::Arguments),
    Review(review::Arguments),
    Approve(approve::Arguments),
    Reject(reject::Arguments),
    Replay(replay::Arguments),
    Report(report::Arguments),
    Explain(explain::Arguments),
    Hash(hash::Arguments),
    Keygen(keygen::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command that the arguments name.
///
/// # Errors
/// If the command fails, with a message for the person at the terminal.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Check(arguments) => check::run(arguments).await,
        Command::Hours(arguments) => hours::run(arguments).await,
        Command::Scrub(arguments) => Box::pin(scrub::run(arguments)).await,
        Command::Load(arguments) => load::run(arguments).await,
        Command::Import(arguments) => Box::pin(import::run(*arguments)).await,
        Command::Lists(arguments) => Box::pin(lists::run(arguments)).await,
        Command::ExportTable(arguments) => export_table::run(arguments).await,
        Command::Rules(arguments) => rules::run(arguments).await,
        Command::History(arguments) => history::run(arguments).await,
        Command::Diff(arguments) => diff::run(arguments).await,
        Command::Undo(arguments) => undo::run(arguments).await,
        Command::Lint(arguments) => lint::run(arguments).await,
        Command::Test(arguments) => test::run(arguments).await,
        Command::Put(arguments) => Box::pin(put::run(arguments)).await,
        Command::Set(arguments) => set::run(arguments).await,
        Command::Enable(arguments) => enable::run(arguments).await,
        Command::Disable(arguments) => disable::run(arguments).await,
        Command::Expire(arguments) => expire::run(arguments).await,
        Command::Remove(arguments) => remove::run(arguments).await,
        Command::Propose(arguments) => propose::run(arguments).await,
        Command::Review(arguments) => review::run(arguments).await,
        Command::Approve(arguments) => approve::run(arguments).await,
        Command::Reject(arguments) => reject::run(arguments).await,
        Command::Replay(arguments) => replay::run(arguments).await,
        Command::Report(arguments) => report::run(&arguments),
        Command::Explain(arguments) => explain::run(arguments).await,
        Command::Hash(arguments) => hash::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    }
}
