//! Parts that several sections of the page have.

use maud::{Markup, html};
use precall_hook::settings::Settings;
use precall_hook::store::StoreError;

/// Returns the status of a decision as a coloured badge.
pub fn badge(status: &str) -> Markup {
    let class = match status {
        "PROCEED" => "proceed",
        "REJECT" => "reject",
        "CHANGE_DESTINATION" => "redirect",
        _ => "unknown",
    };
    html! { strong.badge.(class) { (status) } }
}

/// Returns the error of a read as a paragraph.
pub fn problem(error: &StoreError) -> Markup {
    html! { p.problem role="alert" { (error.to_string()) } }
}

/// Returns the end of a sentence about an unknown decision: the answer of `PRECALL_ON_ERROR`.
pub fn on_error(settings: &Settings) -> String {
    match settings.on_error.answer() {
        None => "so the hook answers 503, and the vendor does what you have agreed on with it".to_owned(),
        Some(answer) => format!("so the hook answers {} (PRECALL_ON_ERROR)", answer.status()),
    }
}
