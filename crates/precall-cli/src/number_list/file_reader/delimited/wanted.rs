//! The columns that an operator names.

use super::fields::split;

/// Returns the names in an argument, which has commas between them. A name with a comma is in quotes.
pub fn wanted_columns(argument: &str) -> Vec<String> {
    let fields = split(argument, b',');
    fields.into_iter().map(String::from).filter(|name| !name.is_empty()).collect()
}
