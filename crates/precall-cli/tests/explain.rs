//! `precall explain` and `precall hash` as a person runs them, on logs of the real hook and on records of every kind.

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

use precall_hook::auth;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, precall, run, stderr, stdout};

const KEY: &str = "a-key-for-the-hashes-of-tests";
const FROM: &str = "+12125550100";
const TO: &str = "+13155550101";

/// The hash of [`TO`] with [`KEY`].
const TO_HASH: &str = "0c88f327dd119e4b";

const BOOK: &str = r#"[
  {"number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603", "reason": "Asked us not to call", "priority": 100},
  {"number": "+13155550102", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13605550112"},
  {"number": "*", "rule": "premium", "status": "REJECT", "code": "403", "reason": "Ask +12125550100", "to": "+1900*"},
  {"number": "*", "rule": "two-a-day", "status": "REJECT", "code": "480", "max_calls": 1, "per": "24h", "to": "+13155550104"},
  {"number": "*", "rule": "wide", "status": "REJECT", "reason": "From １０ to ２０", "to": "+13155550105"},
  {"number": "*", "rule": "trial", "status": "REJECT", "shadow": true}
]"#;

fn session(output: &Output) -> String {
    format!("{}{}[exit status {}]\n", stderr(output), stdout(output), output.status.code().unwrap())
}

/// A record as the hook writes it, with the given fields. `null` removes a field.
fn record(nth: u64, at: &str, rest: Value) -> Value {
    let mut record = json!({
        "timestamp": at, "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": id(nth), "cold_start": false, "client": "vendor",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "from": "+1212*******", "from_hash": "c8076a84428090c5",
        "to": "+1315*******", "to_hash": TO_HASH, "status": "PROCEED", "http_status": 200, "decided_by": "default",
        "callee_place": "US-NY", "callee_clock": ["Mon 10:30 in America/New_York"], "hours_data": "2026-11-23",
        "rules_looked_at": 3, "invalid_rules": 0, "callee_source": "store", "any_source": "cache", "any_age_ms": 12,
        "duration_ms": 3.0,
    });
    record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    record.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    record
}

fn id(nth: u64) -> String {
    format!("01a20765-2c40-721d-b0bb-{nth:012}")
}

fn write_log(folder: &Path, records: &[Value]) {
    fs::write(folder.join("log.jsonl"), records.iter().map(|record| format!("{record}\n")).collect::<String>())
        .unwrap();
}

/// Runs the command with the key of the log's hashes.
fn with_key(folder: &Path, arguments: &[&str]) -> Output {
    precall(folder).args(arguments).env("PRECALL_NUMBER_HASH_KEY", KEY).output().unwrap()
}

/// A rejection with all that a record can say.
fn rejection() -> Value {
    let rest = json!({
        "status": "REJECT", "code": "480", "reason": "Limit of 3 calls <in> 24 hours", "decided_by": "rule",
        "rule": "frequency", "rule_number": "*", "priority": 40, "rule_version": "0123456789ab",
        "because": "3 calls in 24h to this callee", "cap_max_calls": 3, "cap_per": "24h", "cap_count_by": "callee",
        "any_revision": "ba9876543210", "exempt": ["national-dnc until 2027-03-01 00:00 UTC by consent-4711, proof: recording 4711"], "exact_rules": ["note@00ff00ff00ff"],
        "lists": ["national-dnc: copy of 2026-11-01, no match", "internal: copy of 2026-11-02, no match"],
        "callee_place": "US-FL", "callee_clock": ["Mon 10:31 in America/New_York", "Mon 09:31 in America/Chicago"],
        "outranked": ["evenings"], "shadow_rules": ["trial"], "invalid_rules": 1,
        "invalid_reasons": ["night: `hours`: \"25:00\" is not a time"], "repairs": ["`priority`: \"40 \" was read as 40"],
        "number_repairs": ["`to`: the extension 12 was left out"], "partial": ["caller"], "partial_cause": "throttled",
        "caller_source": "last_good", "caller_age_ms": 70000,
    });
    record(2, "2026-11-02T15:31:00.000Z", rest)
}

