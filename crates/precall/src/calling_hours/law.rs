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
    /// `us-debt-automated`: calls there by a machine to collect a debt. It has all rows of `us-debt`, and those for machines.
    UsDebtAutomated,
    /// `ca`: sales calls to Canada.
    Ca,
    /// `ca-debt`: calls to collect a debt there.
    CaDebt,
    /// `ca-automated`: sales calls there by a machine. It has all rows of `ca`, and those for machines.
    CaAutomated,
}

impl Law {
    /// Every law.
    pub const ALL: [Self; 7] =
        [Self::Us, Self::UsDebt, Self::UsAutomated, Self::UsDebtAutomated, Self::Ca, Self::CaDebt, Self::CaAutomated];

    /// Returns the name in a rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::UsDebt => "us-debt",
            Self::UsAutomated => "us-automated",
            Self::UsDebtAutomated => "us-debt-automated",
            Self::Ca => "ca",
            Self::CaDebt => "ca-debt",
            Self::CaAutomated => "ca-automated",
        }
    }

    /// Returns the position in [`Law::ALL`].
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Us => 0,
            Self::UsDebt => 1,
            Self::UsAutomated => 2,
            Self::UsDebtAutomated => 3,
            Self::Ca => 4,
            Self::CaDebt => 5,
            Self::CaAutomated => 6,
        }
    }

    /// Returns the regime of the law's strictest rows, which an operator's row for the law replaces.
    pub fn regime(self) -> Regime {
        match self {
            Self::Us | Self::Ca => Regime::Sales,
            Self::UsDebt | Self::CaDebt => Regime::Debt,
            Self::UsAutomated | Self::UsDebtAutomated | Self::CaAutomated => Regime::Automated,
        }
    }

    /// Returns the country in which the law applies.
    pub fn country(self) -> &'static str {
        match self {
            Self::Us | Self::UsDebt | Self::UsAutomated | Self::UsDebtAutomated => "US",
            Self::Ca | Self::CaDebt | Self::CaAutomated => "CA",
        }
    }

    /// Returns the calls to which the law applies, for a person.
    pub fn calls(self) -> &'static str {
        match self {
            Self::Us => "sales calls to the United States",
            Self::UsDebt => "debt collection calls to the United States",
            Self::UsAutomated => "automated sales calls to the United States",
            Self::UsDebtAutomated => "automated debt collection calls to the United States",
            Self::Ca => "sales calls to Canada",
            Self::CaDebt => "debt collection calls to Canada",
            Self::CaAutomated => "automated sales calls to Canada",
        }
    }

    /// Returns all regimes with rows of the law.
    pub fn regimes(self) -> &'static [Regime] {
        match self {
            Self::Us | Self::Ca => &[Regime::Sales],
            Self::UsDebt | Self::CaDebt => &[Regime::Debt],
            Self::UsAutomated | Self::CaAutomated => &[Regime::Sales, Regime::Automated],
            Self::UsDebtAutomated => &[Regime::Debt, Regime::Automated],
        }
    }

    /// Returns true if the law has all rows of another one, so that it allows no call that the other one prohibits.
    ///
    /// ```
    /// use precall::calling_hours::Law;
    ///
    /// assert!(Law::UsAutomated.includes(Law::Us));
    /// assert!(!Law::Us.includes(Law::UsAutomated));
    /// ```
    pub fn includes(self, other: Self) -> bool {
        let has = |regime: &Regime| self.regimes().contains(regime);
        self.country() == other.country() && other.regimes().iter().all(has)
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
        f.write_str(
            "not a law that is known; write us, us-debt, us-automated, us-debt-automated, ca, ca-debt or ca-automated",
        )
    }
}

impl std::error::Error for UnknownLaw {}

impl FromStr for Law {
    type Err = UnknownLaw;

    fn from_str(text: &str) -> Result<Self, UnknownLaw> {
        Self::ALL.into_iter().find(|law| law.name().eq_ignore_ascii_case(text.trim())).ok_or(UnknownLaw)
    }
}
