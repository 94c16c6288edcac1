//! The answer about a call by rules of the past that are not known, or not wholly written.

use jiff::Timestamp;
use precall::rule::WILDCARD;
use precall::{Answer, Call, Number};
use serde_json::{Value, json};

use crate::decision_summary::DecisionSummary;
use crate::dynamodb::location::RulesLocation;
use crate::journal::{RunningList, UnknownPast, UnknownPastReason};

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

/// Returns the stricter decision of a call at an instant at which lists were half-written; `None` if that instant's own one is the
/// strictest. `around` has the decisions before and after. Of different decisions without a rejection, none is stricter, so that the
/// decision is unknown.
pub fn stricter(
    own: &DecisionSummary,
    around: &[(&'static str, DecisionSummary)],
    lists: &[RunningList],
) -> Option<DecisionSummary> {
    let is_rejection = |summary: &DecisionSummary| matches!(summary.answer, Some(Answer::Reject { .. }));
    let differing = || around.iter().filter(|(_, other)| other.answer != own.answer);
    if is_rejection(own) || differing().next().is_none() {
        return None;
    }
    let lists: Vec<String> = lists.iter().map(ToString::to_string).collect();
    let lists = lists.join("; ");
    if let Some((when, stricter)) = differing().find(|(_, other)| is_rejection(other)) {
        let because = format!(
            "{}; so it is {when}: {lists}. At the instant itself, the decision is {own}; the stricter one counts",
            stricter.because
        );
        return Some(DecisionSummary { because, ..stricter.clone() });
    }
    let others: Vec<String> = differing().map(|(when, other)| format!("{other} {when}")).collect();
    let because = format!("{lists}: the decision is {own} at the instant itself, and {}", others.join(", "));
    Some(DecisionSummary { answer: None, rule: None, because })
}

/// Returns the lists that were half-written, as JSON.
pub fn half_written_json(lists: &[RunningList]) -> Value {
    let at = |at: Timestamp| at.to_string();
    lists.iter().map(|run| json!({ "list": run.list, "from": at(run.from), "to": run.to.map(at) })).collect()
}
