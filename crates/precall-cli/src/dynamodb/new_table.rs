//! A table that a command is about to create in a database that exists: a misspelt name must not become an empty table,
//! because an empty table of rules lets every call through, and an empty table of attempts starts each cap anew.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use precall_hook::settings::Settings;

use super::embedded::EmbeddedDynamoDb;
use crate::near_name::nearest_table;

/// A missing table whose name is probably a misspelt one.
#[derive(Debug)]
pub struct MisspeltTable {
    file: PathBuf,
    /// The setting that names the table.
    setting: &'static str,
    table: String,
    meant: String,
}

/// Checks that no table that the settings name is a misspelt one of the database.
///
/// # Errors
/// When a table is missing, and another one has nearly its name.
pub fn check(file: &Path, embedded: &EmbeddedDynamoDb, settings: &Settings) -> Result<(), MisspeltTable> {
    let tables = embedded.tables();
    let named = [
        ("PRECALL_RULES_TABLE", &settings.rules_table),
        ("PRECALL_ATTEMPTS_TABLE", &settings.attempts_table),
        ("PRECALL_JOURNAL_TABLE", &settings.journal_table),
    ];
    for (setting, table) in named {
        if tables.contains(table) {
            continue;
        }
        if let Some(meant) = nearest_table(table, tables.iter().map(String::as_str)) {
            let (file, table, meant) = (file.to_owned(), table.clone(), meant.to_owned());
            return Err(MisspeltTable { file, setting, table, meant });
        }
    }
    Ok(())
}

/// Returns the line that says that a command has created an empty rules table beside other ones.
pub fn notice(file: &Path, table: &str, others: &[String]) -> String {
    let created = format!("a new, empty table {table} was created in {}", file.display());
    match others {
        [] => created,
        [other] => format!("{created}; the rules of table {other} are not in it"),
        others => format!("{created}; the rules of tables {} are not in it", others.join(", ")),
    }
}

/// Returns the line that says that a command has created a database. It names the whole path, because the command may run
/// in another folder than the operator's.
pub fn database_notice(file: &Path) -> String {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    format!("a new database was created: {}", path.display())
}

/// `.precall/rules.db has no table precall-rule; did you mean precall-rules? …`
impl fmt::Display for MisspeltTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, setting, table, meant } = self;
        write!(
            f,
            "{} has no table {table} ({setting}), and an empty one would be created; did you mean {meant}? set \
             {setting}={meant}, or choose a less similar name or another --database",
            file.display()
        )
    }
}

impl Error for MisspeltTable {}
