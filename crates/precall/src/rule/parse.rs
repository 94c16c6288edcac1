//! From an item to a rule. Typed values are forgiven; what stays unreadable makes the item invalid,
//! with a reason that a person can act on.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::{
    Action, Cap, Clients, Clock, Conditions, Days, Entry, Holder, Hours, Invalid, Item, Key, Lifetime, Patterns,
    Percent, Rule, Says, Side, Statement, Targets, Value, Whose,
};
use crate::answer::DEFAULT_REJECT_CODE;
use crate::calling_hours::{self, Law, RowData, Table};
use crate::frequency_cap::{CountBy, Limit};
use crate::number::Number;
use crate::place::{self, PlacePatterns};

/// The attributes that an item may have.
pub const ATTRIBUTES: [&str; 25] = [
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
    "days",
    "hours",
    "timezone",
    "calling_hours",
    "places",
    "max_calls",
    "per",
    "count_by",
    "percent",
    "holidays",
    NOTE,
];

/// What an item without `status` may have, that says where a number's holder is.
const OF_HOLDER: [&str; 8] = ["number", "rule", "timezone", "places", "enabled", "starts_at", "expires_at", NOTE];

/// What an item without `status` may have, that says what the calling hours of places are.
const OF_HOURS: [&str; 12] = [
    "number",
    "rule",
    "calling_hours",
    "places",
    "days",
    "hours",
    "holidays",
    "timezone",
    "enabled",
    "starts_at",
    "expires_at",
    NOTE,
];

/// Other words for attributes, as people and other systems call them. An item that has one must not
/// decide as if it had none.
const OTHER_WORDS: [(&str, &str); 56] = [
    ("action", "status"),
    ("active", "enabled"),
    ("api_key", "clients"),
    ("begin", "starts_at"),
    ("begins_at", "starts_at"),
    ("callee", "to"),
    ("callees", "to"),
    ("caller", "from"),
    ("callers", "from"),
    ("client", "clients"),
    ("countries", "places"),
    ("day", "days"),
    ("day_of_week", "days"),
    ("days_of_week", "days"),
    ("decision", "status"),
    ("destination", "code"),
    ("disable", "enabled"),
    ("disabled", "enabled"),
    ("dry_run", "shadow"),
    ("end", "expires_at"),
    ("end_date", "expires_at"),
    ("end_time", "hours"),
    ("ends", "expires_at"),
    ("ends_at", "expires_at"),
    ("expiration", "expires_at"),
    ("expires", "expires_at"),
    ("expiry", "expires_at"),
    ("from_number", "from"),
    ("from_numbers", "from"),
    ("holiday", "holidays"),
    ("hour", "hours"),
    ("max_attempts", "max_calls"),
    ("message", "reason"),
    ("not_after", "expires_at"),
    ("not_before", "starts_at"),
    ("percentage", "percent"),
    ("place", "places"),
    ("prio", "priority"),
    ("start", "starts_at"),
    ("start_date", "starts_at"),
    ("start_time", "hours"),
    ("starts", "starts_at"),
    ("time_of_day", "hours"),
    ("time_zone", "timezone"),
    ("timezones", "timezone"),
    ("to_number", "to"),
    ("to_numbers", "to"),
    ("trial", "shadow"),
    ("ttl", "expires_at"),
    ("tz", "timezone"),
    ("until", "expires_at"),
    ("valid_from", "starts_at"),
    ("valid_until", "expires_at"),
    ("weekday", "days"),
    ("weekdays", "days"),
    ("zone", "timezone"),
];

/// Free text; no misspelling of it can change what a rule does.
const NOTE: &str = "note";

/// Nobody is warned of a misspelling of these: that they are missing is said anyway, and a note has no effect.
/// `state` is the operator's own, and no slip for `status`.
const NEVER_MISSPELT: [&str; 4] = ["number", "rule", "status", NOTE];

/// The table's keys.
const KEYS: [&str; 2] = ["number", "rule"];

