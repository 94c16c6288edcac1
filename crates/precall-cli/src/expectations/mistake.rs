//! The faults of a line.

use std::error::Error;
use std::fmt;

use precall::number::NumberError;

use crate::call_time::InstantError;

/// A line that cannot be read.
#[derive(Debug)]
pub struct LineMistake {
    /// The number of the line, from 1 on.
    pub line: usize,
    pub fault: LineFault,
}

/// `12: "Someday" is not a day`
impl fmt::Display for LineMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.fault)
    }
}

impl Error for LineMistake {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.fault)
    }
}

/// The fault of a line.
#[derive(Debug)]
pub enum LineFault {
    /// The line ends before this part.
    Ends(&'static str),
    /// A word that cannot be read as the wanted part.
    NotThis { word: String, wanted: &'static str },
    /// A word that is not a number.
    Number { word: String, source: NumberError },
    /// A word that is not a count up to this one.
    Count { word: String, max: u16 },
    /// A word that begins no part of a call.
    UnknownPart(String),
    /// A word that begins a part for the second time.
    Repeated(String),
    /// A time zone without a day and a time.
    ZoneWithoutTime,
    /// A count without the word `calls`.
    CallsMissing,
    /// A rule that is expected to make an unknown decision.
    RuleOfUnknown,
    /// A day without a time.
    NoTime(String),
    /// `by` at the end of the line.
    NoRule,
    /// A word after the end of the line.
    Leftover(String),
    /// A time without an instant.
    Time(InstantError),
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(missing) => write!(f, "the line ends before {missing}"),
            Self::NotThis { word, wanted } => write!(f, "{word:?} is not {wanted}"),
            Self::Number { word, source } => write!(f, "{word:?} is {source}"),
            Self::Count { word, max } => write!(f, "{word:?} is not a count up to {max}; write: after 3 calls"),
            Self::UnknownPart(word) => write!(
                f,
                "{word:?} is none of from, client, at, on, in, after, is; write for example: \
                 +13155550100 on Sunday 14:00 is REJECT"
            ),
            Self::Repeated(word) => write!(f, "{word:?} sets a part of the call for the second time; keep one"),
            Self::ZoneWithoutTime => write!(f, "`in` and a time zone belong after `on`, a day and a time"),
            Self::CallsMissing => write!(f, "`calls` belongs after the count; write: after 3 calls in the last 2h"),
            Self::RuleOfUnknown => write!(f, "no rule makes a decision that is UNKNOWN; leave out `by`"),
            Self::NoTime(day) => {
                write!(f, "there is no time after {:?}; write one, such as on {day} 14:00", format!("on {day}"))
            }
            Self::NoRule => f.write_str("the line ends after `by`; write the name of a rule, or default"),
            Self::Leftover(word) => write!(f, "{word:?} is not part of the line; see `precall help test`"),
            Self::Time(error) => error.fmt(f),
        }
    }
}

impl Error for LineFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Number { source, .. } => Some(source),
            Self::Time(error) => Some(error),
            _ => None,
        }
    }
}
