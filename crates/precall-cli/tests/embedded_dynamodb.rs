//! The embedded DynamoDB over HTTP, as programs of other people use it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use support::{PATIENCE, Server};

/// The delay of TCP for a small packet after a small packet, which the other side acknowledges late.
const DELAY: Duration = Duration::from_millis(40);

/// Sends a request in two parts, as boto3 does, and reads its answer. The connection stays open.
fn ask(stream: &mut TcpStream, head: &str, body: &str) -> String {
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(1));
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0, "the connection ended after {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lengths = head.lines().filter_map(|line| line.split_once(": "));
        let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if body.len() == lengths.next().unwrap().1.parse::<usize>().unwrap() {
            return text.into_owned();
        }
    }
}

#[test]
fn small_requests_are_answered_without_the_delay_of_tcp() {
    const REQUESTS: u32 = 40;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let mut stream = TcpStream::connect(&server.dynamodb).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = r#"{"TableName":"precall-rules","Key":{"number":{"S":"*"},"rule":{"S":"none"}}}"#;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n\
                x-amz-target: DynamoDB_20120810.GetItem\r\nx-amz-date: 20261128T000000Z\r\n\
                authorization: AWS4-HMAC-SHA256 Credential=any/20261128/us-east-1/dynamodb/aws4_request, \
                SignedHeaders=host, Signature=any\r\n";
    let head = format!("{head}content-length: {}\r\n\r\n", body.len());
    // The quickest of several rounds, because the machine may have other work.
    let round = || {
        let began = Instant::now();
        for _ in 0..REQUESTS {
            let answer = ask(&mut stream, &head, body);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        began.elapsed()
    };
    let quickest = std::iter::repeat_with(round).take(5).min().unwrap();
    assert!(quickest < DELAY * REQUESTS / 2, "{REQUESTS} requests took {quickest:?}");
}
