//! The laws that the attribute `calling_hours` of a rule can name.

use std::fmt;
use std::str::FromStr;

use super::row::Regime;

/// A law, identified by its name in the attribute `calling_hours` of a rule.
///
/// ```
/// use precall::calling_hours::Law;
///
/// assert_eq!("us-debt".parse(), Ok(Law::UsDebt));
/// assert_eq!(Law::UsDebt.country(), "US");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// `us`: sales calls to the United States and their territories.
    Us,
    /// `us-debt`: calls to collect a debt there.
    UsDebt,
    /// `us-automated`: sales calls there by a machine. It has all rows of `us`, and the stricter rows for machines.
    UsAutomated,
    /// `ca`: sales calls to Canada.
    Ca,
}

impl Law {
    /// Every law.
    pub const ALL: [Self; 4] = [Self::Us, Self::UsDebt, Self::UsAutomated, Self::Ca];

    /// Returns the name in a rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::UsDebt => "us-debt",
            Self::UsAutomated => "us-automated",
            Self::Ca => "ca",
        }
    }

    /// Returns the position in [`Law::ALL`].
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Us => 0,
            Self::UsDebt => 1,
            Self::UsAutomated => 2,
            Self::Ca => 3,
        }
    }

    /// Returns the regime of the rows that only this law has.
    pub fn regime(self) -> Regime {
        match self {
            Self::Us | Self::Ca => Regime::Sales,
            Self::UsDebt => Regime::Debt,
            Self::UsAutomated => Regime::Automated,
        }
    }

    /// Returns the country in which the law applies.
    pub fn country(self) -> &'static str {
        match self {
            Self::Us | Self::UsDebt | Self::UsAutomated => "US",
            Self::Ca => "CA",
        }
    }

    /// Returns the calls to which the law applies, for a person.
    pub fn calls(self) -> &'static str {
        match self {
            Self::Us => "sales calls to the United States",
            Self::UsDebt => "debt collection calls to the United States",
            Self::UsAutomated => "automated sales calls to the United States",
            Self::Ca => "sales calls to Canada",
        }
    }

    /// Returns all regimes with rows of the law.
    pub fn regimes(self) -> &'static [Regime] {
        match self {
            Self::Us | Self::Ca => &[Regime::Sales],
            Self::UsDebt => &[Regime::Debt],
            Self::UsAutomated => &[Regime::Sales, Regime::Automated],
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error of a name that is not a law.
///
/// ```
/// use precall::calling_hours::{Law, UnknownLaw};
///
/// assert_eq!("uk".parse::<Law>(), Err(UnknownLaw));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLaw;

impl fmt::Display for UnknownLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a law that is known; write us, us-debt, us-automated or ca")
    }
}

impl std::error::Error for UnknownLaw {}

impl FromStr for Law {
    type Err = UnknownLaw;

    fn from_str(text: &str) -> Result<Self, UnknownLaw> {
        Self::ALL.into_iter().find(|law| law.name().eq_ignore_ascii_case(text.trim())).ok_or(UnknownLaw)
    }
}
