//! Tests the function as it ships: the real binary gets events from a Runtime API, and reads rules from a real DynamoDB
//! with the real SDK.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use precall_hook::auth;
use precall_test::dynamodb::DynamoDb;
use precall_test::faulty::{Faulty, Mode};
use precall_test::process::Hook;
use precall_test::runtime_api::RuntimeApi;
use serde_json::{Value, json};
use support::{BIN, Function, PATIENCE, event};

/// The time limit of an answer that the documentation promises for all faults of the store.
const PROMISE: Duration = Duration::from_millis(2_500);

const BLOCKED: &str = "+13155550101";
const MOVED: &str = "+13155550102";
const PLAIN: &str = "+13155550100";

fn proceed() -> Value {
    json!({ "status": "PROCEED" })
}

fn blocked() -> Value {
    json!({ "status": "REJECT", "code": "603", "reason": "Internal do-not-call list" })
}

/// Compares the answer to each sample event with its golden file. `PRECALL_BLESS=1` writes the files again, for a review with
/// `git diff`.
#[tokio::test]
async fn every_sample_event_gets_its_golden_answer() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let function = Function::on(&dynamodb, &[]).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    assert!(names.len() > 60, "only {} sample events were found", names.len());

    let bless = std::env::var_os("PRECALL_BLESS").is_some();
    let mut wrong = String::new();
    for name in &names {
        let (mut answer, _) = function.invoke(std::fs::read(folder.join(name)).unwrap()).await;
        for headers in ["headers", "multiValueHeaders"] {
            if let Some(id) = answer.get_mut(headers).and_then(|headers| headers.get_mut("x-precall-decision-id")) {
                *id = if id.is_array() { json!(["(decision id)"]) } else { json!("(decision id)") };
            }
        }
        let golden = folder.join("answers").join(name);
        if bless {
            std::fs::create_dir_all(folder.join("answers")).unwrap();
            std::fs::write(&golden, format!("{answer:#}\n")).unwrap();
            continue;
        }
        let expected: Value =
            std::fs::read(&golden).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if answer != expected {
            writeln!(wrong, "{name}\n  expected {expected}\n  got      {answer}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");

    let answers = std::fs::read_dir(folder.join("answers")).unwrap().count();
    assert_eq!(answers, names.len(), "events/answers has an answer without an event");

    // The output contains no key of the events, valid or not, and no whole number.
    let output = function.hook.output();
    assert!(output.contains("\"status\":\"REJECT\""), "the records are missing: {output}");
    for secret in ["example-key", "not-the-key", "3155550101", "2125550100", "3605550112"] {
        assert!(!output.contains(secret), "{secret} was logged:\n{output}");
    }
}

#[tokio::test]
async fn payloads_that_no_front_sends_are_answered_too() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let function = Function::on(&dynamodb, &[]).await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let long = event("example-key", PLAIN, &"1".repeat(200_000)).to_string();
    let lone_surrogate = r#"{"queryStringParameters":{"code":"\ud800","to":"1"}}"#;
    let payloads = ["", "{", "nonsense", "\u{0}", &deep, &long, lone_surrogate, r#"{"a":1}{"b":2}"#];
    for payload in payloads {
        let (answer, _) = function.invoke(payload).await;
        assert_eq!(answer["statusCode"], 400, "{:.80}: {answer}", payload);
    }
    let (answer, _) = function.invoke(b"\xff\xfe{}".to_vec()).await;
    assert_eq!(answer["statusCode"], 400);
    assert_eq!(function.call(PLAIN, BLOCKED).await, (200, blocked()), "and the next call is decided");
}

#[tokio::test]
async fn a_function_with_wrong_settings_does_not_start_and_prints_what_to_do() {
    for (variables, wanted) in [
        (vec![("PRECALL_API_KEYS", "")], "precall keygen"),
        (vec![("PRECALL_API_KEYS", "vendor=canary-5f1e")], "the hash of entry 1 is not 64 hex digits"),
        (vec![("PRECALL_API_KEYS", "canary-5f1e")], "entry 1 is not NAME=HASH"),
        (vec![("PRECALL_AUTH", "none")], "remove one of the two"),
        (vec![("PRECALL_API_KEYS", "pk_canary=00")], "entry 1 contains a key"),
        (vec![("PRECALL_API_KEYS", "vendor=pk_canary")], "entry 1 contains a key"),
        (vec![("PRECALL_API_KEYS", "canary5f1e=00")], "the hash of entry 1 is not 64 hex digits"),
        (vec![("PRECALL_AUTH", "canary-5f1e")], "not one of keys, none"),
        (vec![("PRECALL_ON_ERROR", "maybe")], "not one of default, proceed, reject"),
        (vec![("PRECALL_DEFUALT", "canary-5f1e")], "PRECALL_DEFUALT: not a setting; did you mean PRECALL_DEFAULT?"),
        (vec![("PRECALL_DEADLINE_MS", "20000")], "stops waiting after 10 s"),
        (vec![("PRECALL_ATTEMPT_TIMEOUT_MS", "2100")], "which it is part of"),
    ] {
        let api = RuntimeApi::start().await;
        let keys = format!("example={}", auth::hash("example-key"));
        let mut env = vec![("PRECALL_API_KEYS", keys.as_str())];
        env.extend(variables);
        let hook = Hook::spawn(BIN, &api, &env);
        let status = hook.wait_exit(PATIENCE).await.expect("the function must end");
        assert!(!status.success());
        let output = hook.output();
        assert!(output.contains(wanted), "{wanted}: {output}");
        assert!(!output.contains("canary"), "a value was repeated: {output}");
    }
}

#[tokio::test]
async fn several_keys_are_valid_at_once_and_the_record_names_the_key() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let keys = format!("old={}, new={}", auth::hash("canary-old-key"), auth::hash("canary-new-key").to_uppercase());
    let function = Function::on(&dynamodb, &[("PRECALL_API_KEYS", &keys)]).await;
    for (key, name) in [("canary-old-key", "old"), ("canary-new-key", "new")] {
        let (answer, _) = function.invoke(event(key, "", BLOCKED).to_string()).await;
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(function.record().await["client"], name);
    }
    for key in ["canary-old-key ", " canary-old-key", "CANARY-OLD-KEY", "", "canary-old-key\u{0}", "canary-old+key"] {
        let (answer, _) = function.invoke(event(key, "", BLOCKED).to_string()).await;
        assert_eq!(answer["statusCode"], 401, "{key:?}");
    }
    assert!(!function.hook.output().to_lowercase().contains("canary"), "{}", function.hook.output());
}

