//! From a call to its judgement: reads the rules, screens a redirect, asks the counters of caps. All that
//! is decided is decided by [`precall::evaluation::evaluate`]; this only fetches what that needs, and as little as can be.

use std::sync::Arc;

use crate::rule_cache::{Found, Lookup};
use crate::store::attempts_table::{Attempts, Outcome};
use crate::store::rules_table::{Cause, StoreError, Table};
use precall::answer::Decision;
use precall::evaluation::evaluate::{Call, Judgement, decide};
use precall::frequency_cap::{Claim, Counter, History};
use precall::number::Number;

/// How often the counters may turn out to be full when they were not thought to be. Once is usual; each time
/// another rule decides, or another target. What is read besides is read once each.
const MOST_REFUSALS: usize = 5;

/// Judges calls.
#[derive(Debug)]
pub struct Judge {
    lookup: Lookup,
    attempts: Attempts,
    default: Decision,
}

/// What a judgement is for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'p> {
    /// The call is about to be placed: if it is let through, it counts as the attempt of this id.
    Place(&'p str),
    /// Nothing is written.
    Look,
}

/// A judgement, and what it was made from.
#[derive(Debug)]
pub struct Judged<'j> {
    /// What was decided.
    pub judgement: Judgement<'j>,
    /// The rules of the call.
    pub found: &'j Found,
    /// The call to a redirect's target, and its rules.
    pub target: Option<&'j (Call, Found)>,
    /// The attempts that were read.
    pub history: &'j History,
}

/// What is missing before a judgement is final.
enum Missing {
    /// The rules of a redirect's target.
    Target(Number),
    /// Attempts, and whether they can change what is answered.
    Attempts(Vec<Counter>, bool),
    /// That the counters let the call through, and whether they can keep it from being so.
    Claims(Vec<Claim>, bool),
}

impl Judge {
    /// A judge. `default` is the answer to a call without a rule.
    pub fn new(lookup: Lookup, attempts: Attempts, default: Decision) -> Self {
        Self { lookup, attempts, default }
    }

    /// Where rules come from.
    pub fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    /// Judges a call, and hands what came of it to `report`.
    ///
    /// One sequential round trip to the store; one more for the target of a redirect, and one more where a cap
    /// is about the call.
    ///
    /// # Errors
    /// When something that might decide could not be read or counted: the decision is unknown.
    pub async fn judge<T>(
        &self,
        call: &Call,
        purpose: Purpose<'_>,
        report: impl FnOnce(&Judged<'_>) -> T,
    ) -> Result<T, StoreError> {
        let found = self.lookup.find(call).await?;
        let mut targets: Vec<Arc<(Call, Found)>> = Vec::new();
        let mut history = History::new();
        let mut admitted = false;
        let mut refused = 0;
        while refused < MOST_REFUSALS {
            let missing = {
                let verdict = decide(call, &found.rulebook, &history);
                let number = verdict.target();
                let target = number.as_ref().and_then(|number| targets.iter().find(|target| target.0.to == *number));
                let screening = target.map(|target| decide(&target.0, &target.1.rulebook, &history));
                let judgement = Judgement { verdict, screening };
                match (number, target) {
                    (Some(number), None) => Missing::Target(number),
                    (_, target) => {
                        let Some(missing) = self.missing(&judgement, purpose, &history, admitted) else {
                            let target = target.map(|target| &**target);
                            return Ok(report(&Judged { judgement, found: &found, target, history: &history }));
                        };
                        missing
                    }
                }
            };
            match missing {
                Missing::Target(number) => {
                    let target = self.lookup.find_target(call, &found, &number).await?;
                    targets.push(Arc::new((call.redirected_to(number), target)));
                }
                Missing::Attempts(counters, matters) => match self.attempts.read(&counters).await {
                    Ok(read) => history.extend(read),
                    Err(error) if matters => return Err(error),
                    // What is rejected anyway must not be unknown, and so perhaps let through.
                    Err(error) => {
                        tracing::warn!(%error, "attempts could not be read; the answer is the same whatever they are");
                        history.extend(counters.into_iter().map(|counter| (counter, Vec::new())));
                    }
                },
                Missing::Claims(claims, matters) => {
                    let Purpose::Place(id) = purpose else { break };
                    match self.attempts.claim(&claims, call.at, id).await {
                        Ok(Outcome::Admitted) => admitted = true,
                        Ok(Outcome::Full(full)) => {
                            refused += 1;
                            history.extend(full);
                        }
                        Err(error) if matters => return Err(error),
                        Err(error) => {
                            tracing::warn!(%error, "a call could not be counted for a cap on trial");
                            admitted = true;
                        }
                    }
                }
            }
        }
        let detail = "the counters changed too often".to_owned();
        Err(StoreError { table: Table::Attempts, cause: Cause::Throttled, detail })
    }

    fn missing(
        &self,
        judgement: &Judgement<'_>,
        purpose: Purpose<'_>,
        history: &History,
        admitted: bool,
    ) -> Option<Missing> {
        if admitted {
            return None;
        }
        let (claims, lets_through) = judgement.claims(&self.default);
        let places = lets_through && matches!(purpose, Purpose::Place(_));
        // What only watches is read before the call is counted. A call that is to be placed asks for the rest
        // in the same step in which it is counted.
        let limits = claims.iter().filter(|claim| !places && !claim.limits.is_empty()).map(|claim| &claim.counter);
        let mut unread: Vec<Counter> =
            limits.chain(judgement.watched()).filter(|counter| !history.contains_key(*counter)).cloned().collect();
        unread.sort_unstable();
        unread.dedup();
        let on_trial = |counter: &Counter| judgement.is_on_trial(counter);
        match () {
            () if !unread.is_empty() => {
                let matters = !unread.iter().all(on_trial) && !judgement.is_rejected_anyway(&self.default);
                Some(Missing::Attempts(unread, matters))
            }
            () if places && !claims.is_empty() => {
                let matters = !claims.iter().all(|claim| on_trial(&claim.counter));
                Some(Missing::Claims(claims, matters))
            }
            () => None,
        }
    }
}
