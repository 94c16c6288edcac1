//! `precall report` and `precall replay` as a person runs them, on logs of the real hook.

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

use base64::Engine;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use precall::{Answer, Attempts, Call, DecidedBy, Number, RuleSet};
use precall_hook::auth;
use precall_hook::log::Mask;
use precall_hook::settings::Settings;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use support::{Server, precall, run, stderr, stdout};

const KEY: &str = "a-key-for-the-hashes-of-tests";

fn session(output: &Output) -> String {
    format!("{}{}[exit status {}]\n", stderr(output), stdout(output), output.status.code().unwrap())
}

/// Returns a report as CSV without its first row, which names the log and its seven records.
fn figures(output: &Output, log: &str) -> String {
    let text = stdout(output);
    let source = format!("section,key,status,calls\nlog,{log},,7\n");
    text.strip_prefix(&source).unwrap_or_else(|| panic!("{}", session(output))).to_owned()
}

/// A record as the hook writes it, with the given fields. `null` removes a field.
fn record(nth: u64, at: &str, rest: Value) -> Value {
    let mut record = json!({
        "timestamp": at, "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": format!("01a20765-2c40-721d-b0bb-{nth:012}"), "cold_start": false, "client": "vendor",
        "from": "+12125550100", "from_hash": "c8076a84428090c5", "to": "+13155550101", "to_hash": "a8448263de43bcb1",
        "status": "PROCEED", "http_status": 200, "decided_by": "default", "callee_place": "US-NY",
        "callee_clock": "Mon 10:30 in America/New_York", "hours_data": "2026-11-23", "rules_looked_at": 3,
        "invalid_rules": 0, "callee_source": "store", "any_source": "cache", "any_age_ms": 12, "duration_ms": 3.0,
    });
    record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    record.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    record
}

/// The mask of a hook with [`KEY`].
fn mask() -> Mask {
    let settings = Settings::read(|name| match name {
        "PRECALL_AUTH" => Some("none".to_owned()),
        "PRECALL_NUMBER_HASH_KEY" => Some(KEY.to_owned()),
        _ => None,
    });
    Mask::new(&settings.unwrap())
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// Records of every kind.
fn week() -> Vec<Value> {
    let dnc = json!({
        "status": "REJECT", "code": "603", "reason": "On list <script>alert(1)</script>", "decided_by": "rule", "rule": "dnc", "priority": 100,
        "partial": ["any"], "partial_cause": "throttled", "any_source": null, "any_age_ms": null,
    });
    let cap = json!({
        "status": "REJECT", "code": "480", "reason": "Limit of 3 calls in 24 hours", "decided_by": "rule", "rule": "frequency",
        "because": "3 calls in 24h to this callee", "callee_place": "US-FL", "callee_clock": "Tue 09:10 in America/New_York | Tue 08:10 in America/Chicago",
    });
    let moved = json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112", "decided_by": "rule", "rule": "moved", "redirected_by": "moved" });
    let unknown = json!({ "level": "WARN", "status": "UNKNOWN", "http_status": 503, "decided_by": "on_error", "cause": "timeout" });
    let refused = json!({
        "level": "WARN", "status": "REFUSED", "http_status": 401, "cause": "unknown_key", "client": null, "callee_place": null,
        "callee_clock": null, "decided_by": null, "hours_data": null, "to": null, "to_hash": null, "from": null, "from_hash": null,
    });
    let invalid = json!({ "invalid_rules": 1, "invalid_reasons": "night: `hours`: \"25:00\" is no time", "shadow_rules": "trial", "duration_ms": 40.0 });
    vec![
        record(1, "2026-11-02T15:30:00.000Z", json!({})),
        record(2, "2026-11-02T15:31:00.000Z", dnc),
        record(3, "2026-11-03T14:10:00.000Z", cap),
        record(4, "2026-11-03T15:10:00.000Z", moved),
        record(5, "2026-11-03T15:11:00.000Z", unknown),
        record(6, "2026-11-03T15:12:00.000Z", refused),
        record(7, "2026-11-05T15:30:00.000Z", invalid),
    ]
}

#[test]
fn a_report_as_a_person_reads_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.jsonl"), lines(&week())).unwrap();
    insta::assert_snapshot!("text", session(&run(folder.path(), &["report", "log.jsonl"])));
    insta::assert_snapshot!("csv", session(&run(folder.path(), &["report", "log.jsonl", "--format", "csv"])));
    let of_a_day =
        run(folder.path(), &["report", "log.jsonl", "--from", "2026-11-03", "--to", "2026-11-03", "--format", "csv"]);
    assert!(stdout(&of_a_day).contains("decision,,PROCEED,0\ndecision,,REJECT,1\n"), "{}", session(&of_a_day));
}

