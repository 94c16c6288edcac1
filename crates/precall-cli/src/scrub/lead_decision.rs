//! The decision of the call to a lead: the parts that become columns.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use precall::{Answer, Attempts, Call, DecidedBy, Decision, Number, Partition, RuleSet};
use precall_hook::decision_service::{NeededData, needed_to_look};

use crate::decision_summary::DecisionSummary;
use crate::dynamodb::location::RulesLocation;
use crate::opening_hour::opening_hour;
use crate::past_answer::unknown_for_call;

/// The decision of a row whose number or time cannot be read.
pub const UNREADABLE: &str = "unreadable";

/// The decision of a row that is not known: an item under the number is invalid, or is not known as it was.
pub const UNKNOWN: &str = "unknown";

/// The decision of the call to a lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadDecision {
    /// The callee; `None` if it cannot be read.
    pub number: Option<Number>,
    /// `PROCEED`, `REJECT`, `CHANGE_DESTINATION`, [`UNKNOWN`] or [`UNREADABLE`].
    pub status: &'static str,
    /// The code of a REJECT.
    pub code: Option<String>,
    /// The reason of a REJECT, or that for which there is no decision.
    pub reason: Option<String>,
    /// The name of the rule that decides.
    pub rule: Option<String>,
    /// The callee's place.
    pub place: String,
    /// The times of the callee's clocks.
    pub local_time: String,
    /// The first instant at which the rejected call would be let through.
    pub next_open: Option<Timestamp>,
    /// The hour of the callee's clock at that instant.
    pub opening_hour: Option<u8>,
    /// The number to which the call is redirected.
    pub redirect_to: Option<String>,
    /// The number of further calls that the caps allow; `None` if no cap counts.
    pub cap_room: Option<usize>,
}

impl LeadDecision {
    /// Returns the decision of a row that cannot be read.
    pub fn unreadable(reason: String) -> Self {
        Self { status: UNREADABLE, reason: Some(reason), ..Self::default() }
    }

    /// Returns true if the row's own number may be called. A call that would be redirected goes to another number.
    pub fn is_callable(&self) -> bool {
        self.status == "PROCEED"
    }

    /// Returns true if there is an answer.
    pub fn is_decided(&self) -> bool {
        !matches!(self.status, UNREADABLE | UNKNOWN)
    }

    fn of(decision: &Decision<'_>, attempts: &Attempts) -> Self {
        let asked = decision.asked();
        let clocks = asked.clocks();
        let summary = DecisionSummary::of(decision);
        let next_open = decision.next_open();
        let zones: Vec<&TimeZone> = decision.dialled().clocks().iter().map(|clock| &clock.zone).collect();
        let (status, code, reason, redirect_to) = match summary.answer {
            Some(Answer::Proceed) => ("PROCEED", None, None, None),
            Some(Answer::Reject { code, reason }) => ("REJECT", Some(code), Some(reason), None),
            Some(Answer::ChangeDestination { number }) => ("CHANGE_DESTINATION", None, None, Some(number.to_string())),
            None => (UNKNOWN, None, Some(summary.because), None),
        };
        Self {
            number: Some(asked.call().to.clone()),
            status,
            code,
            reason,
            rule: summary.rule,
            place: asked.describe_place(),
            local_time: clocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            next_open,
            opening_hour: next_open.and_then(|open| opening_hour(open, zones.into_iter())),
            redirect_to,
            cap_room: cap_room(decision, attempts),
        }
    }
}

/// Returns the number of further calls that the caps of the call allow.
fn cap_room(decision: &Decision<'_>, attempts: &Attempts) -> Option<usize> {
    if matches!(decision.decided_by(), DecidedBy::Rule(rule, _) if rule.conditions.cap.is_some()) {
        return Some(0);
    }
    let at = decision.asked().call().at;
    let reservations = decision.reservations();
    let counted = reservations.iter().filter(|reservation| !decision.is_shadow_only(&reservation.counter));
    let room = counted.flat_map(|reservation| {
        let made = attempts.of(&reservation.counter);
        reservation.limits.iter().map(move |limit| usize::from(limit.max).saturating_sub(limit.used(made, at)))
    });
    room.min()
}

/// A call that is being decided, and the data that was read for it.
#[derive(Debug)]
pub struct PendingCall {
    call: Call,
    rules: RuleSet,
    attempts: Attempts,
    location: Arc<RulesLocation>,
}

/// The next step of a decision.
#[derive(Debug)]
pub enum CallStep {
    Read(NeededData),
    Decided(Box<LeadDecision>),
}

impl PendingCall {
    /// Returns a call with its rules, and the place of the rules.
    pub fn new(call: Call, rules: RuleSet, location: Arc<RulesLocation>) -> Self {
        Self { call, rules, attempts: Attempts::none(), location }
    }

    /// Decides the call, or returns the data that the decision needs.
    pub fn step(&self) -> CallStep {
        let decision = self.rules.evaluate(&self.call, &self.attempts);
        match needed_to_look(&decision, &self.attempts) {
            Some(data) => CallStep::Read(data),
            None => CallStep::Decided(Box::new(self.decided(&decision))),
        }
    }

    /// Returns the decision; an unknown one if some of the call's rules are not known as they were.
    fn decided(&self, decision: &Decision<'_>) -> LeadDecision {
        let target = decision.screening().map(|screening| &screening.call().to);
        match unknown_for_call(&self.location, &self.call, target) {
            Some(unknown) => LeadDecision {
                number: Some(self.call.to.clone()),
                status: UNKNOWN,
                reason: Some(unknown.to_string()),
                ..LeadDecision::default()
            },
            None => LeadDecision::of(decision, &self.attempts),
        }
    }

    /// Adds the rules of a redirect's target.
    pub fn add_rules(&mut self, number: &Number, rules: Arc<Partition>) {
        self.rules.add_callee(number, Some(rules));
    }

    /// Adds attempts that were read.
    pub fn add_attempts(&mut self, attempts: Attempts) {
        self.attempts.extend(attempts);
    }
}
