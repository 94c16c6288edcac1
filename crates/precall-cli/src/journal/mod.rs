//! The journal of the rules, as commands read it: the changes of a period, of a number or of a list, and the rules of an
//! instant in the past.

mod chain;
mod error;
mod history_entry;
mod item_states;
mod list_runs;
mod order;
mod past_rules;
mod reader;
mod rewind;

pub use chain::missing_changes;
pub use error::{NoJournal, UnknownPast, UnknownPastReason};
pub use history_entry::{EntryOrigin, HistoryEntry};
pub use item_states::{ItemState, ItemStates};
pub use list_runs::{ListRuns, RunningList};
pub use order::in_order;
pub use past_rules::{PastItem, PastRules, WantedRules};
pub use reader::JournalReader;
pub use rewind::ItemsByKey;
