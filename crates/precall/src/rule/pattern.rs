//! Patterns for the numbers of a call: `+1315*`, `+13150000000`, `anonymous`, lists, `!`.

use std::fmt;

use crate::number::{self, Number};

/// Fewest digits of a pattern that is meant for one number; emergency and service codes aside.
const SHORTEST_NUMBER: usize = 7;

/// A list of patterns: any of the plain ones and none of the negated ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    any_of: Vec<Pattern>,
    none_of: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Any,
    /// `+` and at least no digit
    Prefix(Box<str>),
    Exact(Number),
    /// A withheld or absent number.
    Withheld,
}

/// How closely a number was matched; greater is closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// By `*`, or by not being excluded.
    Any,
    /// By a prefix of so many digits.
    Prefix(u8),
    /// By the number itself.
    Exact,
}

impl Match {
    pub(super) fn prefix_digits(self) -> u8 {
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
    /// What is wrong with the first pattern that cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut patterns = Self::default();
        let tokens = texts.into_iter().flat_map(|text| text.split(','));
        for token in tokens.map(|token| token.trim().trim_start_matches('\'').trim()).filter(|token| !token.is_empty())
        {
            match token.strip_prefix('!') {
                Some(negated) => patterns.none_of.push(Pattern::parse(negated.trim())?),
                None => patterns.any_of.push(Pattern::parse(token)?),
            }
        }
        if patterns.any_of.is_empty() && patterns.none_of.is_empty() {
            return Err("empty; remove the attribute, or write a pattern such as +1315*".to_owned());
        }
        Ok(patterns)
    }

    /// The prefixes among them, `+` and digits, negated ones too.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.all().filter_map(|pattern| if let Pattern::Prefix(prefix) = pattern { Some(&**prefix) } else { None })
    }

    /// The numbers among them, negated ones too.
    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        self.all().filter_map(|pattern| if let Pattern::Exact(number) = pattern { Some(number) } else { None })
    }

    fn all(&self) -> impl Iterator<Item = &Pattern> {
        self.any_of.iter().chain(&self.none_of)
    }

    /// How the patterns cover a number (`None`: withheld); `None` when they do not.
    pub fn test(&self, number: Option<&Number>) -> Option<Match> {
        if self.none_of.iter().any(|pattern| pattern.test(number).is_some()) {
            return None;
        }
        if self.any_of.is_empty() {
            return Some(Match::Any);
        }
        self.any_of.iter().filter_map(|pattern| pattern.test(number)).max()
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let Some(prefix) = text.strip_suffix('*') else {
            return if !text.is_empty() && number::is_withheld(text) { Ok(Self::Withheld) } else { Self::exact(text) };
        };
        match number::prefix_from_typed(prefix) {
            Ok(prefix) => Ok(Self::Prefix(prefix.into())),
            Err(_) => Err(format!("{text:?} is not a prefix; write + and the country code first, such as +1315*")),
        }
    }

    fn exact(text: &str) -> Result<Self, String> {
        let number = Number::from_typed(text).map_err(|error| format!("{text:?} is {error}"))?;
        // Shorter than any number but 911 and its like: a prefix whose star was forgotten.
        if number.as_str().len() > 3 && number.as_str().trim_start_matches('+').len() < SHORTEST_NUMBER {
            return Err(format!("{text:?} is too short for a number; write +1315* for all that begin with it"));
        }
        Ok(Self::Exact(number))
    }

    fn test(&self, number: Option<&Number>) -> Option<Match> {
        match (self, number) {
            (Self::Any, _) => Some(Match::Any),
            (Self::Withheld, None) => Some(Match::Exact),
            (Self::Exact(exact), Some(number)) if exact == number => Some(Match::Exact),
            (Self::Prefix(prefix), Some(number)) if number.as_str().starts_with(&**prefix) => {
                Some(Match::Prefix(u8::try_from(prefix.len().saturating_sub(1)).unwrap_or(u8::MAX)))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.any_of.iter().map(|pattern| ("", pattern));
        let negated = self.none_of.iter().map(|pattern| ("!", pattern));
        for (i, (sign, pattern)) in plain.chain(negated).enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match pattern {
                Pattern::Any => write!(f, "{comma}{sign}*")?,
                Pattern::Prefix(prefix) => write!(f, "{comma}{sign}{prefix}*")?,
                Pattern::Exact(number) => write!(f, "{comma}{sign}{number}")?,
                Pattern::Withheld => write!(f, "{comma}{sign}anonymous")?,
            }
        }
        Ok(())
    }
}
