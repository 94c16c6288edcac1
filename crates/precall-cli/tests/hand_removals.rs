//! `precall import` of a file with numbers that a person removed from the list since its last copy.

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
use precall_test::dynamodb::DynamoDb;
use support::{Server, precall, run, run_with, stderr, stdout};
use tempfile::TempDir;

const WARNING: &str = "removed by hand since";

/// Imports these numbers as the next copy of the list `dnc`, and returns the output.
fn import(folder: &Path, numbers: &[&str], options: &[&str]) -> Output {
    fs::write(folder.join("dnc.txt"), numbers.join("\n") + "\n").unwrap();
    let copied = ["--copied", "2026-11-20T00:00:00Z"];
    let arguments = [&["import", "dnc.txt", "--list", "dnc", "--replace"], &copied[..], options].concat();
    run(folder, &arguments)
}

fn imported(folder: &Path, numbers: &[&str], options: &[&str]) -> String {
    let output = import(folder, numbers, options);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stderr(&output)
}

fn remove(folder: &Path, number: &str) {
    let because = ["--yes", "--because", "asked us to"];
    let output = run(folder, &[&["remove", "--number", number, "--rule", "dnc"], &because[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
}

fn is_listed(folder: &Path, number: &str) -> bool {
    let output = run(folder, &["check", "--to", number, "--json"]);
    stdout(&output).contains("On list dnc")
}

fn list_of_three() -> TempDir {
    let folder = TempDir::new().unwrap();
    let errors = imported(folder.path(), &["3155550101", "3155550102", "3155550103"], &[]);
    assert!(!errors.contains(WARNING), "a first copy lists nothing again: {errors}");
    folder
}

#[test]
fn a_number_that_a_person_removed_is_listed_again_with_a_warning() {
    let folder = list_of_three();
    remove(folder.path(), "+13155550101");
    let errors = imported(folder.path(), &["3155550101", "3155550102"], &[]);
    for wanted in [
        "warning: this import lists 1 number again that was removed by hand since the copy of 2026-11-20:",
        "  +13155550101, removed 20",
        ", via remove, because: asked us to",
        "to leave it out, write --keep-removed",
    ] {
        assert!(errors.contains(wanted), "{wanted}: {errors}");
    }
    assert!(is_listed(folder.path(), "+13155550101"));
    // 0103 was removed by the import, and 0101 has been said.
    let errors = imported(folder.path(), &["3155550101", "3155550102", "3155550103"], &[]);
    assert!(!errors.contains(WARNING), "{errors}");
}

#[tokio::test]
async fn removals_in_the_console_count_and_the_first_ten_are_shown() {
    let folder = TempDir::new().unwrap();
    let numbers: Vec<String> = (0..30).map(|nth| format!("31555501{nth:02}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    imported(folder.path(), &numbers, &[]);
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    for number in &numbers[..25] {
        let delete = server.client().delete_item().table_name("precall-rules");
        let delete = delete.key("number", AttributeValue::S(format!("+1{number}")));
        delete.key("rule", AttributeValue::S("dnc".to_owned())).send().await.unwrap();
    }
    drop(server);
    let errors = imported(folder.path(), &[&numbers[..], &["3155550199"]].concat(), &[]);
    assert!(errors.contains("warning: this import lists 25 numbers again that were removed by hand"), "{errors}");
    assert_eq!(errors.matches("by console or program").count(), 10, "{errors}");
    assert!(errors.contains("  and 15 more"), "{errors}");
}

#[test]
fn removed_numbers_stay_removed_until_an_import_without_the_option() {
    let folder = list_of_three();
    remove(folder.path(), "+13155550101");
    for last in ["3155550104", "3155550105"] {
        let errors = imported(folder.path(), &["3155550101", "3155550102", last], &["--keep-removed"]);
        assert!(errors.contains("note: 1 number that was removed by hand"), "{errors}");
        assert!(errors.contains("stays removed:\n  +13155550101, "), "{errors}");
        assert!(!is_listed(folder.path(), "+13155550101"));
        assert!(is_listed(folder.path(), "+13155550102"));
    }
    let output = run(folder.path(), &["lists", "--json"]);
    assert!(stdout(&output).contains("\"written\":2"), "{}", stdout(&output));
    let errors = imported(folder.path(), &["3155550101", "3155550102", "3155550105"], &[]);
    assert!(errors.contains("lists 1 number again"), "{errors}");
    assert!(is_listed(folder.path(), "+13155550101"));
}

/// Standard input can be read once, and this import looks into its copy first.
#[test]
fn standard_input_is_compared_with_the_removals_too() {
    for (option, warning, is_listed_again) in
        [(None, "lists 1 number again", true), (Some("--keep-removed"), "stays", false)]
    {
        let folder = list_of_three();
        remove(folder.path(), "+13155550101");
        let mut command = precall(folder.path());
        command.args(["import", "-", "--list", "dnc", "--replace"]).args(option);
        let output = run_with(command, "3155550101\n3155550102\n");
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains(warning), "{}", stderr(&output));
        assert_eq!(is_listed(folder.path(), "+13155550101"), is_listed_again);
        assert!(is_listed(folder.path(), "+13155550102"));
    }
}

#[test]
fn numbers_that_are_back_or_not_in_the_file_and_lists_that_ended_have_no_warning() {
    let folder = list_of_three();
    remove(folder.path(), "+13155550101");
    remove(folder.path(), "+13155550102");
    let put = ["put", "number=+13155550101", "rule=dnc", "status=REJECT", "--yes"];
    let output = run(folder.path(), &put);
    assert!(output.status.success(), "{}", stderr(&output));
    let errors = imported(folder.path(), &["3155550101", "3155550103"], &[]);
    assert!(!errors.contains(WARNING), "{errors}");
    remove(folder.path(), "+13155550103");
    let output = run(folder.path(), &["lists", "remove", "dnc", "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let errors = imported(folder.path(), &["3155550101", "3155550103"], &[]);
    assert!(!errors.contains(WARNING), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_journal_the_import_says_that_removals_are_not_known() {
    let dynamodb = DynamoDb::start().await;
    let folder = TempDir::new().unwrap();
    let import = |numbers: &str, option: &[&str]| {
        fs::write(folder.path().join("dnc.txt"), numbers).unwrap();
        let mut command = precall(folder.path());
        command.args(["import", "dnc.txt", "--list", "dnc", "--dynamodb", &dynamodb.url]).args(option);
        command.env("PRECALL_RULES_TABLE", &dynamodb.table).env("PRECALL_JOURNAL_TABLE", "no-journal");
        let output = command.output().unwrap();
        (output.status.code(), stderr(&output))
    };
    assert_eq!(import("3155550101\n", &[]).0, Some(0));
    let (status, errors) = import("3155550102\n", &[]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(errors.contains("note: there is no journal table no-journal"), "{errors}");
    let (status, errors) = import("3155550103\n", &["--keep-removed"]);
    assert_eq!(status, Some(1), "{errors}");
    assert!(errors.contains("--keep-removed cannot be followed"), "{errors}");
}
