//! Advice about an attribute that is not read: the attribute to write instead.

use super::foreign::compact;
use super::instant::parse_instant;
use super::whole::whole_number;
use crate::place::place_of_word;
use crate::rule::clock::Hours;
use crate::rule::item::Value;
use crate::rule::pattern::Patterns;
use crate::week::Weekdays;

/// The length of the longest value that advice repeats, in bytes.
const MAX_REPEATED: usize = 60;

/// Names that leave something out, rather than name what a rule is for.
const EXCEPTIONS: [&str; 7] = ["except", "exception", "exclude", "exclusion", "not", "unless", "excluded"];

/// Names of conditions in general.
const CONDITIONS: [&str; 12] = [
    "condition",
    "criteria",
    "criterion",
    "expression",
    "expr",
    "filter",
    "where",
    "selector",
    "predicate",
    "constraint",
    "restriction",
    "only",
];

/// Returns the attribute to write instead, with its value if that is clear.
pub(super) fn better(name: &str, value: &Value, known: &'static str) -> String {
    let compact = compact(name);
    let is_any = |words: &[&str]| words.iter().any(|word| compact == *word || compact.strip_suffix('s') == Some(word));
    if is_any(&EXCEPTIONS) && known == "to" {
        return "`to`, with `!` before each number or prefix to leave out".to_owned();
    }
    if is_any(&CONDITIONS) {
        return "an attribute for each condition, such as `to`, `places` or `hours`".to_owned();
    }
    let text = text_of(value).filter(|text| !text.is_empty() && text.len() <= MAX_REPEATED);
    let better = text.and_then(|text| match known {
        "places" => places(&compact, &text),
        "to" | "from" => patterns(&compact, &text),
        "days" => Weekdays::parse([text.as_str()]).is_ok().then_some(text),
        "hours" => Hours::parse([text.as_str()]).is_ok().then_some(text),
        "expires_at" | "starts_at" => parse_instant(&text).is_ok().then_some(text),
        "max_calls" => whole_number(&text)
            .filter(|count| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
            .map(|count| format!("{count}` with `per: 24h")),
        _ => None,
    });
    match better {
        Some(value) => format!("`{known}: {value}`"),
        None => format!("`{known}`"),
    }
}

/// Returns a value as a comma list.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Number(text) => Some(text.trim().to_owned()),
        Value::List(values) => {
            let texts: Option<Vec<String>> = values.iter().map(text_of).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Bool(_) | Value::Null | Value::Other(_) => None,
    }
}

/// Returns a comma list of places as `places` has it.
fn places(compact: &str, text: &str) -> Option<String> {
    let is_country = ["countr", "nation", "iso"].iter().any(|word| compact.contains(word));
    elements(text, |place| place_of_word(place, !is_country).map(str::to_owned))
}

/// Returns a comma list of numbers, prefixes or area codes as patterns.
fn patterns(compact: &str, text: &str) -> Option<String> {
    let is_area = ["area", "npa"].iter().any(|word| compact.contains(word));
    let is_prefix = ["prefix", "start", "begin", "code", "digit"].iter().any(|word| compact.contains(word));
    elements(text, |pattern| {
        let digits = pattern.trim_start_matches(['+', '(']).trim_end_matches(')').trim();
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let pattern = match pattern {
            _ if is_number && digits.len() == 3 && is_area => format!("+1{digits}*"),
            _ if is_number && digits.len() == 4 && is_area && digits.starts_with('1') => format!("+{digits}*"),
            _ if is_number && is_prefix => format!("+{digits}*"),
            _ => pattern.to_owned(),
        };
        Patterns::parse([pattern.as_str()]).is_ok().then_some(pattern)
    })
}

/// Returns a comma list with each element rewritten, unless one of them cannot be.
fn elements(text: &str, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let rewritten = text.split(',').map(|element| {
        let element = element.trim();
        match element.strip_prefix('!') {
            Some(negated) => rewrite(negated.trim()).map(|element| format!("!{element}")),
            None => rewrite(element),
        }
    });
    rewritten.collect::<Option<Vec<String>>>().map(|elements| elements.join(","))
}