/// Longest description of a mistake in characters: it quotes what was typed.
const LONGEST_MISTAKE: usize = 400;

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
        let lifetime = Lifetime { enabled: false, ..Lifetime::default() };
        return Entry::Valid(Rule {
            key,
            conditions: Conditions { lifetime, ..Conditions::default() },
            priority: 0,
            action: Action::Proceed,
            shadow: false,
            repairs: Vec::new(),
        });
    }
    let lifetime = Lifetime {
        enabled: true,
        starts_at: attributes.instant("starts_at"),
        expires_at: attributes.instant("expires_at"),
    };
    let is_star = key.number == "*";
    let states = match () {
        () if attributes.has("status") => None,
        () if is_star && attributes.has("calling_hours") && attributes.has("hours") => Some(attributes.rows()),
        () if !is_star && attributes.has("timezone") => Some(attributes.holder(&key.number)),
        () => None,
    };
    if let Some(says) = states {
        return match says {
            Some(says) if attributes.reasons.is_empty() => Entry::Statement(Statement { key, lifetime, says }),
            _ => {
                // It may have been meant as a rule: of the priority that it has, or of none.
                let priority = attributes.priority();
                attributes.invalid(key, Conditions { lifetime, ..Conditions::default() }, priority, false)
            }
        };
    }

    let (clock, timezone) = attributes.clock(is_star);
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
    attributes.check_names();

    match (action, priority) {
        (Some(action), Some(priority)) if attributes.reasons.is_empty() => {
            Entry::Valid(Rule { key, conditions, priority, action, shadow, repairs: attributes.repairs })
        }
        (_, priority) => attributes.invalid(key, conditions, priority, shadow),
    }
}

/// The attributes of one item by their names in lower case, and what was found wrong with them.
#[derive(Default)]
struct Attributes<'i> {
    values: BTreeMap<String, &'i Value>,
    /// Given twice, so that nobody knows which was meant.
    doubled: Vec<String>,
    reasons: Vec<String>,
    repairs: Vec<String>,
}

impl<'i> Attributes<'i> {
    fn new(item: &'i Item) -> Self {
        let mut attributes = Self::default();
        for (name, value) in item {
            let name = name.trim().to_ascii_lowercase();
            if attributes.values.insert(name.clone(), value).is_some() {
                attributes.wrong(&name, "given twice in different spellings; keep one");
                attributes.doubled.push(name);
            }
        }
        // Neither of the two is what was meant for certain: no condition is read from them.
        let Self { values, doubled, .. } = &mut attributes;
        values.retain(|name, _| !doubled.contains(name) || KEYS.contains(&name.as_str()));
        attributes
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.doubled.iter().any(|doubled| doubled == name)
    }

    fn invalid(self, key: Key, conditions: Conditions, priority: Option<i64>, shadow: bool) -> Entry {
        let is_where = |name: &String| ["timezone", "places"].contains(&meant(name).unwrap_or(name));
        let may_say_where = key.number != "*" && self.values.keys().chain(&self.doubled).any(is_where);
        let reasons = self.reasons;
        Entry::Invalid(Invalid { key, reasons, conditions, priority, shadow, may_say_where, last_good: None })
    }

    fn wrong(&mut self, name: &str, what: impl std::fmt::Display) {
        self.reasons.push(shortened(format!("`{name}`: {what}")));
    }

    fn repaired(&mut self, name: &str, what: impl std::fmt::Display) {
        self.repairs.push(shortened(format!("`{name}`: {what}")));
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

    fn clients(&mut self) -> Clients {
        let Some(texts) = self.list("clients", "the names of API keys, such as vendor") else {
            return Clients::default();
        };
        let mut clients = Clients::default();
        for name in texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
            match name.strip_prefix('!').map(str::trim) {
                Some("") => self.wrong("clients", "nothing after !; write the name of an API key, such as !vendor"),
                Some(name) => clients.none_of.push(name.to_owned()),
                None => clients.any_of.push(name.to_owned()),
            }
        }
        if clients == Clients::default() && texts.iter().all(|text| !text.contains('!')) {
            self.wrong("clients", "empty; remove the attribute, or write the names of API keys");
        }
        clients
    }

