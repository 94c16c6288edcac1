//! `precall`: the hook on one machine, and tools to see what it decides.

mod azure;
mod change;
mod check;
mod embedded;
mod expect;
mod explain;
mod export_table;
mod hours;
mod http;
mod identity;
mod import;
mod items;
mod keygen;
mod lint;
mod lists;
mod load;
mod log;
mod manual;
mod outcome;
mod page;
mod replay;
mod report;
mod rules;
mod serve;
mod store;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A failure to tell the person at the terminal: what went wrong, and what to do.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const EXAMPLES: &str = "\
Examples:
  precall serve --example                       try the hook on this machine
  precall load rules/us-sales.json              begin with a ready rulebook
  precall check --from +12125550100 --to +13155550101
                                                what would be decided now, and why
  precall hours --to +12085550100               whether the law allows a call now
Each command has more to say: precall help check
Exit status: 0 fine; 1 the answer is no, or it failed; 2 not understood.";

/// The pre-call hook on one machine, and tools to see what it decides.
#[derive(Debug, Parser)]
#[command(name = "precall", version, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Each is described where its arguments are.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Check(check::Arguments),
    Hours(hours::Arguments),
    Load(load::Arguments),
    Import(import::Arguments),
    Lists(lists::Arguments),
    ExportTable(export_table::Arguments),
    Rules(rules::Arguments),
    Lint(lint::Arguments),
    Test(expect::Arguments),
    Put(change::Put),
    Remove(change::Remove),
    Replay(replay::Arguments),
    Report(report::Arguments),
    Keygen(keygen::Arguments),
    Completions(manual::Completions),
    Man(manual::Man),
}

/// Says something to the person at the terminal. Whoever has heard enough, as `head` has, is no failure.
fn tell(text: &str) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Check(arguments) => check::run(arguments).await,
        Command::Hours(arguments) => hours::run(arguments).await,
        Command::Load(arguments) => load::run(arguments).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Lists(arguments) => lists::run(arguments).await,
        Command::ExportTable(arguments) => export_table::run(arguments).await,
        Command::Rules(arguments) => rules::run(arguments).await,
        Command::Lint(arguments) => lint::run(arguments).await,
        Command::Test(arguments) => expect::run(arguments).await,
        Command::Put(arguments) => change::put(arguments).await,
        Command::Remove(arguments) => change::remove(arguments).await,
        Command::Replay(arguments) => replay::run(arguments).await,
        Command::Report(arguments) => report::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::man(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("precall: {error}");
        ExitCode::FAILURE
    })
}
