//! `precall test`: expectations, compared with the decisions of rules.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::dynamodb::counted_rules::CountedRules;
use crate::expectations::{self, ExpectationFormat};
use crate::failure::Failure;
use crate::rule_source::RuleSourceArguments;
use crate::tool_settings::settings;

/// Compare the decisions of rules with your expectations.
///
/// A file has one expectation per line; `#` begins a comment:
///
///   now 2026-12-01
///   +13155550101 is REJECT 603 by internal-dnc
///   +13155550100 from +12125550100 on Sunday 14:00 is REJECT by calling-hours-us
///   +13155550100 at 2026-12-01T15:00:00Z is PROCEED
///   +13055550100 on Tuesday 10:00 after 3 calls in the last 2h is REJECT by frequency-us-fl
///
/// See docs/testing-rules.md. Exit status: 0 if all expectations are met, 1 if one is not or the command fails.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Files of expectations.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Print JSON Lines: one for each expectation.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

/// Runs the command.
///
/// # Errors
/// If a file or the rules cannot be read: then nothing was tested.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut expectations = expectations::read_files(&arguments.files)?;
    let settings = Arc::new(settings()?);
    let opened = arguments.source.open(&settings).await?;
    let format = if arguments.json { ExpectationFormat::Json } else { ExpectationFormat::Text };
    let is_known = opened.location.unknown().is_empty();
    let rules = CountedRules::of(&opened).await;
    let tested = expectations::test(&mut expectations, (&opened, &rules), &settings, format).await;
    let failed = opened.finish(tested).await?;
    Ok(if failed == 0 && is_known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
