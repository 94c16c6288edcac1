//! `precall diff`: the differences between two rulebooks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::settings::Settings;
use serde_json::{Map, Value, json};

use crate::call_time::{PastInstantError, parse_past};
use crate::counts::{counted, grouped};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::{OpenedStore, StoreArguments, scan};
use crate::dynamodb::{item_file, items};
use crate::failure::Failure;
use crate::journal::{ItemsByKey, PastRules, UnknownPast, UnknownPastReason, WantedRules};
use crate::number_list::list_notice;
use crate::number_list::mark::MARK;
use crate::rule_difference::{AttributeChange, attribute_lines, changed_attributes};
use crate::terminal::{escaped_json, one_line, print, print_stderr, printable};
use crate::tool_settings::settings;

/// Show the differences between two rulebooks: files, the table, or the table at an instant in the past.
///
/// The attributes that tools write for themselves are not compared. Exit status: 0 if the rulebooks are the same, 1 if they differ
/// or the command fails.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall diff rules/us-sales.json table
  precall diff 2026-11-03T10:00:00-05:00 table --no-lists
  precall diff old.json new.json --format json")]
pub struct Arguments {
    /// The rulebook before: a file of rules, `table`, or an instant such as 2026-11-03T10:00:00-05:00.
    #[arg(value_name = "A", value_parser = RulebookSource::parse)]
    before: RulebookSource,

    /// The rulebook after.
    #[arg(value_name = "B", value_parser = RulebookSource::parse)]
    after: RulebookSource,

    /// Leave out the numbers of imported lists.
    #[arg(long)]
    no_lists: bool,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: DiffFormat,

    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// Text to read.
    #[default]
    Text,
    /// JSON Lines.
    Json,
}

/// The place of a rulebook.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RulebookSource {
    File(PathBuf),
    Table,
    Past(Timestamp),
}

impl RulebookSource {
    /// Reads an argument. A file that exists is always meant as one.
    fn parse(text: &str) -> Result<Self, Failure> {
        if text == "table" {
            return Ok(Self::Table);
        }
        if Path::new(text).exists() {
            return Ok(Self::File(text.into()));
        }
        match parse_past(text) {
            Ok(at) => Ok(Self::Past(at)),
            Err(PastInstantError::NotATime) => {
                Err("there is no such file; write a file of rules, `table`, or an instant such as 2026-11-03T10:00:00Z"
                    .into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn describe(&self, opened: Option<&OpenedStore>) -> String {
        let table = || opened.map(|opened| opened.location.to_string()).unwrap_or_default();
        match self {
            Self::File(file) => file.display().to_string(),
            Self::Table => table(),
            Self::Past(at) => format!("{} as of {at}", table()),
        }
    }

    /// Reads the items. The store is open unless both rulebooks are files.
    async fn read(&self, opened: Option<&OpenedStore>, settings: &Settings) -> Result<ItemsByKey, Failure> {
        let mut rules = ItemsByKey::new();
        let mut add = |item: Attributes| {
            rules.insert(items::key(&item), item);
        };
        match (self, opened) {
            (Self::File(file), _) => {
                item_file::read_all(std::slice::from_ref(file))?.into_iter().for_each(|item| add(item.item));
            }
            (Self::Table, Some(opened)) => {
                scan(opened, |item| {
                    add(item);
                    Ok(())
                })
                .await?;
            }
            (Self::Past(at), Some(opened)) => {
                let past = Box::pin(PastRules::read(opened, settings, *at, WantedRules::All)).await?;
                for warning in &past.warnings {
                    print_stderr(format_args!("warning: {}", printable(warning)));
                }
                if !past.unknown.is_empty() {
                    let reason = UnknownPastReason::MissingRules(past.unknown);
                    return Err(UnknownPast { at: *at, rules: opened.location.clone(), reason }.into());
                }
                past.items.into_iter().for_each(add);
            }
            (Self::Table | Self::Past(_), None) => {}
        }
        Ok(rules)
    }
}

/// Runs the command.
///
/// # Errors
/// If a rulebook cannot be read.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = settings()?;
    let is_file = |source: &RulebookSource| matches!(source, RulebookSource::File(_));
    if is_file(&arguments.before) && is_file(&arguments.after) {
        return arguments.compare(None, &settings).await;
    }
    let opened = arguments.store.open(&settings).await?;
    let compared = Box::pin(arguments.compare(Some(&opened), &settings)).await;
    opened.finish(compared).await
}

impl Arguments {
    async fn compare(&self, opened: Option<&OpenedStore>, settings: &Settings) -> Result<ExitCode, Failure> {
        let before = self.before.read(opened, settings).await?;
        let after = self.after.read(opened, settings).await?;
        let names = [&self.before, &self.after].map(|source| source.describe(opened));
        let all: BTreeSet<&Key> = before.keys().chain(after.keys()).collect();
        let is_listed = |item: Option<&Attributes>| {
            item.is_some_and(|item| item.contains_key(MARK) || list_notice::is_notice(item))
        };
        let (mut compared, mut different) = (0, 0);
        for key in all {
            let (one, other) = (before.get(key), after.get(key));
            if self.no_lists && (is_listed(one) || is_listed(other)) {
                continue;
            }
            compared += 1;
            let changes = changed_attributes(one, other);
            if changes.is_empty() && one.is_some() == other.is_some() {
                continue;
            }
            different += 1;
            print(&match self.format {
                DiffFormat::Text => text_of(key, one, other, &names),
                DiffFormat::Json => json_of(key, one, other, changes),
            })?;
        }
        let [before, after] = names;
        let verb = if different == 1 { "differs" } else { "differ" };
        let summary = if different == 0 {
            format!("the rulebooks {before} and {after} are the same ({})", counted(compared, "item"))
        } else {
            format!("{} of {} {verb} between {before} and {after}", grouped(different), counted(compared, "item"))
        };
        match self.format {
            DiffFormat::Text => print(&format!("{}\n", one_line(&summary)))?,
            DiffFormat::Json => print_stderr(one_line(&summary)),
        }
        Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn text_of(key: &Key, before: Option<&Attributes>, after: Option<&Attributes>, names: &[String; 2]) -> String {
    let Key { number, rule } = key;
    let [before_name, after_name] = names;
    let what = match (before, after) {
        (Some(_), None) => format!("is only in {before_name}"),
        (None, _) => format!("is only in {after_name}"),
        (Some(_), Some(_)) => "differs".to_owned(),
    };
    format!("{}\n{}", one_line(&format!("rule `{rule}` under {number} {what}")), attribute_lines(before, after))
}

fn json_of(
    key: &Key,
    before: Option<&Attributes>,
    after: Option<&Attributes>,
    changes: Vec<AttributeChange>,
) -> String {
    let kind = match (before, after) {
        (Some(_), None) => "removed",
        (None, _) => "added",
        (Some(_), Some(_)) => "changed",
    };
    let changes: Map<String, Value> = changes
        .into_iter()
        .map(|AttributeChange { name, before, after }| (name, json!({ "before": before, "after": after })))
        .collect();
    let line = json!({ "number": key.number, "rule": key.rule, "kind": kind, "changes": changes });
    escaped_json(&format!("{line}\n")).into_owned()
}
