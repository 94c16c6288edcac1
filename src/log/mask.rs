//! Masks telephone numbers for the log.

use std::cmp::Reverse;

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use precall::Number;
use precall::number::{is_separator, plain_character};
use sha2::Sha256;

use crate::auth::to_hex;
use crate::settings::{LogNumbers, Settings};

/// The smallest number of digits that counts as a telephone number in free text.
const MIN_NUMBER_DIGITS: usize = 7;

/// The number of digits of a telephone number in free text that are shown: the country and area code of a NANP number.
const SHOWN_DIGITS: usize = 4;

/// The number of bytes of the keyed hash that are logged: enough to distinguish hundreds of millions of numbers.
const HASH_BYTES: usize = 8;

/// Masks telephone numbers for the log.
///
/// ```
/// use precall_hook::log::Mask;
/// use precall_hook::settings::Settings;
///
/// let settings = Settings::read(|name| (name == "PRECALL_AUTH").then(|| "none".to_owned())).unwrap();
/// assert_eq!(Mask::new(&settings).text("call +13155550100"), "call +1315*******");
/// ```
#[derive(Debug, Clone)]
pub struct Mask {
    show: LogNumbers,
    key: Option<Vec<u8>>,
}

impl Mask {
    /// Returns the mask of these settings.
    pub fn new(settings: &Settings) -> Self {
        Self { show: settings.log_numbers, key: settings.number_hash_key.as_ref().map(|key| key.bytes().to_vec()) }
    }

    /// Returns the part of a number that is shown; `None` if numbers are hidden.
    pub fn number(&self, number: &Number) -> Option<String> {
        match self.show {
            LogNumbers::Full => Some(number.to_string()),
            LogNumbers::Hidden => None,
            LogNumbers::Masked => {
                let shown = number.country_and_area().unwrap_or_default();
                Some(format!("{shown}{}", "*".repeat(number.as_str().len().saturating_sub(shown.len()))))
            }
        }
    }

    /// Returns the keyed hash of a number: the first 8 bytes of its HMAC-SHA-256, in hex.
    pub fn hash(&self, number: &Number) -> Option<String> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?).ok()?;
        hmac.update(number.as_str().as_bytes());
        hmac.finalize().into_bytes().get(..HASH_BYTES).map(to_hex)
    }

    /// Masks the text of a caller that is not a number; hides it if numbers are hidden. All its digits together count as one
    /// number, whatever is between them.
    ///
    /// ```
    /// use precall_hook::log::Mask;
    /// use precall_hook::settings::Settings;
    ///
    /// let settings = Settings::read(|name| (name == "PRECALL_AUTH").then(|| "none".to_owned())).unwrap();
    /// assert_eq!(Mask::new(&settings).unreadable("3155 a 5501 b 00"), "3155 a **** b **");
    /// ```
    pub fn unreadable(&self, text: &str) -> String {
        match self.show {
            LogNumbers::Hidden => "(hidden)".to_owned(),
            LogNumbers::Full => text.to_owned(),
            LogNumbers::Masked if text.chars().filter(|c| is_digit(*c)).count() < MIN_NUMBER_DIGITS => text.to_owned(),
            LogNumbers::Masked => {
                let mut shown = 0;
                let mask = |c: char| {
                    let plain = plain_character(c).unwrap_or(c);
                    match is_digit(c) {
                        false if matches!(plain, '+') => plain,
                        false => c,
                        true if plain.is_ascii_digit() && shown < SHOWN_DIGITS => {
                            shown += 1;
                            plain
                        }
                        true => '*',
                    }
                };
                text.chars().map(mask).collect()
            }
        }
    }

    /// Masks everything in a text that looks like a telephone number.
    pub fn text(&self, text: &str) -> String {
        if self.show == LogNumbers::Full {
            return text.to_owned();
        }
        let mut masked = String::with_capacity(text.len());
        let mut run = DigitRun::default();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let mut len = c.len_utf8();
            // A separator of groups of digits, also in the form that a quoted text has: `\u{a0}`.
            let escape = rest.strip_prefix("\\u{").and_then(|rest| rest.bytes().take(8).position(|b| b == b'}'));
            let escape = escape.map(|end| end + 4);
            let separates = is_separator(c) || is_list_separator(c) || escape.is_some();
            let plain = plain_character(c).unwrap_or(' ');
            if plain.is_ascii_digit() || plain == '+' {
                run.push(plain, rest.get(..len));
            } else if c.is_numeric() {
                // A digit of another script, which no number has.
                if run.plain.is_empty() { masked.push('*') } else { run.push('*', None) }
            } else if !run.plain.is_empty() && separates {
                len = escape.unwrap_or(len);
                run.push(if escape.is_some() { ' ' } else { c }, rest.get(..len));
            } else {
                masked.push_str(&self.run(&run));
                run = DigitRun::default();
                masked.push(c);
            }
            rest = rest.get(len..).unwrap_or_default();
        }
        masked.push_str(&self.run(&run));
        masked
    }

    /// Masks a text, except for passages that look like numbers but are known not to be, such as the section of a law.
    pub fn text_except<'k>(&self, text: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
        let found =
            known.clone().filter(|known| !known.is_empty()).filter_map(|known| Some((text.find(known)?, known)));
        let first = found.min_by_key(|(at, known)| (*at, Reverse(known.len())));
        match first.and_then(|(_, first)| Some((first, text.split_once(first)?))) {
            None => self.text(text),
            Some((first, (before, after))) => {
                format!("{}{first}{}", self.text(before), self.text_except(after, known))
            }
        }
    }

    fn run(&self, run: &DigitRun) -> String {
        let DigitRun { plain: run, written } = run;
        if run.chars().filter(char::is_ascii_digit).count() < MIN_NUMBER_DIGITS || run.trim().parse::<Date>().is_ok() {
            return written.clone();
        }
        let mut left = if self.show == LogNumbers::Masked { SHOWN_DIGITS } else { 0 };
        run.chars()
            .map(|c| match (c.is_ascii_digit(), left) {
                (false, _) => c,
                (true, 0) => '*',
                (true, _) => {
                    left -= 1;
                    c
                }
            })
            .collect()
    }
}

/// A part of a text with digits and separators.
#[derive(Default)]
struct DigitRun {
    /// The part with plain digits.
    plain: String,
    /// The part as it is written, which stays if it is not a number.
    written: String,
}

impl DigitRun {
    /// Adds a character as it is plain, and as it is written if that is another text.
    fn push(&mut self, plain: char, written: Option<&str>) {
        self.plain.push(plain);
        match written {
            Some(written) => self.written.push_str(written),
            None => self.written.push(plain),
        }
    }
}

/// Returns true for a digit of any script.
fn is_digit(c: char) -> bool {
    c.is_numeric() || plain_character(c).is_some_and(|plain| plain.is_ascii_digit())
}

/// Returns true for other characters that separate groups of digits in lists of numbers.
fn is_list_separator(c: char) -> bool {
    matches!(c, ',' | '_' | '\'' | ';' | '|' | '=' | '*' | '#' | '\t' | '\n' | '\r' | '\u{b7}' | '\u{2022}')
        || c.is_whitespace()
}
