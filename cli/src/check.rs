//! `precall check`: what would be decided for a call, and why.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use precall::cap::History;
use precall::context::Context;
use precall::contract::Decision;
use precall::decide::{Call, Rulebook, Ruling, State, explain};
use precall::judge::{Judged, Purpose};
use precall::number::{Number, is_withheld};
use precall::rule::{Entry, Key, Specificity};
use precall::settings::Settings;
use precall::store::Store;
use serde_json::json;

use crate::outcome::{self, Outcome};
use crate::{Failure, store, tell};

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
    source: store::Source,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let call = arguments.call()?;
    let settings = Arc::new(settings()?);
    let default = settings.default.clone();
    let opened = arguments.source.open(&settings).await?;
    let stray = stray_items(&opened.store, &call.to).await?;
    let judge = outcome::judge(&opened.store, &settings);
    let (text, known) = judge
        .judge(&call, Purpose::Look, |judged| {
            let report = Report::new(&call, judged, &default, &stray);
            let text = if arguments.json { Ok(format!("{:#}\n", report.json())) } else { report.text() };
            (text, report.outcome.decision.is_some())
        })
        .await?;
    tell(&text?)?;
    opened.close().await?;
    Ok(if known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The settings of a tool: no client asks here, so none needs a key.
pub fn settings() -> Result<Settings, Failure> {
    Ok(Settings::read(|name| match name {
        "PRECALL_API_KEYS" => None,
        "PRECALL_AUTH" => Some("none".to_owned()),
        _ => std::env::var(name).ok(),
    })?)
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

/// Items stored under another spelling of the number, which the hook never looks up.
async fn stray_items(store: &Store, number: &Number) -> Result<Vec<Key>, Failure> {
    let mut keys = Vec::new();
    for spelling in spellings(number) {
        for item in store.items(&spelling).await? {
            keys.push(precall::rule::parse(&item).key().clone());
        }
    }
    Ok(keys)
}

/// How people write a number that rules spell `+13155550100`.
fn spellings(number: &Number) -> Vec<String> {
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return Vec::new();
    };
    let mut spellings = vec![
        digits.to_owned(),
        format!("'+{digits}"),
        format!(" +{digits}"),
        format!("+{digits} "),
        format!("00{digits}"),
    ];
    let nanp = digits.strip_prefix('1').filter(|rest| rest.len() == 10);
    if let Some((area, exchange, line)) = nanp.and_then(|rest| Some((rest.get(..3)?, rest.get(3..6)?, rest.get(6..)?)))
    {
        spellings.extend([
            format!("{area}{exchange}{line}"),
            format!("({area}) {exchange}-{line}"),
            format!("{area}-{exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
            format!("{area} {exchange} {line}"),
            format!("1-{area}-{exchange}-{line}"),
            format!("+1 {area} {exchange} {line}"),
            format!("+1 {area}-{exchange}-{line}"),
            format!("+1-{area}-{exchange}-{line}"),
            format!("+1 ({area}) {exchange}-{line}"),
        ]);
    }
    spellings
}

/// All there is to say of a call.
struct Report<'r> {
    call: &'r Call,
    outcome: Outcome,
    asked: Looked,
    /// Of a redirect: the rule that sends the call there, and what was looked at for its target.
    screened: Option<(&'r str, &'r Number, Looked)>,
    stray: &'r [Key],
}

/// What was looked at for one callee.
struct Looked {
    place: String,
    clocks: String,
    hours_data: String,
    rows: Vec<Row>,
}

/// One item, and how it stood to the call.
struct Row {
    key: Key,
    priority: String,
    state: &'static str,
    why: String,
}

impl<'r> Report<'r> {
    fn new(call: &'r Call, judged: &'r Judged<'_>, default: &Decision, stray: &'r [Key]) -> Self {
        let judgement = &judged.judgement;
        let screening = judgement.screening.as_ref();
        let asked = Looked::new(call, &judged.found.rulebook, judged.history, judgement.verdict.ruling);
        let screened = judged.target.zip(screening).and_then(|((target, found), screening)| {
            let Ruling::Rule(rule, _) = judgement.verdict.ruling else { return None };
            let looked = Looked::new(target, &found.rulebook, judged.history, screening.ruling);
            Some((rule.key.rule.as_str(), &target.to, looked))
        });
        Self { call, outcome: Outcome::of(judgement, default), asked, screened, stray }
    }

    fn text(&self) -> Result<String, Failure> {
        let mut text = String::new();
        let caller = self.call.from.as_ref().map_or("(withheld)", Number::as_str);
        writeln!(text, "call      {caller} calls {} at {}", self.call.to, self.call.at)?;
        writeln!(text, "callee    {}; it is {}", self.asked.place, self.asked.clocks)?;
        match &self.outcome.decision {
            Some(Decision::Reject { code, reason }) => writeln!(text, "decision  REJECT {code} {reason:?}")?,
            Some(Decision::ChangeDestination { number }) => writeln!(text, "decision  CHANGE_DESTINATION {number}")?,
            Some(Decision::Proceed) => writeln!(text, "decision  PROCEED")?,
            None => writeln!(text, "decision  unknown")?,
        }
        writeln!(text, "because   {}", self.outcome.because)?;
        writeln!(text, "hours     table of calling hours of {}; not legal advice", self.asked.hours_data)?;
        self.asked.write(&mut text)?;
        if let Some((rule, target, looked)) = &self.screened {
            writeln!(text, "\nRule `{rule}` sends the call to {target}, which is screened by the same rules.")?;
            writeln!(text, "callee    {}; it is {}", looked.place, looked.clocks)?;
            looked.write(&mut text)?;
        }
        for key in self.stray {
            writeln!(
                text,
                "\nwarning: rule `{}` is stored under {:?}, which the hook never looks up; store it under {}",
                key.rule, key.number, self.call.to
            )?;
        }
        Ok(text)
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "from": self.call.from,
            "to": self.call.to,
            "at": self.call.at.to_string(),
            "client": self.call.client.as_deref(),
            "callee_place": self.asked.place,
            "callee_clock": self.asked.clocks,
            "hours_data": self.asked.hours_data,
            "decision": self.outcome.decision,
            "because": self.outcome.because,
            "rule": self.outcome.rule,
            "rules": self.asked.json(),
            "screened": self.screened.as_ref().map(|(rule, target, looked)| json!({
                "redirected_by": rule,
                "to": target,
                "callee_place": looked.place,
                "callee_clock": looked.clocks,
                "rules": looked.json(),
            })),
            "stored_under_another_spelling": self.stray.iter().map(|key| json!({ "number": key.number, "rule": key.rule })).collect::<Vec<_>>(),
        })
    }
}

