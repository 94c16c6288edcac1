//! The section of the rules in the table, with the invalid ones first.

use std::cmp::Reverse;

use jiff::Timestamp;
use maud::{Markup, html};
use precall::rule::{Entry, Key};
use precall_hook::store::StoreError;

use super::parts::problem;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::number_list::mark::MARK;
use crate::rule_findings::{self as lint, FindingLevel as Level, LawRules};
use crate::rule_row::{RuleRow as Line, not_read};

/// The rules that are shown.
const MAX_RULES: usize = 500;

/// The state of a rule in the table, in the order of the page: first the ones that need work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TableRuleState {
    Invalid,
    Mistake,
    InForce,
    Shadow,
    NotYetInForce,
    Expired,
    Disabled,
}

impl TableRuleState {
    fn of(entry: &Entry, has_mistake: bool, now: Timestamp) -> Self {
        let lifetime = match entry {
            Entry::Rule(rule) => rule.conditions.lifetime,
            Entry::Fact(fact) => fact.lifetime,
            Entry::Invalid(item) => item.conditions.lifetime,
        };
        let is_early = lifetime.starts_at.is_some_and(|start| now < start);
        match entry {
            _ if !lifetime.enabled => Self::Disabled,
            Entry::Rule(_) | Entry::Fact(_) if is_early => Self::NotYetInForce,
            _ if !is_early && lifetime.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            Entry::Invalid(_) => Self::Invalid,
            _ if has_mistake => Self::Mistake,
            Entry::Rule(rule) if rule.shadow => Self::Shadow,
            Entry::Rule(_) | Entry::Fact(_) => Self::InForce,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Mistake => "mistake",
            Self::InForce => "in force",
            Self::Shadow => "shadow",
            Self::NotYetInForce => "not yet in force",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
        }
    }

    /// Returns the class of the style sheet, which the rules of a try have, too.
    fn class(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Mistake => "mistake",
            Self::InForce => "in-force",
            Self::Shadow => "shadow",
            Self::NotYetInForce | Self::Expired | Self::Disabled => "inactive",
        }
    }
}

/// A row of the section.
#[derive(Debug)]
struct TableRule {
    state: TableRuleState,
    line: Line,
    /// The mistakes that lint finds, with their repairs.
    findings: Vec<String>,
    key: Key,
    priority: i64,
}

impl TableRule {
    fn of(item: &Attributes, laws: &LawRules, now: Timestamp) -> Self {
        let entry = items::parse(item);
        let of_consent = if let Entry::Rule(rule) = &entry { laws.finding_of(rule) } else { None };
        let findings: Vec<String> = lint::of_item(item, &entry, now)
            .into_iter()
            .chain(of_consent)
            .filter(|finding| finding.level < Level::Note && !matches!(entry, Entry::Invalid(_)))
            .map(|finding| finding.text())
            .collect();
        let priority = match &entry {
            Entry::Rule(rule) => rule.priority,
            Entry::Invalid(item) => item.priority.unwrap_or_default(),
            Entry::Fact(_) => 0,
        };
        Self {
            state: TableRuleState::of(&entry, !findings.is_empty(), now),
            line: Line::of(item, &entry),
            findings,
            key: entry.key().clone(),
            priority,
        }
    }

    /// Returns the order of the section: by state, wildcard rules first, then by priority and key.
    fn order(&self) -> (TableRuleState, bool, Reverse<i64>, &Key) {
        (self.state, self.key.number != "*", Reverse(self.priority), &self.key)
    }

    fn row(&self) -> Markup {
        let Self { state, line, findings, .. } = self;
        html! {
            tr.(state.class()) {
                th scope="row" data-label="Rule" { (line.rule) }
                td data-label="Number" { (line.number) }
                td.number data-label="Priority" { (line.priority) }
                td data-label="State" { strong { (state.label()) } }
                td data-label="Effect" { div { span.nowrap { (line.status) } @if !line.code.is_empty() { " " (line.code) } } }
                td data-label="What it does" {
                    div {
                        (line.sentence)
                        @if let Some(unread) = not_read(&line.unread) { p.finding { (unread) } }
                        @for finding in findings { p.finding { (finding) } }
                    }
                }
            }
        }
    }
}

