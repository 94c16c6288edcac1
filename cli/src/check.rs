//! `precall check`: what would be decided for a call, and why.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use jiff::Timestamp;
use precall::contract::Decision;
use precall::decide::{Call, Ruling, State, Verdict, explain};
use precall::number::{Number, is_withheld};
use precall::rule::{Entry, Key};
use precall::rulebook::Lookup;
use precall::settings::Settings;
use precall::store::Store;
use serde_json::json;

use crate::{Failure, store};

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
    store: store::Arguments,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let call = arguments.call()?;
    // No client asks here, so none needs a key.
    let settings = Settings::read(|name| match name {
        "PRECALL_API_KEYS" => None,
        "PRECALL_AUTH" => Some("none".to_owned()),
        _ => std::env::var(name).ok(),
    })?;
    let default = settings.default.clone();
    let opened = arguments.store.open(&settings, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let lookup = Lookup::new(opened.store.clone(), settings.into());
    let found = lookup.find(&call).await?;
    let mut states = Vec::new();
    let verdict = explain(&call, &found.rulebook, |entry, state| states.push((entry, state)));
    let stray = stray_items(&opened.store, &call.to).await?;
    let report = Report { call: &call, default: &default, verdict: &verdict, states: &states, stray: &stray };
    if arguments.json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.text()?);
    }
    opened.close().await?;
    Ok(if matches!(verdict.ruling, Ruling::Unknown(_)) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
    default: &'r Decision,
    verdict: &'r Verdict<'r>,
    states: &'r [(&'r Entry, State<'r>)],
    stray: &'r [Key],
}

impl Report<'_> {
    fn caller(&self) -> &str {
        self.call.from.as_ref().map_or("(withheld)", Number::as_str)
    }

    fn decision(&self) -> Option<&Decision> {
        match self.verdict.ruling {
            Ruling::Rule(rule, _) => Some(&rule.decision),
            Ruling::NoRule => Some(self.default),
            Ruling::Unknown(_) => None,
        }
    }

    fn because(&self) -> String {
        match self.verdict.ruling {
            Ruling::Rule(rule, aim) => format!(
                "rule `{}` under {}, priority {}, aimed at {aim}",
                rule.key.rule, rule.key.number, rule.priority
            ),
            Ruling::NoRule => "no rule is awake, so the default (PRECALL_DEFAULT) applies".to_owned(),
            Ruling::Unknown(item) => {
                format!(
                    "rule `{}` of this callee is invalid, so PRECALL_ON_ERROR applies: {}",
                    item.key.rule,
                    item.reasons.join("; ")
                )
            }
        }
    }

    /// Whether the rule that decides came from this entry.
    fn decides(&self, entry: &Entry) -> bool {
        matches!((self.verdict.ruling, entry), (Ruling::Rule(rule, _), Entry::Valid(own)) if std::ptr::eq(rule, own))
    }

    fn state(&self, entry: &Entry, state: &State<'_>) -> String {
        let repairs = match entry {
            Entry::Valid(rule) if !rule.repairs.is_empty() => format!("; repaired: {}", rule.repairs.join("; ")),
            _ => String::new(),
        };
        match state {
            State::Awake(_) if self.decides(entry) => format!("decides{repairs}"),
            State::Awake(aim) => format!("awake, outranked (aimed at {aim}){repairs}"),
            State::Shadow(_) => format!("shadow: awake, but only reported{repairs}"),
            State::Asleep(why) => format!("asleep: {why}"),
            State::Invalid => match entry {
                Entry::Invalid(item) => format!("invalid: {}", item.reasons.join("; ")),
                Entry::Valid(_) => "invalid".to_owned(),
            },
        }
    }

    fn text(&self) -> Result<String, Failure> {
        let mut text = String::new();
        writeln!(text, "call      {} calls {} at {}", self.caller(), self.call.to, self.call.at)?;
        match self.decision() {
            Some(Decision::Reject { code, reason }) => writeln!(text, "decision  REJECT {code} {reason:?}")?,
            Some(Decision::ChangeDestination { number }) => writeln!(text, "decision  CHANGE_DESTINATION {number}")?,
            Some(Decision::Proceed) => writeln!(text, "decision  PROCEED")?,
            None => writeln!(text, "decision  unknown")?,
        }
        writeln!(text, "because   {}", self.because())?;
        if !self.states.is_empty() {
            let name =
                self.states.iter().map(|(entry, _)| entry.key().rule.chars().count()).max().unwrap_or_default().max(4);
            writeln!(text, "\n{:name$}  {:16}  {:>8}  STATE", "RULE", "NUMBER", "PRIORITY")?;
            for (entry, state) in self.states {
                let priority = match entry {
                    Entry::Valid(rule) => rule.priority.to_string(),
                    Entry::Invalid(item) => {
                        item.priority.map_or_else(|| "?".to_owned(), |priority| priority.to_string())
                    }
                };
                let key = entry.key();
                writeln!(text, "{:name$}  {:16}  {priority:>8}  {}", key.rule, key.number, self.state(entry, state))?;
            }
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
        let rules: Vec<_> = self
            .states
            .iter()
            .map(|(entry, state)| json!({ "rule": entry.key().rule, "number": entry.key().number, "state": self.state(entry, state) }))
            .collect();
        json!({
            "from": self.call.from,
            "to": self.call.to,
            "at": self.call.at.to_string(),
            "client": self.call.client.as_deref(),
            "decision": self.decision(),
            "because": self.because(),
            "rule": match self.verdict.ruling { Ruling::Rule(rule, _) => Some(&rule.key.rule), _ => None },
            "rules": rules,
            "stored_under_another_spelling": self.stray.iter().map(|key| json!({ "number": key.number, "rule": key.rule })).collect::<Vec<_>>(),
        })
    }
}
