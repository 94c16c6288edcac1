//! A rulebook in memory, as far as the calls of a log need it.

use std::collections::hash_map::Entry::Vacant;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use precall::answer::Decision;
use precall::evaluation::evaluate::{Call, Judgement, Partition, Rulebook, Ruling, decide};
use precall::frequency_cap::{CountBy, History};
use precall::number::Number;
use precall::rule::{Action, Entry, Rule};
use precall_hook::log::record::Mask;
use precall_hook::settings::Settings;

use super::Asked;
use super::hidden::{Classes, Numbers, Seen, Who};
use super::history::Attempts;
use crate::dynamodb::items;
use crate::dynamodb::store::Opened;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// Most pairs of classes that a call is decided for.
const MOST_PAIRS: usize = 5_000;

/// The numbers of a log.
#[derive(Debug, Default)]
pub struct Wanted {
    full: HashSet<String>,
    pub hashes: HashSet<String>,
}

impl Wanted {
    pub fn of<'s>(seen: impl Iterator<Item = &'s Seen>) -> Self {
        let mut wanted = Self::default();
        for seen in seen {
            match (seen.full(), &seen.hash) {
                (Some(number), _) => drop(wanted.full.insert(number.as_str().to_owned())),
                (None, Some(hash)) if !wanted.hashes.contains(&**hash) => drop(wanted.hashes.insert(hash.to_string())),
                _ => {}
            }
        }
        wanted
    }

    fn has(&self, number: &str, mask: &Mask) -> bool {
        self.full.contains(number)
            || !self.hashes.is_empty()
                && Number::from_typed(number)
                    .ok()
                    .and_then(|number| mask.hash(&number))
                    .is_some_and(|hash| self.hashes.contains(&hash))
    }
}

/// What a call comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub outcome: Outcome,
    /// By what it is counted.
    counted: Vec<CountBy>,
}

#[derive(Debug)]
pub struct Book {
    any: Arc<Partition>,
    /// The same without rules that are for a share of calls, and with these for all; `None` where there are none.
    shares: Option<[Arc<Partition>; 2]>,
    numbers: HashMap<String, Arc<Partition>>,
    named: HashSet<Number>,
    unhashed: HashSet<(String, usize)>,
    prefixes: HashSet<String>,
    /// Whether it has numbers, and none of them is in the log.
    is_strange: bool,
    has_caps: bool,
    has_shares: bool,
    default: Decision,
}

impl Book {
    /// Reads what bears on the numbers of a log: the whole table once, and what it says of redirects' targets.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(opened: &Opened, wanted: &Wanted, mask: &Mask, settings: &Settings) -> Result<Self, Failure> {
        let mut kept: HashMap<String, Vec<Entry>> = HashMap::new();
        let mut unhashed = HashSet::new();
        let (mut met, mut missed) = (false, false);
        items::scan(opened, |item| {
            let entry = items::parse(&item);
            let number = &entry.key().number;
            if number == "*" || wanted.has(number, mask) {
                met |= number != "*";
                kept.entry(number.clone()).or_default().push(entry);
                return Ok(());
            }
            missed = true;
            if let Ok(number) = Number::from_typed(number)
                && mask.hash(&number).is_none()
            {
                // Whether a masked number is this one cannot be told.
                let shown = number.country_and_area().unwrap_or_default().to_owned();
                unhashed.insert((shown, number.as_str().len()));
            }
            Ok(())
        })
        .await?;
        let targets: HashSet<String> =
            kept.values().flatten().flat_map(targets).map(|number| number.to_string()).collect();
        for target in targets {
            if let Vacant(place) = kept.entry(target) {
                let items = opened.store.attributes(place.key()).await?;
                place.insert(items.iter().map(items::parse).collect());
            }
        }

