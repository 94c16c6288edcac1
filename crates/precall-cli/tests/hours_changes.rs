//! `precall hours --changes`: the days ahead on which the calling hours change.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{run, stderr, stdout};

/// Returns the output of `precall hours --changes` for some rules.
fn changes(folder: &Path, rules: &Value, arguments: &[&str]) -> String {
    fs::write(folder.join("rules.json"), rules.to_string()).unwrap();
    let output = run(folder, &[&["hours", "--changes", "--rules", "rules.json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn law(attributes: Value) -> Value {
    let mut item = json!({ "number": "*", "rule": "law", "status": "REJECT", "code": "480", "priority": 100 });
    item.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    json!([item])
}

#[test]
fn the_days_ahead_of_the_rules() {
    let folder = TempDir::new().unwrap();
    let at = ["--at", "2026-11-28T12:00:00-05:00"];
    let text = changes(folder.path(), &law(json!({ "calling_hours": "us" })), &at);
    for line in [
        "Changes in the 90 days from 2026-11-28, for us (the laws and places of the rules):",
        "2026-12-25 Fri  holiday          US-AL, US-LA, US-PA, US-RI and 1 more: Christmas Day",
        "2026-12-01 Tue  holiday          US-AL: Rosa Parks Day (where a county observes it)",
        "2027-02-09 Tue  holiday          US-LA: Mardi Gras",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("clock change") && !text.contains("CA-"), "{text}");

    // Places of the rule; a longer time with a clock change of the whole country.
    let rules = law(json!({ "calling_hours": "us", "places": "US-LA,US-AZ" }));
    let text = changes(folder.path(), &rules, &[&at[..], &["--days", "120"]].concat());
    assert!(text.contains("2027-03-14 Sun  clock change     America/Chicago"), "{text}");
    assert!(!text.contains("US-AL") && !text.contains("America/New_York"), "{text}");

    // The end of the known holidays.
    let late = ["--at", "2028-11-28T12:00:00-05:00"];
    let text = changes(folder.path(), &law(json!({ "calling_hours": "ca-debt" })), &late);
    let line = "2029-01-01 Mon  holidays unknown CA, CA-BC, CA-MB, CA-NB and 4 more: every day counts as a holiday";
    assert!(text.contains(line), "{text}");
}

#[test]
fn rows_that_begin_and_end() {
    let folder = TempDir::new().unwrap();
    let mut rules = law(json!({ "calling_hours": "us" }));
    rules.as_array_mut().unwrap().push(json!({
        "number": "*", "rule": "florida-2027", "calling_hours": "us", "places": "US-FL", "hours": "09:00-19:00",
        "starts_at": "2027-01-15T00:00:00-05:00", "expires_at": "2027-02-01T00:00:00-05:00",
    }));
    let text = changes(folder.path(), &rules, &["--at", "2026-11-28T12:00:00-05:00"]);
    for line in [
        "2027-01-15 Fri  row begins       US-FL: sales calls, 09:00-19:00 (rule `florida-2027`)",
        "2027-02-01 Mon  row ends         US-FL: sales calls, 09:00-19:00 (rule `florida-2027`)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // The table's own rows.
    let text = changes(folder.path(), &rules, &["--at", "2026-10-01T12:00:00-04:00"]);
    assert!(text.contains("2026-10-18 Sun  row ends         US-PA:"), "{text}");
    assert!(text.contains("2026-10-18 Sun  row begins       US-PA:"), "{text}");
    assert!(text.contains("2026-11-01 Sun  clock change"), "{text}");
}

#[test]
fn a_law_can_be_named_and_the_answer_is_also_json() {
    let folder = TempDir::new().unwrap();
    let at = ["--at", "2026-11-28T12:00:00-05:00"];
    let none = changes(folder.path(), &json!([]), &at);
    assert!(none.contains("for us, ca (no rule names other laws)"), "{none}");
    let shadow = changes(folder.path(), &json!([]), &[&at[..], &["--law", "ca-debt"]].concat());
    assert!(
        shadow.contains("2026-12-26 Sat  holiday          CA, CA-BC, CA-MB, CA-NB and 3 more: Boxing Day"),
        "{shadow}"
    );
    let read = changes(folder.path(), &json!([]), &[&at[..], &["--law", "ca", "--days", "40", "--json"]].concat());
    let read: Value = serde_json::from_str(&read).unwrap();
    assert_eq!((&read["days"], &read["laws"]), (&json!(40), &json!(["ca"])));
    let dates: Vec<&str> =
        read["changes"].as_array().unwrap().iter().map(|change| change["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2026-12-25", "2026-12-26", "2027-01-01"]);
}

#[test]
fn arguments_that_do_not_fit() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["hours", "--changes", "+13155550100"][..],
        &["hours", "--changes", "--days", "0"],
        &["hours", "--days", "30", "+13155550100"],
        &["hours"],
    ] {
        assert!(!run(folder.path(), arguments).status.success(), "{arguments:?}");
    }
}
