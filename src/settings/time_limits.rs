//! The time limits of an answer, and the greatest ages of cached rules.

use std::time::Duration;

use super::environment::Environment;
use super::error::SettingError;

/// The greatest deadline. The vendor waits 10 s ("must respond within 10 seconds"), including the time on the network.
const MAX_DEADLINE: Duration = Duration::from_millis(9_500);

/// The time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBudget {
    /// One TCP and TLS connect. `PRECALL_CONNECT_TIMEOUT_MS`
    pub connect: Duration,
    /// One attempt of one store operation. `PRECALL_ATTEMPT_TIMEOUT_MS`
    pub attempt: Duration,
    /// One store operation with its retries. `PRECALL_OPERATION_TIMEOUT_MS`
    pub operation: Duration,
    /// The whole answer. `PRECALL_DEADLINE_MS`
    pub deadline: Duration,
    /// The time for which a call waits longer for fresh wildcard and caller rules than for the callee's, if older ones are
    /// cached. `PRECALL_REFRESH_WAIT_MS`
    pub refresh_wait: Duration,
}

/// The greatest ages of cached rules. The callee's rules are never cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheAges {
    /// The age up to which rules are used as they are. `PRECALL_RULES_FRESH_MS`
    pub fresh: Duration,
    /// The age up to which rules are used if fresher ones cannot be read. `PRECALL_RULES_KEEP_MS`
    pub keep: Duration,
}

impl TimeBudget {
    pub(super) fn read(env: &Environment) -> Result<Self, SettingError> {
        let budget = Self {
            connect: env.milliseconds("PRECALL_CONNECT_TIMEOUT_MS", 500)?,
            attempt: env.milliseconds("PRECALL_ATTEMPT_TIMEOUT_MS", 700)?,
            operation: env.milliseconds("PRECALL_OPERATION_TIMEOUT_MS", 2_000)?,
            deadline: env.milliseconds("PRECALL_DEADLINE_MS", 2_500)?,
            refresh_wait: env.milliseconds("PRECALL_REFRESH_WAIT_MS", 250)?,
        };
        if budget.deadline > MAX_DEADLINE {
            return Err(SettingError {
                name: "PRECALL_DEADLINE_MS".into(),
                problem: format!(
                    "more than {} ms; the vendor's box stops waiting after 10 s",
                    MAX_DEADLINE.as_millis()
                ),
            });
        }
        let steps = [
            ("PRECALL_CONNECT_TIMEOUT_MS", budget.connect, "PRECALL_ATTEMPT_TIMEOUT_MS", budget.attempt),
            ("PRECALL_ATTEMPT_TIMEOUT_MS", budget.attempt, "PRECALL_OPERATION_TIMEOUT_MS", budget.operation),
            ("PRECALL_OPERATION_TIMEOUT_MS", budget.operation, "PRECALL_DEADLINE_MS", budget.deadline),
            ("PRECALL_REFRESH_WAIT_MS", budget.refresh_wait, "PRECALL_DEADLINE_MS", budget.deadline),
        ];
        match steps.into_iter().find(|(_, inner, _, outer)| inner > outer) {
            Some((name, inner, outer_name, outer)) => Err(SettingError {
                name: name.into(),
                problem: format!(
                    "{} ms is more than the {} ms of {outer_name}, which it is part of",
                    inner.as_millis(),
                    outer.as_millis()
                ),
            }),
            None => Ok(budget),
        }
    }
}

impl CacheAges {
    pub(super) fn read(env: &Environment) -> Result<Self, SettingError> {
        let ages = Self {
            fresh: env.milliseconds("PRECALL_RULES_FRESH_MS", 5_000)?,
            keep: env.milliseconds("PRECALL_RULES_KEEP_MS", 3_600_000)?,
        };
        if ages.fresh > ages.keep {
            return Err(SettingError {
                name: "PRECALL_RULES_FRESH_MS".into(),
                problem: "more than PRECALL_RULES_KEEP_MS".to_owned(),
            });
        }
        Ok(ages)
    }
}
