//! When the law lets a call be made: hours, days and holidays of the callee's place.
//!
//! The law is data, `data/calling-hours.toml`, built in as [`Table::embedded`]. [`Table::status`] evaluates
//! it for an instant, the callee's possible places and the possible time zones: pure, without a clock.
//! Where there are several places or zones, a call must be lawful in all of them. Nothing here is legal
//! advice; `docs/calling-hours.md` says what could not be verified.

mod hours;
mod spans;
mod status;
mod table;

pub use hours::{Week, Window};
pub use spans::{Span, Spans};
pub use status::{Law, Reason, Status, UnknownLaw};
pub use table::{Error, Grade, Holidays, Kind, OLD_AFTER_DAYS, Row, RowData, Table, country};
