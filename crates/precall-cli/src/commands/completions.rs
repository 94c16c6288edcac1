//! `precall completions`: completions for a shell.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::failure::Failure;
use crate::terminal::print;

/// Print completions for a shell
///
/// For bash, in ~/.bashrc: `source <(precall completions bash)`.
/// For zsh: `precall completions zsh > "${fpath[1]}/_precall"`.
/// For fish: `precall completions fish > ~/.config/fish/completions/precall.fish`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// If standard output cannot be written.
pub fn run(arguments: &Arguments, mut program: clap::Command) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "precall", &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}
