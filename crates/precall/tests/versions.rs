//! Versions of items, revisions of partitions, and the copies of lists that are in force.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::sync::Arc;

use precall::rule::{Entry, FactContent, Item, Key, ListCopy, Value, Version, parse, unknown_attributes};
use precall::{Answer, Attempts, Call, Partition, PartitionRole, RuleSet};
use precall_test::{Case, entry, instant, item, number};
use serde_json::{Value as Json, json};

fn version(json: &Json) -> Version {
    Version::of(&item(json))
}

fn changed(item: &Json, name: &str, value: Json) -> Json {
    let mut changed = item.clone();
    changed[name] = value;
    changed
}

fn rule() -> Json {
    json!({
        "number": "+13155550101", "rule": "quiet", "status": "REJECT", "code": "480", "priority": 5,
        "days": ["Mon", "Tue", "Wed"], "places": "US-FL", "shadow": false, "note": null, "x_team": "sales",
    })
}

#[test]
fn a_version_is_that_of_the_content() {
    let rule = rule();
    for (what, same) in [
        ("another order of a set", changed(&rule, "days", json!(["Wed", "Mon", "Tue"]))),
        ("another notation of a number", changed(&rule, "priority", json!(5.0))),
        ("another number's item", changed(&rule, "number", json!("+13155550102"))),
        ("the mark of a list", changed(&rule, "list_file", json!("005e0a3d7ae1"))),
        ("a stamp", changed(&rule, "changed", json!({ "id": "01a20765", "by": "anna@desk", "via": "put" }))),
        ("a stamp in other letters", changed(&rule, " Changed", json!({ "id": "01a20765" }))),
    ] {
        assert_eq!(version(&same), version(&rule), "{what}");
    }
    let mut versions = vec![version(&rule)];
    for (what, other) in [
        ("another text", changed(&rule, "code", json!("481"))),
        ("a number as a text", changed(&rule, "priority", json!("5"))),
        ("another number", changed(&rule, "priority", json!(50))),
        ("an element less", changed(&rule, "days", json!(["Mon", "Tue"]))),
        ("an element twice", changed(&rule, "days", json!(["Mon", "Tue", "Wed", "Wed"]))),
        ("elements joined", changed(&rule, "days", json!(["Mon", "TueWed"]))),
        ("a list as one text", changed(&rule, "days", json!("Mon,Tue,Wed"))),
        ("another flag", changed(&rule, "shadow", json!(true))),
        ("a flag as a text", changed(&rule, "shadow", json!("false"))),
        ("another name", changed(&rule, "rule", json!("quiet2"))),
        ("an attribute of the operator's own", changed(&rule, "x_team", json!("support"))),
        ("one more attribute", changed(&rule, "x_more", json!(""))),
        ("a name and a value that end elsewhere", changed(&rule, "x_tea", json!("msales"))),
    ] {
        let other = version(&other);
        assert!(!versions.contains(&other), "{what}");
        versions.push(other);
    }
}

/// The value never changes between releases, because logs and the journal keep it.
#[test]
fn versions_are_stable() {
    assert_eq!(version(&json!({})).to_string(), "e3b0c44298fc", "the SHA-256 of nothing");
    assert_eq!(Version::of_rules([]).to_string(), "e3b0c44298fc");
    assert_eq!(version(&rule()).to_string(), "f639a45cf8c2");
    assert_eq!(Version::of_rules([("quiet", version(&rule()))]).to_string(), "e6f2ed6ec36b");
}

#[test]
fn a_revision_does_not_depend_on_the_order_of_the_items() {
    let items: Vec<Item> = ["a", "b", "c"]
        .map(|name| item(&json!({ "number": "*", "rule": name, "status": "REJECT", "to": "+1900*" })))
        .to_vec();
    let turned: Vec<Item> = items.iter().rev().cloned().collect();
    let revision = Partition::from_items(&items).revision().unwrap();
    assert_eq!(Partition::from_items(&turned).revision(), Some(revision));
    let call = Call::new(number(Case::TO), instant(Case::AT));
    let attempts = Attempts::none();
    assert_eq!(RuleSet::from_items(turned).evaluate(&call, &attempts).asked().revision(), Some(revision));
    assert_ne!(Partition::from_items(&items[..2]).revision(), Some(revision));
    let of_entries: Partition = items.iter().map(parse).collect();
    assert_eq!(of_entries.revision(), None, "the items of these entries are not known");
    assert_eq!(
        Partition::default().revision(),
        Some(Version::of_rules([])),
        "there is no item whose version is missing"
    );
    let unreadable = RuleSet::of_call(None, Some(Arc::default()));
    assert_eq!(unreadable.evaluate(&call, &attempts).asked().revision(), None, "not the revision of no rules");
}

