//! Telephone numbers, wherever they come from: requests, rules, lists, logs, expectations.
//!
//! The reader is lenient, because the vendor's own examples are not valid NANP numbers. It refuses text that is not a number
//! at all, or that may be several, but does not check numbers against a numbering plan. It reports the parts that it left out.

mod characters;
mod digits;
mod error;
mod notation;
mod plan;
mod reader;
mod repair;
mod value;
mod withheld;

pub use crate::typed_text::plain_character;
pub use characters::is_separator;
pub use error::NumberError;
pub use reader::ReadNumber;
pub use repair::NumberRepair;
pub use value::Number;
pub use withheld::{is_withheld, is_withheld_number};

pub(crate) use characters::plain_text;
pub(crate) use plan::country_code_len;
pub(crate) use reader::prefix_from_typed;
pub(crate) use withheld::is_withheld_word;
