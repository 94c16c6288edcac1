//! Expectations of decisions, compared with the decisions of rules, for `test` and `review`.

mod expectation;
mod file;
mod line;
mod mistake;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use precall::Call;
use precall_hook::decision_service::{DecisionService, Purpose};
use precall_hook::settings::Settings;
use precall_hook::store::{AttemptsTable, RulesTable, TableSchema};
use serde_json::json;

use self::expectation::Expectation;
use self::mistake::{LineFault, LineMistake};
use crate::call_time::InstantError;
use crate::counts::{counted, grouped};
use crate::decision_summary::{self, DecisionSummary};
use crate::dynamodb::counted_rules::CountedRules;
use crate::dynamodb::store::OpenedStore;
use crate::dynamodb::tables;
use crate::failure::Failure;
use crate::terminal::{escaped_json, print};
use crate::text_file::read_text;

/// An expectation and its file.
pub type FileExpectation<'f> = (&'f Path, Expectation);

/// The form of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectationFormat {
    Text,
    /// JSON Lines, one for each expectation.
    Json,
}

/// Compares all expectations with the decisions of an opened store, whose rules are counted. Returns the number of those that are
/// not met.
///
/// # Errors
/// When the rules cannot be read.
pub async fn test(
    expectations: &mut [FileExpectation<'_>],
    (opened, rules): (&OpenedStore, &CountedRules),
    settings: &Arc<Settings>,
    format: ExpectationFormat,
) -> Result<u64, Failure> {
    set_instants(expectations, &decision_summary::service(&opened.store, settings)).await?;
    let is_json = format == ExpectationFormat::Json;
    // A store for the attempts alone: tests must not count as calls, and real calls must not count here.
    let attempts = OpenedStore::in_memory(settings).await?;
    let mut failed = 0;
    for (nth, (file, expectation)) in expectations.iter().enumerate() {
        let service = service_with_own_attempts(&opened.store, &attempts.store, nth, settings).await?;
        let decision = decide(&service, expectation).await?;
        let is_met = expectation.expected.is_met(&decision);
        failed += u64::from(!is_met);
        if is_json {
            print(&escaped_json(&json_line(file, expectation, &decision, is_met, rules)))?;
        } else if !is_met {
            print(&failure_text(file, expectation, &decision))?;
        }
    }
    if !is_json {
        let count = expectations.len() as u64;
        let (all, met) = (counted(count, "expectation"), grouped(count - failed));
        print(&format!("{all}: {met} met, {} failed; {rules}\n", grouped(failed)))?;
    }
    attempts.close().await?;
    Ok(failed)
}

/// Reads all files before any rule is read, so that all mistakes are reported at once.
///
/// # Errors
/// When a file cannot be read, a line has a mistake, or there is no expectation.
pub fn read_files(files: &[PathBuf]) -> Result<Vec<FileExpectation<'_>>, Failure> {
    let mut expectations = Vec::new();
    let mut mistakes = Vec::new();
    for file in files {
        let text = read_text(file)?;
        match file::parse(&text, Timestamp::now()) {
            Ok(read) => expectations.extend(read.into_iter().map(|expectation| (file.as_path(), expectation))),
            Err(wrong) => mistakes.extend(wrong.into_iter().map(|wrong| format!("{}:{wrong}", file.display()))),
        }
    }
    check_none(&mistakes)?;
    if expectations.is_empty() {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        return Err(format!(
            "no expectation in {}; nothing was tested: write a line such as `+13155550101 is REJECT`",
            names.join(", ")
        )
        .into());
    }
    Ok(expectations)
}

/// Sets the instants of calls by the callees' clocks. A fact may state where a number's holder is.
async fn set_instants(expectations: &mut [FileExpectation<'_>], service: &DecisionService) -> Result<(), Failure> {
    let mut mistakes = Vec::new();
    for (file, expectation) in expectations {
        let Some(time) = &expectation.time else { continue };
        match time.instant_of_call(&expectation.call, service.rules()).await {
            Ok(at) => expectation.call.at = at,
            Err(InstantError::Unread(error)) => return Err(error.into()),
            Err(error) => {
                let wrong = LineMistake { line: expectation.line, fault: LineFault::Time(error) };
                mistakes.push(format!("{}:{wrong}", file.display()));
            }
        }
    }
    check_none(&mistakes)
}

fn check_none(mistakes: &[String]) -> Result<(), Failure> {
    if mistakes.is_empty() { Ok(()) } else { Err(format!("{}\nnothing was tested", mistakes.join("\n")).into()) }
}

/// Returns a decision service with an attempts table of its own, so that expectations do not affect each other.
async fn service_with_own_attempts(
    rules: &RulesTable,
    attempts: &RulesTable,
    nth: usize,
    settings: &Arc<Settings>,
) -> Result<DecisionService, Failure> {
    let table = format!("attempts-{nth}");
    tables::create(TableSchema::ATTEMPTS, attempts.client(), &table).await?;
    let attempts = AttemptsTable::new(attempts.client().clone(), &table);
    Ok(decision_summary::service_with(rules, attempts, settings))
}

/// Places the earlier calls of an expectation, and decides its call.
async fn decide(service: &DecisionService, expectation: &Expectation) -> Result<DecisionSummary, Failure> {
    let Expectation { call, earlier, .. } = expectation;
    for nth in (1..=earlier.count).rev() {
        let before = earlier.within * i32::from(nth) / (i32::from(earlier.count) + 1);
        // Attempts are counted in milliseconds, and two of them must not be at the same one.
        let before = before.max(SignedDuration::from_millis(i64::from(nth)));
        let at = Timestamp::from_millisecond((call.at - before).as_millisecond())?;
        let earlier_call = Call { at, ..call.clone() };
        service.decide(&earlier_call, Purpose::Place(&format!("{nth:012}")), |_| ()).await?;
    }
    Ok(DecisionSummary::look(service, call).await?)
}

fn json_line(
    file: &Path,
    expectation: &Expectation,
    decision: &DecisionSummary,
    is_met: bool,
    rules: &CountedRules,
) -> String {
    let line = json!({
        "file": file.display().to_string(),
        "line": expectation.line,
        "expectation": expectation.text,
        "met": is_met,
        "decision": decision.answer,
        "rule": decision.rule,
        "because": decision.because,
        "at": expectation.call.at.to_string(),
        "source": rules.location.to_string(),
        "rules_in_source": rules.exact(),
    });
    format!("{line}\n")
}

fn failure_text(file: &Path, expectation: &Expectation, decision: &DecisionSummary) -> String {
    let Expectation { line, text, call, .. } = expectation;
    let file = file.display();
    format!("{file}:{line}: {text}\n  the decision is {decision}, at {}\n  because {}\n", call.at, decision.because)
}
