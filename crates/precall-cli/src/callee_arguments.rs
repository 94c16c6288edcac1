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
    /// Returns the text of the number.
    pub fn text(&self) -> &str {
        self.to.as_deref().or(self.callee.as_deref()).unwrap_or_default()
    }

    /// Returns the number.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn number(&self) -> Result<Number, Failure> {
        let text = self.text();
        let option = if self.to.is_some() { "--to" } else { "callee" };
        if text.trim().is_empty() {
            return Err(format!("{option}: empty; write a number, such as +13155550100").into());
        }
        Ok(Number::from_typed(text).map_err(|error| LocatedError::new(format_args!("{option} {text}"), error))?)
    }
}
