//! Files with surprises: no number of a file is lost without a message.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tempfile::TempDir;

use support::{Server, run, stderr, stdout};

/// Returns the numbers and patterns of a list, in order.
fn listed(folder: &Path, list: &str) -> Vec<String> {
    let output = run(folder, &["rules", "--format", "json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut numbers = Vec::new();
    for line in stdout(&output).lines() {
        let rule: Value = serde_json::from_str(line).unwrap();
        if rule["rule"].as_str().unwrap().split(':').next() == Some(list) {
            numbers.push(rule["number"].as_str().unwrap().to_owned());
        }
    }
    numbers.sort();
    numbers
}

fn said(output: &Output) -> String {
    format!("{}{}", stderr(output), stdout(output))
}

/// The file's name and contents, further arguments, the numbers on the list, and the count of rejected lines.
type Case = (&'static str, &'static [u8], &'static [&'static str], &'static [&'static str], usize);

#[test]
fn no_number_is_lost_by_the_format_of_its_line() {
    const BOTH: &[&str] = &["+13155550101", "+13155550102"];
    const FOUR: &[&str] = &["+13155550101", "+13155550102", "+13155550103", "+13155550104"];
    let cases: &[Case] = &[
        // The lines between two stray quotes are not a quoted text.
        ("inch.csv", b"phone,note\n3155550101,5\" pipe\n3155550102,x\n3155550103,6\" pipe\n3155550104,y\n", &[], FOUR, 0),
        ("open.csv", b"phone,note\n3155550101,\"5 pipe\n3155550102,x\n3155550103,6 pipe\"\n3155550104,y\n", &[], FOUR, 0),
        ("inch-bad.csv", b"phone,note\n3155550101,5\" pipe\n315555010,x\n3155550102,6\" pipe\n", &[], BOTH, 1),
        // A quoted text with a line feed, in the first column and in the names of the columns.
        (
            "feed.csv",
            b"name,phone\n\"Bob\nSmith\",3155550101\nAl,3155550102\n",
            &["--format", "csv", "--column", "phone"],
            BOTH,
            0,
        ),
        (
            "feeds.csv",
            b"\"full\nname\",phone,other\n\"A\nB\",3155550101,3155550198\n\"C\n\nD\",3155550102,3155550199\n",
            &["--format", "csv", "--column", "phone"],
            BOTH,
            0,
        ),
        ("one-column.csv", b"phone\n3155550101\n3155550102\n", &["--column", "phone"], BOTH, 0),
        // A word that is not a mark in a column of marks must not be an addition.
        ("mark.csv", b"phone,action\n3155550101,A\n3155550102,add\n3155550103,X\n", &[], BOTH, 1),
        ("blank-mark.csv", b"phone,change\n3155550101,A\n3155550102,A\n3155550103,\n", &[], BOTH, 1),
        ("bare-mark.csv", b"3155550101,A\n3155550102,A\n3155550103,X\n", &["--format", "changes"], BOTH, 1),
        ("no-marks.csv", b"phone,action\n3155550101,call\n3155550102,sms\n", &[], BOTH, 0),
        // Spreadsheets and data frames write a column of numbers like this.
        ("float.csv", b"phone,n\n3155550101.0,x\n3155550102.00,y\n", &[], BOTH, 0),
        ("float.json", b"[3155550101.0, 3155550102]", &[], BOTH, 0),
        ("quoted.txt", b"\"phone\"\n\"3155550101\"\n\"3155550102\"\n", &[], BOTH, 0),
        // More digits would make it a number of another country.
        ("extension.txt", b"3155550101\n315-555-0109 12\n1 (315) 555-0109 / 3\n3155550102\n", &[], BOTH, 2),
        ("international.txt", b"+44 20 7946 0123 4\n44 20 7946 0123\n", &[], &["+442079460123", "+4420794601234"], 0),
        // The first line is a header only if it has no number, not even a broken one.
        ("first.txt", b"315,555-0101\n315,5550102\n315,5550103\n315,5550104\n315,5550101\n", &[], FOUR, 0),
        ("first-bad.txt", b"315,555010\n315,5550101\n315,5550102\n315,5550101\n315,5550102\n", &[], BOTH, 1),
        ("kind.csv", b"mobile,3155550101\nhome,3155550102\n", &[], BOTH, 0),
        ("kind-bad.csv", b"mobile,315555010\nhome,3155550101\nhome,3155550102\n", &[], BOTH, 1),
        ("column.csv", b"3155550101,2\n3155550102,9\n", &["--column", "1"], BOTH, 0),
        ("id.csv", b"2,3155550101\n5,3155550102\n", &["--column", "2"], BOTH, 0),
        ("foreign.csv", "名,電話\nA,3155550101\nB,3155550102\n".as_bytes(), &["--column", "電話"], BOTH, 0),
        // A ticket's number is not a comment.
        ("ticket.csv", b"ticket,phone\n#1001,3155550101\n#1002,3155550102\n", &[], BOTH, 0),
        ("some.csv", b"ticket,phone\n# a remark\n#1001,3155550101\n7,3155550102\n8,3155550102\n", &[], BOTH, 0),
        ("return.csv", b"phone,x\n3155550101,a\r3155550109,b\n3155550102,c\n", &[], &["+13155550102"], 1),
        // Letters that happen to be A and D.
        ("grades.csv", b"3155550101,Joe,D\n3155550102,Ann,A\n", &[], BOTH, 0),
        ("dnc.csv", b"3155550101,D\n3155550102,D\n", &["--format", "csv"], BOTH, 0),
        // VICIdial has the country code in a column of its own.
        ("vicidial.csv", b"phone_code,phone_number\n44,02079460123\n44,2079460124\n1,3155550101\n,3155550102\n", &[],
            &["+13155550101", "+13155550102", "+442079460123", "+442079460124"], 0),
        ("cdata.xml", b"<l><ph><![CDATA[3155550101]]></ph><ph>315555010&#50;</ph></l>", &[], BOTH, 0),
        ("id.xml", b"<l><ph id=\"3155550109\"/><ph id=\"7\">3155550101</ph><ph>3155550102</ph></l>", &[], BOTH, 1),
        ("code.xml", b"<l><ph code=\"603\" npa=\"315\" val=\"5550101\"/><ph val=\"5550102\" npa=\"315\"/></l>", &[], BOTH, 0),
        ("short.xml", b"<l><ac val=\"315\"><ph val=\"555010\"/><ph val=\"5550101\"/><ph val=\"5550102\"/></ac></l>", &[], BOTH, 1),
        ("behind.xml", b"<l><r><number>3155550109</number><action>D</action></r><r><number>3155550101</number><action>A</action></r><r><number>3155550102</number></r></l>", &[], BOTH, 0),
        ("flat.xml", b"<l><number>3155550109</number><action>D</action><number>3155550101</number><action>A</action><number>3155550102</number></l>", &[], BOTH, 0),
        ("ahead.xml", b"<l><action>A</action><number>3155550101</number><action>D</action><number>3155550109</number><action>A</action><number>3155550102</number></l>", &[], BOTH, 0),
        // Deleted, and added again with another: in the file's order.
        ("order.xml", b"<l><delete><ph>3155550101</ph></delete><add><ph>3155550101</ph><ph>3155550102</ph></add></l>", &[], BOTH, 0),
    ];
    for (name, bytes, arguments, numbers, rejected) in cases {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = run(folder.path(), &[&["import", name, "--list", "dnc"], *arguments].concat());
        assert_eq!(listed(folder.path(), "dnc"), *numbers, "{name}: {}", said(&output));
        assert_eq!(output.status.code(), Some(i32::from(*rejected > 0)), "{name}: {}", said(&output));
        let rejects = fs::read_to_string(folder.path().join(format!("{name}.rejects"))).unwrap_or_default();
        assert_eq!(rejects.lines().count(), *rejected, "{name}: {rejects}");
    }
}

