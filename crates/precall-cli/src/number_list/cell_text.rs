//! Numbers as spreadsheets and people write them into a cell: formulas, commas between thousands, decimals, the
//! notation with an exponent, and words such as `(cell)`.

use precall::number::plain_character;

/// Fewest digits of a number with its area code.
const MIN_DIGITS: usize = 10;

/// Most zeros after a decimal point. More of them may be a group of digits.
const MAX_ZEROS: usize = 3;

/// Words beside a number that name its kind, in lower-case letters.
const LABELS: [&str; 45] = [
    "business",
    "c",
    "cel",
    "cell",
    "cellphone",
    "cellular",
    "celular",
    "day",
    "direct",
    "evening",
    "f",
    "fax",
    "h",
    "handy",
    "home",
    "homephone",
    "landline",
    "m",
    "main",
    "mob",
    "mobil",
    "mobile",
    "mobilephone",
    "movil",
    "no",
    "nr",
    "number",
    "o",
    "office",
    "p",
    "ph",
    "phone",
    "phoneno",
    "phonenumber",
    "primary",
    "sms",
    "t",
    "tel",
    "telefon",
    "telefono",
    "telephone",
    "voice",
    "w",
    "work",
    "workphone",
];

/// Returns the number in a text without these parts, or `None` if it has none of them.
pub fn bare_number(text: &str) -> Option<String> {
    let plain: String = text.chars().filter_map(plain_character).collect();
    let mut bare = trimmed(&plain);
    if let Some(formula) = bare.strip_prefix('=') {
        bare = trimmed(formula);
    }
    bare = without_label(bare);
    if let Some(digits) = exact_notation(bare).or_else(|| without_commas(bare)) {
        return Some(digits);
    }
    if let Some((number, extension)) =
        bare.split_once(',').filter(|(_, after)| after.trim_start().starts_with(['e', 'E', 'x', 'X']))
    {
        return Some(format!("{number} {}", extension.trim_start()));
    }
    bare = without_zeros(bare);
    (bare != trimmed(text)).then(|| bare.to_owned())
}

/// Returns true for a number that a spreadsheet program has rounded: `1.31556E+10`.
pub fn is_rounded(text: &str) -> bool {
    let text = trimmed(text);
    exponent(text).is_some() && exact_notation(text).is_none()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
}

/// Returns a text without the word before or after its number.
fn without_label(text: &str) -> &str {
    let is_start = |c: char| c.is_ascii_digit() || c == '+';
    let Some(first) = text.find(is_start) else { return text };
    // `(315) 555-0101` begins with its bracket.
    let (before, number) = match text.get(..first).and_then(|before| before.strip_suffix('(')) {
        Some(before) if !before.contains('(') => text.split_at(before.len()),
        _ => text.split_at(first),
    };
    let text = if is_label(before) { number } else { text };
    let end = text.rfind(|c: char| c.is_ascii_digit()).map_or(text.len(), |last| last + 1);
    let (number, after) = text.split_at(end);
    if is_label(after) { number } else { text }
}

/// Returns true for a word that names a kind of telephone. A lone letter needs a sign beside it: `c: …`, `… (c)`.
fn is_label(text: &str) -> bool {
    let word: String = text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let is_plain =
        text.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '.' | ':' | '(' | ')' | '-' | '#'));
    is_plain && LABELS.contains(&word.as_str()) && (word.len() > 1 || text.contains([':', '(']))
}

/// Returns the mantissa and the exponent of a number such as `3.155550101E+09`.
fn exponent(text: &str) -> Option<(String, usize)> {
    let (mantissa, exponent) = text.split_once(['E', 'e'])?;
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let is_mantissa = whole.len() == 1 && is_digits(whole) && (decimals.is_empty() || is_digits(decimals));
    (is_mantissa && is_digits(exponent)).then_some(())?;
    Some((format!("{whole}{decimals}"), exponent.parse().ok()?))
}

/// Returns the digits of a number with an exponent, if none of them is missing.
fn exact_notation(text: &str) -> Option<String> {
    let (digits, exponent) = exponent(text)?;
    (digits.len() == exponent + 1 && digits.len() >= MIN_DIGITS).then_some(digits)
}

/// Returns a number without the commas between its thousands or its groups: `3,155,550,101`, `315,555,0101`.
fn without_commas(text: &str) -> Option<String> {
    let text = without_zeros(text);
    let mut groups = text.split(',');
    let first = groups.next()?.strip_prefix('+').unwrap_or(text.split(',').next()?);
    let others: Vec<usize> = groups.map(str::len).collect();
    let is_digits = text.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let are_thousands = (1..=3).contains(&first.len()) && others.len() >= 3 && others.iter().all(|len| *len == 3);
    let are_groups = first.len() == 3 && others == [3, 4];
    (is_digits && (are_thousands || are_groups)).then(|| text.replace(',', ""))
}

/// Returns a number without the decimals that a spreadsheet program has added to it.
fn without_zeros(text: &str) -> &str {
    let Some((whole, zeros)) = text.rsplit_once('.') else { return text };
    let is_zeros = (1..=MAX_ZEROS).contains(&zeros.len()) && zeros.bytes().all(|byte| byte == b'0');
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    if is_zeros && digits >= MIN_DIGITS { whole } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_read_without_the_parts_of_a_spreadsheet() {
        for (text, bare) in [
            ("=\"3155550161\"", Some("3155550161")),
            ("=3155550161", Some("3155550161")),
            ("3,155,550,161", Some("3155550161")),
            ("13,155,550,161", Some("13155550161")),
            ("3,155,550,161.00", Some("3155550161")),
            ("315,555,0161", Some("3155550161")),
            ("+1-315-555-0161.0", Some("+1-315-555-0161")),
            ("3.155550161E+09", Some("3155550161")),
            ("315-555-0161 (cell)", Some("315-555-0161")),
            ("Cell: (315) 555-0161", Some("(315) 555-0161")),
            ("c: 315-555-0161", Some("315-555-0161")),
            ("(home) 315-555-0161", Some("315-555-0161")),
            ("Tel. +13155550161 x22", Some("+13155550161 x22")),
            ("315-555-0161, ext. 7", Some("315-555-0161 ext. 7")),
            ("3.15555E+09", None),
            ("31,555,501", None),
            ("31555501.00", None),
            ("315-555-0161 (dead)", None),
            ("deleted 315-555-0161", None),
            ("3155550161", None),
        ] {
            assert_eq!(bare_number(text).as_deref(), bare, "{text}");
        }
    }

    #[test]
    fn a_rounded_number_has_lost_digits() {
        for (text, is) in
            [("1.31556E+10", true), ("3,15556e+09", true), ("3.155550161E+09", false), ("3155550161", false)]
        {
            assert_eq!(is_rounded(text), is, "{text}");
        }
    }
}
