//! Attributes of rules as people type them: `NAME=VALUE` and lengths of time; and the findings about one written rule.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{Entry, may_mean_months, parse_length};
use serde_json::Value;

use crate::dynamodb::attribute_value::Attributes;
use crate::failure::Failure;
use crate::rule_findings::{of_item, of_open_days, written};
use crate::terminal::{print, print_stderr};

/// Attributes that are numbers. `expires_at` is one because DynamoDB deletes expired items only by a number.
const NUMBERS: [&str; 4] = ["priority", "max_calls", "expires_at", "starts_at"];

/// Attributes that are instants. A length of time, such as 7d, counts from now.
const INSTANTS: [&str; 2] = ["starts_at", "expires_at"];

/// Attributes that are true or false.
const FLAGS: [&str; 2] = ["enabled", "shadow"];

/// Splits `NAME=VALUE`.
///
/// # Errors
/// When there is no `=`.
pub fn pair(text: &str) -> Result<(&str, &str), Failure> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let name = if is_name { text } else { "priority" };
        format!("{text:?} has no `=`; write NAME=VALUE, such as {name}={}", example_of(name))
    })?;
    Ok((name.trim(), value))
}

/// Returns an example of a value.
fn example_of(name: &str) -> &'static str {
    match name {
        "number" => "+13155550101",
        "status" => "REJECT",
        "code" => "603",
        "expires_at" | "starts_at" => "7d",
        "hours" => "21:00-08:00",
        "enabled" | "shadow" => "true",
        _ if NUMBERS.contains(&name) => "100",
        _ => "TEXT",
    }
}

/// Returns the error of a rule that the hook cannot read.
pub fn unreadable(reasons: &[String]) -> Failure {
    format!("nothing was written: the hook could not read this rule: {}", in_lines(reasons)).into()
}

/// Returns the reasons for which an item is invalid: several of them have a line each.
pub fn in_lines(reasons: &[String]) -> String {
    match reasons {
        [reason] => reason.clone(),
        several => format!("\n  {}", several.join("\n  ")),
    }
}

/// Returns the value of an attribute with the type that the attribute has.
pub fn typed(name: &str, value: &str) -> Value {
    match (value.trim().parse::<i64>(), value.trim().to_ascii_lowercase().parse::<bool>()) {
        (Ok(number), _) if NUMBERS.contains(&name) => number.into(),
        (_, Ok(flag)) if FLAGS.contains(&name) => flag.into(),
        _ => Value::from(value),
    }
}

/// Replaces lengths of time in `starts_at` and `expires_at` by the instants to which they lead from now on.
///
/// # Errors
/// When a length may be meant in months, or leads to no instant.
pub fn resolve_lengths(item: &mut Attributes, now: Timestamp) -> Result<(), Failure> {
    for (name, value) in
        item.iter_mut().filter(|(name, _)| INSTANTS.contains(&name.trim().to_ascii_lowercase().as_str()))
    {
        let AttributeValue::S(text) = value else { continue };
        let length = text.trim().trim_start_matches("in ").trim_start_matches('+').trim();
        let Some(span) = parse_length(length) else { continue };
        if may_mean_months(length) {
            return Err(format!("`{name}`: {length:?} may mean minutes or months; write {}", in_minutes(length)).into());
        }
        let at = now.checked_add(span).map_err(|_| {
            format!("`{name}`: {length:?} from now is too far in the future; write a shorter length, such as 30d")
        })?;
        let at = Timestamp::from_second(at.as_second())?;
        print(&format!("`{name}`: {length} from now is {at}\n"))?;
        *value = AttributeValue::N(at.as_second().to_string());
    }
    Ok(())
}

/// Refuses a cap whose window may be meant in months. In stored items, it is read as minutes.
///
/// # Errors
/// When there is such a window.
pub fn refuse_months(item: &Attributes) -> Result<(), Failure> {
    match written(item, "per").filter(|per| may_mean_months(per)) {
        None => Ok(()),
        Some(per) => {
            let advice = in_minutes(&per);
            Err(format!("nothing was written: `per`: {per:?} is read as minutes; write {advice}").into())
        }
    }
}

/// Returns the advice for a length in `M`.
fn in_minutes(length: &str) -> String {
    format!("{}min for minutes, or 30d for a month", length.trim_end_matches('M').trim_end())
}

/// Prints the findings about the item: effects that its author may not expect.
pub fn report(item: &Attributes, entry: &Entry, now: Timestamp) {
    let alone = BTreeMap::from([(entry.key().number.clone(), vec![entry.clone()])]);
    for finding in of_item(item, entry, now).into_iter().chain(of_open_days(&alone)) {
        print_stderr(format_args!("{}: {}", finding.level.as_str(), finding.text()));
    }
}
