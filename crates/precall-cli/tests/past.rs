//! The past of an embedded database: random edits through every door, some of them killed, and the rules of every instant and the
//! undo of every rule, compared with the table as it was.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall_hook::journal::without_bookkeeping;
use precall_hook::store::Attributes;
use serde_json::Value;
use tempfile::TempDir;

use support::{Server, precall, run, stderr, stdout};

/// The names of the variables of a long run: the number of its steps, and its seed. Without a seed, it is random.
const STEPS: &str = "PRECALL_TEST_PAST_STEPS";
const SEED: &str = "PRECALL_TEST_PAST_SEED";

/// The steps and the seed of the run of `make test`.
const SHORT: (usize, u64) = (36, 7);

/// Numbers of a list: so many that a kill meets an import while it writes.
const LISTED: u64 = 600;

/// Items by number and rule.
type Table = BTreeMap<(String, String), Attributes>;

/// Numbers that look random, and are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[usize::try_from(self.below(texts.len() as u64)).unwrap()]
    }

    fn of_ten(&mut self, chances: u64) -> bool {
        self.below(10) < chances
    }
}

/// The table at the end of a second in which nothing was changed after it was read.
struct Recorded {
    at: Timestamp,
    table: Table,
    /// The rules as `precall rules --format json` prints them.
    printed: BTreeSet<String>,
}

/// A database, with a running `precall serve`, and the record of its states.
struct Past {
    folder: TempDir,
    server: Server,
    random: Random,
    recorded: Vec<Recorded>,
    /// Edits that were made, by their doors.
    made: BTreeMap<&'static str, usize>,
    kills: usize,
}

const NUMBERS: [&str; 3] = ["*", "+13155550101", "+13155550102"];
const RULES: [&str; 2] = ["r1", "r2"];

