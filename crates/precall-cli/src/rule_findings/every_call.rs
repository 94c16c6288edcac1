//! Wildcard rules without a condition, which are about every call.

use precall::rule::{Action, Conditions, Lifetime, Rule};

use super::unconditional::is_unconditional;

/// Returns the effect of a rule on every call, as a sentence; `None` for a rule that is not about every call.
pub fn effect_on_every_call(rule: &Rule) -> Option<String> {
    let Lifetime { enabled, starts_at, expires_at } = rule.conditions.lifetime;
    if rule.conditions.number.is_some() || !enabled || rule.shadow || !is_about_every_call(rule) {
        return None;
    }
    let effect = match &rule.action {
        Action::Reject { .. } => "this rule stops every call".to_owned(),
        Action::Redirect(targets) => {
            let targets: Vec<&str> = targets.numbers().map(precall::Number::as_str).collect();
            format!("this rule redirects every call to {}", targets.join(" or "))
        }
        Action::Proceed => {
            format!("this rule lets every call through that no rule with a priority above {} stops", rule.priority)
        }
    };
    let start = starts_at.map(|start| format!(", from {start} on")).unwrap_or_default();
    let end = expires_at.map(|end| format!(", until {end}")).unwrap_or_default();
    Some(format!("{effect}{start}{end}: it has no condition"))
}

/// Returns true if every call meets the conditions of a wildcard rule while the rule counts.
fn is_about_every_call(rule: &Rule) -> bool {
    is_unconditional(&Conditions { lifetime: Lifetime::default(), ..rule.conditions.clone() })
}
