//! `precall scrub`: the decisions of the calls to all numbers of a file.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{PATIENCE, Server, precall, run, run_with, stderr, stdout};

/// Tuesday 10:30 in New York, 08:30 in Boise and 07:30 in Los Angeles.
const AT: &str = "2026-12-01T15:30:00Z";

const COLUMNS: &str = "precall_number,precall_decision,precall_code,precall_reason,precall_rule,precall_place,\
                       precall_local_time,precall_next_open,precall_redirect_to,precall_cap_room";

fn rules() -> Value {
    json!([
        { "number": "*", "rule": "hours", "status": "REJECT", "code": "480", "reason": "Outside calling hours", "calling_hours": "us", "priority": 50 },
        { "number": "*", "rule": "cap", "status": "REJECT", "code": "486", "reason": "Limit", "max_calls": 3, "per": "24h", "priority": 40 },
        { "number": "*", "rule": "idaho", "status": "REJECT", "reason": "No Idaho", "places": "US-ID", "clients": "second", "priority": 60 },
        { "number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603", "reason": "=1+1, do not call", "priority": 100 },
        { "number": "+13155550102", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+12125550100", "priority": 100 },
        { "number": "+13155550104", "rule": "moved-dnc", "status": "CHANGE_DESTINATION", "code": "+13155550101", "priority": 100 },
        { "number": "+13155550105", "rule": "holder", "timezone": "America/Los_Angeles", "places": "US-CA" },
        { "number": "+13155550107", "rule": "dnc", "status": "REJECT", "code": "603", "priority": 100 },
        { "number": "+13155550107", "rule": "consent", "exempt": "dnc, cap", "starts_at": "2026-11-30", "expires_at": "2026-12-20" },
        { "number": "+13155550108", "rule": "dnc", "status": "REJECT", "code": "603", "reason": "Listed", "priority": 100 },
        { "number": "+13155550108", "rule": "consent", "exempt": "dnc", "starts_at": "2026-12-10", "expires_at": "never" },
        { "number": "+12125550199", "rule": "agent", "status": "REJECT", "reason": "Agent left", "side": "from", "priority": 70 },
    ])
}

fn folder_with_rules() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.json"), rules().to_string()).unwrap();
    folder
}

/// A folder with a database that has the rules, and an invalid item that only the console could write.
fn folder_with_database() -> TempDir {
    let folder = folder_with_rules();
    let output = run(folder.path(), &["load", "rules.json", "--because", "test"]);
    assert!(output.status.success(), "{}", stderr(&output));
    folder
}

fn scrub(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["scrub"], arguments].concat())
}

