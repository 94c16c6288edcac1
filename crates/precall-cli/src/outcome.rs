//! What became of a judgement, in the words that all commands use.

use std::fmt;
use std::sync::Arc;

use precall::answer::Decision;
use precall::evaluation::context::Context;
use precall::evaluation::evaluate::{Call, Judgement, Ruling};
use precall_hook::decision_service::{Judge, Purpose};
use precall_hook::rule_cache::Lookup;
use precall_hook::settings::Settings;
use precall_hook::store::attempts_table::Attempts;
use precall_hook::store::rules_table::{Store, StoreError};

/// A judge on a store, as the hook has one. Attempts are those of the same store.
pub fn judge(store: &Store, settings: &Arc<Settings>) -> Judge {
    let attempts = Attempts::new(store.client().clone(), &settings.attempts_table);
    judge_with(store, attempts, settings)
}

/// A judge on a store with other attempts.
pub fn judge_with(store: &Store, attempts: Attempts, settings: &Arc<Settings>) -> Judge {
    Judge::new(Lookup::new(store.clone(), Arc::clone(settings)), attempts, settings.default.clone())
}

/// What is decided for a call, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None`: unknown.
    pub decision: Option<Decision>,
    /// The rule that decides.
    pub rule: Option<String>,
    pub because: String,
}

impl Outcome {
    /// Of a judgement. `default` is the answer to a call without a rule.
    pub fn of(judgement: &Judgement<'_>, default: &Decision) -> Self {
        let ruling = judgement.ruling();
        let context = match &judgement.screening {
            Some(screening) if same(ruling, screening.ruling) => &screening.context,
            _ => &judgement.verdict.context,
        };
        Self {
            decision: judgement.decision(default),
            rule: if let Ruling::Rule(rule, _) = ruling { Some(rule.key.rule.clone()) } else { None },
            because: because(ruling, context),
        }
    }

    /// Of a call, as it would be decided; nothing is counted.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub async fn look(judge: &Judge, call: &Call, default: &Decision) -> Result<Self, StoreError> {
        judge.judge(call, Purpose::Look, |judged| Self::of(&judged.judgement, default)).await
    }
}

/// `REJECT 603 by dnc`
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.decision {
            None => write!(f, "UNKNOWN")?,
            Some(Decision::Proceed) => write!(f, "PROCEED")?,
            Some(Decision::Reject { code, .. }) => write!(f, "REJECT {code}")?,
            Some(Decision::ChangeDestination { number }) => write!(f, "CHANGE_DESTINATION {number}")?,
        }
        match (&self.rule, &self.decision) {
            (Some(rule), _) => write!(f, " by {rule}"),
            (None, Some(_)) => write!(f, " by default"),
            (None, None) => Ok(()),
        }
    }
}

/// Whether two rulings are by one and the same item.
pub fn same(a: Ruling<'_>, b: Ruling<'_>) -> bool {
    match (a, b) {
        (Ruling::Rule(a, _), Ruling::Rule(b, _)) => std::ptr::eq(a, b),
        (Ruling::Unknown(a), Ruling::Unknown(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}

fn because(ruling: Ruling<'_>, context: &Context<'_>) -> String {
    match ruling {
        Ruling::Rule(rule, aim) => {
            let because = rule.conditions.because(context);
            let colon = if because.is_empty() { "" } else { ": " };
            format!(
                "rule `{}` under {}, priority {}, aimed at {aim}{colon}{because}",
                rule.key.rule, rule.key.number, rule.priority
            )
        }
        Ruling::NoRule => "no rule is awake, so the default (PRECALL_DEFAULT) applies".to_owned(),
        Ruling::Unknown(item) => format!(
            "rule `{}` of this callee is invalid, so PRECALL_ON_ERROR applies: {}",
            item.key.rule,
            item.reasons.join("; ")
        ),
    }
}