#[tokio::test]
async fn only_a_call_with_a_valid_key_reads_the_store() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let function = Function::start(&store.url(), &dynamodb.table, &[]).await;
    let after_start = store.requests();
    for payload in [
        json!({ "source": "aws.events", "detail-type": "Scheduled Event" }),
        json!({ "warmer": true }),
        json!({}),
        event("not-the-key", PLAIN, BLOCKED),
        event("example-key", PLAIN, "abc"),
    ] {
        function.invoke(payload.to_string()).await;
    }
    assert_eq!(store.requests(), after_start);
    assert_eq!(function.call("", BLOCKED).await.0, 200);
    assert_eq!(store.requests(), after_start + 1, "the callee's rules take one read; those of `*` are cached");
}

#[tokio::test]
async fn behind_a_front_door_without_keys_any_key_is_accepted() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let function = Function::on(&dynamodb, &[("PRECALL_API_KEYS", ""), ("PRECALL_AUTH", "none")]).await;
    assert_eq!(function.call(PLAIN, BLOCKED).await, (200, blocked()));
    let record = function.record().await;
    assert_eq!(record.get("client"), None);
    assert_eq!(record.get("to_hash"), None, "there is no secret for a keyed hash: {record}");
}

#[tokio::test]
async fn the_next_call_obeys_a_rule_that_was_just_saved() {
    let dynamodb = DynamoDb::with_example_rules().await;
    // After a millisecond, the rules of callers and of `*` are stale, so the next call reads them again.
    let function = Function::on(&dynamodb, &[("PRECALL_RULES_FRESH_MS", "1")]).await;
    let (caller, callee) = ("+12125550111", "+13155550111");
    assert_eq!(function.call(caller, callee).await, (200, proceed()));

    for (number, side) in [(callee, "to"), (caller, "from"), ("*", "to")] {
        let rule = json!({ "number": number, "rule": "typed", "side": side, "status": " reject", "code": 603 });
        dynamodb.put(&rule).await;
        let expected = json!({ "status": "REJECT", "code": "603", "reason": "typed" });
        assert_eq!(function.call(caller, callee).await, (200, expected), "{rule}");
        dynamodb.delete(number, "typed").await;
        assert_eq!(function.call(caller, callee).await, (200, proceed()), "{number} after deletion");
    }
}

