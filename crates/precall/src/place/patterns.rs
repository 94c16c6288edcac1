//! Patterns of places: `US-FL`, `US-*`, `CA`, `caribbean`, lists, `!`.

use std::fmt;

use super::certainty::Certainty;
use super::country::{is_us_territory, is_within};
use super::kind::NumberKind;
use super::number_place::{Place, place_label};
use super::tables::PLACES;
use crate::selection::Selection;
use crate::value_error::ValueError;

/// The length in bytes of the longest text that is compared with the known places: the comparison takes time in proportion
/// to the length.
const MAX_MISSPELT: usize = 60;

/// A list of places and groups. A place must match any of the plain ones, and none of the negated ones.
///
/// ```
/// use precall::Number;
/// use precall::place::{Certainty, PlacePatterns, place};
///
/// let florida = PlacePatterns::parse(["US-FL"])?;
/// let number = Number::from_typed("+13055550100").unwrap();
/// assert_eq!(florida.test(&place(&number)), Some(Certainty::Certain));
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacePatterns(Selection<PlacePattern>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlacePattern {
    /// `US-FL`, `JM`; also `US` and `CA`, which include all places in the country.
    Place(&'static str),
    /// `US-*`: the states and DC, without territories. `CA-*`: the provinces and territories of Canada.
    Subdivisions(&'static str),
    Group(PlaceGroup),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlaceGroup {
    Caribbean,
    International,
    NonGeographic,
    Personal,
    Premium,
    Satellite,
    TollFree,
    UsTerritories,
}

impl PlaceGroup {
    const ALL: [Self; 8] = [
        Self::Caribbean,
        Self::International,
        Self::NonGeographic,
        Self::Personal,
        Self::Premium,
        Self::Satellite,
        Self::TollFree,
        Self::UsTerritories,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Caribbean => "caribbean",
            Self::International => "international",
            Self::NonGeographic => "non-geographic",
            Self::Personal => "personal",
            Self::Premium => "premium",
            Self::Satellite => "satellite",
            Self::TollFree => "toll-free",
            Self::UsTerritories => "us-territories",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Caribbean => "Caribbean countries of +1",
            Self::International => "numbers outside of +1",
            Self::NonGeographic => "non-geographic numbers",
            Self::Personal => "personal numbers",
            Self::Premium => "premium (900) numbers",
            Self::Satellite => "satellite numbers",
            Self::TollFree => "toll-free numbers",
            Self::UsTerritories => "US territories",
        }
    }
}

/// Countries of +1 other than the US and Canada: they look domestic, and toll fraud goes there.
/// Area codes 242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876.
const CARIBBEAN: [&str; 18] =
    ["AG", "AI", "BB", "BM", "BS", "DM", "DO", "GD", "JM", "KN", "KY", "LC", "MS", "SX", "TC", "TT", "VC", "VG"];

/// Countries with subdivisions in the tables.
const SUBDIVIDED: [&str; 2] = ["CA", "US"];

/// Other names that people write, with the place or group that they mean.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("AMERICA", "US"),
    ("ENGLAND", "GB"),
    ("FOREIGN", "international"),
    ("TOLLFREE", "toll-free"),
    ("UK", "GB"),
    ("UNITED STATES OF AMERICA", "US"),
    ("USA", "US"),
    ("WASHINGTON DC", "US-DC"),
];

impl PlacePatterns {
    /// Reads a comma list, or the elements of a set. Letter case does not matter.
    ///
    /// - `US-FL`, `CA-ON`, `JM`: one place. A territory of the US has its own code, `PR` or `US-PR`.
    /// - `US`: the states, DC and the territories, and US numbers without a state. `CA` likewise.
    /// - `US-*`: only the states and DC. `CA-*` likewise.
    /// - `toll-free`, `premium` (900), `personal`, `non-geographic` (these and the other numbers without a
    ///   place), `satellite`, `caribbean`, `us-territories`, `international` (not +1).
    ///
    /// - `Canada`, `Gabon`: the name of a country that is not also that of a state.
    ///
    /// `CA` is Canada, `GA` Gabon, `PA` Panama: see [`PlacePatterns::easily_mistaken`].
    ///
    /// # Errors
    /// Describes the first word that cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        let patterns = Selection::parse(texts, PlacePattern::parse)?;
        if patterns.is_empty() {
            return Err("empty; remove the attribute, or write a place such as US-FL".into());
        }
        Ok(Self(patterns))
    }

    /// Returns how certain it is that a number is in one of the places; `None` if it is not.
    ///
    /// The whole list is tested for each possible place of the number. So `!CA,!US` does not match a toll-free number, which
    /// may be in either country, but `!CA` is a possible match. A number without a place, such as a satellite number, is in no
    /// country, so `!US` matches it. A national number without its country code is at most a possible match.
    ///
    /// Emergency numbers and N11 never match, not even with negated patterns.
    pub fn test(&self, place: &Place) -> Option<Certainty> {
        if place.kind() == NumberKind::Service {
            return None;
        }
        let codes = if place.codes().is_empty() { &[""][..] } else { place.codes() };
        let found = Certainty::of(codes, |code| self.covers(place, code))?;
        Some(if place.kind() == NumberKind::Unknown { Certainty::Possible } else { found })
    }

    fn covers(&self, place: &Place, code: &str) -> bool {
        self.0.matches(|pattern| pattern.covers(place, code))
    }

    /// Returns the list in words: `Florida or toll-free numbers`, `anywhere except Canada`.
    pub(crate) fn phrase(&self) -> String {
        self.0.phrase("anywhere", |pattern| pattern.label())
    }

    /// Returns the codes of the places in the list, including negated ones, but not groups.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.0.all().filter_map(|pattern| match pattern {
            PlacePattern::Place(code) => Some(*code),
            PlacePattern::Subdivisions(_) | PlacePattern::Group(_) => None,
        })
    }

    /// Returns the countries in the list that have the same two letters as a state or province, with that place: `CA` with
    /// `US-CA`, `NL` with `CA-NL`. A linter warns of these.
    pub fn easily_mistaken(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.codes().filter(|code| code.len() == 2).filter_map(|code| Some((code, namesake(code)?)))
    }
}

