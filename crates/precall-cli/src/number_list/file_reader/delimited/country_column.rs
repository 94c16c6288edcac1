//! A column with the countries of the numbers: calling codes, codes of ISO 3166-1, or names.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::cell::plain_cell;
use super::countries::{calling_code, code_of_name, code_of_number, is_state_and_country};
use crate::number_list::entry_number::e164;
use crate::number_list::file_reader::words::plain;

/// Names of a column of calling codes. `VICIdial` has one beside its numbers.
const CODE_NAMES: [&str; 9] = [
    "callingcode",
    "countrycallingcode",
    "countrydialcode",
    "countryprefix",
    "dialcode",
    "diallingcode",
    "intlcode",
    "phonecode",
    "phonecountrycode",
];

/// Names of a column of countries.
const COUNTRY_NAMES: [&str; 22] = [
    "cc",
    "country",
    "countrycode",
    "countryid",
    "countryiso",
    "countryiso2",
    "countryiso3",
    "countryname",
    "countryofresidence",
    "iso",
    "iso2",
    "iso3",
    "isocode",
    "isocountry",
    "isocountrycode",
    "land",
    "mailingcountry",
    "nation",
    "paese",
    "pais",
    "pays",
    "phonecountry",
];

/// Countries whose numbers keep a 0 at their beginning, by their calling codes.
const KEEPS_ZERO: [&str; 6] = ["39", "225", "229", "241", "242", "378"];

/// The greatest number of digits of a calling code, and of a country's number in ISO 3166-1.
const MAX_CODE_DIGITS: usize = 3;

/// The greatest number of letters of a country's code in ISO 3166-1.
const MAX_CODE_LETTERS: usize = 3;

/// The greatest number of digits of a number that may lack its country code, although it begins with the same digits.
const MAX_NATIONAL_DIGITS: usize = 10;

/// The calling code of Russia and Kazakhstan, where 8 is dialled before a number.
const RUSSIA: &str = "7";

/// A column with the countries of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountryColumn {
    pub index: usize,
    /// True if digits are the countries' numbers in ISO 3166-1, and not their calling codes.
    is_iso: bool,
    /// True if all countries of the first lines have the code 1, so that a line without a country may be read like
    /// them.
    is_nanp: bool,
}

impl CountryColumn {
    /// Returns the column, if it is clear how its digits are to be read.
    ///
    /// # Errors
    /// The digits may be calling codes, and countries' numbers in ISO 3166-1. The text follows the column's name.
    pub fn of(index: usize, name: &str, values: &[&str]) -> Result<Self, String> {
        let digits: BTreeSet<String> = values.iter().filter_map(|text| code_digits(text)).collect();
        let is_code = |digits: &String| calling_code(without_zeros(digits)).is_some();
        let is_number = |digits: &String| code_of_number(digits).is_some();
        let is_three = |digits: &String| digits.len() == MAX_CODE_DIGITS;
        let name = plain(name);
        // Of a column with an unknown code, the others decide.
        let codes = digits.iter().filter(|digits| is_code(digits)).count();
        let numbers = digits.iter().filter(|digits| is_number(digits)).count();
        let is_iso = if CODE_NAMES.contains(&name.as_str()) || digits.is_empty() {
            false
        } else if codes == numbers && digits.iter().all(is_three) && codes > 0 {
            if !name.contains("iso") {
                let first = digits.iter().next().map(String::as_str).unwrap_or_default();
                return Err(format!(
                    "has {first}, which is a calling code, and the number of another country in ISO 3166-1; replace it by the \
                     country's two letters, such as MT"
                ));
            }
            true
        } else {
            numbers > codes || name.contains("iso") && numbers > 0
        };
        let mut column = Self { index, is_iso, is_nanp: false };
        let known: Vec<&str> = values.iter().filter_map(|text| column.calling_code(text).ok().flatten()).collect();
        column.is_nanp = known.iter().all(|code| *code == "1");
        Ok(column)
    }

    /// Returns the kind of the column's texts, for the operator.
    pub fn described(self) -> &'static str {
        if self.is_iso { "countries (digits as in ISO 3166-1)" } else { "country codes" }
    }

    /// Returns a number with the country of its line, unless it has a country code.
    ///
    /// # Errors
    /// There is a text that is not a country, or no country beside those of other lines, and the number has no country
    /// code.
    pub fn number_in<'t>(self, country: &str, number: &'t str) -> Result<Cow<'t, str>, String> {
        let number = plain_cell(number);
        if number.starts_with('+') || number.starts_with("00") {
            return Ok(number);
        }
        match self.calling_code(country)? {
            Some(code) => within(code, number),
            None if self.is_nanp => Ok(number),
            None => Err(
                "no country, and the file has numbers of several countries; write the country, or the number with + \
                         and its country code"
                    .to_owned(),
            ),
        }
    }

    /// Returns the calling code that a text means; `None` for an empty one.
    fn calling_code(self, text: &str) -> Result<Option<&'static str>, String> {
        let cell = plain_cell(text);
        if cell.is_empty() {
            return Ok(None);
        }
        let code = match code_digits(text) {
            // `52` may be Barbados without its zero, and Mexico's calling code.
            Some(digits) if self.is_iso && digits.len() < MAX_CODE_DIGITS && calling_code(&digits).is_some() => None,
            Some(digits) if self.is_iso => code_of_number(&digits),
            Some(digits) => calling_code(without_zeros(&digits)),
            None => named_country(&cell),
        };
        code.map(Some).ok_or_else(|| {
            format!("{text:?} is not a country code; write one to three digits, such as 44, or the country's name or letters")
        })
    }
}

