//! Reads the rules of leads from DynamoDB, many at a time, and counts the read units.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use precall::frequency_cap::Counter;
use precall::{Attempts, Call, Partition, RuleSet};
use precall_hook::decision_service::NeededData;
use precall_hook::store::{AttemptsTable, RulesTable, StoreError, complete, item};
use tokio::task::JoinSet;

use super::call_template::CallTemplate;
use super::lead_decision::{CallStep, LeadDecision};
use crate::failure::Failure;

/// The greatest number of numbers that a thread reads side by side.
const MAX_READS: usize = 32;

/// Read units are counted in tenths, because a read of DynamoDB may use half of one.
const TENTHS: f64 = 10.0;

/// A call and its rules, or the decision of a row that cannot be read.
type CallOrDecision = Result<(Call, RuleSet), LeadDecision>;

/// Reads rules and attempts from DynamoDB.
#[derive(Clone)]
pub struct ServiceReader {
    rules: RulesTable,
    attempts: AttemptsTable,
    /// The read units of the rules table, in tenths.
    units: Arc<AtomicU64>,
}

impl fmt::Debug for ServiceReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceReader").field("rules", &self.rules.name()).finish_non_exhaustive()
    }
}

impl ServiceReader {
    /// Returns a reader of these tables.
    pub fn new(rules: RulesTable, attempts: AttemptsTable) -> Self {
        Self { rules, attempts, units: Arc::default() }
    }

    /// Returns the read units of the rules table that DynamoDB has reported.
    pub fn read_units(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let tenths = self.units.load(Ordering::Relaxed) as f64;
        tenths / TENTHS
    }

    /// Reads the rules under a number, strongly consistent, as the hook does.
    ///
    /// # Errors
    /// When a part of them cannot be read.
    pub async fn partition(&self, number: &str) -> Result<Arc<Partition>, StoreError> {
        let mut items = Vec::new();
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let query = self.rules.client().query().table_name(self.rules.name());
            let page = query
                .key_condition_expression("#number = :number")
                .expression_attribute_names("#number", "number")
                .expression_attribute_values(":number", AttributeValue::S(number.to_owned()))
                .consistent_read(true)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(StoreError::from)?;
            let units = page.consumed_capacity.as_ref().and_then(|used| used.capacity_units).unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small figure above 0")]
            self.units.fetch_add((units * TENTHS).round() as u64, Ordering::Relaxed);
            items.extend(complete(page.items, page.count)?.into_iter().map(item));
            start = page.last_evaluated_key;
            if start.as_ref().is_none_or(HashMap::is_empty) {
                return Ok(Arc::new(Partition::from_items(&items)));
            }
        }
    }

    /// Reads the attempts of counters.
    ///
    /// # Errors
    /// When one cannot be read.
    pub async fn attempts(&self, counters: &[Counter]) -> Result<Attempts, StoreError> {
        self.attempts.read(counters).await
    }

    /// Decides calls side by side, and returns the decisions in the order of the calls.
    ///
    /// # Errors
    /// When rules or attempts cannot be read.
    pub async fn decide(
        self,
        calls: Vec<CallOrDecision>,
        template: Arc<CallTemplate>,
    ) -> Result<Vec<LeadDecision>, Failure> {
        let mut decisions = vec![LeadDecision::default(); calls.len()];
        let mut running = JoinSet::new();
        for (index, call) in calls.into_iter().enumerate() {
            if running.len() >= MAX_READS {
                keep(&mut decisions, running.join_next().await)?;
            }
            let (reader, template) = (self.clone(), Arc::clone(&template));
            running.spawn(async move { Ok((index, reader.decide_one(call, &template).await?)) });
        }
        while let Some(decided) = running.join_next().await {
            keep(&mut decisions, Some(decided))?;
        }
        Ok(decisions)
    }

    async fn decide_one(&self, call: CallOrDecision, template: &CallTemplate) -> Result<LeadDecision, Failure> {
        let (call, mut rules) = match call {
            Ok(call) => call,
            Err(unreadable) => return Ok(unreadable),
        };
        rules.add_callee(&call.to, Some(self.partition(call.to.as_str()).await?));
        let mut pending = match template.pending(call, rules) {
            Ok(pending) => pending,
            Err(unreadable) => return Ok(*unreadable),
        };
        loop {
            match pending.step() {
                CallStep::Decided(decision) => return Ok(*decision),
                CallStep::Read(NeededData::Rules(number)) => {
                    let rules = self.partition(number.as_str()).await?;
                    pending.add_rules(&number, rules);
                }
                CallStep::Read(NeededData::Attempts(counters)) => pending.add_attempts(self.attempts(&counters).await?),
            }
        }
    }
}

/// The outcome of a task that decides a call: its position and the decision.
type Decided = Result<Result<(usize, LeadDecision), Failure>, tokio::task::JoinError>;

/// Puts a decision at its position.
fn keep(decisions: &mut [LeadDecision], decided: Option<Decided>) -> Result<(), Failure> {
    let Some(decided) = decided else { return Ok(()) };
    let (index, decision) = decided??;
    if let Some(place) = decisions.get_mut(index) {
        *place = decision;
    }
    Ok(())
}
