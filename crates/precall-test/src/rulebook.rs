//! A rulebook whose revision is known, for tests that compare the function, `precall serve` and the commands.

use serde_json::{Value, json};

/// The revision of the wildcard rules of [`rulebook`].
pub const REVISION: &str = "eb4a6704093a";

/// The version of `dnc-internal` under [`BLOCKED`].
pub const BLOCKED_VERSION: &str = "712d0a464cca";

/// The version of `quiet-south` under `*`.
pub const QUIET_VERSION: &str = "9c96e08de79c";

/// A callee with a REJECT.
pub const BLOCKED: &str = "+13155550101";

/// The copies of lists, as a decision record names them before 2027.
pub const LISTS: [&str; 2] =
    ["national-dnc copy of 2026-11-20 sha256 0123456789ab", "own copy of 2026-11-01 sha256 fedcba987654 (overdue)"];

/// Returns the rules.
pub fn rulebook() -> Vec<Value> {
    let notice = |list: &str, copied: i64, sha256: &str, due: i64| {
        json!({
            "number": "*", "rule": format!("list:{list}"), "list": list, "copied": copied, "file": format!("{list}.csv"),
            "sha256": sha256.repeat(6)[..64].to_owned(), "numbers": 2, "due": due,
        })
    };
    vec![
        json!({
            "number": "*", "rule": "quiet-south", "status": "REJECT", "code": "480", "places": ["US-FL", "US-GA", "US-AL"],
            "priority": 100, "note": "Nobody answers there",
        }),
        json!({ "number": "*", "rule": "no-900", "status": "REJECT", "code": "403", "to": "+1900*", "priority": 2.5e2 }),
        notice("national-dnc", 1_795_132_800, "0123456789abcdef", 1_861_920_000),
        notice("own", 1_793_491_200, "fedcba9876543210", 1_794_000_000),
        json!({ "number": BLOCKED, "rule": "dnc-internal", "status": "REJECT", "code": "603", "priority": 100 }),
    ]
}

/// Returns the same rules, as other tools write them: in another order, with the elements of sets in another order, and with
/// attributes that are not a part of a rule.
pub fn rulebook_of_other_tools() -> Vec<Value> {
    let mut items = rulebook();
    items.reverse();
    for item in &mut items {
        item["changed"] = json!({ "id": "01a20765-2c40-721d-b0bb-e4da0ffbd2c2", "by": "anna@desk", "via": "put" });
        item["list_file"] = json!("005e0a3d7ae1");
        if let Some(places) = item.get_mut("places").and_then(Value::as_array_mut) {
            places.reverse();
        }
    }
    items
}
