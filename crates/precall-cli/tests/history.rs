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

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;
use precall_hook::journal::{Change, JournalTable, Stamp, journal_items};
use precall_hook::store::{Attributes, TableSchema};
use precall_test::dynamodb::{DynamoDb, create_table};
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{precall, run, stderr, stdout};

/// A rules table with a journal whose entries the test writes.
struct Store {
    dynamodb: DynamoDb,
    journal: String,
    folder: TempDir,
    written: u64,
}

impl Store {
    async fn start() -> Self {
        let store = Self::without_journal().await;
        create_table(TableSchema::JOURNAL, &store.dynamodb.client, &store.journal).await;
        store
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
fn stamped_at(at: Timestamp, mut item: Value, by: &str, via: &str, because: Option<&str>) -> Value {
    let Stamp { by, via, because, .. } = Stamp::new(by, via, because);
    let at = uuid::Timestamp::from_unix(uuid::NoContext, at.as_second().try_into().unwrap(), 0);
    let id = uuid::Uuid::new_v7(at).to_string();
    item["changed"] = json!({ "id": id, "by": by, "via": via });
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
    assert!(stderr(&output).contains("warning: the journal journal-"), "{}", stderr(&output));
    assert!(stderr(&output).contains("so the rules of 2026-11-03T10:30:00Z are not known"), "{}", stderr(&output));
}

/// A table that is too large to be rebuilt for each call.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_large_table_the_rules_of_the_call_are_rebuilt() {
    let mut store = day().await;
    let numbers: Vec<u32> = (0..4_000).collect();
    for part in numbers.chunks(25) {
        let put = |nth: &u32| {
            let item = item(&reject(&format!("+1315556{nth:04}"), "own", "603"));
            WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
        };
        let requests = part.iter().map(put).collect();
        store.dynamodb.client.batch_write_item().request_items(&store.dynamodb.table, requests).send().await.unwrap();
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_log_and_expectations_are_compared_with_the_rules_of_then() {
    let store = day().await;
    let record = json!({
        "timestamp": "2026-11-03T10:10:00Z", "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": "01a20765-2c40-721d-b0bb-000000000001", "cold_start": false, "client": "vendor",
        "to": "+13155550109", "status": "PROCEED", "http_status": 200, "decided_by": "default", "callee_place": "US-NY",
        "callee_clock": "Tue 05:10 in America/New_York", "hours_data": "2026-11-23", "rules_looked_at": 0,
        "invalid_rules": 0, "callee_source": "store", "any_source": "store", "duration_ms": 3.0,
    });
    std::fs::write(store.folder.path().join("log.jsonl"), format!("{record}\n")).unwrap();
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
    store.entry("2026-11-03T10:00:02Z", None, Some(&notice)).await;
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
        ("2026-11-03T10:00:02Z", 24),
        ("2026-11-03T14:00:00Z", 24),
        ("2026-11-03T15:00:00Z", 23),
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
    assert_eq!(lines.next(), Some("entry,at,kind,number,rule,origin,by,via,because,summary,changes,sentence"));
    assert!(csv.contains(",+13155550101,dnc,tool,ben@desk,put,asked by letter,"), "{csv}");
    let none = store.run(&["history", "--from", "2026-11-20"]);
    assert_eq!(stdout(&none), "no such changes\n");
    assert!(stderr(&none).contains("0 entries of changes from 2026-11-20T00:00:00Z on"), "{}", stderr(&none));
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
    assert_eq!(history(&["--list", "other"]), [] as [&str; 0]);
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
    let later = "the rule was changed later, and these changes are taken back too:\n";
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
    assert!(stdout(&output).ends_with("is as it was then; nothing was changed\n"), "{}", session(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_cannot_be_made_says_why() {
    let mut store = day().await;
    store.written += 9;
    let other = reject("*", "other", "603");
    store.change("2026-11-03T13:00:00Z", None, Some(&other)).await;
    let list = import().await;
    for (store, arguments, wanted) in [
        (&store, &["9999"][..], "has no entry 9999; `precall history` lists the entries"),
        (&store, &["4"], "2 entries end with 4; write more digits"),
        (&store, &["closed"], "\"closed\" is not the id of an entry"),
        (
            &store,
            &["--number", "*", "--rule", "closed", "--to", "2026-11-03T10:30:00Z"],
            "so the rules of 2026-11-03T10:30:00Z are not known",
        ),
        (
            &list,
            &["1001"],
            "entry 1001 is of an import or the removal of list national, which is not undone number by number",
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
    assert!(stdout(&output).contains("these changes are taken back:\n"), "{}", session(&output));
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
    assert!(
        stderr(&output).contains("have not had the revision 000000000000 since the journal began"),
        "{}",
        session(&output)
    );
    assert_eq!(store.run(&["history", "--revision", "latest"]).status.code(), Some(2));
}
