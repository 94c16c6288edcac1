//! Try a call: what the hook would answer now, and why. Nothing is counted.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use maud::{Markup, html};
use precall::Answer;
use precall::Attempts;
use precall::Call;
use precall::Number;
use precall::number::is_withheld;
use precall_hook::handler::Handler;
use precall_hook::settings::{Auth, Settings};
use precall_hook::store::{RulesTable, StoreError};

use super::{CLOCKS, Parameters, badge, hours, problem};
use crate::call_explanation::{CallExplanation, CalleeExplanation, RuleState};
use crate::dynamodb::store::in_time;

/// Rules that sleep and are shown, at most.
const MOST_ASLEEP: usize = 200;

/// The fields of its form.
pub const FIELDS: [&str; 5] = ["to", "from", "at", "clock", "client"];

/// The clock of the callee, among those to choose from.
const CALLEE: &str = "callee";

/// What was asked about a call, and what came of it.
pub enum Tried {
    /// Nothing was asked.
    Nothing,
    /// A field that cannot be read, and what is wrong with it.
    Refused(Refused),
    /// The rules could not be read, or not in time, and why.
    Unknown(Timestamp, StoreError),
    Explained(Box<CallExplanation>),
}

pub struct Refused {
    field: &'static str,
    what: String,
}

impl Tried {
    /// The instant that was asked about.
    pub fn at(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Nothing | Self::Refused(_) => now,
            Self::Unknown(at, _) => *at,
            Self::Explained(explained) => explained.call.at,
        }
    }

    /// What a tab of the browser says first.
    pub fn title(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Refused(_) => "Not understood - ".to_owned(),
            Self::Unknown(..) => "UNKNOWN - ".to_owned(),
            Self::Explained(explained) => {
                let status = explained.summary.answer.as_ref().map_or("UNKNOWN", Answer::status);
                format!("{status} {} - ", explained.call.to)
            }
        }
    }

    fn wrong(&self, field: &str) -> Option<&str> {
        match self {
            Self::Refused(refused) if refused.field == field => Some(&refused.what),
            _ => None,
        }
    }
}

/// Tries the call that is asked about, if one is.
pub async fn tried(hook: &Handler, store: &RulesTable, asked: &Parameters, now: Timestamp) -> Tried {
    let asks = ["to", "from", "at", "client"].iter().any(|name| asked.get(name).is_some());
    if !asks {
        return Tried::Nothing;
    }
    let call = match read(hook, asked, now).await {
        Ok(call) => call,
        Err(refused) => return refused,
    };
    // Within the time that the hook has.
    let settings = hook.settings();
    match CallExplanation::of(hook.service(), store, &call, settings.budget.deadline).await {
        Ok(explained) => Tried::Explained(Box::new(explained)),
        Err(error) => Tried::Unknown(call.at, error),
    }
}

async fn read(hook: &Handler, asked: &Parameters, now: Timestamp) -> Result<Call, Tried> {
    let refused = |field, what: String| Tried::Refused(Refused { field, what });
    if let Some(field) = FIELDS.into_iter().find(|field| asked.is_twice(field)) {
        return Err(refused(field, "it is twice in the address; leave one".to_owned()));
    }
    let Some(to) = asked.get("to") else {
        return Err(refused("to", "no callee; write a number such as +13155550100".to_owned()));
    };
    let to = Number::from_typed(to).map_err(|error| refused("to", error.to_string()))?;
    let from = match asked.get("from") {
        Some(from) if !is_withheld(from) => {
            Some(Number::from_typed(from).map_err(|error| refused("from", error.to_string()))?)
        }
        _ => None,
    };
    let client = match (&hook.settings().auth, asked.get("client")) {
        (Auth::Keys(keys), Some(name)) => {
            let known = keys.names().find(|known| &***known == name);
            Some(known.cloned().ok_or_else(|| refused("client", "no API key has this name; choose one".to_owned()))?)
        }
        (Auth::Keys(keys), None) => keys.names().next().cloned(),
        (Auth::None, _) => None,
    };
    let call = Call { from, client, ..Call::new(to, now) };
    let Some(at) = asked.get("at") else { return Ok(call) };
    // With an offset, or with a zone, it is by no other clock.
    if let Ok(at) = at.parse::<Timestamp>().or_else(|_| at.parse::<Zoned>().map(|zoned| zoned.timestamp())) {
        return Ok(Call { at, ..call });
    }
    let shown: DateTime = at.parse().map_err(|_error| {
        refused("at", "not a date and time; write it like 2026-12-01T08:00, or leave it empty for now".to_owned())
    })?;
    let zone = match asked.get("clock").unwrap_or(CALLEE) {
        CALLEE => {
            // By what the rules know of the callee at about that time.
            let about = shown.to_zoned(TimeZone::UTC).map_or(now, |zoned| zoned.timestamp());
            let call = Call { at: about, ..call.clone() };
            let found = Box::pin(in_time(hook.settings().budget.deadline, hook.rules().rules_of(&call))).await;
            let read = found.map_err(|error| Tried::Unknown(about, error))?;
            let attempts = Attempts::none();
            let decision = read.rules.evaluate(&call, &attempts);
            let clock = decision.asked().clocks().first().map(|local| local.zone.clone());
            clock.ok_or_else(|| refused("clock", "the callee's clock is not known; choose another".to_owned()))?
        }
        name => TimeZone::get(name)
            .map_err(|_error| refused("clock", "no such clock; choose one, or write UTC".to_owned()))?,
    };
    let at = zone.to_ambiguous_timestamp(shown).compatible();
    let at = at.map_err(|_error| refused("at", "a time too far away; write one of these years".to_owned()))?;
    Ok(Call { at, ..call })
}

