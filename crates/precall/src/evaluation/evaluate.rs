//! The decision: one pure function from a call and a rulebook to a ruling and its explanation.
//! No clock, no I/O, no async; "now" is part of the call.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use crate::answer::Decision;
use crate::calling_hours::{self, Table};
use crate::evaluation::context::Context;
use crate::frequency_cap::{Claim, CountBy, Counter, History};
use crate::number::Number;
use crate::rule::{Action, Asleep, Cap, Conditions, Entry, Invalid, Lifetime, Rule, Says, Specificity, Way};

/// A call that is about to be placed.
#[derive(Debug, Clone)]
pub struct Call {
    /// The caller; `None` when withheld or absent.
    pub from: Option<Number>,
    /// The callee.
    pub to: Number,
    /// The name of the API key that asked; `None` when a front door authenticates.
    pub client: Option<Arc<str>>,
    /// The instant of the call.
    pub at: Timestamp,
    /// Whether a rule has sent the call here from another number.
    pub redirected: bool,
}

impl Call {
    /// The same call to the target of a redirect.
    #[must_use]
    pub fn redirected_to(&self, target: Number) -> Self {
        Self { to: target, redirected: true, ..self.clone() }
    }
}

/// The rules that can bear on one call: an immutable set of parsed rules, by the partition they are
/// stored in.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    /// Items stored under the callee's number, read for this call.
    pub callee: Arc<Partition>,
    /// Items stored under the caller's number; empty when that is the callee's.
    pub caller: Arc<Partition>,
    /// Items stored under `*`.
    pub any: Arc<Partition>,
}

/// The items stored under one number, or under `*`.
#[derive(Debug, Default)]
pub struct Partition {
    entries: Vec<Entry>,
    /// Which of them are about calling hours.
    hours: Vec<usize>,
    /// The table of calling hours with these.
    table: OnceLock<Table>,
}

impl From<Vec<Entry>> for Partition {
    fn from(entries: Vec<Entry>) -> Self {
        let is_about_hours = |entry: &Entry| rows(entry).is_some();
        let hours = entries.iter().enumerate().filter(|(_, entry)| is_about_hours(entry)).map(|(i, _)| i).collect();
        Self { entries, hours, table: OnceLock::new() }
    }
}

impl FromIterator<Entry> for Partition {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        entries.into_iter().collect::<Vec<_>>().into()
    }
}

impl Deref for Partition {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.entries
    }
}

impl Partition {
    /// The calling hours: those that are built in, and the operator's rows in their place as long as these count.
    pub fn hours(&self) -> &Table {
        if self.hours.is_empty() {
            return Table::embedded();
        }
        self.table.get_or_init(|| {
            let stated = self.hours.iter().filter_map(|index| self.entries.get(*index)).filter_map(rows);
            let stated = stated.filter(|(lifetime, _)| lifetime.enabled);
            let rows = stated.flat_map(|(lifetime, rows)| {
                let lifetime = lifetime.span();
                rows.iter().cloned().map(move |mut row| {
                    row.lifetime = lifetime;
                    row
                })
            });
            Table::embedded().with_overrides(rows)
        })
    }
}

/// An item's rows of calling hours, and when they hold.
fn rows(entry: &Entry) -> Option<(&Lifetime, &[calling_hours::Row])> {
    match entry.last_good() {
        Some(Entry::Statement(statement)) => match &statement.says {
            Says::Hours(rows) => Some((&statement.lifetime, rows)),
            Says::Holder(_) => None,
        },
        _ => None,
    }
}

/// What the rulebook says of a call, and why.
#[derive(Debug)]
pub struct Verdict<'r> {
    /// What decides.
    pub ruling: Ruling<'r>,
    /// How many entries were looked at.
    pub looked_at: usize,
    /// Rules that were awake and lost, best first.
    pub outranked: Vec<&'r Rule>,
    /// Shadow rules that were awake, best first.
    pub shadows: Vec<&'r Rule>,
    /// Invalid items that may have been meant for this call.
    pub invalid: Vec<&'r Invalid>,
    /// What has to be asked of counters before the call may be let through: caps that are about it count
    /// it, and those that would outrank the ruling must not be full.
    pub claims: Vec<Claim>,
    /// Whether the caps that would outrank the ruling can only make it another REJECT.
    pub caps_only_reject: bool,
    /// Counters of shadow rules with caps, which are only looked at.
    pub watched: Vec<Counter>,
    /// Counters that only shadow rules ask for: what cannot be counted there stops nobody.
    pub on_trial: Vec<Counter>,
    /// What the conditions looked at.
    pub context: Context<'r>,
}

