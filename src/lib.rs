//! precall: the endpoint that a telephony vendor asks before it connects an outbound call.
//!
//! The heart is [`decide::decide`], a pure function from a call and a rulebook to a decision with its
//! explanation. Everything else is an edge: events in ([`event`]), items in ([`store`], [`rule`]),
//! JSON out ([`contract`]), records ([`record`], [`metrics`]).

pub mod attempts;
pub mod auth;
pub mod cap;
pub mod context;
pub mod contract;
pub mod decide;
pub mod event;
pub mod geo;
pub mod hook;
pub mod judge;
pub mod law;
pub mod metrics;
pub mod number;
pub mod record;
pub mod rule;
pub mod rulebook;
pub mod settings;
pub mod store;
