//! `precall history`, and the rules as of an instant in the past (`--as-of`).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::process::Output;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::{Database, ImportOptions};
use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;
use precall_hook::journal::{Change, JournalTable, Stamp, item_hash, journal_items};
use precall_hook::store::{Attributes, TableSchema};
use precall_test::dynamodb::{DynamoDb, create_table};
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, precall, run, stderr, stdout};

/// A rules table with a journal whose entries the test writes.
struct Store {
    dynamodb: DynamoDb,
    journal: String,
    folder: TempDir,
    written: u64,
}

impl Store {
    /// Starts with a journal that begins before all entries of these tests.
    async fn start() -> Self {
        Self::of_journal_since("2026-11-01T00:00:00Z").await
    }

    /// Starts with a journal that begins at an instant.
    async fn of_journal_since(begins: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("store.db");
        let database = || Database::new(file.to_str().unwrap()).unwrap();
        let mut dynamodb = DynamoDb::on(database()).await;
        let journal = dynamodb.table.replace("rules", "journal");
        create_table(TableSchema::JOURNAL, &dynamodb.client, &journal).await;
        let begins: Timestamp = begins.parse().unwrap();
        let created = "UPDATE _tables SET created_at = ?1 WHERE table_name = ?2";
        let parameters = (begins.as_second(), &journal);
        rusqlite::Connection::open(&file).unwrap().execute(created, parameters).unwrap();
        // The other connection has read the description of the table already.
        dynamodb.serve_too(database()).await;
        Self { dynamodb, journal, folder, written: 0 }
    }

    async fn without_journal() -> Self {
        let dynamodb = DynamoDb::start().await;
        let journal = dynamodb.table.replace("rules", "journal");
        Self { dynamodb, journal, folder: TempDir::new().unwrap(), written: 0 }
    }

    /// Writes the journal's entry of a change, and makes the change.
    async fn change(&mut self, at: &str, before: Option<&Value>, after: Option<&Value>) {
        self.entry(at, before, after).await;
        match (before, after) {
            (_, Some(after)) => self.dynamodb.put(after).await,
            (Some(before), None) => {
                self.dynamodb.delete(before["number"].as_str().unwrap(), before["rule"].as_str().unwrap()).await;
            }
            (None, None) => {}
        }
    }

    /// Writes the journal's entry of a change.
    async fn entry(&mut self, at: &str, before: Option<&Value>, after: Option<&Value>) {
        let change = self.next(at, before, after);
        self.write(&[change]).await;
    }

    fn next(&mut self, at: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
        self.written += 1;
        let some = after.or(before).unwrap();
        let text = |name: &str| some[name].as_str().unwrap().to_owned();
        Change {
            key: Key { number: text("number"), rule: text("rule") },
            at: at.parse().unwrap(),
            sequence: format!("{:021}", 1_000 + self.written),
            before: before.map(item),
            after: after.map(item),
            is_expiry: false,
            are_images_lost: false,
        }
    }

    async fn write(&self, changes: &[Change]) {
        let items = journal_items(changes, SignedDuration::from_hours(24 * 365 * 10)).unwrap();
        JournalTable::new(self.dynamodb.client.clone(), &self.journal).write(items).await.unwrap();
    }

    /// Runs a command on the store.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = precall(self.folder.path());
        command.args(arguments).args(["--dynamodb", &self.dynamodb.url]);
        command.env("PRECALL_RULES_TABLE", &self.dynamodb.table).env("PRECALL_ATTEMPTS_TABLE", &self.dynamodb.attempts);
        command.env("PRECALL_JOURNAL_TABLE", &self.journal).output().unwrap()
    }

    /// Returns the rules as of an instant: `number rule code`.
    fn rules_as_of(&self, at: &str) -> Vec<String> {
        let output = self.run(&["rules", "--format", "json", "--as-of", at]);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or("-").to_owned();
        let rule = |line: &str| {
            let item: Value = serde_json::from_str(line).unwrap();
            format!("{} {} {}", text(&item, "number"), text(&item, "rule"), text(&item, "code"))
        };
        stdout(&output).lines().map(rule).collect()
    }
}

fn item(value: &Value) -> Attributes {
    let value_of = |value: &Value| match value {
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Object(fields) => AttributeValue::M(
            fields
                .iter()
                .map(|(name, text)| (name.clone(), AttributeValue::S(text.as_str().unwrap().to_owned())))
                .collect(),
        ),
        other => panic!("{other} is not in these tests"),
    };
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value))).collect()
}

fn reject(number: &str, rule: &str, code: &str) -> Value {
    json!({ "number": number, "rule": rule, "status": "REJECT", "code": code })
}

/// Returns an item with the stamp of a tool, of this moment.
fn stamped(item: Value, by: &str, via: &str, because: Option<&str>) -> Value {
    stamped_at(Timestamp::now(), item, by, via, because)
}

/// Returns an item with the stamp of a tool, of an instant.
fn stamped_at(at: Timestamp, rule: Value, by: &str, via: &str, because: Option<&str>) -> Value {
    let hash = item_hash(&item(&rule)).unwrap();
    let mut item = rule;
    let Stamp { by, via, because, .. } = Stamp::new(by, via, because);
    let at = uuid::Timestamp::from_unix(uuid::NoContext, at.as_second().try_into().unwrap(), 0);
    let id = uuid::Uuid::new_v7(at).to_string();
    item["changed"] = json!({ "id": id, "by": by, "via": via, "item": hash });
    if let Some(because) = because {
        item["changed"]["because"] = because.into();
    }
    item
}

