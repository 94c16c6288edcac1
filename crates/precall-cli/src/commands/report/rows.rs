//! The report as CSV: one row for each figure.

use std::collections::BTreeMap;

use super::figures::{ReportFigures, STATUSES, StatusCounts};
use crate::decision_log::LogSummary;
use crate::failure::Failure;
use crate::spreadsheet::harmless;

/// Returns the report as CSV with the columns `section,key,status,calls`. The first rows are about the logs.
///
/// # Errors
/// If a row cannot be written.
pub fn csv(figures: &ReportFigures, summary: &LogSummary) -> Result<String, Failure> {
    let mut rows = FigureRows(csv::Writer::from_writer(Vec::new()));
    rows.0.write_record(["section", "key", "status", "calls"])?;
    rows.add("log", &summary.names, "", summary.records)?;
    if summary.not_read() > 0 {
        rows.add("not_read", "broken lines, and files that were not read to their end", "", summary.not_read())?;
    }
    for (status, count) in STATUSES.iter().zip(figures.statuses) {
        rows.add("decision", "", status, count)?;
    }
    for (reason, count) in &figures.reasons {
        let key = [reason.by.as_str(), &reason.code, &reason.sent].join(" / ");
        rows.add("reason", &key, reason.status, *count)?;
    }
    rows.add_table("day", figures.days.iter().map(|(day, counts)| (day.to_string(), *counts)))?;
    let hours = figures.hours.iter().enumerate().map(|(hour, counts)| (format!("{hour:02}"), *counts));
    rows.add_table("callee_hour", hours)?;
    rows.add_table("callee_place", figures.places.iter().map(|(name, counts)| (name.clone(), *counts)))?;
    rows.add_table("client", figures.clients.iter().map(|(name, counts)| (name.clone(), *counts)))?;
    rows.add_counts("cap_reached", &figures.caps)?;
    rows.add_counts("could_be_placed", &figures.opening_hours)?;
    rows.add_counts("redirected_by", &figures.redirects)?;
    rows.add_counts("invalid_rule", &figures.invalid)?;
    rows.add_counts("on_trial", &figures.shadows)?;
    rows.add_counts("hours_data", &figures.hours_data)?;
    for (start, hours) in figures.gaps() {
        rows.add("hours_without_record", &start.to_string(), "", hours.unsigned_abs())?;
    }
    Ok(String::from_utf8(rows.0.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
}

struct FigureRows(csv::Writer<Vec<u8>>);

impl FigureRows {
    fn add(&mut self, section: &str, key: &str, status: &str, count: u64) -> csv::Result<()> {
        self.0.write_record([section, &harmless(key), status, &count.to_string()])
    }

    fn add_counts(&mut self, section: &str, counts: &BTreeMap<String, u64>) -> csv::Result<()> {
        counts.iter().try_for_each(|(key, count)| self.add(section, key, "", *count))
    }

    /// Adds a row for each status that has a call.
    fn add_table(&mut self, section: &str, table: impl Iterator<Item = (String, StatusCounts)>) -> csv::Result<()> {
        for (key, counts) in table {
            for (status, count) in STATUSES.iter().zip(counts).filter(|(_, count)| *count > 0) {
                self.add(section, &key, status, count)?;
            }
        }
        Ok(())
    }
}
