//! Tests the sentences of rules and facts: a table that a person reads, and the property that a sentence leaves no
//! condition out.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::fmt::Write;

use precall::place::place_name;
use precall::rule::{Entry, Rule};
use precall_test::entry;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NUMBER: &str = "+13155550101";

fn sentence(item: &Value) -> String {
    let (sentence, unread) = match entry(item) {
        Entry::Rule(rule) => (rule.sentence(), rule.unread),
        Entry::Fact(fact) => (fact.sentence(), fact.unread),
        Entry::Invalid(invalid) => panic!("{item}: {:?}", invalid.reasons),
    };
    if unread.is_empty() { sentence } else { format!("{sentence} (not read: {})", unread.join(", ")) }
}

/// Returns a rule under `*` with these attributes.
fn star(attributes: &Value) -> Value {
    under("*", attributes)
}

fn under(number: &str, attributes: &Value) -> Value {
    let mut item = json!({ "number": number, "rule": "r", "status": "REJECT", "code": "480" });
    let item_of = item.as_object_mut().unwrap();
    for (name, value) in attributes.as_object().unwrap() {
        // A fact has no status and no code.
        if value.is_null() {
            item_of.remove(name)
        } else {
            item_of.insert(name.clone(), value.clone())
        };
    }
    item
}

