//! An address to listen on, as people write it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The error of a text that is not an address to listen on.
const WRONG: &str = "write an address and a port, such as 127.0.0.1:9000, or a port alone, which is on 127.0.0.1";

/// Reads `127.0.0.1:9000`, `localhost:9000`, or a port alone: `9000` or `:9000`. A port alone is on loopback, so that a
/// missing address does not open the hook to the network.
///
/// # Errors
/// If the text is none of these.
pub fn parse_listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(WRONG);
    }
    let port = port.parse().map_err(|_error| WRONG)?;
    Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        for (text, wanted) in [
            ("9000", Some("127.0.0.1:9000")),
            (":9000", Some("127.0.0.1:9000")),
            (" localhost:0 ", Some("127.0.0.1:0")),
            ("0.0.0.0:9000", Some("0.0.0.0:9000")),
            ("[::1]:9000", Some("[::1]:9000")),
            ("", None),
            (":", None),
            ("70000", None),
            ("-1", None),
            ("127.0.0.1", None),
            ("::1", None),
            ("example.com:9000", None),
            ("http://127.0.0.1:9000", None),
        ] {
            let read = parse_listen_address(text);
            assert_eq!(read.ok().map(|address| address.to_string()).as_deref(), wanted, "{text:?}");
        }
    }
}
