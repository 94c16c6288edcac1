//! The pre-call hook: it answers a telephony vendor's request before an outbound call connects.
//!
//! The engine, [`precall`], decides. This crate reads the data that the engine needs, counts attempts, and answers in time:
//!
//! - An [`event`] becomes a [`request::Request`].
//! - The [`handler`] authenticates it, and applies the time budget and the policy for failures.
//! - The [`decision_service`] reads rules through the [`rule_cache`], lets the engine decide, and reserves the counters of
//!   caps in the [`store`].
//! - The [`log`] gets a decision record.
//! - The [`journal`] keeps every change of the rules. On AWS, a second function writes it by [`journal_batch`].
//! - The [`rules_watch`] warns if the table has lost its rules.

pub mod auth;
pub mod caller;
pub mod decision_service;
pub mod event;
pub mod handler;
pub mod health;
pub mod journal;
pub mod journal_batch;
pub mod log;
pub mod partition_read;
pub mod request;
pub mod rule_cache;
pub mod rules_watch;
pub mod settings;
pub mod store;
