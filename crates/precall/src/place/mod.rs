//! Where a telephone number is and whose clock counts, told from its digits alone.
//!
//! [`place()`] gives the states, provinces or countries of a number, [`PlacePatterns`] are an operator's
//! words for them, and [`zones()`] gives the time zones in any of which its holder may be. All of it is
//! pure: the tables are files of `data/`, built in (`data/README.md` names their sources and every
//! correction).
//!
//! A number is not a location. People keep their numbers when they move, so these are presumptions,
//! and where a number may be in several places, all of them are given.

mod patterns;
mod places;
mod tables;
mod zones;

pub use patterns::{PlaceMatch, PlacePatterns};
pub use places::{Kind, Place, nowhere, place, place_code, place_name};
pub use zones::{EARTH, Zones, finer_prefixes, zones};