#[tokio::test]
async fn the_default_can_be_to_reject() {
    let dynamodb = DynamoDb::start().await;
    let function = Function::on(&dynamodb, &[("PRECALL_DEFAULT", "REJECT")]).await;
    let expected = json!({ "status": "REJECT", "code": "503", "reason": "No rule lets this call through" });
    assert_eq!(function.call(PLAIN, BLOCKED).await, (200, expected));
    assert_eq!(function.record().await["decided_by"], "default");
}

#[tokio::test]
async fn an_invalid_rule_is_reported_and_affects_only_its_own_number() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let function = Function::on(&dynamodb, &[("PRECALL_RULES_FRESH_MS", "1")]).await;
    let premium = json!({ "status": "REJECT", "code": "403", "reason": "Premium-rate numbers are not called" });
    assert_eq!(function.call(PLAIN, "+19005550100").await, (200, premium.clone()));

    // Under the callee's number, the decision is unknown.
    dynamodb.put(&json!({ "number": PLAIN, "rule": "typo", "status": "REJCT" })).await;
    let (status, body) = function.call(MOVED, PLAIN).await;
    assert_eq!((status, &body), (503, &json!({ "error": "decision unknown: invalid_rule" })));
    let record = function.record().await;
    assert_eq!(record["cause"], "invalid_rule");
    assert!(record["invalid_reasons"][0].as_str().unwrap().contains("`status`: \"REJCT\" is not a status"), "{record}");
    assert_eq!(function.call(PLAIN, BLOCKED).await, (200, blocked()), "other numbers are decided");

    // If a `*` rule becomes invalid, this instance uses the last valid version.
    dynamodb
        .put(&json!({ "number": "*", "rule": "premium-900", "status": "REJECT", "code": "403", "to": "1900*", "priority": 100,
                      "reason": "Premium-rate numbers are not called" }))
        .await;
    assert_eq!(function.call(MOVED, "+19005550100").await, (200, premium));
    assert_eq!(function.record().await["invalid_rules"], 1);

    // A new instance has no valid version, so it ignores and reports the item.
    let second = Function::on(&dynamodb, &[]).await;
    assert_eq!(second.call(MOVED, "+19005550100").await, (200, proceed()));
    let record = second.record().await;
    assert!(
        record["invalid_reasons"][0].as_str().unwrap().starts_with("premium-900: `to`: \"1900*\" is not a prefix"),
        "{record}"
    );
    assert_eq!(second.call(PLAIN, BLOCKED).await, (200, blocked()));
}

