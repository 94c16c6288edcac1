//! The report as one HTML page that loads nothing.

use maud::{Markup, PreEscaped, html};

use super::figures::{ReportFigures, StatusCounts};
use super::plot;
use super::words::{NOTES, answer_times, gaps, hours_data, reasons, rows, short_statuses};
use crate::counts::grouped;
use crate::decision_log::LogSummary;
use crate::failure::Failure;
use crate::html_page::{made_by, page};

const HOURS_TITLE: &str = "Calls by the hour of the callee's clock";
const DAYS_TITLE: &str = "Calls by day (UTC)";

/// Returns the report as a page.
///
/// # Errors
/// If a plot cannot be drawn.
pub fn report_page(figures: &ReportFigures, summary: &LogSummary) -> Result<String, Failure> {
    let period = period(figures);
    let body = html! {
        main {
            h1 { "Decisions on calls" }
            p.period { (period) }
            p { (summary.to_string()) "; " (hours_data(figures)) "." }
            (totals(figures))
            (times_of_calls(figures)?)
            (rules(figures))
            h2 { "By place" }
            (table("Calls by the callee's place", "Place", &rows(&figures.places)))
            h2 { "By client" }
            (table("Calls by client", "Client", &rows(&figures.clients)))
            h2 { "Time to answer" }
            p { (answer_times(figures)) }
            h2 { "Hours without any record" }
            ul { @for gap in gaps(figures) { li { (gap.trim()) } } }
            footer { @for note in NOTES { p { (note) } } (made_by()) }
        }
    };
    Ok(page(&format!("Calls, {period}"), &body))
}

fn period(figures: &ReportFigures) -> String {
    match (figures.first, figures.last) {
        (Some(first), Some(last)) => {
            format!("{} to {}", first.strftime("%Y-%m-%d %H:%M"), last.strftime("%Y-%m-%d %H:%M UTC"))
        }
        _ => "no calls".to_owned(),
    }
}

/// The number of calls with each status.
fn totals(figures: &ReportFigures) -> Markup {
    html! {
        section.figures {
            @for (status, count) in short_statuses().iter().zip(figures.statuses) {
                div {
                    strong { (grouped(count)) }
                    span { (status) }
                    @if figures.records > 0 { small { (percent(count, figures.records)) } }
                }
            }
        }
    }
}

/// The plots and tables of hours and days.
fn times_of_calls(figures: &ReportFigures) -> Result<Markup, Failure> {
    let hours: Vec<_> =
        figures.hours.iter().enumerate().map(|(hour, counts)| (format!("{hour:02}"), *counts)).collect();
    let days: Vec<_> = figures.days.iter().map(|(day, counts)| (day.to_string(), *counts)).collect();
    let hours_plot = plot::bars(HOURS_TITLE, &hours)?;
    let days_plot = plot::bars(DAYS_TITLE, &without_year(&days))?;
    Ok(html! {
        (plot::key())
        h2 { "By the hour of the callee's clock" }
        figure { (PreEscaped(hours_plot)) }
        (table(HOURS_TITLE, "Hour", &hours))
        @if figures.hours_unknown > 0 {
            p { "The table does not count " (grouped(figures.hours_unknown)) " calls: their clocks showed several hours, or none." }
        }
        h2 { "By day" }
        figure { (PreEscaped(days_plot)) }
        (table(DAYS_TITLE, "Day", &days))
    })
}

/// The reasons, and the rules that the records name.
fn rules(figures: &ReportFigures) -> Markup {
    let sections = [
        ("Rejected, and could be placed later", "Hour of the callee's clock", &figures.opening_hours),
        ("Caps reached", "Rule", &figures.caps),
        ("Redirects", "Rule", &figures.redirects),
        ("Invalid rules", "Rule and mistake", &figures.invalid),
        ("Shadow rules", "Rule that would have applied", &figures.shadows),
    ];
    html! {
        h2 { "Reasons" }
        (counts("Calls by reason", "Decision and reason", &reasons(figures)))
        @for (title, first, map) in sections {
            @if !map.is_empty() {
                h2 { (title) }
                (counts(title, first, &rows(map)))
            }
        }
    }
}

/// Days without their year, which fit below a bar.
fn without_year(days: &[(String, StatusCounts)]) -> Vec<(String, StatusCounts)> {
    days.iter().map(|(day, counts)| (day.get(5..).unwrap_or(day).to_owned(), *counts)).collect()
}

fn percent(count: u64, total: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a share with one decimal")]
    let share = count as f64 * 100.0 / total as f64;
    format!("{share:.1} %")
}

fn table(caption: &str, first: &str, rows: &[(String, StatusCounts)]) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { th scope="col" { (first) } @for status in short_statuses() { th.number scope="col" { (status) } } } }
            tbody {
                @for (name, counts) in rows {
                    tr { th scope="row" { (name) } @for count in counts { td.number { (grouped(*count)) } } }
                }
            }
        }
    }
}

fn counts(caption: &str, first: &str, rows: &[(String, u64)]) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { th scope="col" { (first) } th.number scope="col" { "Calls" } } }
            tbody { @for (name, count) in rows { tr { th scope="row" { (name) } td.number { (grouped(*count)) } } } }
        }
    }
}
