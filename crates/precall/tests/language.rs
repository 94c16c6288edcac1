//! Tests the rule language as an operator writes it: clocks, places, holders, laws, caps, shares and redirects.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use jiff::Timestamp;
use precall::frequency_cap::CountBy;
use precall::rule::Entry;
use precall::{Applicability, Call, DefaultAnswer, Finding};
use precall_test::{Case, entry, instant, name, number};
use serde_json::{Value, json};

fn call(from: &str, to: &str, at: &str) -> Call {
    let from = (!from.is_empty()).then(|| number(from));
    Call { from, client: Some("vendor".into()), ..Call::new(number(to), instant(at)) }
}

/// Returns an item with these attributes. The defaults are `*`, the name `r` and REJECT.
fn rule(extra: Value) -> Value {
    let mut item = json!({ "number": "*", "rule": "r" });
    item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let states = item.get("status").is_none() && extra.get("timezone").is_some() && extra.get("number").is_some();
    if item.get("status").is_none() && !states {
        item["status"] = json!("REJECT");
    }
    item
}

/// Returns the case of a call on items, which must all be valid.
fn case(call: &Call, items: &[Value]) -> Case {
    for item in items {
        if let Entry::Invalid(invalid) = entry(item) {
            panic!("{item}: {:?}", invalid.reasons);
        }
    }
    Case::new(items).call(call)
}

fn winner(call: &Call, items: &[Value]) -> String {
    case(call, items).winner()
}

fn applies(item: Value, to: &str, at: &str) -> bool {
    winner(&call("+12125550199", to, at), &[rule(item)]) == "r"
}

/// Returns for each item the reason why it applies or does not apply.
fn why(case: &Case) -> Vec<String> {
    case.asked(|asked| {
        let findings = asked.findings().into_iter();
        let reason = |finding: Finding<'_>| match (finding.applicability, finding.entry) {
            (Applicability::Applies(_) | Applicability::AppliesAsShadow(_), Entry::Rule(rule)) => {
                asked.describe_met(rule)
            }
            _ => finding.why,
        };
        findings.map(reason).collect()
    })
}

const NEW_YORK: &str = "+12125550100";
/// Idaho's area code: Boise's clock, and Los Angeles's clock in the north.
const IDAHO: &str = "+12085550100";

#[test]
fn days_and_hours() {
    // 2026-11-23 is a Monday; New York is five hours behind UTC.
    for (item, at, expected) in [
        (json!({ "hours": "08:00-21:00" }), "2026-11-23T12:59:59Z", false),
        (json!({ "hours": "08:00-21:00" }), "2026-11-23T13:00:00Z", true),
        (json!({ "hours": "08:00-21:00" }), "2026-11-24T01:59:59.999Z", true),
        (json!({ "hours": "08:00-21:00" }), "2026-11-24T02:00:00Z", false),
        (json!({ "hours": "8-21" }), "2026-11-23T13:00:00Z", true),
        (json!({ "hours": "8am - 9 pm" }), "2026-11-24T01:59:00Z", true),
        (json!({ "hours": "0800-2100" }), "2026-11-24T02:00:00Z", false),
        (json!({ "hours": "900-2100" }), "2026-11-23T13:59:59Z", false),
        (json!({ "hours": "9am to 9pm" }), "2026-11-23T14:00:00Z", true),
        (json!({ "hours": "08.00-21.00" }), "2026-11-24T01:59:59Z", true),
        (json!({ "hours": "8h-21h" }), "2026-11-24T02:00:00Z", false),
        (json!({ "hours": "!08:00-21:00" }), "2026-11-23T12:59:59Z", true),
        (json!({ "hours": "!08:00-21:00" }), "2026-11-23T13:00:00Z", false),
        (json!({ "hours": "08:00-12:00, 13:00-17:00" }), "2026-11-23T17:30:00Z", false),
        (json!({ "hours": ["08:00-12:00", "13:00-17:00"] }), "2026-11-23T18:00:00Z", true),
        (json!({ "hours": "08:00-17:00,!12:00-13:00" }), "2026-11-23T17:30:00Z", false),
        (json!({ "hours": "00:00-24:00" }), "2026-11-23T05:00:00Z", true),
        // over midnight: the window belongs to the day on which it opens
        (json!({ "days": "Sun", "hours": "22:00-06:00" }), "2026-11-23T10:59:59Z", true),
        (json!({ "days": "Sun", "hours": "22:00-06:00" }), "2026-11-23T11:00:00Z", false),
        (json!({ "days": "Sun", "hours": "22:00-06:00" }), "2026-11-22T08:00:00Z", false),
        (json!({ "days": "Mon", "hours": "22:00-06:00" }), "2026-11-23T10:00:00Z", false),
        (json!({ "days": "Mon-Fri" }), "2026-11-23T04:59:59Z", false),
        (json!({ "days": "Mon-Fri" }), "2026-11-23T05:00:00Z", true),
        (json!({ "days": "Fri-Mon" }), "2026-11-24T12:00:00Z", false),
        (json!({ "days": "weekend" }), "2026-11-22T12:00:00Z", true),
        (json!({ "days": "weekdays" }), "2026-11-22T12:00:00Z", false),
        (json!({ "days": "!Sun, !sat" }), "2026-11-22T12:00:00Z", false),
        (json!({ "days": "Mo-Fr" }), "2026-11-23T12:00:00Z", true),
        (json!({ "days": "MO,TU" }), "2026-11-25T12:00:00Z", false),
        (json!({ "days": "M-F" }), "2026-11-27T12:00:00Z", true),
        (json!({ "days": "Mon\u{2013}Fri" }), "2026-11-28T12:00:00Z", false),
        (json!({ "days": ["Monday", "tues."] }), "2026-11-24T12:00:00Z", true),
        // both conditions must be met
        (json!({ "days": "Mon", "hours": "09:00-10:00" }), "2026-11-24T14:30:00Z", false),
        // the clock of another zone
        (json!({ "hours": "15:00-16:00", "timezone": "UTC" }), "2026-11-23T15:00:00Z", true),
        (json!({ "hours": "16:00-17:00", "timezone": "europe/berlin" }), "2026-11-23T15:00:00Z", true),
        (json!({ "hours": "10:00-11:00", "timezone": "CALLER" }), "2026-11-23T15:00:00Z", true),
        // the hour that spring skips never occurs; the hour that autumn repeats occurs twice
        (json!({ "hours": "02:00-03:00" }), "2026-03-08T06:59:59Z", false),
        (json!({ "hours": "02:00-03:00" }), "2026-03-08T07:00:00Z", false),
        (json!({ "hours": "03:00-04:00" }), "2026-03-08T07:00:00Z", true),
        (json!({ "hours": "01:00-02:00" }), "2026-11-01T05:30:00Z", true),
        (json!({ "hours": "01:00-02:00" }), "2026-11-01T06:30:00Z", true),
        (json!({ "hours": "01:00-02:00" }), "2026-11-01T07:00:00Z", false),
    ] {
        assert_eq!(applies(item.clone(), NEW_YORK, at), expected, "{item} {at}");
    }
}

