//! The figures of a report: counts of decision records.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::answer_times::AnswerTimes;
use crate::decision_log::{LoggedRecord, RecordList, RecordSink, RecordText};
use crate::failure::Failure;

/// Seconds of an hour.
const HOUR_SECONDS: i64 = 3_600;

/// The name for the rules that a record counts and does not list.
const NOT_LISTED: &str = "(not listed in the record)";

/// The possible results of a call, in the order of reports.
pub const STATUSES: [&str; 5] = ["PROCEED", "REJECT", "CHANGE_DESTINATION", "UNKNOWN", "REFUSED"];

/// The index of `UNKNOWN`.
const UNKNOWN: usize = 3;

/// A count of each of [`STATUSES`].
pub type StatusCounts = [u64; STATUSES.len()];

/// The answer, and the rule or cause that led to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecisionReason {
    pub status: &'static str,
    /// The code of a rejection.
    pub code: String,
    /// The rule's name, `default`, or the cause of an unknown decision or a refusal.
    pub by: String,
    /// The reason in the answer.
    pub sent: String,
}

/// Counts of decision records.
#[derive(Debug, Default)]
pub struct ReportFigures {
    pub records: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub statuses: StatusCounts,
    pub reasons: BTreeMap<DecisionReason, u64>,
    /// By day in UTC.
    pub days: BTreeMap<Date, StatusCounts>,
    /// By the hour of the callee's clock, without the calls of `hours_unknown`.
    pub hours: [StatusCounts; 24],
    /// Calls whose clocks show several hours, or none.
    pub hours_unknown: u64,
    /// By the callee's place, from its digits or a fact.
    pub places: BTreeMap<String, StatusCounts>,
    pub clients: BTreeMap<String, StatusCounts>,
    /// Calls that a rule rejected because its cap was reached, by rule.
    pub caps: BTreeMap<String, u64>,
    /// Rejected calls that could be placed later, by the hour of the callee's clock at the next open instant.
    pub opening_hours: BTreeMap<String, u64>,
    /// Calls that a rule redirected, by rule.
    pub redirects: BTreeMap<String, u64>,
    /// Calls that an invalid rule may have applied to, by rule and fault.
    pub invalid: BTreeMap<String, u64>,
    /// Calls that a shadow rule applied to, by rule.
    pub shadows: BTreeMap<String, u64>,
    /// Records by the date of their calling-hours table.
    pub hours_data: BTreeMap<String, u64>,
    pub answer_times: AnswerTimes,
    /// Hours since 1970 that have a record.
    active_hours: BTreeSet<i64>,
}

impl RecordSink for ReportFigures {
    fn take(&mut self, record: &LoggedRecord<'_>) -> Result<(), Failure> {
        let at = record.at()?;
        // A status that this version does not have counts as unknown.
        let status = STATUSES.iter().position(|status| *status == &*record.status).unwrap_or(UNKNOWN);
        self.records += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.active_hours.insert(at.as_second().div_euclid(HOUR_SECONDS));
        self.answer_times.add(record.duration_ms);
        if let Some(date) = &record.hours_data {
            *self.hours_data.entry(date.to_string()).or_default() += 1;
        }
        self.count_by_status(record, at, status);
        self.count_rules(record, status);
        Ok(())
    }
}

impl ReportFigures {
    /// Counts a record in the tables that have a column for each status.
    fn count_by_status(&mut self, record: &LoggedRecord<'_>, at: Timestamp, status: usize) {
        let add = |counts: &mut StatusCounts| {
            if let Some(count) = counts.get_mut(status) {
                *count += 1;
            }
        };
        add(&mut self.statuses);
        add(self.days.entry(at.to_zoned(TimeZone::UTC).date()).or_default());
        add(self.clients.entry(text_or(record.client.as_ref(), "(none)")).or_default());
        if name(status) != "REFUSED" {
            match record.callee_hour().and_then(|hour| self.hours.get_mut(usize::from(hour))) {
                Some(counts) => add(counts),
                None => self.hours_unknown += 1,
            }
            add(self.places.entry(text_or(record.callee_place.as_ref(), "(unknown)")).or_default());
        }
    }

