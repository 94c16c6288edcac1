//! The order of changes.

use std::cmp::Ordering;
use std::collections::HashSet;

use precall_hook::journal::Change;

/// Returns changes in the order in which they were made, each once: a change may be in the journal and in the stream, or in
/// several items of the journal.
pub fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    let mut seen = HashSet::new();
    changes.retain(|change| seen.insert((change.key.clone(), digits(&change.sequence).to_owned())));
    changes.sort_by(|one, other| one.at.cmp(&other.at).then_with(|| by_sequence(&one.sequence, &other.sequence)));
    changes
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
