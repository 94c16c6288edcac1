//! The proxy before the embedded DynamoDB, which has no authentication and accepts requests of every web page.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::serve::ListenerExt;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::http::is_of_this_machine;

/// The greatest body that is passed on in one piece with its head. A request of DynamoDB has at most 16 MB.
const MAX_WHOLE: u64 = 16 * 1024 * 1024;

/// Passes requests of programs to the embedded DynamoDB, and refuses those of web pages.
#[derive(Debug, Clone)]
pub struct WebPageGuard {
    dynamodb: SocketAddr,
    client: HttpClient<HttpConnector, Body>,
}

impl WebPageGuard {
    /// Returns a guard before the DynamoDB at an address.
    pub fn before(dynamodb: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { dynamodb, client: HttpClient::builder(TokioExecutor::new()).build(connector) }
    }

    /// Serves until the task ends.
    ///
    /// # Errors
    /// When connections cannot be accepted.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let listener = listener.tap_io(|stream| {
            // Without it, answers are slow, and right.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, Router::new().fallback(pass).with_state(self)).await
    }
}

/// Returns a listener for the DynamoDB itself, at an address that a web page does not find if the system has all of
/// 127.0.0.0/8.
pub async fn hidden_listener() -> Result<TcpListener, Failure> {
    let mut bytes = [0; 3];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers from the operating system: {error}"))?;
    let [a, b, c] = bytes;
    match TcpListener::bind((Ipv4Addr::new(127, a, b, c), 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?),
    }
}

/// Passes a request on, unless it is a web page's: a page that the operator happens to visit must not write rules.
async fn pass(State(guard): State<WebPageGuard>, mut request: Request) -> Response {
    if !is_of_this_machine(request.headers()) {
        let message = "the embedded DynamoDB answers programs on this machine, not web pages";
        return refusal(StatusCode::FORBIDDEN, message);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match format!("http://{}{path}", guard.dynamodb).parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return refusal(StatusCode::BAD_REQUEST, "not a path"),
    }
    match exchange(&guard.client, request).await {
        Ok(response) => response,
        Err(_) => refusal(StatusCode::BAD_GATEWAY, "the embedded DynamoDB has stopped"),
    }
}

/// Sends a request and returns its answer, each in one piece.
///
/// A head that is sent alone is a small packet, and TCP delays the next small packet until the other side has acknowledged this
/// one, which takes it 40 ms.
async fn exchange(client: &HttpClient<HttpConnector, Body>, request: Request) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, whole(body).await?);
    let (head, body) = client.request(request).await?.into_parts();
    Ok(Response::from_parts(head, whole(Body::new(body)).await?))
}

/// Waits for the rest of a body, unless it is large or of unknown size.
async fn whole(body: Body) -> Result<Body, axum::Error> {
    match body.size_hint().upper() {
        Some(size) if size <= MAX_WHOLE => to_bytes(body, usize::MAX).await.map(Body::from),
        _ => Ok(body),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    /// Returns what arrives first on a connection.
    async fn first_part(stream: &mut TcpStream) -> String {
        let mut bytes = vec![0; 65_536];
        let length = stream.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[tokio::test]
    async fn head_and_body_are_sent_together() {
        let upstream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(WebPageGuard::before(upstream.local_addr().unwrap()).serve(listener));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.set_nodelay(true).unwrap();
        // In two parts, as some clients send them.
        client.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 12\r\n\r\n").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        client.write_all(b"the question").await.unwrap();
        let (mut dynamodb, _) = upstream.accept().await.unwrap();
        let request = first_part(&mut dynamodb).await;
        assert!(request.ends_with("\r\n\r\nthe question"), "{request}");
        dynamodb.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        dynamodb.write_all(b"the answer").await.unwrap();
        let answer = first_part(&mut client).await;
        assert!(answer.ends_with("\r\n\r\nthe answer"), "{answer}");
    }
}
