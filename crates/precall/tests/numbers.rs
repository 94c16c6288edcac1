//! Numbers as people and programs write them: one reader for requests, keys, patterns, targets of redirects.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use precall::number::{NumberRepair, is_withheld, is_withheld_number};
use precall::rule::{Action, Entry, MeantKey, parse};
use precall::{Number, NumberError};
use precall_test::Case;
use serde_json::{Value, json};

use NumberRepair::{DoubledCountryCode, Extension, Parameters};

/// Texts that mean +13155550101, with the parts that are left out.
const SPELLINGS: &[(&str, &[NumberRepair])] = &[
    ("+13155550101", &[]),
    ("3155550101", &[]),
    ("3155550101.0", &[]),
    ("3155550101.00", &[]),
    ("13155550101.0", &[]),
    ("3155550101.0000", &[]),
    ("+13155550101.0", &[]),
    ("+13155550101.00", &[]),
    ("tel:+13155550101.0", &[]),
    ("sip:3155550101.00@example.com", &[]),
    ("315.555.0101", &[]),
    ("315.5550101", &[]),
    ("315555.0101", &[]),
    ("+1315555.0101", &[]),
    ("1315555.0101", &[]),
    ("(315) 555.0101", &[]),
    ("+1.315.555.0101", &[]),
    ("'3155550101", &[]),
    ("\u{2018}+13155550101\u{2019}", &[]),
    ("\u{201c}+13155550101\u{201d}", &[]),
    ("\"3155550101\"", &[]),
    ("`3155550101`", &[]),
    ("\u{a0}+13155550101\u{a0}", &[]),
    ("\t+13155550101\r\n", &[]),
    ("\u{200b}+13155550101\u{200b}", &[]),
    ("+1315\u{200d}5550101", &[]),
    ("+1315\u{ad}555\u{2060}0101", &[]),
    ("\u{feff}13155550101", &[]),
    ("\u{202a}+13155550101\u{202c}", &[]),
    ("\u{2066}+1 315 555 0101\u{2069}", &[]),
    ("+1\u{2007}315\u{2009}555\u{3000}0101", &[]),
    ("+1\u{2011}315\u{2212}555\u{2013}0101", &[]),
    ("＋１３１５５５５０１０１", &[]),
    ("+1315555０１０１", &[]),
    ("（３１５）５５５－０１０１", &[]),
    ("\u{0661}\u{0663}\u{0661}\u{0665}\u{0665}\u{0665}\u{0665}\u{0660}\u{0661}\u{0660}\u{0661}", &[]),
    ("+\u{06f1}3155550101", &[]),
    // SIP and `tel`
    ("tel:+13155550101", &[]),
    ("TEL:+1-315-555-0101", &[]),
    ("tel://+13155550101", &[]),
    ("callto:+13155550101", &[]),
    ("sip:+13155550101", &[]),
    ("sip:+13155550101@example.com", &[]),
    ("sips:+13155550101@example.com:5061", &[]),
    ("SIP:13155550101@192.0.2.7", &[]),
    ("sip:3155550101@[2001:db8::7]:5060", &[]),
    ("+13155550101@example.com", &[]),
    ("+13155550101@10.0.0.1", &[]),
    ("<sip:+13155550101@example.com>", &[]),
    ("<+13155550101>", &[]),
    ("\"Bob\" <sip:+13155550101@example.com>", &[]),
    ("Bob <tel:+13155550101>", &[]),
    ("\"3155550102\" <sip:+13155550101@example.com>", &[]),
    ("<sip:+13155550101@example.com>;tag=9f3", &[Parameters]),
    ("+13155550101;phone-context=example.com", &[Parameters]),
    ("+13155550101;phone-context=+44", &[Parameters]),
    ("+13155550101;user=phone", &[Parameters]),
    ("sip:+13155550101;npdi;rn=+13155550199@example.com;user=phone", &[Parameters]),
    ("sip:+13155550101@example.com?subject=x", &[Parameters]),
    ("sip:+13155550101;ext=22@example.com;user=phone", &[Extension, Parameters]),
    ("tel:3155550101;phone-context=+1", &[Parameters]),
    ("tel:1-315-555-0101;phone-context=+1", &[Parameters]),
    ("tel:3155550101;phone-context=+1-315", &[Parameters]),
    ("tel:3155550101;phone-context=example.com", &[Parameters]),
    // extensions, and keys pressed after the answer
    ("tel:+13155550101;ext=22", &[Extension]),
    ("+13155550101 x5", &[Extension]),
    ("+1 (315) 555-0101x5", &[Extension]),
    ("3155550101 X5", &[Extension]),
    ("+13155550101 ext 5", &[Extension]),
    ("+13155550101 ext. 5", &[Extension]),
    ("+13155550101 Ext.: 12345", &[Extension]),
    ("+13155550101 extension 5", &[Extension]),
    ("+13155550101 #22", &[Extension]),
    ("+13155550101#", &[Extension]),
    ("+13155550101,5", &[Extension]),
    ("+13155550101,,1234#", &[Extension]),
    ("+13155550101;5", &[Extension]),
    ("+13155550101p5", &[Extension]),
    ("+13155550101w5", &[Extension]),
    ("13155550101,", &[Extension]),
    // the country code twice
    ("+1 1 3155550101", &[DoubledCountryCode]),
    ("113155550101", &[DoubledCountryCode]),
    ("+1 1 (315) 555-0101", &[DoubledCountryCode]),
    ("011113155550101", &[DoubledCountryCode]),
    ("+1 1 315 555 0101 x5", &[Extension, DoubledCountryCode]),
];