#[test]
fn an_ambiguous_file_is_refused_with_the_option_to_add() {
    for (name, bytes, arguments, wanted) in [
        (
            "a.csv",
            &b"a,phone,b\r1,3155550101,x\r2,3155550102,y\r"[..],
            &[][..],
            "its lines end in a carriage return alone",
        ),
        (
            "b.csv",
            b"3155550101,D\n3155550102,D\n",
            &[],
            "write --format changes if they are to leave the list, and --format csv if they are to be on it",
        ),
        ("c.txt", b"3155550101\n", &["--code", "foo"], "\"foo\" is not a code from 400 to 699"),
        (
            "d.txt",
            b"3155550101\n",
            &["--forget-after", "90d", "--copied", "2020-01-01T00:00:00Z"],
            "would have left the list again at 2020-03-31T00:00:00Z, and block nothing",
        ),
        ("e.xlsx", WORKBOOK, &[], "a spreadsheet program's own file; save the sheet as CSV"),
        (
            "f.csv",
            b"3155550101,A\n3155550102,D\n3155550103,X\n",
            &[],
            "column 2 marks most of these numbers as added (A) or deleted (D), and one as \"X\"; correct the file, or write \
             --format changes to reject such lines, or --format csv if all numbers are to be on the list",
        ),
        ("g.csv", b"phone\n3155550101\n", &["--column", "mobile"], "no column \"mobile\"; there is only \"phone\""),
        ("h.csv", b"3155550101\n", &["--column", "2"], "no column \"2\"; there is one column without a name"),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = run(folder.path(), &[&["import", name, "--list", "dnc"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(stderr(&output).contains(wanted), "{name}: {}", said(&output));
        assert_eq!(stdout(&run(folder.path(), &["lists", "--json"])), "", "{name}: no record is written");
    }
}

fn numbers(folder: &Path, name: &str, numbers: std::ops::Range<u32>) {
    let text: String = numbers.map(|number| format!("2015550{number:03}\n")).collect();
    fs::write(folder.join(name), text).unwrap();
}

/// The length of the list counts, not the length of the last import.
#[test]
fn a_short_file_does_not_empty_a_long_list() {
    let folder = TempDir::new().unwrap();
    let import = |arguments: &[&str]| run(folder.path(), &[&["import"], arguments, &["--list", "dnc"]].concat());
    numbers(folder.path(), "long.txt", 0..100);
    numbers(folder.path(), "more.txt", 100..103);
    numbers(folder.path(), "short.txt", 100..102);
    for name in ["long.txt", "more.txt"] {
        assert!(import(&[name]).status.success());
    }
    let refused = |output: &Output| {
        assert_eq!(output.status.code(), Some(1), "{}", said(output));
        assert!(stderr(output).contains("so nothing was removed"), "{}", said(output));
        assert_eq!(listed(folder.path(), "dnc").len(), 103);
    };
    refused(&import(&["short.txt", "--replace"]));
    // It is refused too when it is resumed or begun again.
    refused(&import(&["short.txt", "--replace", "--resume"]));
    refused(&import(&["short.txt", "--replace"]));
    assert!(import(&["short.txt", "--replace", "--resume", "--force"]).status.success());
    assert_eq!(listed(folder.path(), "dnc").len(), 2);
    // The list has two numbers now, however many it had before.
    numbers(folder.path(), "other.txt", 7..9);
    assert!(import(&["other.txt", "--replace"]).status.success());
    assert_eq!(listed(folder.path(), "dnc"), ["+12015550007", "+12015550008"]);
}

/// A list without a record, because it was not imported, and a wildcard rule with its name.
#[test]
fn a_list_without_a_record_is_not_emptied_and_a_wildcard_rule_of_its_name_stays() {
    let folder = TempDir::new().unwrap();
    let mut rules = vec![serde_json::json!({"number": "*", "rule": "dnc", "status": "REJECT", "to": "+1900*"})];
    for number in 0..10 {
        let number = format!("+1201555000{number}");
        rules.push(serde_json::json!({"number": number, "rule": "dnc", "status": "REJECT"}));
    }
    fs::write(folder.path().join("rules.json"), Value::from(rules).to_string()).unwrap();
    assert!(run(folder.path(), &["load", "rules.json"]).status.success());
    numbers(folder.path(), "short.txt", 0..2);
    let replace = |arguments: &[&str]| {
        run(folder.path(), &[&["import", "short.txt", "--list", "dnc", "--replace"], arguments].concat())
    };
    let output = replace(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(stderr(&output).contains("so nothing was removed"), "{}", said(&output));
    assert_eq!(listed(folder.path(), "dnc").len(), 11);
    assert!(replace(&["--resume", "--force"]).status.success());
    assert_eq!(listed(folder.path(), "dnc"), ["*", "+12015550000", "+12015550001"]);
}

/// The same file, read with another column.
#[test]
fn a_list_is_replaced_by_another_column_of_the_same_file() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), "3155550101,3155550102\n").unwrap();
    for (column, number) in [("1", "+13155550101"), ("2", "+13155550102")] {
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc", "--replace", "--column", column]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(listed(folder.path(), "dnc"), [number]);
    }
}

#[test]
fn a_file_is_not_overwritten_by_its_own_rejects() {
    let folder = TempDir::new().unwrap();
    let text = "3155550101\nnobody\n";
    fs::write(folder.path().join("a.txt"), text).unwrap();
    fs::write(folder.path().join("out.rejects"), text).unwrap();
    for arguments in [
        &["import", "a.txt", "--list", "dnc", "--rejects", "./a.txt"][..],
        &["export-table", "out.rejects", "--list", "dnc", "--out", "out/"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(stderr(&output).contains("rejected lines would overwrite the file itself"), "{}", said(&output));
    }
    for name in ["a.txt", "out.rejects"] {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text, "{name}");
    }
}

#[test]
fn a_second_run_reports_rejected_lines_and_an_empty_file_is_not_a_new_copy() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), "3155550101\nnobody\n").unwrap();
    fs::write(folder.path().join("empty.csv"), "phone,name\n").unwrap();
    for wanted in ["1 rejected", "nothing to do, this file has been imported already but for 1 rejected line ("] {
        let output = run(folder.path(), &["import", "a.txt", "--list", "dnc"]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(stdout(&output).contains(wanted), "{}", said(&output));
    }
    let empty = ["import", "empty.csv", "--list", "other", "--expires", "31d"];
    let output = run(folder.path(), &empty);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(stderr(&output).contains("the file has no entries"), "{}", said(&output));
    assert!(stdout(&run(folder.path(), &["lists"])).contains("unfinished"));
    assert!(run(folder.path(), &[&empty[..], &["--resume", "--force"]].concat()).status.success());
}

