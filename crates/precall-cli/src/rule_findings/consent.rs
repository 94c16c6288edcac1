//! Findings about consents: rules that let calls through although a rule with `calling_hours` or a cap would stop them.
//!
//! A list may have millions of consents, so each is compared with the few rules of law under `*`, and those with the same
//! finding are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, date, time};
use precall::Number;
use precall::calling_hours::Law;
use precall::place::{Certainty, NumberKind, finer_prefixes, law_country, place};
use precall::rule::{Action, Clients, ClockSource, Conditions, Entry, Key, Patterns, Rule, Side};

use super::finding::{FindingLevel, RuleFinding};
use crate::counts::grouped;

/// The greatest number of rules of one name that have a separate finding each.
const MAX_OF_NAME: usize = 5;

/// The greatest number of rules of law under callers' numbers that consents are compared with.
const MAX_OF_CALLERS: usize = 1_000;

/// The greatest number of findings that are counted by the name of their rule.
const MAX_GROUPS: usize = 1_000;

/// The widest hours of the built-in table: before and after them, no law of the US allows a sales or collection call.
const WIDEST_US: Range<Time> = time(8, 0, 0, 0)..time(21, 0, 0, 0);

/// The same, of Canada also.
const WIDEST: Range<Time> = time(8, 0, 0, 0)..time(21, 30, 0, 0);

/// The same, of debt collection in Canada only.
const WIDEST_CA_DEBT: Range<Time> = time(7, 0, 0, 0)..time(21, 0, 0, 0);

/// The minutes between two times of the day that are tried.
const STEP_MINUTES: i8 = 15;

/// A Monday.
const FIRST_DAY: Date = date(2026, 6, 1);

/// The digits that complete a prefix.
const LAST_DIGITS: &str = "5550100";

/// The rules of law under one number: those that stop calls outside the lawful hours, or above a limit.
#[derive(Debug)]
pub struct LawRules {
    rules: Vec<Rule>,
    now: Timestamp,
}

impl LawRules {
    /// Returns the rules of law among the items under `*`. A rule that is switched off, has expired or only reports is not
    /// among them.
    pub fn of<'e>(entries: impl IntoIterator<Item = &'e Entry>, now: Timestamp) -> Self {
        let rules = entries.into_iter().filter_map(|entry| match entry {
            Entry::Rule(rule) if is_law(rule) && is_alive(rule, now) => Some(rule.clone()),
            _ => None,
        });
        Self { rules: rules.collect(), now }
    }

    /// Returns the finding about a rule that lets calls through and comes before some of these.
    pub fn finding_of(&self, rule: &Rule) -> Option<RuleFinding> {
        let Bypass { level, what, repair } = self.bypass(rule)?;
        Some(RuleFinding::new(level, &rule.key, what, repair))
    }

    fn bypass(&self, consent: &Rule) -> Option<Bypass> {
        self.bypass_of(consent, |_| true)
    }

    /// Returns the effect of a consent on the rules of law that are wanted.
    fn bypass_of(&self, consent: &Rule, is_wanted: impl Fn(&Rule) -> bool) -> Option<Bypass> {
        if consent.action != Action::Proceed || !is_alive(consent, self.now) {
            return None;
        }
        let laws = || self.rules.iter().filter(|law| is_wanted(law));
        let outranked = || laws().filter(|law| outranks(consent, law) && may_meet(law, consent));
        let hours = outranked().find(|law| !law.conditions.calling_hours.is_empty());
        let cap = outranked().find(|law| law.conditions.cap.is_some());
        Bypass::of(consent, hours, cap)
    }
}

/// The effect of a consent on rules of law.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bypass {
    level: FindingLevel,
    what: String,
    repair: String,
}

/// Returns the widest hours of the laws of a rule: a call outside these is lawful by none of them.
fn widest_hours(rule: &Rule) -> Range<Time> {
    let laws = &rule.conditions.calling_hours;
    if laws.iter().any(|law| law.country() == Law::Us.country()) {
        WIDEST_US
    } else if laws.iter().all(|law| *law == Law::CaDebt) {
        WIDEST_CA_DEBT
    } else {
        WIDEST
    }
}

