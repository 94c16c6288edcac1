//! Lists: `precall import`, `precall lists` and `precall export-table`, run as an operator runs them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::write::GzEncoder;
use precall_hook::store::TableSchema;
use precall_test::dynamodb::create_table;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Server, client, precall, run, stderr, stdout};

/// Returns an item as `number rule status`, without the attributes that depend on the file's bytes.
fn brief(item: &std::collections::HashMap<String, AttributeValue>) -> String {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    format!("{} {} {}", text("number"), text("rule"), text("status"))
}

async fn scan(client: &Client) -> BTreeMap<String, std::collections::HashMap<String, AttributeValue>> {
    let mut pages = client.scan().table_name("precall-rules").into_paginator().items().send();
    let mut items = BTreeMap::new();
    while let Some(item) = pages.next().await {
        let item = item.unwrap();
        let is_notice = item["rule"].as_s().unwrap().starts_with("list:") && item.contains_key("sha256");
        if item["number"].as_s().unwrap() != "list" && !is_notice {
            items.insert(brief(&item), item);
        }
    }
    items
}

/// Returns the items of a folder's table, read through a server on it.
async fn items(folder: &Path) -> BTreeMap<String, std::collections::HashMap<String, AttributeValue>> {
    let server = Server::start(folder, &[], &[("PRECALL_AUTH", "none")]);
    scan(&server.client()).await
}

/// Returns the output of a command without the parts that differ between runs.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    // The data have a date.
    for line in text.lines().filter(|line| !line.starts_with("hours ")) {
        // It covers the notices of lists, which have the time of their file.
        if line.starts_with("revision ") {
            steady += "revision  (revision)\n";
            continue;
        }
        match line.split_once("; ").filter(|(_, rest)| rest.ends_with(" per second")) {
            Some((did, _)) => steady += &format!("{did}; (time)\n"),
            None => steady += &format!("{line}\n"),
        }
    }
    steady
}

