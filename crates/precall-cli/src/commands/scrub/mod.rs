//! `precall scrub`: the decisions of the calls to all numbers of a file.

mod arguments;
mod outputs;
mod scrub_run;

use std::process::ExitCode;
use std::sync::Arc;

pub use self::arguments::Arguments;
use crate::failure::Failure;
use crate::tool_settings::settings;

/// Runs the command.
///
/// # Errors
/// If the file or the rules cannot be read, or an output cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = Arc::new(settings()?);
    let leads = arguments.leads()?;
    let opened = arguments.source.open_for_calls(&settings).await?;
    // On the heap: the future is large.
    let outcome = Box::pin(scrub_run::run(&arguments, leads, &opened, &settings)).await;
    opened.finish(outcome).await
}
