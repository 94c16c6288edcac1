//! The log: decision records and metrics.

pub mod metrics;
pub mod record;
