//! `precall lint`, `test`, `rules`, `put` and `remove`: their output and exit status.

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
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{precall, run, stderr, stdout};

fn session(output: &Output) -> String {
    format!("{}{}[exit status {}]\n", stdout(output), stderr(output), output.status.code().unwrap())
}

fn rules(folder: &Path, items: &Value) {
    fs::write(folder.join("rules.json"), items.to_string()).unwrap();
}

/// Runs lint, and returns its findings as `level rule: what`.
fn findings(folder: &Path, items: &Value) -> Vec<String> {
    rules(folder, items);
    let output = run(folder, &["lint", "--json", "--rules", "rules.json"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", session(&output));
    let finding = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        format!("{} {}: {}", text("level"), text("rule"), text("what"))
    };
    stdout(&output).lines().map(finding).collect()
}

#[test]
fn each_mistake_is_found_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let exact = |rest: Value| {
        let mut item = json!({ "number": "+13155550101", "rule": "a", "status": "REJECT", "code": "603" });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let prefix = |to: &str, timezone: &str, places: &str| json!({ "number": "*", "rule": "a", "to": to, "timezone": timezone, "places": places });
    let cases = [
        (json!([exact(json!({}))]), vec![]),
        // Findings about one item.
        (
            json!([exact(json!({ "code": "404" }))]),
            vec!["error a: code 404 makes dialers mark the lead as disconnected"],
        ),
        (json!([exact(json!({ "code": "604" }))]), vec!["error a: code 604 makes"]),
        (
            json!([exact(json!({ "number": "+266696687", "side": "from" }))]),
            vec!["error a: +266696687 stands for a withheld caller"],
        ),
        // A rule without conditions does not reach an emergency number, so one that names it decides.
        (
            json!([
                { "number": "*", "rule": "all", "status": "REJECT", "code": "603", "priority": 9 },
                { "number": "911", "rule": "test", "status": "REJECT", "code": "480" },
                { "number": "*", "rule": "named", "status": "REJECT", "code": "480", "to": "911" },
            ]),
            vec![
                "error named: it rejects calls to 911, an emergency number",
                "error test: it rejects calls to 911, an emergency number",
                "warning all: this rule stops every call",
            ],
        ),
        (json!([exact(json!({ "code": "486" }))]), vec!["warning a: code 486 makes dialers treat the callee as busy"]),
        (json!([exact(json!({ "code": "600" }))]), vec!["warning a: code 600"]),
        (json!([exact(json!({ "code": "607" }))]), vec!["note a: code 607"]),
        (json!([exact(json!({ "code": "503" }))]), vec!["note a: code 503"]),
        (
            json!([exact(json!({ "code": "9" }))]),
            vec!["note a: code 503", "warning a: `code`: \"9\" is not a code from 400 to 699"],
        ),
        (json!([exact(json!({ "status": "REJCT" }))]), vec!["error a: `status`: \"REJCT\" is not a status"]),
        (
            json!([exact(json!({ "number": "(315) 555-0101" }))]),
            vec!["error a: `number`: \"(315) 555-0101\" is never read"],
        ),
        (
            json!([exact(json!({ "starts_at": "2030-01-01T00:00:00Z", "expires_at": "2029-01-01T00:00:00Z" }))]),
            vec!["error a: it ends before it starts"],
        ),
        (
            json!([exact(json!({ "expires_at": "2020-01-01T00:00:00Z" }))]),
            vec!["note a: it expired at 2020-01-01T00:00:00Z"],
        ),
        (
            json!([exact(json!({ "number": "+131555501" }))]),
            vec!["warning a: it is about +131555501, which has 8 digits after +1"],
        ),
        (
            json!([exact(json!({ "number": "+10155550101" }))]),
            vec!["warning a: it is about +10155550101, but 015 is not an area code"],
        ),
        (
            json!([exact(json!({ "number": "+19115550101" }))]),
            vec!["warning a: it is about +19115550101, but 911 is not an area code"],
        ),
        (
            json!([exact(json!({ "number": "+13151550101" }))]),
            vec!["warning a: it is about +13151550101, but no exchange begins with 1"],
        ),
        (json!([exact(json!({ "number": "911" }))]), vec!["error a: it rejects calls to 911, an emergency number"]),
        (json!([exact(json!({ "number": "+442071234567" }))]), vec![]),
        // Findings about the places of prefixes.
        (json!([prefix("+1999*", "America/Chicago", "US-AL")]), vec![]),
        (json!([prefix("+1483*", "America/Chicago", "US-AL")]), vec![]),
        (json!([prefix("+1850*", "America/Chicago", "US-FL")]), vec![]),
        (
            json!([prefix("+1999*", "America/Denver", "US-AL")]),
            vec!["warning a: America/Denver is not a clock of US-AL"],
        ),
        (
            json!([prefix("+1212*", "America/Chicago", "US-AL")]),
            vec![
                "warning a: it places +1212* in US-AL; the tables have US-NY",
                "warning a: its clock is America/Chicago; the tables have America/New_York for +1212*",
            ],
        ),
        (json!([prefix("+1911*", "America/Chicago", "US-AL")]), vec!["warning a: no number begins with +1911"]),
        (json!([prefix("+1483155*", "America/Chicago", "US-AL")]), vec!["warning a: no number begins with +1483155"]),
        (json!([prefix("+148355501234*", "America/Chicago", "US-AL")]), vec!["warning a: no number begins with"]),
        (
            json!([prefix("1483", "America/Chicago", "US-AL")]),
            vec!["error a: `to`: \"1483\" is too short for a number"],
        ),
        (json!([prefix("+1*", "America/Chicago", "US-AL")]), vec!["error a: `to`: +1* covers several area codes"]),
        // Findings about pairs of rules.
        (
            json!([exact(json!({ "priority": 5 })), exact(json!({ "rule": "b", "status": "PROCEED", "days": "Mon" }))]),
            vec!["warning b: it can never decide: rule `a` under +13155550101 (priority 5)"],
        ),
        (
            json!([exact(json!({})), exact(json!({ "rule": "b", "status": "PROCEED" }))]),
            vec!["warning b: it can never decide: rule `a`"],
        ),
        (
            json!([exact(json!({})), { "number": "*", "rule": "all", "status": "REJECT", "code": "603", "priority": 1 }]),
            vec![
                "warning a: it can never decide: rule `all` under * (priority 1)",
                "warning all: this rule stops every call",
            ],
        ),
        // A rule with conditions, a shadow rule, a rule that expires, or one for the other side does not prevent another.
        (
            json!([
                exact(json!({ "priority": 5, "hours": "08:00-09:00" })),
                exact(json!({ "rule": "b", "status": "PROCEED" }))
            ]),
            vec![],
        ),
        (
            json!([
                exact(json!({ "priority": 5, "shadow": true })),
                exact(json!({ "rule": "b", "status": "PROCEED" }))
            ]),
            vec![],
        ),
        (
            json!([
                exact(json!({ "priority": 5, "enabled": false })),
                exact(json!({ "rule": "b", "status": "PROCEED" }))
            ]),
            vec![],
        ),
        (
            json!([
                exact(json!({ "priority": 5, "expires_at": "2999-01-01T00:00:00Z" })),
                exact(json!({ "rule": "b", "status": "PROCEED" }))
            ]),
            vec![],
        ),
        (
            json!([
                exact(json!({ "priority": 5, "side": "from" })),
                exact(json!({ "rule": "b", "status": "PROCEED" }))
            ]),
            vec![],
        ),
        (
            json!([
                exact(json!({ "priority": 5, "max_calls": 3, "per": "24h" })),
                exact(json!({ "rule": "b", "status": "PROCEED" }))
            ]),
            vec![],
        ),
        (
            json!([
                exact(json!({ "hours": "08:00-12:00" })),
                exact(json!({ "rule": "b", "status": "PROCEED", "hours": "09:00-17:00" }))
            ]),
            vec!["note a: rule `b` of the same priority does something else; when both apply, `a` decides"],
        ),
        // Findings about redirects.
        (
            json!([exact(json!({ "status": "CHANGE_DESTINATION", "code": "+13155550101" }))]),
            vec!["warning a: it redirects calls to their own callee"],
        ),
        (
            json!([
                exact(json!({ "status": "CHANGE_DESTINATION", "code": "+13155550102" })),
                exact(
                    json!({ "number": "+13155550102", "rule": "b", "status": "CHANGE_DESTINATION", "code": "+13155550101" })
                ),
            ]),
            vec![
                "warning a: it sends calls to +13155550102, which sends calls back here by rule `b`",
                "warning b: it sends calls to +13155550101, which sends calls back",
            ],
        ),
        (
            json!([
                exact(json!({ "status": "CHANGE_DESTINATION", "code": "+13155550102" })),
                exact(
                    json!({ "number": "+13155550102", "rule": "b", "status": "CHANGE_DESTINATION", "code": "+13155550103" })
                ),
            ]),
            vec!["note a: it sends calls to +13155550102, which sends calls on to another number by rule `b`"],
        ),
        (
            json!([
                exact(json!({ "status": "CHANGE_DESTINATION", "code": "+13155550102" })),
                exact(json!({ "number": "+13155550102", "rule": "b" })),
            ]),
            vec![
                "error a: it sends calls to +13155550102, which rule `b` rejects whenever this rule decides in the next seven days",
            ],
        ),
        (
            json!([
                exact(json!({ "status": "CHANGE_DESTINATION", "code": "+13155550102" })),
                { "number": "*", "rule": "night", "status": "REJECT", "code": "480", "hours": "21:00-08:00" },
            ]),
            vec![
                "note a: it sends calls to +13155550102, which rule `night` rejects in 77 of the 168 hours in which this rule decides",
            ],
        ),
        (
            // The rejection does not apply when the redirect does.
            json!([
                exact(json!({ "status": "CHANGE_DESTINATION", "code": "+13155550102", "hours": "08:00-21:00" })),
                { "number": "*", "rule": "night", "status": "REJECT", "code": "480", "hours": "21:00-08:00" },
            ]),
            vec![],
        ),
        (
            json!([exact(json!({ "status": "CHANGE_DESTINATION", "code": "+442071234567" }))]),
            vec!["warning a: it sends calls to +442071234567, in another country than +13155550101"],
        ),
        (
            json!([exact(json!({ "status": "CHANGE_DESTINATION", "code": "+19005550101" }))]),
            vec!["warning a: it sends calls to +19005550101, a premium-rate number"],
        ),
    ];
    for (items, wanted) in cases {
        let mut found = findings(folder.path(), &items);
        found.sort();
        assert_eq!(found.len(), wanted.len(), "{items}\n{found:#?}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(found.starts_with(wanted), "{items}\n{found}\n{wanted}");
        }
    }
}

#[test]
fn lint_prints_only_the_first_findings_of_a_kind() {
    let folder = TempDir::new().unwrap();
    let item =
        |nth: u32| json!({ "number": format!("+12015{nth:06}"), "rule": "a", "status": "REJECT", "code": "486" });
    rules(folder.path(), &(0..10_020).map(item).collect());
    let output = stdout(&run(folder.path(), &["lint", "--rules", "rules.json"]));
    assert!(output.contains("0 errors, 10,000 warnings, 0 notes\nnot shown: 20 more findings of the same kinds\n"));
}

#[test]
fn lint_finds_nothing_in_the_ready_rulebooks() {
    let folder = TempDir::new().unwrap();
    for book in ["us-sales", "us-debt", "canada", "ca-debt", "licensed-states", "toll-fraud", "example"] {
        let file = format!("{}/../../rules/{book}.json", env!("CARGO_MANIFEST_DIR"));
        let output = run(folder.path(), &["lint", "--strict", "--rules", &file]);
        assert!(output.status.success(), "{}", session(&output));
    }
}

#[test]
fn lint_as_text() {
    let folder = TempDir::new().unwrap();
    rules(
        folder.path(),
        &json!([
            { "number": "315-555-0100", "rule": "dnc", "status": "REJECT", "code": "603" },
            { "number": "+13155550101", "rule": "gone", "status": "REJECT", "code": "404" },
            { "number": "+13155550102", "rule": "busy", "status": "REJECT", "code": "486", "shadow": true },
            { "number": "+13155550103", "rule": "moved", "timezone": "America/Boise" },
            { "number": "+13155550104", "rule": "old", "status": "PROCEED", "expires_at": "2020-01-01T00:00:00Z", "enabled": false },
        ]),
    );
    insta::assert_snapshot!(session(&run(folder.path(), &["lint", "--rules", "rules.json"])));
    let strict = |items: Value| {
        rules(folder.path(), &items);
        let code = |arguments: &[&str]| run(folder.path(), arguments).status.code().unwrap();
        (code(&["lint", "--rules", "rules.json"]), code(&["lint", "--rules", "rules.json", "--strict"]))
    };
    let with_code = |code: &str| json!([{ "number": "+13155550101", "rule": "a", "status": "REJECT", "code": code }]);
    assert_eq!(strict(with_code("603")), (0, 0));
    assert_eq!(strict(with_code("486")), (0, 1));
    assert_eq!(strict(with_code("404")), (1, 1));
}

const BOOK: &str = r#"[
  {"number": "+13155550101", "rule": "internal-dnc", "status": "REJECT", "code": "603"},
  {"number": "+13155550102", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13605550112"},
  {"number": "+12085550103", "rule": "holder", "timezone": "America/Boise"},
  {"number": "+13155550104", "rule": "typo", "status": "REJCT"},
  {"number": "*", "rule": "night", "status": "REJECT", "code": "480", "hours": "21:00-08:00"},
  {"number": "*", "rule": "three a day", "status": "REJECT", "code": "480", "max_calls": 3, "per": "24h"},
  {"number": "*", "rule": "vip only", "status": "REJECT", "code": "403", "clients": "vip", "from": "anonymous"}
]"#;

#[test]
fn expectations_are_compared_with_the_hooks_decisions() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rules.json"), BOOK).unwrap();
    let met = "\
# Expectations.
now 2026-12-01

+13155550101 is REJECT
+13155550101 is reject 603 by internal-dnc   # in any case
(315)555-0101 from 212-555-0100 is REJECT 603 by internal-dnc
+13155550102 on Sunday 14:00 is CHANGE_DESTINATION +13605550112 by moved
+13155550102 on Sunday 01:00 is REJECT 480 by night
+13155550104 on Sunday 14:00 is UNKNOWN
+13155550100 on Sunday 14:00 is PROCEED
+13155550100 on Sunday 14:00 is PROCEED by default
+13155550100 on sun 7:59 is REJECT by night
+13155550100 on Sun. 9pm is REJECT by night
+13155550100 on 2026-12-06 08:00 is PROCEED
+13155550100 on 2026-12-06 05:00 in America/Los_Angeles is PROCEED
+12085550103 on Monday 20:59 is PROCEED
+12085550103 on Monday 21:00 is REJECT by night
+12085550100 on Monday 20:30 in America/Boise is PROCEED
+13155550100 at 2026-12-06T19:00:00Z is PROCEED
+13155550100 from anonymous client vip on Sunday 14:00 is REJECT 403 by vip only
+13155550100 from +12125550100 client vip on Sunday 14:00 is PROCEED
+13155550100 on Sunday 14:00 after 2 calls is PROCEED
+13155550100 on Sunday 14:00 after 3 calls is REJECT 480 by `three a day`
+13155550100 on Sunday 14:00 after 3 calls in the last 5h is REJECT by three a day
+13155550100 on Sunday 14:00 after 3 calls in the last 4d is PROCEED
";
    fs::write(folder.path().join("met.txt"), met).unwrap();
    let output = run(folder.path(), &["test", "met.txt", "--rules", "rules.json"]);
    assert_eq!(
        session(&output),
        "22 expectations: 22 met, 0 failed; 5 rules, 1 fact, 1 invalid item in rules.json\n[exit status 0]\n"
    );
    // Editors of Windows write a byte order mark before a text.
    fs::write(folder.path().join("marked.json"), format!("\u{feff}{BOOK}")).unwrap();
    fs::write(folder.path().join("marked.txt"), format!("\u{feff}{}", met.replace("# Expectations.\n", ""))).unwrap();
    let output = run(folder.path(), &["test", "marked.txt", "--rules", "marked.json"]);
    assert!(session(&output).starts_with("22 expectations: 22 met, 0 failed;"), "{}", session(&output));

    let failed = "\
now 2026-12-01
+13155550101 is PROCEED
+13155550101 is REJECT 480
+13155550101 is REJECT by night
+13155550102 on Sunday 14:00 is CHANGE_DESTINATION +13605550113
+13155550104 on Sunday 14:00 is REJECT
+13155550100 on Sunday 14:00 is UNKNOWN
+13155550100 on Sunday 14:00 after 2 calls is REJECT
";
    fs::write(folder.path().join("failed.txt"), failed).unwrap();
    let output = run(folder.path(), &["test", "failed.txt", "--rules", "rules.json"]);
    insta::assert_snapshot!(session(&output));
    let lines = stdout(&run(folder.path(), &["test", "failed.txt", "met.txt", "--json", "--rules", "rules.json"]));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 29);
    assert_eq!(lines.iter().filter(|line| line["met"] == true).count(), 22);
    assert_eq!((&lines[0]["line"], &lines[0]["rule"]), (&json!(2), &json!("internal-dnc")));
}

