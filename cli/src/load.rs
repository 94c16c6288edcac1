//! `precall load`: files of rules into the rules table.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use precall::rule::{self, Entry, Item, Key};
use serde_json::{Map, Value};

use crate::check::settings;
use crate::{Failure, embedded, store, tell};

/// Write files of rules, such as rules/us-sales.json, into the rules table.
///
/// A file is a JSON array of items, as `rules/example.json`. All files are read before anything is written, and
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
    let mut items: Vec<(Key, Map<String, Value>)> = Vec::new();
    for file in &arguments.files {
        let read = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let rules: Vec<Map<String, Value>> = serde_json::from_str(&read)
            .map_err(|error| format!("{}: not a JSON array of items: {error}", file.display()))?;
        for rule in rules {
            let item: Item = rule.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
            let entry = rule::parse(&item);
            if let Entry::Invalid(invalid) = &entry {
                return Err(format!(
                    "{}: rule `{}` is invalid: {}; nothing was written",
                    file.display(),
                    invalid.key.rule,
                    invalid.reasons.join("; ")
                )
                .into());
            }
            if items.iter().any(|(known, _)| known == entry.key()) {
                return Err(format!(
                    "{}: rule `{}` under {} is there twice; nothing was written",
                    file.display(),
                    entry.key().rule,
                    entry.key().number
                )
                .into());
            }
            items.push((entry.key().clone(), rule));
        }
    }
    let settings = settings()?;
    let opened = arguments.store.open(&settings, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    for (written, (key, item)) in items.iter().enumerate() {
        embedded::put_item(opened.store.client(), &settings.rules_table, item).await.map_err(|error| {
            format!("rule `{}`: {error}; {written} of {} rules were written", key.rule, items.len())
        })?;
        tell(&format!("{:16}  {}\n", key.number, key.rule))?;
    }
    tell(&format!("{} rules written to table {}.\n", items.len(), settings.rules_table))?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}
