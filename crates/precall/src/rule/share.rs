//! Shares of calls: `percent`, and the weights of several targets. The same pair of numbers is always in the same share.

use std::collections::HashSet;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::number::Number;

/// The number of parts of 100 %.
const PARTS: u64 = 10_000;

/// A share of calls, in hundredths of a per cent.
///
/// ```
/// assert_eq!(precall::rule::Percent::parse("2.5%").unwrap().to_string(), "2.50 %");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u16);

impl Percent {
    /// Reads 0 to 100, with at most two decimals other than trailing zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('%').unwrap_or(text).trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || fraction.len() > 2 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let parts =
            whole.parse::<u16>().ok()?.checked_mul(100)?.checked_add(format!("{fraction:0<2}").parse().ok()?)?;
        (u64::from(parts) <= PARTS).then_some(Self(parts))
    }

    /// Returns true for 100 %, which every call is in.
    pub fn is_all(self) -> bool {
        u64::from(self.0) == PARTS
    }

    /// Returns true for 0 %, which no call is in.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Returns true if a call is in a rule's share.
    pub fn covers(self, rule: &str, call: &Call) -> bool {
        lot(rule, call, "") % PARTS < u64::from(self.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{} %", self.0 / 100),
            fraction => write!(f, "{}.{fraction:02} %", self.0 / 100),
        }
    }
}

/// The numbers to which a redirect may go: one, or several with weights.
///
/// ```
/// use precall::Number;
/// use precall::rule::Targets;
///
/// let number = Number::from_typed("+13605550112").unwrap();
/// let targets = Targets::new(vec![(number.clone(), 1)]).unwrap();
/// assert_eq!(targets.numbers().collect::<Vec<_>>(), [&number]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    first: Number,
    /// All targets with their weights, including the first one; empty if there is only one target.
    weighted: Vec<(Number, u16)>,
}

impl Targets {
    /// The greatest weight.
    pub const MAX_WEIGHT: u16 = 1_000;

    /// Returns targets with their weights. It returns `None` if no weight is above 0, if a weight is above
    /// [`Targets::MAX_WEIGHT`], or if a number is not in E.164 or is there twice.
    pub fn new(weighted: Vec<(Number, u16)>) -> Option<Self> {
        let numbers: HashSet<&Number> = weighted.iter().map(|(number, _)| number).collect();
        let is_valid = |(number, weight): &(Number, u16)| number.is_e164() && *weight <= Self::MAX_WEIGHT;
        if numbers.len() < weighted.len() || !weighted.iter().all(is_valid) {
            return None;
        }
        let (first, _) = weighted.iter().find(|(_, weight)| *weight > 0)?;
        Some(Self { first: first.clone(), weighted: if weighted.len() > 1 { weighted } else { Vec::new() } })
    }

    /// Returns the target of a call.
    pub fn choose(&self, rule: &str, call: &Call) -> &Number {
        let sum: u64 = self.weighted.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if sum == 0 {
            return &self.first;
        }
        let mut left = lot(rule, call, "|target") % sum;
        for (number, weight) in &self.weighted {
            match left.checked_sub(u64::from(*weight)) {
                None => return number,
                Some(rest) => left = rest,
            }
        }
        &self.first
    }

    /// Returns the numbers with their weights; empty if there is only one number.
    pub(super) fn weighted(&self) -> &[(Number, u16)] {
        &self.weighted
    }

    /// Returns every number to which a call may go.
    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        let only = self.weighted.is_empty().then_some(&self.first);
        only.into_iter().chain(self.weighted.iter().filter(|(_, weight)| *weight > 0).map(|(number, _)| number))
    }
}

/// Computes a number from the rule's name and the pair of numbers.
fn lot(rule: &str, call: &Call, purpose: &str) -> u64 {
    let from = call.from.as_ref().map_or("anonymous", Number::as_str);
    let mut hash = Sha256::new();
    for part in [rule, "|", from, "|", call.to.as_str(), purpose] {
        hash.update(part);
    }
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
