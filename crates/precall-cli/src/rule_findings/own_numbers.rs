//! Findings about the numbers of an item: those that no call can have, area codes, and numbers without their country code.

use precall::Number;
use precall::place::{NumberKind, place, without_country_code};
use precall::rule::{Entry, FactContent, Key, Patterns};

use super::finding::{FindingLevel, RuleFinding};
use crate::dynamodb::attribute_value::Attributes;
use crate::number_list::mark::MARK;

/// Most digits of an E.164 number (ITU-T E.164).
const MAX_DIGITS: usize = 15;

/// Digits of a national number of the NANP.
const NANP_DIGITS: usize = 10;

/// Digits of an area code of the NANP.
const AREA_DIGITS: usize = 3;

/// Most digits of a short code, such as an emergency number.
const MAX_SHORT_DIGITS: usize = 6;

/// The digits that complete an area code.
const LAST_DIGITS: &str = "5550100";

/// Returns the findings about the number that an item is stored under, and about its patterns.
pub fn of_numbers(item: &Attributes, entry: &Entry) -> Vec<RuleFinding> {
    let key = entry.key();
    let mut findings: Vec<RuleFinding> = of_key(item, key).into_iter().collect();
    match entry {
        Entry::Rule(rule) => {
            findings.extend(of_patterns("to", &rule.conditions.to, key));
            findings.extend(of_patterns("from", &rule.conditions.from, key));
        }
        // The prefixes of another fact have findings of their own.
        Entry::Fact(fact) => {
            if let FactContent::Exemption(exemption) = &fact.content {
                findings.extend(of_patterns("from", &exemption.from, key));
            }
        }
        Entry::Invalid(_) => {}
    }
    findings
}

fn of_key(item: &Attributes, key: &Key) -> Option<RuleFinding> {
    let number = Number::from_typed(item.get("number")?.as_s().ok()?).ok()?;
    let use_of_number = "it is about";
    if let Some(area) = area_code(&number) {
        let what = format!("{use_of_number} {number}, which is probably the area code");
        return Some(RuleFinding::new(
            FindingLevel::Warning,
            key,
            what,
            format!("store it under *, with `to`: +1{area}*"),
        ));
    }
    // Of a list, many such numbers are one finding.
    let of_ten_digits = || ten_digits(use_of_number, key, &number).filter(|_| !item.contains_key(MARK));
    impossible_number(use_of_number, key, &number).or_else(of_ten_digits)
}

fn of_patterns(name: &str, patterns: &Patterns, key: &Key) -> Vec<RuleFinding> {
    let use_of_number = format!("`{name}` has");
    let of_number = |number: &Number| match area_code(number) {
        Some(area) => Some(RuleFinding::new(
            FindingLevel::Warning,
            key,
            format!("{use_of_number} {number}, which is probably the area code"),
            format!("write +1{area}* for all numbers that begin with it"),
        )),
        None => impossible_number(&use_of_number, key, number).or_else(|| ten_digits(&use_of_number, key, number)),
    };
    let of_prefix = |prefix: &str| {
        let area = area_without_code(prefix)?;
        Some(RuleFinding::new(
            FindingLevel::Note,
            key,
            format!("{use_of_number} {prefix}*, whose numbers are in another country"),
            format!("for the area code {area}, write +1{area}*"),
        ))
    };
    patterns.numbers().filter_map(of_number).chain(patterns.prefixes().filter_map(of_prefix)).collect()
}

/// Returns the area code of the NANP that is written as if it were a number: `404`, `1404`, `+1404`.
pub fn area_code(number: &Number) -> Option<&str> {
    let digits = number.as_str().trim_start_matches('+');
    let area = if digits.len() > AREA_DIGITS { digits.strip_prefix('1')? } else { digits };
    is_area_code(area).then_some(area)
}

/// Returns the area code of a prefix without the country code 1: `+404*`, which is Romania's +40 and a 4.
fn area_without_code(prefix: &str) -> Option<&str> {
    let digits = prefix.strip_prefix('+')?;
    // A country code of three digits is a whole country.
    let is_country =
        || Number::from_typed(&format!("{prefix}{LAST_DIGITS}")).ok()?.country_and_area().map(|code| code == prefix);
    (is_area_code(digits) && is_country() == Some(false)).then_some(digits)
}

fn is_area_code(digits: &str) -> bool {
    let known = || Number::from_typed(&format!("+1{digits}{LAST_DIGITS}")).ok().map(|number| place(&number).kind());
    digits.len() == AREA_DIGITS
        && !digits.starts_with(['0', '1'])
        && known().is_some_and(|kind| !matches!(kind, NumberKind::Unassigned | NumberKind::Service))
}

/// Returns a finding about a `+` and ten digits of a US number.
fn ten_digits(use_of_number: &str, key: &Key, number: &Number) -> Option<RuleFinding> {
    let meant = without_country_code(number)?;
    let what = format!("{use_of_number} {number}, which is + and ten digits, so it is a number of another country");
    Some(RuleFinding::new(FindingLevel::Warning, key, what, format!("write {meant} for the US number")))
}

/// Returns a finding if no call can have a number. Numbering plans change, so the item is valid, but the number is
/// probably mistyped.
pub fn impossible_number(use_of_number: &str, key: &Key, number: &Number) -> Option<RuleFinding> {
    let why = why_impossible(number)?;
    let what = format!("{use_of_number} {number}, {why}");
    Some(RuleFinding::new(FindingLevel::Warning, key, what, "check the digits"))
}

fn why_impossible(number: &Number) -> Option<String> {
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return (number.as_str().len() > MAX_SHORT_DIGITS).then(|| "which has no country code".to_owned());
    };
    if digits.len() > MAX_DIGITS {
        return Some(format!("which has more than {MAX_DIGITS} digits"));
    }
    let national = digits.strip_prefix('1')?;
    if national.len() <= 3 {
        // Emergency and service numbers.
        return None;
    }
    if national.len() != NANP_DIGITS {
        return Some(format!("which has {} digits after +1, not ten", national.len()));
    }
    let (area, exchange) = (national.get(..3)?, national.get(3..6)?);
    if area.starts_with(['0', '1']) || area.ends_with("11") {
        return Some(format!("but {area} is not an area code"));
    }
    exchange.starts_with(['0', '1']).then(|| format!("but no exchange begins with {}", exchange.get(..1).unwrap_or("")))
}
