//! Numbers whose country code or area code is in a column of its own.

use precall::number::plain_character;

/// The greatest number of digits of a country code.
const MAX_CODE_DIGITS: usize = 3;

/// The number of digits of an area code of the NANP.
const AREA_DIGITS: usize = 3;

/// The greatest number of zeros that are decimals. More of them may be a group of digits: `555.0000`.
const MAX_DECIMALS: usize = 3;

/// The greatest number of digits of a number that may lack its country code, although it begins with the same digits.
const MAX_NATIONAL_DIGITS: usize = 10;

/// Returns a number with the area code of another column, and the country code 1.
///
/// # Errors
/// The area code is none.
pub fn with_area(area: &str, number: &str) -> Result<String, String> {
    let code = cell(area);
    let code = code.trim_matches(['(', ')']);
    if code.len() == AREA_DIGITS && is_digits(code) {
        Ok(format!("+1{code}{}", cell(number)))
    } else {
        Err(format!("{area:?} is not an area code; write three digits"))
    }
}

/// Returns a number with the country code of another column, unless it has one.
///
/// # Errors
/// There is a text that is not a country code, and the number has none.
pub fn with_country(code: &str, number: &str) -> Result<String, String> {
    let number = cell(number);
    let plain = cell(code);
    if plain.is_empty() || number.starts_with('+') || number.starts_with("00") {
        return Ok(number);
    }
    let digits = plain.strip_prefix('+').unwrap_or(&plain).trim_start_matches('0');
    if !(1..=MAX_CODE_DIGITS).contains(&digits.len()) || !is_digits(digits) {
        return Err(format!("{code:?} is not a country code; write one to three digits, such as 44"));
    }
    let typed: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_long = typed.len() > MAX_NATIONAL_DIGITS;
    // A number with country code 1 is read without it, also after an exit code. More digits would be another country's.
    let is_whole =
        if digits == "1" { !is_long || typed.starts_with(['0', '1']) } else { is_long && typed.starts_with(digits) };
    Ok(if is_whole { number } else { format!("+{digits} {number}") })
}

/// Returns the text of a spreadsheet's cell in plain characters, without the apostrophe before it and the decimals of a
/// whole number.
fn cell(text: &str) -> String {
    let plain: String = text.chars().filter_map(plain_character).collect();
    let plain = plain.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"'));
    let whole = plain.split_once('.').filter(|(whole, zeros)| {
        let is_zeros = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
        is_zeros && zeros.len() <= MAX_DECIMALS && is_digits(whole.strip_prefix('+').unwrap_or(whole))
    });
    whole.map_or(plain, |(whole, _)| whole).to_owned()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
