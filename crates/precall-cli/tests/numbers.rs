//! Numbers as operators paste them and clients send them: keys, lists, callers, addresses, health checks.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, raw, run, stderr, stdout};

const CALLEE: &str = "+13155557018";

/// Keys that people paste for the callee or for `*`, and the key that they should have.
const MISSPELT: [(&str, &str); 30] = [
    ("+13155557018\u{a0}", CALLEE),
    ("\u{a0}+13155557018", CALLEE),
    ("+13155557018\t", CALLEE),
    ("+13155557018\n", CALLEE),
    ("+13155557018 ", CALLEE),
    (" +13155557018", CALLEE),
    ("+13155557018\u{200b}", CALLEE),
    ("+1315\u{200b}5557018", CALLEE),
    ("\u{feff}+13155557018", CALLEE),
    ("＋１３１５５５５７０１８", CALLEE),
    ("１３１５５５５７０１８", CALLEE),
    ("tel:+13155557018", CALLEE),
    ("sip:+13155557018@pbx.example", CALLEE),
    ("13155557018.0", CALLEE),
    ("3155557018.0", CALLEE),
    ("13155557018", CALLEE),
    ("3155557018", CALLEE),
    ("(315) 555-7018", CALLEE),
    ("+1\u{2011}315\u{2011}555\u{2011}7018", CALLEE),
    ("315\u{2011}555\u{2011}7018", CALLEE),
    ("01113155557018", CALLEE),
    ("\u{201c}+13155557018\u{201d}", CALLEE),
    ("'+13155557018", CALLEE),
    ("113155557018", CALLEE),
    ("+13155557018 x5", CALLEE),
    ("%2B13155557018", CALLEE),
    ("+1 315 555 7018 (mobile)", CALLEE),
    ("* ", "*"),
    ("＊", "*"),
    ("+1315*", "*, with +1315* in `to`"),
];

fn session(output: &Output) -> String {
    format!("{}{}[exit status {}]\n", stdout(output), stderr(output), output.status.code().unwrap())
}

fn items(items: impl Iterator<Item = (usize, &'static str)>) -> Value {
    items.map(|(nth, number)| json!({ "number": number, "rule": format!("key-{nth}"), "status": "REJECT" })).collect()
}

fn write(folder: &Path, items: &Value) {
    fs::write(folder.join("rules.json"), items.to_string()).unwrap();
}

#[test]
fn check_and_lint_find_every_misspelt_key() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &items(MISSPELT.iter().map(|(key, _)| *key).enumerate()));
    let output = run(folder.path(), &["check", "--to", CALLEE, "--rules", "rules.json"]);
    let text = stdout(&output);
    for (nth, (key, meant)) in MISSPELT.into_iter().enumerate() {
        let line = text.lines().find(|line| line.contains(&format!("rule `key-{nth}` is stored"))).unwrap_or_default();
        assert!(line.ends_with(&format!("which the hook never looks up; store it under {meant}")), "{key:?}: {text}");
        assert!(line.is_ascii(), "characters that look like others are shown as codes: {line}");
    }
    let json = run(folder.path(), &["check", "--to", CALLEE, "--rules", "rules.json", "--json"]);
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    let found = json["stored_under_another_spelling"].as_array().unwrap();
    assert_eq!(found.len(), MISSPELT.len());
    assert!(found.iter().all(|item| MISSPELT.iter().any(|(_, meant)| item["store_under"] == *meant)), "{json:#}");
    // Another number's items, and those of the caller.
    let other = stdout(&run(folder.path(), &["check", "--to", "+12125550100", "--rules", "rules.json"]));
    assert_eq!(other.matches("is stored under").count(), 2, "those that mean `*`: {other}");
    let arguments = ["check", "--to", "+12125550100", "--from", CALLEE, "--rules", "rules.json"];
    assert_eq!(stdout(&run(folder.path(), &arguments)).matches("is stored under").count(), MISSPELT.len());

    let lint = run(folder.path(), &["lint", "--json", "--rules", "rules.json"]);
    assert_eq!(lint.status.code(), Some(1));
    for (nth, (key, meant)) in MISSPELT.into_iter().enumerate() {
        let is_found = stdout(&lint).lines().any(|line| {
            let finding: Value = serde_json::from_str(line).unwrap();
            let what = finding["what"].as_str().unwrap();
            finding["level"] == "error"
                && finding["rule"] == format!("key-{nth}")
                && what.ends_with(&format!("is never read; store the item under {meant}"))
        });
        assert!(is_found, "{key:?}: {}", session(&lint));
    }
}

