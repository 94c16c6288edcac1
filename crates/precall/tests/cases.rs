//! Tests the hand-worked cases of `tests/cases/`: place, instant, rules, decision and reason, in a form that a compliance
//! officer can read. People worked out the expected decisions from the law and the documentation, without the program.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use precall::frequency_cap::CountBy;
use precall_test::{Case, read_items};

const HEADER: &str = "place,callee,caller,client,local,at,rules,decision,rule,why,history";

/// The caller of a case that names none.
const CALLER: &str = "+12025550100";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Returns the fields of a line. Quoted fields may contain commas and doubled quotes.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                fields.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

/// Returns the case with attempts, which are written as `callee=instant;instant`.
fn with_attempts(case: Case, text: &str) -> Case {
    let Some((kind, instants)) = text.split_once('=') else { return case };
    let by = [CountBy::Callee, CountBy::Pair, CountBy::Caller].into_iter().find(|by| by.as_str() == kind).unwrap();
    case.attempts(by, instants.split(';').map(|at| at.parse().unwrap()).collect())
}

#[test]
fn every_case_is_decided_as_it_was_worked_out() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let mut books = HashMap::new();
    let (mut count, mut wrong) = (0, String::new());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let mut lines = text.lines().enumerate();
        assert_eq!(lines.next(), Some((0, HEADER)), "{}", file.display());
        for (number, line) in lines {
            let at = format!("{}:{}", file.file_name().unwrap().display(), number + 1);
            let fields = fields(line);
            let [place, callee, caller, client, local, instant, rules, decision, rule, why, attempts] = fields
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .try_into()
                .unwrap_or_else(|_| panic!("{at}: {line}"));
            count += 1;

            // The local time that the officer reads must be the instant that the program uses.
            let zone = TimeZone::get(local.rsplit(' ').next().unwrap()).unwrap();
            let there = instant.parse::<Timestamp>().unwrap().to_zoned(zone.clone());
            let shown = format!("{} {}", there.strftime("%a %Y-%m-%d %H:%M:%S"), zone.iana_name().unwrap());
            assert_eq!(shown, local, "{at}: {instant}");

            let items = books
                .entry(rules.to_owned())
                .or_insert_with(|| read_items(&folder().join("rules").join(format!("{rules}.json"))));
            let caller = if caller.is_empty() { CALLER } else { caller };
            let client = (!client.is_empty()).then_some(client);
            let case = Case::new(items).from(caller).to(callee).client(client).at(instant);
            let (given, by) = with_attempts(case, attempts).answer();
            if (given.as_str(), by.as_str()) != (decision, rule) {
                wrong += &format!("{at}: {place}, {local}: {decision} by {rule} ({why}), but {given} by {by}\n");
            }
        }
    }
    assert!(count >= 1_000, "only {count} cases were found");
    assert!(wrong.is_empty(), "{wrong}");
}
