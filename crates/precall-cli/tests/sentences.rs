//! Tests what the program says about rules: their sentences, consents that come before the law, and whether a rule enforces
//! the table of calling hours.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, raw, run, stderr, stdout};

/// A Tuesday, 03:00 in New York.
const NIGHT: &str = "2026-12-01T08:00:00Z";

fn write(folder: &Path, name: &str, items: &Value) {
    std::fs::write(folder.join(name), items.to_string()).unwrap();
}

/// Runs a command that must succeed, and returns its output.
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the page of a server as a person reads it.
fn page(server: &Server, path: &str) -> String {
    let (_, html) =
        raw(&server.page, &format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.page));
    let mut text = String::new();
    for part in html.split('<') {
        text += part.split_once('>').map_or(part, |(_, text)| text);
        text.push(' ');
    }
    let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

// ---- Sentences ----

const FLORIDA: &str = "rejects calls to Florida, Mon–Fri outside 09:00–17:00 by the callee's clock, until 25 Dec 2036 00:00 UTC, code 480";

fn florida() -> Value {
    json!([
        { "number": "*", "rule": "no-fl", "status": "REJECT", "code": "480", "places": "US-FL", "days": "Mon-Fri",
          "hours": "!09:00-17:00", "expires_at": "2036-12-25", "ticket": 7 },
        { "number": "+13055550100", "rule": "yes", "status": "PROCEED", "priority": -1, "reason": "nobody reads this" },
        { "number": "+13055550100", "rule": "lives-in", "timezone": "America/Denver" },
        { "number": "*", "rule": "typo", "status": "REJCT" },
    ])
}

#[test]
fn rules_print_what_was_read() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "rules.json", &florida());
    let text = succeed(folder.path(), &["rules", "--rules", "rules.json"]);
    assert!(text.contains(&format!("{FLORIDA}; not read: `ticket`\n")), "{text}");
    assert!(text.contains("lets through calls to +13055550100, priority -1; not read: `reason`\n"), "{text}");
    assert!(text.contains("says that the holder of +13055550100 has the clock of America/Denver\n"), "{text}");
    assert!(text.contains("`status`: \"REJCT\" is not a status"), "{text}");
    let csv = succeed(folder.path(), &["rules", "--rules", "rules.json", "--format", "csv"]);
    assert!(csv.starts_with("number,rule,priority,status,code,reason,rest,sentence\n"), "{csv}");
    assert!(csv.contains(&format!("\"{FLORIDA}\"")), "{csv}");
}

