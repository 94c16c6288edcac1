//! `precall import` of a file with numbers that a person removed, switched off, ended or changed since the list's last copy.

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

use serde_json::Value;
use support::{run, stderr, stdout};
use tempfile::TempDir;

const NUMBER: &str = "+13155550101";

/// Runs a command that succeeds, and returns its output.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
    format!("{}{}", stdout(&output), stderr(&output))
}

fn status(folder: &Path, at: &str) -> String {
    let output = stdout(&run(folder, &["check", "--to", NUMBER, "--at", at, "--json"]));
    let json: Value = serde_json::from_str(&output).unwrap();
    json["decision"]["status"].as_str().unwrap().to_owned()
}

/// Changes the rule of the number by hand.
fn edit(folder: &Path, rule: &str, edit: &[&str]) {
    let (command, values) = edit.split_first().unwrap();
    done(folder, &[&[*command, "--number", NUMBER, "--rule", rule, "--yes"], values].concat());
}

/// Imports the next copy of a list of two numbers. Each copy is another file.
fn import(folder: &Path, nth: usize, options: &[&str]) -> String {
    let text = format!("phone,until\n3155550101,2099-03-01\n3155550102,2099-03-01\n31555502{nth:02},2099-03-01\n");
    fs::write(folder.join("list.csv"), text).unwrap();
    done(folder, &[&["import", "list.csv", "--column", "phone", "--replace"], options].concat())
}

const CONSENTS: [&str; 6] = ["--exempt", "dnc", "--list", "ok", "--expires-column", "until"];

fn list_of_consents() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("dnc.txt"), "3155550101\n3155550102\n").unwrap();
    done(folder.path(), &["import", "dnc.txt", "--list", "dnc"]);
    import(folder.path(), 0, &CONSENTS);
    folder
}

const NOW: &str = "2098-12-01T17:00:00Z";

#[test]
fn a_consent_that_a_person_withdrew_stays_withdrawn_until_an_import_restores_it() {
    for (change, note) in [
        (&["remove"][..], "removed by hand"),
        (&["disable"], "changed by hand"),
        (&["expire", "--at", "2098-01-01T00:00:00Z"], "changed by hand"),
        (&["set", "from=+1212*"], "changed by hand"),
        (&["set", "expires_at=2098-01-01T00:00:00Z", "proof=letter"], "changed by hand"),
    ] {
        let folder = list_of_consents();
        let folder = folder.path();
        assert_eq!(status(folder, NOW), "PROCEED");
        edit(folder, "ok", change);
        assert_eq!(status(folder, NOW), "REJECT", "{change:?}");
        // Several copies, with and without the option.
        for (nth, option) in [(1, &[][..]), (2, &["--keep-removed"]), (3, &[])] {
            let said = import(folder, nth, &[&CONSENTS[..], option].concat());
            let stays = format!("note: 1 number that was {note}");
            assert!(said.contains(&stays) && said.contains("  +13155550101, "), "{change:?} {nth}: {said}");
            assert!(said.contains("2 written from list.csv"), "{said}");
            assert!(said.contains("1 left as people changed it"), "{said}");
            assert!(!said.contains("repeated"), "{said}");
            assert_eq!(status(folder, NOW), "REJECT", "{change:?} {nth}");
        }
        assert!(import(folder, 4, &CONSENTS).contains("--restore-removed lists it as the file does"));
        let said = import(folder, 4, &[&CONSENTS[..], &["--restore-removed"]].concat());
        assert!(said.contains("warning: this import ") && said.contains("1 number"), "{said}");
        assert_eq!(status(folder, NOW), "PROCEED", "{change:?}");
        let said = import(folder, 5, &CONSENTS);
        assert!(!said.contains("by hand"), "{said}");
        assert_eq!(status(folder, NOW), "PROCEED", "{change:?}");
    }
}

#[test]
fn a_withdrawn_consent_stays_so_although_a_copy_between_lacks_its_number() {
    for change in [&["remove"][..], &["disable"]] {
        let folder = list_of_consents();
        let folder = folder.path();
        edit(folder, "ok", change);
        fs::write(folder.join("short.csv"), "phone,until\n3155550102,2099-03-01\n").unwrap();
        done(folder, &[&["import", "short.csv", "--column", "phone", "--replace", "--force"], &CONSENTS[..]].concat());
        let said = import(folder, 1, &CONSENTS);
        assert!(said.contains("stays removed"), "{said}");
        assert_eq!(status(folder, NOW), "REJECT", "{change:?}");
    }
}

