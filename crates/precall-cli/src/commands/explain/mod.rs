//! `precall explain`: one page of evidence about a call of a log.

mod evidence;
mod found_calls;
mod html;
mod law;
mod record_fields;
mod rule_then;
mod sent_body;
mod text;
mod wanted_call;

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;
use precall::Number;
use precall_hook::log::Mask;
use precall_hook::settings::Settings;

use self::evidence::{Evidence, decided_by};
use self::found_calls::{FoundCall, FoundCalls};
use self::rule_then::{RuleSearch, RulesThen, changes_of_callee, rule_of};
use self::wanted_call::{WantedCall, WantedNumber, WantedNumbers};
use crate::decision_log::{self, LogFileArguments, LogSummary, parse_day};

use crate::failure::{Failure, FileFailure, LocatedError};
use crate::rule_source::RuleSourceArguments;
use crate::terminal::{self, print, print_stderr, printable};
use crate::tool_settings::{hash_key_name, log_settings};
use crate::usage_error;
use crate::whole_file::write_whole;

/// Show the evidence about one call of a log: the answer, and the reasons in the record.
///
/// Name the call by its decision id (the answer's header `x-precall-decision-id`), or by the callee and the day. If the log masks
/// numbers, set `PRECALL_NUMBER_HASH_KEY` (or `PRECALL_API_KEYS`) to the hook's value, so that the command finds a number by its
/// hash. The page has no more digits of a number than the log, except those of the numbers that you type.
///
/// If the table of rules has a journal, the page has the rule that decided as it was at that time, and its author. Without a
/// journal, and with a file, it has the rule as it is now.
///
/// Exit status: 0 if the page was printed. 1 if no call matches, several match without --all, or a part of the logs could not be
/// read.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
precall explain <LOG>... --id <DECISION_ID> [OPTIONS]
       precall explain <LOG>... --to <NUMBER> [--on <DAY>] [--from <NUMBER>] [OPTIONS]")]
#[command(after_help = "\
Examples:
  precall explain log.jsonl --id 01a20765-2c40-721d-b0bb-5d3d9a2c1f00
  precall explain export/ --to +13155550101 --on 2026-11-03 --format html --out evidence.html")]
pub struct Arguments {
    #[command(flatten)]
    log: LogFileArguments,

    /// The decision id of the call.
    #[arg(long, value_name = "DECISION_ID")]
    id: Option<String>,

    /// The callee, such as +13155550100.
    #[arg(long, value_name = "NUMBER", conflicts_with = "id")]
    to: Option<String>,

    /// The caller, such as +12125550100. Only with --to.
    #[arg(long, value_name = "NUMBER", conflicts_with = "id")]
    from: Option<String>,

    /// The day of the call, by a clock of the callee or in UTC. Only with --to.
    #[arg(long, value_name = "DAY", conflicts_with = "id", value_parser = parse_day)]
    on: Option<Date>,

    /// If several calls match, show all of them instead of a list.
    #[arg(long)]
    all: bool,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: PageFormat,

    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    source: RuleSourceArguments,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum PageFormat {
    /// Text to read in a terminal.
    #[default]
    Text,
    /// One self-contained page, to print or to send.
    Html,
}

/// Runs the command.
///
/// # Errors
/// If a log is missing, if no call matches, or if the page cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = log_settings()?;
    let wanted = arguments.wanted(&Mask::new(&settings))?;
    let (found, summary) = arguments.find(&wanted)?;
    found.check_is_found(&summary.names, hash_key_name())?;
    if found.calls.len() > 1 && !arguments.all {
        print(&found.calls.iter().map(|call| one_line(call) + "\n").collect::<String>())?;
        print_stderr(format_args!(
            "{} calls match in {}; choose one with --id, or show all with --all",
            found.calls.len(),
            summary.names
        ));
        return Ok(ExitCode::FAILURE);
    }
    let rules = arguments.rules(&found.calls, &wanted, &settings).await?;
    let calls = found.calls.iter().zip(&rules);
    let evidence: Vec<_> = calls.map(|(call, rules)| Evidence::of(call, rules, &wanted, &summary.names)).collect();
    let page = match arguments.format {
        PageFormat::Text => evidence.iter().map(text::text).collect::<Vec<_>>().join("\n\n"),
        PageFormat::Html => html::evidence_page(&evidence),
    };
    match &arguments.out {
        None => print(&page)?,
        Some(path) => write_whole(path, &printable(&page)).map_err(|error| FileFailure::write(path, error))?,
    }
    Ok(if summary.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Returns the call that is wanted.
    fn wanted(&self, mask: &Mask) -> Result<WantedCall, Failure> {
        let number = |option: &str, text: &Option<String>| {
            let number = text.as_deref().map(Number::from_typed).transpose();
            let number = number.map_err(|error| {
                LocatedError::new(format_args!("{option} {}", text.as_deref().unwrap_or_default()), error)
            })?;
            Ok::<_, Failure>(number.map(|number| WantedNumber::new(number, mask)))
        };
        Ok(match (number("--to", &self.to)?, &self.id) {
            (Some(to), _) => {
                WantedCall::Numbers(WantedNumbers { to, from: number("--from", &self.from)?, on: self.on })
            }
            (None, Some(id)) => WantedCall::Id(id.trim().to_owned()),
            (None, None) => {
                return Err(usage_error::missing::<Self>(
                    "precall explain",
                    "name the call by its decision id with --id DECISION_ID, or by its callee with --to NUMBER, and best also its \
                     day with --on DAY",
                )
                .into());
            }
        })
    }

    /// Finds the records of the call.
    fn find<'w>(&self, wanted: &'w WantedCall) -> Result<(FoundCalls<'w>, LogSummary), Failure> {
        let sinks = (0..decision_log::threads()).map(|_| FoundCalls::new(wanted)).collect();
        let (parts, summary) = self.log.read_all(sinks)?;
        Ok((FoundCalls::joined(wanted, parts), summary))
    }

    /// Finds the rule that decided each call.
    async fn rules(
        &self,
        calls: &[FoundCall],
        wanted: &WantedCall,
        settings: &Settings,
    ) -> Result<Vec<RulesThen>, Failure> {
        if self.source.is_absent() {
            let search = |call: &FoundCall| {
                let rule = match call.fields.text("rule") {
                    None => RuleSearch::None,
                    Some(_) => RuleSearch::NotRead("name the rules with --dynamodb, --database or --rules".to_owned()),
                };
                RulesThen { rule, callee_changes: None }
            };
            return Ok(calls.iter().map(search).collect());
        }
        let opened = self.source.open(settings).await?;
        let mut found = Ok(Vec::new());
        for call in calls {
            let rule = rule_of(&opened, call, wanted, settings).await;
            let callee_changes = changes_of_callee(&opened, call, wanted, settings).await;
            found = found.and_then(|mut found| {
                found.push(RulesThen { rule: rule?, callee_changes: callee_changes? });
                Ok(found)
            });
        }
        opened.finish(found).await
    }
}

/// Returns a call in one line, with its id at the end.
fn one_line(call: &FoundCall) -> String {
    let text = |name: &str| call.fields.text(name).unwrap_or_default();
    let clock = call.fields.list("callee_clock").into_iter().next().unwrap_or_default();
    let answer = [text("status"), text("code")].join(" ");
    let line = format!("{}  {clock}  {} by {}  {}", call.at, answer.trim(), decided_by(&call.fields), call.id);
    terminal::one_line(&line).into_owned()
}
