//! Caps and calling hours under a caller's number, and rules under callees that let calls through before them.

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

use serde_json::{Value, json};
use support::{run, stderr, stdout};
use tempfile::TempDir;

const CALLER: &str = "+12125550199";
const CALLEE: &str = "+13155550101";

/// 03:00 in New York.
const NIGHT: &str = "2026-11-24T03:00:00-05:00";

fn law() -> Value {
    json!({ "number": CALLER, "side": "from", "rule": "line-hours", "status": "REJECT", "code": "480",
            "calling_hours": "us", "priority": 100 })
}

fn cap() -> Value {
    json!({ "number": CALLER, "side": "from", "rule": "line-cap", "status": "REJECT", "code": "480", "max_calls": 1,
            "per": "1d", "count_by": "caller", "priority": 100 })
}

fn consent(rest: &Value) -> Value {
    let mut item = json!({ "number": CALLEE, "rule": "consent", "status": "PROCEED", "priority": 100 });
    item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    item
}

#[test]
fn a_consent_under_the_callee_comes_before_a_law_of_the_caller_and_lint_reports_it() {
    let by_day = json!({ "hours": "09:00-20:00" });
    for (law, rest, decision, found) in [
        (law(), json!({}), "PROCEED", Some("error")),
        (law(), json!({ "priority": 99 }), "REJECT", None),
        (law(), json!({ "from": CALLER }), "PROCEED", Some("error")),
        (law(), json!({ "from": "+12125550100" }), "REJECT", None),
        (law(), by_day.clone(), "REJECT", None),
        (law(), json!({ "number": "*", "to": "+1315*", "priority": 101 }), "PROCEED", Some("error")),
        (law(), json!({ "number": "*", "to": "+1315*" }), "REJECT", None),
        (law(), json!({ "enabled": false }), "REJECT", None),
        (cap(), json!({}), "PROCEED", Some("error")),
        (cap(), by_day, "PROCEED", Some("note")),
        (cap(), json!({ "priority": 99 }), "PROCEED", None),
    ] {
        let folder = TempDir::new().unwrap();
        let items = json!([law, consent(&rest)]);
        fs::write(folder.path().join("rules.json"), items.to_string()).unwrap();
        let call = ["check", "--from", CALLER, "--to", CALLEE, "--at", NIGHT, "--json", "--rules", "rules.json"];
        let checked: Value = serde_json::from_str(&stdout(&run(folder.path(), &call))).unwrap();
        assert_eq!(checked["decision"]["status"], decision, "{items}: {checked}");
        let lint = run(folder.path(), &["lint", "--json", "--rules", "rules.json"]);
        let findings: Vec<Value> = stdout(&lint).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let name = law["rule"].as_str().unwrap();
        let before = format!("rule `{name}` under {CALLER} (priority 100)");
        let level = findings
            .iter()
            .find(|finding| finding.to_string().contains(&before) && finding.to_string().contains("consent"))
            .map(|finding| finding["level"].as_str().unwrap());
        assert_eq!(level, found, "{items}: {findings:?} {}", stderr(&lint));
    }
}

#[test]
fn a_list_of_consents_is_compared_with_the_laws_of_callers() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rules.json"), json!([law()]).to_string()).unwrap();
    fs::write(folder.path().join("vip.txt"), "3155550101\n3155550102\n").unwrap();
    assert!(run(folder.path(), &["load", "rules.json", "--yes"]).status.success());
    for (priority, is_found) in [("100", true), ("60", false)] {
        let import = ["import", "vip.txt", "--list", "vip", "--status", "PROCEED", "--priority", priority];
        let imported = run(folder.path(), &import);
        assert!(imported.status.success(), "{}", stderr(&imported));
        let lint = stdout(&run(folder.path(), &["lint"]));
        assert_eq!(
            lint.contains("it comes before the lawful hours of rule `line-hours`"),
            is_found,
            "{priority}: {lint}"
        );
    }
}
