//! `precall hours`: the law's calling hours of a number, and the days ahead on which they change.

mod changes;

use std::fmt::{self, Write};
use std::process::ExitCode;

use jiff::Timestamp;
use precall::calling_hours::{Law, LawStatus, MAX_CHANGE_DAYS, MAX_DATA_AGE_DAYS};
use precall::place::{MAX_NUMBERING_AGE_DAYS, numbering_age_days, numbering_date};
use precall::rule::InvalidItem;
use precall::{Attempts, Call, Evaluation, RuleSet};
use precall_hook::rule_cache::RuleCache;
use serde_json::json;

use self::changes::ChangesAhead;
use crate::call_time::CallTime;
use crate::callee_arguments::CalleeArguments;
use crate::dynamodb::counted_rules::CountedRules;
use crate::failure::{Failure, LocatedError};
use crate::hours_enforcement::{self, LawEnforcement};
use crate::rule_source::RuleSourceArguments;
use crate::terminal::{escaped_json, print, print_stderr};
use crate::tool_settings::settings;

/// Show if the law allows a call to a number, the reason, the start of the next window, and the rules that enforce it.
///
/// The table of calling hours stops no call: a rule with `calling_hours` does. Without a database, only the table is used.
/// Uses the built-in table of calling hours, the operator's own rows (items under `*`), and the facts about the place of the
/// number's holder or of its prefix. Not legal advice. Exit status: 0 if the call is lawful, 1 if it is not lawful or the rules
/// cannot be read.
#[derive(Debug, clap::Args)]
#[command(mut_arg("callee", |callee| callee.required_unless_present("changes")))]
pub struct Arguments {
    #[command(flatten)]
    callee: CalleeArguments,

    /// The time by the callee's clock, such as "2026-12-01 08:00", "Sunday 14:00" or 8pm, optionally followed by a time zone; or an
    /// instant such as 2026-12-01T08:00:00-05:00. The default is now.
    #[arg(long, value_name = "TIME")]
    at: Option<CallTime>,

    /// The law: `us`, `us-debt`, `us-automated`, `us-debt-automated`, `ca`, `ca-debt` or `ca-automated`. The default is the law
    /// for sales calls that applies to the number.
    #[arg(long)]
    law: Option<Law>,

    /// Show the days ahead on which the calling hours change for the places that the rules are about: rows that begin or end,
    /// holidays, years whose holidays are not known, and changes of the clocks. It needs no number.
    #[arg(long, conflicts_with_all = ["callee", "to"])]
    changes: bool,

