//! Decides the rows of a file of leads, in parallel and in the order of the file.

pub mod call_template;
pub mod decider;
pub mod lead;
pub mod lead_decision;
pub mod lead_file;
pub mod pipeline;
pub mod rendering;
mod service_reader;
pub mod summary;