    fn percent(&mut self) -> Option<Percent> {
        let text = self.required_text("percent", "a share of calls such as 10")?;
        let percent = Percent::parse(&text);
        if percent.is_none() {
            self.wrong("percent", format_args!("{text:?} is not a share from 0 to 100; write one such as 10 or 2.5"));
        }
        percent
    }

    /// Reads a list by a parser of its elements.
    fn read_list<T>(
        &mut self,
        name: &str,
        example: &str,
        read: impl FnOnce(&mut dyn Iterator<Item = &str>) -> Result<T, String>,
    ) -> Option<T> {
        let texts = self.list(name, example)?;
        read(&mut texts.iter().map(|text| text.trim().trim_start_matches('\'')))
            .map_err(|error| self.wrong(name, error))
            .ok()
    }

    fn places(&mut self) -> Option<PlacePatterns> {
        self.read_list("places", "a place such as US-FL", |texts| PlacePatterns::parse(texts))
    }

    fn days(&mut self) -> Option<Days> {
        self.read_list("days", "days such as Mon-Fri", |texts| Days::parse(texts))
    }

    fn hours(&mut self) -> Option<Hours> {
        self.read_list("hours", "a window such as 08:00-21:00", |texts| Hours::parse(texts))
    }

    /// When, and by whose clock. Read whole or not at all: half of it may be asleep when all of it is awake.
    fn clock(&mut self, is_star: bool) -> (Clock, Whose) {
        let before = self.reasons.len();
        let clock = Clock::new(self.days(), self.hours());
        let whose = self.whose(is_star);
        if self.reasons.len() > before { <(Clock, Whose)>::default() } else { (clock, whose) }
    }

    fn laws(&mut self) -> Vec<Law> {
        self.read_list("calling_hours", "the name of a law, such as us", |texts| {
            let names = texts.flat_map(|text| text.split(',')).map(str::trim).filter(|name| !name.is_empty());
            let laws = names.map(|name| name.parse().map_err(|error| format!("{name:?} is {error}")));
            let laws = laws.collect::<Result<Vec<Law>, String>>()?;
            if laws.is_empty() { Err("empty; write the name of a law, such as us".to_owned()) } else { Ok(laws) }
        })
        .unwrap_or_default()
    }

    fn zone(&mut self, text: &str, or: &str) -> Option<TimeZone> {
        // `EST` is a zone without daylight saving time, and hardly what whoever wrote it meant.
        let zone = TimeZone::get(text).ok().filter(|_| text.contains('/') || text.eq_ignore_ascii_case("utc"));
        if zone.is_none() {
            self.wrong(
                "timezone",
                format_args!("{text:?} is not a time zone; write {or}an IANA name such as America/New_York"),
            );
        }
        zone
    }

    fn whose(&mut self, is_star: bool) -> Whose {
        let Some(text) = self.required_text("timezone", "callee, caller or an IANA name such as America/New_York")
        else {
            return Whose::Callee;
        };
        let whose = match text.to_ascii_lowercase().as_str() {
            "callee" => Whose::Callee,
            "caller" => Whose::Caller,
            _ => self.zone(&text, "callee, caller or ").map_or(Whose::Callee, Whose::Zone),
        };
        let says_where = !is_star && matches!(whose, Whose::Zone(_));
        if !says_where && !self.has("days") && !self.has("hours") {
            self.wrong(
                "timezone",
                "of no meaning without `days` or `hours`; calling hours go by the callee's own clock",
            );
        }
        whose
    }