/// An export contains the output of `aws dynamodb scan` of the old table.
#[test]
fn an_old_table_goes_into_an_export() {
    let folder = TempDir::new().unwrap();
    numbers(folder.path(), "a.txt", 0..2);
    numbers(folder.path(), "b.txt", 2..4);
    for list in ["own", "dnc"] {
        assert!(run(folder.path(), &["import", "a.txt", "--list", list]).status.success());
    }
    let scan = r#"{"Items":[{"number":{"S":"+13155550101"},"rule":{"S":"vip"},"status":{"S":"PROCEED"}},
        {"number":{"S":"list"},"rule":{"S":"own"},"state":{"S":"complete"}},
        {"number":{"S":"list"},"rule":{"S":"dnc"},"state":{"S":"complete"}}]}"#;
    fs::write(folder.path().join("scan.json"), scan).unwrap();
    let output = run(folder.path(), &["export-table", "b.txt", "--list", "dnc", "--with", "scan.json", "--out", "out"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        stdout(&output).contains("2 exported from b.txt, 2 more rules from scan.json; 5 items"),
        "{}",
        said(&output)
    );
}

/// An archive with the empty member `[Content_Types].xml`.
const WORKBOOK: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml\
    PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0\0\0\0\0\0\0\0\0\x80\x01\0\0\0\0[Content_Types].xml\
    PK\x05\x06\0\0\0\0\x01\0\x01\0A\0\0\x001\0\0\0\0\0";

