//! Health checks of load balancers and hosts, which are answered without a key and without the store.

use lambda_http::http::{Method, Response};
use serde_json::json;

use crate::handler::json_response;

/// The path of a health check. A host may put its own path before it.
const PATH: &str = "/healthz";

/// The beginnings of the names with which load balancers and hosts send health checks.
const PROBES: [&str; 5] =
    ["ELB-HealthChecker/", "GoogleHC/", "kube-probe/", "Consul Health Check", "Amazon-Route53-Health-Check-Service"];

/// Returns true for a health check: a GET or HEAD without a callee, to `/healthz` or by a load balancer's prober.
///
/// ```
/// use lambda_http::http::Method;
/// use precall_hook::health::is_health_check;
///
/// assert!(is_health_check(&Method::GET, "/healthz", false, None));
/// assert!(is_health_check(&Method::GET, "/", false, Some("GoogleHC/1.0")));
/// assert!(!is_health_check(&Method::GET, "/", false, None));
/// assert!(!is_health_check(&Method::GET, "/healthz", true, None));
/// ```
pub fn is_health_check(method: &Method, path: &str, has_callee: bool, user_agent: Option<&str>) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
        && !has_callee
        && (path.ends_with(PATH) || user_agent.is_some_and(is_probe))
}

/// Returns true for the name of a load balancer's prober.
pub fn is_probe(user_agent: &str) -> bool {
    PROBES.iter().any(|probe| user_agent.starts_with(probe))
}

/// Returns the answer to a health check: 200, and if the wildcard rules have been read, where that is known. It is not a decision,
/// and has no `status`.
pub fn answer(has_rules: Option<bool>) -> Response<String> {
    let body = match has_rules {
        None => json!({ "message": "healthy" }),
        Some(true) => json!({ "message": "healthy", "rules": "loaded" }),
        Some(false) => json!({ "message": "healthy", "rules": "not loaded yet" }),
    };
    json_response(200, body.to_string())
}
