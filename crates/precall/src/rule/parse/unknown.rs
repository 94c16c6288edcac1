//! The attributes of an item that are not read, and their effect.

use super::advice::better;
use super::foreign::{Meaning, MeaningKind, compact};
use super::vocabulary::{ATTRIBUTES, BOOKKEEPING, OF_EXEMPTION, OF_NOTICE, meaning, means_status, resembled};
use crate::rule::item::{Item, Value};
use crate::rule::key::WILDCARD;
use crate::rule::list_copy::NOTICE;
use crate::rule::pattern::Patterns;

/// The beginning of the names that operators may use for data of their own.
const OWN_PREFIX: &str = "x_";

/// Words for the number of the callee. In a redirect, they mean the number to call instead.
const DESTINATIONS: [&str; 4] = ["destination", "dest", "dst", "target"];

/// A misspelling of `from`, if it has numbers. Otherwise it is a word of its own: the form by which somebody consented.
const FORM: &str = "form";

/// Values of a permission that is not given, beside those of a flag.
const REFUSALS: [&str; 17] = [
    "none",
    "never",
    "not",
    "nobody",
    "denied",
    "deny",
    "rejected",
    "reject",
    "refused",
    "declined",
    "blocked",
    "revoked",
    "withdrawn",
    "expired",
    "pending",
    "draft",
    "f",
];

/// An attribute that is not read, because no attribute of a rule or fact has its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// The name, as it is stored.
    pub name: String,
    /// The attribute that the name probably means; `None` for an attribute of the operator's own, which has no effect.
    pub meant: Option<&'static str>,
    /// Text for a person, beginning with the name: what is wrong, and what to write instead.
    pub advice: String,
}

/// Returns the attributes of an item that are not read, in the order of their names. Tools that write items refuse them, and
/// tools that print items print them apart from what was read.
///
/// Left out are `note`, names that begin with `x_`, the attributes of [`BOOKKEEPING`](super::BOOKKEEPING), and attributes that are NULL.
///
/// If `meant` is given, [`parse`](super::parse) makes the item invalid, with two exceptions: a REJECT under a number is not lost
/// because of a word for its lifetime, and no REJECT is lost because of a word for its `code` or `reason`.
///
/// ```
/// use precall::rule::unknown_attributes;
///
/// let item = serde_json::json!({ "number": "*", "rule": "r", "status": "REJECT", "state": "FL", "x_team": "sales" });
/// let unknown = unknown_attributes(&serde_json::from_value(item)?);
/// assert_eq!(unknown.len(), 1);
/// assert_eq!((unknown[0].name.as_str(), unknown[0].meant), ("state", Some("places")));
/// assert_eq!(unknown[0].advice, "`state`: not an attribute of a rule; did you mean `places: US-FL`?");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn unknown_attributes(item: &Item) -> Vec<UnknownAttribute> {
    let attribute = |wanted: &str| {
        let is_wanted = |name: &String| name.trim().eq_ignore_ascii_case(wanted);
        item.iter().find(|(name, value)| is_wanted(name) && **value != Value::Null).map(|(_, value)| value)
    };
    let is_wildcard = matches!(attribute("number"), Some(Value::Text(number)) if number == WILDCARD);
    let kind = match UnreadItemKind::of(attribute("status")) {
        UnreadItemKind::WithoutStatus if is_wildcard && is_list_notice(attribute("rule"), attribute("list")) => {
            UnreadItemKind::ListNotice
        }
        UnreadItemKind::WithoutStatus if !is_wildcard && attribute("exempt").is_some() => UnreadItemKind::Exemption,
        kind => kind,
    };
    let given = item.iter().filter(|(_, value)| **value != Value::Null);
    given.filter_map(|(name, value)| UnreadAttribute::of(name, value, is_wildcard, kind)).map(|it| it.unknown).collect()
}

