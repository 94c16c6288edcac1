//! A call that is about to be placed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::number::Number;

/// A call that is about to be placed.
///
/// ```
/// use precall::{Call, Number};
///
/// let call = Call::new(Number::from_typed("+13155550100")?, "2026-12-01T15:00Z".parse().unwrap());
/// assert_eq!(call.from, None);
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Call {
    /// The caller; `None` if withheld or absent.
    pub from: Option<Number>,
    /// The callee.
    pub to: Number,
    /// The name of the client's API key; `None` if a front door authenticates clients.
    pub client: Option<Arc<str>>,
    /// The instant of the call.
    pub at: Timestamp,
    /// True if a rule has redirected the call to this callee.
    pub redirected: bool,
}

impl Call {
    /// Returns a call from a withheld caller at an instant.
    pub fn new(to: Number, at: Timestamp) -> Self {
        Self { from: None, to, client: None, at, redirected: false }
    }

    /// Returns the same call to the target of a redirect.
    #[must_use]
    pub fn redirected_to(&self, target: Number) -> Self {
        Self { to: target, redirected: true, ..self.clone() }
    }
}
