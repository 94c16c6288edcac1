//! Tests that telephone numbers in free text are masked in the log.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue should fail at that line")]

use precall::calling_hours::CallingHours;
use precall_hook::log::Mask;
use precall_hook::settings::Settings;

fn mask(log_numbers: &str) -> Mask {
    let settings = Settings::read(|name| match name {
        "PRECALL_AUTH" => Some("none".to_owned()),
        "PRECALL_LOG_NUMBERS" => Some(log_numbers.to_owned()),
        _ => None,
    });
    Mask::new(&settings.unwrap())
}

#[test]
fn every_spelling_of_a_number_in_free_text_is_masked() {
    for text in [
        "+13155550100",
        "3155550100",
        "call (315) 555-0100 now",
        "+1\u{a0}315\u{a0}555\u{a0}0100",
        r"+1\u{a0}315\u{a0}555\u{a0}0100",
        "+1_315_555_0100",
        "+1,315,555,0100",
        "315'555'0100",
        "315;555;0100",
        "315|555|0100",
        "315\t555\t0100",
        "315*555#0100",
        "dnc-13155550100-list",
        "315/555/0100",
    ] {
        for (setting, shown) in [("masked", 4), ("hidden", 0)] {
            let masked = mask(setting).text(text);
            let digits = masked.replace("u{a0}", "").chars().filter(char::is_ascii_digit).count();
            assert_eq!(digits, shown, "{setting} {text:?}: {masked}");
        }
        assert_eq!(mask("full").text(text), text);
    }
}

#[test]
fn other_digits_stay_readable() {
    for text in [
        "2026-11-26 is Thanksgiving Day in US-AL",
        "outside 08:00-21:00 (47 CFR 64.1200(c)(1); 16 CFR 310.4(c)): it is 07:12 in America/Denver",
        "3 of 3 calls in 24h to this callee",
        "priority 100",
    ] {
        assert_eq!(mask("masked").text(text), text);
    }
}

/// A statute's section has as many digits as a telephone number.
#[test]
fn sources_of_the_law_are_not_masked_but_numbers_next_to_them_are() {
    let sources = || CallingHours::embedded().rows().iter().map(|row| row.source.as_str());
    let (mut long, mask) = (0, mask("masked"));
    for source in sources() {
        let because =
            format!("outside 08:00-20:00 ({source}): it is 07:12, call 315-555-0100 ({source}) or 3155550100");
        let wanted = because.replace("315-555-0100", "315-5**-****").replace("3155550100", "3155******");
        assert_eq!(mask.text_except(&because, sources()), wanted);
        long += usize::from(mask.text(source) != source);
    }
    assert!(long > 3, "there are such: {long}");
    assert_eq!(mask.text_except("(315) 555-0100", ["", "0100 x"].into_iter()), "(315) 5**-****");
}

#[test]
fn digits_of_other_scripts_are_masked() {
    for text in
        ["＋１３１５５５５０１００", "+\u{661}\u{663}\u{661}\u{665}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{660}"]
    {
        assert_eq!(mask("masked").text(text), "+1315*******", "{text}");
    }
    assert_eq!(mask("masked").text("\u{967}\u{969}\u{967}\u{96b}"), "****");
    assert_eq!(mask("masked").text("+1\u{200b}3155550100").chars().filter(char::is_ascii_digit).count(), 4);
}

/// A caller that cannot be read may be a number with anything between its digits.
#[test]
fn all_digits_of_an_unreadable_caller_count_as_one_number() {
    for (text, shown) in [
        ("+1:315:555:0199", "+1:315:***:****"),
        ("3155 a 5501 b 99", "3155 a **** b **"),
        ("31 55 zz 55 01 99", "31 55 zz ** ** **"),
        ("(3)(1)(5)x(5)(5)(5)x0199", "(3)(1)(5)x(5)(*)(*)x****"),
        ("+1:315:5550101", "+1:315:*******"),
        ("３１５５ a ５５０１ b ９９", "3155 a **** b **"),
        ("3155550101 / 3155550102", "3155****** / **********"),
        ("2026-11-26", "2026-**-**"),
        ("\u{967}\u{969}\u{967}x\u{96b}555", "***x*555"),
        ("[\"+12125550100\",\"+13125550101\"]", "[\"+1212*******\",\"+***********\"]"),
        ("three one five 555 010", "three one five 555 010"),
        ("FreeSWITCH", "FreeSWITCH"),
    ] {
        assert_eq!(mask("masked").unreadable(text), shown, "{text}");
        assert_eq!(mask("hidden").unreadable(text), "(hidden)");
        assert_eq!(mask("full").unreadable(text), text);
    }
}
