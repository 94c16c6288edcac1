//! An operator's words for places: `US-FL`, `US-*`, `CA`, `caribbean`, lists, `!`.

use std::fmt;

use super::places::{Kind, Place, is_us_territory, is_within};
use super::tables::PLACES;

/// A list of places and groups: any of the plain ones and none of the negated ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacePatterns {
    any_of: Vec<Pattern>,
    none_of: Vec<Pattern>,
}

/// How surely a number is where the patterns say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceMatch {
    /// In some of the places that the number may be in. Enough to block a call.
    Possible,
    /// In all of them. Needed to allow one.
    Certain,
}

impl PlaceMatch {
    /// All, some or (`None`) none of the codes. Of no codes at all, none.
    pub(super) fn of(codes: &[&str], test: impl Fn(&str) -> bool) -> Option<Self> {
        match codes.iter().filter(|code| test(code)).count() {
            0 => None,
            hits if hits == codes.len() => Some(Self::Certain),
            _ => Some(Self::Possible),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// `US-FL`, `JM`; also `US` and `CA`, which mean all that is in them.
    Place(&'static str),
    /// `US-*`: the states and DC, or the provinces; no territory.
    Subdivisions(&'static str),
    Group(Group),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Caribbean,
    International,
    NonGeographic,
    Personal,
    Premium,
    Satellite,
    TollFree,
    UsTerritories,
}

impl Group {
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
}

/// Countries of +1 other than the US and Canada: they look domestic, and toll fraud goes there.
/// Area codes 242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876.
const CARIBBEAN: [&str; 18] =
    ["AG", "AI", "BB", "BM", "BS", "DM", "DO", "GD", "JM", "KN", "KY", "LC", "MS", "SX", "TC", "TT", "VC", "VG"];

/// Countries whose subdivisions are known.
const SUBDIVIDED: [&str; 2] = ["CA", "US"];

/// What people write for a place or group of another name.
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
    /// - `US-FL`, `CA-ON`, `JM`: one place. Territories of the US by their own code, `PR` or `US-PR`.
    /// - `US`: the states, DC and the territories, and numbers of the US without a state. `CA` likewise.
    /// - `US-*`: the states and DC alone. `CA-*` likewise.
    /// - `toll-free`, `premium` (900), `personal`, `non-geographic` (these and the other numbers of no
    ///   place), `satellite`, `caribbean`, `us-territories`, `international` (not +1).
    ///
    /// `CA` is Canada, `GA` Gabon, `PA` Panama: see [`PlacePatterns::easily_mistaken`].
    ///
    /// # Errors
    /// What is wrong with the first word that cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut patterns = Self::default();
        let words = texts.into_iter().flat_map(|text| text.split(','));
        for word in words.map(|word| word.trim().trim_start_matches('\'').trim()).filter(|word| !word.is_empty()) {
            match word.strip_prefix('!') {
                Some(negated) => patterns.none_of.push(Pattern::parse(negated.trim())?),
                None => patterns.any_of.push(Pattern::parse(word)?),
            }
        }
        if patterns.any_of.is_empty() && patterns.none_of.is_empty() {
            return Err("empty; remove the attribute, or write a place such as US-FL".to_owned());
        }
        Ok(patterns)
    }

    /// How surely a number is where the patterns say; `None` when it is not.
    ///
    /// The whole list is asked for each place that the number may be in, so `!CA,!US` does not match a
    /// toll-free number, which may be either's, while `!CA` possibly does. A number of no place (a
    /// satellite's) is in no country: `!US` matches it. A national number without its country code is
    /// at most a possible match.
    ///
    /// Emergency numbers and N11 are never matched, by negated patterns neither.
    pub fn test(&self, place: &Place) -> Option<PlaceMatch> {
        if place.kind() == Kind::Service {
            return None;
        }
        let codes = if place.codes().is_empty() { &[""][..] } else { place.codes() };
        let found = PlaceMatch::of(codes, |code| self.covers(place, code))?;
        Some(if place.kind() == Kind::Unknown { PlaceMatch::Possible } else { found })
    }

    fn covers(&self, place: &Place, code: &str) -> bool {
        let covers = |pattern: &Pattern| pattern.covers(place, code);
        !self.none_of.iter().any(covers) && (self.any_of.is_empty() || self.any_of.iter().any(covers))
    }

    /// The countries in the list whose two letters are also those of a state or province, with it: `CA`
    /// and `US-CA`, `NL` and `CA-NL`. For whoever checks what an operator wrote.
    pub fn easily_mistaken(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.any_of.iter().chain(&self.none_of).filter_map(|pattern| match pattern {
            Pattern::Place(code) if code.len() == 2 => within_us_or_canada(code).map(|state| (*code, state)),
            _ => None,
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let upper = text.to_uppercase().replace([' ', '_'], "-");
        if let Some(group) = Group::ALL.into_iter().find(|group| group.as_str().eq_ignore_ascii_case(&upper)) {
            return Ok(Self::Group(group));
        }
        if let Some(country) = upper.strip_suffix("-*") {
            return match (SUBDIVIDED.into_iter().find(|known| *known == country), known_place("", country)) {
                (Some(country), _) => Ok(Self::Subdivisions(country)),
                (None, Some(country)) => Err(format!(
                    "{text:?} cannot be told: only CA and US numbers tell their province or state; write {country}"
                )),
                (None, None) => Err(unknown(text)),
            };
        }
        if let Some(code) = known_place("", &upper) {
            return Ok(Self::Place(code));
        }
        let Some((country, subdivision)) = upper.split_once('-') else { return Err(unknown(text)) };
        match (country, known_place("", subdivision)) {
            ("US", Some(code)) if is_us_territory(code) => Ok(Self::Place(code)),
            _ => match known_place("", country) {
                Some(country) if country.len() == 2 && !SUBDIVIDED.contains(&country) => Err(format!(
                    "{text:?} cannot be told: only CA and US numbers tell their province or state; write {country}"
                )),
                _ => Err(unknown(text)),
            },
        }
    }

    fn covers(self, place: &Place, code: &str) -> bool {
        match self {
            Self::Place(wanted) => code == wanted || is_within(code, wanted),
            Self::Subdivisions(country) => code.strip_prefix(country).is_some_and(|rest| rest.starts_with('-')),
            Self::Group(Group::Caribbean) => CARIBBEAN.contains(&code),
            Self::Group(Group::International) => !place.is_nanp() && place.kind() != Kind::ShortCode,
            Self::Group(Group::NonGeographic) => place.kind().is_non_geographic(),
            Self::Group(Group::Personal) => place.kind() == Kind::Personal,
            Self::Group(Group::Premium) => place.kind() == Kind::Premium,
            Self::Group(Group::Satellite) => place.kind() == Kind::Satellite,
            Self::Group(Group::TollFree) => place.kind() == Kind::TollFree,
            Self::Group(Group::UsTerritories) => is_us_territory(code),
        }
    }
}

impl fmt::Display for PlacePatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.any_of.iter().map(|pattern| ("", pattern));
        let negated = self.none_of.iter().map(|pattern| ("!", pattern));
        for (i, (sign, pattern)) in plain.chain(negated).enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match pattern {
                Pattern::Place(code) => write!(f, "{comma}{sign}{code}")?,
                Pattern::Subdivisions(country) => write!(f, "{comma}{sign}{country}-*")?,
                Pattern::Group(group) => write!(f, "{comma}{sign}{}", group.as_str())?,
            }
        }
        Ok(())
    }
}

/// The code as the table has it, of a prefix and its rest.
fn known_place(prefix: &str, rest: &str) -> Option<&'static str> {
    let mut codes = PLACES.iter().map(|(code, _)| *code);
    codes.find(|code| code.strip_prefix(prefix) == Some(rest))
}

