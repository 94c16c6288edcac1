//! CloudWatch metrics in the embedded metric format: CloudWatch makes metrics from one JSON line for each answer. Telephone
//! numbers are never dimensions.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::output::write_line;
use super::record::DecisionRecord;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "precall";

/// Writes the metrics of one answer.
///
/// | metric | unit | dimensions |
/// |---|---|---|
/// | `Decisions` | count | service, status |
/// | `Latency` | milliseconds | service |
/// | `Unknowns` | count | service, cause |
/// | `PartialDecisions` | count | service |
/// | `InvalidRules` | count | service |
/// | `UnlistedAreaCodes` | count | service |
/// | `AuthFailures` | count | service |
/// | `ColdStarts` | count | service |
/// | `UnreadableCallers` | count | service |
pub fn write(record: &DecisionRecord) {
    write_line(&line(record));
}

/// Writes the metrics of the rules that an instance uses.
///
/// | metric | unit | dimensions |
/// |---|---|---|
/// | `WildcardRules` | count | service |
/// | `EmptyRulesTable`, 1 if the table has no rule; absent if this is not known | count | service |
pub(crate) fn write_rules(service: &str, at: Timestamp, wildcard_rules: usize, is_empty: Option<bool>) {
    let mut names = vec![json!({ "Name": "WildcardRules", "Unit": "Count" })];
    let mut line = json!({ "service": service, "WildcardRules": wildcard_rules });
    if let (Some(is_empty), Some(members)) = (is_empty, line.as_object_mut()) {
        names.push(json!({ "Name": "EmptyRulesTable", "Unit": "Count" }));
        members.insert("EmptyRulesTable".to_owned(), json!(u8::from(is_empty)));
    }
    let directives = [json!({ "Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": names })];
    if let Some(members) = line.as_object_mut() {
        let envelope = json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": directives });
        members.insert("_aws".to_owned(), envelope);
    }
    write_line(&line);
}

fn line(record: &DecisionRecord) -> Value {
    let mut members = Map::new();
    let mut service_metrics = vec![json!({ "Name": "Latency", "Unit": "Milliseconds" })];
    members.insert("service".to_owned(), json!(record.service));
    members.insert("status".to_owned(), json!(record.status));
    members.insert("Decisions".to_owned(), json!(1));
    members.insert("Latency".to_owned(), json!(record.duration_ms));
    let counts = [
        ("PartialDecisions", usize::from(!record.partial.is_empty())),
        ("InvalidRules", record.invalid_rules.unwrap_or_default()),
        ("UnlistedAreaCodes", usize::from(record.area_code_unlisted)),
        ("AuthFailures", usize::from(record.http_status == 401)),
        ("ColdStarts", usize::from(record.cold_start)),
        ("UnreadableCallers", usize::from(record.unreadable_from.is_some())),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        members.insert(name.to_owned(), json!(count));
        service_metrics.push(json!({ "Name": name, "Unit": "Count" }));
    }
    let mut directives = vec![
        json!({ "Namespace": NAMESPACE, "Dimensions": [["service", "status"]], "Metrics": [{ "Name": "Decisions", "Unit": "Count" }] }),
        json!({ "Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": service_metrics }),
    ];
    if let Some(cause) = record.cause.filter(|_| record.decided_by == Some("on_error")) {
        members.insert("cause".to_owned(), json!(cause));
        members.insert("Unknowns".to_owned(), json!(1));
        directives.push(json!({ "Namespace": NAMESPACE, "Dimensions": [["service", "cause"]], "Metrics": [{ "Name": "Unknowns", "Unit": "Count" }] }));
    }
    members
        .insert("_aws".to_owned(), json!({ "Timestamp": record.at.as_millisecond(), "CloudWatchMetrics": directives }));
    Value::Object(members)
}
