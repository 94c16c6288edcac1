//! The proxy before the embedded DynamoDB, which has no authentication and accepts requests of every web page.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::http::is_of_this_machine;

/// Passes requests of programs to the embedded DynamoDB, and refuses those of web pages.
#[derive(Debug, Clone)]
pub struct WebPageGuard {
    dynamodb: SocketAddr,
    client: HttpClient<HttpConnector, Body>,
}

impl WebPageGuard {
    /// Returns a guard before the DynamoDB at an address.
    pub fn before(dynamodb: SocketAddr) -> Self {
        Self { dynamodb, client: HttpClient::builder(TokioExecutor::new()).build_http() }
    }

    /// Serves until the task ends.
    ///
    /// # Errors
    /// When connections cannot be accepted.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
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
    match guard.client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(_) => refusal(StatusCode::BAD_GATEWAY, "the embedded DynamoDB has stopped"),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response
}
