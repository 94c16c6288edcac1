//! Exemptions: written by hand and imported from a file, explained, counted, and kept by the imports of other lists.

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
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use support::{run, stderr, stdout};

const AT: &str = "2026-12-01T17:00:00Z";

fn said(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}

/// Runs a command that succeeds, and returns its output.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn checked(folder: &Path, to: &str) -> Value {
    serde_json::from_str(&stdout(&run(folder, &["check", "--to", to, "--at", AT, "--json"]))).unwrap()
}

fn status(folder: &Path, to: &str) -> String {
    checked(folder, to)["decision"]["status"].as_str().unwrap().to_owned()
}

/// Returns the items of a list, by their numbers.
fn items(folder: &Path, list: &str) -> Vec<Value> {
    let rules = stdout(&run(folder, &["rules", "--format", "json"]));
    let mut items: Vec<Value> = rules.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    items.retain(|item| item["rule"] == list);
    items.sort_by_key(|item| item["number"].to_string());
    items
}

#[test]
fn a_consent_of_one_number_is_written_and_explained() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "dnc.txt", "3155550101\n3155550102\n");
    done(folder, &["import", "dnc.txt", "--list", "national-dnc"]);
    assert_eq!(status(folder, "+13155550101"), "REJECT");
    let put = done(
        folder,
        &[
            "put",
            "number=+13155550101",
            "rule=consent-4711",
            "exempt=national-dnc",
            "expires_at=2027-03-01T00:00:00Z",
            "proof=recording 4711",
            "--yes",
        ],
    );
    assert!(
        put.contains(
            "it lifts `national-dnc` for calls to +13155550101, until 1 Mar 2027 00:00 UTC, proof: recording 4711"
        ),
        "{put}"
    );
    assert_eq!((status(folder, "+13155550101"), status(folder, "+13155550102")), ("PROCEED".into(), "REJECT".into()));
    let text = done(folder, &["check", "--to", "+13155550101", "--at", AT]);
    for wanted in [
        "because   no rule applies, so the default (PRECALL_DEFAULT) applies; exempt from `national-dnc` until 2027-03-01 00:00 \
         UTC by `consent-4711`, proof: recording 4711",
        ": match, exempt by `consent-4711`",
        "does not apply  exempt until 2027-03-01 00:00 UTC by `consent-4711`, proof: recording 4711",
        "fact            lifts `national-dnc` for this number",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let json = checked(folder, "+13155550101");
    assert_eq!((&json["lists"][0]["matches"], &json["lists"][0]["exempt_by"]), (&false.into(), &"consent-4711".into()));
    assert_eq!(json["exact_rules"].as_array().unwrap().len(), 2);
    // The next copy of the list changes nothing.
    write(folder, "dnc2.txt", "3155550101\n3155550102\n3155550103\n");
    done(folder, &["import", "dnc2.txt", "--list", "national-dnc", "--replace"]);
    assert_eq!(status(folder, "+13155550101"), "PROCEED");
    assert!(done(folder, &["rules", "--number", "+13155550101"]).contains("lifts `national-dnc` for calls to"));
}

