//! `precall check`: the decision for a call, and the reason.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use precall::number::is_withheld;
use precall::rule::{Entry, Key, quoted};
use precall::{Answer, Call, Number, Partition};
use precall_hook::decision_service::DecisionService;
use precall_hook::settings::Settings;
use precall_hook::store::StoreError;
use serde_json::json;

use crate::call_explanation::{CallExplanation, FindingRow, ScreeningExplanation};
use crate::call_time::CallTime;
use crate::callee_arguments::CalleeArguments;
use crate::decision_summary::{self, DecisionSummary};
use crate::dynamodb::counted_rules::CountedRules;
use crate::failure::{Failure, LocatedError};
use crate::hours_enforcement::{self, LawEnforcement};
use crate::journal::{RunningList, UnknownPast};
use crate::misspelt_items::MisspeltItem;
use crate::number_notes;
use crate::past_answer::{half_written_json, stricter, unknown_for_call, unknown_json, unknown_text};
use crate::rule_row::{RuleInWords, not_read};
use crate::rule_source::{CallRules, RuleSourceArguments, RulesAround};
use crate::rules_read::RulesRead;
use crate::terminal::{escaped_json, one_line, print, print_stderr, short_lines};
use crate::tool_settings::{api_keys, settings};

/// Show the decision for a call, and the reason.
///
/// The command reads the rules as the hook does, and decides with the same function. It counts no attempts. Exit status: 0 if a
/// rule or the default decides, 1 if the decision is unknown or the rules cannot be read. If --as-of is before the journal begins,
/// the decision is unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall check +13155550101
  precall check --from +12125550100 --to +13155550101 --at \"Sunday 14:00\"
  precall check +13155550101 --as-of 2026-11-03T10:00:00-05:00")]
pub struct Arguments {
    #[command(flatten)]
    callee: CalleeArguments,

    /// The caller. Without it, or with `anonymous`, the caller is withheld. A text that is not a number is a caller without a
    /// number, as in a request.
    #[arg(long)]
    from: Option<String>,

    /// The name of the client's API key.
    #[arg(long)]
    client: Option<String>,

    /// The time of the call by the callee's clock, such as "2026-12-01 08:00", "Sunday 14:00" or 8pm, optionally
    /// followed by a time zone; or an instant such as 2026-12-01T08:00:00-05:00. The default is now, or the instant of
    /// --as-of.
    #[arg(long, value_name = "TIME")]
    at: Option<CallTime>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

/// Runs the command.
///
/// # Errors
/// If a number cannot be read, or the rules cannot be read.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let call = arguments.call()?;
    for note in number_notes::of_call(arguments.callee.text(), arguments.from.as_deref()) {
        print_stderr(format_args!("note: {note}"));
    }
    let settings = Arc::new(settings()?);
    let rules = match arguments.source.open_for_call(&settings, &call).await {
        Ok(rules) => rules,
        Err(error) => return arguments.print_unknown(&call, &*error.downcast::<UnknownPast>()?),
    };
    // On the heap: the future is large.
    let answer = Box::pin(arguments.answer(call, &rules, &settings)).await;
    for RulesAround { opened, .. } in rules.around {
        opened.close().await?;
    }
    rules.opened.finish(answer).await
}

impl Arguments {
    /// Reads the call. Its instant is now, or that of the rules.
    fn call(&self) -> Result<Call, Failure> {
        let from = self.from.as_deref().filter(|from| !is_withheld(from));
        Ok(Call {
            // As in a request, an unreadable caller is a caller without a number.
            from: from.and_then(|from| Number::from_typed(from).ok()),
            client: self.client.as_deref().map(Into::into),
            ..Call::new(self.callee.number()?, self.source.as_of().unwrap_or_else(Timestamp::now))
        })
    }

