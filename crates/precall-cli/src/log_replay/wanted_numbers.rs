//! The numbers whose rules a replay needs.

use std::collections::HashSet;

use precall::Number;
use precall_hook::log::Mask;

use super::logged_number::LoggedNumber;

/// The numbers of a log. Only their rules are kept of a table.
#[derive(Debug, Default)]
pub struct WantedNumbers {
    full: HashSet<String>,
    hashes: HashSet<String>,
}

impl WantedNumbers {
    /// The numbers of these calls.
    pub fn of<'n>(numbers: impl Iterator<Item = &'n LoggedNumber>) -> Self {
        let mut wanted = Self::default();
        for number in numbers {
            match (number.full(), &number.hash) {
                (Some(number), _) => drop(wanted.full.insert(number.as_str().to_owned())),
                (None, Some(hash)) if !wanted.hashes.contains(&**hash) => drop(wanted.hashes.insert(hash.to_string())),
                _ => {}
            }
        }
        wanted
    }

    /// Returns true if some numbers are known by their hashes only.
    pub fn has_hashes(&self) -> bool {
        !self.hashes.is_empty()
    }

    /// Returns true if the log has this number.
    pub fn contains(&self, number: &str, mask: &Mask) -> bool {
        self.full.contains(number)
            || self.has_hashes()
                && Number::from_typed(number)
                    .ok()
                    .and_then(|number| mask.hash(&number))
                    .is_some_and(|hash| self.hashes.contains(&hash))
    }
}
