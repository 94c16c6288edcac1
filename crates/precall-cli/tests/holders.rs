//! `precall import --holders`: facts about the places of the holders of numbers.

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

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{run, stderr, stdout};

const LEADS: &str = "\
phone_number,first_name,state,gmt_offset_now
3055550101,Ann,CO,-7.00
3055550102,Bob,fl,
6155550103,Cat,TN,-6.00
4165550104,Dan,ON,-5
7095550105,Eve,Newfoundland and Labrador,-3.50
2025550106,Fay,,-5.00
2025550107,Gus,TN,
2025550108,Hal,XX,-5.00
2025550109,Ian,CO,-5.00
7875550110,Joe,PR,-4.00
";

const COPIED: [&str; 2] = ["--copied", "2026-11-25T12:00:00Z"];

fn import(folder: &Path, text: &str, arguments: &[&str]) -> (String, bool) {
    fs::write(folder.join("leads.csv"), text).unwrap();
    let own = ["import", "leads.csv", "--holders", "--state-column", "state"];
    let output = run(folder, &[&own[..], &COPIED, arguments].concat());
    (format!("{}{}", stderr(&output), stdout(&output)), output.status.success())
}

/// Returns the items of the table that state a place, without their bookkeeping.
fn facts(folder: &Path) -> Vec<Value> {
    let output = run(folder, &["rules", "--format", "json"]);
    let mut facts: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    facts.retain(|fact| fact["number"] != "*");
    for fact in &mut facts {
        let fact = fact.as_object_mut().unwrap();
        fact.retain(|name, _| !["list_file", "changed"].contains(&name.as_str()));
    }
    facts.sort_by_key(|fact| fact["number"].to_string());
    facts
}

fn holder(number: &str, places: &str, timezone: &str) -> Value {
    json!({ "number": number, "rule": "holders", "places": places, "timezone": timezone, "besides": true })
}

#[test]
fn rows_become_facts_about_holders() {
    let folder = TempDir::new().unwrap();
    let (said, is_whole) = import(folder.path(), LEADS, &["--offset-column", "gmt_offset_now"]);
    assert!(!is_whole, "{said}");
    assert!(said.contains("3 rejected"), "{said}");
    for reason in [
        "no state; without one, the place of the number counts alone",
        "\"XX\" is not a state or province; write its code, such as FL, US-FL or ON",
        "the offset -5.00 is not that of a clock of US-CO",
    ] {
        assert!(said.contains(reason), "{reason}\n{said}");
    }
    assert_eq!(
        facts(folder.path()),
        [
            holder("+12025550107", "US-TN", "America/Chicago, America/New_York"),
            holder("+13055550101", "US-CO", "America/Denver"),
            holder("+13055550102", "US-FL", "America/Chicago, America/New_York"),
            holder("+14165550104", "CA-ON", "America/Atikokan, America/Toronto"),
            holder("+16155550103", "US-TN", "America/Chicago"),
            holder("+17095550105", "CA-NL", "America/St_Johns"),
            holder("+17875550110", "PR", "America/Puerto_Rico"),
        ]
    );
    // A Florida number in Colorado: the hours of both count.
    let check = |at: &str| {
        let output = run(folder.path(), &["hours", "+13055550101", "--at", at]);
        (output.status.success(), stdout(&output))
    };
    assert!(!check("2026-11-24T09:59:59-05:00").0);
    assert!(check("2026-11-24T10:00:00-05:00").0);
    assert!(!check("2026-11-24T20:00:00-05:00").0, "Florida's evening");
}

#[test]
fn besides_false_replaces_the_place_of_the_number() {
    let folder = TempDir::new().unwrap();
    let leads = "phone,state\n3055550101,CO\n";
    let (said, is_whole) = import(folder.path(), leads, &["--besides", "false", "--list", "addresses"]);
    assert!(is_whole, "{said}");
    let fact = json!({
        "number": "+13055550101", "rule": "addresses", "places": "US-CO", "timezone": "America/Denver",
    });
    assert_eq!(facts(folder.path()), [fact]);
    // A replaced copy removes the others.
    let (said, is_whole) = import(
        folder.path(),
        "phone,state\n3055550102,CO\n",
        &["--besides", "false", "--list", "addresses", "--replace"],
    );
    assert!(is_whole, "{said}");
    assert_eq!(facts(folder.path()).len(), 1, "{said}");
}

#[test]
fn offsets_of_summer_and_winter_are_read() {
    for (offset, copied, zone) in [
        ("-6.00", "2026-11-25T12:00:00Z", Some("America/Chicago")),
        ("-5", "2026-11-25T12:00:00Z", Some("America/New_York")),
        ("-05:00", "2026-11-25T12:00:00Z", Some("America/New_York")),
        ("-4.00", "2026-07-01T12:00:00Z", Some("America/New_York")),
        // In summer, -5 is Central of the day, and Eastern of winter.
        ("-5.00", "2026-07-01T12:00:00Z", Some("America/Chicago, America/New_York")),
        ("-6.00", "2026-07-01T12:00:00Z", Some("America/Chicago")),
        ("Eastern", "2026-07-01T12:00:00Z", None),
        ("-25", "2026-07-01T12:00:00Z", None),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("leads.csv"), format!("phone,state,gmt\n6155550103,TN,{offset}\n")).unwrap();
        let own = ["import", "leads.csv", "--holders", "--state-column", "state", "--offset-column", "gmt"];
        run(folder.path(), &[&own[..], &["--copied", copied]].concat());
        let zones: Vec<String> =
            facts(folder.path()).iter().map(|fact| fact["timezone"].as_str().unwrap().to_owned()).collect();
        assert_eq!(zones, zone.into_iter().collect::<Vec<_>>(), "{offset} {copied}");
    }
}

/// A list of rules never becomes one of places: its numbers would no longer be blocked.
#[test]
fn a_list_of_rules_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3055550101\n").unwrap();
    assert!(run(folder.path(), &["import", "dnc.txt", "--list", "dnc"]).status.success());
    let (said, is_whole) = import(folder.path(), "phone,state\n3055550101,CO\n", &["--list", "dnc"]);
    assert!(!is_whole && said.contains("list dnc is a list of rules, and this import would write holders"), "{said}");
    assert_eq!(facts(folder.path())[0]["status"], "REJECT");
    for arguments in [
        &["import", "leads.csv", "--holders"][..],
        &["import", "leads.csv", "--list", "x", "--state-column", "state"],
        &["import", "leads.csv", "--holders", "--state-column", "region"],
        &["import", "leads.csv", "--holders", "--state-column", "state", "--status", "PROCEED"],
    ] {
        assert!(!run(folder.path(), arguments).status.success(), "{arguments:?}");
    }
}
