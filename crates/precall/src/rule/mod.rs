//! Rules, facts and invalid items, and the parser that makes them from items.

mod clock;
mod conditions;
mod definition;
mod entry;
mod exemption;
mod fact;
mod item;
mod key;
mod length;
mod list_copy;
mod meant_key;
mod parse;
mod pattern;
mod sentence;
mod share;
mod version;

pub use crate::dates::Dates;
pub use crate::week::{DayWindow, Weekdays, parse_minute, parse_weekday};
pub use clock::{Clock, Hours};
pub(crate) use conditions::zone_name;
pub use conditions::{Clients, ClockSource, Conditions, Lifetime, Side};
pub use definition::{Action, Rule, TieBreak};
pub use entry::{Entry, InvalidItem};
pub use exemption::Exemption;
pub use fact::{Fact, FactContent, Holder, PrefixPlace};
pub use item::{Item, Value};
pub use key::{Key, WILDCARD};
pub use length::{may_mean_months, parse_length};
pub use list_copy::ListCopy;
pub use meant_key::{MeantKey, quoted};
pub use parse::{
    ATTRIBUTES, BOOKKEEPING, CHANGED, LIST_FILE, UnknownAttribute, WrittenInstant, parse, unknown_attributes,
};
pub use pattern::{NumberMatch, Patterns};
pub use share::{Percent, Targets};
pub use version::{Version, canonical_number};
