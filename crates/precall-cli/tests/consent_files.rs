//! Files of consents, through the command: a row lifts a list only if nothing in it speaks against the consent.

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

use serde_json::Value;
use tempfile::TempDir;

use support::{run, stderr, stdout};

/// Imports rows with a number, an end and another column, and returns the last digits of the exempt numbers, what the command
/// printed, and the rejected rows.
fn imported(name: &str, cells: &[&str]) -> (Vec<usize>, String) {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    let mut text = format!("phone,until,\"{name}\"\n");
    for (nth, cell) in cells.iter().enumerate() {
        text.push_str(&format!("315555{:04},2027-03-01,\"{cell}\"\n", 100 + nth));
    }
    fs::write(folder.join("c.csv"), text).unwrap();
    let output = run(
        folder,
        &[
            "import",
            "c.csv",
            "--exempt",
            "dnc",
            "--column",
            "phone",
            "--expires-column",
            "until",
            "--replace",
            "--force",
        ],
    );
    let rules = stdout(&run(folder, &["rules", "--format", "json"]));
    let mut exempt: Vec<usize> = rules
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|item| item["rule"] == "exempt-dnc" && item["exempt"].is_string())
        .map(|item| item["number"].as_str().unwrap()[8..].parse::<usize>().unwrap() - 100)
        .collect();
    exempt.sort_unstable();
    let rejects = fs::read_to_string(folder.join("c.csv.rejects")).unwrap_or_default();
    (exempt, format!("{}{}{rejects}", stdout(&output), stderr(&output)))
}

/// Checks that of two groups of cells only the first one is exempt.
fn check(name: &str, consents: &[&str], others: &[&str]) {
    let cells: Vec<&str> = consents.iter().chain(others).copied().collect();
    let (exempt, said) = imported(name, &cells);
    let exempt: Vec<&str> = exempt.into_iter().map(|nth| cells[nth]).collect();
    assert_eq!(exempt, consents, "{name}: {said}");
}

const AGAINST: [&str; 48] = [
    "consent withdrawn",
    "withdrawn 2026-11-01",
    "withdrawn by phone",
    "revoked by email 2026-11-03",
    "customer revoked consent",
    "has opted out",
    "unsubscribed via SMS",
    "permission revoked",
    "expired consent",
    "revoke",
    "cancelled 2026",
    "no longer consents",
    "no consent",
    "refused",
    "ｗithdrawn",
    "wіthdrаwn",
    "WITH-DRAWN",
    "w i t h d r a w n",
    "with\u{200b}drawn",
    "Révoqué",
    "CustomerRevoked",
    "withdrawn_2026",
    "opt him out",
    "opt-out",
    "OptOut",
    "OPTED  OUT",
    "do not call",
    "don't call",
    "don’t ring",
    "DNC",
    "dnc2026",
    "stop",
    "STOP calling",
    "please stop",
    "unsub",
    "declines",
    "declined",
    "ended",
    "consent ended 2026",
    "not withdrawn",
    "never agreed",
    "no",
    "cancel",
    "withdrawing",
    "revocation received",
    "blocked",
    "removed",
    "terminated",
];

#[test]
fn words_against_a_consent_in_any_column_lift_nothing() {
    let fine = ["", "customer since 2019", "Ann Stopford", "called on Monday", "Northend", "none", "n/a", "endorsed"];
    for name in ["notes", "x", "remark", ""] {
        check(name, &fine, &AGAINST);
    }
    for name in ["consent", "status", "consent_source", "revoked_at", "dnc"] {
        let others: Vec<&str> =
            AGAINST.into_iter().filter(|text| *text != "no" || !["revoked_at", "dnc"].contains(&name)).collect();
        check(name, &[], &others);
    }
}

