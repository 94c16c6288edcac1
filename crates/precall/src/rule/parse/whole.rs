//! Whole numbers as programs and spreadsheets write them.

/// Returns a whole number as text, without the fraction of zeros that numbers of DynamoDB may carry.
pub(super) fn whole_number(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('+');
    match text.split_once('.') {
        None => Some(text),
        Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole),
    }
}