fn session(output: &Output) -> String {
    let status = output.status.code().unwrap();
    steady(&format!("{}{}[exit status {status}]\n", stderr(output), stdout(output)))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    file.write_all(bytes).unwrap();
    file.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Name, contents, further arguments, the numbers on the list and how many lines are rejected.
type Case = (&'static str, Vec<u8>, &'static [&'static str], &'static [&'static str], u64);

#[tokio::test]
async fn every_form_of_a_file_is_read() {
    const BOTH: &[&str] = &["+13155550101", "+13155550102"];
    let registry = b"315,5550101\r\n315,5550102\r\n";
    let xml = br#"<?xml version="1.0"?><list type="full" count="5550199"><ac val="315"><ph val="5550101"/><ph val="5550102"/></ac></list>"#;
    let nested = b"<dnc><record><npa>315</npa><number>5550101</number></record><record><number>3155550102</number></record></dnc>";
    let cases: Vec<Case> = vec![
        ("numbers.txt", b"3155550101\n+1 (315) 555-0102\n\n# a remark\n".to_vec(), &[], BOTH, 0),
        ("crlf.txt", b"\xef\xbb\xbf13155550101\r\n'3155550102\r\n".to_vec(), &[], BOTH, 0),
        ("no-last-newline.txt", b"3155550101\n3155550102".to_vec(), &[], BOTH, 0),
        ("header.txt", b"Phone Number\n3155550101\n3155550102\n".to_vec(), &[], BOTH, 0),
        ("header.csv", b"name,phone,zip\nA,3155550101,13501\nB,(315) 555-0102,13440\n".to_vec(), &[], BOTH, 0),
        ("none.csv", b"A,3155550101,13501\nB,315-555-0102,13440\n".to_vec(), &[], BOTH, 0),
        ("unknown-header.csv", b"who,whom\nA,3155550101\nB,3155550102\n".to_vec(), &[], BOTH, 0),
        ("semicolons.csv", b"a;\"3155550101\"\nb;\"3155550102\"\n".to_vec(), &[], BOTH, 0),
        ("tabs.tsv", b"phone\tx\n3155550101\t1\n3155550102\t2\n".to_vec(), &[], BOTH, 0),
        ("quoted.csv", b"phone,note\n3155550101,\"two\nlines, \"\"quoted\"\"\"\n3155550102,x\n".to_vec(), &[], BOTH, 0),
        (
            "stray-quote.csv",
            [&b"phone,note\n3155550101,5\" pipe\n"[..], &b"3155550102,x\n".repeat(30)].concat(),
            &[],
            BOTH,
            0,
        ),
        ("named.csv", b"home phone,mobile\n2125550199,3155550101\n2125550199,3155550102\n".to_vec(), &["--column", "Mobile"], BOTH, 0),
        ("nth.csv", b"2125550199,3155550101\n2125550199,3155550102\n".to_vec(), &["--column", "2"], BOTH, 0),
        ("bad.csv", b"phone\n3155550101\n315555010\nnobody\n911\n+131555501020\n3155550102\n".to_vec(), &[], BOTH, 4),
        ("registry.txt", registry.to_vec(), &[], BOTH, 0),
        ("registry.txt.gz", gzip(registry), &[], BOTH, 0),
        ("two.gz", [gzip(b"3155550101\n"), gzip(b"3155550102\n")].concat(), &[], BOTH, 0),
        ("registry.zip", zip(&[("315.txt", registry)]), &[], BOTH, 0),
        (
            "several.zip",
            zip(&[("__MACOSX/._a", b"\0\0"), ("a.txt", b"315,5550101\n"), (".DS_Store", b"x"), ("b.xml", b"<l><p>3155550102</p></l>")]),
            &[],
            BOTH,
            0,
        ),
        ("registry.xml", xml.to_vec(), &[], BOTH, 0),
        ("nested.xml", nested.to_vec(), &[], BOTH, 0),
        ("changes.xml", br#"<c><add><ph>3155550101</ph><ph>3155550102</ph><ph>3155550103</ph></add><delete><ph>3155550103</ph></delete></c>"#.to_vec(), &[], BOTH, 0),
        ("changes.csv", b"phone,action\n3155550101,A\n3155550103,A\n3155550102,add\n3155550103,D\n".to_vec(), &[], BOTH, 0),
        ("changes.txt", b"315,5550101,A,20261101\n315,5550103,A,20261101\n315,5550103,D,20261102\n315,5550102,A,20261102\n".to_vec(), &[], BOTH, 0),
        // A column of letters does not make a list of changes.
        ("grades.csv", b"phone,name,grade\n3155550101,X,A\n3155550102,Y,D\n".to_vec(), &[], BOTH, 0),
        ("array.json", b"[\"3155550101\", 3155550102]".to_vec(), &[], BOTH, 0),
        ("items.json", br#"[{"number":"+13155550101","rule":"theirs"},{"number":{"S":"3155550102"}}]"#.to_vec(), &[], BOTH, 0),
        ("scan.json", br#"{"Count":2,"Items":[{"number":{"S":"+13155550101"},"rule":{"S":"x"}},{"number":{"S":"+13155550102"}}],"ScannedCount":2}"#.to_vec(), &[], BOTH, 0),
        ("export.json.gz", gzip(b"{\"Item\":{\"number\":{\"S\":\"+13155550101\"}}}\n{\"Item\":{\"number\":{\"S\":\"+13155550102\"}}}\n"), &[], BOTH, 0),
        ("lines.jsonl", b"{\"number\":\"3155550101\"}\n{broken\n{\"phone\":\"3155550102\",\"vip\":true}\n7\n[]\n".to_vec(), &[], BOTH, 3),
        ("pretty.json", b"{\n  \"number\": \"3155550101\"\n}\n{\n  \"number\": \"3155550102\"\n}\n".to_vec(), &[], BOTH, 0),
    ];
    for (name, bytes, arguments, numbers, rejected) in cases {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = run(folder.path(), &[&["import", name, "--list", "dnc"], arguments].concat());
        assert_eq!(output.status.code(), Some(i32::from(rejected > 0)), "{name}: {}", session(&output));
        let found: Vec<String> = items(folder.path()).await.into_keys().collect();
        let expected: Vec<String> = numbers.iter().map(|number| format!("{number} dnc REJECT")).collect();
        assert_eq!(found, expected, "{name}: {}", session(&output));
        let rejects = fs::read_to_string(folder.path().join(format!("{name}.rejects"))).unwrap_or_default();
        assert_eq!(support::reasons(&rejects).len() as u64, rejected, "{name}: {rejects}");
    }
}

#[test]
fn a_file_that_cannot_be_read_changes_nothing_and_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    for (name, bytes, arguments, wanted) in [
        ("a.csv", &b"home,work\nx,y\n"[..], &[][..], "no column looks like telephone numbers; name one with --column"),
        (
            "b.csv",
            b"phone,mobile\n3155550101,3155550102\n",
            &[],
            "columns \"phone\" (3155550101) and \"mobile\" (3155550102) have telephone numbers; choose one with --column \"phone\", \
             take several with --column \"phone,mobile\", or all of them with --all-phone-columns",
        ),
        ("c.csv", b"3155550101,3155550102\n", &[], "columns 1 (3155550101) and 2 (3155550102) have telephone numbers"),
        ("d.csv", b"phone,x\n3155550101,1\n", &["--column", "tel"], "no column \"tel\"; there are: phone, x"),
        ("f.json", b"[1, 2", &[], "not JSON after entry 2"),
        (
            "twice.json",
            br#"[{"number": "3155550101", "status": "REJECT", "status": "PROCEED"}]"#,
            &[],
            "`status` is there twice; keep one",
        ),
        ("g.zip", b"PK\x03\x04broken", &[], "g.zip: "),
        ("h.txt.gz", b"\x1f\x8bbroken", &[], "h.txt.gz: "),
        ("i.xml", b"<a><b>3155550101</a>", &[], "not XML at byte"),
        ("j.csv", b"phone,x\n3155550101,1\n", &["--format", "changes"], "no column marks the numbers as added (A)"),
        (
            "k.csv",
            b"phone,action\n3155550101,D\n",
            &["--replace"],
            "this is a list of changes, not the whole list; leave --replace out",
        ),
        ("l.txt", b"3155550101\n", &["--status", "MAYBE"], "the hook could not read rules with these options"),
        (
            "n.txt",
            b"3155550101\n",
            &["--resume", "--list", "other"],
            "there is no import of list other to resume; begin without --resume",
        ),
        ("missing.txt", b"", &[], "there is no file missing.txt; check its name and folder"),
    ] {
        if name != "missing.txt" {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let list = if arguments.contains(&"--list") { &[][..] } else { &["--list", "dnc"] };
        let output = run(folder.path(), &[&["import", name], list, arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{name}: {}", session(&output));
        assert!(stderr(&output).contains(wanted), "{name}: {wanted}: {}", session(&output));
    }
    // A broken text is found while it is read, after the record was written. All other files leave no record.
    let lists = stdout(&run(folder.path(), &["lists", "--json"]));
    assert!(lists.lines().count() <= 1, "{lists}");
    for (arguments, wanted) in [
        (&["import", "l.txt"][..], "--list <NAME>"),
        (
            &["import", "l.txt", "--list", "a:b"],
            "the name of a list has 1 to 64 letters, digits, `.`, `_` and `-`; write",
        ),
        (&["import", "l.txt", "--list", "x", "--expires", "31"], "not a length of time; write for example 31d"),
        (&["import", "l.txt", "--list", "x", "--expires=-1d"], "not above 0; write for example 31d"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{}", session(&output));
        assert!(stderr(&output).contains(wanted), "{}", session(&output));
    }
}

/// The output for the operator, from the first import to the next copy.
#[test]
fn a_session_with_a_list() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.csv"), "name,phone\nA,315-555-0101\nB,nobody\nC,202XXXXXXX\nD,\n").unwrap();
    fs::write(folder.path().join("new.csv"), "name,phone\nA,315-555-0101\nE,315-555-0105\n").unwrap();
    let mut said = String::new();
    for arguments in [
        &["lists"][..],
        &["import", "dnc.csv", "--list", "dnc"],
        &["import", "dnc.csv", "--list", "dnc"],
        &["import", "new.csv", "--list", "dnc", "--replace", "--reason", "Asked us not to call"],
        &["check", "--to", "+13155550105", "--at", "2026-12-01T15:00:00Z"],
        &["check", "--to", "+12025550199", "--at", "2026-12-01T15:00:00Z"],
        &["lists", "--count"],
    ] {
        said += &format!("$ precall {}\n{}\n", arguments.join(" "), session(&run(folder.path(), arguments)));
    }
    said += &format!("$ cat dnc.csv.rejects\n{}", fs::read_to_string(folder.path().join("dnc.csv.rejects")).unwrap());
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    insta::assert_snapshot!(said.replace(&today, "(today)").replace(folder.path().to_str().unwrap(), "(folder)"));
}

#[tokio::test]
async fn items_are_as_the_options_say_and_a_second_run_changes_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), "3155550101\n201XXXXXXX\n").unwrap();
    let import = |more: &[&str]| {
        let arguments = [
            &["import", "a.txt", "--list", "own", "--side", "from", "--code", "480", "--reason", "Not ours"][..],
            &["--priority", "7", "--copied", "2026-11-01T00:00:00Z", "--forget-after", "90d"],
            more,
        ];
        let output = run(folder.path(), &arguments.concat());
        assert!(output.status.success(), "{}", session(&output));
        stdout(&output)
    };
    import(&[]);
    let first = items(folder.path()).await;
    let exact = &first["+13155550101 own REJECT"];
    for (name, value) in [("code", "480"), ("reason", "Not ours"), ("side", "from")] {
        assert_eq!(exact[name], AttributeValue::S(value.to_owned()));
    }
    assert_eq!(exact["priority"], AttributeValue::N("7".to_owned()));
    assert_eq!(exact["expires_at"], AttributeValue::N("1801267200".to_owned()), "2027-01-30");
    assert_eq!(first["* own:+1201* REJECT"]["from"], AttributeValue::S("+1201*".to_owned()));
    // Under `*`, `side` would make the item invalid, and the area code would block nothing.
    assert!(!first["* own:+1201* REJECT"].contains_key("side"));

    assert!(import(&[]).contains("is already imported"));
    assert!(import(&["--force"]).contains("2 written"));
    assert_eq!(items(folder.path()).await, first);
}

/// Kills an import several times; each time it is resumed, and in the end the table has exactly the file.
#[tokio::test]
async fn an_import_that_is_killed_can_be_resumed() {
    const NUMBERS: u32 = 60_000;
    let folder = TempDir::new().unwrap();
    let mut text = String::new();
    let mut expected = BTreeSet::new();
    let mut bad = 0;
    for number in 0..NUMBERS {
        if number % 997 == 0 {
            text += &format!("bad {number}\n");
            bad += 1;
        } else {
            // Some twice, far apart.
            let number = if number % 100 == 99 { number - 50_000 % (number + 1) } else { number };
            text += &format!("201555{number:05}\n");
        }
    }
    for line in text.lines().filter(|line| !line.starts_with("bad")) {
        // Eleven digits that do not begin with 1 are not a number of the NANP.
        expected.insert(format!("+{line} dnc REJECT"));
    }
    fs::write(folder.path().join("dnc.txt"), &text).unwrap();
    let mut kills = 0;
    let mut first = true;
    loop {
        let mut command = precall(folder.path());
        command.args(["import", "dnc.txt", "--list", "dnc"]).stdout(Stdio::null()).stderr(Stdio::null());
        if !first {
            command.arg("--resume");
        }
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        // Later each time, so that the import ends on any machine.
        let life = Duration::from_millis(60 + 100 * kills);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if began.elapsed() > life => break None,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        match status {
            Some(status) if status.code() == Some(1) && first => panic!("it does not begin"),
            Some(status) => {
                assert_eq!(status.code(), Some(1), "lines were rejected");
                break;
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                let lists = stdout(&run(folder.path(), &["lists", "--json"]));
                first = lists.is_empty();
            }
        }
    }
    assert!(kills >= 2, "it was killed {kills} times");
    let found: BTreeSet<String> = items(folder.path()).await.into_keys().collect();
    assert_eq!(found.len(), expected.len());
    assert!(found == expected);
    let rejects = fs::read_to_string(folder.path().join("dnc.txt.rejects")).unwrap();
    let reasons = support::reasons(&rejects);
    let numbers: BTreeSet<&str> = reasons.iter().map(|reason| reason.split(':').next().unwrap()).collect();
    assert_eq!((reasons.len(), numbers.len()), (bad, bad), "each bad line once");
}

#[test]
fn an_import_is_resumed_only_with_its_file_and_options() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), "3155550101\n").unwrap();
    fs::write(folder.path().join("b.txt"), "3155550102\n3155550103\n").unwrap();
    fs::write(folder.path().join("broken.json"), "[3155550101, 3155550102").unwrap();
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        stderr(&output)
    };
    let said = refused(&["import", "broken.json", "--list", "dnc"]);
    assert!(
        said.contains("the import of list dnc is unfinished; remove the cause, then continue with --resume"),
        "{said}"
    );
    let said = refused(&["import", "b.txt", "--list", "dnc", "--resume"]);
    assert!(said.contains("was begun from broken.json (SHA-256"), "{said}");
    let said = refused(&["import", "broken.json", "--list", "dnc", "--resume", "--code", "480"]);
    assert!(said.contains("was begun with other options"), "{said}");
    let lists = run(folder.path(), &["lists"]);
    assert_eq!(lists.status.code(), Some(1));
    assert!(stdout(&lists).contains("unfinished"), "{}", stdout(&lists));

    let output = run(folder.path(), &["import", "b.txt", "--list", "dnc"]);
    assert!(output.status.success() && stderr(&output).contains("beginning again"), "{}", session(&output));
    let said = refused(&["import", "a.txt", "--list", "dnc", "--resume"]);
    assert!(said.contains("list dnc is complete"), "{said}");
}

#[tokio::test]
async fn a_replaced_list_is_exactly_the_file_and_no_number_is_ever_unlisted() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let file = |name: &str, numbers: std::ops::Range<u32>| {
        let text: String = numbers.map(|number| format!("2015{number:06}\n")).collect();
        fs::write(folder.path().join(name), text).unwrap();
    };
    file("old.txt", 0..20_000);
    file("new.txt", 6_000..26_000);
    fs::write(folder.path().join("area.txt"), "202XXXXXXX\n").unwrap();
    fs::write(folder.path().join("other.txt"), "2015000001\n").unwrap();
    for (name, list) in [("old.txt", "dnc"), ("area.txt", "dnc"), ("other.txt", "own")] {
        let output = run(folder.path(), &["import", name, "--list", list]);
        assert!(output.status.success(), "{}", session(&output));
    }

    // A number in both files, which calls are decided about all the time.
    let mut import = precall(folder.path())
        .args(["import", "new.txt", "--list", "dnc", "--replace"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut asked = 0;
    let status = loop {
        let (_, body) = server.ask("POST", "?to=%2B12015010000");
        assert_eq!(body, r#"{"status":"REJECT","code":"603","reason":"On list dnc"}"#, "asked {asked} times");
        asked += 1;
        if let Some(status) = import.try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success() && asked > 3, "{status}, asked {asked} times");
    let found: Vec<String> = scan(&server.client()).await.into_keys().collect();
    let mut expected: Vec<String> = (6_000..26_000).map(|number| format!("+12015{number:06} dnc REJECT")).collect();
    expected.push("+12015000001 own REJECT".to_owned());
    expected.sort();
    assert!(found == expected, "{} items, not {}", found.len(), expected.len());
}

#[test]
fn a_wrong_file_does_not_empty_a_list() {
    let folder = TempDir::new().unwrap();
    let text: String = (0..100).map(|number| format!("2015550{number:03}\n")).collect();
    fs::write(folder.path().join("good.txt"), text).unwrap();
    fs::write(folder.path().join("short.txt"), "2015550001\n").unwrap();
    fs::write(folder.path().join("empty.txt"), "").unwrap();
    fs::write(folder.path().join("wrong.txt"), "a\nb\n2015550001\n").unwrap();
    assert!(run(folder.path(), &["import", "good.txt", "--list", "dnc", "--replace"]).status.success());
    for name in ["short.txt", "empty.txt", "wrong.txt"] {
        let output = run(folder.path(), &["import", name, "--list", "dnc", "--replace"]);
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        assert!(stderr(&output).contains("nothing was removed from list"), "{}", session(&output));
        let (_, count) = listed(folder.path());
        assert_eq!(count, 100, "{name}");
    }
    // The operator confirms that the file is right.
    let output = run(folder.path(), &["import", "wrong.txt", "--list", "dnc", "--replace", "--resume", "--force"]);
    assert_eq!(output.status.code(), Some(1), "lines were rejected: {}", session(&output));
    assert_eq!(listed(folder.path()), ("fine".to_owned(), 1));
}

/// Returns a list's status, and the number of its items.
fn listed(folder: &Path) -> (String, u64) {
    let output = run(folder, &["lists", "--json", "--count"]);
    let list: Value = serde_json::from_str(stdout(&output).lines().next().unwrap()).unwrap();
    (list["standing"].as_str().unwrap().to_owned(), list["items"].as_u64().unwrap())
}

#[test]
fn a_list_is_due_when_its_copy_is_old() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let days_ago = |days: i64| (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days + 1)).to_string();
    for (days, standing, status) in [
        (0, "fine", 0),
        (24, "fine", 0),
        (25, "due soon", 0),
        (30, "due soon", 0),
        (31, "overdue", 1),
        (400, "overdue", 1),
    ] {
        let copied = days_ago(days);
        let import =
            run(folder.path(), &["import", "dnc.txt", "--list", "dnc", "--expires", "31d", "--copied", &copied]);
        assert!(import.status.success(), "{}", session(&import));
        let lists = run(folder.path(), &["lists"]);
        assert_eq!(lists.status.code(), Some(status), "{}", stdout(&lists));
        assert!(stdout(&lists).contains(standing), "{days}: {}", stdout(&lists));
    }
    // The numbers stay on the list.
    let check = run(folder.path(), &["check", "--to", "+13155550101"]);
    assert!(stdout(&check).contains("REJECT 603"), "{}", stdout(&check));
    // A few more numbers do not make the rest newer.
    fs::write(folder.path().join("more.txt"), "3155550102\n").unwrap();
    assert!(run(folder.path(), &["import", "more.txt", "--list", "dnc"]).status.success());
    assert!(stdout(&run(folder.path(), &["lists"])).contains("overdue"));
}

#[test]
fn an_export_has_what_an_import_writes() {
    let folder = TempDir::new().unwrap();
    let text: String = (0..12_000).map(|number| format!("2015{number:06}\n")).collect();
    fs::write(folder.path().join("a.txt"), text + "nobody\n").unwrap();
    fs::write(folder.path().join("b.txt"), "202XXXXXXX\n").unwrap();
    fs::write(folder.path().join("rules.json"), r#"[{"number":"+13155550101","rule":"own","status":"REJECT"}]"#)
        .unwrap();
    let export =
        ["export-table", "a.txt", "b.txt", "--list", "dnc", "--with", "rules.json", "--out", "out", "--part-size", "1"];
    let output = run(folder.path(), &export);
    assert_eq!(output.status.code(), Some(1), "a line was rejected: {}", session(&output));
    insta::assert_snapshot!(session(&output));

    let mut found = BTreeSet::new();
    let mut names: Vec<String> = fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() > 1 && names.iter().all(|name| name.ends_with(".json.gz")), "{names:?}");
    for name in names {
        let file = fs::File::open(folder.path().join("out").join(name)).unwrap();
        for line in BufReader::new(flate2::read::GzDecoder::new(file)).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let text = |name: &str| line["Item"][name]["S"].as_str().unwrap_or_default().to_owned();
            found.insert(format!("{} {} {}", text("number"), text("rule"), text("status")));
        }
    }
    let mut expected: BTreeSet<String> = (0..12_000).map(|number| format!("+12015{number:06} dnc REJECT")).collect();
    expected.extend(["* dnc:+1202* REJECT", "* list:dnc ", "+13155550101 own REJECT", "list dnc "].map(str::to_owned));
    assert!(found == expected);

    let again = run(folder.path(), &export);
    assert!(stderr(&again).contains("name a folder that does not exist yet"), "{}", session(&again));
}

/// A table of an export without entries would let every number of the list be called.
#[test]
fn an_export_without_entries_prints_no_commands() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in
        [("empty.txt", &b""[..]), ("header.csv", b"name,phone\n"), ("null.json", b"null"), ("bad.txt", b"12\n34\n")]
    {
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = run(folder.path(), &["export-table", name, "--list", "dnc", "--out", &format!("{name}-out")]);
        let (said, wrong) = (stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(1), "{name}: {said}{wrong}");
        assert!(!said.contains("import-table"), "{name}: {said}");
        assert!(wrong.contains("let every number be called; check the files"), "{name}: {wrong}");
    }
}

