//! The basis of an answer: where the rules are and how many, at which time, for whom, and what was used if they
//! cannot be read.

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
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

use support::{Server, precall, run, stderr, stdout};

const TO: &str = "+13155550101";
const TABLE: &str = "table precall-rules of .precall/rules.db";
const RULES: &str = r#"[{"number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603"},
 {"number": "*", "rule": "gold", "status": "PROCEED", "clients": "gold, !silver"},
 {"number": "+13155550102", "rule": "lives-in", "timezone": "America/Denver"}]"#;

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

/// A folder with a table of two rules and a fact, and with files for each command.
fn with_rules() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "rules.json", RULES);
    write(folder.path(), "one.json", r#"[{"number": "+13155550101", "rule": "a", "status": "REJECT"}]"#);
    write(folder.path(), "expect.txt", "+13155550101 is REJECT\n");
    let record = r#"{"timestamp":"2026-11-02T15:30:00Z","decision_id":"1","status":"REFUSED","duration_ms":1}"#;
    write(folder.path(), "log.jsonl", record);
    let loaded = run(folder.path(), &["load", "rules.json"]);
    assert!(stdout(&loaded).ends_with(&format!("3 rules written to {TABLE}\n")), "{}", said(&loaded));
    folder
}

fn said(output: &std::process::Output) -> String {
    format!("{}{}[exit status {:?}]", stdout(output), stderr(output), output.status.code())
}

fn code(folder: &Path, arguments: &[&str]) -> Option<i32> {
    run(folder, arguments).status.code()
}

#[test]
fn every_answer_names_its_rules_and_their_number() {
    let folder = with_rules();
    let counted = format!("2 rules, 1 fact in {TABLE}");
    let two = r#"[{"number": "+13155550101", "rule": "a", "status": "REJECT", "code": "486"},
                  {"number": "+13155550102", "rule": "b", "status": "REJECT", "code": "603"}]"#;
    write(folder.path(), "two.json", two);
    for (command, wanted) in [
        (&["check", TO][..], format!("\nrules     {counted}\n")),
        (&["rules"], format!("3 shown of {counted}\n")),
        (&["rules", "--number", TO, "--format", "json"], format!("1 shown of {counted}\n")),
        (&["rules", "--rules", "one.json"], "1 shown of 1 rule in one.json\n".to_owned()),
        (
            &["lint"],
            format!("3 items (2 rules, 1 fact; 0 of them from lists; 0 shadow rules, 0 disabled) in {TABLE}: "),
        ),
        (&["test", "expect.txt"], format!("1 expectation: 1 met, 0 failed; {counted}\n")),
        (&["test", "expect.txt", "--rules", "one.json"], "1 met, 0 failed; 1 rule in one.json\n".to_owned()),
        (&["replay", "log.jsonl"], format!("rules     {counted}\ncompared  with the decisions in the log\n")),
        (
            &["replay", "log.jsonl", "--rules", "one.json", "--against", "rules.json"],
            "rules     1 rule in one.json\ncompared  with the rules of --against: 2 rules, 1 fact in rules.json\n"
                .to_owned(),
        ),
        (&["report", "log.jsonl"], "log       1 record in 1 file (log.jsonl)\n".to_owned()),
        (&["lists"], format!("no lists in {TABLE}; ")),
        (&["put", "number=*", "rule=x", "status=PROCEED", "to=+1900*", "--yes"], format!("\nwritten to {TABLE}\n")),
        (&["remove", "--number", "*", "--rule", "x", "--yes"], format!("\nremoved from {TABLE}\n")),
    ] {
        let output = run(folder.path(), command);
        assert!(said(&output).contains(&wanted), "{command:?}: {wanted:?} is not in\n{}", said(&output));
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", said(&output));
    }
    for (command, rules) in [
        (&["check", TO, "--json"][..], "rules_in_source"),
        (&["test", "expect.txt", "--json"], "rules_in_source"),
        (&["replay", "log.jsonl", "--json"], "rules_in_source"),
        (&["lint", "--json", "--rules", "two.json"], "rules_in_source"),
    ] {
        let output = run(folder.path(), command);
        let text = stdout(&output);
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command:?}: {error}: {text}"));
        let source = if command[0] == "lint" { "two.json" } else { TABLE };
        assert_eq!((json["source"].as_str(), json[rules].as_u64()), (Some(source), Some(2)), "{command:?}: {text}");
    }
}

/// Commands that write, each with the arguments of one rule.
const WRITERS: [&[&str]; 3] = [
    &["put", "number=+13155550109", "rule=stop", "status=REJECT", "--yes"],
    &["load", "one.json"],
    &["import", "dnc.txt", "--list", "dnc"],
];

