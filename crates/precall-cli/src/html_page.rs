//! The frame of an HTML page for people: self-contained, so that it loads nothing and runs nothing, and made to be printed.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::terminal::printable;

const STYLE: &str = include_str!("html_page.css");

/// The policy of the page: it may use its own styles, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns a page with a title and the elements of its body.
pub fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    // Texts of others must not turn the direction of the text around them.
    printable(&page.into_string()).into_owned()
}

/// Returns the line at the end of a page that names its program.
pub fn made_by() -> Markup {
    html! { p { "Made by precall " (env!("CARGO_PKG_VERSION")) "." } }
}
