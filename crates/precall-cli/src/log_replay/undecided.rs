//! The reasons for which a call is not decided.

use std::error::Error;
use std::fmt;

/// The reason for which a call is not decided: the log does not show something that the decision depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    /// The decision in the log is unknown, for this cause.
    UnknownInLog(Box<str>),
    /// The log has a number's hash only.
    HiddenNumber,
    /// All digits of a number are masked.
    NoDigits,
    /// Rules name numbers with these visible digits, and there is no hash to compare.
    NamedNumbers(String),
    /// Numbers with these visible digits belong to too many classes.
    TooManyClasses(String),
    /// The callee and the caller have too many candidates together.
    TooManyPairs,
    /// Rules name all candidates, and the number is none of these.
    NoCandidate,
    /// The candidates have different decisions.
    HiddenDigits,
    /// A rule is for a share of calls.
    Share,
    /// A redirect has several targets.
    SeveralTargets,
    /// A cap counts calls by numbers that look the same in the log.
    CapNumbers,
    /// A cap counts an earlier call that was not decided.
    EarlierCall,
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownInLog(cause) => write!(f, "the decision in the log is unknown: {cause}"),
            Self::HiddenNumber => f.write_str("the log hides the number"),
            Self::NoDigits => f.write_str("the log shows no digit of the number"),
            Self::NamedNumbers(visible) => write!(
                f,
                "rules name numbers that begin with {visible}; without the key of the log's hashes, they cannot be \
                 matched with masked numbers"
            ),
            Self::TooManyClasses(visible) => {
                write!(f, "numbers that begin with {visible} may be in too many places")
            }
            Self::TooManyPairs => f.write_str("the hidden digits may be in too many places"),
            Self::NoCandidate => f.write_str("rules name every number that the masked number may be"),
            Self::HiddenDigits => f.write_str("the decision depends on digits that the log hides"),
            Self::Share => f.write_str("a rule is for a share of calls, which depends on all digits"),
            Self::SeveralTargets => {
                f.write_str("a redirect has several targets, and all digits decide which one is dialled")
            }
            Self::CapNumbers => f.write_str("a cap counts calls by numbers that the log does not tell apart"),
            Self::EarlierCall => f.write_str("a cap counts an earlier call that was not decided"),
        }
    }
}

impl Error for Undecided {}
