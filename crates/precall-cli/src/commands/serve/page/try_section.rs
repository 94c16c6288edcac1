//! The section that tries a call: the form, the answer, and the rules that were evaluated.

use maud::{Markup, html};
use precall::rule::quoted;
use precall::{Answer, Number};
use precall_hook::settings::{Auth, Settings};

use super::parameters::{CLOCKS, HOURS_FIELDS, PageParameters};
use super::parts::{badge, on_error, problem};
use super::tried_call::{CALLEE_CLOCK, TriedCall};
use crate::call_explanation::{CallExplanation, CalleeExplanation, RuleState};
use crate::hours_enforcement;
use crate::number_notes;
use crate::rule_row::not_read;

/// The rules that do not apply and are shown.
const MAX_INACTIVE_RULES: usize = 200;

/// Returns the section.
pub fn section(tried: &TriedCall, parameters: &PageParameters, settings: &Settings) -> Markup {
    html! {
        section #try aria-labelledby="try-title" {
            h2 #try-title { "Try a call" }
            (form(tried, parameters, settings))
            (answer(tried, parameters, settings))
        }
    }
}

fn form(tried: &TriedCall, parameters: &PageParameters, settings: &Settings) -> Markup {
    let clients: Vec<_> = match &settings.auth {
        Auth::Keys(keys) => keys.names().map(ToString::to_string).collect(),
        Auth::None => Vec::new(),
    };
    let clock = parameters.get("clock").unwrap_or(CALLEE_CLOCK);
    let invalid = |name| tried.problem_of(name).map(|_| "true");
    let described_by = |name| tried.problem_of(name).map(|_| format!("{name}-problem"));
    html! {
        form action="/#answer" method="get" {
            (parameters.hidden_fields(&HOURS_FIELDS))
            (field("to", tried, &html! {
                input #to name="to" type="tel" required autocomplete="off" placeholder="+13155550100"
                    value=[parameters.get("to")] aria-invalid=[invalid("to")] aria-describedby=[described_by("to")];
            }))
            (field("from", tried, &html! {
                input #from name="from" type="tel" autocomplete="off" placeholder="withheld"
                    value=[parameters.get("from")] aria-invalid=[invalid("from")] aria-describedby=[described_by("from")];
            }))
            (field("at", tried, &html! {
                input #at name="at" type="datetime-local"
                    value=[parameters.get("at")] aria-invalid=[invalid("at")] aria-describedby=[described_by("at")];
            }))
            (field("clock", tried, &html! {
                select #clock name="clock" aria-invalid=[invalid("clock")] aria-describedby=[described_by("clock")] {
                    option value=(CALLEE_CLOCK) selected[clock == CALLEE_CLOCK] { "the callee" }
                    @for name in tried.zones().iter().filter(|name| !CLOCKS.contains(&name.as_str())) { option { (name) } }
                    @for name in CLOCKS { option value=(name) selected[clock == name] { (name) } }
                    // A time zone from the address that is not in the list.
                    @if clock != CALLEE_CLOCK && !CLOCKS.contains(&clock) { option selected { (clock) } }
                }
            }))
            @if !clients.is_empty() {
                (field("client", tried, &html! {
                    select #client name="client" aria-invalid=[invalid("client")] aria-describedby=[described_by("client")] {
                        @for name in &clients { option selected[parameters.get("client") == Some(name)] { (name) } }
                    }
                }))
            }
            button type="submit" { "Evaluate" }
        }
    }
}

fn label(field: &str) -> &'static str {
    match field {
        "from" => "Caller",
        "at" => "When (empty: now)",
        "clock" => "By the clock of",
        "client" => "Client (API key)",
        _ => "Callee",
    }
}

fn field(name: &str, tried: &TriedCall, input: &Markup) -> Markup {
    html! {
        div.field {
            label for=(name) { (label(name)) }
            (input)
            @if let Some(problem) = tried.problem_of(name) { p.field-problem id={ (name) "-problem" } { (problem) } }
        }
    }
}