#[test]
fn dates() {
    // New York is five hours behind UTC in winter, and four in summer.
    for (item, at, expected) in [
        // Christmas Day by the callee's clock, from its first to its last second
        (json!({ "dates": "12-25" }), "2026-12-25T04:59:59Z", false),
        (json!({ "dates": "12-25" }), "2026-12-25T05:00:00Z", true),
        (json!({ "dates": "12-25" }), "2026-12-26T04:59:59.999Z", true),
        (json!({ "dates": "12-25" }), "2026-12-26T05:00:00Z", false),
        (json!({ "dates": "12-25" }), "2027-12-25T12:00:00Z", true),
        (json!({ "dates": "2026-12-25" }), "2027-12-25T12:00:00Z", false),
        (json!({ "dates": ["2026-11-26..2026-11-27", "12-25"] }), "2026-11-28T04:59:59Z", true),
        (json!({ "dates": ["2026-11-26..2026-11-27", "12-25"] }), "2026-11-28T05:00:00Z", false),
        // over new year
        (json!({ "dates": "12-24..01-02" }), "2026-12-24T05:00:00Z", true),
        (json!({ "dates": "12-24..01-02" }), "2027-01-03T04:59:59Z", true),
        (json!({ "dates": "12-24..01-02" }), "2027-01-03T05:00:00Z", false),
        // negated
        (json!({ "dates": "!12-25" }), "2026-12-25T05:00:00Z", false),
        (json!({ "dates": "!12-25" }), "2026-12-26T05:00:00Z", true),
        (json!({ "dates": "12-20..12-31, !12-25" }), "2026-12-25T12:00:00Z", false),
        (json!({ "dates": "12-20..12-31, !12-25" }), "2026-12-26T12:00:00Z", true),
        // February 29 occurs only in leap years
        (json!({ "dates": "02-29" }), "2028-02-29T05:00:00Z", true),
        (json!({ "dates": "02-29" }), "2028-03-01T05:00:00Z", false),
        (json!({ "dates": "02-29" }), "2027-03-01T04:59:59Z", false),
        (json!({ "dates": "02-29" }), "2027-03-01T05:00:00Z", false),
        // days of 23 and of 25 hours, from midnight to midnight
        (json!({ "dates": "2026-03-08" }), "2026-03-08T05:00:00Z", true),
        (json!({ "dates": "2026-03-08" }), "2026-03-09T03:59:59Z", true),
        (json!({ "dates": "2026-03-08" }), "2026-03-09T04:00:00Z", false),
        (json!({ "dates": "2026-11-01" }), "2026-11-01T03:59:59Z", false),
        (json!({ "dates": "2026-11-01" }), "2026-11-01T04:00:00Z", true),
        (json!({ "dates": "2026-11-01" }), "2026-11-02T04:59:59Z", true),
        (json!({ "dates": "2026-11-01" }), "2026-11-02T05:00:00Z", false),
        // with days and hours, all must be met; a window over midnight belongs to the date on which it opens
        (json!({ "dates": "12-24..12-26", "days": "Fri" }), "2026-12-24T17:00:00Z", false),
        (json!({ "dates": "12-24..12-26", "days": "Fri" }), "2026-12-25T17:00:00Z", true),
        (json!({ "dates": "12-24", "hours": "14:00-24:00" }), "2026-12-24T18:59:59Z", false),
        (json!({ "dates": "12-24", "hours": "14:00-24:00" }), "2026-12-24T19:00:00Z", true),
        (json!({ "dates": "12-31", "hours": "22:00-02:00" }), "2027-01-01T06:59:59Z", true),
        (json!({ "dates": "12-31", "hours": "22:00-02:00" }), "2027-01-01T07:00:00Z", false),
        (json!({ "dates": "12-31", "hours": "22:00-02:00" }), "2026-12-31T05:30:00Z", false),
        (json!({ "dates": "!01-01", "hours": "22:00-02:00" }), "2027-01-01T06:30:00Z", true),
        (json!({ "dates": "!01-01", "hours": "22:00-02:00" }), "2027-01-02T05:30:00Z", false),
        // a negated window applies on the dates
        (json!({ "dates": "12-24", "hours": "!09:00-12:00" }), "2026-12-24T15:00:00Z", false),
        (json!({ "dates": "12-24", "hours": "!09:00-12:00" }), "2026-12-24T17:00:00Z", true),
        // the clock of another zone
        (json!({ "dates": "12-25", "timezone": "UTC" }), "2026-12-25T00:00:00Z", true),
        (json!({ "dates": "12-25", "timezone": "Asia/Tokyo" }), "2026-12-24T15:00:00Z", true),
        (json!({ "dates": "12-25", "timezone": "Asia/Tokyo" }), "2026-12-25T15:00:00Z", false),
    ] {
        assert_eq!(applies(item.clone(), NEW_YORK, at), expected, "{item} {at}");
    }
    // Midnight in Boise is 23:00 in Los Angeles: a rule that blocks needs the date in one zone, one that allows in both.
    let allow = || json!({ "status": "PROCEED", "dates": "12-25" });
    let block = || json!({ "dates": "12-25" });
    for (at, allowed, blocked) in [
        ("2026-12-25T06:59:59Z", false, false),
        ("2026-12-25T07:00:00Z", false, true),
        ("2026-12-25T08:00:00Z", true, true),
        ("2026-12-26T06:59:59Z", true, true),
        ("2026-12-26T07:00:00Z", false, true),
        ("2026-12-26T08:00:00Z", false, false),
    ] {
        assert_eq!(applies(allow(), IDAHO, at), allowed, "allow at {at}");
        assert_eq!(applies(block(), IDAHO, at), blocked, "block at {at}");
    }
    // The holder of a withheld number may be anywhere: 2026-12-25 begins at UTC+14, and ends at UTC-11.
    for (at, blocked) in [
        ("2026-12-24T09:59:59Z", false),
        ("2026-12-24T10:00:00Z", true),
        ("2026-12-26T10:59:59Z", true),
        ("2026-12-26T11:00:00Z", false),
    ] {
        let expected = if blocked { "r" } else { "-" };
        let item = rule(json!({ "dates": "12-25", "timezone": "caller" }));
        assert_eq!(winner(&call("", NEW_YORK, at), &[item]), expected, "{at}");
    }
}

