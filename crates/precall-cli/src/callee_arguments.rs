//! The callee of a command, as an argument.

use precall::Number;

use crate::failure::{Failure, LocatedError};

/// The callee, with `--to` or without it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct CalleeArguments {
    /// The callee, such as +13155550100.
    #[arg(value_name = "CALLEE", required_unless_present = "to", conflicts_with = "to", allow_hyphen_values = false)]
    callee: Option<String>,

    /// The callee, such as +13155550100.
    #[arg(long, value_name = "NUMBER")]
    to: Option<String>,
}

impl CalleeArguments {
    /// Returns the number.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn number(&self) -> Result<Number, Failure> {
        match (&self.to, &self.callee) {
            (Some(to), _) => typed_number("--to", to),
            (None, callee) => typed_number("callee", callee.as_deref().unwrap_or_default()),
        }
    }
}

/// Reads the number of an option, as people type numbers.
///
/// # Errors
/// If it cannot be read: the option, the text, and the reason.
pub fn typed_number(option: &str, text: &str) -> Result<Number, Failure> {
    Ok(Number::from_typed(text).map_err(|error| LocatedError::new(format_args!("{option} {text}"), error))?)
}
