//! Findings about one rule, which `precall lint` and `precall put` show in the same words, and values that `put` refuses.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{run, stderr, stdout};

const EVERY_CALL: &str = "warning: this rule stops every call: it has no condition";

/// The attributes of a REJECT under a number, and the findings about it.
const CASES: &[(&str, &str, &[&str])] = &[
    // Callers whose digits mean a withheld number.
    ("7378742833", "side=from", &["error: +17378742833 stands for a withheld caller"]),
    ("+10000000000", "side=any", &["error: +10000000000 stands for a withheld caller", "warning: it is about"]),
    ("000", "side=from", &["error: 000 stands for a withheld caller"]),
    ("+17378742833", "side=to", &[]),
    // Emergency numbers and other services.
    ("911", "", &["error: it rejects calls to 911, an emergency number"]),
    ("988", "side=any", &["error: it rejects calls to 988, an emergency number"]),
    ("9911", "", &["error: it rejects calls to 9911, an emergency number"]),
    ("+1911", "", &["error: it rejects calls to +1911, an emergency number"]),
    ("911", "status=CHANGE_DESTINATION code=+13155550101", &["error: it redirects calls to 911, an emergency number"]),
    (
        "*",
        "to=911,112,411",
        &[
            "error: it rejects calls to 112, an emergency number",
            "error: it rejects calls to 911, an emergency number",
            "note: it rejects calls to 411, a service number",
        ],
    ),
    ("*", "to=999,000 shadow=true", &[]),
    ("*", "to=!911 hours=21:00-08:00", &[]),
    ("*", "to=+1315*,!988", &[]),
    ("911", "status=PROCEED", &[]),
    ("911", "side=from", &[]),
    ("116111", "", &["note: it rejects calls to 116111, a service number"]),
    ("+13155550101", "status=CHANGE_DESTINATION code=+1911", &["error: it sends calls to +1911, an emergency number"]),
    // Conditions that every call meets.
    ("*", "days=Mon-Sun", &[EVERY_CALL]),
    ("*", "days=daily", &[EVERY_CALL]),
    ("*", "hours=00:00-24:00", &[EVERY_CALL]),
    // A withheld caller has no clock.
    ("*", "hours=00:00-24:00 timezone=caller", &[]),
    ("*", "hours=08:00-20:00,20:00-08:00", &[EVERY_CALL]),
    ("*", "dates=01-01..12-31", &[EVERY_CALL]),
    ("*", "dates=01-01..06-30,07-01..12-31", &[EVERY_CALL]),
    ("*", "percent=100 to=* from=*", &[EVERY_CALL]),
    ("*", "percent=99 days=Mon-Sun", &[]),
    ("*", "days=Mon-Sat", &[]),
    ("*", "hours=00:00-23:00", &["note: hours `00:00-23:00`"]),
    ("*", "hours=08:00-20:00,20:00-08:00,!12:00-12:30", &[]),
    ("*", "dates=01-01..12-30", &["warning: `dates` 01-01..12-30 is read as all but 1 day of each year"]),
    ("*", "to=*,!+1900*", &[]),
    // Dates whose ends are swapped.
    (
        "*",
        "dates=12-26..12-24",
        &[
            "warning: `dates` 12-26..12-24 is read as all but 1 day of each year; if the other days are meant, write 12-24..12-26",
        ],
    ),
    ("+13155550101", "dates=07-15..06-30", &["warning: `dates` 07-15..06-30 is read as all but 14 days of each year"]),
    ("*", "dates=12-24..01-02", &[]),
    ("*", "dates=12-31..12-30", &[EVERY_CALL]),
    ("*", "dates=01-02..12-24", &["warning: `dates` 01-02..12-24 is read as all but 8 days of each year"]),
    // Area codes in place of numbers.
    ("404", "", &["warning: it is about 404, which is probably the area code; store it under *, with `to`: +1404*"]),
    ("1404", "", &["warning: it is about 1404, which is probably the area code; store it under *, with `to`: +1404*"]),
    (
        "+1404",
        "",
        &["warning: it is about +1404, which is probably the area code; store it under *, with `to`: +1404*"],
    ),
    ("+404", "", &["warning: it is about 404, which is probably the area code"]),
    (
        "*",
        "to=404,212",
        &[
            "warning: `to` has 212, which is probably the area code; write +1212* for all numbers that begin with it",
            "warning: `to` has 404, which is probably the area code; write +1404* for all numbers that begin with it",
        ],
    ),
    ("*", "from=800", &["warning: `from` has 800, which is probably the area code"]),
    ("*", "to=!404", &["warning: `to` has 404, which is probably the area code"]),
    // Numbers without their country code, or with too few digits.
    (
        "+4045557403",
        "",
        &["warning: it is about +4045557403, which is + and ten digits, so it is a number of another country; write \
           +14045557403 for the US number"],
    ),
    (
        "*",
        "to=+1404555777,+4045557778",
        &[
            "warning: `to` has +1404555777, which has 9 digits after +1, not ten",
            "warning: `to` has +4045557778, which is + and ten digits",
        ],
    ),
    ("*", "from=+4045557778", &["warning: `from` has +4045557778, which is + and ten digits"]),
    (
        "*",
        "to=+404*",
        &["note: `to` has +404*, whose numbers are in another country; for the area code 404, write +1404*"],
    ),
    ("*", "to=+212*", &[]),
    ("*", "to=+44*,+4420*,+1900*", &[]),
    // Redirects.
    (
        "+13155550101",
        "status=CHANGE_DESTINATION code=+13155550101",
        &["warning: it redirects calls to their own callee"],
    ),
    (
        "+13155550101",
        "status=CHANGE_DESTINATION code=+19005550101",
        &["warning: it sends calls to +19005550101, a premium-rate number"],
    ),
    (
        "+13155550101",
        "status=CHANGE_DESTINATION code=+442071234567",
        &["warning: it sends calls to +442071234567, in another country than +13155550101"],
    ),
    // Conditions that no call meets.
    ("*", "from=anonymous,!anonymous", &["error: it never applies: `from` leaves out all that it names"]),
    ("*", "to=+14045557777,!+14045557777", &["error: it never applies: `to` leaves out all that it names"]),
    ("*", "to=+1404*,!+1*", &["error: it never applies: `to` leaves out all that it names"]),
    ("*", "to=!*", &["error: it never applies: `to` leaves out all that it names"]),
    ("*", "to=+1*,!+1404*", &[]),
    ("*", "clients=vendor,!Vendor", &["error: it never applies: `clients` leaves out all that it names"]),
    ("*", "hours=!00:00-24:00", &["error: it never applies: no time is within !00:00-24:00"]),
    ("*", "days=Mon dates=2999-01-01", &["error: it never applies: no time is within 2999-01-01 Mon"]),
    ("*", "days=Tue dates=2999-01-01", &[]),
    ("*", "dates=12-25,!12-01..12-31", &["error: it never applies: no time is within 12-25,!12-01..12-31"]),
    ("*", "days=Mon dates=02-29", &["note: its `dates` have 02-29"]),
    ("*", "percent=0", &["warning: it never applies: its `percent` is 0"]),
    ("+14045557777", "to=+1212*", &["error: it never applies: +14045557777 is not in its `to`"]),
    ("*", "places=US,!US", &["warning: it never applies, unless a fact states another place"]),
    ("*", "places=US-FL to=+1404*", &["warning: it never applies, unless a fact states another place"]),
    ("+14045557777", "places=US-FL", &["warning: it never applies, unless a fact states another place"]),
    ("*", "places=US-GA to=+1404*", &[]),
    // Instants in a zone that is not of a place.
    ("+13155550101", "expires_at=2999-12-31T17:00[EST]", &["warning: `expires_at` 2999-12-31T17:00[EST] is read as"]),
    ("+13155550101", "expires_at=2999-12-31T17:00[America/New_York]", &[]),
];

