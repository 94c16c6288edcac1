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
        (
            "changes.json",
            br#"[{"phone":"3155550101","action":"A"},{"phone":"3155550109","action":"D"},{"phone":"3155550102","middle":"D"}]"#,
            &[],
            BOTH,
            1,
        ),
        ("quoted.txt", b"\"phone\"\n\"3155550101\"\n\"3155550102\"\n", &[], BOTH, 0),
        // More digits would make it a number of another country.
        ("extension.txt", b"3155550101\n315-555-0109 12\n1 (315) 555-0109 / 3\n3155550102\n", &[], BOTH, 2),
        ("international.txt", b"+44 20 7946 0123 4\n44 20 7946 0123\n", &[], &["+442079460123", "+4420794601234"], 0),
        ("minus.txt", b"3155550101\n-3155550109\n3155550102\n", &[], BOTH, 1),
        // A spreadsheet program's way to keep digits as a text.
        ("formula.csv", b"phone,name\n=\"3155550101\",Al\n\"=\"\"3155550102\"\"\",Bo\n", &[], BOTH, 0),
        ("formula.txt", b"=\"3155550101\"\n\"=\"\"3155550102\"\"\"\n", &[], BOTH, 0),
        ("formula-bare.csv", b"=\"3155550101\",Al\n=\"3155550102\",Bo\n", &[], BOTH, 0),
        // A title above the header.
        ("title.csv", b"Do not call 2026-11-01\nname,phone\nAl,3155550101\nBo,3155550102\n", &[], BOTH, 0),
        ("titles.csv", b"Phone list,,\n,,\nname,phone,zip\nAl,3155550101,13501\nBo,3155550102,\n", &[], BOTH, 0),
        ("title-column.csv", b"Do not call\nname,phone\nAl,3155550101\nBo,3155550102\n", &["--column", "phone"], BOTH, 0),
        ("title-mark.csv", b"Changes\nphone,action\n3155550101,A\n3155550102,A\n3155550109,D\n", &[], BOTH, 0),
        // Area codes in a column of their own, with a header.
        ("area.csv", b"area code,number\n315,5550101\n315,5550102\n", &[], BOTH, 0),
        ("area-one.csv", b"Area Code,Phone Number,Name\n315,555-0101,Al\n315,555-0102,Bo\n", &[], BOTH, 0),
        ("area-behind.csv", b"name,phone,npa\nAl,5550101,315\nBo,5550102,315\n", &[], BOTH, 0),
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
        ("grades.csv", b"3155550101,Joe,D\n3155550102,Ann,A\n", &["--format", "csv"], BOTH, 0),
        ("dnc.csv", b"3155550101,D\n3155550102,D\n", &["--format", "csv"], BOTH, 0),
        // VICIdial has the country code in a column of its own.
        ("vicidial.csv", b"phone_code,phone_number\n44,02079460123\n44,2079460124\n1,3155550101\n,+13155550102\n,3155550109\n", &[],
            &["+13155550101", "+13155550102", "+442079460123", "+442079460124"], 1),
        // Spreadsheets write codes and numbers with decimals, an apostrophe, or other digits.
        ("codes.csv", "phone_code;phone_number\n44.0;2079460123\n'44;2079460124.0\n４４;'2079460125\n52.00;5512345678\n+44;2079460126\n0044;2079460127\n44;(44) 2079460128\n1.0;3155550101\n1;13155550102\n".as_bytes(), &[],
            &["+13155550101", "+13155550102", "+442079460123", "+442079460124", "+442079460125", "+442079460126", "+442079460127",
              "+442079460128", "+525512345678"], 0),
        ("bad-codes.csv", "phone_code;phone_number\n44,0;2079460123\n(44);2079460123\n'44 4;2079460123\nUX;2079460123\nGB (+43);2079460123\nUK 44;2079460123\n44x;2079460123\n-44;2079460123\n44/1;2079460123\n0;2079460123\n1;442079460123\n1;1315555010\n1;0155550101\n44;2079460123.5\n1;3155550101\nUK;+13155550102\n".as_bytes(), &[],
            BOTH, 14),
        ("decimals.csv", b"phone_code,phone_number\n49,30123456.0\n31,612345678.0\n33,123456789.00\n49,30123456.0000\n", &[],
            &["+31612345678", "+33123456789", "+4930123456"], 1),
        ("decimals.txt", b"31555501.00\n31555501.14\n36055501.12\n3155550101.0\n3155550102.00\n", &[], BOTH, 3),
        ("area.csv", b"315,5550101\n315,5550102\n315,5550103\n315,5550101\n315,5550102\n315,5550103\n315,5550101\n315,5550102\n315,5550101\n315,5550102\n315,5550103\n315,5550104\n315.0,5550104.00\n315,3155550109\n3x5,5550109\n", &[],
            &["+13155550101", "+13155550102", "+13155550103", "+13155550104", "+13155550109"], 1),
        // A comment begins after a blank.
        ("comments.txt", b"# all, of them\n3155550101 # a comment\n315-555-0102\t#22 2079460123, too\n31555501 # short\n", &[], BOTH, 1),
        ("commas.txt", b"3155550101 # Joe, D\n3155550102 # Ann, A\n", &[], BOTH, 0),
        ("tickets.csv", b"phone,ticket,action\n3155550109,#1,A\n3155550109, #1,D\n3155550101, #2,A\n3155550102, #3,A\n", &[], BOTH, 0),
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
        assert_eq!(support::reasons(&rejects).len(), *rejected, "{name}: {rejects}");
    }
}