/// A person who gives an exemption more time does not make it less strict than the next file.
#[test]
fn more_time_and_changes_that_were_taken_back_do_not_hold() {
    for changes in [
        &[&["expire", "--at", "2099-09-01T00:00:00Z"][..]][..],
        &[&["disable"], &["enable"]],
        &[&["set", "note=called back"]],
    ] {
        let folder = list_of_consents();
        let folder = folder.path();
        changes.iter().for_each(|change| edit(folder, "ok", change));
        let said = import(folder, 1, &CONSENTS);
        assert!(!said.contains("by hand"), "{changes:?}: {said}");
        assert_eq!(status(folder, NOW), "PROCEED", "{changes:?}");
        assert_eq!(status(folder, "2099-06-01T17:00:00Z"), "REJECT", "{changes:?}");
    }
}

#[test]
fn a_consent_that_stays_as_it_is_ends_no_later_than_the_file_says() {
    let folder = list_of_consents();
    let folder = folder.path();
    edit(folder, "ok", &["set", "clients=acme"]);
    fs::write(folder.join("list.csv"), "phone,until\n3155550101,2098-02-01\n3155550102,2099-03-01\n").unwrap();
    done(folder, &[&["import", "list.csv", "--column", "phone", "--replace"], &CONSENTS[..]].concat());
    let rules = stdout(&run(folder, &["rules", "--number", NUMBER, "--format", "json"]));
    let item = rules.lines().find(|line| line.contains("\"ok\"")).unwrap();
    assert!(item.contains("acme") && item.contains("4042051200"), "{item}");
}

#[test]
fn a_rule_that_lets_calls_through_stays_as_a_person_left_it() {
    for (change, options) in [
        (&["remove"][..], &["--status", "PROCEED"][..]),
        (&["disable"], &["--status", "PROCEED"]),
        (&["disable"], &["--status", "CHANGE_DESTINATION", "--code", "+12125550100"]),
    ] {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        let options = [&["--list", "vip"], options].concat();
        import(folder, 0, &options);
        let because = || {
            let text = stdout(&run(folder, &["check", "--to", NUMBER]));
            text.lines().find(|line| line.starts_with("because")).unwrap().to_owned()
        };
        assert!(because().contains("vip"), "{}", because());
        edit(folder, "vip", change);
        let said = import(folder, 1, &options);
        assert!(said.contains("note: 1 number that was"), "{change:?}: {said}");
        assert!(because().contains("no rule applies"), "{change:?}: {}", because());
    }
}

#[test]
fn a_blocked_number_that_a_person_changed_is_named_and_kept_on_demand() {
    for (change, is_blocked) in [(&["disable"][..], false), (&["set", "code=608"], true)] {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        import(folder, 0, &["--list", "dnc"]);
        edit(folder, "dnc", &[change, &["--because", "court order"]].concat());
        let item = || stdout(&run(folder, &["rules", "--number", NUMBER, "--format", "json"]));
        let left = item();
        for nth in [1, 2] {
            let said = import(folder, nth, &["--list", "dnc", "--keep-removed"]);
            assert!(said.contains("note: 1 number that was changed by hand since"), "{said}");
            assert!(said.contains("stays as it is:\n  +13155550101, changed 20"), "{said}");
            assert!(said.contains("because: court order"), "{said}");
            assert_eq!(status(folder, NOW) == "REJECT", is_blocked, "{said}");
        }
        let without_mark = |text: String| {
            let mut item: Value = serde_json::from_str(&text).unwrap();
            item.as_object_mut().unwrap().remove("list_file");
            item
        };
        assert_eq!(without_mark(item()), without_mark(left));
        let said = import(folder, 3, &["--list", "dnc"]);
        assert!(
            said.contains("warning: this import writes 1 number as the file has it that was changed by hand since"),
            "{said}"
        );
        assert!(said.contains("to leave it as it is, write --keep-removed"));
        assert_eq!(status(folder, NOW), "REJECT");
        let said = import(folder, 4, &["--list", "dnc"]);
        assert!(!said.contains("by hand"), "{said}");
    }
}
