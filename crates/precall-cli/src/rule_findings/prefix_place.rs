//! Findings about facts that state the place of a prefix.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use precall::Number;
use precall::place::{self, NumberKind};
use precall::rule::{Holder, Key, PrefixPlace};

use super::finding::{FindingLevel, RuleFinding};

/// The digits of a number of the NANP, with its 1.
const NANP_DIGITS: usize = 11;

/// The remedy for a fact whose clock, places and prefix do not fit together.
const CHECK: &str = "check `to`, `timezone` and `places`; the fact counts as it is";

/// Returns the findings about a fact: a prefix of no number, a clock that its places do not have, and a place or clock that
/// the tables do not have for the prefix.
pub fn of_prefix_place(key: &Key, fact: &PrefixPlace, now: Timestamp) -> Vec<RuleFinding> {
    let warning = |what: String| RuleFinding::new(FindingLevel::Warning, key, what, CHECK);
    let mut findings: Vec<RuleFinding> = unfit_clock(&fact.holder, now).map(warning).into_iter().collect();
    for prefix in fact.to.prefixes() {
        match example(prefix) {
            Some(number) => findings.extend(of_tables(prefix, &number, fact, now).into_iter().map(warning)),
            None => findings.push(warning(format!("no number begins with {prefix}"))),
        }
    }
    findings
}

/// Returns a text if none of the stated places has one of the stated clocks.
pub fn unfit_clock(holder: &Holder, now: Timestamp) -> Option<String> {
    let zones: Vec<&str> = holder.places.iter().flat_map(|place| place::zones_of_place(place)).collect();
    let unfit = holder.zones.iter().find(|zone| !has_clock(&zones, zone, now)).filter(|_| !zones.is_empty())?;
    Some(format!("{} is not a clock of {}", name(unfit), holder.places.join(" or ")))
}

/// Returns texts if the tables have other places or clocks for a prefix.
fn of_tables(prefix: &str, number: &Number, fact: &PrefixPlace, now: Timestamp) -> Vec<String> {
    let place = place::place(number);
    if place.kind() == NumberKind::Unassigned {
        return Vec::new();
    }
    let mut texts = Vec::new();
    let others: Vec<&str> = fact.holder.places.iter().copied().filter(|code| !place.codes().contains(code)).collect();
    if !others.is_empty() {
        texts.push(format!("it places {prefix}* in {}; the tables have {place}", others.join(" and ")));
    }
    let zones = place::zones(number).names();
    for zone in fact.holder.zones.iter().filter(|zone| !has_clock(zones, zone, now)) {
        texts.push(format!("its clock is {}; the tables have {} for {prefix}*", name(zone), listed(zones)));
    }
    texts
}

/// Returns a number that begins with a prefix, or `None` if there is none.
fn example(prefix: &str) -> Option<Number> {
    let Some(national) = prefix.strip_prefix("+1") else { return Number::from_typed(&format!("{prefix}0000000")).ok() };
    let code = national.get(..3)?;
    let is_possible = !code.starts_with(['0', '1']) && !code.ends_with("11") && national.len() < NANP_DIGITS;
    let is_possible = is_possible && !national.get(3..4).is_some_and(|digit| digit == "0" || digit == "1");
    let filled = format!("{prefix:5<width$}", width = NANP_DIGITS + 1);
    is_possible.then(|| Number::from_typed(&filled).ok())?
}

/// Returns true if one of these zones shows the same time as another one now and half a year later.
fn has_clock(zones: &[&str], wanted: &TimeZone, now: Timestamp) -> bool {
    let offsets = |zone: &TimeZone| -> Vec<Offset> {
        let later = now.checked_add(SignedDuration::from_hours(24 * 183)).unwrap_or(now);
        [now, later].map(|at| zone.to_offset(at)).to_vec()
    };
    let wanted = offsets(wanted);
    zones.iter().filter_map(|name| TimeZone::get(name).ok()).any(|zone| offsets(&zone) == wanted)
}

fn listed(zones: &[&str]) -> String {
    match zones {
        [first, .., _] => format!("{first} and {} others", zones.len() - 1),
        _ => zones.concat(),
    }
}

fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}
