//! The answer to one request to the hook over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header;
use axum::response::Response;
use hyper::body::Incoming;
use precall_hook::handler::Handler;
use precall_hook::health;
use precall_hook::request::{Query, Request, Trace};

use super::page::DecisionFeed;
use super::{azure, hosts};

/// The largest envelope of Azure's host that is read, in bytes. The host sends all headers along, twice.
const MAX_ENVELOPE: usize = 256 * 1024;

/// The longest time for reading an envelope. The host is on this machine, but it may pass on a body that its client
/// sends slowly.
const MAX_ENVELOPE_TIME: Duration = Duration::from_secs(2);

/// The hook's handler, and the page's decisions if there is a page.
#[derive(Debug, Clone)]
pub struct HookAnswers {
    pub handler: Arc<Handler>,
    pub feed: Option<Arc<DecisionFeed>>,
}

impl HookAnswers {
    /// Answers a request. The contract has no body, so a body is read only from Azure's host, which sends the request in
    /// one unless it is configured to forward requests. Health checks need neither a key nor the store.
    pub async fn answer(&self, request: hyper::Request<Incoming>) -> Response {
        let (parts, body) = request.into_parts();
        if parts.uri.query().is_none() && hosts::is_azure() {
            let envelope = tokio::time::timeout(MAX_ENVELOPE_TIME, to_bytes(Body::new(body), MAX_ENVELOPE)).await;
            if let Ok(Ok(envelope)) = envelope
                && let Some(request) = azure::unwrap(&envelope)
            {
                let has_callee = !request.query.all("to").is_empty();
                // The path is the name of the function, and the method is that of the client's request.
                if health::is_health_check(&request.method, parts.uri.path(), has_callee, None) {
                    return azure::wrap(&self.health());
                }
                return azure::wrap(&self.respond(&request).await);
            }
        }
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        if health::is_health_check(&parts.method, parts.uri.path(), !query.all("to").is_empty(), agent) {
            return self.health().map(Body::from);
        }
        let request = Request { method: parts.method, query, headers: parts.headers, trace: Trace::default() };
        self.respond(&request).await.map(Body::from)
    }

    fn health(&self) -> axum::http::Response<String> {
        health::answer(Some(self.handler.rules().is_loaded()))
    }

    /// Returns the hook's answer. Logs its record, and passes it to the page.
    async fn respond(&self, request: &Request) -> axum::http::Response<String> {
        let (response, record) = self.handler.respond(request).await;
        self.handler.write(&record);
        if let Some(feed) = &self.feed {
            feed.add(record);
        }
        response
    }
}
