//! What the integration tests stand on: the platform before the function (`runtime_api`), the
//! function as it ships, a process of its own (`process`), and the store behind it on a bad day
//! (`faulty`). Everything is on loopback, on ports of the system's choosing, and goes when its
//! owner is dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "a test that cannot continue should fail at that point"
)]

pub mod dynamodb;
pub mod faulty;
pub mod process;
pub mod runtime_api;
