//! The items of the journal: made from stream records, and read again.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::fmt::Write;

use jiff::SignedDuration;
use precall_hook::journal::{
    Change, ChangeKind, ChangeOrigin, JournalItem, Stamp, change_of_record, changes_of, journal_items,
};
use precall_hook::store::{Attributes, item_of_typed};
use proptest::prelude::*;
use serde_json::{Value, json};

const AT: i64 = 1_795_842_612;
const RETENTION: SignedDuration = SignedDuration::from_hours(24 * 1827);
const NUMBER: &str = "+13155550101";

/// Returns a stream record as Lambda gets it.
fn record(sequence: u64, number: &str, rule: &str, before: Option<&Value>, after: Option<&Value>) -> Value {
    let keys = json!({ "number": { "S": number }, "rule": { "S": rule } });
    let image = |image: Option<&Value>| {
        image.map(|image| {
            let mut whole = keys.as_object().unwrap().clone();
            whole.extend(image.as_object().unwrap().clone());
            Value::Object(whole)
        })
    };
    let name = match (before, after) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let mut stream = json!({
        "ApproximateCreationDateTime": AT, "Keys": keys, "SequenceNumber": format!("1000000000000{sequence:08}"),
        "SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    let parts = stream.as_object_mut().unwrap();
    parts.extend(image(before).map(|image| ("OldImage".to_owned(), image)));
    parts.extend(image(after).map(|image| ("NewImage".to_owned(), image)));
    json!({ "eventID": "1", "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1", "dynamodb": stream, "eventSourceARN": "arn" })
}

fn change(before: Option<&Value>, after: Option<&Value>) -> Change {
    change_of_record(&record(1, NUMBER, "dnc", before, after)).unwrap()
}

fn read_again(items: &[JournalItem]) -> Vec<Change> {
    items.iter().flat_map(|item| changes_of(&item.item).unwrap()).collect()
}

fn stamp(stamp: &Stamp) -> Value {
    let json = json!({ "id": { "S": stamp.id }, "by": { "S": stamp.by }, "via": { "S": stamp.via } });
    let mut map = json.as_object().unwrap().clone();
    map.extend(stamp.because.as_ref().map(|because| ("because".to_owned(), json!({ "S": because }))));
    map.extend(stamp.item.as_ref().map(|item| ("item".to_owned(), json!({ "S": item }))));
    if stamp.is_removal {
        map.insert("removal".to_owned(), json!({ "BOOL": true }));
    }
    json!({ "M": map })
}

#[test]
fn every_type_of_dynamodb_is_kept() {
    let before =
        json!({ "status": { "S": "REJECT" }, "set": { "SS": ["b", "a"] }, "numbers": { "NS": ["1", "2.50"] } });
    let after = json!({ "status": { "NULL": true }, "flag": { "BOOL": false }, "n": { "N": "1E+3" }, "b": { "B": "AAEC" },
        "bs": { "BS": ["AA=="] }, "m": { "M": { "l": { "L": [{ "S": "" }] } } } });
    let change = change(Some(&before), Some(&after));
    let items = journal_items(std::slice::from_ref(&change), RETENTION).unwrap();
    assert_eq!(read_again(&items), [change]);
    let item = &items[0].item;
    assert_eq!(item["number"].as_s().unwrap(), NUMBER);
    assert_eq!(item["entry"].as_s().unwrap(), "2026-11-28T05:10:12Z#0000000000000000000100000000000000000001");
    assert_eq!(item["month"].as_s().unwrap(), "2026-11");
    assert_eq!(item["expires_at"].as_n().unwrap(), &(AT + 1827 * 86_400).to_string());
}

#[test]
fn the_position_of_an_import_and_bookkeeping_are_not_of_the_journal() {
    let stamped = stamp(&Stamp::new("ann@desk", "put", None));
    let rule = json!({ "status": { "S": "REJECT" } });
    let with = |name: &str, value: &Value| {
        let mut with = rule.as_object().unwrap().clone();
        with.insert(name.to_owned(), value.clone());
        Value::Object(with)
    };
    let cases = [
        (Some(rule.clone()), Some(with("changed", &stamped)), false),
        (Some(with("list_file", &json!({ "S": "aa" }))), Some(with("list_file", &json!({ "S": "bb" }))), false),
        (Some(rule.clone()), Some(with("Changed", &stamped)), false),
        (Some(rule.clone()), Some(with("enabled", &json!({ "BOOL": false }))), true),
        // A read has sets in another order, and numbers without zeros at their end.
        (Some(with("n", &json!({ "NS": ["2.50", "1"] }))), Some(with("n", &json!({ "NS": ["1", "2.5"] }))), false),
        (Some(with("n", &json!({ "SS": ["b", "a"] }))), Some(with("n", &json!({ "SS": ["a", "b"] }))), false),
        (Some(with("n", &json!({ "N": "10" }))), Some(with("n", &json!({ "N": "1" }))), true),
        (None, Some(rule.clone()), true),
        (Some(rule.clone()), None, true),
    ];
    for (before, after, is_noteworthy) in cases {
        let change = change(before.as_ref(), after.as_ref());
        assert_eq!(change.is_noteworthy(), is_noteworthy, "{before:?} -> {after:?}");
    }
    let list = |state: &str, position: &str| json!({ "state": { "S": state }, "position": { "N": position } });
    for (before, after, is_noteworthy) in
        [(list("importing", "1"), list("importing", "2"), false), (list("importing", "2"), list("complete", "2"), true)]
    {
        let change = change_of_record(&record(1, "list", "dnc", Some(&before), Some(&after))).unwrap();
        assert_eq!(change.is_noteworthy(), is_noteworthy, "{before} -> {after}");
    }
}

/// Returns an item of a rule in DynamoDB's JSON, without its key.
fn attributes(attributes: &[(&str, Value)]) -> Value {
    Value::Object(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// Returns the stamp as a tool writes it on the rule with these attributes.
fn stamp_on(by: &Stamp, rule: &str, rest: &[(&str, Value)]) -> Stamp {
    let mut whole = attributes(rest);
    whole["number"] = json!({ "S": NUMBER });
    whole["rule"] = json!({ "S": rule });
    let item = item_of_typed(whole.as_object().unwrap()).unwrap();
    Stamp::of(&by.clone().on(&item).unwrap()).unwrap()
}

/// Returns the id of a stamp that was made at this instant, in seconds since 1970.
fn id_of(at: i64) -> String {
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, at.try_into().unwrap(), 0)).to_string()
}

#[test]
fn the_origin_of_a_change() {
    let at = AT + 30 * 86_400;
    let code = [("code", json!({ "S": "603" }))];
    let stamp_of = |via: &str, at: i64| Stamp { id: id_of(at), ..Stamp::new("ann@desk", via, Some("complaint 7")) };
    let put = stamp_on(&stamp_of("put", at), "dnc", &code);
    let late_put = stamp_on(&stamp_of("put", at - 59), "dnc", &code);
    let old_put = stamp_on(&stamp_of("put", at - 61), "dnc", &code);
    let removal = stamp_on(&stamp_of("remove", at).of_removal(), "dnc", &code);
    let old_removal = stamp_on(&stamp_of("remove", at - 61).of_removal(), "dnc", &code);
    let of_other_rule = stamp_on(&stamp_of("put", at), "other", &code);
    let of_other_content = stamp_on(&stamp_of("put", at), "dnc", &[("code", json!({ "S": "480" }))]);
    let without_hash = Stamp { item: None, ..put.clone() };
    let removal_of_other = Stamp { is_removal: true, ..of_other_content.clone() };
    let mark = |mark: &str| ("list_file", json!({ "S": mark }));
    let stamped = |by: &Stamp| Some(attributes(&[&code[..], &[("changed", stamp(by))]].concat()));
    let unstamped = || Some(attributes(&code));
    let switched_off = attributes(&[("changed", stamp(&put)), ("enabled", json!({ "BOOL": false }))]);
    let is = |stamp: &Stamp| ChangeOrigin::Tool(stamp.clone());
    let cases = [
        (None, stamped(&put), is(&put)),
        (unstamped(), stamped(&put), is(&put)),
        (stamped(&late_put), stamped(&put), is(&put)),
        (None, stamped(&late_put), is(&late_put)),
        // A stamp that was copied with an item after a minute.
        (None, stamped(&old_put), ChangeOrigin::Other),
        // The stamp of another item, which was copied in the console immediately after it was written.
        (None, stamped(&of_other_rule), ChangeOrigin::Other),
        // A program that changed the item with a new stamp, but not with the hash of this item.
        (unstamped(), stamped(&of_other_content), ChangeOrigin::Other),
        (unstamped(), stamped(&without_hash), ChangeOrigin::Other),
        // The console leaves the stamp of the tool on the item.
        (stamped(&put), Some(switched_off), ChangeOrigin::Other),
        (stamped(&put), None, ChangeOrigin::Other),
        (stamped(&removal), None, is(&removal)),
        (stamped(&old_removal), None, ChangeOrigin::Other),
        (stamped(&removal_of_other), None, ChangeOrigin::Other),
        (None, Some(attributes(&[])), ChangeOrigin::Other),
        (None, Some(attributes(&[mark("aa")])), ChangeOrigin::Import("dnc".to_owned())),
        (Some(attributes(&[mark("aa")])), None, ChangeOrigin::ListedRemoval("dnc".to_owned())),
        (
            Some(attributes(&[mark("aa")])),
            Some(attributes(&[mark("aa"), ("code", json!({ "S": "1" }))])),
            ChangeOrigin::Other,
        ),
    ];
    for (before, after, origin) in cases {
        let mut change = change(before.as_ref(), after.as_ref());
        change.at = jiff::Timestamp::from_second(at).unwrap();
        assert_eq!(change.origin(), origin, "{before:?} -> {after:?}");
    }
    let mut expired = record(1, NUMBER, "dnc", stamped(&removal).as_ref(), None);
    expired["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    assert_eq!(change_of_record(&expired).unwrap().origin(), ChangeOrigin::Expiry);
}

#[test]
fn a_stamp_without_a_hash_does_not_count() {
    let unnamed = Stamp { id: id_of(AT), ..Stamp::new("ann@desk", "import", None) };
    let record = json!({ "state": { "S": "complete" }, "changed": stamp(&unnamed) });
    let mut change = change(None, Some(&record));
    change.at = jiff::Timestamp::from_second(AT).unwrap();
    assert_eq!(change.origin(), ChangeOrigin::Other);
}

#[test]
fn a_mass_import_is_packed() {
    let of = |count: u64| -> Vec<Change> {
        let item = json!({ "status": { "S": "REJECT" }, "reason": { "S": "On list dnc" }, "list_file": { "S": "ab" } });
        let number = |nth: u64| format!("+1315555{nth:04}");
        (0..count).map(|nth| change_of_record(&record(nth, &number(nth), "dnc", None, Some(&item))).unwrap()).collect()
    };
    for (changes, items) in [(19, 19), (20, 1), (2_000, 1), (5_000, 3)] {
        let changes = of(changes);
        let made = journal_items(&changes, RETENTION).unwrap();
        assert_eq!(made.len(), items);
        assert_eq!(read_again(&made), changes);
        let sequences: Vec<&String> = made.iter().flat_map(|item| &item.sequences).collect();
        assert_eq!(sequences, changes.iter().map(|change| &change.sequence).collect::<Vec<_>>());
    }
    let packed = &journal_items(&of(2_000), RETENTION).unwrap()[0].item;
    let bytes = packed["changes"].as_b().unwrap().as_ref().len();
    assert!(bytes < 2_000 * 16, "{bytes}");
    assert!(!packed.contains_key("month"));
}

#[test]
fn a_large_or_deep_image_is_kept_in_compressed_form() {
    let large = json!({ "note": { "S": "x".repeat(390_000) } });
    let deep = (0..31).fold(json!({ "S": "x" }), |inner, _| json!({ "L": [inner] }));
    for (before, after) in [(Some(large.clone()), Some(large)), (None, Some(json!({ "note": deep })))] {
        let change = change(before.as_ref(), after.as_ref());
        let change = Change {
            after: change.after.map(|mut after| {
                after.remove("rule");
                after
            }),
            ..change
        };
        let items = journal_items(std::slice::from_ref(&change), RETENTION).unwrap();
        assert!(items[0].item.contains_key("changes"));
        assert_eq!(read_again(&items), [change]);
    }
    // Random text cannot be compressed far enough. The journal says that the images are lost.
    let mut random = String::new();
    for nth in 0..300_000_u64 {
        write!(random, "{:x}", (nth * 2_654_435_761) % 4_294_967_291).unwrap();
    }
    let change = change(None, Some(&json!({ "note": { "S": random } })));
    let read = read_again(&journal_items(&[change], RETENTION).unwrap());
    assert!(read[0].are_images_lost && read[0].after.is_none());
}

#[test]
fn a_record_that_is_not_readable_is_an_error() {
    let good = record(1, NUMBER, "dnc", None, Some(&json!({})));
    assert_eq!(change_of_record(&good).unwrap().kind(), ChangeKind::Added);
    let broken = [
        ("/eventName", json!("UPSERT")),
        ("/eventName", json!("REMOVE")),
        ("/dynamodb/Keys", json!({ "number": { "S": "*" } })),
        ("/dynamodb/Keys/number", json!({ "N": "1" })),
        ("/dynamodb/NewImage", json!("text")),
        ("/dynamodb/NewImage/rule", json!({ "X": "1" })),
        ("/dynamodb/SequenceNumber", json!("12a")),
        ("/dynamodb/ApproximateCreationDateTime", json!("today")),
    ];
    for (pointer, value) in broken {
        let mut record = good.clone();
        *record.pointer_mut(pointer).unwrap() = value;
        assert!(change_of_record(&record).is_err(), "{pointer}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        ".*".prop_map(|text| json!({ "S": text })),
        any::<i64>().prop_map(|number| json!({ "N": number.to_string() })),
        any::<bool>().prop_map(|flag| json!({ "BOOL": flag })),
        prop::collection::vec("[a-z]{1,4}", 1..4).prop_map(|texts| json!({ "SS": texts })),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| json!({ "L": values })),
            prop::collection::hash_map("[a-z]{1,4}", inner, 0..4).prop_map(|values| json!({ "M": values })),
        ]
    })
}

proptest! {
    #[test]
    fn every_item_is_read_as_it_was(images in prop::collection::vec(prop::collection::hash_map("[a-z_]{1,8}", value(), 0..5), 1..40)) {
        let images: Vec<Attributes> = images
            .into_iter()
            .map(|image| item_of_typed(&image.into_iter().collect()).unwrap())
            .collect();
        let changes: Vec<Change> = (0..)
            .zip(&images)
            .map(|(nth, image)| {
                let change = change_of_record(&record(nth, NUMBER, "dnc", None, Some(&json!({ "list_file": { "S": "ab" } })))).unwrap();
                let after = change.after.clone().unwrap().into_iter().chain(image.clone()).collect();
                Change { after: Some(after), ..change }
            })
            .collect();
        prop_assert_eq!(read_again(&journal_items(&changes, RETENTION).unwrap()), changes);
    }
}
