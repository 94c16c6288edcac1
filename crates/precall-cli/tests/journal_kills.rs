//! Commands that are killed with SIGKILL at many instants: the database opens, the journal has each change once and leads to the
//! table, and the command can be repeated.
//!
//! `PRECALL_KILL_ROUNDS` is the number of kills of each command. With it, lists have thousands of numbers.

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
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use support::{Server, precall, run, stderr, stdout};
use tempfile::TempDir;

/// Kills of each command in an ordinary run of the tests.
const ROUNDS: u64 = 4;

/// The attributes that are not a part of a rule, or differ in each run.
const OTHER: [&str; 3] = ["changed", "list_file", "copied"];

/// Numbers that look random, and are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A database before a command, and the command.
struct Killed {
    template: TempDir,
    command: Vec<String>,
    /// The list of the command, if it is about one.
    list: Option<&'static str>,
    /// A second before the command and after all that prepared the database, and the next second.
    before: String,
    from: String,
}

/// Items by their keys, without the attributes that are not a part of a rule.
type Items = BTreeMap<(String, String), Map<String, Value>>;

fn key(object: &Value) -> (String, String) {
    let text = |name: &str| object[name].as_str().unwrap_or_else(|| panic!("{object}")).to_owned();
    (text("number"), text("rule"))
}

fn plain(item: &Value) -> Map<String, Value> {
    let mut item = item.as_object().unwrap().clone();
    item.retain(|name, _| !OTHER.contains(&name.as_str()));
    item
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// Runs a command that has to succeed, without a warning of the journal.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    assert!(!stderr(&output).contains("missing"), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn items(folder: &Path, more: &[&str]) -> Items {
    let text = done(folder, &[&["rules", "--format", "json"], more].concat());
    lines(&text).iter().map(|item| (key(item), plain(item))).collect()
}

