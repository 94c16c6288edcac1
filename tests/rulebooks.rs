//! The ready rulebooks of `rules/`: each item is read without a repair, the documentation names every rule, and
//! decides as it says.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail where it stands"
)]

mod book;

use std::collections::BTreeSet;
use std::path::Path;

use book::{decide_items, read_items};
use precall::cap::History;
use precall::rule::{Entry, Item, parse};
use serde_json::Value;

const DOCS: &str = include_str!("../docs/rulebooks.md");
const BOOKS: [&str; 4] = ["us-sales", "us-debt", "canada", "toll-fraud"];

fn items(book: &str) -> Vec<Value> {
    read_items(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(format!("{book}.json")))
}

#[test]
fn every_item_is_a_rule_of_the_law_with_a_harmless_code() {
    for book in BOOKS {
        for item in items(book) {
            let attributes: Item =
                item.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
            let Entry::Valid(rule) = parse(&attributes) else { panic!("{book}: {item} is no rule") };
            assert!(rule.repairs.is_empty(), "{item}: {:?}", rule.repairs);
            assert_eq!(rule.priority, 100, "{item}");
            assert!(["480", "403", "603"].contains(&item["code"].as_str().unwrap()), "{item}");
            let reason = item["reason"].as_str().unwrap();
            assert!(reason.is_ascii() && reason.len() <= 60, "{item}");
            assert!(!item["note"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn the_documentation_names_every_rule_and_no_other() {
    let rules: BTreeSet<String> =
        BOOKS.iter().flat_map(|book| items(book)).map(|item| item["rule"].as_str().unwrap().to_owned()).collect();
    let rows = DOCS.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split('`').next());
    let named: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(named, rules);
}

#[test]
fn the_documentations_examples_are_true() {
    let mut count = 0;
    for line in DOCS.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [book, callee, at, decision @ .., rule] = fields.as_slice() else { continue };
        if !BOOKS.contains(book) {
            continue;
        }
        let (given, by) = decide_items(&items(book), "+12025550100", callee, None, at, &History::new());
        assert_eq!((given.as_str(), by.as_str()), (decision.join(" ").as_str(), *rule), "{line}");
        count += 1;
    }
    assert!(count > 30, "only {count} examples were found");
}