/// Records with the lists and caps of version 0.1, and the same ones as the hook writes them now.
fn both_forms() -> [Vec<Value>; 2] {
    let names: Vec<String> = (1..=20).map(|nth| format!("shadow-{nth:02}")).collect();
    let with_more = [&names[..], &["and 3 more".to_owned()]].concat();
    let clocks = ["Tue 09:10 in America/New_York", "Tue 09:10 in America/Detroit"];
    let reasons = ["night: `hours`: \"25:00\" is not a time", "day: `days`: \"Xyz\" is not a day"];
    let cap = json!({ "status": "REJECT", "code": "480", "decided_by": "rule", "rule": "frequency", "because": "3 calls in 24h to this callee" });
    let pair = json!({ "status": "REJECT", "code": "480", "decided_by": "rule", "rule": "pair", "because": "in US-FL: the callee is US-FL; 1 call in 7d between this pair of numbers" });
    let caller = json!({ "status": "REJECT", "code": "480", "decided_by": "rule", "rule": "caller", "because": "9 calls in 1h by this caller" });
    let other = json!({ "status": "REJECT", "code": "480", "decided_by": "rule", "rule": "night", "because": "it is Tue 09:10 in America/New_York" });
    let let_through = json!({ "decided_by": "rule", "rule": "until-full", "because": "1 call in 7d to this callee let through already" });
    let text = |list: &[&str]| json!(list.join(" | "));
    let old = [
        json!({ "callee_clock": text(&clocks), "shadow_rules": with_more.join(" | "), "outranked": with_more.join(" | ") }),
        json!({ "callee_clock": text(&clocks[..1]), "invalid_rules": 2, "invalid_reasons": text(&reasons), "repairs": "a | b" }),
    ];
    let new = [
        json!({ "callee_clock": clocks, "shadow_rules": with_more, "outranked": with_more }),
        json!({ "callee_clock": &clocks[..1], "invalid_rules": 2, "invalid_reasons": reasons, "repairs": ["a", "b"] }),
    ];
    let capped = |sentence: &Value, count_by: &str| {
        let mut record = sentence.clone();
        record.as_object_mut().unwrap().extend(
            json!({ "cap_max_calls": 3, "cap_per": "24h", "cap_count_by": count_by }).as_object().unwrap().clone(),
        );
        record
    };
    let old_caps = [cap.clone(), pair.clone(), caller.clone(), other.clone(), let_through.clone()];
    let new_caps = [
        capped(&cap, "callee"),
        capped(&pair, "pair"),
        capped(&caller, "caller"),
        other,
        capped(&let_through, "callee"),
    ];
    let records = |lists: &[Value], caps: &[Value]| -> Vec<Value> {
        let all = lists.iter().chain(caps).zip(1..);
        all.map(|(rest, nth)| record(nth, &format!("2026-11-02T15:{nth:02}:00.000Z"), rest.clone())).collect()
    };
    [records(&old, &old_caps), records(&new, &new_caps)]
}

#[test]
fn both_forms_of_a_record_give_the_same_report() {
    let folder = TempDir::new().unwrap();
    let [old, new] = both_forms();
    fs::write(folder.path().join("rules.json"), r#"[{"number": "*", "rule": "all", "status": "REJECT"}]"#).unwrap();
    let both = |arguments: &[&str]| {
        [&old, &new].map(|records| {
            fs::write(folder.path().join("log.jsonl"), lines(records)).unwrap();
            session(&run(folder.path(), arguments))
        })
    };
    for format in ["text", "csv", "html"] {
        let [old, new] = both(&["report", "log.jsonl", "--format", format]);
        assert_eq!(old, new, "{format}");
    }
    let [old_replay, new_replay] = both(&["replay", "log.jsonl", "--rules", "rules.json", "--json"]);
    assert_eq!(old_replay, new_replay);

    let [_, report] = both(&["report", "log.jsonl", "--format", "csv"]);
    for line in [
        "callee_hour,09,PROCEED,2",
        "cap_reached,caller,,1",
        "cap_reached,frequency,,1",
        "cap_reached,pair,,1",
        "on_trial,shadow-01,,1",
        "on_trial,shadow-20,,1",
        "on_trial,(not listed in the record),,3",
        "invalid_rule,\"day: `days`: \"\"Xyz\"\" is not a day\",,1",
    ] {
        assert!(report.contains(&format!("\n{line}\n")), "{line} is not in {report}");
    }
    assert_eq!(report.matches("\ncap_reached,").count(), 3, "{report}");
    assert!(!report.contains("more"), "{report}");
    assert!(new_replay.contains("\"otherwise\": 7"), "{new_replay}");
}

#[test]
fn a_rule_counts_once_whatever_its_name_is() {
    let folder = TempDir::new().unwrap();
    let records = [
        record(1, "2026-11-02T15:30:00.000Z", json!({ "shadow_rules": ["a | b", "and 3 more"] })),
        record(2, "2026-11-02T15:31:00.000Z", json!({ "invalid_rules": 1, "invalid_reasons": ["c | d: no `status`"] })),
        record(
            3,
            "2026-11-02T15:32:00.000Z",
            json!({ "status": "CHANGE_DESTINATION", "decided_by": "rule", "rule": "e | f", "redirected_by": "e | f" }),
        ),
        record(4, "2026-11-02T15:33:00.000Z", json!({ "shadow_rules": [], "callee_clock": [] })),
    ];
    fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
    let report = session(&run(folder.path(), &["report", "log.jsonl", "--format", "csv"]));
    let wanted = [
        "redirected_by,e | f,,1",
        "invalid_rule,c | d: no `status`,,1",
        "on_trial,a | b,,1",
        // The hook lists 20 rules before it counts the rest, so this is a name.
        "on_trial,and 3 more,,1",
    ];
    let counted =
        |line: &&str| ["redirected_by,", "invalid_rule,", "on_trial,"].iter().any(|key| line.starts_with(key));
    assert_eq!(report.lines().filter(counted).collect::<Vec<_>>(), wanted, "{report}");
    assert!(report.contains("\ncallee_hour,10,PROCEED,2\n"), "{report}");
}

#[test]
fn each_bar_of_a_page_has_a_width() {
    let folder = TempDir::new().unwrap();
    for days in 1..=3 {
        let records: Vec<Value> =
            (1..=days).map(|day| record(day, &format!("2026-11-{day:02}T15:30:00.000Z"), json!({}))).collect();
        fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
        let page = session(&run(folder.path(), &["report", "log.jsonl", "--format", "html"]));
        assert!(page.contains("<rect ") && !page.contains(" width=\"-"), "{days} days: {page}");
    }
}

#[test]
fn a_page_needs_nothing_else_and_runs_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.jsonl"), lines(&week())).unwrap();
    let output = run(folder.path(), &["report", "log.jsonl", "--format", "html", "--out", "page.html"]);
    assert_eq!(session(&output), "[exit status 0]\n");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    // The page is well-formed: an XML parser reads it to its end, except for elements that HTML does not close.
    let body = page.split_once("</style>").unwrap().1.replace("<br>", "");
    let mut reader = quick_xml::Reader::from_str(&body);
    reader.config_mut().check_end_names = true;
    let mut depth: i32 = 2;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Start(_)) => depth += 1,
            Ok(quick_xml::events::Event::End(_)) => depth -= 1,
            Ok(quick_xml::events::Event::Eof) => break,
            Ok(_) => {}
            Err(quick_xml::Error::IllFormed(_)) if depth <= 2 => break, // the end tags of `html` and `body`, which start before the part that is parsed
            Err(error) => panic!("{error} at {}: {}", reader.buffer_position(), &body[..200]),
        }
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for outside in ["<script", "http:", "https:", "src=", "url(", "@import", "<link", "<iframe"] {
        let found = page.replace("http://www.w3.org/2000/svg", "").contains(outside);
        assert!(!found, "{outside}");
    }
    assert_eq!(page.matches("<svg ").count(), 2);
    assert_eq!(
        page.matches("<svg role=\"img\" ").count(),
        page.matches("<title>").count() - 1,
        "each plot says what it is"
    );
    assert!(page.contains("@media print") && page.contains("lang=\"en\""));
}

