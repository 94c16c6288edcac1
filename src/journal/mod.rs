//! The journal: every change of an item of the rules table, with the item before and after it, when it was made, and by whom.
//!
//! The changes come from the table's stream. A [`Change`] is read from a stream record, [`journal_items`] makes the items of the
//! journal table from the changes of a batch, and [`JournalTable`] writes and reads them.

mod change;
mod entry_item;
mod error;
mod item_hash;
mod list_change;
mod normal_form;
mod packed;
mod stamp;
mod stream_record;
mod table;

pub use change::{Change, ChangeKind, ChangeOrigin};
pub use entry_item::{JournalItem, changes_of, journal_items};
pub use error::JournalItemError;
pub use item_hash::item_hash;
pub use normal_form::{normal_form, without_bookkeeping};
pub use stamp::Stamp;
pub use stream_record::{StreamRecordError, change_of_record, sequence_of_record};
pub use table::JournalTable;
