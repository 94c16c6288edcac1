//! The arguments of an import of the places of numbers' holders.

use clap::ArgAction;
use jiff::Timestamp;

use crate::number_list::file_reader::format::HolderColumns;

/// The name of the list if none is given.
pub const DEFAULT_LIST: &str = "holders";

/// The places of the holders of a file's numbers.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct HolderArguments {
    /// Write facts instead of rules: where the holder of each number is, by the columns with the state and the offset from UTC.
    /// A row without a state is rejected. Without an offset, all clocks of the state count.
    #[arg(
        long, requires = "state_column",
        conflicts_with_all = ["exempt", "status", "code", "reason", "priority", "side", "forget_after"]
    )]
    pub holders: bool,

    /// The column with the state or province of each holder, such as FL, US-FL, Florida or ON: its name, or its number from 1.
    #[arg(long, value_name = "COLUMN", requires = "holders")]
    pub state_column: Option<String>,

    /// The column with the offset from UTC in hours of each holder's clock, such as a dialer's `gmt_offset_now`: of the day of
    /// the copy, or of winter. It chooses among the clocks of the state.
    #[arg(long, value_name = "COLUMN", requires = "holders")]
    pub offset_column: Option<String>,

    /// Keep the places and clocks of the number itself, so that the stricter of both decides. With `false`, the stated place
    /// replaces them.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, requires = "holders")]
    pub besides: bool,
}

impl HolderArguments {
    /// Returns the columns; `None` if the import writes no places.
    pub fn columns(&self, copied: Timestamp) -> Option<HolderColumns> {
        let state = self.state_column.clone().filter(|_| self.holders)?;
        Some(HolderColumns { state, offset: self.offset_column.clone(), copied })
    }

    /// Returns the options that the items depend on, as one text; `None` if the import writes no places.
    pub fn described(&self) -> Option<String> {
        let Self { holders, state_column, offset_column, besides } = self;
        holders
            .then(|| format!("holders besides={besides} state-column={state_column:?} offset-column={offset_column:?}"))
    }
}
