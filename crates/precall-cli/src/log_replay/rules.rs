//! A rule set in memory, with the rules that the calls of a log need.

use std::collections::hash_map::Entry::Vacant;
use std::collections::{HashMap, HashSet};

use precall::Call;
use precall::DefaultAnswer;
use precall::Number;
use precall::rule::Entry;
use precall_hook::log::Mask;
use precall_hook::settings::Settings;

use super::attempts::{CallAttempts, ReplayAttempts};
use super::engine::{CallEvaluation, RuleSource, StoredRules, evaluate};
use super::entries::{has_share, targets, with_whole_shares, without_shares};
use super::logged_call::LoggedCall;
use super::masked_numbers::{CandidateCache, NumberCandidates, NumberResolver};
use super::rule_numbers::RuleNumbers;
use super::undecided::Undecided;
use super::wanted_numbers::WantedNumbers;
use crate::dynamodb::counted_rules::{CountedRules, ItemCounts};
use crate::dynamodb::items;
use crate::dynamodb::viewed_table::ViewedTable;
use crate::failure::Failure;

/// Most pairs of candidates for which one call is evaluated.
const MAX_PAIRS: usize = 5_000;

/// The rules to replay calls with.
#[derive(Debug)]
pub struct ReplayRules {
    /// The place and the number of all rules.
    pub counted: CountedRules,
    wildcard: StoredRules,
    /// The wildcard rules without those for a share of calls, and with these for all calls; `None` if there are none.
    wildcard_shares: Option<[StoredRules; 2]>,
    by_number: HashMap<String, StoredRules>,
    /// The numbers and prefixes that the rules name.
    pub numbers: RuleNumbers,
    /// True if the table has numbers, and none of them is in the log.
    pub shares_no_number: bool,
    /// True if a rule has a cap.
    pub has_caps: bool,
    /// True if a rule is for a share of calls.
    has_shares: bool,
    /// The answer to a call that no rule applies to.
    default: DefaultAnswer,
}

/// The entries that were read of a table.
#[derive(Debug, Default)]
struct ReadEntries {
    /// Entries by the number that they are stored under, or `*`.
    kept: HashMap<String, Vec<Entry>>,
    numbers: RuleNumbers,
    counts: ItemCounts,
    /// True if a number of the table is in the log.
    has_wanted: bool,
    /// True if a number of the table is not in the log.
    has_other: bool,
}

impl ReadEntries {
    /// Reads the whole table once, and the rules of redirects' targets.
    async fn read(table: ViewedTable<'_>, wanted: &WantedNumbers, mask: &Mask) -> Result<Self, Failure> {
        let mut read = Self::default();
        let add = |item| {
            read.counts.add(&item);
            read.add(items::parse(&item), wanted, mask);
            Ok(())
        };
        table.scan(add).await?;
        let targets: HashSet<String> =
            read.kept.values().flatten().flat_map(targets).map(|number| number.to_string()).collect();
        for target in targets {
            if let Vacant(place) = read.kept.entry(target) {
                let items = table.attributes(place.key()).await?;
                place.insert(items.iter().map(items::parse).collect());
            }
        }
        for entry in read.kept.values().flatten() {
            read.numbers.add(entry);
        }
        Ok(read)
    }

    fn add(&mut self, entry: Entry, wanted: &WantedNumbers, mask: &Mask) {
        let number = &entry.key().number;
        if number == "*" {
            self.kept.entry(number.clone()).or_default().push(entry);
        } else if wanted.contains(number, mask) {
            self.has_wanted = true;
            self.kept.entry(number.clone()).or_default().push(entry);
        } else {
            self.has_other = true;
            self.numbers.add_other(number, mask);
        }
    }
}

