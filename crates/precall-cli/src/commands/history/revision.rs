//! The times in which a revision, a version or a checksum of a decision record was in force.

use std::collections::BTreeMap;

use precall::rule::{Key, Version, WILDCARD, quoted};
use precall_hook::settings::Settings;
use precall_hook::store::item;
use serde_json::json;

use super::output::{HistoryFormat, csv_line};
use crate::counts::grouped;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::OpenedStore;
use crate::edit::partition;
use crate::failure::Failure;
use crate::journal::{HistoryEntry, ItemState, ItemStates};
use crate::number_list::list_notice;
use crate::terminal::{escaped_json, one_line, print, print_stderr, printable};

/// Hex digits of a revision or a version.
const DIGITS: usize = 12;

/// Hex digits of a whole checksum.
const MAX_DIGITS: usize = 64;

/// Most items of one version that are shown: all numbers of an import have one.
const MAX_SHOWN: usize = 20;

/// A revision of the rules under `*`, a version of a rule, or a checksum of a list's file, as a decision record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedVersion {
    /// The name of the rule, if the text has it.
    rule: Option<String>,
    digits: String,
}

/// A time in which it was in force.
#[derive(Debug)]
struct VersionSpan {
    kind: VersionKind,
    /// The item; for a revision, the partition alone.
    key: Key,
    /// The change that began it; `None` if it began before the journal.
    began: Option<HistoryEntry>,
    /// The change that ended it; `None` if it goes on.
    ended: Option<HistoryEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VersionKind {
    /// The revision of the rules under `*`.
    Revision,
    /// The version of a rule.
    Version,
    /// The copy of a list.
    Copy,
}

/// Reads an identifier of a decision record: `5d9e4900bb69`, `dnc@5d9e4900bb69`, or `own copy of 2026-11-20 sha256 0123456789ab`.
///
/// # Errors
/// When it has no hex digits of the right length.
pub fn parse(text: &str) -> Result<RecordedVersion, String> {
    let (rule, rest) = match text.trim().rsplit_once('@') {
        Some((rule, rest)) => (Some(rule.to_owned()), rest),
        None => (None, text.trim()),
    };
    let after = rest.rsplit_once("sha256 ").map_or(rest, |(_, after)| after);
    let digits = after.split([' ', ':', ',']).next().unwrap_or_default().to_ascii_lowercase();
    if (DIGITS..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(RecordedVersion { rule, digits })
    } else {
        Err(format!(
            "write {DIGITS} hex digits, such as 5d9e4900bb69, as a decision record has them in `any_revision`, `rule_version`, \
             `exact_rules`, `target_rules` or `lists`"
        ))
    }
}

impl RecordedVersion {
    /// Prints the times in which it was in force, the newest first. With a number, only the items under it are read.
    ///
    /// # Errors
    /// When it is not known, there is no journal, or it cannot be read.
    pub async fn show(
        &self,
        opened: &OpenedStore,
        settings: &Settings,
        number: Option<&str>,
        format: HistoryFormat,
    ) -> Result<(), Failure> {
        let number = number.map(partition).transpose()?;
        let mut read = ItemStates::read(opened, settings, WILDCARD).await?;
        let mut spans = Vec::new();
        if number.as_deref().is_none_or(|number| number == WILDCARD) {
            spans = self.in_wildcard(&read);
        }
        // A version of a rule under `*` may also be one under numbers, but only if both have the same attributes.
        match &number {
            Some(number) if number != WILDCARD => {
                read = ItemStates::read(opened, settings, number).await?;
                spans.extend(self.versions(&read.states));
            }
            None if spans.is_empty() => {
                read = Box::pin(ItemStates::read_all(opened, settings)).await?;
                spans.extend(self.versions(&read.states));
            }
            _ => {}
        }
        if spans.is_empty() {
            let under = number.map(|number| format!(" under {number}")).unwrap_or_default();
            return Err(format!(
                "no rules{under}, and no copy of a list, have had the revision, version or checksum {} in {} since its journal \
                 began at {}",
                quoted(&self.digits),
                opened.location,
                read.begins
            )
            .into());
        }
        self.print(spans, format)
    }

    fn print(&self, mut spans: Vec<VersionSpan>, format: HistoryFormat) -> Result<(), Failure> {
        let at = |span: &VersionSpan| span.began.as_ref().map(|entry| entry.change.at);
        spans.sort_by(|one, other| at(other).cmp(&at(one)).then_with(|| one.key.cmp(&other.key)));
        if format == HistoryFormat::Csv {
            print("kind,revision,number,rule,from,to,began_by,ended_by\n")?;
        }
        for span in spans.iter().take(MAX_SHOWN) {
            print(&self.line(format, span)?)?;
        }
        let others = spans.len().saturating_sub(MAX_SHOWN);
        if others > 0 {
            print_stderr(format_args!(
                "note: {} more rules had this version, such as the other numbers of a list; add --number",
                printable(&grouped(u64::try_from(others)?))
            ));
        }
        Ok(())
    }