#[test]
fn what_put_and_lint_say_about_exemptions() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "dnc.txt", "3055550101\n3055550102\n");
    done(folder, &["import", "dnc.txt", "--list", "national-dnc"]);
    for rule in [&["rule=cap-fl", "max_calls=3", "per=24h", "places=US-FL"][..], &["rule=night", "calling_hours=us"]] {
        done(
            folder,
            &[&["put", "number=*", "status=REJECT", "code=480", "priority=100"][..], rule, &["--yes"]].concat(),
        );
    }
    done(
        folder,
        &["put", "number=+13055550102", "rule=vip", "status=PROCEED", "hours=09:00-20:00", "priority=0", "--yes"],
    );
    let unknown = "and the table has no list and no rule of this name";
    for (exempt, expires, finding) in [
        ("national-dnc", "never", None),
        ("cap-fl", "2099-01-01T00:00:00Z", None),
        ("national-dnc,cap-fl", "365d", None),
        ("natoinal-dnc", "never", Some(format!("warning: it names `natoinal-dnc`, {unknown}"))),
        (
            "night",
            "never",
            Some("error: it names `night`, a rule about the time of the call, so it does not lift it".into()),
        ),
        ("vip", "never", Some("error: it names `vip`, a rule that lets calls through, so it does not lift it".into())),
        ("national-dnc", "2026-01-01T00:00:00Z", Some("note: the exemption ended at 2026-01-01T00:00:00Z".into())),
    ] {
        let (exempt, expires) = (format!("exempt={exempt}"), format!("expires_at={expires}"));
        let key = ["number=+13055550102", "rule=consent"];
        let put = done(folder, &[&["put"], &key[..], &[&exempt, &expires, "--force", "--yes"]].concat());
        let lint = said(&run(folder, &["lint"]));
        let found = |text: &str| text.lines().any(|line| line.contains("exempt") || line.contains("it names"));
        match finding {
            None => {
                assert!(!put.contains("it names"), "{put}");
                assert!(!found(&lint), "{lint}");
            }
            Some(finding) => {
                assert!(put.contains(&finding), "{finding}\n{put}");
                let (level, what) = finding.split_once(": ").unwrap();
                assert!(
                    lint.contains(&format!("{level}: rule `consent` under +13055550102: {what}")),
                    "{finding}\n{lint}"
                );
            }
        }
    }
    for (wrong, message) in [
        (&["exempt=national-dnc"][..], "`expires_at`: missing; an exemption needs an end"),
        (&["exempt=us", "expires_at=never"], "`exempt`: \"us\" means calling hours, which no exemption lifts"),
        (
            &["exempt=national-dnc", "expires_at=never", "hours=09:00-17:00"],
            "`hours`: not an attribute of an item without `status`",
        ),
        (&["exempt=national-dnc", "expires_at=never", "prove=x"], "`prove`: not an attribute of a rule"),
        (&["exempted=national-dnc", "expires_at=2099-01-01T00:00:00Z"], "`status`: missing"),
        (&["status=REJECT", "exempt=national-dnc"], "`exempt`: only for an item under a number and without `status`"),
    ] {
        let output = run(folder, &[&["put", "number=+13055550101", "rule=consent", "--yes"], wrong].concat());
        assert!(!output.status.success() && said(&output).contains(message), "{wrong:?}: {}", said(&output));
    }
    assert_eq!(items(folder, "consent").len(), 1);
}

/// A consent as a rule that outranks the law gets the advice to write an exemption.
#[test]
fn a_consent_above_the_law_is_better_an_exemption() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    done(folder, &["put", "number=*", "rule=cap", "status=REJECT", "max_calls=3", "per=24h", "priority=100", "--yes"]);
    let put = |number: &str| {
        let number = format!("number={number}");
        done(
            folder,
            &["put", &number, "rule=consent", "status=PROCEED", "priority=200", "to=+1315*", "--force", "--yes"],
        )
    };
    let advice = "write an exemption instead, which lifts only what it names: an item with `exempt`: cap and `expires_at`, without \
                  `status`";
    assert!(put("+13155550101").contains(advice));
    assert!(!put("*").contains(advice));
}

