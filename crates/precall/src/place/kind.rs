//! The kinds of numbers in the numbering plans.

/// The kind of a number in the numbering plan.
///
/// ```
/// use precall::Number;
/// use precall::place::{NumberKind, place};
///
/// let number = Number::from_typed("1-800-555-0100")?;
/// assert_eq!(place(&number).kind(), NumberKind::TollFree);
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// A number of a place, by its area code or country code. This includes mobile numbers and, outside the NANP, a country's
    /// toll-free and premium numbers, which the tables do not distinguish.
    Geographic,
    /// NANP 800 and the other toll-free codes: the callee pays.
    TollFree,
    /// NANP 900 only: the caller pays extra.
    Premium,
    /// NANP 5XX: numbers that belong to a person or a machine, not to a place.
    Personal,
    /// NANP 700: a carrier's own services.
    Carrier,
    /// NANP 710: the government of the US.
    Government,
    /// Canada's 600, 622 and 633.
    NonGeographic,
    /// +870, +881 and the satellite networks within +882.
    Satellite,
    /// +800, +808, +878, +882, +883, +888, +979, +991.
    Global,
    /// Emergency numbers, N11, 988 and similar numbers. No pattern of places matches these.
    Service,
    /// Four to six digits without a country code.
    ShortCode,
    /// A number whose area code or country code is not in the tables.
    Unassigned,
    /// A national number (with its leading zero) of an unknown country.
    Unknown,
}

impl NumberKind {
    /// Returns true if the plan does not assign such numbers to a place.
    pub fn is_non_geographic(self) -> bool {
        !matches!(self, Self::Geographic | Self::Service | Self::ShortCode | Self::Unassigned | Self::Unknown)
    }

    /// Returns the kind in an operator's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Geographic => "geographic",
            Self::TollFree => "toll-free",
            Self::Premium => "premium",
            Self::Personal => "personal",
            Self::Carrier => "carrier",
            Self::Government => "government",
            Self::NonGeographic => "non-geographic",
            Self::Satellite => "satellite",
            Self::Global => "global",
            Self::Service => "emergency or service",
            Self::ShortCode => "short code",
            Self::Unassigned => "unassigned",
            Self::Unknown => "national",
        }
    }
}
