//! The report as text, and as a table for spreadsheets.

use super::Report;
use super::tally::{ByStatus, STATUSES, Tally};
use crate::commands::rules::harmless;
use crate::decision_log::{counted, grouped};
use crate::failure::Failure;

/// Most gaps that are listed.
const MOST_GAPS: usize = 20;

/// What the figures are, and are not.
pub const SOURCE: [&str; 4] = [
    "Each figure counts decision records, one for each answer that precall gave; a call that the vendor never asked about is in none.",
    "Places are where the callee's digits belong, or an item of the rules says so; they are not where a person was.",
    "Hours are those of the callee's clock at the time of the call, where its digits leave one.",
    "Not legal advice.",
];

pub fn text(report: &Report) -> String {
    let Report { tally, summary } = report;
    let mut lines = vec![format!("log       {summary}")];
    if let (Some(first), Some(last)) = (tally.first, tally.last) {
        lines.push(format!("period    {first} to {last}"));
    }
    lines.push(format!("hours     table of calling hours of {}", tally.hours_data()));
    let title = |lines: &mut Vec<String>, title: &str| lines.extend([String::new(), title.to_owned()]);
    let rows = |lines: &mut Vec<String>, rows: Vec<(String, u64)>| {
        lines.extend(rows.into_iter().map(|(name, count)| format!("{:>12}  {name}", grouped(count))));
    };
    title(&mut lines, "DECISIONS");
    rows(&mut lines, by_status(&tally.statuses));
    title(&mut lines, "REASONS");
    rows(&mut lines, reasons(tally));
    for (name, counts) in [
        ("CAPS REACHED", &tally.caps),
        ("REDIRECTS, BY RULE", &tally.redirects),
        ("INVALID RULES", &tally.invalid),
        ("RULES ON TRIAL", &tally.shadows),
    ] {
        if !counts.is_empty() {
            title(&mut lines, name);
            rows(&mut lines, most_first(counts.iter().map(|(name, count)| (name.clone(), *count)).collect()));
        }
    }
    for (name, counts) in [("PLACES", &tally.places), ("CLIENTS", &tally.clients)] {
        title(&mut lines, name);
        lines.push(table_head());
        lines.extend(counts.iter().map(|(name, counts)| table_row(name, counts)));
    }
    title(&mut lines, "HOURS OF THE CALLEE'S CLOCK");
    lines.push(table_head());
    lines.extend(tally.hours.iter().enumerate().map(|(hour, counts)| table_row(&format!("{hour:02}:00"), counts)));
    if tally.hours_unknown > 0 {
        lines.push(format!("{:>12}  calls whose clocks show several hours, or none", grouped(tally.hours_unknown)));
    }
    title(&mut lines, "DAYS (UTC)");
    lines.push(table_head());
    lines.extend(tally.days.iter().map(|(day, counts)| table_row(&day.to_string(), counts)));
    title(&mut lines, "TIME TO ANSWER");
    lines.push(times(tally));
    title(&mut lines, "HOURS WITHOUT ANY RECORD (UTC)");
    lines.extend(gaps(tally));
    lines.push(String::new());
    lines.extend(SOURCE.map(str::to_owned));
    lines.join("\n") + "\n"
}

fn table_head() -> String {
    let cells: Vec<String> = STATUSES.iter().map(|status| format!("{:>12}", short(status))).collect();
    format!("{}  ", cells.join(""))
}

/// A status that fits a column.
pub fn short(status: &str) -> &str {
    if status == "CHANGE_DESTINATION" { "REDIRECT" } else { status }
}

fn table_row(name: &str, counts: &ByStatus) -> String {
    let cells: Vec<String> = counts.iter().map(|count| format!("{:>12}", grouped(*count))).collect();
    format!("{}  {name}", cells.join(""))
}

fn by_status(counts: &ByStatus) -> Vec<(String, u64)> {
    STATUSES.iter().map(|status| (*status).to_owned()).zip(*counts).collect()
}

/// The greatest first.
fn most_first(mut rows: Vec<(String, u64)>) -> Vec<(String, u64)> {
    rows.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then(a_name.cmp(b_name)));
    rows
}

pub fn reasons(tally: &Tally) -> Vec<(String, u64)> {
    let rows = tally.reasons.iter().map(|(reason, count)| {
        let code = if reason.code.is_empty() { String::new() } else { format!(" {}", reason.code) };
        let sent = if reason.sent.is_empty() { String::new() } else { format!(" ({})", reason.sent) };
        (format!("{}{code} by {}{sent}", reason.status, reason.by), *count)
    });
    most_first(rows.collect())
}

pub fn times(tally: &Tally) -> String {
    let durations = &tally.durations;
    format!(
        "half within {:.1} ms, 90 % within {:.1} ms, 99 % within {:.1} ms, the longest {:.1} ms",
        durations.within(500),
        durations.within(900),
        durations.within(990),
        durations.longest_ms
    )
}

pub fn gaps(tally: &Tally) -> Vec<String> {
    let gaps = tally.gaps();
    let mut lines: Vec<String> = gaps
        .iter()
        .take(MOST_GAPS)
        .map(|(began, hours)| format!("{:>12}  from {began}", counted(hours.unsigned_abs(), "hour")))
        .collect();
    match gaps.len().checked_sub(MOST_GAPS) {
        Some(more @ 1..) => lines.push(format!("{:>12}  more such times", grouped(more as u64))),
        _ if gaps.is_empty() => lines.push("        none".to_owned()),
        _ => {}
    }
    lines
}

/// One row for each figure.
pub fn csv(report: &Report) -> Result<String, Failure> {
    let tally = &report.tally;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["section", "key", "status", "calls"])?;
    let mut row = |section: &str, key: &str, status: &str, count: u64| {
        writer.write_record([section, &harmless(key), status, &count.to_string()])
    };
    for (status, count) in STATUSES.iter().zip(tally.statuses) {
        row("decision", "", status, count)?;
    }
    for (reason, count) in &tally.reasons {
        let key = [reason.by.as_str(), &reason.code, &reason.sent].join(" / ");
        row("reason", &key, reason.status, *count)?;
    }
    let hours = tally.hours.iter().enumerate().map(|(hour, counts)| (format!("{hour:02}"), *counts));
    let days = tally.days.iter().map(|(day, counts)| (day.to_string(), *counts));
    let named = |map: &std::collections::BTreeMap<String, ByStatus>| -> Vec<(String, ByStatus)> {
        map.iter().map(|(name, counts)| (name.clone(), *counts)).collect()
    };
    for (section, rows) in [
        ("day", days.collect()),
        ("callee_hour", hours.collect()),
        ("callee_place", named(&tally.places)),
        ("client", named(&tally.clients)),
    ] {
        for (key, counts) in rows {
            for (status, count) in STATUSES.iter().zip(counts).filter(|(_, count)| *count > 0) {
                row(section, &key, status, count)?;
            }
        }
    }
    for (section, counts) in [
        ("cap_reached", &tally.caps),
        ("redirected_by", &tally.redirects),
        ("invalid_rule", &tally.invalid),
        ("on_trial", &tally.shadows),
        ("hours_data", &tally.hours_data),
    ] {
        for (key, count) in counts {
            row(section, key, "", *count)?;
        }
    }
    for (began, hours) in tally.gaps() {
        row("hours_without_record", &began.to_string(), "", hours.unsigned_abs())?;
    }
    Ok(String::from_utf8(writer.into_inner().map_err(|error| error.to_string())?)?)
}
