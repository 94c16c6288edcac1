//! The place and the time zones of a telephone number, from its digits only.
//!
//! [`place()`] returns the states, provinces or countries of a number, [`PlacePatterns`] are an operator's patterns for them,
//! and [`zones()`] returns the possible time zones of its holder. The tables are built in from files of `data/`;
//! `data/README.md` has their sources and corrections.
//!
//! A number is not a location. People keep their numbers when they move, so these are presumptions. If a number may be in
//! several places, all of them are returned.

mod age;
mod certainty;
mod country;
mod kind;
mod missing_code;
mod number_place;
mod patterns;
mod tables;
mod zones;

pub use age::{MAX_NUMBERING_AGE_DAYS, numbering_age_days, numbering_date};
pub use certainty::Certainty;
pub use country::law_country;
pub use kind::NumberKind;
pub use missing_code::without_country_code;
pub(crate) use number_place::place_label;
pub use number_place::{Place, nowhere, place, place_code, place_name};
pub(crate) use patterns::place_of_word;
pub use patterns::{PlacePatterns, namesake};
pub(crate) use zones::anywhere;
pub use zones::{EARTH, Zones, finer_prefixes, places_of_country, zones, zones_of_place};