#[tokio::test]
async fn the_record_explains_the_decision_and_masks_numbers() {
    let dynamodb = DynamoDb::with_example_rules().await;
    dynamodb
        .put(
            &json!({ "number": BLOCKED, "rule": "campaign", "status": "CHANGE_DESTINATION", "code": "(360) 555-0112" }),
        )
        .await;
    let function = Function::on(&dynamodb, &[("PRECALL_NUMBER_HASH_KEY", "a key of at least sixteen")]).await;
    function.call("anonymous", BLOCKED).await;
    function.call(BLOCKED, PLAIN).await;
    let records = function.records().await;
    let [first, second] = records.as_slice() else { panic!("{records:?}") };
    let is_flat = |value: &Value| match value {
        Value::Object(_) => false,
        Value::Array(values) => values.iter().all(Value::is_string),
        _ => true,
    };
    assert!(first.as_object().unwrap().values().all(is_flat), "flat: {first}");
    for (name, value) in [
        ("level", json!("INFO")),
        ("service", json!("precall-hook")),
        ("cold_start", json!(true)),
        ("client", json!("example")),
        ("to", json!("+1315*******")),
        ("status", json!("REJECT")),
        ("http_status", json!(200)),
        ("code", json!("603")),
        ("reason", json!("Internal do-not-call list")),
        ("decided_by", json!("rule")),
        ("rule", json!("dnc-internal")),
        ("rule_number", json!("+1315*******")),
        ("priority", json!(100)),
        ("outranked", json!(["campaign"])),
        ("shadow_rules", json!(["trial-no-caller-id"])),
        ("rules_looked_at", json!(4)),
        ("invalid_rules", json!(0)),
        ("callee_source", json!("store")),
        ("any_source", json!("cache")),
    ] {
        assert_eq!(first[name], value, "{name} in {first}");
    }
    assert_eq!(first["function_request_id"], "00000000-0000-4000-8000-000000000001");
    assert_eq!(first["trace_id"], "67d1941bf6ca8604f320ef52203a3c97", "{first}");
    assert_eq!(first["xray_trace_id"], "1-67d1941b-f6ca8604f320ef52203a3c97", "{first}");
    assert!(first["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(first["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(first.get("from"), None, "a withheld caller");
    assert_eq!(second["cold_start"], false);
    assert_eq!(first["to_hash"], second["from_hash"], "one number has one hash, whichever side it is on");
    assert_ne!(first["to_hash"], second["to_hash"]);
}

/// The callee is in Florida, where it is three in the morning.
#[tokio::test]
async fn the_record_names_the_section_of_the_law_unmasked() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let hour = jiff::Timestamp::now().as_second().rem_euclid(86_400) / 3_600;
    // These names have the opposite sign of the offset from UTC.
    let west = if hour < 15 { hour - 3 } else { hour - 27 };
    let zone = format!("Etc/GMT{west:+}");
    let night = "+13055550100";
    dynamodb.put(&json!({ "number": night, "rule": "lives-in", "timezone": zone, "places": "US-FL" })).await;
    let law = json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us", "priority": 100 });
    dynamodb.put(&law).await;
    let function = Function::on(&dynamodb, &[]).await;
    assert_eq!(function.call(PLAIN, night).await.1["status"], "REJECT");
    let record = function.record().await;
    let because = record["because"].as_str().unwrap();
    assert!(because.contains("outside 08:00-20:00 (Fla. Stat. 501.616(6)): it is 03:"), "{record}");
}

#[tokio::test]
async fn a_setting_determines_the_part_of_numbers_in_the_log() {
    let dynamodb = DynamoDb::with_example_rules().await;
    for (setting, to) in [("full", json!("+13155550102")), ("masked", json!("+1315*******")), ("hidden", Value::Null)] {
        let function = Function::on(&dynamodb, &[("PRECALL_LOG_NUMBERS", setting)]).await;
        function.call("", MOVED).await;
        let record = function.record().await;
        assert_eq!(record["to"], to, "{setting}");
        assert_eq!(record["to_hash"].as_str().unwrap().len(), 16);
        assert_eq!(
            function.hook.output().contains("3605550112"),
            setting == "full",
            "the redirect's number, {setting}"
        );
    }
}

#[tokio::test]
async fn no_spelling_of_a_number_in_an_item_reaches_the_log() {
    let dynamodb = DynamoDb::start().await;
    let spelled = ["315\u{a0}555\u{a0}0141x", "315\u{202f}555\u{2011}0142x", "315_555_0143x"];
    for (nth, text) in spelled.iter().enumerate() {
        // The number is quoted in a mistake, and is part of a name.
        let rule = format!("{nth} stop_315_555_0144,315,555,0145,(315) 555\u{a0}0146");
        dynamodb.put(&json!({ "number": PLAIN, "rule": rule, "status": "REJECT", "to": text })).await;
    }
    for setting in ["masked", "hidden"] {
        let function = Function::on(&dynamodb, &[("PRECALL_LOG_NUMBERS", setting)]).await;
        assert_eq!(function.call("", PLAIN).await.0, 503);
        let record = function.record().await;
        assert_eq!(record["invalid_rules"], spelled.len());
        // Not the whole line, because ids and hashes contain digits too.
        for field in ["invalid_reasons", "cause_detail"] {
            let text = record[field].to_string();
            assert!(text.contains("stop_"), "{setting}: {text}");
            for end in 141..=146 {
                assert!(!text.contains(&format!("0{end}")), "{setting}, 0{end}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn metrics_are_written_in_the_embedded_metric_format() {
    let dynamodb = DynamoDb::with_example_rules().await;
    dynamodb.put(&json!({ "number": PLAIN, "rule": "typo" })).await;
    let function = Function::on(&dynamodb, &[]).await;
    function.call("", BLOCKED).await;
    function.call("", PLAIN).await;
    function.invoke(event("no", "", PLAIN).to_string()).await;
    function.call("", "+19995550123").await;
    // The answer can arrive before its own lines.
    let began = Instant::now();
    let lines = loop {
        let output = function.hook.stdout();
        let lines = output.lines().filter_map(|line| serde_json::from_str(line).ok());
        let lines: Vec<Value> = lines.filter(|line: &Value| line.get("Decisions").is_some()).collect();
        if lines.len() >= 4 {
            break lines;
        }
        assert!(began.elapsed() < PATIENCE, "{output}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["status"].as_str().unwrap(),
                &line["ColdStarts"],
                &line["Unknowns"],
                &line["InvalidRules"],
                &line["AuthFailures"],
                &line["UnlistedAreaCodes"],
            )
        })
        .collect();
    let (one, none) = (&json!(1), &Value::Null);
    assert_eq!(
        seen,
        [
            ("REJECT", one, none, none, none, none),
            ("UNKNOWN", none, one, one, none, none),
            ("REFUSED", none, none, none, one, none),
            ("PROCEED", none, none, none, none, one),
        ]
    );
    for line in &lines {
        assert!(line["_aws"]["Timestamp"].is_i64());
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let dimensions = directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap());
            for dimension in dimensions {
                assert!(["service", "status", "cause"].contains(&dimension.as_str().unwrap()), "{dimension}");
                assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} has no value in {line}");
            }
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric} has no value in {line}");
            }
        }
    }
    let off = Function::on(&dynamodb, &[("PRECALL_METRICS", "off")]).await;
    off.call("", BLOCKED).await;
    off.record().await;
    assert!(!off.hook.output().contains("_aws"));
}

