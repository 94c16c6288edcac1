//! The envelopes of Azure Functions' custom handlers, which the host sends if it does not forward requests.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>: `Data` has the trigger's request
//! by the name of the binding. `Outputs` of the answer has the response by the name of the output binding, `res`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use precall_hook::request::{Query, Request, Trace};
use serde_json::{Map, Value, json};

/// Returns the request that an envelope has; `None` if the body is not an envelope.
pub fn unwrap(body: &[u8]) -> Option<Request> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    let (trigger, url) = envelope.get("Data")?.as_object()?.values().find_map(|trigger| {
        let url = trigger.get("Url")?.as_str()?;
        Some((trigger, url))
    })?;
    // The URL has the query as the client sent it, with duplicates and encoding. The parsed members do not.
    let query = match url.split_once('?') {
        Some((_, query)) => Query::parse(query.split('#').next().unwrap_or_default()),
        None => parsed_query(trigger.get("Query")),
    };
    let method = trigger.get("Method").and_then(Value::as_str).unwrap_or("POST");
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    let mut headers = HeaderMap::new();
    if let Some(parent) = traceparent(trigger) {
        headers.insert("traceparent", parent);
    }
    Some(Request { method, query, headers, trace: Trace::default() })
}

/// Returns the only header that the hook reads: the trace of the client's request.
fn traceparent(trigger: &Value) -> Option<HeaderValue> {
    let headers = trigger.get("Headers")?.as_object()?;
    let (_, values) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("traceparent"))?;
    HeaderValue::from_str(values.get(0)?.as_str()?).ok()
}

/// Reads a query that the host has parsed: an object, or the text of one. The host's documentation shows both.
fn parsed_query(query: Option<&Value>) -> Query {
    let members: Map<String, Value> = match query {
        Some(Value::Object(members)) => members.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    };
    let mut query = Query::default();
    for (name, value) in members {
        query.add(name, value.as_str().map(str::to_owned));
    }
    query
}

/// Puts an answer into the envelope that the host reads.
pub fn wrap(response: &axum::http::Response<String>) -> Response {
    let headers: Map<String, Value> = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let res = json!({
        "statusCode": response.status().as_u16(),
        "headers": headers,
        "body": response.body(),
    });
    let envelope = json!({ "Outputs": { "res": res }, "Logs": [], "ReturnValue": null });
    let mut response = Response::new(Body::from(envelope.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
