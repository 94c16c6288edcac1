//! Whole numbers as arguments.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Reads a whole number.
///
/// # Errors
/// When it is not one, or is too large.
pub fn whole_number<T: FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_error| "not a whole number; write for example 100".to_owned())
}

/// Reads a whole number of a range.
///
/// # Errors
/// When it is not one.
pub fn whole_number_of<T: FromStr + PartialOrd + Display>(text: &str, range: &RangeInclusive<T>) -> Result<T, String> {
    let read = text.trim().parse().ok().filter(|number| range.contains(number));
    read.ok_or_else(|| format!("write a whole number from {} to {}", range.start(), range.end()))
}
