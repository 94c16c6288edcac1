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

/// Returns a store whose journal has these states of the record of a list, from a first one on that is older than the
/// journal.
async fn store_of(before: Option<Attributes>, states: &[(&str, Option<Attributes>)]) -> (DynamoDb, String) {
    let dynamodb = DynamoDb::start().await;
    let journal = dynamodb.table.replace("rules", "journal");
    create_table(TableSchema::JOURNAL, &dynamodb.client, &journal).await;
    let mut before = before;
    let mut changes = Vec::new();
    for (nth, (at, after)) in states.iter().cloned().enumerate() {
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

/// Returns a store whose journal has four runs: a late copy, an import that another one took over, that one, and the
/// list's end.
async fn store() -> (DynamoDb, String) {
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
    store_of(None, &states).await
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
        [(["--list", "other"], "no list `other` in"), (["--on", "2999-01-01"], "2999-01-01 is in the future")]
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

/// An import that is resumed has a new id, and the same file and dates.
fn resumed(import: &str, state: &str, copied: &str) -> Option<Attributes> {
    let mut item = record("first", state, copied, None);
    item.insert("import".to_owned(), AttributeValue::S(import.to_owned()));
    Some(item)
}

/// The name of a case, the record before the journal, its later states, and the lines of the runs.
type OutcomeCase = (&'static str, Option<Attributes>, Vec<(&'static str, Option<Attributes>)>, Vec<&'static str>);

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_of_a_run_has_its_words() {
    const COPIED: &str = "2026-11-01T12:00:00Z";
    let first = |state| Some(record("first", state, COPIED, None));
    let earlier = || {
        let mut item = record("earlier", "complete", "2026-10-20T12:00:00Z", None);
        let seconds = "2026-10-20T13:00:00Z".parse::<Timestamp>().unwrap().as_second();
        item.insert("finished".to_owned(), AttributeValue::N(seconds.to_string()));
        Some(item)
    };
    let (at, later, last) = ("2026-11-01T13:00:00Z", "2026-11-01T14:00:00Z", "2026-11-01T15:00:00Z");
    let cases: Vec<OutcomeCase> = vec![
        (
            "resumed",
            None,
            vec![
                (at, first("importing")),
                (later, resumed("again", "importing", COPIED)),
                (last, resumed("again", "complete", COPIED)),
            ],
            vec![
                "2026-11-01T14:00:00Z  dnc complete, finished 2026-11-01T15:00:00Z",
                "2026-11-01T13:00:00Z  dnc begun again",
            ],
        ),
        ("it still runs", None, vec![(at, first("importing"))], vec!["2026-11-01T13:00:00Z  dnc unfinished"]),
        (
            "it removes",
            None,
            vec![(at, first("importing")), (later, first("removing"))],
            vec!["2026-11-01T13:00:00Z  dnc unfinished"],
        ),
        (
            "an import before the journal",
            earlier(),
            vec![(at, first("importing")), (later, first("complete"))],
            vec![
                "2026-11-01T13:00:00Z  dnc complete, finished 2026-11-01T14:00:00Z",
                "2026-10-20T12:00:00Z  dnc before the journal, finished 2026-10-20T13:00:00Z",
            ],
        ),
        (
            "the removal was interrupted",
            None,
            vec![(at, first("complete")), (later, first("deleting"))],
            vec![
                "2026-11-01T14:00:00Z  dnc removal unfinished",
                "2026-11-01T13:00:00Z  dnc complete, finished 2026-11-01T13:00:00Z",
            ],
        ),
        (
            "an import took over from a removal",
            None,
            vec![(at, first("deleting")), (later, resumed("again", "importing", COPIED))],
            vec!["2026-11-01T14:00:00Z  dnc unfinished", "2026-11-01T13:00:00Z  dnc removal unfinished"],
        ),
    ];
    for (case, before, states, wanted) in cases {
        let store = store_of(before, &states).await;
        let (status, text, errors) = history(&store, &[]);
        assert_eq!(status, Some(0), "{case}: {errors}");
        let runs: Vec<&str> = text.lines().filter(|line| line.starts_with("2026") && line.contains("Z  dnc")).collect();
        assert_eq!(runs, wanted, "{case}: {text}");
    }
}

/// A list that the journal has no change of: it was imported before the journal began.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_changes_in_the_journal_has_its_last_import() {
    let store = store_of(None, &[]).await;
    let mut item = record("first", "complete", "2026-09-01T12:00:00Z", None);
    item.insert("finished".to_owned(), item["copied"].clone());
    store.0.client.put_item().table_name(&store.0.table).set_item(Some(item)).send().await.unwrap();
    let (status, text, errors) = history(&store, &[]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(text.contains("dnc before the journal, finished 2026-09-01T12:00:00Z"), "{text}");
    assert!(text.contains("2026-10-03 to "), "{text}");
}

/// The name of a case, the copies with the days of their imports, the day of the list's end, and the late days with
/// their ages.
type LateCase =
    (&'static str, Vec<(&'static str, &'static str)>, Option<&'static str>, &'static [&'static str], &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn the_31_days_end_at_the_right_day_in_each_form() {
    const COPY: &str = "2026-09-01T00:00:00Z";
    let cases: Vec<LateCase> = vec![
        ("day 31 is not late", vec![(COPY, COPY)], Some("2026-10-03T00:00:00Z"), &[], ""),
        (
            "day 32 is",
            vec![(COPY, COPY)],
            Some("2026-10-03T00:00:01Z"),
            &["2026-10-03 32"],
            "2026-10-03: dnc 1 day late, copy of 2026-09-01, 32 days old",
        ),
        (
            "the last second of the day of the copy",
            vec![("2026-09-01T23:59:59Z", "2026-09-02T00:00:00Z")],
            Some("2026-10-04T12:00:00Z"),
            &["2026-10-03 32", "2026-10-04 33"],
            "2026-10-03 to 2026-10-04: dnc 2 days late, copy of 2026-09-01, 32 to 33 days old",
        ),
        (
            "a copy of the evening in another zone is of the next day in UTC",
            vec![("2026-09-01T22:00:00-07:00", "2026-09-02T06:00:00Z")],
            Some("2026-10-04T12:00:00Z"),
            &["2026-10-04 32"],
            "2026-10-04: dnc 1 day late, copy of 2026-09-02, 32 days old",
        ),
        (
            "a copy of the morning in another zone is of the day before in UTC",
            vec![("2026-09-02T08:00:00+09:00", "2026-09-02T06:00:00Z")],
            Some("2026-10-03T12:00:00Z"),
            &["2026-10-03 32"],
            "2026-10-03: dnc 1 day late, copy of 2026-09-01, 32 days old",
        ),
        (
            "a new copy on day 31",
            vec![(COPY, COPY), ("2026-10-02T00:00:00Z", "2026-10-02T23:59:59Z")],
            Some("2026-10-20T00:00:00Z"),
            &[],
            "",
        ),
        (
            "a new copy on day 32",
            vec![(COPY, COPY), ("2026-10-03T00:00:00Z", "2026-10-03T10:00:00Z")],
            Some("2026-10-20T00:00:00Z"),
            &["2026-10-03 32"],
            "2026-10-03: dnc 1 day late, copy of 2026-09-01, 32 days old",
        ),
    ];
    for (case, copies, end, days, line) in cases {
        let mut states = Vec::new();
        for (nth, (copied, at)) in copies.into_iter().enumerate() {
            states.push((at, Some(record(&format!("copy{nth}"), "complete", copied, None))));
        }
        states.extend(end.map(|end| (end, None)));
        let store = store_of(None, &states).await;
        let (status, text, errors) = history(&store, &[]);
        assert_eq!(status, Some(0), "{case}: {errors}");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(" late, ")).collect();
        assert_eq!(lines.join("\n"), line, "{case}");
        let (_, text, _) = history(&store, &["--json"]);
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let json: Vec<String> = lines
            .filter(|line| line["kind"] == "late")
            .map(|line| format!("{} {}", line["day"].as_str().unwrap(), line["age_days"]))
            .collect();
        assert_eq!(json, days, "{case}");
        assert_eq!(csv_days(&history(&store, &["--csv"]).1), days, "{case}");
    }
}

/// Returns the late days of CSV, with their ages.
fn csv_days(text: &str) -> Vec<String> {
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|column| *column == name).unwrap();
    let (kind, day, age) = (column("kind"), column("day"), column("age_days"));
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{text}");
    rows.iter().filter(|row| row[kind] == "late").map(|row| format!("{} {}", row[day], row[age])).collect()
}

/// The due date of a copy that is in force today.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_not_late_before_its_due_time() {
    let now = Timestamp::now();
    for (hours, is_late) in [(-1, true), (1, false)] {
        let due = (now + SignedDuration::from_hours(hours)).to_string();
        let copied = (now - SignedDuration::from_hours(48)).to_string();
        let store = store_of(None, &[(&copied, Some(record("first", "complete", &copied, Some(&due))))]).await;
        let (_, text, errors) = history(&store, &[]);
        assert_eq!(text.contains(" late, "), is_late, "{text}{errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lists_have_their_own_days() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let old = (Timestamp::now() - SignedDuration::from_hours(24 * 32)).to_string();
    for (list, copied) in [("old", Some(old.as_str())), ("new", None)] {
        let copied = copied.map(|copied| ["--copied", copied]).into_iter().flatten();
        let arguments: Vec<&str> = ["import", "dnc.txt", "--list", list].into_iter().chain(copied).collect();
        let imported = run(folder.path(), &arguments);
        assert!(imported.status.success(), "{}", stderr(&imported));
    }
    let text = stdout(&run(folder.path(), &["lists", "--history", "--csv"]));
    let kinds: Vec<&str> = text.lines().filter(|line| line.starts_with("late,")).collect();
    assert!(kinds.iter().all(|line| line.starts_with("late,old,")) && !kinds.is_empty(), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("kind,")).count(), 1, "{text}");
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
    for wanted in
        ["via import, because: monthly", "1 accepted, 0 removed, 0 rejected", "dnc 1 day late, copy of 2020-01-01"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}
