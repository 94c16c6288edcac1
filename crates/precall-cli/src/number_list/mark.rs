//! The mark of a file on the items that came from it.

/// The attribute of the mark. The hook ignores it.
pub const MARK: &str = precall::rule::LIST_FILE;

/// Digits of the file's checksum in the mark.
const MARK_DIGITS: usize = 12;

/// Returns the mark of a file.
pub fn mark(sha256: &str) -> String {
    sha256.chars().take(MARK_DIGITS).collect()
}
