//! Lists of rules and lists of exemptions: neither may take the place of the other, and an import of one names the other.

use std::fmt::Write;

use precall_hook::store::RulesTable;

use crate::counts::counted;
use crate::failure::Failure;
use crate::number_list::list_record::{self, ListRecord};

/// Refuses an import of exemptions into a list of rules, and of rules into a list of exemptions: the new items would replace the
/// others.
///
/// # Errors
/// When the known list is of the other kind.
pub fn refuse_other_kind(known: Option<&ListRecord>, new: &ListRecord) -> Result<(), Failure> {
    let Some(known) = known.filter(|known| known.exempt.is_empty() != new.exempt.is_empty()) else { return Ok(()) };
    let (is, not) =
        if known.exempt.is_empty() { ("a list of rules", "exemptions") } else { ("a list of exemptions", "rules") };
    Err(format!("list {} is {is}, and this import would write {not}; choose another name with --list", known.name)
        .into())
}

/// Returns a line for each list that lifts the imported one.
///
/// # Errors
/// When the table cannot be read.
pub async fn of_import(store: &RulesTable, record: &ListRecord) -> Result<String, Failure> {
    let mut text = String::new();
    for other in list_record::all(store).await?.lists {
        if other.exempt.contains(&record.name) {
            writeln!(
                text,
                "list {} exempts numbers from it: {} written from {}; `precall lists --count` counts those that are exempt now",
                other.name,
                counted(other.accepted, "exemption"),
                other.file
            )?;
        }
    }
    Ok(text)
}