    fn cap(&mut self) -> Option<Cap> {
        const WINDOW: &str = "a length of time such as 24h or 7d";
        if !["max_calls", "per", "count_by"].iter().any(|name| self.has(name)) {
            return None;
        }
        for (name, example) in [("max_calls", "how many calls, such as 3"), ("per", WINDOW)] {
            if !self.has(name) {
                self.wrong(name, format_args!("missing beside the rest of a cap; write {example}"));
            }
        }
        let max = self.required_text("max_calls", "how many calls, such as 3").and_then(|text| {
            let max = whole(&text).and_then(|text| text.parse().ok()).filter(|max| (1..=Limit::MOST).contains(max));
            if max.is_none() {
                self.wrong("max_calls", format_args!("{text:?} is not a whole number from 1 to {}", Limit::MOST));
            }
            max
        });
        let window = self.required_text("per", WINDOW).and_then(|text| {
            let window = read_window(&text);
            if window.is_none() {
                self.wrong("per", format_args!("{text:?} is not a length of time from 1s to 366d; write 24h or 7d"));
            }
            window
        });
        let mut count_by = CountBy::Callee;
        if let Some(text) = self.required_text("count_by", "callee, pair or caller") {
            let known = [CountBy::Callee, CountBy::Pair, CountBy::Caller];
            match known.into_iter().find(|by| text.eq_ignore_ascii_case(by.as_str())) {
                Some(by) => count_by = by,
                None => self.wrong("count_by", format_args!("{text:?} is none of callee, pair, caller")),
            }
        }
        Some(Cap { limit: Limit { max: max?, window: window? }, count_by })
    }

    /// Reports what an item without `status` cannot have.
    fn check_statement(&mut self, known: &[&str], what: &str) {
        let names: Vec<String> = self.values.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        for name in names.iter().filter(|name| is_meant(name)) {
            self.wrong(
                name,
                format_args!("of no meaning in an item without `status`, which says {what}; is `status` missing?"),
            );
        }
    }

    /// Where the holder of a number is.
    fn holder(&mut self, number: &str) -> Option<Says> {
        self.scope(number);
        self.check_statement(&OF_HOLDER, "where its number's holder is");
        let zone = self
            .required_text("timezone", "an IANA name such as America/New_York")
            .and_then(|text| self.zone(&text, ""));
        let places = self.place_codes();
        Some(Says::Holder(Holder { zone: zone?, places: places? }))
    }