/// A list goes with its prefixes and its record, and nothing else goes.
#[test]
fn a_list_is_removed() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n3155550102\n201XXXXXXX\n").unwrap();
    fs::write(folder.path().join("other.txt"), "3155550101\n").unwrap();
    let own = r#"[{"number": "*", "rule": "dnc", "status": "REJECT", "to": "+1900*"},
                  {"number": "+13155550101", "rule": "own", "status": "REJECT"}]"#;
    fs::write(folder.path().join("own.json"), own).unwrap();
    for arguments in [
        &["load", "own.json"][..],
        &["import", "dnc.txt", "--list", "dnc"],
        &["import", "other.txt", "--list", "dnc-2"],
    ] {
        assert!(run(folder.path(), arguments).status.success(), "{arguments:?}");
    }
    let place = "table precall-rules of .precall/rules.db";
    for (arguments, status, wanted) in [
        (
            &["lists", "remove", "nobody"][..],
            1,
            format!("there is no list nobody in {place}; `precall lists` shows the lists"),
        ),
        (&["lists", "remove", "dnc"], 1, "standard input is not a terminal; write --yes or --dry-run".to_owned()),
        (&["lists", "remove", "dnc", "--dry-run"], 0, "list dnc: 3 entries written from dnc.txt on ".to_owned()),
        (&["lists", "remove", "--yes"], 2, "<NAME>".to_owned()),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(&wanted), "{arguments:?}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc").len(), 4);
    }
    let output = run(folder.path(), &["lists", "remove", "dnc", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for wanted in [&format!("All its numbers are removed from {place}."), "list dnc: 3 entries removed\n"] {
        assert!(stdout(&output).contains(wanted), "{}", said(&output));
    }
    assert_eq!(listed(folder.path(), "dnc"), ["*"], "a wildcard rule of the list's name is the operator's own");
    assert_eq!(listed(folder.path(), "dnc-2"), ["+13155550101"]);
    assert_eq!(listed(folder.path(), "own"), ["+13155550101"]);
    let lists = stdout(&run(folder.path(), &["lists"]));
    assert!(lists.contains("dnc-2 ") && !lists.contains("dnc "), "{lists}");
}

/// A removal that was interrupted is shown, is not taken for an import, and is continued by the same command.
#[tokio::test]
async fn a_removal_is_continued() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n3155550102\n").unwrap();
    let import = ["import", "dnc.txt", "--list", "dnc"];
    assert!(run(folder.path(), &import).status.success());
    // The state in which a killed removal leaves the table.
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let client = server.client();
    let update = client.update_item().table_name("precall-rules").key("number", key("list")).key("rule", key("dnc"));
    let update = update.update_expression("SET #state = :state").expression_attribute_names("#state", "state");
    update.expression_attribute_values(":state", key("deleting")).send().await.unwrap();
    let delete = client.delete_item().table_name("precall-rules");
    delete.key("number", key("+13155550101")).key("rule", key("dnc")).send().await.unwrap();
    drop(server);

    let lists = run(folder.path(), &["lists"]);
    assert!(stdout(&lists).contains("half removed"), "{}", said(&lists));
    assert_eq!(lists.status.code(), Some(1));
    let resumed = run(folder.path(), &[&import[..], &["--resume"]].concat());
    assert!(stderr(&resumed).contains("finish that with `precall lists remove dnc`"), "{}", said(&resumed));
    let removed = run(folder.path(), &["lists", "remove", "dnc", "--yes"]);
    assert!(stdout(&removed).contains("an earlier removal was not finished"), "{}", said(&removed));
    assert_eq!(removed.status.code(), Some(0), "{}", said(&removed));
    assert_eq!(listed(folder.path(), "dnc"), [""; 0]);
    assert!(stdout(&run(folder.path(), &["lists"])).starts_with("no lists in "));
    // The same file is a new list then.
    assert!(run(folder.path(), &import).status.success());
    assert_eq!(listed(folder.path(), "dnc").len(), 2);
}

