//! From an item to a rule. Typed values are forgiven; what stays unreadable makes the item invalid,
//! with a reason that a person can act on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::{Conditions, Entry, Invalid, Item, Key, Patterns, Rule, Side, Value};
use crate::contract::{DEFAULT_REJECT_CODE, Decision};
use crate::number::Number;

/// The attributes that a rule has.
const ATTRIBUTES: [&str; 14] = [
    "number",
    "rule",
    "status",
    "code",
    "reason",
    "side",
    "to",
    "from",
    "priority",
    "enabled",
    "expires_at",
    "starts_at",
    "shadow",
    "clients",
];

/// Other words for attributes, as people and other systems call them. An item that has one must not
/// decide as if it had none.
const OTHER_WORDS: [(&str, &str); 22] = [
    ("active", "enabled"),
    ("callee", "to"),
    ("caller", "from"),
    ("client", "clients"),
    ("day", "days"),
    ("destination", "code"),
    ("disabled", "enabled"),
    ("expiration", "expires_at"),
    ("expires", "expires_at"),
    ("expiry", "expires_at"),
    ("hour", "hours"),
    ("message", "reason"),
    ("percentage", "percent"),
    ("place", "places"),
    ("prio", "priority"),
    ("start", "starts_at"),
    ("starts", "starts_at"),
    ("timezones", "timezone"),
    ("ttl", "expires_at"),
    ("tz", "timezone"),
    ("until", "expires_at"),
    ("valid_until", "expires_at"),
];

/// Free text; no misspelling of it can change what a rule does.
const NOTE: &str = "note";

/// Conditions that the design names and this version does not evaluate yet. A rule that has one must
/// not decide as if it had none.
const NOT_YET: [&str; 8] = ["days", "hours", "timezone", "calling_hours", "places", "max_calls", "per", "percent"];

/// Longest `reason` in characters: it travels in a SIP header.
const MAX_REASON: usize = 200;

/// Greatest `priority`, either way.
const MAX_PRIORITY: i64 = 1_000_000_000;

/// Epoch seconds from here on (the year 5138) are milliseconds by mistake.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// Reads one item of the rules table. Total: every item gives an entry.
pub fn parse(item: &Item) -> Entry {
    let mut attributes = Attributes::new(item);
    let key = Key { number: attributes.key("number"), rule: attributes.key("rule") };
    if attributes.flag("enabled") == Some(false) {
        // A rule that was switched off needs no repair: that is what switching it off is for.
        return Entry::Valid(Rule {
            key,
            conditions: Conditions { enabled: false, ..Conditions::default() },
            priority: 0,
            decision: Decision::Proceed,
            shadow: false,
            repairs: Vec::new(),
        });
    }

    let conditions = Conditions {
        enabled: true,
        number: attributes.scope(&key.number),
        to: attributes.patterns("to"),
        from: attributes.patterns("from"),
        clients: attributes.clients(),
        starts_at: attributes.instant("starts_at"),
        expires_at: attributes.instant("expires_at"),
    };
    let priority = attributes.priority();
    let shadow = attributes.flag("shadow").unwrap_or(false);
    let decision = attributes.decision(&key.rule);
    attributes.check_names();

    match (decision, priority) {
        (Some(decision), Some(priority)) if attributes.reasons.is_empty() => {
            Entry::Valid(Rule { key, conditions, priority, decision, shadow, repairs: attributes.repairs })
        }
        (_, priority) => {
            Entry::Invalid(Invalid { key, reasons: attributes.reasons, conditions, priority, shadow, last_good: None })
        }
    }
}

/// The attributes of one item by their names in lower case, and what was found wrong with them.
struct Attributes<'i> {
    values: BTreeMap<String, &'i Value>,
    reasons: Vec<String>,
    repairs: Vec<String>,
}

impl<'i> Attributes<'i> {
    fn new(item: &'i Item) -> Self {
        let mut attributes = Self { values: BTreeMap::new(), reasons: Vec::new(), repairs: Vec::new() };
        for (name, value) in item {
            let name = name.trim().to_ascii_lowercase();
            if attributes.values.insert(name.clone(), value).is_some() {
                attributes.wrong(&name, "given twice in different spellings; keep one");
            }
        }
        attributes
    }

    fn wrong(&mut self, name: &str, what: impl std::fmt::Display) {
        self.reasons.push(format!("`{name}`: {what}"));
    }

    fn repaired(&mut self, name: &str, what: impl std::fmt::Display) {
        self.repairs.push(format!("`{name}`: {what}"));
    }

    /// The value as trimmed text, without the apostrophe that spreadsheets put before a number.
    fn text(&self, name: &str) -> Option<Result<String, &'static str>> {
        Some(match self.values.get(name)? {
            Value::Text(text) => Ok(text.trim().trim_start_matches('\'').trim().to_owned()),
            Value::Number(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Null => Ok(String::new()),
            Value::List(_) => Err("a list"),
            Value::Other(kind) => Err(kind),
        })
    }