        let mut book = Self {
            any: Arc::default(),
            shares: None,
            numbers: HashMap::new(),
            named: HashSet::new(),
            unhashed,
            prefixes: HashSet::new(),
            is_strange: missed && !met,
            has_caps: false,
            has_shares: false,
            default: settings.default.clone(),
        };
        for entry in kept.values().flatten() {
            book.note(entry);
        }
        let any = kept.remove("*").unwrap_or_default();
        if any.iter().any(|entry| rule_of(entry).is_some_and(|rule| rule.conditions.percent.is_some())) {
            book.shares = Some([shared(&any, false), shared(&any, true)]);
        }
        book.any = Arc::new(any.into());
        book.numbers = kept.into_iter().map(|(number, entries)| (number, Arc::new(entries.into()))).collect();
        Ok(book)
    }

    /// Notes what an entry tells apart.
    fn note(&mut self, entry: &Entry) {
        if let Ok(number) = Number::from_typed(&entry.key().number) {
            self.named.insert(number);
        }
        let conditions = match entry {
            Entry::Valid(rule) => {
                self.has_caps |= rule.conditions.cap.is_some();
                self.has_shares |= rule.conditions.percent.is_some();
                self.named.extend(targets(entry).cloned());
                &rule.conditions
            }
            Entry::Invalid(invalid) => &invalid.conditions,
            Entry::Statement(_) => return,
        };
        for patterns in [&conditions.to, &conditions.from] {
            self.named.extend(patterns.numbers().cloned());
            self.prefixes.extend(patterns.prefixes().map(str::to_owned));
        }
    }

    /// Whether it has numbers, and none of them is in the log.
    pub fn is_strange(&self) -> bool {
        self.is_strange
    }

    pub fn has_caps(&self) -> bool {
        self.has_caps
    }

    /// The numbers that rules name.
    pub fn named(&self) -> impl Iterator<Item = &Number> {
        self.named.iter()
    }

    /// What a log would show of the table's other numbers, where there is no key of its hashes; and how long they are.
    pub fn unhashed(&self) -> impl Iterator<Item = &(String, usize)> {
        self.unhashed.iter()
    }

    /// Prefixes that rules tell apart.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.prefixes.iter().map(String::as_str)
    }

    /// Decides a call of the log, and counts it.
    ///
    /// # Errors
    /// Why what the log shows leaves it open.
    pub fn decide(
        &self,
        asked: &Asked,
        numbers: &Numbers,
        classes: &mut Classes,
        attempts: &mut Attempts,
    ) -> Result<Decided, String> {
        let outcome = self.decided(asked, numbers, classes, attempts);
        if self.has_caps {
            match &outcome {
                Ok((decided, dialled)) => attempts.count(asked, &decided.counted, dialled.as_deref()),
                // Nobody knows whether it counted.
                Err(_) => attempts.doubt(asked),
            }
        }
        outcome.map(|(decided, _)| decided)
    }

    /// And the number that is dialled instead of the callee's.
    fn decided(
        &self,
        asked: &Asked,
        numbers: &Numbers,
        classes: &mut Classes,
        attempts: &Attempts,
    ) -> Result<(Decided, Option<String>), String> {
        let to = numbers.who(&asked.to, classes)?;
        let from = asked.from.as_ref().map(|from| numbers.who(from, classes)).transpose()?;
        let is_known = to.is_known() && from.as_ref().is_none_or(Who::is_known);
        let callers: Vec<Option<&Number>> = match &from {
            None => vec![None],
            Some(from) => from.each().iter().map(Some).collect(),
        };
        if to.each().len() * callers.len() > MOST_PAIRS {
            return Err("the hidden digits may stand for too many places".to_owned());
        }
        let mut first: Option<(Decided, Option<String>)> = None;
        for to in to.each() {
            for from in &callers {
                let call = Call {
                    from: from.cloned(),
                    to: to.clone(),
                    client: asked.client.clone(),
                    at: asked.at,
                    redirected: false,
                };
                // Who is in a share of calls is drawn by all digits.
                let books = match &self.shares {
                    Some([without, with]) if !is_known => vec![without, with],
                    _ => vec![&self.any],
                };
                for any in books {
                    let decided = self.one(&call, any, is_known, asked, attempts)?;
                    match &first {
                        None => first = Some(decided),
                        Some(first) if *first == decided => {}
                        Some(_) => return Err("it hangs on digits that the log hides".to_owned()),
                    }
                }
            }
        }
        first.ok_or_else(|| "the rules name every number that it may be".to_owned())
    }

    fn one(
        &self,
        call: &Call,
        any: &Arc<Partition>,
        is_known: bool,
        asked: &Asked,
        attempts: &Attempts,
    ) -> Result<(Decided, Option<String>), String> {
        let partition = |number: &str| self.numbers.get(number).cloned().unwrap_or_default();
        let caller = call.from.as_ref().filter(|from| **from != call.to).map(|from| partition(from.as_str()));
        let rulebook = Rulebook {
            callee: partition(call.to.as_str()),
            caller: caller.clone().unwrap_or_default(),
            any: Arc::clone(any),
        };
        if !is_known && self.has_shares && (has_share(&rulebook.callee) || has_share(&rulebook.caller)) {
            return Err("a rule is for a share of calls, which is drawn by all digits".to_owned());
        }
        let history = if self.has_caps { attempts.history(asked, call)? } else { History::new() };
        let verdict = decide(call, &rulebook, &history);
        if !is_known
            && let Ruling::Rule(rule, _) = verdict.ruling
            && has_several_targets(rule)
        {
            return Err("a redirect has several targets, one of which is drawn by all digits".to_owned());
        }
        let target = verdict.target();
        let dialled = target.map(|target| {
            let call = call.redirected_to(target);
            let caller = call.from.as_ref().filter(|from| **from != call.to).and(caller);
            let rulebook = Rulebook {
                callee: partition(call.to.as_str()),
                caller: caller.unwrap_or_default(),
                any: Arc::clone(any),
            };
            (call, rulebook)
        });
        let target_history = match &dialled {
            Some((call, _)) if self.has_caps => attempts.history_of_target(asked, call, history.clone())?,
            _ => history.clone(),
        };
        let screening = dialled.as_ref().map(|(call, rulebook)| decide(call, rulebook, &target_history));
        let judgement = Judgement { verdict, screening };
        let (claims, _) = judgement.claims(&self.default);
        if claims.iter().any(|claim| !claim.limits.is_empty()) {
            attempts.sure(asked)?;
        }
        let last = dialled.as_ref().map_or(call, |(call, _)| call);
        let counted = [CountBy::Callee, CountBy::Pair, CountBy::Caller]
            .into_iter()
            .filter(|by| {
                let counter = by.counter(last.from.as_ref(), &last.to);
                claims.iter().any(|claim| claim.record && claim.counter == counter)
            })
            .collect();
        let outcome = Outcome::of(&judgement, &self.default);
        let goes_elsewhere = matches!(outcome.decision, Some(Decision::ChangeDestination { .. }));
        let dialled = dialled.as_ref().filter(|_| goes_elsewhere).map(|(call, _)| call.to.to_string());
        // Why, in the words for one number, is none of the others'.
        let because = if is_known { outcome.because.clone() } else { String::new() };
        Ok((Decided { outcome: Outcome { because, ..outcome }, counted }, dialled))
    }
}

