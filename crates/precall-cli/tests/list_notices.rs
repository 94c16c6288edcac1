//! Tests the notices of imported lists, by which the hook knows the copies that are in force, and the revision of the
//! rules that `serve` and the commands show.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use precall_test::rulebook::{
    BLOCKED, BLOCKED_VERSION, LISTS, QUIET_VERSION, REVISION, rulebook, rulebook_of_other_tools,
};
use serde_json::{Value, json};
use support::{Server, precall, run, stderr, stdout};
use tempfile::TempDir;

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// Returns the items that `precall rules` prints.
fn rules(folder: &Path, more: &[&str]) -> Vec<Value> {
    let printed = done(folder, &[&["rules", "--format", "json"], more].concat());
    printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Returns the notice of a list.
fn notice(folder: &Path, list: &str) -> Option<Value> {
    let rule = format!("list:{list}");
    rules(folder, &["--number", "*"]).into_iter().find(|item| item["rule"] == *rule)
}

fn check(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(folder, &[&["check", "--json"], arguments].concat())).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn an_import_writes_the_notice_of_its_copy_and_a_removal_removes_it() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "first.txt", "3155550101\n3155550102\n3155550103\n");
    write(folder, "second.txt", "3155550101\n3155550102\n");
    write(folder, "changes.csv", "phone,action\n3155550104,A\n3155550101,D\n");
    let import = |file: &str, more: &[&str]| done(folder, &[&["import", file, "--list", "own"], more].concat());
    let fields = |notice: &Value| {
        let text = |name: &str| notice[name].to_string().trim_matches('"').to_owned();
        (text("file"), text("copied"), text("due"), text("numbers"))
    };
    let expect = |file: &str, copied: i64, due: &str, numbers: u64| {
        (file.to_owned(), copied.to_string(), due.to_owned(), numbers.to_string())
    };

    import("first.txt", &["--copied", "2026-11-01T00:00:00Z", "--expires", "31d"]);
    let first = notice(folder, "own").unwrap();
    assert_eq!(fields(&first), expect("first.txt", 1_793_491_200, "1796169600", 3));
    assert_eq!(first["list"], "own");
    assert_eq!(first["sha256"].as_str().unwrap().len(), 64);
    assert!(first.get("status").is_none() && first.get("list_file").is_none(), "{first}");

    // A newer copy of the same file.
    import("first.txt", &["--copied", "2026-11-05T00:00:00Z", "--expires", "31d"]);
    assert_eq!(fields(&notice(folder, "own").unwrap()), expect("first.txt", 1_793_836_800, "1796515200", 3));

    import("second.txt", &["--replace", "--copied", "2026-11-10T00:00:00Z", "--expires", "31d"]);
    let second = notice(folder, "own").unwrap();
    assert_eq!(fields(&second), expect("second.txt", 1_794_268_800, "1796947200", 2));
    assert_ne!(second["sha256"], first["sha256"]);

    // A list of changes makes the copy newer, and counts the whole list.
    import("changes.csv", &["--copied", "2026-11-15T00:00:00Z", "--expires", "31d"]);
    assert_eq!(fields(&notice(folder, "own").unwrap()), expect("changes.csv", 1_794_700_800, "1797379200", 1));

    // An import that finds nothing to do writes a notice that is missing, as after an import by an earlier version.
    let server = Server::start(folder, &[], &[("PRECALL_AUTH", "none")]);
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let delete = server.client().delete_item().table_name("precall-rules");
    let delete = delete.key("number", text("*")).key("rule", text("list:own"));
    tokio::runtime::Runtime::new().unwrap().block_on(delete.send()).unwrap();
    drop(server);
    assert_eq!(notice(folder, "own"), None);
    let output = import("changes.csv", &["--copied", "2026-11-15T00:00:00Z", "--expires", "31d"]);
    assert!(output.contains("is already imported"), "{output}");
    assert!(notice(folder, "own").is_some());

    done(folder, &["lists", "remove", "own", "--dry-run"]);
    assert!(notice(folder, "own").is_some());
    done(folder, &["lists", "remove", "own", "--yes"]);
    assert_eq!(notice(folder, "own"), None);
    assert_eq!(rules(folder, &[]), Vec::<Value>::new());
}

