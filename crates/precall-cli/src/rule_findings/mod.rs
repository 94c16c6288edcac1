//! Mistakes in rules, and rules whose effect may surprise: the analysis of `precall lint` and of the page.
//!
//! - [`of_item`] reads one item.
//! - [`TableFindings`] reads a whole table: each item, the pairs of rules, and the targets of redirects.

mod finding;
mod item;
mod pairs;
mod prefix_place;
mod redirect_loops;
mod redirect_targets;
mod table;
mod unconditional;

pub use finding::{FindingLevel, RuleFinding};
pub use item::of_item;
pub use table::{TableCounts, TableFindings};
