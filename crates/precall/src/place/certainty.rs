//! The certainty of a condition on a number that may be in several places.

/// The certainty of a condition. The greater value is more certain.
///
/// A rule that lets a call through needs [`Certainty::Certain`]; a rule that stops or redirects it needs only
/// [`Certainty::Possible`].
///
/// ```
/// use precall::place::{Certainty, PlacePatterns, place};
/// use precall::Number;
///
/// let toll_free = Number::from_typed("+18005550100").unwrap();
/// let us = PlacePatterns::parse(["US"])?;
/// assert_eq!(us.test(&place(&toll_free)), Some(Certainty::Possible));
/// # Ok::<(), precall::ValueError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The condition is met for some of the possible places of the number.
    Possible,
    /// The condition is met for all of them.
    Certain,
}

impl Certainty {
    /// Returns [`Certainty::Certain`] if a test is true for all codes, [`Certainty::Possible`] if it is true for some, and
    /// `None` if it is true for none, or if there are no codes.
    pub(super) fn of(codes: &[&str], test: impl Fn(&str) -> bool) -> Option<Self> {
        match codes.iter().filter(|code| test(code)).count() {
            0 => None,
            hits if hits == codes.len() => Some(Self::Certain),
            _ => Some(Self::Possible),
        }
    }
}
