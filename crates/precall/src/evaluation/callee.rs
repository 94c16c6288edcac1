//! The evaluation of the rules for one callee.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::error::Error;
use std::fmt;

use super::conditions::{Unmet, exempt_calls, lifetime};
use super::context::{CallContext, LocalTime, Whereabouts};
use super::exemptions::{LiftedRule, exemption_from};
use super::finding::{Applicability, Finding};
use super::reservations::Reservations;
use super::specificity::Specificity;
use crate::answer::Answer;
use crate::call::Call;
use crate::calling_hours::{CallingHours, Law, LawStatus};
use crate::frequency_cap::{Attempts, Counter, FrequencyCap, Reservation};
use crate::number::Number;
use crate::place::Certainty;
use crate::rule::{Action, Entry, Fact, FactContent, InvalidItem, Key, ListCopy, Rule, TieBreak, Version};
use crate::rule_set::{PartitionRole, PartitionState, PartitionsOfCall, UnreadablePartitions};

/// The rule, default or lack of data that decides a call.
///
/// ```
/// use precall::{Attempts, Call, DecidedBy, Number, RuleSet};
///
/// let rules = RuleSet::from_items([]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// assert!(matches!(rules.evaluate(&call, &attempts).decided_by(), DecidedBy::Default));
/// ```
#[derive(Debug, Clone, Copy)]
pub enum DecidedBy<'r> {
    /// A rule.
    Rule(&'r Rule, Specificity),
    /// The default answer, since no rule applies.
    Default,
    /// Nothing: the decision is unknown.
    Unknown(Unknown<'r>),
}

/// The cause of an unknown decision.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet, Unknown};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "typo", "status": "REJEKT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let unknown = rules.evaluate(&call, &attempts).answer().unwrap_err();
/// assert!(matches!(unknown, Unknown::InvalidItem(item) if item.key.rule == "typo"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Unknown<'r> {
    /// An invalid item under the callee's number may have been meant to decide the call.
    InvalidItem(&'r InvalidItem),
    /// The rules under the callee's number have not been read.
    Unread,
    /// Rules that may decide could not be read, and no rule that was read rejects the call.
    Unreadable(UnreadablePartitions),
}

/// `rule typo under +13155550101 is invalid: `status`: …`
impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidItem(item) => {
                write!(f, "rule `{}` under {} is invalid: {}", item.key.rule, item.key.number, item.reasons.join("; "))
            }
            Self::Unread => f.write_str("the rules of the callee have not been read"),
            Self::Unreadable(partitions) => write!(f, "{partitions} could not be read"),
        }
    }
}

impl Error for Unknown<'_> {}

/// The evaluation of the rules for one callee.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert_eq!(decision.asked().rules_evaluated(), 1);
/// assert_eq!(decision.asked().describe_place(), "US-NY");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct Evaluation<'r> {
    context: CallContext<'r>,
    attempts: &'r Attempts,
    decided_by: DecidedBy<'r>,
    outranked: Vec<&'r Rule>,
    shadows: Vec<&'r Rule>,
    lifted: Vec<LiftedRule<'r>>,
    skipped: Vec<&'r InvalidItem>,
    /// The counters to be checked before the call may be let through: those that count it, and those of caps that would
    /// outrank the current result.
    reservations: Vec<Reservation>,
    /// True if the result is a REJECT, and the caps that would outrank it can only cause another REJECT.
    caps_only_reject: bool,
    watched: Vec<Counter>,
    shadow_only: Vec<Counter>,
}

impl<'r> Evaluation<'r> {
    /// Evaluates the rules for a call.
    ///
    /// Of the rules that apply, the one with the highest priority wins; then the more specific one; then REJECT before
    /// `CHANGE_DESTINATION` before PROCEED; then one without a cap; then the first by name. An invalid item under the callee's
    /// number makes the decision unknown, unless a rule decides that has a higher priority than the item could have had. A rule
    /// that an exemption of the callee lifts does not apply, and its cap still counts the call. If a partition could not be read, only a REJECT decides.
    pub(super) fn new(call: Cow<'r, Call>, partitions: PartitionsOfCall<'r>, attempts: &'r Attempts) -> Self {
        let mut evaluator = Evaluator::new(CallContext::new(call, partitions), attempts);
        for (entry, is_callees) in entries(partitions) {
            evaluator.consider(entry, is_callees);
        }
        evaluator.conclude()
    }

