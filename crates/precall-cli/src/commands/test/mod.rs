//! `precall test`: what the operator expects of the rules, held to what they do.

mod parse;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use precall::Answer;
use precall::Attempts;
use precall::Call;
use precall_hook::decision_service::Purpose;
use precall_hook::settings::Settings;
use precall_hook::store::AttemptsTable;
use precall_hook::store::RulesTable;
use serde_json::json;

use self::parse::{Expectation, Expected};
use crate::decision_summary::{self, DecisionSummary};
use crate::dynamodb::store::{OpenedStore, RuleSourceArguments};
use crate::dynamodb::tables;
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Hold rules to what is expected of them.
///
/// A file has one expectation a line; `#` begins a remark:
///
///   now 2026-12-01
///   +13155550101 is REJECT 603 by internal-dnc
///   +13155550100 from +12125550100 on Sunday 14:00 is REJECT by calling-hours-us
///   +13155550100 at 2026-12-01T15:00:00Z is PROCEED
///   +13055550100 on Tuesday 10:00 after 3 calls in the last 2h is REJECT by frequency-us-fl
///
/// See docs/testing-rules.md. Exit status: 0 when all are met, 1 when not.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Print JSON Lines: one for each expectation.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    // All mistakes of spelling before anything is asked.
    let mut expectations = Vec::new();
    let mut mistakes = Vec::new();
    for file in &arguments.files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        match parse::expectations(&text, Timestamp::now()) {
            Ok(read) => expectations.extend(read.into_iter().map(|expectation| (file, expectation))),
            Err(wrong) => mistakes.extend(wrong.into_iter().map(|wrong| format!("{}:{wrong}", file.display()))),
        }
    }
    not_one(&mistakes)?;
    let settings = Arc::new(settings()?);
    let opened = arguments.source.open(&settings).await?;
    // An item may say where a number's holder is.
    let service = decision_summary::service(&opened.store, &settings);
    let attempts = Attempts::none();
    for (file, expectation) in &mut expectations {
        let call = expectation.call.clone();
        let read = service.rules().rules_of(&call).await?;
        if let Err(wrong) = expectation.set_instant(read.rules.evaluate(&call, &attempts).asked().clocks()) {
            mistakes.push(format!("{}:{wrong}", file.display()));
        }
    }
    not_one(&mistakes)?;
    // An attempts table of its own: tests must not count as calls, and real calls must not count here.
    let own = OpenedStore::in_memory(&settings).await?;
    let mut failed = 0;
    for (nth, (file, expectation)) in expectations.iter().enumerate() {
        let outcome = outcome_of(&opened.store, &own.store, nth, expectation, &settings).await?;
        let is_met = expectation.expected.is_met(&outcome);
        failed += usize::from(!is_met);
        if arguments.json {
            let line = json!({
                "file": file.display().to_string(),
                "line": expectation.line,
                "expectation": expectation.text,
                "met": is_met,
                "decision": outcome.answer,
                "rule": outcome.rule,
                "because": outcome.because,
                "at": expectation.call.at.to_string(),
            });
            print(&format!("{line}\n"))?;
        } else if !is_met {
            print(&format!(
                "{}:{}: {}\n  it is {outcome}, at {}\n  because {}\n",
                file.display(),
                expectation.line,
                expectation.text,
                expectation.call.at,
                outcome.because
            ))?;
        }
    }
    if !arguments.json {
        let (count, met) = (expectations.len(), expectations.len() - failed);
        print(&format!("{count} expectations: {met} met, {failed} failed\n"))?;
    }
    own.close().await?;
    opened.close().await?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn not_one(mistakes: &[String]) -> Result<(), Failure> {
    if mistakes.is_empty() { Ok(()) } else { Err(format!("{}\nnothing was tested", mistakes.join("\n")).into()) }
}

/// What becomes of a call, after the earlier ones that the expectation speaks of.
async fn outcome_of(
    store: &RulesTable,
    own: &RulesTable,
    nth: usize,
    expectation: &Expectation,
    settings: &Arc<Settings>,
) -> Result<DecisionSummary, Failure> {
    let table = format!("attempts-{nth}");
    tables::ATTEMPTS.create(own.client(), &table).await?;
    let attempts = AttemptsTable::new(own.client().clone(), &table);
    let service = decision_summary::service_with(store, attempts, settings);
    let call = &expectation.call;
    for earlier in (1..=expectation.earlier).rev() {
        let before = expectation.within * i32::from(earlier) / (i32::from(expectation.earlier) + 1);
        let at = Timestamp::from_millisecond(
            (call.at - before.max(SignedDuration::from_millis(i64::from(earlier)))).as_millisecond(),
        )?;
        let earlier_call = Call { at, ..call.clone() };
        service.decide(&earlier_call, Purpose::Place(&format!("{earlier:012}")), |_| ()).await?;
    }
    Ok(DecisionSummary::look(&service, call).await?)
}

impl Expected {
    fn is_met(&self, outcome: &DecisionSummary) -> bool {
        let is_decided = match (&self.status, &outcome.answer) {
            (None, decision) => decision.is_none(),
            (Some(status), Some(decision)) => {
                *status == decision.status()
                    && match (&self.detail, decision) {
                        (None, _) => true,
                        (Some(detail), Answer::Reject { code, .. }) => detail == code,
                        (Some(detail), Answer::ChangeDestination { number }) => detail == number.as_str(),
                        (Some(_), Answer::Proceed) => false,
                    }
            }
            (Some(_), None) => false,
        };
        let is_by = match self.by.as_deref() {
            None => true,
            Some("default") if outcome.rule.is_none() => true,
            Some(by) => outcome.rule.as_deref() == Some(by),
        };
        is_decided && is_by
    }
}
