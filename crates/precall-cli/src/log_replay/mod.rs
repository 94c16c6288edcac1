//! The decisions of rules on the calls of a log, for `replay` and `review`.

mod attempts;
mod compare;
mod comparison;
mod engine;
mod entries;
mod logged_call;
mod logged_decision;
mod logged_number;
mod masked_numbers;
mod output;
mod rule_numbers;
mod rules;
mod undecided;
mod wanted_numbers;

use precall_hook::log::Mask;

use self::compare::{ComparedRules, compare};
use self::comparison::Comparison;
use self::logged_call::{LoggedCall, LoggedCalls};
use self::masked_numbers::NumberResolver;
pub use self::rules::ReplayRules;
pub use self::wanted_numbers::WantedNumbers;
use crate::decision_log::{self, LogArguments, LogSummary};
use crate::dynamodb::counted_rules::CountedRules;
use crate::failure::Failure;
use crate::terminal::print_stderr;
use crate::tool_settings::hash_key_name;

/// The calls of logs.
#[derive(Debug)]
pub struct LoggedLog {
    calls: LoggedCalls,
    summary: LogSummary,
    /// The numbers whose rules the calls need.
    pub wanted: WantedNumbers,
}

/// The decisions of rules on the calls of logs, compared with others.
#[derive(Debug)]
pub struct ReplayedLog<'r> {
    comparison: Comparison,
    summary: &'r LogSummary,
    new: &'r CountedRules,
    old: Option<&'r CountedRules>,
}

impl LoggedLog {
    /// Reads the logs.
    ///
    /// # Errors
    /// If a log is missing, or none of them is one of the hook.
    pub fn read(logs: &LogArguments) -> Result<Self, Failure> {
        let inputs = logs.open()?;
        let sinks = (0..decision_log::threads()).map(|_| LoggedCalls::default()).collect();
        let (parts, summary) = logs.read(&inputs, sinks)?;
        summary.warn(&inputs);
        summary.check_is_log()?;
        let calls = LoggedCalls::joined(parts);
        let wanted = WantedNumbers::of(calls.calls.iter().flat_map(LoggedCall::numbers));
        Ok(Self { calls, summary, wanted })
    }

    /// Decides the calls by the new rules, and compares with the old rules, or with the log.
    pub fn replay<'r>(&'r self, new: &'r ReplayRules, old: Option<&'r ReplayRules>, mask: &'r Mask) -> ReplayedLog<'r> {
        let both = || [Some(new), old].into_iter().flatten();
        if self.wanted.has_hashes() && both().all(|rules| rules.shares_no_number) {
            print_stderr(format_args!("warning: {}", unmatched(hash_key_name())));
        }
        let resolver = NumberResolver::new(mask, both().map(|rules| &rules.numbers));
        let comparison = compare(&self.calls, ComparedRules { new, old, resolver: &resolver, mask });
        ReplayedLog { comparison, summary: &self.summary, new: &new.counted, old: old.map(|rules| &rules.counted) }
    }
}

impl ReplayedLog<'_> {
    /// Returns the comparison as text.
    pub fn text(&self) -> String {
        output::text(self.compared())
    }

    /// Returns the comparison as JSON.
    pub fn json(&self) -> String {
        output::json(self.compared())
    }

    /// Returns the number of calls with different decisions.
    pub fn differing(&self) -> u64 {
        self.comparison.differing()
    }

    /// Returns true if all of the logs could be read.
    pub fn is_whole(&self) -> bool {
        self.summary.is_whole()
    }

    fn compared(&self) -> output::Compared<'_> {
        output::Compared { comparison: &self.comparison, summary: self.summary, new: self.new, old: self.old }
    }
}

/// Returns the warning that no number of the rules is in the log. `key` is the variable with the key of the hashes.
fn unmatched(key: Option<&str>) -> String {
    match key {
        Some(key) => format!(
            "no number of the rules is in the log, by hashes with the key of {key}; if the hook that wrote the log has another key, \
             set {key} to the hook's value"
        ),
        None => "no number of the rules is found in the log, because no key for its hashes is set; set PRECALL_NUMBER_HASH_KEY (or \
                 PRECALL_API_KEYS) to the hook's value"
            .to_owned(),
    }
}
