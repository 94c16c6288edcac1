//! The frame of an HTML page for people: self-contained, so that it loads nothing and runs nothing, and made to be printed.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("html_page.css");

/// Returns a page with a title and the elements of its body.
pub fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// Returns the line at the end of a page that names its program.
pub fn made_by() -> Markup {
    html! { p { "Made by precall " (env!("CARGO_PKG_VERSION")) "." } }
}