/// The rule that decides is the last valid one, and the revision is that of what was read.
#[test]
fn an_invalid_item_has_the_version_of_the_rule_that_is_used_instead() {
    let valid = item(&json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" }));
    let invalid = item(&json!({ "number": "*", "rule": "no-900", "status": "REJEKT", "to": "+1900*" }));
    let first = Partition::from_items(std::slice::from_ref(&valid));
    let second = Partition::replacing(&first, std::slice::from_ref(&invalid));
    let third = Partition::replacing(&second, std::slice::from_ref(&invalid));
    let key = Key { number: "*".to_owned(), rule: "no-900".to_owned() };
    for partition in [&second, &third] {
        assert_eq!(partition.version_of(&key), Some(Version::of(&valid)));
        assert_eq!(partition.versions().next(), Some((&key, Version::of(&invalid))));
        assert_eq!(partition.revision(), Some(Version::of_rules([("no-900", Version::of(&invalid))])));
    }
    assert_eq!(Partition::from_items(std::slice::from_ref(&invalid)).version_of(&key), Some(Version::of(&invalid)));
    let mut rules = RuleSet::of_call(Some(Arc::new(third)), Some(Arc::default()));
    let call = Call::new(number("+19005550100"), instant(Case::AT));
    rules.add_callee(&call.to, Some(Arc::default()));
    let attempts = Attempts::none();
    assert_eq!(rules.evaluate(&call, &attempts).rule_version(), Some(Version::of(&valid)));
}

#[test]
fn a_decision_has_the_versions_of_the_items_of_its_numbers() {
    let of_callee =
        json!({ "number": "+13155550100", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13605550112" });
    let of_caller =
        json!({ "number": "+12125550199", "rule": "ours", "status": "PROCEED", "side": "from", "priority": -1 });
    let of_target = json!({ "number": "+13605550112", "rule": "dnc", "status": "REJECT", "code": "603" });
    let other = json!({ "number": "+13605550113", "rule": "dnc", "status": "REJECT", "code": "480" });
    Case::new(&[of_callee.clone(), of_caller.clone(), of_target.clone(), other]).decide(|decision| {
        assert!(matches!(decision.answer(), Ok(Answer::Reject { .. })));
        assert_eq!(decision.rule_version(), Some(version(&of_target)), "the target's rule decides");
        let asked: Vec<(&str, Version)> = [PartitionRole::Callee, PartitionRole::Caller]
            .into_iter()
            .flat_map(|role| decision.asked().versions(role))
            .map(|(key, version)| (key.rule.as_str(), version))
            .collect();
        assert_eq!(asked, [("moved", version(&of_callee)), ("ours", version(&of_caller))]);
        let screened: Vec<_> = decision.screening().unwrap().versions(PartitionRole::Callee).collect();
        assert_eq!(screened.len(), 1);
        assert_eq!(screened[0].1, version(&of_target));
    });
}

const SHA256: &str = "0123456789AB0123456789ab0123456789ab0123456789ab0123456789abcdef";

fn notice() -> Json {
    json!({
        "number": "*", "rule": "list:national-dnc", "list": "national-dnc", "copied": 1_795_132_800, "sha256": SHA256,
        "file": "full.zip", "due": 1_797_811_200, "numbers": 250_000_000,
    })
}

fn copy_of(json: &Json) -> ListCopy {
    let Entry::Fact(fact) = entry(json) else { panic!("{json}: {:?}", entry(json)) };
    let FactContent::List(copy) = fact.content else { panic!("{json}: not a list") };
    copy
}

#[test]
fn a_list_notice_is_a_fact_about_the_copy_in_force() {
    let copy = copy_of(&notice());
    assert_eq!(copy.list, "national-dnc");
    assert_eq!((copy.file.as_str(), copy.numbers), ("full.zip", 250_000_000));
    assert_eq!(copy.checksum(), "0123456789ab");
    assert_eq!(copy.copied, instant("2026-11-20T00:00:00Z"));
    assert_eq!(ListCopy::key_of("national-dnc").rule, "list:national-dnc");
    for (at, text) in [
        ("2026-11-20T00:00:00Z", "copy of 2026-11-20 sha256 0123456789ab"),
        ("2026-12-20T23:59:59Z", "copy of 2026-11-20 sha256 0123456789ab"),
        ("2026-12-21T00:00:00Z", "copy of 2026-11-20 sha256 0123456789ab (overdue)"),
    ] {
        assert_eq!(copy.describe(instant(at)), text, "{at}");
    }
    let mut without_due = notice();
    without_due.as_object_mut().unwrap().remove("due");
    assert!(!copy_of(&without_due).is_overdue(instant("2040-01-01T00:00:00Z")));
    let Entry::Fact(fact) = entry(&notice()) else { panic!("a fact") };
    assert_eq!(
        fact.sentence(),
        "says that list national-dnc is in force, as the copy of 2026-11-20 from full.zip (sha256 0123456789ab, \
         250000000 entries), to be replaced before 2026-12-21"
    );
}

/// An invalid notice is reported. It takes no rule out of force, and leaves no decision unknown.
#[test]
fn an_invalid_list_notice_decides_nothing() {
    let reject = json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*", "code": "603" });
    let place = json!({ "number": "*", "rule": "where-1483", "to": "+1483*", "timezone": "America/Chicago" });
    for (what, invalid, reason) in [
        ("no checksum", changed(&notice(), "sha256", json!(null)), "`sha256`: missing"),
        ("a short checksum", changed(&notice(), "sha256", json!("0123")), "`sha256`: \"0123\" is not a SHA-256"),
        (
            "another list",
            changed(&notice(), "list", json!("own")),
            "`list`: \"own\" is not the list of `list:national-dnc`",
        ),
        ("a list of lists", changed(&notice(), "list", json!(["national-dnc"])), "`list`: a list where text belongs"),
        ("no time", changed(&notice(), "copied", json!("soon")), "`copied`"),
        ("no count", changed(&notice(), "numbers", json!("many")), "`numbers`: \"many\" is not a whole number"),
        (
            "a time for which it counts",
            changed(&notice(), "expires_at", json!(1_797_811_200)),
            "`expires_at`: not an attribute of an item without `status`",
        ),
        (
            "a condition",
            changed(&notice(), "places", json!("US-FL")),
            "`places`: not an attribute of an item without `status`",
        ),
        ("a prefix", changed(&notice(), "to", json!("+1315*")), "`to`: not an attribute of an item without `status`"),
        ("a word for `status`", changed(&notice(), "action", json!("REJECT")), "`action`"),
    ] {
        let Entry::Invalid(read) = entry(&invalid) else { panic!("{what}: {:?}", entry(&invalid)) };
        assert!(read.reasons.iter().any(|it| it.starts_with(reason)), "{what}: {:?}", read.reasons);
        let case = Case::new(&[invalid, reject.clone(), place.clone()]);
        assert_eq!(case.clone().answer(), ("PROCEED".to_owned(), "-".to_owned()), "{what}");
        assert_eq!(case.clone().to("+19005550100").answer().1, "no-900", "{what}");
        case.to("+14835550100").decide(|decision| {
            assert_eq!(
                decision.asked().describe_place(),
                Case::new(std::slice::from_ref(&place)).to("+14835550100").asked(|it| it.describe_place())
            );
            assert!(decision.asked().lists().is_empty(), "{what}");
            assert_eq!(decision.asked().skipped().len(), 1, "{what}: it is reported");
        });
    }
    // A process keeps the copy that it has read before.
    let first = Partition::from_items(&[item(&notice())]);
    let second = Partition::replacing(&first, &[item(&changed(&notice(), "sha256", json!("0123")))]);
    assert_eq!(second.lists().len(), 1);
}

/// Only a list notice may have these attributes.
#[test]
fn attributes_of_a_list_notice_are_unknown_elsewhere() {
    let unknown = |json: &Json| unknown_attributes(&item(json)).into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert!(unknown(&notice()).is_empty());
    assert!(unknown(&changed(&notice(), "List", json!(null))).is_empty());
    assert_eq!(unknown(&changed(&notice(), "contact", json!("anna"))), ["contact"]);
    assert_eq!(unknown(&changed(&notice(), "number", json!("+13155550100"))).len(), 6);
    assert_eq!(unknown(&changed(&notice(), "status", json!("REJECT"))).len(), 6);
    assert_eq!(unknown(&changed(&notice(), "rule", json!("national-dnc"))).len(), 6);
    // A list may be called `list`. Its rules for prefixes are rules.
    let of_prefix = json!({ "number": "*", "rule": "list:+1201*", "status": "REJECT", "to": "+1201*", "code": "603" });
    assert!(matches!(entry(&of_prefix), Entry::Rule(_)));
    // Without `status` and `list`, such an item is a rule that lost its status, as before.
    let lost = json!({ "number": "*", "rule": "list:+1201*", "to": "+1201*", "code": "603" });
    assert!(matches!(entry(&lost), Entry::Invalid(_)));
    // An item with the place of a prefix stays one.
    let place = json!({ "number": "*", "rule": "list:a", "list": "b", "to": "+1483*", "timezone": "America/Chicago" });
    assert!(matches!(entry(&place), Entry::Fact(fact) if matches!(fact.content, FactContent::Prefix(_))));
    assert_eq!(item(&notice())["numbers"], Value::Number("250000000".to_owned()));
}

#[test]
fn the_lists_in_force_are_in_the_order_of_their_names() {
    let named = |name: &str| changed(&changed(&notice(), "list", json!(name)), "rule", json!(format!("list:{name}")));
    let disabled = changed(&named("off"), "enabled", json!(false));
    Case::new(&[named("b"), disabled, named("a")]).asked(|asked| {
        let lists: Vec<&str> = asked.lists().into_iter().map(|copy| copy.list.as_str()).collect();
        assert_eq!(lists, ["a", "b"]);
    });
}
