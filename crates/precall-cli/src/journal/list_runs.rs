//! The times in which imports and removals of lists ran.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use precall_hook::journal::Change;

use crate::dynamodb::attribute_value::Attributes;

/// The time by which the instants of two entries of one run may differ: the journal has whole seconds.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

/// The times in which imports and removals of lists ran, from the changes of the lists' records.
#[derive(Debug, Default)]
pub struct ListRuns(HashMap<String, Vec<ListRun>>);

/// The time of one run; without an end, it may still run.
#[derive(Debug, Clone, Copy)]
struct ListRun {
    from: Timestamp,
    to: Option<Timestamp>,
    /// True if the run removed numbers, or may still remove some.
    has_removals: bool,
}

impl ListRuns {
    /// Returns the runs. The changes of the records must be in order.
    pub fn of(records: &[Change]) -> Self {
        let mut runs: HashMap<String, Vec<ListRun>> = HashMap::new();
        for change in records {
            let runs = runs.entry(change.key.rule.clone()).or_default();
            let open = runs.last_mut().filter(|run| run.to.is_none());
            match (open, change.after.as_ref().is_some_and(is_running)) {
                (None, true) => runs.push(ListRun { from: change.at, to: None, has_removals: true }),
                (Some(run), false) => {
                    run.to = Some(change.at);
                    // Without a record, the list was removed with its numbers.
                    run.has_removals = change.after.as_ref().is_none_or(has_removals);
                }
                _ => {}
            }
        }
        Self(runs)
    }

    /// Returns true if an import or the removal of a list ran at an instant.
    pub fn is_running(&self, list: &str, at: Timestamp) -> bool {
        self.any(list, at, |_| true)
    }

    /// Returns true if an import that removed numbers, or the removal of a list, ran at an instant.
    pub fn is_removing(&self, list: &str, at: Timestamp) -> bool {
        self.any(list, at, |run| run.has_removals)
    }

    fn any(&self, list: &str, at: Timestamp, is_wanted: fn(&ListRun) -> bool) -> bool {
        let is_in = |run: &ListRun| at >= run.from - TOLERANCE && run.to.is_none_or(|to| at <= to + TOLERANCE);
        self.0.get(list).is_some_and(|runs| runs.iter().any(|run| is_in(run) && is_wanted(run)))
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

/// Returns true if the record of a complete import counts numbers that it removed.
fn has_removals(record: &Attributes) -> bool {
    let removed = record.get("removed").and_then(|removed| removed.as_n().ok());
    removed.is_none_or(|removed| removed != "0")
}