#[tokio::test]
async fn at_level_trace_no_key_and_no_number_is_logged() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let function = Function::on(&dynamodb, &[("PRECALL_LOG_LEVEL", "trace"), ("RUST_LOG", "trace")]).await;
    function.call(PLAIN, BLOCKED).await;
    function.call(PLAIN, MOVED).await;
    function.record().await;
    let output = function.hook.output();
    for secret in ["example-key", "3155550101", "3155550100", "3605550112", "test-secret"] {
        assert!(!output.contains(secret), "{secret} was logged:\n{output}");
    }
}

/// Returns the answer of a policy to an unknown decision.
fn on_error(policy: &str) -> (u64, Value) {
    match policy {
        "proceed" => (200, proceed()),
        "reject" => (200, json!({ "status": "REJECT", "code": "503", "reason": "Decision unknown" })),
        _ => (503, Value::Null),
    }
}

const FAULTS: [(Mode, &str); 13] = [
    (Mode::Hang, "timeout"),
    (Mode::BlackHole, "timeout"),
    (Mode::Refuse, "unreachable"),
    (Mode::Reset, "unreachable"),
    (Mode::Close, "unreachable"),
    (Mode::Throttle, "throttled"),
    (Mode::ServerError, "broken"),
    (Mode::Forbidden, "forbidden"),
    (Mode::MissingTable, "missing_table"),
    (Mode::Garbage, "broken"),
    (Mode::HalfAnswer, ""),
    (Mode::HalfThenHang, "timeout"),
    (Mode::Partial, "broken"),
];

