//! Where redirects lead: into a block, abroad, or to somebody whose hours are over.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use precall::answer::Decision;
use precall::evaluation::evaluate::{Call, Partition, Rulebook, Ruling, decide};
use precall::frequency_cap::History;
use precall::number::Number;
use precall::rule::{Action, Asleep, Clients, Entry, Patterns, Rule, Side, Whose};
use precall_hook::decision_service::Judge;

use super::{Finding, Level, is_unconditional};
use crate::failure::Failure;

/// How often a week is looked at: every half hour, which is as fine as laws are.
const STEP: SignedDuration = SignedDuration::from_mins(30);
const STEPS: i32 = 7 * 48;

/// Premium-rate area code of the NANP.
const PREMIUM: &str = "+1900";

/// Looks at each target in the week from now on.
///
/// # Errors
/// When the rules cannot be read.
pub async fn findings(
    judge: &Judge,
    kept: &BTreeMap<String, Vec<Entry>>,
    now: Timestamp,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut weeks: HashMap<Number, Week> = HashMap::new();
    let entries = kept.values().flatten();
    for rule in entries.filter_map(|entry| if let Entry::Valid(rule) = entry { Some(rule) } else { None }) {
        let Action::Redirect(targets) = &rule.action else { continue };
        if rule.shadow || rule.conditions.lifetime.test(now).is_err_and(|asleep| !matches!(asleep, Asleep::NotYet(_))) {
            continue;
        }
        let targets: BTreeSet<&Number> = targets.numbers().collect();
        for target in targets {
            findings.extend(place(rule, target));
            if !weeks.contains_key(target) {
                weeks.insert(target.clone(), week_of(judge, target, now).await?);
            }
            if let Some(week) = weeks.get(target).filter(|week| week.iter().any(|(_, by)| by.is_some())) {
                findings.extend(meets(judge, rule, target, week).await?);
            }
        }
    }
    Ok(findings)
}

/// Whether a rule is about a caller, a client or a share of calls, so that it holds for one call and not for another at
/// the same instant.
fn is_choosy(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    matches!(conditions.number, Some((Side::From, _)))
        || conditions.from != Patterns::default()
        || conditions.clients != Clients::default()
        || conditions.percent.is_some()
        || matches!(conditions.timezone, Whose::Caller)
}

/// Rules without the choosy ones, and the highest priority of those of them that let calls through.
fn for_all_callers(rulebook: &Rulebook) -> (Rulebook, Option<i64>) {
    let mut exception = None;
    let mut kept = |partition: &Partition| -> Arc<Partition> {
        let keep = |entry: &&Entry| match entry {
            Entry::Valid(rule) if is_choosy(rule) => {
                if !rule.shadow && !matches!(rule.action, Action::Reject { .. }) {
                    exception = exception.max(Some(rule.priority));
                }
                false
            }
            _ => true,
        };
        Arc::new(partition.iter().filter(keep).cloned().collect())
    };
    let rulebook = Rulebook { callee: kept(&rulebook.callee), caller: Arc::default(), any: kept(&rulebook.any) };
    (rulebook, exception)
}

/// By what a number is rejected whoever calls, at each step of a week.
type Week = Vec<(Timestamp, Option<String>)>;

async fn week_of(judge: &Judge, target: &Number, now: Timestamp) -> Result<Week, Failure> {
    let call = Call { from: None, to: target.clone(), client: None, at: now, redirected: true };
    let found = judge.lookup().find(&call).await?;
    let (rulebook, exception) = for_all_callers(&found.rulebook);
    let mut week = Week::new();
    for step in 0..STEPS {
        let call = Call { at: now + STEP * step, ..call.clone() };
        let verdict = decide(&call, &rulebook, &History::new());
        let by = match (verdict.ruling, verdict.decision()) {
            (Ruling::Rule(by, _), Some(Decision::Reject { .. }))
                if exception.is_none_or(|other| other < by.priority) =>
            {
                Some(format!("rule `{}`", by.key.rule))
            }
            (Ruling::Unknown(by), _) => Some(format!("the invalid rule `{}`", by.key.rule)),
            _ => None,
        };
        week.push((call.at, by));
    }
    Ok(week)
}

fn country(number: &str) -> &str {
    if number.starts_with("+1") { "+1" } else { number.get(..3).unwrap_or(number) }
}

fn place(rule: &Rule, target: &Number) -> Option<Finding> {
    let say = |what: String| Some(Finding::new(Level::Warning, &rule.key, what, "see that this is meant; it costs"));
    if target.as_str().starts_with(PREMIUM) {
        return say(format!("it sends calls to {target}, a premium-rate number"));
    }
    let (_, number) = rule.conditions.number.as_ref()?;
    (country(number.as_str()) != country(target.as_str()))
        .then(|| say(format!("it sends calls to {target}, in another country than {number}")))
        .flatten()
}

/// When in the week the target is rejected while the rule itself decides.
async fn meets(judge: &Judge, rule: &Rule, target: &Number, week: &Week) -> Result<Option<Finding>, Failure> {
    // Of a rule about many calls nobody knows which ones come; it is taken to decide at all times.
    let own = match &rule.conditions.number {
        Some((Side::To | Side::Any, number)) if !is_unconditional(&rule.conditions) => {
            let call =
                Call { from: None, to: number.clone(), client: None, at: Timestamp::UNIX_EPOCH, redirected: false };
            let found = judge.lookup().find(&call).await?;
            Some((call, found))
        }
        _ => None,
    };
    let decides = |at: Timestamp| {
        own.as_ref().is_none_or(|(call, found)| {
            let call = Call { at, ..call.clone() };
            let ruling = decide(&call, &found.rulebook, &History::new()).ruling;
            matches!(ruling, Ruling::Rule(winner, _) if winner.key == rule.key)
        })
    };
    let awake: Vec<_> = week.iter().filter(|(at, _)| decides(*at)).collect();
    let rejected: Vec<_> = awake.iter().filter_map(|(at, by)| Some((at, by.as_ref()?))).collect();
    let Some((first, by)) = rejected.first() else { return Ok(None) };
    Ok(Some(if rejected.len() == awake.len() {
        Finding::new(
            Level::Error,
            &rule.key,
            format!(
                "it sends calls to {target}, which {by} rejects at all times of the week to come at which this rule decides"
            ),
            "name another number, or take the target off that rule",
        )
    } else {
        Finding::new(
            Level::Note,
            &rule.key,
            format!(
                "it sends calls to {target}, which {by} rejects for {} of the {} hours of a week in which this rule \
                 decides, next at {first}",
                rejected.len() / 2,
                awake.len() / 2
            ),
            "calls of these hours are rejected",
        )
    }))
}