pub fn section(tried: &Tried, asked: &Parameters, settings: &Settings) -> Markup {
    let names: Vec<_> = match &settings.auth {
        Auth::Keys(keys) => keys.names().map(ToString::to_string).collect(),
        Auth::None => Vec::new(),
    };
    let clock = asked.get("clock").unwrap_or(CALLEE);
    let wrong = |name| tried.wrong(name).map(|_| "true");
    let by = |name| tried.wrong(name).map(|_| format!("{name}-wrong"));
    html! {
        section #try aria-labelledby="try-title" {
            h2 #try-title { "Try a call" }
            form action="/#answer" method="get" {
                (asked.keep(&hours::FIELDS))
                (field("to", tried, &html! {
                    input #to name="to" type="tel" required autocomplete="off" placeholder="+13155550100"
                        value=[asked.get("to")] aria-invalid=[wrong("to")] aria-describedby=[by("to")];
                }))
                (field("from", tried, &html! {
                    input #from name="from" type="tel" autocomplete="off" placeholder="withheld"
                        value=[asked.get("from")] aria-invalid=[wrong("from")] aria-describedby=[by("from")];
                }))
                (field("at", tried, &html! {
                    input #at name="at" type="datetime-local"
                        value=[asked.get("at")] aria-invalid=[wrong("at")] aria-describedby=[by("at")];
                }))
                (field("clock", tried, &html! {
                    select #clock name="clock" aria-invalid=[wrong("clock")] aria-describedby=[by("clock")] {
                        option value=(CALLEE) selected[clock == CALLEE] { "the callee" }
                        @for name in CLOCKS { option value=(name) selected[clock == name] { (name) } }
                        // One that somebody wrote into the address.
                        @if clock != CALLEE && !CLOCKS.contains(&clock) { option selected { (clock) } }
                    }
                }))
                @if !names.is_empty() {
                    (field("client", tried, &html! {
                        select #client name="client" aria-invalid=[wrong("client")] aria-describedby=[by("client")] {
                            @for name in &names { option selected[asked.get("client") == Some(name)] { (name) } }
                        }
                    }))
                }
                button type="submit" { "What would be decided?" }
            }
            (answer(tried, settings))
        }
    }
}

fn label(field: &str) -> &'static str {
    match field {
        "from" => "Caller",
        "at" => "When (empty: now)",
        "clock" => "By the clock of",
        "client" => "API key of",
        _ => "Callee",
    }
}

fn field(name: &str, tried: &Tried, input: &Markup) -> Markup {
    html! {
        div.field {
            label for=(name) { (label(name)) }
            (input)
            @if let Some(wrong) = tried.wrong(name) { p.wrong id={ (name) "-wrong" } { (wrong) } }
        }
    }
}

