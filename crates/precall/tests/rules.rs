//! Tests numbers, items and decisions with tables of cases and properties, without a store.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use jiff::Timestamp;
use precall::number::is_withheld;
use precall::rule::{Entry, Key, Rule, WrittenInstant};
use precall::{Applicability, Call, DecidedBy, Finding, Number};
use precall_test::{Case, entry, instant, number};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Returns the answer of a rule to a call.
fn decision_of(rule: &Rule) -> String {
    rule.unscreened_answer(&Call::new(number(Case::TO), instant(Case::AT))).to_json()
}

/// Returns the mistakes of an item; empty if it is valid.
fn reasons(item: &Value) -> Vec<String> {
    match entry(item) {
        Entry::Rule(_) | Entry::Fact(_) => Vec::new(),
        Entry::Invalid(invalid) => invalid.reasons,
    }
}

#[test]
fn numbers_of_a_query() {
    for (value, expected) in [
        // the correct form, after one decoding
        ("+13155550100", "+13155550100"),
        ("+447700900123", "+447700900123"),
        // a raw plus arrives as a blank, a doubly or trebly encoded one as %2B or %252B
        (" 13155550100", "+13155550100"),
        ("%2B13155550100", "+13155550100"),
        ("%2b13155550100", "+13155550100"),
        ("%252B13155550100", "+13155550100"),
        ("%20447700900123", "+447700900123"),
        (" 4712345678", "+4712345678"), // ten digits, but the blank was a plus
        // NANP without a plus
        ("3155550100", "+13155550100"),
        ("13155550100", "+13155550100"),
        // punctuation
        ("(315) 555-0100", "+13155550100"),
        ("+1 315.555.0100", "+13155550100"),
        ("1-315-555-0100", "+13155550100"),
        ("315/555/0100", "+13155550100"),
        ("+1\u{a0}315\u{2011}555\u{2011}0100", "+13155550100"),
        ("\u{202a}+13155550100\u{202c}", "+13155550100"),
        // numbers as dialled from abroad
        ("01144 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044 (0)7700 900123", "+447700900123"),
        // the vendor's own examples, which are in no numbering plan
        ("+13130000000", "+13130000000"),
        ("+131300000000", "+131300000000"),
        // numbers without a country code
        ("911", "911"),
        ("07700900123", "07700900123"),
        ("+911", "911"),
        ("+1315", "+1315"),
        // exit codes, also after a plus, and zeros that no number has
        ("001113155550100", "+13155550100"),
        ("001144 20 7946 0123", "+442079460123"),
        ("+0013155550100", "+13155550100"),
        ("+01113155550100", "+13155550100"),
        ("+00442079460123", "+442079460123"),
        ("013155550100", "+13155550100"),
        ("1(0)3155550100", "+13155550100"),
        // the 0 that is dialled only within the country
        ("44 (0)20 7946 0123", "+442079460123"),
        ("(+44)(0)2079460123", "+442079460123"),
        ("+44( 0 )2079460123", "+442079460123"),
        ("+44 020 7946 0123", "+442079460123"),
        ("+44-0-20-7946-0123", "+442079460123"),
        ("+4402079460123", "+442079460123"),
        ("0044 020 7946 0123", "+442079460123"),
        ("+81 (0)3 1234 5678", "+81312345678"),
        // Italy's 0 is part of the number, and so is a 0 at another position
        ("+39 (0)6 1234 5678", "+390612345678"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+225 07 07 12 34 56", "+2250707123456"),
        ("+44 20 (0) 79460123", "+442079460123"),
        ("020 7946 0123", "02079460123"),
        ("123456789012345", "+123456789012345"),
    ] {
        assert_eq!(Number::from_query(value).map(|number| number.to_string()), Ok(expected.to_owned()), "{value:?}");
    }
    for value in [
        "",
        " ",
        "+",
        "()",
        "abc",
        "+1315555010a",
        "++13155550100",
        "1+3155550100",
        "+13155550100+",
        "+1234567890123456",
        "12345678901234567890",
        "+1315555\u{0}0100",
        "+1315,555",
        "*67",
        "#31#",
        "%ff",
        "13155550100\r\nx",
        "+01315555010",
        "+0",
        "5550100",
        "555-0100",
    ] {
        assert!(Number::from_query(value).is_err(), "{value:?}");
    }
    // Text that a person types: a leading blank is only a blank, and an apostrophe is from a spreadsheet.
    for (text, expected) in
        [(" 3155550100", "+13155550100"), ("'+13155550100", "+13155550100"), ("' 13155550100 ", "+13155550100")]
    {
        assert_eq!(Number::from_typed(text).unwrap().as_str(), expected, "{text:?}");
    }
}

#[test]
fn withheld_callers() {
    for value in [
        "",
        " ",
        "anonymous",
        "Anonymous",
        "RESTRICTED",
        "private",
        "unknown",
        "unavailable",
        "\"anonymous\"",
        "null",
        "Private Number",
        "N/A",
        "undefined",
        "+anonymous",
        "%22Anonymous%22",
        "<sip:anonymous@anonymous.invalid>",
        "sip:anonymous",
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
        "No Caller ID",
        "Withheld",
    ] {
        assert!(is_withheld(value), "{value:?}");
    }
    for value in ["+13155550100", "abc", "anonym", "+", "()", "sip:+13155550100@example.com", "%ff"] {
        assert!(!is_withheld(value), "{value:?}");
    }
}

#[test]
fn country_and_area() {
    for (number, expected) in [
        ("+13155550100", Some("+1315")),
        ("+79161234567", Some("+7")),
        ("+447700900123", Some("+44")),
        ("+3531234567", Some("+353")),
        ("+9812345678", Some("+98")),
        ("+131", None),
        ("911", None),
    ] {
        assert_eq!(Number::from_typed(number).unwrap().country_and_area(), expected, "{number}");
    }
}

#[test]
fn which_rules_apply() {
    let caller = "+12125550199";
    for (attributes, from, to, applies) in [
        (json!({ "number": "+13155550100" }), caller, "+13155550100", true),
        (json!({ "number": "+13155550100", "side": "any" }), caller, "+13155550100", true),
        (json!({ "number": "+13155550100", "side": "from" }), caller, "+13155550100", false),
        (json!({ "number": caller, "side": " From " }), caller, "+13155550100", true),
        (json!({ "number": caller, "side": "ANY" }), caller, "+13155550100", true),
        (json!({ "number": caller }), caller, "+13155550100", false),
        (json!({ "number": "+13155550100", "from": "+1212*" }), caller, "+13155550100", true),
        (json!({ "number": "+13155550100", "from": "+1213*" }), caller, "+13155550100", false),
        (json!({ "number": "+13155550100", "from": "!+1212*" }), caller, "+13155550100", false),
        (json!({ "number": "+13155550100", "from": "!+1213*" }), "", "+13155550100", true),
        (json!({ "number": "+13155550100", "from": "+1*" }), "", "+13155550100", false),
        (json!({ "number": "+13155550100", "from": "*" }), "", "+13155550100", true),
        (json!({ "number": "*", "from": "anonymous" }), "", "+13155550100", true),
        (json!({ "number": "*", "from": "anonymous" }), caller, "+13155550100", false),
        (json!({ "number": "*", "from": "!anonymous" }), "", "+13155550100", false),
        (json!({ "number": "*" }), caller, "+447700900123", true),
        (json!({ "number": "*", "to": "+1315*, +1212*" }), caller, "+13155550100", true),
        (json!({ "number": "*", "to": "+1 (315)*" }), caller, "+13155550100", true),
        (json!({ "number": "*", "to": "+1*, !+1315*" }), caller, "+13155550100", false),
        (json!({ "number": "*", "to": ["+44*", "!+1315*"] }), caller, "+13155550100", false),
        (json!({ "number": "*", "to": "3155550100" }), caller, "+13155550100", true),
        (json!({ "number": "*", "to": 13155550100_i64 }), caller, "+13155550100", true),
        (json!({ "number": "*", "to": "+1315*" }), caller, "3155550100", true),
        (json!({ "number": "*", "to": "+*" }), caller, "911", false),
        (json!({ "number": "*", "to": "911" }), caller, "911", true),
        (json!({ "number": "*", "to": "+1315*" }), caller, "+447700900123", false),
        (json!({ "number": "*", "clients": "other, Vendor" }), caller, "+13155550100", true),
        (json!({ "number": "*", "clients": ["other"] }), caller, "+13155550100", false),
        (json!({ "number": "*", "enabled": "off" }), caller, "+13155550100", false),
        (json!({ "number": "*", "enabled": 1 }), caller, "+13155550100", true),
        (json!({ "number": "*", "starts_at": Case::AT }), caller, "+13155550100", true),
        (json!({ "number": "*", "starts_at": "2026-11-23T15:00:01Z" }), caller, "+13155550100", false),
        (json!({ "number": "*", "starts_at": "2026-11-23T10:00:01-05:00" }), caller, "+13155550100", false),
        (json!({ "number": "*", "expires_at": Case::AT }), caller, "+13155550100", false),
        (json!({ "number": "*", "expires_at": "2026-11-23 15:00:01" }), caller, "+13155550100", true),
        (json!({ "number": "*", "expires_at": "2026-11-23" }), caller, "+13155550100", false),
        (json!({ "number": "*", "expires_at": "2026-11-24" }), caller, "+13155550100", true),
        (json!({ "number": "*", "expires_at": 1795446000 }), caller, "+13155550100", false),
        (json!({ "number": "*", "expires_at": "1795446001" }), caller, "+13155550100", true),
        (json!({ "number": "*", "shadow": "yes" }), caller, "+13155550100", false),
        (json!({ "number": "*", "note": "", "ticket": "OPS-7", "Owner": "anna" }), caller, "+13155550100", true),
        (json!({ "number": "*", " STATUS ": "ignored" }), caller, "+13155550100", false),
    ] {
        let mut item = json!({ "rule": "r", "status": "REJECT" });
        item.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let expected = if applies { "r" } else { "-" };
        assert_eq!(Case::new(&[item]).from(from).to(to).winner(), expected, "{attributes} for {from} to {to}");
    }
}

#[test]
fn which_rule_wins() {
    let (from, to) = ("+12125550199", "+13155550100");
    // Each rule outranks the next: by priority; by pair, callee, caller, longest prefix, any; by status; by name.
    let ladder = [
        json!({ "number": "*", "rule": "priority-2", "status": "PROCEED", "priority": 2 }),
        json!({ "number": "*", "rule": "priority-1", "status": "PROCEED", "priority": "1.0" }),
        json!({ "number": to, "from": from, "rule": "pair", "status": "PROCEED" }),
        json!({ "number": to, "from": "+12125*", "rule": "callee-of-longer-prefix", "status": "PROCEED" }),
        json!({ "number": to, "from": "+1212*", "rule": "callee-of-prefix", "status": "PROCEED" }),
        json!({ "number": to, "rule": "callee", "status": "PROCEED" }),
        json!({ "number": from, "side": "from", "to": "+1315*", "rule": "caller-to-prefix", "status": "PROCEED" }),
        json!({ "number": from, "side": "from", "rule": "caller", "status": "PROCEED" }),
        json!({ "number": "*", "to": "+13155*", "rule": "prefix-5", "status": "PROCEED" }),
        json!({ "number": "*", "to": "+1315*", "from": "+121*", "rule": "prefix-4-and-3", "status": "PROCEED" }),
        json!({ "number": "*", "from": "+1212*", "rule": "prefix-4", "status": "PROCEED" }),
        json!({ "number": "*", "rule": "c-reject", "status": "REJECT" }),
        json!({ "number": "*", "rule": "d-reject", "status": "REJECT" }),
        json!({ "number": "*", "rule": "b-redirect", "status": "CHANGE_DESTINATION", "code": "+13605550112" }),
        json!({ "number": "*", "rule": "a-proceed", "status": "PROCEED" }),
        json!({ "number": "*", "rule": "low", "status": "REJECT", "priority": -1 }),
    ];
    for (i, expected) in ladder.iter().enumerate() {
        let mut rest: Vec<Value> = ladder[i..].to_vec();
        assert_eq!(Case::new(&rest).from(from).to(to).winner(), expected["rule"].as_str().unwrap());
        rest.reverse();
        assert_eq!(
            Case::new(&rest).from(from).to(to).winner(),
            expected["rule"].as_str().unwrap(),
            "in the other order"
        );
    }
}

#[test]
fn what_an_invalid_item_does() {
    let to = "+13155550100";
    let caller = "+12125550199";
    let broken = json!({ "number": to, "rule": "broken", "status": "REJCT" });
    let with = |extra: Value| {
        let mut item = broken.clone();
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    let dnc = json!({ "number": to, "rule": "dnc", "status": "REJECT", "priority": 100 });
    let route = json!({ "number": to, "rule": "route", "status": "PROCEED" });
    let law = json!({ "number": "*", "rule": "law", "status": "REJECT", "priority": 1 });
    for (items, expected) in [
        (vec![broken.clone()], "?broken"),
        (vec![broken.clone(), route.clone()], "?broken"),
        // An item of priority 0 cannot outrank a rule of priority 100, with any content.
        (vec![broken.clone(), dnc.clone()], "dnc"),
        (vec![broken.clone(), law], "law"),
        (vec![with(json!({ "priority": 100 })), dnc.clone()], "?broken"),
        (vec![with(json!({ "priority": "high" })), dnc.clone()], "?broken"),
        // A readable condition is not met.
        (vec![with(json!({ "expires_at": "2026-11-22" })), route.clone()], "route"),
        (vec![with(json!({ "starts_at": "2026-11-24" })), route.clone()], "route"),
        (vec![with(json!({ "from": "+1315*" })), route.clone()], "route"),
        (vec![with(json!({ "clients": "other" })), route.clone()], "route"),
        (vec![with(json!({ "side": "from" })), route.clone()], "route"),
        (vec![with(json!({ "enabled": false })), route.clone()], "route"),
        (vec![with(json!({ "hours": "15:00-16:00", "timezone": "UTC" })), route.clone()], "?broken"),
        (vec![with(json!({ "hours": "14:00-15:00" })), route.clone()], "route"),
        (vec![with(json!({ "dates": "2026-11-24" })), route.clone()], "route"),
        (vec![with(json!({ "dates": "2026-11-23" })), route.clone()], "?broken"),
        // dates, days, hours and the time zone are used together or not at all
        (vec![with(json!({ "dates": "2026-11-24", "hours": "always" })), route.clone()], "?broken"),
        (vec![with(json!({ "dates": "11/24", "hours": "14:00-15:00" })), route.clone()], "?broken"),
        (vec![with(json!({ "calling_hours": "us" })), route.clone()], "route"),
        (vec![with(json!({ "percent": 0 })), route.clone()], "route"),
        // The item may have stated where the callee is, so only a REJECT can decide, for any priority of the item.
        (
            vec![
                with(json!({ "timezone": "EST", "days": "Sun" })),
                json!({ "number": to, "rule": "vip", "status": "PROCEED", "priority": 9 }),
            ],
            "?broken",
        ),
        (vec![with(json!({ "timezone": "EST", "days": "Sun" })), dnc.clone()], "dnc"),
        (vec![json!({ "number": to, "rule": "broken", "places": "US-FL" }), dnc.clone()], "dnc"),
        (
            vec![
                json!({ "number": to, "rule": "broken", "places": "US-FL" }),
                json!({ "number": to, "rule": "vip", "status": "PROCEED", "priority": 9 }),
            ],
            "?broken",
        ),
        (
            vec![
                json!({ "number": to, "rule": "broken", "timezone": "Denver", "expires_at": "2026-11-22" }),
                route.clone(),
            ],
            "route",
        ),
        // A part of a clock does not count: with the correct hours, Monday's window might reach over midnight.
        (vec![with(json!({ "days": "Tue", "hours": "22:00-16:0x", "status": "REJECT" })), route.clone()], "?broken"),
        (
            vec![
                with(json!({ "hours": "01:00-02:00", "timezone": "America/NewYork", "status": "REJECT" })),
                dnc.clone(),
            ],
            "dnc",
        ),
        // A do-not-call rule is not lost because of a typing error in a fact about its holder.
        (vec![json!({ "number": to, "rule": "lives-in", "timezone": "America/Nowhere" }), dnc.clone()], "dnc"),
        (vec![json!({ "number": to, "rule": "lives-in", "timezone": "America/Nowhere" }), route.clone()], "?lives-in"),
        (
            vec![
                json!({ "number": to, "rule": "lives-in", "timezone": "America/Denver", "priority": 100 }),
                dnc.clone(),
            ],
            "?lives-in",
        ),
        // A misspelt attribute may have stated where the callee is.
        (
            vec![
                json!({ "number": to, "rule": "broken", "tz": "America/Denver" }),
                json!({ "number": to, "rule": "vip", "status": "PROCEED", "priority": 9 }),
            ],
            "?broken",
        ),
        (
            vec![
                json!({ "number": to, "rule": "broken", "place": "US-CO" }),
                json!({ "number": to, "rule": "vip", "status": "PROCEED", "priority": 9 }),
            ],
            "?broken",
        ),
        // If an attribute occurs twice, neither value is used.
        (vec![with(json!({ "from": "+1315*", "From": "+1212*" })), route.clone()], "?broken"),
        (vec![with(json!({ "shadow": true })), route.clone()], "route"),
        (vec![with(json!({ "enabled": "maybe" })), route.clone()], "?broken"),
        (vec![with(json!({ "side": "callee" })), route.clone()], "?broken"),
        // Under `*`, it is left out.
        (vec![json!({ "number": "*", "rule": "broken" }), route.clone()], "route"),
        (vec![json!({ "number": caller, "rule": "broken", "side": "any" }), route], "route"),
    ] {
        assert_eq!(Case::new(&items).from(caller).to(to).winner(), expected, "{items:?}");
    }
}

/// Compares the messages of invalid items, which describe the correction, with a snapshot.
#[test]
fn messages_of_an_invalid_item() {
    let mut said = String::new();
    for extra in [
        json!({}),
        json!({ "status": "" }),
        json!({ "status": "REJCT" }),
        json!({ "status": ["REJECT"] }),
        json!({ "status": "CHANGE_DESTINATION" }),
        json!({ "status": "CHANGE_DESTINATION", "code": "911" }),
        json!({ "status": "CHANGE_DESTINATION", "code": "+1315555010O" }),
        json!({ "status": "CHANGE_DESTINATION", "code": true }),
        json!({ "status": "REJECT", "side": "callee" }),
        json!({ "status": "REJECT", "priority": "high" }),
        json!({ "status": "REJECT", "priority": 1.5 }),
        json!({ "status": "REJECT", "priority": 99999999999_i64 }),
        json!({ "status": "REJECT", "enabled": "maybe" }),
        json!({ "status": "REJECT", "shadow": "" }),
        json!({ "status": "REJECT", "to": "" }),
        json!({ "status": "REJECT", "to": "1315*" }),
        json!({ "status": "REJECT", "to": "+1315*0100" }),
        json!({ "status": "REJECT", "to": "!" }),
        json!({ "status": "REJECT", "to": "1315" }),
        json!({ "status": "REJECT", "to": "+1315" }),
        json!({ "status": "REJECT", "number": "*", "side": "from", "to": "+1315*" }),
        json!({ "status": "REJECT", "expires": "2026-12-01", "disabled": true, "prio": 1 }),
        json!({ "status": "REJECT", "from": [true] }),
        json!({ "status": "REJECT", "from": "+1315*;+1212*" }),
        json!({ "status": "REJECT", "clients": " , " }),
        json!({ "status": "REJECT", "expires_at": "tomorrow" }),
        json!({ "status": "REJECT", "expires_at": 1795446000000_i64 }),
        json!({ "status": "REJECT", "starts_at": "12/01/2026" }),
        json!({ "status": "REJECT", "starts_at": "-1796112000" }),
        json!({ "status": "REJECT", "starts_at": "2026-12-01T08:00:00+01:00[America/New_York]" }),
        json!({ "status": "REJECT", "hours": "9:00-9:00" }),
        json!({ "status": "REJECT", "hours": "08:00-25:00" }),
        json!({ "status": "REJECT", "days": "Mo-So" }),
        json!({ "status": "REJECT", "days": "M,T,W" }),
        json!({ "status": "REJECT", "hours": "midnight-6" }),
        json!({ "status": "REJECT", "expires_at": "7d" }),
        json!({ "status": "REJECT", "expires_at": "in 90 days" }),
        json!({ "status": "REJECT", "expires_at": "never" }),
        json!({ "status": "REJECT", "expires_at": 253402300800_i64 }),
        json!({ "status": "REJECT", "starts_at": "10000-01-01" }),
        json!({ "status": "REJECT", "max_calls": 1, "per": "1 month" }),
        json!({ "status": "REJECT", "days": "!weekdays,!weekend" }),
        json!({ "status": "REJECT", "dates": "12/25" }),
        json!({ "status": "REJECT", "dates": "2026-12-24..01-02" }),
        json!({ "status": "REJECT", "dates": "2026-12-26..2026-12-24" }),
        json!({ "status": "REJECT", "dates": " , " }),
        json!({ "status": "REJECT", "dates": 1225 }),
        json!({ "status": "REJECT", "date": "12-25" }),
        json!({ "dates": "12-25", "timezone": "America/Denver" }),
        json!({ "status": "REJECT", "days": "Mon", "timezone": "EST" }),
        json!({ "status": "REJECT", "days": "Mon", "timezone": "America/Springfield" }),
        json!({ "status": "REJECT", "number": "*", "timezone": "America/New_York" }),
        json!({ "status": "REJECT", "number": "*", "calling_hours": "us", "timezone": "caller" }),
        json!({ "status": "REJECT", "calling_hours": "uk" }),
        json!({ "status": "REJECT", "calling_hours": "" }),
        json!({ "status": "REJECT", "places": "FL" }),
        json!({ "status": "REJECT", "places": "premum" }),
        json!({ "status": "REJECT", "max_calls": 3 }),
        json!({ "status": "REJECT", "per": "24h" }),
        json!({ "status": "REJECT", "max_calls": 0, "per": "24" }),
        json!({ "status": "REJECT", "max_calls": 1001, "per": "2y" }),
        json!({ "status": "REJECT", "max_calls": 1, "per": "24h", "count_by": "agent" }),
        json!({ "status": "REJECT", "percent": 101 }),
        json!({ "status": "REJECT", "percent": 700 }),
        json!({ "status": "REJECT", "priority": "-9223372036854775808" }),
        json!({ "action": "REJECT", "timezone": "America/New_York" }),
        json!({ "status": "PROCEED", "weekdays": "Mon-Fri", "start_time": "08:00" }),
        json!({ "status": "REJECT", "percent": "1.234" }),
        json!({ "status": "REJECT", "clients": "!" }),
        json!({ "status": "REJECT", "holidays": "none" }),
        json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112=2, +13605550112" }),
        json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112=0" }),
        json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112=x" }),
        json!({ "status": "PROCEED", "calling_hours": "us" }),
        json!({ "status": "PROCEED", "max_calls": 3, "per": "24h" }),
        // without `status`
        json!({ "timezone": "caller" }),
        json!({ "timezone": "America/Denver", "places": "caribbean" }),
        json!({ "timezone": "America/Denver", "code": "603", "priority": 100 }),
        json!({ "places": "US-CO" }),
        json!({ "number": "*", "timezone": "America/Denver" }),
        json!({ "number": "*", "calling_hours": "us", "hours": "08:00-21:00" }),
        json!({ "number": "*", "calling_hours": "us,ca", "hours": "08:00-21:00", "places": "US-FL" }),
        json!({ "number": "*", "calling_hours": "us", "hours": "!08:00-21:00", "places": "CA-ON", "holidays": "some" }),
        json!({ "number": "*", "calling_hours": "us", "hours": "21:00-08:00", "places": "US-FL", "priority": 1 }),
        json!({ "status": "REJECT", "hour": "08:00-21:00", "priorty": 1, "expire_at": 1 }),
        json!({ "status": "REJECT", "Status": "PROCEED" }),
        json!({ "status": "REJECT", "number": "3155550100" }),
        json!({ "status": "REJECT", "number": "+1315*" }),
    ] {
        let mut item = json!({ "number": "+13155550100", "rule": "r" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let reasons = reasons(&item);
        assert!(!reasons.is_empty(), "{item} passes");
        said += &format!("{extra}\n    {}\n", reasons.join("\n    "));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn messages_have_a_maximum_length() {
    let item = json!({ "number": "*", "rule": "r", "status": "REJECT", "to": "x".repeat(300_000) });
    let reasons = reasons(&item);
    assert!(reasons[0].chars().count() < 450 && reasons[0].contains("write + and the country code"), "{reasons:?}");
}

#[test]
fn other_attributes_are_the_operators_own() {
    // `tests/foreign_words.rs` has more, and the words that are conditions.
    for name in ["role", "parent", "campaign", "ticket", "notes", "x_hours", "data", "zip", "site", "size"] {
        let item = json!({ "number": "+13155550100", "rule": "r", "status": "REJECT", name: "NY" });
        assert_eq!(reasons(&item), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_reject_is_not_lost_because_of_its_code_or_reason() {
    for (extra, code, reason, repairs) in [
        (json!({}), "503", "r", 0),
        (json!({ "code": 603, "reason": "  Asked us not to  " }), "603", "Asked us not to", 0),
        (json!({ "code": "", "reason": null }), "503", "r", 0),
        (json!({ "code": "20", "reason": "two\nlines" }), "503", "two lines", 2),
        (json!({ "code": "DNC" }), "503", "r", 1),
        // as spreadsheets, DynamoDB and other keyboards write it
        (json!({ "code": "603.0" }), "603", "r", 0),
        (json!({ "code": 603.0 }), "603", "r", 0),
        (json!({ "code": " '603.00 " }), "603", "r", 0),
        (json!({ "code": "６０３" }), "603", "r", 0),
        (json!({ "code": "603\u{200b}" }), "603", "r", 0),
        (json!({ "code": "603.5" }), "503", "r", 1),
        (json!({ "code": "６０" }), "503", "r", 1),
        // free text stays as it is
        (json!({ "reason": "Ｎｏ\u{2013}１" }), "503", "Ｎｏ\u{2013}１", 0),
        (json!({ "code": ["603"], "reason": { "a": "map" } }), "503", "r", 2),
        (json!({ "cod": "603", "reasn": "x" }), "503", "r", 1),
    ] {
        let mut item = json!({ "number": "*", "rule": "r", "status": "reject" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let Entry::Rule(rule) = entry(&item) else { panic!("{item}") };
        let decision: Value = serde_json::from_str(&decision_of(&rule)).unwrap();
        assert_eq!(decision, json!({ "status": "REJECT", "code": code, "reason": reason }), "{extra}");
        assert_eq!(rule.repairs.len(), repairs, "{extra}: {:?}", rule.repairs);
    }
    let long = json!({ "number": "*", "rule": "r", "status": "REJECT", "reason": "é".repeat(500) });
    let Entry::Rule(rule) = entry(&long) else { panic!() };
    assert!(decision_of(&rule).chars().count() < 260);
}

#[test]
fn answers_have_exactly_the_form_of_the_contract() {
    let item = |extra: Value| {
        let mut item = json!({ "number": "*", "rule": "r" });
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        match entry(&item) {
            Entry::Rule(rule) => decision_of(&rule),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(item(json!({ "status": "PROCEED" })), r#"{"status":"PROCEED"}"#);
    assert_eq!(
        item(json!({ "status": "REJECT", "code": 503, "reason": "TCPA Time Window Violation" })),
        r#"{"status":"REJECT","code":"503","reason":"TCPA Time Window Violation"}"#
    );
    assert_eq!(
        item(json!({ "status": "CHANGE_DESTINATION", "code": "360-555-1212" })),
        r#"{"status":"CHANGE_DESTINATION","code":"+13605551212"}"#
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        r"[+ ]?[0-9() .%-]{0,20}",
        "[+]?1?[2-9][0-9]{9}",
        Just("*".to_owned()),
        Just("REJECT".to_owned()),
        Just("PROCEED".to_owned()),
        Just("true".to_owned()),
        "[!]?[+]1[0-9]{0,6}[*]",
    ]
}

fn attribute() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => prop::collection::vec(text().prop_map(Value::from), 0..4).prop_map(Value::from),
        1 => Just(json!({})),
    ]
}

fn item() -> impl Strategy<Value = Value> {
    let names = [
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
        "dates",
        "note",
    ];
    let number = prop_oneof![Just("*".to_owned()), Just("+13155550100".to_owned()), Just("+12125550199".to_owned())];
    let attributes = prop::collection::vec((prop::sample::select(names.to_vec()), attribute()), 0..5);
    let status = prop::option::of(prop::sample::select(vec!["REJECT", "PROCEED", "CHANGE_DESTINATION"]));
    (number, "[a-c]{1,3}", status, attributes).prop_map(|(number, rule, status, attributes)| {
        let mut item = json!({ "number": number, "rule": rule });
        for (name, value) in attributes {
            item[name] = value;
        }
        if let Some(status) = status {
            item["status"] = status.into();
        }
        item
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A number has only one spelling, so reading it again does not change it.
    #[test]
    fn reading_a_number_is_idempotent(text in text()) {
        for read in [Number::from_query(&text), Number::from_typed(&text)].into_iter().flatten() {
            prop_assert_eq!(Number::from_typed(read.as_str()), Ok(read.clone()), "{:?}", text);
            prop_assert_eq!(Number::from_query(read.as_str()), Ok(read.clone()), "{:?}", text);
            let digits = read.as_str().trim_start_matches('+');
            prop_assert!((1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        }
    }

    /// Every item is valid or has a reason, and the decision does not depend on the order in which a store returns items.
    #[test]
    fn decisions_do_not_depend_on_the_order_of_items(items in prop::collection::vec(item(), 0..8)) {
        for item in &items {
            if let Entry::Invalid(invalid) = entry(item) {
                prop_assert!(!invalid.reasons.is_empty(), "{}", item);
            }
        }
        // A table has one item for each key.
        let mut items = items;
        items.sort_by_key(|item| (item["number"].to_string(), item["rule"].to_string()));
        items.dedup_by_key(|item| (item["number"].to_string(), item["rule"].to_string()));
        let forwards = Case::new(&items).winner();
        items.reverse();
        prop_assert_eq!(forwards, Case::new(&items).winner());
    }

    /// The removal of a rule that is outranked, does not apply or is a shadow rule does not change the decision.
    #[test]
    fn only_the_rule_that_decides_matters(items in prop::collection::vec(item(), 1..8)) {
        let answer = |items: &[Value]| {
            Case::new(items).asked(|asked| match asked.decided_by() {
                DecidedBy::Rule(rule, _) => Some(rule.unscreened_answer(asked.call()).to_json()),
                DecidedBy::Default | DecidedBy::Unknown(_) => None,
            })
        };
        let idle: Vec<Key> = Case::new(&items).asked(|asked| {
            let findings = asked.findings().into_iter();
            let is_idle = |finding: &Finding<'_>| {
                matches!(finding.applicability, Applicability::DoesNotApply(_) | Applicability::AppliesAsShadow(_))
            };
            findings.filter(is_idle).map(|finding| finding.entry.key().clone()).collect()
        });
        let is_idle = |item: &Value| idle.iter().any(|key| item["number"] == key.number.as_str() && item["rule"] == key.rule.as_str());
        // Items with the same key cannot be distinguished here; a table has each key once.
        let mut keys: Vec<_> = items.iter().map(|item| (item["number"].to_string(), item["rule"].to_string())).collect();
        keys.sort();
        keys.dedup();
        prop_assume!(keys.len() == items.len());
        let rest: Vec<Value> = items.iter().filter(|item| !is_idle(item)).cloned().collect();
        prop_assert_eq!(answer(&items), answer(&rest));
    }
}

#[test]
fn all_spellings_of_an_instant_are_read_as_the_same_instant() {
    let at = |text: Value| match entry(&json!({ "number": "*", "rule": "r", "status": "PROCEED", "starts_at": text })) {
        Entry::Rule(rule) => rule.conditions.lifetime.starts_at.unwrap(),
        Entry::Invalid(invalid) => panic!("{:?}", invalid.reasons),
        Entry::Fact(_) => panic!("a fact"),
    };
    let expected: Timestamp = "2026-12-01T08:00:00Z".parse().unwrap();
    for text in [
        json!("2026-12-01T08:00:00Z"),
        json!("2026-12-01T03:00:00-05:00"),
        json!("2026-12-01 08:00"),
        json!("2026-12-01T03:00[America/New_York]"),
        json!("2026-12-01T03:00:00-05:00[America/New_York]"),
        json!("2026-12-01T08:00"),
        json!(" '1796112000 "),
        json!(1796112000),
        json!("1796112000.0"),
        json!("１７９６１１２０００"),
        json!("2026\u{2013}12\u{2013}01 08:00"),
    ] {
        assert_eq!(at(text.clone()), expected, "{text}");
    }
    // Fractions, as boto3 writes Decimals, and the last instants of a calendar, which mean "never".
    for (text, expected) in [
        (json!("1798761600.123456"), "2027-01-01T00:00:00.123456Z"),
        (json!(1798761600.5), "2027-01-01T00:00:00.5Z"),
        (json!("1798761600.1234567891"), "2027-01-01T00:00:00.123456789Z"),
        (json!("100000000000"), "5138-11-16T09:46:40Z"),
        (json!(253402128000_i64), "9999-12-30T00:00:00Z"),
        (json!("9999-12-30T12:00:00Z"), "9999-12-30T12:00:00Z"),
        (json!(253402300799_i64), "9999-12-30T22:00:00.999999999Z"),
        (json!("253402300799.999"), "9999-12-30T22:00:00.999999999Z"),
        (json!("9999-12-31T23:59:59Z"), "9999-12-30T22:00:00.999999999Z"),
        (json!("9999-12-31T23:59:59-05:00"), "9999-12-30T22:00:00.999999999Z"),
        (json!("9999-12-31 23:59:59"), "9999-12-30T22:00:00.999999999Z"),
        (json!("9999-12-31"), "9999-12-30T22:00:00.999999999Z"),
    ] {
        assert_eq!(at(text.clone()), expected.parse().unwrap(), "{text}");
    }
}

#[test]
fn numbers_and_lists_are_read_as_spreadsheets_and_other_keyboards_write_them() {
    let plain = |item: &Value| match entry(item) {
        Entry::Rule(rule) => format!("{:?} {:?} {:?}", rule.conditions, rule.priority, rule.action),
        other => panic!("{item}: {other:?}"),
    };
    for (odd, usual) in [
        (json!({ "priority": "１００" }), json!({ "priority": 100 })),
        (json!({ "priority": "\u{2212}5" }), json!({ "priority": -5 })),
        (json!({ "priority": "100.0\u{a0}" }), json!({ "priority": 100 })),
        (json!({ "percent": "１０．０％" }), json!({ "percent": 10 })),
        (json!({ "max_calls": "3.0", "per": "２４ｈ" }), json!({ "max_calls": 3, "per": "24h" })),
        (json!({ "max_calls": "３", "per": "24 hrs" }), json!({ "max_calls": 3, "per": "24h" })),
        (json!({ "max_calls": 3, "per": "7.0d" }), json!({ "max_calls": 3, "per": "7d" })),
        (json!({ "enabled": "1.0" }), json!({ "enabled": true })),
        (json!({ "shadow": "0.0" }), json!({ "shadow": false })),
        (json!({ "days": "Mon\u{2013}Fri" }), json!({ "days": "Mon-Fri" })),
        (json!({ "days": "Mon; Wed" }), json!({ "days": "Mon,Wed" })),
        (json!({ "days": "Mon、Wed" }), json!({ "days": "Mon,Wed" })),
        (json!({ "days": "！Sun" }), json!({ "days": "!Sun" })),
        (json!({ "days": ["Ｍｏｎ", "Wed"] }), json!({ "days": "Mon,Wed" })),
        (json!({ "hours": "８：００〜２１：００".replace('〜', "\u{2013}") }), json!({ "hours": "08:00-21:00" })),
        (json!({ "hours": "9-12; 13-17" }), json!({ "hours": "09:00-12:00,13:00-17:00" })),
        (json!({ "dates": "12\u{2011}24\u{2026}01\u{2011}02; 11-26" }), json!({ "dates": "12-24..01-02,11-26" })),
        (json!({ "places": "US\u{2013}FL；US-GA" }), json!({ "places": "US-FL,US-GA" })),
        (json!({ "calling_hours": "us\u{2011}debt，ca" }), json!({ "calling_hours": "us-debt,ca" })),
        (json!({ "to": "＋１３１５＊，+1 212\u{2011}555\u{2011}0100" }), json!({ "to": "+1315*,+12125550100" })),
        (json!({ "side": "ｔｏ" }), json!({ "side": "to" })),
        (
            json!({ "status": "CHANGE\u{2013}DESTINATION", "code": "+13605550112=3.0" }),
            json!({ "status": "CHANGE_DESTINATION", "code": "+13605550112=3" }),
        ),
    ] {
        let [odd, usual] = [odd, usual].map(|extra| {
            let mut item = json!({ "number": "+13155550100", "rule": "r", "status": "REJECT" });
            item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            item
        });
        assert_eq!(plain(&odd), plain(&usual), "{odd}");
    }
}

/// The parsers would read them as other instants.
#[test]
fn impossible_offsets_and_seconds_are_mistakes() {
    const OFFSET: &str = "which no place has; write one from -12:00 to +14:00";
    const SECOND: &str = "has 60 seconds; write 59, or the next minute";
    for (text, expected) in [
        ("2026-12-01T18:00:00+25:00", Some(OFFSET)),
        ("2026-12-01T18:00:00-25:59", Some(OFFSET)),
        ("2026-12-01T18:00:00+14:01", Some(OFFSET)),
        ("2026-12-01 18:00-13", Some(OFFSET)),
        ("2026-12-01T12:00:60Z", Some(SECOND)),
        ("2026-12-01T12:00:60", Some(SECOND)),
        ("2026-12-01 23:59:60.5+01:00", Some(SECOND)),
        ("20261201T120060Z", Some(SECOND)),
        ("2026-12-01t12:00:60-05:00[America/New_York]", Some(SECOND)),
        ("2026-12-01T18:00:00+14:00", None),
        ("2026-12-01T18:00:00-12:00", None),
        ("2026-12-01T18:00:00+05:45", None),
        ("2026-12-01T12:00:59Z", None),
        ("2026-12-01T12:60:00Z", Some("is not an instant")),
        ("2026-12-01T12:06:00Z", None),
        ("2026-12-01T12:00+06:00", None),
        ("2026-12-01T12:00-06:00[America/Chicago]", None),
        ("2026-12-01T12+06:00", None),
        ("20261201T1200+0600", None),
        ("2026-12-01", None),
        ("9999-12-31T23:59:59Z", None),
    ] {
        let read = WrittenInstant::parse(text);
        match (&read, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) if error.to_string().contains(expected) => {}
            _ => panic!("{text}: {read:?}, not {expected:?}"),
        }
    }
}