#[test]
fn all_clocks_must_allow_and_one_is_enough_to_block() {
    let allow = || json!({ "status": "PROCEED", "hours": "08:00-21:00" });
    let block = || json!({ "hours": "!08:00-21:00" });
    for (at, allowed, blocked) in [
        ("2026-11-23T14:59:59Z", false, true), // 07:59:59 in Boise, 06:59:59 in Los Angeles
        ("2026-11-23T15:00:00Z", false, true), // 08:00 and 07:00
        ("2026-11-23T16:00:00Z", true, false), // 09:00 and 08:00
        ("2026-11-24T03:59:59Z", true, false), // 20:59:59 and 19:59:59
        ("2026-11-24T04:00:00Z", false, true), // 21:00 and 20:00
    ] {
        assert_eq!(applies(allow(), IDAHO, at), allowed, "allow at {at}");
        assert_eq!(applies(block(), IDAHO, at), blocked, "block at {at}");
    }
    // A satellite telephone may be anywhere, and so may the holder of a withheld number.
    assert!(!applies(json!({ "status": "PROCEED", "hours": "00:00-23:00" }), "+870776712345", "2026-11-23T16:00:00Z"));
    assert!(applies(json!({ "hours": "03:00-04:00" }), "+870776712345", "2026-11-23T16:00:00Z"));
    let withheld = call("", NEW_YORK, "2026-11-23T16:00:00Z");
    assert_eq!(winner(&withheld, &[rule(json!({ "hours": "03:00-04:00", "timezone": "caller" }))]), "r");
}