fn answer(tried: &Tried, settings: &Settings) -> Markup {
    html! {
        @match tried {
            Tried::Nothing => div #answer {},
            // Where the browser goes to from the form.
            Tried::Refused(refused) => {
                div #answer.answer role="alert" {
                    p { (badge("NOT UNDERSTOOD")) " " a href={ "#" (refused.field) } { (label(refused.field)) } ": " (refused.what) }
                }
            },
            Tried::Unknown(_, error) => {
                div #answer.answer {
                    p { (badge("UNKNOWN")) " " (on_error(settings)) }
                    (problem(error))
                }
            },
            Tried::Explained(explained) => (explanation(explained, settings)),
        }
    }
}

fn explanation(explained: &CallExplanation, settings: &Settings) -> Markup {
    let CallExplanation { call, summary, asked, screening, misspelt } = explained;
    let caller = call.from.as_ref().map_or("a withheld caller", Number::as_str);
    html! {
        div #answer.answer {
            h3 { (caller) " calls " (call.to) }
            p.decision {
                @match &summary.answer {
                    None => { (badge("UNKNOWN")) " " (on_error(settings)) },
                    Some(decision) => {
                        (badge(decision.status()))
                        @match decision {
                            Answer::Proceed => {},
                            Answer::Reject { code, reason } => { " " (code) " " q { (reason) } },
                            Answer::ChangeDestination { number } => { " " (number) },
                        }
                    },
                }
            }
            dl {
                dt { "because" } dd { (summary.because) }
                dt { "at" } dd { time datetime=(call.at) { (call.at.strftime("%a %Y-%m-%d %H:%M:%S UTC")) } }
                dt { "callee" } dd { (asked.place) "; it is " (asked.clocks) }
                @if let Some(client) = &call.client { dt { "asked by" } dd { "the API key of " (client) } }
                @if let Some(sent) = summary.answer.clone().or_else(|| settings.on_error.answer()) {
                    dt { "sent" } dd { code { (sent.to_json()) } }
                }
                dt { "hours" } dd { "table of calling hours of " (asked.hours_data) "; not legal advice" }
            }
            (looked("Rules looked at", asked))
            @if let Some(screening) = screening {
                p {
                    "Rule " code { (screening.redirected_by) } " sends the call to " (screening.to) ", which is screened by the same rules ("
                    (screening.callee.place) "; it is " (screening.callee.clocks) ")."
                }
                (looked("Rules looked at for the target", &screening.callee))
            }
            @if let Err(error) = misspelt { p.problem { "Other spellings of the number were not looked for: " (error.to_string()) "." } }
            @for key in misspelt.iter().flatten() {
                p.problem role="alert" {
                    "Rule " code { (key.rule) } " is stored under " code { (format!("{:?}", key.number)) }
                    ", which the hook never looks up; store it under " code { (call.to) } "."
                }
            }
        }
    }
}

fn looked(caption: &str, looked: &CalleeExplanation) -> Markup {
    let mut asleep = 0;
    let rows = looked.rows.iter().filter(|row| {
        asleep += usize::from(row.state == RuleState::DoesNotApply);
        row.state != RuleState::DoesNotApply || asleep <= MOST_ASLEEP
    });
    let rows: Vec<_> = rows.collect();
    let untold = looked.rows.len() - rows.len();
    html! {
        @if looked.rows.is_empty() {
            p.empty { (caption) ": none." }
        } @else {
            div.wide tabindex="0" role="region" aria-label=(caption) {
                table.cards {
                    caption { (caption) }
                    thead {
                        tr {
                            th scope="col" { "Rule" } th scope="col" { "Number" } th.number scope="col" { "Priority" }
                            th scope="col" { "State" } th scope="col" { "Why" }
                        }
                    }
                    tbody {
                        @for row in rows {
                            tr.(row.state.label().replace(' ', "-")) {
                                th scope="row" data-label="Rule" { (row.key.rule) } td data-label="Number" { (row.key.number) }
                                td.number data-label="Priority" { (row.priority) }
                                td data-label="State" { strong { (row.state.label()) } } td data-label="Why" { (row.why) }
                            }
                        }
                    }
                }
            }
        }
        @if untold > 0 { p { (untold) " more that do not apply are not shown; " code { "precall check" } " shows all." } }
    }
}

/// What is answered when the decision is unknown.
fn on_error(settings: &Settings) -> String {
    match settings.on_error.answer() {
        None => "so the hook answers 503, and the vendor does what was agreed on for that".to_owned(),
        Some(decision) => format!("so the hook answers {} (PRECALL_ON_ERROR)", decision.status()),
    }
}
