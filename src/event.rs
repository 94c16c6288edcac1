//! Lambda's events: each payload becomes a request or gets an answer here. Only this file uses Lambda's types.
//!
//! The parser of `lambda_http` refuses null and numeric query values, mapping-template events and warmers, and panics on
//! a malformed Host header. So this reader reads the events of all fronts, and only the fields that the contract needs:
//! method, query string and the identifiers of a trace.

use std::borrow::Cow;
use std::collections::HashMap;

use lambda_http::Context;
use lambda_http::http::{HeaderMap, Method, Response};
use percent_encoding::percent_decode_str;
use precall::error_json;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::handler::json_response;
use crate::health;
use crate::request::{Query, Request, Trace};

/// The parameters without which there is no decision.
const NEEDED: [&str; 2] = ["code", "to"];

/// The payload of an invocation. Reading it never fails: a failure would be a function error, which reaches the vendor late.
#[derive(Debug)]
pub struct Payload(Option<Box<RawValue>>);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Box::<RawValue>::deserialize(deserializer).ok()))
    }
}

/// The meaning of a payload.
#[derive(Debug)]
pub enum Event {
    /// A request for a decision.
    Request(Request, Front),
    /// An event that is not a call. It is answered without the store.
    Other(Reply),
}

/// The service in front of the function, which determines the form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// API Gateway (REST API or HTTP API) or a function URL.
    ApiGateway,
    /// An application load balancer.
    Alb,
    /// A mapping template (`params.querystring`) or a test console: `{statusCode, body}`, as the
    /// vendor's samples answer.
    Direct,
}

/// The object that the function returns.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    headers: HashMap<String, String>,
    /// A load balancer reads either this or `headers`, depending on the settings of its target group.
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    multi_value_headers: HashMap<String, [String; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_base64_encoded: Option<bool>,
    body: String,
}

impl Front {
    /// Returns an answer in the form that this front reads.
    pub fn reply(self, response: Response<String>) -> Reply {
        let (parts, body) = response.into_parts();
        let headers = || {
            parts.headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        };
        let status_code = parts.status.as_u16();
        let bare = Reply {
            status_code,
            status_description: None,
            headers: HashMap::new(),
            multi_value_headers: HashMap::new(),
            is_base64_encoded: None,
            body,
        };
        match self {
            Self::Direct => bare,
            Self::ApiGateway => Reply { headers: headers().collect(), is_base64_encoded: Some(false), ..bare },
            Self::Alb => Reply {
                status_description: Some(format!(
                    "{status_code} {}",
                    parts.status.canonical_reason().unwrap_or_default()
                )),
                headers: headers().collect(),
                multi_value_headers: headers().map(|(name, value)| (name, [value])).collect(),
                is_base64_encoded: Some(false),
                ..bare
            },
        }
    }
}

/// Reads a payload, and returns a request or an answer.
pub fn read(payload: &Payload, context: &Context) -> Event {
    let Some(event) = payload.0.as_ref().and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()) else {
        return Event::Other(refusal(Front::Direct, "the event is not readable JSON"));
    };
    let front = front(&event);
    if is_warmer(&event, front) {
        return Event::Other(front.reply(json_response(200, serde_json::json!({ "message": "warm" }).to_string())));
    }
    match query(&event, front) {
        Ok(Some(query)) => {
            let method = match method(&event) {
                Ok(method) => method,
                Err(message) => return Event::Other(refusal(front, message)),
            };
            if is_health_check(&event, front, &method, &query) {
                return Event::Other(front.reply(health::answer(None)));
            }
            let trace =
                Trace { function_request_id: Some(context.request_id.clone()), xray: context.xray_trace_id.clone() };
            Event::Request(Request { method, query, headers: HeaderMap::new(), trace }, front)
        }
        Ok(None) => Event::Other(refusal(front, "the event is not a call: it has no query string parameters")),
        Err(message) => Event::Other(refusal(front, message)),
    }
}

fn refusal(front: Front, message: &str) -> Reply {
    tracing::warn!(reason = message, "event refused");
    front.reply(json_response(400, error_json(message)))
}

