//! The evidence as an HTML page, to print or to send.

use maud::{Markup, html};

use super::evidence::{EVIDENCE_NOTES, Evidence};
use crate::html_page::{made_by, page};
use crate::terminal::escaped_json;

/// Returns the evidence about calls as one page, on which each call begins a sheet.
pub fn evidence_page(calls: &[Evidence]) -> String {
    let title = match calls {
        [call] => call.headline.clone(),
        _ => format!("{} calls", calls.len()),
    };
    page(&title, &html! { @for call in calls { (sheet(call)) } })
}

fn sheet(evidence: &Evidence) -> Markup {
    html! {
        main {
            h1 { (evidence.headline) }
            p.period { "Log: " (evidence.logs) }
            @for section in &evidence.sections {
                h2 { (section.title) }
                table.facts {
                    tbody {
                        @for (label, text) in &section.rows { tr { th scope="row" { (label) } td { (text) } } }
                    }
                }
            }
            h2 { "Record, as it is in the log" }
            pre { (escaped_json(&evidence.record)) }
            footer { @for note in EVIDENCE_NOTES { p { (note) } } (made_by()) }
        }
    }
}