/// The file's contents, the numbers that remain of a list with 101, 102 and 103, and the count of rejected lines.
type ChangeCase = (&'static str, &'static [&'static str], usize);

/// Returns a folder whose list `dnc` has the numbers 101, 102 and 103.
fn folder_with_three() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("old.txt"), "3155550101\n3155550102\n3155550103\n").unwrap();
    assert!(run(folder.path(), &["import", "old.txt", "--list", "dnc"]).status.success());
    folder
}

#[test]
fn a_column_of_marks_is_found_by_its_name_and_its_values() {
    const THREE: &[&str] = &["+13155550101", "+13155550102", "+13155550103"];
    const ONE: &[&str] = &["+13155550103"];
    const TWO: &[&str] = &["+13155550102", "+13155550103"];
    const ADDED: &[&str] = &["+13155550102", "+13155550103", "+13155550104"];
    let cases: &[ChangeCase] = &[
        ("phone,action\n3155550101,D\n3155550109,\n3155550108,\n", TWO, 2),
        ("phone,op\n3155550101,delete\n3155550102,delete\n", ONE, 0),
        ("phone,action\n3155550103,add\n3155550109,dlete\n3155550108,delte\n", THREE, 2),
        (
            "phone,action\n3155550103,Add\n3155550101,del\n3155550104,+\n3155550109,1\n3155550108,change\n3155550107,N\n",
            ADDED,
            3,
        ),
        ("phone,action\n3155550104,+\n3155550101,-\n", ADDED, 0),
        ("phone,Action Code\n3155550101,D\n3155550104,A\n", ADDED, 0),
        ("phone,A/D\n3155550101,D\n3155550104,A\n", ADDED, 0),
        ("phone,flag\n3155550101,D\n3155550104,A\n", ADDED, 0),
        ("phone,status\n3155550101,D\n3155550104,A\n", ADDED, 0),
        ("phone,type\n3155550101,removed\n3155550104,added\n", ADDED, 0),
        ("phone,Add/Delete\n3155550101,Remove\n3155550104,Insert\n", ADDED, 0),
        ("3155550101,-\n3155550104,+\n", ADDED, 0),
        ("phone,Change_Type\n3155550101,d\n3155550109,x\n", TWO, 1),
    ];
    for (text, numbers, rejected) in cases {
        for arguments in [&[][..], &["--column", "1"]] {
            let folder = folder_with_three();
            fs::write(folder.path().join("a.csv"), text).unwrap();
            let output = run(folder.path(), &[&["import", "a.csv", "--list", "dnc"], arguments].concat());
            assert_eq!(listed(folder.path(), "dnc"), *numbers, "{text}: {}", said(&output));
            assert_eq!(output.status.code(), Some(i32::from(*rejected > 0)), "{text}: {}", said(&output));
            assert!(said(&output).contains("a list of changes"), "{text}: {}", said(&output));
            let rejects = fs::read_to_string(folder.path().join("a.csv.rejects")).unwrap_or_default();
            assert_eq!(support::reasons(&rejects).len(), *rejected, "{text}: {rejects}");
        }
    }
}