/// Returns the answer. The form leads the browser to it, also if a field is invalid.
fn answer(tried: &TriedCall, parameters: &PageParameters, settings: &Settings) -> Markup {
    html! {
        @match tried {
            TriedCall::Absent => div #answer {},
            TriedCall::Invalid(invalid) => {
                div #answer.answer role="alert" {
                    p { (badge("INVALID INPUT")) " " a href={ "#" (invalid.field) } { (label(invalid.field)) } ": " (invalid.problem) }
                }
            },
            TriedCall::Unknown(_, error) => {
                div #answer.answer {
                    p { (badge("UNKNOWN")) " " (on_error(settings)) }
                    (problem(error))
                }
            },
            TriedCall::Explained(explained) => {
                div #answer.answer {
                    (decision(explained, settings))
                    @for note in notes(parameters) { p { (note) } }
                    (evaluations(explained))
                    (misspelt_items(explained))
                }
            },
        }
    }
}

/// Returns the notes about the numbers, as they are typed.
fn notes(parameters: &PageParameters) -> Vec<String> {
    number_notes::of_call(parameters.get("to").unwrap_or_default(), parameters.get("from"))
}

fn decision(explained: &CallExplanation, settings: &Settings) -> Markup {
    let CallExplanation { call, summary, asked, .. } = explained;
    let caller = call.from.as_ref().map_or("a withheld caller", Number::as_str);
    html! {
        h3 { (caller) " calls " (call.to) }
        p.decision {
            @match &summary.answer {
                None => { (badge("UNKNOWN")) " " (on_error(settings)) },
                Some(answer) => {
                    (badge(answer.status()))
                    @match answer {
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
            @if let Some(client) = &call.client { dt { "client" } dd { (client) } }
            @if let Some(answer) = summary.answer.clone().or_else(|| settings.on_error.answer()) {
                dt { "answer" } dd { code { (answer.to_json()) } }
            }
            dt { "hours" }
            dd {
                "table of calling hours of " (asked.hours_data) "; not legal advice"
                @for own in &asked.enforcement { br; (own.describe()) }
                @if let Some(command) = hours_enforcement::command(&asked.enforcement) {
                    br; "to enforce them: " code { (command) }
                }
            }
        }
    }
}

fn evaluations(explained: &CallExplanation) -> Markup {
    html! {
        (rules("Evaluated rules", &explained.asked))
        @if let Some(screening) = &explained.screening {
            p {
                "Rule " code { (screening.redirected_by) } " sends the call to " (screening.to) ", which is screened by the same rules ("
                (screening.callee.place) "; it is " (screening.callee.clocks) ")."
            }
            (rules("Evaluated rules for the target", &screening.callee))
        }
    }
}

fn misspelt_items(explained: &CallExplanation) -> Markup {
    html! {
        @if let Err(error) = &explained.misspelt {
            p.problem { "Other spellings of the number could not be checked: " (error.to_string()) "." }
        }
        @for item in explained.misspelt.iter().flatten() {
            p.problem role="alert" {
                "Rule " code { (item.key.rule) } " is stored under " code { (quoted(&item.key.number)) }
                ", which the hook never looks up; store it under " code { (item.store_under) } "."
            }
        }
    }
}

fn rules(caption: &str, callee: &CalleeExplanation) -> Markup {
    let mut inactive = 0;
    let rows = callee.rows.iter().filter(|row| {
        inactive += usize::from(row.state == RuleState::DoesNotApply);
        row.state != RuleState::DoesNotApply || inactive <= MAX_INACTIVE_RULES
    });
    let rows: Vec<_> = rows.collect();
    let hidden = callee.rows.len() - rows.len();
    html! {
        @if callee.rows.is_empty() {
            p.empty { (caption) ": none." }
        } @else {
            div.scrollable tabindex="0" role="region" aria-label=(caption) {
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
                            tr.(class(row.state)) {
                                th scope="row" data-label="Rule" { (row.key.rule) } td data-label="Number" { (row.key.number) }
                                td.number data-label="Priority" { (row.priority) }
                                td data-label="State" { strong { (row.state.label()) } }
                                td data-label="Why" {
                                    div {
                                        (row.why)
                                        @if let Some(words) = &row.words {
                                            p.sentence { "It " (words.sentence) "." }
                                            @if let Some(unread) = not_read(&words.unread) { p.finding { (unread) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if hidden > 0 { p { (hidden) " more that do not apply are not shown; " code { "precall check" } " shows all." } }
    }
}

fn class(state: RuleState) -> &'static str {
    match state {
        RuleState::Decides => "decides",
        RuleState::Outranked => "outranked",
        RuleState::Shadow => "shadow",
        RuleState::DoesNotApply => "inactive",
        RuleState::Fact => "fact",
        RuleState::Invalid => "invalid",
    }
}