    /// Places by their codes alone; empty without the attribute.
    fn place_codes(&mut self) -> Option<Vec<&'static str>> {
        if !self.has("places") {
            return Some(Vec::new());
        }
        self.read_list("places", "a place such as US-FL", |texts| {
            let texts = texts.flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty());
            let codes = texts.map(|text| {
                place::place_code(text).ok_or_else(|| {
                    format!("{text:?} is no known place; write an ISO 3166 code such as US-FL, CA-ON or JM, no group")
                })
            });
            let codes = codes.collect::<Result<Vec<_>, String>>()?;
            if codes.is_empty() { Err("empty; write a place such as US-FL".to_owned()) } else { Ok(codes) }
        })
    }

    /// The calling hours of places.
    fn rows(&mut self) -> Option<Says> {
        self.check_statement(&OF_HOURS, "what the calling hours of places are");
        let laws = self.laws();
        let places = self.place_codes();
        let days = self.days();
        let hours = self.hours().and_then(|hours| {
            let plain = hours.plain();
            if plain.is_none() {
                self.wrong("hours", "negated, or over midnight; write the windows in which calls are lawful");
            }
            plain
        });
        let timezone = self.required_text("timezone", "an IANA name such as America/Chicago");
        if let Some(text) = &timezone {
            self.zone(text, "");
        }
        let keeps_holidays =
            match self.required_text("holidays", "keep or none").map(|text| text.to_ascii_lowercase()).as_deref() {
                None | Some("keep") => true,
                Some("none") => false,
                Some(other) => {
                    self.wrong("holidays", format_args!("{other:?} is neither keep nor none"));
                    true
                }
            };
        let [law] = laws.as_slice() else {
            if laws.len() > 1 {
                self.wrong("calling_hours", "several laws; write an item for each");
            }
            return None;
        };
        let (places, hours) = (places?, hours?);
        if places.is_empty() {
            self.wrong("places", "missing; write the places whose hours these are, such as US-FL");
        }
        let hours: Vec<String> =
            hours.iter().map(|window| days.map_or_else(|| window.clone(), |days| format!("{days} {window}"))).collect();
        let mut rows = Vec::new();
        for place in places {
            if calling_hours::country(place) != Some(law.country()) {
                self.wrong("places", format_args!("{place} is not in the country of `{law}`"));
                continue;
            }
            let kept =
                |row: &&calling_hours::Row| row.place == place && row.kind == law.kind() && row.holidays.is_some();
            let kept = Table::embedded().rows().iter().rfind(kept).filter(|_| keeps_holidays);
            let data = RowData {
                timezone: timezone.clone(),
                source: self.text("rule").and_then(Result::ok).map(|rule| format!("rule `{rule}`")).unwrap_or_default(),
                ..RowData::new(place, law.kind(), hours.clone())
            };
            match calling_hours::Row::parse(data) {
                Ok(mut row) => {
                    if let Some(kept) = kept {
                        row.holidays.clone_from(&kept.holidays);
                        row.holiday_hours.clone_from(&kept.holiday_hours);
                    }
                    rows.push(row);
                }
                Err(error) => self.wrong("calling_hours", error),
            }
        }
        Some(Says::Hours(rows))
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
        match whole(&text).and_then(|whole| whole.parse::<i64>().ok()) {
            Some(priority) if (-MAX_PRIORITY..=MAX_PRIORITY).contains(&priority) => Some(priority),
            _ => {
                self.wrong(
                    "priority",
                    format_args!("{text:?} is not a whole number of at most a billion; write one such as 100"),
                );
                None
            }
        }
    }

    fn action(&mut self, rule: &str) -> Option<Action> {
        let Some(text) = self.required_text("status", "PROCEED, REJECT or CHANGE_DESTINATION") else {
            if !self.has("status") {
                self.wrong("status", "missing; write PROCEED, REJECT or CHANGE_DESTINATION");
            }
            return None;
        };
        match text.to_ascii_uppercase().replace([' ', '-'], "_").as_str() {
            "PROCEED" => {
                for name in ["calling_hours", "max_calls"] {
                    if self.has(name) {
                        self.wrong(
                            name,
                            "of no meaning with PROCEED, which would wake when calls are to stop; write a REJECT",
                        );
                    }
                }
                Some(Action::Proceed)
            }
            "REJECT" => Some(Action::Reject { code: self.reject_code(), reason: self.reject_reason(rule) }),
            "CHANGE_DESTINATION" => self.targets().map(Action::Redirect),
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

    fn targets(&mut self) -> Option<Targets> {
        const EXAMPLE: &str = "the number to call instead, such as +13605551212";
        if !self.has("code") {
            self.wrong("code", format_args!("missing; write {EXAMPLE}"));
            return None;
        }
        let is_list = matches!(self.values.get("code"), Some(Value::List(_)));
        let texts = self.list("code", EXAMPLE)?;
        let mut targets: Vec<(Number, u16)> = Vec::new();
        for text in texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty()) {
            let (text, weight) = match text.split_once('=') {
                None => (text, Some(1)),
                Some((text, weight)) => {
                    (text.trim(), weight.trim().parse().ok().filter(|weight| *weight <= Targets::MOST))
                }
            };
            match (Number::from_typed(text), weight) {
                (Ok(number), _) if targets.iter().any(|(known, _)| *known == number) => {
                    self.wrong("code", format_args!("{text:?} is there twice; give it one weight"));
                }
                (Ok(number), Some(weight)) if number.is_e164() => targets.push((number, weight)),
                (Ok(number), None) if number.is_e164() => self.wrong(
                    "code",
                    format_args!("the weight of {text:?} is not a whole number from 0 to {}", Targets::MOST),
                ),
                (Ok(_), _) => self.wrong("code", format_args!("{text:?} has no country code; write {EXAMPLE}")),
                (Err(error), _) => self.wrong("code", format_args!("{text:?} is {error}")),
            }
        }
        if !self.reasons.iter().any(|reason| reason.starts_with("`code`"))
            && targets.iter().all(|(_, weight)| *weight == 0)
        {
            self.wrong("code", format_args!("no number with a weight; write {EXAMPLE}"));
        }
        if is_list {
            targets.sort_unstable();
        }
        Targets::new(targets)
    }

    /// A misspelt condition would leave a rule awake that was meant to sleep; other attributes are
    /// the operator's own and none of our business.
    fn check_names(&mut self) {
        let names: Vec<String> = self.values.keys().cloned().collect();
        for name in names {
            if name == "holidays" {
                self.wrong(&name, "only for an item without `status`, which says what the calling hours of places are");
            } else if let Some(known) = meant(&name) {
                let meant = format_args!("not an attribute of a rule; did you mean `{known}`?");
                match known {
                    // These have a default, and a REJECT must not be lost for them.
                    "reason" | "code" => self.repaired(&name, meant),
                    _ => self.wrong(&name, meant),
                }
            }
        }
    }
}

