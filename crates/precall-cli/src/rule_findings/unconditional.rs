//! Rules that apply to every call with their number.

use precall::rule::{Action, Clients, ClockSource, Conditions, Lifetime, Percent, Rule};

/// Returns true if a rule applies to all calls with its number, at all times: it has no condition, or only such as every call meets,
/// such as all days of the week.
pub fn is_unconditional(conditions: &Conditions) -> bool {
    let Conditions { lifetime, number: _, to, from, clients, percent, places, clock, timezone, calling_hours, cap } =
        conditions;
    // A withheld caller has no clock.
    let is_callers = matches!(timezone, ClockSource::Caller);
    lifetime.enabled
        && lifetime.starts_at.is_none()
        && lifetime.expires_at.is_none()
        && to.match_all()
        && from.match_all()
        && *clients == Clients::default()
        && percent.is_none_or(Percent::is_all)
        && places.is_none()
        && (clock.is_always() || clock.covers_all_time() && !is_callers)
        && calling_hours.is_empty()
        && cap.is_none()
}

/// Returns true if a rule rejects all calls with one number, or comes from a list of allowed numbers. Its lifetime does
/// not matter: a list's rules may expire when the list has to be renewed. Two such rules cannot contradict each other.
pub fn is_plain_number(rule: &Rule, is_of_list: bool) -> bool {
    let is_plain = match rule.action {
        Action::Reject { .. } => true,
        Action::Proceed => is_of_list,
        Action::Redirect(_) => false,
    };
    let always = Conditions { lifetime: Lifetime::default(), ..rule.conditions.clone() };
    is_plain && rule.conditions.number.is_some() && is_unconditional(&always)
}
