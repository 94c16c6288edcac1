//! The items of the loaded files.

use std::path::PathBuf;

use precall::rule::{CHANGED, Entry, Key};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::{item_file, items};
use crate::failure::Failure;
use crate::rule_attributes::in_lines;
use crate::rule_findings::{RuleFinding, of_numbers};
use crate::terminal::{print_stderr, printable};

/// Most findings that are printed.
const MAX_FINDINGS: usize = 20;

/// An item of a file.
#[derive(Debug)]
pub struct LoadedItem {
    pub file: PathBuf,
    pub key: Key,
    pub item: Attributes,
}

/// Reads the items of all files. None may be invalid, and no key may be there twice. Only a backup has list records, proposals
/// and settings.
///
/// # Errors
/// When a file cannot be read, or an item cannot be loaded.
pub fn read_all(files: &[PathBuf], is_backup: bool) -> Result<Vec<LoadedItem>, Failure> {
    let mut rules: Vec<LoadedItem> = Vec::new();
    for mut item in item_file::read_all(files)? {
        if items::is_record(&item.item) {
            let key = items::key(&item.item);
            if !is_backup {
                let (place, Key { number, rule }) = (item.place(), key);
                return Err(format!(
                    "{place}: `{rule}` under {number} is not a rule, but a list record, a proposal or a setting; leave it out, or \
                     write --restore if the file is a backup"
                )
                .into());
            }
            rules.push(LoadedItem { file: item.file.to_owned(), key, item: item.item });
            continue;
        }
        // The stamp of a backup is that of an earlier change.
        item.item.remove(CHANGED);
        let entry = items::parse(&item.item);
        let key = entry.key().clone();
        if let Entry::Invalid(invalid) = &entry {
            let place = item.file.display();
            return Err(format!("{place}: rule `{}` is invalid: {}", key.rule, in_lines(&invalid.reasons)).into());
        }
        rules.push(LoadedItem { file: item.file.to_owned(), key, item: item.item });
    }
    Ok(rules)
}

/// Refuses a file without rules: it is probably the wrong one, or half written.
///
/// # Errors
/// When there is such a file.
pub fn refuse_empty(files: &[PathBuf], rules: &[LoadedItem]) -> Result<(), Failure> {
    match files.iter().find(|file| !rules.iter().any(|rule| rule.file == **file)) {
        None => Ok(()),
        Some(file) => {
            let file = file.display();
            Err(format!("{file} has no rules; name the file that has them, or leave it out").into())
        }
    }
}

/// Prints the first findings about numbers that no call can have, or that are probably mistyped.
pub fn warn_of_numbers(rules: &[LoadedItem]) {
    let rules = rules.iter().filter(|rule| !items::is_record(&rule.item));
    let findings = rules.flat_map(|LoadedItem { item, .. }| of_numbers(item, &items::parse(item)));
    for finding in findings.take(MAX_FINDINGS) {
        let RuleFinding { level, key, .. } = &finding;
        print_stderr(format_args!(
            "{}: rule `{}` under {}: {}",
            level.as_str(),
            key.rule,
            key.number,
            printable(&finding.text())
        ));
    }
}
