//! How certain something is about a number that may be in several places.

/// How certain a condition is. Greater is more certain.
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
    /// It may be so: for some of the places that the number may be in.
    Possible,
    /// It is so: for all of them.
    Certain,
}

impl Certainty {
    /// Returns [`Certainty::Certain`] if a test holds for all codes, and `None` if it holds for none or there are none.
    pub(super) fn of(codes: &[&str], test: impl Fn(&str) -> bool) -> Option<Self> {
        match codes.iter().filter(|code| test(code)).count() {
            0 => None,
            hits if hits == codes.len() => Some(Self::Certain),
            _ => Some(Self::Possible),
        }
    }
}
