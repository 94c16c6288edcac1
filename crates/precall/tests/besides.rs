//! Tests facts about a number's holder with `besides`: the places and clocks of the number itself count as well.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use precall::rule::{Entry, FactContent, Item, parse};
use precall::{Attempts, Call, Number, RuleSet};
use serde_json::{Value, json};

fn item(value: &Value) -> Item {
    serde_json::from_value(value.clone()).unwrap()
}

fn holder(number: &str, extra: Value) -> Value {
    let mut fact = json!({ "number": number, "rule": "lives-in", "timezone": "America/Denver" });
    fact.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    fact
}

/// Returns the place of a callee, its clocks, and the explanation of the calling hours.
fn whereabouts(items: &[Value], to: &str) -> (String, Vec<String>, String) {
    let mut all = vec![json!({ "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us" })];
    all.extend_from_slice(items);
    let rules = RuleSet::from_items(all.iter().map(item));
    let call = Call::new(Number::from_typed(to).unwrap(), "2026-11-24T18:00Z".parse().unwrap());
    let attempts = Attempts::none();
    let decision = rules.evaluate(&call, &attempts);
    let asked = decision.asked();
    let clocks = asked.clocks().iter().map(|local| local.zone.iana_name().unwrap().to_owned()).collect();
    let findings = asked.findings();
    let finding = findings.into_iter().find(|finding| finding.entry.key().rule == "hours").unwrap();
    (asked.describe_place(), clocks, finding.why)
}

#[test]
fn the_places_and_clocks_of_both_count() {
    let florida = "+13055550123";
    for (items, place, clocks) in [
        (vec![holder(florida, json!({}))], "US-FL", vec!["America/Denver"]),
        (vec![holder(florida, json!({ "besides": false, "places": "US-CO" }))], "US-CO", vec!["America/Denver"]),
        (vec![holder(florida, json!({ "besides": true }))], "US-FL", vec!["America/Denver", "America/New_York"]),
        (
            vec![holder(florida, json!({ "besides": "yes", "places": "US-CO" }))],
            "US-CO or US-FL",
            vec!["America/Denver", "America/New_York"],
        ),
        // One of several items is enough.
        (
            vec![
                holder(florida, json!({ "places": "US-CO" })),
                holder(
                    florida,
                    json!({ "rule": "b", "timezone": "America/Chicago", "places": "US-AL", "besides": true }),
                ),
            ],
            "US-AL or US-CO or US-FL",
            vec!["America/Chicago", "America/Denver", "America/New_York"],
        ),
        // A place with several clocks.
        (
            vec![holder(florida, json!({ "timezone": "America/Chicago, America/New_York", "places": "US-TN" }))],
            "US-TN",
            vec!["America/Chicago", "America/New_York"],
        ),
        // An item that has expired does not count.
        (
            vec![
                holder(florida, json!({ "places": "US-CO" })),
                holder(florida, json!({ "rule": "b", "besides": true, "expires_at": "2026-11-01" })),
            ],
            "US-CO",
            vec!["America/Denver"],
        ),
        // The places that a fact about the prefix states.
        (
            vec![
                json!({ "number": "*", "rule": "p", "to": "+1305*", "timezone": "America/Chicago", "places": "US-AL" }),
                holder(florida, json!({ "places": "US-CO", "besides": true })),
            ],
            "US-AL or US-CO",
            vec!["America/Chicago", "America/Denver"],
        ),
    ] {
        let (found, mut zones, _) = whereabouts(&items, florida);
        zones.sort();
        assert_eq!((found.as_str(), zones), (place, clocks.iter().map(|zone| zone.to_string()).collect()), "{items:?}");
    }
}

#[test]
fn a_number_without_a_state_stays_without_one() {
    let free = "+18005550123";
    let (place, clocks, _) = whereabouts(&[holder(free, json!({ "places": "US-CO", "besides": true }))], free);
    assert_eq!(place, "toll-free (CA or US or US-CO)");
    assert!(clocks.iter().any(|clock| clock == "Pacific/Honolulu"), "{clocks:?}");
    // An unlisted area code stays one, by all clocks.
    let unlisted = "+19995550123";
    let (place, clocks, _) = whereabouts(&[holder(unlisted, json!({ "places": "US-CO", "besides": true }))], unlisted);
    assert_eq!(place, "unassigned (any place of CA or US)");
    assert!(clocks.len() > 20, "{clocks:?}");
}

#[test]
fn the_explanation_names_both() {
    let florida = "+13055550123";
    let (_, _, said) = whereabouts(&[holder(florida, json!({ "places": "US-CO", "besides": true }))], florida);
    assert!(said.ends_with("one of the 2 zones stated for this number and of its digits"), "{said}");
    let fact = holder(florida, json!({ "places": "US-CO", "besides": true }));
    let Entry::Fact(fact) = parse(&item(&fact)) else { panic!("a fact") };
    let FactContent::Holder(holder) = &fact.content else { panic!("a holder") };
    assert!(holder.besides);
    assert_eq!(
        fact.content.to_string(),
        "its holder's clock is that of America/Denver, the place US-CO, besides those of the number"
    );
    assert_eq!(
        fact.sentence(),
        "says that the holder of +13055550123 is in Colorado, by the clock of America/Denver, besides the places and clocks \
         of the number"
    );
}

#[test]
fn other_items_cannot_have_it() {
    for (wrong, expected) in [
        (
            holder("+13055550123", json!({ "timezone": "America/Chicago, America/Nowhere" })),
            "`timezone`: \"America/Nowhere\" is not a time zone; write an IANA name such as America/New_York",
        ),
        (holder("+13055550123", json!({ "besides": "maybe" })), "`besides`: \"maybe\" is neither true nor false"),
        (
            json!({ "number": "*", "rule": "r", "status": "REJECT", "besides": true }),
            "`besides`: only for an item without `status`, which states where its number's holder is",
        ),
        (
            json!({ "number": "*", "rule": "r", "to": "+1305*", "timezone": "America/Denver", "besides": true }),
            "`besides`: only for an item without `status`, which states where its number's holder is",
        ),
    ] {
        let Entry::Invalid(invalid) = parse(&item(&wrong)) else { panic!("{wrong}") };
        assert!(invalid.reasons.iter().any(|reason| reason.contains(expected)), "{:?}", invalid.reasons);
    }
}
