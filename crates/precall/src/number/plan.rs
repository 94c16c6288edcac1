//! The numbering plans, as far as reading a number needs them: country codes, trunk prefixes, exit codes, and the North American
//! Numbering Plan.

/// The greatest number of digits of an E.164 number (ITU-T E.164, 6.1).
pub(super) const MAX_DIGITS: usize = 15;

/// The number of digits of a number in the North American Numbering Plan, without its country code.
pub(super) const NANP_DIGITS: usize = 10;

/// Two-digit country calling codes (ITU-T E.164 list of assigned codes). `1` and `7` have one digit,
/// all others three.
const TWO_DIGIT_COUNTRY_CODES: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// Country codes with the national prefix 0, and without numbers that begin with 0. A 0 after such a code is dialled only
/// within the country, and is not a part of the number. Source: libphonenumber's metadata, version 9.0.43.
const TRUNK_ZERO: [u16; 97] = [
    20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 51, 53, 54, 55, 57, 58, 60, 61, 63, 64, 66, 84, 86, 90, 91, 92, 93, 94,
    95, 98, 211, 212, 213, 218, 231, 232, 233, 234, 243, 249, 251, 252, 254, 255, 256, 260, 261, 262, 263, 264, 265,
    291, 353, 355, 358, 370, 373, 374, 377, 380, 381, 382, 383, 385, 386, 387, 389, 421, 423, 508, 590, 591, 593, 594,
    595, 596, 686, 850, 855, 856, 880, 886, 961, 962, 963, 964, 966, 967, 970, 971, 972, 976, 977, 994, 995, 996,
];

/// Country codes whose numbers keep a 0 in brackets: Italy, San Marino, and countries that added leading digits.
pub(super) const KEEPS_ZERO: [u16; 6] = [39, 225, 229, 241, 242, 378];

/// Returns the number of digits of the country code: `1` and `7` have one, the others two or three.
pub(crate) fn country_code_len(digits: &str) -> usize {
    if digits.starts_with(['1', '7']) {
        1
    } else if TWO_DIGIT_COUNTRY_CODES.iter().any(|code| digits.starts_with(code)) {
        2
    } else {
        3
    }
}

/// Returns true for ten digits that can be a number of the North American Numbering Plan.
pub(super) fn is_nanp(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let is_n = |index| bytes.get(index).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    bytes.len() == NANP_DIGITS && is_n(0) && is_n(3)
}

/// Returns the country code and the digits after its trunk prefix, if there is one.
pub(super) fn trunk_zero(digits: &str) -> Option<(&str, &str)> {
    let (code, rest) = digits.split_at_checked(country_code_len(digits))?;
    let known = rest.starts_with('0') && code.parse().is_ok_and(|code: u16| TRUNK_ZERO.contains(&code));
    known.then(|| (code, rest.trim_start_matches('0')))
}

/// Returns the digits after the exit code for calls abroad, if there are more than `more_than` of them. The exit code is
/// `011` in the NANP, `0011` in Australia, `00` in most other countries.
pub(super) fn without_exit_code(digits: &str, more_than: usize) -> Option<&str> {
    let rest = ["0011", "011", "00"].into_iter().find_map(|code| digits.strip_prefix(code))?;
    (rest.len() > more_than && !rest.starts_with('0')).then_some(rest)
}

/// Returns the digits after a country code 1 that is there more than once, as in `+1 1 315 555 0100`, from its last repetition
/// on. Returns `None` if it is there once. No number of +1 begins with 1, and its area codes begin with 2 to 9.
pub(super) fn without_doubled_code(digits: &str) -> Option<&str> {
    let national = digits.trim_start_matches('1');
    let ones = digits.len() - national.len();
    let once = digits.get(ones.checked_sub(1)?..)?;
    let is_doubled = once.len() < digits.len() && national.starts_with(|digit| ('2'..='9').contains(&digit));
    is_doubled.then_some(once)
}