/// What decides a call.
#[derive(Debug, Clone, Copy)]
pub enum Ruling<'r> {
    /// A rule.
    Rule(&'r Rule, Specificity),
    /// No rule is awake: the configured default.
    NoRule,
    /// An invalid item under the callee's number may have been meant to decide this call.
    Unknown(&'r Invalid),
}

impl Verdict<'_> {
    /// What the deciding rule answers, if a rule decides.
    pub fn decision(&self) -> Option<Decision> {
        match self.ruling {
            Ruling::Rule(rule, _) => Some(rule.decision(self.context.call())),
            Ruling::NoRule | Ruling::Unknown(_) => None,
        }
    }

    /// The number that a redirect goes to, which has to be screened.
    pub fn target(&self) -> Option<Number> {
        match self.decision() {
            Some(Decision::ChangeDestination { number }) => Some(number),
            _ => None,
        }
    }
}

/// A call's verdict, and that on the target of its redirect.
#[derive(Debug)]
pub struct Judgement<'r> {
    /// On the call as it was asked.
    pub verdict: Verdict<'r>,
    /// On the call to the redirect's target.
    pub screening: Option<Verdict<'r>>,
}

impl<'r> Judgement<'r> {
    /// What decides in the end: the screening where it rejects or does not know.
    pub fn ruling(&self) -> Ruling<'r> {
        match self.screening.as_ref().map(|screening| screening.ruling) {
            Some(Ruling::Rule(rule, aim)) if matches!(rule.action, Action::Reject { .. }) => Ruling::Rule(rule, aim),
            Some(Ruling::Unknown(item)) => Ruling::Unknown(item),
            _ => self.verdict.ruling,
        }
    }

    /// The answer; `None` when it is unknown. `default` is that of a call without a rule.
    pub fn decision(&self, default: &Decision) -> Option<Decision> {
        match self.ruling() {
            Ruling::Rule(rule, _) => Some(rule.decision(self.verdict.context.call())),
            Ruling::NoRule => Some(default.clone()),
            Ruling::Unknown(_) => None,
        }
    }

    /// Whether the call is rejected whatever the counters hold: they could only name another rule.
    pub fn is_rejected_anyway(&self, default: &Decision) -> bool {
        let verdicts = [Some(&self.verdict), self.screening.as_ref()];
        matches!(self.decision(default), Some(Decision::Reject { .. }))
            && verdicts.into_iter().flatten().all(|verdict| verdict.caps_only_reject)
    }

    /// Counters that are only looked at, for the report.
    pub fn watched(&self) -> impl Iterator<Item = &Counter> {
        self.screening.as_ref().unwrap_or(&self.verdict).watched.iter()
    }

    /// Whether only shadow rules ask for a counter.
    pub fn is_on_trial(&self, counter: &Counter) -> bool {
        let mut verdicts = [Some(&self.verdict), self.screening.as_ref()].into_iter().flatten();
        verdicts.all(|verdict| {
            verdict.on_trial.contains(counter) || !verdict.claims.iter().any(|claim| claim.counter == *counter)
        })
    }

    /// What has to be asked of counters before this may be the answer, and whether the call is let through
    /// and counted by it.
    pub fn claims(&self, default: &Decision) -> (Vec<Claim>, bool) {
        let lets_through = !matches!(self.decision(default), None | Some(Decision::Reject { .. }));
        let mut claims: BTreeMap<&Counter, Claim> = BTreeMap::new();
        // The number that is dialled counts; the one that was asked for only must not decide otherwise.
        let asked = self.screening.is_some().then_some((&self.verdict, false));
        let dialled = (self.screening.as_ref().unwrap_or(&self.verdict), lets_through);
        for (verdict, records) in asked.into_iter().chain([dialled]) {
            for claim in &verdict.claims {
                let record = claim.record && records;
                if !record && claim.limits.is_empty() {
                    continue;
                }
                let merged = claims.entry(&claim.counter).or_insert_with(|| Claim {
                    limits: Vec::new(),
                    record: false,
                    ..claim.clone()
                });
                merged
                    .limits
                    .extend(claim.limits.iter().filter(|limit| !merged.limits.contains(limit)).collect::<Vec<_>>());
                merged.record |= record;
                merged.keep = merged.keep.covering(claim.keep);
            }
        }
        (claims.into_values().collect(), lets_through)
    }
}

