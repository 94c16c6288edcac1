//! A request for a decision, from any host.

use std::collections::HashMap;

use lambda_http::http::{HeaderMap, Method};

/// A request for a decision, from any host: Lambda, plain HTTP, or another cloud's envelope.
///
/// ```
/// use precall_hook::request::{Query, Request};
///
/// let request = Request::get(Query::parse("code=key&to=%2B13155550100"));
/// assert_eq!(request.query.all("to"), ["+13155550100"]);
/// ```
#[derive(Debug, Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The parameters of the query string.
    pub query: Query,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The identifiers by which the host follows the request.
    pub trace: Trace,
}

impl Request {
    /// Returns a GET request without headers.
    pub fn get(query: Query) -> Self {
        Self { method: Method::GET, query, headers: HeaderMap::new(), trace: Trace::default() }
    }
}

/// The identifiers by which a host follows a request.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// Lambda's id of the invocation.
    pub function_request_id: Option<String>,
    /// The X-Ray header: `Root=1-<8 hex digits>-<24 hex digits>;Parent=…`. If it is absent, the W3C `traceparent` header of
    /// the request is used.
    pub xray: Option<String>,
}

/// The parameters of a query string, decoded once.
#[derive(Debug, Clone, Default)]
pub struct Query(HashMap<String, Vec<String>>);

impl Query {
    /// Reads a query string. Several values of a name are kept.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            query.add(name.into_owned(), [value.into_owned()]);
        }
        query
    }

    /// Adds values of a name.
    pub fn add(&mut self, name: String, values: impl IntoIterator<Item = String>) {
        self.0.entry(name).or_default().extend(values);
    }

    /// Returns all values of a name.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns true if there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Trace {
    /// Returns the trace id in X-Ray's own form, `1-<8 hex digits>-<24 hex digits>`, which is the value of `xray_trace_id` in
    /// the logs of Powertools: the header's `Root` without its name.
    pub(crate) fn xray_root(&self) -> Option<&str> {
        let root = self.xray.as_deref()?.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
        Some(root).filter(|root| !root.is_empty())
    }

    /// Returns the trace id in OpenTelemetry's form, 32 hex digits: from X-Ray, otherwise from `traceparent`.
    pub(crate) fn id(&self, headers: &HeaderMap) -> Option<String> {
        match self.xray.as_deref() {
            Some(_) => trace_id(&self.xray_root()?.strip_prefix("1-")?.replacen('-', "", 1)),
            None => {
                // 00-<32 hex digits>-<16>-<2>
                trace_id(headers.get("traceparent")?.to_str().ok()?.split('-').nth(1)?)
            }
        }
    }
}

fn trace_id(id: &str) -> Option<String> {
    let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0');
    is_id.then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Powertools for Python: `_X_AMZN_TRACE_ID`, `.split(";")[0].replace("Root=", "")`.
    #[test]
    fn the_xray_trace_id_is_that_of_powertools() {
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        for (header, expected) in [
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", Some(root)),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a1b2:0", Some(root)),
            ("Root=1-5759e988-bd862e3fe1be46a994272793", Some(root)),
            ("Sampled=0; Root=1-5759e988-bd862e3fe1be46a994272793", Some(root)),
            ("Self=1-5759e988-bd862e3fe1be46a994272793", None),
            ("Root=", None),
            ("", None),
        ] {
            let trace = Trace { xray: Some(header.to_owned()), ..Trace::default() };
            assert_eq!(trace.xray_root(), expected, "{header}");
        }
        assert_eq!(Trace::default().xray_root(), None);
    }

    #[test]
    fn the_trace_id_of_each_form() {
        let id = "5759e988bd862e3fe1be46a994272793";
        for (xray, traceparent, expected) in [
            (Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"), "", Some(id)),
            (Some("Sampled=0; Root=1-5759E988-BD862E3FE1BE46A994272793"), "", Some(id)),
            (Some("Self=1"), "00-5759e988bd862e3fe1be46a994272793-00f067aa0ba902b7-01", None),
            (None, "00-5759e988bd862e3fe1be46a994272793-00f067aa0ba902b7-01", Some(id)),
            (None, "00-00000000000000000000000000000000-00f067aa0ba902b7-01", None),
            (None, "00-5759-00f067aa0ba902b7-01", None),
            (None, "", None),
        ] {
            let mut headers = HeaderMap::new();
            if let Ok(value) = traceparent.parse() {
                headers.insert("traceparent", value);
            }
            let trace = Trace { xray: xray.map(str::to_owned), ..Trace::default() };
            assert_eq!(trace.id(&headers).as_deref(), expected, "{xray:?} {traceparent}");
        }
    }
}
