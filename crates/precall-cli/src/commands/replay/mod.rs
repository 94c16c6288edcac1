//! `precall replay`: the decisions of other rules on the calls of a log.

mod attempts;
mod compare;
mod comparison;
mod engine;
mod entries;
mod logged_call;
mod logged_decision;
mod logged_number;
mod masked_numbers;
mod output;
mod rule_numbers;
mod rules;
mod undecided;
mod wanted_numbers;

use std::path::PathBuf;
use std::process::ExitCode;

use precall_hook::log::Mask;
use precall_hook::settings::Settings;

use self::compare::{ComparedRules, compare};
use self::logged_call::{LoggedCall, LoggedCalls};
use self::masked_numbers::NumberResolver;
use self::rules::ReplayRules;
use self::wanted_numbers::WantedNumbers;
use crate::decision_log::{self, LogArguments};
use crate::dynamodb::store::open_rule_files;
use crate::failure::Failure;
use crate::rule_source::RuleSourceArguments;
use crate::terminal::{print, print_stderr};
use crate::tool_settings::log_settings;

/// Decide the calls of a log by other rules, and show the differences.
///
/// The rules to try are those of --rules, or of the table. Their decisions are compared with the decisions in the log, or
/// with those of the rules of --against. The command recognises a masked number by its hash: set
/// `PRECALL_NUMBER_HASH_KEY` (or `PRECALL_API_KEYS`) to the key of the log. Without a matching hash, it uses the visible digits;
/// a call whose decision depends on hidden digits counts as not decided. Caps count from the beginning of the log.
///
/// Exit status: 0 if no decision differs; 1 if one differs, or if the command fails, if the logs have no decision record or a
/// broken one, or if a file could not be read to its end.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall replay yesterday.jsonl --rules new.json
  precall replay yesterday.jsonl --rules new.json --against old.json --json")]
pub struct Arguments {
    #[command(flatten)]
    log: LogArguments,

    /// Compare with this file of rules instead of the log's decisions. Repeat it for several files.
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    /// Exit with 0 even if a decision differs. If a part of the logs could not be read, the status is 1 nevertheless.
    #[arg(long)]
    exit_zero: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

/// Runs the command.
///
/// # Errors
/// If a log or the rules cannot be read.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = log_settings()?;
    let mask = Mask::new(&settings);
    let inputs = arguments.log.open()?;
    let sinks = (0..decision_log::threads()).map(|_| LoggedCalls::default()).collect();
    let (parts, summary) = arguments.log.read(&inputs, sinks)?;
    summary.warn(&inputs);
    summary.check_is_log()?;
    let calls = LoggedCalls::joined(parts);

    let wanted = WantedNumbers::of(calls.calls.iter().flat_map(LoggedCall::numbers));
    let (new, old) = Box::pin(arguments.read_rules(&wanted, &mask, &settings)).await?;
    let both = || [Some(&new), old.as_ref()].into_iter().flatten();
    if wanted.has_hashes() && both().all(|rules| rules.shares_no_number) {
        print_stderr(format_args!(
            "warning: no number of the rules is in the log; is PRECALL_NUMBER_HASH_KEY (or PRECALL_API_KEYS) the key that \
             the log was written with?"
        ));
    }
    let resolver = NumberResolver::new(&mask, both().map(|rules| &rules.numbers));
    let rules = ComparedRules { new: &new, old: old.as_ref(), resolver: &resolver, mask: &mask };
    let comparison = compare(&calls, rules);
    let compared = output::Compared {
        comparison: &comparison,
        summary: &summary,
        new: &new.counted,
        old: old.as_ref().map(|rules| &rules.counted),
    };
    print(&if arguments.json { output::json(compared) } else { output::text(compared) })?;
    let is_same = comparison.differing() == 0;
    let is_success = summary.is_whole() && (is_same || arguments.exit_zero);
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Reads the rules to try, and the rules to compare with, if there are any.
    async fn read_rules(
        &self,
        wanted: &WantedNumbers,
        mask: &Mask,
        settings: &Settings,
    ) -> Result<(ReplayRules, Option<ReplayRules>), Failure> {
        let opened = self.source.open(settings).await?;
        let new = ReplayRules::read(&opened, wanted, mask, settings).await;
        let new = opened.finish(new).await?;
        if self.against.is_empty() {
            return Ok((new, None));
        }
        let opened = open_rule_files(&self.against, settings).await?;
        let old = ReplayRules::read(&opened, wanted, mask, settings).await;
        let old = opened.finish(old).await?;
        Ok((new, Some(old)))
    }
}
