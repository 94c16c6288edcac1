//! Values that stand for a withheld caller.

use super::characters::plain_text;
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

/// The least number of zeros that stand for a withheld caller. Short numbers such as `000` are services.
const MIN_ZEROS: usize = 7;

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
/// `+266696687` (ANONYMOUS), and for zeros alone. `+17378742833` is a number.
///
/// ```
/// use precall::number::is_withheld_number;
///
/// assert!(is_withheld_number("+266696687") && is_withheld_number("7378742833"));
/// assert!(!is_withheld_number("+17378742833"));
/// ```
pub fn is_withheld_number(value: &str) -> bool {
    let Ok(decoded) = percent_decoded(value) else { return false };
    let text = plain_text(&decoded);
    let user = text.trim_start_matches("sip:").trim_start_matches("tel:").split(['@', ';']).next().unwrap_or_default();
    let digits = user.strip_prefix('+').unwrap_or(user);
    let is_zeros = |digits: &str| digits.len() >= MIN_ZEROS && digits.bytes().all(|byte| byte == b'0');
    // A carrier may put a 1 before them. With ten digits after it, it is a number.
    let without_code = digits.strip_prefix('1').filter(|rest| rest.len() != 10);
    KEYS.contains(&digits) || without_code.is_some_and(|rest| KEYS.contains(&rest)) || is_zeros(digits)
}