#[test]
fn consents_are_imported_like_a_list_and_survive_every_other_import() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "dnc.txt", "3155550101\n3155550102\n3155550103\n3155550104\n");
    done(folder, &["import", "dnc.txt", "--list", "national-dnc"]);
    write(
        folder,
        "consents.csv",
        "name,phone,until,since,ref\n\
         A,(315) 555-0101,2027-03-01,2026-11-02,recording 4711\n\
         B,315-555-0102,never,2026-11-02,\n\
         C,315-555-0105,2027-03-01T17:00:00-05:00,2026-11-02T10:00:00Z,\"form 12, page 3\"\n\
         D,315-555-0103,03/04/2027,2026-11-02,x\n\
         E,315-555-0104,,2026-11-02,x\n\
         F,nobody,2027-03-01,2026-11-02,x\n",
    );
    let arguments = [
        "import",
        "consents.csv",
        "--exempt",
        "national-dnc",
        "--list",
        "consents",
        "--column",
        "phone",
        "--expires-column",
        "until",
        "--starts-column",
        "since",
        "--proof-column",
        "ref",
    ];
    let output = run(folder, &arguments);
    assert_eq!(output.status.code(), Some(1), "rows were rejected: {}", said(&output));
    for wanted in [
        "list consents: exemptions; numbers in column \"phone\"; ends: column \"until\"; starts: column \"since\"; proofs: column \
         \"ref\"; not read, but for words against a consent: column \"name\"",
        "\"03/04/2027\" may be month and day, or day and month; give --date-order mdy or dmy",
        "no end; write a date such as 2027-03-01 into its column, or never",
        "3 written from consents.csv",
        "3 rejected",
    ] {
        assert!(said(&output).contains(wanted), "{wanted}\n{}", said(&output));
    }
    let written = items(folder, "consents");
    let attributes = |item: &Value| ["exempt", "expires_at", "starts_at", "proof"].map(|name| item[name].clone());
    let expected: [[Value; 4]; 3] = [
        ["national-dnc".into(), 1_803_859_200.into(), 1_793_707_200.into(), "recording 4711".into()],
        ["national-dnc".into(), "never".into(), 1_793_707_200.into(), Value::Null],
        ["national-dnc".into(), 1_803_938_400.into(), 1_793_613_600.into(), "form 12, page 3".into()],
    ];
    assert_eq!(written.iter().map(attributes).collect::<Vec<_>>(), expected, "{written:#?}");
    let statuses =
        || ["+13155550101", "+13155550102", "+13155550103", "+13155550104"].map(|to| status(folder, to)).join(" ");
    assert_eq!(statuses(), "PROCEED PROCEED REJECT REJECT");
    assert!(
        checked(folder, "+13155550101")["because"].as_str().unwrap().contains("by `consents`, proof: recording 4711")
    );

    // The list that they lift, replaced; and another one.
    write(folder, "dnc2.txt", "3155550101\n3155550102\n3155550103\n");
    let replaced = done(folder, &["import", "dnc2.txt", "--list", "national-dnc", "--replace"]);
    let exempt =
        "list consents exempts numbers from it: 3 exemptions written from consents.csv; `precall lists --count` counts";
    assert!(replaced.contains(exempt), "{replaced}");
    assert!(!done(folder, &["import", "dnc2.txt", "--list", "internal-dnc", "--replace"]).contains("exempts numbers"));
    assert_eq!(statuses(), "REJECT REJECT REJECT PROCEED", "the internal list is not lifted");
    done(folder, &["lists", "remove", "internal-dnc", "--yes"]);
    assert_eq!(statuses(), "PROCEED PROCEED REJECT PROCEED");

    let lists = said(&run(folder, &["lists", "--count"]));
    assert!(lists.contains("consents.csv (exempts from national-dnc)"), "{lists}");
    let counts: Vec<Value> = stdout(&run(folder, &["lists", "--count", "--json"]))
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let of = |list: &str, name: &str| counts.iter().find(|it| it["list"] == list).unwrap()[name].clone();
    assert_eq!((of("national-dnc", "items"), of("national-dnc", "exempt")), (3.into(), 2.into()));
    assert_eq!(
        (of("consents", "items"), of("consents", "exempts_from")),
        (3.into(), serde_json::json!(["national-dnc"]))
    );

    // Its own --replace removes the consents that are not in the file any more.
    write(folder, "consents2.csv", "phone,until\n3155550101,2027-03-01\n3155550103,2027-03-01\n");
    let arguments =
        ["import", "consents2.csv", "--exempt", "national-dnc", "--list", "consents", "--expires-column", "until"];
    done(folder, &[&arguments[..], &["--replace"]].concat());
    assert_eq!(statuses(), "PROCEED REJECT PROCEED PROCEED");
    done(folder, &["lists", "remove", "consents", "--yes"]);
    assert_eq!(statuses(), "REJECT REJECT REJECT PROCEED");
}

/// Columns of numbers are chosen as for a list of rules, and a consent that has ended counts in any line of the file.
#[test]
fn columns_of_consents_are_chosen_as_for_lists() {
    const FILE: &str = "home_phone,work_phone,type,status,until\n\
                        3155550101,3155550102,sms,active,2027-03-01\n\
                        3155550103,,voice,active,2027-03-01\n\
                        3155550104,n/a,sms,active,2027-03-01\n\
                        (315) 555-0104,,voice,revoked,2027-03-01\n";
    for (options, numbers, removed, said_too) in [
        (&["--column", "home_phone"][..], &["0101", "0103"][..], 1, "numbers in column \"home_phone\""),
        (&["--column", "home_phone,work_phone"], &["0101", "0102", "0103"], 1, "\"home_phone\" and \"work_phone\""),
        (&["--all-phone-columns"], &["0101", "0102", "0103"], 1, "\"home_phone\" and \"work_phone\""),
        // The line with the revoked consent is left out, and counts.
        (&["--column", "home_phone", "--only", "type=sms"], &["0101"], 1, "1 line left out by --only"),
        (&["--column", "home_phone", "--only", "type=voice"], &["0103"], 1, "2 lines left out by --only"),
    ] {
        let temp = TempDir::new().unwrap();
        let folder = temp.path();
        write(folder, "c.csv", FILE);
        let import = ["import", "c.csv", "--exempt", "dnc", "--expires-column", "until", "--replace"];
        let refused = run(folder, &import);
        assert!(!refused.status.success(), "{}", said(&refused));
        for wanted in ["home_phone", "work_phone", "--column", "--all-phone-columns"] {
            assert!(stderr(&refused).contains(wanted), "{wanted}: {}", said(&refused));
        }
        let dry = said(&run(folder, &[&import[..], options, &["--dry-run"]].concat()));
        assert!(dry.contains("exempt +13155550"), "{dry}");
        assert!(dry.contains(&format!("{removed} would be removed")), "{dry}");
        assert!(!folder.join(".precall").exists(), "a dry run creates nothing");
        let output = said(&run(folder, &[&import[..], options].concat()));
        assert!(output.contains(said_too), "{options:?}: {output}");
        assert!(output.contains(&format!(", {removed} removed")), "{options:?}: {output}");
        let written: Vec<String> =
            items(folder, "exempt-dnc").iter().map(|item| item["number"].as_str().unwrap()[8..].to_owned()).collect();
        assert_eq!(written, numbers, "{options:?}: {output}");
    }
}