/// The state or province of these two letters.
fn within_us_or_canada(letters: &str) -> Option<&'static str> {
    known_place("US-", letters).or_else(|| known_place("CA-", letters))
}

fn unknown(text: &str) -> String {
    match meant(text) {
        Some(meant) => format!("{text:?} is no known place or group; did you mean {meant}?"),
        None => format!("{text:?} is no known place or group; write an ISO 3166 code such as US-FL, CA-ON or JM"),
    }
}

/// A place by another of its names, by a state's two letters, or by a slip of the finger.
fn meant(text: &str) -> Option<&'static str> {
    let upper = text.trim_end_matches("-*").to_uppercase();
    let other = OTHER_WORDS.iter().find(|(word, _)| *word == upper).map(|(_, known)| *known);
    let named = || PLACES.iter().find(|(_, name)| name.to_uppercase() == upper).map(|(code, _)| *code);
    let lettered = || within_us_or_canada(&upper);
    let codes = || PLACES.iter().map(|(code, _)| (*code, *code));
    let names = || PLACES.iter().map(|(code, name)| (*name, *code));
    let groups = || Group::ALL.into_iter().map(|group| (group.as_str(), group.as_str()));
    let misspelt = || {
        let known = groups().chain(names()).chain(codes());
        let slips = known.map(|(word, code)| (strsim::damerau_levenshtein(&word.to_uppercase(), &upper), word, code));
        let near = slips.filter(|(slips, word, _)| *slips <= if word.len() < 6 { 1 } else { 2 });
        near.filter(|_| upper.len() > 2).min_by_key(|(slips, ..)| *slips).map(|(.., code)| code)
    };
    other.or_else(named).or_else(lettered).or_else(misspelt)
}
