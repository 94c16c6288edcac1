//! Whole numbers in the forms that programs and spreadsheets write.

/// Returns a whole number as text, without the fraction of zeros that DynamoDB's numbers may have.
pub(super) fn whole_number(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('+');
    match text.split_once('.') {
        None => Some(text),
        Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole),
    }
}
