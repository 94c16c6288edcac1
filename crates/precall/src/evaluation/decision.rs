//! The decision for a call: the answer with its explanation, after the target of a redirect was screened.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::callee::{DecidedBy, Evaluation, Unknown};
use super::exemptions::{LiftedRule, describe_lifted};
use crate::answer::Answer;
use crate::call::Call;
use crate::frequency_cap::{Attempts, Counter, Reservation};
use crate::number::Number;
use crate::rule::{Action, InvalidItem, Rule, Version};
use crate::rule_set::{RuleSet, UnreadablePartitions};

impl RuleSet {
    /// Decides a call with the known attempts. The target of a redirect is screened by the same rules: if they reject a call to
    /// it, that REJECT is the answer. A call is redirected once: the redirect rules of the target do not apply to it, nor does
    /// the default answer.
    ///
    /// ```
    /// use precall::{Answer, Attempts, Call, Number, RuleSet};
    ///
    /// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603" });
    /// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
    /// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
    /// let attempts = Attempts::none();
    /// let decision = rules.evaluate(&call, &attempts);
    /// assert_eq!(decision.answer().unwrap().status(), "REJECT");
    /// assert_eq!(decision.because(), "rule `dnc` under +13155550101, priority 0, aimed at this callee");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn evaluate<'r>(&'r self, call: &'r Call, attempts: &'r Attempts) -> Decision<'r> {
        Decision::new(self, Cow::Borrowed(call), attempts)
    }
}

/// The decision for a call: the answer with its explanation.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert!(!decision.lets_through());
/// assert_eq!(decision.unread(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct Decision<'r> {
    asked: Evaluation<'r>,
    screening: Option<Evaluation<'r>>,
    rules: &'r RuleSet,
}

impl<'r> Decision<'r> {
    /// Decides a call, as [`RuleSet::evaluate`] does.
    pub(super) fn new(rules: &'r RuleSet, call: Cow<'r, Call>, attempts: &'r Attempts) -> Self {
        let partitions = rules.partitions_of(&call);
        let asked = Evaluation::new(call, partitions, attempts);
        let screening = asked.target().map(|target| {
            let call = asked.call().redirected_to(target);
            let partitions = rules.partitions_of(&call);
            Evaluation::new(Cow::Owned(call), partitions, attempts)
        });
        Self { asked, screening, rules }
    }