    /// As [`Self::text`], with an unreadable or empty value reported.
    fn required_text(&mut self, name: &str, example: &str) -> Option<String> {
        match self.text(name)? {
            Ok(text) if text.is_empty() => {
                self.wrong(name, format_args!("empty; write {example}, or remove the attribute if it is optional"));
                None
            }
            Ok(text) => Some(text),
            Err(kind) => {
                self.wrong(name, format_args!("{kind} where text belongs; write {example}"));
                None
            }
        }
    }

    fn key(&mut self, name: &str) -> String {
        match self.values.get(name) {
            Some(Value::Text(text)) if !text.trim().is_empty() => text.clone(),
            _ => {
                self.wrong(name, "missing; it is part of the item's key");
                String::new()
            }
        }
    }

    fn scope(&mut self, number: &str) -> Option<(Side, Number)> {
        let side = match self.required_text("side", "to, from or any").map(|text| text.to_ascii_lowercase()).as_deref()
        {
            None | Some("to") => Side::To,
            Some("from") => Side::From,
            Some("any") => Side::Any,
            Some(other) => {
                self.wrong("side", format_args!("{other:?} is not a side of a call; write to, from or any"));
                Side::Any
            }
        };
        if number == "*" || number.is_empty() {
            if side == Side::From {
                self.wrong("side", "of no meaning under *; write the callers' pattern into `from`, and remove `side`");
            }
            return None;
        }
        match Number::from_typed(number) {
            Ok(read) => {
                if read.as_str() != number {
                    self.wrong("number", format_args!("{number:?} is never looked up; store the item under {read}"));
                }
                Some((side, read))
            }
            Err(error) => {
                self.wrong("number", format_args!("{number:?} is {error}, or * for a rule about more than one number"));
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.required_text(name, "true or false")?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => {
                self.wrong(name, format_args!("{text:?} is neither true nor false"));
                None
            }
        }
    }

    /// The elements of a comma list or a set.
    fn list(&mut self, name: &str, example: &str) -> Option<Vec<String>> {
        let Some(Value::List(values)) = self.values.get(name) else {
            return Some(vec![self.required_text(name, example)?]);
        };
        let texts: Option<Vec<String>> = values
            .iter()
            .map(|value| match value {
                Value::Text(text) | Value::Number(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        if texts.is_none() {
            self.wrong(name, format_args!("holds something that is not text; write {example}"));
        }
        texts
    }

    fn patterns(&mut self, name: &str) -> Patterns {
        let Some(texts) = self.list(name, "a pattern such as +1315*") else {
            return Patterns::default();
        };
        Patterns::parse(texts.iter().map(String::as_str)).unwrap_or_else(|error| {
            self.wrong(name, error);
            Patterns::default()
        })
    }

    fn clients(&mut self) -> Vec<String> {
        let Some(texts) = self.list("clients", "the names of API keys, such as vendor") else {
            return Vec::new();
        };
        let names: Vec<String> = texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            self.wrong("clients", "empty; remove the attribute, or write the names of API keys");
        }
        names
    }

    fn instant(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.required_text(name, "an instant such as 2026-12-01T08:00:00Z")?;
        read_instant(&text).map_err(|error| self.wrong(name, error)).ok()
    }

    /// `None` when it is there and cannot be read.
    fn priority(&mut self) -> Option<i64> {
        if !self.values.contains_key("priority") {
            return Some(0);
        }
        let text = self.required_text("priority", "a whole number such as 100")?;
        let whole =
            text.trim_start_matches('+').split_once('.').map_or(text.trim_start_matches('+'), |(whole, fraction)| {
                if fraction.bytes().all(|b| b == b'0') { whole } else { "" }
            });
        match whole.parse::<i64>() {
            Ok(priority) if priority.abs() <= MAX_PRIORITY => Some(priority),
            _ => {
                self.wrong(
                    "priority",
                    format_args!("{text:?} is not a whole number of at most a billion; write one such as 100"),
                );
                None
            }
        }
    }

    fn decision(&mut self, rule: &str) -> Option<Decision> {
        let Some(text) = self.required_text("status", "PROCEED, REJECT or CHANGE_DESTINATION") else {
            if !self.values.contains_key("status") {
                self.wrong("status", "missing; write PROCEED, REJECT or CHANGE_DESTINATION");
            }
            return None;
        };
        match text.to_ascii_uppercase().replace([' ', '-'], "_").as_str() {
            "PROCEED" => Some(Decision::Proceed),
            "REJECT" => Some(Decision::Reject { code: self.reject_code(), reason: self.reject_reason(rule) }),
            "CHANGE_DESTINATION" => self.destination().map(|number| Decision::ChangeDestination { number }),
            _ => {
                self.wrong(
                    "status",
                    format_args!("{text:?} is not a status; write PROCEED, REJECT or CHANGE_DESTINATION"),
                );
                None
            }
        }
    }

    fn reject_code(&mut self) -> String {
        match self.text("code") {
            None => {}
            Some(Ok(text)) if text.is_empty() => {}
            Some(Ok(text)) if is_reject_code(&text) => return text,
            Some(Ok(text)) => self.repaired(
                "code",
                format_args!("{text:?} is not a code from 400 to 699; {DEFAULT_REJECT_CODE} is sent"),
            ),
            Some(Err(kind)) => {
                self.repaired("code", format_args!("{kind} where a code belongs; {DEFAULT_REJECT_CODE} is sent"));
            }
        }
        DEFAULT_REJECT_CODE.to_owned()
    }

    fn reject_reason(&mut self, rule: &str) -> String {
        let text = match self.text("reason") {
            None => rule.to_owned(),
            Some(Ok(text)) if text.is_empty() => rule.to_owned(),
            Some(Ok(text)) => text,
            Some(Err(kind)) => {
                self.repaired("reason", format_args!("{kind} where text belongs; the rule's name is sent"));
                rule.to_owned()
            }
        };
        // It may end up in a SIP header, where a line break begins another header.
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON).collect();
        if line != text {
            self.repaired("reason", format_args!("control characters are replaced and {MAX_REASON} characters sent"));
        }
        line
    }

    fn destination(&mut self) -> Option<Number> {
        const EXAMPLE: &str = "the number to call instead, such as +13605551212";
        let Some(text) = self.required_text("code", EXAMPLE) else {
            if !self.values.contains_key("code") {
                self.wrong("code", format_args!("missing; write {EXAMPLE}"));
            }
            return None;
        };
        match Number::from_typed(&text) {
            Ok(number) if number.is_e164() => Some(number),
            Ok(_) => {
                self.wrong("code", format_args!("{text:?} has no country code; write {EXAMPLE}"));
                None
            }
            Err(error) => {
                self.wrong("code", format_args!("{text:?} is {error}"));
                None
            }
        }
    }

    /// A misspelt condition would leave a rule awake that was meant to sleep; other attributes are
    /// the operator's own and none of our business.
    fn check_names(&mut self) {
        let names: Vec<String> = self.values.keys().cloned().collect();
        for name in names {
            if NOT_YET.contains(&name.as_str()) {
                self.wrong(&name, "not evaluated by this version, and the rule would apply more widely without it; remove the item or the attribute");
            } else if name != NOTE && !ATTRIBUTES.contains(&name.as_str()) {
                let meant = format_args!("not an attribute of a rule; did you mean");
                let other_word = OTHER_WORDS.iter().find(|(word, _)| *word == name).map(|(_, known)| known);
                let misspelt = || ATTRIBUTES.iter().chain(&NOT_YET).find(|known| is_misspelling(&name, known));
                match other_word.or_else(misspelt) {
                    None => {}
                    // These have a default, and a REJECT must not be lost for them.
                    Some(known @ (&"reason" | &"code")) => self.repaired(&name, format_args!("{meant} `{known}`?")),
                    Some(known) => self.wrong(&name, format_args!("{meant} `{known}`?")),
                }
            }
        }
    }
}

/// A SIP status code of a refusal: 400 to 699.
fn is_reject_code(text: &str) -> bool {
    text.len() == 3 && text.parse::<u16>().is_ok_and(|code| (400..700).contains(&code))
}

/// One slip of the finger in a short name, two in a long one, none of them in the first letter.
fn is_misspelling(name: &str, known: &str) -> bool {
    let slips = if known.len() < 6 { 1 } else { 2 };
    name.len() >= 4 && name.chars().next() == known.chars().next() && strsim::damerau_levenshtein(name, known) <= slips
}

/// ISO 8601 or epoch seconds. Without a zone, UTC; a date alone is its first instant.
fn read_instant(text: &str) -> Result<Timestamp, String> {
    if let Some(seconds) = whole_seconds(text) {
        return match seconds {
            FIRST_MILLISECONDS.. => {
                Err(format!("{text} looks like milliseconds; write epoch seconds, or 2026-12-01T08:00:00Z"))
            }
            _ => Timestamp::from_second(seconds)
                .map_err(|_| format!("{text} is no instant; write epoch seconds, or 2026-12-01T08:00:00Z")),
        };
    }
    text.parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(|at| at.to_zoned(TimeZone::UTC)).map(|at| at.timestamp()))
        .or_else(|_| text.parse::<Date>().and_then(|date| date.to_zoned(TimeZone::UTC)).map(|at| at.timestamp()))
        .map_err(|_| format!("{text:?} is no instant; write 2026-12-01T08:00:00Z or epoch seconds"))
}

/// Epoch seconds, from 1973 on: eight digits are a date. DynamoDB's numbers may carry a fraction of zeros.
fn whole_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() > 8 && fraction.bytes().all(|b| b == b'0') { whole.parse().ok() } else { None }
}