/// A failed export is not in the way of the next one, and neither is one that was killed.
#[test]
fn an_export_can_be_repeated() {
    let folder = TempDir::new().unwrap();
    let export = ["export-table", "dnc.txt", "--list", "dnc", "--out", "export"];
    fs::write(folder.path().join("dnc.txt"), "nobody\n").unwrap();
    let failed = run(folder.path(), &export);
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));
    let killed = folder.path().join("export.unfinished");
    fs::create_dir(&killed).unwrap();
    fs::write(killed.join("part-00001.json.gz"), "half").unwrap();
    fs::write(killed.join("part-00002.json.unfinished"), "half").unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    let output = run(folder.path(), &export);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(stdout(&output).contains("list dnc: 1 exported from dnc.txt; 2 items in 1 part, "), "{}", said(&output));
    let names: Vec<_> =
        fs::read_dir(folder.path().join("export")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["part-00001.json.gz"]);
    assert!(!killed.exists());
    // A whole export is not overwritten.
    let again = run(folder.path(), &export);
    assert!(
        stderr(&again).contains("export: the folder has files; name a folder that does not exist yet"),
        "{}",
        said(&again)
    );
}

/// Full disks, simulated by the limit that a process can set for itself.
#[test]
fn rejected_lines_that_cannot_be_written_are_a_failure() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550144\nnobody\n").unwrap();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} import dnc.txt --list dnc --rejects bad.txt --dynamodb http://{}",
        env!("CARGO_BIN_EXE_precall"),
        server.dynamodb
    );
    let mut command = std::process::Command::new("sh");
    let output = command.args(["-c", &script]).current_dir(folder.path()).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let wanted = "bad.txt: File too large (os error 27); choose another file for rejected lines with --rejects";
    assert!(stderr(&output).contains(wanted), "{}", said(&output));
    assert!(!said(&output).contains("(see bad.txt)"), "{}", said(&output));
}

/// An account that may write everything would remove /dev/null.
#[test]
fn rejected_lines_remove_only_the_file_of_an_earlier_import() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    fs::write(folder.path().join("dnc.txt"), "3155550144\nnobody\n").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let read = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    let output = run(folder.path(), &["import", "dnc.txt", "--list", "dnc", "--rejects", "pipe"]);
    assert!(!fs::metadata(&pipe).unwrap().is_file(), "the pipe was replaced: {}", said(&output));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(read.join().unwrap().contains("nobody"), "{}", said(&output));
}