    /// Returns the call.
    pub fn call(&self) -> &Call {
        self.context.call()
    }

    /// Returns the rule that decides, the default, or the cause of an unknown decision.
    pub fn decided_by(&self) -> DecidedBy<'r> {
        self.decided_by
    }

    /// Returns the number to which the deciding rule redirects the call.
    pub(super) fn target(&self) -> Option<Number> {
        match self.decided_by {
            DecidedBy::Rule(rule, _) => match rule.unscreened_answer(self.call()) {
                Answer::ChangeDestination { number } => Some(number),
                Answer::Proceed | Answer::Reject { .. } => None,
            },
            DecidedBy::Default | DecidedBy::Unknown(_) => None,
        }
    }

    /// Returns the rules that apply and do not decide, best first.
    pub fn outranked(&self) -> &[&'r Rule] {
        &self.outranked
    }

    /// Returns the shadow rules that apply, best first.
    pub fn shadows(&self) -> &[&'r Rule] {
        &self.shadows
    }

    /// Returns the rules that would apply, and that an exemption of the callee lifts, in the order in which they were read.
    pub fn lifted(&self) -> &[LiftedRule<'r>] {
        &self.lifted
    }

    /// Returns the invalid items that may have been meant for this call.
    pub fn skipped(&self) -> &[&'r InvalidItem] {
        &self.skipped
    }

    /// Returns the number of items that were evaluated.
    pub fn rules_evaluated(&self) -> usize {
        entries(self.context.partitions()).count()
    }

    /// Returns the place and the clocks of the callee.
    pub fn callee(&self) -> &Whereabouts {
        self.context.callee()
    }

    /// Returns the callee's place, for a person.
    pub fn describe_place(&self) -> String {
        self.context.describe_place()
    }

    /// Returns the callee's clocks.
    pub fn clocks(&self) -> &[LocalTime] {
        &self.context.callee().clocks
    }

    /// Returns true if the callee's area code is not in the tables, and no fact states where the callee is. Then the
    /// rows of all states, provinces and territories apply to the call, by all their clocks.
    pub fn is_area_code_unlisted(&self) -> bool {
        self.context.callee().place.is_unlisted_area_code()
    }

    /// Returns true if the callee is an emergency number, N11 or another public service. Only a rule that names it can reject or
    /// redirect the call.
    pub fn is_service(&self) -> bool {
        self.context.is_service()
    }

    /// Returns the calling-hours table with the operator's rows.
    pub fn calling_hours(&self) -> &'r CallingHours {
        self.context.calling_hours()
    }

    /// Evaluates a law for the call.
    pub fn law_status(&self, law: Law) -> LawStatus<'_> {
        self.context.law_status(law)
    }

    /// Returns the conditions about place, time and counting that make a rule apply to this call, as text for a person. It is
    /// empty if the rule has no such condition.
    pub fn describe_met(&self, rule: &Rule) -> String {
        rule.conditions.describe_met(&self.context)
    }

    /// Returns a finding for each item: first the callee's, then the caller's, then those under `*`.
    pub fn findings(&self) -> Vec<Finding<'r>> {
        let context = CallContext::new(Cow::Owned(self.call().clone()), self.context.partitions());
        let mut evaluator = Evaluator::new(context, self.attempts);
        let finding = |(entry, is_callees)| {
            let applicability = evaluator.consider(entry, is_callees);
            let decides = matches!(self.decided_by, DecidedBy::Rule(rule, _) if rule.key == *entry.key());
            Finding::new(entry, applicability, decides, &self.context)
        };
        entries(self.context.partitions()).map(finding).collect()
    }

    /// Returns the partitions that could not be read. If a rule decides nevertheless, it is a REJECT.
    pub fn unreadable(&self) -> UnreadablePartitions {
        self.context.partitions().unreadable()
    }

    /// Returns the revision of the wildcard rules; `None` if they could not be read, or were made of entries without items.
    pub fn revision(&self) -> Option<Version> {
        match self.context.partitions().wildcard {
            PartitionState::Read(partition) => partition.revision(),
            PartitionState::NotRead | PartitionState::Unreadable => None,
        }
    }

    /// Returns the items of a partition with their versions as they were read.
    pub fn versions(&self, role: PartitionRole) -> impl Iterator<Item = (&'r Key, Version)> {
        let partitions = self.context.partitions();
        let partition = match role {
            PartitionRole::Callee => partitions.callee,
            PartitionRole::Caller => partitions.caller,
            PartitionRole::Wildcard => partitions.wildcard,
        };
        partition.known().versions()
    }

    /// Returns the version of an item of this call that decides, as [`Partition::version_of`](crate::Partition::version_of)
    /// does.
    pub fn version_of(&self, key: &Key) -> Option<Version> {
        let PartitionsOfCall { callee, caller, wildcard } = self.context.partitions();
        [callee, caller, wildcard].into_iter().find_map(|partition| partition.known().version_of(key))
    }

    /// Returns the copies of imported lists that are in force, by the names of their lists.
    pub fn lists(&self) -> Vec<&'r ListCopy> {
        self.context.partitions().wildcard.known().lists()
    }

    pub(super) fn context(&self) -> &CallContext<'r> {
        &self.context
    }

    pub(super) fn attempts(&self) -> &'r Attempts {
        self.attempts
    }

    /// Returns the items that were evaluated: first the callee's, then the caller's, then those under `*`.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'r Entry> {
        entries(self.context.partitions()).map(|(entry, _)| entry)
    }

    pub(super) fn reservations(&self) -> &[Reservation] {
        &self.reservations
    }

    pub(super) fn caps_only_reject(&self) -> bool {
        self.caps_only_reject
    }

    /// Returns the counters of shadow rules with caps.
    pub(super) fn watched(&self) -> &[Counter] {
        &self.watched
    }

    /// Returns true if no rule but shadow rules uses the counter.
    pub(super) fn is_shadow_only(&self, counter: &Counter) -> bool {
        self.shadow_only.contains(counter)
            || !self.reservations.iter().any(|reservation| reservation.counter == *counter)
    }
}