/// The rules and facts of the table.
fn items() -> Vec<Value> {
    let redirect = |code: &str| json!({ "status": "CHANGE_DESTINATION", "code": code });
    vec![
        star(&json!({ "places": "US-FL", "days": "Mon-Fri", "hours": "!09:00-17:00", "expires_at": "2026-12-25" })),
        // The callee and the caller
        star(&json!({})),
        under(NUMBER, &json!({})),
        under(NUMBER, &json!({ "side": "from" })),
        under(NUMBER, &json!({ "side": "any" })),
        under(NUMBER, &json!({ "from": "+12125550100" })),
        under(NUMBER, &json!({ "side": "from", "to": "+44*, !+447*" })),
        under(NUMBER, &json!({ "side": "any", "to": "+1*" })),
        under("911", &json!({})),
        star(&json!({ "to": "+1900*" })),
        star(&json!({ "to": "+1900*, +1976*, !+19005550123" })),
        star(&json!({ "to": "!+1*" })),
        star(&json!({ "to": "+1900*, !+19005550123", "from": "+1212*" })),
        star(&json!({ "to": "*", "from": "anonymous" })),
        star(&json!({ "from": "!anonymous, !+1212*" })),
        star(&json!({ "from": "+1212*, !+12125550100", "to": "+1315*", "places": "US-NY" })),
        // Places
        star(&json!({ "places": "CA" })),
        star(&json!({ "places": "US-CA" })),
        star(&json!({ "places": "US-GA, GE" })),
        star(&json!({ "places": "US, !US-TX, !US-DC" })),
        star(&json!({ "places": "US-*, CA-*" })),
        star(&json!({ "places": "!US, !CA" })),
        star(&json!({ "places": "caribbean, international, premium, personal, satellite, toll-free, us-territories" })),
        star(&json!({ "places": "non-geographic, NL, BS, !VG" })),
        // Clocks
        star(&json!({ "days": "Sat,Sun" })),
        star(&json!({ "days": "Mon,Tue,Thu,Fri", "timezone": "caller" })),
        star(&json!({ "hours": "9-5" })),
        star(&json!({ "hours": "08:00-12:00, 13:00-17:00", "timezone": "America/New_York" })),
        star(&json!({ "hours": "08:00-17:00, !12:00-13:00" })),
        star(&json!({ "hours": "!08:00-12:00, !13:00-17:00", "days": "Fri" })),
        under(NUMBER, &json!({ "hours": "22:00-06:00", "timezone": "America/Denver" })),
        under(NUMBER, &json!({ "timezone": "America/Denver" })),
        // The law, and caps
        star(&json!({ "calling_hours": "us", "priority": 100, "reason": "Outside calling hours" })),
        star(&json!({ "calling_hours": "us-debt, us-automated, ca", "clients": "!collections" })),
        star(&json!({ "max_calls": 3, "per": "24h", "places": "US-FL" })),
        star(&json!({ "max_calls": 1, "per": "7d", "count_by": "pair" })),
        star(&json!({ "max_calls": 100, "per": "90m", "count_by": "caller" })),
        star(&json!({ "max_calls": 2, "per": "1h" })),
        // Clients, shares and time
        star(&json!({ "clients": "vendor, second" })),
        star(&json!({ "clients": "vendor, !second", "percent": 20 })),
        star(&json!({ "percent": "2.5" })),
        star(&json!({ "starts_at": "2026-12-01T08:00:00-05:00" })),
        star(&json!({ "starts_at": "2026-09-01T00:00:00-05:00", "expires_at": "2026-09-04T00:00:30-05:00" })),
        // Answers
        star(&json!({ "code": null })),
        star(&json!({ "code": "603", "reason": "Internal \"do not call\" list" })),
        star(&json!({ "code": "busy" })),
        under(NUMBER, &json!({ "status": "PROCEED", "priority": 60, "hours": "09:00-20:00" })),
        under(NUMBER, &redirect("+13605550112")),
        under(NUMBER, &redirect("+13605550113=3, +13605550114=1, +13605550115=0")),
        star(&json!({ "shadow": true })),
        under(NUMBER, &json!({ "shadow": true, "status": "PROCEED", "timezone": "America/Denver" })),
        star(&json!({ "shadow": true, "status": "CHANGE_DESTINATION", "code": "+13605550112", "priority": -5 })),
        star(&json!({ "enabled": false, "places": "FL" })),
        // Attributes that are not read
        star(
            &json!({ "department": "sales", "ticket": 7, "note": "ours", "x_owner": "ours", "list_file": "0123456789ab", "changed": { "by": "ann" } }),
        ),
        under(NUMBER, &json!({ "status": "PROCEED", "reason": "consent" })),
        star(&json!({ "side": "to", "reson": "typing error" })),
        // Facts
        under(NUMBER, &json!({ "status": null, "code": null, "timezone": "America/Denver" })),
        under(
            NUMBER,
            &json!({ "status": null, "code": null, "timezone": "America/Denver", "places": "US-CO, US-WY",
            "expires_at": "2027-01-01", "ticket": 7 }),
        ),
        star(&json!({ "status": null, "code": null, "calling_hours": "us", "places": "US-FL", "days": "Mon-Sat",
            "hours": "09:00-19:00", "starts_at": "2027-01-01T00:00:00-05:00" })),
        star(
            &json!({ "status": null, "code": null, "calling_hours": "us", "places": "US-AL, US-FL", "hours": "09:00-12:00, 13:00-17:00",
            "timezone": "America/Chicago" }),
        ),
        star(
            &json!({ "status": null, "code": null, "calling_hours": "us-debt", "places": "US-AL", "hours": "09:00-19:00",
            "holidays": "none" }),
        ),
        star(
            &json!({ "status": null, "code": null, "calling_hours": "us", "places": "US-AL", "hours": "09:00-19:00" }),
        ),
        // Exemptions
        under(NUMBER, &json!({ "status": null, "code": null, "exempt": "national-dnc", "expires_at": "never" })),
        under(
            NUMBER,
            &json!({ "status": null, "code": null, "exempt": ["national-dnc", "frequency-us-fl"], "from": "+1212*,!+12125550100",
            "clients": "sales", "starts_at": "2026-11-02T15:00:00-05:00", "expires_at": "2027-03-01", "proof": "recording 4711" }),
        ),
        under(
            NUMBER,
            &json!({ "status": null, "code": null, "exempt": "a, b; c", "starts_at": "2026-11-02", "expires_at": "never", "ticket": 7 }),
        ),
    ]
}

#[test]
fn a_table_of_sentences() {
    let mut text = String::new();
    for item in items() {
        writeln!(text, "{item}\n    {}", sentence(&item)).unwrap();
    }
    insta::assert_snapshot!(text);
}

/// Each of a name that two places have must show which place it is.
#[test]
fn no_two_places_have_the_same_sentence() {
    let mut seen = std::collections::HashMap::new();
    for line in include_str!("../data/places.csv").lines().skip(1) {
        let code = line.split(',').next().unwrap();
        assert!(place_name(code).is_some(), "{code}");
        let sentence = sentence(&star(&json!({ "places": code })));
        assert_eq!(seen.insert(sentence.clone(), code), None, "{sentence}: {code}");
    }
}

