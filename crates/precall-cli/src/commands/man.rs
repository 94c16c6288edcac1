//! `precall man`: the manual pages.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::failure::{Failure, LocatedError};

/// Write the manual pages, one for each command
///
/// To read one: `precall man man && man -l man/precall-check.1`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The folder. It is created if it does not exist.
    folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If the folder cannot be written.
pub fn run(arguments: &Arguments, program: clap::Command) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| LocatedError::new(arguments.folder.display(), error);
    std::fs::create_dir_all(&arguments.folder).map_err(failed)?;
    clap_mangen::generate_to(program, &arguments.folder).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