/// Messages by which people opt out are recognised for a list of rules. They are not consents.
#[test]
fn opt_out_messages_are_not_consents() {
    let temp = TempDir::new().unwrap();
    write(temp.path(), "m.csv", "From,To,Body\n+13155550101,+13155550199,STOP\n+13155550102,+13155550199,Stop\n");
    let import = ["import", "m.csv", "--exempt", "dnc", "--expires", "never", "--yes"];
    let refused = run(temp.path(), &import);
    assert!(!refused.status.success() && stderr(&refused).contains("--column"), "{}", said(&refused));
    done(temp.path(), &[&import[..], &["--column", "From", "--force"]].concat());
    assert!(items(temp.path(), "exempt-dnc").is_empty());
}

/// The same file, read in another way: what was read before does not stay.
#[test]
fn a_corrected_import_leaves_nothing_of_the_wrong_one() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "c.csv", "phone,until\n3155550101,03/04/2027\n3155550102,04/03/2027\n3155550103,13/04/2027\n");
    let import = |order: &str| {
        let arguments =
            ["import", "c.csv", "--exempt", "dnc", "--expires-column", "until", "--replace", "--date-order", order];
        run(folder, &arguments)
    };
    let ends =
        || items(folder, "exempt-dnc").iter().map(|item| item["expires_at"].as_i64().unwrap()).collect::<Vec<_>>();
    assert!(import("dmy").status.success());
    assert_eq!(ends(), [1_806_710_400, 1_804_118_400, 1_807_574_400]);
    assert_eq!(import("mdy").status.code(), Some(1), "there is no month 13");
    assert_eq!(ends(), [1_804_118_400, 1_806_710_400]);
}

