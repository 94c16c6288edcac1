//! Lists of rules, of exemptions and of holders: none may take the place of another, and an import of exemptions and rules names
//! the other.

use std::fmt::Write;

use precall::rule::{Entry, WILDCARD};
use precall_hook::store::RulesTable;

use crate::counts::counted;
use crate::dynamodb::items;
use crate::failure::Failure;
use crate::number_list::list_record::{self, ListRecord};

/// Refuses an import of one kind into a list of another kind, such as exemptions into a list of rules: the new items would replace
/// the others.
///
/// # Errors
/// When the known list is of the other kind.
pub fn refuse_other_kind(known: Option<&ListRecord>, new: &ListRecord) -> Result<(), Failure> {
    let Some(known) = known.filter(|known| kind(known) != kind(new)) else { return Ok(()) };
    let (is, not) = (kind(known), kind(new));
    Err(format!(
        "list {} is a list of {is}, and this import would write {not}; choose another name with --list",
        known.name
    )
    .into())
}

/// Returns what the items of a list are.
fn kind(record: &ListRecord) -> &'static str {
    match (record.exempt.is_empty(), record.holders) {
        (_, true) => "holders",
        (true, false) => "rules",
        (false, false) => "exemptions",
    }
}

/// Returns a warning for each name that the exemptions of an import do not lift, because the table has no such list or rule.
///
/// # Errors
/// When the table cannot be read.
pub async fn unknown_names(store: &RulesTable, record: &ListRecord) -> Result<Vec<String>, Failure> {
    if record.exempt.is_empty() {
        return Ok(Vec::new());
    }
    let lists = list_record::all(store).await?.lists;
    let wildcard: Vec<Entry> = store.attributes(WILDCARD).await?.iter().map(items::parse).collect();
    let is_lifted = |name: &&String| {
        let is_rule =
            |entry: &Entry| matches!(entry, Entry::Rule(rule) if rule.key.rule == **name && rule.can_be_lifted());
        lists.iter().any(|list| list.name == **name) || wildcard.iter().any(is_rule)
    };
    let unknown = record.exempt.iter().filter(|name| !is_lifted(name));
    let warning = |name: &String| {
        format!(
            "warning: the table has no list `{name}`, and no rule of this name under * that an exemption can lift; \
             `precall lists` and `precall rules` show the names"
        )
    };
    Ok(unknown.map(warning).collect())
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
