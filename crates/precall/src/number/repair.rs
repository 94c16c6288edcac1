//! The parts of a text that were left out when its number was read.

use std::fmt;

/// A part of a text that was left out when its number was read.
///
/// ```
/// use precall::Number;
/// use precall::number::NumberRepair;
///
/// let read = Number::read("+1 315 555 0100 x22")?;
/// assert_eq!(read.number.as_str(), "+13155550100");
/// assert_eq!(read.repairs, [NumberRepair::Extension]);
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberRepair {
    /// An extension, or keys that are pressed after the call is answered: `x22`, `;ext=22`, `,5`, `#`.
    Extension,
    /// Parameters of a SIP or `tel` address: `;user=phone`.
    Parameters,
    /// A country code 1 that is there more than once: `+1 1 315 555 0100`.
    DoubledCountryCode,
}

impl fmt::Display for NumberRepair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Extension => "the extension is left out",
            Self::Parameters => "the parameters after the number are left out",
            Self::DoubledCountryCode => "the country code 1 is there twice, and counts once",
        })
    }
}
