//! The order of changes.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::Change;

/// Returns changes in the order in which they were made, each once: a change may be in the journal and in the stream, or in
/// several items of the journal.
///
/// The changes of one item are in the order of their sequence numbers, also if the clock was set back between them. A change is
/// then placed at the latest instant of the item's changes up to it.
pub fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    let mut seen = HashSet::new();
    changes.retain(|change| seen.insert((change.key.clone(), digits(&change.sequence).to_owned())));
    changes.sort_by(|one, other| by_sequence(&one.sequence, &other.sequence));
    let mut latest: HashMap<Key, Timestamp> = HashMap::new();
    let mut placed: Vec<(Timestamp, Change)> = Vec::with_capacity(changes.len());
    for change in changes {
        let at = latest.entry(change.key.clone()).or_insert(change.at);
        *at = change.at.max(*at);
        placed.push((*at, change));
    }
    // The sort is stable, so that changes of one instant keep the order of their numbers.
    placed.sort_by_key(|(at, _)| *at);
    placed.into_iter().map(|(_, change)| change).collect()
}

/// Compares two sequence numbers. They are longer than any whole number of the language.
fn by_sequence(one: &str, other: &str) -> Ordering {
    let (one, other) = (digits(one), digits(other));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Returns a sequence number without leading zeros.
pub fn digits(sequence: &str) -> &str {
    sequence.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot continue should fail at that point")]

    use super::*;

    fn change(rule: &str, at: i64, sequence: &str) -> Change {
        Change {
            key: Key { number: "*".to_owned(), rule: rule.to_owned() },
            at: Timestamp::from_second(at).unwrap(),
            sequence: sequence.to_owned(),
            before: None,
            after: None,
            is_expiry: false,
            are_images_lost: false,
        }
    }

    #[test]
    fn the_changes_of_an_item_keep_their_order_if_the_clock_is_set_back() {
        let sequences = |changes: Vec<Change>| -> Vec<String> {
            in_order(changes).into_iter().map(|change| change.sequence).collect()
        };
        // The clock is set back by an hour between the changes 2 and 3.
        let back =
            || vec![change("a", 7_200, "1"), change("a", 7_300, "2"), change("a", 3_700, "3"), change("a", 3_800, "4")];
        assert_eq!(sequences(back()), ["1", "2", "3", "4"]);
        assert_eq!(sequences(back().into_iter().rev().collect()), ["1", "2", "3", "4"]);
        // Numbers of other items are of other shards, so instants decide.
        let others = vec![change("a", 20, "5"), change("b", 10, "9"), change("c", 30, "1"), change("b", 10, "9")];
        assert_eq!(sequences(others), ["9", "5", "1"]);
        // Numbers have different lengths, and leading zeros in keys.
        assert_eq!(sequences(vec![change("a", 5, "0010"), change("a", 5, "9")]), ["9", "0010"]);
    }
}