#[test]
fn put_writes_under_the_right_key_and_load_refuses_the_wrong_one() {
    let folder = TempDir::new().unwrap();
    for (nth, (key, meant)) in MISSPELT.into_iter().enumerate() {
        let (number, rule) = (format!("number={key}"), format!("rule=key-{nth}"));
        let put = run(folder.path(), &["put", &number, &rule, "status=REJECT", "to=+1315*", "--yes"]);
        if meant.contains("with") {
            assert_eq!(put.status.code(), Some(1), "{key:?}: {}", session(&put));
            assert!(stderr(&put).contains("write number=* and to=+1315*"), "{key:?}: {}", session(&put));
        } else {
            assert!(
                stdout(&put).contains(&format!("rule `key-{nth}` under {meant} is new")),
                "{key:?}: {}",
                session(&put)
            );
        }
        write(folder.path(), &items([(nth, key)].into_iter()));
        let load = run(folder.path(), &["load", "rules.json"]);
        assert_eq!(load.status.code(), Some(1), "{key:?}: {}", session(&load));
        assert!(stderr(&load).contains(&format!("store the item under {meant}")), "{key:?}: {}", session(&load));
    }
    let put = run(folder.path(), &["put", "number=+13155557018 x5", "rule=x", "status=REJECT", "--yes"]);
    assert!(stderr(&put).contains("warning: \"+13155557018 x5\": the extension is left out"), "{}", session(&put));
    let wrong = ["put", "number=3155557018 / 3155557019", "rule=x", "status=REJECT", "--yes"];
    let put = run(folder.path(), &wrong);
    assert!(stderr(&put).contains("a whole telephone number with more digits after it"), "{}", session(&put));
}

#[test]
fn plus_and_ten_digits_are_hinted_at_if_they_are_a_habit() {
    let folder = TempDir::new().unwrap();
    let habit = ["+3155550101", "+2125550102", "+4155550103", "+13155550104"];
    let hint = "3 of 4 numbers are + and ten digits, so they are numbers of another country; +3155550101 as a US number is +13155550101";
    fs::write(folder.path().join("list.txt"), habit.join("\n")).unwrap();
    let import = run(folder.path(), &["import", "list.txt", "--list", "dnc"]);
    assert!(stdout(&import).contains(&format!("note: {hint}")), "{}", session(&import));
    fs::write(folder.path().join("list.txt"), "+13155550101\n+442079460123\n+3155550102\n").unwrap();
    let import = run(folder.path(), &["import", "list.txt", "--list", "other"]);
    assert!(!stdout(&import).contains("ten digits"), "{}", session(&import));

    write(folder.path(), &items(habit.into_iter().enumerate()));
    let lint = run(folder.path(), &["lint", "--rules", "rules.json"]);
    let wanted = format!("warning: rule `key-0` under +3155550101: {hint}");
    let lint = stdout(&lint);
    // The table is read in no order.
    assert!(
        lint.contains("warning: rule `key-") && lint.contains("3 of 4 numbers are + and ten digits"),
        "{wanted}: {lint}"
    );
    let check = run(folder.path(), &["check", "--to", "+3155550101", "--rules", "rules.json"]);
    let note = "note: \"+3155550101\" is + and ten digits, so it is a number of another country; as a US number, it is +13155550101\n";
    assert_eq!(stderr(&check), note);
}

#[test]
fn check_reads_a_caller_as_the_hook_does() {
    let folder = TempDir::new().unwrap();
    let rule = json!([{ "number": "*", "rule": "no-anonymous", "status": "REJECT", "from": "anonymous" }]);
    write(folder.path(), &rule);
    for (from, note) in [
        (
            "FreeSWITCH",
            "note: \"FreeSWITCH\" is not a telephone number; the hook decides a call from it as one without a caller's number\n",
        ),
        ("7378742833", ""),
        ("anonymous", ""),
    ] {
        let check = run(folder.path(), &["check", "--to", CALLEE, "--from", from, "--rules", "rules.json"]);
        assert_eq!(stderr(&check), note, "{from}");
        assert!(stdout(&check).contains("because   rule `no-anonymous`"), "{from}: {}", session(&check));
    }
    let check = run(folder.path(), &["check", "--to", "+1 1 315 555 7018 x5", "--rules", "rules.json"]);
    let notes = "note: \"+1 1 315 555 7018 x5\": the extension is left out\n\
                 note: \"+1 1 315 555 7018 x5\": the country code 1 is there twice, and counts once\n";
    assert_eq!(stderr(&check), notes);
}

