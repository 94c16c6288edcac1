//! Tests the ready rulebooks of `rules/`: each item is read without a repair, the documentation names exactly the rules of
//! the books, and its examples are decided as it shows.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use precall::frequency_cap::CountBy;
use precall::rule::{Entry, Item, Rule, UnknownAttribute, parse, unknown_attributes};
use precall_test::{Case, read_items};
use serde_json::Value;

const DOCS: &str = include_str!("../../../docs/rulebooks.md");

/// The books in the documentation, with the priority of their rules: 100 for law, 50 for policy.
const BOOKS: [(&str, i64); 11] = [
    ("us-sales", 100),
    ("us-sales-automated", 100),
    ("us-debt", 100),
    ("us-debt-automated", 100),
    ("us-informational", 100),
    ("us-health-care", 100),
    ("canada", 100),
    ("ca-automated", 100),
    ("ca-debt", 100),
    ("licensed-states", 100),
    ("toll-fraud", 50),
];

const CALLER: &str = "+12025550100";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

fn items(book: &str) -> Vec<Value> {
    read_items(&folder().join(format!("{book}.json")))
}

fn entry(item: &Value) -> Entry {
    let attributes: Item =
        item.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    parse(&attributes)
}

/// Returns the attributes that are not read, without which `precall load` refuses an item.
fn unknown(item: &Value) -> Vec<UnknownAttribute> {
    unknown_attributes(&serde_json::from_value(item.clone()).unwrap())
}

/// Returns the rule of an item, which must need no repair.
fn rule(item: &Value) -> Rule {
    match entry(item) {
        Entry::Rule(rule) => {
            assert!(rule.repairs.is_empty(), "{item}: {:?}", rule.repairs);
            rule
        }
        Entry::Fact(_) => panic!("{item} states something and is no rule"),
        Entry::Invalid(invalid) => panic!("{item}: {:?}", invalid.reasons),
    }
}

/// Returns the decision (`PROCEED`, `REJECT 480`) for a call, and the rule that decides or `-`.
/// `earlier` are the instants at which calls to the callee were let through.
fn decide_case(items: &[Value], caller: &str, callee: &str, at: &str, earlier: &[&str]) -> (String, String) {
    let attempts = earlier.iter().map(|at| at.parse().unwrap()).collect();
    let case = Case::new(items).from(caller).to(callee).client(None).at(at);
    case.attempts(CountBy::Callee, attempts).answer()
}

/// Returns the fenced blocks of the documentation: the text after the opening fence, and the lines.
fn blocks() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in DOCS.lines().map(str::trim) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info, Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

#[test]
fn every_file_of_rules_is_read_without_a_fault() {
    let mut keys: BTreeMap<(String, String), PathBuf> = BTreeMap::new();
    let mut files = 0;
    for file in std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        files += 1;
        for item in read_items(&file) {
            let key = rule(&item).key;
            // Several files may be loaded into one table.
            let other = keys.insert((key.number.clone(), key.rule.clone()), file.clone());
            assert_eq!(other, None, "{}: `{}` under {} is there twice", file.display(), key.rule, key.number);
        }
    }
    assert!(files > BOOKS.len(), "only {files} files were found");
}

#[test]
fn every_rule_of_a_book_rejects_with_a_harmless_code() {
    for (book, priority) in BOOKS {
        for item in items(book) {
            let rule = rule(&item);
            assert_eq!((rule.key.number.as_str(), rule.action.status()), ("*", "REJECT"), "{item}");
            assert_eq!(rule.priority, priority, "{item}");
            assert!(!rule.shadow, "{item}");
            assert_eq!(item.get("clients"), None, "campaigns are the operator's: {item}");
            // A call that is rejected for its hours or its cap may be placed later; any other will be rejected again.
            let is_for_now = item.get("calling_hours").is_some() || item.get("max_calls").is_some();
            let code = if is_for_now { "480" } else { "403" };
            assert_eq!(item["code"], code, "{item}");
            // The reason may be sent in a SIP header, in which a quotation mark or a comma may end it.
            let reason = item["reason"].as_str().unwrap();
            assert!((1..=40).contains(&reason.len()), "{item}");
            assert!(reason.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-'), "{item}");
            let note = item["note"].as_str().unwrap();
            assert!(note.contains("grade"), "{item}");
        }
    }
}

/// Rules about hours must decide before caps. Outside calling hours, no counter is then read, and a failure of the attempts
/// table does not make the decision unknown.
#[test]
fn hours_decide_before_caps() {
    let items: Vec<Value> = BOOKS.iter().flat_map(|(book, _)| items(book)).collect();
    let with = |attribute: &'static str| {
        items.iter().filter(move |item| item.get(attribute).is_some()).map(|item| item["rule"].as_str().unwrap())
    };
    let (hours, cap) = (with("calling_hours").max().unwrap(), with("max_calls").min().unwrap());
    assert!(hours < cap, "{cap} would decide before {hours}");
}