/// Makes the changes of a day: a wildcard rule is added, changed in the console and removed, and a number is blocked.
async fn day() -> Store {
    let mut store = Store::start().await;
    store.dynamodb.put(&reject("+13155550100", "old", "603")).await;
    let at = |time: &str| format!("2026-11-03T{time}Z").parse().unwrap();
    let added = stamped_at(at("10:00:00"), reject("*", "closed", "603"), "anna@desk", "put", None);
    let mut edited = added.clone();
    edited["code"] = "480".into();
    let because = Some("asked by letter");
    let blocked = stamped_at(at("10:30:00"), reject("+13155550101", "dnc", "603"), "ben@desk", "put", because);
    store.change("2026-11-03T10:00:00Z", None, Some(&added)).await;
    store.change("2026-11-03T10:30:00Z", None, Some(&blocked)).await;
    store.change("2026-11-03T11:00:00Z", Some(&added), Some(&edited)).await;
    store.change("2026-11-03T12:00:00Z", Some(&edited), None).await;
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_an_instant_are_those_after_the_changes_of_its_second() {
    let store = day().await;
    let old = "+13155550100 old 603";
    let dnc = "+13155550101 dnc 603";
    for (at, wanted) in [
        ("2026-11-03T09:59:59Z", vec![old]),
        ("2026-11-03T10:00:00Z", vec!["* closed 603", old]),
        ("2026-11-03T10:00:00.9Z", vec!["* closed 603", old]),
        ("2026-11-03T10:00Z", vec!["* closed 603", old]),
        ("2026-11-03T10:30:00Z", vec!["* closed 603", old, dnc]),
        ("2026-11-03T06:00:00-05:00", vec!["* closed 480", old, dnc]),
        ("2026-11-03 06:00 America/New_York", vec!["* closed 480", old, dnc]),
        ("2026-11-03T11:59:59Z", vec!["* closed 480", old, dnc]),
        ("2026-11-03T12:00:00Z", vec![old, dnc]),
    ] {
        assert_eq!(store.rules_as_of(at), wanted, "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instant_has_a_zone_and_is_over() {
    let store = Store::start().await;
    for (at, wanted) in [
        ("2026-11-03 10:00", "without a time zone; write it like"),
        ("2026-11-03", "without a time zone"),
        ("yesterday", "not a date and time"),
        ("2999-01-01T00:00:00Z", "2999-01-01T00:00:00Z is in the future"),
    ] {
        let output = store.run(&["rules", "--as-of", at]);
        assert_eq!(output.status.code(), Some(2), "{at}: {}", stdout(&output));
        assert!(stderr(&output).contains(wanted), "{at}: {}", stderr(&output));
    }
    let output = precall(store.folder.path())
        .args(["rules", "--as-of", "2026-11-03T10:00:00Z", "--rules", "rules.json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot be used with"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_decided_by_the_rules_of_then() {
    let store = day().await;
    let check = |number: &str, at: &str| {
        let output = store.run(&["check", number, "--as-of", at, "--json"]);
        let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let code = answer["decision"]["code"].as_str().unwrap_or("PROCEED").to_owned();
        assert_eq!(answer["at"], at, "without --at, the call is at that instant");
        assert_eq!(answer["as_of"], at);
        code
    };
    for (number, at, wanted) in [
        ("+13155550109", "2026-11-03T09:00:00Z", "PROCEED"),
        ("+13155550109", "2026-11-03T10:00:00Z", "603"),
        ("+13155550109", "2026-11-03T11:00:00Z", "480"),
        ("+13155550109", "2026-11-03T12:00:00Z", "PROCEED"),
        ("+13155550101", "2026-11-03T09:00:00Z", "PROCEED"),
        ("+13155550101", "2026-11-03T12:00:00Z", "603"),
    ] {
        assert_eq!(check(number, at), wanted, "{number} {at}");
    }
    let output = store.run(&["check", "+13155550101", "--as-of", "2026-11-03T10:30:00Z"]);
    let text = stdout(&output);
    assert!(text.contains(" as of 2026-11-03T10:30:00Z\n"), "{text}");
    assert!(text.contains("the rules are those of that instant; the counts of caps are those of now"), "{text}");
    assert_eq!(stderr(&output), "", "all of it is known");
}

/// In doubt, the answer is the stricter one: nothing is known of the time before the journal.
#[tokio::test(flavor = "multi_thread")]
async fn before_the_journal_begins_nothing_is_known() {
    let mut store = Store::of_journal_since("2026-11-03T10:00:00Z").await;
    store.dynamodb.put(&reject("+13155550100", "old", "603")).await;
    let closed = reject("*", "closed", "603");
    store.change("2026-11-03T10:00:00Z", None, Some(&closed)).await;
    store.change("2026-11-03T11:00:00Z", Some(&closed), Some(&reject("*", "closed", "480"))).await;
    std::fs::write(store.folder.path().join("log.jsonl"), logged()).unwrap();
    std::fs::write(store.folder.path().join("none.txt"), "+13155550109 is PROCEED\n").unwrap();
    let before = "2026-11-03T09:59:59Z";
    let because = format!(
        "the rules of {before} are not known, because the journal {} of table {} at {} begins at 2026-11-03T10:00:00Z",
        store.journal, store.dynamodb.table, store.dynamodb.url
    );
    for arguments in [
        &["check", "+13155550109", "--as-of", before][..],
        &["rules", "--as-of", before],
        &["rules", "--as-of", before, "--format", "json"],
        &["replay", "log.jsonl", "--as-of", before],
        &["replay", "log.jsonl", "--as-of", before, "--exit-zero"],
        &["test", "none.txt", "--as-of", before],
        &["lint", "--as-of", before],
        &["hours", "+13155550109", "--as-of", before],
        &["diff", before, "table"],
        &["diff", "table", before, "--format", "json"],
    ] {
        let output = store.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", session(&output));
        assert!(session(&output).contains(&because), "{arguments:?}: {}", session(&output));
        assert!(!session(&output).contains("PROCEED"), "{arguments:?}: {}", session(&output));
        assert!(!session(&output).contains("as of 2026"), "{arguments:?}: {}", session(&output));
    }
    let output = store.run(&["check", "+13155550109", "--as-of", before]);
    let text = stdout(&output);
    assert!(text.contains("decision  unknown\n"), "{text}");
    let output = store.run(&["check", "+13155550109", "--as-of", before, "--json"]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!([&answer["decision"], &answer["as_of_is_known"]], [&Value::Null, &Value::Bool(false)]);
    assert_eq!([&answer["as_of"], &answer["known_from"]], [before, "2026-11-03T10:00:00Z"]);
    assert!(answer["because"].as_str().unwrap().starts_with(&because), "{answer}");
    // The first instant that is known.
    for arguments in [
        &["check", "+13155550109", "--as-of", "2026-11-03T10:00:00Z", "--json"][..],
        &["rules", "--as-of", "2026-11-03T10:00:00Z"],
    ] {
        assert_eq!(store.run(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

/// The images of a change may be too large for the journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_whose_content_is_lost_makes_the_decisions_of_its_calls_unknown() {
    let mut store = day().await;
    let dnc = reject("+13155550101", "dnc", "603");
    let mut change = store.next("2026-11-03T13:00:00Z", Some(&dnc), Some(&dnc));
    (change.before, change.after, change.are_images_lost) = (None, None, true);
    store.write(&[change]).await;
    let at = "2026-11-03T12:30:00Z";
    for (arguments, wanted) in [
        (&["check", "+13155550101", "--as-of", at][..], 1),
        (&["check", "+13155550102", "--from", "+13155550101", "--as-of", at], 1),
        (&["check", "+13155550102", "--as-of", at], 0),
        (&["rules", "--as-of", at], 1),
        (&["diff", at, "table"], 1),
    ] {
        let output = store.run(arguments);
        assert_eq!(output.status.code(), Some(wanted), "{arguments:?}: {}", session(&output));
        assert!(stderr(&output).contains("too large for the journal"), "{arguments:?}: {}", session(&output));
        let is_unknown = arguments[0] == "check" && wanted == 1;
        assert_eq!(stdout(&output).contains("decision  unknown\n"), is_unknown, "{}", session(&output));
    }
    std::fs::write(store.folder.path().join("leads.csv"), "phone\n3155550101\n3155550102\n").unwrap();
    let output = store.run(&["scrub", "leads.csv", "--as-of", at]);
    let rows: Vec<String> = stdout(&output).lines().skip(1).map(str::to_owned).collect();
    let reason = "does not have `dnc` under +13155550101 as it was at that time";
    assert!(rows[0].starts_with("3155550101,+13155550101,unknown,,") && rows[0].contains(reason), "{rows:?}");
    assert!(rows[1].starts_with("3155550102,+13155550102,PROCEED,"), "{rows:?}");
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    let output = store.run(&["undo", "--number", "+13155550101", "--rule", "dnc", "--to", at, "--yes"]);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(
        stderr(&output).contains("does not have `dnc` under +13155550101 as it was at that time"),
        "{}",
        session(&output)
    );
}

/// Of the time before the journal, only the items before the first changes are known.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_to_the_time_before_the_journal_says_what_is_known() {
    let mut store = Store::of_journal_since("2026-11-03T10:00:00Z").await;
    let closed = reject("*", "closed", "603");
    let [old, edited] = ["603", "480"].map(|code| reject("+13155550100", "old", code));
    store.dynamodb.put(&reject("+13155550100", "untouched", "603")).await;
    store.change("2026-11-03T10:00:00Z", None, Some(&closed)).await;
    store.change("2026-11-03T11:00:00Z", Some(&old), Some(&edited)).await;
    let first = "so nothing was changed: the journal ";
    let remedy = " begins at 2026-11-03T10:00:00Z; write --to 2026-11-03T10:00:00Z or a later instant";
    for (number, rule, wanted) in [
        (
            "*",
            "closed",
            "; or run `precall undo 1001`, which removes the rule, because it was not in the table before that change",
        ),
        (
            "+13155550100",
            "old",
            "; or run `precall undo 1002`, which restores the rule as it was before the change at 2026-11-03T11:00:00Z",
        ),
        ("+13155550100", "untouched", remedy),
    ] {
        let to = "2026-11-03T09:00:00Z";
        let output = store.run(&["undo", "--number", number, "--rule", rule, "--to", to, "--yes"]);
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        for wanted in [first, remedy, wanted] {
            assert!(stderr(&output).contains(wanted), "{}", session(&output));
        }
    }
    let output = store.run(&["undo", "1001", "--yes"]);
    assert!(output.status.success(), "{}", session(&output));
    let wanted = "before this change, there was no such rule in the table\n";
    assert!(stdout(&output).contains(wanted), "{}", session(&output));
    assert!(!stderr(&output).contains("not known"), "{}", session(&output));
    assert_eq!(stored(&store, "*", "closed").await, None);
    let output = store.run(&["undo", "1002", "--yes"]);
    assert!(output.status.success() && !stdout(&output).contains(wanted), "{}", session(&output));
    assert_eq!(stored(&store, "+13155550100", "old").await, Some(item(&old)));
}

/// A table that is too large to be rebuilt for each call.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_large_table_the_rules_of_the_call_are_rebuilt() {
    let mut store = day().await;
    let typed = |nth: u32| {
        let number = format!("+1315556{nth:04}");
        json!({ "number": { "S": number }, "rule": { "S": "own" }, "status": { "S": "REJECT" }, "code": { "S": "603" } })
    };
    let numbers = (0..4_000).map(|nth| serde_json::from_value(typed(nth)).unwrap()).collect();
    let database = Database::new(store.folder.path().join("store.db").to_str().unwrap()).unwrap();
    database.import_items(&store.dynamodb.table, numbers, ImportOptions::default()).unwrap();
    // Until 13:00, calls to +13155550105 were sent to a number that was blocked then.
    let redirect =
        json!({ "number": "+13155550105", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550106" });
    let target = reject("+13155550106", "target", "603");
    store.entry("2026-11-03T13:00:00Z", Some(&redirect), None).await;
    store.entry("2026-11-03T14:00:00Z", Some(&target), None).await;
    for (number, at, wanted) in [
        ("+13155550109", "2026-11-03T10:00:00Z", "REJECT 603"),
        ("+13155550109", "2026-11-03T12:00:00Z", "PROCEED"),
        ("+13155550101", "2026-11-03T12:00:00Z", "REJECT 603"),
        ("+13155560007", "2026-11-03T12:00:00Z", "REJECT 603"),
        ("+13155550105", "2026-11-03T12:30:00Z", "REJECT 603"),
        ("+13155550105", "2026-11-03T13:00:00Z", "PROCEED"),
    ] {
        let output = store.run(&["check", number, "--as-of", at]);
        let text = stdout(&output);
        assert!(text.contains(&format!("decision  {wanted}")), "{number} {at}: {text}{}", stderr(&output));
        assert!(text.contains(" (only those of the call were read)\n"), "{text}");
    }
}

/// The whole way: commands that write, the stream of the embedded database, and its journal.
#[test]
fn an_embedded_database_has_its_past() {
    let folder = TempDir::new().unwrap();
    let put = |code: &str| {
        let output = run(folder.path(), &["put", "number=+13155550101", "rule=dnc", "status=REJECT", code, "--yes"]);
        assert!(output.status.success(), "{}", stderr(&output));
        second()
    };
    let first = put("code=603");
    let second = put("code=480");
    for (at, wanted) in [(&first, "REJECT 603"), (&second, "REJECT 480")] {
        let output = run(folder.path(), &["check", "+13155550101", "--as-of", at]);
        assert!(stdout(&output).contains(&format!("decision  {wanted}")), "{at}: {}", stdout(&output));
        assert_eq!(stderr(&output), "", "the journal has all of it");
    }
    let output = run(folder.path(), &["history", "--format", "json"]);
    let entries = entries(&output);
    assert!(entries[0].contains(" rule `dnc` under +13155550101 was changed"), "{entries:?}");
    assert!(entries[1].contains(" rule `dnc` under +13155550101 was added"), "{entries:?}");
    assert!(!stderr(&output).contains("warning"), "{}", stderr(&output));
    let output = run(folder.path(), &["history", "--from", "2026-01-01"]);
    assert!(stderr(&output).contains("warning: the journal begins at "), "{}", stderr(&output));
}

/// Returns a log with one decision record: a call to +13155550109 went through.
fn logged() -> String {
    let record = json!({
        "timestamp": "2026-11-03T10:10:00Z", "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": "01a20765-2c40-721d-b0bb-000000000001", "cold_start": false, "client": "vendor",
        "to": "+13155550109", "status": "PROCEED", "http_status": 200, "decided_by": "default", "callee_place": "US-NY",
        "callee_clock": "Tue 05:10 in America/New_York", "hours_data": "2026-11-23", "rules_looked_at": 0,
        "invalid_rules": 0, "callee_source": "store", "any_source": "store", "duration_ms": 3.0,
    });
    format!("{record}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_and_expectations_are_compared_with_the_rules_of_then() {
    let store = day().await;
    std::fs::write(store.folder.path().join("log.jsonl"), logged()).unwrap();
    std::fs::write(store.folder.path().join("closed.txt"), "+13155550109 is REJECT by closed\n").unwrap();
    for (at, is_closed) in
        [("2026-11-03T09:00:00Z", false), ("2026-11-03T10:00:00Z", true), ("2026-11-03T12:00:00Z", false)]
    {
        let replay = store.run(&["replay", "log.jsonl", "--as-of", at]);
        assert_eq!(replay.status.code(), Some(i32::from(is_closed)), "{at}: {}{}", stdout(&replay), stderr(&replay));
        let test = store.run(&["test", "closed.txt", "--as-of", at]);
        assert_eq!(test.status.success(), is_closed, "{at}: {}{}", stdout(&test), stderr(&test));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_journal_the_past_is_not_known_and_the_present_is_as_ever() {
    let store = Store::without_journal().await;
    store.dynamodb.put(&reject("+13155550101", "dnc", "603")).await;
    for arguments in [
        &["check", "+13155550101", "--as-of", "2026-11-03T10:00:00Z"][..],
        &["rules", "--as-of", "2026-11-03T10:00:00Z"],
        &["lint", "--as-of", "2026-11-03T10:00:00Z"],
        &["history"],
    ] {
        let output = store.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let wanted = format!("precall: there is no journal table {} (PRECALL_JOURNAL_TABLE) for table ", store.journal);
        assert!(stderr(&output).starts_with(&wanted), "{arguments:?}: {}", stderr(&output));
    }
    let output = store.run(&["check", "+13155550101"]);
    assert!(stdout(&output).contains("REJECT 603") && stderr(&output).is_empty(), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_missing_from_the_journal_is_found() {
    let mut store = Store::start().await;
    let [one, two, three, four] = ["600", "601", "602", "603"].map(|code| reject("*", "r", code));
    store.change("2026-11-03T10:00:00Z", None, Some(&one)).await;
    store.change("2026-11-03T11:00:00Z", Some(&two), Some(&three)).await;
    store.dynamodb.put(&four).await;
    // A change of the bookkeeping alone is not in the journal.
    store.change("2026-11-03T12:00:00Z", None, Some(&reject("*", "fine", "603"))).await;
    store.dynamodb.put(&stamped(reject("*", "fine", "603"), "anna@desk", "put", None)).await;
    let output = store.run(&["rules", "--as-of", "2026-11-03T09:00:00Z"]);
    let warnings = stderr(&output);
    for wanted in [
        "warning: a change of rule `r` under * between 2026-11-03T10:00:00Z and 2026-11-03T11:00:00Z is missing from the journal\n",
        "warning: a change of rule `r` under * after 2026-11-03T11:00:00Z is missing from the journal, or is not in it yet",
    ] {
        assert!(warnings.contains(wanted), "{warnings}");
    }
    assert!(!warnings.contains("`fine`"), "{warnings}");
    let output = store.run(&["history", "--number", "*", "--from", "2026-11-01"]);
    assert!(stderr(&output).contains("between 2026-11-03T10:00:00Z and 2026-11-03T11:00:00Z"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_shows_a_change_that_the_journal_does_not_have() {
    let store = Store::start().await;
    // The stamp is in a later second than the beginning of the journal.
    std::thread::sleep(Duration::from_millis(1_100));
    store.dynamodb.put(&stamped(reject("*", "r", "603"), "anna@desk", "put", None)).await;
    let output = store.run(&["rules", "--as-of", "2026-11-03T09:00:00Z"]);
    let warnings = stderr(&output);
    assert!(warnings.contains("warning: a change of rule `r` under * after 2"), "{warnings}");
}

/// A change in the journal: its time, and the rule before and after it.
type GapEntry<'a> = (&'a str, Option<&'a Value>, Option<&'a Value>);

/// The changes in the journal, the rule in the table, and the instants at which the rule is not known, and is known.
type GapCase<'a> = (&'a [GapEntry<'a>], Option<&'a Value>, &'a [&'a str], &'a [&'a str]);

/// An entry in the middle, at the end or at the beginning is missing, and so the rule between its neighbours is not known.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_not_known_at_an_instant_at_which_an_entry_is_missing() {
    let number = "+13155550101";
    let at = |time: &str| format!("2026-11-03T{time}:00Z");
    let stamped =
        |time: &str, rule: &Value| stamped_at(at(time).parse().unwrap(), rule.clone(), "anna@desk", "put", None);
    let block = reject(number, "dnc", "603");
    let [allow, noted] =
        ["PROCEED", "PROCEED"].map(|status| json!({ "number": number, "rule": "dnc", "status": status }));
    let noted = with(&noted, &json!({ "note": "x" }));
    let [block, allow, noted] =
        [("10:00", block), ("10:30", allow), ("11:00", noted)].map(|(time, rule)| stamped(time, &rule));
    let edited = with(&block, &json!({ "status": "PROCEED" }));
    let cases: [GapCase<'_>; 7] = [
        (
            &[("10:00", None, Some(&block)), ("11:00", Some(&allow), Some(&noted))],
            Some(&noted),
            &["10:00", "10:45"],
            &["09:00", "11:00"],
        ),
        (
            &[("10:00", None, Some(&block)), ("11:00", None, Some(&noted))],
            Some(&noted),
            &["10:45"],
            &["09:00", "11:00"],
        ),
        (&[("10:00", None, Some(&block))], Some(&allow), &["10:00", "12:00"], &["09:00"]),
        (&[("10:00", None, Some(&block))], None, &["10:00", "12:00"], &["09:00"]),
        // The first entry is missing: the stamp has its time.
        (&[("11:00", Some(&allow), Some(&noted))], Some(&noted), &["10:15"], &["10:45", "11:00"]),
        // The console changed the rule, and no entry shows when.
        (&[("11:00", Some(&edited), Some(&noted))], Some(&noted), &["09:00", "10:45"], &["11:00"]),
        // The rule is older than the journal.
        (&[("11:00", Some(&reject(number, "dnc", "480")), Some(&noted))], Some(&noted), &[], &["09:00", "11:00"]),
    ];
    for (nth, (entries, current, unknown, known)) in cases.into_iter().enumerate() {
        let mut store = Store::start().await;
        for (time, before, after) in entries {
            store.entry(&at(time), *before, *after).await;
        }
        if let Some(current) = current {
            store.dynamodb.put(current).await;
        }
        for (instant, is_known) in unknown.iter().map(|it| (it, false)).chain(known.iter().map(|it| (it, true))) {
            let instant = at(instant);
            let says = |arguments: &[&str]| {
                let output = store.run(arguments);
                let said = format!("case {nth}: {arguments:?}: {}", session(&output));
                assert_eq!(output.status.code(), Some(i32::from(!is_known)), "{said}");
                said
            };
            let check = says(&["check", number, "--as-of", &instant, "--json"]);
            assert!(check.contains(&format!("\"as_of_is_known\": {is_known}")), "{check}");
            for arguments in [&["rules", "--as-of", &instant][..], &["check", number, "--as-of", &instant]] {
                let said = says(arguments);
                assert!(is_known || said.contains("missing from the journal"), "{said}");
            }
            if !is_known {
                assert!(says(&["diff", &instant, "table"]).contains("missing from the journal"));
                let undo = ["undo", "--number", number, "--rule", "dnc", "--to", &instant, "--yes"];
                assert!(says(&undo).contains("does not have `dnc` under +13155550101 as it was at that time"));
                let plain = current.map(item).map(|mut item| {
                    item.remove("changed");
                    item
                });
                assert_eq!(stored(&store, number, "dnc").await, plain);
            }
        }
    }
}

/// The page about a call does not say that the journal is whole if one of its entries is missing.
#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_about_a_call_says_which_changes_are_missing() {
    let number = "+13155550109";
    let [one, two, three] = ["600", "601", "602"].map(|code| reject(number, "r", code));
    let (whole, gap, end) =
        ("has all changes since", "between 2026-11-03T09:00:00Z and 2026-11-03T09:30:00Z", "after 2026");
    for (first, last, wanted) in [(&two, &three, whole), (&one, &three, gap), (&two, &one, end)] {
        let mut store = Store::start().await;
        std::fs::write(store.folder.path().join("log.jsonl"), logged()).unwrap();
        store.entry("2026-11-03T09:00:00Z", None, Some(first)).await;
        store.entry("2026-11-03T09:30:00Z", Some(&two), Some(&three)).await;
        store.dynamodb.put(last).await;
        let output = store.run(&["explain", "log.jsonl", "--id", "01a20765-2c40-721d-b0bb-000000000001"]);
        let page = stdout(&output);
        assert!(output.status.success() && page.contains(wanted), "{}", session(&output));
        assert_eq!(page.contains(whole), wanted == whole, "{page}");
        assert_eq!(page.contains("does not have all changes since"), wanted != whole, "{page}");
    }
}

/// A program that puts an item back brings the stamp of that item with it. The stamp is not that of the program's change.
#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_that_the_rule_had_before_is_not_that_of_a_later_change() {
    let mut store = Store::start().await;
    let at = |time: &str| format!("2026-11-03T10:00:{time}Z");
    let stamped = |time: &str, code: &str, by: &str| {
        stamped_at(at(time).parse().unwrap(), reject("*", "r", code), by, "put", None)
    };
    let (first, second) = (stamped("00", "603", "anna@desk"), stamped("10", "480", "ben@desk"));
    store.change(&at("00"), None, Some(&first)).await;
    store.change(&at("10"), Some(&first), Some(&second)).await;
    store.change(&at("20"), Some(&second), Some(&first)).await;
    store.change(&at("30"), Some(&first), None).await;
    store.change(&at("40"), None, Some(&second)).await;
    for (options, wanted) in [
        (&["--number", "*"][..], 5),
        (&["--from", "2026-11-01"], 5),
        // The period has only the changes of the program.
        (&["--from", "2026-11-03T10:00:15Z"], 3),
        (&["--from", "2026-11-03T10:00:35Z", "--number", "*"], 1),
    ] {
        let output = store.run(&[&["history", "--format", "json"], options].concat());
        let entries: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let origins: Vec<&str> = entries.iter().map(|entry| entry["origin"].as_str().unwrap()).collect();
        let expected = ["console or program", "console or program", "console or program", "tool", "tool"];
        assert_eq!(origins, expected[..wanted], "{options:?}: {}", session(&output));
    }
}

/// Makes the changes of the import of a list: 25 numbers in one batch, one number is removed by the import, and one by hand.
async fn import() -> Store {
    let mut store = Store::start().await;
    let record = |state: &str, accepted: u64| {
        json!({
            "number": "list", "rule": "national", "state": state, "import": "i1", "file": "dnc.csv",
            "sha256": "0123456789abcdef", "accepted": accepted, "removed": 1, "rejected": 2,
            "changed": { "id": "0191", "by": "anna@desk", "via": "import" },
        })
    };
    let number = |nth: usize| {
        let mut item = reject(&format!("+1315555{nth:04}"), "national", "603");
        item["list_file"] = "0123456789ab".into();
        item
    };
    let began = record("importing", 0);
    store.entry("2026-11-03T10:00:00Z", None, Some(&began)).await;
    let mut batch = Vec::new();
    for nth in 0..25 {
        let item = number(nth);
        store.dynamodb.put(&item).await;
        batch.push(store.next("2026-11-03T10:00:01Z", None, Some(&item)));
    }
    store.write(&batch).await;
    store.change("2026-11-03T10:00:02Z", Some(&number(1)), None).await;
    let notice = json!({ "number": "*", "rule": "list:national", "list": "national" });
    store.change("2026-11-03T10:00:02Z", None, Some(&notice)).await;
    let done = record("complete", 25);
    store.entry("2026-11-03T10:00:03Z", Some(&began), Some(&done)).await;
    store.change("2026-11-03T15:00:00Z", Some(&number(2)), None).await;
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_changes_of_lists_are_taken_back_too() {
    let store = import().await;
    for (at, wanted) in [
        ("2026-11-03T10:00:00Z", 0),
        ("2026-11-03T10:00:01Z", 25),
        // With the notice of the copy.
        ("2026-11-03T10:00:02Z", 25),
        ("2026-11-03T14:00:00Z", 25),
        ("2026-11-03T15:00:00Z", 24),
    ] {
        assert_eq!(store.rules_as_of(at).len(), wanted, "{at}");
    }
}

/// Returns the entries of a run of `history`: `at summary [origin by via]`.
fn entries(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", stderr(output));
    let line = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} [{} {} {}]", &text("at")[11..16], text("summary"), text("origin"), text("by"), text("via"))
    };
    stdout(output).lines().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_has_its_author_and_the_filters_select_it() {
    let store = day().await;
    let added = "10:00 rule `closed` under * was added [tool anna@desk put]";
    let blocked = "10:30 rule `dnc` under +13155550101 was added [tool ben@desk put]";
    let edited = "11:00 rule `closed` under * was changed [console or program - -]";
    let removed = "12:00 rule `closed` under * was removed [console or program - -]";
    for (filters, wanted) in [
        (&[][..], vec![removed, edited, blocked, added]),
        (&["--number", "*"], vec![removed, edited, added]),
        (&["--number", "(315) 555-0101"], vec![blocked]),
        (&["--rule", "closed"], vec![removed, edited, added]),
        (&["--rule", "closed", "--to", "2026-11-03T11:00:00Z"], vec![added]),
        (&["--since", "2026-11-03T10:30:00Z", "--until", "2026-11-03T11:30:00Z"], vec![edited, blocked]),
        (&["--by", "ANNA"], vec![added]),
        (&["--by", "console"], vec![removed, edited]),
        (&["--number", "+13155550199"], vec![]),
    ] {
        let mut arguments = vec!["history", "--format", "json"];
        arguments.extend(filters);
        if !filters.contains(&"--since") {
            arguments.extend(["--from", "2026-11-03"]);
        }
        assert_eq!(entries(&store.run(&arguments)), wanted, "{filters:?}");
    }
    let output = store.run(&["history", "--from", "2026-11-05", "--to", "2026-11-04"]);
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_csv_have_the_attributes_before_and_after() {
    let store = day().await;
    let output = store.run(&["history", "--from", "2026-11-03"]);
    let text = stdout(&output);
    let wanted = "\
2026-11-03T11:00:00Z  rule `closed` under * was changed
  by console or program
  code: \"603\" -> \"480\"
  it rejects all calls, code 480
  entry 1003
";
    assert!(text.contains(wanted), "{text}");
    assert!(text.contains("  by ben@desk, via put, because: asked by letter\n"), "{text}");
    assert!(
        stderr(&output).contains("note: \"console or program\" is a change without the stamp"),
        "{}",
        stderr(&output)
    );
    let csv = stdout(&store.run(&["history", "--from", "2026-11-03", "--format", "csv"]));
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("entry,at,kind,number,rule,origin,by,via,because,summary,changes,sentence,lifted"));
    assert!(csv.contains(",+13155550101,dnc,tool,ben@desk,put,asked by letter,"), "{csv}");
    let none = store.run(&["history", "--from", "2026-11-20"]);
    assert_eq!(stdout(&none), "no such changes\n");
    assert!(stderr(&none).contains("0 changes since 2026-11-20T00:00:00Z; the journal "), "{}", stderr(&none));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_one_line_and_its_numbers_are_shown_when_asked_for() {
    let store = import().await;
    let done = "10:00 list national was imported: file dnc.csv (sha256 0123456789ab), 25 accepted, 1 removed, 2 rejected \
                [tool anna@desk import]";
    let by_hand = "15:00 rule `national` under +13155550002 was removed [console or program - -]";
    let added = |nth: usize| format!("10:00 rule `national` under +1315555{nth:04} was added [list - -]");
    let by_import = "10:00 rule `national` under +13155550001 was removed [list - -]";
    let history = |filters: &[&str]| {
        let mut arguments = vec!["history", "--format", "json", "--from", "2026-11-03"];
        arguments.extend(filters);
        entries(&store.run(&arguments))
    };
    assert_eq!(history(&[]), [by_hand, done]);
    assert_eq!(history(&["--list", "national"]), [done]);
    assert_eq!(history(&["--number", "+13155550001"]), [by_import.to_owned(), added(1)]);
    assert_eq!(history(&["--number", "+13155550002"]), [by_hand.to_owned(), added(2)]);
    assert_eq!(history(&["--list", "national", "--all"]).len(), 1 + 25 + 2);
    assert_eq!(history(&["--number", "*"]), ["10:00 rule `list:national` under * was added [list - -]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rulebooks_are_compared() {
    let store = day().await;
    let file = |name: &str, items: &Value| std::fs::write(store.folder.path().join(name), items.to_string()).unwrap();
    let (old, dnc) = (reject("+13155550100", "old", "603"), reject("+13155550101", "dnc", "603"));
    file("table.json", &json!([old, dnc]));
    file("other.json", &json!([reject("+13155550100", "old", "480"), reject("*", "new", "603")]));
    for (before, after, wanted) in [
        ("table.json", "table", &[][..]),
        ("table", "table.json", &[]),
        ("2026-11-03T12:00:00Z", "table", &[]),
        (
            "2026-11-03T09:00:00Z",
            "2026-11-03T10:30:00Z",
            &["* closed added code status", "+13155550101 dnc added code status"],
        ),
        ("2026-11-03T10:30:00Z", "2026-11-03T11:00:00Z", &["* closed changed code"]),
        ("2026-11-03T11:00:00Z", "table", &["* closed removed code status"]),
        (
            "other.json",
            "table",
            &["* new removed code status", "+13155550100 old changed code", "+13155550101 dnc added code status"],
        ),
    ] {
        let output = store.run(&["diff", before, after, "--format", "json"]);
        let line = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            let names: Vec<&str> = line["changes"].as_object().unwrap().keys().map(String::as_str).collect();
            format!("{} {} {} {}", text("number"), text("rule"), text("kind"), names.join(" "))
        };
        let lines: Vec<String> = stdout(&output).lines().map(line).collect();
        assert_eq!(lines, wanted, "{before} {after}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(i32::from(!wanted.is_empty())), "{before} {after}");
    }
    let same = stdout(&store.run(&["diff", "table.json", "table"]));
    assert!(
        same.starts_with("the rulebooks table.json and table rules-") && same.ends_with(" are the same (2 items)\n")
    );
    let text = stdout(&store.run(&["diff", "other.json", "table"]));
    assert!(text.contains("rule `old` under +13155550100 differs\n  code: \"480\" -> \"603\"\n"), "{text}");
    assert!(text.contains("rule `new` under * is only in other.json\n"), "{text}");
    assert!(text.contains("3 of 3 items differ between other.json and table rules-"), "{text}");
    for (source, wanted) in [("none.json", "there is no such file"), ("2026-11-03", "without a time zone")] {
        let output = store.run(&["diff", source, "table"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(wanted), "{}", stderr(&output));
    }
}

/// Returns the stored item without its stamp.
async fn stored(store: &Store, number: &str, rule: &str) -> Option<Attributes> {
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let get = store.dynamodb.client.get_item().table_name(&store.dynamodb.table).consistent_read(true);
    let mut found = get.key("number", key(number)).key("rule", key(rule)).send().await.unwrap().item?;
    found.remove("changed");
    Some(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_undone_and_later_changes_are_shown() {
    let closed = |code: &str| Some(item(&reject("*", "closed", code)));
    let later = "the rule was changed after it, so these changes are undone too:\n";
    // The entry, its rule, and the rule after the undo.
    for (entry, number, rule, wanted, text) in [
        ("1004", "*", "closed", closed("480"), "  2026-11-03T12:00:00Z  rule `closed` under * was removed, by console"),
        ("1003", "*", "closed", closed("603"), later),
        ("03", "*", "closed", closed("603"), later),
        (
            "1002",
            "+13155550101",
            "dnc",
            None,
            "was added, by ben@desk, via put, because: asked by letter (entry 1002)\n",
        ),
        ("0001002", "+13155550101", "dnc", None, "rule `dnc` under +13155550101 is to be removed\n"),
    ] {
        let store = day().await;
        let output = store.run(&["undo", entry, "--dry-run"]);
        assert!(output.status.success() && stdout(&output).contains(text), "{entry}: {}", session(&output));
        assert_eq!(stdout(&output).contains(later), text == later, "{entry}: {}", session(&output));
        assert!(stdout(&output).ends_with("nothing was changed\n"), "{}", session(&output));
        assert_ne!(stored(&store, number, rule).await, wanted, "--dry-run");
        let output = store.run(&["undo", entry]);
        assert!(!output.status.success() && stderr(&output).contains("nobody can confirm it"), "{}", session(&output));
        assert_ne!(stored(&store, number, rule).await, wanted, "no confirmation");
        let output = store.run(&["undo", entry, "--yes", "--because", "a mistake"]);
        assert!(output.status.success(), "{entry}: {}", session(&output));
        assert_eq!(stored(&store, number, rule).await, wanted, "{entry}: {}", session(&output));
    }
}

fn session(output: &Output) -> String {
    format!("{}{}[exit status {}]\n", stdout(output), stderr(output), output.status.code().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_gives_each_attribute_back_as_it_was() {
    let mut store = Store::start().await;
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut before = item(&reject("+13155550101", "dnc", "603"));
    before.extend([
        ("places".to_owned(), AttributeValue::Ss(texts(&["US-FL", "US-NY"]))),
        ("x_numbers".to_owned(), AttributeValue::Ns(texts(&["1", "2.5"]))),
        ("x_bytes".to_owned(), AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new([0, 255]))),
        ("x_list".to_owned(), AttributeValue::L(vec![AttributeValue::Null(true), AttributeValue::Bool(false)])),
        ("x_map".to_owned(), AttributeValue::M(item(&json!({ "a": "b", "c": 12 })))),
        ("list_file".to_owned(), AttributeValue::S("0123456789ab".to_owned())),
    ]);
    store.dynamodb.put(&reject("+13155550101", "dnc", "480")).await;
    let changed = reject("+13155550101", "dnc", "480");
    let mut change = store.next("2026-11-03T10:00:00Z", Some(&changed), Some(&changed));
    change.before = Some(before.clone());
    store.write(&[change]).await;
    let output = store.run(&["undo", "1001", "--yes"]);
    assert!(output.status.success(), "{}", session(&output));
    let mut restored = stored(&store, "+13155550101", "dnc").await.unwrap();
    for values in [&mut restored, &mut before] {
        for name in ["places", "x_numbers"] {
            if let Some(AttributeValue::Ss(texts) | AttributeValue::Ns(texts)) = values.get_mut(name) {
                texts.sort();
            }
        }
    }
    assert_eq!(restored, before);
    let output = store.run(&["undo", "1001", "--yes"]);
    assert!(output.status.success(), "{}", session(&output));
    assert!(
        stdout(&output).ends_with("is now as it was at that time, so nothing was changed\n"),
        "{}",
        session(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_cannot_be_made_says_why() {
    let mut store = day().await;
    store.written += 9;
    let other = reject("*", "other", "603");
    store.change("2026-11-03T13:00:00Z", None, Some(&other)).await;
    let list = import().await;
    for (store, arguments, wanted) in [
        (
            &store,
            &["9999"][..],
            "has no entry whose id is 9999 or ends with it; `precall history --from 2020-01-01` shows the ids",
        ),
        (
            &store,
            &["0000"],
            "\"0000\" is not the id of an entry; an id is the number after `entry` in `precall history`",
        ),
        (
            &store,
            &["4"],
            "2 entries end with 4; write more digits:\n  2026-11-03T12:00:00Z  rule `closed` under * was removed, by console or \
             program (entry 1004)\n  2026-11-03T13:00:00Z  rule `other` under * was added, by console or program (entry 1014)\n",
        ),
        (&store, &["closed"], "\"closed\" is not the id of an entry"),
        (
            &store,
            &["--number", "*", "--rule", "closed", "--to", "2026-10-03T10:30:00Z"],
            "rule `closed` under * at 2026-10-03T10:30:00Z is not known",
        ),
        (
            &list,
            &["1001"],
            "entry 1001 is of an import or of the removal of list national, which is not undone number by number",
        ),
        (&list, &["1027"], "import the earlier file with `precall import FILE --list national --replace`"),
    ] {
        let arguments = [&["undo"], arguments, &["--yes"]].concat();
        let output = store.run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", session(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", session(&output));
    }
    for arguments in
        [&["undo"][..], &["undo", "1001", "--rule", "closed"], &["undo", "--rule", "closed", "--number", "*"]]
    {
        assert_eq!(store.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    // None of the sets of options is complete.
    for (arguments, wanted) in [
        (&["undo"][..], "or `precall undo --number NUMBER --rule NAME --to INSTANT`\n"),
        (
            &["undo", "--rule", "closed", "--number", "*"],
            "`precall undo ENTRY` with an entry of `precall history`, or ",
        ),
        (&["undo", "--to", "1h"], "Usage: precall undo [OPTIONS] [ENTRY]"),
        (&["remove", "--rule", "x"], "`precall remove --number NUMBER --rule NAME`, or `precall remove --list NAME`\n"),
        (&["explain", "log.jsonl"], "by its callee with --to NUMBER, and best also its day with --on DAY\n"),
    ] {
        let output = precall(store.folder.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", session(&output));
        assert!(stderr(&output).starts_with("error: name the "), "{arguments:?}: {}", session(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", session(&output));
    }
}

/// Waits until no later change is in the second of an earlier one, and returns the second that is over.
fn second() -> String {
    std::thread::sleep(Duration::from_millis(1_100));
    let now = Timestamp::from_second(Timestamp::now().as_second() - 1).unwrap().to_string();
    std::thread::sleep(Duration::from_millis(1_100));
    now
}

#[test]
fn a_rule_is_brought_back_to_an_instant_and_the_undo_is_an_entry() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", session(&output));
        output
    };
    let codes = || stdout(&run(&["rules", "--format", "csv"]));
    let key = ["--number", "+13155550101", "--rule", "dnc"];
    run(&["put", "number=+13155550101", "rule=dnc", "status=REJECT", "code=603", "--yes"]);
    let first = second();
    run(&["set", key[0], key[1], key[2], key[3], "code=480", "--yes"]);
    run(&[&["remove"], &key[..], &["--yes"]].concat());
    assert!(!codes().contains("dnc"));
    let output = run(&[&["undo"], &key[..], &["--to", &first, "--yes", "--because", "a mistake"]].concat());
    assert!(stdout(&output).contains("these changes are undone:\n"), "{}", session(&output));
    assert!(codes().contains(",REJECT,603,"), "{}", codes());
    let history = run(&["history", "--format", "json"]);
    let vias: Vec<String> = stdout(&history)
        .lines()
        .map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("kind"), text("via"), text("because"))
        })
        .collect();
    assert_eq!(vias, ["added undo a mistake", "removed remove -", "changed set -", "added put -"]);
    // The undo is undone.
    let entry: Value = serde_json::from_str(stdout(&history).lines().next().unwrap()).unwrap();
    run(&["undo", entry["entry"].as_str().unwrap(), "--yes"]);
    assert!(!codes().contains("dnc"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_leads_to_the_time_in_which_it_was_in_force() {
    let store = day().await;
    let revision = |items: &[Value]| {
        std::fs::write(store.folder.path().join("wildcard.json"), Value::from(items.to_vec()).to_string()).unwrap();
        let output =
            precall(store.folder.path()).args(["rules", "--rules", "wildcard.json", "--number", "*"]).output().unwrap();
        let text = stderr(&output);
        let (_, revision) = text.split_once("revision ").unwrap();
        revision.split(' ').next().unwrap().to_owned()
    };
    let dnc = reject("+13155550101", "dnc", "603");
    let [added, edited] = ["603", "480"].map(|code| revision(&[reject("*", "closed", code), dnc.clone()]));
    for (revision, from, to) in [
        (&added, "2026-11-03T10:00:00Z", "2026-11-03T11:00:00Z"),
        (&edited, "2026-11-03T11:00:00Z", "2026-11-03T12:00:00Z"),
    ] {
        let output = store.run(&["history", "--revision", revision, "--format", "json"]);
        let period: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!([&period["from"], &period["to"]], [from, to], "{}", session(&output));
    }
    let output = store.run(&["history", "--revision", &added]);
    assert!(
        stdout(&output).contains("(rule `closed` under * was added, by anna@desk, via put; entry 1001)"),
        "{}",
        session(&output)
    );
    let output = store.run(&["history", "--revision", "000000000000"]);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(
        stderr(&output).contains("have had the revision, version or checksum \"000000000000\" in table rules-"),
        "{}",
        session(&output)
    );
    assert_eq!(store.run(&["history", "--revision", "latest"]).status.code(), Some(2));
}

/// A filter that names something that there never was is an error; one that names something without changes is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_names_something_that_there_is_or_was() {
    let rules = day().await;
    let list = import().await;
    let fine = "no such changes\n";
    for (store, filters, wanted) in [
        (&rules, &["--number", "abc"][..], "precall: --number \"abc\": "),
        (&rules, &["--number", ""], "precall: --number the number is empty"),
        (
            &rules,
            &["--number", "+1315555*"],
            "precall: --number \"+1315555*\": the hook never looks up rules under a pattern",
        ),
        (&rules, &["--number", "+13155550199"], fine),
        (&rules, &["--number", "+13155550101", "--from", "2026-11-20"], fine),
        (&rules, &["--rule", "clsoed"], "--rule \"clsoed\": no such rule is or was in table rules-"),
        (&rules, &["--rule", "clsoed"], "(did you mean closed?); `precall rules` lists the rules"),
        (&rules, &["--rule", "closed", "--from", "2026-11-20"], fine),
        // It is in the table, and has no entry.
        (&rules, &["--rule", "OLD"], fine),
        (&rules, &["--rule", "old", "--number", "+13155550100"], fine),
        (
            &rules,
            &["--rule", "old", "--number", "+13155550101"],
            "no such rule is or was under +13155550101 in table rules-",
        ),
        (&rules, &["--by", "carol"], "--by \"carol\": no changes by this author are known in table rules-"),
        (&rules, &["--by", "carol"], "; changes are known by: anna@desk, ben@desk, console or program\n"),
        (&rules, &["--by", "anna", "--from", "2026-11-20"], fine),
        (&list, &["--by", "console", "--from", "2026-11-20"], fine),
        (&rules, &["--list", "national"], "--list \"national\": no such list is or was in table rules-"),
        (&list, &["--list", "nationa"], "(did you mean national?); `precall lists` shows the lists\n"),
        (&list, &["--list", "national", "--from", "2026-11-20"], fine),
        (&list, &["--rule", "national", "--from", "2026-11-20"], fine),
    ] {
        let output = store.run(&[&["history"], filters].concat());
        let status = i32::from(wanted != fine);
        assert_eq!(output.status.code(), Some(status), "{filters:?}: {}", session(&output));
        let said = if wanted == fine { stdout(&output) } else { stderr(&output) };
        assert!(said.contains(wanted), "{filters:?}: {}", session(&output));
        assert!(wanted == fine || stdout(&output).is_empty(), "{filters:?}: {}", session(&output));
    }
    let output = rules.run(&["rules", "--number", "abc"]);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
}

/// Proposals and settings are in the table and in the journal, and are not rules.
#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_an_instant_have_no_proposals() {
    let mut store = Store::start().await;
    let proposal = json!({ "number": "proposal", "rule": "1f", "text": "x" });
    store.change("2026-11-03T10:00:00Z", None, Some(&proposal)).await;
    store.change("2026-11-03T11:00:00Z", Some(&proposal), None).await;
    for at in ["2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z", "2026-11-03T11:00:00Z"] {
        assert_eq!(store.rules_as_of(at), [] as [&str; 0], "{at}");
    }
}

/// Each version, revision and checksum of a decision record leads to the changes that began and ended it.
#[test]
fn every_identifier_of_a_record_is_found() {
    let folder = TempDir::new().unwrap();
    let command = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", session(&output));
        stdout(&output)
    };
    let book = json!([
        { "number": "+13155550101", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550102" },
        { "number": "+13155550102", "rule": "busy", "status": "REJECT", "code": "486" },
        { "number": "*", "rule": "premium", "status": "REJECT", "code": "403", "to": "+1900*" },
    ]);
    std::fs::write(folder.path().join("book.json"), book.to_string()).unwrap();
    std::fs::write(folder.path().join("list.txt"), "3155550103\n3155550104\n").unwrap();
    command(&["load", "book.json"]);
    command(&["import", "list.txt", "--list", "own"]);
    let mut server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let mut record = |to: &str| -> Value {
        server.ask("POST", &format!("?from=%2B12125550100&to=%2B{to}"));
        serde_json::from_str(&server.wait_for("\"message\":\"decision\"")).unwrap()
    };
    let records = [record("13155550101"), record("13155550103"), record("19005550100")];
    let all = |name: &str| -> Vec<String> {
        let texts = records.iter().filter_map(|record| match &record[name] {
            Value::Array(values) => Some(values.clone()),
            Value::Null => None,
            value => Some(vec![value.clone()]),
        });
        texts.flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    for (name, wanted) in [
        ("any_revision", &["revision "][..]),
        (
            "rule_version",
            &["of rule `busy` under +13155550102\n", "of rule `own` under +1", "of rule `premium` under *\n"],
        ),
        ("exact_rules", &["of rule `moved` under +13155550101\n", "of rule `own` under +1"]),
        ("target_rules", &["of rule `busy` under +13155550102\n"]),
        ("lists", &["the copy of a list with sha256 "]),
    ] {
        let identifiers = all(name);
        assert!(!identifiers.is_empty(), "{name}: {records:?}");
        for identifier in &identifiers {
            let text = command(&["history", "--revision", identifier]);
            assert!(wanted.iter().any(|wanted| text.contains(wanted)), "{name} {identifier}: {text}");
            assert!(text.contains("\n  to   now\n") && text.contains("; entry "), "{name} {identifier}: {text}");
        }
    }
    // The numbers of a list have one version; the number tells them apart.
    let version = all("exact_rules")[1].clone();
    let json = |number: &str| command(&["history", "--revision", &version, "--number", number, "--format", "json"]);
    let span: Value = serde_json::from_str(&json("+13155550104")).unwrap();
    assert_eq!([&span["kind"], &span["number"], &span["rule"]], ["version", "+13155550104", "own"]);
    // A change ends the version and the revision.
    command(&["set", "--number", "*", "--rule", "premium", "code=480", "--yes"]);
    for identifier in [&all("any_revision")[0], &all("rule_version")[2]] {
        let text = command(&["history", "--revision", identifier]);
        assert!(text.contains("(rule `premium` under * was changed, by "), "{identifier}: {text}");
        assert!(!text.contains("to   now"), "{identifier}: {text}");
    }
    let output = run(folder.path(), &["history", "--revision", &version, "--number", "+13155550101"]);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    // The list and the day of a copy, and the name of a rule, must be those that had it.
    let copy = all("lists")[0].clone();
    let (day, checksum) = copy.strip_prefix("own copy of ").unwrap().split_once(" sha256 ").unwrap();
    let checksum = checksum.split(':').next().unwrap();
    for (identifier, wanted) in [
        (copy.replace("own ", "other "), format!("the copy of list \"other\" of {day} with sha256 \"{checksum}\" in ")),
        (
            copy.replace(day, "2025-01-02"),
            format!("the copy of list \"own\" of 2025-01-02 with sha256 \"{checksum}\" in "),
        ),
        (
            version.replace("own@", "busy@"),
            format!("the version \"{}\" of rule \"busy\" in ", &version["own@".len()..]),
        ),
        (format!("busy@{checksum}"), format!("the version \"{checksum}\" of rule \"busy\" in ")),
    ] {
        let output = run(folder.path(), &["history", "--revision", &identifier]);
        assert_eq!(output.status.code(), Some(1), "{identifier}: {}", session(&output));
        assert!(stderr(&output).contains(&wanted), "{identifier}: {}", session(&output));
    }
}

/// The hours at an instant of the past are those of that instant, unless another time is given.
#[tokio::test(flavor = "multi_thread")]
async fn the_hours_of_the_past_are_at_its_instant() {
    let store = Store::start().await;
    for (at, wanted) in [("2026-11-03T05:00:00Z", false), ("2026-11-03T16:00:00Z", true)] {
        let hours = ["hours", "--to", "+13155550101", "--as-of", at, "--json"];
        let output = store.run(&hours);
        let hours: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", session(&output)));
        assert_eq!((&hours["at"], &hours["laws"][0]["lawful"]), (&json!(at), &json!(wanted)), "{hours}");
    }
    let at = ["--as-of", "2026-11-03T05:00:00Z", "--at", "2026-11-02T16:00:00Z"];
    let output = store.run(&[&["hours", "--to", "+13155550101", "--json"], &at[..]].concat());
    assert!(stdout(&output).contains("\"at\": \"2026-11-02T16:00:00Z\""), "{}", session(&output));
}

/// The entries of a number may all be deleted after the retention, so that the entries of others show how far the journal reaches.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_before_the_retention_is_not_known() {
    let mut store = Store::of_journal_since("2019-01-01T00:00:00Z").await;
    store.dynamodb.put(&reject("+13155550101", "dnc", "603")).await;
    let undo = ["undo", "--number", "+13155550101", "--rule", "dnc", "--to", "2020-06-01T00:00:00Z", "--yes"];
    assert_eq!(store.run(&undo).status.code(), Some(0), "the journal has no entry");
    let other = store.next(&Timestamp::now().to_string(), None, Some(&reject("+13155550102", "other", "603")));
    let items = journal_items(&[other], SignedDuration::from_hours(24 * 365)).unwrap();
    JournalTable::new(store.dynamodb.client.clone(), &store.journal).write(items).await.unwrap();
    let output = store.run(&undo);
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(stderr(&output).contains("at 2020-06-01T00:00:00Z is not known"), "{}", session(&output));
    let check = store.run(&["check", "+13155550101", "--as-of", "2020-06-01T00:00:00Z"]);
    assert!(stdout(&check).contains("decision  unknown\n"), "{}", session(&check));
}

/// Every command of the page can be read, also those that find nothing here.
#[test]
fn the_commands_of_the_page_have_the_right_options() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/history.md");
    let page = std::fs::read_to_string(page).unwrap();
    let commands = page.lines().map(str::trim_start).filter(|line| line.starts_with("precall "));
    let folder = TempDir::new().unwrap();
    let mut count = 0;
    for command in commands {
        let words = shell_words(command.split(" > ").next().unwrap());
        let output = run(folder.path(), &words[1..].iter().map(String::as_str).collect::<Vec<_>>());
        // There is no database here, so that each command fails, but not because of its options. Files are missing.
        let is_file_missing = stderr(&output).contains("there is no such file");
        assert!(output.status.code() == Some(1) || is_file_missing, "{command}: {}", session(&output));
        count += 1;
    }
    assert!(count > 15, "{count}");
}

/// Splits a command as a shell does, with quotation marks.
fn shell_words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (None, ' ') => words.push(String::new()),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns an item with other attributes.
fn with(item: &Value, attributes: &Value) -> Value {
    let mut item = item.clone();
    item.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    item
}

/// A compliance officer looks for the changes that let calls through.
#[tokio::test(flavor = "multi_thread")]
async fn the_changes_that_lift_a_block_are_found() {
    let mut store = Store::start().await;
    let block = reject("+13155550101", "b", "603");
    let off = json!({ "enabled": false });
    let mut lifting = Vec::new();
    for (what, before, after, is_lifted) in [
        ("removed", block.clone(), None, true),
        ("switched off", block.clone(), Some(with(&block, &off)), true),
        ("a shadow rule", block.clone(), Some(with(&block, &json!({ "shadow": true }))), true),
        ("let through", block.clone(), Some(with(&block, &json!({ "status": "PROCEED" }))), true),
        ("invalid", block.clone(), Some(with(&block, &json!({ "status": "REFUSE" }))), true),
        ("it ends", block.clone(), Some(with(&block, &json!({ "expires_at": 1_800_000_000 }))), true),
        ("it ends later", with(&block, &json!({ "expires_at": 1_800_000_000 })), Some(block.clone()), false),
        ("another condition", block.clone(), Some(with(&block, &json!({ "places": "US-NY" }))), true),
        ("a lower priority", block.clone(), Some(with(&block, &json!({ "priority": -1 }))), true),
        ("a higher priority", block.clone(), Some(with(&block, &json!({ "priority": 99 }))), false),
        (
            "another answer",
            block.clone(),
            Some(with(&block, &json!({ "code": "480", "note": "x", "x_y": "z" }))),
            false,
        ),
        ("it was off", with(&block, &off), None, false),
        ("it was over", with(&block, &json!({ "expires_at": 1_700_000_000 })), None, false),
        ("it let calls through", with(&block, &json!({ "status": "PROCEED" })), None, false),
        ("a fact", json!({ "number": "+13155550101", "rule": "b", "place": "US-NY" }), None, false),
    ] {
        let at = format!("2026-11-03T10:{:02}:00Z", store.written);
        store.entry(&at, Some(&before), after.as_ref()).await;
        let entry = (1_000 + store.written).to_string();
        if is_lifted {
            lifting.push((entry, what));
        }
    }
    store.entry("2026-11-03T11:00:00Z", None, Some(&block)).await;
    let list = |state: &str, removed: u64| json!({ "number": "list", "rule": "own", "state": state, "import": "1", "file": "f", "removed": removed });
    store.entry("2026-11-03T11:01:00Z", Some(&list("removing", 0)), Some(&list("complete", 0))).await;
    store.entry("2026-11-03T11:02:00Z", Some(&list("removing", 0)), Some(&list("complete", 3))).await;
    lifting.push(((1_000 + store.written).to_string(), "an import removed numbers"));
    store.entry("2026-11-03T11:03:00Z", Some(&list("complete", 3)), None).await;
    lifting.push(((1_000 + store.written).to_string(), "the list was removed"));
    let history = |kind: &str| -> Vec<String> {
        let output = store.run(&["history", "--from", "2026-11-01", "--format", "json", "--kind", kind]);
        assert!(output.status.success(), "{}", session(&output));
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["entry"].as_str().unwrap().to_owned();
        stdout(&output).lines().rev().map(id).collect()
    };
    let wanted: Vec<_> = lifting.iter().map(|(entry, _)| entry.clone()).collect();
    assert_eq!(history("lifted"), wanted, "{lifting:?}");
    assert_eq!(history("added"), ["1016"]);
    let [removed, changed] = ["removed", "changed"].map(|kind| history(kind).len());
    assert_eq!((removed, changed), (6, 12));
    assert_eq!(history("added,removed").len(), 1 + removed);
    let text = stdout(&store.run(&["history", "--from", "2026-11-01", "--kind", "lifted"]));
    assert_eq!(text.matches("\n  lifted: it may reject fewer calls than before\n").count(), wanted.len(), "{text}");
    // Seconds since 1970 are shown as instants; JSON has the number.
    assert!(text.contains("\n  expires_at: (none) -> 2027-01-15T08:00:00Z\n"), "{text}");
    let json = stdout(&store.run(&["history", "--from", "2026-11-01", "--format", "json"]));
    assert!(json.contains("\"expires_at\":{\"after\":1800000000,\"before\":null}"), "{json}");
    let csv = stdout(&store.run(&["history", "--from", "2026-11-01", "--format", "csv"]));
    assert!(csv.contains(",expires_at: (none) -> 2027-01-15T08:00:00Z,") && !csv.contains("1800000000"), "{csv}");
}

/// Exemptions and rules that let calls through are the other way round: they lift blocks when they begin, not when they end.
#[tokio::test(flavor = "multi_thread")]
async fn the_changes_that_begin_to_let_calls_through_are_found() {
    let mut store = Store::start().await;
    let exemption = json!({ "number": "+13155550101", "rule": "consent", "exempt": "ftc", "expires_at": 1_800_000_000, "proof": "1" });
    let allow = json!({ "number": "+13155550101", "rule": "vip", "status": "PROCEED", "priority": 5 });
    let redirect = json!({ "number": "*", "rule": "r", "status": "CHANGE_DESTINATION", "code": "+13155550102" });
    let list = |options: &str, state: &str, accepted: u64, removed: u64| {
        json!({ "number": "list", "rule": "own", "state": state, "import": "1", "file": "f", "options": options,
                "accepted": accepted, "removed": removed })
    };
    let exempt = |state, accepted, removed| list("exempt=ftc", state, accepted, removed);
    let some = |item: &Value, changes: Value| Some(with(item, &changes));
    let cases: [(&str, Option<Value>, Option<Value>, bool); 27] = [
        ("written", None, some(&exemption, json!({})), true),
        (
            "switched on",
            some(&exemption, json!({ "enabled": false })),
            some(&exemption, json!({ "enabled": true })),
            true,
        ),
        ("extended", some(&exemption, json!({})), some(&exemption, json!({ "expires_at": 1_900_000_000 })), true),
        ("without an end", some(&exemption, json!({})), some(&exemption, json!({ "expires_at": "never" })), true),
        ("another list", some(&exemption, json!({})), some(&exemption, json!({ "exempt": "other" })), true),
        (
            "instead of a block",
            some(&allow, json!({ "status": "REJECT" })),
            some(&exemption, json!({ "rule": "vip" })),
            true,
        ),
        ("removed", some(&exemption, json!({})), None, false),
        ("switched off", some(&exemption, json!({})), some(&exemption, json!({ "enabled": false })), false),
        ("ended", some(&exemption, json!({})), some(&exemption, json!({ "expires_at": 1_700_000_000 })), false),
        ("ends earlier", some(&exemption, json!({})), some(&exemption, json!({ "expires_at": 1_799_999_999 })), false),
        ("another proof", some(&exemption, json!({})), some(&exemption, json!({ "proof": "2", "note": "n" })), false),
        ("written when it was over", None, some(&exemption, json!({ "expires_at": 1_700_000_000 })), false),
        ("invalid", None, some(&exemption, json!({ "expires_at": "soon" })), false),
        ("allowed", None, some(&allow, json!({})), true),
        ("redirected", None, some(&redirect, json!({})), true),
        ("outranks more", some(&allow, json!({})), some(&allow, json!({ "priority": 6 })), true),
        ("outranks less", some(&allow, json!({})), some(&allow, json!({ "priority": 4 })), false),
        ("not allowed any more", some(&allow, json!({})), None, false),
        ("a shadow rule", None, some(&allow, json!({ "shadow": true })), false),
        ("imported", Some(exempt("importing", 3, 0)), Some(exempt("complete", 3, 0)), true),
        ("imported, and some ended", Some(exempt("removing", 3, 0)), Some(exempt("complete", 3, 2)), true),
        ("nothing imported", Some(exempt("removing", 0, 0)), Some(exempt("complete", 0, 2)), false),
        ("the removal of exemptions", Some(exempt("deleting", 3, 3)), None, false),
        ("allowed numbers", None, Some(list("status=PROCEED", "complete", 3, 0)), true),
        ("an empty list", Some(list("status=REJECT", "deleting", 3, 0)), None, false),
        ("a list", Some(list("status=REJECT", "deleting", 3, 3)), None, true),
        (
            "half a list",
            Some(list("status=REJECT", "complete", 3, 0)),
            Some(list("status=REJECT", "deleting", 3, 0)),
            true,
        ),
    ];
    let mut wanted = Vec::new();
    for (what, before, after, is_lifted) in cases {
        let at = format!("2026-11-03T10:{:02}:00Z", store.written);
        store.entry(&at, before.as_ref(), after.as_ref()).await;
        if is_lifted {
            wanted.push(((1_000 + store.written).to_string(), what));
        }
    }
    let output = store.run(&["history", "--from", "2026-11-01", "--format", "json", "--kind", "lifted"]);
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["entry"].as_str().unwrap().to_owned();
    let found: Vec<String> = stdout(&output).lines().rev().map(id).collect();
    let ids: Vec<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(found, ids, "{wanted:?}");
    let text = stdout(&store.run(&["history", "--from", "2026-11-01", "--rule", "consent"]));
    assert_eq!(text.matches("\n  lifted: it may let calls through that were rejected before\n").count(), 5, "{text}");
}

/// The instants of a period and of --as-of may be relative.
#[test]
fn a_time_may_be_relative_to_now() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["put", "number=*", "rule=r", "status=REJECT", "to=+1900*", "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    second();
    for (arguments, wanted) in [
        (&["history", "--from", "1h"][..], 1),
        (&["history", "--from", "7d ago"], 1),
        (&["history", "--from", "yesterday"], 1),
        (&["history", "--from", "yesterday", "--to", "today"], 1),
        (&["history", "--since", "1h", "--until", "30 min ago"], 0),
        (&["rules", "--format", "json", "--as-of", "1s"], 1),
        (&["rules", "--format", "json", "--as-of", "now"], 1),
    ] {
        let format: &[&str] = if arguments[0] == "history" { &["--format", "json"] } else { &[] };
        let output = run(folder.path(), &[arguments, format].concat());
        assert!(output.status.success(), "{arguments:?}: {}", session(&output));
        assert_eq!(stdout(&output).lines().count(), wanted, "{arguments:?}: {}", session(&output));
    }
    for arguments in [
        &["history", "--from", "1M"][..],
        &["history", "--from", "last week"],
        &["history", "--from", "1h", "--to", "2h"],
        &["rules", "--as-of", "yesterday"],
    ] {
        let output = run(folder.path(), arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", session(&output));
    }
    let wanted = "write a day such as 2026-11-23 or yesterday, an instant such as 2026-11-23T08:00:00-05:00, or a length of time ago such as 7d";
    let said = stderr(&run(folder.path(), &["history", "--from", "last week"]));
    assert!(said.contains(wanted), "{said}");
}

/// While an import runs, a part of the list is that of the copy before, and a part that of the copy after. The stricter one counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_list_is_named_and_the_stricter_decision_counts() {
    let mut store = Store::start().await;
    let record = |import: &str, state: &str| json!({ "number": "list", "rule": "own", "state": state, "import": import, "file": "own.csv", "removed": 2 });
    let listed = |number: &str| with(&reject(number, "own", "603"), &json!({ "list_file": "0123456789ab" }));
    let [kept, dropped, added] = ["+13155550101", "+13155550102", "+13155550103"].map(listed);
    let moved = with(&listed("+13155550104"), &json!({ "status": "CHANGE_DESTINATION", "code": "+13155550109" }));
    for item in [&kept, &dropped, &moved] {
        store.change("2026-11-02T10:00:00Z", None, Some(item)).await;
    }
    let (first, began, done) = (record("1", "complete"), record("2", "importing"), record("2", "complete"));
    store.change("2026-11-02T10:00:00Z", None, Some(&first)).await;
    store.change("2026-11-03T10:00:00Z", Some(&first), Some(&began)).await;
    store.change("2026-11-03T10:00:02Z", Some(&dropped), None).await;
    store.change("2026-11-03T10:00:02Z", Some(&moved), None).await;
    store.change("2026-11-03T10:00:06Z", None, Some(&added)).await;
    store.change("2026-11-03T10:00:08Z", Some(&began), Some(&done)).await;
    let run = "list own was being imported or removed from 2026-11-03T10:00:00Z until 2026-11-03T10:00:08Z";
    for (number, at, is_half, wanted) in [
        ("+13155550101", "10:00:04", true, "REJECT 603"),
        // It was in the copy before, and is not in the one after.
        ("+13155550102", "10:00:01", true, "REJECT 603"),
        ("+13155550102", "10:00:04", true, "REJECT 603"),
        ("+13155550102", "10:00:08", false, "PROCEED"),
        // It was not in the copy before, and is in the one after.
        ("+13155550103", "09:59:59", false, "PROCEED"),
        ("+13155550103", "10:00:00", true, "REJECT 603"),
        ("+13155550103", "10:00:04", true, "REJECT 603"),
        ("+13155550103", "10:00:08", false, "REJECT 603"),
        // None is stricter.
        ("+13155550104", "10:00:01", true, "unknown"),
        ("+13155550104", "10:00:04", true, "unknown"),
        ("+13155550104", "10:00:08", false, "PROCEED"),
        ("+13155550105", "10:00:04", true, "PROCEED"),
    ] {
        let at = format!("2026-11-03T{at}Z");
        let output = store.run(&["check", number, "--as-of", &at]);
        let (text, said) = (stdout(&output), session(&output));
        assert!(text.contains(&format!("decision  {wanted}")), "{number} {at}: {said}");
        assert_eq!(output.status.success(), wanted != "unknown", "{number} {at}: {said}");
        assert_eq!(stderr(&output).contains(&format!("warning: {run}")), is_half, "{number} {at}: {said}");
        let json: Value =
            serde_json::from_str(&stdout(&store.run(&["check", number, "--as-of", &at, "--json"]))).unwrap();
        let span = json!({ "list": "own", "from": "2026-11-03T10:00:00Z", "to": "2026-11-03T10:00:08Z" });
        let lists = if is_half { json!([span]) } else { json!([]) };
        assert_eq!(json["half_written_lists"], lists, "{number} {at}");
        let code = match &json["decision"] {
            Value::Null => "unknown",
            decision => decision["code"].as_str().map_or("PROCEED", |_| "REJECT 603"),
        };
        assert_eq!(code, wanted, "{number} {at}: {json}");
    }
    let output = store.run(&["check", "+13155550103", "--as-of", "2026-11-03T10:00:04Z"]);
    let wanted =
        format!("so it is after that: {run}. At the instant itself, the decision is PROCEED by default; the stricter");
    assert!(stdout(&output).contains(&wanted), "{}", session(&output));
    let output = store.run(&["rules", "--as-of", "2026-11-03T10:00:04Z"]);
    assert!(output.status.success() && stderr(&output).contains(run), "{}", session(&output));
    std::fs::write(store.folder.path().join("leads.csv"), "phone\n3155550103\n").unwrap();
    for (at, refused) in [("10:00:04", true), ("10:00:08", false)] {
        let output = store.run(&["scrub", "leads.csv", "--as-of", &format!("2026-11-03T{at}Z")]);
        assert_eq!(output.status.success(), !refused, "{at}: {}", session(&output));
        assert_eq!(stderr(&output).contains(&format!("{run}, so at that instant the list was neither")), refused);
        assert_eq!(stdout(&output).contains(",+13155550103,REJECT,603,"), !refused, "{at}: {}", session(&output));
    }
}

/// The history of one number names the person who ran the import or the removal of its list.
#[test]
fn a_number_of_a_list_has_the_author_of_its_run() {
    let folder = TempDir::new().unwrap();
    let command = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", session(&output));
        stdout(&output)
    };
    std::fs::write(folder.path().join("a.txt"), "3155550101\n3155550102\n201XXXXXXX\n").unwrap();
    std::fs::write(folder.path().join("b.txt"), "3155550102\n201XXXXXXX\n").unwrap();
    command(&["import", "a.txt", "--list", "own", "--because", "first"]);
    std::thread::sleep(Duration::from_millis(2_100));
    command(&["import", "b.txt", "--list", "own", "--replace", "--because", "second"]);
    std::thread::sleep(Duration::from_millis(2_100));
    command(&["lists", "remove", "own", "--yes", "--because", "third"]);
    let rows = |filters: &[&str]| -> Vec<String> {
        let text = command(&[&["history", "--format", "json"], filters].concat());
        let row = |line: &str| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {}", text("kind"), text("origin"), text("via"), text("because"))
        };
        text.lines().map(row).collect()
    };
    assert_eq!(rows(&["--number", "+13155550101"]), ["removed list import second", "added list import first"]);
    let replaced = ["removed list lists remove third", "changed list import second", "added list import first"];
    assert_eq!(rows(&["--number", "+13155550102"])[0], replaced[0]);
    let text = command(&["history", "--number", "+13155550101", "--by", "@"]);
    assert!(text.contains(", via import of list own, because: second\n"), "{text}");
    // An entry of a list is not undone; the error names the list, not the rule of an area code.
    let entries = command(&["history", "--number", "*", "--format", "json"]);
    let area = entries.lines().find(|line| line.contains("own:+1201*")).unwrap();
    let entry = serde_json::from_str::<Value>(area).unwrap()["entry"].as_str().unwrap().to_owned();
    let output = run(folder.path(), &["undo", &entry, "--yes"]);
    let said = stderr(&output);
    assert!(!output.status.success(), "{}", session(&output));
    assert!(said.contains("has no entry whose id is") || said.contains("of list own, which is not undone"), "{said}");
    let removal = command(&["history", "--list", "own", "--format", "json"]);
    let entry =
        serde_json::from_str::<Value>(removal.lines().next().unwrap()).unwrap()["entry"].as_str().unwrap().to_owned();
    let said = stderr(&run(folder.path(), &["undo", &entry, "--yes"]));
    assert!(
        said.contains("is the removal of list own, which is not undone number by number; import its file again"),
        "{said}"
    );
}
