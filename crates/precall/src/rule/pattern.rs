//! Patterns for the numbers of a call: `+1315*`, `+13150000000`, `anonymous`, lists, `!`.

use std::fmt;

use crate::number::{self, Number, NumberRepair};
use crate::selection::Selection;
use crate::value_error::ValueError;

/// The smallest number of digits of a pattern for one number, except for emergency and service codes.
const MIN_NUMBER_DIGITS: usize = 7;

/// A list of patterns. A number must match any of the plain ones, and none of the negated ones.
///
/// ```
/// use precall::Number;
/// use precall::rule::{NumberMatch, Patterns};
///
/// let patterns = Patterns::parse(["+1315*, !+13155550100"])?;
/// let number = Number::from_typed("+13155550101").unwrap();
/// assert_eq!(patterns.test(Some(&number)), Some(NumberMatch::Prefix(4)));
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns(Selection<NumberPattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum NumberPattern {
    Any,
    /// `+` and any digits
    Prefix(Box<str>),
    Exact(Number),
    /// A withheld or absent number.
    Withheld,
}

/// How closely a pattern matches a number. The greater value is closer.
///
/// ```
/// use precall::rule::NumberMatch;
///
/// assert!(NumberMatch::Exact > NumberMatch::Prefix(11));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberMatch {
    /// By `*`, or because no pattern excludes the number.
    Any,
    /// By a prefix of this many digits.
    Prefix(u8),
    /// By the number itself.
    Exact,
}

impl NumberMatch {
    pub(crate) fn prefix_digits(self) -> u8 {
        match self {
            Self::Prefix(digits) => digits,
            Self::Any | Self::Exact => 0,
        }
    }
}

impl Patterns {
    /// Reads a comma list, or the elements of a set.
    ///
    /// # Errors
    /// Describes the first pattern that cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ValueError> {
        Self::read(texts, false).map(|(patterns, _)| patterns)
    }

    /// Reads patterns, and describes the parts of them that were left out. In patterns of callers, digits that stand for a withheld
    /// number are read as `anonymous`.
    pub(crate) fn read<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        are_callers: bool,
    ) -> Result<(Self, Vec<String>), ValueError> {
        let mut repairs = Vec::new();
        let patterns = Selection::parse(texts, |text| NumberPattern::parse(text, are_callers, &mut repairs))?;
        if patterns.is_empty() {
            return Err("empty; remove the attribute, or write a pattern such as +1315*".into());
        }
        Ok((Self(patterns), repairs))
    }

    /// Returns the prefixes (`+` and digits), including negated ones.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.0
            .all()
            .filter_map(|pattern| if let NumberPattern::Prefix(prefix) = pattern { Some(&**prefix) } else { None })
    }

    /// Returns the patterns in words: `+1900*, except +19005550123`. `noun` is a number or a caller. `None` if there are none.
    pub(super) fn phrase(&self, noun: &str) -> Option<String> {
        let show = |pattern: &NumberPattern| match pattern {
            NumberPattern::Any => format!("any {noun}"),
            NumberPattern::Withheld => "withheld numbers".to_owned(),
            NumberPattern::Prefix(_) | NumberPattern::Exact(_) => pattern.to_string(),
        };
        (!self.0.is_empty()).then(|| self.0.phrase(&format!("all {noun}s"), show))
    }

    /// Returns the prefixes if there is nothing else: no number, no `*`, no `!`.
    pub(crate) fn only_prefixes(&self) -> Option<Vec<&str>> {
        let is_prefix = |pattern: &NumberPattern| matches!(pattern, NumberPattern::Prefix(_));
        (self.0.none_of.is_empty() && self.0.any_of.iter().all(is_prefix)).then(|| self.prefixes().collect())
    }

    /// Returns the exact numbers, including negated ones.
    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        self.0.all().filter_map(|pattern| if let NumberPattern::Exact(number) = pattern { Some(number) } else { None })
    }

    /// Returns true if the patterns match every number: there are none, or only `*`.
    ///
    /// ```
    /// use precall::rule::Patterns;
    ///
    /// assert!(Patterns::parse(["*"])?.match_all() && !Patterns::parse(["*, !anonymous"])?.match_all());
    /// # Ok::<(), precall::ValueError>(())
    /// ```
    pub fn match_all(&self) -> bool {
        let any_of = &self.0.any_of;
        self.0.none_of.is_empty() && (any_of.is_empty() || any_of.contains(&NumberPattern::Any))
    }

    /// Returns true if a negated pattern covers each plain one, so that no number matches.
    ///
    /// ```
    /// use precall::rule::Patterns;
    ///
    /// assert!(Patterns::parse(["+1404*, !+1*"])?.match_none() && !Patterns::parse(["+1*, !+1404*"])?.match_none());
    /// # Ok::<(), precall::ValueError>(())
    /// ```
    pub fn match_none(&self) -> bool {
        let is_negated = |plain: &NumberPattern| self.0.none_of.iter().any(|negated| negated.covers(plain));
        if self.0.any_of.is_empty() { is_negated(&NumberPattern::Any) } else { self.0.any_of.iter().all(is_negated) }
    }

    /// Returns how closely the patterns match a number (`None`: withheld), or `None` if they do not.
    pub fn test(&self, number: Option<&Number>) -> Option<NumberMatch> {
        if self.0.none_of.iter().any(|pattern| pattern.test(number).is_some()) {
            return None;
        }
        if self.0.any_of.is_empty() {
            return Some(NumberMatch::Any);
        }
        self.0.any_of.iter().filter_map(|pattern| pattern.test(number)).max()
    }
}

