//! Refuses to write attributes that precall does not read.

use precall::rule::UnknownAttribute;

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::failure::Failure;
use crate::terminal::print_stderr;

/// Checks the attributes of an item that is to be written. `old` is the item that it replaces: attributes that it has already
/// are kept, with a warning, so that an item of another tool can be edited.
///
/// # Errors
/// When the item has an attribute that is not read, and that the old item does not have.
pub fn check(item: &Attributes, old: Option<&Attributes>) -> Result<(), Failure> {
    let is_old = |unknown: &UnknownAttribute| old.is_some_and(|old| old.contains_key(&unknown.name));
    let (kept, new): (Vec<_>, Vec<_>) = items::unknown_attributes(item).into_iter().partition(is_old);
    if !new.is_empty() {
        let advice: Vec<String> = new.into_iter().map(|unknown| unknown.advice).collect();
        return Err(advice.join("; ").into());
    }
    for UnknownAttribute { advice, .. } in kept {
        print_stderr(format_args!(
            "warning: {}; the stored item has it, so it is kept",
            crate::terminal::printable(&advice)
        ));
    }
    Ok(())
}