/// Texts that are not one number.
const REFUSED: &[(&str, NumberError)] = &[
    ("3155550101 / 3155550102", NumberError::Several),
    ("3155550101/3155550102", NumberError::Several),
    ("+13155550101/02", NumberError::Several),
    ("3155550101/02", NumberError::Several),
    ("+442079460101/02", NumberError::Several),
    ("5550101/5550102", NumberError::Several),
    ("911/988", NumberError::Several),
    ("555-0101 555-0102", NumberError::Several),
    ("5550101 5550102", NumberError::Several),
    ("315 555 0101 22", NumberError::Several),
    ("+1 315 555 0101 22", NumberError::Several),
    ("3155550101.5", NumberError::Several),
    ("5550101.00", NumberError::NoAreaCode),
    ("5550101.000", NumberError::NoAreaCode),
    ("5550101.0000", NumberError::Several),
    ("+44207946.0000", NumberError::Several),
    ("555.0000", NumberError::NoAreaCode),
    ("0044 2079460123.0", NumberError::Several),
    ("+49 30123456.0000", NumberError::Several),
    ("+49 30123456.123", NumberError::Several),
    ("+44 20 7946 0123.00", NumberError::Several),
    ("+44.20.7946.0123.0", NumberError::Several),
    ("36055501.12", NumberError::Several),
    ("31555501.14", NumberError::Several),
    ("31555501.1415", NumberError::Several),
    ("5550101.123", NumberError::Several),
    ("+442079460123.5", NumberError::Several),
    ("tel:36055501.12", NumberError::Several),
    ("91.1", NumberError::Several),
    ("9.11", NumberError::Several),
    ("11.2", NumberError::Several),
    ("+91.1", NumberError::Several),
    ("3155550101,3155550102", NumberError::Several),
    ("+13155550101;3155550102", NumberError::Several),
    ("+13155550101 x3155550102", NumberError::Several),
    ("+13155550101 #3155550102", NumberError::Several),
    ("315-555-0101 or 315-555-0102", NumberError::NotANumber),
    ("3155550101 and 02", NumberError::NotANumber),
    ("3155550101 & 3155550102", NumberError::NotANumber),
    ("3155550101\n3155550102", NumberError::NotANumber),
    ("3155550101\t3155550102", NumberError::NotANumber),
    ("\"3155550101\", \"3155550102\"", NumberError::NotANumber),
    ("+13155550101+13155550102", NumberError::NotANumber),
    ("+13155550101@3155550102", NumberError::NotANumber),
    ("+13155550101@+13155550102", NumberError::NotANumber),
    ("+13155550101@a.example@b.example", NumberError::NotANumber),
    ("<sip:+13155550101@h.example>, <sip:+13155550102@h.example>", NumberError::NotANumber),
    ("<+13155550101> <+13155550102>", NumberError::NotANumber),
    ("+13155550101;Bob 3155550102", NumberError::NotANumber),
    ("3.15555E9", NumberError::Scientific),
    ("3.155550101E+09", NumberError::Scientific),
    ("3,15555E+09", NumberError::Scientific),
    ("3.155550101e9", NumberError::Scientific),
    ("tel:5550101;phone-context=+1", NumberError::NoAreaCode),
    ("tel:5550101;phone-context=+1315", NumberError::NoAreaCode),
    ("tel:7042;phone-context=+44", NumberError::NotANumber),
    // A context that may be a country, and is none.
    ("tel:2079460123;phone-context=44", NumberError::NotANumber),
    ("tel:2079460123;phone-context=0044", NumberError::NotANumber),
    ("tel:2079460123;phone-context=++44", NumberError::NotANumber),
    ("tel:2079460123;phone-context=+44x", NumberError::NotANumber),
    ("tel:2079460123;phone-context=(44)", NumberError::NotANumber),
    ("tel:2079460123;phone-context=+44.example", NumberError::NotANumber),
    ("tel:2079460123;phone-context=44.example", NumberError::NotANumber),
    ("tel:2079460123;phone-context=", NumberError::NotANumber),
    ("tel:2079460123;phone-context", NumberError::NotANumber),
    ("tel:2079460123;phone-context=+", NumberError::NotANumber),
    ("tel:2079460123;phone-context=+44.0", NumberError::NotANumber),
    ("tel:2079460123;phonecontext=+44", NumberError::NotANumber),
    ("tel:2079460123;context=+44", NumberError::NotANumber),
    ("sip:2079460123@host;phone-context=44", NumberError::NotANumber),
    ("sip:2079460123@host;phonecontext=+44", NumberError::NotANumber),
    ("<tel:2079460123>;phone-context=44", NumberError::NotANumber),
    ("sip:2079460123;phone-context=+44@host;phone-context=+1", NumberError::NotANumber),
    ("<sip:2079460123;phone-context=+44@host>;phone-context=+44", NumberError::NotANumber),
    // The country code twice.
    ("tel:442079460123;phone-context=+44", NumberError::NotANumber),
    ("tel:4512345678;phone-context=+45", NumberError::NotANumber),
    ("tel:79161234567;phone-context=+7", NumberError::NotANumber),
    ("tel:3155550101;phone-context=+1;phone-context=+44", NumberError::NotANumber),
    ("sip:10.0.0.1", NumberError::NotANumber),
    ("sip:bob@example.com", NumberError::NotANumber),
    ("sip:+13155550101:secret@example.com", NumberError::NotANumber),
    ("+13155550101 x", NumberError::NotANumber),
    ("911 x5", NumberError::NotANumber),
    ("+1315x555", NumberError::NotANumber),
    ("1-800-FLOWERS", NumberError::NotANumber),
    ("+1800FLOWERS", NumberError::NotANumber),
    ("FreeSWITCH", NumberError::NotANumber),
    ("{{from}}", NumberError::NotANumber),
    ("315x5550101", NumberError::Several),
];

