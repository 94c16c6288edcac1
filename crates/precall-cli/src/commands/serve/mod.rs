//! `precall serve`: the hook over HTTP, by the same handler as the function's.

mod answer;
mod arguments;
mod azure;
mod banner;
mod example;
mod hosts;
mod page;
mod server;
mod taken;

pub use self::arguments::Arguments;
pub use self::server::run;
