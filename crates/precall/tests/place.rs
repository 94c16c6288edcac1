//! Tests places, zones and place patterns: compares them with the data files, and with results that were worked out by hand.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use precall::Number;
use precall::place::{self, Certainty, NumberKind, PlacePatterns, Zones};
use proptest::prelude::*;

const NANP: &str = include_str!("../data/nanp.csv");
const EXCHANGES: &str = include_str!("../data/exchanges.csv");
const PREFIX_ZONES: &str = include_str!("../data/prefix-zones.csv");
const COUNTRIES: &str = include_str!("../data/countries.csv");
const PLACES: &str = include_str!("../data/places.csv");

fn number(text: &str) -> Number {
    Number::from_typed(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn rows(file: &'static str) -> Vec<Vec<&'static str>> {
    file.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

fn split(text: &'static str) -> Vec<&'static str> {
    text.split('|').filter(|part| !part.is_empty()).collect()
}

fn zones(text: &str) -> &'static [&'static str] {
    place::zones(&number(text)).names()
}

fn known(text: &str) -> String {
    match place::zones(&number(text)) {
        Zones::Known(names) => names.join("|"),
        Zones::Unknown { .. } => "unknown".to_owned(),
    }
}

fn codes(text: &str) -> String {
    place::place(&number(text)).codes().join("|")
}

fn kind(text: &str) -> NumberKind {
    place::place(&number(text)).kind()
}

fn test(patterns: &str, text: &str) -> Option<Certainty> {
    PlacePatterns::parse([patterns]).unwrap_or_else(|error| panic!("{error}")).test(&place::place(&number(text)))
}

fn offset_hours(zone: &str, at: &str) -> f64 {
    let at: Timestamp = at.parse().unwrap();
    f64::from(TimeZone::get(zone).unwrap().to_offset(at).seconds()) / 3600.0
}

fn is_sorted_set(names: &[&str]) -> bool {
    names.windows(2).all(|pair| pair[0] < pair[1])
}

const BRITISH_COLUMBIA: &str =
    "America/Creston|America/Dawson_Creek|America/Edmonton|America/Fort_Nelson|America/Vancouver";

const CERTAIN: Option<Certainty> = Some(Certainty::Certain);
const POSSIBLE: Option<Certainty> = Some(Certainty::Possible);

// The files

#[test]
fn files_are_sorted_complete_and_well_formed() {
    let known: BTreeMap<_, _> = rows(PLACES).into_iter().map(|row| (row[0], row[1])).collect();
    let counts = [(NANP, 5, 486), (EXCHANGES, 4, 827), (PREFIX_ZONES, 3, 1117), (COUNTRIES, 3, 299), (PLACES, 2, 311)];
    for (file, fields, lines) in counts {
        let rows = rows(file);
        assert_eq!(rows.len(), lines);
        assert!(rows.windows(2).all(|pair| pair[0][0] < pair[1][0]), "sorted by the first field");
        assert!(rows.iter().all(|row| row.len() == fields), "{fields} fields a line");
    }
    for row in rows(NANP) {
        assert!(row[0].len() == 3 && row[0].bytes().all(|b| b.is_ascii_digit()), "{row:?}");
        assert!(is_sorted_set(&split(row[2])) && is_sorted_set(&split(row[3])), "{row:?}");
        assert_eq!(row[1] == "geographic", !row[3].is_empty(), "zones for places only: {row:?}");
        assert!(!row[2].is_empty() && split(row[2]).iter().all(|code| known.contains_key(code)), "{row:?}");
    }
    for row in rows(PREFIX_ZONES) {
        assert!((1..=9).contains(&row[0].len()) && row[0].bytes().all(|b| b.is_ascii_digit()), "{row:?}");
        assert!(!row[1].is_empty() && is_sorted_set(&split(row[1])), "{row:?}");
        assert!(!row[0].starts_with('1'), "exchanges of the NANP are in their own file: {row:?}");
    }
    for row in rows(EXCHANGES) {
        assert!(row[0].len() == 7 && row[0].starts_with('1') && row[0].bytes().all(|b| b.is_ascii_digit()), "{row:?}");
        assert!(!row[1].is_empty() && is_sorted_set(&split(row[1])), "{row:?}");
        assert!(row[2].len() > 3 && row[3].starts_with("GeoNames 2026-"), "the town and its source: {row:?}");
    }
    for row in rows(COUNTRIES) {
        assert!((1..=9).contains(&row[0].len()) && row[0].bytes().all(|b| b.is_ascii_digit()), "{row:?}");
        assert!(["geographic", "satellite", "global"].contains(&row[1]), "{row:?}");
        assert_eq!(row[1] == "geographic", !row[2].is_empty(), "{row:?}");
        assert!(is_sorted_set(&split(row[2])) && split(row[2]).iter().all(|code| known.contains_key(code)), "{row:?}");
    }
}

#[test]
fn every_zone_is_in_the_time_zone_database() {
    let mut names: BTreeSet<&str> = rows(NANP).into_iter().flat_map(|row| split(row[3])).collect();
    names.extend(rows(PREFIX_ZONES).into_iter().flat_map(|row| split(row[1])));
    for text in ["+18005550100", "+16005550100", "+881612345678", "411234"] {
        names.extend(zones(text));
    }
    assert!(names.len() > 250);
    for name in names {
        assert!(TimeZone::get(name).is_ok(), "{name}");
    }
}

#[test]
fn every_area_code_has_its_place_and_zones() {
    let listed: BTreeSet<_> = rows(EXCHANGES).into_iter().map(|row| row[0]).collect();
    for row in rows(NANP) {
        let unlisted = (200..1000).map(|exchange| format!("1{}{exchange}", row[0]));
        let exchange = unlisted.into_iter().find(|exchange| !listed.contains(&**exchange)).unwrap();
        let text = format!("+{exchange}0100");
        let place = place::place(&number(&text));
        assert_eq!((place.kind().as_str(), place.codes()), (row[1], &split(row[2])[..]), "{text}");
        match place::zones(&number(&text)) {
            Zones::Known(names) => assert_eq!(names, split(row[3]), "{text}"),
            Zones::Unknown { assumed } => assert!(row[3].is_empty() && assumed.len() > 10, "{text}"),
        }
        let us = row[2].split('|').all(|code| code.starts_with("US") || ["AS", "GU", "MP", "PR", "VI"].contains(&code));
        assert_eq!(place.is_us(), us, "{text}");
    }
}

#[test]
fn an_exchange_never_has_a_zone_that_its_area_code_lacks() {
    let areas: BTreeMap<_, _> = rows(NANP).into_iter().map(|row| (row[0], split(row[3]))).collect();
    for row in rows(EXCHANGES) {
        let whole = &areas[&row[0][1..4]];
        assert!(split(row[1]).iter().all(|zone| whole.contains(zone)), "{row:?}");
        assert_eq!(zones(&format!("+{}0100", row[0])), split(row[1]), "{row:?}");
    }
}

#[test]
fn every_prefix_gives_its_own_row() {
    let longer: Vec<_> = rows(PREFIX_ZONES);
    for row in &longer {
        let text = format!("+{:0<11}", row[0]);
        let longest = longer.iter().filter(|other| text[1..].starts_with(other[0])).max_by_key(|other| other[0].len());
        assert_eq!(zones(&text), split(longest.unwrap()[1]), "{text}");
    }
    for row in rows(COUNTRIES).into_iter().filter(|row| row[1] == "geographic") {
        assert!(matches!(place::zones(&number(&format!("+{:9<11}", row[0]))), Zones::Known(_)), "{row:?}");
    }
}

// Errors in the sources, one by one

#[test]
fn errors_of_the_zone_table_in_the_nanp_are_not_repeated() {
    let cases = [
        ("+16895550100", "America/New_York"), // the table: Chicago
        ("+13645550100", "America/Chicago|America/New_York"),
        ("+14485550100", "America/Chicago|America/New_York"),
        ("+14585550100", "America/Denver|America/Los_Angeles"),
        ("+19155550100", "America/Chicago|America/Denver"),
        ("+19305550100", "America/Chicago|America/New_York"),
        ("+19315550100", "America/Chicago|America/New_York"),
        ("+14745550100", "America/Edmonton|America/Regina|America/Winnipeg"), // the table: Winnipeg
        // Not in the table
        ("+13575550100", "America/Los_Angeles"),
        ("+14365550100", "America/New_York"),
        ("+14575550100", "America/Chicago"),
        ("+16215550100", "America/Chicago"),
        ("+16245550100", "America/New_York"),
        ("+16795550100", "America/New_York"),
        ("+17295550100", "America/Chicago|America/New_York"),
        ("+18375550100", "America/Los_Angeles"),
        ("+18615550100", "America/Chicago"),
        ("+19245550100", "America/Chicago"),
        // In the table, but not in the report of area codes
        ("+12735550100", "America/Halifax|America/Puerto_Rico|America/Toronto"),
        // Its 4-digit rows are only the remainder of the area code.
        ("+18505550100", "America/Chicago|America/New_York"),
        ("+19065550100", "America/Chicago|America/New_York"),
        ("+12705550100", "America/Chicago|America/New_York"),
        ("+16055550100", "America/Chicago|America/Denver|America/North_Dakota/Center"),
        // Six-digit rows are not exchanges: 120823 and 190722
        ("+12082355550", "America/Boise|America/Denver|America/Los_Angeles"),
        ("+19072255550", "America/Adak|America/Anchorage|America/Juneau"),
        // Clocks that the sources do not have
        ("+13065550100", "America/Edmonton|America/Regina|America/Winnipeg"),
        ("+18075550100", "America/Atikokan|America/Chicago|America/Toronto|America/Winnipeg"),
        ("+12505550100", BRITISH_COLUMBIA),
        ("+14185550100", "America/Halifax|America/Puerto_Rico|America/Toronto"),
        ("+13345550100", "America/Chicago|America/New_York"), // Phenix City keeps Georgia's time
        // Clocks that are none of the place's: they cost an hour a day
        ("+17095550100", "America/Halifax|America/St_Johns"),
        ("+18795550100", "America/Halifax|America/St_Johns"),
        ("+19075550100", "America/Adak|America/Anchorage|America/Juneau"),
        // Exchanges with the clock of a neighbour
        ("+12507825550", BRITISH_COLUMBIA), // Dawson Creek had Edmonton's
        ("+12507885550", BRITISH_COLUMBIA), // Chetwynd
        ("+12502425550", BRITISH_COLUMBIA), // Tumbler Ridge
        ("+12504285550", BRITISH_COLUMBIA), // Creston
        ("+18074685550", "America/Atikokan|America/Chicago|America/Toronto|America/Winnipeg"), // Kenora
        ("+18502275550", "America/Chicago|America/New_York"), // Port St. Joe had Chicago's
        ("+16052235550", "America/Chicago|America/Denver|America/North_Dakota/Center"), // Fort Pierre
        ("+19075815550", "America/Adak|America/Anchorage|America/Juneau"), // Unalaska had Honolulu's
        // Exchanges whose town is not known
        ("+12082015550", "America/Boise|America/Denver|America/Los_Angeles"),
        ("+12082155550", "America/Boise|America/Denver|America/Los_Angeles"),
        // Exchanges whose town is known by two sources
        ("+12082455550", "America/Los_Angeles"),              // St. Maries
        ("+12082265550", "America/Denver"),                   // American Falls
        ("+18502445550", "America/Chicago|America/New_York"), // Fort Walton Bch: GeoNames lacks this spelling
    ];
    for (text, expected) in cases {
        assert_eq!(known(text), expected, "{text}");
    }
    assert!(zones("+18675550100").contains(&"America/Rankin_Inlet"));
    // An area code that is not assigned does not have 42 zones, but a stated set.
    let Zones::Unknown { assumed } = place::zones(&number("+12115550100")) else { panic!("211 is no area code") };
    assert!(assumed.len() < 42 && assumed.contains(&"America/St_Johns") && assumed.contains(&"Pacific/Guam"));
}

#[test]
fn errors_of_the_zone_table_elsewhere_are_not_repeated() {
    let cases = [
        ("+211921234567", "Africa/Juba"),
        ("+212522123456", "Africa/Casablanca|Africa/El_Aaiun"),
        ("+213551234567", "Africa/Algiers"),
        ("+218911234567", "Africa/Tripoli"),
        ("+50522123456", "America/Managua"),
        ("+970599123456", "Asia/Gaza|Asia/Hebron"),
        ("+56612123456", "America/Punta_Arenas"),
        ("+56221234567", "America/Santiago"),
        ("+74012123456", "Europe/Kaliningrad"),
        ("+78452123456", "Europe/Saratov"),
        ("+61721234567", "Australia/Brisbane|Australia/Sydney"),
        ("+558133224455", "America/Noronha|America/Sao_Paulo"),
        ("+559197001234", "America/Manaus|America/Sao_Paulo"),
        ("+526141234567", "America/Chihuahua"),
        ("+528681234567", "America/Matamoros|America/Mexico_City"),
        ("+67571234567", "Pacific/Bougainville|Pacific/Port_Moresby"),
    ];
    for (text, expected) in cases {
        assert_eq!(known(text), expected, "{text}");
    }
    // A mobile number may be anywhere in its country.
    for (text, far) in [
        ("+61412345678", "Australia/Perth"),
        ("+79161234567", "Asia/Kamchatka"),
        ("+628121234567", "Asia/Jayapura"),
        ("+34612345678", "Atlantic/Canary"),
        ("+56912345678", "Pacific/Easter"),
        ("+593991234567", "Pacific/Galapagos"),
    ] {
        assert!(zones(text).contains(&far), "{text}");
    }
}

/// Checks the times that the clocks of a country show in winter and in summer, and not only the names of the zones.
#[test]
fn corrected_zones_show_the_right_time() {
    for (text, january, july) in [
        ("+213551234567", 1.0, 1.0),
        ("+218911234567", 2.0, 2.0),
        ("+50522123456", -6.0, -6.0),
        ("+211921234567", 2.0, 2.0),
        ("+74012123456", 2.0, 2.0),
        ("+56612123456", -3.0, -3.0),
        ("+13155550100", -5.0, -4.0),
        ("+18085550100", -10.0, -10.0),
    ] {
        for zone in zones(text) {
            let offsets = (offset_hours(zone, "2027-01-15T12:00:00Z"), offset_hours(zone, "2027-07-15T12:00:00Z"));
            assert_eq!(offsets, (january, july), "{text} {zone}");
        }
    }
}

// Results that were worked out by hand

#[test]
fn places_and_zones_of_numbers_all_over_the_world() {
    let cases = [
        ("+13155550100", "US-NY", "America/New_York"),
        ("+13135550100", "US-MI", "America/New_York"),
        ("+12025550100", "US-DC", "America/New_York"),
        ("+13055550100", "US-FL", "America/New_York"),
        ("+13125550100", "US-IL", "America/Chicago"),
        ("+12145550100", "US-TX", "America/Chicago"),
        ("+13035550100", "US-CO", "America/Denver"),
        ("+16025550100", "US-AZ", "America/Phoenix"),
        ("+19285550100", "US-AZ", "America/Denver|America/Phoenix"),
        ("+19095550100", "US-CA", "America/Los_Angeles"),
        ("+13105550100", "US-CA", "America/Los_Angeles"),
        ("+18085550100", "US-HI", "Pacific/Honolulu"),
        ("+12085550100", "US-ID", "America/Boise|America/Denver|America/Los_Angeles"),
        ("+12082265550", "US-ID", "America/Denver"),
        ("+12082455550", "US-ID", "America/Los_Angeles"),
        ("+17872345678", "PR", "America/Puerto_Rico"),
        ("+13405550100", "VI", "America/St_Thomas"),
        ("+16705550100", "MP", "Pacific/Saipan"),
        ("+16715550100", "GU", "Pacific/Guam"),
        ("+16845550100", "AS", "Pacific/Pago_Pago"),
        ("+14165550100", "CA-ON", "America/Toronto"),
        ("+16045550100", "CA-BC", "America/Vancouver"),
        ("+12045550100", "CA-MB", "America/Winnipeg"),
        ("+19025550100", "CA-NS|CA-PE", "America/Halifax"),
        ("+17825550100", "CA-NS|CA-PE", "America/Halifax"),
        ("+18765550100", "JM", "America/Jamaica"),
        ("+16585550100", "JM", "America/Jamaica"),
        ("+18095550100", "DO", "America/Santo_Domingo"),
        ("+14415550100", "BM", "Atlantic/Bermuda"),
        ("+17215550100", "SX", "America/Lower_Princes"),
        ("+442079460000", "GB", "Europe/London"),
        ("+441481234567", "GG", "Europe/Guernsey"),
        ("+441534234567", "JE", "Europe/Jersey"),
        ("+441624234567", "IM", "Europe/Isle_of_Man"),
        ("+353123456789", "IE", "Europe/Guernsey|Europe/Isle_of_Man|Europe/London"),
        ("+33123456789", "FR", "Europe/Paris"),
        ("+493012345678", "DE", "Europe/Berlin"),
        ("+34912345678", "ES", "Europe/Madrid"),
        ("+34928123456", "ES", "Atlantic/Canary"),
        ("+351212345678", "PT", "Europe/Lisbon"),
        ("+351296123456", "PT", "Atlantic/Azores"),
        ("+390612345678", "IT", "Europe/Rome"),
        ("+390669812345", "VA", "Europe/Vatican"),
        ("+35818123456", "AX", "Europe/Mariehamn"),
        ("+4779123456", "SJ", "Arctic/Longyearbyen"),
        ("+38344123456", "XK", "Europe/Belgrade"),
        ("+74951234567", "RU", "Europe/Moscow"),
        ("+74232123456", "RU", "Asia/Vladivostok"),
        ("+77272123456", "KZ", "Asia/Almaty"),
        ("+77012345678", "KZ", "Asia/Almaty|Asia/Aqtobe"),
        ("+8613812345678", "CN", "Asia/Shanghai"),
        ("+85221234567", "HK", "Asia/Hong_Kong"),
        ("+81312345678", "JP", "Asia/Tokyo"),
        ("+82212345678", "KR", "Asia/Seoul"),
        ("+912212345678", "IN", "Asia/Calcutta"),
        ("+97714123456", "NP", "Asia/Katmandu"),
        ("+982112345678", "IR", "Asia/Tehran"),
        ("+97143123456", "AE", "Asia/Dubai"),
        ("+61212345678", "AU", "Australia/Sydney"),
        ("+61891621234", "CC", "Indian/Cocos"),
        ("+6433051234", "NZ", "Pacific/Chatham"),
        ("+6493123456", "NZ", "Pacific/Auckland"),
        ("+525512345678", "MX", "America/Mexico_City"),
        ("+526641234567", "MX", "America/Tijuana"),
        ("+551112345678", "BR", "America/Sao_Paulo"),
        ("+556832123456", "BR", "America/Rio_Branco"),
        ("+541112345678", "AR", "America/Buenos_Aires"),
        ("+5352123456", "CU", "America/Havana"),
        ("+20212345678", "EG", "Africa/Cairo"),
        ("+27112345678", "ZA", "Africa/Johannesburg"),
        ("+2348012345678", "NG", "Africa/Lagos"),
        ("+262262123456", "RE", "Indian/Reunion"),
        ("+262269123456", "YT", "Indian/Mayotte"),
        ("+59994331234", "CW", "America/Curacao"),
        ("+5997171234", "BQ", "America/Kralendijk"),
        ("+590590123456", "BL|GP|MF", "America/Guadeloupe"),
    ];
    for (text, place, zones) in cases {
        assert_eq!((codes(text).as_str(), known(text).as_str()), (place, zones), "{text}");
    }
    assert_eq!(codes("+18675550100"), "CA-NT|CA-NU|CA-YT");
    assert_eq!(codes("+448451234567"), "GB|GG|IM|JE");
    assert_eq!(codes("+447781123456"), "GG");
    assert_eq!(codes("+447911234567"), "GB");
    assert_eq!(codes("+71234567890"), "KZ|RU");
}

#[test]
fn numbers_without_a_place_have_stated_zones() {
    let us = ["America/Adak", "America/Anchorage", "America/Boise", "America/Chicago", "America/Denver"];
    for (text, expected) in [
        ("+18005550100", NumberKind::TollFree),
        ("+18335550100", NumberKind::TollFree),
        ("+19005550100", NumberKind::Premium),
        ("+15005550100", NumberKind::Personal),
        ("+15885550100", NumberKind::Personal),
        ("+17005550100", NumberKind::Carrier),
        ("+17105550100", NumberKind::Government),
        ("411234", NumberKind::ShortCode),
        ("911", NumberKind::Service),
    ] {
        let Zones::Unknown { assumed } = place::zones(&number(text)) else { panic!("{text}") };
        assert_eq!(kind(text), expected, "{text}");
        assert!(is_sorted_set(assumed) && us.iter().all(|zone| assumed.contains(zone)), "{text}");
        assert!(assumed.contains(&"Pacific/Honolulu") && assumed.contains(&"America/New_York"), "{text}");
        assert!(!assumed.contains(&"America/St_Johns") && !assumed.contains(&"Pacific/Guam"), "{text}");
    }
    for (text, expected) in [
        ("+16005550100", NumberKind::NonGeographic),
        ("+16225550100", NumberKind::NonGeographic),
        ("+16335550100", NumberKind::NonGeographic),
        ("+12225550100", NumberKind::Unassigned),
    ] {
        assert_eq!(kind(text), expected, "{text}");
        assert!(zones(text).contains(&"America/St_Johns") && zones(text).contains(&"Pacific/Honolulu"), "{text}");
    }
}

#[test]
fn the_clocks_of_the_earth_show_every_hour_of_the_day() {
    for (text, expected) in [
        ("+80012345678", NumberKind::Global),
        ("+80812345678", NumberKind::Global),
        ("+870773123456", NumberKind::Satellite),
        ("+878101234567", NumberKind::Global),
        ("+881612345678", NumberKind::Satellite),
        ("+882161234567", NumberKind::Satellite),
        ("+882101234567", NumberKind::Global),
        ("+883510012345", NumberKind::Global),
        ("+888123456789", NumberKind::Global),
        ("+979123456789", NumberKind::Global),
        ("+210123456789", NumberKind::Unassigned),
        ("+999123456789", NumberKind::Unassigned),
        ("0315551234", NumberKind::Unknown),
    ] {
        let Zones::Unknown { assumed } = place::zones(&number(text)) else { panic!("{text}") };
        assert_eq!((kind(text), codes(text).as_str()), (expected, ""), "{text}");
        assert!(is_sorted_set(assumed), "{text}");
        for day in 0..730 {
            let at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
            let at = at + jiff::SignedDuration::from_hours(24 * day + day % 24);
            let times = assumed.iter().map(|zone| at.to_zoned(TimeZone::get(zone).unwrap()));
            let hours: BTreeSet<_> = times.map(|time| time.hour()).collect();
            assert_eq!(hours.len(), 24, "{text} {at}");
        }
    }
    let offsets = zones("+881612345678").iter().map(|zone| offset_hours(zone, "2027-07-15T12:00:00Z"));
    assert_eq!(offsets.map(|hours| hours as i32).collect::<BTreeSet<_>>(), (-11..=14).collect());
}

// Patterns

#[test]
fn emergency_numbers_and_n11_match_no_pattern() {
    let numbers = [
        "911", "+911", "+1911", "1911", "9911", "112", "+112", "988", "+1988", "999", "+999", "933", "+1933", "000",
        "110", "08", "211", "311", "411", "511", "611", "711", "811", "+1211", "+1311", "+1411", "+1811", "+44999",
        "+44112", "+61000", "116111", "0",
    ];
    let patterns = [
        "US",
        "US-*",
        "CA",
        "US-FL",
        "!US",
        "!US-FL",
        "!international",
        "international",
        "non-geographic",
        "premium",
        "toll-free",
        "personal",
        "caribbean",
        "us-territories",
        "satellite",
        "!toll-free",
        "IN",
        "!IN",
        "!CA,!US",
        "US,CA,international,non-geographic,satellite",
    ];
    for text in numbers {
        assert_eq!(kind(text), NumberKind::Service, "{text}");
        for pattern in patterns {
            assert_eq!(test(pattern, text), None, "{pattern} {text}");
        }
    }
}

#[test]
fn patterns_match_places() {
    let cases = [
        ("US-FL", "+13055550100", CERTAIN),
        ("us-fl", "+13055550100", CERTAIN),
        ("US-FL,US-OK", "+14055550100", CERTAIN),
        ("US-FL", "+13155550100", None),
        ("!US-FL", "+13155550100", CERTAIN),
        ("!US-FL", "+13055550100", None),
        ("US,!US-FL", "+13055550100", None),
        ("US,!US-FL", "+13155550100", CERTAIN),
        ("US-*", "+13155550100", CERTAIN),
        ("US-*", "+17875550100", None),
        ("US", "+17875550100", CERTAIN),
        ("PR", "+17875550100", CERTAIN),
        ("US-PR", "+19395550100", CERTAIN),
        ("us-vi", "+13405550100", CERTAIN),
        ("us-territories", "+16715550100", CERTAIN),
        ("us-territories", "+18085550100", None),
        ("caribbean", "+17875550100", None),
        ("international", "+17875550100", None),
        ("CA-ON", "+14165550100", CERTAIN),
        ("CA", "+14165550100", CERTAIN),
        ("CA", "+19095550100", None),
        ("CA-*", "+14165550100", CERTAIN),
        ("CA-PE", "+19025550100", POSSIBLE),
        ("!CA-PE", "+19025550100", POSSIBLE),
        ("CA-PE,CA-NS", "+19025550100", CERTAIN),
        ("CA-NU", "+18675550100", POSSIBLE),
        ("JM", "+18765550100", CERTAIN),
        ("caribbean", "+18765550100", CERTAIN),
        ("caribbean", "+14415550100", CERTAIN),
        ("caribbean", "+5352123456", None),
        ("international", "+18765550100", None),
        ("international", "+442079460000", CERTAIN),
        ("international", "+881612345678", CERTAIN),
        ("international", "+210123456789", CERTAIN),
        ("international", "+12115550100", None),
        ("international", "0315551234", POSSIBLE),
        ("international", "411234", None),
        ("GB", "+448451234567", POSSIBLE),
        ("GB,GG,IM,JE", "+448451234567", CERTAIN),
        ("RU", "+74951234567", CERTAIN),
        ("KZ", "+77272123456", CERTAIN),
        ("RU", "+77272123456", None),
        ("US", "+18005550100", POSSIBLE),
        ("US,CA", "+18005550100", CERTAIN),
        ("!US", "+18005550100", POSSIBLE),
        ("!US,!CA", "+18005550100", None),
        ("US-FL", "+18005550100", None),
        ("US-*", "+18005550100", None),
        ("US", "+17105550100", CERTAIN),
        ("CA", "+16005550100", CERTAIN),
        ("!US,!CA", "+881612345678", CERTAIN),
        ("!US", "0315551234", POSSIBLE),
        ("US", "0315551234", None),
        ("toll-free", "+18885550100", CERTAIN),
        ("toll-free", "+80012345678", None),
        ("premium", "+19005550100", CERTAIN),
        ("premium", "+19095550100", None),
        ("premium", "+19765550100", None),
        ("personal", "+15335550100", CERTAIN),
        ("non-geographic", "+18005550100", CERTAIN),
        ("non-geographic", "+19005550100", CERTAIN),
        ("non-geographic", "+16225550100", CERTAIN),
        ("non-geographic", "+870773123456", CERTAIN),
        ("non-geographic", "+12115550100", None),
        ("non-geographic", "+13155550100", None),
        ("satellite", "+881612345678", CERTAIN),
        ("satellite", "+882101234567", None),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(test(pattern, text), expected, "{pattern} {text}");
    }
}

/// Checks the groups with every possible area code.
#[test]
fn groups_have_exactly_their_area_codes() {
    let of = |group: &str| -> Vec<u32> {
        let listed = (200..1000).filter(|code| kind(&format!("+1{code}5550100")) != NumberKind::Unassigned);
        listed.filter(|code| test(group, &format!("+1{code}5550100")).is_some()).collect()
    };
    assert_eq!(of("premium"), [900]);
    assert_eq!(of("toll-free"), [800, 833, 844, 855, 866, 877, 888]);
    assert_eq!(of("us-territories"), [340, 670, 671, 684, 787, 939]);
    assert_eq!(
        of("caribbean"),
        [242, 246, 264, 268, 284, 345, 441, 473, 649, 658, 664, 721, 758, 767, 784, 809, 829, 849, 868, 869, 876]
    );
    assert_eq!(of("personal"), [500, 521, 522, 523, 524, 525, 526, 527, 528, 529, 532, 533, 538, 544, 566, 577, 588]);
    assert_eq!(of("international"), [0; 0]);
    assert_eq!(of("satellite"), [0; 0]);
    assert_eq!(of("non-geographic").len(), 7 + 1 + 17 + 1 + 1 + 3);
}

#[test]
fn an_unlisted_area_code_may_be_in_any_state_province_or_territory() {
    let parts = rows(PLACES).into_iter().map(|row| row[0]);
    let parts: Vec<&str> =
        parts.filter(|code| code.contains('-') || ["AS", "GU", "MP", "PR", "VI"].contains(code)).collect();
    assert_eq!(parts.len(), 50 + 1 + 5 + 13);
    for text in ["+19995550100", "+12115550100", "+18225550100", "+12005550100"] {
        let place = place::place(&number(text));
        assert!(place.is_unlisted_area_code(), "{text}");
        assert_eq!(place.codes().iter().copied().collect::<BTreeSet<_>>(), parts.iter().copied().collect(), "{text}");
        for code in &parts {
            assert_eq!(test(code, text), POSSIBLE, "{code} {text}");
            for area in rows(NANP).iter().filter(|row| split(row[2]).contains(code)) {
                assert!(split(area[3]).iter().all(|zone| zones(text).contains(zone)), "{area:?}");
            }
        }
        assert_eq!(test("US,CA", text), CERTAIN, "{text}");
        assert_eq!(test("caribbean", text), None, "{text}");
    }
    for text in ["+14835550100", "+18005550100", "+16005550100", "+881612345678", "911", "411234"] {
        assert!(!place::place(&number(text)).is_unlisted_area_code(), "{text}");
    }
}

/// The codes that came into service after the report of January 2026, and announced ones.
#[test]
fn new_and_announced_area_codes_have_their_place() {
    let cases = [
        ("+14715550100", "US-MS", "America/Chicago"),
        ("+14835550100", "US-AL", "America/Chicago|America/New_York"),
        ("+15655550100", "US-GA", "America/New_York"),
        ("+17615550100", "US-KY", "America/New_York"),
        ("+12735550100", "CA-QC", "America/Halifax|America/Puerto_Rico|America/Toronto"),
        ("+13575550100", "US-CA", "America/Los_Angeles"),
        ("+14575550100", "US-LA", "America/Chicago"),
        ("+17295550100", "US-TN", "America/Chicago|America/New_York"),
        ("+18215550100", "US-SC", "America/New_York"),
        ("+19245550100", "US-MN", "America/Chicago"),
    ];
    for (text, place, zones) in cases {
        assert_eq!((codes(text).as_str(), known(text).as_str()), (place, zones), "{text}");
    }
    for code in ["471", "483", "565", "761"] {
        let row = rows(NANP).into_iter().find(|row| row[0] == code).unwrap();
        assert!(row[4].contains("overlay of") && row[4].contains("202"), "the source and the date: {row:?}");
    }
}

#[test]
fn us_law_applies_in_the_territories() {
    for text in ["+13155550100", "+17875550100", "+16845550100", "+16715550100", "+17105550100"] {
        let place = place::place(&number(text));
        assert!(place.is_us() && place.may_be_us(), "{text}");
    }
    for text in ["+18005550100", "+12115550100", "411234"] {
        let place = place::place(&number(text));
        assert!(!place.is_us() && place.may_be_us(), "{text}");
    }
    for text in ["+18765550100", "+14165550100", "+442079460000", "+881612345678", "+16005550100"] {
        assert!(!place::place(&number(text)).may_be_us(), "{text}");
    }
    let place = place::place(&number("+18675550100"));
    assert_eq!(place.countries().collect::<BTreeSet<_>>(), BTreeSet::from(["CA"]));
    assert_eq!(place.is_in("CA"), CERTAIN);
}

#[test]
fn unknown_names_are_errors_that_say_what_to_write() {
    for (text, hint) in [
        ("Florida", "did you mean US-FL?"),
        ("FL", "did you mean US-FL?"),
        ("QC", "did you mean CA-QC?"),
        ("ON", "did you mean CA-ON?"),
        ("jamaca", "did you mean JM?"),
        ("USA", "did you mean US?"),
        ("UK", "did you mean GB?"),
        ("tollfree", "did you mean toll-free?"),
        ("carribean", "did you mean caribbean?"),
        ("premum", "did you mean premium?"),
        ("US-FLA", "did you mean US-FL?"),
        ("Georgia", "several places; write GE or US-GA"),
        ("GB-LND", "write GB"),
        ("JM-*", "write JM"),
        ("US-ZZ", "not a known place"),
        ("ZZ", "not a known place"),
        ("+1315*", "not a known place"),
        ("!", "not a known place"),
        ("", "empty; remove the attribute"),
        (" , ", "empty; remove the attribute"),
    ] {
        let error = PlacePatterns::parse([text]).expect_err(text).to_string();
        assert!(error.contains(hint), "{text}: {error}");
        assert!(!error.ends_with('.'), "{text}: {error}");
    }
    for text in ["toll free", "TOLL-FREE", "us_territories", " 'US-FL ", "! US-FL", "Us-*"] {
        assert!(PlacePatterns::parse([text]).is_ok(), "{text}");
    }
}

#[test]
fn patterns_and_places_print_as_they_are_written() {
    let patterns = PlacePatterns::parse(["us-fl, CA-* ,!us-pr", "Toll-Free,!us"]).unwrap();
    assert_eq!(patterns.to_string(), "US-FL,CA-*,toll-free,!PR,!US");
    for (name, expected) in [("Canada", "CA"), ("!gabon", "!GA"), ("united kingdom", "GB"), ("New Zealand,AU", "NZ,AU")]
    {
        assert_eq!(PlacePatterns::parse([name]).unwrap().to_string(), expected, "{name}");
    }
    // A country with the letters of a state can be written by its name.
    let countries = rows(PLACES).into_iter().filter(|row| row[0].len() == 2 && place::namesake(row[0]).is_some());
    let mut count = 0;
    for row in countries {
        let name = place::place_name(row[0]).unwrap();
        assert_eq!(PlacePatterns::parse([name]).unwrap().to_string(), row[0], "{name}");
        count += 1;
    }
    assert_eq!(count, 31, "countries with the letters of a state or province");
    let mistaken = PlacePatterns::parse(["CA,NL,JM,US-CA"]).unwrap();
    assert_eq!(mistaken.easily_mistaken().collect::<Vec<_>>(), [("CA", "US-CA"), ("NL", "CA-NL")]);
    for (text, expected) in [
        ("+13055550100", "US-FL"),
        ("+19025550100", "CA-NS or CA-PE"),
        ("+18005550100", "toll-free (CA or US)"),
        ("+881612345678", "satellite"),
        ("911", "emergency or service"),
    ] {
        assert_eq!(place::place(&number(text)).to_string(), expected);
    }
    assert_eq!(place::place_name("US-FL"), Some("Florida"));
    assert_eq!(place::place_name("XX"), None);
}

// Properties

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_number_has_zones_and_a_place(text in "\\+?[0-9]{1,15}") {
        let Ok(number) = Number::from_typed(&text) else { return Ok(()) };
        let zones = place::zones(&number);
        prop_assert!(!zones.names().is_empty() && is_sorted_set(zones.names()));
        let place = place::place(&number);
        prop_assert!(is_sorted_set(place.codes()));
        prop_assert!(place.codes().iter().all(|code| place::place_name(code).is_some()));
        prop_assert_eq!(matches!(zones, Zones::Known(_)), place.kind() == NumberKind::Geographic);
    }

    #[test]
    fn a_pattern_and_its_negation_are_never_both_certain(text in "\\+[1-9][0-9]{6,14}", pick in 0..311usize) {
        let code = rows(PLACES)[pick][0];
        let (plain, negated) = (test(code, &text), test(&format!("!{code}"), &text));
        match plain {
            CERTAIN => prop_assert_eq!(negated, None),
            POSSIBLE => prop_assert_eq!(negated, POSSIBLE),
            _ => prop_assert!(negated == CERTAIN || kind(&text) == NumberKind::Service),
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in ".{0,20}") {
        if let Ok(patterns) = PlacePatterns::parse([text.as_str()]) {
            prop_assert_eq!(PlacePatterns::parse([patterns.to_string().as_str()]), Ok(patterns));
        }
    }
}