fn front(event: &Value) -> Front {
    let context = event.get("requestContext");
    if context.is_some_and(|context| context.get("elb").is_some()) {
        Front::Alb
    } else if context.is_some_and(Value::is_object)
        || event.get("httpMethod").is_some()
        || event.get("rawQueryString").is_some()
    {
        Front::ApiGateway
    } else {
        Front::Direct
    }
}

/// Returns true for the events of schedules and warmers, which need no decision.
fn is_warmer(event: &Value, front: Front) -> bool {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let set = |name: &str| event.get(name).is_some_and(|value| value.as_bool() != Some(false) && !value.is_null());
    let is_scheduled = matches!(
        text("source"),
        "aws.events" | "aws.scheduler" | "serverless-plugin-warmup" | "serverless-plugin-lambda-warmup"
    ) || text("detail-type") == "Scheduled Event";
    front == Front::Direct && (is_scheduled || set("warmer") || set("warmup") || set("ping"))
}

/// Returns true for a health check, which needs no decision. A load balancer's prober is recognised by its name alone.
fn is_health_check(event: &Value, front: Front, method: &Method, query: &Query) -> bool {
    let agent = ["headers", "multiValueHeaders"].iter().find_map(|headers| {
        let agent = event.get(headers)?.get("user-agent")?;
        agent.as_str().or_else(|| agent.get(0)?.as_str())
    });
    let path = ["rawPath", "path"].iter().find_map(|name| event.get(name)?.as_str()).unwrap_or_default();
    match front {
        Front::Alb if agent.is_some_and(health::is_probe) => true,
        Front::Alb | Front::ApiGateway => health::is_health_check(method, path, !query.all("to").is_empty(), agent),
        Front::Direct => false,
    }
}

fn method(event: &Value) -> Result<Method, &'static str> {
    let named = event
        .get("httpMethod")
        .or_else(|| event.get("requestContext")?.get("http")?.get("method"))
        .or_else(|| event.get("context")?.get("http-method"))
        .and_then(Value::as_str);
    match named {
        None | Some("") => Ok(Method::POST),
        Some(name) => Method::from_bytes(name.as_bytes()).map_err(|_| "the event's HTTP method is not one"),
    }
}

/// Returns the query parameters, decoded once, or `None` if the event has no field for them.
fn query(event: &Value, front: Front) -> Result<Option<Query>, &'static str> {
    // The query string as the client sent it, so that duplicates and encoding are certain.
    if let Some(raw) = event.get("rawQueryString").and_then(Value::as_str).filter(|raw| !raw.is_empty()) {
        return Ok(Some(Query::parse(raw)));
    }
    // A load balancer passes names and values on without decoding them.
    let decode = |text: &str| if front == Front::Alb { form_decoded(text) } else { text.to_owned() };
    let places = [
        event.get("multiValueQueryStringParameters"),
        event.get("queryStringParameters"),
        event.get("params").and_then(|params| params.get("querystring")),
    ];
    let mut parameters = Query::default();
    for place in places.into_iter().flatten() {
        let map = match place {
            Value::Object(map) => map,
            Value::Null => continue,
            _ => return Err("the event's query string parameters are not an object of names and values"),
        };
        for (name, value) in map {
            let name = decode(name);
            let texts = match texts(value) {
                Some(texts) => texts,
                None if NEEDED.contains(&name.as_str()) => return Err("a query string parameter's value is not text"),
                // An unreadable caller, or a parameter that is not read.
                None => vec![Cow::Owned(value.to_string())],
            };
            parameters.add(name, texts.iter().map(|text| decode(text)));
        }
        if !parameters.is_empty() {
            break; // the next field repeats these
        }
    }
    let has_place = front != Front::Direct || places.iter().any(Option::is_some);
    Ok(has_place.then_some(parameters))
}

/// Returns a parameter's values as text. Consoles also send numbers, and null for no value.
fn texts(value: &Value) -> Option<Vec<Cow<'_, str>>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(vec![Cow::Borrowed(text)]),
        Value::Number(number) => Some(vec![Cow::Owned(number.to_string())]),
        Value::Array(values) => {
            values.iter().map(texts).collect::<Option<Vec<_>>>().map(|texts| texts.into_iter().flatten().collect())
        }
        Value::Bool(_) | Value::Object(_) => None,
    }
}

fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
