//! A comparison as text and as JSON.

use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::comparison::{Comparison, DecisionDifference};
use crate::counts::{counted, grouped};
use crate::decision_log::LogSummary;
use crate::dynamodb::counted_rules::CountedRules;
use crate::terminal::one_line;

/// A comparison, and everything that it is based on.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'c> {
    pub comparison: &'c Comparison,
    pub summary: &'c LogSummary,
    /// The rules to try.
    pub new: &'c CountedRules,
    /// The rules to compare with; `None` for the decisions in the log.
    pub old: Option<&'c CountedRules>,
}

/// Returns the comparison as text.
pub fn text(compared: Compared<'_>) -> String {
    let comparison = compared.comparison;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_head(&mut text, compared)
        .and_then(|()| write_differences(&mut text, comparison))
        .and_then(|()| write_opening_hours(&mut text, comparison))
        .and_then(|()| write_undecided(&mut text, comparison));
    text
}

fn write_head(text: &mut String, compared: Compared<'_>) -> fmt::Result {
    let Compared { comparison, summary, new, old } = compared;
    let undecided: u64 = comparison.undecided.values().sum();
    let differing = comparison.differing();
    writeln!(text, "log       {}", one_line(&summary.to_string()))?;
    writeln!(text, "rules     {new}")?;
    match old {
        Some(old) => writeln!(text, "compared  with the rules of --against: {old}")?,
        None => writeln!(text, "compared  with the decisions in the log")?,
    }
    writeln!(
        text,
        "calls     {}: {} decided the same, {} decided differently, {} not decided; {} refused",
        grouped(comparison.same + differing + undecided),
        grouped(comparison.same),
        grouped(differing),
        grouped(undecided),
        counted(comparison.refused, "request")
    )
}

fn write_differences(text: &mut String, comparison: &Comparison) -> fmt::Result {
    if comparison.differing() == 0 {
        return Ok(());
    }
    writeln!(text, "\nDECIDED DIFFERENTLY")?;
    for ((before, after), difference) in comparison.differences() {
        writeln!(text, "{:>12}  {} -> {}", grouped(difference.calls), one_line(before), one_line(after))?;
        for example in &difference.examples {
            let because = if example.because.is_empty() { String::new() } else { format!(": {}", example.because) };
            let line = format!("{} to {} at {}{because}", example.id, example.to, example.at);
            writeln!(text, "{:>14}{}", "", one_line(&line))?;
        }
    }
    writeln!(text, "\nRULES\n{:>12}{:>12}", "BEFORE", "AFTER")?;
    for (rule, (before, after)) in comparison.rules.iter().filter(|(_, (before, after))| before != after) {
        writeln!(text, "{:>12}{:>12}  {}", grouped(*before), grouped(*after), one_line(rule))?;
    }
    if comparison.hours.iter().any(|count| *count > 0) {
        writeln!(text, "\nDECIDED DIFFERENTLY, BY THE HOUR OF THE CALLEE'S CLOCK")?;
    }
    for (hour, count) in comparison.hours.iter().enumerate().filter(|(_, count)| **count > 0) {
        writeln!(text, "{:>12}  {hour:02}:00", grouped(*count))?;
    }
    Ok(())
}

fn write_opening_hours(text: &mut String, comparison: &Comparison) -> fmt::Result {
    if !comparison.opening_hours.is_empty() {
        writeln!(text, "\nREJECTED BY THESE RULES, AND COULD BE PLACED LATER, BY THE HOUR OF THE CALLEE'S CLOCK")?;
    }
    for (hour, count) in &comparison.opening_hours {
        writeln!(text, "{:>12}  from {hour:02}:00", grouped(*count))?;
    }
    Ok(())
}

fn write_undecided(text: &mut String, comparison: &Comparison) -> fmt::Result {
    if comparison.undecided.values().sum::<u64>() > 0 {
        writeln!(text, "\nNOT DECIDED")?;
        for (reason, count) in &comparison.undecided {
            writeln!(text, "{:>12}  {}", grouped(*count), one_line(reason))?;
        }
    }
    Ok(())
}

/// Returns the comparison as JSON.
pub fn json(compared: Compared<'_>) -> String {
    let Compared { comparison, summary, new, old } = compared;
    let differences: Vec<Value> = comparison.differences().into_iter().map(difference).collect();
    let rules: Map<String, Value> = comparison
        .rules
        .iter()
        .map(|(rule, (before, after))| (rule.clone(), json!({ "before": before, "after": after })))
        .collect();
    let report = json!({
        "log": counted(summary.records, "record"),
        "log_source": summary.names,
        "source": new.location.to_string(),
        "rules_in_source": new.exact(),
        "against": old.map(|old| old.location.to_string()),
        "rules_in_against": old.and_then(CountedRules::exact),
        "same": comparison.same,
        "otherwise": comparison.differing(),
        "not_decided": comparison.undecided,
        "refused": comparison.refused,
        "differences": differences,
        "rules": rules,
        "otherwise_by_callee_hour": comparison.hours,
        "could_be_placed_from_callee_hour": comparison.opening_hours,
    });
    format!("{report:#}\n")
}

fn difference(((before, after), difference): (&(String, String), &DecisionDifference)) -> Value {
    let examples: Vec<Value> = difference
        .examples
        .iter()
        .map(|example| {
            json!({ "decision_id": example.id, "to": example.to, "at": example.at, "because": example.because })
        })
        .collect();
    json!({ "before": before, "after": after, "calls": difference.calls, "examples": examples })
}
