//! Rulebooks in files, decided as the hook decides: the items of a call by the partition they are stored in,
//! and a redirect screened.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use precall::answer::Decision;
use precall::evaluation::evaluate::{Call, Judgement, Partition, Rulebook, Ruling, decide};
use precall::frequency_cap::History;
use precall::number::{Number, is_withheld};
use precall::rule::{Entry, Item, parse};
use serde_json::Value;

/// The items of a file: a JSON array of plain objects.
pub fn read_items(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn entry(item: &Value) -> Entry {
    let item: Item =
        item.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    parse(&item)
}

fn rulebook(call: &Call, items: &[Value]) -> Rulebook {
    let of = |number: &str| -> Arc<Partition> {
        Arc::new(items.iter().filter(|item| item["number"] == number).map(entry).collect())
    };
    let caller = call.from.as_ref().filter(|from| **from != call.to);
    Rulebook {
        callee: of(call.to.as_str()),
        caller: caller.map(|from| of(from.as_str())).unwrap_or_default(),
        any: of("*"),
    }
}

/// `PROCEED`, `REJECT 480`, `CHANGE_DESTINATION +1…` or `UNKNOWN`, and the rule that decides or `-`.
pub fn decide_items(
    items: &[Value],
    caller: &str,
    callee: &str,
    client: Option<&str>,
    at: &str,
    history: &History,
) -> (String, String) {
    let number = |text: &str| Number::from_typed(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let call = Call {
        from: (!is_withheld(caller)).then(|| number(caller)),
        to: number(callee),
        client: client.map(Into::into),
        at: at.parse::<Timestamp>().unwrap_or_else(|error| panic!("{at}: {error}")),
        redirected: false,
    };
    let book = rulebook(&call, items);
    let verdict = decide(&call, &book, history);
    let target = verdict.target().map(|target| call.redirected_to(target));
    let target_book = target.as_ref().map(|target| rulebook(target, items)).unwrap_or_default();
    let screening = target.as_ref().map(|target| decide(target, &target_book, history));
    let judgement = Judgement { verdict, screening };
    let rule = match judgement.ruling() {
        Ruling::Rule(rule, _) => rule.key.rule.clone(),
        Ruling::NoRule => "-".to_owned(),
        Ruling::Unknown(item) => item.key.rule.clone(),
    };
    let decision = match judgement.decision(&Decision::Proceed) {
        None => "UNKNOWN".to_owned(),
        Some(Decision::Proceed) => "PROCEED".to_owned(),
        Some(Decision::Reject { code, .. }) => format!("REJECT {code}"),
        Some(Decision::ChangeDestination { number }) => format!("CHANGE_DESTINATION {number}"),
    };
    (decision, rule)
}
