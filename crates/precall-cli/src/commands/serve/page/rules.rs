//! The rules of the table, the invalid ones on top.

use jiff::Timestamp;
use maud::{Markup, html};
use precall::rule::{Entry, Key};
use precall_hook::store::StoreError;

use super::problem;
use crate::commands::lint::{self, Level};
use crate::commands::rules::Line;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::number_list::mark::MARK;

/// Rules that are shown, at most.
const MOST_SHOWN: usize = 500;

/// Where a rule stands in the order of the page: the first ones want somebody's eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Invalid,
    Faulty,
    InForce,
    OnTrial,
    NotYet,
    Expired,
    Disabled,
}

impl State {
    fn of(entry: &Entry, is_faulty: bool, now: Timestamp) -> Self {
        let lifetime = match entry {
            Entry::Rule(rule) => rule.conditions.lifetime,
            Entry::Fact(fact) => fact.lifetime,
            Entry::Invalid(item) => item.conditions.lifetime,
        };
        let is_before = lifetime.starts_at.is_some_and(|start| now < start);
        match entry {
            _ if !lifetime.enabled => Self::Disabled,
            Entry::Rule(_) | Entry::Fact(_) if is_before => Self::NotYet,
            _ if !is_before && lifetime.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            Entry::Invalid(_) => Self::Invalid,
            _ if is_faulty => Self::Faulty,
            Entry::Rule(rule) if rule.shadow => Self::OnTrial,
            Entry::Rule(_) | Entry::Fact(_) => Self::InForce,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Faulty => "look again",
            Self::InForce => "in force",
            Self::OnTrial => "on trial",
            Self::NotYet => "not yet",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
        }
    }

    /// Its colour, as the states of an explanation have them.
    fn class(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Faulty => "faulty",
            Self::InForce => "states",
            Self::OnTrial => "shadow",
            Self::NotYet | Self::Expired | Self::Disabled => "asleep",
        }
    }
}

/// A rule to be shown.
struct Row {
    state: State,
    line: Line,
    /// What lint says of it.
    findings: Vec<String>,
    key: Key,
    priority: i64,
}

impl Row {
    fn of(item: &Attributes, now: Timestamp) -> Self {
        let entry = items::parse(item);
        let findings: Vec<String> = lint::of_item(item, &entry, now)
            .into_iter()
            .filter(|finding| finding.level < Level::Note && !matches!(entry, Entry::Invalid(_)))
            .map(|finding| format!("{}; {}", finding.what, finding.repair))
            .collect();
        let priority = match &entry {
            Entry::Rule(rule) => rule.priority,
            Entry::Invalid(item) => item.priority.unwrap_or_default(),
            Entry::Fact(_) => 0,
        };
        Self {
            state: State::of(&entry, !findings.is_empty(), now),
            line: Line::of(item, &entry),
            findings,
            key: entry.key().clone(),
            priority,
        }
    }
}

pub fn section(
    any: &Result<Vec<Attributes>, StoreError>,
    numbers: &Result<(Vec<Attributes>, bool), StoreError>,
    now: Timestamp,
) -> Markup {
    let (some, is_more) = numbers.as_ref().map_or((&[][..], false), |(some, is_more)| (some.as_slice(), *is_more));
    let is_any =
        |item: &&Attributes| item.get("number").and_then(|number| number.as_s().ok()).is_some_and(|n| n == "*");
    let of_numbers = || some.iter().filter(|item| !is_any(item));
    let listed = of_numbers().filter(|item| item.contains_key(MARK)).count();
    let own = of_numbers().filter(|item| !item.contains_key(MARK));
    let mut rows: Vec<Row> = any.iter().flatten().chain(own).map(|item| Row::of(item, now)).collect();
    rows.sort_by(|a, b| {
        let place = |row: &Row| (row.state, row.key.number != "*", std::cmp::Reverse(row.priority));
        place(a).cmp(&place(b)).then_with(|| a.key.cmp(&b.key))
    });
    let invalid = rows.iter().filter(|row| row.state == State::Invalid).count();
    let untold = rows.len().saturating_sub(MOST_SHOWN);
    html! {
        section #rules aria-labelledby="rules-title" {
            h2 #rules-title { "Rules" }
            @for error in [any.as_ref().err(), numbers.as_ref().err()].into_iter().flatten() { (problem(error)) }
            @if invalid > 0 {
                p.problem role="alert" {
                    @if invalid == 1 { "1 rule is invalid" } @else { (invalid) " rules are invalid" }
                    ": mend what stands on top, or set " code { "enabled" } " to false. Until then a call to its number is unknown, "
                    "unless a stronger rule decides; under " code { "*" } " or a caller's number a rule counts as it was when this "
                    "process last could read it, or not at all; and what stands under a number in another spelling than "
                    code { "+" } " and digits is never looked up."
                }
            }
            @if any.is_ok() || numbers.is_ok() { p {
                (rows.len()) @if rows.len() == 1 { " rule" } @else { " rules" }
                @if listed > 0 { ", and " (listed) " of imported lists" }
                @if is_more { " so far: only those of " code { "*" } " and some of the numbers were read; " code { "precall lint" } " reads all" }
                @if any.is_err() { "; without those of " code { "*" } ", which could not be read" }
                @if numbers.is_err() { "; without those of numbers, which could not be read" }
                "."
            } }
            @if !rows.is_empty() {
                div.wide tabindex="0" role="region" aria-label="Table of rules" {
                    table.cards {
                        thead {
                            tr {
                                th scope="col" { "Rule" } th scope="col" { "Number" } th.number scope="col" { "Priority" }
                                th scope="col" { "State" } th scope="col" { "Does" } th scope="col" { "When and why" }
                            }
                        }
                        tbody { @for row in rows.iter().take(MOST_SHOWN) { (shown(row)) } }
                    }
                }
            }
            @if untold > 0 { p { (untold) " more are not shown; " code { "precall rules" } " shows all." } }
        }
    }
}

fn shown(row: &Row) -> Markup {
    let Row { state, line, findings, .. } = row;
    html! {
        tr.(state.class()) {
            th scope="row" data-label="Rule" { (line.rule) }
            td data-label="Number" { (line.number) }
            td.number data-label="Priority" { (line.priority) }
            td data-label="State" { strong { (state.as_str()) } }
            td data-label="Does" { div { span.word { (line.status) } @if !line.code.is_empty() { " " (line.code) } } }
            td data-label="When and why" {
                div {
                    (line.why)
                    @for finding in findings { p.finding { (finding) } }
                }
            }
        }
    }
}
