//! The log: decision records, metrics and everything else, as JSON lines on standard output.

mod mask;
pub mod metrics;
mod output;
mod record;

pub use mask::Mask;
pub(crate) use output::severity;
pub use output::{BackgroundLog, start_log};
pub use record::DecisionRecord;
