//! precall: the endpoint that a telephony vendor asks before it connects an outbound call.

pub mod auth;
pub mod decision_service;
pub mod event;
pub mod handler;
pub mod log;
pub mod rule_cache;
pub mod settings;
pub mod store;
