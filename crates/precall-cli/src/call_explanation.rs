//! The explanation of a decision: everything that `precall check` prints and the page shows.

use std::time::Duration;

use jiff::Timestamp;
use precall::rule::{Entry, Key};
use precall::{Applicability, Call, Decision, Evaluation, Finding, Number};
use precall_hook::decision_service::{DecisionService, Purpose};
use precall_hook::store::{RulesTable, StoreError};

use crate::decision_summary::DecisionSummary;
use crate::dynamodb::store::in_time;
use crate::hours_enforcement::LawEnforcement;
use crate::misspelt_items::{self, MisspeltItem};
use crate::rule_row::RuleInWords;
use crate::rules_read::RulesRead;

/// The explanation of the decision of one call.
#[derive(Debug)]
pub struct CallExplanation {
    /// The call.
    pub call: Call,
    /// The decision.
    pub summary: DecisionSummary,
    /// The first instant at which the call would be let through, if calling hours, a clock condition or a cap rejects it.
    pub next_open: Option<Timestamp>,
    /// The versions of the rules, and the copies of lists.
    pub read: RulesRead,
    /// The evaluation for the callee.
    pub asked: CalleeExplanation,
    /// The evaluation for the target of a redirect.
    pub screening: Option<ScreeningExplanation>,
    /// The items stored under another spelling of a number of the call or of `*`, which the hook never reads; or the error for
    /// which they could not be read.
    pub misspelt: Result<Vec<MisspeltItem>, StoreError>,
}

/// The explanation of the rules for one callee.
#[derive(Debug)]
pub struct CalleeExplanation {
    /// The callee's place.
    pub place: String,
    /// The callee's clocks.
    pub clocks: String,
    /// The date of the calling-hours table.
    pub hours_data: String,
    /// The rules that enforce the laws that apply to the call.
    pub enforcement: Vec<LawEnforcement>,
    /// The items.
    pub rows: Vec<FindingRow>,
}

/// The explanation of the rules for the target of a redirect.
#[derive(Debug)]
pub struct ScreeningExplanation {
    /// The name of the rule that redirects the call.
    pub redirected_by: String,
    /// The target.
    pub to: Number,
    /// The evaluation for the target.
    pub callee: CalleeExplanation,
}

/// The row of one item: its relation to the call.
#[derive(Debug)]
pub struct FindingRow {
    /// The key of the item.
    pub key: Key,
    /// The priority; `?` if it could not be read, empty for a fact.
    pub priority: String,
    /// The relation of the item to the call.
    pub state: RuleState,
    /// The reason.
    pub why: String,
    /// The sentence about the item; `None` if it is invalid.
    pub words: Option<RuleInWords>,
}

/// The relation of an item to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// The rule decides.
    Decides,
    /// The rule applies, and another decides.
    Outranked,
    /// The rule is a shadow rule and applies.
    Shadow,
    /// A condition is not met.
    DoesNotApply,
    /// The item is a fact, and counts.
    Fact,
    /// The item could not be read.
    Invalid,
}

impl RuleState {
    /// Returns the state as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Decides => "decides",
            Self::Outranked => "outranked",
            Self::Shadow => "shadow",
            Self::DoesNotApply => "does not apply",
            Self::Fact => "fact",
            Self::Invalid => "invalid",
        }
    }
}

impl CallExplanation {
    /// Decides a call without counting it, and explains the decision. `limit` is for the items under other spellings of the
    /// callee; the service has a time limit of its own.
    ///
    /// # Errors
    /// If the rules cannot be read.
    pub async fn of(
        service: &DecisionService,
        rules: &RulesTable,
        call: &Call,
        limit: Duration,
    ) -> Result<Self, StoreError> {
        let deciding = service.decide(call, Purpose::Look, |decided| Self::new(call, &decided.decision));
        // On the heap: the future is large, and several commands contain it.
        let explained = Box::pin(deciding).await?;
        // The hook does not read these items, so they do not affect the decision.
        let misspelt = in_time(limit, misspelt_items::of_call(rules, call)).await;
        Ok(Self { misspelt, ..explained })
    }

    fn new(call: &Call, decision: &Decision<'_>) -> Self {
        let screening =
            decision.screening().zip(decision.redirected_by()).map(|(screening, rule)| ScreeningExplanation {
                redirected_by: rule.key.rule.clone(),
                to: screening.call().to.clone(),
                callee: CalleeExplanation::new(screening),
            });
        Self {
            call: call.clone(),
            summary: DecisionSummary::of(decision),
            next_open: decision.next_open(),
            read: RulesRead::of(decision),
            asked: CalleeExplanation::new(decision.asked()),
            screening,
            misspelt: Ok(Vec::new()),
        }
    }
}

impl CalleeExplanation {
    fn new(evaluation: &Evaluation<'_>) -> Self {
        let clocks: Vec<String> = evaluation.clocks().iter().map(ToString::to_string).collect();
        let date = evaluation.calling_hours().data_date();
        Self {
            place: evaluation.describe_place(),
            clocks: clocks.join(", "),
            enforcement: LawEnforcement::of_call(evaluation, true),
            hours_data: date.map_or_else(|| "no known date".to_owned(), |date| date.to_string()),
            rows: evaluation.findings().into_iter().map(FindingRow::new).collect(),
        }
    }
}

impl FindingRow {
    fn new(finding: Finding<'_>) -> Self {
        let state = match finding.applicability {
            _ if finding.decides => RuleState::Decides,
            Applicability::Applies(_) => RuleState::Outranked,
            Applicability::AppliesAsShadow(_) => RuleState::Shadow,
            Applicability::DoesNotApply(_) => RuleState::DoesNotApply,
            Applicability::Fact(_) => RuleState::Fact,
            Applicability::Invalid => RuleState::Invalid,
        };
        let mut why = finding.why;
        let priority = match finding.entry {
            Entry::Rule(rule) => {
                if !rule.repairs.is_empty() {
                    why = format!("{why}; repaired: {}", rule.repairs.join("; "));
                }
                rule.priority.to_string()
            }
            Entry::Fact(_) => String::new(),
            Entry::Invalid(item) => {
                if item.last_good.is_some() {
                    why = format!("{why}; this process uses its last version that could be read");
                }
                item.priority.map_or_else(|| "?".to_owned(), |priority| priority.to_string())
            }
        };
        let words = RuleInWords::of(finding.entry);
        Self { key: finding.entry.key().clone(), priority, state, why, words }
    }
}
