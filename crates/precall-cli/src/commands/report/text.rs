//! The report as text.

use super::figures::{ReportFigures, STATUSES, StatusCounts};
use super::words::{NOTES, answer_times, gaps, greatest_first, hours_data, reasons, rows, short_statuses};
use crate::counts::grouped;
use crate::decision_log::LogSummary;
use crate::terminal::one_line;

/// Returns the report as text.
pub fn text(figures: &ReportFigures, summary: &LogSummary) -> String {
    let mut text = ReportText::default();
    text.line(format!("log       {summary}"));
    if let (Some(first), Some(last)) = (figures.first, figures.last) {
        text.line(format!("period    {first} to {last}"));
    }
    text.line(format!("hours     {}", hours_data(figures)));
    text.counts("DECISIONS", STATUSES.iter().map(|status| (*status).to_owned()).zip(figures.statuses).collect());
    text.counts("REASONS", reasons(figures));
    if !figures.opening_hours.is_empty() {
        let title = "REJECTED, AND COULD BE PLACED LATER, BY THE HOUR OF THE CALLEE'S CLOCK";
        text.counts(title, rows(&figures.opening_hours));
    }
    for (title, counts) in [
        ("CAPS REACHED", &figures.caps),
        ("REDIRECTS, BY RULE", &figures.redirects),
        ("INVALID RULES", &figures.invalid),
        ("SHADOW RULES", &figures.shadows),
    ] {
        if !counts.is_empty() {
            text.counts(title, greatest_first(rows(counts)));
        }
    }
    text.table("PLACES", rows(&figures.places));
    text.table("CLIENTS", rows(&figures.clients));
    let hours = figures.hours.iter().enumerate().map(|(hour, counts)| (format!("{hour:02}:00"), *counts));
    text.table("HOURS OF THE CALLEE'S CLOCK", hours.collect());
    if figures.hours_unknown > 0 {
        text.line(format!("{:>12}  calls whose clocks show several hours, or none", grouped(figures.hours_unknown)));
    }
    text.table("DAYS (UTC)", figures.days.iter().map(|(day, counts)| (day.to_string(), *counts)).collect());
    text.section("TIME TO ANSWER", [answer_times(figures)]);
    text.section("HOURS WITHOUT ANY RECORD (UTC)", gaps(figures));
    text.line(String::new());
    text.lines.extend(NOTES.map(str::to_owned));
    text.lines.iter().map(|line| one_line(line).into_owned() + "\n").collect()
}

/// The lines of a report.
#[derive(Default)]
struct ReportText {
    lines: Vec<String>,
}

impl ReportText {
    fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    fn section(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        self.lines.extend([String::new(), title.to_owned()]);
        self.lines.extend(lines);
    }

    /// Adds a section with one count in a line.
    fn counts(&mut self, title: &str, rows: Vec<(String, u64)>) {
        self.section(title, rows.into_iter().map(|(name, count)| format!("{:>12}  {name}", grouped(count))));
    }

    /// Adds a section with a column for each status.
    fn table(&mut self, title: &str, rows: Vec<(String, StatusCounts)>) {
        let line = |cells: [String; STATUSES.len()], name: &str| {
            let cells = cells.map(|cell| format!("{cell:>12}"));
            format!("{}  {name}", cells.concat())
        };
        self.section(title, [line(short_statuses().map(str::to_owned), "")]);
        self.lines.extend(rows.into_iter().map(|(name, counts)| line(counts.map(grouped), &name)));
    }
}
