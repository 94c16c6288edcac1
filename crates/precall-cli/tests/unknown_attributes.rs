//! Attributes that precall does not read, and rules about every call: `put`, `load`, `import`, `lint` and the page.

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
use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, run, stderr, stdout};

fn session(output: &Output) -> String {
    format!("{}{}[exit status {}]\n", stdout(output), stderr(output), output.status.code().unwrap())
}

/// Runs a command that has to be refused, and returns what it says.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", session(&output));
    session(&output)
}

fn accepted(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", session(&output));
    session(&output)
}

fn write(folder: &Path, items: &Value) {
    fs::write(folder.join("rules.json"), items.to_string()).unwrap();
}

fn findings(folder: &Path, items: &Value) -> Vec<String> {
    write(folder, items);
    let output = run(folder, &["lint", "--json", "--rules", "rules.json"]);
    let finding = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        format!(
            "{} {}: {}",
            line["level"].as_str().unwrap(),
            line["rule"].as_str().unwrap(),
            line["what"].as_str().unwrap()
        )
    };
    stdout(&output).lines().map(finding).collect()
}

/// The message of each command about an attribute of a rule that is otherwise right.
const ADVICE: [(&str, &str); 9] = [
    ("state=FL", "`state`: not an attribute of a rule; did you mean `places: US-FL`?"),
    ("areaCode=305", "`areaCode`: not an attribute of a rule; did you mean `to: +1305*`?"),
    ("max_per_day=3", "did you mean `max_calls: 3` with `per: 24h`?"),
    ("date=2026-12-25", "`date`: not an attribute of a rule; did you mean `dates`?"),
    ("ExpirationTime=1798761600", "did you mean `expires_at: 1798761600`?"),
    ("revoked=true", "did you mean `enabled: false`?"),
    ("reson=x", "`reson`: not an attribute of a rule; did you mean `reason`?"),
    ("notes=x", "`notes`: not an attribute of a rule; did you mean `note`?"),
    ("owner=anna", "`owner`: not an attribute of a rule, so it has no effect; write `x_owner`, or put it into `note`"),
];

#[test]
fn writing_refuses_each_attribute_that_is_not_read() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for (pair, advice) in ADVICE {
        for (number, status) in [("+13155550101", "REJECT"), ("+13155550101", "PROCEED"), ("*", "REJECT")] {
            let (name, value) = pair.split_once('=').unwrap();
            let said = refused(
                folder,
                &["put", &format!("number={number}"), "rule=r", &format!("status={status}"), "to=+1*", pair, "--yes"],
            );
            let wanted = advice.trim_start_matches("did you");
            assert!(said.contains(wanted) && said.contains("nothing was written"), "{pair} {status}: {said}");

            write(folder, &json!([{ "number": number, "rule": "r", "status": status, "to": "+1*", name: value }]));
            let said = refused(folder, &["load", "rules.json", "--yes"]);
            assert!(said.contains("rules.json: rule `r`") && said.contains(wanted), "{pair} {status}: {said}");
            assert!(said.contains("nothing was written"), "{said}");
        }
        let (name, value) = pair.split_once('=').unwrap();
        fs::write(folder.join("list.jsonl"), json!({ "number": "+13155550101", name: value }).to_string()).unwrap();
        let output = run(folder, &["import", "list.jsonl", "--list", "l", "--database", "import.db"]);
        assert_eq!(output.status.code(), Some(1), "{pair}: {}", session(&output));
        let rejects = fs::read_to_string(folder.join("list.jsonl.rejects")).unwrap();
        assert!(rejects.contains(advice.trim_start_matches("did you")), "{pair}: {rejects}");
    }
    assert!(!folder.join(".precall").exists(), "nothing is created");
}

#[test]
fn notes_names_with_x_and_marks_of_lists_can_be_written() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let own = ["note=why", "x_owner=anna", "X_State=FL"];
    accepted(folder, &[&["put", "number=+13155550101", "rule=r", "status=REJECT", "--yes"], &own[..]].concat());
    fs::write(folder.join("list.txt"), "+13155550102\n2015550103\n201XXXXXXX\n").unwrap();
    accepted(folder, &["import", "list.txt", "--list", "dnc"]);
    let all = stdout(&run(folder, &["rules", "--format", "json"]));
    assert!(all.contains("list_file") && all.contains("X_State"), "{all}");
    // The output of `rules` can be loaded again, also into another table.
    fs::write(folder.join("all.json"), all).unwrap();
    accepted(folder, &["load", "all.json"]);
    accepted(folder, &["load", "all.json", "--database", "other.db"]);
    assert!(accepted(folder, &["lint", "--strict"]).contains("0 errors, 0 warnings"));
}

