//! The journal of an embedded database: every change gets into it, whoever makes it, and also if the process is killed.

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
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use precall_hook::journal::{Change, ChangeKind, JournalTable, changes_of};
use rusqlite::Connection;
use support::{Server, run, stderr};

const NUMBER: &str = "+13155550101";

fn attributes(attributes: &[(&str, &str)]) -> HashMap<String, AttributeValue> {
    attributes.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect()
}

/// Returns the changes in the journal table under a number, after a running hook has drained the stream.
async fn journal(server: &Server, number: &str, count: usize) -> Vec<Change> {
    let table = JournalTable::new(server.client(), "precall-journal");
    for _ in 0..100 {
        let items = table.under(number).await.unwrap();
        let changes: Vec<Change> = items.iter().flat_map(|item| changes_of(item).unwrap()).collect();
        if changes.len() >= count {
            assert_eq!(changes.len(), count, "{changes:#?}");
            return changes;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("fewer than {count} changes under {number}");
}

fn records_of_stream(folder: &Path) -> i64 {
    let database = Connection::open(folder.join(".precall/rules.db")).unwrap();
    database.query_row("SELECT count(*) FROM _stream_records", (), |row| row.get(0)).unwrap()
}

fn kinds(changes: &[Change]) -> Vec<ChangeKind> {
    changes.iter().map(Change::kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_gets_into_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let pair = ["number=+13155550101", "rule=dnc", "status=REJECT"];
    let put = run(folder.path(), &[&["put"], &pair[..], &["--yes"]].concat());
    assert!(put.status.success(), "{}", stderr(&put));
    let mut server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    // A graphical tool, or the AWS CLI.
    let client = server.client();
    let mut item = attributes(&[("number", NUMBER), ("rule", "dnc"), ("status", "REJECT"), ("code", "480")]);
    client.put_item().table_name("precall-rules").set_item(Some(item.clone())).send().await.unwrap();
    item.insert("rule".to_owned(), AttributeValue::S("other".to_owned()));
    client.put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
    let key = attributes(&[("number", NUMBER), ("rule", "dnc")]);
    client.delete_item().table_name("precall-rules").set_key(Some(key)).send().await.unwrap();
    let changes = journal(&server, NUMBER, 4).await;
    assert_eq!(kinds(&changes), [ChangeKind::Added, ChangeKind::Changed, ChangeKind::Added, ChangeKind::Removed]);
    // The chain of one item has no gap.
    let of_dnc: Vec<&Change> = changes.iter().filter(|change| change.key.rule == "dnc").collect();
    assert_eq!(of_dnc[0].after, of_dnc[1].before);
    assert_eq!(of_dnc[1].after, of_dnc[2].before);
    // The database does not keep the records that are in the journal table, except the last one.
    let mut records = records_of_stream(folder.path());
    for _ in 0..50 {
        if records == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        records = records_of_stream(folder.path());
    }
    assert_eq!(records, 1);
    server.signal("-TERM");
    server.wait();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_hook_loses_no_change() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=5_usize {
        let mut server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        let item = attributes(&[("number", NUMBER), ("rule", "dnc"), ("code", &round.to_string())]);
        server.client().put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
        // Immediately after the answer, and so usually before the stream is drained.
        server.signal("-KILL");
        server.wait();
        let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        let changes = journal(&server, NUMBER, round).await;
        let codes: Vec<&str> =
            changes.iter().map(|change| change.after.as_ref().unwrap()["code"].as_s().unwrap().as_str()).collect();
        assert_eq!(codes, (1..=round).map(|code| code.to_string()).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_packed_and_its_record_is_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: Vec<String> = (0..12_000).map(|nth| format!("315556{nth:05}").chars().take(10).collect()).collect();
    let distinct: std::collections::HashSet<&String> = numbers.iter().collect();
    std::fs::write(folder.path().join("dnc.txt"), numbers.join("\n")).unwrap();
    let import = run(folder.path(), &["import", "dnc.txt", "--list", "dnc"]);
    assert!(import.status.success(), "{}", stderr(&import));
    assert!(records_of_stream(folder.path()) <= 1);
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let table = JournalTable::new(server.client(), "precall-journal");
    let packs = table.packs("dnc").await.unwrap();
    assert!(packs.len() < 20, "{}", packs.len());
    let changes: Vec<Change> = packs.iter().flat_map(|item| changes_of(item).unwrap()).collect();
    let listed: std::collections::HashSet<&str> = changes.iter().map(|change| &change.key.number[2..]).collect();
    assert_eq!(listed.len(), distinct.len());
    assert!(changes.iter().all(|change| change.list() == Some("dnc")));
    let states: Vec<String> = journal(&server, "list", 2)
        .await
        .iter()
        .map(|change| change.after.as_ref().unwrap()["state"].as_s().unwrap().clone())
        .collect();
    assert_eq!(states, ["importing", "complete"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_journal_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    let pair = ["number=+13155550101", "rule=dnc", "status=REJECT"];
    let put = run(folder.path(), &[&["put"], &pair[..], &["--yes"]].concat());
    assert!(put.status.success(), "{}", stderr(&put));
    {
        // As an earlier version left it.
        let database = Connection::open(folder.path().join(".precall/rules.db")).unwrap();
        database.execute("UPDATE _tables SET stream_enabled = 0, stream_label = NULL", ()).unwrap();
        database.execute("DELETE FROM _tables WHERE table_name = 'precall-journal'", ()).unwrap();
        for table in ["precall-journal", "precall-journal::gsi::by-month"] {
            database.execute(&format!("DROP TABLE \"{table}\""), ()).unwrap();
        }
        database.execute("DELETE FROM _stream_records", ()).unwrap();
    }
    let before = std::fs::read(folder.path().join(".precall/rules.db")).unwrap();
    let check = run(folder.path(), &["rules"]);
    assert!(check.status.success(), "{}", stderr(&check));
    assert!(
        std::fs::read(folder.path().join(".precall/rules.db")).unwrap() == before,
        "a command that reads has written"
    );
    let put = run(folder.path(), &[&["put"], &pair[..], &["code=480", "--yes"]].concat());
    assert!(put.status.success(), "{}", stderr(&put));
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    assert_eq!(kinds(&journal(&server, NUMBER, 1).await), [ChangeKind::Changed]);
}

/// A block that a person lifts immediately after an import is not lifted by the import, which removed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_after_an_import_is_not_the_imports() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dnc.txt"), "3155550101\n3155550102\n").unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let import = run(folder.path(), &["import", "dnc.txt", "--list", "dnc"]);
    assert!(import.status.success(), "{}", stderr(&import));
    let key = attributes(&[("number", NUMBER), ("rule", "dnc")]);
    server.client().delete_item().table_name("precall-rules").set_key(Some(key)).send().await.unwrap();
    let history = run(folder.path(), &["history", "--number", NUMBER]);
    let text = support::stdout(&history);
    let removed = text.split("\n\n").find(|entry| entry.contains("was removed")).unwrap_or_default();
    assert!(removed.contains("console or program"), "{text}");
    // The numbers that a copy no longer has are removed by its import.
    std::fs::write(folder.path().join("new.txt"), "3155550103\n3155550104\n").unwrap();
    let import = run(folder.path(), &["import", "new.txt", "--list", "dnc", "--replace", "--force"]);
    assert!(import.status.success(), "{}", stderr(&import));
    let history = run(folder.path(), &["history", "--number", "+13155550102"]);
    let text = support::stdout(&history);
    let removed = text.split("\n\n").find(|entry| entry.contains("was removed")).unwrap_or_default();
    assert!(removed.contains(", via import of list dnc\n"), "{text}");
}

/// Returns how often each number is in the packs of a list.
async fn packed_counts(server: &Server, list: &str) -> HashMap<String, usize> {
    let table = JournalTable::new(server.client(), "precall-journal");
    let mut counts = HashMap::new();
    for pack in table.packs(list).await.unwrap() {
        for change in changes_of(&pack).unwrap() {
            *counts.entry(change.key.number).or_default() += 1;
        }
    }
    counts
}

fn numbers(count: u32) -> String {
    // In no order.
    (0..count).map(|nth| format!("201555{:04}\n", nth * 7919 % count)).collect()
}

/// An import that is killed at any instant and continued: each number is in the table, and once in the journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_has_each_number_once() {
    const NUMBERS: u32 = 10_000;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dnc.txt"), numbers(NUMBERS)).unwrap();
    let file = folder.path().join(".precall/rules.db");
    let mut kills = 0;
    for round in 0.. {
        let lists = run(folder.path(), &["lists", "--json"]);
        let resume: &[&str] = if lists.stdout.is_empty() { &[] } else { &["--resume"] };
        let mut import = support::precall(folder.path());
        let mut import = import.args(["import", "dnc.txt", "--list", "dnc"]).args(resume).spawn().unwrap();
        while !file.exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::thread::sleep(std::time::Duration::from_millis(20 + 100 * round));
        if import.try_wait().unwrap().is_some() {
            break;
        }
        import.kill().unwrap();
        import.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0, "it was over before it could be killed");
    assert!(records_of_stream(folder.path()) <= 1);
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let counts = packed_counts(&server, "dnc").await;
    assert_eq!(counts.len(), NUMBERS as usize);
    assert_eq!(counts.values().max(), Some(&1));
}

/// While an import runs, a running hook has changes of others. Each change is once in the journal, and the stream stays short.
#[tokio::test(flavor = "multi_thread")]
async fn changes_beside_an_import_are_kept_once() {
    const NUMBERS: u32 = 10_000;
    const EDITS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dnc.txt"), numbers(NUMBERS)).unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let mut import = support::precall(folder.path());
    let mut import = import.args(["import", "dnc.txt", "--list", "dnc"]).spawn().unwrap();
    let mut longest = 0;
    for edit in 0..EDITS {
        let item = attributes(&[("number", NUMBER), ("rule", "dnc"), ("code", &edit.to_string())]);
        server.client().put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
        longest = longest.max(records_of_stream(folder.path()));
    }
    assert!(import.wait().unwrap().success());
    // The edits of a second, and no number of the list but the last one.
    assert!(longest <= i64::try_from(EDITS).unwrap() + 1, "{longest} records");
    let changes = journal(&server, NUMBER, EDITS).await;
    let codes: Vec<String> =
        changes.iter().map(|change| change.after.as_ref().unwrap()["code"].as_s().unwrap().clone()).collect();
    assert_eq!(codes, (0..EDITS).map(|edit| edit.to_string()).collect::<Vec<_>>());
    let counts = packed_counts(&server, "dnc").await;
    assert_eq!((counts.len(), counts.values().max()), (NUMBERS as usize, Some(&1)));
}

/// A person has given the rules table an index, which gets the numbers of an import too.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_into_a_table_with_an_index_is_whole() {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dnc.txt"), numbers(100)).unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let client = server.client();
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let index = CreateGlobalSecondaryIndexAction::builder()
        .index_name("by-rule")
        .key_schema(KeySchemaElement::builder().attribute_name("rule").key_type(KeyType::Hash).build().unwrap())
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .unwrap();
    let update = client.update_table().table_name("precall-rules").attribute_definitions(attribute("rule"));
    update
        .attribute_definitions(attribute("number"))
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(index).build())
        .send()
        .await
        .unwrap();
    let import = run(folder.path(), &["import", "dnc.txt", "--list", "dnc"]);
    assert!(import.status.success(), "{}", stderr(&import));
    let query =
        client.query().table_name("precall-rules").index_name("by-rule").key_condition_expression("#rule = :dnc");
    let found = query
        .expression_attribute_names("#rule", "rule")
        .expression_attribute_values(":dnc", AttributeValue::S("dnc".to_owned()))
        .send()
        .await
        .unwrap();
    // The numbers, and the record of the list.
    assert_eq!(found.count, 101);
    let counts = packed_counts(&server, "dnc").await;
    assert_eq!((counts.len(), counts.values().max()), (100, Some(&1)));
}

/// Entries expire after the days of the setting, those of one change and packs alike.
#[tokio::test(flavor = "multi_thread")]
async fn the_days_of_the_setting_count() {
    for (days, expected) in [(None, 1827), (Some("30"), 30)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dnc.txt"), numbers(100)).unwrap();
        for arguments in [
            &["import", "dnc.txt", "--list", "dnc"][..],
            &["put", "number=+13155550101", "rule=a", "status=REJECT", "--yes"],
        ] {
            let mut command = support::precall(folder.path());
            let output =
                command.args(arguments).envs(days.map(|days| ("PRECALL_JOURNAL_DAYS", days))).output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
        let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        let table = JournalTable::new(server.client(), "precall-journal");
        let items = [table.under(NUMBER).await.unwrap(), table.packs("dnc").await.unwrap()].concat();
        assert_eq!(items.len(), 2);
        for item in items {
            let seconds = |name: &str| item[name].as_n().unwrap().parse::<i64>().unwrap();
            assert_eq!(seconds("expires_at") - seconds("at"), expected * 86_400);
        }
    }
}
