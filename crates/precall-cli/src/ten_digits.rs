//! The habit of writing `+` before ten digits of a US number, without the country code 1.

use precall::Number;
use precall::place::without_country_code;

use crate::counts::grouped;

/// The fewest such numbers that are a habit and not a number of another country.
const MIN_HABIT: u64 = 3;

/// The share of such numbers that is a habit: one in this many.
const HABIT_SHARE: u64 = 5;

/// Counts of the numbers of a list or a table.
#[derive(Debug, Default)]
pub struct TenDigitNumbers {
    numbers: u64,
    /// Numbers that are a `+` and ten digits of an area code.
    suspicious: u64,
    /// The first one of them, and the number that was probably meant.
    first: Option<(Number, Number)>,
}

impl TenDigitNumbers {
    /// Counts a number. Returns true if it is a `+` and ten digits of an area code.
    pub fn add(&mut self, number: &Number) -> bool {
        self.numbers += 1;
        let Some(meant) = without_country_code(number) else { return false };
        self.suspicious += 1;
        self.first.get_or_insert_with(|| (number.clone(), meant));
        true
    }

    /// Adds the counts of another part.
    pub fn extend(&mut self, other: Self) {
        self.numbers += other.numbers;
        self.suspicious += other.suspicious;
        self.first = self.first.take().or(other.first);
    }

    /// Returns a hint, if such numbers are so many that it looks like a habit.
    pub fn hint(&self) -> Option<String> {
        let (first, meant) = self.first.as_ref()?;
        let is_habit = self.suspicious >= MIN_HABIT && self.suspicious * HABIT_SHARE >= self.numbers;
        is_habit.then(|| {
            let (some, all) = (grouped(self.suspicious), grouped(self.numbers));
            format!("{some} of {all} numbers are + and ten digits, so they are numbers of another country; {first} as a US number is {meant}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(numbers: &[&str]) -> Option<String> {
        let mut counted = TenDigitNumbers::default();
        for number in numbers {
            counted.add(&Number::from_typed(number).ok()?);
        }
        counted.hint()
    }

    #[test]
    fn only_a_habit_is_hinted_at() {
        let habit = ["+3155550101", "+2125550101", "+4155550101", "+13155550102"];
        let expected = "3 of 4 numbers are + and ten digits, so they are numbers of another country; +3155550101 as a US number is \
                        +13155550101";
        assert_eq!(hint(&habit).as_deref(), Some(expected));
        for numbers in [
            &["+3155550101", "+2125550101", "+13155550102"][..],
            &["+442079460123", "+33123456789", "+390612345678"][..],
            // Norway and Singapore have numbers of eight digits.
            &["+4722334455", "+4723456789", "+6561234567", "+6591234567"][..],
            &[][..],
        ] {
            assert_eq!(hint(numbers), None, "{numbers:?}");
        }
        let mut few = vec!["+13155550102"; 17];
        few.extend(["+3155550101", "+2125550101", "+4155550101"]);
        assert_eq!(hint(&few), None);
    }
}
