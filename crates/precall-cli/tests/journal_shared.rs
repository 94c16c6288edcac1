//! One database that several processes and people use at once, the sweep of expired items, stamps that were copied, and a clock
//! that is set back.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use precall_hook::journal::Stamp;
use serde_json::Value;
use support::{Server, run, stderr, stdout};
use tempfile::TempDir;

const NUMBER: &str = "+13155550101";

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn entries(folder: &Path, more: &[&str]) -> Vec<Value> {
    let printed = done(folder, &[&["history", "--format", "json"], more].concat());
    // The newest is first.
    printed.lines().rev().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks that each change is there once, and that the changes of each item follow each other up to the table. Returns the number
/// of changes.
fn check_journal(folder: &Path) -> usize {
    let all = entries(folder, &[]);
    let mut ids = HashSet::new();
    let mut state: BTreeMap<(String, String), Value> = BTreeMap::new();
    for entry in &all {
        assert!(ids.insert(entry["entry"].as_str().unwrap()), "{entry} is there twice");
        let key = (entry["number"].as_str().unwrap().to_owned(), entry["rule"].as_str().unwrap().to_owned());
        let before = state.insert(key, entry["after"].clone()).unwrap_or_default();
        assert_eq!(entry["before"], before, "a change is missing before {entry}");
    }
    state.retain(|_, item| !item.is_null());
    let rules = done(folder, &["rules", "--format", "json"]);
    let mut now: BTreeMap<(String, String), Value> = BTreeMap::new();
    for line in rules.lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        now.insert((item["number"].as_str().unwrap().to_owned(), item["rule"].as_str().unwrap().to_owned()), item);
    }
    for item in state.values_mut() {
        item.as_object_mut().unwrap().remove("changed");
    }
    assert_eq!(state, now);
    all.len()
}

/// The hook runs, a graphical tool writes, and two people edit the same rule and their own ones.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_and_a_program_at_once_lose_nothing() {
    const ROUNDS: usize = 6;
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    done(&path, &["put", &format!("number={NUMBER}"), "rule=shared", "status=REJECT", "--yes"]);
    let mut server = Server::start(&path, &[], &[("PRECALL_AUTH", "none")]);
    let people = ["anna", "ben"].map(|name| {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut shared = 0;
            for round in 0..ROUNDS {
                let own = run(
                    &path,
                    &["put", "number=+13155550102", &format!("rule={name}-{round}"), "status=REJECT", "--yes"],
                );
                assert!(own.status.success(), "{}", stderr(&own));
                let note = format!("note={name}-{round}");
                let set = run(&path, &["set", "--number", NUMBER, "--rule", "shared", &note, "--yes"]);
                // A person sees the edit of the other one, and nothing about locks.
                let said = format!("{}{}", stdout(&set), stderr(&set));
                assert!(set.status.success() || said.contains("changed meanwhile"), "{said}");
                for output in [&own, &set] {
                    let said = stderr(output);
                    assert!(!said.contains("locked") && !said.contains("busy"), "{said}");
                }
                shared += usize::from(set.status.success());
            }
            shared
        })
    });
    let client = server.client();
    for round in 0..ROUNDS * 3 {
        let put = client.put_item().table_name("precall-rules").item("number", text("+13155550103"));
        put.item("rule", text("tool"))
            .item("status", text("REJECT"))
            .item("code", text(&format!("4{round:02}")))
            .send()
            .await
            .unwrap();
    }
    let shared: usize = people.into_iter().map(|person| person.join().unwrap()).sum();
    server.signal("-TERM");
    server.wait();
    assert!(shared > 0);
    assert_eq!(check_journal(&path), 1 + 2 * ROUNDS + shared + ROUNDS * 3, "each change is there once");
}

/// The embedded DynamoDB removes expired items. The history names no person for that, also if the item has the stamp of one.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_expired_is_not_removed_by_a_person() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    done(path, &["put", &format!("number={NUMBER}"), "rule=kept", "status=REJECT", "--yes"]);
    let server = Server::start(path, &[], &[("PRECALL_AUTH", "none")]);
    let expired = AttributeValue::N((jiff::Timestamp::now().as_second() - 60).to_string());
    let client = server.client();
    let item: HashMap<_, _> =
        [("number", text(NUMBER)), ("rule", text("gone")), ("status", text("REJECT")), ("expires_at", expired)]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
    let item = Stamp::new("anna@desk", "remove", None).of_removal().on(&item).unwrap();
    client.put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
    drop(server);
    {
        // The sweep of the embedded DynamoDB.
        let database = dynoxide::Database::new(path.join(".precall/rules.db").to_str().unwrap()).unwrap();
        let request = serde_json::json!({ "TableName": "precall-rules",
            "TimeToLiveSpecification": { "AttributeName": "expires_at", "Enabled": true } });
        // It may be switched on already.
        let _ = database.update_time_to_live(serde_json::from_value(request).unwrap());
        assert_eq!(database.sweep_ttl().unwrap(), 1);
    }
    let removed = entries(path, &["--number", NUMBER]).pop().unwrap();
    assert_eq!((&removed["kind"], &removed["rule"]), (&"removed".into(), &"gone".into()), "{removed}");
    assert_eq!((&removed["origin"], &removed["by"]), (&"expiry".into(), &Value::Null), "{removed}");
    let printed = done(path, &["history", "--number", NUMBER]);
    assert!(printed.contains("by DynamoDB, after its `expires_at`"), "{printed}");
}