fn item(number: &str, rest: &str) -> Value {
    let mut item = json!({ "number": number, "rule": "r", "status": "REJECT", "code": "603" });
    for pair in rest.split_ascii_whitespace() {
        let (name, value) = pair.split_once('=').unwrap();
        item[name] = value.into();
        if name == "status" && value == "PROCEED" {
            item.as_object_mut().unwrap().remove("code");
        }
        if value == "true" {
            item[name] = true.into();
        }
    }
    item
}

/// Runs lint on one item, and returns its findings as `level: text`.
fn lint(folder: &Path, item: &Value) -> Vec<String> {
    fs::write(folder.join("rules.json"), json!([item]).to_string()).unwrap();
    let output = run(folder, &["lint", "--json", "--rules", "rules.json"]);
    let finding = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        format!("{}: {}; {}", text("level"), text("what"), text("repair"))
    };
    let mut findings: Vec<String> = stdout(&output).lines().map(finding).collect();
    findings.sort();
    findings
}

#[test]
fn lint_and_put_show_the_same_findings() {
    let folder = TempDir::new().unwrap();
    for (number, rest, wanted) in CASES.iter().copied() {
        let item = item(number, rest);
        // Lint does not correct the spelling of a key.
        let mut stored = item.clone();
        if let Ok(key) = precall::Number::from_typed(number) {
            stored["number"] = key.as_str().into();
        }
        let found = lint(folder.path(), &stored);
        assert_eq!(found.len(), wanted.len(), "{item}\n{found:#?}");
        let put = stderr(&run(folder.path(), &["put", "--json", &item.to_string(), "--dry-run", "--force"]));
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(found.starts_with(wanted), "{item}\n{found}\n{wanted}");
            assert!(put.contains(found.trim_end_matches("; ")), "{item}\n{found}\n{put}");
        }
        assert_eq!(put.lines().count(), wanted.len(), "{item}\n{put}");
    }
}

