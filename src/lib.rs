//! The pre-call hook: it answers a telephony vendor's request before an outbound call connects.
//!
//! The engine, [`precall`], decides. This crate reads what the engine needs, counts attempts, and answers in time:
//! an [`event`] becomes a [`request::Request`], the [`handler`] authenticates it and applies the time budget and the
//! policy for failures, the [`decision_service`] reads rules through the [`rule_cache`], lets the engine decide and
//! reserves the counters of caps in the [`store`], and the [`log`] gets a decision record.

pub mod auth;
pub mod decision_service;
pub mod event;
pub mod handler;
pub mod log;
pub mod request;
pub mod rule_cache;
pub mod settings;
pub mod store;
