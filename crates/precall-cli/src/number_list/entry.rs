//! The entries of a list's file.

use serde_json::{Map, Value};

use super::exemption_row::ExemptionRow;
use super::holder_row::HolderRow;

/// An entry of a list's file, with the number as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub enum ListEntry {
    /// Adds this number, or this area code (`201XXXXXXX`), to the list.
    Add(String),
    /// Removes it from the list.
    Remove(String),
    /// Adds an item. Its attributes take precedence over those of the command line.
    Item(Map<String, Value>),
    /// Adds an exemption.
    Exempt(ExemptionRow),
    /// Adds the place of the holder.
    Holder(HolderRow),
}