/// The beginning and the end of what is too long for a log: the value is in the former, what to do in the latter.
fn shortened(text: String) -> String {
    let length = text.chars().count();
    if length <= LONGEST_MISTAKE {
        return text;
    }
    let end: String = text.chars().skip(length - LONGEST_MISTAKE / 2).collect();
    let beginning: String = text.chars().take(LONGEST_MISTAKE / 2).collect();
    format!("{beginning} … {end}")
}

/// Whether a name is an attribute's, or looks like one.
fn is_meant(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || meant(name).is_some()
}

/// The attribute that was meant by a name that is none, as far as one can tell.
fn meant(name: &str) -> Option<&'static str> {
    if ATTRIBUTES.contains(&name) {
        return None;
    }
    let other_word = OTHER_WORDS.iter().find(|(word, _)| *word == name).map(|(_, known)| *known);
    other_word.or_else(|| {
        let mut candidates = ATTRIBUTES.into_iter().filter(|known| !NEVER_MISSPELT.contains(known));
        candidates.find(|known| is_misspelling(name, known))
    })
}

/// A whole number as text, without the fraction of zeros that DynamoDB's numbers may carry.
fn whole(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('+');
    match text.split_once('.') {
        None => Some(text),
        Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole),
    }
}

/// `24h`, `7 days`, `90s`.
fn read_window(text: &str) -> Option<SignedDuration> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(end)?;
    let seconds = match unit.trim().to_ascii_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 7 * 86_400,
        _ => return None,
    };
    let window = SignedDuration::from_secs(count.parse::<i64>().ok()?.checked_mul(seconds)?);
    (Limit::SHORTEST..=Limit::LONGEST).contains(&window).then_some(window)
}

/// A SIP status code of a refusal: 400 to 699.
fn is_reject_code(text: &str) -> bool {
    text.len() == 3 && text.parse::<u16>().is_ok_and(|code| (400..700).contains(&code))
}

/// One slip of the finger, in a long name two, and none of them in the first letter.
fn is_misspelling(name: &str, known: &str) -> bool {
    let slips = if known.len() < 8 { 1 } else { 2 };
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
    if text.contains('[') {
        // A zone in brackets is heeded, or refused; the readers below would drop it in silence.
        return text
            .parse::<Zoned>()
            .map(|at| at.timestamp())
            .map_err(|_| format!("{text:?} is no instant; write 2026-12-01T08:00:00Z or epoch seconds"));
    }
    text.parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(|at| at.to_zoned(TimeZone::UTC)).map(|at| at.timestamp()))
        .or_else(|_| text.parse::<Date>().and_then(|date| date.to_zoned(TimeZone::UTC)).map(|at| at.timestamp()))
        .map_err(|_| format!("{text:?} is no instant; write 2026-12-01T08:00:00Z or epoch seconds"))
}

/// Epoch seconds, from 1973 on: eight digits are a date. DynamoDB's numbers may carry a fraction of zeros.
fn whole_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() > 8 && digits(whole) && fraction.bytes().all(|b| b == b'0') { whole.parse().ok() } else { None }
}
