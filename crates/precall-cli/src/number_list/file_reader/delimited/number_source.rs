//! The columns of a line that have its numbers: whole numbers, or their parts.

use std::borrow::Cow;

use super::cell::{is_digits, plain_cell};

/// The number of digits of an area code of the NANP, and of the exchange after it.
const AREA_DIGITS: usize = 3;

/// The number of digits after an area code.
const LOCAL_DIGITS: usize = 7;

/// The number of digits after an area code and an exchange.
const LINE_DIGITS: usize = 4;

/// The columns of one number of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberSource {
    /// A whole number.
    Whole(usize),
    /// An area code, and seven digits or a whole number.
    WithArea { area: usize, number: usize },
    /// An area code, an exchange and a line: `315`, `555`, `0101`.
    Parts { area: usize, exchange: usize, line: usize },
}

impl NumberSource {
    /// Returns the columns, the one with the last digits at the end.
    pub fn columns(self) -> Vec<usize> {
        match self {
            Self::Whole(number) => vec![number],
            Self::WithArea { area, number } => vec![area, number],
            Self::Parts { area, exchange, line } => vec![area, exchange, line],
        }
    }

    /// Returns the column with the last digits.
    pub fn last_column(self) -> usize {
        match self {
            Self::Whole(number) | Self::WithArea { number, .. } => number,
            Self::Parts { line, .. } => line,
        }
    }

    /// Returns the text of the number in the fields of a line; `None` if there is none.
    ///
    /// # Errors
    /// A part is missing, or is not one.
    pub fn number_in<'f>(self, fields: &'f [Cow<'_, str>]) -> Result<Option<Cow<'f, str>>, String> {
        let field = |index: usize| fields.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
        let part = |index: usize| field(index).ok_or_else(|| format!("nothing in column {}", index + 1));
        match self {
            Self::Whole(number) => Ok(field(number).map(Cow::Borrowed)),
            Self::WithArea { number, .. } if field(number).is_none() => Ok(None),
            Self::WithArea { area, number } => with_area(field(area), part(number)?).map(Some),
            Self::Parts { area, exchange, line } => {
                if [area, exchange, line].into_iter().all(|index| field(index).is_none()) {
                    return Ok(None);
                }
                joined(part(area)?, part(exchange)?, part(line)?).map(Cow::Owned).map(Some)
            }
        }
    }
}

/// Returns true for an area code of the NANP: `315`, `(315)`, `315.0`.
pub fn is_area(text: &str) -> bool {
    let code = plain_cell(text);
    let code = code.trim_matches(['(', ')']);
    code.len() == AREA_DIGITS && is_digits(code) && !code.starts_with(['0', '1'])
}

/// Returns true for seven digits, which may be written in groups.
pub fn is_local(text: &str) -> bool {
    let cell = plain_cell(text);
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    digits == LOCAL_DIGITS && cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b' ' | b'.'))
}

/// Returns true for the last four digits of a number.
pub fn is_line(text: &str) -> bool {
    let cell = plain_cell(text);
    cell.len() == LINE_DIGITS && is_digits(&cell)
}

/// Returns a number with the area code of another column, and the country code 1. A whole number must have the same
/// area code.
fn with_area<'f>(area: Option<&str>, number: &'f str) -> Result<Cow<'f, str>, String> {
    let cell = plain_cell(number);
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    let is_whole = digits.len() > LOCAL_DIGITS + 2;
    let Some(area) = area else {
        let missing = || format!("{number:?} has no area code; write three digits in their column");
        return if is_whole { Ok(Cow::Borrowed(number)) } else { Err(missing()) };
    };
    let code = plain_cell(area);
    let code = code.trim_matches(['(', ')']);
    if !(code.len() == AREA_DIGITS && is_digits(code)) {
        return Err(format!("{area:?} is not an area code; write three digits"));
    }
    if !is_whole {
        return Ok(Cow::Owned(format!("+1{code}{cell}")));
    }
    let national = digits.strip_prefix('1').unwrap_or(&digits);
    if national.starts_with(code) {
        return Ok(Cow::Borrowed(number));
    }
    Err(format!("{number:?} has another area code than {code}; correct one of them"))
}

fn joined(area: &str, exchange: &str, line: &str) -> Result<String, String> {
    let (area, exchange, line) = (plain_cell(area), plain_cell(exchange), plain_cell(line));
    let area = area.trim_matches(['(', ')']);
    if is_digits(&line) && line.len() < LINE_DIGITS {
        return Err(format!(
            "{line} is not the four digits of a line; a spreadsheet program may have removed its zeros, so write 0 before it"
        ));
    }
    let is_part = |text: &str, digits: usize| text.len() == digits && is_digits(text);
    if is_part(area, AREA_DIGITS) && is_part(&exchange, AREA_DIGITS) && is_part(&line, LINE_DIGITS) {
        return Ok(format!("+1{area}{exchange}{line}"));
    }
    Err(format!("{area:?}, {exchange:?} and {line:?} are not the three, three and four digits of a number"))
}
