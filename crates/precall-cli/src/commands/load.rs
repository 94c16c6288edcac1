//! `precall load`: writes files of rules into the rules table.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use precall::rule::{Entry, Key};

use crate::counts::counted;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::StoreArguments;
use crate::dynamodb::{item_file, items};
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Write files of rules, such as rules/us-sales.json, into the rules table.
///
/// A file may be a JSON array of items, such as `rules/example.json`, JSON Lines, the output of `aws dynamodb scan` or an export
/// of DynamoDB. All files are read before anything is written, and nothing is written if an item is invalid. Each
/// loaded item replaces the item of the table with the same `number` and `rule`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When an item is invalid, or cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let rules = read_all(&arguments.files)?;
    let settings = settings()?;
    let opened = arguments.store.open_or_create(&settings).await?;
    let count = rules.len();
    for (written, (key, item)) in rules.into_iter().enumerate() {
        items::put(opened.store.client(), &settings.rules_table, item)
            .await
            .map_err(|error| format!("rule `{}`: {error}; {written} of {count} rules were written", key.rule))?;
        print(&format!("{:16}  {}\n", key.number, key.rule))?;
    }
    print(&format!("{} written to table {}.\n", counted(u64::try_from(count)?, "rule"), settings.rules_table))?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the items of all files. None may be invalid, and no key may be there twice.
fn read_all(files: &[PathBuf]) -> Result<Vec<(Key, Attributes)>, Failure> {
    let mut rules: Vec<(Key, Attributes)> = Vec::new();
    let mut keys = HashSet::new();
    for file in files {
        for item in item_file::read(file)? {
            let entry = items::parse(&item);
            let key = entry.key().clone();
            if let Entry::Invalid(invalid) = &entry {
                let reasons = invalid.reasons.join("; ");
                return Err(format!(
                    "{}: rule `{}` is invalid: {reasons}; nothing was written",
                    file.display(),
                    key.rule
                )
                .into());
            }
            if !keys.insert(key.clone()) {
                return Err(format!(
                    "{}: rule `{}` under {} is there twice; nothing was written",
                    file.display(),
                    key.rule,
                    key.number
                )
                .into());
            }
            rules.push((key, item));
        }
    }
    Ok(rules)
}
