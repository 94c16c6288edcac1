//! Reads list notices: the facts under `*` that an import writes about the copy of a list.

use super::attributes::Attributes;
use super::unknown::is_list_notice;
use super::vocabulary::FACT_OF_LIST;
use super::whole::whole_number;
use crate::rule::fact::FactContent;
use crate::rule::list_copy::{ListCopy, NOTICE};

/// The number of hex digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

impl Attributes<'_> {
    /// Returns true for an item under `*` that is a list notice.
    pub(super) fn is_list_notice(&self) -> bool {
        !self.has("status") && is_list_notice(self.values.get("rule").copied(), self.values.get("list").copied())
    }

    /// Reads the copy of a list.
    pub(super) fn list_copy(&mut self, rule: &str) -> Option<FactContent> {
        self.check_fact(&FACT_OF_LIST, "the copy of a list", true);
        let list = self.text_as_typed("list", "the list's name");
        if let Some(list) = list.as_deref().filter(|list| rule.strip_prefix(NOTICE) != Some(list)) {
            self.wrong("list", format_args!("{list:?} is not the list of `{rule}`; write {NOTICE}{list} as `rule`"));
        }
        for name in ["copied", "sha256", "file", "numbers"] {
            if !self.has(name) {
                self.wrong(name, "missing; import the list again, or remove the item");
            }
        }
        let copied = self.instant("copied");
        let due = self.instant("due");
        let sha256 = self.required_text("sha256", "64 hex digits");
        if let Some(text) = sha256.as_deref().filter(|text| !is_sha256(text)) {
            self.wrong("sha256", format_args!("{text:?} is not a SHA-256; write its 64 hex digits"));
        }
        let file = self.text_as_typed("file", "the file's name");
        let numbers = self.count("numbers");
        let (list, copied, sha256, file, numbers) = (list?, copied?, sha256?, file?, numbers?);
        Some(FactContent::List(ListCopy { list, copied, sha256: sha256.to_ascii_lowercase(), file, due, numbers }))
    }

    fn count(&mut self, name: &str) -> Option<u64> {
        let text = self.required_text(name, "a whole number such as 100")?;
        let count = whole_number(&text).and_then(|text| text.parse().ok());
        if count.is_none() {
            self.wrong(name, format_args!("{text:?} is not a whole number; write one such as 100"));
        }
        count
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == SHA256_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