    /// Returns the rules that decided.
    pub(super) fn rules(&self) -> &'r RuleSet {
        self.rules
    }

    /// Returns the answer.
    ///
    /// If the call is let through, a frequency cap may still stop it: check [`Decision::reservations`] before you send the
    /// answer. An invalid wildcard rule does not change the answer: show [`Decision::skipped`] to the person who wrote it.
    ///
    /// # Errors
    /// The decision is unknown: an invalid item under the callee's number may have been meant to decide, the rules under a
    /// callee's number have not been read, or some rules could not be read and no other rule rejects the call. The host's
    /// policy for failures then applies.
    pub fn answer(&self) -> Result<Answer, Unknown<'r>> {
        match self.decided_by() {
            DecidedBy::Rule(rule, _) => Ok(rule.unscreened_answer(self.asked.call())),
            DecidedBy::Default => Ok(self.rules.default_answer().clone().into()),
            DecidedBy::Unknown(unknown) => Err(unknown),
        }
    }

    /// Returns the rule that decides, the default, or the cause of an unknown decision. If the screening of a redirect's
    /// target rejects or is unknown, this is the result of the screening.
    pub fn decided_by(&self) -> DecidedBy<'r> {
        self.deciding().decided_by()
    }

    /// Returns the evaluation that decides.
    fn deciding(&self) -> &Evaluation<'r> {
        let stops = |screening: &&Evaluation<'r>| match screening.decided_by() {
            DecidedBy::Rule(rule, _) => matches!(rule.action, Action::Reject { .. }),
            DecidedBy::Unknown(_) => true,
            DecidedBy::Default => false,
        };
        self.screening.as_ref().filter(stops).unwrap_or(&self.asked)
    }

    /// Returns the rules that an exemption lifts: for the callee, and for the target of a redirect.
    pub fn lifted(&self) -> impl Iterator<Item = &LiftedRule<'r>> {
        std::iter::once(&self.asked).chain(self.screening.as_ref()).flat_map(Evaluation::lifted)
    }

    /// Returns the rules that an exemption lifts, each with the exemption, its end and its proof, as text for a person: ``exempt from
    /// `national-dnc` until 2027-03-01 00:00 UTC by `consent-4711` ``. It is `None` if there are none.
    pub fn describe_lifted(&self) -> Option<String> {
        describe_lifted(self.lifted().copied())
    }

    /// Returns the reason for the answer, as text for a person.
    pub fn because(&self) -> String {
        let reason = self.reason();
        match self.describe_lifted() {
            Some(lifted) => format!("{reason}; {lifted}"),
            None => reason,
        }
    }

    fn reason(&self) -> String {
        match self.decided_by() {
            DecidedBy::Rule(rule, aim) => {
                let met = self.conditions_met();
                let colon = if met.is_empty() { "" } else { ": " };
                let unreadable = self.unreadable();
                let partial =
                    if unreadable.is_empty() { String::new() } else { format!("; {unreadable} could not be read") };
                format!(
                    "rule `{}` under {}, priority {}, aimed at {aim}{colon}{met}{partial}",
                    rule.key.rule, rule.key.number, rule.priority
                )
            }
            DecidedBy::Default => "no rule applies, so the default answer is given".to_owned(),
            DecidedBy::Unknown(Unknown::InvalidItem(item)) => {
                format!("rule `{}` of this callee is invalid: {}", item.key.rule, item.reasons.join("; "))
            }
            DecidedBy::Unknown(unknown @ (Unknown::Unread | Unknown::Unreadable(_))) => unknown.to_string(),
        }
    }

    /// Returns the conditions about place, time and counting that make the deciding rule apply, as text for a person. It is
    /// empty if the rule has no such condition, or if no rule decides.
    pub fn conditions_met(&self) -> String {
        match self.decided_by() {
            DecidedBy::Rule(rule, _) => self.deciding().describe_met(rule),
            DecidedBy::Default | DecidedBy::Unknown(_) => String::new(),
        }
    }

    /// Returns the version of the rule that decides. It is `None` if no rule decides, or if the rules were made of entries without
    /// items.
    ///
    /// ```
    /// use precall::rule::{Item, Version};
    /// use precall::{Attempts, Call, Number, RuleSet};
    ///
    /// let item: Item = serde_json::from_str(r#"{ "number": "+13155550101", "rule": "dnc", "status": "REJECT" }"#)?;
    /// let rules = RuleSet::from_items([item.clone()]);
    /// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
    /// let attempts = Attempts::none();
    /// assert_eq!(rules.evaluate(&call, &attempts).rule_version(), Some(Version::of(&item)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn rule_version(&self) -> Option<Version> {
        match self.decided_by() {
            DecidedBy::Rule(rule, _) => self.deciding().version_of(&rule.key),
            DecidedBy::Default | DecidedBy::Unknown(_) => None,
        }
    }

    /// Returns the evaluation of the call to the original callee.
    pub fn asked(&self) -> &Evaluation<'r> {
        &self.asked
    }

    /// Returns the evaluation of the call to a redirect's target.
    pub fn screening(&self) -> Option<&Evaluation<'r>> {
        self.screening.as_ref()
    }

    /// Returns the evaluation for the number that is dialled: the target of a redirect, or the callee.
    pub fn dialled(&self) -> &Evaluation<'r> {
        self.screening.as_ref().unwrap_or(&self.asked)
    }

    /// Returns the rule that asks for a redirect. If the screening of its target rejects, the call is not redirected.
    pub fn redirected_by(&self) -> Option<&'r Rule> {
        match (self.asked.decided_by(), &self.screening) {
            (DecidedBy::Rule(rule, _), Some(_)) => Some(rule),
            _ => None,
        }
    }

    /// Returns the invalid items that may have been meant for this call, or for the call to a redirect's target, each once.
    pub fn skipped(&self) -> impl Iterator<Item = &'r InvalidItem> {
        let asked = self.asked.skipped();
        let is_new = |item: &&InvalidItem| !asked.iter().any(|known| known.key == item.key);
        let screening = self.screening.iter().flat_map(|screening| screening.skipped());
        asked.iter().copied().chain(screening.copied().filter(is_new))
    }

    /// Returns the partitions that could not be read, of those that the deciding evaluation needs. If it is the screening of a
    /// redirect, the callee is the target. If a rule decides although some could not be read, it is a REJECT: a PROCEED or a
    /// redirect among the unread rules could have changed it, and no other rule.
    pub fn unreadable(&self) -> UnreadablePartitions {
        self.deciding().unreadable()
    }

    /// Returns the number whose rules must be read before the call can be decided. If they cannot be read, add `None` as the
    /// partition of that number ([`RuleSet::add_callee`]).
    pub fn unread(&self) -> Option<&Number> {
        let mut evaluations = [Some(&self.asked), self.screening.as_ref()].into_iter().flatten();
        let is_unread =
            |evaluation: &&Evaluation<'_>| matches!(evaluation.decided_by(), DecidedBy::Unknown(Unknown::Unread));
        evaluations.find(is_unread).map(|evaluation| &evaluation.call().to)
    }

    /// Returns true if the call is let through, to the callee or to another number.
    pub fn lets_through(&self) -> bool {
        !matches!(self.answer(), Err(_) | Ok(Answer::Reject { .. }))
    }

    /// Returns true if the call is rejected for any number of attempts. The attempts could only change the rule that rejects.
    pub fn is_rejected_for_any_attempts(&self) -> bool {
        let mut evaluations = [Some(&self.asked), self.screening.as_ref()].into_iter().flatten();
        matches!(self.answer(), Ok(Answer::Reject { .. })) && evaluations.all(Evaluation::caps_only_reject)
    }

    /// Returns the counters of shadow rules with caps, which only the report needs.
    pub fn watched(&self) -> &[Counter] {
        self.dialled().watched()
    }

    /// Returns true if only shadow rules use a counter.
    pub fn is_shadow_only(&self, counter: &Counter) -> bool {
        let mut evaluations = [Some(&self.asked), self.screening.as_ref()].into_iter().flatten();
        evaluations.all(|evaluation| evaluation.is_shadow_only(counter))
    }

    /// Returns the counters that must be checked, or must count the call, before the host gives the answer.
    ///
    /// Check all limits and count the call in one step, so that two calls at the same time cannot both take the last place. If
    /// a counter is full, evaluate again with its attempts:
    ///
    /// ```
    /// use precall::frequency_cap::Counter;
    /// use precall::jiff::Timestamp;
    /// use precall::{Answer, Attempts, Call, Number, RuleSet, Unknown};
    /// use std::collections::HashMap;
    ///
    /// /// The attempts of each counter, the newest first. A real host keeps them in a store that all its instances share.
    /// type Store = HashMap<Counter, Vec<Timestamp>>;
    ///
    /// fn answer(rules: &RuleSet, call: &Call, store: &mut Store) -> Result<Answer, String> {
    ///     let mut attempts = Attempts::none();
    ///     loop {
    ///         let decision = rules.evaluate(call, &attempts);
    ///         let answer = decision.answer().map_err(|unknown| unknown.to_string())?;
    ///         let reservations = decision.reservations();
    ///         let counted = |counter: &Counter| store.get(counter).cloned().unwrap_or_default();
    ///         let full: Vec<_> = reservations
    ///             .iter()
    ///             .filter(|wanted| !attempts.has(&wanted.counter))
    ///             .map(|wanted| (wanted, counted(&wanted.counter)))
    ///             .filter(|(wanted, made)| wanted.limits.iter().any(|limit| limit.is_full(made, call.at)))
    ///             .map(|(wanted, made)| (wanted.counter.clone(), made))
    ///             .collect();
    ///         if full.is_empty() {
    ///             for counting in reservations.into_iter().filter(|wanted| wanted.record) {
    ///                 store.entry(counting.counter).or_default().insert(0, call.at);
    ///             }
    ///             return Ok(answer);
    ///         }
    ///         attempts.extend(full.into_iter().collect());
    ///     }
    /// }
    ///
    /// let item = serde_json::json!({ "number": "*", "rule": "cap", "status": "REJECT", "max_calls": 1, "per": "24h" });
    /// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
    /// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
    /// let mut store = Store::new();
    /// assert_eq!(answer(&rules, &call, &mut store), Ok(Answer::Proceed));
    /// assert!(matches!(answer(&rules, &call, &mut store), Ok(Answer::Reject { .. })));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn reservations(&self) -> Vec<Reservation> {
        let lets_through = self.lets_through();
        let mut by_counter: BTreeMap<&Counter, Reservation> = BTreeMap::new();
        // The counters of the dialled number count the call. Those of the original callee are only checked.
        let asked = self.screening.is_some().then_some((&self.asked, false));
        for (evaluation, records) in asked.into_iter().chain([(self.dialled(), lets_through)]) {
            for reservation in evaluation.reservations() {
                let record = reservation.record && records;
                if !record && reservation.limits.is_empty() {
                    continue;
                }
                let merged = by_counter.entry(&reservation.counter).or_insert_with(|| Reservation {
                    limits: Vec::new(),
                    record: false,
                    ..reservation.clone()
                });
                for limit in &reservation.limits {
                    if !merged.limits.contains(limit) {
                        merged.limits.push(*limit);
                    }
                }
                merged.record |= record;
                merged.keep = merged.keep.covering(reservation.keep);
            }
        }
        by_counter.into_values().collect()
    }
}