/// How one entry stood to the call.
#[derive(Debug, Clone, Copy)]
pub enum State<'r> {
    /// All conditions hold.
    Awake(Specificity),
    /// All conditions hold, and it is only on trial.
    Shadow(Specificity),
    /// A condition does not hold.
    Asleep(Asleep<'r>),
    /// It decides nothing, and holds.
    States(&'r Says),
    /// It could not be read, and no condition that could be read speaks against it.
    Invalid,
}

/// Decides a call, given the attempts that are known of. A counter that is not in the history has none.
pub fn decide<'r>(call: &'r Call, rulebook: &'r Rulebook, history: &History) -> Verdict<'r> {
    explain(call, rulebook, history, |_, _, _| {})
}

/// Decides a call and shows how each entry stood to it.
///
/// Of the rules awake, the highest priority wins; then the more specific; then REJECT before
/// `CHANGE_DESTINATION` before PROCEED; then one without a cap; then the name. An invalid item under the callee's number makes
/// the call unknown, unless a rule of higher priority than it could have had decides.
pub fn explain<'r>(
    call: &'r Call,
    rulebook: &'r Rulebook,
    history: &History,
    mut show: impl FnMut(&'r Entry, State<'r>, &Context<'r>),
) -> Verdict<'r> {
    let mut bench = Bench {
        context: Context::new(call, rulebook),
        history,
        awake: Vec::new(),
        shadows: Vec::new(),
        capped: Vec::new(),
        counters: Counters { call, claims: BTreeMap::new() },
        watched: Vec::new(),
    };
    let mut invalid = Vec::new();
    let mut doubts: Vec<&Invalid> = Vec::new();

    let callee = rulebook.callee.iter().map(|entry| (entry, true));
    let others = rulebook.caller.iter().chain(rulebook.any.iter()).map(|entry| (entry, false));
    for (entry, is_callees) in callee.chain(others) {
        let state = match entry {
            Entry::Valid(rule) => bench.hear(rule),
            Entry::Statement(statement) => match statement.lifetime.test(call.at) {
                Ok(()) => State::States(&statement.says),
                Err(asleep) => State::Asleep(asleep),
            },
            Entry::Invalid(item) => {
                // The last good version of an item that has become invalid speaks in its place, whatever the
                // new one says.
                if let Some(Entry::Valid(rule)) = item.last_good.as_deref() {
                    bench.hear(rule);
                }
                // What is left open by the item may well hold.
                match item.conditions.test(&item.key.rule, Way::Block, &bench.context) {
                    Err(asleep) if !item.may_say_where || item.conditions.lifetime.test(call.at).is_err() => {
                        State::Asleep(asleep)
                    }
                    _ => {
                        invalid.push(item);
                        if is_callees && !item.shadow {
                            doubts.push(item);
                        }
                        State::Invalid
                    }
                }
            }
        };
        show(entry, state, &bench.context);
    }
    let Bench { context, mut awake, mut shadows, mut capped, mut counters, watched, .. } = bench;

    awake.sort_by_key(|(rule, specificity)| rank(rule, *specificity));
    shadows.sort_by_key(|(rule, specificity)| rank(rule, *specificity));
    let may_decide = |rule: &Rule| doubts.iter().all(|item| outweighs(rule, item));
    let best = awake.first().copied();
    let left = |item: &&Invalid| best.is_none_or(|(rule, _)| !outweighs(rule, item));
    let doubt = doubts.iter().copied().filter(left).max_by_key(|item| (reach(item), Reverse(&item.key.rule)));
    let ruling = match (doubt, best) {
        (Some(item), _) => Ruling::Unknown(item),
        (None, Some((rule, specificity))) => Ruling::Rule(rule, specificity),
        (None, None) => Ruling::NoRule,
    };
    // Only a cap that would decide were it full has to be asked.
    capped.retain(|capped| {
        let outranks = |(rule, specificity)| rank(capped.rule, capped.specificity) < rank(rule, specificity);
        may_decide(capped.rule) && best.is_none_or(outranks)
    });
    for capped in &capped {
        let claim = counters.claim(capped.cap, capped.rule.shadow);
        if !claim.limits.contains(&capped.cap.limit) {
            claim.limits.push(capped.cap.limit);
        }
    }
    let caps_only_reject = capped.iter().all(|capped| matches!(capped.rule.action, Action::Reject { .. }));
    let decided = usize::from(matches!(ruling, Ruling::Rule(..)));
    Verdict {
        ruling,
        looked_at: rulebook.callee.len() + rulebook.caller.len() + rulebook.any.len(),
        outranked: awake.into_iter().skip(decided).map(|(rule, _)| rule).collect(),
        shadows: shadows.into_iter().map(|(rule, _)| rule).collect(),
        invalid,
        on_trial: counters.on_trial(),
        claims: counters.claims.into_values().map(|(claim, _)| claim).collect(),
        caps_only_reject,
        watched,
        context,
    }
}