/// A rule that was copied in the console has the stamp of the other one, which names a person who did not write the copy.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_rule_is_not_by_the_author_of_the_other_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let server = Server::start(path, &[], &[("PRECALL_AUTH", "none")]);
    done(path, &["put", &format!("number={NUMBER}"), "rule=first", "status=REJECT", "--yes"]);
    let client = server.client();
    let get = client.get_item().table_name("precall-rules").key("number", text(NUMBER)).key("rule", text("first"));
    let mut item = get.send().await.unwrap().item.unwrap();
    assert!(item.contains_key("changed"));
    for (name, value) in [("rule", "copy"), ("number", "+13155550102")] {
        item.insert(name.to_owned(), text(value));
        client.put_item().table_name("precall-rules").set_item(Some(item.clone())).send().await.unwrap();
    }
    // A program that changes a rule, and writes a new id into the stamp.
    item.insert("code".to_owned(), text("480"));
    let mut stamp = item["changed"].as_m().unwrap().clone();
    stamp.insert("id".to_owned(), text(&Stamp::new("", "", None).id));
    item.insert("changed".to_owned(), AttributeValue::M(stamp));
    client.put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
    let origins: Vec<(String, String)> = entries(path, &[])
        .iter()
        .map(|entry| (entry["rule"].as_str().unwrap().to_owned(), entry["origin"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        ("first", "tool"),
        ("copy", "console or program"),
        ("copy", "console or program"),
        ("copy", "console or program"),
    ];
    assert_eq!(origins, expected.map(|(rule, origin)| (rule.to_owned(), origin.to_owned())));
}

/// The clock is set back by an hour between two changes, as if it had been wrong before. The order of the changes stays, and the
/// rules of each instant are those that the changes give.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_changes_no_order() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let set = |code: &str| {
        done(
            path,
            &["put", &format!("number={NUMBER}"), "rule=dnc", "status=REJECT", &format!("code={code}"), "--yes"],
        );
    };
    set("480");
    set("486");
    // The entries get the instants of a clock that is an hour ahead.
    let ahead = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 3_600).unwrap();
    {
        let mut server = Server::start(path, &[], &[("PRECALL_AUTH", "none")]);
        let client = server.client();
        let items = client.scan().table_name("precall-journal").send().await.unwrap().items.unwrap();
        let mut moved = 0;
        for mut item in items.into_iter().filter(|item| item["entry"].as_s().unwrap().contains('#')) {
            let key = ["number", "entry"].map(|name| (name.to_owned(), item[name].clone())).into();
            client.delete_item().table_name("precall-journal").set_key(Some(key)).send().await.unwrap();
            let (_, sequence) = item["entry"].as_s().unwrap().split_once('#').unwrap();
            let entry = text(&format!("{ahead}#{sequence}"));
            item.insert("entry".to_owned(), entry);
            item.insert("at".to_owned(), AttributeValue::N(ahead.as_second().to_string()));
            client.put_item().table_name("precall-journal").set_item(Some(item)).send().await.unwrap();
            moved += 1;
        }
        assert_eq!(moved, 2);
        server.signal("-TERM");
        server.wait();
    }
    set("603");
    let codes: Vec<Value> = entries(path, &["--number", NUMBER, "--to", "2100-01-01"])
        .iter()
        .map(|entry| entry["after"]["code"].clone())
        .collect();
    assert_eq!(codes, ["480", "486", "603"]);
    let history = run(path, &["history", "--number", NUMBER]);
    assert!(!stderr(&history).contains("missing"), "{}", stderr(&history));
    // Undo of the last change gives the one before it back, not the one that the clock has later.
    let last = entries(path, &["--number", NUMBER, "--to", "2100-01-01"]).pop().unwrap();
    done(path, &["undo", last["entry"].as_str().unwrap(), "--yes"]);
    assert!(done(path, &["rules", "--format", "json"]).contains("\"486\""));
}