#[test]
fn a_page_as_a_person_reads_it() {
    let folder = TempDir::new().unwrap();
    write_log(folder.path(), &[record(1, "2026-11-02T15:30:00.000Z", json!({})), rejection()]);
    let explain = ["explain", "log.jsonl", "--id", &id(2)];
    let text = session(&run(folder.path(), &explain));
    insta::assert_snapshot!("text", text);
    let html = [&explain[..], &["--format", "html", "--out", "page.html"]].concat();
    assert_eq!(session(&run(folder.path(), &html)), "[exit status 0]\n");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let (head, rest) = page.split_once("<style>").unwrap();
    let (style, body) = rest.split_once("</style>").unwrap();
    insta::assert_snapshot!(
        "html",
        format!("{head}{body}").replace("><", ">\n<").replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
    assert!(style.contains("@media print"));
    for outside in ["<script", "http:", "https:", "src=", "url(", "@import", "<link", "<iframe", "<in>"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

/// The body of the page is the one that the vendor received, or the page says that the log does not have it.
#[test]
fn the_evidence_of_a_running_hook() {
    for show in ["masked", "full", "hidden"] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("book.json"), BOOK).unwrap();
        assert!(run(folder.path(), &["load", "book.json"]).status.success());
        let keys = format!("test={}", auth::hash("test-key"));
        let mut server =
            Server::start(folder.path(), &[], &[("PRECALL_API_KEYS", &keys), ("PRECALL_LOG_NUMBERS", show)]);
        let mut log = String::new();
        let mut sent = Vec::new();
        for (key, to) in [
            ("test-key", TO),
            ("test-key", "+13155550102"),
            ("test-key", "+13155550103"),
            ("test-key", "+19005550100"),
            ("test-key", "+13155550104"),
            ("test-key", "+13155550104"),
            ("test-key", "+13155550105"),
            ("wrong", TO),
            ("test-key", "+1315"),
        ] {
            let query = format!("?code={key}&from=%2B{}&to=%2B{}", &FROM[1..], &to[1..]);
            let (_, body) = server.ask("POST", &query);
            let line = server.wait_for("\"message\":\"decision\"");
            let id = serde_json::from_str::<Value>(&line).unwrap()["decision_id"].as_str().unwrap().to_owned();
            log += &format!("{line}\n");
            sent.push((to, id, body));
        }
        drop(server);
        fs::write(folder.path().join("log.jsonl"), &log).unwrap();
        let explain = |arguments: &[&str]| {
            let arguments = [&["explain", "log.jsonl"], arguments].concat();
            precall(folder.path()).args(arguments).env("PRECALL_API_KEYS", &keys).output().unwrap()
        };

        for (nth, (_, id, body)) in sent.iter().enumerate() {
            let output = explain(&["--id", id]);
            assert_eq!(output.status.code(), Some(0), "{}", session(&output));
            let page = stdout(&output);
            let is_masked = show != "full" && matches!(nth, 1 | 3);
            let wanted = if is_masked { "cannot be made again exactly" } else { body };
            assert!(page.contains(&format!("\nHTTP body          {wanted}\n")), "{show}, {nth}: {wanted}: {page}");
            // The rules table has whole numbers, but the page shows those of the log.
            if show != "full" {
                assert!(!["5550101", "5550102", "5550112", FROM].iter().any(|digits| page.contains(digits)), "{page}");
            }
        }

        // By number: the two requests that were decided, not the one that was refused.
        let output = explain(&["--to", TO]);
        let page = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{show}: {}", session(&output));
        assert!(page.contains(&sent[0].1) && page.contains("callee             +13155550101"), "{show}: {page}");
        assert!(page.contains("\nrule at that time  "), "{show}: {page}");
        assert!(page.contains("Asked us not to call"), "{show}: {page}");
        let writer = page.lines().find_map(|line| line.strip_prefix("written by         ")).unwrap();
        assert!(writer.contains(" added by ") && writer.contains(", via load (entry "), "{show}: {writer}");
        assert_eq!(page.contains(FROM), show == "full", "{show}: {page}");

        let output = explain(&["--to", "+13155550104", "--from", FROM]);
        let [first, second] = [&sent[4].1, &sent[5].1];
        let list = stdout(&output);
        assert_eq!((output.status.code(), list.lines().count()), (Some(1), 2), "{show}: {}", session(&output));
        assert!(list.lines().zip([first, second]).all(|(line, id)| line.ends_with(&format!("  {id}"))), "{list}");
        let all = stdout(&explain(&["--to", "+13155550104", "--from", FROM, "--all", "--format", "html"]));
        assert_eq!(all.matches("<main>").count(), 2, "{show}: {all}");
        let none = explain(&["--to", "+13155550104", "--from", "+12125550199"]);
        assert_eq!((none.status.code(), stdout(&none)), (Some(1), String::new()), "{show}");
    }
}

#[test]
fn a_call_that_is_not_there_is_an_error_that_says_what_was_searched() {
    let folder = TempDir::new().unwrap();
    let refused = json!({
        "status": "REFUSED", "http_status": 401, "cause": "unknown_key", "client": null, "to": null, "to_hash": null,
        "from": null, "from_hash": null, "decided_by": null,
    });
    let other = json!({ "to_hash": "ffffffffffffffff" });
    write_log(
        folder.path(),
        &[
            record(1, "2026-11-03T02:30:00Z", json!({})),
            record(2, "2026-11-04T15:00:00Z", other),
            record(3, "2026-11-05T15:00:00Z", refused),
        ],
    );
    let searched = "; searched 3 records of log.jsonl, from 2026-11-03T02:30:00Z to 2026-11-05T15:00:00Z; ";
    for (arguments, has_key, wanted) in [
        (
            &["--id", "nothing"][..],
            true,
            "no record with the decision id nothing; searched 3 records of log.jsonl, from 2026-11-03T02:30:00Z to \
             2026-11-05T15:00:00Z; copy the id from the header x-precall-decision-id of the answer",
        ),
        (
            &["--to", "+13155550199"],
            true,
            "2 records have the same visible digits and another hash (key: PRECALL_NUMBER_HASH_KEY); if",
        ),
        (
            &["--to", TO],
            false,
            "2 records may be of this call, but the log masks the numbers, and no key for their hashes is set; set PRECALL_NUMBER_HASH_KEY",
        ),
        (&["--to", "+12085550101"], true, "correct --to, --from or --on, or name the log of that day"),
        (&["--to", "+131555501011"], true, "correct --to, --from or --on"),
        (
            &["--to", TO, "--on", "2026-11-01"],
            true,
            "no call to +13155550101 on 2026-11-01, by a clock of the callee or in UTC",
        ),
    ] {
        let arguments = [&["explain", "log.jsonl"], arguments].concat();
        let output = if has_key { with_key(folder.path(), &arguments) } else { run(folder.path(), &arguments) };
        assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()), "{arguments:?}");
        assert!(stderr(&output).contains(searched), "{arguments:?}: {}", session(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", session(&output));
    }
    // 02:30 in UTC is the evening before in New York.
    for day in ["2026-11-02", "2026-11-03"] {
        let output = with_key(folder.path(), &["explain", "log.jsonl", "--to", TO, "--on", day]);
        assert!(output.status.success() && stdout(&output).contains(&id(1)), "{day}: {}", session(&output));
    }
    for (arguments, wanted) in [
        (
            &["explain", "log.jsonl"][..],
            "name the call by its decision id with --id DECISION_ID, or by its callee with --to NUMBER",
        ),
        (&["explain", "log.jsonl", "--on", "2026-11-02"], "by its callee with --to NUMBER"),
        (&["remove", "--number", TO], "`precall remove --number NUMBER --rule NAME`, or `precall remove --list NAME`"),
        (&["remove"], "`precall remove --number NUMBER --rule NAME`, or `precall remove --list NAME`"),
        (
            &["remove", "--list", "a b"],
            "the name of a list has 1 to 64 letters, digits, `.`, `_` and `-`; write for example",
        ),
        (&["explain", "log.jsonl", "--to", TO, "--on", "2 November"], "not a day; write it like 2026-11-23"),
        (&["explain", "log.jsonl", "--from", FROM, "--id", "1"], "cannot be used with"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", session(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", session(&output));
    }
    fs::write(folder.path().join("empty"), "").unwrap();
    let output = run(folder.path(), &["explain", "empty", "--id", "1"]);
    assert!(!output.status.success() && stderr(&output).contains("the log is empty"), "{}", session(&output));
}

/// Each kind of answer, with the part of the page that is about it.
#[test]
fn every_kind_of_answer_has_its_page() {
    let folder = TempDir::new().unwrap();
    let undecided = json!({ "level": "WARN", "status": "UNKNOWN", "http_status": 503, "decided_by": "on_error", "cause": "timeout", "cause_detail": "no answer in 3 s" });
    for (rest, wanted) in [
        (
            json!({}),
            vec![
                "was let through by the default, because no rule applied",
                "HTTP body          {\"status\":\"PROCEED\"}",
            ],
        ),
        (
            undecided,
            vec![
                "was not decided by the policy for unknown decisions (timeout)",
                "HTTP body          {\"error\":\"decision unknown: timeout\"}",
            ],
        ),
        (
            json!({ "status": "REJECT", "code": "503", "reason": "Decision unknown", "decided_by": "on_error", "cause": "throttled" }),
            vec![
                "was rejected by the policy for unknown decisions (throttled)",
                "HTTP body          {\"status\":\"REJECT\",\"code\":\"503\",\"reason\":\"Decision unknown\"}",
            ],
        ),
        (
            json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112", "decided_by": "rule", "rule": "moved", "rule_number": "*" }),
            vec![
                "was sent to another number by rule \"moved\"",
                "HTTP body          {\"status\":\"CHANGE_DESTINATION\",\"code\":\"+13605550112\"}",
            ],
        ),
        (
            json!({ "status": "REFUSED", "http_status": 401, "cause": "no_key", "cause_detail": "no API key", "decided_by": null, "callee_place": null, "to": null, "to_hash": null }),
            vec![
                "The request of 2026-11-02T15:30:00Z was refused",
                "HTTP body          {\"error\":\"no API key\"}",
                "no rules were read for this request",
            ],
        ),
        (
            json!({ "status": "LATER" }),
            vec!["cannot be made again exactly", "this version of precall does not know the status"],
        ),
        (json!({ "hours_data": "2020-01-01" }), vec!["; the call was decided with the table of 2020-01-01; "]),
        // Lists of version 0.1 are one text.
        (
            json!({ "callee_clock": "Mon 10:30 in America/New_York | Mon 09:30 in America/Chicago", "outranked": "a | b" }),
            vec!["outranked          a\n                   b\n", "               Mon 09:30 in America/Chicago"],
        ),
        (
            json!({ "callee_place": "CA-ON", "callee_clock": ["Mon 10:30 in America/Toronto"] }),
            vec!["\nca                 sales calls to Canada allowed"],
        ),
        (
            json!({ "callee_place": "GB", "callee_clock": ["Mon 15:30 in Europe/London"] }),
            vec!["hours              the table has no law for the callee's places"],
        ),
        (
            json!({ "area_code_unlisted": true, "callee_place": "any place of CA or US" }),
            vec![
                "\nhours              the rows of all states and provinces counted, because the area code is not in the tables\n",
            ],
        ),
        (
            json!({ "callee_place": "toll-free (any place of CA or US)", "callee_clock": ["Mon 10:30 in America/New_York", "Mon 09:30 in America/Chicago", "Mon 08:30 in America/Denver", "Mon 07:30 in America/Los_Angeles"] }),
            vec![
                "not allowed at that time; outside 08:00-21:00 (",
                "; a clock that it does not show may prohibit the call\n",
            ],
        ),
        (
            json!({ "redirected_by": "moved", "status": "REJECT", "code": "603", "reason": "no", "decided_by": "rule", "rule": "dnc" }),
            vec!["\nredirected by      moved\n", "of the number that the call was to be sent to"],
        ),
        (
            json!({ "because": "not lawful by us-debt", "callee_place": "US-NY" }),
            vec!["us-debt            debt collection calls to the United States allowed"],
        ),
    ] {
        write_log(folder.path(), &[record(1, "2026-11-02T15:30:00.000Z", rest.clone())]);
        let output = run(folder.path(), &["explain", "log.jsonl", "--id", &id(1)]);
        assert_eq!(output.status.code(), Some(0), "{rest}: {}", session(&output));
        for wanted in wanted {
            assert!(stdout(&output).contains(wanted), "{rest}: {wanted:?}: {}", session(&output));
        }
    }
    // A call at night has the row that prohibited it.
    write_log(
        folder.path(),
        &[record(1, "2026-11-02T05:30:00.000Z", json!({ "callee_clock": ["Mon 00:30 in America/New_York"] }))],
    );
    let page = stdout(&run(folder.path(), &["explain", "log.jsonl", "--id", &id(1)]));
    assert!(
        page.contains("sales calls to the United States not allowed at that time; outside 08:00-21:00 ("),
        "{page}"
    );
}

#[test]
fn the_hash_of_a_number_is_that_of_the_log() {
    let folder = TempDir::new().unwrap();
    let keys = format!("test={}", auth::hash("test-key"));
    let hash = |number: &str, env: &[(&str, &str)]| {
        precall(folder.path()).args(["hash", number]).envs(env.iter().copied()).output().unwrap()
    };
    for env in [&[("PRECALL_API_KEYS", &*keys)][..], &[("PRECALL_API_KEYS", &*keys), ("PRECALL_NUMBER_HASH_KEY", KEY)]]
    {
        let folder = TempDir::new().unwrap();
        let mut server = Server::start(folder.path(), &["--example"], env);
        server.ask("POST", "?code=test-key&to=%2B13155550101");
        let line: Value = serde_json::from_str(&server.wait_for("\"message\":\"decision\"")).unwrap();
        let output = hash("(315) 555-0101", env);
        assert_eq!(stdout(&output), format!("{}\n", line["to_hash"].as_str().unwrap()), "{}", session(&output));
        assert!(output.status.success() && !session(&output).contains(KEY));
    }
    assert_eq!(stdout(&hash(TO, &[("PRECALL_NUMBER_HASH_KEY", KEY)])), format!("{TO_HASH}\n"));
    for (number, env, wanted) in [
        (
            TO,
            &[][..],
            "the hash needs the hook's key, and neither PRECALL_NUMBER_HASH_KEY nor PRECALL_API_KEYS is set; set PRECALL_NUM",
        ),
        (
            TO,
            &[("PRECALL_NUMBER_HASH_KEY", "short")],
            "PRECALL_NUMBER_HASH_KEY: 5 characters, and it needs 16 or more; set it to the value that it has in the hook",
        ),
        (TO, &[("PRECALL_NUMBER_HASH_KY", KEY)], "did you mean PRECALL_NUMBER_HASH_KEY?"),
        ("Ann", &[("PRECALL_NUMBER_HASH_KEY", KEY)], "precall: Ann: "),
    ] {
        let output = hash(number, env);
        assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()), "{number} {env:?}");
        assert!(stderr(&output).contains(wanted), "{number} {env:?}: {}", session(&output));
    }
}