#[test]
fn every_notation_of_a_number_is_read() {
    for (text, repairs) in SPELLINGS {
        let expected = Ok(("+13155550101".to_owned(), repairs.to_vec()));
        let given =
            |read: Result<precall::ReadNumber, NumberError>| read.map(|read| (read.number.to_string(), read.repairs));
        assert_eq!(given(Number::read(text)), expected, "{text:?}");
        assert_eq!(given(Number::read_query(text)), expected, "{text:?} in a request");
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(given(Number::read_query(&encoded)), expected, "{encoded:?}");
    }
    for (text, expected) in [
        ("tel:02079460123;phone-context=+44", "+442079460123"),
        // Ten digits, which are not those of the North American plan here.
        ("tel:2079460123;phone-context=+44", "+442079460123"),
        ("sip:2079460123@host;phone-context=+44", "+442079460123"),
        ("<tel:2079460123>;phone-context=+44", "+442079460123"),
        ("<sip:2079460123@host;user=phone>;tag=1;phone-context=+44", "+442079460123"),
        ("tel:3912345678;phone-context=+39", "+393912345678"),
        ("tel:7012345678;phone-context=+7", "+77012345678"),
        // The context of a trunk group is none of the number (RFC 4904).
        ("tel:3155550101;tgrp=a;trunk-context=+1-630", "+13155550101"),
        ("tel:+442079460123;phone-context=44", "+442079460123"),
        ("tel:911;phone-context=+1", "911"),
        ("911#", "911"),
        ("911.0", "911"),
        ("911.00", "911"),
        ("+911.0", "911"),
        ("+1911.0", "+1911"),
        ("442079460123.0", "+442079460123"),
        ("+442079460123.0", "+442079460123"),
        ("+442079460123.00", "+442079460123"),
        ("+4930123456.0", "+4930123456"),
        ("tel:+4930123456.0", "+4930123456"),
        ("sip:+4930123456.0@example.com", "+4930123456"),
        // As without the decimals.
        ("31555501.00", "+31555501"),
        ("131555501.00", "+131555501"),
        ("+131555501.00", "+131555501"),
        ("+1315555010.0", "+1315555010"),
        ("61234567.00", "+61234567"),
        ("116.111", "116111"),
        ("01.23.45.67.00", "0123456700"),
        ("+380.44.123.45.00", "+380441234500"),
        ("+44.2079460123", "+442079460123"),
        ("+49301234.5678", "+493012345678"),
        ("sip:911@example.com", "911"),
        ("00447700900123.0", "+447700900123"),
        ("030/1234567", "0301234567"),
        ("+49 30/1234567", "+49301234567"),
        ("+43 664 / 1234567", "+436641234567"),
        ("315.555.0000", "+13155550000"),
        ("+1315555.0000", "+13155550000"),
        ("116 111", "116111"),
        ("\u{2212}3155550101", "+13155550101"),
    ] {
        assert_eq!(Number::from_typed(text).map(|number| number.to_string()), Ok(expected.to_owned()), "{text:?}");
    }
    // A raw + that arrived as a blank, and a blank before a notation.
    for value in [
        "sip: 13155550101@example.com",
        "<sip: 13155550101@example.com>",
        "tel:3155550101;phone-context= 1",
        " tel:+13155550101",
        " 13155550101;user=phone",
    ] {
        assert_eq!(
            Number::from_query(value).map(|number| number.to_string()),
            Ok("+13155550101".to_owned()),
            "{value:?}"
        );
    }
}