/// Returns true for an item under `*` without `status` that is a list notice, valid or not. Its name alone is not enough: a list
/// may be called `list`, and its rules for prefixes then have such names too.
pub(super) fn is_list_notice(rule: Option<&Value>, list: Option<&Value>) -> bool {
    let is_named = matches!(rule, Some(Value::Text(rule)) if rule.starts_with(NOTICE));
    is_named && list.is_some_and(|list| *list != Value::Null)
}

/// The kind of an item, as far as attributes that are not read matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnreadItemKind {
    Reject,
    Redirect,
    /// PROCEED, or an unreadable status.
    Other,
    /// A list notice.
    ListNotice,
    /// An exemption.
    Exemption,
    /// Another fact, or a rule that lost its status.
    WithoutStatus,
}

impl UnreadItemKind {
    pub(super) fn of(status: Option<&Value>) -> Self {
        let status = match status {
            None | Some(Value::Null) => return Self::WithoutStatus,
            Some(Value::Text(status)) => status_word(status),
            Some(_) => return Self::Other,
        };
        match status.as_str() {
            "REJECT" => Self::Reject,
            "CHANGE_DESTINATION" => Self::Redirect,
            _ => Self::Other,
        }
    }
}

/// Returns a text in the spelling of the values of `status`.
fn status_word(text: &str) -> String {
    text.trim().trim_start_matches('\'').trim().to_ascii_uppercase().replace([' ', '-'], "_")
}

/// Returns true if a value can only be that of `status`.
fn is_status(value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    ["PROCEED", "REJECT", "CHANGE_DESTINATION"].contains(&status_word(text).as_str())
}

/// The effect of an attribute that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnreadEffect {
    /// The item is not the one that its author means.
    Invalid,
    /// The item is stricter than its author means, and stays valid.
    Stricter,
    /// A default is used instead.
    Default,
    None,
}

/// An attribute that is not read, with its effect.
pub(super) struct UnreadAttribute {
    pub(super) unknown: UnknownAttribute,
    pub(super) effect: UnreadEffect,
}

impl UnreadAttribute {
    /// Returns `None` for an attribute that is read, or that every item may have.
    pub(super) fn of(name: &str, value: &Value, is_wildcard: bool, kind: UnreadItemKind) -> Option<Self> {
        let lower = name.trim().to_ascii_lowercase();
        let is_known = ATTRIBUTES.contains(&lower.as_str()) || BOOKKEEPING.contains(&lower.as_str());
        let is_of_notice = kind == UnreadItemKind::ListNotice && OF_NOTICE.contains(&lower.as_str());
        let is_of_exemption = kind == UnreadItemKind::Exemption && OF_EXEMPTION.contains(&lower.as_str());
        if is_known || is_of_notice || is_of_exemption || lower.starts_with(OWN_PREFIX) {
            return None;
        }
        let meaning = meaning(name, is_wildcard).filter(|_| lower != FORM || is_pattern(value));
        let meaning = meaning.map(|meaning| in_kind(meaning, name, kind));
        // With the status lost, a rule looks like a fact.
        let has_no_status =
            matches!(kind, UnreadItemKind::WithoutStatus | UnreadItemKind::ListNotice | UnreadItemKind::Exemption);
        let is_lost_status = has_no_status && (means_status(name) || is_status(value));
        let meaning = if is_lost_status { Some(Meaning::STATUS) } else { meaning };
        let (effect, meaning) = match meaning.map(|meaning| (effect(meaning.kind, value, is_wildcard, kind), meaning)) {
            None | Some((UnreadEffect::None, _)) => (UnreadEffect::None, None),
            Some((effect, meaning)) => (effect, Some(meaning)),
        };
        let advice = match (meaning, effect) {
            (None, _) => advice_about_own(name, kind),
            (Some(meaning), UnreadEffect::Stricter) => format!(
                "`{name}`: not an attribute of a rule, so it does not limit the REJECT; did you mean {}?",
                instead(name, value, meaning)
            ),
            (Some(meaning), _) => {
                format!("`{name}`: not an attribute of a rule; did you mean {}?", instead(name, value, meaning))
            }
        };
        let meant = meaning.map(|meaning| meaning.known);
        Some(Self { unknown: UnknownAttribute { name: name.to_owned(), meant, advice }, effect })
    }
}

