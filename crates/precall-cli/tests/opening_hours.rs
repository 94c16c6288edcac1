//! The rejected calls that could be placed later, in `report` and `replay`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::fs;

use serde_json::{Value, json};

use support::{run, stderr, stdout};

const RULES: &str = r#"[
    { "number": "*", "rule": "hours", "status": "REJECT", "code": "480", "calling_hours": "us" },
    { "number": "+13155550109", "rule": "dnc", "status": "REJECT", "priority": 10 }
]"#;

/// The callee, its clocks, the status, the next open instant in the record, and the hour that both commands count.
type Case = (&'static str, &'static [&'static str], &'static str, Option<&'static str>, Option<&'static str>);

#[test]
fn rejected_calls_are_counted_by_the_hour_from_which_they_could_be_placed() {
    let cases: [Case; 6] = [
        ("+13155550101", &["Tue 07:30 in America/New_York"], "REJECT", Some("2026-12-01T13:00:00Z"), Some("08")),
        ("+13155550102", &["Tue 07:30 in America/New_York"], "REJECT", Some("2026-12-01T13:00:00Z"), Some("08")),
        // Three clocks: the calling hours open by the last one.
        (
            "+12085550101",
            &["Tue 05:30 in America/Boise", "Tue 05:30 in America/Denver", "Tue 04:30 in America/Los_Angeles"],
            "REJECT",
            Some("2026-12-01T16:00:00Z"),
            Some("08"),
        ),
        // Florida's hours begin at 08:00 too, but Guam's day is another one.
        ("+16715550101", &["Tue 22:30 in Pacific/Guam"], "REJECT", Some("2026-12-01T22:00:00Z"), Some("08")),
        ("+13155550109", &["Tue 07:30 in America/New_York"], "REJECT", None, None),
        ("+442079460123", &["Tue 12:30 in Europe/London"], "PROCEED", None, None),
    ];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.json"), RULES).unwrap();
    let log: String = cases
        .iter()
        .zip(1..)
        .map(|((to, clocks, status, open, _), nth)| {
            let mut record = json!({
                "timestamp": "2026-12-01T12:30:00.000Z", "level": "INFO", "message": "decision", "service": "precall",
                "decision_id": format!("01a20765-2c40-721d-b0bb-{nth:012}"), "to": to, "status": status,
                "http_status": 200, "decided_by": "rule", "callee_clock": clocks, "duration_ms": 1.0,
            });
            if let Some(open) = open {
                record["next_open"] = json!(open);
            }
            format!("{record}\n")
        })
        .collect();
    fs::write(folder.path().join("log.jsonl"), log).unwrap();

    let hours: Vec<&str> = cases.iter().filter_map(|(.., hour)| *hour).collect();
    assert!(hours.iter().all(|hour| *hour == "08"));
    let report = run(folder.path(), &["report", "log.jsonl", "--format", "csv"]);
    let line = format!("could_be_placed,from 08:00,,{}", hours.len());
    assert_eq!(stdout(&report).lines().filter(|own| own.starts_with("could_be_placed")).collect::<Vec<_>>(), [line]);
    let text = stdout(&run(folder.path(), &["report", "log.jsonl"]));
    assert!(
        text.contains("COULD BE PLACED LATER, BY THE HOUR OF THE CALLEE'S CLOCK\n           4  from 08:00\n"),
        "{text}"
    );

    // The replay computes the instants itself.
    let replay = run(folder.path(), &["replay", "log.jsonl", "--rules", "rules.json", "--json"]);
    let json: Value = serde_json::from_str(&stdout(&replay)).unwrap_or_else(|_| panic!("{}", stderr(&replay)));
    assert_eq!(json["could_be_placed_from_callee_hour"], json!({ "8": hours.len() }), "{json:#}");
    let text = stdout(&run(folder.path(), &["replay", "log.jsonl", "--rules", "rules.json"]));
    assert!(text.contains("REJECTED BY THESE RULES, AND COULD BE PLACED LATER"), "{text}");
}
