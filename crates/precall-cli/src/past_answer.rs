//! The answer about a call by rules of the past that are not known.

use jiff::Timestamp;
use precall::rule::WILDCARD;
use precall::{Call, Number};
use serde_json::{Value, json};

use crate::dynamodb::location::RulesLocation;
use crate::journal::{UnknownPast, UnknownPastReason};

/// Returns the reason for which the decision of a call is not known: some of its rules are not known as they were.
pub fn unknown_for_call(location: &RulesLocation, call: &Call, target: Option<&Number>) -> Option<UnknownPast> {
    let RulesLocation::Past { of, at, unknown, .. } = location else { return None };
    let numbers = [Some(&call.to), call.from.as_ref(), target].into_iter().flatten();
    let numbers: Vec<&str> = numbers.map(Number::as_str).chain([WILDCARD]).collect();
    let keys: Vec<_> = unknown.iter().filter(|key| numbers.contains(&key.number.as_str())).cloned().collect();
    let reason = UnknownPastReason::MissingRules(keys.clone());
    (!keys.is_empty()).then(|| UnknownPast { at: *at, rules: (**of).clone(), reason })
}

/// Returns the lines of a call whose decision is not known.
pub fn unknown_text(call: &Call, unknown: &UnknownPast) -> String {
    let caller = call.from.as_ref().map_or("(withheld)", Number::as_str);
    format!("call      {caller} calls {} at {}\ndecision  unknown\nbecause   {unknown}\n", call.to, call.at)
}

/// Returns the JSON of a call whose decision is not known.
pub fn unknown_json(call: &Call, unknown: &UnknownPast) -> Value {
    json!({
        "from": call.from,
        "to": call.to,
        "at": call.at.to_string(),
        "client": call.client.as_deref(),
        "source": unknown.rules.to_string(),
        "as_of": unknown.at.to_string(),
        "as_of_is_known": false,
        "known_from": unknown.begins().map(|begins: Timestamp| begins.to_string()),
        "decision": null,
        "because": unknown.to_string(),
        "rule": null,
        "rules": [],
    })
}
