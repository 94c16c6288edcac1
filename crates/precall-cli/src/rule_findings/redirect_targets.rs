//! Findings about the targets of redirects: numbers that are rejected, abroad, or expensive.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use precall::rule::{Action, Clients, ClockSource, Entry, Lifetime, Patterns, Rule, Side};
use precall::{Attempts, Call, DecidedBy, Number, Partition, RuleSet, Unknown};
use precall_hook::decision_service::DecisionService;
use precall_hook::store::StoreError;

use super::finding::{FindingLevel, RuleFinding};
use super::unconditional::is_unconditional;

/// Time between two instants of the evaluated week. The law's hours begin on a half hour.
const STEP: SignedDuration = SignedDuration::from_mins(30);

/// Instants of the week.
const STEPS: i32 = 7 * 48;

/// Instants of an hour.
const STEPS_PER_HOUR: usize = 2;

/// The premium-rate area code of the NANP.
const PREMIUM: &str = "+1900";

/// The instants of a week at which all calls to a number are rejected, and by which rule.
type RejectedWeek = Vec<(Timestamp, Option<String>)>;

/// Returns the findings about each redirect's targets in the week that begins now. The entries are by the number that
/// they are stored under.
///
/// # Errors
/// If the rules cannot be read.
pub async fn of_redirect_targets(
    service: &DecisionService,
    entries: &BTreeMap<String, Vec<Entry>>,
    now: Timestamp,
) -> Result<Vec<RuleFinding>, StoreError> {
    let mut findings = Vec::new();
    let mut weeks: HashMap<Number, RejectedWeek> = HashMap::new();
    for entry in entries.values().flatten() {
        let Entry::Rule(rule) = entry else { continue };
        let Action::Redirect(targets) = &rule.action else { continue };
        if rule.shadow || is_over(&rule.conditions.lifetime, now) {
            continue;
        }
        let targets: BTreeSet<&Number> = targets.numbers().collect();
        for target in targets {
            if !weeks.contains_key(target) {
                weeks.insert(target.clone(), rejected_week(service, target, now).await?);
            }
            if let Some(week) = weeks.get(target).filter(|week| week.iter().any(|(_, by)| by.is_some())) {
                findings.extend(of_rejected_target(service, rule, target, week).await?);
            }
        }
    }
    Ok(findings)
}

/// Returns the findings about the cost of the calls to a redirect's targets.
pub fn of_costs(rule: &Rule, now: Timestamp) -> Vec<RuleFinding> {
    let Action::Redirect(targets) = &rule.action else { return Vec::new() };
    if rule.shadow || is_over(&rule.conditions.lifetime, now) {
        return Vec::new();
    }
    let targets: BTreeSet<&Number> = targets.numbers().collect();
    targets.into_iter().filter_map(|target| of_cost(rule, target)).collect()
}

/// Returns true if a rule is disabled or has expired.
fn is_over(lifetime: &Lifetime, now: Timestamp) -> bool {
    !lifetime.enabled || lifetime.expires_at.is_some_and(|end| end <= now)
}

/// Returns a finding if a target is in another country, or a premium-rate number.
fn of_cost(rule: &Rule, target: &Number) -> Option<RuleFinding> {
    let what = if target.as_str().starts_with(PREMIUM) {
        format!("it sends calls to {target}, a premium-rate number")
    } else {
        let (_, number) = rule.conditions.number.as_ref()?;
        // A short number is in the caller's country.
        let is_abroad = number.is_e164() && country(number.as_str()) != country(target.as_str());
        is_abroad.then(|| format!("it sends calls to {target}, in another country than {number}"))?
    };
    Some(RuleFinding::new(FindingLevel::Warning, &rule.key, what, "check that you accept the cost of these calls"))
}

fn country(number: &str) -> &str {
    if number.starts_with("+1") { "+1" } else { number.get(..3).unwrap_or(number) }
}