    /// Returns the times of the revision, of the versions of the rules under `*`, and of the copies of lists.
    fn in_wildcard(&self, read: &ItemStates) -> Vec<VersionSpan> {
        let mut spans = if self.rule.is_none() { self.revisions(read) } else { Vec::new() };
        spans.extend(self.versions(&read.states));
        let is_copy = |state: &&ItemState| {
            let checksum = state.item.get("sha256").and_then(|sha256| sha256.as_s().ok());
            list_notice::is_notice(&state.item) && checksum.is_some_and(|sha256| sha256.starts_with(&self.digits))
        };
        spans.extend(read.states.iter().filter(is_copy).map(|state| span_of(VersionKind::Copy, state)));
        spans
    }

    fn versions(&self, states: &[ItemState]) -> Vec<VersionSpan> {
        let is_rule = |state: &ItemState| self.rule.as_ref().is_none_or(|rule| *rule == state.key.rule);
        let is_wanted = |state: &&ItemState| is_rule(state) && state.version() == self.digits;
        states.iter().filter(is_wanted).map(|state| span_of(VersionKind::Version, state)).collect()
    }

    /// Returns the times in which the rules under `*` had the revision.
    fn revisions(&self, read: &ItemStates) -> Vec<VersionSpan> {
        let version = |attributes: &Attributes| Version::of(&item(attributes.clone()));
        let current = read.states.iter().filter(|state| state.ended_by.is_none());
        let mut versions: BTreeMap<Key, Version> =
            current.map(|state| (state.key.clone(), version(&state.item))).collect();
        let is_wanted = |versions: &BTreeMap<Key, Version>| {
            let rules = versions.iter().map(|(key, version)| (key.rule.as_str(), *version));
            Version::of_rules(rules).to_string() == self.digits
        };
        let span = |began: Option<HistoryEntry>, ended: Option<HistoryEntry>| VersionSpan {
            kind: VersionKind::Revision,
            key: Key { number: WILDCARD.to_owned(), rule: String::new() },
            began,
            ended,
        };
        let mut spans = Vec::new();
        let mut ended: Option<HistoryEntry> = None;
        for entry in read.changes.iter().rev() {
            let is_of_revision = is_wanted(&versions);
            match &entry.change.before {
                Some(before) => versions.insert(entry.change.key.clone(), version(before)),
                None => versions.remove(&entry.change.key),
            };
            if is_of_revision {
                spans.push(span(Some(entry.clone()), ended));
            }
            ended = Some(entry.clone());
        }
        if is_wanted(&versions) {
            spans.push(span(None, ended));
        }
        spans
    }

    fn line(&self, format: HistoryFormat, span: &VersionSpan) -> Result<String, Failure> {
        let VersionSpan { kind, key: Key { number, rule }, began, ended } = span;
        let at = |entry: &Option<HistoryEntry>| entry.as_ref().map(|entry| entry.change.at.to_string());
        let id = |entry: &Option<HistoryEntry>| entry.as_ref().map(|entry| entry.id().to_owned());
        let digits = &self.digits;
        Ok(match format {
            HistoryFormat::Text => {
                let what = match kind {
                    VersionKind::Revision => format!("revision {digits} of the rules under `*`"),
                    VersionKind::Version => format!("version {digits} of rule `{}` under {number}", one_line(rule)),
                    VersionKind::Copy => format!("the copy of a list with sha256 {digits}: `{}`", one_line(rule)),
                };
                let from = in_words(began.as_ref(), "before the journal begins");
                format!("{what}\n  from {from}\n  to   {}\n", in_words(ended.as_ref(), "now"))
            }
            HistoryFormat::Json => {
                let rule = (*kind != VersionKind::Revision).then_some(rule);
                let line = json!({
                    "kind": kind.name(), "revision": digits, "number": number, "rule": rule, "from": at(began), "to": at(ended),
                    "began_by": id(began), "ended_by": id(ended),
                });
                escaped_json(&format!("{line}\n")).into_owned()
            }
            HistoryFormat::Csv => {
                // Spreadsheet programs round long numbers.
                let id = |entry| id(entry).map(|id| format!("'{id}")).unwrap_or_default();
                let at = |entry| at(entry).unwrap_or_default();
                let cells = [kind.name().to_owned(), format!("'{digits}"), number.clone(), rule.clone()];
                csv_line(cells.into_iter().chain([at(began), at(ended), id(began), id(ended)]))?
            }
        })
    }
}

impl VersionKind {
    fn name(self) -> &'static str {
        match self {
            Self::Revision => "revision",
            Self::Version => "version",
            Self::Copy => "copy",
        }
    }
}

fn span_of(kind: VersionKind, ItemState { key, made_by, ended_by, .. }: &ItemState) -> VersionSpan {
    VersionSpan { kind, key: key.clone(), began: made_by.clone(), ended: ended_by.clone() }
}

fn in_words(entry: Option<&HistoryEntry>, none: &str) -> String {
    let words = |entry: &HistoryEntry| {
        let change = format!("{}, by {}; entry {}", entry.summary(), entry.author(), entry.id());
        format!("{} ({})", entry.change.at, one_line(&change))
    };
    entry.map_or_else(|| none.to_owned(), words)
}
