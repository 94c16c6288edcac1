//! The page of `precall serve`: try a call, see the rules, the last decisions, and where and when calling is lawful.
//!
//! It shows what `precall check`, `rules`, `hours` and the log show, and changes nothing. It has no authentication, so it
//! listens on loopback only, and refuses requests for other host names and from the pages of other sites. Everything
//! works without JavaScript; the script only adds newer data.

mod decisions;
mod feed;
mod grid;
mod hours;
mod hours_query;
mod listen;
mod map;
mod parameters;
mod parts;
mod place_hours;
mod response;
mod rules;
mod server;
mod tiles;
mod tried_call;
mod try_section;

pub use self::feed::DecisionFeed;
pub use self::listen::{PAGE_ADDRESS, PageListen};
pub use self::server::Page;