#[test]
fn a_text_that_may_be_several_numbers_is_none() {
    for &(text, error) in REFUSED {
        assert_eq!(Number::from_typed(text), Err(error), "{text:?}");
        assert_eq!(Number::from_query(text), Err(error), "{text:?} in a request");
    }
}

#[test]
fn a_doubled_country_code_counts_once() {
    for (text, expected) in [
        ("+1 1 360 555 0112", "+13605550112"),
        ("1113605550112", "+13605550112"),
        ("00 1 1 1 360 555 0112", "+13605550112"),
        // Not ten digits after it: what was meant is not known.
        ("+1131555501", "+1131555501"),
        ("+131300000000", "+131300000000"),
        ("+11", "11"),
    ] {
        assert_eq!(Number::from_typed(text).map(|number| number.to_string()), Ok(expected.to_owned()), "{text:?}");
    }
}

#[test]
fn digits_that_stand_for_a_withheld_caller() {
    for value in [
        "7378742833",
        "+7378742833",
        "+266696687",
        "266696687",
        "1266696687",
        "+1266696687",
        "+2562533",
        "8656696",
        "7748283",
        "+86282452253",
        "0000000000",
        "%2B266696687",
        "sip:+266696687@example.com",
        " 266696687",
        "+17378742833",
        "17378742833",
        "+1 (737) 874-2833",
        "737-874-2833",
        "0",
        "00",
        "000",
        "0000",
        "000000",
        "+0",
        "+000",
        "%2B0",
        "000-000-0000",
        "+10000000000",
        "10000000000",
    ] {
        assert!(is_withheld(value), "{value:?}");
        assert!(is_withheld_number(value), "{value:?}");
    }
    for value in ["737-874-2834", "+17378742834", "100", "1000", "+100", "+1", "0800", "+13155550101", "", "-", "+"] {
        assert!(!is_withheld_number(value), "{value:?}");
    }
    for value in ["sip:anonymous@10.0.0.1", "\"Anonymous\" <sip:anonymous@10.0.0.1>;tag=1", "\u{200b}anonymous"] {
        assert!(is_withheld(value), "{value:?}");
    }
    for value in ["FreeSWITCH", "s", "+", "TOLL FREE", "no-cid", "sip:bob@anonymous.example"] {
        assert!(!is_withheld(value), "{value:?}");
    }
    // In patterns of callers they are withheld; a callee may have that number.
    let rule = |name: &str, text: &str| {
        let mut item = json!({ "number": "*", "rule": "r", "status": "REJECT" });
        item[name] = text.into();
        [item]
    };
    let decided = |items: &[Value], from: &str, to: &str| Case::new(items).from(from).to(to).winner();
    assert_eq!(decided(&rule("from", "+266696687"), "anonymous", "+13155550101"), "r");
    assert_eq!(decided(&rule("to", "7378742833"), "anonymous", "+17378742833"), "r");
}