#[test]
fn places() {
    for (item, to, expected) in [
        (json!({ "places": "US-FL,US-OK" }), "+13055550100", true),
        (json!({ "places": "us-fl" }), NEW_YORK, false),
        (json!({ "places": "!US-NY" }), NEW_YORK, false),
        (json!({ "places": ["CA-ON", "JM"] }), "+18765550100", true),
        (json!({ "places": "US-*" }), "+17875550100", false),
        (json!({ "places": "US" }), "+17875550100", true),
        (json!({ "places": "caribbean" }), "+17875550100", false),
        (json!({ "places": "caribbean" }), "+18095550100", true),
        (json!({ "places": "premium" }), "+19005550100", true),
        (json!({ "places": "premium" }), "+19095550100", false), // California
        (json!({ "places": "toll-free" }), "+18005550100", true),
        (json!({ "places": "international" }), "+442079460123", true),
        (json!({ "places": "international" }), "+18765550100", false),
        (json!({ "places": "GB" }), "+442079460123", true),
        // Two provinces share 902, which is enough to block, but not enough to allow.
        (json!({ "places": "CA-NS" }), "+19025550100", true),
        (json!({ "places": "CA-NS", "status": "PROCEED" }), "+19025550100", false),
        (json!({ "places": "CA-NS,CA-PE", "status": "PROCEED" }), "+19025550100", true),
    ] {
        assert_eq!(applies(item.clone(), to, "2026-11-23T16:00:00Z"), expected, "{item} {to}");
    }
}

#[test]
fn only_rules_for_an_emergency_number_itself_cover_it() {
    let at = "2026-11-23T08:00:00Z";
    for to in ["911", "411", "988", "112", "1911", "116111"] {
        for extra in [
            json!({ "places": "premium,caribbean,international,non-geographic,!US" }),
            json!({ "hours": "00:00-24:00" }),
            json!({ "hours": "00:00-24:00", "timezone": "UTC" }),
            json!({ "days": "Mon-Sun" }),
            json!({ "dates": "01-01..12-31" }),
            json!({ "calling_hours": "us,ca" }),
            json!({}),
            json!({ "to": "!+1*" }),
        ] {
            assert!(!applies(extra.clone(), to, at), "{to} {extra}");
            // A rule that names the whole number covers it.
            let stored = rule(json!({ "number": to, "hours": "00:00-24:00" }));
            assert_eq!(winner(&call("+12125550199", to, at), &[stored]), "r", "{to}");
        }
        if to.len() == 3 {
            let named = rule(json!({ "to": to, "hours": "00:00-24:00" }));
            assert_eq!(winner(&call("+12125550199", to, at), &[named]), "r", "{to}");
        }
    }
    let capped = [rule(json!({ "max_calls": 1, "per": "24h" }))];
    assert!(case(&call("+12125550199", "911", at), &capped).decide(|decision| decision.reservations().is_empty()));
}

