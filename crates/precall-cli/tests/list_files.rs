//! The files of `list_files`, made by hand after the exports of other programs, and the right answer for each of them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use support::{precall, reasons, run, run_with, stderr, stdout};

/// Fewest files of the corpus.
const MIN_FILES: usize = 80;

/// A row of `answers.csv`.
#[derive(Debug)]
struct Answer {
    file: String,
    arguments: Vec<String>,
    /// A part of the description of the columns.
    columns: String,
    /// The numbers in the file's order; a deleted one has a minus.
    numbers: Vec<String>,
    /// The numbers of the rejected lines.
    rejected: Vec<String>,
    /// A part of the message of a file that is refused.
    refusal: String,
}

impl Answer {
    fn all() -> Vec<Self> {
        let mut rows = csv::Reader::from_path(folder().join("answers.csv")).unwrap();
        let rows = rows.records().map(|row| {
            let row = row.unwrap();
            let words = |index: usize| row[index].split_whitespace().map(str::to_owned).collect();
            Self {
                file: row[0].to_owned(),
                arguments: arguments(&row[1]),
                columns: row[2].to_owned(),
                numbers: words(3),
                rejected: words(4),
                refusal: row[5].to_owned(),
            }
        });
        rows.collect()
    }

    /// Returns the command's arguments for this file.
    fn command<'a>(&'a self, file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut command = vec!["import", file, "--list", "dnc"];
        command.extend(self.arguments.iter().map(String::as_str));
        command.extend(more);
        command
    }

    /// Returns the differences between the answer and the output of a dry run.
    fn differences(&self) -> Vec<String> {
        let path = folder().join(&self.file);
        let empty = TempDir::new().unwrap();
        let output = run(empty.path(), &self.command(path.to_str().unwrap(), &["--dry-run", "--json"]));
        let (mut numbers, mut rejected) = (Vec::new(), Vec::new());
        for line in stdout(&output).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let place = line["line"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
            match (&line["number"], line["change"].as_str()) {
                (Value::String(number), Some("add")) => numbers.push(number.clone()),
                (Value::String(number), Some("delete")) => numbers.push(format!("-{number}")),
                _ => rejected.push(place),
            }
        }
        let status = i32::from(!self.rejected.is_empty() || !self.refusal.is_empty());
        let mut differences = Vec::new();
        let mut compare = |what: &str, is_right: bool, found: &dyn std::fmt::Debug| {
            if !is_right {
                differences.push(format!("{} {:?}: {what}: {found:?}\n{}", self.file, self.arguments, stderr(&output)));
            }
        };
        compare("exit status", output.status.code() == Some(status), &output.status.code());
        compare("numbers", numbers == self.numbers, &numbers);
        compare("rejected lines", rejected == self.rejected, &rejected);
        compare("columns", stderr(&output).contains(&self.columns), &self.columns);
        compare("refusal", stderr(&output).contains(&self.refusal), &self.refusal);
        compare("files", fs::read_dir(empty.path()).unwrap().next().is_none(), &"a dry run wrote a file");
        differences
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/list_files")
}