/// Keys that people paste for +13157018000, or for `*`, with the key that they should have.
const MISSPELT_KEYS: [(&str, &str); 38] = [
    ("13155557018", "+13155557018"),
    ("3155557018", "+13155557018"),
    ("13155557018.0", "+13155557018"),
    ("3155557018.0", "+13155557018"),
    ("'+13155557018", "+13155557018"),
    ("+13155557018 ", "+13155557018"),
    (" +13155557018", "+13155557018"),
    ("\u{a0}+13155557018", "+13155557018"),
    ("+13155557018\u{a0}", "+13155557018"),
    ("+13155557018\t", "+13155557018"),
    ("\t+13155557018", "+13155557018"),
    ("+13155557018\n", "+13155557018"),
    ("+13155557018\r\n", "+13155557018"),
    ("+13155557018\u{200b}", "+13155557018"),
    ("\u{200b}+13155557018", "+13155557018"),
    ("+1315\u{200b}5557018", "+13155557018"),
    ("\u{feff}+13155557018", "+13155557018"),
    ("\u{202a}+13155557018\u{202c}", "+13155557018"),
    ("＋１３１５５５５７０１８", "+13155557018"),
    ("+1315555７０１８", "+13155557018"),
    ("tel:+13155557018", "+13155557018"),
    ("sip:+13155557018@example.com", "+13155557018"),
    ("+1\u{2011}315\u{2011}555\u{2011}7018", "+13155557018"),
    ("011 1 315 555 7018", "+13155557018"),
    ("01113155557018", "+13155557018"),
    ("\u{201c}+13155557018\u{201d}", "+13155557018"),
    ("\"+13155557018\"", "+13155557018"),
    ("+1 1 3155557018", "+13155557018"),
    ("+13155557018 x5", "+13155557018"),
    ("(315) 555-7018", "+13155557018"),
    ("315/555/7018", "+13155557018"),
    ("* ", "*"),
    (" *", "*"),
    ("'*", "*"),
    ("＊", "*"),
    ("\u{200b}*", "*"),
    ("+1315*", "*, with +1315* in `to`"),
    ("+1 (315)*", "*, with +1315* in `to`"),
];

