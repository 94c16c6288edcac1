//! Findings about rules that stop or redirect calls to emergency numbers and other public services.

use precall::Number;
use precall::place::{NumberKind, place};
use precall::rule::{Action, Rule, Side};

use super::finding::{FindingLevel, RuleFinding};
use super::own_numbers::area_code;

/// The emergency numbers of the world's larger plans, and the crisis line 988. They may have a digit or a country code before them:
/// `9911`, `+1911`.
const EMERGENCY: [&str; 9] = ["000", "110", "111", "112", "118", "119", "911", "988", "999"];

/// The greatest number of digits of an emergency number, with a country code before it.
const MAX_EMERGENCY_DIGITS: usize = 6;

/// Beginning of Europe's services of social value, which end with the same digits as some emergency numbers.
const SOCIAL: &str = "116";

/// Returns the findings about the services that a rule names. Without its name, a rule does not reach an emergency number.
pub fn of_services(rule: &Rule) -> Vec<RuleFinding> {
    let conditions = &rule.conditions;
    let (verb, targets): (_, Vec<&Number>) = match &rule.action {
        Action::Reject { .. } => ("rejects", Vec::new()),
        Action::Redirect(targets) => ("redirects", targets.numbers().collect()),
        Action::Proceed => return Vec::new(),
    };
    if rule.shadow || !conditions.lifetime.enabled {
        return Vec::new();
    }
    let own = match &conditions.number {
        Some((Side::To | Side::Any, number)) => Some(number),
        Some((Side::From, _)) | None => None,
    };
    let named = conditions.to.numbers().filter(|number| conditions.to.test(Some(number)).is_some());
    let stopped = own.into_iter().chain(named).map(|number| (format!("it {verb} calls to"), number));
    let sent = targets.into_iter().map(|number| ("it sends calls to".to_owned(), number));
    stopped.chain(sent).filter_map(|(what, number)| of_service(rule, &what, number)).collect()
}

fn of_service(rule: &Rule, what: &str, number: &Number) -> Option<RuleFinding> {
    if place(number).kind() != NumberKind::Service || area_code(number).is_some() {
        return None;
    }
    let (level, kind, repair) = if is_emergency(number) {
        (FindingLevel::Error, "an emergency number", "take the number out of the rule, or remove the rule")
    } else {
        (FindingLevel::Note, "a service number", "check that this is intended")
    };
    Some(RuleFinding::new(level, &rule.key, format!("{what} {number}, {kind}"), repair))
}

fn is_emergency(number: &Number) -> bool {
    let digits = number.as_str().trim_start_matches('+');
    let is_social = digits.starts_with(SOCIAL) && digits.len() > SOCIAL.len();
    digits.len() <= MAX_EMERGENCY_DIGITS && !is_social && EMERGENCY.iter().any(|code| digits.ends_with(code))
}
