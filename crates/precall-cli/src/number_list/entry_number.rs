//! The numbers and area codes of a list's file, in the spellings that files have.

use precall::Number;

/// Digits of a national number in the NANP.
const NANP_DIGITS: usize = 10;

/// Fewest digits of a number of the NANP that lacks some: a short number of another country is less likely.
const MIN_BROKEN_DIGITS: usize = 7;

/// Returns true if a text looks like an entry of a list: an area code, or a number with its own.
pub fn is_entry(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    area_code(text).is_some() || digits >= NANP_DIGITS && e164(text).is_ok()
}

/// Returns the digits of an area code's wildcard, as dialers such as `VICIdial` write it: `201XXXXXXX`.
pub fn area_code(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches('"');
    let text = text.strip_prefix("+1").or_else(|| text.strip_prefix('1')).unwrap_or(text);
    let digits = text.trim_end_matches(['X', 'x']);
    let is_wildcard = text.len() == NANP_DIGITS
        && (3..NANP_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_wildcard.then_some(digits)
}

/// Returns a number in the spelling of rules, with its country code.
///
/// # Errors
/// When the text is not a whole number.
pub fn e164(text: &str) -> Result<String, String> {
    let plain = text.trim().trim_matches(['\'', '"']).trim();
    // Spreadsheets and data frames write a column of numbers with decimals.
    let plain = match plain.split_once('.') {
        Some((number, fraction)) if number.len() >= NANP_DIGITS && fraction.bytes().all(|byte| byte == b'0') => number,
        _ => plain,
    };
    let is_international = ["+", "00", "011"].iter().any(|sign| plain.starts_with(sign));
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    if (MIN_BROKEN_DIGITS..NANP_DIGITS).contains(&digits) && !is_international {
        return Err(format!("{digits} digits are too few; write ten, or + and the country code"));
    }
    if !is_international && has_digits_after_number(plain) {
        return Err("more digits after a complete number; write ten, or + and the country code".to_owned());
    }
    let number = Number::from_typed(plain).map_err(|error| error.to_string())?;
    let number = number.as_str();
    if !number.starts_with('+') {
        return Err(format!("{number} has no country code"));
    }
    if let Some(national) = number.strip_prefix("+1")
        && national.len() != NANP_DIGITS
    {
        return Err(format!("+1 is followed by {} digits; write ten", national.len()));
    }
    Ok(number.to_owned())
}

/// Returns true if groups of digits follow a whole number of the NANP, such as an extension or another column. Together
/// they would be a number of another country.
fn has_digits_after_number(text: &str) -> bool {
    let whole = if text.starts_with('1') { NANP_DIGITS + 1 } else { NANP_DIGITS };
    let mut digits = 0;
    for group in text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()) {
        if digits == whole {
            return true;
        }
        digits += group.len();
    }
    false
}
