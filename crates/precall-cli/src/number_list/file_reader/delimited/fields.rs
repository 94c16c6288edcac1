//! The fields of a line.

use std::borrow::Cow;

/// Returns the fields of a line, without blanks around them, their quotes, and the formulas of spreadsheet programs.
pub fn split(line: &str, delimiter: u8) -> Vec<Cow<'_, str>> {
    let delimiter = char::from(delimiter);
    if !line.contains('"') {
        return line.split(delimiter).map(|text| without_formula(Cow::Borrowed(text.trim()))).collect();
    }
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let (field, after) = next_field(text, delimiter);
        fields.push(without_formula(field));
        rest = after;
    }
    fields
}

/// Returns the first field of a text, and the text after the delimiter.
fn next_field(text: &str, delimiter: char) -> (Cow<'_, str>, Option<&str>) {
    // A tab is a blank and a delimiter.
    let start = text.trim_start_matches(|c: char| c.is_whitespace() && c != delimiter);
    let Some(quoted) = start.strip_prefix('"') else {
        return match text.split_once(delimiter) {
            Some((field, after)) => (Cow::Borrowed(field.trim()), Some(after)),
            None => (Cow::Borrowed(text.trim()), None),
        };
    };
    let mut field = Cow::Borrowed("");
    let mut rest = quoted;
    loop {
        let Some((inside, after)) = rest.split_once('"') else {
            return (trimmed(field + rest), None);
        };
        field += inside;
        if let Some(after) = after.strip_prefix('"') {
            field += "\"";
            rest = after;
            continue;
        }
        let (tail, after) = match after.split_once(delimiter) {
            Some((tail, after)) => (tail, Some(after)),
            None => (after, None),
        };
        return (trimmed(field + tail), after);
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Returns a text without the formula in which spreadsheet programs keep digits as a text: `="3155550101"`,
/// `=3155550101`.
pub fn without_formula(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('=') {
        return text;
    }
    let bare = |text: &str| {
        let text = text.trim();
        // As a quoted field of CSV.
        let unquoted = text.strip_prefix("\"=\"\"").and_then(|rest| rest.strip_suffix("\"\"\""));
        let formula = || text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
        let number =
            || text.strip_prefix('=').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '+'));
        unquoted.or_else(formula).or_else(number).map(str::to_owned)
    };
    bare(&text).map_or(text, Cow::Owned)
}

/// Returns the count of a delimiter outside quotes.
pub fn count_of(line: &str, delimiter: u8) -> usize {
    let mut is_quoted = false;
    let mut count = 0;
    for byte in line.bytes() {
        is_quoted ^= byte == b'"';
        count += usize::from(byte == delimiter && !is_quoted);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_like_csv() {
        for (line, delimiter, fields) in [
            ("a, b ,c", b',', &["a", "b", "c"][..]),
            ("a,,", b',', &["a", "", ""]),
            ("\"a,b\",\"c \"\"d\"\"\"", b',', &["a,b", "c \"d\""]),
            ("\"a\"x,b", b',', &["ax", "b"]),
            (" \"a\" ;b", b';', &["a", "b"]),
            ("\t\"a\"\t", b'\t', &["", "a", ""]),
            ("5\" pipe,b", b',', &["5\" pipe", "b"]),
            ("=\"3155550101\",x", b',', &["3155550101", "x"]),
            ("\"=\"\"3155550101\"\"\",x", b',', &["3155550101", "x"]),
            ("=3155550101|=A1", b'|', &["3155550101", "=A1"]),
            ("\"open,b", b',', &["open,b"]),
        ] {
            assert_eq!(split(line, delimiter), fields, "{line}");
        }
    }
}