fn write_one(folder: &Path) {
    write(folder, "one.json", r#"[{"number": "+13155550108", "rule": "stop", "status": "REJECT"}]"#);
    write(folder, "dnc.txt", "+13155550107\n");
}

/// An empty table lets every call through, so a misspelt name must not become one.
#[test]
fn no_command_creates_a_table_beside_one_with_nearly_its_name() {
    let folder = with_rules();
    write_one(folder.path());
    let serve: &[&str] = &["serve", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0", "--page", "off"];
    for (setting, name, meant) in [
        ("PRECALL_RULES_TABLE", "precall-rule", "precall-rules"),
        ("PRECALL_RULES_TABLE", "precal-rules", "precall-rules"),
        ("PRECALL_RULES_TABLE", "Precall_Rules", "precall-rules"),
        ("PRECALL_ATTEMPTS_TABLE", "precall-atempts", "precall-attempts"),
    ] {
        for command in WRITERS.into_iter().chain([serve]) {
            let mut command_line = precall(folder.path());
            let output = command_line.args(command).env(setting, name).env("PRECALL_AUTH", "none").output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
            let wanted = format!(
                ".precall/rules.db has no table {name} ({setting}), and an empty one would be created; did you mean {meant}?"
            );
            assert!(stderr(&output).contains(&wanted), "{command:?}: {}", said(&output));
        }
        let output = precall(folder.path()).args(["check", TO]).env(setting, name).output().unwrap();
        let is_refused = stderr(&output).contains("has no table");
        assert_eq!(is_refused, setting == "PRECALL_RULES_TABLE", "{name}: {}", said(&output));
    }
}

/// Another name is the operator's wish, but the command says that the table is new.
#[test]
fn a_new_database_and_a_new_table_are_announced() {
    for (nth, command) in WRITERS.into_iter().enumerate() {
        let folder = TempDir::new().unwrap();
        write_one(folder.path());
        let new = format!("a new database was created: {}\n", folder.path().join(".precall/rules.db").display());
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", said(&output));
        assert!(stderr(&output).contains(&new), "{command:?}: {}", said(&output));
        assert!(stdout(&output).contains(TABLE), "{command:?}: {}", said(&output));

        let again = run(folder.path(), WRITERS[(nth + 1) % 3]);
        assert!(!stderr(&again).contains("was created"), "{}", said(&again));

        let other = |table: &str| {
            let mut other = precall(folder.path());
            other.args(command).env("PRECALL_RULES_TABLE", table).output().unwrap()
        };
        let notice = "a new, empty table other was created in .precall/rules.db; the rules of table precall-rules are not in \
                      it\n";
        let output = other("other");
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", said(&output));
        assert!(stderr(&output).contains(notice), "{command:?}: {}", said(&output));
        assert!(!stderr(&other("other")).contains("was created"), "{command:?}");
        let third = stderr(&other("third"));
        assert!(third.contains("the rules of tables other, precall-rules are not in it\n"), "{command:?}: {third}");
    }
}

#[test]
fn serve_warns_of_a_table_without_rules() {
    const WARNING: &str = "Warning:  this table has no rules, so every call gets the default answer, ";
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    assert!(server.printed.contains("a new database was created: /"), "{}", server.printed);
    assert!(server.printed.contains(&format!("{WARNING}PROCEED (PRECALL_DEFAULT)\n")), "{}", server.printed);
    drop(server);
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none"), ("PRECALL_DEFAULT", "REJECT")]);
    assert!(server.printed.contains(&format!("{WARNING}REJECT 503 (PRECALL_DEFAULT)\n")), "{}", server.printed);
    assert!(!server.printed.contains("was created"), "{}", server.printed);
    drop(server);
    let folder = with_rules();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    assert!(!server.printed.contains("Warning:"), "{}", server.printed);
}

#[test]
fn a_file_without_rules_is_not_loaded() {
    let folder = TempDir::new().unwrap();
    write_one(folder.path());
    for text in ["", " \n", "[]", "{\"Items\": []}"] {
        write(folder.path(), "none.json", text);
        for files in [&["none.json"][..], &["one.json", "none.json"]] {
            let output = run(folder.path(), &[&["load"], files].concat());
            assert_eq!(output.status.code(), Some(1), "{text:?}: {}", said(&output));
            assert_eq!(
                stderr(&output),
                "precall: nothing was written: none.json has no rules; name the file that has them, or leave it out\n",
                "{text:?}"
            );
            assert!(!folder.path().join(".precall").exists());
        }
    }
}

/// The answer says that the table is empty.
#[test]
fn an_empty_table_and_a_long_one_are_said() {
    let folder = TempDir::new().unwrap();
    for command in [
        &["put", "number=+13155550109", "rule=stop", "status=REJECT", "--yes"][..],
        &["remove", "--number", "+13155550109", "--rule", "stop", "--yes"],
    ] {
        assert!(run(folder.path(), command).status.success());
    }
    let output = run(folder.path(), &["check", TO]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains(&format!("\nrules     0 rules in {TABLE}\n")), "{}", said(&output));
    assert!(stdout(&output).contains("decision  PROCEED"), "{}", said(&output));

    let rule = |nth: u32| format!(r#"{{"number": "+1315555{nth:04}", "rule": "a", "status": "REJECT"}}"#);
    write(folder.path(), "many.json", &(0..1_200).map(rule).collect::<Vec<_>>().join("\n"));
    let output = run(folder.path(), &["check", TO, "--rules", "many.json"]);
    assert!(stdout(&output).contains("\nrules     more than 1,000 rules in many.json\n"), "{}", said(&output));
    let json = stdout(&run(folder.path(), &["check", TO, "--rules", "many.json", "--json"]));
    assert!(serde_json::from_str::<Value>(&json).unwrap()["rules_in_source"].is_null(), "{json}");
}

#[test]
fn a_missing_table_is_reported_with_the_place_and_the_command() {
    let folder = with_rules();
    for command in [&["check", TO][..], &["rules"], &["lint"], &["test", "expect.txt"], &["replay", "log.jsonl"]] {
        let output = precall(folder.path()).args(command).env("PRECALL_RULES_TABLE", "typo").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let wanted = ".precall/rules.db has no table typo, and an empty table would let every call through; it has only \
                      precall-attempts, precall-journal, precall-rules: set PRECALL_RULES_TABLE to the table of your rules, or create typo \
                      with `precall load RULES.json`";
        assert!(stderr(&output).contains(wanted), "{command:?}: {}", stderr(&output));
    }
    let elsewhere = TempDir::new().unwrap();
    let output = run(elsewhere.path(), &["check", TO]);
    let wanted = format!("there is no database .precall/rules.db (looked in {}", elsewhere.path().display());
    assert!(
        stderr(&output).contains(&wanted) && stderr(&output).contains("`precall load RULES.json`"),
        "{}",
        said(&output)
    );
}

#[test]
fn the_callee_needs_no_option() {
    let folder = with_rules();
    let at = ["--at", "2026-12-01T17:00:00Z"];
    for command in ["check", "hours"] {
        let plain = run(folder.path(), &[&[command, TO], &at[..]].concat());
        let named = run(folder.path(), &[&[command, "--to", TO], &at[..]].concat());
        assert_eq!(said(&plain), said(&named));
        assert_eq!(plain.status.code(), Some(0), "{}", said(&plain));
        for wrong in [&[command][..], &[command, TO, "--to", TO], &[command, TO, TO]] {
            assert_eq!(code(folder.path(), wrong), Some(2), "{wrong:?}");
        }
        assert!(stderr(&run(folder.path(), &[command, "abc"])).contains("callee abc: not a telephone number"));
    }
}

#[test]
fn a_time_is_that_of_the_callees_clock() {
    let folder = with_rules();
    for (to, at, wanted) in [
        (TO, "2026-12-01 08:00", "2026-12-01T13:00:00Z"),
        (TO, "2026-12-01T08:00", "2026-12-01T13:00:00Z"),
        (TO, "2026-12-01 8pm", "2026-12-02T01:00:00Z"),
        (TO, "2026-12-01 8pm America/Denver", "2026-12-02T03:00:00Z"),
        (TO, "2026-12-01T08:00:00-05:00", "2026-12-01T13:00:00Z"),
        (TO, "2026-12-01T08:00[America/Denver]", "2026-12-01T15:00:00Z"),
        // A fact states the clock.
        ("+13155550102", "2026-12-01 08:00", "2026-12-01T15:00:00Z"),
    ] {
        for command in ["check", "hours"] {
            let output = run(folder.path(), &[command, to, "--at", at, "--json"]);
            let json: Value =
                serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{at}: {}", said(&output)));
            assert_eq!(json["at"], wanted, "{command} {to} {at}");
        }
    }
    let spoken = |at: &str| {
        let output = run(folder.path(), &["check", TO, "--at", at]);
        let text = stdout(&output);
        text.lines().find(|line| line.starts_with("callee")).unwrap_or_else(|| panic!("{}", said(&output))).to_owned()
    };
    assert!(spoken("Sunday 14:00").ends_with("it is Sun 14:00 in America/New_York"));
    assert!(spoken("8pm").ends_with(" 20:00 in America/New_York"));

    // Idaho has two zones, and nothing may be guessed.
    for (arguments, status, wanted) in [
        (
            &["check", "+12085550101", "--at", "2026-12-01 08:00"][..],
            1,
            "--at: +12085550101 may be in America/Boise or America/Denver or America/Los_Angeles; add one of them: in \
             America/Boise",
        ),
        (&["check", "+12085550101", "--at", "2026-12-01 08:00 in America/Boise"], 0, ""),
        (
            &["check", TO, "--at", "soon"],
            2,
            "not a date and time; write it like 2026-12-01T08:00, \"Sunday 14:00\" or 8pm",
        ),
        (&["hours", TO, "--at", "25:00"], 2, "not a date and time"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", said(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn a_client_that_nobody_is_gets_a_warning() {
    let folder = with_rules();
    let keys = format!("vendor={},gold={}", precall_hook::auth::hash("a"), precall_hook::auth::hash("b"));
    let keys = [("PRECALL_API_KEYS", keys.as_str())];
    for (client, env, wanted) in [
        ("nobody", &[][..], Some("no rule of this call names client `nobody` (named: gold, silver)")),
        ("gold", &[], None),
        ("silver", &[], None),
        (
            "nobody",
            &keys,
            Some(
                "PRECALL_API_KEYS has no key of client `nobody`, so no call has this client; it has the clients vendor, gold",
            ),
        ),
        ("silver", &keys, Some("PRECALL_API_KEYS has no key of client `silver`")),
        ("vendor", &keys, None),
    ] {
        let output =
            precall(folder.path()).args(["check", TO, "--client", client]).envs(env.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        match wanted {
            Some(wanted) => assert!(stdout(&output).contains(&format!("\nwarning: {wanted}")), "{}", said(&output)),
            None => assert!(!stdout(&output).contains("warning"), "{}", said(&output)),
        }
    }
}

/// No credentials, no region, an unknown profile and an unknown region are four messages.
#[test]
fn each_failure_of_aws_has_its_own_message() {
    let folder = with_rules();
    fs::create_dir(folder.path().join(".aws")).unwrap();
    write(folder.path(), ".aws/config", "[profile prod]\nregion = eu-west-1\n\n[profile bare]\n");
    let home = folder.path().to_str().unwrap();
    let key = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let region = [&key[..], &[("AWS_REGION", "eu-west-1")]].concat();
    for (arguments, variables, wanted) in [
        (
            &["--region", "eu-west-1"][..],
            &[][..],
            "no AWS credentials were found for eu-west-1; sign in with `aws configure` or `aws sso login`",
        ),
        (&["--profile", "prod"], &[], "no AWS credentials were found for eu-west-1 (profile prod); sign in"),
        (&[], &key, "no region is set; write --region us-east-1 or the region of your stack, or set AWS_REGION"),
        (&["--profile", "bare"], &key, "no region is set, and profile bare has none; write --region"),
        (
            &["--profile", "prd", "--region", "eu-west-1"],
            &key,
            "there is no profile prd in ~/.aws/config or ~/.aws/credentials; did you mean --profile prod?",
        ),
        (
            &[],
            &[("AWS_PROFILE", "nobody"), ("AWS_REGION", "eu-west-1")],
            "there is no profile nobody in ~/.aws/config or ~/.aws/credentials; write --profile with one of bare, prod, or \
             correct AWS_PROFILE",
        ),
        (
            &["--region", "eu-wset-1"],
            &key,
            "eu-wset-1 is not a known region, and dynamodb.eu-wset-1.amazonaws.com has no address; did you mean --region \
             eu-west-1?",
        ),
        (
            &[],
            &[&region[..], &[("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")]].concat(),
            "used: table precall-rules in eu-west-1 (endpoint http://127.0.0.1:9); check the region and the network",
        ),
    ] {
        for command in [&["check", TO][..], &["lists"]] {
            let arguments = [command, &["--dynamodb", "aws"], arguments].concat();
            let output = precall(folder.path())
                .args(&arguments)
                .envs([("HOME", home), ("AWS_EC2_METADATA_DISABLED", "true")])
                .envs(variables.iter().copied())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
            assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", said(&output));
            assert_eq!(stdout(&output), "", "{arguments:?}");
        }
    }
}

/// A table that a server does not have, and a server that is not there.
#[tokio::test]
async fn an_error_of_a_table_names_what_was_used() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let url = format!("http://{}", server.dynamodb);
    let at_url = ["check", TO, "--dynamodb", &url];
    let output = precall(folder.path()).args(at_url).env("PRECALL_RULES_TABLE", "missing").output().unwrap();
    for wanted in [
        "the rules table does not exist (ResourceNotFoundException): ",
        &format!("; used: table missing at {url}; name a table of that server with PRECALL_RULES_TABLE"),
    ] {
        assert!(stderr(&output).contains(wanted), "{}", said(&output));
    }
    let aws = ["check", TO, "--dynamodb", "aws", "--region", "eu-west-1"];
    let variables = [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("AWS_ENDPOINT_URL_DYNAMODB", url.as_str()),
        ("PRECALL_RULES_TABLE", "missing"),
    ];
    let output = precall(folder.path()).args(aws).envs(variables).output().unwrap();
    let wanted = format!(
        "; used: table missing in eu-west-1 (account 123456789012, endpoint {url}); name the stack's table with \
         PRECALL_RULES_TABLE, and its place with --region and --profile"
    );
    assert!(stderr(&output).contains(&wanted), "{}", said(&output));
    let output = run(folder.path(), &["check", TO, "--dynamodb", "http://127.0.0.1:9"]);
    for wanted in ["the rules table cannot be reached", "Connection refused", "start that server, or correct the URL"] {
        assert!(stderr(&output).contains(wanted), "{}", said(&output));
    }
}

#[test]
fn a_file_of_another_kind_is_said_to_be_one() {
    let folder = with_rules();
    write(folder.path(), "dnc.csv", "phone,name\n3155550101,A\n");
    write(folder.path(), "dnc.txt", "3155550101\n");
    write(folder.path(), "notes.txt", "call Ann\ncall Bob\n");
    write(folder.path(), "short.db", "x");
    fs::create_dir(folder.path().join("dir")).unwrap();
    fs::write(folder.path().join("rules.gz"), [0x1f, 0x8b, 8, 0, 0xff, 0xfe]).unwrap();
    fs::write(folder.path().join("half.zip"), b"PK\x03\x04and no more").unwrap();
    let csv =
        "CSV, not rules in JSON; write a list of numbers into the table with `precall import dnc.csv --list NAME`";
    let database = "is not a database of precall, but a file of another kind; name a database with --database";
    for (arguments, wanted) in [
        (&["load", "dnc.csv"][..], csv),
        (&["check", TO, "--rules", "dnc.csv"], csv),
        (&["lint", "--rules", "dnc.csv"], csv),
        (&["load", "dnc.txt"], "dnc.txt: text, not rules in JSON; write a list of numbers into the table with"),
        (&["check", TO, "--database", "notes.txt"], database),
        (&["load", "rules.json", "--database", "notes.txt"], database),
        (&["lists", "--database", "short.db"], database),
        (&["check", TO, "--database", "dir"], "dir is a folder, not a database"),
        (&["load", "dir"], "dir: a folder; name a file in it"),
        (&["check", TO, "--rules", "dir"], "dir: a folder; name a file in it"),
        (&["test", "dir"], "dir: a folder; name a file in it"),
        (&["import", "dir", "--list", "dnc"], "dir: a folder; name the file in it"),
        (&["load", "rules.gz"], "rules.gz: not text in UTF-8; unpack it if it is compressed"),
        (&["import", "half.zip", "--list", "dnc"], "half.zip: a zip archive that is broken or incomplete"),
        (
            &["report", "notes.txt"],
            "there is no decision record in notes.txt: only 2 lines that are not JSON; name the output of",
        ),
        (&["report", "rules.json", "--format", "csv"], "there is no decision record in rules.json: only "),
        (&["replay", "notes.txt"], "there is no decision record in notes.txt"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", said(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "call Ann\ncall Bob\n");
    // An empty log may be that of another service or day.
    write(folder.path(), "empty.jsonl", "");
    assert_eq!(code(folder.path(), &["report", "empty.jsonl"]), Some(1));
}

/// A SQLite database of another program is neither read nor changed.
#[test]
fn a_database_of_another_program_is_left_alone() {
    let folder = with_rules();
    let file = folder.path().join("notes of ann? 100%.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('call Bob');").unwrap();
    drop(database);
    let files = || fs::read_dir(folder.path()).unwrap().filter(|entry| entry.is_ok()).count();
    let (before, count) = (fs::read(&file).unwrap(), files());
    for arguments in [&["check", TO][..], &["rules"], &["lists"], &["load", "rules.json"], &["serve", "--listen", "0"]]
    {
        let mut command = precall(folder.path());
        command.args(arguments).args(["--database", file.to_str().unwrap()]).env("PRECALL_AUTH", "none");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains("is a database of another program"), "{arguments:?}: {}", said(&output));
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(files(), count, "nothing is beside it");
}

#[test]
fn a_status_that_no_rule_can_have_is_refused() {
    let folder = with_rules();
    let output = run(folder.path(), &["rules", "--status", "BLOCK"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("[possible values: REJECT, PROCEED, CHANGE_DESTINATION]"), "{}", said(&output));
    assert!(stdout(&run(folder.path(), &["rules", "--status", "reject"])).contains("dnc"));
}

#[test]
fn a_port_alone_is_an_address() {
    let folder = with_rules();
    let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (hook, page) = (port(), port());
    let mut serve = precall(folder.path());
    serve.args(["serve", "--listen", &hook.to_string(), "--dynamodb-listen", ":0", "--page", &format!(":{page}")]);
    let server = Server::of(serve.env("PRECALL_AUTH", "none"));
    assert_eq!((server.hook.clone(), server.page.clone()), (format!("127.0.0.1:{hook}"), format!("127.0.0.1:{page}")));
    assert!(server.dynamodb.starts_with("127.0.0.1:"));
    let output = run(folder.path(), &["serve", "--listen", "70000"]);
    assert!(stderr(&output).contains("a port alone, which is on 127.0.0.1"), "{}", said(&output));
}

#[test]
fn the_start_says_what_all_answers_depend_on() {
    let folder = with_rules();
    for (variables, wanted) in [
        (
            &[][..],
            "Answers:  PROCEED if no rule applies (PRECALL_DEFAULT); 503, so that the vendor's default outcome applies, if the \
             decision is unknown (PRECALL_ON_ERROR=default)\n",
        ),
        (
            &[("PRECALL_DEFAULT", "reject"), ("PRECALL_ON_ERROR", "proceed")],
            "Answers:  REJECT 503 if no rule applies (PRECALL_DEFAULT); PROCEED if the decision is unknown \
             (PRECALL_ON_ERROR=proceed)\n",
        ),
        (&[("PRECALL_ON_ERROR", "reject")], "; REJECT if the decision is unknown (PRECALL_ON_ERROR=reject)\n"),
    ] {
        let server = Server::start(folder.path(), &[], &[&[("PRECALL_AUTH", "none")], variables].concat());
        for wanted in [&format!("Rules:    2 rules, 1 fact in {TABLE}\n"), "Attempts: table precall-attempts\n", wanted]
        {
            assert!(server.printed.contains(wanted), "{wanted:?} is not in\n{}", server.printed);
        }
    }
}

/// The status is as the help of lint says.
#[test]
fn the_exit_status_of_lint_is_that_of_its_help() {
    let folder = TempDir::new().unwrap();
    let help = stdout(&run(folder.path(), &["lint", "--help"]));
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = "Exit status: 0 without errors (with --strict, also without warnings); 1 otherwise, or if the rules cannot be read";
    assert!(help.contains(wanted), "{help}");
    let error = r#"{"number": "*", "rule": "a", "status": "REJCT"}"#;
    let warning = r#"{"number": "+13155550101", "rule": "a", "status": "REJECT", "code": "486"}"#;
    let note = r#"{"number": "+13155550101", "rule": "a", "status": "REJECT", "code": "503"}"#;
    let fine = r#"{"number": "+13155550101", "rule": "a", "status": "REJECT", "code": "603"}"#;
    for (name, items, plain, strict) in [
        ("error", error, 1, 1),
        ("warning", warning, 0, 1),
        ("note", note, 0, 0),
        ("fine", fine, 0, 0),
        ("none", "", 0, 0),
    ] {
        write(folder.path(), name, items);
        let found = stdout(&run(folder.path(), &["lint", "--rules", name]));
        assert!(found.contains("1 error, ") == (name == "error"), "{found}");
        assert!(found.contains("1 warning, ") == (name == "warning"), "{found}");
        assert!(found.contains("1 note\n") == (name == "note"), "{found}");
        for json in [&[][..], &["--json"]] {
            let lint = [&["lint", "--rules", name], json].concat();
            assert_eq!(code(folder.path(), &lint), Some(plain), "{lint:?}");
            assert_eq!(code(folder.path(), &[&lint[..], &["--strict"]].concat()), Some(strict), "{lint:?} --strict");
        }
    }
    assert_eq!(code(folder.path(), &["lint", "--rules", "no-such-file"]), Some(1));
    assert_eq!(code(folder.path(), &["lint"]), Some(1), "there is no table");
}

/// No command takes one of two rules of the same key in silence.
#[test]
fn a_key_that_is_there_twice_is_refused_by_every_command() {
    let folder = with_rules();
    let twice = r#"[{"number": "*", "rule": "b", "status": "REJECT"}, {"number": "+13155550101", "rule": "a", "status": "PROCEED"}]"#;
    write(folder.path(), "two.json", twice);
    let wanted =
        "two.json: item 2: rule `a` under +13155550101 is there twice, first as one.json: item 1; remove one of them";
    let both = ["--rules", "one.json", "--rules", "two.json"];
    for command in [
        &["load", "one.json", "two.json"][..],
        &[&["lint"], &both[..]].concat(),
        &[&["check", TO], &both[..]].concat(),
        &[&["hours", TO], &both[..]].concat(),
        &[&["rules"], &both[..]].concat(),
        &[&["test", "expect.txt"], &both[..]].concat(),
        &[&["replay", "log.jsonl"], &both[..]].concat(),
        &["replay", "log.jsonl", "--against", "one.json", "--against", "two.json"],
    ] {
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
        assert!(stderr(&output).contains(wanted), "{command:?}: {}", said(&output));
    }
    // Nothing was written.
    assert!(!stdout(&run(folder.path(), &["rules"])).contains(" b "));
}

#[test]
fn a_file_without_an_expectation_proves_nothing() {
    let folder = with_rules();
    for (name, text) in [("empty.txt", ""), ("comments.txt", "# nothing yet\n\nnow 2026-12-01\n")] {
        write(folder.path(), name, text);
        let output = run(folder.path(), &["test", name]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let wanted =
            format!("no expectation in {name}; nothing was tested: write a line such as `+13155550101 is REJECT`");
        assert!(stderr(&output).contains(&wanted), "{}", said(&output));
    }
    assert_eq!(code(folder.path(), &["test", "empty.txt", "expect.txt"]), Some(0));
}

/// A copy of the program for an account that is not root, which may write everything.
struct OtherAccount<'f> {
    folder: &'f Path,
    program: std::path::PathBuf,
    temporary: std::path::PathBuf,
}

impl<'f> OtherAccount<'f> {
    fn of(folder: &'f Path) -> Self {
        let (program, temporary) = (folder.join("precall"), folder.join("tmp"));
        fs::copy(env!("CARGO_BIN_EXE_precall"), &program).unwrap();
        fs::create_dir(&temporary).unwrap();
        allow(&temporary, 0o777);
        Self { folder, program, temporary }
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = std::process::Command::new(&self.program);
        command.args(arguments).current_dir(self.folder).env_clear().env("TMPDIR", &self.temporary);
        if fs::metadata(self.folder).unwrap().uid() == 0 {
            command.uid(65_534).gid(65_534);
        }
        command.output().unwrap()
    }
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A read-only mount, or files of another user.
#[test]
fn a_database_that_cannot_be_written_is_read() {
    let folder = with_rules();
    let database = folder.path().join(".precall");
    let other = OtherAccount::of(folder.path());
    for file in fs::read_dir(&database).unwrap() {
        allow(&file.unwrap().path(), 0o444);
    }
    allow(&database, 0o555);
    allow(folder.path(), 0o755);
    for command in [&["check", TO][..], &["rules"], &["lint"], &["test", "expect.txt"], &["lists"]] {
        let output = other.run(command);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", said(&output));
        assert!(said(&output).contains(TABLE), "{command:?}: {}", said(&output));
    }
    assert!(stdout(&other.run(&["check", TO])).contains("decision  REJECT 603"));
    assert_eq!(fs::read_dir(&other.temporary).unwrap().count(), 0, "the copies are gone");
    allow(&database, 0o755);
}

/// A change of the temporary copy would be lost, and its success a lie.
#[test]
fn a_command_that_writes_needs_the_database_itself() {
    let folder = with_rules();
    write(folder.path(), "dnc.txt", "3155550144\n");
    write(folder.path(), "new.txt", "3155550145\n");
    assert_eq!(code(folder.path(), &["import", "dnc.txt", "--list", "dnc"]), Some(0));
    let database = folder.path().join(".precall");
    let other = OtherAccount::of(folder.path());
    allow(folder.path(), 0o777);
    for (file, of_folder) in [(0o444, 0o555), (0o444, 0o777), (0o666, 0o555)] {
        allow(&database.join("rules.db"), file);
        allow(&database, of_folder);
        let before = fs::read(database.join("rules.db")).unwrap();
        let put = other.run(&["put", "number=+13155550109", "rule=x", "status=REJECT", "--yes"]);
        let reason = stderr(&put).lines().last().unwrap().to_owned();
        for command in [
            &["put", "number=+13155550101", "rule=dnc", "status=PROCEED", "--yes"][..],
            &["remove", "--number", TO, "--rule", "dnc", "--yes"],
            &["load", "one.json", "--yes"],
            &["import", "new.txt", "--list", "new"],
            &["import", "dnc.txt", "--list", "dnc", "--expires", "31d"],
            &["lists", "remove", "dnc", "--yes"],
        ] {
            let output = other.run(command);
            assert_eq!(output.status.code(), Some(1), "{file:o} in {of_folder:o}: {command:?}: {}", said(&output));
            let told = stderr(&output);
            assert!(told.contains(&reason), "{file:o} in {of_folder:o}: {command:?}: {} {reason}", said(&output));
        }
        // What changes nothing needs no permission.
        for command in [
            &["put", "number=+13155550109", "rule=x", "status=REJECT", "--dry-run"][..],
            &["remove", "--number", TO, "--rule", "dnc", "--dry-run"],
            &["lists", "remove", "dnc", "--dry-run"],
        ] {
            let output = other.run(command);
            assert_eq!(output.status.code(), Some(0), "{file:o} in {of_folder:o}: {command:?}: {}", said(&output));
        }
        assert_eq!(fs::read(database.join("rules.db")).unwrap(), before, "{file:o} in {of_folder:o}");
    }
    allow(&database, 0o755);
}

/// A database that a killed process has begun disturbs no other process, and is removed later.
#[test]
fn the_rest_of_a_killed_start_is_removed() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "rules.json", RULES);
    fs::create_dir(folder.path().join(".precall")).unwrap();
    let old = SystemTime::now() - Duration::from_secs(3_600);
    let names =
        ["rules.db.1.new", "rules.db.1.new-wal", "rules.db.01a20765-2c40-721d.new", "rules.db.2.new", "other.db.1.new"];
    for name in names {
        let file = fs::File::create(folder.path().join(".precall").join(name)).unwrap();
        if name != "rules.db.2.new" {
            file.set_modified(old).unwrap();
        }
    }
    assert!(run(folder.path(), &["load", "rules.json"]).status.success());
    let left: Vec<&str> = names.into_iter().filter(|name| folder.path().join(".precall").join(name).exists()).collect();
    assert_eq!(
        left,
        ["rules.db.2.new", "other.db.1.new"],
        "one that is being created now, and one of another database"
    );
}

#[test]
fn counts_of_one_are_singular() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "one.json", r#"[{"number": "+13155550101", "rule": "a", "status": "REJECT"}]"#);
    write(folder.path(), "bad.txt", "12\n");
    write(folder.path(), "mixed.txt", "3155550101\nnobody\n");
    write(folder.path(), "expect.txt", "+13155550101 is REJECT\n");
    for (arguments, wanted) in [
        (&["load", "one.json"][..], "1 rule written"),
        (&["check", TO], "1 rule in "),
        (&["test", "expect.txt"], "1 expectation: 1 met"),
        (&["import", "bad.txt", "--list", "bad", "--format", "numbers"], "1 line, and none could be read; check"),
        (&["import", "mixed.txt", "--list", "dnc"], "1 written"),
        (&["import", "mixed.txt", "--list", "dnc"], "is already imported, except 1 rejected line (see "),
        (&["lists"], "1 list in "),
    ] {
        let output = run(folder.path(), arguments);
        assert!(said(&output).contains(wanted), "{arguments:?}: {}", said(&output));
        let text = said(&output).replace(['(', ','], " ");
        assert!(
            !text.split_whitespace().zip(text.split_whitespace().skip(1)).any(|pair| pair == ("1", "rules")),
            "{text}"
        );
    }
}

/// A backup with attributes of types that no rule has. The hook accepts them as a note.
#[test]
fn attributes_of_all_types_are_read_and_kept() {
    let folder = TempDir::new().unwrap();
    let note = r#"{"M": {"by": {"S": "Ann"}, "at": {"L": [{"N": "1"}, {"M": {}}]}, "raw": {"B": "AQID"}, "all": {"BS": ["AQ=="]}}}"#;
    let item = |rule: &str, more: &str| {
        format!(
            r#"{{"number": {{"S": "+13155550101"}}, "rule": {{"S": "{rule}"}}, "status": {{"S": "REJECT"}}{more}}}"#
        )
    };
    let noted = item("noted", &format!(r#", "note": {note}"#));
    write(folder.path(), "dump.json", &format!(r#"{{"Items": [{noted}]}}"#));
    let reason = item("reason", r#", "reason": {"M": {"a": {"S": "b"}}}"#);
    write(folder.path(), "reason.json", &format!(r#"{{"Items": [{reason}]}}"#));
    let plain = r#"[{"number": "+13155550101", "rule": "plain", "status": "REJECT", "note": {"by": "Ann"}}]"#;
    write(folder.path(), "plain.json", plain);
    let invalid = item("invalid", r#", "code": {"S": "603"}, "hours": {"M": {}}"#);
    write(folder.path(), "invalid.json", &format!(r#"{{"Items": [{invalid}]}}"#));
    for file in ["dump.json", "reason.json", "plain.json"] {
        assert_eq!(
            code(folder.path(), &["load", file]),
            Some(0),
            "{file}: {}",
            said(&run(folder.path(), &["load", file]))
        );
        let checked = run(folder.path(), &["check", TO, "--rules", file]);
        assert!(stdout(&checked).contains("decision  REJECT"), "{file}: {}", said(&checked));
    }
    let loaded = run(folder.path(), &["load", "invalid.json"]);
    assert!(stderr(&loaded).contains("rule `invalid` is invalid: `hours`"), "{}", said(&loaded));
    // The finding is the same for the file and for the table.
    let findings = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let lines = stdout(&output).lines().map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().filter(|line| line.contains("a map where")).collect::<Vec<_>>()
    };
    let of_table = findings(&["lint"]);
    assert_eq!(of_table.len(), 1, "{of_table:?}");
    assert_eq!(findings(&["lint", "--rules", "reason.json"]), of_table);
    // The items are stored as they were.
    for stored in [noted.as_str(), reason.as_str(), plain.trim_matches(['[', ']'])] {
        let output = run(folder.path(), &["put", "--json", stored, "--yes"]);
        assert!(stdout(&output).contains("already has these attributes"), "{stored}: {}", said(&output));
    }
    // A value that does not fit its type is a mistake of the file.
    for value in [r#"{"B": "%"}"#, r#"{"BS": "AQ=="}"#, r#"{"M": {"a": "b"}}"#, r#"{"M": []}"#] {
        let item = item("bad", &format!(r#", "note": {value}"#));
        write(folder.path(), "bad.json", &format!(r#"{{"Items": [{item}]}}"#));
        let output = run(folder.path(), &["load", "bad.json"]);
        assert_eq!(output.status.code(), Some(1), "{value}: {}", said(&output));
        assert!(stderr(&output).contains("item 1: `note`: "), "{value}: {}", said(&output));
    }
}

/// The items that `rules` prints are loaded again with every type of DynamoDB. JSON has no sets, so they become lists, which the
/// hook reads alike.
#[test]
fn every_type_survives_a_dump_and_a_load() {
    let types = [
        ("text", r#"{"S": "a"}"#, r#""a""#),
        ("typed text", r#"{"S": "{\"S\": \"a\"}"}"#, r#""{\"S\": \"a\"}""#),
        ("number", r#"{"N": "1.50"}"#, "1.5"),
        ("38 digits", r#"{"N": "12345678901234567890123456789012345678"}"#, "12345678901234567890123456789012345678"),
        ("small number", r#"{"N": "0.000000000000000000000000000000000001234567890123456789"}"#, "1234567890123456789"),
        ("true", r#"{"BOOL": true}"#, "true"),
        ("null", r#"{"NULL": true}"#, "null"),
        ("texts", r#"{"SS": ["a", "b"]}"#, r#"["a","b"]"#),
        ("numbers", r#"{"NS": ["1", "2"]}"#, "[1,2]"),
        (
            "long numbers",
            r#"{"NS": ["12345678901234567890123456789012345678"]}"#,
            "12345678901234567890123456789012345678",
        ),
        ("list", r#"{"L": [{"S": "a"}, {"N": "1"}, {"L": []}]}"#, r#"["a",1,[]]"#),
        ("map", r#"{"M": {"S": {"S": "a"}, "b": {"M": {}}}}"#, r#""S":"a""#),
        ("binary", r#"{"B": "AP8="}"#, r#"{"B":"AP8="}"#),
        ("binaries", r#"{"BS": ["AP8=", "AQ=="]}"#, r#"{"BS":["AP8=","AQ=="]}"#),
        ("binary in a map", r#"{"M": {"a": {"L": [{"B": "AP8="}]}}}"#, r#"{"B":"AP8="}"#),
    ];
    for (name, value, printed) in types {
        let folder = TempDir::new().unwrap();
        let item = format!(
            r#"{{"number": {{"S": "+13155550101"}}, "rule": {{"S": "r"}}, "status": {{"S": "REJECT"}}, "note": {value}}}"#
        );
        write(folder.path(), "typed.json", &item);
        assert_eq!(code(folder.path(), &["load", "typed.json"]), Some(0), "{name}");
        let dump = run(folder.path(), &["rules", "--format", "json"]);
        assert!(stdout(&dump).contains(printed), "{name}: {}", said(&dump));
        write(folder.path(), "dump.json", &stdout(&dump));
        assert_eq!(code(folder.path(), &["load", "dump.json", "--database", "copy.db"]), Some(0), "{name}");
        for (file, database) in [("dump.json", ".precall/rules.db"), ("typed.json", "copy.db")] {
            let output = run(folder.path(), &["load", file, "--dry-run", "--database", database]);
            assert_eq!(stdout(&output), "1 unchanged\nnothing was written\n", "{name} {file}: {}", said(&output));
        }
        // The copy has the same dump.
        let copy = run(folder.path(), &["rules", "--format", "json", "--database", "copy.db"]);
        assert_eq!(stdout(&copy), stdout(&dump), "{name}");
    }
}