#[test]
fn columns_about_a_withdrawal_lift_only_if_they_are_empty_or_say_no() {
    let no = ["", " ", "no", "N", "false", "F", "0", "-", "n/a", "NULL", "–"];
    let other = [
        "yes",
        "pending",
        "unknown",
        "none",
        "1",
        "true",
        "x",
        "2026-11-01",
        "0000-00-00",
        "✓",
        "maybe",
        "?",
        "да",
        "not yet",
        "null 2026",
        "--x",
        "requested",
    ];
    for name in [
        "revoked_at",
        "opted_out",
        "dnc",
        "unsubscribed",
        "stop_date",
        "ended_at",
        "revocation",
        "Revoked",
        "Opt-Out Date",
        "optOut",
        "do_not_call",
        "Do Not Contact",
        "withdrawal_date",
        "consent_withdrawn",
        "consent_revoked_on",
        "ｄnc",
        "no_consent",
        "cancelled_at",
        "unsubscribe_reason",
        "stopped",
        "DND",
        "expired",
        "isBlocked",
    ] {
        check(name, &no, &other);
    }
}

#[test]
fn columns_about_a_consent_lift_only_with_a_clear_yes_or_a_date() {
    let yes = [
        "yes",
        "Y",
        "true",
        "1",
        "x",
        "opted in",
        "opt-in 2026-01-02",
        "agreed",
        "given",
        "granted",
        "active",
        "2026-01-02",
        "1/2/2026",
        "yes, by phone",
        "express written",
    ];
    let other = [
        "",
        " ",
        "no",
        "N",
        "0",
        "false",
        "none",
        "n/a",
        "-",
        "null",
        "pending",
        "unknown",
        "yes, pending",
        "denied",
        "declined",
        "нет",
        "nein",
        "✓",
        "✗",
        "?",
        "0000-00-00",
        "maybe",
        "inactive",
        "not given",
        "expired",
        "requested",
        "customer",
        "never",
        "refuses",
        "disagreed",
        "invalid",
    ];
    for name in [
        "consent",
        "marketing_consent",
        "call_consent",
        "consent_to_call",
        "sms_opt_in",
        "consent_status",
        "consent_date",
        "agreed",
        "agreement",
        "permission",
        "Status",
        "status",
        "opt_in_date",
        "optedIn",
        "text_opt_in",
        "ｃonsent",
        "authorized",
    ] {
        check(name, &yes, &other);
    }
    check("consent_source", &["webform", "form 12", "4711"], &["", "no", "none", "pending", "0"]);
}

/// A doubtful row and one without consent take the exemption from the number, in any order; the doubtful row is rejected.
#[test]
fn no_other_row_of_the_number_lifts() {
    for (cell, rejected) in [("revoked", false), ("do not know", true), ("never", true)] {
        for rows in [[cell, "fine"], ["fine", cell]] {
            let temp = TempDir::new().unwrap();
            let rows: String = rows.iter().map(|cell| format!("+13155550101,2027-03-01,{cell}\n")).collect();
            let file = format!("phone,until,notes\n{rows}+13155550102,2027-03-01,\n");
            fs::write(temp.path().join("c.csv"), file).unwrap();
            let import = ["import", "c.csv", "--exempt", "dnc", "--expires-column", "until"];
            let output = run(temp.path(), &import);
            let rules = stdout(&run(temp.path(), &["rules", "--format", "json"]));
            assert!(!rules.contains("+13155550101") && rules.contains("+13155550102"), "{cell}: {rules}");
            assert!(stdout(&output).contains("1 removed"), "{cell}: {}", stdout(&output));
            let reason = format!("\"{cell}\" in column \"notes\" may be no consent");
            assert_eq!(stderr(&output).contains(&reason), rejected, "{cell}: {}", stderr(&output));
        }
    }
}

#[test]
fn the_end_the_start_the_proof_and_further_cells_are_read_too() {
    for (header, row) in [
        ("phone,until,ref", "+13155550101,2027-03-01,consent revoked"),
        ("phone,until,ref", "+13155550101,withdrawn,form 1"),
        ("phone,until,ref", "+13155550101,2027-03-01,form 1,revoked"),
    ] {
        let temp = TempDir::new().unwrap();
        let file = format!("{header}\n+13155550101,2027-03-01,form 1\n{row}\n+13155550102,2027-03-01,not no. 12\n");
        fs::write(temp.path().join("c.csv"), file).unwrap();
        let import = ["import", "c.csv", "--exempt", "dnc", "--expires-column", "until", "--proof-column", "ref"];
        let output = run(temp.path(), &import);
        let rules = stdout(&run(temp.path(), &["rules", "--format", "json"]));
        assert!(!rules.contains("+13155550101") && rules.contains("+13155550102"), "{row}: {rules}{}", stderr(&output));
    }
}