/// Returns the words of a command line; quotes keep blanks.
fn arguments(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_file_has_the_right_answer() {
    let answers = Answer::all();
    let named: BTreeSet<&str> = answers.iter().map(|answer| answer.file.as_str()).collect();
    let there: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let there: BTreeSet<&str> = there.iter().map(String::as_str).filter(|name| *name != "answers.csv").collect();
    assert_eq!(named, there, "each file has an answer");
    assert!(named.len() >= MIN_FILES, "{} files", named.len());
    let differences: Vec<String> = answers.iter().flat_map(Answer::differences).collect();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// Of the files with one number per line, `precall scrub` decides each number; it never has a number that an import does not read.
#[test]
fn a_scrub_has_the_numbers_of_an_import() {
    const OPTIONS: [&str; 3] = ["--column", "--country-column", "--sheet"];
    const MIN_SAME: usize = 60;
    let temp = TempDir::new().unwrap();
    let rule = r#"[{ "number": "*", "rule": "none", "status": "REJECT", "to": "+1900*" }]"#;
    fs::write(temp.path().join("rules.json"), rule).unwrap();
    let mut same = 0;
    for answer in Answer::all() {
        let has_option = |argument: &String| !argument.starts_with("--") || OPTIONS.contains(&argument.as_str());
        if !answer.refusal.is_empty() || !answer.rejected.is_empty() || !answer.arguments.iter().all(has_option) {
            continue;
        }
        let path = folder().join(&answer.file);
        let mut command = vec!["scrub", path.to_str().unwrap(), "--rules", "rules.json", "--format", "json"];
        command.extend(answer.arguments.iter().map(String::as_str));
        let output = run(temp.path(), &command);
        let rows = stdout(&output);
        let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let numbers: Vec<String> = rows.filter_map(|row| Some(row["precall_number"].as_str()?.to_owned())).collect();
        // A number that a list of changes deletes is a lead.
        let wanted: Vec<&str> = answer.numbers.iter().map(|number| number.trim_start_matches('-')).collect();
        if output.status.success() {
            assert_eq!(numbers, wanted, "{}: {}", answer.file, stderr(&output));
            same += 1;
        }
        assert!(numbers.iter().all(|number| wanted.contains(&number.as_str())), "{}: {numbers:?}", answer.file);
    }
    assert!(same >= MIN_SAME, "{same} files have the same numbers");
}

/// The table has what the dry run shows.
#[test]
fn an_import_writes_the_numbers_that_a_dry_run_shows() {
    const FILES: [&str; 6] = [
        "slashes-in-cells.csv",
        "country-names.csv",
        "wildcards-nxx.txt",
        "numbers-as-names.json",
        "workbook.xlsx",
        "npa-nxx-line.csv",
    ];
    let answers = Answer::all();
    for file in FILES {
        let answer = answers.iter().find(|answer| answer.file == file && answer.arguments.is_empty()).unwrap();
        let temp = TempDir::new().unwrap();
        fs::copy(folder().join(file), temp.path().join(file)).unwrap();
        let output = run(temp.path(), &answer.command(file, &[]));
        let rules = stdout(&run(temp.path(), &["rules", "--format", "json"]));
        let rules = rules.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let numbers =
            rules.filter(|rule| rule.get("status").is_some()).map(|rule| match rule["number"].as_str().unwrap() {
                "*" => rule["to"].as_str().unwrap().to_owned(),
                number => number.to_owned(),
            });
        let numbers: BTreeSet<String> = numbers.collect();
        assert_eq!(numbers, answer.numbers.iter().cloned().collect(), "{file}: {}", stderr(&output));
        let rejects = fs::read_to_string(temp.path().join(format!("{file}.rejects"))).unwrap_or_default();
        assert_eq!(reasons(&rejects).len(), answer.rejected.len(), "{file}: {rejects}");
    }
}

/// Returns the exact numbers of the list.
fn listed(folder: &Path) -> Vec<String> {
    let rules = stdout(&run(folder, &["rules", "--format", "json"]));
    let rules = rules.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut numbers: Vec<String> = rules.map(|rule| rule["number"].as_str().unwrap().to_owned()).collect();
    numbers.retain(|number| number.starts_with('+'));
    numbers.sort();
    numbers
}

#[test]
fn standard_input_is_read_like_a_file() {
    let temp = TempDir::new().unwrap();
    let import = |input: &str, more: &[&str]| {
        let mut command = precall(temp.path());
        command.args(["import", "-", "--list", "dnc"]).args(more);
        run_with(command, input)
    };
    // Three spellings of one number are one.
    let text = "phone\n3155550101\n(315) 555-0101\n+1 315-555-0101\nnobody\n3155550102\n";
    let output = import(text, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("2 written from standard input to "), "{said}");
    assert!(said.contains(", 2 repeated, 1 rejected (see dnc.rejects);"), "{said}");
    assert_eq!(listed(temp.path()), ["+13155550101", "+13155550102"]);
    assert!(stdout(&run(temp.path(), &["lists"])).contains("standard input"));
    assert!(stdout(&import(text, &[])).contains("is already imported"), "the same text");
    assert!(stderr(&import("3155550103\n", &["--resume"])).contains("is complete, from standard input"));
}

/// Rejected lines are a file that a person can correct and import.
#[test]
fn corrected_rejects_are_imported() {
    let temp = TempDir::new().unwrap();
    let file = |name: &str, text: &str| fs::write(temp.path().join(name), text).unwrap();
    file("a.csv", "A title\nname;phone;mobile\nAl;3155550101;3155550102\n\"Bo\nPoe\";315555010;31555501\nCy;nobody;\n");
    let columns = ["--list", "dnc", "--column", "phone,mobile"];
    let output = run(temp.path(), &[&["import", "a.csv"], &columns[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let rejects = fs::read_to_string(temp.path().join("a.csv.rejects")).unwrap();
    assert_eq!(reasons(&rejects).len(), 3, "{rejects}");
    let lines: Vec<&str> = rejects.lines().filter(|line| !line.starts_with("#!precall")).collect();
    assert_eq!(lines, ["name;phone;mobile", "\"Bo", "Poe\";315555010;31555501", "Cy;nobody;"]);
    file("a.csv.rejects", &rejects.replace("315555010;31555501", "3155550103;3155550104"));
    let output = run(temp.path(), &[&["import", "a.csv.rejects"], &columns[..]].concat());
    assert_eq!(output.status.code(), Some(1), "one line is not corrected: {}", stderr(&output));
    let again = fs::read_to_string(temp.path().join("a.csv.rejects.rejects")).unwrap();
    assert!(
        again.contains("#!precall line 10: not a telephone number") && again.ends_with("\nCy;nobody;\n"),
        "{again}"
    );
    assert_eq!(listed(temp.path()), ["+13155550101", "+13155550102", "+13155550103", "+13155550104"]);
}

/// Two columns are one list, also when it is replaced.
#[test]
fn a_list_of_several_columns_is_replaced_as_one() {
    let temp = TempDir::new().unwrap();
    for (text, numbers) in [
        ("a,b\n3155550101,3155550102\n3155550103,\n", &["+13155550101", "+13155550102", "+13155550103"][..]),
        ("a,b\n3155550101,3155550104\n", &["+13155550101", "+13155550104"]),
    ] {
        fs::write(temp.path().join("a.csv"), text).unwrap();
        let output = run(temp.path(), &["import", "a.csv", "--list", "dnc", "--replace", "--column", "a,b"]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(listed(temp.path()), numbers);
    }
}

#[test]
fn a_doubtful_column_is_taken_only_by_a_person() {
    let temp = TempDir::new().unwrap();
    let name = "twilio-stops.csv";
    fs::copy(folder().join(name), temp.path().join(name)).unwrap();
    let output = run(temp.path(), &["import", name, "--list", "dnc"]);
    assert_eq!(output.status.code(), Some(1));
    for part in ["opts out; --column \"From\" takes these numbers without a question", "--yes", "nothing was written"] {
        assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
    }
    assert!(!temp.path().join(".precall").exists(), "a file that is refused creates no database");
    if Command::new("script").arg("--version").output().is_ok() {
        for (answer, is_written) in [("n\n", false), ("y\n", true)] {
            let mut command = Command::new("script");
            let line = format!("{} import {name} --list dnc", env!("CARGO_BIN_EXE_precall"));
            command.args(["-qec", &line, "/dev/null"]).current_dir(temp.path());
            let said = stdout(&run_with(command, answer));
            let asked = said.find("Import these numbers? [y/N]").unwrap_or_else(|| panic!("{said}"));
            let shown = said.find("STOP,received").unwrap();
            assert!(shown < asked && said.contains(" -> +13155550101"), "{said}");
            assert_eq!(said.contains("2 written"), is_written, "{said}");
            assert_eq!(listed(temp.path()).len(), if is_written { 2 } else { 0 }, "{said}");
        }
    }
    let output = run(temp.path(), &["import", name, "--list", "other", "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A number of the operator must not get onto the list in the lines after the first ones.
#[test]
fn later_lines_are_watched() {
    let temp = TempDir::new().unwrap();
    let mut messages = "From,To,Body\n".to_owned();
    let mut leads = "vendor_lead_code,phone_code,phone_number,alt_phone,status\n".to_owned();
    for number in 0..300 {
        messages += &format!("2015550{number:03},2125550199,STOP\n");
        leads += &format!("V{number},1,2015550{number:03},,DNC\n");
    }
    messages += "2125550199,3155550101,You are off the list\n";
    leads += "V1,1,3155550101,3155550102,DNC\nV2,1,3155550103,,SALE\n";
    let mut carriers = "phone,mobile\n".to_owned();
    for number in 0..300 {
        carriers += &format!("2015550{number:03},Acme\n");
    }
    carriers += "3155550101,3155550102\n";
    for (name, text, rejected) in [("sms.csv", &messages, 1), ("leads.csv", &leads, 2), ("carriers.csv", &carriers, 1)]
    {
        fs::write(temp.path().join(name), text).unwrap();
        let output = run(temp.path(), &["import", name, "--list", "dnc", "--yes"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stderr(&output));
        assert_eq!(listed(temp.path()).len(), 300, "{name}");
        let rejects = fs::read_to_string(temp.path().join(format!("{name}.rejects"))).unwrap();
        assert_eq!(reasons(&rejects).len(), rejected, "{name}: {rejects}");
    }
}