#[test]
fn lines_that_cannot_be_read_are_reported_before_any_test() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rules.json"), BOOK).unwrap();
    let wrong = "\
nobody is REJECT
+13155550100
+13155550100 is
+13155550100 is MAYBE
+13155550100 on Someday 14:00 is PROCEED
+13155550100 on Sunday 24:00 is PROCEED
+13155550100 on Sunday is PROCEED
+13155550100 at 14:00 is PROCEED
+13155550100 in America/Boise is PROCEED
+13155550100 on Sunday 14:00 in Atlantis is PROCEED
+13155550100 after three calls is PROCEED
+13155550100 after 3 days is PROCEED
+13155550100 after 3 calls in the last while is PROCEED
+13155550100 whenever is PROCEED
+13155550100 is PROCEED and REJECT
+13155550100 is UNKNOWN by default
+13155550100 from +12125550100 from +12125550101 is PROCEED
+13155550100 at 2026-12-01T15:00:00Z on Sunday 14:00 is PROCEED
+13155550100 after 1 call in the last 7000000d is PROCEED
+13155550102 is CHANGE_DESTINATION nobody
now and then
";
    fs::write(folder.path().join("wrong.txt"), wrong).unwrap();
    insta::assert_snapshot!(session(&run(folder.path(), &["test", "wrong.txt", "--rules", "rules.json"])));
    // A number in two zones: the line has to name one.
    fs::write(folder.path().join("zones.txt"), "+12085550100 on Monday 20:30 is PROCEED\n").unwrap();
    let output = run(folder.path(), &["test", "zones.txt", "--rules", "rules.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("zones.txt:1: +12085550100 may be in America/"), "{}", session(&output));
}

/// Rules for some callers, and rules that are off, cause no finding about all calls.
#[test]
fn lint_finds_nothing_that_depends_on_the_caller_or_is_off() {
    let folder = TempDir::new().unwrap();
    let moved = |rest: Value| {
        let mut item = json!({
            "number": "+13155550101", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550102",
        });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let every = |rest: Value| {
        let mut item = json!({ "number": "*", "rule": "some", "status": "REJECT", "code": "603", "priority": 9 });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let stop = json!({ "number": "+13155550102", "rule": "stop", "status": "REJECT", "code": "603" });
    let back =
        json!({ "number": "+13155550102", "rule": "back", "status": "CHANGE_DESTINATION", "code": "+13155550101" });
    let but = |rest: Value| {
        let mut item = back.clone();
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    for items in [
        // A target that is rejected for some callers.
        json!([moved(json!({})), every(json!({ "from": "anonymous" }))]),
        json!([moved(json!({})), every(json!({ "clients": "!known" }))]),
        json!([moved(json!({})), every(json!({ "percent": 99.99 }))]),
        json!([moved(json!({})), every(json!({ "hours": "00:00-24:00", "timezone": "caller" }))]),
        json!([moved(json!({})), stop, every(json!({ "status": "PROCEED", "from": "+1212*" }))]),
        // Redirects that are off, are shadow rules, or are for callers.
        json!([moved(json!({ "enabled": false })), stop]),
        json!([moved(json!({ "enabled": false, "number": "*", "to": "+1315*" })), stop]),
        json!([moved(json!({ "shadow": true, "number": "*", "to": "+1315*" })), stop]),
        json!([moved(json!({})), but(json!({ "enabled": false }))]),
        json!([moved(json!({})), but(json!({ "shadow": true }))]),
        json!([moved(json!({})), but(json!({ "side": "from" }))]),
        json!([moved(json!({ "side": "from", "code": "+13155550101" }))]),
        // A disabled rule never decides, which is intended.
        json!([stop, { "number": "+13155550102", "rule": "vip", "status": "PROCEED", "enabled": false }]),
    ] {
        assert_eq!(findings(folder.path(), &items), Vec::<String>::new(), "{items}");
    }
    // A rule without a cap comes first, regardless of its name.
    let found = findings(
        folder.path(),
        &json!([
            { "number": "+13155550101", "rule": "a", "status": "REJECT", "code": "480", "max_calls": 3, "per": "24h" },
            { "number": "+13155550101", "rule": "b", "status": "REJECT", "code": "603", "days": "Sun" },
        ]),
    );
    assert!(found[0].ends_with("`b` decides: a rule without a cap comes before one with a cap"), "{found:?}");
    let found = findings(
        folder.path(),
        &json!([every(json!({})), every(json!({ "rule": "allow", "status": "PROCEED", "days": "Mon" }))]),
    );
    assert!(found.len() == 2 && found[0].starts_with("warning allow: it can never decide"), "{found:?}");
}

#[test]
fn the_name_of_a_rule_may_contain_a_number_sign() {
    let folder = TempDir::new().unwrap();
    rules(
        folder.path(),
        &json!([
            { "number": "+13155550101", "rule": "list#2", "status": "REJECT", "code": "603" },
            { "number": "+13155550102", "rule": "list", "status": "REJECT", "code": "603" },
            { "number": "+13155550103", "rule": "list #3", "status": "REJECT", "code": "603" },
        ]),
    );
    let lines = "\
+13155550101 is REJECT by list#2 # a comment
+13155550102 is REJECT by list#2
+13155550103 is REJECT by `list #3` # a comment
";
    fs::write(folder.path().join("t.txt"), lines).unwrap();
    let output = run(folder.path(), &["test", "t.txt", "--rules", "rules.json"]);
    assert!(
        stdout(&output).starts_with("t.txt:2: ") && stdout(&output).contains("2 met, 1 failed"),
        "{}",
        session(&output)
    );
}

/// `precall rules` reads the JSON that it prints.
#[test]
fn rules_are_printed_filtered_and_loaded_again() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rules.json"), BOOK).unwrap();
    insta::assert_snapshot!(session(&run(folder.path(), &["rules", "--rules", "rules.json"])));
    for (filter, names) in [
        (&["--number", "(315) 555-0101"][..], &["internal-dnc"][..]),
        (&["--number", "*"], &["night", "three a day", "vip only"]),
        (&["--prefix", "+1208"], &["holder"]),
        (&["--rule", "NIGHT"], &["night"]),
        (&["--status", "change_destination"], &["moved"]),
        (&["--invalid"], &["typo"]),
        (&["--limit", "0"], &[]),
        (&["--number", "+13155550199"], &[]),
    ] {
        let arguments = [&["rules", "--rules", "rules.json", "--format", "json"], filter].concat();
        let output = stdout(&run(folder.path(), &arguments));
        let found: Vec<String> = output
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["rule"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, names, "{filter:?}");
    }
    let json = stdout(&run(folder.path(), &["rules", "--rules", "rules.json", "--format", "json"]));
    fs::write(folder.path().join("again.json"), &json).unwrap();
    assert_eq!(stdout(&run(folder.path(), &["rules", "--rules", "again.json", "--format", "json"])), json);
}

#[test]
fn csv_has_no_formulas() {
    let folder = TempDir::new().unwrap();
    rules(
        folder.path(),
        &json!([{
            "number": "+13155550101", "rule": "=cmd|' /C calc'!A0", "status": "REJECT", "reason": "@SUM(1)\n-2+3", "note": "+HYPERLINK(\"x\")",
        }]),
    );
    let csv = stdout(&run(folder.path(), &["rules", "--rules", "rules.json", "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '@', '-']) && (!cell.starts_with('+') || cell == "+13155550101"), "{cell}");
        }
    }
    assert!(csv.contains("+13155550101,"), "{csv}");
}

#[test]
fn put_and_remove_show_their_effect() {
    let folder = TempDir::new().unwrap();
    let mut printed = String::new();
    let number = "number=(315) 555-0101";
    for arguments in [
        &["put", number, "rule=dnc", "status=REJECT", "code=603", "priority=100", "--dry-run"][..],
        &["put", number, "rule=dnc", "status=REJECT", "code=603", "priority=100"],
        &["put", number, "rule=dnc", "status=REJECT", "code=603", "priority=100", "--yes"],
        &["put", number, "rule=dnc", "status=REJECT", "code=603", "priority=100", "--yes"],
        &["put", number, "rule=dnc", "status=REJECT", "code=480", "priority=100", "note=x", "--yes"],
        &["put", number, "rule=vip", "status=PROCEED", "priority=200", "--yes"],
        &["put", "--json", r#"{"number": "*", "rule": "nobody", "status": "REJECT"}"#, "--yes"],
        &["put", number, "rule=moved", "status=CHANGE_DESTINATION", "code=+13155550102", "priority=300", "--yes"],
        &["rules"],
        &["remove", "--number", "3155550101", "--rule", "vip", "--dry-run"],
        &["remove", "--number", "3155550101", "--rule", "moved", "--yes"],
        &["remove", "--number", "3155550101", "--rule", "vip", "--yes"],
        &["remove", "--number", "3155550101", "--rule", "vip", "--yes"],
        &["rules", "--format", "json"],
    ] {
        printed += &format!("$ precall {}\n{}\n", arguments.join(" "), session(&run(folder.path(), arguments)));
    }
    insta::assert_snapshot!(printed.replace(folder.path().to_str().unwrap(), "(folder)"));
}

#[test]
fn put_refuses_items_that_the_hook_cannot_read() {
    let folder = TempDir::new().unwrap();
    for (arguments, wanted) in [
        (&["put", "number=+13155550101", "rule=a", "status=REJCT"][..], "\"REJCT\" is not a status"),
        (&["put", "number=+13155550101", "status=REJECT"], "`rule`"),
        (&["put", "number=nobody", "rule=a", "status=REJECT"], "\"nobody\": "),
        (&["put", "number=+13155550101", "rule=a", "status"], "write NAME=VALUE"),
        (&["put", "rule=a", "rule=b"], "`rule` is there twice; keep one"),
        (&["put", "--json", "[]"], "--json has no rule; write one, such as {\"number\": "),
        (
            &["put", "--json", "[{\"a\": 1}, {}]"],
            "--json has 2 rules; write one, or save them in a file and use `precall load`",
        ),
        (&["put", "--json", "{\n"], "--json: the JSON ends too early, at line 1 column 1; write the rest of it"),
        (&["put", "number=+13155550101", "rule=a", "status=REJECT", "prioritty=5"], "prioritty"),
    ] {
        let output = run(folder.path(), &[arguments, &["--yes"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        assert!(stderr(&output).contains(wanted), "{wanted}: {}", session(&output));
    }
    assert!(!folder.path().join(".precall").exists(), "nothing is created");
    // A JSON number instead of a text.
    let put = ["put", "--json", r#"{"number": 13155550109, "rule": "n", "status": "REJECT"}"#, "--yes"];
    let output = run(folder.path(), &put);
    assert!(output.status.success(), "{}", session(&output));
    assert!(stdout(&run(folder.path(), &["rules", "--format", "csv"])).contains("+13155550109,n,,REJECT"));
    // `-` reads the item from standard input.
    let mut child = precall(folder.path())
        .args(["put", "--json", "-", "--yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(br#"{"number": {"S": "+13155550101"}, "rule": {"S": "a"}, "status": {"S": "REJECT"}}"#)
        .unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(stdout(&run(folder.path(), &["rules", "--format", "csv"])).contains("+13155550101,a,,REJECT"));
}

#[test]
fn tables_that_cannot_be_read_are_reported() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("t.txt"), "+13155550101 is REJECT\n").unwrap();
    fs::write(folder.path().join("broken.json"), "[{").unwrap();
    let aws = ["--dynamodb", "aws", "--region", "us-east-1"];
    for command in [
        &["lint"][..],
        &["rules"],
        &["test", "t.txt"],
        &["put", "number=*", "rule=a", "status=REJECT", "--yes"],
        &["remove", "--number", "*", "--rule", "a", "--yes"],
    ] {
        let output =
            precall(folder.path()).args(command).args(aws).env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        assert!(
            stderr(&output).contains("no AWS credentials were found for us-east-1; sign in"),
            "{command:?}: {}",
            session(&output)
        );
    }
    for command in [&["lint"][..], &["rules"], &["test", "t.txt"]] {
        let output = run(folder.path(), &[command, &["--rules", "broken.json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        assert!(
            stderr(&output).contains("broken.json: the JSON ends too early, at line 1 column "),
            "{command:?}: {}",
            session(&output)
        );
    }
}

/// The last of two values would replace the first one without a word, and with it a REJECT.
#[test]
fn an_attribute_that_is_there_twice_is_a_mistake() {
    let folder = TempDir::new().unwrap();
    let twice = r#"{"number": "*", "rule": "a", "status": "REJECT", "status": "PROCEED"}"#;
    let in_lines = format!("{{\"number\": \"*\", \"rule\": \"b\", \"status\": \"REJECT\"}}\n{twice}\n");
    let typed = r#"{"Items": [{"number": {"S": "*"}, "rule": {"S": "a"}, "status": {"S": "REJECT", "S": "PROCEED"}}]}"#;
    fs::write(folder.path().join("array.json"), format!("[{twice}]")).unwrap();
    fs::write(folder.path().join("lines.json"), in_lines).unwrap();
    fs::write(folder.path().join("typed.json"), typed).unwrap();
    for (file, wanted) in [
        ("array.json", "array.json: `status` is there twice; keep one at line 1"),
        ("lines.json", "lines.json: `status` is there twice; keep one at line 2"),
        ("typed.json", "typed.json: `S` is there twice; keep one at line 1"),
    ] {
        for command in [
            &["load", file][..],
            &["lint", "--rules", file],
            &["rules", "--rules", file],
            &["check", "--to", "+13155550101", "--rules", file],
        ] {
            let output = run(folder.path(), command);
            assert_eq!(output.status.code(), Some(1), "{command:?}: {}", session(&output));
            assert!(stderr(&output).contains(wanted), "{command:?}: {}", session(&output));
        }
    }
    let output = run(folder.path(), &["put", "--json", twice, "--yes"]);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(stderr(&output).contains("`status` is there twice; keep one"), "{}", session(&output));
}

#[test]
fn an_item_without_its_key_is_named() {
    let folder = TempDir::new().unwrap();
    let good = r#"{"number": "*", "rule": "a", "status": "REJECT"}"#;
    for (item, wanted) in [
        (
            r#"{"rule": "b"}"#,
            "item 2: `number`: missing, but it is a part of the item's key; write it in exactly this spelling",
        ),
        (
            r#"{"Number": "*", "rule": "b"}"#,
            "item 2: `number`: missing, but it is a part of the item's key; write it in exactly this spelling",
        ),
        (
            r#"{"number": "*"}"#,
            "item 2: `rule`: missing, but it is a part of the item's key; write it in exactly this spelling",
        ),
        (
            r#"{"number": "", "rule": "b"}"#,
            "item 2: `number`: empty, but it is a part of the item's key; write its value",
        ),
        (
            r#"{"number": 13155550101, "rule": "b"}"#,
            "item 2: `number`: a number, but it is a part of the item's key; put it between quotation marks",
        ),
        (
            r#"{"number": ["*"], "rule": "b"}"#,
            "item 2: `number`: not text, but it is a part of the item's key; write a text",
        ),
    ] {
        fs::write(folder.path().join("rules.json"), format!("[{good}, {item}]")).unwrap();
        for command in [&["lint"][..], &["rules"], &["check", "--to", "+13155550101"]] {
            let output = run(folder.path(), &[command, &["--rules", "rules.json"]].concat());
            assert_eq!(output.status.code(), Some(1), "{command:?} {item}: {}", session(&output));
            let error = stderr(&output);
            assert!(error.contains(&format!("rules.json: {wanted}")), "{command:?} {item}: {error}");
        }
    }
}

/// The name of a rule may come from a file of somebody else. An escape in it would control the operator's terminal.
#[test]
fn the_text_of_a_rule_does_not_control_the_terminal() {
    let folder = TempDir::new().unwrap();
    let good = json!({ "number": "+13155550101", "rule": "red\u{1b}[31m\u{7}\r", "status": "REJECT", "code": "404" });
    let bad = json!([{ "number": "+13155550101", "rule": "a\u{1b}", "status": "\u{1b}[2J" }]);
    fs::write(folder.path().join("bad.json"), bad.to_string()).unwrap();
    rules(folder.path(), &json!([good]));
    for command in [
        &["check", "--to", "+13155550101", "--rules", "rules.json"][..],
        &["lint", "--rules", "rules.json"],
        &["rules", "--rules", "rules.json"],
        &["load", "bad.json"],
        &["load", "rules.json"],
        &["remove", "--number", "+13155550101", "--rule", "\u{1b}[31m"],
    ] {
        let output = session(&run(folder.path(), command));
        assert!(!output.contains(|c: char| c.is_control() && c != '\n'), "{command:?}: {output:?}");
    }
}

#[test]
fn a_file_of_rules_may_begin_with_a_byte_order_mark() {
    let folder = TempDir::new().unwrap();
    let text = "\u{feff}[{\"number\": \"+13155550101\", \"rule\": \"dnc\", \"status\": \"REJECT\"}]";
    fs::write(folder.path().join("rules.json"), text).unwrap();
    for command in [
        &["lint", "--rules", "rules.json"][..],
        &["load", "rules.json"],
        &["check", "--to", "+13155550101", "--rules", "rules.json"],
    ] {
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", session(&output));
    }
}

/// Values that are read as something other than their author may mean.
#[test]
fn lint_shows_how_doubtful_values_are_read() {
    let folder = TempDir::new().unwrap();
    let exact = |rest: Value| {
        let mut item = json!({ "number": "+13155550101", "rule": "a", "status": "REJECT", "code": "603" });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    for (rest, wanted) in [
        // Windows of the day.
        (json!({ "hours": "9-5" }), vec!["warning a: hours `9-5` are read as 09:00 to 05:00 of the next morning"]),
        (json!({ "hours": "!9-5" }), vec!["warning a: hours `9-5` are read as 09:00 to 05:00 of the next morning"]),
        (
            json!({ "hours": ["8-12", "1-5:30", "10-2"] }),
            vec![
                "warning a: hours `1-5:30` are read as 01:00 to 05:30, because an hour without",
                "warning a: hours `10-2` are read as 10:00 to 02:00 of the next morning",
            ],
        ),
        (json!({ "hours": "9am-5" }), vec!["warning a: hours `9am-5` are read as 09:00 to 05:00"]),
        (json!({ "hours": "1-5pm" }), vec!["warning a: hours `1-5pm` are read as 01:00 to 17:00"]),
        (json!({ "hours": "12:30-4" }), vec!["warning a: hours `12:30-4` are read as 12:30 to 04:00"]),
        (json!({ "hours": "05:00-23:00" }), vec!["note a: hours `05:00-23:00` are 18 of the day's 24 hours"]),
        (json!({ "hours": "17:30-10:00" }), vec!["note a: hours `17:30-10:00` are 16:30 of the day's 24 hours"]),
        (json!({ "hours": "21:00-23:59" }), vec!["note a: hours `21:00-23:59` end when the clock shows 23:59"]),
        (json!({ "hours": "!8:00-20:59" }), vec!["note a: hours `8:00-20:59` end when the clock shows 20:59"]),
        (
            json!({ "hours": "9-5pm, 9am-5am, 8-12pm, 11-2pm, 21:00-08:00, 22-6, 00:00-24:00, 01:00-05:00, 1am-5am, 0-6, 6-10, 1am-5pm, 5am-11pm, 8am to 9pm" }),
            vec![],
        ),
        // Instants without a zone.
        (
            json!({ "starts_at": "2026-12-25", "expires_at": "2999-07-01T08:00" }),
            vec![
                "note a: `expires_at` 2999-07-01T08:00 is read as 2999-07-01 08:00 UTC, which is Mon 2999-07-01 04:00 by",
                "note a: `starts_at` 2026-12-25 is read as 2026-12-25 00:00 UTC, which is Thu 2026-12-24 19:00 by New York's clock",
            ],
        ),
        (json!({ "starts_at": "2026-12-25T00:00Z", "expires_at": "2999-01-01T00:00-05:00" }), vec![]),
        (json!({ "starts_at": "2026-12-25T00:00[America/New_York]", "expires_at": 32503680000_i64 }), vec![]),
        // Dates.
        (
            json!({ "dates": "2020-12-24..2021-01-02" }),
            vec!["note a: the last of its `dates`, 2021-01-02, is over, so it never applies again"],
        ),
        (json!({ "dates": "2020-12-25, 12-25" }), vec![]),
        (json!({ "dates": "02-29" }), vec!["note a: its `dates` have 02-29, which only leap years have"]),
        (json!({ "dates": "12-25, 2999-11-28..2999-11-29" }), vec![]),
        // Months that are minutes.
        (json!({ "max_calls": 3, "per": "1M" }), vec!["warning a: `per` 1M is read as minutes, not months"]),
        (json!({ "max_calls": 3, "per": "30m" }), vec![]),
        (json!({ "max_calls": 3, "per": "30 MIN" }), vec![]),
        // Countries and states of the same letters.
        (json!({ "places": "CA" }), vec!["warning a: `places`: CA is read as Canada"]),
        (json!({ "places": "!ca" }), vec!["warning a: `places`: CA is read as Canada"]),
        (json!({ "places": ["DE", "GA"] }), vec!["warning a: `places`: DE is read as Germany, GA is read as Gabon"]),
        (json!({ "places": "NL" }), vec!["warning a: `places`: NL is read as Netherlands"]),
        (json!({ "places": "CA,US-NV" }), vec!["warning a: `places`: CA is read as Canada"]),
        (json!({ "places": "US,!CA" }), vec!["warning a: `places`: CA is read as Canada"]),
        (json!({ "places": "US-CA" }), vec![]),
        (json!({ "places": "US-CA, CA" }), vec![]),
        (json!({ "places": "US-DE, FR" }), vec!["note a: `places`: US-DE is Delaware"]),
        (json!({ "places": "US-CA", "calling_hours": "ca" }), vec!["note a: `places`: US-CA is California"]),
        (json!({ "number": "+4930123456", "places": "US-DE" }), vec!["note a: `places`: US-DE is Delaware"]),
        (json!({ "number": "+14165550100", "places": "US-CA" }), vec!["note a: `places`: US-CA is California"]),
        (json!({ "number": "+17875550100", "places": "US-CA" }), vec![]),
        (json!({ "places": "US-DE,US-FL,US-GA" }), vec![]),
        // The list or the item shows that the country is meant.
        (json!({ "places": "Canada" }), vec![]),
        (json!({ "places": "US, CA" }), vec![]),
        (json!({ "places": "DE, FR" }), vec![]),
        (json!({ "places": "CA, CA-ON" }), vec![]),
        (json!({ "places": "CA", "calling_hours": "ca" }), vec![]),
        (json!({ "number": "+4930123456", "places": "DE" }), vec![]),
        (json!({ "number": "+14165550100", "places": "CA" }), vec![]),
        (json!({ "places": "US-FL, CA-ON, GB, caribbean, US-*" }), vec![]),
    ] {
        let mut found = findings(folder.path(), &json!([exact(rest.clone())]));
        // The number is in none of most of these places.
        found.retain(|found| !found.contains("it never applies, unless a fact states another place"));
        found.sort();
        assert_eq!(found.len(), wanted.len(), "{rest}\n{found:#?}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(found.starts_with(wanted), "{rest}\n{found}\n{wanted}");
        }
    }
    // A rule with dates does not always apply, so it does not prevent another.
    let other = json!({ "number": "+13155550101", "rule": "b", "status": "PROCEED" });
    let pair = json!([exact(json!({ "priority": 5, "dates": "12-25" })), other]);
    assert_eq!(findings(folder.path(), &pair), Vec::<String>::new());
    // A fact that states where a number's holder is.
    let lives_in = |number: &str, zone: &str, places: &str| json!([{ "number": number, "rule": "a", "timezone": zone, "places": places }]);
    let found = findings(folder.path(), &lives_in("+13155550101", "America/Los_Angeles", "CA"));
    let note = "note a: the calling hours of US-NY do not count for this number";
    assert_eq!(found, ["warning a: `places`: CA is read as Canada", note]);
    let found = findings(folder.path(), &lives_in("+14165550101", "America/Toronto", "CA"));
    assert_eq!(found, ["note a: the calling hours of CA-ON do not count for this number"]);
    assert!(findings(folder.path(), &lives_in("+14165550101", "America/Toronto", "CA-ON")).is_empty());
    let found = findings(folder.path(), &lives_in("+13155550101", "America/Denver", "US-NY, US-FL"));
    assert_eq!(found, ["warning a: America/Denver is not a clock of US-NY or US-FL"]);
    let besides = json!([{ "number": "+13155550101", "rule": "a", "timezone": "America/Denver", "places": "US-CO", "besides": true }]);
    assert!(findings(folder.path(), &besides).is_empty());
    // A row of the calling-hours table.
    let row = json!([{ "number": "*", "rule": "a", "calling_hours": "ca", "places": "CA", "hours": "09:00-20:59", "starts_at": "2026-12-25" }]);
    let found = findings(folder.path(), &row);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("note a: `starts_at` 2026-12-25 is read as") && found[1].starts_with("note a: hours"));
}

#[test]
fn lint_finds_the_days_that_office_hours_leave_open() {
    let folder = TempDir::new().unwrap();
    let rule = |name: &str, rest: Value| {
        let mut item = json!({ "number": "*", "rule": name, "status": "REJECT", "code": "480" });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let closed = || rule("a", json!({ "days": "Mon-Fri", "hours": "!09:00-17:00" }));
    let weekend = |rest: Value| rule("b", rest);
    let open = "warning a: it rejects calls outside office hours on Mon-Fri only: it does not apply on Sat,Sun";
    for (items, wanted) in [
        (json!([closed()]), Some(open)),
        (json!([rule("a", json!({ "days": "Mon-Fri", "hours": "!09:00-12:00, !13:00-17:00" }))]), Some(open)),
        (json!([rule("a", json!({ "days": "Mon-Fri", "hours": "17:00-09:00" }))]), Some(open)),
        (
            json!([rule(
                "a",
                json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112", "days": "!Sun", "hours": "!9-17" })
            )]),
            Some("warning a: it redirects calls outside office hours on Mon-Sat only: it does not apply on Sun"),
        ),
        // another rule that does not close these days for the same calls
        (json!([closed(), weekend(json!({ "days": "Sat" }))]), Some(open)),
        (json!([closed(), weekend(json!({ "days": "Sat,Sun", "hours": "08:00-12:00" }))]), Some(open)),
        (json!([closed(), weekend(json!({ "days": "Sat,Sun", "to": "+1315*" }))]), Some(open)),
        (json!([closed(), weekend(json!({ "days": "Sat,Sun", "shadow": true }))]), Some(open)),
        (json!([closed(), weekend(json!({ "days": "Sat,Sun", "dates": "12-25" }))]), Some(open)),
        // closed on the other days
        (json!([closed(), weekend(json!({ "days": "Sat,Sun" }))]), None),
        (json!([closed(), weekend(json!({ "days": "Fri-Sun", "hours": "00:00-24:00" }))]), None),
        (json!([rule("a", json!({ "hours": "!09:00-17:00" })), weekend(json!({ "days": "Sat,Sun" }))]), None),
        // nights and breaks of some days
        (json!([rule("a", json!({ "days": "Fri", "hours": "22:00-06:00" }))]), None),
        (json!([rule("a", json!({ "days": "Mon-Fri", "hours": "12:00-13:00" }))]), None),
        (json!([rule("a", json!({ "days": "Mon-Fri", "hours": "09:00-17:00,!12:00-13:00" }))]), None),
        (json!([rule("a", json!({ "status": "PROCEED", "days": "Mon-Fri", "hours": "!12:00-13:00" }))]), None),
        (json!([rule("a", json!({ "days": "Mon-Sun", "hours": "!09:00-17:00" }))]), None),
    ] {
        let found = findings(folder.path(), &items);
        let found: Vec<&String> = found.iter().filter(|finding| finding.contains("office hours")).collect();
        assert_eq!(found.len(), usize::from(wanted.is_some()), "{items}\n{found:#?}");
        assert!(wanted.is_none_or(|wanted| found[0].starts_with(wanted)), "{items}\n{found:#?}");
    }
}

#[test]
fn put_shows_how_doubtful_values_are_read() {
    let folder = TempDir::new().unwrap();
    let mut printed = String::new();
    for rest in [
        &["places=CA", "code=603"][..],
        &["hours=9-5", "code=603", "starts_at=2026-12-25", "expires_at=2999-01-01"],
        &["days=Mon-Fri", "hours=!09:00-17:00", "code=480"],
        &["code=603.0", "days=Mo–Fr", "hours=9am to 9pm"],
        &["max_calls=3", "per=1M", "code=480"],
        &["code=404"],
        &["code=603", "expires_at=1M"],
        &["code=603", "expires_at=tomorrow"],
    ] {
        let arguments = [&["put", "number=+13155550101", "rule=a", "status=REJECT", "priority=100"], rest].concat();
        let output = run(folder.path(), &[&arguments[..], &["--dry-run"]].concat());
        // The rest of the output depends on the time of day.
        let code = output.status.code().unwrap();
        printed += &format!("$ precall put … {}\n{}[exit status {code}]\n\n", rest.join(" "), stderr(&output));
    }
    insta::assert_snapshot!(printed.replace(folder.path().to_str().unwrap(), "(folder)"));
}

#[test]
fn put_computes_the_instant_of_a_length_of_time() {
    let folder = TempDir::new().unwrap();
    let put = |value: &str| {
        let item =
            json!({ "number": "+13155550101", "rule": "a", "status": "REJECT", "code": "603", "expires_at": value });
        run(folder.path(), &["put", "--json", &item.to_string(), "--yes"])
    };
    for (value, seconds) in [("7d", 604_800), ("in 90 min", 5_400), ("+1w", 604_800)] {
        let before = jiff::Timestamp::now().as_second();
        let output = put(value);
        assert!(output.status.success(), "{}", session(&output));
        assert!(stdout(&output).contains(" from now is 2"), "{}", session(&output));
        let stored = stdout(&run(folder.path(), &["rules", "--format", "json"]));
        let stored: Value = serde_json::from_str(&stored).unwrap();
        let past = stored["expires_at"].as_i64().unwrap() - before - seconds;
        assert!((0..=60).contains(&past), "{value}: {stored}");
    }
    // In a file, a length of time has no instant to count from.
    rules(
        folder.path(),
        &json!([{ "number": "+13155550101", "rule": "a", "status": "REJECT", "code": "603", "expires_at": "7d" }]),
    );
    let found = findings(
        folder.path(),
        &json!([{ "number": "+13155550101", "rule": "a", "status": "REJECT", "expires_at": "7d" }]),
    );
    assert!(found[0].starts_with("error a: `expires_at`: \"7d\" is a length of time"), "{found:?}");
}

#[test]
fn rules_say_utc_where_an_instant_has_no_zone() {
    let folder = TempDir::new().unwrap();
    let item =
        |instant: &str| json!([{ "number": "+13155550101", "rule": "a", "status": "REJECT", "expires_at": instant }]);
    for (instant, wanted) in [
        ("2026-12-25", "until 25 Dec 2026 00:00 UTC"),
        ("2026-12-25 08:30", "until 25 Dec 2026 08:30 UTC"),
        ("2026-12-25T08:30:00-05:00", "until 25 Dec 2026 13:30 UTC"),
    ] {
        rules(folder.path(), &item(instant));
        for format in ["table", "csv"] {
            let shown = stdout(&run(folder.path(), &["rules", "--rules", "rules.json", "--format", format]));
            assert!(shown.contains(wanted), "{instant}: {shown}");
        }
    }
}

/// The recipe for office hours in `docs/examples.md`: lint finds nothing in it, and it closes when it says.
#[test]
fn the_recipe_for_office_hours_closes_when_it_says() {
    let folder = TempDir::new().unwrap();
    let docs = include_str!("../../../docs/examples.md");
    let (_, rest) = docs.split_once("office hours").unwrap();
    let (_, rest) = rest.split_once("```json\n").unwrap();
    fs::write(folder.path().join("office.json"), rest.split_once("```").unwrap().0).unwrap();
    let lint = run(folder.path(), &["lint", "--strict", "--json", "--rules", "office.json"]);
    assert!(lint.status.success() && stdout(&lint).is_empty(), "{}", session(&lint));
    for (to, at, wanted) in [
        // Tuesday in New York
        ("+12125550101", "2026-12-01T08:59:59-05:00", "REJECT"),
        ("+12125550101", "2026-12-01T09:00:00-05:00", "PROCEED"),
        ("+12125550101", "2026-12-01T16:59:59-05:00", "PROCEED"),
        ("+12125550101", "2026-12-01T17:00:00-05:00", "REJECT"),
        // Friday evening, Saturday noon and Monday morning
        ("+12125550101", "2026-12-04T20:00:00-05:00", "REJECT"),
        ("+12125550101", "2026-12-05T12:00:00-05:00", "REJECT"),
        ("+12125550101", "2026-12-07T02:00:00-05:00", "REJECT"),
        ("+12125550101", "2026-12-07T09:00:00-05:00", "PROCEED"),
        // the eve of Christmas, Christmas, the turn of the year, Thanksgiving
        ("+12125550101", "2026-12-24T16:00:00-05:00", "PROCEED"),
        ("+12125550101", "2026-12-25T12:00:00-05:00", "REJECT"),
        ("+12125550101", "2026-12-31T12:00:00-05:00", "REJECT"),
        ("+12125550101", "2027-01-01T12:00:00-05:00", "REJECT"),
        ("+12125550101", "2026-11-26T12:00:00-05:00", "REJECT"),
        // the clock of Los Angeles
        ("+12135550101", "2026-12-01T08:59:59-08:00", "REJECT"),
        ("+12135550101", "2026-12-01T16:59:59-08:00", "PROCEED"),
    ] {
        let output = run(folder.path(), &["check", "--rules", "office.json", "--to", to, "--at", at]);
        assert!(stdout(&output).contains(&format!("decision  {wanted}")), "{to} {at}: {}", session(&output));
    }
}

/// A change that is not confirmed says that it was not made, and no line before claims that it was.
#[test]
fn a_change_that_is_not_confirmed_is_not_claimed() {
    let folder = TempDir::new().unwrap();
    rules(folder.path(), &json!([{ "number": "+13155550101", "rule": "q", "status": "REJECT" }]));
    assert!(run(folder.path(), &["load", "rules.json"]).status.success());
    let put = ["put", "number=+13155550101", "rule=new", "status=REJECT"];
    for (command, nothing) in [
        (&["remove", "--number", "+13155550101", "--rule", "q"][..], "--dry-run to only see it\n"),
        (&put, "--dry-run to only see it\n"),
    ] {
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        assert!(stderr(&output).ends_with(nothing), "{}", session(&output));
        assert!(!stdout(&output).contains("is removed"), "{}", session(&output));
    }
    assert_eq!(stdout(&run(folder.path(), &["rules", "--format", "json"])).lines().count(), 1);
}

#[test]
fn a_prefix_that_no_number_can_have_is_explained() {
    let folder = TempDir::new().unwrap();
    rules(
        folder.path(),
        &json!([
            { "number": "+14045550101", "rule": "a", "status": "REJECT" },
            { "number": "3155550101", "rule": "b", "status": "REJECT" },
            { "number": "*", "rule": "c", "status": "REJECT", "to": "+1900*" }
        ]),
    );
    let run = |prefix: &str| {
        run(folder.path(), &["rules", "--rules", "rules.json", "--format", "json", &format!("--prefix={prefix}")])
    };
    for (prefix, meant) in [
        ("1404", "+1404"),
        ("404", "+1404 or +404"),
        ("(404)", "+1404 or +404"),
        ("+1 404", "+1404"),
        ("+1404*", "+1404"),
        ("0044", "+44"),
        ("44", "+44"),
    ] {
        let output = run(prefix);
        assert_eq!(output.status.code(), Some(1), "{prefix}: {}", session(&output));
        let wanted = format!(
            "precall: --prefix {prefix}: no number in rules.json begins like this; numbers begin with + and the country code, \
             so write --prefix {meant}\n"
        );
        assert_eq!(stderr(&output), wanted);
    }
    // A misspelt number is found as it is stored, and a right prefix may have no number.
    for (prefix, count) in [("+1404", 1), ("315", 1), ("*", 1), ("+44", 0)] {
        let output = run(prefix);
        assert_eq!(output.status.code(), Some(0), "{prefix}: {}", session(&output));
        assert_eq!(stdout(&output).lines().count(), count, "{prefix}: {}", session(&output));
    }
}

#[test]
fn callers_are_named_once() {
    let folder = TempDir::new().unwrap();
    let put = ["put", "number=*", "rule=hidden", "status=REJECT", "from=anonymous,private", "--dry-run"];
    let output = run(folder.path(), &put);
    let wanted = "it rejects calls from withheld numbers";
    assert!(stdout(&output).contains(wanted), "{}", session(&output));
    assert!(!stdout(&output).contains("or withheld numbers"), "{}", session(&output));
}

/// The reason for which an argument cannot be read, for each kind of argument.
#[test]
fn arguments_that_cannot_be_read_say_what_to_write() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let import = ["import", "dnc.txt", "--list", "dnc", "--priority", "high"];
    let export = ["export-table", "dnc.txt", "--list", "dnc", "--out", "out", "--part-size"];
    let empty = "precall: the number is empty; write one, such as +13155550100, or `*` for every number\n";
    for (command, status, wanted) in [
        (&import[..], 2, "not a whole number; write for example 100"),
        (&["rules", "--limit", "all"], 2, "not a whole number; write for example 100"),
        (&[&export[..], &["big"]].concat(), 2, "write a whole number from 1 to 10240"),
        (&[&export[..], &["0"]].concat(), 2, "write a whole number from 1 to 10240"),
        (&["check", "--to", ""], 1, "precall: --to: empty; write a number, such as +13155550100\n"),
        (&["check", " "], 1, "precall: callee: empty; write a number, such as +13155550100\n"),
        (&["hours", "--to", ""], 1, "precall: --to: empty; write a number, such as +13155550100\n"),
        (&["put", "number=", "rule=a", "status=REJECT"], 1, empty),
    ] {
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(status), "{command:?}: {}", session(&output));
        assert!(stderr(&output).contains(wanted), "{command:?}: {}", session(&output));
        assert!(!stderr(&output).contains("invalid digit"), "{command:?}: {}", session(&output));
    }
    for (line, wanted) in [
        ("now 2026-12-01 09:00", "\"2026-12-01 09:00\" is not an instant; write 2026-12-01T15:00:00Z after `now`"),
        ("now 2026-12-01T09:00", "\"2026-12-01T09:00\" is not an instant; "),
        ("+13155550101 on 2026-12-01T09:00 14:00 is REJECT", "\"2026-12-01T09:00\" is not a day; "),
        (
            "+13155550101 at 2pm is REJECT",
            "\"2pm\" is not an instant; write 2026-12-01T15:00:00Z after `at`, or a day and a time after `on`, such as `on \
             Sunday 14:00`",
        ),
    ] {
        fs::write(folder.path().join("expect.txt"), line).unwrap();
        let output = run(folder.path(), &["test", "expect.txt"]);
        assert!(stderr(&output).contains(wanted), "{line}: {}", session(&output));
    }
    let record = r#"{"timestamp":"2026-11-02T15:30:00Z","decision_id":"1","status":"REFUSED","duration_ms":1}"#;
    fs::write(folder.path().join("log.jsonl"), record).unwrap();
    let report = stdout(&run(folder.path(), &["report", "log.jsonl"]));
    assert!(report.contains("\nhours     no record names a calling-hours table\n"), "{report}");
}
