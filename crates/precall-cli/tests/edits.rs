//! Edits of stored rules: `set`, `enable`, `disable`, `expire`, `put`, `remove` and `load` lose nothing, and each of them leaves
//! a stamp with its author.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use precall_test::faulty::{Faulty, Mode};
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, precall, stderr, stdout};

const TABLE: &str = "precall-rules";
const NUMBER: &str = "+13155550101";

/// A running `precall serve`, and commands that use its table.
struct EditedTable {
    folder: TempDir,
    server: Server,
    url: String,
}

impl EditedTable {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        let url = format!("http://{}", server.dynamodb);
        Self { folder, server, url }
    }

    fn client(&self) -> Client {
        self.server.client()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments, &self.url).output().unwrap()
    }

    fn command(&self, arguments: &[&str], url: &str) -> Command {
        let mut command = precall(self.folder.path());
        command.args(arguments).args(["--dynamodb", url]);
        command
    }

    /// Runs a command that has to end with this status, and returns what it says.
    fn said(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    /// Writes an item as the console does.
    async fn write(&self, item: &Value) {
        put(&self.client(), item).await;
    }

    fn file(&self, name: &str, items: &Value) {
        fs::write(self.folder.path().join(name), items.to_string()).unwrap();
    }

    async fn stored(&self, number: &str, rule: &str) -> Option<HashMap<String, AttributeValue>> {
        let get = self.client().get_item().table_name(TABLE).consistent_read(true);
        get.key("number", text(number)).key("rule", text(rule)).send().await.unwrap().item
    }

    /// Returns a stored item as JSON without its stamp.
    async fn rule(&self, number: &str, rule: &str) -> Value {
        let Some(item) = self.stored(number, rule).await else { return Value::Null };
        item.iter().filter(|(name, _)| *name != "changed").map(|(name, value)| (name.clone(), plain(value))).collect()
    }

    /// Returns the way and the author of the last stamp.
    async fn stamp(&self, number: &str, rule: &str) -> HashMap<String, String> {
        let item = self.stored(number, rule).await.expect("an item");
        let Some(AttributeValue::M(stamp)) = item.get("changed") else { return HashMap::new() };
        let shown = |value: &AttributeValue| value.as_s().map_or_else(|_| plain(value).to_string(), Clone::clone);
        stamp.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }
}

async fn put(client: &Client, item: &Value) {
    let item = item.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::Array(texts) => AttributeValue::Ss(texts.iter().map(|it| it.as_str().unwrap().to_owned()).collect()),
        other => text(other.as_str().unwrap()),
    }
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => serde_json::from_str(number).unwrap(),
        AttributeValue::Bool(flag) => json!(flag),
        AttributeValue::Ss(texts) => {
            let mut texts = texts.clone();
            texts.sort();
            json!(texts)
        }
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        other => panic!("{other:?}"),
    }
}

/// The rule that the edits of the tables change.
fn rule() -> Value {
    json!({ "number": NUMBER, "rule": "r", "status": "REJECT", "Code": "603", "priority": 100,
            "note": "asked on 3 March", "x_team": ["a", "b"] })
}

/// Returns [`rule`] with other values; null removes an attribute.
fn with(changes: Value) -> Value {
    let mut rule = rule();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            rule.as_object_mut().unwrap().remove(name);
        } else {
            rule[name] = value.clone();
        }
    }
    rule
}

