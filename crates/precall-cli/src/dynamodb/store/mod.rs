//! The DynamoDB of a command: the arguments that choose it, and the open store.

mod arguments;
mod emulator;
mod opened_store;
mod opening;
mod patience;
mod store_use;

pub use arguments::StoreArguments;
pub use opened_store::{OpenedStore, WritableStore, open_rule_files, scan};
pub use patience::{PATIENT, in_time};