#[test]
fn the_documentation_names_exactly_the_rules_of_the_books() {
    let rules: BTreeSet<String> =
        BOOKS.iter().flat_map(|(book, _)| items(book)).map(|item| item["rule"].as_str().unwrap().to_owned()).collect();
    let mut named = BTreeSet::new();
    let mut in_table = false;
    for line in DOCS.lines() {
        in_table = line.starts_with("| rule |") || in_table && line.starts_with('|');
        if let Some(name) = line.strip_prefix("| `").filter(|_| in_table).and_then(|row| row.split('`').next()) {
            assert!(named.insert(name.to_owned()), "`{name}` is explained twice");
        }
    }
    assert_eq!(named, rules);
}

/// The section of each book begins with the calls that it is for, and with the choice for a reader who is not sure.
#[test]
fn each_book_says_first_which_calls_it_is_for() {
    for (book, _) in BOOKS {
        let start = DOCS.find(&format!("`rules/{book}.json` is for ")).unwrap_or_else(|| panic!("{book} says nothing"));
        let before = DOCS[..start].trim_end().lines().next_back().unwrap();
        assert!(before.starts_with("## "), "{book}: {before}");
        let first = DOCS[start..].split("\n\n").next().unwrap();
        assert!(first.contains("not sure"), "{book}: {first}");
    }
}

#[test]
fn the_documentations_items_are_read_without_a_fault() {
    let mut count = 0;
    for (_, lines) in blocks().into_iter().filter(|(info, _)| *info == "json") {
        let text = lines.join("\n");
        let items: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        for item in items {
            assert_eq!(unknown(&item), [], "{item}");
            match entry(&item) {
                Entry::Fact(_) => {}
                _ => drop(rule(&item)),
            }
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} items were found");
}

/// Checks lines such as `+13055550123  2026-11-23T20:00:00-05:00  REJECT 480 calling-hours-us`, in blocks that name the
/// book: callee, instant, decision, rule or `-`, and optionally `from` with the caller, `without` with a rule that is switched
/// off, and `after` with the instants of earlier calls.
#[test]
fn the_documentations_examples_are_true() {
    let (mut count, mut wrong) = (0, String::new());
    let mut used = BTreeSet::new();
    for (info, lines) in blocks() {
        let Some(book) = info.strip_prefix("text ") else { continue };
        assert!(BOOKS.iter().any(|(known, _)| *known == book), "{book} is no book");
        for line in lines {
            let (case, earlier) = line.split_once(" after ").unwrap_or((line, ""));
            let (case, caller) = case.split_once(" from ").unwrap_or((case, CALLER));
            let (case, without) = case.split_once(" without ").unwrap_or((case, ""));
            let items: Vec<Value> = items(book).into_iter().filter(|item| item["rule"] != without.trim()).collect();
            let fields: Vec<&str> = case.split_whitespace().collect();
            let [callee, at, decision @ .., by] = fields.as_slice() else { panic!("{book}: {line}") };
            let earlier: Vec<&str> = earlier.split_whitespace().collect();
            let given = decide_case(&items, caller.trim(), callee, at, &earlier);
            if given != (decision.join(" "), (*by).to_owned()) {
                wrong += &format!("{book}: {line}: but {} by {}\n", given.0, given.1);
            }
            used.insert((*by).to_owned());
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 100, "only {count} examples were found");
    for item in BOOKS.iter().flat_map(|(book, _)| items(book)) {
        assert!(used.contains(item["rule"].as_str().unwrap()), "no example has {}", item["rule"]);
    }
}
