//! Decides calls by the rules of a store. The rules under `*` are read once; those of a caller once per thread.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use precall::frequency_cap::Counter;
use precall::rule::{Version, WILDCARD};
use precall::{Attempts, Call, Number, Partition, RuleSet};
use precall_hook::decision_service::NeededData;
use precall_hook::settings::Settings;
use precall_hook::store::{AttemptsTable, item};
use tokio::runtime::Handle;

use super::call_template::CallTemplate;
use super::lead::Lead;
use super::lead_decision::{CallStep, LeadDecision};
use super::service_reader::ServiceReader;
use crate::dynamodb::direct_read::DirectReader;
use crate::dynamodb::items;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;

/// The greatest number of callers whose rules a thread keeps.
const MAX_CALLERS: usize = 4_096;

/// The place from which the rules of numbers are read.
#[derive(Debug, Clone)]
pub enum LeadRules {
    /// All rules, in memory.
    Memory { partitions: Arc<HashMap<String, Arc<Partition>>>, attempts: AttemptsTable },
    /// The file of an embedded database.
    Database { file: PathBuf, rules: String, attempts: String },
    /// A table of DynamoDB.
    Service(ServiceReader),
}

impl LeadRules {
    /// Returns the rules of a store. Those that are only in memory are read at once.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub async fn of(opened: &OpenedStore, settings: &Settings) -> Result<Self, Failure> {
        let attempts = opened.attempts(settings);
        let Some(embedded) = &opened.embedded else {
            return Ok(Self::Service(ServiceReader::new(opened.store.clone(), attempts)));
        };
        if let Some(file) = embedded.database().db_path()?.filter(|file| !file.is_empty()) {
            let (rules, attempts) = (settings.rules_table.clone(), settings.attempts_table.clone());
            return Ok(Self::Database { file: file.into(), rules, attempts });
        }
        let mut by_number: HashMap<String, Vec<precall::rule::Item>> = HashMap::new();
        items::scan(&opened.store, 1, |found| {
            by_number.entry(items::key(&found).number).or_default().push(item(found));
            Ok(())
        })
        .await?;
        let partition = |items: Vec<_>| Arc::new(Partition::from_items(&items));
        let partitions = by_number.into_iter().map(|(number, items)| (number, partition(items))).collect();
        Ok(Self::Memory { partitions: Arc::new(partitions), attempts })
    }

    /// Returns the read units that DynamoDB has reported; `None` if the rules are not in DynamoDB.
    pub fn read_units(&self) -> Option<f64> {
        if let Self::Service(service) = self { Some(service.read_units()) } else { None }
    }

    fn reader(&self) -> Result<PartitionReader, Failure> {
        Ok(match self {
            Self::Memory { partitions, attempts } => {
                PartitionReader::Memory { partitions: Arc::clone(partitions), attempts: attempts.clone() }
            }
            Self::Database { file, rules, attempts } => {
                PartitionReader::Database(Box::new(DirectReader::open(file, rules, attempts)?))
            }
            Self::Service(service) => PartitionReader::Service(service.clone()),
        })
    }
}

/// Reads the rules and attempts of calls for one thread.
enum PartitionReader {
    Memory { partitions: Arc<HashMap<String, Arc<Partition>>>, attempts: AttemptsTable },
    Database(Box<DirectReader>),
    Service(ServiceReader),
}

impl PartitionReader {
    fn partition(&self, number: &str, runtime: &Handle) -> Result<Arc<Partition>, Failure> {
        Ok(match self {
            Self::Memory { partitions, .. } => partitions.get(number).cloned().unwrap_or_default(),
            Self::Database(database) => {
                let items = database.items(number)?;
                if items.is_empty() { Arc::default() } else { Arc::new(Partition::from_items(&items)) }
            }
            Self::Service(service) => runtime.block_on(service.partition(number))?,
        })
    }

    fn attempts(&self, counters: &[Counter], runtime: &Handle) -> Result<Attempts, Failure> {
        match self {
            Self::Memory { attempts, .. } => Ok(runtime.block_on(attempts.read(counters))?),
            Self::Database(database) => {
                counters.iter().map(|counter| Ok((counter.clone(), database.attempts(counter)?))).collect()
            }
            Self::Service(service) => Ok(runtime.block_on(service.attempts(counters))?),
        }
    }
}

