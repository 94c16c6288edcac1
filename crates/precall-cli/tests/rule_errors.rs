//! Rules in which `precall lint` reports an error: the commands that write rules refuse them, unless they are forced.

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

use support::{run, stderr, stdout};
use tempfile::TempDir;

/// Runs a command. Returns its exit status and its errors.
fn tried(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(folder, arguments);
    (output.status.code(), stderr(&output))
}

fn stored(folder: &Path) -> String {
    stdout(&run(folder, &["rules", "--format", "json"]))
}

const BY_LAW: [&str; 7] =
    ["put", "number=*", "rule=hours", "status=REJECT", "calling_hours=us", "priority=50", "--yes"];

#[test]
fn a_rule_with_an_error_is_written_only_by_force() {
    for (rule, error) in [
        (&["number=*", "to=+1315*", "code=404"][..], "code 404 makes dialers mark the lead as disconnected"),
        (
            &["number=+13155550101", "starts_at=2030-01-02T00:00:00Z", "expires_at=2030-01-01T00:00:00Z"],
            "it ends before it starts",
        ),
        (&["number=+13155550101", "status=PROCEED", "priority=100"], "it lets calls through at any hour"),
    ] {
        let folder = TempDir::new().unwrap();
        assert_eq!(tried(folder.path(), &BY_LAW).0, Some(0));
        let mut put = vec!["put", "rule=wrong"];
        put.extend(rule);
        if !rule.iter().any(|attribute| attribute.starts_with("status=")) {
            put.push("status=REJECT");
        }
        for option in ["--yes", "--dry-run"] {
            let (status, errors) = tried(folder.path(), &[&put[..], &[option]].concat());
            assert_eq!(status, Some(1), "{rule:?} {option}: {errors}");
            for wanted in [
                error,
                "the rule has an error, shown above; correct it, or write --force to write it so; nothing was written",
            ] {
                assert!(errors.contains(wanted), "{rule:?} {option}: {errors}");
            }
        }
        assert!(!stored(folder.path()).contains("wrong"), "{rule:?}");
        let (status, errors) = tried(folder.path(), &[&put[..], &["--yes", "--force"]].concat());
        assert_eq!(status, Some(0), "{errors}");
        assert!(stored(folder.path()).contains("wrong"), "{rule:?}");
        // An error that the stored rule has already does not stop a change of something else.
        let number = rule[0].trim_start_matches("number=");
        let key = ["--number", number, "--rule", "wrong", "--yes"];
        let (status, errors) = tried(folder.path(), &[&["set", "note=seen"], &key[..]].concat());
        assert_eq!(status, Some(0), "{errors}");
        let (status, errors) = tried(folder.path(), &[&["disable"], &key[..]].concat());
        assert_eq!(status, Some(0), "{errors}");
    }
}

#[test]
fn a_change_that_brings_an_error_is_refused() {
    let folder = TempDir::new().unwrap();
    let put = ["put", "number=*", "rule=stop", "to=+1315*", "status=REJECT", "code=603", "--yes"];
    assert_eq!(tried(folder.path(), &put).0, Some(0));
    let set = ["set", "--number", "*", "--rule", "stop", "code=604", "--yes"];
    let (status, errors) = tried(folder.path(), &set);
    assert_eq!(status, Some(1), "{errors}");
    assert!(errors.contains("error: code 604") && errors.contains("the rule has an error, shown above"), "{errors}");
    assert!(stored(folder.path()).contains("603"));
    assert_eq!(tried(folder.path(), &[&set[..], &["--force"]].concat()).0, Some(0));
    // An undo gives back a rule as it was, with its errors.
    let mend = ["set", "--number", "*", "--rule", "stop", "code=603", "--yes"];
    assert_eq!(tried(folder.path(), &mend).0, Some(0));
    let history = stdout(&run(folder.path(), &["history", "--format", "json"]));
    let last = history.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let last = last.max_by_key(|entry| entry["entry"].as_str().unwrap().parse::<u128>().unwrap()).unwrap();
    let (status, errors) = tried(folder.path(), &["undo", last["entry"].as_str().unwrap(), "--yes"]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(stored(folder.path()).contains("604"));
}

#[test]
fn load_writes_rules_with_errors_only_from_a_backup() {
    let folder = TempDir::new().unwrap();
    let rules = r#"[{"number": "*", "rule": "gone", "to": "+1315*", "status": "REJECT", "code": "404"}]"#;
    fs::write(folder.path().join("rules.json"), rules).unwrap();
    let (status, errors) = tried(folder.path(), &["load", "rules.json", "--yes"]);
    assert_eq!(status, Some(1), "{errors}");
    for wanted in [
        "rule `gone` under *: code 404",
        "nothing was written; correct these items, or write --restore if the file is a backup",
    ] {
        assert!(errors.contains(wanted), "{errors}");
    }
    assert!(!folder.path().join(".precall").exists(), "nothing is created");
    let (status, errors) = tried(folder.path(), &["load", "rules.json", "--yes", "--restore"]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(stored(folder.path()).contains("404"));
    // The same file again changes nothing.
    let (status, errors) = tried(folder.path(), &["load", "rules.json", "--yes"]);
    assert_eq!(status, Some(0), "{errors}");
}

#[test]
fn a_redirect_whose_patterns_cover_its_target_is_found() {
    const COVERED: &str = "its `to` covers its own target, so it redirects calls to +13155550199 to their own callee";
    for (attributes, is_found) in [
        (&["to=+1315*"][..], true),
        (&["to=+13155550199,+1212*"], true),
        (&["to=+1315*,!+13155550199"], false),
        (&["to=+1212*"], false),
        (&["to=+1315*", "places=US-FL"], false),
        (&["to=+1315*", "places=US-NY"], true),
        (&["to=+1315*", "enabled=false"], false),
        (&["places=US-NY"], false),
    ] {
        let folder = TempDir::new().unwrap();
        let put = ["put", "number=*", "rule=desk", "status=CHANGE_DESTINATION", "code=+13155550199", "--yes"];
        let (status, errors) = tried(folder.path(), &[&put[..], attributes].concat());
        assert_eq!(status, Some(0), "{attributes:?}: {errors}");
        assert_eq!(errors.contains(COVERED), is_found, "{attributes:?}: {errors}");
        let lint = stdout(&run(folder.path(), &["lint"]));
        assert_eq!(lint.contains(COVERED), is_found, "{attributes:?}: {lint}");
    }
}
