//! A number as a log shows it.

use precall::Number;

use crate::decision_log::RecordText;

/// A number as a record shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedNumber {
    /// The number, whole or masked: `+13155550100`, `+1315*******`.
    pub shown: Option<Box<str>>,
    /// The keyed hash.
    pub hash: Option<Box<str>>,
}

impl LoggedNumber {
    /// The number of a record; `None` if the record shows neither digits nor a hash.
    pub fn of(shown: Option<&RecordText<'_>>, hash: Option<&RecordText<'_>>) -> Option<Self> {
        let boxed = |text: Option<&RecordText<'_>>| text.map(|text| (**text).into());
        (shown.is_some() || hash.is_some()).then(|| Self { shown: boxed(shown), hash: boxed(hash) })
    }

    /// Returns the number if all digits are shown.
    pub fn full(&self) -> Option<Number> {
        Number::from_typed(self.whole()?).ok()
    }

    /// Returns a text that is the same in all records of this number.
    pub fn id(&self) -> Option<&str> {
        self.hash.as_deref().or(self.whole())
    }

    fn whole(&self) -> Option<&str> {
        self.shown.as_deref().filter(|shown| !shown.contains('*'))
    }
}
