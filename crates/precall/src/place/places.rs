//! Where a number is: ISO 3166 codes and the kind of number.

use std::borrow::Cow;
use std::fmt;

use super::patterns::PlaceMatch;
use super::tables::{self, Names};
use crate::number::Number;

/// Most national digits of an emergency number or another public service (`911`, `+1411`, `+44999`).
/// No subscriber's number is that short.
const MAX_SERVICE_DIGITS: usize = 3;

/// Most digits of a short code; longer ones without a country code are national numbers.
const MAX_SHORT_CODE_DIGITS: usize = 6;

/// What the numbering plan uses a number for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A place's, by its area code or country code. Mobile numbers too, and outside the NANP also a
    /// country's toll-free and premium numbers: the tables do not tell those apart.
    Geographic,
    /// NANP 800 and its like: the callee pays.
    TollFree,
    /// NANP 900, and nothing else: the caller pays extra.
    Premium,
    /// NANP 5XX: follows a person or a machine.
    Personal,
    /// NANP 700: each carrier's own.
    Carrier,
    /// NANP 710: the government of the US.
    Government,
    /// Canada's 600, 622 and 633.
    NonGeographic,
    /// +870, +881 and the satellite networks within +882.
    Satellite,
    /// +800, +808, +878, +882, +883, +888, +979, +991.
    Global,
    /// Emergency numbers, N11, 988 and the like. No pattern of places matches these, ever.
    Service,
    /// Four to six digits without a country code.
    ShortCode,
    /// An area code or country code that the tables do not have.
    Unassigned,
    /// A national number (with its leading zero) of whatever country.
    Unknown,
}

impl Kind {
    /// Whether the plan assigns such numbers to no place at all.
    pub fn is_non_geographic(self) -> bool {
        !matches!(self, Self::Geographic | Self::Service | Self::ShortCode | Self::Unassigned | Self::Unknown)
    }

    /// The kind in an operator's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Geographic => "geographic",
            Self::TollFree => "toll-free",
            Self::Premium => "premium",
            Self::Personal => "personal",
            Self::Carrier => "carrier",
            Self::Government => "government",
            Self::NonGeographic => "non-geographic",
            Self::Satellite => "satellite",
            Self::Global => "global",
            Self::Service => "emergency or service",
            Self::ShortCode => "short code",
            Self::Unassigned => "unassigned",
            Self::Unknown => "national",
        }
    }
}

/// Where a number is, as far as its digits tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    kind: Kind,
    codes: Cow<'static, [&'static str]>,
    /// Whether the number is of country code 1.
    nanp: bool,
}

/// Country-level places of NANP numbers that the US and Canada share.
const SHARED: Names = &["CA", "US"];

/// US territories. ISO 3166 lists them as countries; the law of the US applies in them.
const US_TERRITORIES: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];

impl Place {
    /// What the number is used for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// ISO 3166 codes of the places that the number may be in, sorted: `US-FL`, `CA-ON`, `JM`, `PR`.
    ///
    /// `CA` and `US` alone where the plan gives no more (toll-free). None for satellite and global
    /// services, emergency numbers, unassigned country codes and numbers without a country code.
    /// `XK` (Kosovo) is not in ISO 3166, but in use.
    pub fn codes(&self) -> &[&'static str] {
        &self.codes
    }

    /// The same number with other places: someone knows better where its holder is.
    #[must_use]
    pub fn with_codes(self, codes: Vec<&'static str>) -> Self {
        Self { codes: Cow::Owned(codes), ..self }
    }

    /// ISO 3166 codes of the countries that the number may be in. A code may be given more than once.
    pub fn countries(&self) -> impl Iterator<Item = &'static str> {
        self.codes.iter().map(|code| country_of(code))
    }

    /// Whether the number is in a country (`US`, `JM`): certainly, possibly or (`None`) not.
    /// US territories are in the US, too.
    pub fn is_in(&self, country: &str) -> Option<PlaceMatch> {
        PlaceMatch::of(&self.codes, |code| is_within(code, country))
    }

    /// Whether the number is of the US for certain, territories included. Never treat these as foreign.
    pub fn is_us(&self) -> bool {
        self.is_in("US") == Some(PlaceMatch::Certain)
    }

    /// Whether the number is or may be of the US: also toll-free and the like, and unassigned area codes.
    pub fn may_be_us(&self) -> bool {
        self.is_in("US").is_some()
    }

    /// Whether the number is of the North American Numbering Plan (+1).
    pub fn is_nanp(&self) -> bool {
        self.nanp
    }
}

/// The places joined by `or`, and the kind where it is not geographic: `CA-NS or CA-PE`, `toll-free (CA or US)`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.kind != Kind::Geographic;
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

/// Whether a place is a country or within it.
pub(super) fn is_within(code: &str, country: &str) -> bool {
    country_of(code) == country || (country == "US" && is_us_territory(code))
}

pub(super) fn is_us_territory(code: &str) -> bool {
    US_TERRITORIES.contains(&code)
}

fn country_of(code: &str) -> &str {
    code.split_once('-').map_or(code, |(country, _)| country)
}

/// The English name of a place's code: `Florida` for `US-FL`.
pub fn place_name(code: &str) -> Option<&'static str> {
    tables::place(code).map(|(_, name)| name)
}

/// The place of a number that is not known: a withheld caller's.
pub fn nowhere() -> Place {
    Place { kind: Kind::Unknown, codes: Cow::Borrowed(&[]), nanp: false }
}

/// The code of one place, in ISO 3166 names, in any letter case: `US-FL`, `CA-ON`, `JM`; `US-PR` is `PR`.
pub fn place_code(text: &str) -> Option<&'static str> {
    let upper = text.trim().to_ascii_uppercase();
    let code = upper.strip_prefix("US-").filter(|code| is_us_territory(code)).unwrap_or(&upper);
    tables::place(code).map(|(known, _)| known)
}

/// Where a number is.
pub fn place(number: &Number) -> Place {
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return without_country_code(number.as_str());
    };
    let nanp = digits.starts_with('1');
    if digits.len() <= tables::country_code_len(digits) + MAX_SERVICE_DIGITS {
        return Place { kind: Kind::Service, codes: Cow::Borrowed(&[]), nanp };
    }
    let (kind, codes) = if nanp {
        tables::area(digits).map_or((Kind::Unassigned, SHARED), |area| (area.kind, area.places))
    } else {
        tables::country(digits).map_or((Kind::Unassigned, &[][..]), |country| (country.kind, country.places))
    };
    Place { kind, codes: Cow::Borrowed(codes), nanp }
}

fn without_country_code(digits: &str) -> Place {
    let kind = match digits.as_bytes() {
        _ if digits.len() <= MAX_SERVICE_DIGITS => Kind::Service,
        // 1911 and 9911: with the long-distance prefix, and with a digit for the outside line.
        // 116 XXX: Europe's services of social value, such as 116 111 for children.
        [b'1', _, _, _] | b"9911" | [b'1', b'1', b'6', _, _, _] => Kind::Service,
        [b'0', ..] => Kind::Unknown,
        _ if digits.len() <= MAX_SHORT_CODE_DIGITS => Kind::ShortCode,
        _ => Kind::Unknown,
    };
    Place { kind, codes: Cow::Borrowed(if kind == Kind::ShortCode { SHARED } else { &[] }), nanp: false }
}
