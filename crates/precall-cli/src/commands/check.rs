//! `precall check`: what would be decided for a call, and why.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use precall::Answer;
use precall::Call;
use precall::Number;
use precall::number::is_withheld;
use serde_json::json;

use crate::call_explanation::{CallExplanation, FindingRow, ScreeningExplanation};
use crate::decision_summary;
use crate::dynamodb::store::{PATIENT, RuleSourceArguments};
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Show what would be decided for a call, and why.
///
/// Reads the rules as the hook does and decides by the same function. Exit status: 0 when the rules
/// decide (or the default does), 1 when the decision is unknown or the rules cannot be read.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The callee, such as +13155550100.
    #[arg(long)]
    to: String,

    /// The caller; without it, or with `anonymous`, the caller is withheld.
    #[arg(long)]
    from: Option<String>,

    /// The name of the API key that would ask.
    #[arg(long)]
    client: Option<String>,

    /// The instant of the call (RFC 3339), such as 2026-12-01T08:00:00-05:00; now, if not given.
    #[arg(long)]
    at: Option<Timestamp>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let call = arguments.call()?;
    let settings = Arc::new(settings()?);
    let opened = arguments.source.open(&settings).await?;
    let service = decision_summary::service(&opened.store, &settings);
    let explained = CallExplanation::of(&service, &opened.store, &call, PATIENT.deadline).await?;
    print(&if arguments.json { format!("{:#}\n", json_of(&explained)) } else { text_of(&explained)? })?;
    opened.close().await?;
    Ok(if explained.summary.answer.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    fn call(&self) -> Result<Call, Failure> {
        let from = match self.from.as_deref() {
            Some(from) if !is_withheld(from) => {
                Some(Number::from_typed(from).map_err(|error| format!("--from {from}: {error}"))?)
            }
            _ => None,
        };
        Ok(Call {
            from,
            to: Number::from_typed(&self.to).map_err(|error| format!("--to {}: {error}", self.to))?,
            client: self.client.as_deref().map(Into::into),
            at: self.at.unwrap_or_else(Timestamp::now),
            redirected: false,
        })
    }
}

fn text_of(explained: &CallExplanation) -> Result<String, Failure> {
    let CallExplanation { call, summary, asked, screening, misspelt } = explained;
    let mut text = String::new();
    let caller = call.from.as_ref().map_or("(withheld)", Number::as_str);
    writeln!(text, "call      {caller} calls {} at {}", call.to, call.at)?;
    writeln!(text, "callee    {}; it is {}", asked.place, asked.clocks)?;
    match &summary.answer {
        Some(Answer::Reject { code, reason }) => writeln!(text, "decision  REJECT {code} {reason:?}")?,
        Some(Answer::ChangeDestination { number }) => writeln!(text, "decision  CHANGE_DESTINATION {number}")?,
        Some(Answer::Proceed) => writeln!(text, "decision  PROCEED")?,
        None => writeln!(text, "decision  unknown")?,
    }
    writeln!(text, "because   {}", summary.because)?;
    writeln!(text, "hours     table of calling hours of {}; not legal advice", asked.hours_data)?;
    write_rows(&mut text, &asked.rows)?;
    if let Some(ScreeningExplanation { redirected_by: rule, to, callee: looked }) = screening {
        writeln!(text, "\nRule `{rule}` sends the call to {to}, which is screened by the same rules.")?;
        writeln!(text, "callee    {}; it is {}", looked.place, looked.clocks)?;
        write_rows(&mut text, &looked.rows)?;
    }
    let unread =
        misspelt.as_ref().err().map(|error| format!("\nwarning: other spellings were not looked for: {error}\n"));
    text.extend(unread);
    for key in misspelt.iter().flatten() {
        writeln!(
            text,
            "\nwarning: rule `{}` is stored under {:?}, which the hook never looks up; store it under {}",
            key.rule, key.number, call.to
        )?;
    }
    Ok(text)
}

fn write_rows(text: &mut String, rows: &[FindingRow]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let name = rows.iter().map(|row| row.key.rule.chars().count()).max().unwrap_or_default().max(4);
    writeln!(text, "\n{:name$}  {:16}  {:>8}  {:14}  WHY", "RULE", "NUMBER", "PRIORITY", "STATE")?;
    for FindingRow { key, priority, state, why } in rows {
        let line = format!("{:name$}  {:16}  {priority:>8}  {:14}  {why}", key.rule, key.number, state.label());
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(())
}

fn json_of(explained: &CallExplanation) -> serde_json::Value {
    let CallExplanation { call, summary, asked, screening, misspelt } = explained;
    json!({
        "from": call.from,
        "to": call.to,
        "at": call.at.to_string(),
        "client": call.client.as_deref(),
        "callee_place": asked.place,
        "callee_clock": asked.clocks,
        "hours_data": asked.hours_data,
        "decision": summary.answer,
        "because": summary.because,
        "rule": summary.rule,
        "rules": json_of_rows(&asked.rows),
        "screened": screening.as_ref().map(|ScreeningExplanation { redirected_by: rule, to, callee: looked }| json!({
            "redirected_by": rule,
            "to": to,
            "callee_place": looked.place,
            "callee_clock": looked.clocks,
            "rules": json_of_rows(&looked.rows),
        })),
        "stored_under_another_spelling": misspelt.as_ref().ok().map(|keys| {
            keys.iter().map(|key| json!({ "number": key.number, "rule": key.rule })).collect::<Vec<_>>()
        }),
    })
}

fn json_of_rows(rows: &[FindingRow]) -> Vec<serde_json::Value> {
    let row = |row: &FindingRow| {
        json!({
            "rule": row.key.rule, "number": row.key.number, "priority": row.priority.parse::<i64>().ok(),
            "state": row.state.label(), "why": row.why,
        })
    };
    rows.iter().map(row).collect()
}