/// Checks that a store that begins to fail between two calls gives the documented answer of the policy in time, and that
/// the rules decide again when the store works again.
async fn a_failing_store_gives_the_answer_of(policy: &str) {
    let dynamodb = DynamoDb::with_example_rules().await;
    for n in 0..3 {
        dynamodb.put(&json!({ "number": PLAIN, "rule": format!("page-{n}"), "status": "PROCEED" })).await;
    }
    for (fault, cause) in FAULTS {
        let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
        let function = Function::start(&store.url(), &dynamodb.table, &[("PRECALL_ON_ERROR", policy)]).await;
        assert_eq!(function.call("", PLAIN).await, (200, proceed()), "{fault:?}, before");
        store.set(fault.clone()).await;
        let (status, body, elapsed) = function.timed_call("", PLAIN).await;
        let (expected_status, expected_body) = on_error(policy);
        assert_eq!(status, expected_status, "{fault:?}: {body}");
        if expected_body.is_null() {
            assert!(body["error"].as_str().unwrap().starts_with("decision unknown: "), "{fault:?}: {body}");
        } else {
            assert_eq!(body, expected_body, "{fault:?}");
        }
        assert!(elapsed < PROMISE, "{fault:?} took {elapsed:?}");
        let record = function.record().await;
        assert_eq!(record["decided_by"], "on_error", "{fault:?}: {record}");
        assert_eq!(record["level"], "WARN");
        if !cause.is_empty() {
            assert_eq!(record["cause"], cause, "{fault:?}: {record}");
        }
        store.set(Mode::Proxy).await;
        assert_eq!(function.call("", BLOCKED).await, (200, blocked()), "{fault:?}, after");
    }
}

#[tokio::test]
async fn a_failing_store_gives_a_prompt_503_by_default() {
    a_failing_store_gives_the_answer_of("default").await;
}

#[tokio::test]
async fn a_failing_store_gives_proceed_if_set() {
    a_failing_store_gives_the_answer_of("proceed").await;
}

#[tokio::test]
async fn a_failing_store_gives_reject_if_set() {
    a_failing_store_gives_the_answer_of("reject").await;
}

/// If the store fails before the start of the function, the function starts nevertheless.
#[tokio::test]
async fn the_function_starts_although_the_store_fails() {
    let dynamodb = DynamoDb::with_example_rules().await;
    for fault in [Mode::Hang, Mode::BlackHole, Mode::Refuse, Mode::Forbidden] {
        let store = Faulty::start(fault.clone(), Some(dynamodb.address())).await;
        let function = Function::start(&store.url(), &dynamodb.table, &[]).await;
        let (status, _, elapsed) = function.timed_call(PLAIN, BLOCKED).await;
        assert_eq!(status, 503, "{fault:?}");
        assert!(elapsed < PROMISE, "{fault:?} took {elapsed:?}");
        store.set(Mode::Proxy).await;
        assert_eq!(function.call(PLAIN, BLOCKED).await, (200, blocked()), "{fault:?}, after");
    }
}

#[tokio::test]
async fn missing_credentials_are_reported() {
    let dynamodb = DynamoDb::with_example_rules().await;
    for (variable, wanted) in [
        ("AWS_ACCESS_KEY_ID", "cannot be used without credentials (none were found)"),
        ("AWS_REGION", "no request could be made; is the region set?"),
    ] {
        let function = Function::on(&dynamodb, &[(variable, "")]).await;
        assert_eq!(function.call("", BLOCKED).await.0, 503, "without {variable}");
        let record = function.record().await;
        assert_eq!(record["cause"], "forbidden", "{record}");
        assert!(record["cause_detail"].as_str().unwrap().contains(wanted), "{record}");
    }
}

/// After a freeze, pooled sockets are dead. A short fault is retried within the time budget.
#[tokio::test]
async fn dead_sockets_and_short_faults_do_not_make_decisions_unknown() {
    let dynamodb = DynamoDb::with_example_rules().await;
    for mode in [
        Mode::DropIdle,
        Mode::Stale,
        Mode::StaleHang,
        Mode::first(1, Mode::Hang),
        Mode::first(2, Mode::Throttle),
        Mode::first(2, Mode::ServerError),
        Mode::first(1, Mode::Reset),
        Mode::first(1, Mode::HalfAnswer),
        Mode::Slow(Duration::from_millis(300)),
    ] {
        let store = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
        let function = Function::start(&store.url(), &dynamodb.table, &[]).await;
        store.set(mode.clone()).await;
        for round in 0..3 {
            let (status, body, elapsed) = function.timed_call(MOVED, BLOCKED).await;
            assert_eq!((status, body), (200, blocked()), "{mode:?}, call {round}: {}", function.hook.output());
            assert!(elapsed < PROMISE, "{mode:?}, call {round} took {elapsed:?}");
        }
    }
}

