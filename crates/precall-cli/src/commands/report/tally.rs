//! What is counted of the records of a log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::decision_log::{Record, Sink, hour};
use crate::failure::Failure;

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// What stands for several answers where one is asked for.
const SEVERAL: &str = "several";

/// How a call may have ended, in the order of reports.
pub const STATUSES: [&str; 5] = ["PROCEED", "REJECT", "CHANGE_DESTINATION", "UNKNOWN", "REFUSED"];

/// How often each status came.
pub type ByStatus = [u64; STATUSES.len()];

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    pub status: &'static str,
    pub code: String,
    /// The rule's name, `default`, or the cause of an unknown decision or a refusal.
    pub by: String,
    /// The reason that was sent.
    pub sent: String,
}

#[derive(Debug, Default)]
pub struct Tally {
    pub records: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub statuses: ByStatus,
    pub reasons: BTreeMap<Reason, u64>,
    pub days: BTreeMap<Date, ByStatus>,
    /// By the hour of the callee's clock; those whose clocks show several hours are not among them.
    pub hours: [ByStatus; 24],
    pub hours_unknown: u64,
    /// By where the callee is, as far as its digits tell.
    pub places: BTreeMap<String, ByStatus>,
    pub clients: BTreeMap<String, ByStatus>,
    /// Rejected for a cap, by rule.
    pub caps: BTreeMap<String, u64>,
    pub redirects: BTreeMap<String, u64>,
    /// What was wrong with invalid rules, and how many calls may have been meant.
    pub invalid: BTreeMap<String, u64>,
    pub shadows: BTreeMap<String, u64>,
    /// Dates of the tables of calling hours that were gone by.
    pub hours_data: BTreeMap<String, u64>,
    pub durations: Durations,
    /// Hours since 1970 in which something was asked.
    asked: BTreeSet<i64>,
}

impl Sink for Tally {
    fn take(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        // A word that is none of the contract's is counted with what is not known.
        let index = STATUSES.iter().position(|status| *status == &*record.status).unwrap_or(3);
        let status = STATUSES.get(index).copied().unwrap_or_default();
        let at = record.at()?;
        let add = |counts: &mut ByStatus| {
            if let Some(count) = counts.get_mut(index) {
                *count += 1;
            }
        };
        let text = |text: &Option<crate::decision_log::Text<'_>>| {
            text.as_ref().map(|text| text.to_string()).unwrap_or_default()
        };
        self.records += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        add(&mut self.statuses);
        let by = [&record.rule, &record.cause, &record.decided_by].into_iter().flatten().next();
        let reason = Reason {
            status,
            // Where a redirect leads is a number, and not a reason.
            code: if status == "REJECT" { text(&record.code) } else { String::new() },
            by: by.map(|by| by.to_string()).unwrap_or_default(),
            sent: text(&record.reason),
        };
        *self.reasons.entry(reason).or_default() += 1;
        add(self.days.entry(at.to_zoned(TimeZone::UTC).date()).or_default());
        if status != "REFUSED" {
            let hour = hour(record.callee_clock.as_deref().unwrap_or_default());
            match hour.and_then(|hour| self.hours.get_mut(usize::from(hour))) {
                Some(counts) => add(counts),
                None => self.hours_unknown += 1,
            }
            let place = text(&record.callee_place);
            add(self.places.entry(if place.is_empty() { "(unknown)".to_owned() } else { place }).or_default());
        }
        let client = text(&record.client);
        add(self.clients.entry(if client.is_empty() { "(none)".to_owned() } else { client }).or_default());
        let because = text(&record.because);
        if status == "REJECT" && is_cap(&because) {
            *self.caps.entry(text(&record.rule)).or_default() += 1;
        }
        for (names, counts) in [
            (&record.redirected_by, &mut self.redirects),
            (&record.shadow_rules, &mut self.shadows),
            (&record.invalid_reasons, &mut self.invalid),
        ] {
            for name in names.iter().flat_map(|names| names.split(" | ")) {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
        if let Some(date) = &record.hours_data {
            *self.hours_data.entry(date.to_string()).or_default() += 1;
        }
        self.durations.add(record.duration_ms);
        self.asked.insert(at.as_second().div_euclid(HOUR));
        Ok(())
    }
}

/// Whether a rule was awake since a cap was reached, by the words of `precall::rule::Cap`.
fn is_cap(because: &str) -> bool {
    ["to this callee", "between this pair of numbers", "by this caller"].iter().any(|whose| because.contains(whose))
}

fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

fn sum_each(into: &mut ByStatus, from: &ByStatus) {
    for (into, from) in into.iter_mut().zip(from) {
        *into += from;
    }
}

fn sum_all<K: Ord>(into: &mut BTreeMap<K, ByStatus>, from: BTreeMap<K, ByStatus>) {
    for (key, counts) in from {
        sum_each(into.entry(key).or_default(), &counts);
    }
}

impl Tally {
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        sum_each(&mut self.statuses, &other.statuses);
        sum(&mut self.reasons, other.reasons);
        sum_all(&mut self.days, other.days);
        for (into, from) in self.hours.iter_mut().zip(&other.hours) {
            sum_each(into, from);
        }
        self.hours_unknown += other.hours_unknown;
        sum_all(&mut self.places, other.places);
        sum_all(&mut self.clients, other.clients);
        sum(&mut self.caps, other.caps);
        sum(&mut self.redirects, other.redirects);
        sum(&mut self.invalid, other.invalid);
        sum(&mut self.shadows, other.shadows);
        sum(&mut self.hours_data, other.hours_data);
        self.durations.merge(&other.durations);
        self.asked.extend(other.asked);
    }

    /// Hours between the first and the last record in which nothing was asked: when each such time began, and how many
    /// hours it was.
    pub fn gaps(&self) -> Vec<(Timestamp, i64)> {
        let mut gaps = Vec::new();
        let mut before: Option<i64> = None;
        for hour in &self.asked {
            if let Some(before) = before
                && hour - before > 1
                && let Ok(began) = Timestamp::from_second((before + 1) * HOUR)
            {
                gaps.push((began, hour - before - 1));
            }
            before = Some(*hour);
        }
        gaps
    }

    /// The dates of the tables of calling hours in words.
    pub fn hours_data(&self) -> String {
        match self.hours_data.len() {
            0 => "none".to_owned(),
            1 => self.hours_data.keys().next().cloned().unwrap_or_default(),
            _ => format!("{SEVERAL}: {}", self.hours_data.keys().cloned().collect::<Vec<_>>().join(", ")),
        }
    }
}

/// How long answers took, to one in a hundred.
#[derive(Debug, Default)]
pub struct Durations {
    /// By the logarithm of microseconds.
    buckets: BTreeMap<u32, u64>,
    count: u64,
    pub longest_ms: f64,
}

/// Buckets for each factor of e.
const FINENESS: f64 = 100.0;

impl Durations {
    fn add(&mut self, ms: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and some thousand")]
        let bucket = ((ms * 1e3).max(1.0).ln() * FINENESS).round() as u32;
        *self.buckets.entry(bucket).or_default() += 1;
        self.count += 1;
        self.longest_ms = self.longest_ms.max(ms);
    }

    fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
    }

    /// The time within which so many of a thousand answers came, in milliseconds.
    pub fn within(&self, per_thousand: u64) -> f64 {
        let wanted = (self.count * per_thousand).div_ceil(1_000);
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= wanted {
                return (f64::from(*bucket) / FINENESS).exp() / 1e3;
            }
        }
        0.0
    }
}