/// The columns are shown before anything is written, also in a dry run.
#[test]
fn the_import_names_the_columns_that_it_read_and_those_that_it_did_not() {
    let temp = TempDir::new().unwrap();
    let file = "phone,until,since,ref,Status,consent_source,revoked_at,city,notes\n\
                +13155550101,2027-03-01,2026-11-02,form 1,active,web,,Utica,\n";
    fs::write(temp.path().join("c.csv"), file).unwrap();
    let columns = ["--expires-column", "until", "--starts-column", "since", "--proof-column", "ref"];
    let import = [&["import", "c.csv", "--exempt", "dnc"][..], &columns].concat();
    let expected = "list exempt-dnc: exemptions; numbers in column \"phone\"; ends: column \"until\"; starts: column \"since\"; \
                    proofs: column \"ref\"; consent: columns \"Status\" and \"consent_source\"; withdrawal: column \
                    \"revoked_at\"; not read, but for words against a consent: columns \"city\" and \"notes\"\n";
    for more in [&["--dry-run"][..], &["--dry-run", "--json"], &[]] {
        let output = run(temp.path(), &[&import[..], more].concat());
        assert!(stderr(&output).contains(expected), "{more:?}: {}", stderr(&output));
        if more.contains(&"--json") {
            let first: Value = serde_json::from_str(stdout(&output).lines().next().unwrap()).unwrap();
            let columns = serde_json::json!({
                "ends": ["until"], "starts": ["since"], "proofs": ["ref"], "consent": ["Status", "consent_source"],
                "withdrawal": ["revoked_at"], "not read, but for words against a consent": ["city", "notes"]
            });
            assert_eq!(first["columns"], columns);
        }
    }
}

#[test]
fn an_end_in_the_year_9999_is_rejected() {
    for end in ["9999-12-31", "9999-12-31T23:59:59Z", "31 Dec 9999", "9999/12/31", "12/31/9999", "9999-01-01"] {
        let temp = TempDir::new().unwrap();
        fs::write(temp.path().join("c.csv"), format!("phone,until\n+13155550101,{end}\n+13155550102,never\n")).unwrap();
        let import = ["import", "c.csv", "--exempt", "dnc", "--expires-column", "until", "--date-order", "mdy"];
        let output = run(temp.path(), &import);
        let wanted = "is in the year 9999; write never if there is no end, or an earlier date";
        assert!(stderr(&output).contains(wanted), "{end}: {}", stderr(&output));
        let rules = stdout(&run(temp.path(), &["rules", "--format", "json"]));
        assert!(!rules.contains("+13155550101") && rules.contains("+13155550102"), "{end}: {rules}");
        let output = run(temp.path(), &["import", "c.csv", "--exempt", "other", "--expires", end]);
        assert!(!output.status.success(), "{end}: {}", stdout(&output));
    }
}

/// Words beside the number, and in a comment, count as well.
#[test]
fn words_beside_the_number_count() {
    for file in [
        "phone,until\n+13155550101,2027-03-01\n\"+13155550101 revoked\",2027-03-01\n+13155550102,2027-03-01\n",
        "phone,until\n315-555-0101 (withdrawn),2027-03-01\n+13155550101,2027-03-01\n+13155550102,2027-03-01\n",
        "3155550101\n3155550101 dnc\n3155550102\n",
        "3155550101 # withdrawn\n3155550101\n3155550102\n",
    ] {
        let temp = TempDir::new().unwrap();
        fs::write(temp.path().join("c.csv"), file).unwrap();
        let end: &[&str] = if file.starts_with("phone") { &["--expires-column", "2"] } else { &["--expires", "never"] };
        let output = run(temp.path(), &[&["import", "c.csv", "--exempt", "dnc"][..], end].concat());
        let rules = stdout(&run(temp.path(), &["rules", "--format", "json"]));
        assert!(
            !rules.contains("+13155550101") && rules.contains("+13155550102"),
            "{file}: {rules}{}",
            stderr(&output)
        );
    }
}