/// An item of another tool can be edited, although its attributes could not be added.
#[tokio::test]
async fn attributes_that_the_stored_item_has_already_are_kept() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let item = [("number", "+13155550101"), ("rule", "r"), ("status", "REJECT"), ("code", "603"), ("owner", "anna")];
    let mut put = server.client().put_item().table_name("precall-rules");
    for (name, value) in item {
        put = put.item(name, text(value));
    }
    put.send().await.unwrap();
    let url = format!("http://{}", server.dynamodb);
    let store = ["--dynamodb", &url];
    let folder = folder.path();
    let edit = ["put", "number=+13155550101", "rule=r", "status=REJECT", "code=480", "owner=anna", "--yes"];
    let said = accepted(folder, &[&edit[..], &store].concat());
    assert!(said.contains("warning: `owner`: not an attribute of a rule") && said.contains("is kept"), "{said}");
    let another = [&edit[..], &["team=sales"], &store].concat();
    let said = refused(folder, &another);
    assert!(said.contains("`team`") && !said.contains("`owner`: not"), "{said}");

    write(
        folder,
        &json!([{ "number": "+13155550101", "rule": "r", "status": "REJECT", "code": "603", "owner": "bert" }]),
    );
    let said = accepted(folder, &[&["load", "rules.json", "--overwrite", "--yes"][..], &store].concat());
    assert!(said.contains("warning: `owner`"), "{said}");
    write(
        folder,
        &json!([{ "number": "+13155550102", "rule": "r", "status": "REJECT", "code": "603", "owner": "bert" }]),
    );
    refused(folder, &[&["load", "rules.json"][..], &store].concat());
}

#[test]
fn lint_reports_attributes_that_are_not_read() {
    let folder = TempDir::new().unwrap();
    let item = |number: &str, status: &str, name: &str, value: Value| json!([{ "number": number, "rule": "a", "status": status, "code": "603", "to": "+1*", name: value }]);
    let one = "+13155550101";
    for (items, wanted) in [
        (
            item("*", "REJECT", "state", json!("FL")),
            vec!["error a: `state`: not an attribute of a rule; did you mean `places: US-FL`?"],
        ),
        (item(one, "PROCEED", "revoked", json!(true)), vec!["error a: `revoked`: not an attribute"]),
        (
            item(one, "REJECT", "revoked", json!(true)),
            vec!["error a: `revoked`: not an attribute of a rule, so it does not limit the REJECT"],
        ),
        (
            item(one, "REJECT", "expiry_date", json!("x")),
            vec!["error a: `expiry_date`: not an attribute of a rule, so it"],
        ),
        (
            item("*", "REJECT", "owner", json!("x")),
            vec!["warning a: `owner`: not an attribute of a rule, so it has no effect"],
        ),
        (
            item(one, "PROCEED", "site", json!("x")),
            vec!["warning a: `site`: not an attribute of a rule, so it has no effect"],
        ),
        (
            item(one, "REJECT", "reson", json!("x")),
            vec!["warning a: `reson`: not an attribute of a rule; did you mean `reason`?"],
        ),
        (item(one, "REJECT", "x_state", json!("x")), vec![]),
        (item(one, "REJECT", "list_file", json!("x")), vec![]),
        (item(one, "REJECT", "state", Value::Null), vec![]),
        (
            json!([{ "number": one, "rule": "a", "timezone": "America/Denver", "owner": "x" }]),
            vec!["warning a: `owner`: not an attribute of a rule, so it has no effect"],
        ),
        (json!([{ "number": "*", "rule": "a", "status": "REJECT", "state": "FL", "enabled": false }]), vec![]),
    ] {
        let found = findings(folder.path(), &items);
        assert_eq!(found.len(), wanted.len(), "{items}\n{found:#?}");
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(found.starts_with(wanted), "{items}\n{found}\n{wanted}");
        }
    }
}

