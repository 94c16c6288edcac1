//! Answers to requests that the HTTP server of `precall serve` refuses before the hook reads them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use support::Server;
use tempfile::TempDir;

#[test]
fn a_request_that_cannot_be_read_is_answered_with_an_error_in_json() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none"), ("PRECALL_ON_ERROR", "proceed")]);
    let get = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    let long = format!("/?to=%2B13155550101&x={}", "x".repeat(65_600));
    let many: String = (0..200).map(|nth| format!("x-header-{nth}: 1\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(450_000));
    for (request, status, error) in [
        (get(&long, ""), "414 URI Too Long", "the address of the request is too long; send only code, from and to"),
        (
            get("/?to=%2B13155550101", &many),
            "431 Request Header Fields Too Large",
            "the headers of the request are too",
        ),
        (
            get("/?to=%2B13155550101", &large),
            "431 Request Header Fields Too Large",
            "the headers of the request are too",
        ),
        ("nonsense\r\n\r\n".to_owned(), "400 Bad Request", "the request is not HTTP/1.1 as the hook reads it"),
        (get("/?to=%2B13155550101", "bad header\r\n"), "400 Bad Request", "the request is not HTTP/1.1"),
    ] {
        let (answered, body) = server.raw(&request);
        assert_eq!(answered, format!("HTTP/1.1 {status}"));
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(body["error"].as_str().unwrap().starts_with(error), "{body}");
        assert!(body.get("status").is_none(), "it is not a decision: {body}");
    }
    // The hook's own answers are as they were.
    let (answered, body) = server.ask("GET", "");
    assert_eq!(answered, "HTTP/1.1 400 Bad Request");
    assert!(body.contains("no callee"), "{body}");
    assert_eq!(server.ask("HEAD", ""), ("HTTP/1.1 405 Method Not Allowed".to_owned(), String::new()));
    let (answered, body) = server.ask("GET", "?to=%2B13155550101");
    assert_eq!((answered.as_str(), body.as_str()), ("HTTP/1.1 200 OK", r#"{"status":"PROCEED"}"#));
}
