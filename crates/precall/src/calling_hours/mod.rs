//! The hours, days and holidays at which the law allows a call, by the callee's place.
//!
//! The law is data: `data/calling-hours.toml`, which is built in as [`CallingHours::embedded`]. [`CallingHours::status`]
//! evaluates it for an instant, the possible places of the callee and the possible time zones. It uses no clock. If there
//! are several places or zones, a call must be lawful in all of them. Nothing here is legal advice.

mod changes;
mod error;
mod holidays;
mod law;
mod reason;
mod row;
mod status;
mod table;

pub use crate::time_span::{TimeSpan, TimeSpans};
pub use crate::week::Week;
pub use changes::{HoursChange, HoursChangeKind, MAX_CHANGE_DAYS};
pub use error::HoursError;
pub use holidays::Holidays;
pub use law::{Law, UnknownLaw};
pub use reason::{Prohibition, UnlawfulReason};
pub use row::{Grade, HoursRow, HoursRowData, Regime};
pub use status::{LawStatus, MAX_SPAN_DAYS};
pub use table::{CallingHours, MAX_DATA_AGE_DAYS};
