//! Values that stand for a withheld caller.

use super::characters::{is_separator, plain_text};
use super::reader::percent_decoded;

/// Words that replace the number of a withheld caller, in lower case without blanks.
const WORDS: [&str; 25] = [
    "-",
    "anonymous",
    "anonymous.invalid",
    "anonymous@anonymous.invalid",
    "blocked",
    "blockedcallerid",
    "callerid",
    "n/a",
    "na",
    "nil",
    "nocallerid",
    "none",
    "notavailable",
    "null",
    "outofarea",
    "private",
    "privatecaller",
    "privatenumber",
    "restricted",
    "unavailable",
    "undefined",
    "unknown",
    "unknowncaller",
    "unknownnumber",
    "withheld",
];

/// Digits that replace the number of a withheld caller: words as the letters of a telephone's keys.
const KEYS: [&str; 6] = [
    "266696687",   // ANONYMOUS
    "7378742833",  // RESTRICTED
    "2562533",     // BLOCKED
    "8656696",     // UNKNOWN
    "7748283",     // PRIVATE
    "86282452253", // UNAVAILABLE
];

/// The least number of zeros after a country code 1 that stand for a withheld caller. `100` is a short number.
const MIN_ZEROS_AFTER_CODE: usize = 7;

/// Returns true if a `from` value means that the caller's number is withheld: a word such as `anonymous`, or digits that stand for
/// one ([`is_withheld_number`]). The value may be percent-encoded.
pub fn is_withheld(value: &str) -> bool {
    is_withheld_word(value) || is_withheld_number(value)
}

/// Returns true for a word that means a withheld caller. The value may be percent-encoded.
pub(crate) fn is_withheld_word(value: &str) -> bool {
    let Ok(decoded) = percent_decoded(value) else { return false };
    let text = plain_text(&decoded);
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => &text,
    };
    let mut word: String = address.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    for scheme in ["sips:", "sip:", "tel:"] {
        word = word.replace(scheme, "");
    }
    if word.is_empty() && text.is_empty() {
        return true;
    }
    let word = word.trim_matches(['"', '\'', '<', '>', '+', '(', ')']);
    let user = word.split(['@', ';']).next().unwrap_or_default();
    word.ends_with("anonymous.invalid") || WORDS.contains(&word) || WORDS.contains(&user)
}

/// Returns true for digits that stand for a withheld caller, such as `7378742833` (RESTRICTED on a telephone's keys) or
/// `+266696687` (ANONYMOUS), also after a country code 1, and for zeros alone. The value may have separators, and be percent-encoded.
///
/// ```
/// use precall::number::is_withheld_number;
///
/// assert!(is_withheld_number("+266696687") && is_withheld_number("7378742833"));
/// assert!(is_withheld_number("0") && is_withheld_number("+1 737-874-2833"));
/// assert!(!is_withheld_number("100") && !is_withheld_number("+17378742834"));
/// ```
pub fn is_withheld_number(value: &str) -> bool {
    let Ok(decoded) = percent_decoded(value) else { return false };
    let text = plain_text(&decoded);
    let user = text.trim_start_matches("sip:").trim_start_matches("tel:").split(['@', ';']).next().unwrap_or_default();
    let user: String = user.chars().filter(|c| !is_separator(*c)).collect();
    let digits = user.strip_prefix('+').unwrap_or(&user);
    let is_zeros = |digits: &str, min: usize| digits.len() >= min && digits.bytes().all(|byte| byte == b'0');
    // A carrier, or the program that reads the request, may put a 1 before them.
    let is_after_code = |rest: &str| KEYS.contains(&rest) || is_zeros(rest, MIN_ZEROS_AFTER_CODE);
    KEYS.contains(&digits) || is_zeros(digits, 1) || digits.strip_prefix('1').is_some_and(is_after_code)
}
