//! Azure Functions' custom handlers: what the host asks when it does not forward the request itself.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>: `Data` has the trigger's request
//! by the binding's name, and the answer's `Outputs` the response by the name of the output binding, which is `res`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use precall_hook::request::{Query, Request, Trace};
use serde_json::{Map, Value, json};

/// The request that an envelope holds. `None`: it is no envelope.
pub fn unwrapped(body: &[u8]) -> Option<Request> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    let asked = envelope.get("Data")?.as_object()?.values().find_map(|trigger| {
        let url = trigger.get("Url")?.as_str()?;
        Some((trigger, url))
    });
    let (trigger, url) = asked?;
    // As sent, where duplicates and encoding can be told for certain; what was taken apart only without it.
    let query = match url.split_once('?') {
        Some((_, query)) => Query::parse(query.split('#').next().unwrap_or_default()),
        None => taken_apart(trigger.get("Query")),
    };
    let method = trigger.get("Method").and_then(Value::as_str).unwrap_or("POST");
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    let mut headers = HeaderMap::new();
    if let Some(parent) = traceparent(trigger) {
        headers.insert("traceparent", parent);
    }
    Some(Request { method, query, headers, trace: Trace::default() })
}

/// The one header that the hook reads: which trace the client's request belongs to.
fn traceparent(trigger: &Value) -> Option<HeaderValue> {
    let headers = trigger.get("Headers")?.as_object()?;
    let (_, values) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("traceparent"))?;
    HeaderValue::from_str(values.get(0)?.as_str()?).ok()
}

/// Names and values: an object, or the text of one, as the host's documentation shows both.
fn taken_apart(query: Option<&Value>) -> Query {
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

/// An answer in the envelope that the host reads.
pub fn wrapped(response: &axum::http::Response<String>) -> Response {
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
