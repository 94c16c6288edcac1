//! The parts of the calls to leads that do not depend on their rows.

use std::sync::Arc;

use jiff::Timestamp;
use precall::{Call, DefaultAnswer, RuleSet};

use super::lead_decision::{LeadDecision, PendingCall};
use crate::call_time::CallTime;
use crate::dynamodb::location::RulesLocation;

/// The parts of each call that do not depend on its row.
#[derive(Debug, Clone)]
pub struct CallTemplate {
    pub client: Option<Arc<str>>,
    /// The instant of the run.
    pub now: Timestamp,
    /// The time of the calls, if it is not the instant of the run.
    pub at: Option<CallTime>,
    /// The answer for calls to which no rule applies.
    pub default: DefaultAnswer,
    /// The place of the rules. Some of them are not known if they are of the past.
    pub location: Arc<RulesLocation>,
}

impl CallTemplate {
    /// Returns a call at its own time, with all its rules.
    ///
    /// # Errors
    /// The time is one of the callee's clock, and the callee may have several.
    pub fn pending(&self, mut call: Call, rules: RuleSet) -> Result<PendingCall, Box<LeadDecision>> {
        if let Some(at) = &self.at {
            call.at = at.instant_by_rules(&call, &rules).map_err(|error| {
                Box::new(LeadDecision {
                    number: Some(call.to.clone()),
                    ..LeadDecision::unreadable(format!("the time of --at: {error}"))
                })
            })?;
        }
        Ok(PendingCall::new(call, rules, Arc::clone(&self.location)))
    }
}