/// Values of attributes, of which two have never the same meaning.
const VALUES: [(&str, &[&str]); 17] = [
    ("status", &["REJECT", "PROCEED", "CHANGE_DESTINATION"]),
    ("side", &["to", "from", "any"]),
    ("to", &["+1315*", "+13155550101", "+1315*,+1212*", "!+1315*", "+1*,!+1315*", "*", "anonymous"]),
    ("from", &["+1315*", "+13155550101", "+1315*,+1212*", "!+1315*", "+1*,!+1315*", "*", "anonymous", "!anonymous"]),
    ("places", &["US", "CA", "US-CA", "US-*", "CA-*", "US-GA", "GE", "!US", "US,!US-GA", "caribbean", "US-GA,US-CA"]),
    ("clients", &["vendor", "second", "vendor,second", "!vendor", "vendor,!second"]),
    ("percent", &["0", "20", "20.5", "100"]),
    ("days", &["Mon-Fri", "Mon-Sun", "Sat,Sun", "Mon,Wed,Fri"]),
    ("hours", &["09:00-17:00", "17:00-09:00", "!09:00-17:00", "08:00-17:00,!09:00-10:00", "09:00-12:00,13:00-17:00"]),
    ("timezone", &["callee", "caller", "America/New_York", "UTC"]),
    (
        "calling_hours",
        &["us", "us-debt", "us-automated", "us-debt-automated", "ca", "ca-debt", "ca-automated", "us,ca"],
    ),
    ("max_calls", &["1", "3", "100"]),
    ("per", &["1h", "24h", "7d", "90s", "90m"]),
    ("count_by", &["callee", "pair", "caller"]),
    ("starts_at", &["2026-01-01", "2026-01-01T00:00:01Z", "2027-01-01"]),
    ("expires_at", &["2026-01-01", "2026-01-01T00:00:00.5Z", "2027-01-01"]),
    ("priority", &["-1", "100", "200"]),
];

fn attributes() -> impl Strategy<Value = Map<String, Value>> {
    let choices: Vec<_> = VALUES.iter().map(|(_, values)| prop::option::weighted(0.3, 0..values.len())).collect();
    choices.prop_map(|choices| {
        let mut item = Map::new();
        for ((name, values), choice) in VALUES.iter().zip(choices) {
            if let Some(choice) = choice {
                item.insert((*name).to_owned(), values[choice].into());
            }
        }
        item
    })
}

/// Returns the rule of attributes that may lack some that are required.
fn rule(number: &str, attributes: &Map<String, Value>) -> Option<Rule> {
    let mut item = json!({ "number": number, "rule": "r", "status": "REJECT" }).as_object().cloned().unwrap();
    item.extend(attributes.clone());
    if item["status"] == "CHANGE_DESTINATION" {
        item.insert("code".to_owned(), "+13605550112".into());
    }
    match entry(&Value::Object(item)) {
        Entry::Rule(rule) => Some(rule),
        Entry::Fact(_) | Entry::Invalid(_) => None,
    }
}

/// Returns all that decides, but for the key.
fn meaning(rule: &Rule) -> String {
    format!("{:?} {:?} {} {}", rule.conditions, rule.action, rule.priority, rule.shadow)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Changes each attribute of a rule to each other value: if the parsed rule differs, so does its sentence.
    #[test]
    fn a_sentence_leaves_no_condition_out(attributes in attributes(), is_star in any::<bool>()) {
        let number = if is_star { "*" } else { NUMBER };
        let Some(before) = rule(number, &attributes) else { return Ok(()) };
        for (name, values) in VALUES {
            for value in values.iter().map(|value| Some(Value::from(*value))).chain([None]) {
                let mut changed = attributes.clone();
                match value {
                    Some(value) => changed.insert(name.to_owned(), value),
                    None => changed.remove(name),
                };
                let Some(after) = rule(number, &changed) else { continue };
                let is_same = meaning(&before) == meaning(&after);
                prop_assert_eq!(is_same, before.sentence() == after.sentence(), "{}: {:?} {:?}", after.sentence(), attributes, changed);
            }
        }
    }

    #[test]
    fn every_item_that_is_read_has_a_sentence(names in prop::collection::vec("[a-z_]{1,12}", 0..4), text in ".{0,40}") {
        let mut item = json!({ "number": "*", "rule": text, "status": "REJECT", "reason": text, "clients": text, "to": "+1*" });
        for name in names {
            item[name.as_str()] = text.as_str().into();
        }
        if let Entry::Rule(rule) = entry(&item) {
            prop_assert!(rule.sentence().starts_with("rejects calls to +1*"), "{}", rule.sentence());
        }
    }
}
