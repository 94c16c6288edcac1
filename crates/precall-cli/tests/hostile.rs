//! Texts of others in all outputs: rules, stamps, reasons, names of files and lines of logs with markup, control characters, marks
//! that turn the direction of the text, line breaks and formulas. No output lets them act.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use precall_hook::journal::Stamp;
use serde_json::{Value, json};
use support::{Server, run, stderr, stdout};
use tempfile::TempDir;

/// A text of another person, who wants to control a terminal, a browser, and the reader.
const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>&\"' \u{1b}[31mred\u{1b}]0;title\u{7} \u{202e}desrever\u{2066} \
    \u{200f}mark \0nul \u{9b}2J \u{7f} \r\nFAKE LINE\nby nobody\u{2028}FAKE LINE\u{85}FAKE LINE";

const CALLEE: &str = "+13155550101";

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A table with hostile rules, changes and proposals, and a log with hostile records.
async fn hostile_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let mut server = Server::start(path, &[], &[("PRECALL_AUTH", "none")]);
    let client = server.client();
    let put = async |item: HashMap<String, AttributeValue>| {
        client.put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
    };
    let of = |number: &str, rule: &str, rest: &[(&str, &str)]| {
        let attributes = [("number", number), ("rule", rule), ("status", "REJECT")];
        let all = attributes.iter().chain(rest);
        all.map(|(name, value)| ((*name).to_owned(), text(value))).collect::<HashMap<_, _>>()
    };
    let stamped =
        |via: &str, item: &HashMap<String, AttributeValue>| Stamp::new(HOSTILE, via, Some(HOSTILE)).on(item).unwrap();
    // A rule whose every text is hostile, and a change of it.
    let first = of(CALLEE, HOSTILE, &[("reason", HOSTILE), ("note", HOSTILE), (HOSTILE, HOSTILE)]);
    put(stamped("put", &first)).await;
    put(stamped(HOSTILE, &of(CALLEE, HOSTILE, &[("reason", "=1+1"), ("note", "new"), (HOSTILE, "x")]))).await;
    put(of(HOSTILE, "dnc", &[("reason", HOSTILE)])).await;
    put(of("*", &format!("wild {HOSTILE}"), &[("reason", HOSTILE), ("priority", HOSTILE), ("to", HOSTILE)])).await;
    put(of("*", &"long ".repeat(100), &[("note", &HOSTILE.repeat(600)), ("to", "+13155559999")])).await;
    // The record and the notice of a list.
    let list = json!({ "number": "list", "rule": "own", "state": "complete", "import": "1", "file": HOSTILE, "sha256": HOSTILE,
        "options": HOSTILE });
    let mut record: HashMap<String, AttributeValue> =
        list.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value.as_str().unwrap()))).collect();
    for name in ["size", "position", "accepted", "removed", "rejected", "rejects_size", "started", "finished", "copied"]
    {
        record.insert(name.to_owned(), AttributeValue::N("1795800000".to_owned()));
    }
    put(stamped("import", &record)).await;
    let notice = of("*", "list:own", &[("list", "own"), ("file", HOSTILE), ("sha256", HOSTILE)]);
    put(notice.into_iter().filter(|(name, _)| name != "status").collect()).await;
    let propose = ["propose", "number=*", "rule=night", "status=REJECT", "--yes", "--because", "late"];
    assert!(
        run(path, &[&propose[..], &[&format!("reason={}", HOSTILE.replace('\0', ""))]].concat())
            .status
            .code()
            .is_some()
    );
    server.signal("-TERM");
    server.wait();
    write_log(path);
    folder
}

/// Writes a log with two records into a file with a hostile name.
fn write_log(folder: &Path) {
    let record = |nth: u64, status: &str| {
        json!({
            "timestamp": "2026-11-03T15:30:00.000Z", "level": "INFO", "message": "decision", "service": HOSTILE,
            "decision_id": format!("01a20765-2c40-721d-b0bb-{nth:012}"), "client": HOSTILE, "trace_id": HOSTILE,
            "from": "+12125550100", "to": CALLEE, "status": status, "http_status": 200, "decided_by": "rule",
            "rule": HOSTILE, "rule_number": CALLEE, "code": HOSTILE, "reason": HOSTILE, "because": HOSTILE,
            "callee_place": HOSTILE, "callee_clock": [HOSTILE], "hours_data": "2026-11-23", "rules_looked_at": 3,
            "invalid_rules": 1, "invalid_reasons": [HOSTILE], "lists": [HOSTILE], "exact_rules": [HOSTILE], "outranked": [HOSTILE],
            "shadow_rules": [HOSTILE], "number_repairs": [HOSTILE], "callee_source": "store", "duration_ms": 3.0,
        })
    };
    fs::create_dir(folder.join("log")).unwrap();
    let name = format!("{}.jsonl", HOSTILE.replace(['\0', '/'], ""));
    let lines = format!("{}\n{}\nnot a record {HOSTILE}\n", record(1, "REJECT"), record(2, HOSTILE));
    fs::write(folder.join("log").join(name), lines).unwrap();
    fs::write(
        folder.join("rules.json"),
        json!([{ "number": "*", "rule": HOSTILE, "status": "REJECT", "to": CALLEE }]).to_string(),
    )
    .unwrap();
    fs::write(
        folder.join("expected.csv"),
        format!("from,to,at,expected\n+12125550100,{CALLEE},,PROCEED\n,\"{HOSTILE}\",,PROCEED\n"),
    )
    .unwrap();
    fs::write(folder.join("list.txt"), format!("3155550111\n315555 {}\n", HOSTILE.replace(['\r', '\n'], " "))).unwrap();
}

