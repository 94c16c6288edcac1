//! `precall lint`: mistakes in rules, and rules whose effect may surprise.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use crate::counts::{counted, grouped};
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::viewed_table::ViewedTable;
use crate::failure::Failure;
use crate::hours_enforcement;
use crate::rule_findings::{FindingLevel, RuleFinding, TableCounts, TableFindings};
use crate::rule_source::RuleSourceArguments;
use crate::terminal::{escaped_json, one_line, print, print_stderr, printable, short_lines};
use crate::tool_settings::settings;

/// Seconds between two instants at which a week may begin.
const HALF_HOUR_SECONDS: i64 = 1_800;

/// Find mistakes in the rules of a table, or of files before they are loaded.
///
/// An error is a rule that does not work or does harm. A warning is a rule that probably has an effect that you do not intend.
/// A note is an effect to check. Exit status: 0 without errors (with --strict, also without warnings); 1 otherwise, or if the
/// rules cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall lint
  precall lint --rules rules/us-sales.json --rules own.json --strict")]
pub struct Arguments {
    /// Exit with 1 for a warning, too.
    #[arg(long)]
    strict: bool,

    /// Print JSON Lines: one for each finding. The counts are on standard error.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

/// Runs the command.
///
/// # Errors
/// If the rules cannot be read.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = Arc::new(settings()?);
    let opened = arguments.source.open(&settings).await?;
    let location = opened.location.clone();
    let table = TableFindings::read(ViewedTable::of(&opened), &settings, half_hour()?).await;
    let table = opened.finish(table).await?;
    // The counts and the calling hours are about the table, not about a rule, so they are not lines of JSON.
    let summary = format!("{}{}", summary(&table, &location)?, hours(&table)?);
    if arguments.json {
        print(&escaped_json(&json_lines(&table, &location)))?;
        print_stderr(printable(summary.trim_end_matches('\n')));
    } else {
        print(&format!("{}{summary}", short_lines(&text(&table)?)))?;
    }
    let worst = if arguments.strict { FindingLevel::Warning } else { FindingLevel::Error };
    let is_fine = table.findings.iter().all(|finding| finding.level > worst);
    Ok(if is_fine && location.unknown().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the last full half hour: the law's hours begin on one.
fn half_hour() -> Result<Timestamp, Failure> {
    let now = Timestamp::now().as_second();
    Ok(Timestamp::from_second(now - now.rem_euclid(HALF_HOUR_SECONDS))?)
}

/// Returns a line for each finding, which also names the place of the rules and their number.
fn json_lines(table: &TableFindings, location: &RulesLocation) -> String {
    let line = |finding: &RuleFinding| {
        let line = json!({
            "level": finding.level.as_str(),
            "number": finding.key.number,
            "rule": finding.key.rule,
            "what": finding.what,
            "repair": finding.repair,
            "source": location.to_string(),
            "rules_in_source": table.counts.rules,
        });
        format!("{line}\n")
    };
    table.findings.iter().map(line).collect()
}

/// Returns the numbers of errors, warnings and notes.
fn level_counts(table: &TableFindings) -> [u64; 3] {
    [FindingLevel::Error, FindingLevel::Warning, FindingLevel::Note]
        .map(|level| table.findings.iter().filter(|finding| finding.level == level).count() as u64)
}

fn text(table: &TableFindings) -> Result<String, Failure> {
    let mut text = String::new();
    for RuleFinding { level, key, what, repair } in &table.findings {
        let finding = format!("{}: rule `{}` under {}: {what}", level.as_str(), key.rule, key.number);
        writeln!(text, "{}", one_line(&finding))?;
        if !repair.is_empty() {
            writeln!(text, "  {}", one_line(repair))?;
        }
    }
    Ok(text)
}

/// Returns the counts of items and findings, and the place of the rules.
fn summary(table: &TableFindings, location: &RulesLocation) -> Result<String, Failure> {
    let mut text = String::new();
    let TableCounts { items, rules, of_lists, facts, shadow, disabled } = &table.counts;
    let [errors, warnings, notes] = level_counts(table);
    writeln!(
        text,
        "{} ({}, {} of lists, {}, {}, {} disabled) in {location}: {}, {}, {}",
        counted(*items, "item"),
        counted(*rules, "rule"),
        grouped(*of_lists),
        counted(*facts, "fact"),
        counted(*shadow, "shadow rule"),
        grouped(*disabled),
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(notes, "note"),
    )?;
    if table.not_kept > 0 {
        writeln!(text, "not shown: {} of the same kinds", counted(table.not_kept, "more finding"))?;
    }
    Ok(text)
}

/// Returns the lines about the rules that enforce the calling hours.
fn hours(table: &TableFindings) -> Result<String, Failure> {
    let mut text = String::new();
    for (nth, line) in hours_enforcement::table_lines(&table.enforcement).iter().enumerate() {
        writeln!(text, "{:6} {line}", if nth == 0 { "hours:" } else { "" })?;
    }
    Ok(text)
}