/// Until the new copy is in the table, the notice is that of the earlier one.
#[test]
fn an_import_that_stops_leaves_the_notice_of_the_earlier_copy() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "good.txt", &(0..10).map(|number| format!("315555010{number}\n")).collect::<String>());
    write(folder, "short.txt", "3155550101\n");
    let failed = run(folder, &["import", "short.txt", "--list", "own", "--replace"]);
    assert!(failed.status.success(), "a first import has nothing to lose: {}", stderr(&failed));
    done(folder, &["lists", "remove", "own", "--yes"]);
    write(folder, "bad.txt", "nobody\nno one\n");
    assert!(!run(folder, &["import", "bad.txt", "--list", "own"]).status.success());
    assert_eq!(notice(folder, "own"), None, "there is no copy yet");

    done(folder, &["import", "good.txt", "--list", "own", "--force"]);
    let before = notice(folder, "own").unwrap();
    assert_eq!(before["file"], "good.txt");
    // The file looks like the wrong one, so that nothing is removed.
    let stopped = run(folder, &["import", "short.txt", "--list", "own", "--replace"]);
    assert!(stderr(&stopped).contains("nothing was removed from list own"), "{}", stderr(&stopped));
    assert_eq!(notice(folder, "own").unwrap(), before);
    assert!(stdout(&run(folder, &["lists"])).contains("unfinished"), "`lists` shows that it is not finished");
    done(folder, &["import", "short.txt", "--list", "own", "--replace", "--resume", "--force"]);
    let after = notice(folder, "own").unwrap();
    assert_eq!((&after["file"], &after["numbers"]), (&json!("short.txt"), &json!(1)));
}

/// At each instant, there is a notice of the file if and only if the list record says that the import is complete.
#[test]
fn an_import_that_is_killed_has_a_notice_only_when_it_is_complete() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "a.txt", &(0..20_000).map(|number| format!("2015{number:06}\n")).collect::<String>());
    let (mut kills, mut unfinished) = (0, 0);
    loop {
        let resume = if stdout(&run(folder, &["lists", "--json"])).is_empty() { &[][..] } else { &["--resume"] };
        let mut command = precall(folder);
        command.args(["import", "a.txt", "--list", "own"]).args(resume).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        while !folder.join(".precall/rules.db").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(50 + 150 * kills));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let lists = stdout(&run(folder, &["lists", "--json"]));
        let standing = serde_json::from_str::<Value>(&lists).map(|list| list["standing"].clone()).unwrap_or_default();
        // On a busy machine, it is killed before there is a database.
        let has_database = folder.join(".precall/rules.db").exists();
        let notice = has_database.then(|| notice(folder, "own")).flatten();
        assert_eq!(notice.is_some(), standing == "fine", "{standing}: {notice:?}");
        unfinished += u64::from(standing == "unfinished");
        if ended.is_some() {
            assert_eq!(notice.unwrap()["numbers"], 20_000);
            break;
        }
        kills += 1;
    }
    assert!(unfinished > 0, "it was killed {kills} times, and never while numbers were written");
}

/// Names that begin like those of notices.
#[test]
fn a_list_that_is_called_list_does_not_touch_the_notices_of_others() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "a.txt", "3155550101\n201XXXXXXX\n");
    for list in ["list", "own"] {
        done(folder, &["import", "a.txt", "--list", list]);
    }
    let counted = done(folder, &["lists", "--count", "--json"]);
    for line in counted.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["items"], 2, "{line}");
    }
    write(folder, "b.txt", "3155550102\n3155550103\n");
    done(folder, &["import", "b.txt", "--list", "list", "--replace"]);
    assert!(notice(folder, "own").is_some() && notice(folder, "list").is_some());
    done(folder, &["lists", "remove", "list", "--yes"]);
    assert!(notice(folder, "own").is_some());
    assert_eq!(notice(folder, "list"), None);
}

/// `rules --no-lists` leaves the notices out: a table without the numbers must not say that they were looked at. An
/// export has the notice of its own copy.
#[test]
fn a_notice_goes_where_the_numbers_go() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "a.txt", "3155550101\n");
    write(folder, "b.txt", "3155550102\n");
    for list in ["own", "other"] {
        done(folder, &["import", "a.txt", "--list", list]);
    }
    assert_eq!(rules(folder, &["--no-lists"]), Vec::<Value>::new());
    let all = done(folder, &["rules", "--format", "json"]);
    assert_eq!(all.lines().count(), 4, "two numbers and two notices");
    write(folder, "all.json", &all);
    done(folder, &["export-table", "b.txt", "--list", "own", "--with", "all.json", "--out", "out"]);
    let file = fs::File::open(folder.join("out/part-00001.json.gz")).unwrap();
    let exported = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let notices: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["Item"].clone())
        .filter(|item| item["number"]["S"] == "*")
        .collect();
    let files: Vec<(&str, &str)> =
        notices.iter().map(|item| (item["list"]["S"].as_str().unwrap(), item["file"]["S"].as_str().unwrap())).collect();
    assert_eq!(files, [("other", "a.txt"), ("own", "b.txt")], "the notice of this list is written anew");
    // A backup with the notices can be loaded, and says what the table says.
    let elsewhere = TempDir::new().unwrap();
    fs::copy(folder.join("all.json"), elsewhere.path().join("all.json")).unwrap();
    done(elsewhere.path(), &["load", "all.json"]);
    assert_eq!(notice(elsewhere.path(), "own"), notice(folder, "own"));
}

