//! The tables in DynamoDB: rules, attempts and the journal. DynamoDB is the only store, on AWS and embedded alike.

mod attempts_table;
mod attribute_value;
mod backoff;
mod client;
mod counter_item;
mod counter_update;
mod deadline;
mod error;
mod rules_table;
mod table_schema;
mod typed_json;

pub use attempts_table::{AttemptsTable, MAX_ID_LENGTH, ReservationOutcome, attempts_of_item};
pub use attribute_value::item;
pub use backoff::Backoff;
pub use client::{ClientLimits, TlsRootsError, client_of_lambda, client_of_loader};
pub(crate) use deadline::before_deadline;
pub use error::{StoreError, StoreErrorKind, TableKind};
pub use rules_table::{LISTS, PROPOSALS, RulesTable, TABLE_SETTINGS, complete};
pub use table_schema::{TableIndex, TableSchema};
pub use typed_json::{Attributes, TypedItem, TypedJsonError, is_typed, item_of_typed, typed_item};