#[test]
fn every_form_of_a_log_is_read() {
    let records = week();
    let plain = lines(&records);
    let gzip = |text: &str| {
        let mut file = GzEncoder::new(Vec::new(), Compression::default());
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap()
    };
    let stamped: String = records.iter().map(|record| format!("2026-11-02T15:30:00.000Z {record}\n")).collect();
    let tail: String = records
        .iter()
        .map(|record| format!("2026-11-02T15:30:00.000000+00:00 2026/11/02/[$LATEST]1f {record}\n"))
        .collect();
    let events: Vec<Value> =
        records.iter().map(|record| json!({ "timestamp": 1, "message": record.to_string() })).collect();
    let rows: Vec<Value> = records.iter().map(|record| json!([{ "field": "@timestamp", "value": "x" }, { "field": "@message", "value": record.to_string() }])).collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["@timestamp", "@message"]).unwrap();
    for record in &records {
        table.write_record(["x", &record.to_string()]).unwrap();
    }
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("plain.jsonl", plain.clone().into_bytes()),
        ("exported.gz", gzip(&stamped)),
        ("tail.txt", tail.into_bytes()),
        ("events.json", json!({ "events": events, "searchedLogStreams": [] }).to_string().into_bytes()),
        ("results.json", json!({ "results": rows, "status": "Complete" }).to_string().into_bytes()),
        ("insights.csv", table.into_inner().unwrap()),
        ("array.json", json!(records).to_string().into_bytes()),
    ];
    for (name, bytes) in forms {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), bytes).unwrap();
        let report = figures(&run(folder.path(), &["report", name, "--format", "csv"]), name);
        fs::write(folder.path().join("log.jsonl"), &plain).unwrap();
        let output = run(folder.path(), &["report", "log.jsonl", "--format", "csv"]);
        assert_eq!(report, figures(&output, "log.jsonl"), "{name}");
        // Exports overlap; a record counts once.
        let both = stdout(&run(folder.path(), &["report", name, "log.jsonl"]));
        assert!(
            both.starts_with(&format!("log       7 records in 2 files ({name}, log.jsonl); also 7 duplicate records")),
            "{name}: {both}"
        );
    }
}

/// Wraps each text in the JSON that a function makes of it, one a line.
fn wrapped(texts: &[String], wrap: impl Fn(&str) -> Value) -> Vec<u8> {
    texts.iter().map(|text| format!("{}\n", wrap(text))).collect::<String>().into_bytes()
}

/// Parts of each line, as Docker writes long lines: entries of at most `len` bytes, with the parts of two streams in turn.
fn split_entries(texts: &[String], len: usize) -> Vec<u8> {
    let mut log = String::new();
    for (text, nth) in texts.iter().zip(0..) {
        let line = format!("{text}\n");
        for part in line.as_bytes().chunks(len) {
            let part = std::str::from_utf8(part).unwrap();
            log += &format!("{}\n", json!({ "log": part, "stream": "stdout", "time": "2026-11-02T15:30:00.1Z" }));
            log += &format!("{}\n", json!({ "log": format!("warn {nth}\n"), "stream": "stderr", "time": "x" }));
        }
    }
    log.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    file.write_all(bytes).unwrap();
    file.finish().unwrap()
}