impl Bypass {
    fn of(consent: &Rule, hours: Option<&Rule>, cap: Option<&Rule>) -> Option<Self> {
        let first = hours.or(cap)?;
        let named =
            |law: &Rule| format!("rule `{}` under {} (priority {})", law.key.rule, law.key.number, law.priority);
        let below = [hours, cap].into_iter().flatten().map(|law| law.priority).min().unwrap_or(first.priority);
        let widest = hours.map_or(WIDEST, widest_hours);
        let Some(unbound) = unbound_hours(consent, &widest) else {
            let exemption = exemption_instead(consent, cap);
            return cap.map(|cap| Self {
                level: FindingLevel::Note,
                what: format!("it lets calls through that the cap of {} would stop", named(cap)),
                repair: format!("if that is not intended, give it a priority below {below}{exemption}"),
            });
        };
        let passed: Vec<String> = hours
            .map(|law| format!("the lawful hours of {}", named(law)))
            .into_iter()
            .chain(cap.map(|law| format!("the cap of {}", named(law))))
            .collect();
        Some(Self {
            level: FindingLevel::Error,
            what: format!("{unbound}, and it comes before {}", passed.join(" and ")),
            repair: format!(
                "add `hours` such as 09:00-20:00 by the callee's clock, and `expires_at`; or give it a priority below \
                 {below}{}",
                exemption_instead(consent, cap)
            ),
        })
    }
}

/// Returns the advice to write an exemption instead of a rule about one callee.
fn exemption_instead(consent: &Rule, cap: Option<&Rule>) -> String {
    let name = match cap {
        Some(cap) if cap.can_be_lifted() => cap.key.rule.as_str(),
        _ => "national-dnc",
    };
    match &consent.conditions.number {
        Some((Side::To, _)) => {
            format!(
                "; or write an exemption instead, which lifts only what it names: an item with `exempt`: {name} and `expires_at`, \
                 without `status`"
            )
        }
        Some(_) | None => String::new(),
    }
}

/// The findings about the consents of a table.
#[derive(Debug)]
pub struct ConsentFindings {
    laws: LawRules,
    /// The consents with the same finding, by the name of their rule.
    groups: BTreeMap<(String, Bypass), ConsentGroup>,
    /// Of the consents of each name without a finding, the one with the highest priority.
    highest: BTreeMap<String, Rule>,
    /// Findings that were not kept.
    not_kept: u64,
}

#[derive(Debug, Default)]
struct ConsentGroup {
    /// The first keys.
    first: BTreeSet<Key>,
    count: u64,
}

impl ConsentFindings {
    /// Returns no findings yet. The entries are those under `*`.
    pub fn before<'e>(entries: impl IntoIterator<Item = &'e Entry>, now: Timestamp) -> Self {
        Self { laws: LawRules::of(entries, now), groups: BTreeMap::new(), highest: BTreeMap::new(), not_kept: 0 }
    }

    /// Compares a rule with the rules of law under `*`.
    pub fn add(&mut self, rule: &Rule) {
        if let Some(bypass) = self.laws.bypass(rule) {
            self.keep(&rule.key, bypass);
        } else if rule.action == Action::Proceed && is_alive(rule, self.laws.now) {
            self.add_highest(rule);
        }
    }

    fn add_highest(&mut self, rule: &Rule) {
        let is_full = self.highest.len() >= MAX_GROUPS;
        match self.highest.get_mut(&rule.key.rule) {
            Some(highest) if highest.priority < rule.priority => *highest = rule.clone(),
            None if !is_full => {
                self.highest.insert(rule.key.rule.clone(), rule.clone());
            }
            _ => {}
        }
    }

    /// Compares consents with the rules of law under callers' numbers: the entries by number, and the highest consent of each
    /// name. A list of consents is not among the entries, and its numbers differ in nothing else.
    pub fn add_laws_of_callers(&mut self, entries: &BTreeMap<String, Vec<Entry>>) {
        let is_of_caller = |entry: &&Entry| {
            matches!(entry, Entry::Rule(Rule { conditions, .. })
            if matches!(conditions.number, Some((Side::From | Side::Any, _))))
        };
        let mut laws = LawRules::of(entries.values().flatten().filter(is_of_caller), self.laws.now);
        laws.rules.truncate(MAX_OF_CALLERS);
        if laws.rules.is_empty() {
            return;
        }
        let mut consents: BTreeMap<Key, Rule> =
            std::mem::take(&mut self.highest).into_values().map(|rule| (rule.key.clone(), rule)).collect();
        for entry in entries.values().flatten() {
            if let Entry::Rule(rule) = entry
                && rule.action == Action::Proceed
                && self.laws.bypass(rule).is_none()
            {
                consents.insert(rule.key.clone(), rule.clone());
            }
        }
        for (key, consent) in consents {
            // Those under the same number have been compared.
            if let Some(bypass) = laws.bypass_of(&consent, |law| law.key.number != key.number) {
                self.keep(&key, bypass);
            }
        }
    }

    /// Compares the rules under one number with the rules of law under the same number.
    pub fn add_number(&mut self, entries: &[Entry]) {
        let laws = LawRules::of(entries, self.laws.now);
        if laws.rules.is_empty() {
            return;
        }
        for entry in entries {
            if let Entry::Rule(rule) = entry
                && self.laws.bypass(rule).is_none()
                && let Some(bypass) = laws.bypass(rule)
            {
                self.keep(&rule.key, bypass);
            }
        }
    }

    fn keep(&mut self, key: &Key, bypass: Bypass) {
        let group = (key.rule.clone(), bypass);
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&group) {
            self.not_kept += 1;
            return;
        }
        let ConsentGroup { first, count } = self.groups.entry(group).or_default();
        *count += 1;
        first.insert(key.clone());
        if first.len() > MAX_OF_NAME {
            first.pop_last();
        }
    }

    /// Returns the findings: one for each consent, or one with a count for many of the same name.
    pub fn findings(self) -> (Vec<RuleFinding>, u64) {
        let mut findings = Vec::new();
        for ((_, Bypass { level, what, repair }), ConsentGroup { first, count }) in self.groups {
            let is_few = usize::try_from(count).is_ok_and(|count| count <= MAX_OF_NAME);
            let kept = if is_few { first.len() } else { 1 };
            let others = if is_few {
                String::new()
            } else {
                format!("; so do {} other rules of this name", grouped(count.saturating_sub(1)))
            };
            let finding = |key: &Key| RuleFinding::new(level, key, format!("{what}{others}"), repair.clone());
            findings.extend(first.iter().take(kept).map(finding));
        }
        (findings, self.not_kept)
    }
}