impl PlacePattern {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let upper = text.to_uppercase().replace([' ', '_'], "-");
        if let Some(group) = PlaceGroup::ALL.into_iter().find(|group| group.as_str().eq_ignore_ascii_case(&upper)) {
            return Ok(Self::Group(group));
        }
        if let Some(country) = upper.strip_suffix("-*") {
            return match (SUBDIVIDED.into_iter().find(|known| *known == country), known_place("", country)) {
                (Some(country), _) => Ok(Self::Subdivisions(country)),
                (None, Some(country)) => Err(ValueError::from(format!(
                    "{text:?} cannot be used: only numbers of CA and US show their province or state; write {country}"
                ))),
                (None, None) => Err(unknown(text)),
            };
        }
        if let Some(code) = known_place("", &upper) {
            return Ok(Self::Place(code));
        }
        if let Some(country) = country_named(text)? {
            return Ok(Self::Place(country));
        }
        let Some((country, subdivision)) = upper.split_once('-') else { return Err(unknown(text)) };
        match (country, known_place("", subdivision)) {
            ("US", Some(code)) if is_us_territory(code) => Ok(Self::Place(code)),
            _ => match known_place("", country) {
                Some(country) if country.len() == 2 && !SUBDIVIDED.contains(&country) => {
                    Err(ValueError::from(format!(
                        "{text:?} cannot be used: only numbers of CA and US show their province or state; write {country}"
                    )))
                }
                _ => Err(unknown(text)),
            },
        }
    }

    fn label(self) -> String {
        match self {
            Self::Place(code) => place_label(code),
            Self::Subdivisions("US") => "the US states and DC".to_owned(),
            Self::Subdivisions("CA") => "the provinces and territories of Canada".to_owned(),
            Self::Subdivisions(country) => format!("{country}-*"),
            Self::Group(group) => group.label().to_owned(),
        }
    }

    fn covers(self, place: &Place, code: &str) -> bool {
        match self {
            Self::Place(wanted) => code == wanted || is_within(code, wanted),
            Self::Subdivisions(country) => code.strip_prefix(country).is_some_and(|rest| rest.starts_with('-')),
            Self::Group(PlaceGroup::Caribbean) => CARIBBEAN.contains(&code),
            Self::Group(PlaceGroup::International) => !place.is_nanp() && place.kind() != NumberKind::ShortCode,
            Self::Group(PlaceGroup::NonGeographic) => place.kind().is_non_geographic(),
            Self::Group(PlaceGroup::Personal) => place.kind() == NumberKind::Personal,
            Self::Group(PlaceGroup::Premium) => place.kind() == NumberKind::Premium,
            Self::Group(PlaceGroup::Satellite) => place.kind() == NumberKind::Satellite,
            Self::Group(PlaceGroup::TollFree) => place.kind() == NumberKind::TollFree,
            Self::Group(PlaceGroup::UsTerritories) => is_us_territory(code),
        }
    }
}