fn rule_of(entry: &Entry) -> Option<&Rule> {
    match entry.last_good() {
        Some(Entry::Valid(rule)) => Some(rule),
        _ => None,
    }
}

fn targets(entry: &Entry) -> impl Iterator<Item = &Number> {
    rule_of(entry)
        .and_then(|rule| if let Action::Redirect(targets) = &rule.action { Some(targets.numbers()) } else { None })
        .into_iter()
        .flatten()
}

fn has_several_targets(rule: &Rule) -> bool {
    matches!(&rule.action, Action::Redirect(targets) if targets.numbers().count() > 1)
}

fn has_share(partition: &Partition) -> bool {
    partition.iter().any(|entry| rule_of(entry).is_some_and(|rule| rule.conditions.percent.is_some()))
}

/// Entries without the rules for a share of calls, or with these for all calls.
fn shared(entries: &[Entry], with: bool) -> Arc<Partition> {
    let of_all = |entry: &Entry| match entry {
        Entry::Valid(rule) if rule.conditions.percent.is_some() => with.then(|| {
            let mut rule = rule.clone();
            rule.conditions.percent = None;
            Entry::Valid(rule)
        }),
        entry => Some(entry.clone()),
    };
    Arc::new(entries.iter().filter_map(of_all).collect())
}