    /// Counts a record by the rules that it names.
    fn count_rules(&mut self, record: &LoggedRecord<'_>, status: usize) {
        let by = [&record.rule, &record.cause, &record.decided_by].into_iter().flatten().next();
        let is_rejected = name(status) == "REJECT";
        let reason = DecisionReason {
            status: name(status),
            // The code of a redirect is a number, not a reason.
            code: if is_rejected { text_or(record.code.as_ref(), "") } else { String::new() },
            by: text_or(by, ""),
            sent: text_or(record.reason.as_ref(), ""),
        };
        *self.reasons.entry(reason).or_default() += 1;
        if is_rejected && record.cap_count_by().is_some() {
            *self.caps.entry(text_or(record.rule.as_ref(), "")).or_default() += 1;
        }
        if let Some(hour) = record.opening_hour().filter(|_| is_rejected) {
            *self.opening_hours.entry(format!("from {hour:02}:00")).or_default() += 1;
        }
        if let Some(rule) = &record.redirected_by {
            *self.redirects.entry(rule.to_string()).or_default() += 1;
        }
        count_entries(&mut self.shadows, record.shadow_rules.as_ref());
        count_entries(&mut self.invalid, record.invalid_reasons.as_ref());
    }

    /// Adds the figures of another thread.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        add_each(&mut self.statuses, &other.statuses);
        add_counts(&mut self.reasons, other.reasons);
        add_status_counts(&mut self.days, other.days);
        for (into, from) in self.hours.iter_mut().zip(&other.hours) {
            add_each(into, from);
        }
        self.hours_unknown += other.hours_unknown;
        add_status_counts(&mut self.places, other.places);
        add_status_counts(&mut self.clients, other.clients);
        add_counts(&mut self.caps, other.caps);
        add_counts(&mut self.opening_hours, other.opening_hours);
        add_counts(&mut self.redirects, other.redirects);
        add_counts(&mut self.invalid, other.invalid);
        add_counts(&mut self.shadows, other.shadows);
        add_counts(&mut self.hours_data, other.hours_data);
        self.answer_times.merge(&other.answer_times);
        self.active_hours.extend(other.active_hours);
    }

    /// Returns the periods without a record between the first and the last one: the start of each, and its length in
    /// hours.
    pub fn gaps(&self) -> Vec<(Timestamp, i64)> {
        let mut gaps = Vec::new();
        let mut before: Option<i64> = None;
        for hour in &self.active_hours {
            if let Some(before) = before
                && hour - before > 1
                && let Ok(start) = Timestamp::from_second((before + 1) * HOUR_SECONDS)
            {
                gaps.push((start, hour - before - 1));
            }
            before = Some(*hour);
        }
        gaps
    }
}

fn name(status: usize) -> &'static str {
    STATUSES.get(status).copied().unwrap_or_default()
}

/// Returns a text of a record; `absent` if it is missing or empty.
fn text_or(text: Option<&RecordText<'_>>, absent: &str) -> String {
    text.map(|text| &**text).filter(|text| !text.is_empty()).unwrap_or(absent).to_owned()
}

fn count_entries(counts: &mut BTreeMap<String, u64>, list: Option<&RecordList<'_>>) {
    let Some(list) = list else { return };
    for entry in list.entries() {
        *counts.entry(entry.to_owned()).or_default() += 1;
    }
    if list.not_listed() > 0 {
        *counts.entry(NOT_LISTED.to_owned()).or_default() += list.not_listed();
    }
}

fn add_counts<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

fn add_each(into: &mut StatusCounts, from: &StatusCounts) {
    for (into, from) in into.iter_mut().zip(from) {
        *into += from;
    }
}

fn add_status_counts<K: Ord>(into: &mut BTreeMap<K, StatusCounts>, from: BTreeMap<K, StatusCounts>) {
    for (key, counts) in from {
        add_each(into.entry(key).or_default(), &counts);
    }
}
