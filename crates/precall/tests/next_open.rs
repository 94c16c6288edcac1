//! Tests that the search for the next lawful instant has a bound, because the call waits for it.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use precall::{Attempts, Call, Number, RuleSet};
use serde_json::{Value, json};

/// Two rules that reject by turns until the end of December, so that each half day is tried, and others that never apply.
fn items(others: usize) -> Vec<Value> {
    let half = |name: &str, hours: &str| {
        json!({ "number": "*", "rule": name, "status": "REJECT", "hours": hours, "timezone": "UTC",
            "expires_at": "2027-01-01T00:00:00Z" })
    };
    let mut items = vec![half("morning", "00:00-12:00"), half("evening", "12:00-24:00")];
    items.extend(
        (0..others)
            .map(|nth| json!({ "number": "*", "rule": format!("other-{nth}"), "status": "REJECT", "to": "+1900*" })),
    );
    items
}

#[test]
fn the_search_is_shorter_with_many_rules() {
    for (others, next) in [(0, Some("2027-01-01T00:00:00Z")), (1_000, Some("2027-01-01T00:00:00Z")), (10_000, None)] {
        let rules = RuleSet::from_items(items(others).into_iter().map(|item| serde_json::from_value(item).unwrap()));
        let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T03:00Z".parse().unwrap());
        let attempts = Attempts::none();
        let found = rules.evaluate(&call, &attempts).next_open().map(|at| at.to_string());
        assert_eq!(found.as_deref(), next, "{others} other rules");
    }
}

/// The next edge of a day's hours is found with any number of rules.
#[test]
fn the_next_morning_is_found_with_many_rules() {
    let mut items = items(30_000);
    items[0] = json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us" });
    items.remove(1);
    let rules = RuleSet::from_items(items.into_iter().map(|item| serde_json::from_value(item).unwrap()));
    let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T03:00Z".parse().unwrap());
    let attempts = Attempts::none();
    assert_eq!(rules.evaluate(&call, &attempts).next_open(), Some("2026-12-01T13:00Z".parse().unwrap()));
}
