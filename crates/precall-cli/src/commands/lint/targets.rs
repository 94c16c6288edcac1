//! Where redirects lead: into a block, abroad, or to somebody whose hours are over.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use precall::rule::{Action, Clients, ClockSource, Entry, Lifetime, Patterns, Rule, Side};
use precall::{Attempts, Call, DecidedBy, Number, Partition, RuleSet, Unknown};
use precall_hook::decision_service::DecisionService;

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
    service: &DecisionService,
    kept: &BTreeMap<String, Vec<Entry>>,
    now: Timestamp,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut weeks: HashMap<Number, Week> = HashMap::new();
    let entries = kept.values().flatten();
    for rule in entries.filter_map(|entry| if let Entry::Rule(rule) = entry { Some(rule) } else { None }) {
        let Action::Redirect(targets) = &rule.action else { continue };
        if rule.shadow || is_over(&rule.conditions.lifetime, now) {
            continue;
        }
        let targets: BTreeSet<&Number> = targets.numbers().collect();
        for target in targets {
            findings.extend(place(rule, target));
            if !weeks.contains_key(target) {
                weeks.insert(target.clone(), week_of(service, target, now).await?);
            }
            if let Some(week) = weeks.get(target).filter(|week| week.iter().any(|(_, by)| by.is_some())) {
                findings.extend(meets(service, rule, target, week).await?);
            }
        }
    }
    Ok(findings)
}

/// Returns true if a rule is switched off or has expired.
fn is_over(lifetime: &Lifetime, now: Timestamp) -> bool {
    !lifetime.enabled || lifetime.expires_at.is_some_and(|end| end <= now)
}

/// Whether a rule is about a caller, a client or a share of calls, so that it holds for one call and not for another at
/// the same instant.
fn is_choosy(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    matches!(conditions.number, Some((Side::From, _)))
        || conditions.from != Patterns::default()
        || conditions.clients != Clients::default()
        || conditions.percent.is_some()
        || matches!(conditions.timezone, ClockSource::Caller)
}

/// Rules without the choosy ones, and the highest priority of those of them that let calls through.
fn for_all_callers(rules: &RuleSet, target: &Number) -> (RuleSet, Option<i64>) {
    let mut exception = None;
    let mut kept = |partition: &Partition| -> Arc<Partition> {
        let keep = |entry: &&Entry| match entry {
            Entry::Rule(rule) if is_choosy(rule) => {
                if !rule.shadow && !matches!(rule.action, Action::Reject { .. }) {
                    exception = exception.max(Some(rule.priority));
                }
                false
            }
            _ => true,
        };
        Arc::new(partition.entries().iter().filter(keep).cloned().collect())
    };
    let callee = rules.callee(target).map(&mut kept).unwrap_or_default();
    let mut of_all = RuleSet::of_call(kept(rules.wildcard()), Arc::default());
    of_all.add_callee(target, callee);
    (of_all, exception)
}

/// By what a number is rejected whoever calls, at each step of a week.
type Week = Vec<(Timestamp, Option<String>)>;

async fn week_of(service: &DecisionService, target: &Number, now: Timestamp) -> Result<Week, Failure> {
    let call = Call { redirected: true, ..Call::new(target.clone(), now) };
    let read = service.rules().rules_of(&call).await?;
    let (rules, exception) = for_all_callers(&read.rules, target);
    let attempts = Attempts::none();
    let mut week = Week::new();
    for step in 0..STEPS {
        let call = Call { at: now + STEP * step, ..call.clone() };
        let by = match rules.evaluate(&call, &attempts).asked().decided_by() {
            DecidedBy::Rule(by, _)
                if matches!(by.action, Action::Reject { .. }) && exception.is_none_or(|other| other < by.priority) =>
            {
                Some(format!("rule `{}`", by.key.rule))
            }
            DecidedBy::Unknown(Unknown::InvalidItem(by)) => Some(format!("the invalid rule `{}`", by.key.rule)),
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
async fn meets(
    service: &DecisionService,
    rule: &Rule,
    target: &Number,
    week: &Week,
) -> Result<Option<Finding>, Failure> {
    // Of a rule about many calls nobody knows which ones come; it is taken to decide at all times.
    let own = match &rule.conditions.number {
        Some((Side::To | Side::Any, number)) if !is_unconditional(&rule.conditions) => {
            let call = Call::new(number.clone(), Timestamp::UNIX_EPOCH);
            let read = service.rules().rules_of(&call).await?;
            Some((call, read))
        }
        _ => None,
    };
    let decides = |at: Timestamp| {
        own.as_ref().is_none_or(|(call, read)| {
            let call = Call { at, ..call.clone() };
            let attempts = Attempts::none();
            let decision = read.rules.evaluate(&call, &attempts);
            matches!(decision.asked().decided_by(), DecidedBy::Rule(winner, _) if winner.key == rule.key)
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
