//! Parses items into rules and facts. It is lenient if the meaning of a value is unambiguous. A value that cannot be read
//! makes the item invalid, with a reason that a person can act on.

mod action;
mod advice;
mod attributes;
mod conditions;
mod exemption;
mod fact;
mod foreign;
mod instant;
mod list_notice;
mod look_alike;
mod unknown;
mod unread;
mod vocabulary;
mod whole;

use self::attributes::Attributes;
use super::conditions::{Conditions, Lifetime};
use super::definition::{Action, Rule};
use super::entry::Entry;
use super::fact::{Fact, FactContent};
use super::item::Item;
use super::key::{Key, WILDCARD};

pub use instant::WrittenInstant;
pub use unknown::{UnknownAttribute, unknown_attributes};
pub use vocabulary::{ATTRIBUTES, BOOKKEEPING, CHANGED, LIST_FILE};

/// Reads one item of the rules table. Every item becomes an entry.
///
/// ```
/// use precall::rule::{Entry, Item, parse};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let item: Item = serde_json::from_value(item)?;
/// assert!(matches!(parse(&item), Entry::Rule(rule) if rule.key.rule == "dnc"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn parse(item: &Item) -> Entry {
    let mut attributes = Attributes::new(item);
    let key = Key { number: attributes.key("number"), rule: attributes.key("rule") };
    if attributes.flag("enabled") == Some(false) {
        return Entry::Rule(disabled(key));
    }
    let is_wildcard = key.number == WILDCARD;
    let is_exemption = attributes.is_exemption(is_wildcard);
    let starts_at = attributes.instant("starts_at");
    let expires_at = if is_exemption { attributes.end_of_exemption() } else { attributes.instant("expires_at") };
    let lifetime = Lifetime { enabled: true, starts_at, expires_at };
    if attributes.has("status") {
        rule_or_invalid(attributes, key, lifetime)
    } else if is_exemption {
        let calls = attributes.exempt_calls(&key.number, lifetime);
        let content = attributes.exemption(&key.number, &calls);
        fact_or_invalid(attributes, key, calls, content)
    } else if is_wildcard && attributes.states_hours() {
        let content = attributes.rows();
        fact_or_invalid(attributes, key, Conditions { lifetime, ..Conditions::default() }, content)
    } else if is_wildcard && attributes.states_place_of_prefix() {
        let to = attributes.prefixes();
        let content = attributes.prefix_place(&to);
        fact_or_invalid(attributes, key, Conditions { lifetime, to, ..Conditions::default() }, content)
    } else if is_wildcard && attributes.is_list_notice() {
        let content = attributes.list_copy(&key.rule);
        fact_or_invalid(attributes, key, Conditions { lifetime, ..Conditions::default() }, content)
    } else if !is_wildcard && attributes.has("timezone") {
        let content = attributes.holder(&key.number);
        fact_or_invalid(attributes, key, Conditions { lifetime, ..Conditions::default() }, content)
    } else {
        rule_or_invalid(attributes, key, lifetime)
    }
}

/// Returns a rule that is switched off. Its other attributes are not read, so their mistakes do not matter.
fn disabled(key: Key) -> Rule {
    Rule {
        key,
        conditions: Conditions {
            lifetime: Lifetime { enabled: false, ..Lifetime::default() },
            ..Conditions::default()
        },
        priority: 0,
        action: Action::Proceed,
        shadow: false,
        repairs: Vec::new(),
        stricter: Vec::new(),
        unread: Vec::new(),
    }
}

fn fact_or_invalid(
    mut attributes: Attributes<'_>,
    key: Key,
    conditions: Conditions,
    content: Option<FactContent>,
) -> Entry {
    match content {
        Some(content) if attributes.reasons.is_empty() => {
            let unread = attributes.unread;
            Entry::Fact(Fact { key, lifetime: conditions.lifetime, content, unread })
        }
        _ => {
            // The item may be meant as a rule, with its priority, or with 0.
            let priority = attributes.priority();
            attributes.invalid(key, conditions, priority, false)
        }
    }
}

fn rule_or_invalid(mut attributes: Attributes<'_>, key: Key, lifetime: Lifetime) -> Entry {
    let (clock, timezone) = attributes.clock(key.number == WILDCARD);
    let conditions = Conditions {
        lifetime,
        number: attributes.scope(&key.number),
        to: attributes.patterns("to"),
        from: attributes.patterns("from"),
        clients: attributes.clients(),
        percent: attributes.percent(),
        places: attributes.places(),
        clock,
        timezone,
        calling_hours: attributes.laws(),
        cap: attributes.cap(),
    };
    let priority = attributes.priority();
    let shadow = attributes.flag("shadow").unwrap_or(false);
    let action = attributes.action(&key.rule);
    attributes.check_names(key.is_wildcard());

    match (action, priority) {
        (Some(action), Some(priority)) if attributes.reasons.is_empty() => {
            let unread = attributes.unused_by_rule(&action, key.is_wildcard());
            let Attributes { repairs, stricter, .. } = attributes;
            Entry::Rule(Rule { key, conditions, priority, action, shadow, repairs, stricter, unread })
        }
        (_, priority) => attributes.invalid(key, conditions, priority, shadow),
    }
}
