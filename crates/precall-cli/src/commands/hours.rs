//! `precall hours`: whether a number may be called, why, and when the next window opens.

use std::fmt::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use precall::Call;
use precall::Number;
use precall::calling_hours::{Law, LawStatus, MAX_DATA_AGE_DAYS};
use precall::rule::{Entry, InvalidItem};
use precall::{Attempts, Evaluation};
use precall_hook::rule_cache::RuleCache;
use serde_json::json;

use crate::dynamodb::store::RuleSourceArguments;
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Show whether the law's calling hours allow a call to a number, why, and when the next window opens.
///
/// Not legal advice. Goes by the built-in table of calling hours, the operator's own rows (items under `*`), and
/// what items under the number state of its holder. Exit status: 0 when the call is lawful, 1 when it is not.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The callee, such as +13155550100.
    #[arg(long)]
    to: String,

    /// The instant (RFC 3339), such as 2026-12-01T08:00:00-05:00; now, if not given.
    #[arg(long)]
    at: Option<Timestamp>,

    /// The law: `us`, `us-debt`, `us-automated`, `ca`; of those for sales the one that concerns the number, if not given.
    #[arg(long)]
    law: Option<Law>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let call = Call {
        from: None,
        to: Number::from_typed(&arguments.to).map_err(|error| format!("--to {}: {error}", arguments.to))?,
        client: None,
        at: arguments.at.unwrap_or_else(Timestamp::now),
        redirected: false,
    };
    let settings = settings()?;
    let opened = arguments.source.open(&settings).await?;
    let read = RuleCache::new(opened.store.clone(), settings.into()).rules_of(&call).await?;
    let attempts = Attempts::none();
    let decision = read.rules.evaluate(&call, &attempts);
    let context = decision.asked();
    let laws = match arguments.law {
        _ if context.is_service() => Vec::new(),
        Some(law) => vec![law],
        None => [Law::Us, Law::Ca].into_iter().filter(|law| context.law_status(*law).applies).collect(),
    };
    let statuses: Vec<LawStatus<'_>> = laws.into_iter().map(|law| context.law_status(law)).collect();
    if arguments.json {
        print(&format!("{:#}\n", json_of(context, &statuses)))?;
    } else {
        print(&text_of(context, &statuses)?)?;
    }
    let entries = read.rules.callee(&call.to).map_or(&[][..], |partition| partition.entries());
    let unread: Vec<&InvalidItem> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Invalid(item) if item.may_state_place => Some(item),
            _ => None,
        })
        .collect();
    for item in &unread {
        eprintln!(
            "precall: rule `{}` may say where the number's holder is, and is invalid: {}",
            item.key.rule,
            item.reasons.join("; ")
        );
    }
    let lawful = unread.is_empty() && (context.is_service() || statuses.iter().all(|status| status.is_lawful));
    drop(statuses);
    drop(decision);
    opened.close().await?;
    Ok(if lawful { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text_of(context: &Evaluation<'_>, statuses: &[LawStatus<'_>]) -> Result<String, Failure> {
    let call = context.call();
    let mut text = String::new();
    writeln!(text, "number    {}, {}", call.to, context.describe_place())?;
    writeln!(text, "instant   {}", call.at)?;
    for local in &context.callee().clocks {
        writeln!(text, "clock     {local}")?;
    }
    if context.is_service() {
        writeln!(text, "\nAn emergency or service number: rules about hours do not reach it.")?;
    } else if statuses.is_empty() {
        writeln!(text, "\nNo law of the table concerns a call there.")?;
    }
    for status in statuses {
        writeln!(
            text,
            "\n{:9} {}",
            status.law.name(),
            if status.is_lawful { "may be called" } else { "may not be called" }
        )?;
        if !status.applies {
            writeln!(text, "          does not concern a call there")?;
        }
        for reason in &status.reasons {
            writeln!(text, "          {reason}")?;
        }
        match (status.open_until, status.next_open) {
            (Some(until), _) => writeln!(text, "until     {}", local(context, until))?,
            (_, Some(next)) => writeln!(text, "next      {}", local(context, next))?,
            _ if !status.is_lawful => writeln!(text, "next      not within 14 days")?,
            _ => {}
        }
        for row in &status.rows {
            let source = if row.source.is_empty() { "no source given" } else { &row.source };
            let doubt = if row.is_doubtful() { "; not verified, the stricter reading" } else { "" };
            writeln!(text, "row       {}: {source}{doubt}", row.place)?;
        }
        if status.place_unknown && status.applies {
            writeln!(text, "warning   the state is not known: only the country's own hours were asked")?;
        }
        if status.data_ends {
            writeln!(text, "warning   the holidays of this year are not known, so every day counts as one")?;
        }
    }
    writeln!(text, "\nTable of calling hours of {}. Not legal advice.", data_date(context))?;
    if let Some(days) = context.calling_hours().age_days(context.call().at).filter(|days| *days > MAX_DATA_AGE_DAYS) {
        writeln!(text, "warning   that was {days} days before; look for a newer version")?;
    }
    Ok(text)
}

fn json_of(context: &Evaluation<'_>, statuses: &[LawStatus<'_>]) -> serde_json::Value {
    let laws: Vec<_> = statuses
        .iter()
        .map(|status| {
            json!({
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
        "to": context.call().to,
        "at": context.call().at.to_string(),
        "callee_place": context.describe_place(),
        "callee_clock": context.callee().clocks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "service_number": context.is_service(),
        "hours_data": data_date(context),
        "laws": laws,
    })
}

/// An instant by the callee's first clock and in UTC.
fn local(context: &Evaluation<'_>, at: Timestamp) -> String {
    match context.callee().clocks.first() {
        Some(local) => {
            let there = at.to_zoned(local.zone.clone());
            format!("{} ({at})", there.strftime("%a %Y-%m-%d %H:%M %Q"))
        }
        None => at.to_string(),
    }
}

fn data_date(context: &Evaluation<'_>) -> String {
    context.calling_hours().data_date().map_or_else(|| "no known date".to_owned(), |date| date.to_string())
}
