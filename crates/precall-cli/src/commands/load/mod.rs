//! `precall load`: writes files of rules into the rules table.

mod load_plan;
mod loaded_item;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::settings::Settings;

use self::load_plan::{LoadPlan, LoadedChange};
use self::loaded_item::{LoadedItem, read_all, refuse_empty, warn_of_numbers};
use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::counts::{counted, grouped};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::bulk_read;
use crate::dynamodb::items;
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::review_setting;
use crate::rule_findings::new_errors;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::strict_attributes;
use crate::terminal::{ask, print, print_stderr};
use crate::tool_settings::settings;

/// Most mistakes of a load that are printed.
const MAX_MISTAKES: usize = 20;

/// Write files of rules, such as rules/us-sales.json, into the rules table.
///
/// A file may be a JSON array of items, such as `rules/example.json`, JSON Lines, the output of `aws dynamodb scan` or an export
/// of DynamoDB. The command reads all files before it writes anything. It writes nothing if an item is invalid, or has an attribute
/// that the hook does not read, except `note` and names that begin with `x_`. It also writes nothing if the table requires reviews
/// and the files change a rule under `*`.
///
/// The command shows the stored rules that change, and asks before it changes them. A rule that somebody has edited since it was
/// loaded stays as it is, unless you give --overwrite. The command writes new rules without a question, except rules about every
/// call. Exit status: 0 if the table has all rules of the files now, 1 if it has not.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Write the rules without asking for confirmation.
    #[arg(long)]
    yes: bool,

    /// Show the changes, and do not make them.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Also replace rules that were edited since they were loaded.
    #[arg(long)]
    overwrite: bool,

    /// Load a backup: replace rules that were edited, and also write attributes that the hook does not read, rules in which
    /// `precall lint` reports an error, list records, proposals and settings. A restored proposal cannot be approved, because a
    /// file does not prove its author.
    #[arg(long)]
    restore: bool,

    #[command(flatten)]
    because: BecauseArgument,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When an item is invalid, or cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let read = read_all(&arguments.files, arguments.restore);
    let read = read.and_then(|rules| refuse_empty(&arguments.files, &rules).map(|()| rules));
    let rules = read.map_err(|error| format!("nothing was written: {error}"))?;
    warn_of_numbers(&rules);
    let settings = settings()?;
    let (stored, requires_review) = arguments.stored(&rules, &settings).await?;
    if !arguments.restore {
        check_attributes(&rules, &stored)?;
    }
    let plan = LoadPlan::of(rules, stored, arguments.overwrite || arguments.restore);
    if !arguments.restore {
        check_errors(&plan)?;
    }
    print(&plan.shown())?;
    if requires_review {
        refuse_unreviewed(&plan)?;
    }
    if arguments.dry_run {
        print(&format!("{}\nnothing was written\n", plan.summary()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.is_confirmed(&plan)? {
        print("nothing was written\n")?;
        return Ok(ExitCode::FAILURE);
    }
    let WritableStore { opened, table } = arguments.store.open_or_create(&settings).await?;
    let written = arguments.write_reviewed(&opened, &table, &plan).await;
    opened.finish(written).await
}

/// Checks that the items have only attributes that are read, or that the stored items have already.
fn check_attributes(rules: &[LoadedItem], stored: &HashMap<Key, Attributes>) -> Result<(), Failure> {
    let has_unknown = |rule: &&LoadedItem| !items::unknown_attributes(&rule.item).is_empty();
    let mut mistakes = Vec::new();
    for LoadedItem { file, key, item } in rules.iter().filter(has_unknown) {
        if let Err(error) = strict_attributes::check(item, stored.get(key)) {
            mistakes.push(format!("{}: rule `{}`: {error}", file.display(), key.rule));
        }
    }
    refuse(mistakes)
}

/// Checks that the rules to write have no errors of `precall lint` that the stored ones do not have.
fn check_errors(plan: &LoadPlan) -> Result<(), Failure> {
    let now = Timestamp::now();
    let errors = plan.writes.iter().flat_map(|LoadedChange { old, new, .. }| new_errors(old.as_ref(), new, now));
    refuse(
        errors.map(|error| format!("rule `{}` under {}: {}", error.key.rule, error.key.number, error.text())).collect(),
    )
}

/// Returns the error of these mistakes, if there are any.
fn refuse(mut mistakes: Vec<String>) -> Result<(), Failure> {
    let others = mistakes.len().saturating_sub(MAX_MISTAKES);
    mistakes.truncate(MAX_MISTAKES);
    if others > 0 {
        mistakes.push(format!("{others} more like this"));
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    let mistakes = mistakes.join("\n  ");
    Err(format!("nothing was written; correct these items, or write --restore if the file is a backup:\n  {mistakes}")
        .into())
}

/// Refuses to write wildcard rules, proposals and settings into a table that requires a second person for them.
fn refuse_unreviewed(plan: &LoadPlan) -> Result<(), Failure> {
    let refusal = plan.writes.iter().find_map(|change| review_setting::refusal_of_load(&change.key));
    refusal.map_or(Ok(()), Err)
}

impl Arguments {
    /// Returns the stored items of these keys, and true if the table requires reviews. It creates nothing.
    async fn stored(
        &self,
        rules: &[LoadedItem],
        settings: &Settings,
    ) -> Result<(HashMap<Key, Attributes>, bool), Failure> {
        if self.store.creates_database() {
            return Ok((HashMap::new(), false));
        }
        let opened = match self.store.open(settings).await {
            Ok(opened) => opened,
            Err(error) if self.dry_run => return Err(error),
            // Without a table, there are no stored items. The command that writes reports all other errors.
            Err(_) => return Ok((HashMap::new(), false)),
        };
        let keys: Vec<&Key> = rules.iter().map(|rule| &rule.key).collect();
        let stored = match bulk_read::get_all(&opened.store, &keys).await {
            Ok(stored) => {
                review_setting::is_required(&opened.store).await.map(|it| (stored, it)).map_err(Failure::from)
            }
            Err(error) => Err(error),
        };
        opened.finish(stored).await
    }

    /// Shows the rules about every call, and asks for confirmation if there are any, or if stored rules change.
    fn is_confirmed(&self, plan: &LoadPlan) -> Result<bool, Failure> {
        let mut reasons = plan.every_call_effects();
        for (key, effect) in &reasons {
            print(&format!("rule `{}` under {}: {effect}\n", key.rule, key.number))?;
        }
        let changed = plan.changed_count();
        if self.yes || (reasons.is_empty() && changed == 0) {
            return Ok(true);
        }
        let about = reasons.drain(..).map(|(key, _)| format!("rule `{}` is about every call", key.rule));
        let changes = (changed > 0).then(|| format!("{} changed", counted_be(changed)));
        let reasons: Vec<String> = changes.into_iter().chain(about).collect();
        ask("Write these rules?")?.ok_or_else(|| {
            format!(
                "nothing was written, because standard input is not a terminal and nobody can confirm it ({}); write --yes to write \
                 the rules, or --dry-run to only see the changes",
                reasons.join(", ")
            )
            .into()
        })
    }

    /// Writes the rules, unless the table requires reviews since they were shown.
    async fn write_reviewed(
        &self,
        opened: &OpenedStore,
        table: &WritableTable,
        plan: &LoadPlan,
    ) -> Result<ExitCode, Failure> {
        if review_setting::is_required(table).await? {
            refuse_unreviewed(plan)?;
        }
        self.write_all(opened, table, plan).await
    }

    /// Writes the rules, each one if it is still the one that was shown.
    async fn write_all(
        &self,
        opened: &OpenedStore,
        table: &WritableTable,
        plan: &LoadPlan,
    ) -> Result<ExitCode, Failure> {
        let mut missed = 0;
        if !plan.writes.is_empty() {
            let stamper = ChangeStamper::of(opened, ChangeVia::Load, &self.because).await;
            missed = write_changes(table, &stamper, &plan.writes).await?;
        }
        print(&plan.result(missed, &opened.location))?;
        Ok(if missed == 0 && plan.kept.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Writes rules, and returns the number of those that have changed meanwhile, and so were not written.
async fn write_changes(
    table: &WritableTable,
    stamper: &ChangeStamper,
    changes: &[LoadedChange],
) -> Result<usize, Failure> {
    let mut missed = 0;
    for (done, LoadedChange { key, old, new }) in changes.iter().enumerate() {
        let Key { number, rule } = key;
        match stamped_write::put(table, stamper, old.as_ref(), new).await {
            Ok(StampedWriteOutcome::Done) => print(&format!("{number:16}  {rule}\n"))?,
            Ok(StampedWriteOutcome::Changed) => {
                missed += 1;
                print_stderr(format_args!(
                    "rule `{rule}` under {number} has changed meanwhile, and was not written; load the file again"
                ));
            }
            Err(error) => {
                print_stderr(format_args!(
                    "rule `{rule}` was not written; {} of {} were",
                    grouped(u64::try_from(done - missed)?),
                    counted(u64::try_from(changes.len())?, "rule")
                ));
                return Err(error);
            }
        }
    }
    Ok(missed)
}

/// Returns a count of rules with its verb: `1 rule is`, `2 rules are`.
fn counted_be(count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(u64::try_from(count).unwrap_or(u64::MAX), "rule"))
}