/// Returns the columns of countries by their names, those of calling codes first.
pub fn named_columns(names: &[String]) -> Vec<usize> {
    let with = |known: &[&str]| -> Vec<usize> {
        let is = |name: &String| known.contains(&plain(name).as_str());
        names.iter().enumerate().filter(|(_, name)| is(name)).map(|(index, _)| index).collect()
    };
    [with(&CODE_NAMES), with(&COUNTRY_NAMES)].concat()
}

/// The texts of a column whose name does not say that they are countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountryTexts {
    /// Names of countries, not all of them with the code 1.
    Names,
    /// Letters that may be those of countries.
    Letters,
    Other,
}

impl CountryTexts {
    /// Returns the kind of the texts of a column. Two letters of a state are one.
    pub fn of(values: &[&str]) -> Self {
        let filled: Vec<&str> = values.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let codes = |is: fn(&str) -> bool| -> Vec<&str> {
            filled.iter().filter(|text| is(text)).filter_map(|text| named_country(&plain_cell(text))).collect()
        };
        let is_abroad = |codes: &[&str]| codes.iter().any(|code| *code != "1");
        let names = codes(|text| plain(text).len() > MAX_CODE_LETTERS);
        let letters =
            codes(|text| text.len() <= MAX_CODE_LETTERS && text.bytes().all(|byte| byte.is_ascii_uppercase()));
        if names.len() * 2 >= filled.len() && is_abroad(&names) {
            Self::Names
        } else if letters.len() == filled.len()
            && is_abroad(&letters)
            && !filled.iter().all(|text| is_state_and_country(text))
        {
            Self::Letters
        } else {
            Self::Other
        }
    }
}

/// Returns true if each text of a column is a calling code, and one is not 1.
pub fn are_calling_codes(values: &[&str]) -> bool {
    let codes: Vec<String> = values.iter().filter_map(|text| code_digits(text)).collect();
    codes.len() == values.len()
        && codes.iter().all(|digits| calling_code(digits).is_some())
        && codes.iter().any(|digits| digits != "1")
}

/// Returns the digits of a code, without a + and decimals.
fn code_digits(text: &str) -> Option<String> {
    let cell = plain_cell(text);
    let digits = cell.strip_prefix('+').unwrap_or(&cell);
    let is_code = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // After an exit code: 0044.
    let digits =
        digits.strip_prefix("00").filter(|rest| !rest.is_empty() && digits.len() > MAX_CODE_DIGITS).unwrap_or(digits);
    (is_code && digits.len() <= MAX_CODE_DIGITS).then(|| digits.to_owned())
}

fn without_zeros(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Returns the calling code of a country's name, also with its code beside it: `United Kingdom (+44)`.
fn named_country(text: &str) -> Option<&'static str> {
    if let Some(code) = code_of_name(text) {
        return Some(code);
    }
    let (name, code) = text.rsplit_once([' ', '('])?;
    let code = code.trim_end_matches(')').trim_start_matches('(').strip_prefix('+')?;
    code_of_name(name.trim_end_matches(['(', ' '])).filter(|known| *known == code)
}

/// Returns a number with a calling code before it.
fn within<'t>(code: &str, number: Cow<'t, str>) -> Result<Cow<'t, str>, String> {
    let typed: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_long = typed.len() > MAX_NATIONAL_DIGITS;
    if code == "1" {
        // A number with country code 1 is read without it, also after an exit code. More digits would be another
        // country's.
        let is_whole = !is_long || typed.starts_with(['0', '1']);
        return Ok(if is_whole { number } else { Cow::Owned(format!("+1 {number}")) });
    }
    if is_long && typed.starts_with(code) {
        return Ok(number);
    }
    let national = if code == RUSSIA && is_long { typed.strip_prefix('8').unwrap_or(&typed) } else { number.as_ref() };
    let whole = format!("+{code} {national}");
    let has_zero = |read: &String| {
        read.strip_prefix('+').and_then(|read| read.strip_prefix(code)).is_some_and(|rest| rest.starts_with('0'))
    };
    if !KEEPS_ZERO.contains(&code) && e164(&whole).is_ok_and(|read| has_zero(&read)) {
        return Err(format!(
            "{number:?} begins with a 0 that is dialled only within its country; write + and the country code"
        ));
    }
    Ok(Cow::Owned(whole))
}