/// Returns the items to evaluate, each with true if it is under the callee's number.
fn entries(partitions: PartitionsOfCall<'_>) -> impl Iterator<Item = (&Entry, bool)> {
    let callee = partitions.callee.known().entries().iter();
    let others = partitions.caller.known().entries().iter().chain(partitions.wildcard.known().entries());
    callee.map(|entry| (entry, true)).chain(others.map(|entry| (entry, false)))
}

/// Evaluates the items of a call, one after the other.
struct Evaluator<'r> {
    context: CallContext<'r>,
    attempts: &'r Attempts,
    applying: Vec<(&'r Rule, Specificity)>,
    shadows: Vec<(&'r Rule, Specificity)>,
    lifted: Vec<LiftedRule<'r>>,
    /// Rules that do not apply for the only reason that their cap is not full.
    capped: Vec<CappedRule<'r>>,
    reservations: Reservations,
    watched: Vec<Counter>,
    skipped: Vec<&'r InvalidItem>,
    /// Invalid items that may have been meant to decide.
    doubts: Vec<&'r InvalidItem>,
}

struct CappedRule<'r> {
    rule: &'r Rule,
    specificity: Specificity,
    cap: &'r FrequencyCap,
}

impl<'r> Evaluator<'r> {
    fn new(context: CallContext<'r>, attempts: &'r Attempts) -> Self {
        Self {
            context,
            attempts,
            applying: Vec::new(),
            shadows: Vec::new(),
            lifted: Vec::new(),
            capped: Vec::new(),
            reservations: Reservations::new(),
            watched: Vec::new(),
            skipped: Vec::new(),
            doubts: Vec::new(),
        }
    }

