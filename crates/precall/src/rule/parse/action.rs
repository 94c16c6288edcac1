//! Reads the action of a rule: `status`, `code`, `reason`, and its `priority`.

use super::attributes::Attributes;
use super::whole::whole_number;
use crate::answer::DEFAULT_REJECT_CODE;
use crate::number::Number;
use crate::rule::definition::Action;
use crate::rule::item::Value;
use crate::rule::share::Targets;
use crate::typed_text::plain;

/// The greatest length of a `reason`, in characters. A reason may be sent in a SIP header.
const MAX_REASON: usize = 200;

/// The greatest `priority`, positive or negative.
const MAX_PRIORITY: i64 = 1_000_000_000;

impl Attributes<'_> {
    /// Reads the priority. Returns `None` if there is one that cannot be read.
    pub(super) fn priority(&mut self) -> Option<i64> {
        if !self.values.contains_key("priority") {
            return Some(0);
        }
        let text = self.required_text("priority", "a whole number such as 100")?;
        match whole_number(&text).and_then(|whole| whole.parse::<i64>().ok()) {
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

    pub(super) fn action(&mut self, rule: &str) -> Option<Action> {
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
                            "without meaning with PROCEED, which would apply when calls must stop; write a REJECT",
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
            Some(Ok(text)) => match reject_code(&text) {
                Some(code) => return code,
                None => self.repaired(
                    "code",
                    format_args!("{text:?} is not a code from 400 to 699; {DEFAULT_REJECT_CODE} is sent"),
                ),
            },
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
        // The reason may be sent in a SIP header, in which a line break would begin another header.
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
        let before = self.reasons.len();
        let is_list = matches!(self.values.get("code"), Some(Value::List(_)));
        let texts = self.list("code", EXAMPLE)?;
        let mut targets: Vec<(Number, u16)> = Vec::new();
        for text in texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty()) {
            let (text, weight) = weighted(text);
            let read = Number::read(text).map(|read| {
                for repair in read.repairs {
                    self.repaired("code", format_args!("{text:?}: {repair}"));
                }
                read.number
            });
            match (read, weight) {
                (Ok(_), _) if has_weight_parameter(text) => {
                    self.wrong(
                        "code",
                        format_args!("{text:?} has its weight as a parameter; write it as +13605551212=3"),
                    );
                }
                (Ok(number), _) if targets.iter().any(|(known, _)| *known == number) => {
                    self.wrong("code", format_args!("{text:?} is there twice; give it one weight"));
                }
                (Ok(number), Some(weight)) if number.is_e164() => targets.push((number, weight)),
                (Ok(number), None) if number.is_e164() => self.wrong(
                    "code",
                    format_args!("the weight of {text:?} is not a whole number from 0 to {}", Targets::MAX_WEIGHT),
                ),
                (Ok(_), _) => self.wrong("code", format_args!("{text:?} has no country code; write {EXAMPLE}")),
                (Err(error), _) => self.wrong("code", format_args!("{text:?} is {error}")),
            }
        }
        if self.reasons.len() == before && targets.iter().all(|(_, weight)| *weight == 0) {
            self.wrong("code", format_args!("no number with a weight; write {EXAMPLE}"));
        }
        if is_list {
            targets.sort_unstable();
        }
        Targets::new(targets)
    }
}

/// Returns the text of a target and its weight, `None` if the weight cannot be read. A `=` within the parameters of an address
/// does not begin a weight.
fn weighted(text: &str) -> (&str, Option<u16>) {
    let is_weight_after =
        |text: &str| text.rsplit_once([';', '?']).is_none_or(|(_, parameter)| parameter.contains('='));
    match text.rsplit_once('=').filter(|(text, _)| is_weight_after(text)) {
        None => (text, Some(1)),
        Some((text, weight)) => {
            let weight = whole_number(weight.trim()).and_then(|weight| weight.parse().ok());
            (text.trim(), weight.filter(|weight| *weight <= Targets::MAX_WEIGHT))
        }
    }
}

/// Returns true if a parameter of a number seems to be its weight: `;weight=3`. Parameters are left out of a number.
fn has_weight_parameter(text: &str) -> bool {
    const NAMES: [&str; 7] = ["percent", "percentage", "probability", "ratio", "share", "w", "weight"];
    text.split([';', '?', '&']).skip(1).any(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default().trim();
        NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
    })
}

/// Reads a SIP status code of a refusal: 400 to 699.
fn reject_code(text: &str) -> Option<String> {
    let text = plain(text);
    let code = whole_number(text.trim()).filter(|code| code.len() == 3)?;
    code.parse::<u16>().is_ok_and(|code| (400..700).contains(&code)).then(|| code.to_owned())
}
