//! Prefixes of numbers as dialers write them: an area code or more digits, and wildcards for the rest.

/// Digits of a national number in the NANP.
const NANP_DIGITS: usize = 10;

/// Digits of an area code of the NANP. A shorter prefix would be a part of the continent.
const MIN_NANP_PREFIX: usize = 3;

/// Fewest digits of a prefix of another country: its country code, which has two or three, or a part of it and more.
const MIN_PREFIX: usize = 2;

/// Fewest and most digits of a whole number of another country, wildcards included.
const WHOLE_NUMBER: std::ops::RangeInclusive<usize> = 7..=15;

/// Returns the beginning of the numbers that a text with wildcards means, `+` and digits: `+1318` for `318%`,
/// `318XXXXXXX`, `318-XXX-XXXX` and `+1 318 *******`. `%` or `*` alone stands for any digits; each other wildcard stands for one.
pub fn number_prefix(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['"', '\'']);
    text.ends_with(is_wildcard).then_some(())?;
    let is_separator = |c: &char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/');
    let compact: String = text.chars().filter(|c| !is_separator(c)).collect();
    let (has_plus, rest) = match compact.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, compact.as_str()),
    };
    let (digits, wildcards) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
    let is_open = wildcards == "%" || wildcards == "*";
    let count = wildcards.chars().count();
    // `315555010#` is a broken number with the key # sooner than a prefix.
    if !wildcards.chars().all(is_wildcard) || wildcards == "#" || digits.starts_with('0') {
        return None;
    }
    if has_plus && !digits.starts_with('1') {
        let is_whole = WHOLE_NUMBER.contains(&(digits.len() + count));
        let is_prefix = (MIN_PREFIX..*WHOLE_NUMBER.end()).contains(&digits.len());
        return (is_prefix && (is_open || is_whole)).then(|| format!("+{digits}"));
    }
    let national = digits.strip_prefix('1').unwrap_or(digits);
    let is_nanp = national.starts_with(|digit| ('2'..='9').contains(&digit))
        && (MIN_NANP_PREFIX..NANP_DIGITS).contains(&national.len());
    (is_nanp && (is_open || national.len() + count == NANP_DIGITS)).then(|| format!("+1{national}"))
}

/// Returns true for a wildcard of a dialer or a database. `N` is a digit from 2 to 9.
fn is_wildcard(c: char) -> bool {
    matches!(c, 'X' | 'x' | 'N' | 'n' | '*' | '%' | '#' | '?' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_read_as_dialers_write_them() {
        for (text, prefix) in [
            ("201XXXXXXX", Some("+1201")),
            ("1201xxxxxxx", Some("+1201")),
            ("+1201XXXXXXX", Some("+1201")),
            ("315555010X", Some("+1315555010")),
            ("318%", Some("+1318")),
            ("1318*", Some("+1318")),
            ("319*******", Some("+1319")),
            ("320NXXXXXX", Some("+1320")),
            ("321-XXX-XXXX", Some("+1321")),
            ("(321) XXX-XXXX", Some("+1321")),
            ("\"322???????\"", Some("+1322")),
            ("+4121560####", Some("+4121560")),
            ("+44*", Some("+44")),
            // Too short, too long, in the middle, or no prefix of a number.
            ("31%", None),
            ("1%", None),
            ("+1*", None),
            ("%", None),
            ("*", None),
            ("+*", None),
            ("118%", None),
            ("0318%", None),
            ("318XXXX", None),
            ("318XXXXXXXX", None),
            ("318**", None),
            ("315555010#", None),
            ("320NXX1234", None),
            ("3155550101x", None),
            ("3155550101*", None),
            ("4121560####", None),
            ("3155550101", None),
        ] {
            assert_eq!(number_prefix(text).as_deref(), prefix, "{text}");
        }
    }
}