#[test]
fn a_file_that_may_have_deletions_is_refused() {
    const CSV: &str = "--format csv";
    for (text, column, values) in [
        ("phone,remarks\n4045557812,D\n", "\"remarks\"", "\"D\""),
        ("phone,remarks\n4045557812,D\n4045557813,\n", "\"remarks\"", "\"D\" and \"\""),
        (
            "phone,remarks\n4045557812,called twice\n4045557813,deleted\n",
            "\"remarks\"",
            "\"called twice\" and \"deleted\"",
        ),
        ("phone,action\n4045557812,1\n4045557813,0\n", "\"action\"", "\"1\" and \"0\""),
        ("phone,action\n4045557812,Y\n4045557813,N\n", "\"action\"", "\"Y\" and \"N\""),
        ("phone,action\n4045557812,opt-out\n4045557813,opt-in\n", "\"action\"", "\"opt-out\" and \"opt-in\""),
        ("phone,choice\n4045557812,opt-out\n4045557813,opt-in\n", "\"choice\"", "\"opt-out\" and \"opt-in\""),
        ("phone,flag\n4045557812,1\n4045557813,0\n", "\"flag\"", "\"1\" and \"0\""),
        ("phone,status\n4045557812,-\n4045557813,-\n", "\"status\"", "\"-\""),
        ("phone,type\n4045557812,A\n4045557813,B\n4045557814,C\n", "\"type\"", "\"A\", \"B\" and \"C\""),
        ("phone,dnc\n4045557812,Y\n4045557813,N\n", "\"dnc\"", "\"Y\" and \"N\""),
        ("phone,Do Not Call\n4045557812,yes\n4045557813,\n", "\"Do Not Call\"", "\"yes\" and \"\""),
        ("phone,is_dnc\n4045557812,0\n4045557813,0\n", "\"is_dnc\"", "\"0\""),
        ("phone,active\n4045557812,true\n4045557813,false\n", "\"active\"", "\"true\" and \"false\""),
        ("phone,consent\n4045557812,Y\n", "\"consent\"", "\"Y\""),
        ("phone,deleted_at\n4045557812,2026-01-01\n4045557813,\n", "\"deleted_at\"", "\"2026-01-01\" and \"\""),
        ("4045557812,Y\n4045557813,N\n", "2", "\"Y\" and \"N\""),
        ("4045557812,X\n4045557813,D\n", "2", "\"X\" and \"D\""),
        ("4045557812,Joe,D\n4045557813,Ann,A\n", "3", "as added (A) or deleted (D)"),
    ] {
        for arguments in [&[][..], &["--column", "1"], &["--status", "PROCEED"]] {
            let folder = TempDir::new().unwrap();
            fs::write(folder.path().join("a.csv"), text).unwrap();
            let output = run(folder.path(), &[&["import", "a.csv", "--list", "dnc"], arguments].concat());
            assert_eq!(output.status.code(), Some(1), "{text}: {}", said(&output));
            assert!(!folder.path().join(".precall").exists(), "a file that is refused creates no database");
            for part in [&format!("column {column} "), values, CSV] {
                assert!(stderr(&output).contains(part), "{text}: {part}: {}", said(&output));
            }
            assert_eq!(stdout(&run(folder.path(), &["lists", "--json"])), "", "{text}: no record is written");
        }
        // Then the numbers are on the list because the operator says so.
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.csv"), text).unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc", "--format", "csv"]);
        assert!(output.status.success(), "{text}: {}", said(&output));
    }
}

