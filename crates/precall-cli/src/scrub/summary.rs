//! Counts of the decisions of leads.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::lead_decision::LeadDecision;
use crate::counts::grouped;

/// The greatest number of different results that are counted by themselves. A file may have any number of unreadable texts.
const MAX_RESULTS: usize = 500;

/// The greatest number of results that the report names.
const MAX_NAMED: usize = 30;

/// The name for all other results.
const OTHERS: &str = "other results";

/// Counts of the decisions of leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubSummary {
    pub rows: u64,
    /// Rows whose numbers may be called.
    pub callable: u64,
    /// Rows without a decision.
    pub undecided: u64,
    /// Rows by their decision, in words.
    results: BTreeMap<String, u64>,
    /// Rejected rows that could be called later, by the hour of the callee's clock.
    opening_hours: BTreeMap<u8, u64>,
}

impl ScrubSummary {
    /// Counts a decision.
    pub fn add(&mut self, decision: &LeadDecision) {
        self.rows += 1;
        self.callable += u64::from(decision.is_callable());
        self.undecided += u64::from(!decision.is_decided());
        self.add_result(words(decision), 1);
        if let Some(hour) = decision.opening_hour {
            *self.opening_hours.entry(hour).or_default() += 1;
        }
    }

    fn add_result(&mut self, result: String, count: u64) {
        let is_known = self.results.len() < MAX_RESULTS || self.results.contains_key(&result);
        *self.results.entry(if is_known { result } else { OTHERS.to_owned() }).or_default() += count;
    }

    /// Adds the counts of other rows.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.callable += other.callable;
        self.undecided += other.undecided;
        for (result, count) in other.results {
            self.add_result(result, count);
        }
        for (hour, count) in other.opening_hours {
            *self.opening_hours.entry(hour).or_default() += count;
        }
    }

    /// Returns the counts as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let blocked = self.rows - self.callable - self.undecided;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "rows      {}: {} may be called, {} may not, {} not decided",
            grouped(self.rows),
            grouped(self.callable),
            grouped(blocked),
            grouped(self.undecided)
        );
        let mut results: Vec<_> = self.results.iter().collect();
        results.sort_by(|(one, one_count), (other, other_count)| other_count.cmp(one_count).then(one.cmp(other)));
        for (result, count) in results.iter().take(MAX_NAMED) {
            let _ = writeln!(text, "{:>12}  {result}", grouped(**count));
        }
        let others: u64 = results.iter().skip(MAX_NAMED).map(|(_, count)| **count).sum();
        if others > 0 {
            let _ = writeln!(text, "{:>12}  {OTHERS}", grouped(others));
        }
        for (hour, count) in &self.opening_hours {
            let _ = writeln!(
                text,
                "{:>12}  of these could be called from {hour:02}:00 by the callee's clock",
                grouped(*count)
            );
        }
        text
    }
}

/// Returns a decision in words: `REJECT 603 "Internal do-not-call list" by dnc`.
fn words(decision: &LeadDecision) -> String {
    let mut words = decision.status.to_owned();
    if let Some(code) = &decision.code {
        words = format!("{words} {code}");
    }
    if let Some(reason) = &decision.reason {
        words = format!("{words} {reason:?}");
    }
    match &decision.rule {
        Some(rule) => format!("{words} by {rule}"),
        None if decision.is_decided() => format!("{words} by default"),
        None => words,
    }
}
