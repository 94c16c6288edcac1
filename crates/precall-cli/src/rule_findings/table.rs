//! The findings about a whole table.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use precall::Number;
use precall::rule::{Action, Entry, FactContent, Key, Rule, WILDCARD};
use precall_hook::settings::Settings;

use super::consent::ConsentFindings;
use super::exemption::ExemptNames;
use super::finding::{FindingLevel, RuleFinding};
use super::item::of_item;
use super::open_days::of_open_days;
use super::pairs::of_pairs;
use super::redirect_loops::of_redirect_loops;
use super::redirect_targets::of_redirect_targets;
use super::unconditional::is_plain_number;
use crate::decision_summary;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::dynamodb::viewed_table::ViewedTable;
use crate::failure::Failure;
use crate::hours_enforcement::LawEnforcement;
use crate::number_list::mark::MARK;
use crate::ten_digits::TenDigitNumbers;

/// Most findings about single items that are kept of each level. A table of millions of items may have as many.
const MAX_KEPT: u64 = 10_000;

/// Most numbers whose partitions are read again. A table with more has a list of redirects.
const MAX_READ_AGAIN: usize = 20_000;

/// Counts of the items that were read.
#[derive(Debug, Default)]
pub struct TableCounts {
    pub items: u64,
    pub rules: u64,
    pub of_lists: u64,
    pub facts: u64,
    pub shadow: u64,
    pub disabled: u64,
}

impl TableCounts {
    fn add(&mut self, entry: &Entry, is_of_list: bool) {
        self.items += 1;
        self.of_lists += u64::from(is_of_list);
        match entry {
            Entry::Rule(rule) => {
                self.rules += 1;
                self.shadow += u64::from(rule.shadow);
                self.disabled += u64::from(!rule.conditions.lifetime.enabled);
            }
            Entry::Fact(_) => self.facts += 1,
            Entry::Invalid(_) => {}
        }
    }
}

/// The findings about a table, and counts of its items.
#[derive(Debug)]
pub struct TableFindings {
    /// The findings, the worst first.
    pub findings: Vec<RuleFinding>,
    pub counts: TableCounts,
    /// Findings about single items that were not kept.
    pub not_kept: u64,
    /// The rules that enforce the calling hours.
    pub enforcement: Vec<LawEnforcement>,
}

impl TableFindings {
    /// Reads a table, and evaluates the week that begins now.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn read(table: ViewedTable<'_>, settings: &Arc<Settings>, now: Timestamp) -> Result<Self, Failure> {
        // Before the scan, so that each consent of a list is compared with the rules of law as it is read.
        let wildcard: Vec<Entry> = table.attributes(WILDCARD).await?.iter().map(items::parse).collect();
        let mut consents = ConsentFindings::before(&wildcard, now);
        let mut scanned = ScannedTable::default();
        let mut exempt = ExemptNames::of_wildcard(&wildcard);
        let add = |item: Attributes| {
            let entry = items::parse(&item);
            exempt.add(&entry);
            scanned.add(&item, entry, now, &mut consents);
            Ok(())
        };
        table.scan(add).await?;
        let mut entries = scanned.entries_to_compare();
        // Plain numbers were skipped in the scan; they matter if another rule is for the same number.
        for (number, of_number) in entries.iter_mut().filter(|(number, _)| *number != WILDCARD).take(MAX_READ_AGAIN) {
            *of_number = table.attributes(number).await?.iter().map(items::parse).collect();
            consents.add_number(of_number);
        }
        consents.add_laws_of_callers(&entries);
        let ScannedTable { mut findings, counts, by_level, numbers, ten_digits, .. } = scanned;
        findings.extend(ten_digits.and_then(|key| of_ten_digits(&key, &numbers)));
        findings.extend(of_pairs(&entries));
        findings.extend(of_open_days(&entries));
        findings.extend(of_redirect_loops(&entries));
        findings.extend(Box::pin(of_targets(table, settings, &entries, now)).await?);
        let (of_consents, consents_not_kept) = consents.findings();
        findings.extend(of_consents);
        findings.extend(exempt.findings());
        findings.sort();
        findings.dedup();
        let not_kept: u64 = by_level.values().map(|count| count.saturating_sub(MAX_KEPT)).sum();
        let not_kept = not_kept + consents_not_kept;
        let enforcement = LawEnforcement::of_table(entries.get(WILDCARD).map_or(&[], Vec::as_slice), now);
        Ok(Self { findings, counts, not_kept, enforcement })
    }
}