/// An address with characters that it cannot have gets the answer that a function gives to the same text, and a record.
#[test]
fn addresses_with_raw_characters_are_answered_and_logged() {
    let folder = TempDir::new().unwrap();
    let key = format!("vendor={}", precall_hook::auth::hash("canary-cli-key"));
    let mut server = Server::start(folder.path(), &[], &[("PRECALL_API_KEYS", &key)]);
    for (sent, encoded) in [
        ("from=<b>&to=+13155550100", "from=%3Cb%3E&to=+13155550100"),
        (
            "from=\"Bob\" <sip:+12125550100@h.example>&to=+13155550100",
            "from=%22Bob%22%20%3Csip:+12125550100@h.example%3E&to=+13155550100",
        ),
        ("from=&to=+1 315 555 0100", "from=&to=+1%20315%20555%200100"),
        ("from=&to=<+1315", "from=&to=%3C+1315"),
        (
            "from=&to=＋１３１５５５５０１００",
            "from=&to=%EF%BC%8B%EF%BC%91%EF%BC%93%EF%BC%91%EF%BC%95%EF%BC%95%EF%BC%95%EF%BC%95%EF%BC%90%EF%BC%91%EF%BC%90%EF%BC%90",
        ),
    ] {
        let expected = server.ask("POST", &format!("?code=canary-cli-key&{encoded}"));
        let record = server.wait_for("\"message\":\"decision\"");
        let given = server.ask("POST", &format!("?code=canary-cli-key&{sent}"));
        assert_eq!(given, expected, "{sent}");
        assert!(!given.1.is_empty(), "{sent}");
        let status = |record: &str| serde_json::from_str::<Value>(record).unwrap()["status"].clone();
        assert_eq!(status(&server.wait_for("\"message\":\"decision\"")), status(&record), "{sent}");
    }
    // Two requests of one connection.
    let two = "POST /?code=canary-cli-key&to=+1 3155550100 HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n\
               POST /?code=canary-cli-key&to=< HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let (first, rest) = raw(&server.hook, two);
    assert_eq!(first, "HTTP/1.1 200 OK");
    assert!(rest.contains("HTTP/1.1 400 Bad Request") && rest.contains("`to` is not a telephone number"), "{rest}");
    // Other bytes that are not a request are refused, and the log shows this.
    let (status, _) = raw(&server.hook, "nonsense\r\n\r\n");
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    server.wait_for("a request that is not HTTP was refused");
}

#[test]
fn a_health_check_needs_no_key() {
    let folder = TempDir::new().unwrap();
    let key = format!("vendor={}", precall_hook::auth::hash("canary-cli-key"));
    let server = Server::start(folder.path(), &[], &[("PRECALL_API_KEYS", &key)]);
    let ask = |method: &str, target: &str, agent: &str| {
        server.raw(&format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nuser-agent: {agent}\r\nconnection: close\r\n\r\n"
        ))
    };
    for (method, target, agent) in [
        ("GET", "/healthz", "curl/8"),
        ("GET", "/api/healthz", "curl/8"),
        ("GET", "/", "ELB-HealthChecker/2.0"),
        ("GET", "/", "GoogleHC/1.0"),
        ("GET", "/", "kube-probe/1.30"),
    ] {
        let (status, body) = ask(method, target, agent);
        assert_eq!(status, "HTTP/1.1 200 OK", "{target} {agent}");
        assert_eq!(body, r#"{"message":"healthy","rules":"loaded"}"#, "{target} {agent}");
    }
    assert_eq!(ask("HEAD", "/healthz", "curl/8"), ("HTTP/1.1 200 OK".to_owned(), String::new()));
    for (method, target, agent, status) in [
        ("GET", "/", "curl/8", "401 Unauthorized"),
        ("POST", "/healthz", "curl/8", "401 Unauthorized"),
        ("POST", "/", "GoogleHC/1.0", "401 Unauthorized"),
        ("GET", "/healthz?to=+13155550100", "curl/8", "401 Unauthorized"),
        ("GET", "/?to=+13155550100", "GoogleHC/1.0", "401 Unauthorized"),
        ("GET", "/healthz?code=canary-cli-key&to=+13155550100", "curl/8", "200 OK"),
    ] {
        let (given, body) = ask(method, target, agent);
        assert_eq!(given, format!("HTTP/1.1 {status}"), "{method} {target} {agent}");
        assert!(!body.contains("healthy"), "{method} {target} {agent}");
    }
}

/// The page decides a call from a text that is not a number as the hook does, and says so.
#[test]
fn the_page_decides_a_call_of_an_unreadable_caller() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    for (from, noted) in [("FreeSWITCH", true), ("anonymous", false), ("", false), ("%2B12125550100", false)] {
        let request =
            format!("GET /?to=%2B13155550101&from={from} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let (_, html) = raw(&server.page, &request);
        assert!(html.contains("PROCEED +13155550101"), "{from}: {html}");
        let note = "is not a telephone number; the hook decides a call from it as one without a caller";
        assert_eq!(html.contains(note), noted, "{from}: {html}");
    }
}
