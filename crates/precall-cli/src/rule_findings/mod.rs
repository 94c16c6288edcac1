//! Mistakes in rules, and rules whose effect may surprise: the analysis of `precall lint` and of the page.
//!
//! - [`of_item`] reads one item.
//! - [`LawRules`] finds rules that let calls through before a rule of law.
//! - [`of_open_days`] compares the rules under a number: the days that they leave open.
//! - [`TableFindings`] reads a whole table: each item, the pairs of rules, and the targets of redirects.

mod consent;
mod every_call;
mod exemption;
mod finding;
mod holder;
mod item;
mod list_copy;
mod never_applies;
mod new_errors;
mod open_days;
mod own_numbers;
mod pairs;
mod place_codes;
mod prefix_place;
mod redirect_loops;
mod redirect_targets;
mod services;
mod table;
mod unconditional;
mod unknown;
mod values;
mod windows;
mod written;

pub use consent::LawRules;
pub use every_call::effect_on_every_call;
pub use exemption::ExemptNames;
pub use finding::{FindingLevel, RuleFinding};
pub use item::of_item;
pub use new_errors::new_errors;
pub use open_days::of_open_days;
pub use own_numbers::of_numbers;
pub use table::{TableCounts, TableFindings};
pub use written::written;
