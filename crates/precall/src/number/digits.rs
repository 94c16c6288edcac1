//! The digits of a number, and the signs between them.

use super::error::NumberError;
use super::plan::{KEEPS_ZERO, NANP_DIGITS, without_exit_code};

/// The number of digits of a number without its area code in the NANP. Two groups of this length are two numbers.
pub(super) const LOCAL_DIGITS: usize = 7;

/// The greatest number of digits before a `/`, which separates an area code. After more of them it separates two numbers. The
/// digits of a country code and an exit code count.
const MAX_BEFORE_SLASH: usize = 7;

/// The greatest number of zeros that are decimals after any number of digits. More of them may be a group: `315555.0000`.
const MAX_DECIMAL_ZEROS: usize = 3;

/// The greatest number of digits that are decimals, and never the last group of a number.
const MAX_DECIMALS: usize = 2;

/// The digits of a text, and the `+` before them.
#[derive(Debug)]
pub(super) struct Dialled {
    pub(super) plus: bool,
    pub(super) digits: String,
    /// The position of a single 0 in brackets, as in `+44 (0)20…`, which is the trunk prefix.
    bracketed_zero: Option<usize>,
    /// The numbers of digits before each separator.
    borders: Vec<usize>,
    has_slash: bool,
}

impl Dialled {
    /// Reads a whole number, without the decimals of a spreadsheet.
    ///
    /// # Errors
    /// The same as those of [`Dialled::read`], and decimals that are not zeros.
    pub(super) fn read_number(text: &str, plus: bool) -> Result<Self, NumberError> {
        Self::read(without_decimals(text)?, plus)
    }

    /// Reads digits and separators. A 0 in brackets is removed, unless the country's numbers keep it.
    ///
    /// # Errors
    /// There is no digit, a character that no number has, or more than one number.
    pub(super) fn read(text: &str, plus: bool) -> Result<Self, NumberError> {
        let mut dialled =
            Self { plus, digits: String::new(), bracketed_zero: None, borders: Vec::new(), has_slash: false };
        let mut open = None;
        for c in text.chars() {
            match c {
                '0'..='9' => dialled.digits.push(c),
                '+' if dialled.digits.is_empty() && !dialled.plus => dialled.plus = true,
                '(' => open = Some(dialled.digits.len()),
                ')' => dialled.close(open.take()),
                ' ' | '-' | '.' => {}
                '/' => dialled.slash()?,
                _ => return Err(NumberError::NotANumber),
            }
            if !c.is_ascii_digit() && !dialled.digits.is_empty() {
                dialled.borders.push(dialled.digits.len());
            }
        }
        if dialled.digits.is_empty() {
            return Err(NumberError::NotANumber);
        }
        if dialled.is_several() {
            return Err(NumberError::Several);
        }
        Ok(dialled.without_bracketed_zero())
    }

    /// Returns true if a `/` separates groups.
    pub(super) fn has_slash(&self) -> bool {
        self.has_slash
    }

    fn close(&mut self, open: Option<usize>) {
        let inside = open.filter(|start| self.digits.get(*start..) == Some("0") && *start > 0);
        self.bracketed_zero = self.bracketed_zero.or(inside);
    }

    fn slash(&mut self) -> Result<(), NumberError> {
        self.has_slash |= !self.digits.is_empty();
        let max = match without_exit_code(&self.digits, 0) {
            Some(rest) => self.digits.len() - rest.len() + MAX_BEFORE_SLASH,
            None if self.plus || self.digits.starts_with('1') => MAX_BEFORE_SLASH,
            None => MAX_BEFORE_SLASH - 1,
        };
        if self.digits.len() > max { Err(NumberError::Several) } else { Ok(()) }
    }

    /// Returns true if groups of digits follow a whole number, such as another number or an extension. Read together, they
    /// would be a number of another country.
    fn is_several(&self) -> bool {
        let total = self.digits.len();
        let follow = |whole: usize| total > whole && self.borders.contains(&whole);
        let is_exit_code = without_exit_code(&self.digits, 0).is_some();
        let has_two_local = self.borders.iter().any(|border| {
            let last = self.borders.iter().rfind(|earlier| *earlier < border).copied().unwrap_or_default();
            let next = self.borders.iter().find(|later| *later > border).copied().unwrap_or(total);
            border - last >= LOCAL_DIGITS && next - border >= LOCAL_DIGITS
        });
        has_two_local
            || match self.digits.as_bytes() {
                [b'1', ..] => follow(NANP_DIGITS + 1),
                [b'0', ..] => false,
                _ => !self.plus && !is_exit_code && follow(NANP_DIGITS),
            }
    }

    fn without_bracketed_zero(mut self) -> Self {
        if let Some(zero) = self.bracketed_zero.take() {
            let before = self.digits.get(..zero).unwrap_or_default();
            let code = without_exit_code(before, 0).unwrap_or(before);
            if !KEEPS_ZERO.iter().any(|keeps| code == keeps.to_string()) {
                self.digits.remove(zero);
            }
        }
        self
    }
}

/// Returns the digits before the decimals that spreadsheets and data frames write into a column of numbers: `3155550100.0`,
/// `+442079460123.00`.
///
/// # Errors
/// The decimals are not zeros, or may be a group of the number.
fn without_decimals(text: &str) -> Result<&str, NumberError> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((whole, decimals)) = text.rsplit_once('.').filter(|(_, decimals)| is_digits(decimals)) else {
        return Ok(text);
    };
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let is_zeros = decimals.bytes().all(|byte| byte == b'0');
    if !is_digits(digits) {
        let is_decimal = if whole.contains('.') { decimals == "0" } else { decimals.len() <= MAX_DECIMALS };
        let last_group = whole.bytes().rev().take_while(u8::is_ascii_digit).count();
        let has_digits = whole.contains(|c: char| c.is_ascii_digit());
        return if is_decimal && has_digits || last_group >= LOCAL_DIGITS {
            Err(NumberError::Several)
        } else {
            Ok(text)
        };
    }
    if is_zeros && (decimals.len() <= MAX_DECIMAL_ZEROS || digits.len() >= NANP_DIGITS) {
        return Ok(whole);
    }
    // The shape of 1315555.0101.
    let is_nanp =
        digits.len() == LOCAL_DIGITS && digits.starts_with('1') && digits.len() + decimals.len() == NANP_DIGITS + 1;
    // A spreadsheet's number has no + and no 0 at its beginning.
    let is_calculated = is_digits(whole) && !whole.starts_with('0') || is_zeros;
    if decimals.len() <= MAX_DECIMALS || digits.len() >= LOCAL_DIGITS && is_calculated && !is_nanp {
        return Err(NumberError::Several);
    }
    Ok(text)
}
