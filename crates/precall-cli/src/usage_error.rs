//! Errors of the use of a command, which clap cannot find: options of which one of several sets is needed.

use std::fmt;

use clap::error::ErrorKind;

/// Returns the error of a command without the options that it needs. The message names each set of options that is enough.
pub fn missing<A: clap::Args>(command: &'static str, message: impl fmt::Display) -> clap::Error {
    A::augment_args(clap::Command::new(command).bin_name(command)).error(ErrorKind::MissingRequiredArgument, message)
}
