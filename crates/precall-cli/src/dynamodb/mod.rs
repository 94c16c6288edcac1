//! The DynamoDB that a command works on: the service, an emulator, or one embedded in this process.

pub mod embedded;
pub mod identity;
pub mod items;
pub mod store;
