//! `precall replay`: the decisions of other rules on the calls of a log.

use std::path::PathBuf;
use std::process::ExitCode;

use precall_hook::log::Mask;
use precall_hook::settings::Settings;

use crate::decision_log::LogArguments;
use crate::dynamodb::store::open_rule_files;
use crate::dynamodb::viewed_table::ViewedTable;
use crate::failure::Failure;
use crate::log_replay::{LoggedLog, ReplayRules, WantedNumbers};
use crate::rule_source::RuleSourceArguments;
use crate::terminal::{escaped_json, print};
use crate::tool_settings::log_settings;

/// Decide the calls of a log by other rules, and show the differences.
///
/// The rules to try are those of --rules, or of the table. Their decisions are compared with the decisions in the log, or
/// with those of the rules of --against. The command recognises a masked number by its hash: set
/// `PRECALL_NUMBER_HASH_KEY` (or `PRECALL_API_KEYS`) to the hook's value. Without a matching hash, it uses the visible digits. A
/// call whose decision depends on hidden digits counts as not decided. Caps count from the beginning of the log.
///
/// Exit status: 0 if no decision differs. 1 if one differs, the logs have no decision record or a broken one, a file could not be
/// read to its end, the rules of the instant of --as-of are not known, or the command fails.
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
    let logged = LoggedLog::read(&arguments.log)?;
    let mask = Mask::new(&settings);
    let (new, old, is_known) = Box::pin(arguments.read_rules(&logged.wanted, &mask, &settings)).await?;
    let replayed = logged.replay(&new, old.as_ref(), &mask);
    print(&if arguments.json { escaped_json(&replayed.json()).into_owned() } else { replayed.text() })?;
    let is_success = is_known && replayed.is_whole() && (replayed.differing() == 0 || arguments.exit_zero);
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Reads the rules to try, and the rules to compare with, if there are any. The flag is false if some rules to try are not
    /// known as they were at the instant of --as-of.
    async fn read_rules(
        &self,
        wanted: &WantedNumbers,
        mask: &Mask,
        settings: &Settings,
    ) -> Result<(ReplayRules, Option<ReplayRules>, bool), Failure> {
        let opened = self.source.open(settings).await?;
        let is_known = opened.location.unknown().is_empty();
        let new = ReplayRules::read(ViewedTable::of(&opened), wanted, mask, settings).await;
        let new = opened.finish(new).await?;
        if self.against.is_empty() {
            return Ok((new, None, is_known));
        }
        let opened = open_rule_files(&self.against, settings).await?;
        let old = ReplayRules::read(ViewedTable::of(&opened), wanted, mask, settings).await;
        let old = opened.finish(old).await?;
        Ok((new, Some(old), is_known))
    }
}
