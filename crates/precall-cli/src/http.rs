//! The HTTP servers of this process: limits of time and connections, and the check for requests of this machine.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::refusal_bodies::RefusalBodies;
use crate::request_line::ReadableRequests;

/// The longest time for the head of a request, and for a connection without a request. The vendor's box does not wait
/// longer for an answer.
const MAX_HEAD_TIME: Duration = Duration::from_secs(10);

/// The answer to a connection above the limit.
const TOO_MANY_CONNECTIONS: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\n\
    content-length: 32\r\n\r\n{\"error\":\"too many connections\"}";

/// The pause after a connection that could not be accepted, for example because the process may not open more files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections, at most `max` at a time, and answers their requests.
pub async fn accept<A, F>(listener: &TcpListener, max: usize, connections: &GracefulShutdown, answer: A) -> Infallible
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(MAX_HEAD_TIME);
    let permits = Arc::new(Semaphore::new(max));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            // At once: a client that waits in a queue gets no answer in time. One that does not read this sees the end.
            let _ = stream.try_write(TOO_MANY_CONNECTIONS);
            continue;
        };
        let answer = answer.clone();
        let service = service_fn(move |request| {
            let answered = answer(request);
            async move { Ok::<_, Infallible>(answered.await) }
        });
        let stream = TokioIo::new(ReadableRequests::new(RefusalBodies::new(stream)));
        let connection = connections.watch(server.serve_connection(stream, service));
        tokio::spawn(async move {
            // Another error is a client that has left, which needs no report.
            if let Err(error) = connection.await
                && error.is_parse()
            {
                tracing::warn!(%error, "a request that is not HTTP was refused");
            }
            drop(permit);
        });
    }
}

/// Returns true if a request names this machine as its host and was not sent by a script of a web page. So neither a
/// foreign name that resolves to loopback nor a page that the operator visits gets an answer.
pub fn is_of_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    !headers.contains_key(header::ORIGIN) && is_loopback(host)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
