//! `precall review`: the open proposals, and what one of them changes; and the setting that requires reviews.

mod requirement;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use precall_hook::log::Mask;
use precall_hook::settings::Settings;

use self::requirement::RequiredReview;
use crate::change_stamp::BecauseArgument;
use crate::counts::counted;
use crate::decision_log::LogArguments;
use crate::dynamodb::counted_rules::CountedRules;
use crate::dynamodb::store::{OpenedStore, StoreArguments};
use crate::dynamodb::viewed_table::ViewedTable;
use crate::edit::meaning;
use crate::expectations::{self, ExpectationFormat, FileExpectation};
use crate::failure::Failure;
use crate::log_replay::{LoggedLog, ReplayRules};
use crate::proposal::Proposal;
use crate::review_setting;
use crate::rule_difference::difference;
use crate::rule_findings::{FindingLevel, RuleFinding, TableFindings};
use crate::stamped_write;
use crate::terminal::{print, print_stderr, printable};
use crate::tool_settings::{log_settings, settings};

/// Show the open proposals, or what one of them changes.
///
/// With an id, the command shows the author, the age and the reason of the proposal, its difference from the rule as it is now,
/// the sentence of the new rule, and the findings that `precall lint` has with the change and does not have without it. --tests and
/// --log try the change. For the findings and for a log, the whole table is read twice.
///
/// Exit status: 1 if the change brings an error or a warning, an expectation is not met, a log could not be read to its end, or the
/// proposal cannot be approved. Otherwise it is 0, also if calls of the log are decided differently.
///
/// `--require wildcard` makes the commands of precall refuse changes of the rules under `*` that no second person has approved.
/// `--require none` proposes to end this, which another person has to approve.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall review
  precall review 261128-093000-4f2
  precall review --require wildcard --because 'Two people for the rules about every call'")]
pub struct Arguments {
    /// The proposal to show. Without it, all are listed.
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// Compare the decisions with the change with the expectations of this file, as `precall test` does. Repeat it for several
    /// files.
    #[arg(long, value_name = "FILE", requires = "id")]
    tests: Vec<PathBuf>,

    /// Decide the calls of this log with the change and without it, as `precall replay` does. Repeat it for several logs.
    #[arg(long = "log", value_name = "LOG", requires = "id")]
    logs: Vec<PathBuf>,

    /// The rules whose changes a second person has to approve.
    #[arg(long, value_enum, value_name = "RULES", conflicts_with = "id")]
    require: Option<RequiredReview>,

    #[command(flatten)]
    because: BecauseArgument,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// When there is no such proposal, or the table cannot be read or written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = Arc::new(settings()?);
    if let Some(required) = arguments.require {
        return requirement::write(required, &arguments.store, &arguments.because, &settings).await;
    }
    let mut expectations =
        if arguments.tests.is_empty() { Vec::new() } else { expectations::read_files(&arguments.tests)? };
    let logged =
        if arguments.logs.is_empty() { None } else { Some(LoggedLog::read(&LogArguments::of(&arguments.logs))?) };
    let opened = arguments.store.open(&settings).await?;
    let shown = match &arguments.id {
        None => list(&opened).await,
        Some(id) => Box::pin(show(id, &opened, &settings, &mut expectations, logged.as_ref())).await,
    };
    opened.finish(shown).await
}

