//! `precall import` refuses what a person has to decide, and does nothing for a file that it has imported.

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

/// Returns what a command said, after a check of its exit status.
fn said(folder: &Path, status: i32, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let said = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    said
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn an_import_writes_no_rule_under_every_number_without_a_required_review() {
    let temp = folder(&[
        ("areas.txt", "3155550101\n305XXXXXXX\n"),
        ("del.csv", "phone,action\n305XXXXXXX,D\n"),
        ("a.txt", "3155550101\n"),
        ("b.txt", "3155550102\n"),
    ]);
    let folder = temp.path();
    said(folder, 0, &["import", "a.txt", "--list", "own"]);
    said(folder, 0, &["import", "areas.txt", "--list", "areas"]);
    said(folder, 0, &["review", "--require", "wildcard"]);
    let before = said(folder, 0, &["rules", "--format", "json"]);
    for options in [
        &["areas.txt", "--list", "vip", "--status", "PROCEED", "--priority", "50"][..],
        &["areas.txt", "--list", "own", "--force"],
        &["a.txt", "--list", "areas", "--replace", "--force"],
    ] {
        let refusal = said(folder, 1, &[&["import"], options].concat());
        assert!(refusal.contains("this table requires that a second person approves"), "{refusal}");
        assert_eq!(said(folder, 0, &["rules", "--format", "json"]), before);
        assert!(!said(folder, 0, &["lists"]).contains("vip"));
    }
    // Numbers, and the notice under `*`, need no review.
    said(folder, 0, &["import", "b.txt", "--list", "own"]);
    assert!(said(folder, 0, &["check", "--to", "+13155550102"]).contains("REJECT"));
}

#[test]
fn the_same_file_again_keeps_the_dates_unless_they_are_given() {
    let temp = folder(&[("a.txt", "3155550101\n")]);
    let folder = temp.path();
    let import = |options: &[&str]| {
        let arguments = [&["import", "a.txt", "--list", "dnc", "--expires", "31d"], options].concat();
        said(folder, 0, &arguments)
    };
    let list = || {
        let lists: Value =
            serde_json::from_str(stdout(&run(folder, &["lists", "--json"])).lines().next().unwrap()).unwrap();
        lists
    };
    import(&["--copied", "2026-01-01T00:00:00Z"]);
    let (first, rules) = (list(), said(folder, 0, &["rules", "--format", "json"]));
    for _ in 0..2 {
        let again = import(&[]);
        assert!(
            again.contains("nothing was written, because") && again.contains("the copy stays that of 2026-01-01"),
            "{again}"
        );
        assert_eq!((list(), said(folder, 0, &["rules", "--format", "json"])), (first.clone(), rules.clone()));
    }
    assert_eq!(said(folder, 0, &["lists", "--history", "--csv"]).matches("\nimport,").count(), 1);
    let renewed = import(&["--copied", "2026-02-01T00:00:00Z"]);
    assert!(renewed.contains("its copy is now that of 2026-02-01"), "{renewed}");
    assert_ne!(list(), first);
    // The earlier run keeps its dates.
    let history = said(folder, 0, &["lists", "--history", "--csv"]);
    let runs: Vec<&str> = history.lines().filter(|line| line.starts_with("import,")).collect();
    assert_eq!(runs.len(), 2, "{history}");
    assert!(runs[0].contains("2026-02-01T00:00:00Z") && runs[1].contains("2026-01-01T00:00:00Z"), "{history}");
}

#[test]
fn dates_of_consents_that_are_not_read_are_refused() {
    let temp = folder(&[(
        "c.csv",
        "phone,since,until,name\n3155550101,2026-01-01,2027-01-01,Anna\n3155550102,,2027-02-01,Bob\n",
    )]);
    let folder = temp.path();
    let consents = ["import", "c.csv", "--exempt", "dnc", "--list", "ok"];
    for (options, wanted) in [
        (&["--expires", "never"][..], "dates in column \"since\", \"until\" are not read"),
        (&["--expires-column", "until"], "dates in column \"since\" are not read"),
        (
            &["--expires", "never", "--starts-column", "since"],
            "such as --expires-column \"until\", or write --ignore-dates",
        ),
    ] {
        let refusal = said(folder, 1, &[&consents, options].concat());
        assert!(refusal.contains(wanted), "{refusal}");
        assert!(!folder.join(".precall/rules.db").exists(), "nothing is created");
    }
    said(folder, 0, &[&consents[..], &["--expires", "never", "--ignore-dates"]].concat());
    said(folder, 1, &[&consents[..], &["--expires-column", "until", "--starts-column", "since", "--force"]].concat());
}

#[test]
fn a_list_that_opens_calling_hours_needs_force_as_a_rule_does() {
    let temp = folder(&[("a.txt", "3155550101\n")]);
    let folder = temp.path();
    let law =
        ["put", "number=*", "rule=hours", "status=REJECT", "code=480", "calling_hours=us", "priority=100", "--yes"];
    said(folder, 0, &law);
    let put = ["put", "number=+13155550101", "rule=vip", "status=PROCEED", "priority=200", "--yes"];
    said(folder, 1, &put);
    let import = ["import", "a.txt", "--list", "vip", "--status", "PROCEED", "--priority", "200"];
    let refusal = said(folder, 1, &import);
    assert!(refusal.contains("`precall lint` would report an error in each rule of the list"), "{refusal}");
    assert!(!said(folder, 0, &["lists"]).contains("vip"));
    said(folder, 0, &["import", "a.txt", "--list", "vip", "--status", "PROCEED", "--priority", "50"]);
    said(folder, 0, &[&import[..], &["--force"]].concat());
}

#[test]
fn an_older_copy_does_not_replace_a_newer_one_without_force() {
    let temp = folder(&[("a.txt", "3155550101\n"), ("b.txt", "3155550102\n")]);
    let folder = temp.path();
    let options = ["--list", "dnc", "--replace", "--expires", "31d", "--copied"];
    let new = said(folder, 0, &[&["import", "a.txt"], &options[..], &["2026-02-01"]].concat());
    assert!(new.contains("due 2026-03-04: already overdue"), "{new}");
    let older = [&["import", "b.txt"], &options[..], &["2026-01-01"]].concat();
    let refusal = said(folder, 1, &older);
    assert!(
        refusal.contains("has a newer copy: that of 2026-02-01T00:00:00Z, and this file is of 2026-01-01"),
        "{refusal}"
    );
    assert!(said(folder, 0, &["check", "--to", "+13155550101"]).contains("REJECT"));
    said(folder, 0, &[&older[..], &["--force"]].concat());
    let wrong = said(folder, 2, &["import", "b.txt", "--list", "dnc", "--copied", "soon"]);
    assert!(wrong.contains("or a day such as 2026-11-01"), "{wrong}");
}

#[test]
fn a_file_in_which_no_line_can_be_read_leaves_no_list_behind() {
    let temp = folder(&[("a.txt", "3155550101\n"), ("bad.txt", "12\n13\n")]);
    let folder = temp.path();
    said(folder, 0, &["import", "a.txt", "--list", "dnc"]);
    let before = said(folder, 0, &["lists", "--json"]);
    for list in ["dnc", "new"] {
        let refusal = said(folder, 1, &["import", "bad.txt", "--list", list]);
        assert!(refusal.contains("2 lines, and none could be read"), "{refusal}");
        assert!(refusal.contains("nothing was written") && !refusal.contains("unfinished"), "{refusal}");
        assert_eq!(said(folder, 0, &["lists", "--json"]), before);
        assert!(folder.join("bad.txt.rejects").exists());
    }
}