#[test]
fn a_misspelt_key_is_found_and_the_advice_is_right() {
    for (text, meant) in MISSPELT_KEYS {
        let read = MeantKey::read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(read.to_string(), meant, "{text:?}");
        assert!(!read.is_spelt(text), "{text:?}");
        assert!(read.covers(&Number::from_typed("+13155557018").unwrap()), "{text:?}");
        for item in [
            json!({ "number": text, "rule": "r", "status": "REJECT" }),
            json!({ "number": text, "rule": "r", "timezone": "America/New_York" }),
        ] {
            let Entry::Invalid(invalid) = parse(&serde_json::from_value(item).unwrap()) else { panic!("{text:?}") };
            let advice = format!("is never read; store the item under {meant}");
            assert!(invalid.reasons.iter().any(|reason| reason.ends_with(&advice)), "{text:?}: {:?}", invalid.reasons);
            assert!(invalid.reasons.iter().all(|reason| reason.is_ascii()), "{text:?}: {:?}", invalid.reasons);
        }
    }
    for text in ["+13155557018", "*", "911"] {
        assert!(MeantKey::read(text).unwrap().is_spelt(text), "{text}");
    }
    for text in ["list", "3155557018 / 3155557019", "315*", "**"] {
        assert!(MeantKey::read(text).is_err(), "{text}");
    }
}

#[test]
fn patterns_and_targets_are_read_by_the_same_reader() {
    for (text, repairs) in SPELLINGS.iter().filter(|(text, _)| !text.contains(',')) {
        let item = json!({ "number": "*", "rule": "r", "status": "REJECT", "to": text });
        assert_eq!(Case::new(std::slice::from_ref(&item)).to("+13155550101").winner(), "r", "{text:?}");
        let Entry::Rule(rule) = parse(&serde_json::from_value(item).unwrap()) else { panic!("{text:?}") };
        assert_eq!(rule.repairs.len(), repairs.len(), "{text:?}: {:?}", rule.repairs);
        let item = json!({ "number": "*", "rule": "r", "status": "CHANGE_DESTINATION", "code": text });
        let Entry::Rule(rule) = parse(&serde_json::from_value(item).unwrap()) else { panic!("{text:?}") };
        let Action::Redirect(targets) = &rule.action else { panic!("{text:?}") };
        assert_eq!(targets.numbers().map(Number::as_str).collect::<Vec<_>>(), ["+13155550101"], "{text:?}");
        assert_eq!(rule.repairs.len(), repairs.len(), "{text:?}: {:?}", rule.repairs);
    }
    for (text, _) in REFUSED.iter().filter(|(text, _)| !text.contains([',', '+', '1'])) {
        for (status, name) in [("REJECT", "to"), ("CHANGE_DESTINATION", "code")] {
            let mut item = json!({ "number": "*", "rule": "r", "status": status });
            item[name] = (*text).into();
            assert!(matches!(parse(&serde_json::from_value(item).unwrap()), Entry::Invalid(_)), "{name} {text:?}");
        }
    }
    for code in
        ["+13605550112;weight=3", "+13605550112;Weight=3, +13605550113", "<tel:+13605550112>;share=3", "36055501.12"]
    {
        let item = json!({ "number": "*", "rule": "r", "status": "CHANGE_DESTINATION", "code": code });
        assert!(matches!(parse(&serde_json::from_value(item).unwrap()), Entry::Invalid(_)), "{code:?}");
    }
    // Prefixes, weights beside parameters, and the wildcard in other characters.
    for (pattern, covered) in
        [("＋１３１５＊", true), ("\u{200b}+1315*", true), ("+1 1 315*", true), ("＊", true), ("+1316*", false)]
    {
        let item = json!({ "number": "*", "rule": "r", "status": "REJECT", "to": pattern });
        assert_eq!(Case::new(&[item]).to("+13155550101").winner() == "r", covered, "{pattern:?}");
    }
    let item = json!({ "number": "*", "rule": "r", "status": "CHANGE_DESTINATION",
        "code": "tel:+13605550112;ext=22=3, +13605550113;user=phone" });
    let Entry::Rule(rule) = parse(&serde_json::from_value(item).unwrap()) else { panic!("a rule") };
    let Action::Redirect(targets) = &rule.action else { panic!("a redirect") };
    assert_eq!(targets.numbers().map(Number::as_str).collect::<Vec<_>>(), ["+13605550112", "+13605550113"]);
}

