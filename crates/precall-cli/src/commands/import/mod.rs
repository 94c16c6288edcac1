//! `precall import`: writes lists of numbers into the rules table.

mod arguments;
mod dry_run;
mod import_run;
mod plan;
mod shown;

use std::ops::ControlFlow;
use std::process::ExitCode;

pub use self::arguments::Arguments;
use crate::change_stamp::{ChangeStamper, ChangeVia};
use crate::dynamodb::store::{OpenedStore, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::number_list::file_reader::input::{FileFingerprint, InputFile};
use crate::number_list::rejects;
use crate::tool_settings::settings;

/// Runs the command.
///
/// # Errors
/// When the import cannot begin or is interrupted by a failure.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut input = InputFile::open(&arguments.file)?;
    rejects::refuse_input(&arguments.rejects_file(), &arguments.file)?;
    if arguments.dry_run {
        return dry_run::run(&arguments, input);
    }
    let fingerprint = input.fingerprint()?;
    if arguments.store.creates_database() {
        import_run::check_format(&arguments, input.again()?).await?;
    }
    let WritableStore { opened, table } = arguments.store.open_or_create(&settings()?).await?;
    let outcome = import(&arguments, input, &fingerprint, &opened, &table).await;
    opened.finish(outcome).await
}

async fn import(
    arguments: &Arguments,
    input: InputFile,
    fingerprint: &FileFingerprint,
    opened: &OpenedStore,
    table: &WritableTable,
) -> Result<ExitCode, Failure> {
    let stamper = ChangeStamper::of(opened, ChangeVia::Import, &arguments.because).await;
    match plan::plan(arguments, table, fingerprint, &stamper).await? {
        ControlFlow::Break(status) => Ok(status),
        ControlFlow::Continue(plan) => import_run::run(arguments, plan, input, opened, table, stamper).await,
    }
}