impl ReplayRules {
    /// Reads the rules for the numbers of a log. The table is read once from end to end.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn read(
        table: ViewedTable<'_>,
        wanted: &WantedNumbers,
        mask: &Mask,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let ReadEntries { mut kept, numbers, counts, has_wanted, has_other } =
            ReadEntries::read(table, wanted, mask).await?;
        let has = |wanted: fn(&Entry) -> bool| kept.values().flatten().any(wanted);
        let has_caps = has(|entry| matches!(entry, Entry::Rule(rule) if rule.conditions.cap.is_some()));
        let has_shares = has(|entry| matches!(entry, Entry::Rule(rule) if rule.conditions.percent.is_some()));
        let wildcard = kept.remove("*").unwrap_or_default();
        let wildcard_shares = wildcard
            .iter()
            .any(has_share)
            .then(|| [without_shares(&wildcard), with_whole_shares(&wildcard)].map(StoredRules::new));
        Ok(Self {
            counted: CountedRules { location: table.location().clone(), count: Ok(counts) },
            wildcard: StoredRules::new(wildcard),
            wildcard_shares,
            by_number: kept.into_iter().map(|(number, entries)| (number, StoredRules::new(entries))).collect(),
            numbers,
            shares_no_number: has_other && !has_wanted,
            has_caps,
            has_shares,
            default: settings.default.clone(),
        })
    }

    /// Decides a call of the log, and counts it for caps.
    ///
    /// # Errors
    /// If the decision depends on something that the log does not show: the reason.
    pub fn decide(
        &self,
        call: &LoggedCall,
        resolver: &NumberResolver,
        cache: &mut CandidateCache,
        attempts: &mut ReplayAttempts,
    ) -> Result<CallEvaluation, Undecided> {
        let decided = self.decide_candidates(call, resolver, cache, attempts);
        if self.has_caps {
            match &decided {
                Ok(evaluation) => {
                    let dialled = evaluation.dialled.as_ref().map(Number::as_str);
                    attempts.count(call, resolver, &evaluation.counted, dialled);
                }
                Err(_) => attempts.doubt(call, resolver),
            }
        }
        decided
    }

    /// Decides a call for each number that the callee and the caller may be; all decisions must be equal.
    fn decide_candidates(
        &self,
        call: &LoggedCall,
        resolver: &NumberResolver,
        cache: &mut CandidateCache,
        attempts: &ReplayAttempts,
    ) -> Result<CallEvaluation, Undecided> {
        let to = resolver.resolve(&call.to, cache)?;
        let from = call.from.as_ref().map(|from| resolver.resolve(from, cache)).transpose()?;
        let is_known = to.is_known() && from.as_ref().is_none_or(NumberCandidates::is_known);
        let callers: Vec<Option<&Number>> =
            from.as_ref().map_or_else(|| vec![None], |from| from.numbers().iter().map(Some).collect());
        if to.numbers().len() * callers.len() > MAX_PAIRS {
            return Err(Undecided::TooManyPairs);
        }
        let mut first: Option<CallEvaluation> = None;
        for to in to.numbers() {
            for from in &callers {
                let candidate = Call {
                    from: from.cloned(),
                    to: to.clone(),
                    client: call.client.clone(),
                    at: call.at,
                    redirected: false,
                };
                for wildcard in self.wildcards(is_known) {
                    let evaluation = self.decide_one(call, &candidate, wildcard, is_known, resolver, attempts)?;
                    match &first {
                        None => first = Some(evaluation),
                        Some(first) if is_same(first, &evaluation) => {}
                        Some(_) => return Err(Undecided::HiddenDigits),
                    }
                }
            }
        }
        first.ok_or(Undecided::NoCandidate)
    }

    /// Returns the wildcard rules to evaluate. All digits decide if a call is in a share of calls, so that a call with
    /// hidden digits is evaluated both ways.
    fn wildcards(&self, is_known: bool) -> &[StoredRules] {
        match &self.wildcard_shares {
            Some(both) if !is_known => both,
            _ => std::slice::from_ref(&self.wildcard),
        }
    }

    /// Decides a call between two numbers.
    fn decide_one(
        &self,
        logged: &LoggedCall,
        call: &Call,
        wildcard: &StoredRules,
        is_known: bool,
        resolver: &NumberResolver,
        attempts: &ReplayAttempts,
    ) -> Result<CallEvaluation, Undecided> {
        let source = RuleSource { numbers: &self.by_number, wildcard };
        if !is_known && self.has_shares && source.has_share_under_numbers(call) {
            return Err(Undecided::Share);
        }
        let attempts = if self.has_caps { Some(attempts.of(logged, resolver)?) } else { None };
        let mut evaluation = evaluate(call, source, attempts.as_ref(), &self.default);
        if !is_known && evaluation.chooses_target {
            return Err(Undecided::SeveralTargets);
        }
        if evaluation.reads_counters {
            attempts.as_ref().map_or(Ok(()), CallAttempts::check_decided)?;
        }
        if !is_known {
            // The explanation for one candidate is wrong for the others.
            evaluation.outcome.because = String::new();
        }
        Ok(evaluation)
    }
}

fn is_same(a: &CallEvaluation, b: &CallEvaluation) -> bool {
    (&a.outcome, &a.counted, &a.dialled) == (&b.outcome, &b.counted, &b.dialled)
}