impl Past {
    fn start(seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let output = run(folder.path(), &["put", "number=+13155550101", "rule=r1", "status=REJECT", "--yes"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        let (recorded, made, kills) = Default::default();
        Self { folder, server, random: Random(seed), recorded, made, kills }
    }

    /// Makes one edit through a random door. One of six processes is killed in the middle.
    async fn edit(&mut self) {
        let (number, rule) = (self.random.one(&NUMBERS).to_owned(), self.random.one(&RULES).to_owned());
        let key = ["--number", &number, "--rule", &rule];
        let code = format!("code={}", 600 + self.random.below(90));
        match self.random.below(16) {
            0 | 1 => {
                let (number, rule) = (format!("number={number}"), format!("rule={rule}"));
                let mut put = vec!["put", &number, &rule, "status=REJECT", &code];
                if self.random.of_ten(5) {
                    put.extend(["places=US-NY,US-FL", "priority=7"]);
                }
                self.command("put", &put, true);
            }
            2 => self.command("set", &[&["set"], &key[..], &[&code, "note=changed"]].concat(), true),
            3 => {
                let command = self.random.one(&["enable", "disable"]);
                self.command("enable or disable", &[&[command], &key[..]].concat(), true);
            }
            4 => self.command("expire", &[&["expire"], &key[..], &["--at", "30d"]].concat(), true),
            5 => self.command("remove", &[&["remove"], &key[..]].concat(), true),
            6 => {
                self.write_rules();
                let overwrite = if self.random.of_ten(5) { "--overwrite" } else { "--restore" };
                self.command("load", &["load", "rules.json", overwrite], true);
            }
            7 | 8 => {
                self.write_list();
                let mut import = vec!["import", "list.txt", "--list", "dnc", "--force"];
                let door = if self.random.of_ten(6) {
                    import.push("--replace");
                    "import --replace"
                } else {
                    "import"
                };
                self.command(door, &import, false);
            }
            9 => {
                if self.random.of_ten(4) {
                    self.command("lists remove", &["lists", "remove", "dnc"], true);
                } else {
                    self.command("import --resume", &["import", "list.txt", "--list", "dnc", "--resume"], false);
                }
            }
            10 => self.undo(&number, &rule),
            _ => self.request(&number, &rule).await,
        }
    }

    /// Runs a command, or kills it in the middle.
    fn command(&mut self, door: &'static str, arguments: &[&str], asks: bool) {
        let mut command = precall(self.folder.path());
        command.args(arguments).args(asks.then_some("--yes")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        if self.random.below(6) == 0 {
            std::thread::sleep(Duration::from_millis(self.random.below(120)));
            let _ = child.kill();
        }
        match child.wait().unwrap().code() {
            Some(0) => *self.made.entry(door).or_default() += 1,
            Some(_) => {}
            None => self.kills += 1,
        }
    }

    fn write_rules(&mut self) {
        let mut rules = Vec::new();
        for number in NUMBERS {
            let (rule, code) = (self.random.one(&RULES), (600 + self.random.below(90)).to_string());
            rules.push(
                serde_json::json!({ "number": number, "rule": rule, "status": "REJECT", "code": code, "to": "+1315555*" }),
            );
        }
        fs::write(self.folder.path().join("rules.json"), Value::from(rules).to_string()).unwrap();
    }

    fn write_list(&mut self) {
        let mut list = "201XXXXXXX\n3155550101\n".to_owned();
        for nth in 0..LISTED {
            if self.random.of_ten(7) {
                list += &format!("31555{nth:05}\n");
            }
        }
        fs::write(self.folder.path().join("list.txt"), list).unwrap();
    }

    /// Brings a rule back to a recorded instant.
    fn undo(&mut self, number: &str, rule: &str) {
        let count = self.recorded.len() as u64;
        if count > 0 {
            let at = self.recorded[usize::try_from(self.random.below(count)).unwrap()].at.to_string();
            self.command("undo", &["undo", "--number", number, "--rule", rule, "--to", &at], true);
        }
    }

    /// Changes an item as a program does, with types that no tool of precall writes. The server may be killed in the middle.
    async fn request(&mut self, number: &str, rule: &str) {
        let client = self.server.client();
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let key = Attributes::from([("number".to_owned(), key(number)), ("rule".to_owned(), key(rule))]);
        let table = "precall-rules";
        let kind = self.random.below(4);
        let value = self.random.below(100).to_string();
        let request = async move {
            match kind {
                0 => client.delete_item().table_name(table).set_key(Some(key)).send().await.is_ok(),
                1 => {
                    let update = client.update_item().table_name(table).set_key(Some(key));
                    let update = update.update_expression("SET x_a = :a, #status = :s REMOVE code");
                    let update = update.expression_attribute_names("#status", "status");
                    let update = update.expression_attribute_values(":s", AttributeValue::S("REJECT".to_owned()));
                    update.expression_attribute_values(":a", AttributeValue::N(value)).send().await.is_ok()
                }
                _ => {
                    let mut item = key;
                    item.extend(typed_values(&value));
                    client.put_item().table_name(table).set_item(Some(item)).send().await.is_ok()
                }
            }
        };
        if self.random.below(6) == 0 {
            let request = tokio::spawn(request);
            tokio::time::sleep(Duration::from_millis(self.random.below(8))).await;
            self.server.child.kill().unwrap();
            self.server.child.wait().unwrap();
            let _ = request.await;
            self.kills += 1;
            self.server = Server::start(self.folder.path(), &[], &[("PRECALL_AUTH", "none")]);
        } else if request.await {
            let door = ["DeleteItem", "UpdateItem", "PutItem", "PutItem"][usize::try_from(kind).unwrap()];
            *self.made.entry(door).or_default() += 1;
        }
    }

    /// Reads the table as it is.
    async fn table(&self) -> Table {
        let client = self.server.client();
        let mut pages = client.scan().table_name("precall-rules").consistent_read(true).into_paginator().items().send();
        let mut table = Table::new();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            let text = |name: &str| item[name].as_s().unwrap().clone();
            table.insert((text("number"), text("rule")), item);
        }
        table
    }

    /// Records the table at the end of this second.
    async fn record(&mut self) {
        let table = self.table().await;
        let printed = printed(&self.run(&["rules", "--format", "json"]));
        let at = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let next = at.as_millisecond() + 1_000 - Timestamp::now().as_millisecond();
        tokio::time::sleep(Duration::from_millis(u64::try_from(next).unwrap_or_default() + 5)).await;
        self.recorded.push(Recorded { at, table, printed });
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = run(self.folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        output
    }

    /// Compares the rules of every recorded instant, as the journal gives them, with the rules that were read then.
    fn compare_instants(&self) {
        for Recorded { at, printed: wanted, .. } in &self.recorded {
            let output = self.run(&["rules", "--format", "json", "--as-of", &at.to_string()]);
            let found = printed(&output);
            let differing: Vec<_> = found.symmetric_difference(wanted).take(5).collect();
            assert!(differing.is_empty(), "{at}: {differing:#?}\n{}", stderr(&output));
            assert!(!stderr(&output).contains("warning"), "{at}: {}", stderr(&output));
        }
    }

    /// Brings rules back to recorded instants, and compares the items with those of then.
    async fn compare_undos(&mut self, count: usize) {
        for _ in 0..count {
            let nth = usize::try_from(self.random.below(self.recorded.len() as u64)).unwrap();
            let at = self.recorded[nth].at.to_string();
            let key = self.any_key(nth).await;
            let wanted = self.recorded[nth].table.get(&key).map(without_bookkeeping);
            let undo = ["undo", "--number", &key.0, "--rule", &key.1, "--to", &at, "--yes"];
            let output = run(self.folder.path(), &undo);
            let said = format!("{undo:?}: {}{}", stdout(&output), stderr(&output));
            let found = self.table().await.get(&key).map(without_bookkeeping);
            assert_eq!(found, wanted, "{said}");
            // An item that there never was is an error.
            assert!(output.status.success() || wanted.is_none(), "{said}");
        }
    }

    /// Returns the key of an item of a recorded instant or of now: half of them of numbers of a list.
    async fn any_key(&mut self, nth: usize) -> (String, String) {
        let then = self.recorded[nth].table.keys().cloned();
        let keys: BTreeSet<_> = then.chain(self.table().await.into_keys()).collect();
        let is_own = |(_, rule): &(String, String)| RULES.contains(&rule.as_str());
        let wants_own = self.random.of_ten(5);
        let keys: Vec<_> = keys.iter().filter(|key| key.0 != "list" && is_own(key) == wants_own).collect();
        match keys.get(usize::try_from(self.random.below(keys.len().max(1) as u64)).unwrap()) {
            Some(key) => (*key).clone(),
            None => ("*".to_owned(), "r1".to_owned()),
        }
    }
}

/// Returns attributes of all types. Sets have an order of their own in each item.
fn typed_values(value: &str) -> Attributes {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    [
        ("status", text("REJECT")),
        ("code", AttributeValue::N("603".to_owned())),
        ("x_n", AttributeValue::N(format!("{value}.250"))),
        ("x_ss", AttributeValue::Ss(vec!["z".to_owned(), value.to_owned(), "a".to_owned()])),
        ("x_ns", AttributeValue::Ns(vec!["3".to_owned(), "-0.5".to_owned()])),
        ("x_bs", AttributeValue::Bs(vec![Blob::new([9, 0]), Blob::new([1])])),
        ("x_b", AttributeValue::B(Blob::new([0, 255, 7]))),
        ("x_m", AttributeValue::M(Attributes::from([("k".to_owned(), AttributeValue::Null(true))]))),
        ("x_l", AttributeValue::L(vec![AttributeValue::Bool(true), text("")])),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Returns the printed items without the bookkeeping of lists, and with sets in order.
fn printed(output: &Output) -> BTreeSet<String> {
    let line = |line: &str| {
        let mut item: Value = serde_json::from_str(line).unwrap();
        item.as_object_mut().unwrap().remove("list_file");
        for name in ["x_ss", "x_ns", "x_bs", "places"] {
            if let Some(Value::Array(values)) = item.get_mut(name) {
                values.sort_by_key(Value::to_string);
            }
        }
        item.to_string()
    };
    stdout(output).lines().map(line).collect()
}

/// Makes edits, and compares the past with what was read.
async fn live(steps: usize, seed: u64) {
    let began = Instant::now();
    println!("{STEPS}={steps} {SEED}={seed}");
    let mut past = Past::start(seed);
    past.record().await;
    for _ in 0..steps {
        past.edit().await;
        if past.random.of_ten(4) {
            past.record().await;
        }
    }
    past.record().await;
    println!("{:?}; {} kills, {} instants, {:?}", past.made, past.kills, past.recorded.len(), began.elapsed());
    past.compare_instants();
    println!("{:?}", began.elapsed());
    past.compare_undos(steps / 3).await;
    println!("{:?}", began.elapsed());
    // The undos were edits too.
    past.compare_instants();
    println!("{:?}", began.elapsed());
    assert!(past.kills > 0 && past.made.len() > steps.min(60) / 6, "{:?}, {} kills", past.made, past.kills);
}

/// A longer run: `PRECALL_TEST_PAST_STEPS=500 PRECALL_TEST_PAST_SEED=7 cargo nextest run -p precall-cli --test past`.
#[tokio::test(flavor = "multi_thread")]
async fn the_journal_gives_the_table_of_every_instant_and_undo_each_item() {
    let variable = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let steps = variable(STEPS).map_or(SHORT.0, |steps| usize::try_from(steps).unwrap());
    live(steps, variable(SEED).unwrap_or(SHORT.1)).await;
}
