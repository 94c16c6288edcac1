//! The parameters of the page's address.

use maud::{Markup, html};
use precall_hook::request::Query;

/// The parameters of the form that tries a call.
pub const CALL_FIELDS: [&str; 5] = ["to", "from", "at", "clock", "client"];

/// The parameters of the form of the calling hours.
pub const HOURS_FIELDS: [&str; 3] = ["about", "place", "zone"];

/// The time zones that the forms offer.
pub const CLOCKS: [&str; 10] = [
    "UTC",
    "America/St_Johns",
    "America/Halifax",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
];

/// The characters of a parameter that are read. The page repeats each value many times.
const MAX_CHARACTERS: usize = 100;

/// The parameters of a request to the page.
#[derive(Debug)]
pub struct PageParameters(Query);

impl PageParameters {
    /// Reads a query string.
    pub fn parse(query: &str) -> Self {
        Self(Query::parse(query))
    }

    /// Returns the beginning of a parameter's value without spaces around it; `None` if nothing is left.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.all(name).last()?;
        let end = value.char_indices().nth(MAX_CHARACTERS).map_or(value.len(), |(end, _)| end);
        value.get(..end).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Returns true if the query has a parameter more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.all(name).len() > 1
    }

    /// Returns hidden fields with the values of the parameters, so that one form keeps the values of the other.
    pub fn hidden_fields(&self, names: &[&str]) -> Markup {
        html! {
            @for name in names {
                @if let Some(value) = self.get(name) { input type="hidden" name=(name) value=(value); }
            }
        }
    }
}
