//! `precall`: the hook on one machine, and tools to see what it decides.

mod check;
mod embedded;
mod hours;
mod items;
mod keygen;
mod load;
mod serve;
mod store;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A failure to tell the person at the terminal: what went wrong, and what to do.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The pre-call hook on one machine, and tools to see what it decides.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer calls over HTTP.
    Serve(serve::Arguments),
    /// Show what would be decided for a call, and why.
    Check(check::Arguments),
    /// Show whether a number may be called now by law, why, and when the next window opens.
    Hours(hours::Arguments),
    /// Write files of rules into the rules table.
    Load(load::Arguments),
    /// Make an API key for the vendor, and its hash for the settings.
    Keygen(keygen::Arguments),
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
        Command::Keygen(arguments) => keygen::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("precall: {error}");
        ExitCode::FAILURE
    })
}