#[test]
fn check_prints_what_each_rule_does() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "rules.json", &florida());
    let check = ["check", "--rules", "rules.json", "--to", "+13055550100", "--at", NIGHT];
    let text = succeed(folder.path(), &check);
    let (_, sentences) = text.split_once("WHAT IT DOES\n").unwrap();
    assert!(sentences.contains(&format!("no-fl     {FLORIDA}\n          not read: `ticket`\n")), "{text}");
    assert!(sentences.contains("yes       lets through calls to +13055550100, priority -1\n"), "{text}");
    assert!(!sentences.contains("typo"), "{text}");
    let json = succeed(folder.path(), &[&check[..], &["--json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    let row = |name: &str| {
        let mut rows = json["rules"].as_array().unwrap().iter();
        rows.find(|row| row["rule"] == name).unwrap_or_else(|| panic!("{name}: {json:#}")).clone()
    };
    assert_eq!((&row("no-fl")["sentence"], &row("no-fl")["not_read"]), (&json!(FLORIDA), &json!(["ticket"])));
    assert_eq!((&row("yes")["not_read"], &row("typo")["sentence"]), (&json!(["reason"]), &Value::Null));
}

#[test]
fn put_prints_what_the_new_rule_does() {
    let folder = TempDir::new().unwrap();
    let put = ["put", "number=*", "rule=no-fl", "status=REJECT", "places=CA", "priority=5", "--yes"];
    let text = succeed(folder.path(), &put);
    assert!(text.contains("\nit rejects calls to Canada, code 503, priority 5\n"), "{text}");
    let put = ["put", "number=+13155550101", "rule=yes", "status=PROCEED", "reason=ours", "--dry-run"];
    let text = succeed(folder.path(), &put);
    assert!(text.contains("\nit lets through calls to +13155550101\nnot read: `reason`\n"), "{text}");
}

/// A control character in a name reaches no terminal.
#[test]
fn a_sentence_does_not_control_the_terminal() {
    let folder = TempDir::new().unwrap();
    write(
        folder.path(),
        "rules.json",
        &json!([{ "number": "*", "rule": "r\u{1b}[31m", "status": "REJECT", "clients": "a" }]),
    );
    for arguments in
        [&["rules", "--rules", "rules.json"][..], &["check", "--rules", "rules.json", "--to", "+13155550100"]]
    {
        let text = succeed(folder.path(), arguments);
        assert!(text.contains("by client `a`"), "{text:?}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn the_page_shows_what_was_read() {
    let folder = TempDir::new().unwrap();
    let mut items = florida();
    items.as_array_mut().unwrap().pop();
    write(folder.path(), "good.json", &items);
    succeed(folder.path(), &["load", "good.json", "--restore"]);
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let text = page(&server, "/?to=%2B13055550100&at=2026-12-01T03:00");
    assert_eq!(text.matches(FLORIDA).count(), 2, "in the rules, and in the try: {text}");
    assert!(text.contains("not read: `ticket`") && text.contains("not read: `reason`"), "{text}");
}

// ---- Consents ----

/// Returns the findings of lint about one consent beside a rulebook, as `level: what`.
fn lint(folder: &Path, book: &str, items: &Value) -> Vec<String> {
    write(folder, "consent.json", items);
    let rules = format!("{}/../../rules/{book}", env!("CARGO_MANIFEST_DIR"));
    let output = run(folder, &["lint", "--json", "--rules", &rules, "--rules", "consent.json"]);
    let findings = json_lines(&stdout(&output)).into_iter().filter(|finding| finding["rule"] == "consent");
    findings
        .map(|finding| format!("{}: {}", finding["level"].as_str().unwrap(), finding["what"].as_str().unwrap()))
        .collect()
}

/// The numbers: New York has no cap in the book, Florida has one; Toronto and London are not in its country.
#[test]
fn a_consent_before_the_law_needs_hours_of_its_own() {
    const HOURS: &str = "error: it lets calls through at any hour, and it comes before the lawful hours of rule \
                         `calling-hours-us` under * (priority 100)";
    const BOTH: &str = "error: it lets calls through at any hour, and it comes before the lawful hours of rule \
                        `calling-hours-us` under * (priority 100) and the cap of rule `frequency-us-fl` under * (priority 100)";
    const CAP: &str =
        "note: it lets calls through that the cap of rule `frequency-us-fl` under * (priority 100) would stop";
    const NEW_YORK: &str = "+12125550100";
    const FLORIDA: &str = "+13055550100";
    let folder = TempDir::new().unwrap();
    for (number, attributes, expected) in [
        (NEW_YORK, json!({}), Some(HOURS)),
        (FLORIDA, json!({}), Some(BOTH)),
        (FLORIDA, json!({ "expires_at": "2099-01-01" }), Some(BOTH)),
        // Hours of its own
        (NEW_YORK, json!({ "hours": "09:00-20:00" }), None),
        (FLORIDA, json!({ "hours": "09:00-20:00" }), Some(CAP)),
        (NEW_YORK, json!({ "hours": "08:00-21:00" }), None),
        (
            NEW_YORK,
            json!({ "days": "Mon-Fri" }),
            Some("error: it lets calls through at Mon 00:00 by the callee's clock"),
        ),
        (NEW_YORK, json!({ "hours": "9-5" }), Some("error: it lets calls through at Mon 00:00 by the callee's clock")),
        (NEW_YORK, json!({ "hours": "00:00-24:00" }), Some("error: it lets calls through at any hour")),
        (NEW_YORK, json!({ "hours": "08:00-21:15" }), Some("error: it lets calls through at Mon 21:00")),
        (NEW_YORK, json!({ "hours": "!12:00-13:00" }), Some("error: it lets calls through at Mon 00:00")),
        (
            NEW_YORK,
            json!({ "hours": "09:00-20:00", "timezone": "caller" }),
            Some("error: its hours are not by the callee's clock"),
        ),
        (NEW_YORK, json!({ "hours": "09:00-20:00", "timezone": "America/New_York" }), None),
        (
            "*",
            json!({ "hours": "09:00-20:00", "timezone": "America/New_York" }),
            Some("error: its hours are not by the callee's"),
        ),
        // The rank
        (NEW_YORK, json!({ "priority": 60 }), None),
        (NEW_YORK, json!({ "priority": 100 }), Some(HOURS)),
        ("*", json!({ "priority": 100 }), None),
        ("*", json!({ "priority": 100, "to": "+1212*" }), Some(HOURS)),
        ("*", json!({ "priority": 101 }), Some(BOTH)),
        // The calls
        (NEW_YORK, json!({ "from": "anonymous" }), Some(HOURS)),
        (NEW_YORK, json!({ "from": "+12125550199, !+1315*" }), Some(HOURS)),
        ("+12125550199", json!({ "side": "from" }), Some(BOTH)),
        ("+12125550199", json!({ "side": "from", "to": "+44*" }), None),
        ("+12125550199", json!({ "side": "from", "to": "+1305*" }), Some(BOTH)),
        ("+12125550199", json!({ "side": "from", "to": "+1*" }), Some(BOTH)),
        ("+12125550199", json!({ "side": "from", "to": "!+1305*" }), Some(BOTH)),
        ("*", json!({ "to": "!+1*" }), Some(HOURS)),
        ("*", json!({ "to": "+44*, +49*, +1416*" }), None),
        ("*", json!({ "to": "+1*, !+1305*", "places": "US-NY" }), Some(HOURS)),
        ("*", json!({ "places": "US-FL" }), Some(BOTH)),
        ("*", json!({ "places": "US-TX" }), Some(HOURS)),
        ("*", json!({ "places": "CA, GB" }), None),
        ("+14165550100", json!({}), None),
        ("+442079460100", json!({}), None),
        ("+18005550100", json!({}), Some(HOURS)),
        ("+870776712345", json!({}), Some(HOURS)),
        ("911", json!({}), None),
        // Rules that decide no call
        (NEW_YORK, json!({ "shadow": true }), None),
        (NEW_YORK, json!({ "enabled": false }), None),
        (NEW_YORK, json!({ "expires_at": "2026-01-01" }), None),
        (NEW_YORK, json!({ "status": "REJECT" }), None),
        (NEW_YORK, json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112" }), None),
    ] {
        let mut item = json!({ "number": number, "rule": "consent", "status": "PROCEED", "priority": 200 });
        item.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let found = lint(folder.path(), "us-sales.json", &json!([item]));
        let found: Vec<&String> = found
            .iter()
            .filter(|found| found.contains("it lets calls through") || found.contains("its hours are"))
            .collect();
        match expected {
            None => assert!(found.is_empty(), "{item}: {found:?}"),
            Some(expected) => assert!(found.len() == 1 && found[0].starts_with(expected), "{item}: {found:?}"),
        }
        if expected == Some(HOURS) {
            assert_eq!(found[0], HOURS, "{item}");
        }
    }
}

#[test]
fn rules_of_law_that_cannot_stop_the_call_are_no_finding() {
    let folder = TempDir::new().unwrap();
    let consent = json!({ "number": "+12125550100", "rule": "consent", "status": "PROCEED", "priority": 200, "clients": "vip",
        "starts_at": "2036-01-01" });
    for (law, is_found) in [
        (json!({ "calling_hours": "us" }), true),
        (json!({ "calling_hours": "us", "shadow": true }), false),
        (json!({ "calling_hours": "us", "enabled": false }), false),
        (json!({ "calling_hours": "us", "expires_at": "2026-01-01" }), false),
        (json!({ "calling_hours": "us", "expires_at": "2035-12-31" }), false),
        (json!({ "calling_hours": "us", "clients": "!vip" }), false),
        (json!({ "calling_hours": "us", "clients": "!other" }), true),
        (json!({ "calling_hours": "us", "clients": "other, VIP" }), true),
        (json!({ "calling_hours": "us", "to": "!+1212*" }), false),
        (json!({ "calling_hours": "ca" }), false),
        (json!({ "calling_hours": "ca, us-debt" }), true),
        (json!({ "calling_hours": "us", "places": "!US-NY" }), false),
        (json!({ "calling_hours": "us", "from": "+1315*" }), true),
        (json!({ "calling_hours": "us", "status": "CHANGE_DESTINATION", "code": "+13605550112" }), true),
        (json!({ "max_calls": 3, "per": "24h" }), true),
        (json!({ "max_calls": 3, "per": "24h", "number": "+12125550100" }), true),
        (json!({ "max_calls": 3, "per": "24h", "number": "+12125550101" }), false),
        (json!({ "hours": "21:00-08:00" }), false),
    ] {
        let mut item = json!({ "number": "*", "rule": "law", "status": "REJECT", "code": "480", "priority": 100 });
        item.as_object_mut().unwrap().extend(law.as_object().unwrap().clone());
        write(folder.path(), "rules.json", &json!([item, consent]));
        let output = run(folder.path(), &["lint", "--strict", "--rules", "rules.json"]);
        let found =
            stdout(&output).contains("error: rule `consent` under +12125550100: it lets calls through at any hour");
        assert_eq!((found, output.status.success()), (is_found, !is_found), "{item}: {}", stdout(&output));
    }
}

/// A list may have millions of consents: they are one finding.
#[test]
fn many_consents_of_one_name_are_one_finding() {
    let folder = TempDir::new().unwrap();
    let consent = |n: usize| json!({ "number": format!("+1212555{n:04}"), "rule": "consent", "status": "PROCEED", "priority": 200 });
    let few: Vec<Value> = (0..5).map(consent).collect();
    assert_eq!(lint(folder.path(), "us-sales.json", &few.into()).len(), 5);
    let many: Vec<Value> = (0..3_000).map(consent).collect();
    let found = lint(folder.path(), "us-sales.json", &many.into());
    assert!(found.len() == 1 && found[0].ends_with("; so do 2,999 other rules of this name"), "{found:?}");
}

#[test]
fn put_and_the_page_warn_of_a_consent_before_the_law() {
    let folder = TempDir::new().unwrap();
    let law = ["put", "number=*", "rule=law", "status=REJECT", "code=480", "calling_hours=us", "priority=100", "--yes"];
    succeed(folder.path(), &law);
    let put = ["put", "number=+12125550100", "rule=consent", "status=PROCEED", "priority=200"];
    let output = run(folder.path(), &[&put[..], &["--yes", "--force"]].concat());
    let warning =
        "it lets calls through at any hour, and it comes before the lawful hours of rule `law` under * (priority 100)";
    assert!(
        output.status.success() && stderr(&output).contains(&format!("error: {warning}; add `hours`")),
        "{}",
        stderr(&output)
    );
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    assert!(page(&server, "/").contains(warning), "{}", page(&server, "/"));
    drop(server);
    let output = run(folder.path(), &[&put[..], &["hours=09:00-20:00", "--yes"]].concat());
    assert_eq!(stderr(&output), "");
}

/// Returns the items in the JSON blocks of a page.
fn shown_items(page: &str) -> Vec<Value> {
    let mut items = Vec::new();
    for block in page.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        // A block may have several items, or none, such as an answer.
        for value in serde_json::Deserializer::from_str(block).into_iter::<Value>().map_while(Result::ok) {
            match value {
                Value::Array(values) => items.extend(values),
                value => items.push(value),
            }
        }
    }
    items
}

/// Returns the files of the documentation.
fn documentation() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    docs.chain([root.join("README.md")]).filter(|file| file.extension().is_some_and(|ext| ext == "md")).collect()
}

/// The exemptions that the documentation shows lift what they name, and have an end.
#[test]
fn the_exemptions_of_the_documentation_are_right() {
    let folder = TempDir::new().unwrap();
    let mut count = 0;
    for file in documentation() {
        for mut item in shown_items(&std::fs::read_to_string(&file).unwrap()) {
            if item.get("exempt").is_none() || item.get("rule").is_none() {
                continue;
            }
            count += 1;
            let is_of_console = item["rule"].is_object();
            let typed = |text: &str| if is_of_console { json!({ "S": text }) } else { json!(text) };
            let listed = json!({ "number": item["number"], "rule": typed("national-dnc"), "status": typed("REJECT"), "code": typed("603") });
            item["rule"] = typed("consent");
            let found = lint(folder.path(), "us-sales.json", &json!([listed, item]));
            assert!(found.iter().all(|found| found.starts_with("note: ")), "{}: {item}: {found:?}", file.display());
        }
    }
    assert!(count >= 4, "only {count} exemptions were found");
}

/// The consents that the documentation shows have hours and an end, or leave the law above them.
#[test]
fn the_consents_of_the_documentation_are_no_error() {
    let folder = TempDir::new().unwrap();
    let mut count = 0;
    for file in documentation() {
        for mut item in shown_items(&std::fs::read_to_string(&file).unwrap()) {
            let text = item.to_string();
            let is_consent = item.get("rule").is_some() && text.contains("\"PROCEED\"");
            if !is_consent {
                continue;
            }
            count += 1;
            let name = if item["rule"].is_object() { json!({ "S": "consent" }) } else { json!("consent") };
            item["rule"] = name;
            for book in ["us-sales.json", "us-debt.json", "canada.json", "ca-debt.json"] {
                let found = lint(folder.path(), book, &json!([item]));
                assert!(found.iter().all(|found| found.starts_with("note: ")), "{}: {item}: {found:?}", file.display());
            }
        }
    }
    assert!(count >= 2, "only {count} consents were found");
}

// ---- The calling hours ----

const NO_RULE: &str =
    "no rule enforces `us` (sales calls to the United States), so the hook rejects no call because of these hours";
const COMMAND: &str = "precall put 'number=*' rule=calling-hours-us status=REJECT code=480 'reason=Outside calling hours' \
                       calling_hours=us priority=100";

fn hours(folder: &Path, arguments: &[&str]) -> String {
    stdout(&run(folder, &[&["hours", "--to", "+12125550100", "--at", NIGHT], arguments].concat()))
}

#[test]
fn hours_say_whether_a_rule_enforces_them() {
    let folder = TempDir::new().unwrap();
    // Without a database, the table alone is used.
    let text = hours(folder.path(), &[]);
    assert!(text.contains("us        may not be called\n"), "{text}");
    assert!(text.contains("There is no database, so only the table was used."), "{text}");
    let json: Value = serde_json::from_str(&hours(folder.path(), &["--json"])).unwrap();
    assert_eq!((&json["rules_read"], &json["laws"][0]["enforced_by"]), (&json!(false), &Value::Null));
    assert!(!folder.path().join(".precall").exists());

    write(
        folder.path(),
        "none.json",
        &json!([{ "number": "*", "rule": "law", "status": "REJECT", "calling_hours": "us-debt" }]),
    );
    let text = hours(folder.path(), &["--rules", "none.json"]);
    assert!(text.contains(&format!("rules     {NO_RULE}\n          to enforce them: {COMMAND}\n")), "{text}");
    let text = hours(folder.path(), &["--rules", "none.json", "--law", "us-debt"]);
    assert!(text.contains("rules     rule `law` under * enforces `us-debt` (debt collection calls"), "{text}");
}

/// Each of these rules enforces the hours of a call to New York, or not.
#[test]
fn a_rule_whose_dates_are_over_enforces_nothing() {
    let folder = TempDir::new().unwrap();
    for (dates, is_enforced) in [("2025-01-01", false), ("01-01..12-31", true), ("2025-01-01..9000-01-01", true)] {
        let law = json!([{ "number": "*", "rule": "law", "status": "REJECT", "calling_hours": "us", "dates": dates }]);
        write(folder.path(), "rules.json", &law);
        let text = stdout(&run(folder.path(), &["lint", "--rules", "rules.json"]));
        assert_eq!(text.contains("rule `law` under * enforces `us`"), is_enforced, "{dates}: {text}");
    }
}

#[test]
fn only_a_rule_that_may_stop_the_call_enforces_its_hours() {
    let folder = TempDir::new().unwrap();
    for (attributes, is_enforced) in [
        (json!({}), true),
        (json!({ "calling_hours": "us-automated" }), true),
        (json!({ "calling_hours": "ca" }), false),
        (json!({ "shadow": true }), false),
        (json!({ "enabled": false }), false),
        (json!({ "expires_at": "2026-01-01" }), false),
        (json!({ "starts_at": "2027-01-01" }), false),
        (json!({ "places": "US-FL" }), false),
        (json!({ "to": "+1212*" }), true),
        (json!({ "to": "!+1212*" }), false),
        (json!({ "clients": "sales" }), true),
        (json!({ "number": "+12125550100" }), true),
        (json!({ "number": "+12125550100", "side": "from" }), false),
        (json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112" }), true),
    ] {
        let mut item = json!({ "number": "*", "rule": "law", "status": "REJECT", "calling_hours": "us" });
        item.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        write(folder.path(), "rules.json", &json!([item]));
        let json: Value = serde_json::from_str(&hours(folder.path(), &["--rules", "rules.json", "--json"])).unwrap();
        let law = &json["laws"][0];
        assert_eq!(law["lawful"], false);
        assert_eq!(law["enforced_by"].as_array().unwrap().len(), usize::from(is_enforced), "{item}: {law:#}");
        assert_eq!(law["to_enforce"].is_null(), is_enforced, "{item}: {law:#}");
    }
    write(
        folder.path(),
        "rules.json",
        &json!([{ "number": "*", "rule": "law", "status": "REJECT", "calling_hours": "us", "shadow": true }]),
    );
    let text = hours(folder.path(), &["--rules", "rules.json"]);
    assert!(text.contains("(rule `law` under * is a shadow rule and only reports)"), "{text}");
}

#[test]
fn everything_that_shows_hours_names_the_command_that_enforces_them() {
    let folder = TempDir::new().unwrap();
    succeed(folder.path(), &["put", "number=+13155550101", "rule=dnc", "status=REJECT", "code=603", "--yes"]);
    let check = ["check", "--to", "+12125550100", "--at", NIGHT];
    let env = [("PRECALL_AUTH", "none")];
    let map = "/?about=sales&place=US-NY";
    let text = succeed(folder.path(), &check);
    assert!(text.contains("decision  PROCEED\n"), "{text}");
    assert!(text.contains(&format!("          {NO_RULE}\n          to enforce them: {COMMAND}\n")), "{text}");
    let text = succeed(folder.path(), &["lint"]);
    let both = COMMAND.replace("hours-us ", "hours ").replace("=us ", "=us,ca ");
    assert!(text.contains("hours: no rule enforces the table of calling hours"), "{text}");
    assert!(text.contains(&format!("to enforce them: {both}\n")), "{text}");
    let mut server = Server::start(folder.path(), &[], &env);
    assert!(server.printed.contains("Hours:    no rule enforces the table of calling hours"), "{}", server.printed);
    assert!(server.printed.contains(&both), "{}", server.printed);
    let text = page(&server, map);
    assert!(text.contains(&NO_RULE.replacen('n', "N", 1)) && text.contains(&both), "{text}");
    server.signal("-INT");
    server.wait();
    drop(server);

    // The command does what it says.
    let bin = Path::new(env!("CARGO_BIN_EXE_precall")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut put = Command::new("sh");
    put.args(["-c", &format!("{both} --yes")]).current_dir(folder.path()).env_clear().env("PATH", path);
    let put = put.output().unwrap();
    assert!(put.status.success(), "{}", stderr(&put));

    let text = succeed(folder.path(), &check);
    assert!(text.contains("decision  REJECT 480 \"Outside calling hours\"\n"), "{text}");
    assert!(text.contains("rule `calling-hours` under * enforces `us` (sales calls to the United States)\n"), "{text}");
    let sentence = "rejects all calls outside the lawful hours of `us` (sales calls to the United States) or `ca` (sales calls \
                    to Canada), code 480 \"Outside calling hours\", priority 100";
    let text = hours(folder.path(), &[]);
    assert!(text.contains(&format!("          it {sentence}\n")) && !text.contains("to enforce"), "{text}");
    let text = succeed(folder.path(), &["lint"]);
    assert!(text.contains("hours: rule `calling-hours` under * enforces `us`") && text.contains(sentence), "{text}");
    let server = Server::start(folder.path(), &[], &env);
    assert!(server.printed.contains("Hours:    rule `calling-hours` under * enforces `us`"), "{}", server.printed);
    let text = page(&server, map);
    assert!(text.contains("Rule `calling-hours` under * enforces `us`") && text.contains(sentence), "{text}");
    assert!(!text.contains("to enforce them") && !text.contains("To enforce them"), "{text}");
    let text = page(&server, "/?about=debt");
    assert!(
        text.contains("No rule enforces `us-debt`")
            && text.contains("rule=calling-hours-us-debt-ca-debt ")
            && text.contains("calling_hours=us-debt,ca-debt priority=100"),
        "{text}"
    );
}

/// Lint in JSON says it too, but not among the findings.
#[test]
fn lint_as_json_says_it_on_standard_error() {
    let folder = TempDir::new().unwrap();
    let law = json!({ "number": "*", "rule": "law", "status": "REJECT", "code": "480", "calling_hours": "us-debt" });
    write(folder.path(), "rules.json", &json!([law]));
    let output = run(folder.path(), &["lint", "--json", "--rules", "rules.json"]);
    assert_eq!(stdout(&output), "");
    let told = stderr(&output);
    assert!(told.contains("hours: rule `law` under * enforces `us-debt` (debt collection calls"), "{told}");
    assert!(
        told.contains("no rule enforces `ca` (sales calls to Canada)") && told.contains("calling_hours=ca "),
        "{told}"
    );
    assert!(!told.contains("`us` "), "another law of the country is enforced: {told}");
}