/// Returns true if a rule stops calls by hours of the law or by a cap.
fn is_law(rule: &Rule) -> bool {
    let has_law = !rule.conditions.calling_hours.is_empty() || rule.conditions.cap.is_some();
    has_law && rule.action != Action::Proceed
}

/// Returns true if a rule decides calls now or later.
fn is_alive(rule: &Rule, now: Timestamp) -> bool {
    let span = rule.conditions.lifetime.span();
    rule.conditions.lifetime.enabled && !rule.shadow && span.start < span.end && now < span.end
}

/// Returns why the hours of a consent do not keep it within lawful hours; `None` if they do.
fn unbound_hours(consent: &Rule, widest: &Range<Time>) -> Option<String> {
    let conditions = &consent.conditions;
    if conditions.clock.covers_all_time() {
        return Some("it lets calls through at any hour".to_owned());
    }
    // Under the callee's number, a time zone states that this is the callee's clock.
    let is_callees = match (&conditions.timezone, &conditions.number) {
        (ClockSource::Callee, _) | (ClockSource::Zone(_), Some((Side::To | Side::Any, _))) => true,
        (ClockSource::Zone(_) | ClockSource::Caller, _) => false,
    };
    if !is_callees {
        return Some("its hours are not by the callee's clock".to_owned());
    }
    let times = (0..7).flat_map(|day| (0..24).flat_map(move |hour| quarters(day, hour)));
    let is_unlawful = |at: &DateTime| !widest.contains(&at.time());
    let time = times.filter(is_unlawful).find(|time| conditions.clock.matches(*time))?;
    Some(format!("it lets calls through at {} by the callee's clock", time.strftime("%a %H:%M")))
}

/// Returns the quarters of an hour of a day of the week.
fn quarters(day: i8, hour: i8) -> impl Iterator<Item = DateTime> {
    let day = FIRST_DAY.saturating_add(jiff::Span::new().days(day));
    (0..60 / STEP_MINUTES).map(move |quarter| day.at(hour, quarter * STEP_MINUTES, 0, 0))
}

/// Returns true if a consent comes before a rule of law when both apply.
fn outranks(consent: &Rule, law: &Rule) -> bool {
    let Conditions { number, to, from, .. } = &consent.conditions;
    // If both have patterns, the consent's may be the closer ones.
    let has_patterns = [to, from].into_iter().any(|patterns| *patterns != Patterns::default());
    let is_closer = match (number, &law.conditions.number) {
        (Some(_), None) | (Some((Side::To | Side::Any, _)), Some((Side::From, _))) => true,
        (Some(_), Some(_)) | (None, None) => has_patterns,
        (None, Some(_)) => false,
    };
    consent.priority > law.priority || consent.priority == law.priority && is_closer
}

/// Returns true if both rules may apply to the same call, except for their clocks and shares. If that is not known, it is true.
fn may_meet(law: &Rule, consent: &Rule) -> bool {
    let (own, other) = (law.conditions.lifetime.span(), consent.conditions.lifetime.span());
    own.start < other.end
        && other.start < own.end
        && concerns_caller_of(law, consent)
        && share_a_client(&law.conditions.clients, &consent.conditions.clients)
        && callers(consent).is_none_or(|callers| callers.iter().any(|caller| is_caller_of(law, caller.as_ref())))
        && callees(consent).is_none_or(|callees| callees.iter().any(|callee| is_callee_of(law, consent, callee)))
}