/// An event of a CloudWatch Logs subscription.
fn subscription(texts: &[String]) -> Value {
    let events: Vec<Value> = texts.iter().map(|text| json!({ "id": "1", "timestamp": 1, "message": text })).collect();
    json!({ "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "g", "logStream": "s", "subscriptionFilters": ["f"], "logEvents": events })
}

/// The records of a week in all envelopes that precall's users meet.
fn envelopes(texts: &[String]) -> Vec<(&'static str, Vec<u8>)> {
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let event = subscription(texts);
    let data = base64(&gzip(event.to_string().as_bytes()));
    let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}"#;
    let halves = [subscription(&texts[..3]), subscription(&texts[3..])];
    let joined = format!("{control}{}{}", halves[0], halves[1]);
    let members =
        [gzip(control.as_bytes()), gzip(halves[0].to_string().as_bytes()), gzip(halves[1].to_string().as_bytes())]
            .concat();
    let mut console = csv::Writer::from_writer(Vec::new());
    console.write_record(["timestamp", "message"]).unwrap();
    for text in texts {
        console.write_record(["1793633400000", &format!("{text}\n")]).unwrap();
    }
    let parsed: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let container = |text: &str| json!({ "log": format!("{text}\n"), "stream": "stdout", "time": "2026-11-02T15:30:00.123456789Z" });
    let journal =
        |message: Value| json!({ "__CURSOR": "s=1", "PRIORITY": "6", "_COMM": "precall", "MESSAGE": message });
    vec![
        ("docker.log", wrapped(texts, container)),
        ("docker-split.log", split_entries(texts, 100)),
        ("fluent-bit-of-split.log", String::from_utf8(split_entries(texts, 100)).unwrap().replace("\\n\"", "\"").replace("{\"log\":\"warn", "{\"x\":\"warn").into_bytes()),
        ("journal.json", wrapped(texts, |text| journal(json!(text)))),
        ("journal-bytes.json", wrapped(texts, |text| journal(json!(text.as_bytes())))),
        ("journal-pretty.json", texts.iter().map(|text| format!("{:#}\n", journal(json!(text)))).collect::<String>().into_bytes()),
        ("fluent-bit.log", wrapped(texts, |text| json!({ "date": 1793633400.5, "log": text, "kubernetes": { "pod_name": "p" } }))),
        ("fluent-bit-merged.log", wrapped(texts, |text| json!({ "date": 1.5, "log": text, "log_processed": serde_json::from_str::<Value>(text).unwrap() }))),
        ("vector.json", wrapped(texts, |text| json!({ "file": "f", "host": "h", "message": text, "source_type": "file", "timestamp": "2026-11-02T15:30:00Z" }))),
        ("vector-of-docker.json", wrapped(texts, |text| json!({ "message": container(text).to_string(), "source_type": "file" }))),
        ("parsed.json", wrapped(texts, |text| json!({ "insertId": "i", "jsonPayload": serde_json::from_str::<Value>(text).unwrap() }))),
        ("subscription.json", event.to_string().into_bytes()),
        ("subscription-pretty.json", format!("{event:#}").into_bytes()),
        ("lambda-event.json", json!({ "awslogs": { "data": data } }).to_string().into_bytes()),
        ("lambda-event-pretty.json", format!("{:#}", json!({ "awslogs": { "data": data } })).into_bytes()),
        ("kinesis-event.json", json!({ "Records": [{ "kinesis": { "data": data, "partitionKey": "p" }, "eventSource": "aws:kinesis" }] }).to_string().into_bytes()),
        ("kinesis-records.json", format!("{:#}", json!({ "Records": [{ "SequenceNumber": "1", "Data": data, "PartitionKey": "p" }], "MillisBehindLatest": 0 })).into_bytes()),
        ("firehose-event.json", json!({ "invocationId": "i", "records": [{ "recordId": "r", "data": base64(event.to_string().as_bytes()) }] }).to_string().into_bytes()),
        ("firehose-file", joined.clone().into_bytes()),
        ("firehose-file-of-gzip", members.clone()),
        ("firehose-file-of-gzip.gz", gzip(&members)),
        ("firehose-lines", joined.replace("}{", "}\n{").into_bytes()),
        ("console.csv", console.into_inner().unwrap()),
        ("pretty.json", parsed.iter().map(|record| format!("{record:#}\n")).collect::<String>().into_bytes()),
    ]
}

#[test]
fn every_envelope_of_a_log_is_read() {
    let records = week();
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
    let wanted = figures(&run(folder.path(), &["report", "log.jsonl", "--format", "csv"]), "log.jsonl");
    for (name, bytes) in envelopes(&texts) {
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = run(folder.path(), &["report", name, "--format", "csv"]);
        assert_eq!(figures(&output, name), wanted, "{name}: {}", session(&output));
        assert_eq!((stderr(&output), output.status.code()), (String::new(), Some(0)), "{name}");
        let both = stdout(&run(folder.path(), &["report", name, "log.jsonl"]));
        let counted = format!("log       7 records in 2 files ({name}, log.jsonl); also 7 duplicate records");
        assert!(both.starts_with(&counted), "{name}: {both}");
    }
}

/// A log that was not read shows neither a report of zeros nor "nothing differs".
#[test]
fn a_log_without_a_record_is_an_error_that_names_its_form() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rules.json"), BOOK).unwrap();
    let metrics = json!({ "_aws": { "Timestamp": 1, "CloudWatchMetrics": [] }, "Calls": 1 }).to_string();
    let record = record(1, "2026-11-02T15:30:00.000Z", json!({})).to_string();
    let deep = (0..8).fold(record.clone(), |inner, _| json!({ "log": inner }).to_string());
    let journal = r#"{"__CURSOR":"s=1","MESSAGE":null,"_COMM":"precall"}"#;
    for (name, text, wanted) in [
        ("empty", "", "the log is empty; save the standard output of `precall serve`"),
        ("blank", "\n\n", "the log is empty"),
        ("hello", "hello", "only 1 line that is not JSON; name the output of `precall serve`"),
        (
            "access",
            "{\"level\":\"INFO\",\"path\":\"/\"}\n{\"a\":1}\n",
            "only 2 lines of JSON without `decision_id` (the first has `level`, `path`); name",
        ),
        (
            "docker",
            "{\"log\":\"hello\\n\",\"stream\":\"stdout\",\"time\":\"x\"}\nbye\n",
            "only 1 line of JSON without `decision_id` (the first has `log`, `stream`, `time`), 1 line that is not JSON",
        ),
        ("table.csv", "@timestamp,status\n1,REJECT\n", "only 2 lines that are not JSON"),
        ("insights.csv", "@timestamp,@message\n1,START\n", "only 1 line that is not JSON"),
        ("empty.json", "{\"events\":[],\"searchedLogStreams\":[]}", "the log is empty"),
        ("metrics", &*metrics, "only 1 line of metrics"),
        ("cut", &record[..300], "only 1 broken record; export the log again with whole lines"),
        ("cut.docker", &json!({ "log": record[..300] }).to_string(), "only 1 broken record"),
        ("journal", journal, "only 1 broken record"),
        ("deep", &deep, "only 1 line of JSON without `decision_id`"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let replay = ["replay", name, "--rules", "rules.json", "--exit-zero"];
        for arguments in [&["report", name][..], &["report", name, "--format", "csv"], &replay[..4], &replay] {
            let output = run(folder.path(), arguments);
            assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()), "{arguments:?}");
            let message = format!("precall: there is no decision record in {name}: ");
            assert!(stderr(&output).contains(&message), "{arguments:?}: {}", session(&output));
            assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", session(&output));
        }
    }
    assert!(
        stderr(&run(folder.path(), &["report", "journal"]))
            .contains("journal:1: the journal's export has no message here")
    );
}