/// Fails with the first item that differs. There are thousands.
fn assert_same(one: &Items, other: &Items, text: &str) {
    for key in one.keys().chain(other.keys()) {
        assert_eq!(one.get(key), other.get(key), "{text}: {key:?}");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Kills a process after a time, or after its database has grown this many times.
enum Moment {
    After(Duration),
    Growths(u64),
}

impl Killed {
    fn new(template: TempDir, command: &[&str], list: Option<&'static str>) -> Self {
        let before = jiff::Timestamp::now().as_second();
        // The journal has whole seconds.
        thread::sleep(Duration::from_millis(1_100));
        let [before, from] = [before, before + 1].map(|at| jiff::Timestamp::from_second(at).unwrap().to_string());
        let command = command.iter().map(|&argument| argument.to_owned()).collect();
        Self { template, command, list, before, from }
    }

    fn arguments(&self) -> Vec<&str> {
        self.command.iter().map(String::as_str).collect()
    }

    fn fresh(&self) -> TempDir {
        let folder = TempDir::new().unwrap();
        copy(self.template.path(), folder.path());
        folder
    }

    /// Returns the changes since the beginning of the command, in their order, except those of bookkeeping partitions.
    fn history(&self, folder: &Path) -> Vec<Value> {
        let mut entries = BTreeMap::new();
        let mut read = |more: &[&str]| {
            let mut ids = BTreeSet::new();
            let text = done(folder, &[&["history", "--format", "json", "--from", &self.from], more].concat());
            for entry in lines(&text) {
                let id = entry["entry"].as_str().unwrap().to_owned();
                assert!(ids.insert(id.clone()), "{id} is there twice");
                // The ids have the same number of digits.
                entries.insert(id, entry);
            }
        };
        read(&[]);
        if let Some(list) = self.list {
            // An import that is killed before its first write leaves no list.
            if stdout(&run(folder, &["lists", "--json"])).contains(list) {
                read(&["--list", list, "--all"]);
            }
            read(&["--number", "*"]);
        }
        let mut entries: Vec<Value> = entries.into_values().collect();
        entries.retain(|entry| !["list", "proposal"].contains(&entry["number"].as_str().unwrap()));
        entries
    }

    /// Checks that the journal leads from the items before the command to those in the table, and that the past is as it was.
    /// Returns the items, and the number of changes of each.
    fn check(&self, folder: &Path, initial: &Items) -> (Items, BTreeMap<(String, String), usize>) {
        let now = items(folder, &[]);
        let mut state = initial.clone();
        let mut counts = BTreeMap::new();
        for entry in self.history(folder) {
            let key = key(&entry);
            *counts.entry(key.clone()).or_default() += 1;
            let before = state.get(&key).cloned();
            let recorded = (!entry["before"].is_null()).then(|| plain(&entry["before"]));
            assert_eq!(recorded, before, "a change of {key:?} is missing, or is there twice");
            match &entry["after"] {
                Value::Null => state.remove(&key),
                after => state.insert(key, plain(after)),
            };
        }
        assert_same(&state, &now, "the journal does not lead to the table");
        assert_same(&items(folder, &["--as-of", &self.before]), initial, "the rules before the command");
        (now, counts)
    }

    fn kill(&self, folder: &Path, moment: &Moment) -> String {
        let mut command = precall(folder);
        let mut child = command.args(&self.command).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        match *moment {
            Moment::After(delay) => thread::sleep(delay),
            Moment::Growths(wanted) => {
                let log = folder.join(".precall/rules.db-wal");
                let (mut size, mut growths) = (0, 0);
                while growths < wanted && child.try_wait().unwrap().is_none() {
                    let now = fs::metadata(&log).map_or(0, |log| log.len());
                    growths += u64::from(now != size);
                    size = now;
                    thread::sleep(Duration::from_micros(200));
                }
            }
        }
        // It may have ended already.
        let _ = child.kill();
        child.wait().unwrap();
        let mut printed = String::new();
        child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        printed
    }

    /// Kills the command at many instants. `may_fail` are texts of a repeated command that has nothing to do any more. `after_kill`
    /// checks the items after a kill, with those before and after the whole command, and what the command had printed.
    fn survive(&self, may_fail: &str, after_kill: impl Fn(&Items, &Items, &Items, &str)) {
        let initial = items(self.template.path(), &[]);
        let whole = self.fresh();
        let began = Instant::now();
        let output = run(whole.path(), &self.arguments());
        let time = began.elapsed();
        assert!(output.status.success(), "{}", stderr(&output));
        let (finished, expected_counts) = self.check(whole.path(), &initial);
        assert_ne!(finished, initial, "the command does something");
        let rounds = chosen_rounds().unwrap_or(ROUNDS);
        let mut random = Random(20_261_128);
        let mut states = BTreeSet::new();
        for round in 0..rounds {
            let moment = if round % 2 == 0 {
                Moment::Growths(1 + random.below(12))
            } else {
                Moment::After(time * u32::try_from(random.below(110)).unwrap() / 100)
            };
            let folder = self.fresh();
            let printed = self.kill(folder.path(), &moment);
            let (killed, _) = self.check(folder.path(), &initial);
            after_kill(&initial, &killed, &finished, &printed);
            states.insert(format!("{killed:?}"));
            // The person repeats the command until it has ended well.
            let repeated = run(folder.path(), &self.arguments());
            let said = format!("{}{}", stdout(&repeated), stderr(&repeated));
            let is_done = !may_fail.is_empty() && said.contains(may_fail);
            assert!(repeated.status.success() || is_done, "round {round}: {said}");
            let (now, counts) = self.check(folder.path(), &initial);
            assert_same(&now, &finished, "after the repeated command");
            let other = counts.iter().find(|(key, count)| expected_counts.get(*key) != Some(*count));
            assert_eq!(other, None, "round {round}: changes that the command alone does not make");
        }
        eprintln!("{} states of the table after {rounds} kills; the command takes {time:?}", states.len());
    }
}

fn chosen_rounds() -> Option<u64> {
    std::env::var("PRECALL_KILL_ROUNDS").ok().map(|rounds| rounds.parse().expect("a number of kills"))
}

/// Each item is as before the command or as after it.
fn each_is_old_or_new(initial: &Items, killed: &Items, finished: &Items, _: &str) {
    for key in initial.keys().chain(finished.keys()).chain(killed.keys()) {
        let item = killed.get(key);
        assert!(item == initial.get(key) || item == finished.get(key), "{key:?}: {item:?}");
    }
}

/// The table is as before the command or as after it.
fn all_or_nothing(initial: &Items, killed: &Items, finished: &Items, _: &str) {
    assert!(killed == initial || killed == finished, "a part of the change was made");
}

/// A folder with some rules, and the files of lists and rules.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let list = |numbers: std::ops::Range<u32>| -> String { numbers.map(|nth| format!("315556{nth:04}\n")).collect() };
    fs::write(path.join("first.txt"), list(0..600)).unwrap();
    // An import writes 5,000 entries in a transaction, and removes 100.
    let last = if chosen_rounds().is_some() { 5_400 } else { 800 };
    fs::write(path.join("second.txt"), list(300..last)).unwrap();
    let rule = |nth: u32, code: &str| {
        format!(r#"{{"number": "+1315555{nth:04}", "rule": "dnc", "status": "REJECT", "code": "{code}"}}"#)
    };
    let file = |code: &str| (0..12).map(|nth| rule(nth, code) + "\n").collect::<String>();
    fs::write(path.join("old.jsonl"), file("603")).unwrap();
    fs::write(path.join("new.jsonl"), file("480")).unwrap();
    done(path, &["put", "number=+13155550101", "rule=dnc", "status=REJECT", "--yes"]);
    folder
}

#[test]
fn a_killed_put_is_made_or_not() {
    let put = ["put", "number=+13155550101", "rule=dnc", "status=REJECT", "code=480", "--yes"];
    Killed::new(folder(), &put, None).survive("", all_or_nothing);
}

#[test]
fn a_killed_remove_is_made_or_not() {
    let remove = ["remove", "--number", "+13155550101", "--rule", "dnc", "--yes"];
    Killed::new(folder(), &remove, None).survive("no rule", all_or_nothing);
}

#[test]
fn a_killed_load_has_written_whole_rules_and_each_one_that_it_printed() {
    let folder = folder();
    done(folder.path(), &["load", "old.jsonl", "--yes"]);
    let load = Killed::new(folder, &["load", "new.jsonl", "--yes"], None);
    load.survive("", |initial, killed, finished, printed| {
        each_is_old_or_new(initial, killed, finished, printed);
        let written = printed.lines().filter_map(|line| line.split_once("  dnc").map(|(number, _)| number.trim()));
        for number in written.filter(|number| number.starts_with('+')) {
            let key = (number.to_owned(), "dnc".to_owned());
            assert_eq!(killed.get(&key), finished.get(&key), "{number} was printed: {printed}");
        }
    });
}

#[test]
fn a_killed_undo_is_made_or_not() {
    let folder = folder();
    done(folder.path(), &["set", "--number", "+13155550101", "--rule", "dnc", "code=480", "--yes"]);
    let history = done(folder.path(), &["history", "--number", "+13155550101", "--format", "json"]);
    let entry = lines(&history)[0]["entry"].as_str().unwrap().to_owned();
    Killed::new(folder, &["undo", &entry, "--yes"], None).survive("", all_or_nothing);
}

#[test]
fn a_killed_undo_of_a_new_rule_is_made_or_not() {
    let folder = folder();
    let history = done(folder.path(), &["history", "--number", "+13155550101", "--format", "json"]);
    let entry = lines(&history)[0]["entry"].as_str().unwrap().to_owned();
    Killed::new(folder, &["undo", &entry, "--yes"], None).survive("", all_or_nothing);
}

#[test]
fn a_killed_approval_is_made_or_not() {
    let folder = folder();
    let id = propose_as_another(folder.path());
    let approve = Killed::new(folder, &["approve", &id, "--yes"], None);
    approve.survive("no proposal", all_or_nothing);
}

#[test]
fn a_killed_import_has_whole_entries() {
    let import = ["import", "first.txt", "--list", "own"];
    Killed::new(folder(), &import, Some("own")).survive("", each_is_old_or_new);
}

#[test]
fn a_killed_replacement_keeps_every_number_that_both_copies_have() {
    let folder = folder();
    done(folder.path(), &["import", "first.txt", "--list", "own"]);
    let replace = ["import", "second.txt", "--list", "own", "--replace", "--force"];
    Killed::new(folder, &replace, Some("own")).survive("", |initial, killed, finished, printed| {
        each_is_old_or_new(initial, killed, finished, printed);
        // New numbers are there before an old one is removed.
        let is_new = |key: &&(String, String)| !initial.contains_key(*key);
        let is_one_removed = initial.keys().any(|key| !killed.contains_key(key));
        assert!(!is_one_removed || finished.keys().filter(is_new).all(|key| killed.contains_key(key)));
    });
}

/// Proposes a rule as another person, and returns the id of the proposal.
fn propose_as_another(folder: &Path) -> String {
    let mut server = Server::start(folder, &[], &[("PRECALL_AUTH", "none")]);
    let mut propose = precall(folder);
    propose.args(["propose", "number=*", "rule=night", "status=REJECT", "--yes", "--because", "late calls"]);
    propose.args(["--dynamodb", "aws", "--region", "us-east-1"]).envs([
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", server.dynamodb)),
        ("AWS_ENDPOINT_URL_STS", identity_of_anna()),
        ("AWS_ACCESS_KEY_ID", "AKIA0123456789ABCDEF".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
    ]);
    let output = propose.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    server.signal("-TERM");
    server.wait();
    let said = stdout(&output);
    let (_, rest) = said.split_once("\nproposal ").unwrap_or_else(|| panic!("{said}"));
    rest.split(' ').next().unwrap().to_owned()
}

/// Starts an STS that takes everybody for Anna, and returns its address.
fn identity_of_anna() -> String {
    const ANSWER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/Operator/anna\
                          </Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n", ANSWER.len());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{ANSWER}").as_bytes());
        }
    });
    address
}
