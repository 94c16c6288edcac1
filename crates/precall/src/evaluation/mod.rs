//! Decides a call by a set of rules.

pub mod context;
pub mod evaluate;
