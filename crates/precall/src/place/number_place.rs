//! The place of a number: ISO 3166 codes and the kind of number.

use std::borrow::Cow;
use std::fmt;

use super::certainty::Certainty;
use super::country::{country_of, is_us_territory, is_within};
use super::kind::NumberKind;
use super::tables::{self, ANYWHERE, Names};
use crate::number::{Number, country_code_len};

/// The greatest number of national digits of an emergency number or another public service (`911`, `+1411`, `+44999`).
/// Subscribers' numbers are longer.
const MAX_SERVICE_DIGITS: usize = 3;

/// The greatest number of digits of a short code. A longer number without a country code is a national number.
const MAX_SHORT_CODE_DIGITS: usize = 6;

/// The place of a number, from its digits.
///
/// ```
/// use precall::Number;
/// use precall::place::place;
///
/// let number = Number::from_typed("+13155550100")?;
/// assert_eq!(place(&number).codes(), ["US-NY"]);
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    kind: NumberKind,
    codes: Cow<'static, [&'static str]>,
    /// True for numbers of country code 1.
    nanp: bool,
}

/// Names that two places have.
const SHARED_NAMES: [&str; 1] = ["Georgia"];

/// Names that take an article, in addition to those that end with `Islands` and the like.
const WITH_ARTICLE: [&str; 11] = [
    "Bahamas",
    "Caribbean Netherlands",
    "Comoros",
    "Democratic Republic of the Congo",
    "District of Columbia",
    "Gambia",
    "Isle of Man",
    "Maldives",
    "Netherlands",
    "Philippines",
    "Republic of the Congo",
];

/// Country-level places of NANP numbers that the US and Canada share.
const SHARED: Names = &["CA", "US"];

impl Place {
    /// Returns the kind of the number.
    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    /// Returns the ISO 3166 codes of the places that the number may be in, sorted: `US-FL`, `CA-ON`, `JM`, `PR`.
    ///
    /// - A number for which the plan gives only a country (toll-free) has `CA` or `US` without a subdivision.
    /// - A number whose area code is not in the tables may be anywhere in the US and Canada: it has the codes of all states,
    ///   provinces and territories.
    /// - Satellite and global services, emergency numbers, unassigned country codes and numbers without a country code have no
    ///   codes.
    /// - `XK` (Kosovo) is not in ISO 3166, but in use.
    pub fn codes(&self) -> &[&'static str] {
        &self.codes
    }

    /// Returns the same place with other codes, for a number with a holder who is elsewhere.
    #[must_use]
    pub fn with_codes(self, codes: Vec<&'static str>) -> Self {
        Self { codes: Cow::Owned(codes), ..self }
    }

    /// Returns the ISO 3166 codes of the countries that the number may be in. A code may occur more than once.
    pub fn countries(&self) -> impl Iterator<Item = &'static str> {
        self.codes.iter().map(|code| country_of(code))
    }

    /// Returns how certain it is that the number is in a country (`US`, `JM`), or `None` if it is not. US territories are in
    /// the US, too.
    pub fn is_in(&self, country: &str) -> Option<Certainty> {
        Certainty::of(&self.codes, |code| is_within(code, country))
    }

    /// Returns true if the number certainly belongs to the US, territories included.
    pub fn is_us(&self) -> bool {
        self.is_in("US") == Some(Certainty::Certain)
    }

    /// Returns true if the number may belong to the US. This includes toll-free and similar numbers, and unassigned area codes.
    pub fn may_be_us(&self) -> bool {
        self.is_in("US").is_some()
    }

    /// Returns true if the area code of the number is not in the tables, and nothing else says where the number is. Such a
    /// number may be in any state, province or territory.
    ///
    /// ```
    /// use precall::Number;
    /// use precall::place::place;
    ///
    /// let number = Number::from_typed("+19995550100")?;
    /// assert!(place(&number).is_unlisted_area_code());
    /// assert!(place(&number).codes().contains(&"US-RI"));
    /// # Ok::<(), precall::NumberError>(())
    /// ```
    pub fn is_unlisted_area_code(&self) -> bool {
        self.kind == NumberKind::Unassigned && self.is_anywhere()
    }

    /// Returns the same place without its codes: a number of the NANP may be in any state, province or territory.
    pub(super) fn anywhere(self) -> Self {
        if self.nanp { Self { codes: Cow::Borrowed(ANYWHERE), ..self } } else { self }
    }

    /// Returns true if the number may be in any state, province or territory.
    fn is_anywhere(&self) -> bool {
        self.nanp && *self.codes == *ANYWHERE
    }

    /// Returns true if the number belongs to the North American Numbering Plan (+1).
    pub fn is_nanp(&self) -> bool {
        self.nanp
    }
}

