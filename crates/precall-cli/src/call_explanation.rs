//! The explanation of a decision: everything that `precall check` prints and the page shows.

use std::time::Duration;

use precall::rule::{Entry, Key, parse};
use precall::{Applicability, Call, Decision, Evaluation, Finding, Number};
use precall_hook::decision_service::{DecisionService, Purpose};
use precall_hook::store::{RulesTable, StoreError};
use tokio::task::JoinSet;

use crate::decision_summary::DecisionSummary;
use crate::dynamodb::store::in_time;

/// The explanation of the decision of one call.
#[derive(Debug)]
pub struct CallExplanation {
    /// The call.
    pub call: Call,
    /// The decision.
    pub summary: DecisionSummary,
    /// The evaluation for the callee.
    pub asked: CalleeExplanation,
    /// The evaluation for the target of a redirect.
    pub screening: Option<ScreeningExplanation>,
    /// The items stored under another spelling of the callee's number, which the hook never reads; or the error for which
    /// they could not be read.
    pub misspelt: Result<Vec<Key>, StoreError>,
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
        let misspelt = in_time(limit, misspelt_items(rules, &call.to)).await;
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
        Self { key: finding.entry.key().clone(), priority, state, why }
    }
}

/// Reads the items that are stored under another spelling of the number.
async fn misspelt_items(store: &RulesTable, number: &Number) -> Result<Vec<Key>, StoreError> {
    let mut reads = JoinSet::new();
    for spelling in spellings(number) {
        let store = store.clone();
        reads.spawn(async move { store.items(&spelling).await });
    }
    let mut keys = Vec::new();
    while let Some(read) = reads.join_next().await {
        // No read panics.
        let Ok(items) = read else { continue };
        keys.extend(items?.iter().map(|item| parse(item).key().clone()));
    }
    keys.sort_unstable();
    Ok(keys)
}

/// Returns other spellings of a number that rules spell `+13155550100`.
fn spellings(number: &Number) -> Vec<String> {
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return Vec::new();
    };
    let mut spellings = vec![
        digits.to_owned(),
        format!("'+{digits}"),
        format!(" +{digits}"),
        format!("+{digits} "),
        format!("00{digits}"),
    ];
    let nanp = digits.strip_prefix('1').filter(|rest| rest.len() == 10);
    if let Some((area, exchange, line)) = nanp.and_then(|rest| Some((rest.get(..3)?, rest.get(3..6)?, rest.get(6..)?)))
    {
        spellings.extend([
            format!("{area}{exchange}{line}"),
            format!("({area}) {exchange}-{line}"),
            format!("{area}-{exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
            format!("{area} {exchange} {line}"),
            format!("1-{area}-{exchange}-{line}"),
            format!("+1 {area} {exchange} {line}"),
            format!("+1 {area}-{exchange}-{line}"),
            format!("+1-{area}-{exchange}-{line}"),
            format!("+1 ({area}) {exchange}-{line}"),
        ]);
    }
    spellings
}