    /// The days that --changes looks ahead, from 1 to 731.
    #[arg(long, value_name = "DAYS", default_value_t = 90, requires = "changes", value_parser = clap::value_parser!(i64).range(1..=MAX_CHANGE_DAYS))]
    days: i64,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

/// Runs the command.
///
/// # Errors
/// If `--to` is not a number, or the rules cannot be read.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let now = Timestamp::now();
    let call = if arguments.changes { changes::call(now)? } else { Call::new(arguments.callee.number()?, now) };
    let settings = settings()?;
    let is_absent = arguments.source.is_absent();
    let opened = arguments.source.open_or_empty(&settings).await?;
    let counted = if is_absent { None } else { Some(CountedRules::of(&opened).await) };
    let is_known = opened.location.unknown().is_empty();
    let rules = RuleCache::new(opened.store.clone(), settings.into());
    let shown = arguments.answer(call, &rules, counted.as_ref()).await;
    let is_lawful = opened.finish(shown).await?;
    Ok(if is_lawful && is_known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Prints the status of each law at the time of the call. Returns true if the call is lawful.
    async fn answer(&self, mut call: Call, rules: &RuleCache, counted: Option<&CountedRules>) -> Result<bool, Failure> {
        if let Some(time) = &self.at {
            let at = time.instant_of_call(&call, rules).await;
            call.at = at.map_err(|error| LocatedError::new("--at", error))?;
        }
        let read = rules.rules_of(&call).await?;
        if self.changes {
            return self.show_changes(&call, &read.rules);
        }
        self.show(&call, &read.rules, counted)
    }

    /// Prints the days on which the calling hours change. Returns true.
    fn show_changes(&self, call: &Call, rules: &RuleSet) -> Result<bool, Failure> {
        let attempts = Attempts::none();
        let ahead = ChangesAhead::of(rules.evaluate(call, &attempts).asked(), self.law, self.days);
        print(&if self.json { format!("{:#}\n", ahead.json()) } else { ahead.text()? })?;
        Ok(true)
    }

    /// Prints the status of each law. Returns true if the call is lawful.
    fn show(&self, call: &Call, rules: &RuleSet, counted: Option<&CountedRules>) -> Result<bool, Failure> {
        let attempts = Attempts::none();
        let decision = rules.evaluate(call, &attempts);
        let evaluation = decision.asked();
        let statuses: Vec<LawStatus<'_>> =
            self.laws(evaluation).into_iter().map(|law| evaluation.law_status(law)).collect();
        let enforcement = |status: &LawStatus<'_>| LawEnforcement::of_law_and_call(status.law, evaluation, false);
        let read =
            counted.map(|counted| ReadRules { counted, enforcement: statuses.iter().map(enforcement).collect() });
        print(&if self.json {
            escaped_json(&format!("{:#}\n", json_of(evaluation, &statuses, read.as_ref()))).into_owned()
        } else {
            text_of(evaluation, &statuses, read.as_ref())?
        })?;
        let unread: Vec<&InvalidItem> =
            evaluation.skipped().iter().copied().filter(|item| may_state_place(item)).collect();
        for item in &unread {
            let reasons = item.reasons.join("; ");
            print_stderr(format_args!(
                "precall: rule `{}` may state where the number is, but is invalid: {reasons}",
                item.key.rule
            ));
        }
        let is_allowed = evaluation.is_service() || statuses.iter().all(|status| status.is_lawful);
        Ok(unread.is_empty() && is_allowed)
    }

    fn laws(&self, evaluation: &Evaluation<'_>) -> Vec<Law> {
        match self.law {
            _ if evaluation.is_service() => Vec::new(),
            Some(law) => vec![law],
            None => [Law::Us, Law::Ca].into_iter().filter(|law| evaluation.law_status(*law).applies).collect(),
        }
    }
}

/// The rules that were read.
struct ReadRules<'r> {
    counted: &'r CountedRules,
    /// The rules that enforce each law.
    enforcement: Vec<LawEnforcement>,
}

/// Returns true if an invalid item may state where the number is: one under it, or one about its prefix.
fn may_state_place(item: &InvalidItem) -> bool {
    let is_about_number = !item.key.is_wildcard() || item.conditions.to.prefixes().next().is_some();
    item.may_state_place && is_about_number
}