/// The places joined by `or`, and the kind if it is not geographic: `CA-NS or CA-PE`, `toll-free (CA or US)`, `unassigned (any
/// place of CA or US)`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_anywhere() {
            return match self.kind {
                NumberKind::Geographic => f.write_str("any place of CA or US"),
                kind => write!(f, "{} (any place of CA or US)", kind.as_str()),
            };
        }
        let named = self.kind != NumberKind::Geographic;
        if named {
            f.write_str(self.kind.as_str())?;
        }
        if named && !self.codes.is_empty() {
            f.write_str(" (")?;
        }
        for (i, code) in self.codes.iter().enumerate() {
            write!(f, "{}{code}", if i == 0 { "" } else { " or " })?;
        }
        if named && !self.codes.is_empty() { f.write_str(")") } else { Ok(()) }
    }
}

/// Returns the English name of a place's code: `Florida` for `US-FL`.
pub fn place_name(code: &str) -> Option<&'static str> {
    tables::place(code).map(|(_, name)| name)
}

/// Returns the name of a place as a sentence has it: `Florida`, `the United States`, `Georgia (US-GA)`. Without a name, it is
/// the code.
pub(crate) fn place_label(code: &str) -> String {
    let Some(name) = place_name(code) else { return code.to_owned() };
    if SHARED_NAMES.contains(&name) {
        return format!("{name} ({code})");
    }
    let is_plural = name.starts_with("United ")
        || ["Islands", "Territories", "Territory", "Republic"].iter().any(|end| name.ends_with(end));
    if is_plural || WITH_ARTICLE.contains(&name) { format!("the {name}") } else { name.to_owned() }
}

/// Returns the place of an unknown number, such as a withheld caller's.
pub fn nowhere() -> Place {
    Place { kind: NumberKind::Unknown, codes: Cow::Borrowed(&[]), nanp: false }
}

/// Returns the ISO 3166 code of one place, which may be written in any letter case: `US-FL`, `CA-ON`, `JM`; `US-PR` is `PR`.
pub fn place_code(text: &str) -> Option<&'static str> {
    let upper = text.trim().to_ascii_uppercase();
    let code = upper.strip_prefix("US-").filter(|code| is_us_territory(code)).unwrap_or(&upper);
    tables::place(code).map(|(known, _)| known)
}

/// Returns the place of a number.
pub fn place(number: &Number) -> Place {
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return without_country_code(number.as_str());
    };
    let nanp = digits.starts_with('1');
    if digits.len() <= country_code_len(digits) + MAX_SERVICE_DIGITS {
        return Place { kind: NumberKind::Service, codes: Cow::Borrowed(&[]), nanp };
    }
    let (kind, codes) = if nanp {
        tables::area(digits).map_or((NumberKind::Unassigned, ANYWHERE), |area| (area.kind, area.places))
    } else {
        tables::country(digits).map_or((NumberKind::Unassigned, &[][..]), |country| (country.kind, country.places))
    };
    Place { kind, codes: Cow::Borrowed(codes), nanp }
}

fn without_country_code(digits: &str) -> Place {
    let kind = match digits.as_bytes() {
        _ if digits.len() <= MAX_SERVICE_DIGITS => NumberKind::Service,
        // 1911 and 9911: 911 with the long-distance prefix, and with the digit for an outside line.
        // 116 XXX: Europe's services of social value, such as 116 111 for children.
        [b'1', _, _, _] | b"9911" | [b'1', b'1', b'6', _, _, _] => NumberKind::Service,
        [b'0', ..] => NumberKind::Unknown,
        _ if digits.len() <= MAX_SHORT_CODE_DIGITS => NumberKind::ShortCode,
        _ => NumberKind::Unknown,
    };
    Place { kind, codes: Cow::Borrowed(if kind == NumberKind::ShortCode { SHARED } else { &[] }), nanp: false }
}