/// Returns the findings about the targets of redirects. With a change, the rules of the targets are copied, so that they have it.
async fn of_targets(
    table: ViewedTable<'_>,
    settings: &Arc<Settings>,
    entries: &BTreeMap<String, Vec<Entry>>,
    now: Timestamp,
) -> Result<Vec<RuleFinding>, Failure> {
    if let Some(opened) = table.unchanged() {
        let service = decision_summary::service(&opened.store, settings);
        return Ok(of_redirect_targets(&service, entries, now).await?);
    }
    let targets = entries.values().flatten().flat_map(|entry| match entry {
        Entry::Rule(Rule { action: Action::Redirect(targets), .. }) => {
            targets.numbers().map(ToString::to_string).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    });
    let copy = table.copy_for(targets, settings).await?;
    let found = of_redirect_targets(&decision_summary::service(&copy.store, settings), entries, now).await;
    copy.finish(found.map_err(Failure::from)).await
}

/// Returns the finding about numbers without their country code 1, if they look like a habit.
fn of_ten_digits(key: &Key, numbers: &TenDigitNumbers) -> Option<RuleFinding> {
    let hint = numbers.hint()?;
    Some(RuleFinding::new(FindingLevel::Warning, key, hint, "write +1 before the ten digits of US numbers"))
}

/// The items of a table that were read so far.
#[derive(Debug, Default)]
struct ScannedTable {
    /// The first findings about single items.
    findings: Vec<RuleFinding>,
    /// All findings about single items.
    by_level: BTreeMap<FindingLevel, u64>,
    counts: TableCounts,
    /// The entries that other rules may affect, by number. A list's plain numbers, of which there may be millions, are
    /// not among them.
    kept: BTreeMap<String, Vec<Entry>>,
    /// Counts of the numbers that items are under.
    numbers: TenDigitNumbers,
    /// The first key with a `+` and ten digits.
    ten_digits: Option<Key>,
    /// Of the rules for plain numbers, the one with the lowest priority.
    lowest: Option<Rule>,
}

impl ScannedTable {
    fn add(&mut self, item: &Attributes, entry: Entry, now: Timestamp, consents: &mut ConsentFindings) {
        if let Entry::Rule(rule) = &entry {
            consents.add(rule);
        }
        let is_of_list = item.contains_key(MARK);
        for finding in of_item(item, &entry, now) {
            let count = self.by_level.entry(finding.level).or_default();
            *count += 1;
            if *count <= MAX_KEPT {
                self.findings.push(finding);
            }
        }
        self.counts.add(&entry, is_of_list);
        if let Ok(number) = Number::from_typed(&entry.key().number)
            && self.numbers.add(&number)
        {
            self.ten_digits.get_or_insert_with(|| entry.key().clone());
        }
        match entry {
            Entry::Rule(rule) if is_plain_number(&rule, is_of_list) => {
                if self.lowest.as_ref().is_none_or(|lowest| rule.priority < lowest.priority) {
                    self.lowest = Some(rule);
                }
            }
            // There may be as many of them as numbers, and no other rule affects them.
            Entry::Fact(fact) if matches!(fact.content, FactContent::Exemption(_)) => {}
            entry => self.kept.entry(entry.key().number.clone()).or_default().push(entry),
        }
    }

    /// Takes the entries to compare with each other. Of the plain numbers, the one with the lowest priority is enough: if
    /// a wildcard rule outranks any of them, it outranks this one.
    fn entries_to_compare(&mut self) -> BTreeMap<String, Vec<Entry>> {
        let mut entries = std::mem::take(&mut self.kept);
        if let Some(rule) = self.lowest.take() {
            entries.entry(rule.key.number.clone()).or_default().push(Entry::Rule(rule));
        }
        entries
    }
}
