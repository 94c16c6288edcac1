//! The runs of a list, and the copies that were in force, from the changes of its record.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use precall_hook::journal::Stamp;

use crate::failure::Failure;
use crate::journal::HistoryEntry;
use crate::number_list::list_record::{ImportState, ListRecord};

/// The most days from the copy of the registry to a call (16 CFR 310.4(b)(3)(iv)).
const MAX_AGE: i32 = 31;

/// One import of a list, or its end.
#[derive(Debug)]
pub struct ListRun {
    /// The record after the last change of the run; for the end of a list, the last record before it.
    pub record: ListRecord,
    pub began: Timestamp,
    /// The end of the run; `None` if it did not finish.
    pub finished: Option<Timestamp>,
    pub outcome: &'static str,
    pub stamp: Option<Stamp>,
}

/// A copy that was in force.
#[derive(Debug)]
pub struct ForceSpan {
    pub record: ListRecord,
    pub from: Timestamp,
    /// The end; `None` if it is in force now.
    pub to: Option<Timestamp>,
}

/// The past of a list, in the order of time.
#[derive(Debug, Default)]
pub struct ListPast {
    pub runs: Vec<ListRun>,
    pub copies: Vec<ForceSpan>,
}

impl ListPast {
    /// Returns the past of a list from the changes of its record, which must be in order, and its record of today.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn of(changes: &[HistoryEntry], today: Option<&ListRecord>) -> Result<Self, Failure> {
        let mut past = Self::default();
        let earliest = match changes.first() {
            Some(entry) => entry.change.before.as_ref().map(ListRecord::of_item).transpose()?,
            None => today.cloned(),
        };
        if let Some(record) = earliest {
            past.add_earliest(record);
        }
        for entry in changes {
            past.add(entry)?;
        }
        Ok(past)
    }

    /// Adds the import that the journal does not have.
    fn add_earliest(&mut self, record: ListRecord) {
        if let Some(from) = record.finished.filter(|_| record.state == ImportState::Complete) {
            self.copies.push(ForceSpan { record: record.clone(), from, to: None });
        }
        let (began, finished) = (record.started, record.finished);
        self.runs.push(ListRun { record, began, finished, outcome: "before the journal", stamp: None });
    }

    fn add(&mut self, entry: &HistoryEntry) -> Result<(), Failure> {
        let (at, stamp) = (entry.change.at, entry.stamp().cloned());
        let after = entry.change.after.as_ref().map(ListRecord::of_item).transpose()?;
        let before = entry.change.before.as_ref().map(ListRecord::of_item).transpose()?;
        let is_end = after.as_ref().is_none_or(|record| record.state == ImportState::Deleting);
        let is_gone = after.is_none();
        let Some(record) = after.or(before) else { return Ok(()) };
        if is_end {
            self.end_copy(at);
        } else if record.state != ImportState::Importing {
            self.begin_copy(&record, at);
        }
        let outcome = match (is_end, is_gone, record.state) {
            (true, true, _) => "removed",
            (true, false, _) => "removal unfinished",
            (false, _, ImportState::Complete) => "complete",
            _ => "unfinished",
        };
        let finished = (is_gone || outcome == "complete").then_some(at);
        match self.runs.last_mut() {
            Some(run) if run.is_continued_by(&record, is_end) => {
                run.stamp = run.stamp.take().or(stamp);
                (run.record, run.finished, run.outcome) = (record, finished, outcome);
            }
            last => {
                if let Some(run) = last.filter(|run| run.outcome == "unfinished") {
                    let is_resumed = !is_end && is_same_copy(&run.record, &record);
                    run.outcome = if is_resumed { "begun again" } else { "taken over" };
                }
                self.runs.push(ListRun { record, began: at, finished, outcome, stamp });
            }
        }
        Ok(())
    }

    fn end_copy(&mut self, at: Timestamp) {
        if let Some(copy) = self.copies.last_mut().filter(|copy| copy.to.is_none()) {
            copy.to = Some(at);
        }
    }

    fn begin_copy(&mut self, record: &ListRecord, at: Timestamp) {
        match self.copies.last_mut().filter(|copy| copy.to.is_none()) {
            Some(copy) if is_same_copy(&copy.record, record) => copy.record = record.clone(),
            _ => {
                self.end_copy(at);
                self.copies.push(ForceSpan { record: record.clone(), from: at, to: None });
            }
        }
    }
}

impl ListRun {
    /// Returns true if a change with this record belongs to the run.
    fn is_continued_by(&self, record: &ListRecord, is_end: bool) -> bool {
        match self.outcome {
            "removal unfinished" => is_end,
            "unfinished" | "complete" | "before the journal" => !is_end && self.record.import == record.import,
            _ => false,
        }
    }
}

impl ForceSpan {
    /// Returns the days in UTC on which the copy was in force, up to an instant.
    pub fn days(&self, now: Timestamp) -> impl Iterator<Item = Date> {
        let last = self.to.map_or(now, |to| to - 1.second()).max(self.from);
        let last = day(last);
        day(self.from).series(1.day()).take_while(move |date| *date <= last)
    }

    /// Returns the age of the copy on a day, in days.
    pub fn age(&self, on: Date) -> i32 {
        on.since(day(self.record.copied)).map_or(i32::MAX, |span| span.get_days())
    }

    /// Returns true if the copy was late at any time of a day up to `now`: older than the registry's 31 days, or past
    /// its own due date. The registry's days are not those of a file of exemptions, which end by themselves.
    pub fn is_late(&self, on: Date, now: Timestamp) -> bool {
        let is_due = |due: Timestamp| day(due) <= on && due < self.to.unwrap_or(now);
        self.record.exempt.is_empty() && !self.record.holders && self.age(on) > MAX_AGE
            || self.record.due.is_some_and(is_due)
    }
}

/// Returns the day of an instant, in UTC.
fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Returns true if two records are of one copy. An import that is resumed has a new id.
fn is_same_copy(one: &ListRecord, other: &ListRecord) -> bool {
    (&one.sha256, one.copied, one.due) == (&other.sha256, other.copied, other.due)
}