impl fmt::Display for PlacePatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PlacePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(code) => f.write_str(code),
            Self::Subdivisions(country) => write!(f, "{country}-*"),
            Self::Group(group) => f.write_str(group.as_str()),
        }
    }
}

/// Returns the table's own copy of a code, given a prefix and the rest.
fn known_place(prefix: &str, rest: &str) -> Option<&'static str> {
    let mut codes = PLACES.iter().map(|(code, _)| *code);
    codes.find(|code| code.strip_prefix(prefix) == Some(rest))
}

/// Returns the country with this name, or an error if a state or province has the same name.
fn country_named(name: &str) -> Result<Option<&'static str>, ValueError> {
    let named: Vec<&'static str> =
        PLACES.iter().filter(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(code, _)| *code).collect();
    match named.as_slice() {
        [code] if code.len() == 2 => Ok(Some(code)),
        [_, _, ..] => Err(format!("{name:?} is the name of several places; write {}", named.join(" or ")).into()),
        _ => Ok(None),
    }
}

/// Returns the state or province with the same two letters as a country, or the country with those of a state or province.
///
/// ```
/// use precall::place::namesake;
///
/// assert_eq!((namesake("CA"), namesake("US-CA")), (Some("US-CA"), Some("CA")));
/// assert_eq!((namesake("US-FL"), namesake("GB")), (None, None));
/// ```
pub fn namesake(code: &str) -> Option<&'static str> {
    match code.split_once('-') {
        None => within_us_or_canada(code),
        Some(("US" | "CA", letters)) => known_place("", letters),
        Some(_) => None,
    }
}

/// Returns the state or province with these two letters.
fn within_us_or_canada(letters: &str) -> Option<&'static str> {
    known_place("US-", letters).or_else(|| known_place("CA-", letters))
}

/// Returns the place that a word in an attribute about places means. If it is about states, two letters are those of a state or
/// province before those of a country.
pub(crate) fn place_of_word(text: &str, is_about_states: bool) -> Option<&'static str> {
    let upper = text.to_uppercase().replace([' ', '_'], "-");
    let named = || {
        let is_named = |(code, name): &&(&'static str, &str)| code.len() > 2 && name.eq_ignore_ascii_case(text);
        PLACES.iter().find(is_named).map(|(code, _)| *code)
    };
    let state = || within_us_or_canada(&upper).or_else(named).filter(|_| is_about_states);
    let is_short = text.len() <= MAX_MISSPELT;
    state().or_else(|| known_place("", &upper)).or_else(|| meant(text).filter(|_| is_short))
}

fn unknown(text: &str) -> ValueError {
    let advice = match meant(text) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "write an ISO 3166 code such as US-FL, CA-ON or JM".to_owned(),
    };
    ValueError::from(format!("{text:?} is not a known place or group; {advice}"))
}

/// Returns the place that a text probably means: another name, the two letters of a state, or a misspelling.
fn meant(text: &str) -> Option<&'static str> {
    let upper = text.trim_end_matches("-*").to_uppercase();
    let other = OTHER_WORDS.iter().find(|(word, _)| *word == upper).map(|(_, known)| *known);
    let named = || PLACES.iter().find(|(_, name)| name.to_uppercase() == upper).map(|(code, _)| *code);
    let lettered = || within_us_or_canada(&upper);
    let codes = || PLACES.iter().map(|(code, _)| (*code, *code));
    let names = || PLACES.iter().map(|(code, name)| (*name, *code));
    let groups = || PlaceGroup::ALL.into_iter().map(|group| (group.as_str(), group.as_str()));
    let misspelt = || {
        let known = groups().chain(names()).chain(codes());
        let slips = known.map(|(word, code)| (strsim::damerau_levenshtein(&word.to_uppercase(), &upper), word, code));
        let near = slips.filter(|(slips, word, _)| *slips <= if word.len() < 6 { 1 } else { 2 });
        near.min_by_key(|(slips, ..)| *slips).map(|(.., code)| code)
    };
    let misspelt = || (3..=MAX_MISSPELT).contains(&upper.len()).then(misspelt).flatten();
    other.or_else(named).or_else(lettered).or_else(misspelt)
}
