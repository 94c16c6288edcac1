//! The distinct numbers of a file. Three spellings of a number count as one.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use precall::rule::Key;

use super::entry_number::e164;

/// Most numbers that are remembered, in 40 MB. Of a longer file, a later repetition counts as a number.
const MAX_REMEMBERED: usize = 3_500_000;

/// The numbers so far.
#[derive(Debug, Default)]
pub struct DistinctNumbers {
    digits: HashSet<u64, BuildHasherDefault<DigitHasher>>,
}

impl DistinctNumbers {
    /// Adds the number of an item. Returns false if it was added before.
    pub fn add(&mut self, key: &Key) -> bool {
        // A rule for a prefix has its digits in its name.
        let (text, kind) = if key.number.starts_with('+') { (&key.number, 1) } else { (&key.rule, 2) };
        self.add_digits(text, kind)
    }

    /// Adds the number in a text, if there is one.
    pub fn add_text(&mut self, text: &str) {
        if let Ok(number) = e164(text) {
            self.add_digits(&number, 1);
        }
    }

    fn add_digits(&mut self, text: &str, kind: u64) -> bool {
        let digits = text.rsplit('+').next().unwrap_or_default().trim_end_matches('*');
        // A number has at most 15 digits, so its kind fits above them. The length tells `+1201*` from `+12010*`.
        let Ok(number) = digits.parse::<u64>() else { return true };
        let digits = number | (kind << 62) | (u64::try_from(digits.len()).unwrap_or_default() << 56);
        if self.digits.len() >= MAX_REMEMBERED {
            return !self.digits.contains(&digits);
        }
        self.digits.insert(digits)
    }
}

/// Spreads the digits of numbers, which are often consecutive.
#[derive(Debug, Default)]
pub struct DigitHasher(u64);

impl Hasher for DigitHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, digits: u64) {
        let spread = digits.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread ^ (spread >> 32);
    }
}