    /// Prints that the decision is not known.
    fn print_unknown(&self, call: &Call, unknown: &UnknownPast) -> Result<ExitCode, Failure> {
        print(&if self.json { format!("{:#}\n", unknown_json(call, unknown)) } else { unknown_text(call, unknown) })?;
        Ok(ExitCode::FAILURE)
    }

    /// Prints the decision.
    async fn answer(&self, mut call: Call, rules: &CallRules, settings: &Arc<Settings>) -> Result<ExitCode, Failure> {
        let opened = &rules.opened;
        let service = decision_summary::service_with(&opened.store, opened.attempts(settings), settings);
        if let Some(time) = &self.at {
            let at = time.instant_of_call(&call, service.rules()).await;
            call.at = at.map_err(|error| LocatedError::new("--at", error))?;
        }
        let mut explained = CallExplanation::of(&service, &opened.store, &call, settings.budget.deadline).await?;
        let around = decisions_around(rules, &call, settings).await?;
        if let Some(stricter) = stricter(&explained.summary, &around, &rules.half_written) {
            explained.summary = stricter;
        }
        let checked = Checked {
            explained,
            half_written: rules.half_written.clone(),
            rules: CountedRules::of(opened).await,
            as_of: self.source.as_of(),
            warning: client_warning(&call, &service).await?,
        };
        let target = checked.explained.screening.as_ref().map(|screening| &screening.to);
        if let Some(unknown) = unknown_for_call(&opened.location, &call, target) {
            return self.print_unknown(&call, &unknown);
        }
        print(&if self.json {
            escaped_json(&format!("{:#}\n", json_of(&checked))).into_owned()
        } else {
            short_lines(&text_of(&checked)?)
        })?;
        Ok(if checked.explained.summary.answer.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A call that was checked.
#[derive(Debug)]
struct Checked {
    explained: CallExplanation,
    /// The rules that decided it.
    rules: CountedRules,
    /// The instant of the rules, if they are of the past.
    as_of: Option<Timestamp>,
    /// The lists that were half-written at that instant.
    half_written: Vec<RunningList>,
    /// A warning about the client.
    warning: Option<String>,
}

/// Returns the decisions of a call before and after the lists were half-written.
async fn decisions_around(
    rules: &CallRules,
    call: &Call,
    settings: &Arc<Settings>,
) -> Result<Vec<(&'static str, DecisionSummary)>, Failure> {
    let mut decisions = Vec::new();
    for RulesAround { when, opened } in &rules.around {
        let service = decision_summary::service_with(&opened.store, rules.opened.attempts(settings), settings);
        decisions.push((*when, DecisionSummary::look(&service, call).await?));
    }
    Ok(decisions)
}

/// Returns a warning if no call can have the client of this one: the hook knows no such API key. If this command does not have
/// the hook's keys, the clients are those that the rules of the call name.
async fn client_warning(call: &Call, service: &DecisionService) -> Result<Option<String>, Failure> {
    let Some(client) = &call.client else { return Ok(None) };
    if let Some(keys) = api_keys()? {
        let known: Vec<&str> = keys.names().map(|name| &**name).collect();
        let is_known = known.contains(&&**client);
        return Ok((!is_known).then(|| {
            format!(
                "PRECALL_API_KEYS has no key of client `{client}`, so no call has this client; it has the clients {}",
                known.join(", ")
            )
        }));
    }
    let rules = service.rules().rules_of(call).await?.rules;
    let entries = rules.callee(&call.to).into_iter().chain(rules.wildcard()).flat_map(Partition::entries);
    let named: BTreeSet<String> = entries
        .filter_map(|entry| if let Entry::Rule(rule) = entry { Some(&rule.conditions.clients) } else { None })
        .flat_map(|clients| clients.names().map(str::to_owned))
        .collect();
    let is_known = named.iter().any(|name| name.eq_ignore_ascii_case(client));
    Ok((!is_known).then(|| {
        let others =
            if named.is_empty() { "none".to_owned() } else { named.into_iter().collect::<Vec<_>>().join(", ") };
        format!(
            "no rule of this call names client `{client}` (named: {others}); set PRECALL_API_KEYS to check the name"
        )
    }))
}

fn text_of(checked: &Checked) -> Result<String, Failure> {
    let CallExplanation { call, summary, next_open: _, read, asked, screening, misspelt } = &checked.explained;
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
    writeln!(text, "because   {}", one_line(&summary.because))?;
    writeln!(text, "hours     table of calling hours of {}; not legal advice", asked.hours_data)?;
    write_enforcement(&mut text, &asked.enforcement)?;
    writeln!(text, "rules     {}", checked.rules)?;
    if checked.as_of.is_some() {
        writeln!(text, "          the rules are those of that instant; the counts of caps are those of now")?;
    }
    write_read(&mut text, read, summary.rule.as_deref())?;
    write_rows(&mut text, &asked.rows)?;
    if let Some(ScreeningExplanation { redirected_by, to, callee }) = screening {
        writeln!(
            text,
            "\nRule `{}` sends the call to {to}, which is screened by the same rules.",
            one_line(redirected_by)
        )?;
        writeln!(text, "callee    {}; it is {}", callee.place, callee.clocks)?;
        write_rows(&mut text, &callee.rows)?;
    }
    write_sentences(&mut text, &checked.explained)?;
    write_misspelt(&mut text, misspelt.as_ref())?;
    if let Some(warning) = &checked.warning {
        writeln!(text, "\nwarning: {warning}")?;
    }
    Ok(text)
}

/// Writes the revision of the wildcard rules, the version of the rule that decides, and the lists that were looked under.
fn write_read(text: &mut String, read: &RulesRead, rule: Option<&str>) -> fmt::Result {
    if let Some(revision) = read.revision {
        writeln!(text, "revision  {revision} of the rules under *")?;
    }
    if let (Some(version), Some(rule)) = (read.rule_version, rule) {
        writeln!(text, "version   {version} of rule `{}`", one_line(rule))?;
    }
    for (nth, list) in read.lists().enumerate() {
        writeln!(text, "{:10}{}", if nth == 0 { "lists" } else { "" }, one_line(&list))?;
    }
    Ok(())
}

/// Writes a warning for each item under another spelling of a number of the call.
fn write_misspelt(text: &mut String, misspelt: Result<&Vec<MisspeltItem>, &StoreError>) -> fmt::Result {
    let items = match misspelt {
        Ok(items) => items,
        Err(error) => return writeln!(text, "\nwarning: other spellings were not looked up: {error}"),
    };
    for MisspeltItem { key: Key { rule, number }, store_under } in items {
        let (number, rule) = (quoted(number), one_line(rule));
        writeln!(
            text,
            "\nwarning: rule `{rule}` is stored under {number}, which the hook never looks up; store it under {store_under}"
        )?;
    }
    Ok(())
}

/// Writes a table of the items, unless there is none.
fn write_rows(text: &mut String, rows: &[FindingRow]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    let name = rows.iter().map(|row| row.key.rule.chars().count()).max().unwrap_or_default().max(4);
    writeln!(text, "\n{:name$}  {:16}  {:>8}  {:14}  WHY", "RULE", "NUMBER", "PRIORITY", "STATE")?;
    for FindingRow { key, priority, state, why, words: _ } in rows {
        let line = format!("{:name$}  {:16}  {priority:>8}  {:14}  {why}", key.rule, key.number, state.label());
        writeln!(text, "{}", one_line(line.trim_end()))?;
    }
    Ok(())
}

/// Writes the rules that enforce the calling hours for the call, or that none does, and the command that would.
fn write_enforcement(text: &mut String, enforcement: &[LawEnforcement]) -> fmt::Result {
    for own in enforcement {
        writeln!(text, "          {}", one_line(&own.describe()))?;
    }
    match hours_enforcement::command(enforcement) {
        Some(command) => writeln!(text, "          to enforce them: {command}"),
        None => Ok(()),
    }
}

/// Writes what each rule does, unless there is none.
fn write_sentences(text: &mut String, explained: &CallExplanation) -> fmt::Result {
    let target = explained.screening.iter().flat_map(|screening| &screening.callee.rows);
    let mut words: Vec<&RuleInWords> = Vec::new();
    for row in explained.asked.rows.iter().chain(target).filter_map(|row| row.words.as_ref()) {
        if !words.contains(&row) {
            words.push(row);
        }
    }
    if words.is_empty() {
        return Ok(());
    }
    let name = words.iter().map(|words| words.key.rule.chars().count()).max().unwrap_or_default().max(4);
    writeln!(text, "\n{:name$}  WHAT IT DOES", "RULE")?;
    for RuleInWords { key, sentence, unread } in words {
        writeln!(text, "{:name$}  {}", one_line(&key.rule), one_line(sentence))?;
        if let Some(unread) = not_read(unread) {
            writeln!(text, "{:name$}  {}", "", one_line(&unread))?;
        }
    }
    Ok(())
}

fn json_of(checked: &Checked) -> serde_json::Value {
    let CallExplanation { call, summary, next_open, read, asked, screening, misspelt } = &checked.explained;
    let mut json = json!({
        "from": call.from,
        "to": call.to,
        "at": call.at.to_string(),
        "client": call.client.as_deref(),
        "callee_place": asked.place,
        "callee_clock": asked.clocks,
        "hours_data": asked.hours_data,
        "source": checked.rules.location.to_string(),
        "rules_in_source": checked.rules.exact(),
        "as_of": checked.as_of.map(|at| at.to_string()),
        "as_of_is_known": checked.as_of.map(|_| true),
        "half_written_lists": checked.as_of.map(|_| half_written_json(&checked.half_written)),
        "warning": checked.warning,
        "hours_enforced": json_of_enforcement(&asked.enforcement),
        "decision": summary.answer,
        "because": summary.because,
        "next_open": next_open.map(|at| at.to_string()),
        "rule": summary.rule,
        "rules": json_of_rows(&asked.rows),
        "screened": screening.as_ref().map(|ScreeningExplanation { redirected_by, to, callee }| json!({
            "redirected_by": redirected_by,
            "to": to,
            "callee_place": callee.place,
            "callee_clock": callee.clocks,
            "rules": json_of_rows(&callee.rows),
        })),
        "stored_under_another_spelling": misspelt.as_ref().ok().map(|items| {
            let json = |MisspeltItem { key, store_under }: &MisspeltItem| {
                json!({ "number": key.number, "rule": key.rule, "store_under": store_under })
            };
            items.iter().map(json).collect::<Vec<_>>()
        }),
    });
    if let Some(members) = json.as_object_mut() {
        members.extend(read.to_json().map(|(name, value)| (name.to_owned(), value)));
    }
    json
}

fn json_of_enforcement(enforcement: &[LawEnforcement]) -> Vec<serde_json::Value> {
    let law = |own: &LawEnforcement| {
        let rules = own.rules.iter().map(|rule| json!({ "number": rule.key.number, "rule": rule.key.rule }));
        json!({
            "law": own.law.name(),
            "rules": rules.collect::<Vec<_>>(),
            "to_enforce": hours_enforcement::command(std::slice::from_ref(own)),
        })
    };
    enforcement.iter().map(law).collect()
}

fn json_of_rows(rows: &[FindingRow]) -> Vec<serde_json::Value> {
    let row = |row: &FindingRow| {
        json!({
            "rule": row.key.rule, "number": row.key.number, "priority": row.priority.parse::<i64>().ok(),
            "state": row.state.label(), "why": row.why,
            "sentence": row.words.as_ref().map(|words| &words.sentence),
            "not_read": row.words.as_ref().map(|words| &words.unread),
        })
    };
    rows.iter().map(row).collect()
}
