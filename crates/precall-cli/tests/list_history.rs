//! `precall lists --history`: the imports of lists, the copy in force on a day, and the days on which it was late.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;
use precall_hook::journal::{Change, JournalTable, journal_items};
use precall_hook::store::{Attributes, TableSchema};
use precall_test::dynamodb::{DynamoDb, create_table};
use serde_json::Value;
use support::{precall, run, stderr, stdout};
use tempfile::TempDir;

/// Returns the record of a list, as an import writes it.
fn record(import: &str, state: &str, copied: &str, due: Option<&str>) -> Attributes {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let seconds = |at: &str| AttributeValue::N(at.parse::<Timestamp>().unwrap().as_second().to_string());
    let mut item: Attributes = [
        ("number", text("list")),
        ("rule", text("dnc")),
        ("state", text(state)),
        ("import", text(import)),
        ("file", text(&format!("{import}.txt"))),
        ("sha256", text(&format!("{import:0<64}"))),
        ("options", text("")),
        ("started", seconds(copied)),
        ("copied", seconds(copied)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for name in ["size", "position", "accepted", "removed", "rejected", "rejects_size"] {
        item.insert(name.to_owned(), AttributeValue::N("3".to_owned()));
    }
    if let Some(due) = due {
        item.insert("due".to_owned(), seconds(due));
    }
    item
}

/// Returns a store whose journal has four runs: a late copy, an import that another one took over, that one, and the list's end.
async fn store() -> (DynamoDb, String) {
    let dynamodb = DynamoDb::start().await;
    let journal = dynamodb.table.replace("rules", "journal");
    create_table(TableSchema::JOURNAL, &dynamodb.client, &journal).await;
    let first = |state| Some(record("first", state, "2026-09-01T12:00:00Z", None));
    let second = |state| Some(record("second", state, "2026-10-05T12:00:00Z", None));
    let third = |state| Some(record("third", state, "2026-10-05T12:00:00Z", Some("2026-10-10T12:00:00Z")));
    let states = [
        ("2026-09-01T13:00:00Z", first("importing")),
        ("2026-09-01T14:00:00Z", first("complete")),
        ("2026-10-05T13:00:00Z", second("importing")),
        ("2026-10-05T14:00:00Z", third("importing")),
        ("2026-10-05T15:00:00Z", third("removing")),
        ("2026-10-05T16:00:00Z", third("complete")),
        ("2026-10-11T11:00:00Z", third("deleting")),
        ("2026-10-11T12:00:00Z", None),
    ];
    let mut before = None;
    let mut changes = Vec::new();
    for (nth, (at, after)) in states.into_iter().enumerate() {
        changes.push(Change {
            key: Key { number: "list".to_owned(), rule: "dnc".to_owned() },
            at: at.parse().unwrap(),
            sequence: format!("{:021}", 1_000 + nth),
            before,
            after: after.clone(),
            is_expiry: false,
            are_images_lost: false,
        });
        before = after;
    }
    let items = journal_items(&changes, SignedDuration::from_hours(24 * 365 * 10)).unwrap();
    JournalTable::new(dynamodb.client.clone(), &journal).write(items).await.unwrap();
    (dynamodb, journal)
}

fn history((dynamodb, journal): &(DynamoDb, String), arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = TempDir::new().unwrap();
    let mut command = precall(folder.path());
    command.args(["lists", "--history"]).args(arguments).args(["--dynamodb", &dynamodb.url]);
    command.env("PRECALL_RULES_TABLE", &dynamodb.table).env("PRECALL_JOURNAL_TABLE", journal);
    let output = command.output().unwrap();
    (output.status.code(), stdout(&output), stderr(&output))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_and_every_late_day_is_shown() {
    let store = store().await;
    let (status, text, errors) = history(&store, &[]);
    assert_eq!(status, Some(0), "{errors}");
    let wanted = [
        "2026-10-11T11:00:00Z  dnc removed, finished 2026-10-11T12:00:00Z",
        "2026-10-05T14:00:00Z  dnc complete, finished 2026-10-05T16:00:00Z",
        "2026-10-05T13:00:00Z  dnc taken over",
        "2026-09-01T13:00:00Z  dnc complete, finished 2026-09-01T14:00:00Z",
        "2026-10-10 to 2026-10-11: dnc 2 days late, copy of 2026-10-05, 5 to 6 days old",
        "2026-10-03 to 2026-10-05: dnc 3 days late, copy of 2026-09-01, 32 to 34 days old",
    ];
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("2026")).collect();
    assert_eq!(lines, wanted, "{text}");
    let (_, text, _) = history(&store, &["--list", "dnc", "--json"]);
    let days: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["kind"] == "late")
        .map(|line| format!("{} {}", line["day"].as_str().unwrap(), line["age_days"]))
        .collect();
    assert_eq!(days, ["2026-10-10 5", "2026-10-11 6", "2026-10-03 32", "2026-10-04 33", "2026-10-05 34"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_shows_its_copies_with_their_age() {
    let store = store().await;
    for (on, wanted) in [
        ("2026-08-31", vec!["no copy of dnc is known"]),
        ("2026-10-02", vec!["copy of 2026-09-01, 31 days old, first.txt"]),
        ("2026-10-03", vec!["copy of 2026-09-01, 32 days old, late, first.txt"]),
        ("2026-10-05", vec!["copy of 2026-10-05, 0 days old, third.txt", "34 days old, late, first.txt"]),
        ("2026-10-12", vec!["no copy of dnc is known"]),
    ] {
        let (status, text, errors) = history(&store, &["--on", on]);
        assert_eq!(status, Some(0), "{errors}");
        assert_eq!(text.lines().count(), wanted.len(), "{on}: {text}");
        for (line, wanted) in text.lines().zip(wanted) {
            assert!(line.contains(wanted), "{on}: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_have_status_1() {
    let store = store().await;
    let (mut dynamodb, journal) = store;
    for (arguments, wanted) in
        [(["--list", "other"], "no list other in"), (["--on", "2999-01-01"], "2999-01-01 is in the future")]
    {
        let pair = (dynamodb, journal.clone());
        let (status, _, errors) = history(&pair, &arguments);
        dynamodb = pair.0;
        assert_eq!(status, Some(1), "{errors}");
        assert!(errors.contains(wanted), "{errors}");
    }
    let (status, _, errors) = history(&(dynamodb, "no-journal".to_owned()), &[]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("there is no journal table no-journal"), "{errors}");
}

#[test]
fn an_import_has_its_author_and_its_reason() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let import = ["import", "dnc.txt", "--list", "dnc", "--copied", "2020-01-01T00:00:00Z", "--because", "monthly"];
    let imported = run(folder.path(), &import);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let output = run(folder.path(), &["lists", "--history"]);
    let text = stdout(&output);
    for wanted in ["via import, because: monthly", "1 accepted, 0 removed, 0 rejected", "dnc 1 days late"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}
