//! Lists of numbers: their files, the items that they become, and the records of their imports.

pub mod arguments;
mod cell_text;
pub mod entry;
pub mod entry_number;
pub mod entry_reader;
pub mod exemption_items;
pub mod exemption_row;
pub mod file_reader;
pub mod holder_row;
pub mod interrupt;
pub mod item_builder;
pub mod list_notice;
pub mod list_record;
pub mod list_removal;
pub mod list_writer;
pub mod listed_items;
pub mod mark;
pub mod number_prefix;
pub mod progress;
pub mod rejects;
pub mod row_date;
pub mod seen_numbers;
