//! The reason why a text is not a number.

use std::fmt;

use super::plan::MAX_DIGITS;

/// The reason why a text is not a number.
///
/// ```
/// use precall::{Number, NumberError};
///
/// assert_eq!(Number::from_typed("555-0100"), Err(NumberError::NoAreaCode));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// The text is empty or has only blanks.
    Empty,
    /// The text has no digit, or characters that no number has.
    NotANumber,
    /// The text has more digits than E.164 allows.
    TooLong(usize),
    /// The text has seven digits, which can be dialled only within an area.
    NoAreaCode,
    /// The text has more digits after a whole number, which may be another number.
    Several,
    /// The text is a number in the scientific notation of a spreadsheet, such as `3.15555E+09`, which has lost digits.
    Scientific,
}

impl std::error::Error for NumberError {}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty; write + and the country code, such as +13155550100"),
            Self::NotANumber => {
                f.write_str("not a telephone number; write + and the country code, such as +13155550100")
            }
            Self::NoAreaCode => {
                f.write_str("a number without its area code; write + and the country code, such as +13155550100")
            }
            Self::TooLong(digits) => write!(f, "{digits} digits, more than the {MAX_DIGITS} that a telephone number can have"),
            Self::Several => f.write_str(
                "a whole telephone number with more digits after it; write one number, such as +13155550100, and an \
                 extension as x22",
            ),
            Self::Scientific => f.write_str(
                "a number in a spreadsheet's scientific notation, which has lost digits; format the column as text, and \
                 write all digits, such as +13155550100",
            ),
        }
    }
}