/// Where rules are heard, one after the other.
struct Bench<'r, 'h> {
    context: Context<'r>,
    history: &'h History,
    awake: Vec<(&'r Rule, Specificity)>,
    shadows: Vec<(&'r Rule, Specificity)>,
    /// Rules that only their cap lets sleep.
    capped: Vec<Capped<'r>>,
    counters: Counters<'r>,
    watched: Vec<Counter>,
}

struct Capped<'r> {
    rule: &'r Rule,
    specificity: Specificity,
    cap: &'r Cap,
}

/// What is asked of the counters of one call: at most one of each kind.
struct Counters<'r> {
    call: &'r Call,
    /// And whether only shadow rules ask.
    claims: BTreeMap<CountBy, (Claim, bool)>,
}

impl Counters<'_> {
    /// The claim on a cap's counter, as wide as the cap.
    fn claim(&mut self, cap: &Cap, shadow: bool) -> &mut Claim {
        let (claim, on_trial) = self.claims.entry(cap.count_by).or_insert_with(|| {
            let counter = cap.count_by.counter(self.call.from.as_ref(), &self.call.to);
            (Claim { counter, limits: Vec::new(), record: false, keep: cap.limit }, true)
        });
        claim.keep = claim.keep.covering(cap.limit);
        *on_trial &= shadow;
        claim
    }

    fn on_trial(&self) -> Vec<Counter> {
        self.claims.values().filter(|(_, on_trial)| *on_trial).map(|(claim, _)| claim.counter.clone()).collect()
    }
}

impl<'r> Bench<'r, '_> {
    fn hear(&mut self, rule: &'r Rule) -> State<'r> {
        let conditions: &'r Conditions = &rule.conditions;
        if let Some(cap) = conditions.cap.as_ref().filter(|cap| conditions.counts(cap, &self.context)) {
            self.counters.claim(cap, rule.shadow).record = true;
        }
        if self.context.call().redirected && matches!(rule.action, Action::Redirect(_)) {
            return State::Asleep(Asleep::Redirected);
        }
        let specificity = match conditions.test(&rule.key.rule, rule.action.way(), &self.context) {
            Ok(specificity) => specificity,
            Err(asleep) => return State::Asleep(asleep),
        };
        if let Some(cap) = &conditions.cap {
            let counter = &self.counters.claim(cap, rule.shadow).counter;
            let attempts = self.history.get(counter).map_or(&[][..], Vec::as_slice);
            if !cap.limit.is_full(attempts, self.context.call().at) {
                let used = cap.limit.used(attempts, self.context.call().at);
                if rule.shadow {
                    self.watched.push(counter.clone());
                } else {
                    self.capped.push(Capped { rule, specificity, cap });
                }
                return State::Asleep(Asleep::Cap(cap, used));
            }
        }
        if rule.shadow {
            self.shadows.push((rule, specificity));
            State::Shadow(specificity)
        } else {
            self.awake.push((rule, specificity));
            State::Awake(specificity)
        }
    }
}

/// The highest priority that an invalid item may have been meant to have.
fn reach(item: &Invalid) -> i64 {
    item.priority.unwrap_or(i64::MAX)
}

/// Whether a rule decides in spite of an invalid item under the callee's number. Where that may have said
/// where the callee is, nobody knows whether the call is lawful: then only a REJECT can.
fn outweighs(rule: &Rule, item: &Invalid) -> bool {
    rule.priority > reach(item) && (!item.may_say_where || matches!(rule.action, Action::Reject { .. }))
}

/// The order of rules that are awake: the first decides.
fn rank(rule: &Rule, specificity: Specificity) -> Rank<'_> {
    let gravity = match rule.action {
        Action::Reject { .. } => 0,
        Action::Redirect(_) => 1,
        Action::Proceed => 2,
    };
    // Nobody has to be asked for what is decided without a cap.
    let is_capped = rule.conditions.cap.is_some();
    (Reverse(rule.priority), Reverse(specificity), gravity, is_capped, &rule.key.rule, &rule.key.number)
}

type Rank<'r> = (Reverse<i64>, Reverse<Specificity>, u8, bool, &'r str, &'r str);