    fn consider(&mut self, entry: &'r Entry, is_callees: bool) -> Applicability<'r> {
        match entry {
            Entry::Rule(rule) => self.consider_rule(rule),
            Entry::Fact(fact) => self.consider_fact(fact),
            Entry::Invalid(item) => self.consider_invalid(item, is_callees),
        }
    }

    fn consider_fact(&self, fact: &'r Fact) -> Applicability<'r> {
        if let Err(unmet) = lifetime(&fact.lifetime, self.context.call().at) {
            return Applicability::DoesNotApply(unmet);
        }
        match &fact.content {
            FactContent::Prefix(prefix) if prefix.digits_of(&self.context.call().to).is_none() => {
                Applicability::DoesNotApply(Unmet::To(&prefix.to))
            }
            FactContent::Prefix(prefix) if !self.context.is_callee_placed_by(prefix) => {
                Applicability::DoesNotApply(Unmet::LessPrecise)
            }
            FactContent::Exemption(exemption) => match exempt_calls(exemption, self.context.call()) {
                Ok(()) => Applicability::Fact(&fact.content),
                Err(unmet) => Applicability::DoesNotApply(unmet),
            },
            content => Applicability::Fact(content),
        }
    }

    fn consider_invalid(&mut self, item: &'r InvalidItem, is_callees: bool) -> Applicability<'r> {
        // The last valid version is used instead of an item that has become invalid.
        if let Some(Entry::Rule(rule)) = item.last_good.as_deref() {
            self.consider_rule(rule);
        }
        // A condition that could not be read may be met.
        match item.conditions.evaluate(&item.key.rule, Certainty::Possible, &self.context) {
            Err(unmet)
                if !item.may_state_place
                    || item.key.is_wildcard()
                    || !item.conditions.lifetime.contains(self.context.call().at) =>
            {
                Applicability::DoesNotApply(unmet)
            }
            _ => {
                self.skipped.push(item);
                if is_callees && !item.shadow && !item.can_only_lift {
                    self.doubts.push(item);
                }
                Applicability::Invalid
            }
        }
    }

    fn consider_rule(&mut self, rule: &'r Rule) -> Applicability<'r> {
        let conditions = &rule.conditions;
        if let Some(cap) = conditions.cap.as_ref().filter(|cap| conditions.counts(cap, &self.context)) {
            self.reservations.of(cap, self.context.call(), rule.shadow).record = true;
        }
        if self.context.call().redirected && matches!(rule.action, Action::Redirect(_)) {
            return Applicability::DoesNotApply(Unmet::Redirected);
        }
        let certainty = rule.action.required_certainty();
        let specificity = match conditions.evaluate(&rule.key.rule, certainty, &self.context) {
            Ok(specificity) => specificity,
            Err(unmet) => return Applicability::DoesNotApply(unmet),
        };
        if let Some(exemption) = exemption_from(rule, &self.context) {
            self.lifted.push(LiftedRule { rule, exemption });
            return Applicability::DoesNotApply(Unmet::Lifted(exemption));
        }
        if let Some(unmet) = self.consider_cap(rule, specificity) {
            return Applicability::DoesNotApply(unmet);
        }
        if rule.shadow {
            self.shadows.push((rule, specificity));
            Applicability::AppliesAsShadow(specificity)
        } else {
            self.applying.push((rule, specificity));
            Applicability::Applies(specificity)
        }
    }

    /// Returns an unmet condition if the rule has a cap and the cap is not full.
    fn consider_cap(&mut self, rule: &'r Rule, specificity: Specificity) -> Option<Unmet<'r>> {
        let cap = rule.conditions.cap.as_ref()?;
        let call = self.context.call();
        let counter = &self.reservations.of(cap, call, rule.shadow).counter;
        let attempts = self.attempts.of(counter);
        if cap.limit.is_full(attempts, call.at) {
            return None;
        }
        let used = cap.limit.used(attempts, call.at);
        if rule.shadow {
            self.watched.push(counter.clone());
        } else {
            self.capped.push(CappedRule { rule, specificity, cap });
        }
        Some(Unmet::Cap(cap, used))
    }

    fn conclude(mut self) -> Evaluation<'r> {
        self.applying.sort_by_key(|(rule, specificity)| rank(rule, *specificity));
        self.shadows.sort_by_key(|(rule, specificity)| rank(rule, *specificity));
        let best = self.applying.first().copied();
        let decided_by = self.decide(best);
        // Only caps that would decide if they were full must be checked.
        let outranks = |capped: &CappedRule<'_>, (rule, specificity): (&Rule, Specificity)| {
            rank(capped.rule, capped.specificity) < rank(rule, specificity)
        };
        let doubts = &self.doubts;
        self.capped.retain(|capped| {
            doubts.iter().all(|item| outweighs(capped.rule, item)) && best.is_none_or(|best| outranks(capped, best))
        });
        for capped in &self.capped {
            let reservation = self.reservations.of(capped.cap, self.context.call(), capped.rule.shadow);
            if !reservation.limits.contains(&capped.cap.limit) {
                reservation.limits.push(capped.cap.limit);
            }
        }
        let caps_only_reject = self.capped.iter().all(|capped| matches!(capped.rule.action, Action::Reject { .. }));
        let decided = usize::from(matches!(decided_by, DecidedBy::Rule(..)));
        Evaluation {
            context: self.context,
            attempts: self.attempts,
            decided_by,
            outranked: self.applying.into_iter().skip(decided).map(|(rule, _)| rule).collect(),
            shadows: self.shadows.into_iter().map(|(rule, _)| rule).collect(),
            lifted: self.lifted,
            skipped: self.skipped,
            shadow_only: self.reservations.shadow_only(),
            reservations: self.reservations.into_vec(),
            caps_only_reject,
            watched: self.watched,
        }
    }

    /// Returns the result if all partitions were read. Otherwise a REJECT is the result, because only an unread PROCEED or redirect of
    /// a higher rank could have changed it. Everything else is unknown, because an unread REJECT could have changed it.
    fn decide(&self, best: Option<(&'r Rule, Specificity)>) -> DecidedBy<'r> {
        let partitions = self.context.partitions();
        if matches!(partitions.callee, PartitionState::NotRead) {
            return DecidedBy::Unknown(Unknown::Unread);
        }
        let known = self.decide_by_known(best);
        let unreadable = partitions.unreadable();
        let is_rejected = matches!(known, DecidedBy::Rule(rule, _) if matches!(rule.action, Action::Reject { .. }));
        if unreadable.is_empty() || is_rejected { known } else { DecidedBy::Unknown(Unknown::Unreadable(unreadable)) }
    }

    /// Returns the result of the items that were read.
    fn decide_by_known(&self, best: Option<(&'r Rule, Specificity)>) -> DecidedBy<'r> {
        let remains = |item: &&InvalidItem| best.is_none_or(|(rule, _)| !outweighs(rule, item));
        let doubts = self.doubts.iter().copied().filter(remains);
        match (doubts.max_by_key(|item| (max_priority(item), Reverse(&item.key.rule))), best) {
            (Some(item), _) => DecidedBy::Unknown(Unknown::InvalidItem(item)),
            (None, Some((rule, specificity))) => DecidedBy::Rule(rule, specificity),
            (None, None) => DecidedBy::Default,
        }
    }
}

/// Returns the highest possible priority of an invalid item.
fn max_priority(item: &InvalidItem) -> i64 {
    item.priority.unwrap_or(i64::MAX)
}

/// Returns true if a rule decides although there is an invalid item under the callee's number. If the item may have stated
/// where the callee is, the calling hours are unknown, so only a REJECT can decide.
fn outweighs(rule: &Rule, item: &InvalidItem) -> bool {
    rule.priority > max_priority(item) && (!item.may_state_place || matches!(rule.action, Action::Reject { .. }))
}

/// Returns the rank of a rule that applies. The rule with the smallest rank decides.
pub(super) fn rank(rule: &Rule, specificity: Specificity) -> (Reverse<i64>, Reverse<Specificity>, TieBreak<'_>) {
    (Reverse(rule.priority), Reverse(specificity), rule.tie_break())
}
