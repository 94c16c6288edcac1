//! The report as one page that needs nothing else.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::tally::{ByStatus, STATUSES};
use super::write::{SOURCE, gaps, reasons, short, times};
use super::{Report, plot};
use crate::decision_log::grouped;
use crate::failure::Failure;

const STYLE: &str = include_str!("page.css");

/// # Errors
/// When a plot cannot be drawn.
pub fn page(report: &Report) -> Result<String, Failure> {
    let Report { tally, summary } = report;
    let period = match (tally.first, tally.last) {
        (Some(first), Some(last)) => {
            format!("{} to {}", first.strftime("%Y-%m-%d %H:%M"), last.strftime("%Y-%m-%d %H:%M UTC"))
        }
        _ => "no calls".to_owned(),
    };
    let hours: Vec<_> = tally.hours.iter().enumerate().map(|(hour, counts)| (format!("{hour:02}"), *counts)).collect();
    let days: Vec<_> = tally.days.iter().map(|(day, counts)| (day.to_string(), *counts)).collect();
    let named = |map: &std::collections::BTreeMap<String, ByStatus>| -> Vec<(String, ByStatus)> {
        map.iter().map(|(name, counts)| (name.clone(), *counts)).collect()
    };
    let by_hour = plot::bars("Calls by the hour of the callee's clock", &hours)?;
    let by_day = plot::bars("Calls by day (UTC)", &short_days(&days))?;
    let total = tally.records;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Calls, " (period) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Decisions on calls" }
                    p.period { (period) }
                    p { (summary.to_string()) ". Calling hours by the table of " (tally.hours_data()) "." }
                    section.figures {
                        @for (status, count) in STATUSES.iter().zip(tally.statuses) {
                            div { strong { (grouped(count)) } span { (short(status)) } @if total > 0 { small { (percent(count, total)) } } }
                        }
                    }
                    (plot::key())
                    h2 { "By the hour of the callee's clock" }
                    figure { (PreEscaped(by_hour)) }
                    (table("Calls by the hour of the callee's clock", "Hour", &hours))
                    @if tally.hours_unknown > 0 {
                        p { (grouped(tally.hours_unknown)) " calls are not among them: their clocks showed several hours, or none." }
                    }
                    h2 { "By day" }
                    figure { (PreEscaped(by_day)) }
                    (table("Calls by day (UTC)", "Day", &days))
                    h2 { "Reasons" }
                    (counts("What decided how many calls", "Decision and reason", &reasons(tally)))
                    @for (title, what, map) in [
                        ("Caps reached", "Rule", &tally.caps),
                        ("Redirects", "Rule", &tally.redirects),
                        ("Invalid rules", "Rule and mistake", &tally.invalid),
                        ("Rules on trial", "Rule that would have been awake", &tally.shadows),
                    ] {
                        @if !map.is_empty() {
                            h2 { (title) }
                            (counts(title, what, &map.iter().map(|(name, count)| (name.clone(), *count)).collect::<Vec<_>>()))
                        }
                    }
                    h2 { "By place" }
                    (table("Calls by the callee's place", "Place", &named(&tally.places)))
                    h2 { "By client" }
                    (table("Calls by client", "Client", &named(&tally.clients)))
                    h2 { "Time to answer" }
                    p { (times(tally)) }
                    h2 { "Hours without any record" }
                    ul { @for gap in gaps(tally) { li { (gap.trim()) } } }
                    footer { @for line in SOURCE { p { (line) } } p { "Made by precall " (env!("CARGO_PKG_VERSION")) "." } }
                }
            }
        }
    };
    Ok(page.into_string())
}

/// Days as short as they fit below a bar.
fn short_days(days: &[(String, ByStatus)]) -> Vec<(String, ByStatus)> {
    days.iter().map(|(day, counts)| (day.get(5..).unwrap_or(day).to_owned(), *counts)).collect()
}

fn percent(count: u64, total: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a share for a person")]
    let share = count as f64 * 100.0 / total as f64;
    format!("{share:.1} %")
}

fn table(caption: &str, first: &str, rows: &[(String, ByStatus)]) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { th scope="col" { (first) } @for status in STATUSES { th.number scope="col" { (short(status)) } } } }
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
