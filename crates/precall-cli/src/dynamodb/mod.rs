//! The DynamoDB that a command works on: the service, an emulator, or one embedded in this process.

pub mod attribute_value;
pub mod bulk_read;
pub mod bulk_write;
pub mod cancellation;
pub mod change_author;
mod changed_row;
pub mod counted_rules;
mod database_connection;
mod database_file;
pub mod direct_read;
pub mod embedded;
pub mod embedded_journal;
mod embedded_write;
mod identity;
pub mod item_file;
pub mod items;
pub mod location;
mod new_table;
mod service;
pub mod store;
pub mod store_failure;
mod stream_record;
pub mod tables;
pub mod viewed_table;
mod web_page_guard;
pub mod writable_table;