#[test]
fn other_columns_do_not_make_a_list_of_changes() {
    const BOTH: &[&str] = &["+13155550101", "+13155550102"];
    for text in [
        "phone,status\n3155550101,active\n3155550102,inactive\n",
        "phone,type\n3155550101,mobile\n3155550102,landline\n",
        "first,middle,last,phone\nJoe,A,Roe,3155550101\nAnn,D,Del,3155550102\n",
        "phone,mi\n3155550101,D\n3155550102,A\n",
        "phone,vip\n3155550101,Y\n3155550102,N\n",
        "phone,ext\n3155550101,-\n3155550102,-\n",
        "phone,dnc\n3155550101,Y\n3155550102,yes\n",
        "phone,dnc_source\n3155550101,web\n3155550102,agent\n",
        "phone,reason\n3155550101,opt-out\n3155550102,opt-out\n",
        "phone,code\n3155550101,603\n3155550102,480\n",
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.csv"), text).unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc"]);
        assert!(output.status.success(), "{text}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc"), BOTH, "{text}: {}", said(&output));
    }
}

#[test]
fn a_file_with_two_columns_of_numbers_is_refused() {
    for (header, names) in [
        ("Phone 1,Phone 2", "\"Phone 1\" and \"Phone 2\""),
        ("phone,phone2", "\"phone\" and \"phone2\""),
        ("cell,work", "\"cell\" and \"work\""),
        ("work_phone,cell", "\"work_phone\" and \"cell\""),
        ("phone,evening", "\"phone\" and \"evening\""),
        ("home_phone,work_phone", "\"home_phone\" and \"work_phone\""),
        ("home_phone,work_phone,cell", "\"home_phone\", \"work_phone\" and \"cell\""),
        ("phone_number,alt_phone", "\"phone_number\" and \"alt_phone\""),
        ("Home,Work", "\"Home\" and \"Work\""),
        ("phone,spouse", "\"phone\" and \"spouse\""),
        ("Telephone,Mobile #", "\"Telephone\" and \"Mobile #\""),
    ] {
        let folder = TempDir::new().unwrap();
        let third = if header.matches(',').count() == 2 { ",3155550103" } else { "" };
        let text = format!("{header}\n3155550101,3155550102{third}\n3155550104,\n3155550105,\n");
        fs::write(folder.path().join("a.csv"), &text).unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc"]);
        assert_eq!(output.status.code(), Some(1), "{text}: {}", said(&output));
        for name in names.split(" and ").flat_map(|names| names.split(", ")) {
            assert!(stderr(&output).contains(&format!("{name} (3155550")), "{text}: {name}: {}", said(&output));
        }
        assert!(
            stderr(&output).contains(" have telephone numbers; choose one with --column \""),
            "{text}: {}",
            said(&output)
        );
        let column = header.split(',').nth(1).unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc", "--column", column]);
        assert_eq!(output.status.code(), Some(1), "two lines have no number: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc"), ["+13155550102"], "{text}: {}", said(&output));
    }
    // Without a header, and with numbers in every third line.
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), "3155550101,Al,3155550102\n3155550103,Bo,\n3155550104,Cy,3155550105\n")
        .unwrap();
    let output = run(folder.path(), &["import", "a.csv", "--list", "dnc"]);
    assert!(
        stderr(&output).contains(
            "columns 1 (3155550101, 3155550103, 3155550104) and 3 (3155550102, 3155550105) have telephone numbers"
        ),
        "{}",
        said(&output)
    );
}

#[test]
fn a_column_about_a_telephone_is_not_one_of_numbers() {
    const BOTH: &[&str] = &["+13155550101", "+13155550102"];
    for header in ["phone,phone_type", "phone,mobile", "Phone (10 digits),work", "phone 1,cell_carrier", "tel,other"] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.csv"), format!("{header}\n3155550101,Acme\n3155550102,\n")).unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc"]);
        assert!(output.status.success(), "{header}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc"), BOTH, "{header}: {}", said(&output));
    }
    for header in ["phone,account_id", "phone,updated_at", "phone,order_id"] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.csv"), format!("{header}\n3155550101,4045557812\n3155550102,4045557813\n"))
            .unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc"]);
        assert!(output.status.success(), "{header}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc"), BOTH, "{header}: {}", said(&output));
    }
}