// ---- A table with faults ----

/// The behaviour of a proxy before a DynamoDB without faults.
#[derive(Clone, Copy, PartialEq)]
enum FaultMode {
    /// Passes on a part of a batch, refuses some batches, and loses some answers, in turn.
    Throttled,
    /// Refuses writes, as for a role without the right to write.
    ReadOnly,
    /// Refuses writes, as a table with other keys.
    Invalid,
    /// Holds the first removal back until the test releases it.
    Held,
}

struct FaultyProxy {
    address: String,
    /// The time of each `BatchWriteItem`, and what the proxy did with it.
    batches: Arc<Mutex<Vec<(Instant, &'static str)>>>,
}

impl FaultyProxy {
    fn before(dynamodb: &str, mode: FaultMode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let batches = Arc::new(Mutex::new(Vec::new()));
        let (seen, behind) = (Arc::clone(&batches), dynamodb.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, behind) = (Arc::clone(&seen), behind.clone());
                std::thread::spawn(move || serve_connection(stream.unwrap(), &behind, mode, &seen));
            }
        });
        Self { address, batches }
    }
}

fn serve_connection(stream: TcpStream, behind: &str, mode: FaultMode, seen: &Mutex<Vec<(Instant, &'static str)>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if lower.starts_with("connection:") || lower.starts_with("content-length:") {
                continue;
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let is_batch = head.contains("BatchWriteItem");
        let is_write = is_batch || ["PutItem", "UpdateItem", "DeleteItem"].iter().any(|name| head.contains(name));
        if mode == FaultMode::Held && ["TransactWriteItems", "DeleteItem"].iter().any(|name| head.contains(name)) {
            seen.lock().unwrap().push((Instant::now(), "held"));
            let deadline = Instant::now() + support::PATIENCE;
            while !seen.lock().unwrap().iter().any(|(_, what)| *what == "go") && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let mut what = "passed";
        let mut answer = None;
        if mode == FaultMode::Invalid && is_batch {
            answer = Some(refusal("ValidationException", "The provided key element does not match the schema"));
        }
        if mode == FaultMode::ReadOnly && is_write {
            answer = Some(refusal("AccessDeniedException", "User is not authorized to perform: dynamodb:PutItem"));
        }
        if mode == FaultMode::Throttled && is_batch {
            let nth = seen.lock().unwrap().len();
            match nth % 7 {
                1 => {
                    what = "throttled";
                    answer = Some(refusal("ProvisionedThroughputExceededException", "too fast"));
                }
                3 => {
                    // Only the first three are passed on.
                    what = "part";
                    let mut asked: Value = serde_json::from_slice(&body).unwrap();
                    let all = asked["RequestItems"]["precall-rules"].as_array().unwrap().clone();
                    let (taken, left) = all.split_at(3.min(all.len()));
                    asked["RequestItems"]["precall-rules"] = json!(taken);
                    passed(behind, &head, asked.to_string().as_bytes());
                    let left = if left.is_empty() { json!({}) } else { json!({ "precall-rules": left }) };
                    answer = Some((200, json!({ "UnprocessedItems": left }).to_string()));
                }
                5 => {
                    what = "lost";
                    passed(behind, &head, &body);
                }
                _ => {}
            }
        }
        if is_batch {
            seen.lock().unwrap().push((Instant::now(), what));
        }
        if what == "lost" {
            return;
        }
        let (status, text) = answer.unwrap_or_else(|| passed(behind, &head, &body));
        let reply = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        if writer.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn refusal(kind: &str, message: &str) -> (u16, String) {
    (400, json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": message }).to_string())
}

/// Returns the answer of the DynamoDB behind the proxy.
fn passed(behind: &str, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(behind).unwrap();
    let host = head.lines().find(|line| line.to_lowercase().starts_with("host:")).unwrap();
    let head = head.replace(host, &format!("host: {behind}"));
    write!(stream, "{head}content-length: {}\r\nconnection: close\r\n\r\n", body.len()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), text.to_owned())
}

#[tokio::test]
async fn a_throttling_table_loses_nothing_and_gets_nothing_twice() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let proxy = FaultyProxy::before(&server.dynamodb, FaultMode::Throttled);
    let text: String = (0..3_000).map(|number| format!("2015{number:06}\n")).collect();
    fs::write(folder.path().join("dnc.txt"), text).unwrap();
    let url = format!("http://{}", proxy.address);
    let output = run(folder.path(), &["import", "dnc.txt", "--list", "dnc", "--dynamodb", &url]);
    assert!(output.status.success(), "{}", session(&output));
    let found: Vec<String> = scan(&server.client()).await.into_keys().collect();
    let expected: Vec<String> = (0..3_000).map(|number| format!("+12015{number:06} dnc REJECT")).collect();
    assert!(found == expected, "{} items", found.len());
    let batches = proxy.batches.lock().unwrap();
    for what in ["passed", "throttled", "part", "lost"] {
        assert!(batches.iter().any(|(_, became)| *became == what), "{what}");
    }
    assert!(batches.len() > 3_000 / 25, "{} batches", batches.len());
}

/// An operator has imported the wrong file, and imports the previous one while the first import still removes items.
#[tokio::test]
async fn what_another_import_writes_is_not_removed() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let proxy = FaultyProxy::before(&server.dynamodb, FaultMode::Held);
    let (direct, held) = (format!("http://{}", server.dynamodb), format!("http://{}", proxy.address));
    let file = |name: &str, numbers: std::ops::Range<u32>| {
        let text: String = numbers.map(|number| format!("2015{number:06}\n")).collect();
        fs::write(folder.path().join(name), text).unwrap();
    };
    file("good.txt", 0..300);
    file("wrong.txt", 200..500);
    let good = ["import", "good.txt", "--list", "dnc", "--dynamodb", &direct];
    assert!(run(folder.path(), &good).status.success());
    let wrong = precall(folder.path())
        .args(["import", "wrong.txt", "--list", "dnc", "--replace", "--dynamodb", &held])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + support::PATIENCE;
    while !proxy.batches.lock().unwrap().iter().any(|(_, what)| *what == "held") {
        assert!(Instant::now() < deadline, "it removes nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = run(folder.path(), &good);
    assert!(output.status.success(), "{}", session(&output));
    proxy.batches.lock().unwrap().push((Instant::now(), "go"));
    let output = wrong.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(stderr(&output).contains("another import of list dnc has begun; this one stops"), "{}", session(&output));
    let found: Vec<String> = scan(&server.client()).await.into_keys().collect();
    let expected: Vec<String> = (0..500).map(|number| format!("+12015{number:06} dnc REJECT")).collect();
    assert!(found == expected, "{} items", found.len());
}

#[tokio::test]
async fn a_request_that_the_table_never_accepts_is_not_repeated() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let proxy = FaultyProxy::before(&server.dynamodb, FaultMode::Invalid);
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let url = format!("http://{}", proxy.address);
    let output = run(folder.path(), &["import", "dnc.txt", "--list", "dnc", "--dynamodb", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ValidationException"), "{}", session(&output));
    assert_eq!(proxy.batches.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_right_to_write_is_reported() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let proxy = FaultyProxy::before(&server.dynamodb, FaultMode::ReadOnly);
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let url = format!("http://{}", proxy.address);
    let output = run(folder.path(), &["import", "dnc.txt", "--list", "dnc", "--dynamodb", &url]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("a_role_that_may_not_write", session(&output).replace(&url, "(url)"));
    fs::write(folder.path().join("rules.json"), r#"[{"number": "*", "rule": "a", "status": "REJECT"}]"#).unwrap();
    for command in [
        &["load", "rules.json", "--yes"][..],
        &["put", "number=*", "rule=a", "status=REJECT", "--yes"],
        &["export-table", "dnc.txt", "--list", "dnc", "--out", "/proc/no"],
    ] {
        let on_the_table = if command[0] == "export-table" { &[][..] } else { &["--dynamodb", url.as_str()] };
        let output = run(folder.path(), &[command, on_the_table].concat());
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        let wanted = if on_the_table.is_empty() { "name a folder" } else { "may not be used with these credentials" };
        assert!(stderr(&output).contains(wanted), "{}", session(&output));
    }
    // Reading is allowed.
    assert!(run(folder.path(), &["lists", "--dynamodb", &url]).status.success());
}

#[tokio::test]
async fn a_table_that_is_missing_or_that_nobody_names() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let url = format!("http://{}", server.dynamodb);
    let mut said = String::new();
    for (arguments, variables) in [
        (
            &["import", "dnc.txt", "--list", "dnc", "--dynamodb", url.as_str()][..],
            &[("PRECALL_RULES_TABLE", "missing")][..],
        ),
        (&["lists", "--dynamodb", url.as_str()], &[("PRECALL_RULES_TABLE", "missing")]),
        (
            &["import", "dnc.txt", "--list", "dnc", "--dynamodb", "aws", "--region", "us-east-1"],
            &[("AWS_EC2_METADATA_DISABLED", "true")],
        ),
        (&["lists", "--dynamodb", "aws", "--profile", "nobody"], &[("AWS_EC2_METADATA_DISABLED", "true")]),
    ] {
        let output = precall(folder.path()).args(arguments).envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", session(&output));
        said += &format!("$ precall {}\n{}", arguments.join(" "), session(&output)).replace(&url, "(url)");
    }
    insta::assert_snapshot!(said);
}

/// A full disk, simulated by the limit that a process can set for itself.
#[tokio::test]
async fn a_full_disk_is_reported_and_the_import_can_be_resumed_later() {
    let folder = TempDir::new().unwrap();
    let text: String = (0..40_000).map(|number| format!("2015{number:06}\n")).collect();
    fs::write(folder.path().join("dnc.txt"), text).unwrap();
    // The tables need space themselves, so they are created first.
    fs::write(folder.path().join("rules.json"), r#"[{"number": "+13155550101", "rule": "a", "status": "REJECT"}]"#)
        .unwrap();
    assert!(run(folder.path(), &["load", "rules.json"]).status.success());
    let script =
        format!("trap '' XFSZ; ulimit -f 4000; exec {} import dnc.txt --list dnc", env!("CARGO_BIN_EXE_precall"));
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(stderr(&output).contains("the embedded database cannot be written"), "{}", session(&output));
    let output = run(folder.path(), &["import", "dnc.txt", "--list", "dnc", "--resume"]);
    assert!(output.status.success(), "{}", session(&output));
    assert_eq!(items(folder.path()).await.len(), 40_001);
}

#[test]
fn output_that_finds_no_room_is_reported() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rules.json"), r#"[{"number": "*", "rule": "a", "status": "REJECT"}]"#).unwrap();
    assert!(run(folder.path(), &["load", "rules.json", "--yes"]).status.success());
    for command in [&["rules", "--rules", "rules.json"][..], &["lint", "--rules", "rules.json"], &["lists"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = precall(folder.path()).args(command).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(stderr(&output).contains("No space left on device"), "{command:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn an_import_that_another_has_taken_over_stops() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let url = format!("http://{}", server.dynamodb);
    let text: String = (0..300_000).map(|number| format!("2015{number:06}\n")).collect();
    fs::write(folder.path().join("long.txt"), text).unwrap();
    fs::write(folder.path().join("short.txt"), "3155550101\n").unwrap();
    let long = precall(folder.path())
        .args(["import", "long.txt", "--list", "dnc", "--dynamodb", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first import is suspended once it has the list.
    let deadline = Instant::now() + support::PATIENCE;
    while stdout(&run(folder.path(), &["lists", "--json", "--dynamodb", &url])).is_empty() {
        assert!(Instant::now() < deadline, "it does not begin");
    }
    let signal = |name: &str| Command::new("kill").args([name, &long.id().to_string()]).status().unwrap();
    assert!(signal("-STOP").success());
    let output = run(folder.path(), &["import", "short.txt", "--list", "dnc", "--dynamodb", &url]);
    assert!(output.status.success(), "{}", session(&output));
    assert!(signal("-CONT").success());
    let output = long.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", session(&output));
    assert!(stderr(&output).contains("another import of list dnc has begun; this one stops"), "{}", session(&output));
    assert!(stdout(&run(folder.path(), &["lists", "--dynamodb", &url])).contains("short.txt"));
}

#[tokio::test]
async fn ctrl_c_stops_between_two_chunks() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let url = format!("http://{}", server.dynamodb);
    let text: String = (0..300_000).map(|number| format!("2015{number:06}\n")).collect();
    fs::write(folder.path().join("long.txt"), text).unwrap();
    let child = precall(folder.path())
        .args(["import", "long.txt", "--list", "dnc", "--dynamodb", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + support::PATIENCE;
    while stdout(&run(folder.path(), &["lists", "--json", "--dynamodb", &url])).is_empty() {
        assert!(Instant::now() < deadline, "it does not begin");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", session(&output));
    assert!(stderr(&output).contains("continue with --resume"), "{}", session(&output));
    let list: Value =
        serde_json::from_str(&stdout(&run(folder.path(), &["lists", "--json", "--count", "--dynamodb", &url])))
            .unwrap();
    assert_eq!(list["standing"], "unfinished");
    assert_eq!(list["items"], list["written"], "the saved position is the number of items");
}

/// The same rules in a table that the operator created without precall.
#[tokio::test]
async fn a_table_of_the_operators_own_takes_a_list() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let other = client(&format!("http://{}", server.dynamodb));
    create_table(TableSchema::RULES, &other, "theirs").await;
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let output = precall(folder.path())
        .args(["import", "dnc.txt", "--list", "dnc", "--dynamodb", &format!("http://{}", server.dynamodb)])
        .env("PRECALL_RULES_TABLE", "theirs")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", session(&output));
    assert_eq!(
        other.scan().table_name("theirs").send().await.unwrap().count,
        3,
        "the number, the list's record and its notice"
    );
}
