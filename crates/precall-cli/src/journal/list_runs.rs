//! The times in which imports and removals of lists ran, and their authors.

use std::collections::HashMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use precall_hook::journal::{Change, ChangeOrigin, Stamp};

use crate::dynamodb::attribute_value::Attributes;

/// The time by which the instants of two entries of one run may differ: the journal has whole seconds.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

/// The times in which imports and removals of lists ran, from the changes of the lists' records.
#[derive(Debug, Default)]
pub struct ListRuns(HashMap<String, Vec<ListRun>>);

/// A list, a part of whose numbers was written or removed at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningList {
    pub list: String,
    /// The instant at which the run began.
    pub from: Timestamp,
    /// The instant at which it ended; `None` if it has not ended.
    pub to: Option<Timestamp>,
}

/// `list own was being imported or removed from … until …`
impl fmt::Display for RunningList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, from, to } = self;
        write!(f, "list {list} was being imported or removed from {from} ")?;
        match to {
            Some(to) => write!(f, "until {to}"),
            None => f.write_str("on, and that run has not ended"),
        }
    }
}

/// The time of one run; without an end, it may still run.
#[derive(Debug, Clone)]
struct ListRun {
    from: Timestamp,
    to: Option<Timestamp>,
    /// True if the run removed numbers, or may still remove some.
    has_removals: bool,
    /// The stamps of those who began it or resumed it.
    stamps: Vec<(Timestamp, Stamp)>,
}

impl ListRuns {
    /// Returns the runs. The changes of the records must be in order.
    pub fn of(records: &[Change]) -> Self {
        let mut runs: HashMap<String, Vec<ListRun>> = HashMap::new();
        for change in records {
            let runs = runs.entry(change.key.rule.clone()).or_default();
            let open = runs.last_mut().filter(|run| run.to.is_none());
            match (open, change.after.as_ref().is_some_and(is_running)) {
                (None, true) => {
                    let stamps = stamp(change).into_iter().collect();
                    runs.push(ListRun { from: change.at, to: None, has_removals: true, stamps });
                }
                (Some(run), true) => run.stamps.extend(stamp(change)),
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
        self.run(list, at).is_some()
    }

    /// Returns true if an import that removed numbers, or the removal of a list, ran at an instant.
    pub fn is_removing(&self, list: &str, at: Timestamp) -> bool {
        self.runs(list, at).any(|run| run.has_removals)
    }

    /// Returns the stamp of the person or program that ran the import or the removal of a list at an instant, if it is known.
    pub fn stamp(&self, list: &str, at: Timestamp) -> Option<Stamp> {
        let stamps = &self.run(list, at)?.stamps;
        let earlier = stamps.iter().rev().find(|(from, _)| *from <= at + TOLERANCE);
        earlier.or_else(|| stamps.first()).map(|(_, stamp)| stamp.clone())
    }

    /// Returns the lists of which a part was written or removed after all changes of the second of an instant.
    pub fn half_written(&self, at: Timestamp) -> Vec<RunningList> {
        let second = at.as_second();
        let is_in = |run: &&ListRun| run.from.as_second() <= second && run.to.is_none_or(|to| to.as_second() > second);
        let lists = self.0.iter().flat_map(|(list, runs)| runs.iter().filter(is_in).map(move |run| (list, run)));
        let mut lists: Vec<RunningList> =
            lists.map(|(list, run)| RunningList { list: list.clone(), from: run.from, to: run.to }).collect();
        lists.sort_by(|one, other| one.list.cmp(&other.list));
        lists
    }

    fn run(&self, list: &str, at: Timestamp) -> Option<&ListRun> {
        self.runs(list, at).next()
    }

    fn runs<'r>(&'r self, list: &str, at: Timestamp) -> impl Iterator<Item = &'r ListRun> {
        let is_in = move |run: &&ListRun| at >= run.from - TOLERANCE && run.to.is_none_or(|to| at <= to + TOLERANCE);
        self.0.get(list).into_iter().flatten().filter(is_in)
    }

    /// Returns the names of the lists that ever had a run.
    pub fn lists(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

/// Returns the stamp of a change of a record, if a tool of precall made it.
fn stamp(change: &Change) -> Option<(Timestamp, Stamp)> {
    match change.origin() {
        ChangeOrigin::Tool(stamp) => Some((change.at, stamp)),
        _ => None,
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