/// A row of a consent that was not given, or has ended, removes the exemption of its number; a row that cannot be read is rejected.
#[test]
fn a_row_that_is_not_a_consent_lifts_nothing() {
    const A: &str = "+13155550101";
    for (rows, good, removed, rejected) in [
        (
            "phone,consent,until\n3155550101,yes,2027-03-01\n3155550102,no,2027-03-01\n3155550103,,2027-03-01\n",
            vec![A],
            2,
            0,
        ),
        (
            "phone,revoked_at,until\n3155550101,,2027-03-01\n3155550102,2026-05-01,2027-03-01\n3155550103,no,2027-03-01\n",
            vec![A, "+13155550103"],
            1,
            0,
        ),
        (
            "phone,status,until\n3155550101,active,2027-03-01\n3155550102,Withdrawn,2027-03-01\n3155550103,opt-out,2027-03-01\n",
            vec![A],
            2,
            0,
        ),
        ("phone,opt_in_date,until\n3155550101,2026-01-01,2027-03-01\n3155550102,none,2027-03-01\n", vec![A], 1, 0),
        // Of two rows of a number, the one without consent counts, in any order.
        (
            "phone,status,until\n3155550101,active,2027-03-01\n3155550101,revoked,2027-03-01\n3155550101,active,2027-03-01\n",
            vec![],
            1,
            1,
        ),
        ("phone,status,until\n3155550101,revoked,2027-03-01\n(315) 555-0101,active,2027-03-01\n", vec![], 1, 1),
        ("phone,until\n3155550101,2027-03-01\n315XXXXXXX,2027-03-01\n201XXXXXXX,2027-03-01\n", vec![A], 0, 2),
        ("phone,until\n3155550101,12/31/2027\n3155550102,1.4.2027\n3155550103,2027-02-31\n", vec![], 0, 3),
        ("3155550101,2027-03-01\n3155550102,4 Mar 2027\n3155550103,46082\n", vec![A, "+13155550102"], 0, 1),
    ] {
        for replace in [&[][..], &["--replace"]] {
            let temp = TempDir::new().unwrap();
            let folder = temp.path();
            write(folder, "c.csv", rows);
            let column = if rows.starts_with("phone") { "until" } else { "2" };
            let arguments =
                ["import", "c.csv", "--exempt", "national-dnc", "--column", "1", "--expires-column", column];
            let output = run(folder, &[&arguments[..], replace].concat());
            let is_right_file = rejected == 0 || !replace.is_empty() && rejected <= good.len();
            assert_eq!(output.status.success(), rejected == 0, "{rows}\n{}", said(&output));
            let numbers: Vec<String> = items(folder, "exempt-national-dnc")
                .iter()
                .map(|item| item["number"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(numbers, good, "{rows}\n{}", said(&output));
            if replace.is_empty() || is_right_file {
                let has = |count: usize, what: &str| count == 0 || said(&output).contains(&format!("{count} {what}"));
                assert!(has(removed, "removed"), "{rows}\n{}", said(&output));
                assert!(has(rejected, "rejected") || good.is_empty(), "{rows}\n{}", said(&output));
            }
        }
    }
}

#[test]
fn exemptions_and_rules_are_not_mixed_up() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    write(folder, "a.csv", "phone,until\n3155550101,2027-03-01\n");
    write(folder, "a.json", "[\"3155550101\"]");
    done(folder, &["import", "a.csv", "--list", "dnc", "--column", "phone"]);
    let exempt = |more: &[&str]| said(&run(folder, &[&["import", "a.csv", "--exempt", "other"], more].concat()));
    for (more, message) in [
        (&[][..], "an exemption needs an end; give --expires-column COLUMN, or --expires DATE (never for no end)"),
        (&["--expires", "31d"], "--expires of exemptions needs a date such as 2027-03-01, or never"),
        (&["--expires-column", "end"], "no column \"end\"; there are: phone, until"),
        (
            &["--expires", "never", "--list", "dnc"],
            "list dnc is a list of rules, and this import would write exemptions",
        ),
        (&["--expires", "never", "--list", "other"], "other is the list that the exemptions lift"),
        (&["--expires", "never", "--status", "PROCEED"], "cannot be used with"),
        (&["--expires", "never", "--forget-after", "9d"], "cannot be used with"),
        (&["--expires", "never", "--from", "1415"], "the hook could not read exemptions with these options: `from`"),
        (&["--expires", "never", "--format", "json"], "exemptions are read from columns"),
    ] {
        assert!(exempt(more).contains(message), "{more:?}: {}", exempt(more));
    }
    let us = run(folder, &["import", "a.csv", "--exempt", "us", "--expires", "never", "--ignore-dates"]);
    assert!(said(&us).contains("`exempt`: \"us\" means calling hours, which no exemption lifts"), "{}", said(&us));
    let list = run(folder, &["import", "a.csv", "--list", "x", "--expires", "2027-03-01"]);
    assert!(
        said(&list).contains("--expires needs a length of time such as 31d; a date is for exemptions"),
        "{}",
        said(&list)
    );
    assert!(said(&run(folder, &["import", "a.csv"])).contains("--list"));
    let columns = run(folder, &["import", "a.csv", "--list", "x", "--expires-column", "until"]);
    assert!(!columns.status.success(), "{}", said(&columns));

    done(folder, &["put", "number=*", "rule=cap", "status=REJECT", "max_calls=3", "per=24h", "--yes"]);
    let unknown = done(
        folder,
        &["import", "a.csv", "--exempt", "dnc,cap,natoinal", "--list", "typo", "--expires", "never", "--ignore-dates"],
    );
    assert_eq!(unknown.matches("warning: the table has no list").count(), 1, "{unknown}");
    assert!(unknown.contains("no list `natoinal`, and no rule of this name"), "{unknown}");
    done(folder, &["lists", "remove", "typo", "--yes"]);
    done(folder, &["import", "a.csv", "--exempt", "dnc", "--expires", "never", "--ignore-dates", "--clients", "sales"]);
    let mixed = run(folder, &["import", "a.csv", "--list", "exempt-dnc"]);
    assert!(said(&mixed).contains("is a list of exemptions, and this import would write rules"), "{}", said(&mixed));
    let check = |client: &str| {
        let output = run(folder, &["check", "--to", "+13155550101", "--client", client, "--json"]);
        serde_json::from_str::<Value>(&stdout(&output)).unwrap()["decision"]["status"].clone()
    };
    assert_eq!((check("sales"), check("collections")), ("PROCEED".into(), "REJECT".into()));
}