/// The layout is detected by the first lines. A later line with a word for a deletion is rejected.
#[test]
fn a_deletion_after_the_first_lines_is_not_an_addition() {
    for (header, first, late) in [
        ("phone,remarks", "called", "deleted"),
        ("phone,remarks", "", "D"),
        ("phone,status", "active", "D"),
        ("phone,dnc", "Y", "N"),
        ("phone,dnc", "Y", ""),
    ] {
        let folder = TempDir::new().unwrap();
        let mut text = format!("{header}\n");
        for number in 0..300 {
            text += &format!("2015550{number:03},{first}\n");
        }
        text += &format!("3155550101,{late}\n");
        fs::write(folder.path().join("a.csv"), text).unwrap();
        let output = run(folder.path(), &["import", "a.csv", "--list", "dnc"]);
        assert_eq!(output.status.code(), Some(1), "{header}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc").len(), 300, "{header}: {}", said(&output));
        let rejects = fs::read_to_string(folder.path().join("a.csv.rejects")).unwrap();
        assert!(rejects.contains("may mean that the number is not on the list"), "{header}: {rejects}");
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
        ("e.xlsx", WORKBOOK, &[], "a workbook that cannot be read ("),
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
        stdout(&output).contains("2 exported from b.txt, 2 more rules from scan.json; 6 items"),
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
        (&["lists", "remove", "dnc"], 1, "write --yes to remove the list, or --dry-run to only see it\n".to_owned()),
        (
            &["lists", "remove", "dnc", "--dry-run"],
            0,
            "list dnc: 3 entries; the last import wrote 3 entries from dnc.txt on ".to_owned(),
        ),
        (&["lists", "remove", "--yes"], 2, "<NAME>".to_owned()),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(&wanted), "{arguments:?}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc").len(), 4);
    }
    let output = run(folder.path(), &["lists", "remove", "dnc", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for wanted in [&format!("This removes all its numbers from {place}."), "list dnc: 3 entries removed\n"] {
        assert!(stdout(&output).contains(wanted), "{}", said(&output));
    }
    assert_eq!(listed(folder.path(), "dnc"), ["*"], "a wildcard rule of the list's name is the operator's own");
    assert_eq!(listed(folder.path(), "dnc-2"), ["+13155550101"]);
    assert_eq!(listed(folder.path(), "own"), ["+13155550101"]);
    let lists = stdout(&run(folder.path(), &["lists"]));
    assert!(lists.contains("dnc-2 ") && !lists.contains("dnc "), "{lists}");
}

/// The numbers of a list may come from several files; the last one may be a short list of changes.
#[test]
fn a_list_of_several_files_is_shown_with_all_its_numbers() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), "3155550101\n3155550102\n").unwrap();
    fs::write(folder.path().join("b.txt"), "3155550103\n").unwrap();
    let note = "WRITTEN counts the entries of the last file; --count counts all numbers of a list";
    for (file, has_note) in [("a.txt", false), ("b.txt", true)] {
        assert!(run(folder.path(), &["import", file, "--list", "dnc"]).status.success());
        let lists = run(folder.path(), &["lists"]);
        assert_eq!(stdout(&lists).contains(note), has_note, "{}", said(&lists));
        assert!(!stdout(&run(folder.path(), &["lists", "--count"])).contains(note));
    }
    let output = run(folder.path(), &["lists", "remove", "dnc", "--dry-run"]);
    let wanted = "list dnc: 3 entries; the last import wrote 1 entry from b.txt on ";
    assert!(stdout(&output).starts_with(wanted), "{}", said(&output));
    assert!(stdout(&output).ends_with("nothing was removed\n"), "{}", said(&output));
}

