//! `precall import`: writes lists of numbers into the rules table.

mod arguments;
mod checks;
mod dry_run;
mod exempt_arguments;
mod exempt_lists;
mod hand_change;
mod hand_removals;
mod holder_arguments;
mod import_run;
mod plan;
mod request_period;
mod shown;

use std::ops::ControlFlow;
use std::process::ExitCode;

use precall_hook::settings::Settings;

pub use self::arguments::Arguments;
use self::hand_removals::HandRemovals;
use self::import_run::ImportInput;
use crate::change_stamp::{ChangeStamper, ChangeVia};
use crate::dynamodb::store::{OpenedStore, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::number_list::file_reader::input::{FileFingerprint, InputFile};
use crate::number_list::rejects;
use crate::terminal::{print, print_stderr};
use crate::tool_settings::settings;

/// Runs the command.
///
/// # Errors
/// When the import cannot begin or is interrupted by a failure.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    arguments.check()?;
    let mut input = InputFile::open(&arguments.file)?;
    rejects::refuse_input(&arguments.rejects_file(), &arguments.file)?;
    if arguments.dry_run {
        return dry_run::run(&arguments, input);
    }
    let fingerprint = input.fingerprint()?;
    if arguments.store.creates_database() {
        import_run::check_format(&arguments, input.again()?).await?;
    }
    let is_reject = arguments.attributes.is_reject() && !arguments.holders.holders;
    if let Some(warning) = request_period::warning(&arguments.list()?, arguments.forget_after, is_reject) {
        print_stderr(format_args!("{warning}"));
    }
    let settings = settings()?;
    let WritableStore { opened, table } = arguments.store.open_or_create(&settings).await?;
    let outcome = import(&arguments, input, &fingerprint, &opened, &table, &settings).await;
    opened.finish(outcome).await
}

async fn import(
    arguments: &Arguments,
    input: InputFile,
    fingerprint: &FileFingerprint,
    opened: &OpenedStore,
    table: &WritableTable,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    checks::refuse_unreviewed(arguments, &input, table).await?;
    checks::refuse_errors(arguments, table).await?;
    let stamper = ChangeStamper::of(opened, ChangeVia::Import, &arguments.because).await;
    let plan = match plan::plan(arguments, table, fingerprint, &stamper).await? {
        ControlFlow::Break(status) => return Ok(status),
        ControlFlow::Continue(plan) => plan,
    };
    // A list without a record has no copy since which people could have removed numbers.
    let removals = match plan.held_by {
        Some(_) => HandRemovals::in_file(arguments, &input, opened, settings).await?,
        None => HandRemovals::default(),
    };
    if !removals.announce(arguments)? {
        print("nothing was imported\n")?;
        return Ok(ExitCode::FAILURE);
    }
    let held = removals.into_held();
    import_run::run(arguments, ImportInput { plan, file: input, held }, opened, table, stamper).await
}
