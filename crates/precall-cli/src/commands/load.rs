//! `precall load`: files of rules into the rules table.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use precall::rule::{Entry, Key};

use crate::dynamodb::items;
use crate::dynamodb::items::Attributes;
use crate::dynamodb::store;
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Write files of rules, such as rules/us-sales.json, into the rules table.
///
/// A file is a JSON array of items, as `rules/example.json`, JSON Lines, what `aws dynamodb scan` prints or what
/// DynamoDB exports. All files are read before anything is written, and
/// nothing is written when an item of theirs is invalid. An item of the same `number` and `rule` is replaced.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    store: store::Arguments,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut read: Vec<(Key, Attributes)> = Vec::new();
    let mut keys = HashSet::new();
    for file in &arguments.files {
        for item in items::read(file)? {
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
            read.push((key, item));
        }
    }
    let settings = settings()?;
    let opened = arguments.store.open(&settings).await?;
    let count = read.len();
    for (written, (key, item)) in read.into_iter().enumerate() {
        items::put(opened.store.client(), &settings.rules_table, item)
            .await
            .map_err(|error| format!("rule `{}`: {error}; {written} of {count} rules were written", key.rule))?;
        print(&format!("{:16}  {}\n", key.number, key.rule))?;
    }
    print(&format!("{count} rules written to table {}.\n", settings.rules_table))?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}
