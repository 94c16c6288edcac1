//! Numbers that look like those of the North American Numbering Plan, with a `+` but without their country code.

use super::kind::NumberKind;
use super::number_place::place;
use crate::number::Number;

/// The number of digits of a number in the North American Numbering Plan, without its country code.
const NANP_DIGITS: usize = 10;

/// Country codes of countries whose whole numbers have ten digits, country code included, so that such a number is probably meant:
/// Belgium, Hungary, Denmark, Norway, Cuba, Singapore.
const TEN_DIGITS: [&str; 6] = ["32", "36", "45", "47", "53", "65"];

/// Returns the number that was probably meant, if a number is a `+` and ten digits of an area code of the North American Numbering
/// Plan: `+3155550101` is a number of the Netherlands, and `+13155550101` one of New York. It is a hint: the number is read as
/// written.
///
/// ```
/// use precall::Number;
/// use precall::place::without_country_code;
///
/// let number = Number::from_typed("+3155550101")?;
/// assert_eq!(without_country_code(&number), Some(Number::from_typed("+13155550101")?));
/// assert_eq!(without_country_code(&Number::from_typed("+442079460123")?), None);
/// # Ok::<(), precall::NumberError>(())
/// ```
pub fn without_country_code(number: &Number) -> Option<Number> {
    let digits = number.as_str().strip_prefix('+')?;
    let exchange = digits.as_bytes().get(3).copied().unwrap_or_default();
    let is_nanp = digits.len() == NANP_DIGITS && (b'2'..=b'9').contains(&exchange) && !digits.starts_with(['0', '1']);
    if !is_nanp || TEN_DIGITS.iter().any(|code| digits.starts_with(code)) {
        return None;
    }
    let meant = Number::from_typed(digits).ok()?;
    (place(&meant).kind() != NumberKind::Unassigned).then_some(meant)
}