#[test]
fn where_a_numbers_holder_is() {
    let lives_in = |extra: Value| {
        let mut item = json!({ "number": NEW_YORK, "rule": "lives-in", "timezone": "America/Denver" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    let early = "2026-11-23T14:30:00Z"; // 09:30 in New York, 07:30 in Denver
    let law = rule(json!({ "rule": "law", "calling_hours": "us" }));
    let clock = rule(json!({ "rule": "clock", "hours": "!08:00-21:00" }));
    let dallas = rule(json!({ "rule": "dallas", "hours": "08:30-08:31", "timezone": "America/Chicago" }));
    let expired = lives_in(json!({ "expires_at": "2026-11-23T14:30:00Z" }));
    let off = lives_in(json!({ "enabled": false }));
    let rule_with_zone =
        json!({ "number": NEW_YORK, "rule": "later", "status": "REJECT", "days": "Sun", "timezone": "America/Denver" });
    let to_side = |side: &str| json!({ "number": NEW_YORK, "rule": "later", "side": side, "status": "REJECT", "days": "Sun", "timezone": "America/Denver" });
    for (items, expected) in [
        (vec![law.clone()], "-"),
        (vec![law.clone(), lives_in(json!({}))], "law"),
        (vec![clock.clone()], "-"),
        (vec![clock.clone(), lives_in(json!({ "places": "US-CO" }))], "clock"),
        (vec![dallas, lives_in(json!({}))], "dallas"),
        (vec![law.clone(), expired], "-"),
        (vec![law.clone(), off], "-"),
        (vec![law.clone(), lives_in(json!({ "starts_at": "2026-11-24" }))], "-"),
        // a rule with a zone states the same about its number, even if it does not apply
        (vec![law.clone(), rule_with_zone], "law"),
        (vec![law.clone(), to_side("any")], "law"),
        (vec![law.clone(), to_side("from")], "-"),
        // but a shadow rule does not
        (
            vec![
                law.clone(),
                json!({ "number": NEW_YORK, "rule": "trial", "status": "REJECT", "days": "Sun", "timezone": "America/Denver", "shadow": true }),
            ],
            "-",
        ),
        // if two differ, both count
        (
            vec![
                law.clone(),
                lives_in(json!({ "timezone": "America/New_York" })),
                lives_in(json!({ "rule": "second" })),
            ],
            "law",
        ),
        // it states nothing about another number
        (vec![law.clone(), json!({ "number": "+12125550199", "rule": "lives-in", "timezone": "America/Denver" })], "-"),
    ] {
        assert_eq!(winner(&call("+12125550199", NEW_YORK, early), &items), expected, "{items:?}");
    }

    // Stated places replace those of the area code.
    let florida = rule(json!({ "rule": "florida", "places": "US-FL" }));
    let new_york = rule(json!({ "rule": "new-york", "places": "US-NY" }));
    let asked = call("+12125550199", NEW_YORK, "2026-11-23T16:00:00Z");
    let moved = lives_in(json!({ "timezone": "America/New_York", "places": "US-FL" }));
    assert_eq!(winner(&asked, &[florida.clone(), new_york.clone()]), "new-york");
    assert_eq!(winner(&asked, &[florida.clone(), new_york.clone(), moved.clone()]), "florida");
    // Florida closes at 20:00.
    let evening = call("+12125550199", NEW_YORK, "2026-11-24T01:00:00Z");
    assert_eq!(winner(&evening, std::slice::from_ref(&law)), "-");
    assert_eq!(winner(&evening, &[law.clone(), moved]), "law");

    // For the caller's clock, the caller's item counts.
    let caller_lives = json!({ "number": "+12125550199", "rule": "desk", "timezone": "Asia/Manila" });
    let desk = rule(json!({ "rule": "desk-closed", "hours": "!08:00-17:00", "timezone": "caller" }));
    assert_eq!(winner(&asked, std::slice::from_ref(&desk)), "-");
    assert_eq!(winner(&asked, &[desk, caller_lives]), "desk-closed");
}

#[test]
fn calling_hours_and_the_operators_rows() {
    let law = |name: &str| rule(json!({ "rule": "law", "calling_hours": name }));
    let florida = "+13055550100";
    let row = |extra: Value| {
        let mut item =
            json!({ "number": "*", "rule": "fl", "calling_hours": "us", "places": "US-FL", "hours": "10:00-11:00" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    for (items, to, at, expected) in [
        (vec![law("us")], florida, "2026-11-23T12:59:59Z", "law"),
        (vec![law("us")], florida, "2026-11-23T13:00:00Z", "-"),
        (vec![law("us")], florida, "2026-11-24T01:00:00Z", "law"),
        (vec![law("ca")], florida, "2026-11-24T06:00:00Z", "-"),
        (vec![law("us, ca")], "+14165550100", "2026-11-24T06:00:00Z", "law"),
        (vec![law("us")], "+442079460123", "2026-11-24T06:00:00Z", "-"),
        (vec![law("US")], "+17875550100", "2026-11-23T11:59:59Z", "law"), // Puerto Rico, four hours behind
        (vec![law("US")], "+17875550100", "2026-11-23T12:00:00Z", "-"),
        // an operator's row replaces the table's
        (vec![law("us"), row(json!({}))], florida, "2026-11-23T14:59:59Z", "law"),
        (vec![law("us"), row(json!({}))], florida, "2026-11-23T15:00:00Z", "-"),
        (vec![law("us"), row(json!({}))], "+12125550100", "2026-11-23T14:00:00Z", "-"),
        (vec![law("us"), row(json!({ "days": "Tue" }))], florida, "2026-11-23T15:00:00Z", "law"),
        (vec![law("us"), row(json!({ "starts_at": "2026-11-24" }))], florida, "2026-11-23T14:00:00Z", "-"),
        (vec![law("us"), row(json!({ "expires_at": "2026-11-23T14:00:00Z" }))], florida, "2026-11-23T14:00:00Z", "-"),
        (vec![law("us-debt"), row(json!({}))], florida, "2026-11-23T14:00:00Z", "-"),
        // it cannot widen the country's hours
        (vec![law("us"), row(json!({ "hours": "00:00-24:00" }))], florida, "2026-11-23T12:00:00Z", "law"),
        (
            vec![
                law("us"),
                row(json!({ "hours": "00:00-24:00" })),
                row(json!({ "rule": "us", "places": "US", "hours": "00:00-24:00" })),
            ],
            florida,
            "2026-11-23T12:00:00Z",
            "-",
        ),
        // Alabama's holidays stay closed, unless the row drops them: Thanksgiving in Birmingham
        (
            vec![law("us"), row(json!({ "places": "US-AL", "hours": "08:00-20:00" }))],
            "+12055550100",
            "2026-11-26T18:00:00Z",
            "law",
        ),
        (
            vec![law("us"), row(json!({ "places": "US-AL", "hours": "08:00-20:00", "holidays": "none" }))],
            "+12055550100",
            "2026-11-26T18:00:00Z",
            "-",
        ),
    ] {
        assert_eq!(winner(&call("+12125550199", to, at), &items), expected, "{to} {at} {items:?}");
    }
}

#[test]
fn caps() {
    let at = "2026-11-23T16:00:00Z";
    let asked = call("+12125550199", NEW_YORK, at);
    let ago = |seconds: &[i64]| -> Vec<Timestamp> {
        seconds.iter().map(|seconds| asked.at - jiff::SignedDuration::from_secs(*seconds)).collect()
    };
    let day = 86_400;
    for (extra, by, attempts, expected) in [
        (json!({ "max_calls": 3, "per": "24h" }), CountBy::Callee, vec![1, 2], "-"),
        (json!({ "max_calls": 3, "per": "24h" }), CountBy::Callee, vec![1, 2, 3], "r"),
        (json!({ "max_calls": "3", "per": "1d" }), CountBy::Callee, vec![1, 2, day - 1], "r"),
        (json!({ "max_calls": 3, "per": "24 hours" }), CountBy::Callee, vec![1, 2, day], "-"),
        (json!({ "max_calls": 1, "per": "1w" }), CountBy::Callee, vec![7 * day - 1], "r"),
        (json!({ "max_calls": 1, "per": "90s" }), CountBy::Callee, vec![90], "-"),
        (json!({ "max_calls": 1, "per": "30m", "count_by": "pair" }), CountBy::Callee, vec![1], "-"),
        (json!({ "max_calls": 1, "per": "30m", "count_by": "pair" }), CountBy::Pair, vec![1], "r"),
        (json!({ "max_calls": 1, "per": "30m", "count_by": "Caller" }), CountBy::Caller, vec![1], "r"),
    ] {
        let case = case(&asked, &[rule(extra.clone())]).attempts(by, ago(&attempts));
        assert_eq!(case.winner(), expected, "{extra} {attempts:?}");
    }

    // The counters that a call checks, and those that count it.
    let reservations = |items: &[Value]| -> Vec<String> {
        case(&asked, items).decide(|decision| {
            let reservations = decision.reservations().into_iter().map(|reservation| {
                let limits: Vec<String> = reservation
                    .limits
                    .iter()
                    .map(|limit| format!("{}/{}", limit.max, limit.window.as_secs()))
                    .collect();
                let records = if reservation.record { " +" } else { "" };
                format!("{}: {}{records}", reservation.counter, limits.join(" "))
            });
            reservations.chain((!decision.lets_through()).then(|| "stopped".to_owned())).collect()
        })
    };
    let cap = |extra: Value| {
        let mut item = rule(json!({ "max_calls": 3, "per": "24h" }));
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    let to = format!("to {NEW_YORK}");
    for (items, expected) in [
        (vec![], vec![]),
        (vec![rule(json!({ "days": "Sun" }))], vec![]),
        (vec![cap(json!({}))], vec![format!("{to}: 3/86400 +")]),
        // several caps of one counter are one reservation
        (
            vec![cap(json!({})), cap(json!({ "rule": "s", "max_calls": 7, "per": "7d" }))],
            vec![format!("{to}: 3/86400 7/604800 +")],
        ),
        // a cap whose rule does not apply counts the call, but is not checked
        (vec![cap(json!({ "days": "Sun" }))], vec![format!("{to}:  +")]),
        (vec![cap(json!({ "clients": "other" }))], vec![format!("{to}:  +")]),
        (vec![cap(json!({ "from": "+1315*" }))], vec![format!("{to}:  +")]),
        (vec![cap(json!({ "shadow": true }))], vec![format!("{to}:  +")]),
        // a cap about other callees does not count it
        (vec![cap(json!({ "to": "+1315*" }))], vec![]),
        (vec![cap(json!({ "places": "US-FL" }))], vec![]),
        (vec![cap(json!({ "enabled": false }))], vec![]),
        (vec![cap(json!({ "expires_at": "2026-11-23" }))], vec![]),
        (vec![cap(json!({ "count_by": "caller", "places": "US-FL" }))], vec![format!("from +12125550199:  +")]),
        (vec![cap(json!({ "count_by": "pair", "from": "+1315*" }))], vec![]),
        // a call that another rule lets through counts too
        (
            vec![cap(json!({})), rule(json!({ "rule": "vip", "status": "PROCEED", "priority": 9 }))],
            vec![format!("{to}:  +")],
        ),
        // a call that is rejected does not count; only caps that would change the decision are checked
        (vec![cap(json!({})), rule(json!({ "rule": "dnc", "priority": 9 }))], vec!["stopped".to_owned()]),
        (
            vec![cap(json!({ "priority": 9 })), rule(json!({ "rule": "dnc" }))],
            vec![format!("{to}: 3/86400"), "stopped".to_owned()],
        ),
    ] {
        assert_eq!(reservations(&items), expected, "{items:?}");
    }
}

#[test]
fn a_share_of_calls_is_the_same_for_the_same_pair() {
    let asked =
        |i: u32| call(&format!("+1212555{:04}", i % 100), &format!("+1315555{:04}", i / 100), "2026-11-23T16:00:00Z");
    let share = |percent: Value| rule(json!({ "percent": percent }));
    let applying =
        |item: &Value| (0..4_000).filter(|i| winner(&asked(*i), std::slice::from_ref(item)) == "r").collect::<Vec<_>>();
    assert!(applying(&share(json!(0))).is_empty());
    assert_eq!(applying(&share(json!("100%"))).len(), 4_000);
    let (tenth, quarter) = (applying(&share(json!("10"))), applying(&share(json!("25.00"))));
    // Three standard deviations of 4,000 draws.
    assert!((343..457).contains(&tenth.len()), "{}", tenth.len());
    assert!((918..1082).contains(&quarter.len()), "{}", quarter.len());
    assert!(tenth.iter().all(|i| quarter.contains(i)), "a higher share contains all pairs of a lower one");
    // The hash of `rule|from|to`, as in the documentation.
    let first = call("+12125550199", NEW_YORK, "2026-11-23T16:00:00Z");
    let at = |percent: &str| winner(&first, &[share(json!(percent))]) == "r";
    let edge = (0..=10_000).find(|parts| at(&format!("{}.{:02}", parts / 100, parts % 100))).unwrap();
    assert_eq!(edge, documented_lot("r|+12125550199|+12125550100") % 10_000 + 1);
}

fn documented_lot(text: &str) -> u64 {
    use sha2::{Digest, Sha256};
    u64::from_be_bytes(Sha256::digest(text)[..8].try_into().unwrap())
}

/// Such a name would be that of no client.
#[test]
fn names_of_clients_with_invisible_characters_are_mistakes() {
    for names in
        ["\u{200b}", "!\u{200b}", "vendor\u{200b}", "vendor,\u{feff}", "ven\u{ad}dor", "!\u{200d}vendor", "a\u{1}"]
    {
        let Entry::Invalid(invalid) = entry(&rule(json!({ "clients": names }))) else { panic!("{names:?}") };
        assert!(invalid.reasons[0].contains("has an invisible character; write the name"), "{:?}", invalid.reasons);
    }
    assert!(matches!(entry(&rule(json!({ "clients": "Vertrieb Köln,外呼" }))), Entry::Rule(_)));
}

#[test]
fn clients() {
    for (names, expected) in [
        ("vendor", true),
        ("VENDOR,other", true),
        ("other", false),
        ("!vendor", false),
        ("!other", true),
        ("vendor,!vendor", false),
    ] {
        assert_eq!(applies(json!({ "clients": names }), NEW_YORK, "2026-11-23T16:00:00Z"), expected, "{names}");
    }
    let nobody = Call { client: None, ..call("", NEW_YORK, "2026-11-23T16:00:00Z") };
    assert_eq!(winner(&nobody, &[rule(json!({ "clients": "!vendor" }))]), "r");
}

/// Returns the answer to a call after the redirect was screened, and the rule that decided.
fn screened(call: &Call, items: &[Value], default: &DefaultAnswer) -> (String, String) {
    Case::new(items).call(call).default(default).decide(|decision| {
        let answer = decision.answer().map_or("unknown".to_owned(), |answer| answer.to_json());
        (answer, name(decision.decided_by()))
    })
}

#[test]
fn a_redirect_is_screened() {
    const TARGET: &str = "+13605550112";
    let asked = call("+12125550199", NEW_YORK, "2026-11-23T16:00:00Z");
    let to =
        |target: &str| json!({ "number": NEW_YORK, "rule": "moved", "status": "CHANGE_DESTINATION", "code": target });
    let at_target = |extra: Value| {
        let mut item = json!({ "number": TARGET, "rule": "t", "status": "REJECT", "code": "603", "reason": "No" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    let redirected = |number: &str| format!(r#"{{"status":"CHANGE_DESTINATION","code":"{number}"}}"#);
    let rejected = r#"{"status":"REJECT","code":"603","reason":"No"}"#.to_owned();
    for (items, default, decision, rule) in [
        (vec![to(TARGET)], DefaultAnswer::Proceed, redirected(TARGET), "moved"),
        (vec![to(TARGET), at_target(json!({}))], DefaultAnswer::Proceed, rejected.clone(), "t"),
        (vec![to(TARGET), at_target(json!({ "side": "from" }))], DefaultAnswer::Proceed, redirected(TARGET), "moved"),
        (
            vec![to(TARGET), at_target(json!({ "status": "PROCEED" }))],
            DefaultAnswer::Proceed,
            redirected(TARGET),
            "moved",
        ),
        // no rule at the target: the rule that names the target lets the call through
        (
            vec![to(TARGET)],
            DefaultAnswer::Reject { code: "503".into(), reason: "No rule".into() },
            redirected(TARGET),
            "moved",
        ),
        // no loop, and no second redirect
        (
            vec![to(TARGET), at_target(json!({ "status": "CHANGE_DESTINATION", "code": NEW_YORK }))],
            DefaultAnswer::Proceed,
            redirected(TARGET),
            "moved",
        ),
        (vec![to(NEW_YORK)], DefaultAnswer::Proceed, redirected(NEW_YORK), "moved"),
        (
            vec![
                to(NEW_YORK),
                json!({ "number": NEW_YORK, "rule": "t", "status": "REJECT", "code": "603", "reason": "No", "priority": -1 }),
            ],
            DefaultAnswer::Proceed,
            rejected.clone(),
            "t",
        ),
        // a rule under `*` screens it too: 08:00 in Washington State is 16:00 UTC
        (
            vec![to(TARGET), rule(json!({ "rule": "t", "code": "603", "reason": "No", "hours": "!08:01-21:00" }))],
            DefaultAnswer::Proceed,
            rejected.clone(),
            "t",
        ),
        (
            vec![to(TARGET), json!({ "number": TARGET, "rule": "broken" })],
            DefaultAnswer::Proceed,
            "unknown".to_owned(),
            "?broken",
        ),
    ] {
        assert_eq!(screened(&asked, &items, &default), (decision, rule.to_owned()), "{items:?}");
    }
}

#[test]
fn several_targets_share_the_calls_by_weight() {
    let item = |code: Value| json!({ "number": "*", "rule": "desks", "status": "CHANGE_DESTINATION", "code": code });
    let asked =
        |i: u32| call(&format!("+1212555{:04}", i % 100), &format!("+1315555{:04}", i / 100), "2026-11-23T16:00:00Z");
    let target = |item: &Value, i: u32| {
        let (answer, _) = case(&asked(i), std::slice::from_ref(item)).answer();
        answer.strip_prefix("CHANGE_DESTINATION ").unwrap().to_owned()
    };
    let desks = item(json!("+13605550112 = 3, (360) 555-0113, +13605550114=0"));
    let count = |number: &str| (0..4_000).filter(|i| target(&desks, *i) == number).count();
    assert!((2_918..3_082).contains(&count("+13605550112")), "{}", count("+13605550112"));
    assert_eq!(count("+13605550112") + count("+13605550113"), 4_000);
    // A set has no order, so its order must not change the targets.
    let (one, other) =
        (item(json!(["+13605550112", "+13605550113=2"])), item(json!(["+13605550113=2", "+13605550112"])));
    assert!((0..100).all(|i| target(&one, i) == target(&other, i)));
    let lot = documented_lot("desks|+12125550000|+13155550000|target") % 4;
    assert_eq!(target(&desks, 0), if lot < 3 { "+13605550112" } else { "+13605550113" });
}

#[test]
fn why_a_rule_applies_or_does_not() {
    let asked = call("+12125550199", IDAHO, "2026-11-23T15:12:00Z");
    let full = |call: &Call, items: &[Value]| why(&case(call, items).attempts(CountBy::Callee, vec![asked.at]));
    let items = [
        json!({ "number": IDAHO, "rule": "off", "status": "REJECT", "enabled": false }),
        rule(json!({ "rule": "allow", "status": "PROCEED", "hours": "08:00-21:00" })),
        rule(json!({ "rule": "block", "hours": "!08:00-21:00" })),
        rule(json!({ "rule": "lunch", "days": "Mon-Fri", "hours": "12:00-13:00" })),
        rule(json!({ "rule": "office", "hours": "!09:00-17:00", "timezone": "Europe/London" })),
        rule(json!({ "rule": "christmas", "dates": "12-24..12-26" })),
        rule(json!({ "rule": "year", "dates": "!12-25" })),
        rule(json!({ "rule": "monday", "dates": "11-23", "days": "Mon", "hours": "08:00-09:00" })),
        rule(json!({ "rule": "london", "dates": "2026-11-24", "timezone": "Europe/London" })),
        rule(json!({ "rule": "law", "calling_hours": "us" })),
        rule(json!({ "rule": "law-ca", "calling_hours": "ca" })),
        rule(json!({ "rule": "places", "places": "US-ID,US-MT" })),
        rule(json!({ "rule": "elsewhere", "places": "!US-ID" })),
        rule(json!({ "rule": "cap", "max_calls": 3, "per": "24h" })),
        rule(json!({ "rule": "cap-full", "max_calls": 1, "per": "7d", "places": "US-*" })),
        rule(json!({ "rule": "share", "percent": 0 })),
        rule(json!({ "rule": "client", "clients": "!vendor,other" })),
        rule(json!({ "rule": "later", "starts_at": "2027-01-01" })),
        json!({ "number": "*", "rule": "row", "calling_hours": "us", "places": "US-FL,PR", "hours": "09:00-17:00" }),
    ];
    insta::assert_snapshot!(full(&asked, &items).join("\n"));
    let service = call("", "911", "2026-11-23T15:12:00Z");
    let toll_free = call("", "+18005550100", "2026-11-23T15:12:00Z");
    let stated = [
        json!({ "number": "+18005550100", "rule": "lives-in", "timezone": "America/Denver", "places": "US-CO" }),
        rule(json!({ "hours": "!08:00-21:00" })),
    ];
    let mut lines = full(&service, &[rule(json!({ "calling_hours": "us" }))]);
    lines.extend(full(&toll_free, &[rule(json!({ "calling_hours": "us" }))]));
    lines.extend(full(&toll_free, &[rule(json!({ "hours": "!08:00-21:00" }))]));
    lines.extend(full(&toll_free, &stated));
    lines.extend(full(&call("", "+870776712345", "2026-11-23T15:12:00Z"), &[rule(json!({ "calling_hours": "us" }))]));
    insta::assert_snapshot!("why_at_other_numbers", lines.join("\n"));
}
