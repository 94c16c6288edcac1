//! Lengths of time: `24h`, `7 days`, `90s`.

use jiff::SignedDuration;

use crate::typed_text::plain;

/// Reads a length of time such as `24h`, `7 days`, `90s`. `m` is minutes, in either letter case; there are no months
/// and years, whose lengths differ.
///
/// ```
/// use jiff::SignedDuration;
/// use precall::rule::parse_length;
///
/// assert_eq!(parse_length("7 days"), Some(SignedDuration::from_hours(7 * 24)));
/// assert_eq!(parse_length("1 month"), None);
/// ```
pub fn parse_length(text: &str) -> Option<SignedDuration> {
    let text = plain(text);
    let (count, unit) = count_and_unit(&text)?;
    let seconds = match unit.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "wk" | "wks" | "week" | "weeks" => 7 * 86_400,
        _ => return None,
    };
    Some(SignedDuration::from_secs(count.parse::<i64>().ok()?.checked_mul(seconds)?))
}

/// Returns true if the unit of a length is a capital M, which is read as minutes and may be meant as months.
///
/// ```
/// use precall::rule::may_mean_months;
///
/// assert!(may_mean_months("1M") && !may_mean_months("1m") && !may_mean_months("30 MIN"));
/// ```
pub fn may_mean_months(text: &str) -> bool {
    count_and_unit(&plain(text)).is_some_and(|(_, unit)| unit == "M")
}

/// Splits a length into a whole number, whose fraction may only be zeros, and its unit.
fn count_and_unit(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit() && c != '.')?)?;
    let (count, fraction) = number.split_once('.').unwrap_or((number, ""));
    (!count.is_empty() && fraction.bytes().all(|b| b == b'0')).then_some((count, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30 min", Some(1_800)),
            ("24HOURS", Some(86_400)),
            ("24 hrs", Some(86_400)),
            ("7d", Some(604_800)),
            ("7.0 d", Some(604_800)),
            ("２ｗ", Some(1_209_600)),
            ("1M", Some(60)),
            ("24", None),
            ("h", None),
            ("1.5h", None),
            ("1mo", None),
            ("2y", None),
            ("-1h", None),
            ("99999999999999999999s", None),
            ("9999999999999999999w", None),
        ] {
            assert_eq!(parse_length(text), seconds.map(SignedDuration::from_secs), "{text}");
        }
    }
}