/// Each command changes only what it names, shows that, and stamps it.
#[tokio::test]
async fn an_edit_changes_only_what_it_names() {
    let table = EditedTable::start();
    let at = ["--number", "3155550101", "--rule", "r", "--yes"];
    for (command, arguments, wanted, shown) in [
        ("set", &["priority=200"][..], with(json!({ "priority": 200 })), "\n  priority: 100 -> 200\nit rejects "),
        ("set", &["note="], with(json!({ "note": null })), "\n  note: \"asked on 3 March\" -> (none)  dropped\n"),
        ("set", &["code=480"], with(json!({ "Code": "480" })), "\n  Code: \"603\" -> \"480\"\n"),
        (
            "set",
            &["x_ticket=7", "note=a=b"],
            with(json!({ "x_ticket": "7", "note": "a=b" })),
            "x_ticket: (none) -> \"7\"",
        ),
        ("set", &["expires_at=2030-01-01T00:00:00Z"], with(json!({ "expires_at": "2030-01-01T00:00:00Z" })), "until "),
        ("disable", &[], with(json!({ "enabled": false })), "\n  enabled: (none) -> false\nit is switched off\n"),
        ("expire", &["--at", "2030-01-01T00:00:00Z"], with(json!({ "expires_at": 1_893_456_000 })), "until 1 Jan 2030"),
        ("expire", &["--at", "1893456000"], with(json!({ "expires_at": 1_893_456_000 })), "until 1 Jan 2030"),
    ] {
        table.write(&rule()).await;
        let arguments = [&[command][..], arguments, &at].concat();
        let said = table.said(&[&arguments[..], &["--because", "the law changed"]].concat(), 0);
        assert!(said.contains(shown) && said.contains("\nwritten to "), "{arguments:?}: {said}");
        assert!(!said.contains("changed:"), "the stamp is no part of the rule: {said}");
        assert_eq!(table.rule(NUMBER, "r").await, wanted, "{arguments:?}");
        let stamp = table.stamp(NUMBER, "r").await;
        assert_eq!((stamp["via"].as_str(), stamp["because"].as_str()), (command, "the law changed"), "{arguments:?}");
        // The same edit again writes nothing.
        let already = match command {
            "disable" => "is already switched off; nothing was changed in table ",
            "expire" => "already ends at that instant; nothing was changed in table ",
            _ => "already has these attributes; nothing was changed in table ",
        };
        assert!(table.said(&arguments, 0).contains(already), "{arguments:?}");
        assert_eq!(table.stamp(NUMBER, "r").await, stamp, "{arguments:?}");
    }
}

#[tokio::test]
async fn a_switched_off_rule_is_switched_on_as_it_was() {
    let table = EditedTable::start();
    table.write(&rule()).await;
    let at = ["--number", NUMBER, "--rule", "r"];
    let on = format!("rule `r` under {NUMBER} is already switched on; nothing was changed in table {TABLE} at ");
    for enabled in [json!(null), json!(true)] {
        table.write(&with(json!({ "enabled": enabled }))).await;
        assert!(table.said(&[&["enable"], &at[..]].concat(), 0).starts_with(&on));
    }
    table.write(&rule()).await;
    table.said(&[&["disable"], &at[..], &["--yes"]].concat(), 0);
    let said = table.said(&[&["enable"], &at[..], &["--yes"]].concat(), 0);
    assert!(said.contains(&format!("a call to {NUMBER} now, from a withheld caller: PROCEED")), "{said}");
    assert!(said.contains("-> REJECT 603"), "{said}");
    assert_eq!(table.rule(NUMBER, "r").await, rule());
    assert_eq!(table.stamp(NUMBER, "r").await["via"], "enable");
    // A length of time counts from now, and `now` ends the rule.
    for (length, least, most) in [("2h", 7_190, 7_210), ("in 1 day", 86_390, 86_410), ("now", -10, 10)] {
        table.said(&[&["expire", "--at", length], &at[..], &["--yes"]].concat(), 0);
        let left = table.rule(NUMBER, "r").await["expires_at"].as_i64().unwrap() - jiff::Timestamp::now().as_second();
        assert!((least..most).contains(&left), "{length}: {left}");
    }
}