/// Returns the attribute to write instead, with its value if that is clear.
fn instead(name: &str, value: &Value, meaning: Meaning) -> String {
    match (meaning.kind, flag(value)) {
        (MeaningKind::Switch(on), Some(flag)) if meaning.known == "enabled" => format!("`enabled: {}`", flag == on),
        _ => better(name, value, meaning.known),
    }
}

/// Returns the meaning of a name in an item of this kind.
fn in_kind(meaning: Meaning, name: &str, kind: UnreadItemKind) -> Meaning {
    if kind == UnreadItemKind::Redirect && DESTINATIONS.contains(&compact(name).as_str()) {
        return Meaning { known: "code", kind: MeaningKind::Text };
    }
    meaning
}

fn effect(meaning: MeaningKind, value: &Value, is_wildcard: bool, kind: UnreadItemKind) -> UnreadEffect {
    let is_reject = kind == UnreadItemKind::Reject;
    match meaning {
        MeaningKind::Text => UnreadEffect::Default,
        MeaningKind::Ban | MeaningKind::Permission if is_reject => UnreadEffect::None,
        MeaningKind::Permission if !is_refusal(value) => UnreadEffect::None,
        // Under `*`, a rule that has ended may be about other calls than its author means.
        MeaningKind::Lifetime | MeaningKind::Switch(_) if is_reject && !is_wildcard => UnreadEffect::Stricter,
        // The switch changes nothing.
        MeaningKind::Switch(on) if is_reject && flag(value) == Some(on) => UnreadEffect::None,
        MeaningKind::Part
        | MeaningKind::Lifetime
        | MeaningKind::Switch(_)
        | MeaningKind::Ban
        | MeaningKind::Permission => UnreadEffect::Invalid,
    }
}

fn is_pattern(value: &Value) -> bool {
    match value {
        Value::Text(text) | Value::Number(text) => Patterns::parse([text.as_str()]).is_ok(),
        Value::List(_) => true,
        Value::Bool(_) | Value::Null | Value::Other(_) => false,
    }
}

/// Returns true if the value of a permission says that there is none.
fn is_refusal(value: &Value) -> bool {
    let is_word = |text: &str| REFUSALS.contains(&text.trim().to_ascii_lowercase().as_str());
    flag(value) == Some(false) || matches!(value, Value::Text(text) if is_word(text))
}

fn flag(value: &Value) -> Option<bool> {
    let text = match value {
        Value::Bool(flag) => return Some(*flag),
        Value::Text(text) | Value::Number(text) => text.trim().to_ascii_lowercase(),
        Value::Null | Value::List(_) | Value::Other(_) => return None,
    };
    match text.as_str() {
        "true" | "yes" | "on" | "y" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "0" => Some(false),
        _ => None,
    }
}

fn advice_about_own(name: &str, kind: UnreadItemKind) -> String {
    let compact = compact(name);
    if compact.starts_with("exempt") {
        return match kind {
            UnreadItemKind::WithoutStatus if compact != "exempt" => {
                format!("`{name}`: not an attribute of a rule; did you mean `exempt`?")
            }
            _ => format!(
                "`{name}`: only for an item under a number and without `status`, which lifts rules for it; it has no effect here"
            ),
        };
    }
    match resembled(name) {
        Some(known) => format!("`{name}`: not an attribute of a rule; did you mean `{known}`?"),
        None => format!(
            "`{name}`: not an attribute of a rule, so it has no effect; write `x_{}`, or put it into `note`",
            name.trim()
        ),
    }
}
