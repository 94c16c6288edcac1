//! The times in which imports and removals of lists ran.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use precall_hook::journal::Change;

use crate::dynamodb::attribute_value::Attributes;

/// The time by which the clock of an entry may differ from that of an import.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// The times in which imports and removals of lists ran, from the changes of the lists' records.
#[derive(Debug, Default)]
pub struct ListRuns(HashMap<String, Vec<ListRun>>);

/// The time of one run; without an end, it may still run.
#[derive(Debug, Clone, Copy)]
struct ListRun {
    from: Timestamp,
    to: Option<Timestamp>,
}

impl ListRuns {
    /// Returns the runs. The changes of the records must be in order.
    pub fn of(records: &[Change]) -> Self {
        let mut runs: HashMap<String, Vec<ListRun>> = HashMap::new();
        for change in records {
            let runs = runs.entry(change.key.rule.clone()).or_default();
            let open = runs.last_mut().filter(|run| run.to.is_none());
            match (open, change.after.as_ref().is_some_and(is_running)) {
                (None, true) => runs.push(ListRun { from: change.at, to: None }),
                (Some(run), false) => run.to = Some(change.at),
                _ => {}
            }
        }
        Self(runs)
    }

    /// Returns true if an import or the removal of a list ran at an instant.
    pub fn is_running(&self, list: &str, at: Timestamp) -> bool {
        let is_in = |run: &ListRun| at >= run.from - TOLERANCE && run.to.is_none_or(|to| at <= to + TOLERANCE);
        self.0.get(list).is_some_and(|runs| runs.iter().any(is_in))
    }

    /// Returns the names of the lists that ever had a run.
    pub fn lists(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

/// Returns true if the record is of a list whose items are being written or removed.
fn is_running(record: &Attributes) -> bool {
    let state = record.get("state").and_then(|state| state.as_s().ok());
    state.is_some_and(|state| ["importing", "removing", "deleting"].contains(&state.as_str()))
}
