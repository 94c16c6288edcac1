//! `precall load`: writes files of rules into the rules table.

use std::path::PathBuf;
use std::process::ExitCode;

use precall::rule::{Entry, Key};

use crate::counts::{counted, grouped};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::{OpenedStore, StoreArguments};
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
    let rules = read_all(&arguments.files).map_err(|error| format!("{error}; nothing was written"))?;
    let settings = settings()?;
    let opened = arguments.store.open_or_create(&settings).await?;
    let written = write_all(&opened, rules).await;
    opened.finish(written).await.map(|()| ExitCode::SUCCESS)
}

async fn write_all(opened: &OpenedStore, rules: Vec<(Key, Attributes)>) -> Result<(), Failure> {
    let count = u64::try_from(rules.len())?;
    for (written, (key, item)) in (0_u64..).zip(rules) {
        if let Err(error) = items::put(opened.store.client(), opened.store.name(), item).await {
            eprintln!("rule `{}` was not written; {} of {} were", key.rule, grouped(written), counted(count, "rule"));
            return Err(error.into());
        }
        print(&format!("{:16}  {}\n", key.number, key.rule))?;
    }
    print(&format!("{} written to {}.\n", counted(count, "rule"), opened.location))
}

/// Reads the items of all files. None may be invalid, and no key may be there twice.
fn read_all(files: &[PathBuf]) -> Result<Vec<(Key, Attributes)>, Failure> {
    let mut rules: Vec<(Key, Attributes)> = Vec::new();
    for item in item_file::read_all(files)? {
        let entry = items::parse(&item.item);
        let key = entry.key().clone();
        if let Entry::Invalid(invalid) = &entry {
            let reasons = invalid.reasons.join("; ");
            return Err(format!("{}: rule `{}` is invalid: {reasons}", item.file.display(), key.rule).into());
        }
        rules.push((key, item.item));
    }
    Ok(rules)
}
