//! Watches for a rules table that has lost its rules: none under `*` any more, or none at all, as after a deployment with
//! another table. Both are warnings and metrics. No decision changes: without a rule, the default answer is right.
//!
//! The number of wildcard rules is known from the partition that calls use. The rest of the table is read only while there
//! is no wildcard rule, at most once a minute, one page of a few items, in a task that no call waits for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use precall::rule::{Entry, Rule, parse};
use precall::{Answer, Partition};
use tokio::task::JoinHandle;

use crate::log::metrics;
use crate::settings::Settings;
use crate::store::{RulesTable, StoreError};

/// The time between two lines of metrics of an instance, and between two looks at the table. Shorter than the period of the
/// alarms, so that each period has a value while calls arrive.
const INTERVAL: Duration = Duration::from_mins(1);

/// The greatest number of items that a look at the table reads. More than one, because the record of a list and facts are
/// items as well.
const MAX_ITEMS: i32 = 25;

/// Watches the number of rules.
#[derive(Debug)]
pub struct RulesWatch {
    table: RulesTable,
    settings: Arc<Settings>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The wildcard rules that were counted last, and their number.
    counted: Option<(Arc<Partition>, usize)>,
    /// The last time at which metrics were due.
    reported: Option<Instant>,
    /// True after a look at the table has failed, which is logged once.
    is_table_unreadable: bool,
}

impl RulesWatch {
    /// Returns a watch of a table.
    pub fn new(table: RulesTable, settings: Arc<Settings>) -> Arc<Self> {
        Arc::new(Self { table, settings, state: Mutex::default() })
    }

    /// Counts the wildcard rules that calls use now, and warns if there are none any more. Returns the task that looks at the
    /// table, if one was started.
    pub fn observe(self: &Arc<Self>, wildcard: Arc<Partition>) -> Option<JoinHandle<()>> {
        let rules = self.due(wildcard)?;
        if rules > 0 {
            self.report(rules, Some(false));
            return None;
        }
        Some(tokio::spawn(Arc::clone(self).look()))
    }

    /// Returns the number of wildcard rules if a report is due: a minute after the last one, or when the first rule came or
    /// the last one went.
    fn due(&self, wildcard: Arc<Partition>) -> Option<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match &state.counted {
            Some((counted, rules)) if Arc::ptr_eq(counted, &wildcard) => Some((*rules, true)),
            counted => counted.as_ref().map(|(_, rules)| (*rules, false)),
        };
        let rules = match before {
            Some((rules, true)) => rules,
            _ => count(wildcard.entries()),
        };
        state.counted = Some((wildcard, rules));
        let before = before.map(|(rules, _)| rules);
        if rules == 0
            && let Some(before) = before.filter(|before| *before > 0)
        {
            tracing::warn!(before, table = self.table.name(), "no rule is left under `*`");
        }
        let has_turned = before.is_none_or(|before| (before > 0) != (rules > 0));
        let is_due = has_turned || state.reported.is_none_or(|at| at.elapsed() >= INTERVAL);
        is_due.then(|| {
            state.reported = Some(Instant::now());
            rules
        })
    }

    /// Looks for a rule in the whole table, and reports.
    async fn look(self: Arc<Self>) {
        let is_empty = match self.has_no_rule().await {
            Ok(is_empty) => Some(is_empty),
            Err(error) => {
                self.say_unreadable(&error);
                None
            }
        };
        if is_empty == Some(true) {
            let default = Answer::from(self.settings.default.clone()).status();
            tracing::warn!(
                table = self.table.name(),
                default,
                "the rules table has no rule at all; every call gets the default answer"
            );
        }
        self.report(0, is_empty);
    }

    /// Returns true if the table has no rule. A table with more items than one look reads counts as one with rules.
    async fn has_no_rule(&self) -> Result<bool, StoreError> {
        let (items, are_all) = self.table.first_items(MAX_ITEMS).await?;
        // No call reads an item under another key, such as the record of a list or a number without `+`.
        let is_read = |entry: &Entry| entry.key().is_wildcard() || entry.key().number.starts_with('+');
        let entries: Vec<Entry> = items.iter().map(parse).filter(is_read).collect();
        // An item that cannot be read makes decisions unknown, so it is not the same as no rule.
        Ok(are_all && count(&entries) == 0 && !entries.iter().any(|entry| matches!(entry, Entry::Invalid(_))))
    }

    fn say_unreadable(&self, error: &StoreError) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut state.is_table_unreadable, true) {
            tracing::info!(%error, "no rule is under `*`, and it is not known if the rules table has other rules");
        }
    }

    fn report(&self, wildcard_rules: usize, is_empty: Option<bool>) {
        if self.settings.metrics {
            metrics::write_rules(&self.settings.service, Timestamp::now(), wildcard_rules, is_empty);
        }
    }
}

/// Returns the number of rules that can decide a call now or later. Of an item that an edit made invalid, the last valid
/// version counts, because calls use it.
fn count(entries: &[Entry]) -> usize {
    let now = Timestamp::now();
    let can_decide = |rule: &Rule| {
        let lifetime = rule.conditions.lifetime;
        !rule.shadow && lifetime.enabled && lifetime.expires_at.is_none_or(|end| end > now)
    };
    entries.iter().filter(|entry| matches!(entry.last_good(), Some(Entry::Rule(rule)) if can_decide(rule))).count()
}