impl Looked {
    fn new(call: &Call, rulebook: &Rulebook, history: &History, ruling: Ruling<'_>) -> Self {
        let mut rows = Vec::new();
        let verdict = explain(call, rulebook, history, |entry, state, context| {
            rows.push(Row::new(entry, state, ruling, context));
        });
        let context = &verdict.context;
        let clocks: Vec<String> = context.callee().clocks.iter().map(ToString::to_string).collect();
        Self {
            place: context.describe_place(),
            clocks: clocks.join(", "),
            hours_data: context.table().data_date().map_or_else(|| "no known date".to_owned(), |date| date.to_string()),
            rows,
        }
    }

    fn write(&self, text: &mut String) -> Result<(), Failure> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let name = self.rows.iter().map(|row| row.key.rule.chars().count()).max().unwrap_or_default().max(4);
        writeln!(text, "\n{:name$}  {:16}  {:>8}  {:9}  WHY", "RULE", "NUMBER", "PRIORITY", "STATE")?;
        for Row { key, priority, state, why } in &self.rows {
            let line = format!("{:name$}  {:16}  {priority:>8}  {state:9}  {why}", key.rule, key.number);
            writeln!(text, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn json(&self) -> Vec<serde_json::Value> {
        let row = |row: &Row| {
            json!({
                "rule": row.key.rule, "number": row.key.number, "priority": row.priority.parse::<i64>().ok(),
                "state": row.state, "why": row.why,
            })
        };
        self.rows.iter().map(row).collect()
    }
}

impl Row {
    fn new(entry: &Entry, state: State<'_>, ruling: Ruling<'_>, context: &Context<'_>) -> Self {
        let (priority, repairs) = match entry {
            Entry::Valid(rule) => (rule.priority.to_string(), rule.repairs.as_slice()),
            Entry::Statement(_) => (String::new(), &[][..]),
            Entry::Invalid(item) => {
                (item.priority.map_or_else(|| "?".to_owned(), |priority| priority.to_string()), &[][..])
            }
        };
        let decides = matches!((ruling, entry), (Ruling::Rule(rule, _), Entry::Valid(own)) if rule.key == own.key);
        let because = |aim: Specificity| {
            let because = if let Entry::Valid(rule) = entry { rule.conditions.because(context) } else { String::new() };
            if because.is_empty() { format!("aimed at {aim}") } else { format!("aimed at {aim}; {because}") }
        };
        let (state, mut why) = match state {
            State::Awake(aim) if decides => ("decides", because(aim)),
            State::Awake(aim) => ("outranked", because(aim)),
            State::Shadow(aim) => ("shadow", because(aim)),
            State::Asleep(asleep) => ("asleep", asleep.describe(context)),
            State::States(says) => ("states", says.to_string()),
            State::Invalid => match entry {
                Entry::Invalid(item) => ("invalid", item.reasons.join("; ")),
                Entry::Valid(_) | Entry::Statement(_) => ("invalid", String::new()),
            },
        };
        if !repairs.is_empty() {
            why = format!("{why}; repaired: {}", repairs.join("; "));
        }
        Self { key: entry.key().clone(), priority, state, why }
    }
}
