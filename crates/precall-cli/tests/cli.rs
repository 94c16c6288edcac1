//! The binary `precall`: its output and exit status.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use precall_hook::store::TableSchema;
use precall_test::dynamodb::create_table;
use tempfile::TempDir;

use support::{PATIENCE, Server, client, precall, raw, run, stderr, stdout};

async fn put(client: &Client, attributes: &[(&str, &str)]) {
    let attributes =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())));
    client.put_item().table_name("precall-rules").set_item(Some(attributes.collect())).send().await.unwrap();
}

const BLOCKED: &str = "?code=example-key&from=%2B12125550100&to=%2B13155550101";
const PLAIN: &str = "?code=example-key&from=%2B12125550100&to=%2B13155550100";

#[tokio::test]
async fn the_example_answers_and_keeps_an_edit() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &["--example"], &[]);
    for (call, answer, why) in [
        (
            "+12125550100 calls +13155550101",
            r#"{"status":"REJECT","code":"603","reason":"Internal do-not-call list"}"#,
            "rule `dnc-internal`, priority 100",
        ),
        (
            "+12125550100 calls +13155550102",
            r#"{"status":"CHANGE_DESTINATION","code":"+13605550112"}"#,
            "rule `moved`, priority 0",
        ),
        ("+12125550100 calls +13155550100", r#"{"status":"PROCEED"}"#, "no rule applies"),
    ] {
        let (_, after) = server.printed.split_once(call).expect(call);
        let mut lines = after.lines().skip(1);
        assert_eq!(lines.next().map(str::trim), Some(answer));
        assert!(lines.next().unwrap_or_default().contains(why), "{}", server.printed);
    }

    // The printed command line.
    let (_, pasted) = server.printed.split_once("curl -X POST 'http://").expect("a curl line");
    let (url, _) = pasted.split_once('\'').unwrap();
    assert_eq!(url, format!("{}/{BLOCKED}", server.hook));
    let rejected = r#"{"status":"REJECT","code":"603","reason":"Internal do-not-call list"}"#.to_owned();
    assert_eq!(server.ask("POST", BLOCKED), ("HTTP/1.1 200 OK".to_owned(), rejected.clone()));
    assert_eq!(server.ask("GET", BLOCKED).1, rejected);
    let record = server.wait_for("\"status\":\"REJECT\"");
    assert!(record.contains("\"rule\":\"dnc-internal\"") && !record.contains("example-key"), "{record}");

    let client = server.client();
    put(&client, &[("number", "+13155550100"), ("rule", "typed"), ("status", "reject"), ("reason", "Just now")]).await;
    assert_eq!(server.ask("POST", PLAIN).1, r#"{"status":"REJECT","code":"503","reason":"Just now"}"#);
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let delete = client.delete_item().table_name("precall-rules");
    delete.key("number", key("+13155550101")).key("rule", key("dnc-internal")).send().await.unwrap();

    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0), "{}", server.printed);

    let server = Server::start(folder.path(), &["--example"], &[]);
    assert!(!server.printed.contains("example rules written"), "{}", server.printed);
    assert_eq!(server.ask("POST", PLAIN).1, r#"{"status":"REJECT","code":"503","reason":"Just now"}"#);
    assert_eq!(server.ask("POST", BLOCKED).1, r#"{"status":"PROCEED"}"#, "a deleted rule stays deleted");
}

#[test]
fn odd_requests_over_http_are_answered() {
    let folder = TempDir::new().unwrap();
    let key = format!("vendor={}", precall_hook::auth::hash("canary-cli-key"));
    let mut server = Server::start(folder.path(), &[], &[("PRECALL_API_KEYS", &key)]);
    let good = "?code=canary-cli-key&to=3155550100";
    for (method, query, status) in [
        ("POST", good, "200 OK"),
        ("POST", "anything/at/all?code=canary-cli-key&to=+13155550100", "200 OK"),
        ("PUT", good, "405 Method Not Allowed"),
        ("POST", "?code=canary-cli-ke&to=3155550100", "401 Unauthorized"),
        ("POST", "", "401 Unauthorized"),
        ("POST", "?code=canary-cli-key", "400 Bad Request"),
        ("POST", "?code=canary-cli-key&to=%ff%00&from=1", "400 Bad Request"),
        ("POST", "?code=canary-cli-key&to=3155550100&to=3155550100", "400 Bad Request"),
        ("POST", "?code=canary-cli-key&code=canary-cli-key&to=3155550100", "400 Bad Request"),
    ] {
        assert_eq!(server.ask(method, query).0, format!("HTTP/1.1 {status}"), "{method} {query}");
    }
    let (status, _) = server.raw(&format!("POST /{good} HTTP/1.1\r\nhost: a b\x01c\r\nconnection: close\r\n\r\n"));
    assert!(status.starts_with("HTTP/1.1 "), "{status}");
    let (status, _) =
        server.raw(&format!("POST /{good} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"));
    assert_eq!(status, "HTTP/1.1 200 OK", "a body is ignored");
    let (status, _) = server.ask("POST", &format!("{good}&x={}", "y".repeat(100_000)));
    assert!(status.starts_with("HTTP/1.1 414 "), "{status}");

    // A client that hangs in the middle of a request does not prevent the stop.
    let mut hanging = TcpStream::connect(&server.hook).unwrap();
    hanging.write_all(b"POST / HTTP/1.1\r\nhost:").unwrap();
    server.signal("-INT");
    assert_eq!(server.wait(), Some(0));
    while let Ok(line) = server.lines.recv_timeout(Duration::from_millis(200)) {
        server.printed += &line;
    }
    assert!(!server.printed.contains("canary"), "{}", server.printed);
}

/// A database that is not there is not an empty one, in which no rule blocks a call. A command that reads creates nothing.
#[test]
fn commands_that_read_create_nothing() {
    const TO: &str = "+13155550101";
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("expect.txt", "+13155550101 is REJECT\n");
    write("log.jsonl", r#"{"timestamp":"2026-11-02T15:30:00Z","decision_id":"1","status":"REFUSED","duration_ms":1}"#);
    write("empty.db", "");
    write("rules.json", r#"[{"number": "+13155550101", "rule": "dnc", "status": "REJECT"}]"#);
    let names = || {
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let reading: [&[&str]; 7] = [
        &["check", "--to", TO],
        &["rules"],
        &["lint"],
        &["lists"],
        &["test", "expect.txt"],
        &["replay", "log.jsonl"],
        &["remove", "--number", TO, "--rule", "dnc", "--yes"],
    ];
    for command in reading {
        for (database, wanted) in [
            (&[][..], "there is no database .precall/rules.db (looked in "),
            (&["--database", "no/such.db"], "there is no database no/such.db (looked in "),
            (&["--database", "empty.db"], "empty.db is empty, so it is not a database; change to"),
        ] {
            let output = run(folder.path(), &[command, database].concat());
            assert_eq!(output.status.code(), Some(1), "{command:?} {database:?}: {}", stdout(&output));
            assert!(stderr(&output).contains(wanted), "{command:?} {database:?}: {}", stderr(&output));
            assert!(stderr(&output).contains("; change to the folder of `precall serve`, name"), "{}", stderr(&output));
            assert_eq!(stdout(&output), "", "{command:?} {database:?}");
        }
    }
    // The law needs no rules, and the first rule of an operator may be tried before there is a database.
    assert!(run(folder.path(), &["hours", "--to", TO, "--at", "2026-12-01T17:00:00Z"]).status.success());
    let put = run(folder.path(), &["put", "number=*", "rule=a", "status=REJECT", "--dry-run"]);
    assert!(put.status.success() && stdout(&put).contains("nothing was changed"), "{}", stderr(&put));
    assert_eq!(names(), before);

    // Another table of the same database.
    assert!(run(folder.path(), &["load", "rules.json"]).status.success());
    for command in reading {
        let output = precall(folder.path()).args(command).env("PRECALL_RULES_TABLE", "typo").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", stdout(&output));
        assert!(
            stderr(&output).contains(".precall/rules.db has no table typo, and"),
            "{command:?}: {}",
            stderr(&output)
        );
    }
    let output = run(folder.path(), &["check", "--to", TO]);
    assert!(stdout(&output).contains("decision  REJECT"), "{}{}", stdout(&output), stderr(&output));
}

/// A misspelt setting would leave its default in force, which lets calls through.
#[test]
fn a_misspelt_setting_stops_each_command() {
    let folder = TempDir::new().unwrap();
    for command in [&["serve", "--example"][..], &["check", "--to", "+13155550101"], &["lists"]] {
        let output = precall(folder.path()).args(command).env("PRECALL_DEFUALT", "REJECT").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let wanted = "precall: PRECALL_DEFUALT: not a setting; did you mean PRECALL_DEFAULT?";
        assert!(stderr(&output).contains(wanted), "{command:?}: {}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is created");
}

/// A start after one that was killed while it created the database creates the database.
#[test]
fn a_start_succeeds_after_one_that_was_killed() {
    for life in (0..60).map(|step| Duration::from_millis(1 + step * 2)) {
        let folder = TempDir::new().unwrap();
        let rule = r#"[{"number": "+13155550101", "rule": "a", "status": "REJECT"}]"#;
        std::fs::write(folder.path().join("rules.json"), rule).unwrap();
        let load = ["load", "rules.json"];
        let mut first = precall(folder.path()).args(load).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(life);
        // The process may have ended already.
        let _ = first.kill();
        first.wait().unwrap();
        let second = run(folder.path(), &load);
        assert!(second.status.success(), "after {life:?}: {}", stderr(&second));
    }
}

/// A start without a fault logs no warning.
#[test]
fn a_second_start_logs_nothing() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let mut server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        server.signal("-TERM");
        assert_eq!(server.wait(), Some(0));
        while let Ok(line) = server.lines.recv_timeout(Duration::from_millis(200)) {
            server.printed += &line;
        }
        assert!(!server.printed.contains("WARN"), "{}", server.printed);
    }
}

/// A full cap is no fault of the store.
#[test]
fn a_full_cap_logs_no_warning() {
    let folder = TempDir::new().unwrap();
    let cap = r#"[{"number": "*", "rule": "one", "status": "REJECT", "code": "480", "max_calls": 1, "per": "24h"}]"#;
    std::fs::write(folder.path().join("cap.json"), cap).unwrap();
    assert!(run(folder.path(), &["load", "cap.json", "--yes"]).status.success());
    for level in ["INFO", "DEBUG"] {
        let none = [("PRECALL_AUTH", "none"), ("PRECALL_LOG_LEVEL", level)];
        let mut server = Server::start(folder.path(), &[], &none);
        for _ in 0..2 {
            server.ask("POST", "?from=%2B12125550101&to=%2B13155550171");
        }
        let (_, answer) = server.ask("POST", "?from=%2B12125550101&to=%2B13155550171");
        assert!(answer.contains("REJECT"), "{answer}");
        server.signal("-TERM");
        assert_eq!(server.wait(), Some(0));
        while let Ok(line) = server.lines.recv_timeout(Duration::from_millis(200)) {
            server.printed += &line;
        }
        assert!(server.printed.contains("REJECT") && !server.printed.contains("WARN"), "{}", server.printed);
    }
}

#[test]
fn idle_connections_are_closed_and_make_room() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let connect = |request: &[u8]| {
        let mut stream = TcpStream::connect(&server.hook).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request).unwrap();
        stream
    };
    let answer_of = |mut stream: TcpStream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    // Half of the clients send nothing, half of them send a part of a request.
    let idle: Vec<_> =
        (0..256).map(|nth| connect(if nth % 2 == 0 { b"" } else { b"POST / HTTP/1.1\r\nhost:" })).collect();
    let refused = answer_of(connect(b"")).unwrap();
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.ends_with("\r\n\r\n{\"error\":\"too many connections\"}"), "{refused}");
    for stream in idle {
        assert_eq!(answer_of(stream).unwrap(), "");
    }
    assert_eq!(server.ask("POST", PLAIN).1, r#"{"status":"PROCEED"}"#);
}

#[test]
fn a_log_without_a_reader_stops_no_answer() {
    let folder = TempDir::new().unwrap();
    let mut child = precall(folder.path())
        .args(["serve", "--example", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0", "--page", "off"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.find_map(|line| line.unwrap().strip_prefix("Hook:     http://").map(str::to_owned)).unwrap();
    let hook = line.split('/').next().unwrap().to_owned();
    let stderr = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    let (_, lines) = channel();
    let mut server =
        Server { child, lines, printed: String::new(), hook, dynamodb: String::new(), page: String::new() };
    // Each request writes about 700 bytes to the log, and a pipe holds 64 KiB.
    for nth in 0..400 {
        assert_eq!(server.ask("POST", BLOCKED).0, "HTTP/1.1 200 OK", "request {nth}");
    }
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let stderr = stderr.join().unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    // The pipe still holds whole lines.
    let mut log = String::new();
    server.child.stdout.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.lines().filter(|line| line.contains("\"rule\":\"dnc-internal\"")).count() >= 50, "{}", log.len());
}

#[tokio::test]
async fn the_embedded_dynamodb_rejects_requests_of_web_pages() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let port = server.dynamodb.rsplit(':').next().unwrap();
    let delete = r#"{"TableName":"precall-rules","Key":{"number":{"S":"+13155550101"},"rule":{"S":"dnc-internal"}}}"#;
    let send = |headers: &str| {
        let mut stream = TcpStream::connect(&server.dynamodb).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let rest = "content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.DeleteItem\r\n\
                    authorization: AWS4-HMAC-SHA256 Credential=a/20261123/us-east-1/dynamodb/aws4_request, \
                    SignedHeaders=host, Signature=0\r\nx-amz-date: 20261123T000000Z\r\nconnection: close\r\n";
        write!(stream, "POST / HTTP/1.1\r\n{headers}{rest}content-length: {}\r\n\r\n{delete}", delete.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for headers in [
        format!("host: {}\r\norigin: https://a.example\r\n", server.dynamodb),
        format!("host: {}\r\norigin: null\r\n", server.dynamodb),
        format!("host: {}\r\norigin: http://{}\r\n", server.dynamodb, server.dynamodb),
        format!("host: localhost.a.example:{port}\r\n"),
        format!("host: 127.0.0.1.a.example:{port}\r\n"),
        "host: rebound.example\r\n".to_owned(),
    ] {
        let answer = send(&headers);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{headers}{answer}");
        assert!(!answer.to_ascii_lowercase().contains("access-control-allow"), "{headers}{answer}");
    }
    assert!(server.ask("POST", BLOCKED).1.contains("REJECT"), "the rule is still there");

    // The SDK's request, and the same request from another program.
    put(&server.client(), &[("number", "+13155550100"), ("rule", "typed"), ("status", "REJECT")]).await;
    assert!(server.ask("POST", PLAIN).1.contains("REJECT"));
    let answer = send(&format!("host: localhost:{port}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(server.ask("POST", BLOCKED).1, r#"{"status":"PROCEED"}"#);
}

#[test]
fn errors_name_the_remedy() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let free = ["--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0"];
    for (arguments, wanted) in [
        (vec!["serve"], "PRECALL_API_KEYS: not set, so every request would be refused; run `precall keygen vendor`"),
        (
            vec!["serve", "--example", "--listen", "0.0.0.0:0"],
            "0.0.0.0:0 is not loopback; add --listen 127.0.0.1:9000, or set PRECALL_API_KEYS",
        ),
        (
            vec!["serve", "--example", "--listen", "127.0.0.1:0", "--dynamodb-listen", "0.0.0.0:0"],
            "listens on loopback only",
        ),
        (vec!["serve", "--example", "--listen", &taken], "choose another with --listen"),
        (
            vec!["serve", "--example", "--listen", "127.0.0.1:0", "--dynamodb-listen", &taken],
            "choose another with --dynamodb-listen",
        ),
        (
            [&["serve", "--example", "--dynamodb", "locl"], &free[..]].concat(),
            "--dynamodb locl: write local, aws or an endpoint's URL",
        ),
        ([&["serve", "--example", "--database", "/dev/null/rules.db"], &free[..]].concat(), "/dev/null"),
        (vec!["check", "--to", "abc"], "--to abc: not a telephone number"),
        (
            vec!["check", "--to", "+13155550100", "--dynamodb", "http://127.0.0.1:9"],
            "the rules table cannot be reached",
        ),
        (vec!["keygen", "a name"], "is not one to 64 letters, digits"),
    ] {
        let output = run(folder.path(), &arguments);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.starts_with("precall: ") && error.contains(wanted), "{arguments:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
    let usage = run(folder.path(), &["check"]);
    assert_eq!(usage.status.code(), Some(2), "{}", stderr(&usage));
}

/// A second `make run`, and one beside another program.
#[test]
fn an_address_that_is_taken_names_the_program_that_has_it() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let second = |address: &str, more: &[&str]| {
        let output = run(folder.path(), &[&["serve", "--listen", address], more].concat());
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let options = "--listen 127.0.0.1:9100 --dynamodb-listen 127.0.0.1:8100 --page off";
    assert_eq!(
        second(&server.hook, &["--example"]),
        format!(
            "precall: precall already runs on {}; use that one, stop it, or choose another with --listen: \
             `make run ARGS=\"{options}\"`\n",
            server.hook
        )
    );
    // The DynamoDB of a running precall is not its hook.
    assert_eq!(
        second(&server.dynamodb, &["--example"]),
        format!("precall: {} is in use by another program; choose another with --listen\n", server.dynamodb)
    );
}

#[test]
fn keygen_prints_a_key_and_its_entry() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["keygen", "acme-2"]);
    let text = stdout(&output);
    let values: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let [key, entry, hash_key] = values.as_slice() else { panic!("{text}") };
    assert_eq!(*entry, format!("acme-2={}", precall_hook::auth::hash(key)));
    let keys = precall_hook::auth::ApiKeys::parse(entry).unwrap();
    assert_eq!(keys.name_of(key).as_deref(), Some("acme-2"));
    assert!(key.starts_with("pk_"), "a key looks different from its hash");
    assert_eq!((key.len(), hash_key.len()), (67, 64));
    assert!(!stdout(&run(folder.path(), &["keygen"])).contains(key), "a second key is different");
}

#[tokio::test]
async fn check_shows_the_decision_and_why() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let client = server.client();
    for item in [
        &[("number", "+13155550101"), ("rule", "campaign"), ("status", "PROCEED"), ("expires_at", "2026-01-01")][..],
        &[("number", "+13155550101"), ("rule", "vip"), ("status", "PROCEED"), ("priority", "10"), ("clients", "gold")],
        &[("number", "+13155550102"), ("rule", "broken"), ("status", "REJCT")],
        &[("number", "(315) 555-0103"), ("rule", "dnc"), ("status", "REJECT")],
    ] {
        put(&client, item).await;
    }
    let check = |arguments: &[&str]| {
        let at = ["check", "--at", "2026-11-23T15:00:00Z"];
        let output = run(folder.path(), &[&at[..], arguments].concat());
        format!(
            "$ precall check {}\n{}{}[exit status {:?}]\n",
            arguments.join(" "),
            stdout(&output),
            stderr(&output),
            output.status.code()
        )
    };
    let seen = [
        check(&["--from", "+12125550100", "--to", "(315) 555-0101", "--client", "gold"]),
        check(&["--from", "anonymous", "--to", "+13155550102"]),
        check(&["--to", "+13155550103"]),
        check(&["--to", "+19005550100", "--json"]),
    ];
    insta::assert_snapshot!(seen.join("\n").replace(folder.path().to_str().unwrap(), "(folder)"));
}

/// Runs a command, and returns its output and exit status.
fn session(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    format!(
        "$ precall {}\n{}{}[exit status {:?}]\n",
        arguments.join(" "),
        stdout(&output),
        stderr(&output),
        output.status.code()
    )
}

#[test]
fn rules_are_loaded_and_explained() {
    let folder = TempDir::new().unwrap();
    let rules = folder.path().join("rules.json");
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/us-sales.json");
    std::fs::copy(book, folder.path().join("us-sales.json")).unwrap();
    std::fs::write(
        &rules,
        r#"[
          {"number": "+12125550123", "rule": "lives-in", "timezone": "America/Denver", "places": "US-CO"},
          {"number": "+12085550101", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+12125550123"},
          {"number": "+12085550102", "rule": "vip", "status": "PROCEED", "hours": "08:00-21:00", "percent": 100},
          {"number": "*", "rule": "three-a-day", "status": "REJECT", "code": "480", "max_calls": 3, "per": "24h", "shadow": true}
        ]"#,
    )
    .unwrap();
    std::fs::write(
        folder.path().join("broken.json"),
        r#"[{"number": "*", "rule": "r", "status": "REJECT", "hours": "9-9"}]"#,
    )
    .unwrap();
    std::fs::write(folder.path().join("no-list.json"), "{}").unwrap();
    let twice =
        r#"[{"number": "*", "rule": "dnc", "status": "REJECT"}, {"number": "*", "rule": "dnc", "status": "PROCEED"}]"#;
    std::fs::write(folder.path().join("twice.json"), twice).unwrap();
    let at = "2026-11-23T14:12:00Z";
    let seen = [
        session(folder.path(), &["load", "us-sales.json", "rules.json"]),
        session(folder.path(), &["load", "rules.json", "broken.json"]),
        session(folder.path(), &["load", "twice.json"]),
        session(folder.path(), &["load", "no-list.json"]),
        session(folder.path(), &["load", "no-such-file.json"]),
        session(folder.path(), &["check", "--to", "+12085550101", "--at", "2026-11-23T18:00:00Z"]),
        session(folder.path(), &["check", "--to", "+12085550101", "--at", "2026-11-24T03:30:00Z"]),
        session(folder.path(), &["check", "--to", "+12085550102", "--at", at]),
        session(folder.path(), &["check", "--to", "911", "--at", at]),
    ];
    // Errors name files as they were given, without a folder of this machine.
    insta::assert_snapshot!(seen.join("\n").replace(folder.path().to_str().unwrap(), "(folder)"));
}

#[test]
fn hours_show_the_status_of_each_law() {
    let folder = TempDir::new().unwrap();
    let hours = |to: &str, at: &str, more: &[&str]| {
        session(folder.path(), &[&["hours", "--to", to, "--at", at], more].concat())
    };
    let seen = [
        hours("+12085550123", "2026-11-23T15:12:00Z", &[]),
        hours("+13055550123", "2026-11-23T18:00:00Z", &[]),
        hours("+12055550123", "2026-11-26T18:00:00Z", &[]),
        hours("+14165550123", "2026-11-28T23:30:00Z", &[]),
        hours("+18005550123", "2026-11-23T15:00:00Z", &["--law", "us-debt"]),
        hours("+442079460123", "2026-11-23T03:00:00Z", &[]),
        hours("911", "2026-11-23T08:00:00Z", &[]),
        hours("+14015550123", "2030-06-03T16:00:00Z", &[]),
        hours("+12125550123", "2026-11-23T15:00:00Z", &["--law", "uk"]),
        hours("+12125550123", "2026-11-24T02:00:00Z", &["--json"]),
    ];
    insta::assert_snapshot!(seen.join("\n").replace(folder.path().to_str().unwrap(), "(folder)"));
}

#[test]
fn files_of_rules_replace_a_table() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "array.json",
        r#"[{"number": "+12085550101", "rule": "dnc", "status": "REJECT", "code": 603, "priority": 100}]"#,
    );
    write(
        "lines.jsonl",
        "{\"number\": \"*\", \"rule\": \"off\", \"status\": \"REJECT\", \"enabled\": false}\n\n{\"number\": \"*\", \"rule\": \"shut\", \"status\": \"REJECT\", \"shadow\": true}\n",
    );
    write(
        "export.json",
        r#"{"Item":{"number":{"S":"*"},"rule":{"S":"set"},"status":{"S":"REJECT"},"to":{"SS":["+1207*","+1209*"]}}}"#,
    );
    write(
        "scan.json",
        r#"{"Items": [{"number": {"S": "+12085550101"}, "rule": {"S": "vip"}, "status": {"S": "PROCEED"}, "priority": {"N": "1"}}], "Count": 1, "ScannedCount": 1}"#,
    );
    write("map.json", r#"[{"number": "*", "rule": "r", "status": {"deep": 1}}]"#);
    write("text.json", r#"["+12085550101"]"#);
    write("half.json", r#"[{"number": "*""#);
    let check = |files: &[&str], more: &[&str]| {
        let mut arguments = vec!["check", "--to", "+12085550101", "--at", "2026-11-23T18:00:00Z"];
        arguments.extend(files.iter().flat_map(|file| ["--rules", file]));
        session(folder.path(), &[&arguments, more].concat())
    };
    let seen = [
        check(&["array.json", "lines.jsonl", "export.json", "scan.json"], &[]),
        session(
            folder.path(),
            &["hours", "--to", "+12085550101", "--at", "2026-11-23T18:00:00Z", "--rules", "array.json"],
        ),
        check(&["map.json"], &[]),
        check(&["text.json"], &[]),
        check(&["half.json"], &[]),
        check(&["no-such-file.json"], &[]),
        check(&["array.json"], &["--database", "rules.db"]),
        check(&[], &["--region", "eu-west-1"]),
    ];
    insta::assert_snapshot!(seen.join("\n").replace(folder.path().to_str().unwrap(), "(folder)"));
    assert!(!folder.path().join(".precall").exists(), "a command that reads files creates no database");
}

#[test]
fn completions_and_manual_pages_have_all_commands() {
    let folder = TempDir::new().unwrap();
    let commands = stdout(&run(folder.path(), &["help"]));
    let commands: Vec<&str> = commands
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|command| !command.is_empty())
        .collect();
    assert!(commands.contains(&"check") && commands.contains(&"man"), "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&run(folder.path(), &["completions", shell]));
        for command in &commands {
            assert!(script.contains(command), "{shell}: {command} is missing");
        }
    }
    assert_eq!(run(folder.path(), &["man", "pages/man1"]).status.code(), Some(0));
    for command in commands.iter().filter(|command| **command != "help") {
        let page = std::fs::read_to_string(folder.path().join(format!("pages/man1/precall-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{command}: {page}");
        let help = run(folder.path(), &[command, "--help"]);
        assert_eq!((help.status.code(), stdout(&help).contains("Usage: precall")), (Some(0), true), "{command}");
    }
}

/// Several processes with one store count the calls of one cap together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_share_one_cap() {
    let folder = TempDir::new().unwrap();
    let none = [
        ("PRECALL_AUTH", "none"),
        ("PRECALL_ATTEMPT_TIMEOUT_MS", "9000"),
        ("PRECALL_OPERATION_TIMEOUT_MS", "9000"),
        ("PRECALL_DEADLINE_MS", "9000"),
    ];
    // The store is the embedded DynamoDB, or the one that the environment names.
    let rules = format!("rules-{}", std::process::id());
    let attempts = format!("attempts-{}", std::process::id());
    let keeper = std::env::var("PRECALL_TEST_DYNAMODB").is_err().then(|| Server::start(folder.path(), &[], &none));
    let store = match &keeper {
        Some(keeper) => format!("http://{}", keeper.dynamodb),
        None => std::env::var("PRECALL_TEST_DYNAMODB").unwrap(),
    };
    let client = client(&store);
    create_table(TableSchema::RULES, &client, &rules).await;
    create_table(TableSchema::ATTEMPTS, &client, &attempts).await;
    let rule =
        [("number", "*"), ("rule", "cap"), ("status", "REJECT"), ("code", "480"), ("max_calls", "5"), ("per", "24h")];
    let item = rule.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).collect();
    client.put_item().table_name(&rules).set_item(Some(item)).send().await.unwrap();
    // The servers start after the rule was written, so that each has it.
    let variables = [&none[..], &[("PRECALL_RULES_TABLE", &rules), ("PRECALL_ATTEMPTS_TABLE", &attempts)]].concat();
    let servers: Vec<Server> =
        (0..4).map(|_| Server::start(folder.path(), &["--dynamodb", &store], &variables)).collect();
    for callee in ["%2B13155550171", "%2B13155550172"] {
        let answers: Vec<String> = std::thread::scope(|scope| {
            let callers: Vec<_> = servers
                .iter()
                .map(|server| server.hook.as_str())
                .flat_map(|hook| (0..60).map(move |call| (hook, call)))
                .map(|(hook, call)| {
                    let query = format!("?from=%2B121255501{call:02}&to={callee}");
                    let request = format!("POST /{query} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
                    scope.spawn(move || raw(hook, &request).1)
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        let count = |status: &str| answers.iter().filter(|answer| answer.contains(status)).count();
        assert_eq!((count("PROCEED"), count("REJECT")), (5, 235), "{answers:?}");
    }
}

/// A terminal that is gone, or a log on a full disk.
#[test]
fn standard_error_that_cannot_be_written_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("rules.json", r#"[{"number": "+13155550101", "rule": "a", "status": "REJECT"}]"#);
    write("dnc.txt", "3155550144\nnobody\n");
    write("expect.txt", "+13155550101 is nothing\n");
    write("log.jsonl", "{\n");
    assert!(run(folder.path(), &["load", "rules.json"]).status.success());
    for (command, wanted) in [
        (&["put", "number=+13155550109", "rule=x", "status=REJECT", "code=503", "--yes"][..], 0),
        (&["import", "dnc.txt", "--list", "dnc"], 1),
        (&["check", "--to", "x"], 1),
        (&["rules", "--limit", "1"], 0),
        (&["rules", "--rules", "none.json"], 1),
        (&["lint", "--json"], 0),
        (&["test", "expect.txt"], 1),
        (&["lists", "remove", "none", "--yes"], 1),
        (&["load", "none.json"], 1),
        (&["export-table", "none.txt", "--list", "x", "--out", "out/"], 1),
        (&["report", "none.jsonl"], 1),
        (&["replay", "log.jsonl"], 1),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = precall(folder.path()).args(command).stderr(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(wanted), "{command:?}: {}", stdout(&output));
    }
}
