//! Changes by two people: `propose`, `review`, `approve` and `reject`, and the setting that requires them.

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

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tempfile::TempDir;

use support::{Server, precall, stderr, stdout};

const TABLE: &str = "precall-rules";
const CALLEE: &str = "+12125550101";
const NIGHT: [&str; 3] = ["number=*", "rule=night", "status=REJECT"];
const ANNA: &str = "arn:aws:sts::123456789012:assumed-role/Operator/anna";

/// A running `precall serve`, and people who change its table.
struct SharedTable {
    folder: TempDir,
    server: Server,
    url: String,
    /// An STS that takes everybody for Anna, and one that names nobody.
    sts: [String; 2],
}

impl SharedTable {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        let url = format!("http://{}", server.dynamodb);
        let identity = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{ANNA}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let sts = [answering("200 OK", &identity), answering("403 Forbidden", "<ErrorResponse/>")];
        Self { folder, server, url, sts }
    }

    /// Runs a command of the account of this test, which has to end with this status, and returns what it says.
    fn said(&self, arguments: &[&str], status: i32) -> String {
        let output = precall(self.folder.path()).args(arguments).args(["--dynamodb", &self.url]).output().unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    /// Runs a command of another person, as [`Self::said`] does.
    fn other_said(&self, sts: &str, arguments: &[&str], status: i32) -> String {
        let mut command = precall(self.folder.path());
        command.args(arguments).args(["--dynamodb", "aws", "--region", "us-east-1"]).envs([
            ("AWS_ENDPOINT_URL_DYNAMODB", self.url.as_str()),
            ("AWS_ENDPOINT_URL_STS", sts),
            ("AWS_ACCESS_KEY_ID", "AKIA0123456789ABCDEF"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        let output = command.output().unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    fn anna_said(&self, arguments: &[&str], status: i32) -> String {
        self.other_said(&self.sts[0], arguments, status)
    }

    /// Proposes a change, and returns the id of the proposal.
    fn propose(&self, arguments: &[&str]) -> String {
        let said = self.said(&[&["propose"][..], arguments, &["--yes"]].concat(), 0);
        let (_, rest) = said.split_once("\nproposal ").unwrap_or_else(|| panic!("{said}"));
        rest.split(' ').next().unwrap().to_owned()
    }

    async fn stored(&self, number: &str, rule: &str) -> Option<HashMap<String, AttributeValue>> {
        let get = self.server.client().get_item().table_name(TABLE).consistent_read(true);
        get.key("number", text(number)).key("rule", text(rule)).send().await.unwrap().item
    }

    async fn stamp(&self, number: &str, rule: &str) -> HashMap<String, String> {
        let item = self.stored(number, rule).await.expect("an item");
        let stamp = item["changed"].as_m().unwrap();
        stamp.iter().filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone()))).collect()
    }

    /// Changes an attribute as the console does.
    async fn edit(&self, number: &str, rule: &str, name: &str, value: AttributeValue) {
        let update = self.server.client().update_item().table_name(TABLE);
        let update = update.key("number", text(number)).key("rule", text(rule)).update_expression("SET #n = :v");
        let update = update.expression_attribute_names("#n", name).expression_attribute_values(":v", value);
        update.send().await.unwrap();
    }

    fn decision(&self) -> String {
        self.said(&["check", "--to", CALLEE], 0)
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
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
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// No call and no other command sees a proposal. Its author cannot approve it, and another person can.
#[tokio::test]
async fn a_proposal_changes_nothing_until_another_person_approves_it() {
    let table = SharedTable::start();
    let id = table.propose(&[&NIGHT[..], &["--because", "late calls"]].concat());
    assert!(table.decision().contains("PROCEED"), "a proposal decides nothing: {}", table.decision());
    assert!(table.said(&["rules"], 0).contains("no such rules"));
    assert!(table.said(&["lint"], 0).contains("0 items"));
    let listed = table.said(&["review"], 0);
    assert!(listed.contains(&id) && listed.contains("add rule `night` under *") && listed.contains("late calls"));

    let said = table.said(&["approve", &id, "--yes"], 1);
    assert!(
        said.contains("nothing was written: proposal ") && said.contains("; let another person approve it"),
        "{said}"
    );
    let said = table.other_said(&table.sts[1], &["approve", &id, "--yes"], 1);
    assert!(said.contains("not certain that these are two people"), "{said}");
    assert_eq!(table.stored("*", "night").await, None);

    table.anna_said(&["approve", &id, "--yes", "--because", "read it"], 0);
    let stamp = table.stamp("*", "night").await;
    assert_eq!((stamp["via"].as_str(), stamp["by"].as_str()), ("approve", ANNA));
    let because = &stamp["because"];
    assert!(because.starts_with(&format!("proposal {id} by ")) && because.contains('@'), "{because}");
    assert!(because.ends_with(": late calls; approved: read it"), "{because}");
    assert!(table.decision().contains("REJECT"));
    assert!(table.said(&["review"], 0).contains("no open proposals"));
    assert!(table.anna_said(&["approve", &id, "--yes"], 1).contains("there is no proposal"));
}

/// A change of some attributes and a removal can be proposed, too.
#[tokio::test]
async fn a_change_and_a_removal_can_be_proposed() {
    let table = SharedTable::start();
    table.said(&[&["put"], &NIGHT[..], &["priority=5", "--yes"]].concat(), 0);
    let key = ["--number", "*", "--rule", "night"];
    let id = table.propose(&[&["--set", "code=480"], &key[..]].concat());
    let said = table.said(&["review", &id], 0);
    assert!(said.contains("code: (none) -> \"480\"") && !said.contains("priority:"), "{said}");
    table.anna_said(&["approve", &id, "--yes"], 0);
    let item = table.stored("*", "night").await.unwrap();
    assert_eq!((&item["code"], &item["priority"]), (&text("480"), &AttributeValue::N("5".to_owned())));
    let id = table.propose(&[&["--remove"], &key[..]].concat());
    table.anna_said(&["approve", &id, "--yes"], 0);
    assert_eq!(table.stored("*", "night").await, None);
    assert_eq!(table.stored("proposal", &id).await, None);
}

/// A rejection needs a reason, and the rule stays as it is.
#[tokio::test]
async fn a_rejected_proposal_is_gone() {
    let table = SharedTable::start();
    let id = table.propose(&NIGHT);
    assert!(table.said(&["reject", &id], 1).contains("--because"));
    table.said(&["reject", &id, "--because", "not now"], 0);
    assert_eq!((table.stored("proposal", &id).await, table.stored("*", "night").await), (None, None));
    assert!(table.said(&["reject", &id, "--because", "x"], 1).contains("there is no proposal"));
}

/// Approved is what was proposed, to the rule that it was proposed for.
#[tokio::test]
async fn a_rule_or_proposal_that_changed_meanwhile_is_not_approved() {
    let table = SharedTable::start();
    table.said(&[&["put"], &NIGHT[..], &["--yes"]].concat(), 0);
    let id = table.propose(&["--set", "code=480", "--number", "*", "--rule", "night"]);
    table.edit("*", "night", "priority", AttributeValue::N("7".to_owned())).await;
    assert!(table.said(&["review", &id], 1).contains("has changed since the proposal"));
    assert!(table.anna_said(&["approve", &id, "--yes"], 1).contains("has changed since the proposal"));
    let id = table.propose(&["--set", "code=480", "--number", "*", "--rule", "night"]);
    table.edit("proposal", &id, "proposed_by", text("arn:aws:iam::1:user/somebody")).await;
    assert!(table.said(&["review", &id], 1).contains("the console, a program or the load of a backup has written"));
    assert!(table.anna_said(&["approve", &id, "--yes"], 1).contains("its author is not certain"));
    assert!(!table.stored("*", "night").await.unwrap().contains_key("code"));
}

/// A review tries the change out: findings, expectations, and the calls of a log.
#[tokio::test]
async fn a_review_tries_the_change_out() {
    let table = SharedTable::start();
    let write = |name: &str, text: &str| fs::write(table.folder.path().join(name), text).unwrap();
    write("good.txt", &format!("{CALLEE} is REJECT by florida-night\n"));
    write("bad.txt", &format!("{CALLEE} is PROCEED\n"));
    let id = table.propose(&["number=+12125550101", "rule=florida-night", "status=REJECT"]);
    let good = table.said(&["review", &id, "--tests", "good.txt"], 0);
    assert!(good.contains("1 expectation: 1 met, 0 failed") && good.contains("lint of the whole rulebook"), "{good}");
    let bad = table.said(&["review", &id, "--tests", "bad.txt"], 1);
    assert!(bad.contains("0 met, 1 failed"), "{bad}");
    let record = json!({
        "timestamp": "2026-11-02T15:30:00Z", "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": "01a20765-2c40-721d-b0bb-000000000001", "cold_start": false, "client": "vendor",
        "from": "+13155550100", "to": CALLEE, "status": "PROCEED", "http_status": 200, "decided_by": "default",
        "rules_looked_at": 0, "invalid_rules": 0, "callee_source": "store", "any_source": "cache", "duration_ms": 3.0,
    });
    write("log.jsonl", &format!("{record}\n"));
    let replayed = table.said(&["review", &id, "--log", "log.jsonl"], 0);
    assert!(replayed.contains("PROCEED by default -> REJECT"), "{replayed}");
    // A change that probably has an unwanted effect is a finding.
    let all = table.propose(&["number=*", "rule=all", "status=REJECT", "priority=999"]);
    assert!(table.said(&["review", &all], 1).contains("new finding"));
    assert!(table.said(&["review", &id, "--log", "missing.jsonl"], 1).contains("missing.jsonl"));
}

/// With the setting on, the commands that write refuse wildcard rules, and only two people switch it off.
#[tokio::test]
async fn a_table_may_require_reviews() {
    let table = SharedTable::start();
    table.said(&[&["put"], &NIGHT[..], &["--yes"]].concat(), 0);
    table.said(&["review", "--require", "wildcard", "--because", "two people"], 0);
    assert_eq!(table.stamp("setting", "review").await["via"], "review");
    let file = json!([{ "number": "*", "rule": "new", "status": "REJECT", "to": "+1315*" },
                      { "number": CALLEE, "rule": "new", "status": "REJECT" }]);
    fs::write(table.folder.path().join("rules.json"), file.to_string()).unwrap();
    let key = ["--number", "*", "--rule", "night"];
    let before = table.stored("*", "night").await;
    let refused: [(&[&str], &[&str]); 7] = [
        (&["put", "number=*", "rule=other", "status=REJECT"], &["--yes"]),
        (&["set", "code=480", "--yes"], &key),
        (&["disable", "--yes"], &key),
        (&["enable", "--yes"], &key),
        (&["expire", "--at", "7d", "--yes"], &key),
        (&["remove", "--yes"], &key),
        (&["load", "rules.json"], &["--yes"]),
    ];
    for (command, rest) in refused {
        if command[0] == "enable" {
            table.edit("*", "night", "enabled", AttributeValue::Bool(false)).await;
        }
        let said = table.said(&[command, rest].concat(), 1);
        assert!(said.contains("propose it with `precall propose`"), "{command:?}: {said}");
        if command[0] == "enable" {
            assert_eq!(table.stored("*", "night").await.unwrap()["enabled"], AttributeValue::Bool(false));
            table.server.client().put_item().table_name(TABLE).set_item(before.clone()).send().await.unwrap();
        }
        assert_eq!(table.stored("*", "night").await, before, "{command:?}");
    }
    assert_eq!(table.stored(CALLEE, "new").await, None, "a file is loaded as a whole or not at all");
    // The refusal comes before any question, also without a change.
    for option in [&["--dry-run"][..], &[]] {
        let said = table.said(&[&["load", "rules.json"], option].concat(), 1);
        assert!(said.contains("nothing was written: rule `new` is under `*`, and this table requires"), "{said}");
        assert!(!said.contains("standard input"), "{said}");
    }
    // Rules under numbers need no second person, and neither does the notice of a list.
    table.said(&["put", "number=+12125550101", "rule=stop", "status=REJECT", "--yes"], 0);
    fs::write(table.folder.path().join("dnc.txt"), "+13155550111\n").unwrap();
    table.said(&["import", "dnc.txt", "--list", "dnc"], 0);
    assert!(
        table
            .said(&["review", "--require", "wildcard"], 0)
            .contains("changes of rules under `*` already need the approval of a second person in table ")
    );

    // Nobody can edit the setting or a proposal, and so pass for two people.
    let id = table.propose(&["--remove", "--number", "*", "--rule", "night"]);
    let stored = table.stored("proposal", &id).await;
    for command in [
        &["remove", "--number", "setting", "--rule", "review", "--yes"][..],
        &["disable", "--number", "setting", "--rule", "review", "--yes"],
        &["set", "--number", "proposal", "--rule", &id, "note=x", "--yes"],
        &["remove", "--number", "proposal", "--rule", &id, "--yes"],
    ] {
        let said = table.said(command, 1);
        assert!(said.contains("not a rule, so it is not edited"), "{command:?}: {said}");
    }
    assert!(stored.is_some() && table.stored("proposal", &id).await == stored);

    let said = table.said(&["review", "--require", "none"], 0);
    let id = said.split(' ').nth(1).unwrap();
    assert!(table.said(&["disable", "--yes", "--number", "*", "--rule", "night"], 1).contains("second person"));
    assert!(table.said(&["approve", id, "--yes"], 1).contains("another person"));
    table.anna_said(&["approve", id, "--yes"], 0);
    table.said(&["disable", "--yes", "--number", "*", "--rule", "night"], 0);
    // A setting that cannot be read counts as switched on.
    table.edit("setting", "review", "wildcard", text("perhaps")).await;
    assert!(table.said(&["enable", "--yes", "--number", "*", "--rule", "night"], 1).contains("second person"));
}

/// A backup restores list records, proposals and settings, and nobody becomes two people by it.
#[tokio::test]
async fn a_backup_restores_all_kinds_of_items() {
    let table = SharedTable::start();
    fs::write(table.folder.path().join("dnc.txt"), "+13155550111\n").unwrap();
    table.said(&["import", "dnc.txt", "--list", "dnc"], 0);
    table.said(&[&["put"], &NIGHT[..], &["--yes"]].concat(), 0);
    let id = table.propose(&["--remove", "--number", "*", "--rule", "night"]);
    table.said(&["review", "--require", "wildcard"], 0);
    let scanned = table.server.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let items: Vec<_> = scanned.iter().map(|item| precall_hook::store::typed_item(item).unwrap()).collect();
    fs::write(table.folder.path().join("backup.json"), json!({ "Items": items }).to_string()).unwrap();

    let other = SharedTable::start();
    fs::copy(table.folder.path().join("backup.json"), other.folder.path().join("backup.json")).unwrap();
    let said = other.said(&["load", "backup.json"], 1);
    assert!(
        said.contains("is not a rule, but a list record, a proposal or a setting; leave it out, or write --restore")
    );
    other.said(&["load", "backup.json", "--restore", "--yes"], 0);
    let plain = |mut item: HashMap<String, AttributeValue>| {
        item.remove("changed");
        item
    };
    for item in scanned {
        let [number, rule] = ["number", "rule"].map(|name| item[name].as_s().unwrap().clone());
        assert_eq!(other.stored(&number, &rule).await.map(plain), Some(plain(item)), "{number} {rule}");
    }
    assert!(other.said(&["lists"], 0).contains("dnc"));
    assert!(other.said(&["review"], 0).contains("need the approval of a second person"));
    // The file does not prove who proposed the change.
    let said = other.anna_said(&["approve", &id, "--yes"], 1);
    assert!(said.contains("the load of a backup has written proposal"), "{said}");
    assert!(other.said(&["review", &id], 1).contains("so it cannot be approved; propose the change again"));
    // No file switches the setting off, and none changes a proposal.
    for (number, rule) in [("setting", "review"), ("proposal", id.as_str())] {
        let file = json!([{ "number": number, "rule": rule, "wildcard": false }]);
        fs::write(other.folder.path().join("off.json"), file.to_string()).unwrap();
        let said = other.said(&["load", "off.json", "--restore", "--yes"], 1);
        assert!(said.contains("this table requires reviews, so that no file may change it"), "{said}");
    }
    assert_eq!(other.stored("setting", "review").await.unwrap()["wildcard"], AttributeValue::Bool(true));
}

/// A review reads the rules of lists where they are: a change that outranks a list is a finding, and an expectation about a listed
/// number has the list's rule.
#[tokio::test]
async fn a_review_reads_the_numbers_of_lists() {
    let table = SharedTable::start();
    let numbers: String = (0..5_000).map(|nth| format!("+1315555{nth:04}\n")).collect();
    fs::write(table.folder.path().join("dnc.txt"), numbers).unwrap();
    table.said(&["import", "dnc.txt", "--list", "dnc"], 0);
    let id = table.propose(&["number=*", "rule=vip", "status=PROCEED", "to=+1212*", "priority=200"]);
    let tests = "+13155554999 is REJECT by dnc\n+12125550101 is PROCEED by vip\n";
    fs::write(table.folder.path().join("tests.txt"), tests).unwrap();
    let said = table.said(&["review", &id, "--tests", "tests.txt"], 0);
    assert!(said.contains("2 expectations: 2 met, 0 failed"), "{said}");
    let all = table.propose(&["number=*", "rule=all", "status=PROCEED", "priority=200"]);
    let said = table.said(&["review", &all, "--tests", "tests.txt"], 1);
    assert!(said.contains("+13155554999 is REJECT by dnc\n  the decision is PROCEED by all"), "{said}");
    assert!(said.contains("1 new finding") || said.contains("2 new findings"), "{said}");
}
