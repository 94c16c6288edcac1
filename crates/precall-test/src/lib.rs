//! Fixtures that the tests of several packages share:
//!
//! - calls that the engine decides ([`Case`])
//! - the platform in front of the function (`runtime_api`)
//! - the function as it ships, in its own process (`process`)
//! - the store behind it, with faults (`faulty`)
//! - the stream of its rules table (`stream`)
//!
//! All servers are on loopback, on ports that the system chooses, and stop when their owners are dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "a test that cannot continue should fail at that point"
)]

mod case;
#[cfg(feature = "hook")]
pub mod dynamodb;
#[cfg(feature = "hook")]
pub mod faulty;
#[cfg(feature = "hook")]
pub mod process;
pub mod rulebook;
#[cfg(feature = "hook")]
pub mod runtime_api;
#[cfg(feature = "hook")]
pub mod stream;

pub use case::{Case, entry, instant, item, name, number, read_items};
