//! The engine of precall: decides whether an outbound call may be placed.

pub mod answer;
pub mod calling_hours;
pub mod evaluation;
pub mod frequency_cap;
pub mod number;
pub mod place;
pub mod rule;