/// An item of another program among the records hides no list.
#[tokio::test]
async fn a_record_that_cannot_be_read_hides_no_list() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
    assert!(run(folder.path(), &["import", "dnc.txt", "--list", "dnc"]).status.success());
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = server.client().put_item().table_name("precall-rules");
    put.item("number", text("list")).item("rule", text("bad")).item("x", text("y")).send().await.unwrap();
    drop(server);
    for arguments in [&["lists"][..], &["lists", "--json"], &["lists", "--count"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        let wanted = "warning: the record of list bad cannot be read (missing field `state`); remove it with `precall remove \
                      --number list --rule bad`, and import the list again\n";
        assert_eq!(stderr(&output), wanted, "{arguments:?}");
        assert!(stdout(&output).contains("dnc"), "{arguments:?}: {}", said(&output));
    }
    let removed = run(folder.path(), &["remove", "--number", "list", "--rule", "bad", "--yes"]);
    assert_eq!(removed.status.code(), Some(0), "{}", said(&removed));
    let output = run(folder.path(), &["lists"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{}", said(&output));
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
    assert!(stdout(&output).contains("list dnc: 1 exported from dnc.txt; 3 items in 1 part, "), "{}", said(&output));
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

#[test]
fn requests_that_would_end_before_the_law_allows_it_are_warned_about() {
    for (arguments, wanted) in [
        (&["--forget-after", "90d"][..], "leave list dnc after 90 days; if people asked not to be called"),
        (&["--forget-after", "1825d"], "for five years (47 CFR 64.1200(d)(6)), and for ten in Virginia"),
        (&["--forget-after", "1826d"], "for ten years in Virginia (Va. Code 59.1-514): write --forget-after 3653d"),
        (&["--forget-after", "3652d"], "for ten years in Virginia (Va. Code 59.1-514): write --forget-after 3653d"),
        (&["--forget-after", "3653d"], ""),
        (&["--forget-after", "90d", "--status", "PROCEED"], ""),
        (&["--expires", "31d"], ""),
        (&[], ""),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("dnc.txt"), "3155550101\n").unwrap();
        let output = run(folder.path(), &[&["import", "dnc.txt", "--list", "dnc"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        assert_eq!(listed(folder.path(), "dnc"), ["+13155550101"], "{arguments:?}: a warning changes nothing");
        let warned = stderr(&output).contains("warning: the numbers leave");
        assert_eq!(warned, !wanted.is_empty(), "{arguments:?}: {}", said(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", said(&output));
    }
}

/// A number counts once, in how many spellings and in how many places the file may have it.
#[test]
fn spellings_of_a_number_count_once() {
    let spellings = "+13155550101\n315-555-0101\n1 (315) 555 0101\n";
    // The repetition is in another transaction than the first one.
    let far: String = (0..6_000).map(|number| format!("202555{number:04}\n")).collect();
    let codes = "201XXXXXXX\n+1201XXXXXXX\n3155550101\n";
    let cases: [(&str, String, u64, u64); 4] = [
        ("three", spellings.to_owned(), 1, 2),
        ("far", format!("3155550101\n{far}{spellings}"), 6_001, 3),
        ("codes", codes.to_owned(), 2, 1),
        ("none", "3155550101\n3155550102\n".to_owned(), 2, 0),
    ];
    for (name, text, numbers, repeated) in cases {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("list.txt"), text).unwrap();
        let output = run(folder.path(), &["import", "list.txt", "--list", "dnc"]);
        let said = said(&output);
        assert!(output.status.success(), "{name}: {said}");
        assert!(said.contains(&format!("list dnc: {numbers} written from list.txt")), "{name}: {said}");
        let words = format!(", {repeated} repeated;");
        assert_eq!(said.contains(&words), repeated > 0, "{name}: {said}");
        assert_eq!(said.contains("repeated"), repeated > 0, "{name}: {said}");
        let lists: Value = serde_json::from_str(&stdout(&run(folder.path(), &["lists", "--json", "--count"]))).unwrap();
        assert_eq!((&lists["written"], &lists["items"]), (&numbers.into(), &numbers.into()), "{name}");
        let rules = stdout(&run(folder.path(), &["rules", "--format", "json", "--number", "*"]));
        let notice = rules.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut notice = notice.filter(|rule| rule["rule"] == "list:dnc");
        assert_eq!(notice.next().unwrap()["numbers"], numbers, "{name}");
    }
}
