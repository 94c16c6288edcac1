//! The changes by which calls may get through that were rejected before.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{Action, Entry, FactContent, Lifetime};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::journal::HistoryEntry;
use crate::rule_difference::changed_attributes;

/// The attributes that change the answer to a call or the words about it, and not the calls that an item is about.
const HARMLESS: [&str; 3] = ["reason", "note", "proof"];

/// The attributes by which an item is in force. Both sides of a comparison are.
const IN_FORCE: [&str; 2] = ["enabled", "shadow"];

/// The beginning of the names of attributes that the hook never reads.
const OWN: &str = "x_";

/// The way in which a change may let calls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// A rule or a list may reject fewer calls than before.
    FewerRejected,
    /// A rule, an exemption or a list may let calls through that other rules rejected.
    MoreAllowed,
}

impl Lift {
    /// Returns the way in which a change may let calls through that were rejected before; `None` if it does not. Conditions are not
    /// compared: any change of them may.
    pub fn of(entry: &HistoryEntry) -> Option<Self> {
        let change = &entry.change;
        if entry.is_of_list_record() {
            return of_list(change.before.as_ref(), change.after.as_ref());
        }
        let [before, after] = [&change.before, &change.after].map(|item| InForce::of(item.as_ref()?, change.at));
        let is_fewer = match (&before, &after) {
            (Some(old), new) if !old.is_allowing => match new {
                Some(new) if !new.is_allowing => new.is_narrower_than(old),
                _ => !change.are_images_lost,
            },
            _ => false,
        };
        if is_fewer {
            return Some(Self::FewerRejected);
        }
        let is_more = after.as_ref().is_some_and(|new| match &before {
            Some(old) if new.is_allowing && old.is_allowing => new.is_wider_than(old),
            _ => new.is_allowing,
        });
        is_more.then_some(Self::MoreAllowed)
    }

    /// Returns the way as a sentence about the change.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FewerRejected => "it may reject fewer calls than before",
            Self::MoreAllowed => "it may let calls through that were rejected before",
        }
    }
}

/// An item that is in force, and rejects calls or lets them through.
struct InForce<'a> {
    item: &'a Attributes,
    /// True for an exemption and for a rule with PROCEED or `CHANGE_DESTINATION`; false for a rule with REJECT.
    is_allowing: bool,
    /// The priority; an exemption has none.
    priority: i64,
    end: Timestamp,
    /// The names of the attributes that the hook does not read.
    unread: Vec<String>,
}

impl<'a> InForce<'a> {
    /// Returns an item, if it rejects calls or lets them through at an instant. One that begins later counts.
    fn of(item: &'a Attributes, at: Timestamp) -> Option<Self> {
        let (lifetime, is_allowing, priority, unread): (Lifetime, _, _, _) = match items::parse(item) {
            Entry::Rule(rule) if !rule.shadow => {
                (rule.conditions.lifetime, !matches!(rule.action, Action::Reject { .. }), rule.priority, rule.unread)
            }
            Entry::Fact(fact) if matches!(fact.content, FactContent::Exemption(_)) => {
                (fact.lifetime, true, 0, fact.unread)
            }
            Entry::Rule(_) | Entry::Fact(_) | Entry::Invalid(_) => return None,
        };
        let end = lifetime.expires_at.unwrap_or(Timestamp::MAX);
        (lifetime.enabled && end > at).then_some(Self { item, is_allowing, priority, end, unread })
    }

    fn is_narrower_than(&self, old: &Self) -> bool {
        self.differs(old, self.priority < old.priority, self.end < old.end)
    }

    fn is_wider_than(&self, old: &Self) -> bool {
        self.differs(old, self.priority > old.priority, self.end > old.end)
    }

    /// Returns true if an attribute differs that is about the calls of the item. For its priority and its end, the caller knows it.
    fn differs(&self, old: &Self, by_priority: bool, by_end: bool) -> bool {
        changed_attributes(Some(old.item), Some(self.item)).iter().any(|change| {
            let name = change.name.trim().to_ascii_lowercase();
            match name.as_str() {
                "priority" => by_priority,
                "expires_at" => by_end,
                // The answer of a rule with REJECT, and the destination of a redirect.
                "code" => self.is_allowing,
                name if HARMLESS.contains(&name) || IN_FORCE.contains(&name) || name.starts_with(OWN) => false,
                _ => !(old.unread.contains(&change.name) || self.unread.contains(&change.name)),
            }
        })
    }
}

/// Returns the way in which a change of a list's record may let calls through: a list of rejected numbers ended or lost numbers, or
/// a list of exemptions or of allowed numbers was imported.
fn of_list(before: Option<&Attributes>, after: Option<&Attributes>) -> Option<Lift> {
    let record = after.or(before)?;
    if is_allowing(record) {
        let may_have_numbers = text(record, "state") != Some("complete") || is_some_count(record, "accepted");
        let is_import = after.is_some() && text(record, "state") != Some("deleting");
        return (is_import && may_have_numbers).then_some(Lift::MoreAllowed);
    }
    let is_shortened = match after {
        Some(record) => text(record, "state") == Some("deleting") || is_some_count(record, "removed"),
        // The removal of a list counts its numbers. Without that, nobody knows them.
        None => text(record, "state") != Some("deleting") || is_some_count(record, "removed"),
    };
    is_shortened.then_some(Lift::FewerRejected)
}

/// Returns true if the numbers of a list are exempt or allowed. The options of an import of rules begin with their status.
fn is_allowing(record: &Attributes) -> bool {
    let options = text(record, "options").unwrap_or_default();
    let is_other_status = options.strip_prefix("status=").is_some_and(|status| !status.starts_with("REJECT"));
    record.contains_key("exempt") || options.starts_with("exempt=") || is_other_status
}

fn is_some_count(record: &Attributes, name: &str) -> bool {
    text(record, name).is_some_and(|count| count != "0")
}

fn text<'a>(record: &'a Attributes, name: &str) -> Option<&'a str> {
    match record.get(name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => Some(text),
        _ => None,
    }
}
