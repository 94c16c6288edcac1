//! The error of an address that is taken, often by a `precall serve` that runs already.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use precall_hook::handler::DECISION_ID;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;

/// The longest time for finding out what has the address.
const MAX_QUESTION_TIME: Duration = Duration::from_secs(1);

/// The length of the beginning of an answer that is read, in bytes. The headers of the hook's answers are shorter.
const MAX_HEADERS: u64 = 4096;

/// Returns the error of a hook that cannot listen on an address: the program that has it, and what to do.
pub async fn failure(listen: SocketAddr, error: &io::Error, is_example: bool) -> Failure {
    if error.kind() != io::ErrorKind::AddrInUse {
        return format!("cannot listen on {listen}: {error}; choose another with --listen").into();
    }
    if !matches!(timeout(MAX_QUESTION_TIME, is_precall(listen)).await, Ok(Ok(true))) {
        return format!("{listen} is in use by another program; choose another with --listen").into();
    }
    let other = "--listen 127.0.0.1:9100 --dynamodb-listen 127.0.0.1:8100 --page off";
    let how = if is_example { format!("`make run ARGS=\"{other}\"`") } else { format!("`precall serve {other}`") };
    format!("precall already runs on {listen}; use that one, stop it, or choose another with --listen: {how}").into()
}

/// Returns true if the program at an address answers like the hook.
async fn is_precall(listen: SocketAddr) -> io::Result<bool> {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let mut stream = TcpStream::connect((host, listen.port())).await?;
    // Without a key: the answer is a refusal, with the id of its record.
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.take(MAX_HEADERS).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).to_ascii_lowercase().contains(DECISION_ID))
}
