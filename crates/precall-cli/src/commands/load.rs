//! `precall load`: writes files of rules into the rules table.

use std::path::PathBuf;
use std::process::ExitCode;

use precall::rule::{Entry, Key};
use precall_hook::settings::Settings;

use crate::counts::{counted, grouped};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::store::{StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::dynamodb::{item_file, items};
use crate::edit;
use crate::failure::Failure;
use crate::rule_findings::{RuleFinding, of_numbers};
use crate::strict_attributes;
use crate::terminal::{ask, print, print_stderr, printable};
use crate::tool_settings::settings;

/// Most mistakes of a load that are printed.
const MAX_MISTAKES: usize = 20;

/// Write files of rules, such as rules/us-sales.json, into the rules table.
///
/// A file may be a JSON array of items, such as `rules/example.json`, JSON Lines, the output of `aws dynamodb scan` or an export
/// of DynamoDB. All files are read before anything is written, and nothing is written if an item is invalid, or has an attribute
/// that the hook does not read, except `note` and names that begin with `x_`. Each loaded item replaces the item of the table with
/// the same `number` and `rule`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Write rules that stop, redirect or let through every call without asking for confirmation.
    #[arg(long)]
    yes: bool,

    /// Also write attributes that the hook does not read, for a backup of a table that has them.
    #[arg(long)]
    restore: bool,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When an item is invalid, or cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let read = read_all(&arguments.files).and_then(|rules| refuse_empty(&arguments.files, &rules).map(|()| rules));
    let rules = read.map_err(|error| format!("{error}; nothing was written"))?;
    warn_of_numbers(&rules);
    let settings = settings()?;
    if !arguments.restore {
        arguments.check_attributes(&rules, &settings).await?;
    }
    if !arguments.is_confirmed(&rules)? {
        print("nothing was written\n")?;
        return Ok(ExitCode::FAILURE);
    }
    let WritableStore { opened, table } = arguments.store.open_or_create(&settings).await?;
    let written = write_all(&table, &opened.location, rules).await;
    opened.finish(written).await.map(|()| ExitCode::SUCCESS)
}

/// Prints the first findings about numbers that no call can have, or that are probably mistyped.
fn warn_of_numbers(rules: &[LoadedItem]) {
    let findings = rules.iter().flat_map(|LoadedItem { item, .. }| of_numbers(item, &items::parse(item)));
    for finding in findings.take(MAX_MISTAKES) {
        let RuleFinding { level, key, .. } = &finding;
        print_stderr(format_args!(
            "{}: rule `{}` under {}: {}",
            level.as_str(),
            key.rule,
            key.number,
            printable(&finding.text())
        ));
    }
}

async fn write_all(table: &WritableTable, location: &RulesLocation, rules: Vec<LoadedItem>) -> Result<(), Failure> {
    let count = u64::try_from(rules.len())?;
    for (written, LoadedItem { key, item, .. }) in (0_u64..).zip(rules) {
        if let Err(error) = items::put(table, item).await {
            print_stderr(format_args!(
                "rule `{}` was not written; {} of {} were",
                key.rule,
                grouped(written),
                counted(count, "rule")
            ));
            return Err(error.into());
        }
        print(&format!("{:16}  {}\n", key.number, key.rule))?;
    }
    print(&format!("{} written to {location}.\n", counted(count, "rule")))
}

impl Arguments {
    /// Checks that the items have only attributes that are read, or that the stored items have already. It creates nothing.
    async fn check_attributes(&self, rules: &[LoadedItem], settings: &Settings) -> Result<(), Failure> {
        let has_unknown = |rule: &&LoadedItem| !items::unknown_attributes(&rule.item).is_empty();
        let unknown: Vec<&LoadedItem> = rules.iter().filter(has_unknown).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        // Without a table, there are no stored items.
        let opened = self.store.open_or_empty(settings).await.ok();
        let mut mistakes = Vec::new();
        for LoadedItem { file, key, item } in unknown {
            let old = match &opened {
                Some(opened) => edit::get(&opened.store, key).await?,
                None => None,
            };
            if let Err(error) = strict_attributes::check(item, old.as_ref()) {
                mistakes.push(format!("{}: rule `{}`: {error}", file.display(), key.rule));
            }
        }
        if let Some(opened) = opened {
            opened.close().await?;
        }
        let others = mistakes.len().saturating_sub(MAX_MISTAKES);
        mistakes.truncate(MAX_MISTAKES);
        if others > 0 {
            mistakes.push(format!("{others} more like this"));
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "{}; correct the file, or write --restore if it is a backup; nothing was written",
                mistakes.join("\n")
            )
            .into())
        }
    }

    /// Shows the rules about every call, and asks for confirmation if there are any.
    fn is_confirmed(&self, rules: &[LoadedItem]) -> Result<bool, Failure> {
        let mut about_every_call = Vec::new();
        for LoadedItem { key, item, .. } in rules {
            if let Some(effect) = edit::on_every_call(item) {
                print(&format!("rule `{}` under {}: {effect}\n", key.rule, key.number))?;
                about_every_call.push(format!("rule `{}` is about every call", key.rule));
            }
        }
        if about_every_call.is_empty() || self.yes {
            return Ok(true);
        }
        ask("Write these rules?")?.ok_or_else(|| {
            format!(
                "{}, which needs a confirmation, and standard input is not a terminal; write --yes; nothing was written",
                about_every_call.join(", ")
            )
            .into()
        })
    }
}

/// An item of a file.
struct LoadedItem {
    file: PathBuf,
    key: Key,
    item: Attributes,
}

/// Reads the items of all files. None may be invalid, and no key may be there twice.
fn read_all(files: &[PathBuf]) -> Result<Vec<LoadedItem>, Failure> {
    let mut rules: Vec<LoadedItem> = Vec::new();
    for item in item_file::read_all(files)? {
        let entry = items::parse(&item.item);
        let key = entry.key().clone();
        if let Entry::Invalid(invalid) = &entry {
            let reasons = invalid.reasons.join("; ");
            return Err(format!("{}: rule `{}` is invalid: {reasons}", item.file.display(), key.rule).into());
        }
        rules.push(LoadedItem { file: item.file.to_owned(), key, item: item.item });
    }
    Ok(rules)
}

/// Refuses a file without rules: it is probably the wrong one, or half written.
fn refuse_empty(files: &[PathBuf], rules: &[LoadedItem]) -> Result<(), Failure> {
    match files.iter().find(|file| !rules.iter().any(|rule| rule.file == **file)) {
        None => Ok(()),
        Some(file) => {
            let file = file.display();
            Err(format!("{file}: no rules in this file; check that it is the right one, or leave it out").into())
        }
    }
}