fn is_dangerous(c: char) -> bool {
    let is_turn = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !matches!(c, '\n' | '\t')) || is_turn || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns the place in a text for people at which another text acts.
fn noise(printed: &str) -> Option<String> {
    let is_fake = |line: &str| line.trim_start().starts_with("FAKE LINE") || line.starts_with("by nobody");
    let at = match printed.lines().find(|line| is_fake(line)) {
        Some(line) => line.as_ptr() as usize - printed.as_ptr() as usize,
        None => printed.find(is_dangerous)?,
    };
    let around: String = printed[..at].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
    Some(format!("{:?} after {around:?}", printed[at..].chars().next().unwrap()))
}

/// Checks a text for people.
fn assert_quiet(what: &str, printed: &str) {
    assert_eq!(noise(printed), None, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_for_people_have_no_control_characters_and_no_lines_of_others() {
    let folder = hostile_folder().await;
    let path = folder.path();
    let history = run(path, &["history", "--format", "json"]);
    let entry = serde_json::from_str::<Value>(stdout(&history).lines().next().unwrap()).unwrap();
    let entry = entry["entry"].as_str().unwrap().to_owned();
    let proposals = stdout(&run(path, &["review"]));
    let proposal = proposals.split(' ').next().unwrap().to_owned();
    assert!(proposal.len() > 5, "{proposals}");
    let mut failures = Vec::new();
    let cases: &[&[&str]] = &[
        &["rules"],
        &["rules", "--number", CALLEE],
        &["rules", "--as-of", "2026-11-03T00:00:00Z"],
        &["lint"],
        &["check", CALLEE],
        &["check", "--to", CALLEE, "--rules", "rules.json"],
        &["test", "expected.csv"],
        &["history"],
        &["history", "--number", CALLEE],
        &["history", "--number", "*"],
        &["history", "--list", "own", "--all"],
        &["diff", "rules.json", "table"],
        &["diff", "table", "2026-11-03T00:00:00Z"],
        &["review"],
        &["review", &proposal],
        &["review", &proposal, "--log", "log"],
        &["lists"],
        &["lists", "--history"],
        &["undo", &entry, "--dry-run"],
        &["load", "rules.json", "--dry-run"],
        &["import", "list.txt", "--list", "other"],
        &["report", "log"],
        &["replay", "log"],
        &["replay", "log", "--rules", "rules.json"],
        &["explain", "log", "--to", CALLEE],
        &["explain", "log", "--to", CALLEE, "--all"],
        &["explain", "log", "--id", "01a20765-2c40-721d-b0bb-000000000001"],
    ];
    for arguments in cases {
        let output = run(path, arguments);
        let what = format!(
            "{:?}",
            arguments.iter().map(|argument| argument.chars().take(30).collect::<String>()).collect::<Vec<_>>()
        );
        for printed in [stdout(&output), stderr(&output)] {
            failures.extend(noise(&printed).map(|noise| format!("{what}: {noise}")));
        }
        assert!(output.status.code().is_some_and(|code| code < 3), "{what}: {}", stderr(&output));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // The files that commands write for people.
    for (arguments, file) in [
        (&["report", "log", "--out", "report.txt"][..], "report.txt"),
        (&["explain", "log", "--to", CALLEE, "--all", "--out", "evidence.txt"], "evidence.txt"),
    ] {
        run(path, arguments);
        assert_quiet(file, &fs::read_to_string(path.join(file)).unwrap());
    }
}

/// JSON keeps every character, but with escapes, so that it can be shown in a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn json_keeps_all_characters_as_escapes() {
    let folder = hostile_folder().await;
    let path = folder.path();
    for (arguments, has_text) in [
        (&["rules", "--format", "json"][..], true),
        (&["history", "--format", "json"], true),
        (&["history", "--list", "own", "--all", "--format", "json"], true),
        (&["diff", "rules.json", "table", "--format", "json"], true),
        (&["lists", "--json"], true),
        (&["lists", "--history", "--json"], true),
        (&["lint", "--json"], true),
        (&["check", CALLEE, "--json"], true),
        (&["test", "expected.csv", "--json"], false),
        (&["replay", "log", "--json"], false),
        (&["hours", CALLEE, "--json"], false),
    ] {
        let output = run(path, arguments);
        let printed = stdout(&output);
        assert_quiet(&format!("{arguments:?}"), &printed);
        let values: Vec<Value> = serde_json::Deserializer::from_str(&printed)
            .into_iter()
            .map(|value| value.unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{printed}")))
            .collect();
        let is_kept = values.iter().any(|value| has_string(value, &|text| text.contains(HOSTILE)));
        assert!(is_kept || !has_text, "{arguments:?} has changed the text:\n{printed}");
    }
}

fn has_string(value: &Value, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_wanted(text),
        Value::Array(values) => values.iter().any(|value| has_string(value, is_wanted)),
        Value::Object(fields) => fields.iter().any(|(name, value)| is_wanted(name) || has_string(value, is_wanted)),
        _ => false,
    }
}

/// The pages show the texts, and the texts do nothing: there is no element of theirs, and a policy that forbids all that loads or
/// runs.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_inert() {
    let folder = hostile_folder().await;
    let path = folder.path();
    for (arguments, file) in [
        (
            &["explain", "log", "--to", CALLEE, "--all", "--format", "html", "--out", "evidence.html"][..],
            "evidence.html",
        ),
        (&["report", "log", "--format", "html", "--out", "report.html"], "report.html"),
    ] {
        run(path, arguments);
        let page = fs::read_to_string(path.join(file)).unwrap();
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{file} shows the text");
        let allowed = [
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "h1",
            "h2",
            "h3",
            "p",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "pre",
            "footer",
            "div",
            "span",
            "strong",
            "small",
            "figure",
            "figcaption",
            "svg",
            "rect",
            "text",
            "line",
            "polyline",
            "polygon",
            "desc",
            "circle",
            "path",
            "g",
            "ul",
            "li",
            "code",
            "section",
        ];
        for part in page.split('<').skip(1) {
            let name: String =
                part.trim_start_matches(['/', '!']).chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(allowed.contains(&name.as_str()) || name == "DOCTYPE", "{file} has <{name}: {part:.80}");
            let tag = part.split('>').next().unwrap();
            for attribute in ["src=", "href=", " on", "xlink", "url("] {
                assert!(!tag.contains(attribute), "{file}: {attribute} in <{tag}>");
            }
        }
        let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'\">";
        assert!(page.contains(policy), "{file}: {:.400}", page);
        assert!(
            !page.contains("http://") && !page.contains("https://") || file == "report.html",
            "{file} names an address"
        );
        assert!(!page.contains(is_dangerous), "{file}: {:?}", page.chars().find(|c| is_dangerous(*c)));
    }
}

/// Cells that a spreadsheet program would take for a formula.
const FORMULAS: [&str; 10] = [
    "=HYPERLINK(\"http://x\")",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\u{ff1d}1+1",
    "\u{ff0b}1",
    "=cmd|' /C calc'!A0",
];

/// No cell of an export is a formula. Numbers in E.164 keep their sign.
#[tokio::test(flavor = "multi_thread")]
async fn exports_have_no_formulas() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let mut server = Server::start(path, &[], &[("PRECALL_AUTH", "none")]);
    let mut log = String::new();
    for (nth, formula) in FORMULAS.into_iter().enumerate() {
        let number = format!("+1315555010{nth}");
        let item = [
            ("number", number.as_str()),
            ("rule", formula),
            ("status", "REJECT"),
            ("reason", formula),
            (formula, formula),
        ];
        let item: HashMap<_, _> = item.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        let item = Stamp::new(formula, formula, Some(formula)).on(&item).unwrap();
        server.client().put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
        let record = json!({
            "timestamp": "2026-11-03T15:30:00.000Z", "message": "decision", "decision_id": nth.to_string(), "client": formula,
            "from": "+12125550100", "to": number, "status": "REJECT", "http_status": 200, "decided_by": "rule", "rule": formula,
            "rule_number": number, "reason": formula, "callee_place": formula, "shadow_rules": [formula], "invalid_reasons": [formula],
            "invalid_rules": 1, "duration_ms": 3.0,
        });
        log += &format!("{record}\n");
    }
    server.signal("-TERM");
    server.wait();
    fs::write(path.join("log.jsonl"), log).unwrap();
    for (arguments, keeps_numbers) in [
        (&["rules", "--format", "csv"][..], true),
        (&["history", "--format", "csv"], true),
        (&["report", "log.jsonl", "--format", "csv"], false),
    ] {
        let printed = stdout(&run(path, arguments));
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(printed.as_bytes());
        let mut cells = 0;
        for row in reader.records() {
            for cell in &row.unwrap() {
                let digits = cell.strip_prefix(['+', '-']).unwrap_or_default();
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let first = cell.chars().next().unwrap_or('x');
                let is_formula = "=+-@\t\r\n\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(first);
                assert!(is_number || !is_formula, "{arguments:?}: {cell:?}");
                cells += usize::from(cell.starts_with('\''));
            }
        }
        assert!(cells >= FORMULAS.len(), "{arguments:?}: only {cells} cells begin with an apostrophe:\n{printed}");
        assert!(
            !keeps_numbers || printed.contains(",+13155550101,") || printed.contains("\n+13155550101,"),
            "{printed}"
        );
    }
}