/// With the decision id and the callee, the page of a masked record has the changes of the callee's rules.
#[test]
fn a_masked_record_has_the_changes_if_the_callee_is_typed() {
    let folder = TempDir::new().unwrap();
    let put = ["put", "number=+13155550101", "rule=asked", "status=REJECT", "--yes", "--because", "asked us"];
    assert!(run(folder.path(), &put).status.success());
    let disable = ["disable", "--number", TO, "--rule", "asked", "--yes"];
    assert!(run(folder.path(), &disable).status.success());
    let exempt = json!({ "exempt": ["ftc until 2027-03-01 00:00 UTC by consent-1"] });
    write_log(
        folder.path(),
        &[record(1, "2026-11-02T15:30:00.000Z", exempt), record(2, "2099-11-02T15:30:00.000Z", json!({}))],
    );
    let page = |arguments: &[&str], status: i32| {
        let output = with_key(folder.path(), &[&["explain", "log.jsonl"], arguments].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", session(&output));
        session(&output)
    };
    let [earlier, later] = [1, 2].map(id);
    let masked = page(&["--id", &earlier], 0);
    let why =
        format!("not known, because the log masks the callee; repeat the command with --id {earlier} --to NUMBER");
    assert!(masked.contains("CHANGES TO THE CALLEE'S RULES\n") && masked.contains(&why), "{masked}");
    let headline = "was let through by the default, because no other rule applied; exempt from ftc until 2027-03-01 00:00 UTC by consent-1";
    assert!(masked.lines().next().unwrap().ends_with(headline), "{masked}");
    let changes = |page: &str| {
        let (_, rest) = page.split_once("CHANGES TO THE CALLEE'S RULES\n").unwrap_or_else(|| panic!("{page}"));
        let lines = rest.lines().take_while(|line| !line.starts_with("journal"));
        let kinds = ["the call, at", "enabled: (none) -> false", "via disable", "via put, because: asked us"];
        lines
            .map(|line| kinds.iter().position(|kind| line.contains(kind)).unwrap_or_else(|| panic!("{line}")))
            .collect()
    };
    let before_all: Vec<usize> = changes(&page(&["--id", &earlier, "--to", TO], 0));
    assert_eq!(before_all, [2, 1, 3, 0]);
    let after_all: Vec<usize> = changes(&page(&["--id", &later, "--to", TO], 0));
    assert_eq!(after_all, [0, 2, 1, 3]);
    let other = page(&["--id", &earlier, "--to", "+12125550109"], 1);
    assert!(other.contains(&format!("no record with the decision id {earlier} of a call to +12125550109")), "{other}");
    assert!(other.contains("; correct --id or --to"), "{other}");
    let like = page(&["--id", &earlier, "--to", "+13155550109"], 1);
    assert!(like.contains("1 record has the same visible digits and another hash"), "{like}");
    let all = page(&["--to", TO, "--all", "--format", "html"], 0);
    assert!(all.contains("<title>2 calls: call to +13155550101</title>"), "{all}");
}

/// A complaint arrives: the person was called although their number was blocked before. The page says who lifted the block.
#[test]
fn the_page_says_who_lifted_a_block() {
    let folder = TempDir::new().unwrap();
    let keys = format!("test={}", auth::hash("test-key"));
    let rule = ["number=+13155550101", "rule=asked-to-stop", "status=REJECT", "code=603"];
    let put = run(folder.path(), &[&["put"], &rule[..], &["--yes", "--because", "asked on the phone"]].concat());
    assert!(put.status.success(), "{}", session(&put));
    let variables = [("PRECALL_API_KEYS", keys.as_str()), ("PRECALL_LOG_NUMBERS", "full")];
    let mut server = Server::start(folder.path(), &[], &variables);
    let mut log = String::new();
    let mut ids = Vec::new();
    let mut call = |server: &mut Server| {
        server.ask("POST", "?code=test-key&from=%2B12125550100&to=%2B13155550101");
        let line = server.wait_for("\"message\":\"decision\"");
        ids.push(serde_json::from_str::<Value>(&line).unwrap()["decision_id"].as_str().unwrap().to_owned());
        log += &format!("{line}\n");
    };
    call(&mut server);
    let removal = ["remove", "--number", TO, "--rule", "asked-to-stop", "--yes", "--because", "consent 4711"];
    let removed = run(folder.path(), &removal);
    assert!(removed.status.success(), "{}", session(&removed));
    call(&mut server);
    drop(server);
    fs::write(folder.path().join("log.jsonl"), &log).unwrap();
    let explain = |id: &str| {
        let output = run(folder.path(), &["explain", "log.jsonl", "--id", id]);
        assert_eq!(output.status.code(), Some(0), "{}", session(&output));
        stdout(&output)
    };
    let line = |page: &str, label: &str| -> String {
        page.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default().trim().to_owned()
    };
    let rejected = explain(&ids[0]);
    assert!(line(&rejected, "written by").contains("via put, because: asked on the phone"), "{rejected}");
    assert!(
        line(&rejected, "later").contains("removed by") && rejected.contains("because: consent 4711"),
        "{rejected}"
    );
    let placed = explain(&ids[1]);
    assert_eq!(line(&placed, "rule at that time"), "", "{placed}");
    let changes = line(&placed, "changes");
    assert!(changes.starts_with("rule `asked-to-stop`: ") && changes.contains("because: consent 4711"), "{placed}");
}
