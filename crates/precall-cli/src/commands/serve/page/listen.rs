//! The address of the page.

use std::net::SocketAddr;
use std::str::FromStr;

use crate::listen_address::parse_listen_address;

/// The address of the page if `--page` is not given.
pub const PAGE_ADDRESS: &str = "127.0.0.1:9001";

/// The value of `--page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageListen {
    /// There is no page.
    Off,
    /// The page listens on this address, which is on loopback.
    At(SocketAddr),
}

impl FromStr for PageListen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        match parse_listen_address(text) {
            Ok(address) if address.ip().is_loopback() => Ok(Self::At(address)),
            Ok(_) => Err("the page has no authentication, so it listens on loopback only, such as 127.0.0.1:9001"),
            Err(_) => Err("write an address and a port, such as 127.0.0.1:9001, a port alone, or off"),
        }
    }
}