/// Decides calls on one thread.
pub struct Decider {
    template: Arc<CallTemplate>,
    reader: PartitionReader,
    runtime: Handle,
    wildcard: Arc<Partition>,
    callers: HashMap<Number, Arc<Partition>>,
}

impl Decider {
    /// Returns a decider, and reads the rules under `*`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn new(rules: &LeadRules, template: Arc<CallTemplate>, runtime: Handle) -> Result<Self, Failure> {
        let reader = rules.reader()?;
        let wildcard = reader.partition(WILDCARD, &runtime)?;
        Ok(Self { template, reader, runtime, wildcard, callers: HashMap::new() })
    }

    /// Returns the revisions of the rules under `*` and under some callers.
    ///
    /// # Errors
    /// When the callers' rules cannot be read.
    pub fn revisions(&mut self, caller: Option<&Number>) -> Result<Vec<Option<Version>>, Failure> {
        let caller = caller.map(|caller| self.caller(caller)).transpose()?;
        Ok([Some(Arc::clone(&self.wildcard)), caller].into_iter().flatten().map(|rules| rules.revision()).collect())
    }

    /// Decides the calls to some leads, in their order.
    ///
    /// # Errors
    /// When the rules or attempts cannot be read.
    pub fn decide(&mut self, leads: &[&Lead]) -> Result<Vec<LeadDecision>, Failure> {
        if let PartitionReader::Service(service) = &self.reader {
            let service = service.clone();
            let calls = leads.iter().map(|lead| self.call_and_rules(lead)).collect::<Result<Vec<_>, _>>()?;
            let template = Arc::clone(&self.template);
            return self.runtime.block_on(service.decide(calls, template));
        }
        // Numbers that are next to each other are on the same page of the database.
        let mut order: Vec<usize> = (0..leads.len()).collect();
        order.sort_by_key(|index| leads.get(*index).and_then(|lead| lead.to.as_ref().ok()));
        let mut decisions = vec![LeadDecision::default(); leads.len()];
        for index in order {
            if let (Some(lead), Some(decision)) = (leads.get(index), decisions.get_mut(index)) {
                *decision = self.decide_one(lead)?;
            }
        }
        Ok(decisions)
    }

    fn decide_one(&mut self, lead: &Lead) -> Result<LeadDecision, Failure> {
        let (call, mut rules) = match self.call_and_rules(lead)? {
            Ok(call) => call,
            Err(unreadable) => return Ok(unreadable),
        };
        let callee = self.reader.partition(call.to.as_str(), &self.runtime)?;
        rules.add_callee(&call.to, Some(callee));
        let mut pending = match self.template.pending(call, rules) {
            Ok(pending) => pending,
            Err(unreadable) => return Ok(*unreadable),
        };
        loop {
            match pending.step() {
                CallStep::Decided(decision) => return Ok(*decision),
                CallStep::Read(NeededData::Rules(number)) => {
                    let rules = self.reader.partition(number.as_str(), &self.runtime)?;
                    pending.add_rules(&number, rules);
                }
                CallStep::Read(NeededData::Attempts(counters)) => {
                    pending.add_attempts(self.reader.attempts(&counters, &self.runtime)?);
                }
            }
        }
    }

    /// Returns the call to a lead at the instant of the run, and its rules without the callee's.
    fn call_and_rules(&mut self, lead: &Lead) -> Result<Result<(Call, RuleSet), LeadDecision>, Failure> {
        let to = match &lead.to {
            Ok(to) => to.clone(),
            Err(reason) => return Ok(Err(LeadDecision::unreadable(reason.clone()))),
        };
        let caller = lead.from.as_ref().map(|from| self.caller(from)).transpose()?.unwrap_or_default();
        let rules = RuleSet::of_call(Some(Arc::clone(&self.wildcard)), Some(caller))
            .with_default(self.template.default.clone());
        let call =
            Call { from: lead.from.clone(), client: self.template.client.clone(), ..Call::new(to, self.template.now) };
        Ok(Ok((call, rules)))
    }

    fn caller(&mut self, number: &Number) -> Result<Arc<Partition>, Failure> {
        if let Some(rules) = self.callers.get(number) {
            return Ok(Arc::clone(rules));
        }
        if self.callers.len() >= MAX_CALLERS {
            self.callers.clear();
        }
        let rules = self.reader.partition(number.as_str(), &self.runtime)?;
        self.callers.insert(number.clone(), Arc::clone(&rules));
        Ok(rules)
    }
}