#[test]
fn other_lines_are_counted_and_broken_ones_are_reported() {
    let folder = TempDir::new().unwrap();
    let records = week();
    let cut = r#"{"timestamp":"2026-11-02T15:31:00.000Z","level":"INFO","message":"decision","service":"precall","decision_id":"01a2"#;
    let metrics = json!({ "_aws": { "Timestamp": 1, "CloudWatchMetrics": [] }, "Calls": 1 });
    let log = format!(
        "START RequestId: 1 Version: 1\n{}\n{cut}\n{metrics}\n{{\"level\":\"INFO\",\"message\":\"rules of `*` read\"}}\n\n{}\n",
        records[0], records[2]
    );
    fs::write(folder.path().join("log"), log).unwrap();
    let output = run(folder.path(), &["report", "log"]);
    assert!(stdout(&output).starts_with(
        "log       2 records in 1 file (log); also 1 line of metrics, 1 other JSON line, 1 line that is not JSON, 1 broken line\n"
    ), "{}", session(&output));
    let csv = stdout(&run(folder.path(), &["report", "log", "--format", "csv"]));
    let source = "log,log,,2\nnot_read,\"broken lines, and files that were not read to their end\",,1\ndecision,";
    assert!(csv.starts_with(&format!("section,key,status,calls\n{source}")), "{csv}");
    assert!(stderr(&output).contains("warning: log:3: the record is incomplete: EOF while parsing a string at column 115; it was left out\nwarning: export the log again with whole lines"), "{}", session(&output));
    // The report shows the other records, and the status that it is not complete.
    assert_eq!(output.status.code(), Some(1));
    fs::write(folder.path().join("none.json"), "[]").unwrap();
    let output = run(folder.path(), &["replay", "log", "--rules", "none.json", "--exit-zero"]);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));

    let whole = {
        let mut file = GzEncoder::new(Vec::new(), Compression::default());
        file.write_all(lines(&records).as_bytes()).unwrap();
        file.finish().unwrap()
    };
    fs::write(folder.path().join("cut.gz"), &whole[..whole.len() - 20]).unwrap();
    let output = run(folder.path(), &["report", "cut.gz"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cut.gz: not read to its end"), "{}", session(&output));

    let output = run(folder.path(), &["report", "missing"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no file missing; check its name and folder"), "{}", session(&output));

    let mut child =
        precall(folder.path()).args(["report", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines(&records).as_bytes()).unwrap();
    assert!(stdout(&child.wait_with_output().unwrap()).starts_with("log       7 records"));
}

const BOOK: &str = r#"[
  {"number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603", "priority": 100},
  {"number": "+13155550102", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13605550112"},
  {"number": "*", "rule": "premium", "status": "REJECT", "code": "403", "to": "+1900*"}
]"#;

/// Replays a running server's log, masked and unmasked, with the same rules and with others.
#[test]
fn a_log_of_the_hook_is_replayed() {
    for show in ["masked", "full", "hidden"] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("book.json"), BOOK).unwrap();
        assert!(run(folder.path(), &["load", "book.json"]).status.success());
        let keys = format!("test={}", auth::hash("test-key"));
        let mut server =
            Server::start(folder.path(), &[], &[("PRECALL_API_KEYS", &keys), ("PRECALL_LOG_NUMBERS", show)]);
        let mut log = String::new();
        for to in ["13155550101", "13155550102", "13155550103", "19005550100", "12125550100"] {
            server.ask("POST", &format!("?code=test-key&from=%2B12125550100&to=%2B{to}"));
            log += &format!("{}\n", server.wait_for("\"message\":\"decision\""));
        }
        server.ask("POST", "?code=wrong&to=%2B13155550101");
        log += &format!("{}\n", server.wait_for("\"message\":\"decision\""));
        fs::write(folder.path().join("log.jsonl"), &log).unwrap();
        drop(server);

        let replay = |arguments: &[&str]| {
            let arguments = [&["replay", "log.jsonl", "--json"], arguments].concat();
            let output = precall(folder.path()).args(arguments).env("PRECALL_API_KEYS", &keys).output().unwrap();
            (
                output.status.code().unwrap(),
                serde_json::from_str::<Value>(&stdout(&output)).unwrap_or_else(|_| panic!("{}", session(&output))),
            )
        };
        let undecided = |report: &Value| {
            report["not_decided"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>()
        };
        // The same rules, in a file and in the table.
        for source in [&["--rules", "book.json"][..], &[]] {
            let (status, report) = replay(source);
            assert_eq!(
                (status, &report["otherwise"], &report["refused"]),
                (0, &json!(0), &json!(1)),
                "{show}: {report:#}"
            );
            assert_eq!(undecided(&report), if show == "hidden" { 5 } else { 0 }, "{show}: {report:#}");
        }
        if show == "hidden" {
            // A hidden number that no rule names may be any number.
            continue;
        }
        // One rule less, and one more.
        let other = BOOK.replace("\"+13155550101\", \"rule\": \"dnc\"", "\"+13155550103\", \"rule\": \"new\"");
        fs::write(folder.path().join("other.json"), other).unwrap();
        let (status, report) = replay(&["--rules", "other.json", "--against", "book.json"]);
        assert_eq!(status, 1);
        assert_eq!(report["otherwise"], 2, "{show}: {report:#}");
        let kinds: Vec<_> = report["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| format!("{} -> {}", kind["before"], kind["after"]))
            .collect();
        assert_eq!(
            kinds,
            ["\"PROCEED by default\" -> \"REJECT 503 by new\"", "\"REJECT 603 by dnc\" -> \"PROCEED by default\""]
                .map(|kind| kind.replace("503", "603")),
            "{show}: {report:#}"
        );
        let (status, _) = replay(&["--rules", "other.json", "--against", "book.json", "--exit-zero"]);
        assert_eq!(status, 0);
    }
}

#[test]
fn a_replay_as_a_person_reads_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.jsonl"), lines(&week())).unwrap();
    fs::write(
        folder.path().join("new.json"),
        r#"[{"number": "*", "rule": "mornings", "status": "REJECT", "code": "480", "hours": "00:00-11:00"}]"#,
    )
    .unwrap();
    insta::assert_snapshot!("replay", session(&run(folder.path(), &["replay", "log.jsonl", "--rules", "new.json"])));
    // Without the key of the hashes, masked numbers cannot be compared with numbers of rules.
    let masked = json!({ "to": "+1315*******", "from": "+1212*******" });
    let records = [record(1, "2026-11-02T15:30:00.000Z", masked)];
    fs::write(folder.path().join("masked.jsonl"), lines(&records)).unwrap();
    fs::write(folder.path().join("exact.json"), BOOK).unwrap();
    let output = run(folder.path(), &["replay", "masked.jsonl", "--rules", "exact.json"]);
    assert!(
        stdout(&output).contains("without the key of the log's hashes, they cannot be matched"),
        "{}",
        session(&output)
    );
    // With another key, no hash matches.
    let output = precall(folder.path())
        .args(["replay", "masked.jsonl", "--rules", "exact.json"])
        .env("PRECALL_NUMBER_HASH_KEY", "another-key-than-the-log's")
        .output()
        .unwrap();
    assert!(stderr(&output).contains("with the key of PRECALL_NUMBER_HASH_KEY; if the hook"), "{}", session(&output));
}

/// Caps count from the beginning of the log.
#[test]
fn caps_are_counted_in_the_order_of_the_log() {
    let folder = TempDir::new().unwrap();
    let masked = |hash: &str| json!({ "to": "+1315*******", "to_hash": hash, "from": "+1212*******" });
    let mut records: Vec<Value> =
        (0..6).map(|nth| record(nth, &format!("2026-11-02T15:0{nth}:00.000Z"), masked("aaaaaaaaaaaaaaaa"))).collect();
    records.push(record(7, "2026-11-02T15:30:00.000Z", masked("bbbbbbbbbbbbbbbb")));
    records.push(record(8, "2026-11-03T15:04:30.000Z", masked("aaaaaaaaaaaaaaaa")));
    records.reverse();
    fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
    fs::write(
        folder.path().join("new.json"),
        r#"[{"number": "*", "rule": "three", "status": "REJECT", "code": "480", "max_calls": 3, "per": "24h"}]"#,
    )
    .unwrap();
    let output = precall(folder.path())
        .args(["replay", "log.jsonl", "--rules", "new.json", "--json"])
        .env("PRECALL_NUMBER_HASH_KEY", KEY)
        .output()
        .unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&report["same"], &report["otherwise"]), (&json!(5), &json!(3)), "{report:#}");
    assert_eq!(report["differences"][0]["after"], "REJECT 480 by three");
}

/// A window has rolled past the first of two calls, so that the third call is let through.
#[test]
fn a_window_rolls_past_the_oldest_attempt() {
    let folder = TempDir::new().unwrap();
    let at = ["2026-11-02T15:00:00Z", "2026-11-02T15:05:00Z", "2026-11-03T15:02:00Z", "2026-11-03T15:04:00Z"];
    let records: Vec<Value> = at.iter().zip(1..).map(|(at, nth)| record(nth, at, json!({}))).collect();
    fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
    fs::write(
        folder.path().join("new.json"),
        r#"[{"number": "*", "rule": "two", "status": "REJECT", "code": "480", "max_calls": 2, "per": "24h"}]"#,
    )
    .unwrap();
    let output = run(folder.path(), &["replay", "log.jsonl", "--rules", "new.json", "--json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&report["same"], &report["otherwise"]), (&json!(3), &json!(1)), "{report:#}");
    assert_eq!(report["differences"][0]["examples"][0]["at"], at[3], "{report:#}");
}

/// A cap counts the calls that a redirect sent to a number together with the calls to that number.
#[test]
fn a_cap_counts_redirected_and_direct_calls_to_one_number() {
    let folder = TempDir::new().unwrap();
    let mask = mask();
    let call = |nth: u64, to: &str| {
        let number = Number::from_typed(to).unwrap();
        let masked = json!({ "to": mask.number(&number), "to_hash": mask.hash(&number) });
        record(nth, &format!("2026-11-02T15:0{nth}:00.000Z"), masked)
    };
    let records = [call(1, "+13155550101"), call(2, "+13155550102")];
    fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
    fs::write(
        folder.path().join("new.json"),
        r#"[
          {"number": "+13155550101", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550102"},
          {"number": "*", "rule": "one", "status": "REJECT", "code": "480", "max_calls": 1, "per": "24h", "to": "+13155550102"}
        ]"#,
    )
    .unwrap();
    let output = precall(folder.path())
        .args(["replay", "log.jsonl", "--rules", "new.json", "--json"])
        .env("PRECALL_NUMBER_HASH_KEY", KEY)
        .output()
        .unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["rules"]["one"]["after"], 1, "{report:#}");
    assert_eq!(report["rules"]["moved"]["after"], 1, "{report:#}");
}

/// The hook reads the caller's rules for a redirect's target, too, if the caller called its own number.
#[test]
fn a_redirect_of_a_call_to_the_callers_own_number_is_screened_by_the_callers_rules() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("rules.json"),
        r#"[
          {"number": "+12125550100", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550102", "to": "+12125550100"},
          {"number": "+12125550100", "rule": "no-calls", "status": "REJECT", "side": "from", "to": "+1315*"}
        ]"#,
    )
    .unwrap();
    let call = ["--from", "+12125550100", "--to", "+12125550100"];
    let check = run(folder.path(), &[&["check", "--rules", "rules.json"], &call[..]].concat());
    assert!(stdout(&check).contains("REJECT"), "{}", session(&check));
    let records = [record(1, "2026-11-02T15:00:00Z", json!({ "to": "+12125550100", "to_hash": "c8076a84428090c5" }))];
    fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
    let output = run(folder.path(), &["replay", "log.jsonl", "--rules", "rules.json", "--json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["differences"][0]["after"], "REJECT 503 by no-calls", "{report:#}");
}

// ---- A masked number is never guessed ----

/// A small generator of pseudorandom numbers.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

const CALLEES: [&str; 14] = [
    "+13155550101",
    "+13155550102",
    "+13155559999",
    "+12085550101",
    "+12082345678",
    "+12083225550",
    "+15415550101",
    "+18005550101",
    "+19005550101",
    "+14165550101",
    "+442071234567",
    "+61891234567",
    "+79161234567",
    "+18765550101",
];

fn random_book(draw: &mut Draw) -> Vec<Value> {
    let mut items = Vec::new();
    for nth in 0..1 + draw.below(6) {
        let mut item = Map::new();
        let is_exact = draw.below(3) == 0;
        let number = if is_exact { *draw.of(&CALLEES) } else { "*" };
        item.insert("number".to_owned(), number.into());
        item.insert("rule".to_owned(), format!("r{nth}").into());
        let status = *draw.of(&["REJECT", "PROCEED", "CHANGE_DESTINATION"]);
        item.insert("status".to_owned(), status.into());
        if status == "CHANGE_DESTINATION" {
            let code = *draw.of(&["+13155550102", "+12085550101", "+13155550102=1,+12085550101=2"]);
            item.insert("code".to_owned(), code.into());
        }
        item.insert("priority".to_owned(), (draw.below(3) as i64).into());
        let conditions: [(&str, &[&str]); 9] = [
            ("to", &["+1315*", "+131555*", "+1208*", "+1208234*", "!+1315*", "+44*", "+13155550101,+1541*", "+1*"]),
            ("from", &["+1212*", "anonymous", "+12125550100", "!+12125550*"]),
            ("hours", &["08:00-21:00", "09:00-17:30", "!12:00-13:00"]),
            ("days", &["Mon-Fri", "Sat,Sun"]),
            ("places", &["US-NY", "US-ID", "!US-NY", "toll-free", "international", "US"]),
            ("percent", &["50", "10"]),
            ("clients", &["vendor", "!vendor"]),
            ("calling_hours", &["us"]),
            ("timezone", &["callee", "America/Boise", "caller"]),
        ];
        for (name, values) in conditions {
            if draw.below(4) == 0 && !(name == "calling_hours" && status == "PROCEED") && !(name == "to" && is_exact) {
                item.insert(name.to_owned(), (*draw.of(values)).into());
            }
        }
        items.push(Value::Object(item));
    }
    items
}

/// The rules decide by all digits, the replay by the visible ones: if the replay decides, both decisions are the same.
#[test]
fn a_masked_number_is_never_decided_otherwise() {
    let mask = mask();
    let mut draw = Draw(20_261_123);
    let (mut decided, mut undecided) = (0, 0);
    for round in 0..60 {
        let items = random_book(&mut draw);
        let rules = RuleSet::from_items(items.iter().map(precall_test::item));
        let mut records = Vec::new();
        for nth in 0..40 {
            let mut to = (*draw.of(&CALLEES)).to_owned();
            if draw.below(2) == 0 {
                // Another number in the same place.
                let keep = to.len() - 3 - draw.below(3);
                to.truncate(keep);
                while to.len() < draw_length(&to) {
                    to += &draw.below(10).to_string();
                }
            }
            let from = *draw.of(&[None, Some("+12125550100"), Some("+12125559999"), Some("+442079460000")]);
            let at = Timestamp::from_second(1_793_000_000 + draw.below(14 * 86_400) as i64).unwrap();
            let call = Call {
                from: from.map(|from| Number::from_typed(from).unwrap()),
                to: Number::from_typed(&to).unwrap(),
                client: Some((*draw.of(&["vendor", "other"])).into()),
                at,
                redirected: false,
            };
            let attempts = Attempts::none();
            let evaluated = rules.evaluate(&call, &attempts);
            let Ok(decision) = evaluated.answer() else { continue };
            let name = match evaluated.decided_by() {
                DecidedBy::Rule(rule, _) => json!(rule.key.rule),
                _ => Value::Null,
            };
            let code = match &decision {
                Answer::Proceed => Value::Null,
                Answer::Reject { code, .. } => json!(code),
                Answer::ChangeDestination { number } => json!(mask.number(number)),
            };
            records.push(record(
                round * 100 + nth,
                &at.to_string(),
                json!({
                    "client": call.client.as_deref(), "to": mask.number(&call.to), "to_hash": mask.hash(&call.to),
                    "from": call.from.as_ref().and_then(|from| mask.number(from)),
                    "from_hash": call.from.as_ref().and_then(|from| mask.hash(from)),
                    "status": decision.status(), "code": code, "rule": name,
                    "decided_by": if name.is_null() { "default" } else { "rule" },
                }),
            ));
        }
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("book.json"), json!(items).to_string()).unwrap();
        fs::write(folder.path().join("log.jsonl"), lines(&records)).unwrap();
        let output = precall(folder.path())
            .args(["replay", "log.jsonl", "--rules", "book.json", "--json"])
            .env("PRECALL_NUMBER_HASH_KEY", KEY)
            .output()
            .unwrap();
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", session(&output)));
        assert_eq!(report["otherwise"], 0, "{}\n{report:#}", json!(items));
        decided += report["same"].as_u64().unwrap();
        undecided +=
            report["not_decided"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>();
    }
    assert!(decided > 1_000 && undecided > 50, "{decided} decided, {undecided} not");
}

/// Returns the length of numbers that begin like this.
fn draw_length(number: &str) -> usize {
    CALLEES.iter().find(|known| known[..4] == number[..4]).unwrap().len()
}

#[test]
fn missing_logs_and_tables_are_reported() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.jsonl"), lines(&week())).unwrap();
    for (arguments, wanted) in [
        (&["replay", "missing", "--rules", "x.json"][..], "there is no file missing; check its name and folder"),
        (&["replay", "log.jsonl", "--rules", "x.json"], "there is no file x.json;"),
        (
            &["replay", "log.jsonl", "--dynamodb", "aws", "--region", "us-east-1"],
            "no AWS credentials were found for us-east-1; sign in",
        ),
        (
            &["report", "log.jsonl", "--format", "html", "--out", "no/such/folder.html"],
            "no/such/folder.html cannot be written, because its folder does not exist; create the folder first",
        ),
        (
            &["report", "log.jsonl", "--from", "2026-11-05", "--to", "2026-11-03"],
            "the period is empty, because it begins at 2026-11-05T00:00:00Z (--from) and ends at 2026-11-04T00:00:00Z (--to); write",
        ),
    ] {
        let output = precall(folder.path()).args(arguments).env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        assert!(stderr(&output).contains(wanted), "{wanted}: {}", session(&output));
    }
    assert!(!Path::new(&folder.path().join("no")).exists());
}