#[test]
fn load_warns_of_the_same_numbers() {
    let folder = TempDir::new().unwrap();
    let items =
        json!([item("+4045557403", ""), item("404", ""), item("*", "to=+1404555777"), item("+13155550101", "")]);
    fs::write(folder.path().join("rules.json"), items.to_string()).unwrap();
    let load = run(folder.path(), &["load", "rules.json"]);
    let warnings = stderr(&load);
    assert_eq!(load.status.code(), Some(0), "{warnings}");
    for wanted in [
        "warning: rule `r` under +4045557403: it is about +4045557403, which is + and ten digits",
        "warning: rule `r` under 404: it is about 404, which is probably the area code",
        "warning: rule `r` under *: `to` has +1404555777, which has 9 digits after +1",
    ] {
        assert!(warnings.contains(wanted), "{warnings}\n{wanted}");
    }
    assert_eq!(warnings.lines().filter(|line| line.starts_with("warning: ")).count(), 3, "{warnings}");
}

#[test]
fn places_of_every_kind_may_apply() {
    let folder = TempDir::new().unwrap();
    for places in [
        "toll-free",
        "premium",
        "personal",
        "non-geographic",
        "satellite",
        "caribbean",
        "us-territories",
        "international",
        "US-*",
        "CA-*",
        "US-DC",
        "PR",
        "CA-NU",
        "JM",
        "IT",
        "AX",
        "!US",
        "GG",
    ] {
        assert_eq!(lint(folder.path(), &item("*", &format!("places={places}"))), Vec::<String>::new(), "{places}");
    }
}

#[test]
fn redirects_of_one_rank_to_different_numbers_are_a_tie() {
    let folder = TempDir::new().unwrap();
    let redirect = |rule: &str, code: &str| json!({ "number": "+13155550101", "rule": rule, "status": "CHANGE_DESTINATION", "code": code });
    let lint = |items: Value| {
        fs::write(folder.path().join("rules.json"), items.to_string()).unwrap();
        stdout(&run(folder.path(), &["lint", "--rules", "rules.json"]))
    };
    let found = lint(json!([redirect("a", "+13155550102"), redirect("b", "+13155550103")]));
    let wanted = "note: rule `a` under +13155550101: rule `b` of the same priority does something else; when both apply, `a` decides: \
                  its name comes first";
    assert!(found.contains(wanted), "{found}");
    let found = lint(json!([redirect("a", "+13155550102"), redirect("b", "+13155550102")]));
    assert!(!found.contains("does something else"), "{found}");
}

#[test]
fn values_that_put_refuses_with_their_correction() {
    let folder = TempDir::new().unwrap();
    for (number, pair, wanted) in [
        ("*", "to=-+1404*", "`to`: \"-+1404*\" begins with a minus; write +1404*, or !+1404* to exclude these numbers"),
        (
            "*",
            "to=+1*,- +14045557777",
            "begins with a minus; write +14045557777, or !+14045557777 to exclude these numbers",
        ),
        ("*", "from=\u{2212}+1404*", "begins with a minus"),
        ("*", "hours=8-8", "\"8-8\" has equal ends, which may mean the whole day or no time at all; write 00:00-24:00"),
        ("*", "hours=24:00-24:00", "has equal ends"),
        (
            "*",
            "expires_at=2026-12-31 17:00 America/New_York",
            "write 2026-12-31T17:00[America/New_York], or an offset such as 2026-12-31T17:00-05:00",
        ),
        ("*", "expires_at=2026-12-31 17:00 America/Chicago", "write 2026-12-31T17:00[America/Chicago], or"),
        ("*", "expires_at=2026-12-31 17:00 EST", "write 2026-12-31T17:00[America/New_York], or"),
        ("*", "state=Georgia", "did you mean `places: US-GA`?"),
        ("*", "states=Georgia,new york", "did you mean `places: US-GA,US-NY`?"),
        ("*", "country=Georgia", "did you mean `places: GE`?"),
        ("*", "area_code=(404)", "did you mean `to: +1404*`?"),
        ("*", "area_code=1404", "did you mean `to: +1404*`?"),
        ("+13155550101", "call_after=17:00", "did you mean `hours`?"),
        ("+13155550101", "skip=yes", "did you mean `enabled: false`?"),
        ("+1404\t5557602x", "note=tab", "\"+1404\\t5557602x\""),
    ] {
        let number = format!("number={number}");
        let output = run(folder.path(), &["put", &number, "rule=r", "status=PROCEED", pair, "--yes"]);
        assert_eq!(output.status.code(), Some(1), "{pair}: {}", stdout(&output));
        assert!(stderr(&output).contains(wanted), "{pair}: {}", stderr(&output));
    }
}