impl NumberPattern {
    fn parse(text: &str, is_caller: bool, repairs: &mut Vec<String>) -> Result<Self, ValueError> {
        let plain = number::plain_text(text);
        if plain == "*" {
            return Ok(Self::Any);
        }
        if plain.len() > 1 && plain.starts_with('-') {
            let rest = plain.trim_start_matches(['-', ' ']);
            return Err(
                format!("{text:?} begins with a minus; write {rest}, or !{rest} to exclude these numbers").into()
            );
        }
        let mut repaired = |repair: NumberRepair| repairs.push(format!("{text:?}: {repair}"));
        let Some(prefix) = plain.strip_suffix('*') else {
            let is_withheld =
                !plain.is_empty() && number::is_withheld_word(text) || is_caller && number::is_withheld_number(text);
            return if is_withheld { Ok(Self::Withheld) } else { Self::exact(text, repaired) };
        };
        match number::prefix_from_typed(prefix) {
            Ok((prefix, is_doubled)) => {
                if is_doubled {
                    repaired(NumberRepair::DoubledCountryCode);
                }
                Ok(Self::Prefix(prefix.into()))
            }
            Err(_) => {
                Err(format!("{text:?} is not a prefix; write + and the country code first, such as +1315*").into())
            }
        }
    }

    fn exact(text: &str, repaired: impl FnMut(NumberRepair)) -> Result<Self, ValueError> {
        let read = Number::read(text).map_err(|error| format!("{text:?} is {error}"))?;
        read.repairs.into_iter().for_each(repaired);
        let number = read.number;
        // Only emergency and service codes are that short, so the `*` of a prefix is missing.
        if number.as_str().len() > 3 && number.as_str().trim_start_matches('+').len() < MIN_NUMBER_DIGITS {
            return Err(format!("{text:?} is too short for a number; write +1315* for all that begin with it").into());
        }
        Ok(Self::Exact(number))
    }

    /// Returns true if every number that matches another pattern matches this one.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Prefix(own), Self::Prefix(other)) => other.starts_with(&**own),
            (Self::Prefix(own), Self::Exact(other)) => other.as_str().starts_with(&**own),
            _ => self == other,
        }
    }

    fn test(&self, number: Option<&Number>) -> Option<NumberMatch> {
        match (self, number) {
            (Self::Any, _) => Some(NumberMatch::Any),
            (Self::Withheld, None) => Some(NumberMatch::Exact),
            (Self::Exact(exact), Some(number)) if exact == number => Some(NumberMatch::Exact),
            (Self::Prefix(prefix), Some(number)) if number.as_str().starts_with(&**prefix) => {
                Some(NumberMatch::Prefix(u8::try_from(prefix.len().saturating_sub(1)).unwrap_or(u8::MAX)))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for NumberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Exact(number) => number.fmt(f),
            Self::Withheld => f.write_str("anonymous"),
        }
    }
}
