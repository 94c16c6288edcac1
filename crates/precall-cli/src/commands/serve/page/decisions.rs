//! The section of the last decisions, with the fields of the log.

use std::sync::Arc;

use maud::{Markup, html};
use precall_hook::log::DecisionRecord;

use super::feed::{DecisionFeed, MAX_DECISIONS};
use super::parts::badge;

/// The status of a record without a call.
const REFUSED: &str = "REFUSED";

/// Returns the section.
pub fn section(feed: &DecisionFeed) -> Markup {
    let (records, newest) = feed.after(0);
    html! {
        section #decisions aria-labelledby="decisions-title" {
            h2 #decisions-title { "Last decisions" }
            p.toolbar {
                span #follow-state role="status" { "Reload the page for newer decisions." }
                // Only the script can pause, so it makes the button visible.
                button #follow-pause type="button" hidden { "Pause" }
            }
            p.empty #no-decisions hidden[!records.is_empty()] { "No decisions since the start." }
            div.scrollable tabindex="0" role="region" aria-label="Last decisions, the newest first" {
                table.cards {
                    thead {
                        tr {
                            th scope="col" { "Time (UTC)" } th scope="col" { "Decision" } th scope="col" { "Call" }
                            th scope="col" { "Decided by" } th scope="col" { "Because" } th.number scope="col" { "ms" }
                        }
                    }
                    tbody #decisions-rows data-newest=(newest) data-max=(MAX_DECISIONS) { (rows(&records)) }
                }
            }
        }
    }
}

/// Returns rows of the table. The script inserts newer ones above those that are there.
pub fn rows(records: &[Arc<DecisionRecord>]) -> Markup {
    html! { @for record in records { (row(record)) } }
}

fn row(record: &DecisionRecord) -> Markup {
    let time = record.at.strftime("%m-%d %H:%M:%S").to_string();
    let decided_by = match (&record.rule, record.cause, record.decided_by) {
        (Some(rule), _, _) => rule.as_str(),
        (None, Some(other), _) | (None, None, Some(other)) => other,
        (None, None, None) => "",
    };
    // The error, the reason for which the rule applied, or the reason that the dialer got.
    let because = [&record.cause_detail, &record.because, &record.reason].into_iter().flatten().next();
    html! {
        tr {
            th scope="row" data-label="Time (UTC)" { time datetime=(record.timestamp) { (time) } }
            td data-label="Decision" {
                div {
                    (badge(record.status))
                    @if let Some(code) = &record.code { " " span.nowrap { (code) } }
                    @if record.http_status != 200 { " " span.secondary.nowrap { "HTTP " (record.http_status) } }
                }
            }
            td data-label="Call" { (call(record)) }
            td data-label="Decided by" { (decided_by) }
            td data-label="Because" {
                div {
                    @if let Some(because) = because { (because) }
                    @if let Some(count) = record.invalid_rules.filter(|count| *count > 0) {
                        p.finding { (count) @if count == 1 { " invalid rule" } @else { " invalid rules" } " may apply to it" }
                    }
                }
            }
            td.number data-label="ms" { (format!("{:.1}", record.duration_ms)) }
        }
    }
}

/// Returns the caller and the callee, as far as the log shows them.
fn call(record: &DecisionRecord) -> Markup {
    let shown = |number: &Option<String>, hash: &Option<String>, missing: &str| -> String {
        let hash = hash.as_ref().map(|hash| format!("#{hash}"));
        number.clone().or(hash).unwrap_or_else(|| missing.to_owned())
    };
    let is_hidden = record.to.is_none() && record.to_hash.is_none();
    html! {
        @if record.status == REFUSED {
            "none"
        } @else if is_hidden {
            "hidden"
        } @else {
            div {
                span.nowrap { (shown(&record.from, &record.from_hash, "withheld")) } " → "
                span.nowrap { (shown(&record.to, &record.to_hash, "")) }
            }
        }
    }
}
