//! Shares of calls: `percent`, and the weights of several targets. The same pair of numbers always falls
//! into the same share.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::evaluation::evaluate::Call;
use crate::number::Number;

/// Parts of a hundred per cent that are told apart.
const PARTS: u64 = 10_000;

/// A share of calls, in hundredths of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u16);

impl Percent {
    /// Reads 0 to 100, with at most two decimals that are not zero.
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

    /// Whether a call falls into a rule's share.
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

/// The numbers that a redirect may go to: one, or several with weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    first: Number,
    /// All with their weights, the first included; empty when it is the only one.
    weighted: Vec<(Number, u16)>,
}

impl Targets {
    /// The greatest weight.
    pub const MOST: u16 = 1_000;

    /// Targets with their weights; `None` when none has any weight.
    pub fn new(weighted: Vec<(Number, u16)>) -> Option<Self> {
        let (first, _) = weighted.iter().find(|(_, weight)| *weight > 0)?;
        Some(Self { first: first.clone(), weighted: if weighted.len() > 1 { weighted } else { Vec::new() } })
    }

    /// The target of a call.
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

    /// Every number that a call may be sent to.
    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        let only = self.weighted.is_empty().then_some(&self.first);
        only.into_iter().chain(self.weighted.iter().filter(|(_, weight)| *weight > 0).map(|(number, _)| number))
    }
}

/// A number drawn by the rule's name and the pair of numbers.
fn lot(rule: &str, call: &Call, purpose: &str) -> u64 {
    let from = call.from.as_ref().map_or("anonymous", Number::as_str);
    let mut hash = Sha256::new();
    for part in [rule, "|", from, "|", call.to.as_str(), purpose] {
        hash.update(part);
    }
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