/// A caller that is not a number does not cost the callee its protection: the call is decided as one without a caller's number.
#[tokio::test]
async fn an_unreadable_caller_is_a_caller_without_a_number() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let withheld =
        json!({ "number": "*", "rule": "no-anonymous", "status": "REJECT", "code": "433", "from": "anonymous" });
    dynamodb.put(&withheld).await;
    let function = Function::on(&dynamodb, &[]).await;
    for (from, shown) in [
        ("FreeSWITCH", Some("FreeSWITCH")),
        ("TOLL FREE", Some("TOLL FREE")),
        ("International", Some("International")),
        ("no-cid", Some("no-cid")),
        ("s", Some("s")),
        ("+", Some("+")),
        ("{{from}}", Some("{{from}}")),
        ("3155550101 / 3155550102", Some("3155****** / **********")),
        ("１３１５５５５０１０１ or", Some("1315******* or")),
        ("7378742833", None),
        ("+266696687", None),
        ("anonymous", None),
    ] {
        assert_eq!(function.call(from, BLOCKED).await, (200, blocked()), "{from}");
        let record = function.record().await;
        assert_eq!(record["unreadable_from"].as_str(), shown, "{from}");
        assert_eq!((record.get("from"), record.get("from_hash")), (None, None), "{from}");
        assert_eq!(record["level"], "INFO", "{from}");
        let (_, body) = function.call(from, PLAIN).await;
        assert_eq!(body["code"], "433", "{from}: rules for withheld callers apply");
    }
    // Values that are not text, and two different callers.
    for from in [json!(true), json!({ "number": 1 }), json!(["+12125550100", "+12125550101"])] {
        let event = json!({ "queryStringParameters": { "code": "example-key", "from": from, "to": BLOCKED } });
        let (reply, _) = function.invoke(event.to_string()).await;
        assert_eq!(reply["statusCode"], 200, "{from}");
        assert!(function.record().await["unreadable_from"].is_string(), "{from}");
    }
    let metrics: Vec<Value> =
        function.hook.stdout().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let counted = metrics.iter().filter(|line| line["UnreadableCallers"] == 1).count();
    assert!(counted >= 20, "{counted} were counted");
    // The callee's protection needs a callee.
    for to in ["", "FreeSWITCH", "+", "3155550101 / 3155550102", "3.15555E9"] {
        assert_eq!(function.call("+12125550100", to).await.0, 400, "{to}");
    }
    let hidden = Function::on(&dynamodb, &[("PRECALL_LOG_NUMBERS", "hidden")]).await;
    hidden.call("FreeSWITCH", BLOCKED).await;
    assert_eq!(hidden.record().await["unreadable_from"], "(hidden)");
}

#[tokio::test]
async fn the_record_says_what_was_left_out_of_a_number() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let function = Function::on(&dynamodb, &[]).await;
    for (from, to, repairs) in [
        ("+12125550100", "+13155550101 x5", json!(["`to`: the extension is left out"])),
        (
            "sip:+12125550100@pbx.example;user=phone",
            "113155550101",
            json!([
                "`to`: the country code 1 is there twice, and counts once",
                "`from`: the parameters after the number are left out"
            ]),
        ),
        ("<sip:+12125550100@pbx.example>", "tel:+13155550101", Value::Null),
        ("+12125550100", "3155550101.0", Value::Null),
    ] {
        assert_eq!(function.call(from, to).await, (200, blocked()), "{to}");
        let record = function.record().await;
        assert_eq!(record["number_repairs"], repairs, "{to}");
        assert_eq!((&record["from"], &record["to"]), (&json!("+1212*******"), &json!("+1315*******")), "{to}");
    }
}