/// Prints a line for each proposal.
async fn list(opened: &OpenedStore) -> Result<ExitCode, Failure> {
    let proposals = Proposal::all(&opened.store).await?;
    if proposals.is_empty() {
        print(&format!("there are no open proposals in {}\n", opened.location))?;
    }
    for proposal in &proposals {
        match proposal {
            Ok(proposal) => {
                print(&format!("{}  {} ago  {}\n", proposal.id, age(proposal), proposal.summary()))?;
            }
            Err(error) => print_stderr(printable(&error.to_string())),
        }
    }
    let required = if review_setting::is_required(&opened.store).await? { "need" } else { "do not need" };
    print_stderr(format_args!(
        "in {}, changes of rules under `*` {required} the approval of a second person",
        opened.location
    ));
    let is_fine = proposals.iter().all(Result::is_ok);
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a proposal, and what it changes.
async fn show(
    id: &str,
    opened: &OpenedStore,
    settings: &Arc<Settings>,
    expectations: &mut [FileExpectation<'_>],
    logged: Option<&LoggedLog>,
) -> Result<ExitCode, Failure> {
    let proposal = Proposal::read(&opened.store, id, &opened.location).await?;
    let Proposal { key, new, .. } = &proposal;
    let current = stamped_write::get(&opened.store, key).await?;
    print(&format!("proposal {id}: {}, {} ago\n", proposal.summary(), age(&proposal)))?;
    print(&difference(key, current.as_ref(), new.as_ref()))?;
    print(&new.as_ref().map(meaning).unwrap_or_default())?;
    let is_current = proposal.is_current(current.as_ref());
    if !is_current {
        print(
            "the rule has changed since the proposal, so the proposal cannot be approved; propose the change again\n",
        )?;
    }
    if !proposal.is_genuine() {
        print(
            "the console, a program or the load of a backup has written the proposal, so it cannot be approved; propose the change \
             again\n",
        )?;
    }
    let changed = ViewedTable::with_change(opened, key, new.as_ref());
    let is_clean = Box::pin(try_out(opened, changed, settings, expectations, logged)).await?;
    let is_fine = is_current && proposal.is_genuine() && is_clean;
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the findings about the rulebook with the change, and its decisions. Returns true if there is nothing to criticise.
async fn try_out(
    opened: &OpenedStore,
    changed: ViewedTable<'_>,
    settings: &Arc<Settings>,
    expectations: &mut [FileExpectation<'_>],
    logged: Option<&LoggedLog>,
) -> Result<bool, Failure> {
    let mut is_fine = lint(opened, changed, settings).await?;
    if !expectations.is_empty() {
        let numbers: BTreeSet<String> = expectations.iter().flat_map(|(_, it)| it.numbers()).collect();
        let copy = changed.copy_for(numbers, settings).await?;
        let rules = CountedRules::of(opened).await;
        let tested = expectations::test(expectations, (&copy, &rules), settings, ExpectationFormat::Text).await;
        is_fine &= copy.finish(tested).await? == 0;
    }
    if let Some(logged) = logged {
        // The keys of the log make the hashes of masked numbers.
        let log_settings = log_settings()?;
        let mask = Mask::new(&log_settings);
        let new = ReplayRules::read(changed, &logged.wanted, &mask, &log_settings).await?;
        let old = ReplayRules::read(ViewedTable::of(opened), &logged.wanted, &mask, &log_settings).await?;
        let replayed = logged.replay(&new, Some(&old), &mask);
        print(&replayed.text())?;
        is_fine &= replayed.is_whole();
    }
    Ok(is_fine)
}

/// Prints the findings about the rulebook with the change. Returns true if the change brings no error and no warning.
async fn lint(opened: &OpenedStore, changed: ViewedTable<'_>, settings: &Arc<Settings>) -> Result<bool, Failure> {
    let now = Timestamp::now();
    let before = TableFindings::read(ViewedTable::of(opened), settings, now).await?;
    let after = TableFindings::read(changed, settings, now).await?;
    let known: BTreeSet<&RuleFinding> = before.findings.iter().collect();
    let is_grave = |finding: &RuleFinding| finding.level <= FindingLevel::Warning;
    let (old, new): (Vec<_>, Vec<_>) = after.findings.iter().partition(|finding| known.contains(finding));
    for finding in &new {
        let RuleFinding { level, key, .. } = finding;
        print(&format!("{}: rule `{}` under {}: {}\n", level.as_str(), key.rule, key.number, finding.text()))?;
    }
    let old = u64::try_from(old.len())?;
    let new_count = counted(u64::try_from(new.len())?, "new finding");
    print(&format!(
        "lint of the whole rulebook with the change: {new_count}, and {} that it has without it\n",
        counted(old, "finding")
    ))?;
    Ok(!new.into_iter().any(is_grave))
}

/// Returns the time since a proposal was made.
fn age(proposal: &Proposal) -> String {
    let age = Timestamp::now().duration_since(proposal.at).max(SignedDuration::ZERO);
    let (hours, minutes) = (age.as_hours(), age.as_mins());
    let count = |count: i64, noun| counted(u64::try_from(count).unwrap_or(0), noun);
    match hours {
        0 => count(minutes, "minute"),
        1..48 => count(hours, "hour"),
        _ => count(hours / 24, "day"),
    }
}
