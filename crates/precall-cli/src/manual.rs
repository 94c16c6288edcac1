//! `precall completions` and `precall man`: what a shell and a manual reader need to know of the commands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{Failure, tell};

/// Print the completions of a shell
///
/// For bash, in ~/.bashrc: `source <(precall completions bash)`.
/// For zsh: `precall completions zsh > "${fpath[1]}/_precall"`.
/// For fish: `precall completions fish > ~/.config/fish/completions/precall.fish`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Write the manual pages, one for each command
///
/// To read one: `precall man man && man -l man/precall-check.1`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Man {
    /// The folder, which is made if it is not there.
    folder: PathBuf,
}

pub fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Arguments::command(), "precall", &mut script);
    tell(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

pub fn man(arguments: &Man) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| Failure::from(format!("{}: {error}", arguments.folder.display()));
    std::fs::create_dir_all(&arguments.folder).map_err(failed)?;
    clap_mangen::generate_to(crate::Arguments::command(), &arguments.folder).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
