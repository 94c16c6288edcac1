//! The numbers of a file that have been read: a number counts once, in how many spellings the file may have it.

use std::collections::{HashMap, HashSet};

use precall::rule::Key;

/// The most numbers of a block that are a list. As bits, a block has the size of this list.
const MAX_FEW: usize = 4_096;

/// A set of numbers that takes 2 bytes for each, and less where they are dense.
#[derive(Debug, Default)]
pub struct SeenNumbers {
    /// The last 16 bits of the numbers with the same first ones.
    blocks: HashMap<u64, NumberBlock>,
    /// Keys that are not a number, such as those of area codes.
    others: HashSet<Key>,
}

/// The numbers with the same first bits.
#[derive(Debug)]
enum NumberBlock {
    /// In order.
    Few(Vec<u16>),
    /// A bit for each.
    Many(Vec<u64>),
}

impl SeenNumbers {
    /// Adds the number of an item. Returns true if it is new.
    pub fn add(&mut self, key: &Key) -> bool {
        let digits = key.number.strip_prefix('+').and_then(|digits| digits.parse::<u64>().ok());
        let Some(number) = digits else { return self.others.insert(key.clone()) };
        let block = self.blocks.entry(number >> u16::BITS).or_insert_with(|| NumberBlock::Few(Vec::new()));
        #[expect(clippy::cast_possible_truncation, reason = "the other bits are those of the block")]
        block.add(number as u16)
    }
}

impl NumberBlock {
    fn add(&mut self, low: u16) -> bool {
        if let Self::Few(numbers) = self {
            let Err(place) = numbers.binary_search(&low) else { return false };
            if numbers.len() < MAX_FEW {
                numbers.insert(place, low);
                return true;
            }
            let mut bits = Self::Many(vec![0; (1 << u16::BITS) / 64]);
            for number in std::mem::take(numbers) {
                bits.add(number);
            }
            *self = bits;
        }
        let Self::Many(bits) = self else { return false };
        let Some(word) = bits.get_mut(usize::from(low / 64)) else { return false };
        let bit = 1 << (low % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: &str, rule: &str) -> Key {
        Key { number: number.to_owned(), rule: rule.to_owned() }
    }

    #[test]
    fn a_number_is_new_once() {
        let mut seen = SeenNumbers::default();
        let mut expected = HashSet::new();
        // Dense numbers, which become bits, and some that are far apart; each several times.
        let mut number: u64 = 1;
        for _ in 0..60_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            for number in [12_015_550_000 + (number >> 33) % 9_000, (number >> 33) % 1_000 * 999_999_999_989 + 1] {
                assert_eq!(seen.add(&key(&format!("+{number}"), "dnc")), expected.insert(number), "{number}");
            }
        }
        assert!(seen.blocks.values().any(|block| matches!(block, NumberBlock::Many(_))));
        for (rule, is_new) in [("dnc:+1201*", true), ("dnc:+1202*", true), ("dnc:+1201*", false)] {
            assert_eq!(seen.add(&key("*", rule)), is_new, "{rule}");
        }
    }
}