/// Returns the section, with the wildcard rules and the first items of the table. The bool is true if the table has more.
pub fn section(
    wildcard: &Result<Vec<Attributes>, StoreError>,
    numbers: &Result<(Vec<Attributes>, bool), StoreError>,
    now: Timestamp,
) -> Markup {
    let (items, is_more) = numbers.as_ref().map_or((&[][..], false), |(items, is_more)| (items.as_slice(), *is_more));
    let (listed, own): (Vec<_>, Vec<_>) =
        items.iter().filter(|item| !is_wildcard(item)).partition(|item| item.contains_key(MARK));
    let laws = LawRules::of(&wildcard.iter().flatten().map(items::parse).collect::<Vec<_>>(), now);
    let of_item = |item| TableRule::of(item, &laws, now);
    let mut rules: Vec<TableRule> = wildcard.iter().flatten().chain(own).map(of_item).collect();
    rules.sort_by(|a, b| a.order().cmp(&b.order()));
    let invalid = rules.iter().filter(|rule| rule.state == TableRuleState::Invalid).count();
    let hidden = rules.len().saturating_sub(MAX_RULES);
    html! {
        section #rules aria-labelledby="rules-title" {
            h2 #rules-title { "Rules" }
            @for error in [wildcard.as_ref().err(), numbers.as_ref().err()].into_iter().flatten() { (problem(error)) }
            @if invalid > 0 { (invalid_rules(invalid)) }
            @if wildcard.is_ok() || numbers.is_ok() { p {
                (rules.len()) @if rules.len() == 1 { " rule" } @else { " rules" }
                @if !listed.is_empty() { ", and " (listed.len()) " of imported lists" }
                @if is_more {
                    ". Only the wildcard rules and some of the rules under numbers were read; " code { "precall lint" } " reads all"
                }
                @if wildcard.is_err() { ". The wildcard rules could not be read" }
                @if numbers.is_err() { ". The rules under numbers could not be read" }
                "."
            } }
            @if !rules.is_empty() { (table(&rules)) }
            @if hidden > 0 { p { (hidden) " more are not shown; " code { "precall rules" } " shows all." } }
        }
    }
}

fn is_wildcard(item: &Attributes) -> bool {
    item.get("number").and_then(|number| number.as_s().ok()).is_some_and(|number| number == "*")
}

/// Returns the alert about invalid rules.
fn invalid_rules(count: usize) -> Markup {
    html! {
        div.problem role="alert" {
            p {
                @if count == 1 { "1 rule is invalid" } @else { (count) " rules are invalid" }
                ". Correct the first rows, or set " code { "enabled" } " to false. Until then:"
            }
            ul {
                li { "The decision for the number of an invalid rule is unknown, unless a rule of higher priority decides." }
                li {
                    "For an invalid rule under " code { "*" } " or under a caller's number, the hook uses the last valid version. "
                    "If this process has never read one, it ignores the rule."
                }
                li { "The hook never reads a rule whose number is not written as " code { "+" } " and digits." }
            }
        }
    }
}

fn table(rules: &[TableRule]) -> Markup {
    html! {
        div.scrollable tabindex="0" role="region" aria-label="Table of rules" {
            table.cards {
                thead {
                    tr {
                        th scope="col" { "Rule" } th scope="col" { "Number" } th.number scope="col" { "Priority" }
                        th scope="col" { "State" } th scope="col" { "Effect" } th scope="col" { "What it does" }
                    }
                }
                tbody { @for rule in rules.iter().take(MAX_RULES) { (rule.row()) } }
            }
        }
    }
}