#[test]
fn lint_reports_an_overdue_copy_and_an_invalid_notice() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    let items: Vec<Value> = rulebook().into_iter().filter(|item| item["list"] == "own").collect();
    write(folder, "own.json", &json!(items).to_string());
    let lint = run(folder, &["lint", "--rules", "own.json"]);
    let printed = stdout(&lint) + &stderr(&lint);
    assert!(
        printed.contains("warning: rule `list:own` under *: a new copy of list own is due since 2026-11-06"),
        "{printed}"
    );
    let mut invalid = items[0].clone();
    invalid["sha256"] = json!("0123");
    write(folder, "own.json", &json!([invalid]).to_string());
    let lint = run(folder, &["lint", "--rules", "own.json"]);
    let printed = stdout(&lint) + &stderr(&lint);
    assert!(printed.contains("`sha256`: \"0123\" is not a SHA-256"), "{printed}");
    assert_eq!(lint.status.code(), Some(1), "{printed}");
}

/// The same revision as the function, whose test reads the same constants.
#[test]
fn serve_and_the_commands_show_the_revision_that_the_function_logs() {
    for items in [rulebook(), rulebook_of_other_tools()] {
        let temp = TempDir::new().unwrap();
        let folder = temp.path();
        write(folder, "rules.json", &json!(items).to_string());
        for source in [&["--rules", "rules.json"][..], &[]] {
            if source.is_empty() {
                done(folder, &["load", "rules.json"]);
            }
            for (to, version, exact) in [
                ("+13155550100", Value::Null, json!([])),
                ("+13055550100", json!(QUIET_VERSION), json!([])),
                (
                    BLOCKED,
                    json!(BLOCKED_VERSION),
                    json!([{ "number": BLOCKED, "rule": "dnc-internal", "version": BLOCKED_VERSION }]),
                ),
            ] {
                let checked = check(folder, &[&["--to", to, "--at", "2026-12-01T18:00:00Z"], source].concat());
                assert_eq!(checked["revision"], REVISION, "{to} {source:?}");
                assert_eq!(checked["rule_version"], version, "{to}");
                assert_eq!(checked["exact_rules"], exact, "{to}");
                let lists: Vec<(&str, bool, bool)> = checked["lists"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|list| {
                        let flag = |name: &str| list[name].as_bool().unwrap();
                        (list["list"].as_str().unwrap(), flag("overdue"), flag("matches"))
                    })
                    .collect();
                assert_eq!(lists, [("national-dnc", false, false), ("own", true, false)], "{to}");
            }
            let printed = run(folder, &[&["rules"], source].concat());
            let revision = format!("revision {REVISION} of the rules under `*`");
            assert!(stderr(&printed).contains(&revision), "{}", stderr(&printed));
        }
        let mut server = Server::start(folder, &[], &[("PRECALL_AUTH", "none")]);
        server.ask("POST", "?to=%2B13155550101");
        let record: Value = serde_json::from_str(&server.wait_for("\"message\":\"decision\"")).unwrap();
        assert_eq!(record["any_revision"], REVISION);
        assert_eq!(record["rule_version"], BLOCKED_VERSION);
        assert_eq!(record["lists"], json!(LISTS));
    }
}

/// The lists that a call was looked up under, and the one that it is on.
#[test]
fn check_shows_the_lists_that_a_call_was_looked_up_under() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "a.txt", "3155550101\n");
    write(folder, "b.txt", "201XXXXXXX\n");
    for (file, list) in [("a.txt", "own"), ("b.txt", "areas")] {
        done(folder, &["import", file, "--list", list, "--copied", "2026-11-20T00:00:00Z"]);
    }
    for (to, areas, own) in [
        ("+13155550101", "no match", "match"),
        ("+12015550101", "match", "no match"),
        ("+13155550102", "no match", "no match"),
    ] {
        let text = done(folder, &["check", "--to", to]);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.contains(" copy of 2026-11-20 sha256 ") && line.ends_with("match"))
            .collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("lists     areas copy of") && lines[0].ends_with(&format!(": {areas}")), "{text}");
        assert!(lines[1].starts_with("          own copy of") && lines[1].ends_with(&format!(": {own}")), "{text}");
    }
}
