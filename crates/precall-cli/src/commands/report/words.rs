//! Figures in words, for text and HTML.

use std::collections::BTreeMap;

use super::figures::{ReportFigures, STATUSES};
use crate::counts::{counted, grouped};

/// Most periods without a record that are listed.
const MAX_GAPS: usize = 20;

/// The meaning of the figures, and their limits.
pub const NOTES: [&str; 4] = [
    "Each figure counts decision records: precall writes one for each answer. A call without a request from the vendor is in none.",
    "A place is where the callee's digits belong, or the place in a fact of the rules; it is not where a person was.",
    "An hour is that of the callee's clock at the time of the call, if its digits leave only one.",
    "Not legal advice.",
];

/// The names of the five statuses, short enough for a column.
pub fn short_statuses() -> [&'static str; STATUSES.len()] {
    STATUSES.map(|status| if status == "CHANGE_DESTINATION" { "REDIRECT" } else { status })
}

/// Returns a map as rows, in the order of its keys.
pub fn rows<C: Copy>(counts: &BTreeMap<String, C>) -> Vec<(String, C)> {
    counts.iter().map(|(name, count)| (name.clone(), *count)).collect()
}

/// Returns the rows with the greatest count first.
pub fn greatest_first(mut rows: Vec<(String, u64)>) -> Vec<(String, u64)> {
    rows.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then(a_name.cmp(b_name)));
    rows
}

/// Returns the decisions with their reasons, the most frequent first.
pub fn reasons(figures: &ReportFigures) -> Vec<(String, u64)> {
    let rows = figures.reasons.iter().map(|(reason, count)| {
        let code = if reason.code.is_empty() { String::new() } else { format!(" {}", reason.code) };
        let sent = if reason.sent.is_empty() { String::new() } else { format!(" ({})", reason.sent) };
        (format!("{}{code} by {}{sent}", reason.status, reason.by), *count)
    });
    greatest_first(rows.collect())
}

/// Returns the quantiles of the times to answer.
pub fn answer_times(figures: &ReportFigures) -> String {
    let times = &figures.answer_times;
    format!(
        "50 % within {:.1} ms, 90 % within {:.1} ms, 99 % within {:.1} ms, the longest {:.1} ms",
        times.within(500),
        times.within(900),
        times.within(990),
        times.longest_ms
    )
}

/// Returns the calling-hours tables that the records name, by their dates.
pub fn hours_data(figures: &ReportFigures) -> String {
    let dates: Vec<&str> = figures.hours_data.keys().map(String::as_str).collect();
    match dates.as_slice() {
        [] => "no record names a calling-hours table".to_owned(),
        [date] => format!("calling-hours table of {date}"),
        dates => format!("several calling-hours tables: {}", dates.join(", ")),
    }
}

/// Returns the periods without a record, one in a line.
pub fn gaps(figures: &ReportFigures) -> Vec<String> {
    let gaps = figures.gaps();
    let mut lines: Vec<String> = gaps
        .iter()
        .take(MAX_GAPS)
        .map(|(start, hours)| format!("{:>12}  from {start}", counted(hours.unsigned_abs(), "hour")))
        .collect();
    match gaps.len().checked_sub(MAX_GAPS) {
        Some(more @ 1..) => lines.push(format!("{:>12}  more such periods", grouped(more as u64))),
        _ if gaps.is_empty() => lines.push("        none".to_owned()),
        _ => {}
    }
    lines
}