/// Returns the cells of the rows of a CSV text, without the header.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn each_row_keeps_its_cells_and_gets_the_columns_of_its_decision() {
    let folder = folder_with_rules();
    const REJECT: &str = "+13155550101,REJECT,603,\"'=1+1, do not call\",dnc,US-NY,Tue 10:30 in America/New_York,,,";
    const PROCEED: &str = "+13155550100,PROCEED,,,,US-NY,Tue 10:30 in America/New_York,,,3";
    const IDAHO: &str = "+12085550102,REJECT,480,Outside calling hours,hours,US-ID,\"Tue 08:30 in America/Boise, Tue 08:30 in \
                         America/Denver, Tue 07:30 in America/Los_Angeles\",2026-12-01T16:00:00Z,,";
    let semicolons =
        |row: &str| row.replace(',', ";").replace("; ", ", ").replace("\"'=1+1, do not call\"", "'=1+1, do not call");
    let tabs =
        |row: &str| row.replace(',', "\t").replace("\t ", ", ").replace("\"'=1+1, do not call\"", "'=1+1, do not call");
    let cases: Vec<(&str, String, Vec<&str>, String)> = vec![
        // Quotes, a delimiter and a line feed in a cell, a blank line, and rows that are too short or too long.
        (
            "quotes.csv",
            "name,phone,note\n\"Bob \"\"B\"\"\",315-555-0101,\"a, b\"\n\nAl,3155550100\n\"E\nF\",+12085550102,=x,more\n".into(),
            vec![],
            format!("name,phone,note,,{COLUMNS}\n\"Bob \"\"B\"\"\",315-555-0101,\"a, b\",,{REJECT}\n\nAl,3155550100,,,{PROCEED}\n\"E\nF\",+12085550102,=x,more,{IDAHO}\n"),
        ),
        (
            "semicolons.csv",
            "phone;name\r\n3155550101;Al\r\n3155550100;Bo\r\n".into(),
            vec![],
            format!("phone;name;{}\r\n3155550101;Al;{}\r\n3155550100;Bo;{}\r\n", semicolons(COLUMNS), semicolons(REJECT), semicolons(PROCEED)),
        ),
        (
            "tabs.tsv",
            "\u{feff}phone\tname\n3155550101\tAl\n3155550100\tBo\n".into(),
            vec![],
            format!("\u{feff}phone\tname\t{}\n3155550101\tAl\t{}\n3155550100\tBo\t{}\n", tabs(COLUMNS), tabs(REJECT), tabs(PROCEED)),
        ),
        // Without a header, there is none afterwards.
        ("bare.csv", "Al,3155550101\nBo,3155550100\n".into(), vec![], format!("Al,3155550101,{REJECT}\nBo,3155550100,{PROCEED}\n")),
        ("lines.txt", "3155550101\n# a comment\n3155550100\n".into(), vec![], format!("3155550101,{REJECT}\n# a comment\n3155550100,{PROCEED}\n")),
        (
            "titles.csv",
            "Leads of November\nname,phone\nAl,3155550101\nBo,3155550100\n".into(),
            vec![],
            format!("Leads of November\nname,phone,{COLUMNS}\nAl,3155550101,{REJECT}\nBo,3155550100,{PROCEED}\n"),
        ),
        // The columns of an earlier scrub stay, and those of this one have other names.
        (
            "again.csv",
            "phone,precall_code\n3155550101,x\n3155550100,\n".into(),
            vec![],
            format!("phone,precall_code,{}\n3155550101,x,{REJECT}\n3155550100,,{PROCEED}\n", COLUMNS.replace("precall_", "precall_2_")),
        ),
        // Numbers that cannot be read stay as rows.
        (
            "broken.csv",
            "phone,status\n3155550101,D\n315555,A\n,new\n3155550100,old\n".into(),
            vec![],
            format!("phone,status,{COLUMNS}\n3155550101,D,{REJECT}\n315555,A,,unreadable,,315555 has no country code,,,,,,\n,new,,unreadable,,nothing in column 1,,,,,,\n3155550100,old,{PROCEED}\n"),
        ),
        (
            "callers.csv",
            "callee,caller\n3155550100,2125550199\n3155550100,anonymous\n".into(),
            vec!["--column", "callee", "--from-column", "caller"],
            format!("callee,caller,{COLUMNS}\n3155550100,2125550199,+13155550100,REJECT,503,Agent left,agent,US-NY,Tue 10:30 in America/New_York,,,\n3155550100,anonymous,{PROCEED}\n"),
        ),
        // A row has one decision, and a prefix is no number. The country is that of its column.
        (
            "several.csv",
            "phone,name\n3155550101 / 3155550100,Al\n315XXXXXXX,Bo\n=\"3155550100\",Cy\n".into(),
            vec![],
            format!(
                "phone,name,{COLUMNS}\n\
                 3155550101 / 3155550100,Al,,unreadable,,\"several numbers; a row has one decision, so name one column with \
                 --column, or write one number\",,,,,,\n\
                 315XXXXXXX,Bo,,unreadable,,\"a prefix of numbers, not a number\",,,,,,\n\
                 =\"3155550100\",Cy,{PROCEED}\n"
            ),
        ),
        (
            "country.csv",
            "phone,country\n020 7946 0123,United Kingdom\n3155550100,United States\n".into(),
            vec![],
            format!(
                "phone,country,{COLUMNS}\n\
                 020 7946 0123,United Kingdom,+442079460123,PROCEED,,,,GB,Tue 15:30 in Europe/London,,,3\n\
                 3155550100,United States,{PROCEED}\n"
            ),
        ),
        (
            "several.json",
            r#"["3155550101", {"phone": "3155550100 / 3155550102"}, "3155550100"]"#.into(),
            vec![],
            format!(
                "entry,{COLUMNS}\n\"\"\"3155550101\"\"\",{REJECT}\n\
                 \"{{\"\"phone\"\":\"\"3155550100 / 3155550102\"\"}}\",,unreadable,,\"several numbers; a row has one \
                 decision, so name one column with --column, or write one number\",,,,,,\n\
                 \"\"\"3155550100\"\"\",{PROCEED}\n"
            ),
        ),
        // An exemption lifts what it names, from its start to its end.
        (
            "exempt.csv",
            "phone\n3155550107\n3155550108\n".into(),
            vec![],
            format!(
                "phone,{COLUMNS}\n3155550107,+13155550107,PROCEED,,,,US-NY,Tue 10:30 in America/New_York,,,\n\
                 3155550108,+13155550108,REJECT,603,Listed,dnc,US-NY,Tue 10:30 in America/New_York,,,\n"
            ),
        ),
        (
            "list.json",
            r#"["3155550101", {"phone": "3155550100", "name": "Bo"}]"#.into(),
            vec![],
            format!("entry,{COLUMNS}\n\"\"\"3155550101\"\"\",{REJECT}\n\"{{\"\"name\"\":\"\"Bo\"\",\"\"phone\"\":\"\"3155550100\"\"}}\",{PROCEED}\n"),
        ),
    ];
    let mut wrong = String::new();
    for (name, contents, arguments, expected) in cases {
        fs::write(folder.path().join(name), contents).unwrap();
        let output = scrub(folder.path(), &[&[name, "--rules", "rules.json", "--at", AT], &arguments[..]].concat());
        if stdout(&output) != expected {
            writeln!(wrong, "{name}\n--- expected\n{expected}\n--- got\n{}{}", stdout(&output), stderr(&output))
                .unwrap();
        }
        assert_eq!(
            output.status.code(),
            Some(i32::from(expected.contains("unreadable"))),
            "{name}: {}",
            stderr(&output)
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_rows_go_into_files_by_their_decision() {
    let folder = folder_with_rules();
    let leads = "phone\n3155550100\n3155550101\n3155550102\n3155550104\nx\n2085550102\n";
    fs::write(folder.path().join("leads.csv"), leads).unwrap();
    let arguments =
        ["leads.csv", "--rules", "rules.json", "--at", AT, "--callable", "call.csv", "--blocked", "skip.csv"];
    let output = scrub(folder.path(), &arguments);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let decisions =
        |name: &str| rows(&read(name)).into_iter().map(|row| format!("{} {}", row[0], row[2])).collect::<Vec<_>>();
    assert_eq!(decisions("call.csv"), ["3155550100 PROCEED"]);
    // A redirect goes to another number, so the row's own number may not be called.
    let blocked = [
        "3155550101 REJECT",
        "3155550102 CHANGE_DESTINATION",
        "3155550104 REJECT",
        "x unreadable",
        "2085550102 REJECT",
    ];
    assert_eq!(decisions("skip.csv"), blocked);
    let text = stdout(&output);
    for line in [
        "rules     9 rules, 3 facts in rules.json",
        "rows      6: 1 may be called, 4 may not, 1 not decided",
        "           2  REJECT 603 \"=1+1, do not call\" by dnc",
        "           1  of these could be called from 08:00 by the callee's clock",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
    assert_eq!(output.status.code(), Some(1));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");

    let lines: Vec<Value> = {
        let output = scrub(folder.path(), &["leads.csv", "--rules", "rules.json", "--at", AT, "--format", "json"]);
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[2]["phone"], "3155550102");
    assert_eq!(lines[2]["precall_redirect_to"], "+12125550100");
    assert_eq!((&lines[0]["precall_cap_room"], &lines[0]["precall_reason"]), (&json!(3), &Value::Null));
}

#[test]
fn a_file_is_not_overwritten_in_silence() {
    let folder = folder_with_rules();
    fs::write(folder.path().join("leads.csv"), "phone\n3155550100\n").unwrap();
    fs::write(folder.path().join("out.csv"), "mine").unwrap();
    let base = ["leads.csv", "--rules", "rules.json", "--output"];
    for (arguments, wanted) in [
        (vec!["out.csv"], "out.csv exists; name another file, or write --force to replace it"),
        (vec!["leads.csv", "--force"], "leads.csv: this is the file of leads; name another file"),
        (vec!["a.csv", "--blocked", "a.csv"], "a.csv: named for two outputs; name two files"),
        (vec!["a.csv", "--resume"], "there is no interrupted scrub to continue"),
        (vec!["a.csv", "--from", "nobody"], "--from nobody"),
        (vec!["a.csv", "--from-column", "agent"], "--from-column agent: there is no such column; there are: phone"),
        (vec!["a.csv", "--column", "fax"], "no column \"fax\""),
    ] {
        let output = scrub(folder.path(), &[&base[..], &arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(wanted), "{wanted}\n{}", stderr(&output));
        assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap(), "mine");
        assert!(!folder.path().join("a.csv").exists());
    }
    let output = scrub(folder.path(), &[&base[..], &["out.csv", "--force"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(fs::read_to_string(folder.path().join("out.csv")).unwrap().starts_with("phone,precall_number,"));
}

/// A scrub asks nothing.
#[test]
fn a_file_with_doubtful_columns_is_refused() {
    let folder = folder_with_rules();
    let list_files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/list_files");
    for (file, choice, wanted) in [
        ("phone-1-phone-2.csv", ["--column", "Phone 1"], "choose one with --column \"Phone 1\"\n"),
        ("twilio-stops.csv", ["--column", "From"], "each line is a message by which the number in \"From\" opts out"),
        ("code-before-number.csv", ["--country-column", "1"], "may have the countries of the numbers"),
        ("workbook-two-sheets.xlsx", ["--sheet", "DNC"], "choose one with --sheet"),
    ] {
        let path = list_files.join(file);
        let base = [path.to_str().unwrap(), "--rules", "rules.json", "--output", "out.csv"];
        let output = scrub(folder.path(), &base);
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert!(stderr(&output).contains(wanted), "{file}: {}", stderr(&output));
        assert!(!folder.path().join("out.csv").exists(), "{file}");
        let output = scrub(folder.path(), &[&base[..], &choice].concat());
        assert!(folder.path().join("out.csv").exists(), "{file}: {}", stderr(&output));
        let text = fs::read_to_string(folder.path().join("out.csv")).unwrap();
        assert!(text.lines().count() > 1, "{file}: {text}");
        fs::remove_file(folder.path().join("out.csv")).unwrap();
    }
}

#[test]
fn standard_input_is_scrubbed_and_json_has_no_mark() {
    let folder = folder_with_rules();
    for (format, wanted) in [
        (
            "csv",
            format!(
                "\u{feff}phone,{COLUMNS}\n3155550107,+13155550107,PROCEED,,,,US-NY,Tue 10:30 in America/New_York,,,\n"
            ),
        ),
        (
            "json",
            "{\"phone\":\"3155550107\",\"precall_number\":\"+13155550107\",\"precall_decision\":\"PROCEED\","
                .to_owned(),
        ),
    ] {
        let mut command = precall(folder.path());
        command.args(["scrub", "-", "--rules", "rules.json", "--at", AT, "--format", format]);
        let output = run_with(command, "\u{feff}phone\n3155550107\n");
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).starts_with(&wanted), "{}", stdout(&output));
        assert!(stderr(&output).contains("file      standard input: "), "{}", stderr(&output));
    }
}

/// A number that depends only on its argument.
fn random(nth: u64) -> u64 {
    let mut z = nth.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^= z >> 29;
    z.wrapping_mul(0x94d0_49bb_1331_11eb) >> 17
}

#[tokio::test]
async fn scrub_and_check_never_differ() {
    let folder = folder_with_database();
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    // An invalid item, which only the console can write, and calls that a cap has counted.
    let item = json!({ "number": "+13155550103", "rule": "typo", "status": "REJEKT", "priority": 45 });
    let item = item.as_object().unwrap().iter().map(|(name, value)| {
        let value = value
            .as_str()
            .map_or_else(|| AttributeValue::N(value.to_string()), |text| AttributeValue::S(text.to_owned()));
        (name.clone(), value)
    });
    let url = format!("http://{}", server.dynamodb);
    let client = server.client();
    client.put_item().table_name("precall-rules").set_item(Some(item.collect())).send().await.unwrap();
    for (callee, calls) in [("+13155550100", 3), ("+12125550100", 2), ("+13155550106", 1)] {
        let attempts = (0..calls).map(|nth| AttributeValue::S(format!("{:013}#{nth}", 1_796_133_000_000_i64 - nth)));
        let put =
            client.put_item().table_name("precall-attempts").item("counter", AttributeValue::S(format!("to {callee}")));
        put.item("attempts", AttributeValue::L(attempts.collect())).send().await.unwrap();
    }
    let callees = [
        "+13155550100",
        "+13155550101",
        "+13155550102",
        "+13155550103",
        "+13155550104",
        "+13155550105",
        "+13155550106",
        "+13155550107",
        "+13155550108",
        "+12085550102",
        "+12125550100",
        "+442079460123",
        "+19995550123",
        "+16045550123",
        "+18085550123",
    ];
    let callers = ["+12125550199", "+13155550101", "anonymous", "nobody"];
    let times = [AT, "2026-12-01T12:59:59Z", "2026-12-25T22:00:00Z", "2026-11-29 09:00 America/New_York"];
    let mut decided: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for (nth, at) in times.into_iter().enumerate() {
        let picked: Vec<(&str, &str)> = (0..14)
            .map(|row| random(row + 100 * nth as u64) as usize)
            .map(|dice| (callees[dice % callees.len()], callers[dice / 97 % callers.len()]))
            .collect();
        let leads: String = picked.iter().map(|(to, from)| format!("{to},{from}\n")).collect();
        fs::write(folder.path().join("leads.csv"), format!("phone,caller\n{leads}")).unwrap();
        let client = if nth % 2 == 0 { "second" } else { "first" };
        let common = [
            "leads.csv",
            "--column",
            "phone",
            "--from-column",
            "caller",
            "--at",
            at,
            "--client",
            client,
            "--format",
            "json",
        ];
        let local = scrub(folder.path(), &common);
        // The same over HTTP, with the read units that DynamoDB reports.
        let remote = scrub(folder.path(), &[&common[..], &["--dynamodb", &url]].concat());
        assert_eq!(stdout(&local), stdout(&remote), "{}", stderr(&remote));
        assert!(stderr(&remote).contains(" read units of the rules table"), "{}", stderr(&remote));
        let lines: Vec<Value> = stdout(&local).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), picked.len(), "{}", stderr(&local));
        for (line, (to, from)) in lines.iter().zip(&picked) {
            let output = run(folder.path(), &["check", to, "--from", from, "--at", at, "--client", client, "--json"]);
            let check: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
            let answer = &check["decision"];
            let status = answer["status"].as_str().unwrap_or("unknown");
            let is_redirect = status == "CHANGE_DESTINATION";
            let expected = json!([
                to,
                status,
                if is_redirect { Value::Null } else { answer["code"].clone() },
                if status == "unknown" { check["because"].clone() } else { answer["reason"].clone() },
                check["rule"],
                check["callee_place"],
                check["callee_clock"],
                check["next_open"],
                if is_redirect { answer["code"].clone() } else { Value::Null },
            ]);
            let names =
                ["number", "decision", "code", "reason", "rule", "place", "local_time", "next_open", "redirect_to"];
            let given: Vec<&Value> = names.iter().map(|name| &line[format!("precall_{name}")]).collect();
            assert_eq!(json!(given), expected, "{to} from {from} at {at} as {client}\n{check:#}");
            *decided.entry(format!("{status} {}", check["rule"])).or_default() += 1;
        }
    }
    println!("{decided:#?}");
    assert!(decided.len() >= 7, "too few different decisions: {decided:#?}");
}

/// Writes a file of leads, of which some are on the list.
fn write_leads(folder: &Path, count: u64) {
    let mut text = "id,phone,note\n".to_owned();
    for nth in 0..count {
        let number = [3_155_550_100, 2_085_550_100, 2_125_550_000][random(nth) as usize % 3] + random(nth + 7) % 90;
        let note = if nth % 50 == 0 { "\"two\nlines\"" } else { "=x" };
        writeln!(text, "{nth},{number},{note}").unwrap();
    }
    fs::write(folder.join("leads.csv"), text).unwrap();
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    precall(folder).arg("scrub").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_scrub_that_is_killed_continues_exactly_where_it_was_cut() {
    let folder = folder_with_database();
    let folder = folder.path();
    write_leads(folder, 15_000);
    let whole = [
        "leads.csv",
        "--at",
        AT,
        "--output",
        "whole.csv",
        "--callable",
        "whole-call.csv",
        "--blocked",
        "whole-skip.csv",
    ];
    let began = Instant::now();
    assert!(scrub(folder, &whole).status.success());
    let took = began.elapsed();

    let cut =
        ["leads.csv", "--at", AT, "--output", "cut.csv", "--callable", "cut-call.csv", "--blocked", "cut-skip.csv"];
    let mut kills = 0;
    for nth in 0..8_u32 {
        let arguments =
            if folder.join("cut.csv.position").exists() { [&cut[..], &["--resume"]].concat() } else { cut.to_vec() };
        if arguments.len() == cut.len() && nth > 0 {
            // It was killed before the first position.
            for name in ["cut.csv", "cut-call.csv", "cut-skip.csv"] {
                let _ = fs::remove_file(folder.join(format!("{name}.unfinished")));
            }
        }
        let mut child = start(folder, &arguments);
        std::thread::sleep(took / 3 + took.mul_f64(f64::from(nth % 5) / 7.0));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 1, "only {kills} runs were killed");
    if folder.join("cut.csv.position").exists() {
        let output = scrub(folder, &[&cut[..], &["--resume"]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for (one, other) in
        [("whole.csv", "cut.csv"), ("whole-call.csv", "cut-call.csv"), ("whole-skip.csv", "cut-skip.csv")]
    {
        let (one, other) = (fs::read(folder.join(one)).unwrap(), fs::read(folder.join(other)).unwrap());
        assert!(one == other, "{} and {} bytes", one.len(), other.len());
    }
    let left = fs::read_dir(folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.contains(".unfinished") || name.contains(".position")
    });
    assert_eq!(left.count(), 0);
}

/// Waits until a scrub has begun to write.
fn wait_for(file: &Path) {
    let began = Instant::now();
    while !file.exists() {
        assert!(began.elapsed() < PATIENCE, "{} is not there", file.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_scrub_is_not_continued_with_other_rules_options_or_leads() {
    let folder = folder_with_database();
    let folder = folder.path();
    write_leads(folder, 20_000);
    let arguments = ["leads.csv", "--at", AT, "--output", "out.csv"];
    let mut child = start(folder, &arguments);
    wait_for(&folder.join("out.csv.position"));
    let lines = || {
        let text = fs::read_to_string(folder.join("out.csv.position")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["lines"].as_u64().unwrap()
    };
    let began = Instant::now();
    while lines() == 0 {
        assert!(began.elapsed() < PATIENCE, "no position was saved");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.join("out.csv").exists(), "an unfinished file has its name");

    let refused = |more: &[&str], wanted: &str| {
        let output = scrub(folder, &[&arguments[..], more].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(wanted), "{wanted}\n{}", stderr(&output));
    };
    refused(&[], "out.csv.unfinished is the part of an interrupted scrub; continue it with --resume");
    refused(&["--resume", "--client", "other"], "the interrupted scrub had other options");
    let leads = fs::read_to_string(folder.join("leads.csv")).unwrap();
    fs::write(folder.join("leads.csv"), format!("{leads}1,2125550100,\n")).unwrap();
    refused(&["--resume"], "the file of leads has changed since the scrub was interrupted");
    fs::write(folder.join("leads.csv"), leads).unwrap();
    let put = ["put", "number=*", "rule=late", "status=REJECT", "to=+1900*", "--yes", "--because", "test"];
    let output = run(folder, &put);
    assert!(output.status.success(), "{}", stderr(&output));
    refused(
        &["--resume"],
        "the rules under `*` or under the caller changed while the file was scrubbed, after it was interrupted",
    );
}

#[test]
fn nothing_is_written_if_the_rules_change_meanwhile() {
    let folder = folder_with_database();
    let folder = folder.path();
    write_leads(folder, 20_000);
    let child = start(folder, &["leads.csv", "--at", AT, "--output", "out.csv"]);
    wait_for(&folder.join("out.csv.position"));
    let put = ["put", "number=*", "rule=late", "status=REJECT", "to=+1900*", "--yes", "--because", "test"];
    let output = run(folder, &put);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!folder.join("out.csv").exists(), "the scrub was faster than the change");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let wanted = "the rules under `*` or under the caller changed while the file was scrubbed, so nothing was written";
    assert!(stderr(&output).contains(wanted), "{}", stderr(&output));
    for name in ["out.csv", "out.csv.unfinished", "out.csv.position"] {
        assert!(!folder.join(name).exists(), "{name}");
    }
}

/// Returns the greatest memory of a scrub of this many rows, in KiB.
fn memory(folder: &Path, rows: u64) -> u64 {
    write_leads(folder, rows);
    let mut child = precall(folder)
        .args(["scrub", "leads.csv", "--at", AT])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut greatest = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        greatest = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(greatest);
        std::thread::sleep(Duration::from_millis(10));
    }
    greatest
}

#[test]
fn the_memory_does_not_grow_with_the_file() {
    let folder = folder_with_database();
    let (few, many) = (memory(folder.path(), 8_000), memory(folder.path(), 40_000));
    assert!(few > 0 && many < few + (12 << 10), "{few} KiB for 8,000 rows, {many} KiB for 40,000");
}