/// Evaluates the calls to a number at each step of a week.
async fn rejected_week(service: &DecisionService, target: &Number, now: Timestamp) -> Result<RejectedWeek, StoreError> {
    let call = Call { redirected: true, ..Call::new(target.clone(), now) };
    let read = service.rules().rules_of(&call).await?;
    let (rules, exception) = rules_for_every_call(&read.rules, target);
    let attempts = Attempts::none();
    let rejected_by = |at: Timestamp| {
        let call = Call { at, ..call.clone() };
        match rules.evaluate(&call, &attempts).asked().decided_by() {
            DecidedBy::Rule(by, _)
                if matches!(by.action, Action::Reject { .. })
                    && exception.is_none_or(|priority| priority < by.priority) =>
            {
                Some(format!("rule `{}`", by.key.rule))
            }
            DecidedBy::Unknown(Unknown::InvalidItem(by)) => Some(format!("the invalid rule `{}`", by.key.rule)),
            _ => None,
        }
    };
    Ok((0..STEPS).map(|step| now + STEP * step).map(|at| (at, rejected_by(at))).collect())
}

/// Returns the rules that do not depend on the caller, and the highest priority of the others that let calls through.
fn rules_for_every_call(rules: &RuleSet, target: &Number) -> (RuleSet, Option<i64>) {
    let mut exception = None;
    let mut kept = |partition: &Partition| -> Arc<Partition> {
        let keep = |entry: &&Entry| match entry {
            Entry::Rule(rule) if depends_on_caller(rule) => {
                if !rule.shadow && !matches!(rule.action, Action::Reject { .. }) {
                    exception = exception.max(Some(rule.priority));
                }
                false
            }
            _ => true,
        };
        Arc::new(partition.entries().iter().filter(keep).cloned().collect())
    };
    let callee = rules.callee(target).map(&mut kept);
    let mut of_every_call = RuleSet::of_call(rules.wildcard().map(kept), Some(Arc::default()));
    of_every_call.add_callee(target, callee);
    (of_every_call, exception)
}

/// Returns true if a rule is for some callers, some clients or a share of calls: it may apply to one call and not to
/// another one at the same instant.
fn depends_on_caller(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    matches!(conditions.number, Some((Side::From, _)))
        || conditions.from != Patterns::default()
        || conditions.clients != Clients::default()
        || conditions.percent.is_some()
        || matches!(conditions.timezone, ClockSource::Caller)
}

/// Returns a finding if the target is rejected at an instant of the week at which the redirect decides.
async fn of_rejected_target(
    service: &DecisionService,
    rule: &Rule,
    target: &Number,
    week: &RejectedWeek,
) -> Result<Option<RuleFinding>, StoreError> {
    let decided = decided_instants(service, rule, week).await?;
    let rejected: Vec<_> = decided.iter().filter_map(|(at, by)| Some((at, by.as_ref()?))).collect();
    let Some((first, by)) = rejected.first() else { return Ok(None) };
    Ok(Some(if rejected.len() == decided.len() {
        RuleFinding::new(
            FindingLevel::Error,
            &rule.key,
            format!("it sends calls to {target}, which {by} rejects whenever this rule decides in the next seven days"),
            "name another number, or change the rule that rejects the target",
        )
    } else {
        RuleFinding::new(
            FindingLevel::Note,
            &rule.key,
            format!(
                "it sends calls to {target}, which {by} rejects in {} of the {} hours in which this rule decides in the \
                 next seven days, first at {first}",
                rejected.len() / STEPS_PER_HOUR,
                decided.len() / STEPS_PER_HOUR
            ),
            "the hook rejects the calls in these hours",
        )
    }))
}

/// Returns the part of the week at which a rule decides. A rule for many numbers is taken to decide at all times.
async fn decided_instants<'w>(
    service: &DecisionService,
    rule: &Rule,
    week: &'w RejectedWeek,
) -> Result<Vec<&'w (Timestamp, Option<String>)>, StoreError> {
    let Some((Side::To | Side::Any, number)) = &rule.conditions.number else { return Ok(week.iter().collect()) };
    if is_unconditional(&rule.conditions) {
        return Ok(week.iter().collect());
    }
    let call = Call::new(number.clone(), Timestamp::UNIX_EPOCH);
    let read = service.rules().rules_of(&call).await?;
    let attempts = Attempts::none();
    let decides = |at: Timestamp| {
        let call = Call { at, ..call.clone() };
        let decision = read.rules.evaluate(&call, &attempts);
        matches!(decision.asked().decided_by(), DecidedBy::Rule(winner, _) if winner.key == rule.key)
    };
    Ok(week.iter().filter(|(at, _)| decides(*at)).collect())
}