/// Wildcard rules, and the words about them; empty for a rule that is not about every call.
fn rules_about_every_call() -> Vec<(Value, &'static str)> {
    let rule = |extra: Value| {
        let mut item = json!({ "number": "*", "rule": "a", "status": "REJECT", "code": "603" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    vec![
        (rule(json!({})), "this rule stops every call: it has no condition"),
        (rule(json!({ "priority": -5 })), "this rule stops every call: it has no condition"),
        (rule(json!({ "to": "*" })), "this rule stops every call: it has no condition"),
        (rule(json!({ "from": "*", "percent": 100 })), "this rule stops every call: it has no condition"),
        (
            rule(json!({ "starts_at": "2026-12-25", "expires_at": "2999-12-26" })),
            "this rule stops every call, from 2026-12-25T00:00:00Z on, until 2999-12-26T00:00:00Z: it has no condition",
        ),
        (
            rule(json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112" })),
            "this rule redirects every call to +13605550112: it has no condition",
        ),
        (
            rule(json!({ "status": "PROCEED", "code": null, "priority": 200 })),
            "this rule lets every call through that no rule with a priority above 200 stops: it has no condition",
        ),
        (rule(json!({ "to": "+1900*" })), ""),
        (rule(json!({ "percent": 50 })), ""),
        (rule(json!({ "places": "US-FL" })), ""),
        (rule(json!({ "hours": "21:00-08:00" })), ""),
        (rule(json!({ "clients": "vendor" })), ""),
        (rule(json!({ "calling_hours": "us" })), ""),
        (rule(json!({ "max_calls": 3, "per": "24h" })), ""),
        (rule(json!({ "shadow": true })), ""),
        (rule(json!({ "enabled": false })), ""),
        (rule(json!({ "number": "+13155550101" })), ""),
    ]
}

#[test]
fn a_rule_about_every_call_is_named_and_needs_a_confirmation() {
    for (item, words) in rules_about_every_call() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        let json = item.to_string();
        write(folder, &json!([item]));
        let load = ["load", "rules.json"];
        let found = findings(folder, &json!([item]));
        if words.is_empty() {
            accepted(folder, &load);
            let said = accepted(folder, &["put", "--json", &json, "--yes", "--database", "put.db"]);
            assert!(!said.contains("every call"), "{said}");
            assert!(!found.iter().any(|finding| finding.contains("every call")), "{found:?}");
            continue;
        }
        let said = refused(folder, &load);
        assert!(
            said.contains(words)
                && said.contains("write --yes to write the rules, or --dry-run to only see the changes"),
            "{said}"
        );
        let said = refused(folder, &["put", "--json", &json]);
        assert!(said.contains(&format!("nobody can confirm it; {words}; write --yes")), "{said}");
        assert!(accepted(folder, &["put", "--json", &json, "--dry-run"]).contains(words));
        assert!(found.contains(&format!("warning a: {words}")), "{found:?}");
        assert!(stdout(&run(folder, &["rules"])).lines().count() <= 1, "nothing is written");
        let said = accepted(folder, &["load", "rules.json", "--yes"]);
        assert!(said.contains(&format!("rule `a` under *: {words}")), "{said}");
        let said = accepted(folder, &["put", "--json", &json, "--yes", "--database", "put.db"]);
        assert!(said.contains(words) && said.contains("\nwritten to table precall-rules of put.db\n"), "{said}");
    }
}

#[tokio::test]
async fn the_page_shows_rules_about_every_call_and_attributes_that_are_not_read() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    for (rule, name, value) in [("all", "note", "x"), ("own", "owner", "anna"), ("florida", "state", "FL")] {
        let put = server.client().put_item().table_name("precall-rules");
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = put.item("number", text("*")).item("rule", text(rule)).item("status", text("REJECT"));
        put.item("code", text("603")).item(name, text(value)).send().await.unwrap();
    }
    let (_, html) = support::raw(&server.page, "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    for wanted in [
        "this rule stops every call: it has no condition",
        "`owner`: not an attribute of a rule, so it has no effect",
        "`state`: not an attribute of a rule; did you mean `places: US-FL`?",
    ] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
}

/// A backup may have attributes that were there before `load` refused them.
#[test]
fn a_backup_with_other_attributes_can_be_restored() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &json!([{ "number": "+13155550101", "rule": "dnc", "status": "REJECT", "owner": "anna" }]));
    assert!(refused(folder.path(), &["load", "rules.json"]).contains("write --restore if the file is a backup"));
    accepted(folder.path(), &["load", "rules.json", "--restore"]);
    assert!(stdout(&run(folder.path(), &["rules", "--format", "json"])).contains("anna"));
    // An item that the hook cannot read is refused all the same.
    write(folder.path(), &json!([{ "number": "*", "rule": "fl", "status": "REJECT", "state": "FL" }]));
    assert!(refused(folder.path(), &["load", "rules.json", "--restore", "--yes"]).contains("places: US-FL"));
}

/// The files that come with precall, and the items of the documentation, can be written without a question.
#[test]
fn the_ready_rulebooks_are_accepted() {
    for book in ["us-sales", "us-debt", "canada", "ca-debt", "licensed-states", "toll-fraud", "example"] {
        let folder = TempDir::new().unwrap();
        accepted(folder.path(), &["load", &format!("{}/../../rules/{book}.json", env!("CARGO_MANIFEST_DIR"))]);
    }
}

/// A REJECT with an end that is not read keeps rejecting, and the record shows this.
#[tokio::test]
async fn the_record_names_an_end_that_is_not_read() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let put = server.client().put_item().table_name("precall-rules");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = put.item("number", text("+13155550101")).item("rule", text("dnc")).item("status", text("REJECT"));
    put.item("expiry_date", text("2020-01-01")).send().await.unwrap();
    let (_, body) = server.ask("POST", "?to=%2B13155550101&from=%2B12125550100");
    assert!(body.contains("REJECT"), "{body}");
    let record = server.wait_for("does not limit the REJECT");
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        record["repairs"],
        json!([
            "`expiry_date`: not an attribute of a rule, so it does not limit the REJECT; did you mean `expires_at: 2020-01-01`?"
        ])
    );
}