#[tokio::test]
async fn an_edit_that_cannot_be_made_writes_nothing() {
    let table = EditedTable::start();
    table.write(&rule()).await;
    let at = ["--number", NUMBER, "--rule", "r"];
    for (arguments, wanted) in [
        (&["set", "status=REJCT"][..], "nothing was written: the hook could not read this rule: `status`"),
        (&["set", "status="], "nothing was written: the hook could not read this rule: `status`"),
        (&["set", "number=+13155550102"], "`number` is a part of the rule's key, which cannot change"),
        (&["set", "Rule=x"], "`rule` is a part of the rule's key"),
        (&["set", "changed=x"], "`changed` is an attribute that only precall writes; name another one"),
        (&["set", "list_file=x"], "`list_file` is an attribute that only precall writes"),
        (&["set", "note=a", "Note=b"], "`Note` is there twice; keep one"),
        (&["set", "note"], "\"note\" has no `=`; write NAME=VALUE, such as note=TEXT"),
        (&["set", "priority"], "\"priority\" has no `=`; write NAME=VALUE, such as priority=100"),
        (&["set", "a b"], "\"a b\" has no `=`; write NAME=VALUE, such as priority=100"),
        (&["set", "=x"], "no name before the `=`"),
        (&["set", "prioritty=5"], "`prioritty`"),
        (&["set", "owner=anna"], "`owner`: not an attribute of a rule"),
        (&["set", "expires_at=3M"], "\"3M\" may mean minutes or months"),
        (&["expire", "--at", "3M"], "\"3M\" may mean minutes or months"),
        (&["expire", "--at", "3M"], "--at 3M: "),
        (
            &["expire", "--at", "soon"],
            "--at \"soon\" is neither an instant nor a length of time; write an instant such as",
        ),
        (&["expire", "--at", ""], "--at \"\" is neither an instant nor a length of time"),
    ] {
        let said = table.said(&[arguments, &at, &["--yes"]].concat(), 1);
        assert!(said.contains(wanted), "{arguments:?}: {said}");
        assert_eq!(table.stored(NUMBER, "r").await.unwrap().len(), 7, "{arguments:?}");
    }
    for command in [&["set", "priority=1"][..], &["enable"], &["disable"], &["expire", "--at", "1d"]] {
        let none = [command, &["--number", NUMBER, "--rule", "none", "--yes"]].concat();
        let said = table.said(&none, 1);
        let wanted = format!("there is no rule `none` under {NUMBER} in table {TABLE} at ");
        assert!(said.contains(&wanted) && said.contains("`precall put` writes a new one"), "{said}");
        assert_eq!(table.stored(NUMBER, "none").await, None);
        // No terminal, and no --yes.
        if command != ["enable"] {
            let said = table.said(&[command, &at].concat(), 1);
            let wanted = "nothing was changed, because standard input is not a terminal and nobody can confirm it; write --yes to make";
            assert!(said.contains(wanted), "{said}");
            table.said(&[command, &at, &["--dry-run"]].concat(), 0);
        }
        assert_eq!(table.rule(NUMBER, "r").await, rule());
    }
    // A number that no call has.
    let said = table.said(&["set", "--number", "315", "--rule", "r", "priority=4"], 1);
    let wanted = "there is no rule `r` under 315 in table precall-rules at ";
    assert!(
        said.contains(wanted) && said.contains("; numbers begin with + and the country code, such as +1"),
        "{said}"
    );
    for because in ["", " ", &"x".repeat(1_001)] {
        table.said(&[&["disable"], &at[..], &["--yes", "--because", because]].concat(), 2);
    }
    // A command that only changes creates no database.
    let empty = TempDir::new().unwrap();
    let output = support::run(empty.path(), &["set", "--number", "*", "--rule", "r", "priority=1", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

/// An item that the hook cannot read is mended in steps, switched off, and switched on again.
#[tokio::test]
async fn an_invalid_item_can_be_mended() {
    let table = EditedTable::start();
    table.write(&json!({ "number": NUMBER, "rule": "r", "status": "REJCT", "hours": "9-9", "owner": "anna" })).await;
    let at = ["--number", NUMBER, "--rule", "r", "--yes"];
    for (arguments, warns) in [
        (&["disable"][..], false),
        (&["enable"], true),
        (&["set", "status=REJECT"], true),
        (&["set", "hours=09:00-17:00"], false),
    ] {
        let said = table.said(&[arguments, &at].concat(), 0);
        assert_eq!(said.contains("the hook cannot read this rule, so it decides nothing: "), warns, "{said}");
    }
    let wanted = json!({ "number": NUMBER, "rule": "r", "status": "REJECT", "hours": "09:00-17:00", "owner": "anna" });
    assert_eq!(table.rule(NUMBER, "r").await, wanted);
    let said = table.said(&[&["set", "status=REJCT"], &at[..]].concat(), 1);
    assert!(said.contains("nothing was written: the hook could not read this rule"), "{said}");
    // An item under another spelling of its number, which no call reads.
    table.write(&json!({ "number": "315-555-0101", "rule": "odd", "status": "REJECT" })).await;
    table.said(&["set", "priority=7", "--number", "315-555-0101", "--rule", "odd", "--yes"], 0);
    assert_eq!(table.rule("315-555-0101", "odd").await["priority"], 7);
}

#[tokio::test]
async fn put_names_what_it_drops() {
    let table = EditedTable::start();
    table.write(&rule()).await;
    let said = table.said(&["put", "number=+13155550101", "rule=r", "status=REJECT", "Code=480", "--yes"], 0);
    for wanted in [
        "\n  Code: \"603\" -> \"480\"\n",
        "\n  note: \"asked on 3 March\" -> (none)  dropped\n",
        "\n  priority: 100 -> (none)  dropped\n",
        "`put` replaces the whole rule, so it drops `note`, `priority`, `x_team`; `precall set --number +13155550101 \
         --rule r NAME=VALUE` keeps what you do not name\n",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert_eq!(table.stamp(NUMBER, "r").await["via"], "put");
    let said = table.said(&["put", "number=+13155550101", "rule=r", "status=REJECT", "Code=480", "note=x", "--yes"], 0);
    assert!(!said.contains("drops"), "{said}");
    // The stamp of a copied item is no attribute of the new one.
    let copied = json!({ "number": NUMBER, "rule": "r", "status": "REJECT", "Code": "480", "note": "x",
                         "changed": { "by": "nobody" } });
    let said = table.said(&["put", "--json", &copied.to_string(), "--yes"], 0);
    assert!(said.contains("already has these attributes; nothing was changed in "), "{said}");
}

/// A load shows what it changes, keeps the edits of an operator, and writes nothing twice.
#[tokio::test]
async fn a_load_keeps_edits() {
    let table = EditedTable::start();
    let item = |rule: &str, priority: i64| {
        json!({ "number": "*", "rule": rule, "status": "REJECT", "to": "+1900*",
                                                   "priority": priority, "places": ["US-FL", "US-GA"] })
    };
    table.file("one.json", &json!([item("a", 1), item("b", 1), item("c", 1), item("d", 1)]));
    // New rules need no question.
    let said = table.said(&["load", "one.json"], 0);
    assert!(said.contains("*                 a\n") && said.contains("4 rules written to table "), "{said}");
    let stamp = table.stamp("*", "a").await;
    assert_eq!(stamp["via"], "load");
    let said = table.said(&["load", "one.json"], 0);
    assert!(said.starts_with("nothing to write to table ") && said.ends_with("; 4 unchanged.\n"), "{said}");
    assert_eq!(table.stamp("*", "a").await, stamp, "nothing is written twice");

    // `b` is edited by a command; `c` in the console, which keeps the stamp; `e` is the console's alone.
    table.said(&["set", "--number", "*", "--rule", "b", "priority=2", "--yes"], 0);
    let update = table.client().update_item().table_name(TABLE).key("number", text("*")).key("rule", text("c"));
    let update =
        update.update_expression("SET priority = :new").expression_attribute_values(":new", attribute(&json!(3)));
    update.send().await.unwrap();
    table.write(&item("e", 4)).await;
    table
        .file("two.json", &json!([item("a", 9), item("b", 9), item("c", 9), item("d", 1), item("e", 9), item("f", 9)]));
    let shown = [
        "rule `a` under * changes\n  priority: 1 -> 9\n",
        "(`precall set`) changed it; the file differs in `priority`; write --overwrite to replace it\n",
        "rule `c` under * stays as it is, because the console or a program changed it; the file differs in `priority`",
        "rule `e` under * stays as it is, because the console or a program changed it",
    ];
    let said = table.said(&["load", "two.json"], 1);
    assert!(shown.iter().all(|text| said.contains(text)), "{said}");
    assert!(
        said.contains("nothing was written, because standard input is not a terminal and nobody can confirm it (1 rule is changed)"),
        "{said}"
    );
    let said = table.said(&["load", "two.json", "--dry-run"], 0);
    assert!(said.ends_with("1 new, 1 changed, 1 unchanged, 3 kept as edited\nnothing was written\n"), "{said}");
    let priorities = async || {
        let mut all = Vec::new();
        for rule in ["a", "b", "c", "d", "e", "f"] {
            all.push(table.rule("*", rule).await["priority"].as_i64().unwrap_or_default());
        }
        all
    };
    assert_eq!(priorities().await, [1, 2, 3, 1, 4, 0]);
    // The status says that the table is not as the file.
    let said = table.said(&["load", "two.json", "--yes"], 1);
    assert!(
        said.contains("2 rules written to table ") && said.ends_with("; 1 unchanged; 3 kept as edited.\n"),
        "{said}"
    );
    assert_eq!(priorities().await, [9, 2, 3, 1, 4, 9]);
    assert!(
        table.said(&["load", "two.json", "--overwrite"], 1).contains("nobody can confirm it (3 rules are changed)")
    );
    table.said(&["load", "two.json", "--overwrite", "--yes"], 0);
    assert_eq!(priorities().await, [9, 9, 9, 1, 9, 9]);

    // A set of the console is the list of a file in another form.
    table.write(&json!({ "number": "*", "rule": "g", "status": "REJECT", "places": ["US-GA", "US-FL"] })).await;
    table.file("set.json", &json!([{ "number": "*", "rule": "g", "status": "REJECT", "places": ["US-FL", "US-GA"] }]));
    assert!(table.said(&["load", "set.json"], 0).contains("; 1 unchanged."));

    // A backup replaces edits too, and the dump of a table is such a backup, without stamps.
    let backup = table.said(&["rules", "--format", "json"], 0);
    assert!(!backup.contains("changed"), "{backup}");
    fs::write(table.folder.path().join("backup.json"), stdout(&table.run(&["rules", "--format", "json"]))).unwrap();
    table.said(&["set", "--number", "*", "--rule", "b", "priority=2", "--yes"], 0);
    table.said(&["load", "backup.json", "--restore", "--yes", "--because", "a mistake"], 0);
    assert_eq!(priorities().await, [9, 9, 9, 1, 9, 9]);
    assert_eq!(table.stamp("*", "b").await["because"], "a mistake");
    assert!(!table.said(&["rules", "--format", "csv"], 0).contains("changed"));
}

/// A long difference is bounded, and so is a long list of kept rules.
#[test]
fn a_long_difference_is_bounded() {
    let table = EditedTable::start();
    let items = |priority: i64| {
        let item = |n: i64| json!({ "number": format!("+131555501{n:02}"), "rule": "r", "status": "REJECT", "priority": priority });
        json!((0..99).map(item).collect::<Vec<_>>())
    };
    table.file("one.json", &items(1));
    table.file("two.json", &items(2));
    table.said(&["load", "one.json"], 0);
    let said = table.said(&["load", "two.json", "--dry-run"], 0);
    assert_eq!(said.matches("priority: 1 -> 2").count(), 20);
    assert!(said.contains("\nand 79 rules more that change\n99 changed\n"), "{said}");
    let other = table.said(&["load", "two.json", "--yes"], 0);
    assert!(other.contains("99 rules written to"), "{other}");
}

/// Another edit between the question and the write is not lost.
#[tokio::test]
async fn an_edit_meanwhile_is_not_overwritten() {
    let at = ["--number", NUMBER, "--rule", "r", "--yes"];
    for (arguments, wanted) in [
        (
            [&["set", "priority=5"][..], &at].concat(),
            "nothing was written: the rule has changed meanwhile; repeat the command",
        ),
        ([&["disable"][..], &at].concat(), "the rule has changed meanwhile"),
        ([&["remove"][..], &at].concat(), "the rule has changed meanwhile"),
        (vec!["put", "number=+13155550101", "rule=r", "status=REJECT", "--yes"], "the rule has changed meanwhile"),
        (
            vec!["load", "new.json", "--overwrite", "--yes"],
            "has changed meanwhile, and was not written; load the file again",
        ),
    ] {
        let table = EditedTable::start();
        table.write(&rule()).await;
        table.file("new.json", &json!([with(json!({ "priority": 5 }))]));
        let slow = Faulty::start(Mode::Proxy, Some(table.server.dynamodb.parse().unwrap())).await;
        slow.set(Mode::Slow(Duration::from_millis(300))).await;
        let mut command = table.command(&arguments, &slow.url());
        let command = tokio::task::spawn_blocking(move || command.output().unwrap());
        // The first request finds the table, and the second one reads the item.
        while slow.requests() < 3 {
            assert!(!command.is_finished(), "{arguments:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let edited = with(json!({ "note": "meanwhile" }));
        table.write(&edited).await;
        let output = command.await.unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(wanted), "{arguments:?}: {said}");
        assert_eq!(table.rule(NUMBER, "r").await, edited, "{arguments:?}");
    }
}

/// A lost answer is no other edit: the command recognises its own stamp, or that the item is gone.
#[tokio::test]
async fn a_lost_answer_is_no_other_edit() {
    let table = EditedTable::start();
    let faulty = Faulty::start(Mode::Proxy, Some(table.server.dynamodb.parse().unwrap())).await;
    let lost = || Mode::when("attribute_not_exists", Mode::LoseAnswer);
    let lost_deletion = Mode::when_any([("SET #stamp", Mode::Proxy), ("attribute_not_exists", Mode::LoseAnswer)]);
    for (arguments, mode, via) in [
        (&["set", "priority=5"][..], lost(), Some("set")),
        (&["remove"], lost(), Some("remove")),
        (&["remove"], lost_deletion, None),
    ] {
        table.write(&rule()).await;
        faulty.set(mode).await;
        let arguments = [arguments, &["--number", NUMBER, "--rule", "r", "--yes"]].concat();
        let mut command = table.command(&arguments, &faulty.url());
        let command = tokio::task::spawn_blocking(move || command.output().unwrap());
        // The table has made the change, and the command does not know.
        let is_made = async || match via {
            Some(via) => table.stamp(NUMBER, "r").await.get("via").is_some_and(|stored| stored == via),
            None => table.stored(NUMBER, "r").await.is_none(),
        };
        while !is_made().await {
            assert!(!command.is_finished(), "{arguments:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        faulty.set(Mode::Proxy).await;
        let output = command.await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        assert_eq!(table.stored(NUMBER, "r").await.is_some(), via == Some("set"));
    }
}

/// A removal is stamped before the item goes, so that the deletion has an author.
#[tokio::test]
async fn a_removal_is_stamped_first() {
    let table = EditedTable::start();
    table.write(&rule()).await;
    let faulty = Faulty::start(Mode::Proxy, Some(table.server.dynamodb.parse().unwrap())).await;
    faulty.set(Mode::when_any([("SET #stamp", Mode::Proxy), ("attribute_not_exists", Mode::Forbidden)])).await;
    let remove = ["remove", "--number", NUMBER, "--rule", "r", "--yes", "--because", "withdrawn"];
    let mut command = table.command(&remove, &faulty.url());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let stamp = table.stamp(NUMBER, "r").await;
    assert_eq!((stamp["via"].as_str(), stamp["because"].as_str()), ("remove", "withdrawn"));
    assert_eq!(stamp["removal"], "true");
    assert_eq!(table.rule(NUMBER, "r").await, rule());
    let said = table.said(&remove, 0);
    assert!(said.contains("removed from ") && !said.contains("changed:"), "{said}");
    assert_eq!(table.stored(NUMBER, "r").await, None);
}

/// The environment can name any account, so it is not read.
#[tokio::test]
async fn the_author_is_the_account_of_the_process() {
    let table = EditedTable::start();
    let put = ["put", "number=+13155550101", "rule=r", "status=REJECT", "--yes"];
    let lie = [("USER", "mallory"), ("LOGNAME", "mallory"), ("HOSTNAME", "elsewhere")];
    assert!(table.command(&put, &table.url).envs(lie).status().unwrap().success());
    let name = |program: &str, argument: &str| {
        stdout(&Command::new(program).arg(argument).output().unwrap()).trim().to_owned()
    };
    let stamp = table.stamp(NUMBER, "r").await;
    assert_eq!(stamp["by"], format!("{}@{}", name("id", "-un"), name("uname", "-n")));
    assert_eq!(stamp.keys().collect::<std::collections::BTreeSet<_>>().len(), 4, "no reason: {stamp:?}");
    let id: uuid::Uuid = stamp["id"].parse().unwrap();
    let (seconds, _) = id.get_timestamp().unwrap().to_unix();
    let age = jiff::Timestamp::now().as_second() - i64::try_from(seconds).unwrap();
    assert!((0..60).contains(&age), "{age}");
}

/// With AWS, the author is the owner of the credentials, or the end of the key's id.
#[tokio::test]
async fn the_author_on_aws_is_the_owner_of_the_credentials() {
    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/Operator/anna";
    let table = EditedTable::start();
    let identity = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{ARN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    for (status, body, wanted) in
        [("200 OK", identity.as_str(), ARN), ("403 Forbidden", "<ErrorResponse/>", "access key …CDEF")]
    {
        let sts = answering(status, body);
        let mut put = precall(table.folder.path());
        put.args(["put", "number=+13155550101", &format!("rule={}", &status[..3]), "status=REJECT", "--yes"]);
        put.args(["--dynamodb", "aws", "--region", "us-east-1"]).envs([
            ("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()),
            ("AWS_ENDPOINT_URL_STS", &sts),
            ("AWS_ACCESS_KEY_ID", "AKIA0123456789ABCDEF"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        let output = put.output().unwrap();
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
        assert_eq!(table.stamp(NUMBER, &status[..3]).await["by"], wanted);
        let warns = stderr(&output).contains("warning: AWS did not name the owner of the credentials");
        assert_eq!(warns, wanted != ARN, "{}", stderr(&output));
    }
}

/// Starts a server that gives this answer to each request, and returns its address.
fn answering(status: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            // The body of the request is in the same packets; nothing more is read.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// The mark and the stamp of a copied item belong to another file and another change.
#[tokio::test]
async fn an_import_of_items_writes_its_own_mark() {
    let table = EditedTable::start();
    let copied = json!({ "number": NUMBER, "rule": "old", "status": "REJECT", "list_file": "000000000000",
                         "changed": { "id": "1", "by": "nobody", "via": "put" } });
    table.file("dump.jsonl", &copied);
    table.said(&["import", "dump.jsonl", "--list", "dnc", "--replace", "--force"], 0);
    let item = table.stored(NUMBER, "dnc").await.expect("the number of the file is on the list");
    assert!(item["list_file"] != text("000000000000") && !item.contains_key("changed"), "{item:?}");
}

/// An import stamps the record of its list, not each number; the end of a list ends its notice too, and no other one.
#[tokio::test]
async fn a_list_ends_with_its_notice() {
    for (command, list) in [(&["lists", "remove", "dnc"][..], "dnc"), (&["remove", "--list", "list"], "list")] {
        let table = EditedTable::start();
        fs::write(table.folder.path().join("dnc.txt"), "3155550101\n201XXXXXXX\n").unwrap();
        table.said(&["import", "dnc.txt", "--list", list, "--because", "asked by mail"], 0);
        let stamp = table.stamp("list", list).await;
        assert_eq!((stamp["via"].as_str(), stamp["because"].as_str()), ("import", "asked by mail"));
        assert!(table.stamp(NUMBER, list).await.is_empty());
        // Nothing to do: no new stamp.
        table.said(&["import", "dnc.txt", "--list", list], 0);
        assert_eq!(table.stamp("list", list).await, stamp);
        for named in [list, "other"] {
            let notice =
                json!({ "number": "*", "rule": format!("list:{named}"), "list": named, "copied": 1, "numbers": 2 });
            table.write(&notice).await;
        }
        let said = table.said(&[command, &["--dry-run"]].concat(), 0);
        assert!(said.contains("nothing was removed"), "{said}");
        assert!(table.stored("*", &format!("list:{list}")).await.is_some());
        table.said(&[command, &["--yes"]].concat(), 0);
        for (number, rule) in [(NUMBER, list.to_owned()), ("*", format!("list:{list}")), ("list", list.to_owned())] {
            assert_eq!(table.stored(number, &rule).await, None, "{command:?}: {number} {rule}");
        }
        assert!(table.stored("*", "list:other").await.is_some(), "the notice of another list");
        assert_eq!(table.stored("*", &format!("{list}:+1201*")).await, None);
    }
    let table = EditedTable::start();
    table.said(&["remove", "--list", "none", "--yes"], 1);
    table.said(&["remove", "--list", "a", "--number", NUMBER], 2);
    table.said(&["remove", "--number", NUMBER, "--yes"], 2);
}

/// Text shows the beginning of a long value, and its length. JSON has all of it.
#[tokio::test]
async fn a_long_value_is_shown_shortened() {
    let table = EditedTable::start();
    let long = "y".repeat(100_000);
    let at = ["--number", NUMBER, "--rule", "r"];
    table.write(&with(json!({ "reason": long, "note": "y".repeat(100_000) }))).await;
    let longer = format!("note={}", "z".repeat(100_000));
    let other = format!("note={}z", "y".repeat(99_999));
    for arguments in [
        &[&["set", "reason=short", "--dry-run"], &at[..]].concat()[..],
        &[&["remove", "--dry-run"], &at[..]].concat(),
        &[&["set", &longer, "--dry-run"], &at[..]].concat(),
        &[&["set", &other, "--dry-run"], &at[..]].concat(),
        &["rules"],
        &["rules", "--number", NUMBER],
        &["check", "--to", NUMBER],
        &["lint"],
    ] {
        let said = table.said(arguments, 0);
        assert!(said.len() < 6_000, "{:?}: {} bytes", &arguments[..1], said.len());
        let is_edit = ["set", "remove"].contains(&arguments[0]);
        assert!(!is_edit || said.contains("y… (100,002 characters)"), "{:?}: {said}", &arguments[..1]);
    }
    let said = table.said(&[&["set", &other, "--dry-run"], &at[..]].concat(), 0);
    assert!(said.contains("(100,002 characters) -> the same length, with another text after this beginning"), "{said}");
    let json = table.said(&["rules", "--format", "json"], 0);
    assert!(json.contains(&long) && json.contains(&format!("\"reason\":\"{long}\"")));
}
