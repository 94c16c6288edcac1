//! Evaluates the conditions of a rule for a call.

use jiff::Timestamp;

use super::context::CallContext;
use super::exemptions::describe_exemption;
use super::specificity::Specificity;
use crate::call::Call;
use crate::calling_hours::Law;
use crate::frequency_cap::{CountBy, FrequencyCap};
use crate::place::{Certainty, PlacePatterns};
use crate::rule::{
    Clients, Clock, ClockSource, Conditions, Exemption, Fact, Lifetime, NumberMatch, Patterns, Percent, Side,
};

/// The first condition of a rule that is not met.
///
/// ```
/// use precall::{Applicability, Attempts, Call, Number, RuleSet, Unmet};
///
/// let item = serde_json::json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// let findings = decision.asked().findings();
/// assert!(matches!(findings[0].applicability, Applicability::DoesNotApply(Unmet::To(_))));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Unmet<'r> {
    /// `enabled` is false.
    Disabled,
    /// The item's number is on the other side of this call.
    OtherSide(Side),
    /// `to` does not match the callee.
    To(&'r Patterns),
    /// `from` does not match the caller.
    From(&'r Patterns),
    /// The rule is for other clients.
    Client(&'r Clients),
    /// The call is before `starts_at`.
    NotYet(Timestamp),
    /// The call is at or after `expires_at`.
    Expired(Timestamp),
    /// The callee is an emergency or service number, and the rule does not name it.
    Service,
    /// The call is not in the rule's share of calls.
    Percent(Percent),
    /// The callee is not, or may not be, in `places`.
    Places(&'r PlacePatterns),
    /// The clock is not within `dates`, `days` and `hours`.
    Clock(&'r Clock, &'r ClockSource),
    /// The law allows the call.
    Lawful(&'r [Law]),
    /// The cap is not full. The number is that of its calls.
    Cap(&'r FrequencyCap, usize),
    /// The call has been redirected already, and a call is redirected only once.
    Redirected,
    /// An exemption of the callee lifts the rule.
    Lifted(&'r Fact),
    /// A fact about a longer prefix of the callee, or about its number, states where it is.
    LessPrecise,
}

impl Unmet<'_> {
    /// Returns the reason, for a person.
    pub(super) fn describe(&self, context: &CallContext<'_>) -> String {
        match self {
            Self::Disabled => "`enabled` is false".to_owned(),
            Self::OtherSide(Side::From) => "its number is not the caller here (`side` is from)".to_owned(),
            Self::OtherSide(Side::To) => "its number is not the callee here (`side` is to)".to_owned(),
            Self::OtherSide(Side::Any) => "its number is not in this call".to_owned(),
            Self::To(patterns) => format!("`to` is {patterns}: not this callee"),
            Self::From(patterns) => format!("`from` is {patterns}: not this caller"),
            Self::Client(clients) => format!("`clients` is {clients}: not this client"),
            Self::NotYet(start) => format!("starts at {start}"),
            Self::Expired(end) => format!("expired at {end}"),
            Self::Service => {
                let callee = &context.call().to;
                format!(
                    "{callee} is an emergency or service number, which a rule reaches only if it names the number itself"
                )
            }
            Self::Percent(percent) => format!("this pair of numbers is not in its {percent}"),
            Self::Places(places) => format!("`places` is {places}: the callee is {}", context.describe_place()),
            Self::Clock(clock, source) => {
                format!("{}: it is {}", clock.phrase(false), context.describe_clocks(clock, source, false))
            }
            Self::Lawful(laws) => laws.iter().map(|law| context.describe_law(*law)).collect::<Vec<_>>().join("; "),
            Self::Cap(cap, used) => format!("{used} of {cap}"),
            Self::LessPrecise => "another fact states more precisely where the callee is".to_owned(),
            Self::Lifted(exemption) => format!("exempt {}", describe_exemption(exemption)),
            Self::Redirected => "a redirected call is not redirected again".to_owned(),
        }
    }
}

/// Evaluates an item's lifetime.
///
/// # Errors
/// The condition that is not met.
pub(super) fn lifetime(lifetime: &Lifetime, at: Timestamp) -> Result<(), Unmet<'static>> {
    if !lifetime.enabled {
        return Err(Unmet::Disabled);
    }
    if let Some(start) = lifetime.starts_at.filter(|start| at < *start) {
        return Err(Unmet::NotYet(start));
    }
    if let Some(end) = lifetime.expires_at.filter(|end| at >= *end) {
        return Err(Unmet::Expired(end));
    }
    Ok(())
}

/// Evaluates the callers and the clients of an exemption.
///
/// # Errors
/// The condition that is not met.
pub(super) fn exempt_calls<'r>(exemption: &'r Exemption, call: &Call) -> Result<(), Unmet<'r>> {
    if exemption.from.test(call.from.as_ref()).is_none() {
        return Err(Unmet::From(&exemption.from));
    }
    if !exemption.clients.cover(call.client.as_deref()) {
        return Err(Unmet::Client(&exemption.clients));
    }
    Ok(())
}

impl Conditions {
    /// Evaluates all conditions except the cap. Returns how closely the rule is aimed at the call.
    ///
    /// # Errors
    /// The first condition that is not met.
    pub(super) fn evaluate<'r>(
        &'r self,
        rule: &str,
        required: Certainty,
        context: &CallContext<'_>,
    ) -> Result<Specificity, Unmet<'r>> {
        let call = context.call();
        lifetime(&self.lifetime, call.at)?;
        let (to, from) = self.evaluate_numbers(call)?;
        if !self.clients.cover(call.client.as_deref()) {
            return Err(Unmet::Client(&self.clients));
        }
        // Only a rule that lets every call through reaches an emergency number without its name.
        let is_out_of_reach = required == Certainty::Possible || self.is_about_place_or_time();
        if to != NumberMatch::Exact && is_out_of_reach && context.is_service() {
            return Err(Unmet::Service);
        }
        if let Some(percent) = self.percent.filter(|percent| !percent.covers(rule, call)) {
            return Err(Unmet::Percent(percent));
        }
        if let Some(places) = &self.places
            && places.test(&context.callee().place).is_none_or(|certainty| certainty < required)
        {
            return Err(Unmet::Places(places));
        }
        if !self.clock.is_always() && !context.is_clock_met(&self.clock, &self.timezone, required) {
            return Err(Unmet::Clock(&self.clock, &self.timezone));
        }
        if !self.calling_hours.is_empty() && self.calling_hours.iter().all(|law| context.is_lawful(*law)) {
            return Err(Unmet::Lawful(&self.calling_hours));
        }
        Ok(Specificity::new(to, from))
    }

    /// Returns how closely the rule is aimed at the call, if the conditions that no time and no place changes are met:
    /// numbers, clients and the share of calls.
    pub(super) fn aim_at_any_time(&self, rule: &str, call: &Call) -> Option<Specificity> {
        let (to, from) = self.evaluate_numbers(call).ok()?;
        let is_met =
            self.clients.cover(call.client.as_deref()) && self.percent.is_none_or(|percent| percent.covers(rule, call));
        is_met.then(|| Specificity::new(to, from))
    }

    /// Evaluates `number`, `to` and `from`.
    fn evaluate_numbers(&self, call: &Call) -> Result<(NumberMatch, NumberMatch), Unmet<'_>> {
        let (mut to, mut from) = (NumberMatch::Any, NumberMatch::Any);
        if let Some((side, _)) = &self.number {
            let (is_callee, is_caller) = self.sides(call);
            if !is_callee && !is_caller {
                return Err(Unmet::OtherSide(*side));
            }
            if is_callee {
                to = NumberMatch::Exact;
            }
            if is_caller {
                from = NumberMatch::Exact;
            }
        }
        to = to.max(self.to.test(Some(&call.to)).ok_or(Unmet::To(&self.to))?);
        from = from.max(self.from.test(call.from.as_ref()).ok_or(Unmet::From(&self.from))?);
        Ok((to, from))
    }

    /// Returns true if a call that is let through counts for the cap: the conditions on the sides of the call by which the cap
    /// counts are met. The other conditions determine when the rule applies, not which calls count.
    pub(super) fn counts(&self, cap: &FrequencyCap, context: &CallContext<'_>) -> bool {
        let call = context.call();
        let (is_callee, is_caller) = self.sides(call);
        if !self.lifetime.contains(call.at) || self.number.is_some() && !is_callee && !is_caller {
            return false;
        }
        let by_caller = cap.count_by != CountBy::Callee;
        if by_caller && self.from.test(call.from.as_ref()).is_none() {
            return false;
        }
        let by_callee = cap.count_by != CountBy::Caller;
        let is_elsewhere = |places: &PlacePatterns| places.test(&context.callee().place).is_none();
        if by_callee && (self.to.test(Some(&call.to)).is_none() || self.places.as_ref().is_some_and(is_elsewhere)) {
            return false;
        }
        let is_named = || is_callee || self.to.test(Some(&call.to)) == Some(NumberMatch::Exact);
        !context.is_service() || is_named()
    }

    /// Returns two flags, for the callee and for the caller: true if the item's number is on that side of the call.
    fn sides(&self, call: &Call) -> (bool, bool) {
        let Some((side, number)) = &self.number else { return (false, false) };
        (*side != Side::From && *number == call.to, *side != Side::To && call.from.as_ref() == Some(number))
    }

    /// Returns the conditions about place, time and counting that make a rule apply, as text for a person. It is empty if the
    /// rule has no such condition.
    pub(super) fn describe_met(&self, context: &CallContext<'_>) -> String {
        let mut parts = Vec::new();
        if let Some(places) = &self.places {
            parts.push(format!("in {places}: the callee is {}", context.describe_place()));
        }
        if !self.clock.is_always() {
            let shown = context.describe_clocks(&self.clock, &self.timezone, true);
            parts.push(format!("{}: it is {shown}", self.clock.phrase(true)));
        }
        for law in self.calling_hours.iter().filter(|law| !context.is_lawful(**law)) {
            parts.push(context.describe_law(*law));
        }
        if let Some(cap) = &self.cap {
            parts.push(format!("{cap} let through already"));
        }
        parts.join("; ")
    }
}