/// Returns true if a consent may apply to the calls of the number that a rule of law is under, if that is a caller's.
fn concerns_caller_of(law: &Rule, consent: &Rule) -> bool {
    match (&law.conditions.number, &consent.conditions.number) {
        (Some((Side::From, own)), Some((Side::From, other))) => own == other,
        (Some((Side::From, own)), _) => consent.conditions.from.test(Some(own)).is_some(),
        _ => true,
    }
}

fn share_a_client(law: &Clients, consent: &Clients) -> bool {
    // A name that neither of them has represents all others.
    let names = law.names().chain(consent.names()).map(Some).chain([None, Some("\u{0}")]);
    names.into_iter().any(|name| law.cover(name) && consent.cover(name))
}

/// Returns examples of the callers that a consent may have, `None` among them for a withheld one; `None` if it may have any.
fn callers(consent: &Rule) -> Option<Vec<Option<Number>>> {
    if let Some((Side::From, number)) = &consent.conditions.number {
        return Some(vec![Some(number.clone())]);
    }
    let from = &consent.conditions.from;
    let withheld = from.test(None).is_some().then_some(None);
    Some(examples(from)?.into_iter().map(Some).chain(withheld).collect())
}

/// Returns examples of the callees that a consent may have; `None` if it may have any.
fn callees(consent: &Rule) -> Option<Vec<Number>> {
    let conditions = &consent.conditions;
    match &conditions.number {
        Some((Side::To, number)) => return Some(vec![number.clone()]),
        Some((Side::Any, _)) => return None,
        Some((Side::From, _)) | None => {}
    }
    if let Some(examples) = examples(&conditions.to) {
        return Some(examples);
    }
    let places = conditions.places.as_ref()?;
    Some(EVERYWHERE.iter().filter(|number| places.test(&place(number)) == Some(Certainty::Certain)).cloned().collect())
}

/// One number of each area code and each country.
static EVERYWHERE: LazyLock<Vec<Number>> = LazyLock::new(|| {
    let is_whole_area = |prefix: &String| !prefix.starts_with("+1") || prefix.len() == "+1315".len();
    finer_prefixes("+").filter(is_whole_area).filter_map(|prefix| example(&prefix)).collect()
});

/// Returns examples of the numbers that patterns cover, of each place; `None` if there are no patterns.
pub fn examples(patterns: &Patterns) -> Option<Vec<Number>> {
    if *patterns == Patterns::default() {
        return None;
    }
    let mut numbers: Vec<Number> = patterns.numbers().cloned().collect();
    for prefix in patterns.prefixes() {
        let is_area = prefix.len() >= if prefix.starts_with("+1") { "+1315".len() } else { "+420".len() };
        if is_area {
            numbers.extend(example(prefix));
            numbers.extend(finer_prefixes(prefix).filter_map(|finer| example(&finer)));
        } else {
            numbers.extend(EVERYWHERE.iter().filter(|number| number.as_str().starts_with(prefix)).cloned());
        }
    }
    // Negated patterns do not match their own numbers, but may match all others.
    let is_covered = |number: &Number| patterns.test(Some(number)).is_some();
    numbers.retain(is_covered);
    if numbers.is_empty() {
        numbers.extend(EVERYWHERE.iter().filter(|number| is_covered(number)).cloned());
    }
    Some(numbers)
}

/// Returns a number that begins with a prefix of a place.
fn example(prefix: &str) -> Option<Number> {
    let missing = "+13155550100".len().saturating_sub(prefix.len());
    let rest = LAST_DIGITS.get(LAST_DIGITS.len().saturating_sub(missing)..)?;
    Number::from_typed(&format!("{prefix}{rest}")).ok()
}

fn is_caller_of(law: &Rule, caller: Option<&Number>) -> bool {
    law.conditions.from.test(caller).is_some()
}

/// Returns true if a rule of law may stop calls to a number that a consent covers.
fn is_callee_of(law: &Rule, consent: &Rule, callee: &Number) -> bool {
    let place = place(callee);
    let how_certain = |rule: &Rule| rule.conditions.places.as_ref().map(|places| places.test(&place));
    // A number of no country may be anywhere, so every law applies to it.
    let is_in_country = |law: &Law| {
        place.codes().is_empty() || place.codes().iter().any(|code| law_country(code) == Some(law.country()))
    };
    let laws = &law.conditions.calling_hours;
    place.kind() != NumberKind::Service
        && law.conditions.to.test(Some(callee)).is_some()
        && how_certain(law) != Some(None)
        // A rule that lets calls through applies only if the callee is in its places for certain.
        && how_certain(consent).is_none_or(|certainty| certainty == Some(Certainty::Certain))
        && (laws.is_empty() || laws.iter().any(is_in_country))
}