fn text_of(
    evaluation: &Evaluation<'_>,
    statuses: &[LawStatus<'_>],
    read: Option<&ReadRules<'_>>,
) -> Result<String, Failure> {
    let call = evaluation.call();
    let mut text = String::new();
    writeln!(text, "number    {}, {}", call.to, evaluation.describe_place())?;
    writeln!(text, "instant   {}", call.at)?;
    for clock in evaluation.clocks() {
        writeln!(text, "clock     {clock}")?;
    }
    if evaluation.is_service() {
        writeln!(text, "\nAn emergency or service number: rules about hours do not apply to it.")?;
    } else if statuses.is_empty() {
        writeln!(text, "\nNo law of the table applies to a call there.")?;
    }
    for (nth, status) in statuses.iter().enumerate() {
        write_status(&mut text, evaluation, status)?;
        if let Some(own) = read.and_then(|read| read.enforcement.get(nth)) {
            write_enforcement(&mut text, own)?;
        }
    }
    if let Some(ReadRules { counted, .. }) = read {
        writeln!(text, "\nRead: {counted}.")?;
    } else {
        writeln!(
            text,
            "\nThere is no database, so only the table was used. It stops no call: a rule with `calling_hours` does."
        )?;
    }
    if evaluation.is_area_code_unlisted() {
        writeln!(
            text,
            "\nwarning   the area code is not in the tables: the hours of every state and province, and all their clocks,"
        )?;
        writeln!(
            text,
            "          were used; state its place with a fact such as `to` +1483*, `timezone`, `places` under *"
        )?;
    }
    let codes = numbering_date();
    writeln!(text, "\nTable of calling hours of {}, area codes of {codes}. Not legal advice.", data_date(evaluation))?;
    if let Some(days) = evaluation.calling_hours().age_days(call.at).filter(|days| *days > MAX_DATA_AGE_DAYS) {
        writeln!(text, "warning   the table is {days} days old; look for a newer version")?;
    }
    if let Some(days) = numbering_age_days(call.at).filter(|days| *days > MAX_NUMBERING_AGE_DAYS) {
        writeln!(text, "warning   the area codes are {days} days old; look for a newer version")?;
    }
    Ok(text)
}

fn write_status(text: &mut String, evaluation: &Evaluation<'_>, status: &LawStatus<'_>) -> fmt::Result {
    let may_be_called = if status.is_lawful { "may be called" } else { "may not be called" };
    writeln!(text, "\n{:9} {may_be_called}", status.law.name())?;
    if !status.applies {
        writeln!(text, "          does not apply to a call there")?;
    }
    for reason in &status.reasons {
        writeln!(text, "          {reason}")?;
    }
    match (status.open_until, status.next_open) {
        (Some(until), _) => writeln!(text, "until     {}", local(evaluation, until))?,
        (_, Some(next)) => writeln!(text, "next      {}", local(evaluation, next))?,
        _ if !status.is_lawful => writeln!(text, "next      not within 14 days")?,
        _ => {}
    }
    for row in &status.rows {
        let source = if row.source.is_empty() { "no source given" } else { &row.source };
        let doubt = if row.is_doubtful() { "; not verified, the stricter reading" } else { "" };
        writeln!(text, "row       {}: {source}{doubt}", row.place)?;
    }
    if status.place_unknown && status.applies {
        writeln!(text, "warning   the state is not known: only the country's own hours were used")?;
    }
    if status.data_ends {
        writeln!(text, "warning   the holidays of this year are not known, so every day counts as one")?;
    }
    Ok(())
}

/// Writes the rules that enforce a law for the number, or that none does, and the command that would.
fn write_enforcement(text: &mut String, own: &LawEnforcement) -> fmt::Result {
    writeln!(text, "rules     {}", own.describe())?;
    for rule in &own.rules {
        writeln!(text, "          it {}", rule.sentence)?;
    }
    match hours_enforcement::command(std::slice::from_ref(own)) {
        Some(command) => writeln!(text, "          to enforce them: {command}"),
        None => Ok(()),
    }
}

fn json_of(evaluation: &Evaluation<'_>, statuses: &[LawStatus<'_>], read: Option<&ReadRules<'_>>) -> serde_json::Value {
    let laws: Vec<_> = statuses
        .iter()
        .enumerate()
        .map(|(nth, status)| {
            let own = read.and_then(|read| read.enforcement.get(nth));
            json!({
                "enforced_by": own.map(|own| own.rules.iter().map(|rule| json!({
                    "number": rule.key.number, "rule": rule.key.rule, "sentence": rule.sentence,
                })).collect::<Vec<_>>()),
                "to_enforce": own.and_then(|own| hours_enforcement::command(std::slice::from_ref(own))),
                "law": status.law.name(),
                "applies": status.applies,
                "lawful": status.is_lawful,
                "open_until": status.open_until.map(|at| at.to_string()),
                "next_open": status.next_open.map(|at| at.to_string()),
                "reasons": status.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "rows": status.rows.iter().map(|row| json!({
                    "place": row.place, "source": row.source, "verified": row.verified,
                })).collect::<Vec<_>>(),
                "place_unknown": status.place_unknown,
                "holidays_unknown": status.data_ends,
            })
        })
        .collect();
    json!({
        "to": evaluation.call().to,
        "at": evaluation.call().at.to_string(),
        "callee_place": evaluation.describe_place(),
        "callee_clock": evaluation.clocks().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "service_number": evaluation.is_service(),
        "hours_data": data_date(evaluation),
        "rules_read": read.is_some(),
        "source": read.map(|read| read.counted.location.to_string()),
        "rules_in_source": read.and_then(|read| read.counted.exact()),
        "numbering_data": numbering_date().to_string(),
        "area_code_unlisted": evaluation.is_area_code_unlisted(),
        "laws": laws,
    })
}

/// Returns an instant as the callee's first clock shows it, and in UTC.
fn local(evaluation: &Evaluation<'_>, at: Timestamp) -> String {
    match evaluation.clocks().first() {
        Some(local) => {
            let there = at.to_zoned(local.zone.clone());
            format!("{} ({at})", there.strftime("%a %Y-%m-%d %H:%M %Q"))
        }
        None => at.to_string(),
    }
}

fn data_date(evaluation: &Evaluation<'_>) -> String {
    evaluation.calling_hours().data_date().map_or_else(|| "no known date".to_owned(), |date| date.to_string())
}
