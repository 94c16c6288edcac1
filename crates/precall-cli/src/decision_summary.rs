//! A decision in the words that all commands use.

use std::fmt;
use std::sync::Arc;

use precall::{Answer, Call, DecidedBy, Decision};
use precall_hook::decision_service::{DecisionService, Purpose};
use precall_hook::settings::Settings;
use precall_hook::store::{AttemptsTable, RulesTable, StoreError};

use crate::terminal::one_line;

/// Returns a decision service on a store, as the hook has one.
pub fn service(rules: &RulesTable, settings: &Arc<Settings>) -> DecisionService {
    let attempts = AttemptsTable::new(rules.client().clone(), &settings.attempts_table);
    service_with(rules, attempts, settings)
}

/// Returns a decision service with the attempts of another store.
pub fn service_with(rules: &RulesTable, attempts: AttemptsTable, settings: &Arc<Settings>) -> DecisionService {
    DecisionService::new(rules.clone(), attempts, Arc::clone(settings))
}

/// The answer of a decision, the rule that decides, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionSummary {
    /// The answer; `None` if the decision is unknown.
    pub answer: Option<Answer>,
    /// The name of the rule that decides.
    pub rule: Option<String>,
    /// The reason.
    pub because: String,
}

impl DecisionSummary {
    /// Returns the summary of a decision.
    pub fn of(decision: &Decision<'_>) -> Self {
        let decided_by = decision.decided_by();
        let because = match decided_by {
            DecidedBy::Rule(..) => decision.because(),
            DecidedBy::Default => {
                let lifted = decision.describe_lifted().map(|lifted| format!("; {lifted}")).unwrap_or_default();
                format!("no rule applies, so the default (PRECALL_DEFAULT) applies{lifted}")
            }
            DecidedBy::Unknown(_) => format!("{}; PRECALL_ON_ERROR answers", decision.because()),
        };
        Self {
            answer: decision.answer().ok(),
            rule: if let DecidedBy::Rule(rule, _) = decided_by { Some(rule.key.rule.clone()) } else { None },
            because,
        }
    }

    /// Decides a call without counting it.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub async fn look(service: &DecisionService, call: &Call) -> Result<Self, StoreError> {
        service.decide(call, Purpose::Look, |decided| Self::of(&decided.decision)).await
    }
}

/// `REJECT 603 by dnc`
impl fmt::Display for DecisionSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            None => write!(f, "UNKNOWN")?,
            Some(Answer::Proceed) => write!(f, "PROCEED")?,
            Some(Answer::Reject { code, .. }) => write!(f, "REJECT {code}")?,
            Some(Answer::ChangeDestination { number }) => write!(f, "CHANGE_DESTINATION {number}")?,
        }
        match (&self.rule, &self.answer) {
            (Some(rule), _) => write!(f, " by {}", one_line(rule)),
            (None, Some(_)) => write!(f, " by default"),
            (None, None) => Ok(()),
        }
    }
}