#[test]
fn emergency_numbers_are_reached_only_by_name() {
    let services = ["911", "988", "112", "211", "1911", "9911", "116111", "+1911", "+44999"];
    let rule = |attributes: Value| {
        let mut item = json!({ "number": "*", "rule": "r", "status": "REJECT" });
        for (name, value) in attributes.as_object().unwrap() {
            item[name] = value.clone();
        }
        [item]
    };
    let from = "+12025550100";
    for attributes in [
        json!({}),
        json!({ "to": "!+1*" }),
        json!({ "to": "!+1315*, !+1212*" }),
        json!({ "to": "*" }),
        json!({ "to": "+*" }),
        json!({ "to": "!+13155550101" }),
        json!({ "from": from }),
        json!({ "from": "anonymous, +1202*" }),
        json!({ "number": from, "side": "from" }),
        json!({ "number": from, "side": "any" }),
        json!({ "clients": "!second" }),
        json!({ "percent": 100 }),
        json!({ "places": "!US" }),
        json!({ "days": "Mon-Sun" }),
        json!({ "max_calls": 1, "per": "24h" }),
        json!({ "priority": 1_000 }),
    ] {
        for status in ["REJECT", "CHANGE_DESTINATION"] {
            let mut items = rule(attributes.clone());
            items[0]["status"] = status.into();
            if status == "CHANGE_DESTINATION" {
                items[0]["code"] = "+13605550112".into();
            }
            for to in services {
                assert_eq!(Case::new(&items).from(from).to(to).winner(), "-", "{attributes} {status} {to}");
            }
        }
    }
    // By name, a rule reaches them, also with conditions.
    for (attributes, to) in [
        (json!({ "number": "911" }), "911"),
        (json!({ "to": "911" }), "911"),
        (json!({ "to": "+911" }), "911"),
        (json!({ "to": "+1*, 988" }), "988"),
        (json!({ "number": "+1911" }), "+1911"),
        (json!({ "number": "116111" }), "116111"),
        (json!({ "number": from, "side": "from", "to": "911" }), "911"),
        (json!({ "to": "911", "days": "Mon-Sun" }), "911"),
    ] {
        assert_eq!(Case::new(&rule(attributes.clone())).from(from).to(to).winner(), "r", "{attributes}");
    }
    // A PROCEED lets them through as any other call, so an allow-list does not lose them.
    let mut items = rule(json!({ "from": from }));
    items[0]["status"] = "PROCEED".into();
    assert_eq!(Case::new(&items).from(from).to("911").winner(), "r");
    // The explanation names the reason.
    let why = Case::new(&rule(json!({ "to": "!+1*" }))).to("911").asked(|asked| asked.findings()[0].why.clone());
    assert_eq!(why, "911 is an emergency or service number, which a rule reaches only if it names the number itself");
}
