//! Messages that name what is wrong, what was used, and a remedy that works.

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

use serde_json::json;
use tempfile::TempDir;

use support::{precall, stderr, stdout};

/// Runs a command, and returns its status and all that it says.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = precall(folder).args(arguments).output().unwrap();
    (output.status.code(), format!("{}{}", stdout(&output), stderr(&output)))
}

/// A folder with two rules, a log of one call, and lists.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let rules = json!([{ "number": "*", "rule": "night", "status": "REJECT", "hours": "21:00-08:00" },
                       { "number": "+13155550101", "rule": "stop", "status": "REJECT" }]);
    write("rules.json", &rules.to_string());
    let record = json!({
        "timestamp": "2026-11-02T15:30:00Z", "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": "01a20765-2c40-721d-b0bb-000000000001", "cold_start": false, "client": "vendor",
        "from": "+13155550100", "to": "+12125550101", "status": "PROCEED", "http_status": 200, "decided_by": "default",
        "rules_looked_at": 0, "invalid_rules": 0, "callee_source": "store", "any_source": "cache", "duration_ms": 3.0,
    });
    write("log.jsonl", &format!("{record}\n"));
    write("empty.txt", "");
    write("day.txt", "+13155550101 on Sunday is REJECT\n");
    write("by.txt", "+13155550101 is REJECT by\n");
    assert_eq!(run(folder.path(), &["load", "rules.json", "--yes"]).0, Some(0));
    folder
}

/// The arguments, the exit status, what is said, and what is not.
#[test]
fn mistakes_are_named_with_a_remedy() {
    let folder = folder();
    let place = "table precall-rules of .precall/rules.db";
    let cases: [(&[&str], i32, String, &str); 16] = [
        (
            &["rules", "--prefix", "abc"],
            1,
            "--prefix \"abc\": not a prefix; write + and digits, such as +1315\n".to_owned(),
            "no such rules",
        ),
        (
            &["rules", "--rule", "nope"],
            1,
            format!("--rule \"nope\": no such rule is in {place}; `precall rules` lists the rules\n"),
            "no such rules",
        ),
        (
            &["rules", "--rule", "night", "--number", "+13155550101"],
            1,
            format!("--rule \"night\": no such rule is under +13155550101 in {place}"),
            "no such rules",
        ),
        (&["rules", "--rule", "night", "--status", "proceed"], 0, "no such rules\n".to_owned(), "--rule"),
        (&["rules", "--limit", "0"], 1, "--limit 0: write 1 or more\n".to_owned(), "shown"),
        (&["rules", "--invalid"], 0, "the hook can read all items\n".to_owned(), "no such rules"),
        (
            &["undo", "--number", "abc", "--rule", "x", "--to", "1s"],
            1,
            "--number \"abc\": ".to_owned(),
            "precall history --number abc",
        ),
        (
            &["history", "--from", "2026-11-29", "--to", "2026-11-01"],
            1,
            "--from 2026-11-29T00:00:00Z is not before --to 2026-11-02T00:00:00Z; write an earlier --from".to_owned(),
            "such changes",
        ),
        (
            &["report", "log.jsonl", "--from", "2020-01-01", "--to", "2020-01-02"],
            1,
            "there is no decision record from 2020-01-01T00:00:00Z to 2020-01-03T00:00:00Z in log.jsonl, which has 1 record from \
             2026-11-02T15:30:00Z to 2026-11-02T15:30:00Z; correct --from or --to\n"
                .to_owned(),
            "WITHOUT",
        ),
        (&["report", "log.jsonl", "--from", "2026-11-02", "--to", "2026-11-02"], 0, "1 record".to_owned(), "correct"),
        (
            &["import", "empty.txt", "--list", "t"],
            1,
            "empty.txt has no entries, so nothing was written to list t; name another file, or accept this one with --resume \
             --force\n"
                .to_owned(),
            "is unfinished",
        ),
        (
            &["import", "rules.json", "--list", "u", "--copied", "November"],
            2,
            "not an instant; write one such as 2026-11-01T00:00:00Z, or a day such as 2026-11-01".to_owned(),
            "component",
        ),
        (
            &["keygen", "a b"],
            1,
            "the name \"a b\" is not 1 to 64 letters, digits, `-`, `_` or `.`; write another name, such as vendor-2026-12"
                .to_owned(),
            "entry 1",
        ),
        (
            &["test", "day.txt"],
            1,
            "there is no time after \"on Sunday\"; write one, such as on Sunday 14:00\nnothing was tested; correct this line\n"
                .to_owned(),
            "is not a time",
        ),
        (
            &["test", "by.txt"],
            1,
            "the line ends after `by`; write the name of a rule, or default\n".to_owned(),
            "before the name",
        ),
        (
            &["expire", "--number", "+13155550101", "--rule", "stop", "--at", "now", "--yes"],
            0,
            "written to table".to_owned(),
            "it expired at",
        ),
    ];
    for (arguments, status, wanted, unwanted) in cases {
        let (is, said) = run(folder.path(), arguments);
        assert_eq!(is, Some(status), "{arguments:?}: {said}");
        assert!(said.contains(&wanted) && !said.contains(unwanted), "{arguments:?}: {said}");
    }
}

/// The terminal does not wrap the examples of a command, because a person pastes them.
#[test]
fn examples_have_one_line() {
    let folder = TempDir::new().unwrap();
    for command in ["put", "import", "remove", "disable", "set", "history", "report", "propose", "reject"] {
        let (_, said) = run(folder.path(), &["help", command]);
        let (_, examples) = said.split_once("\nExample").unwrap_or_else(|| panic!("{command}: {said}"));
        for line in examples.lines().skip(1).take_while(|line| !line.is_empty()) {
            assert!(line.starts_with("  precall "), "{command}: {line}");
        }
    }
}
