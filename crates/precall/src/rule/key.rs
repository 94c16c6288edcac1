//! The key of an item.

/// The `number` of wildcard rules, which are about more than one number.
pub const WILDCARD: &str = "*";

/// The key of an item: the partition (`number`) and the rule's name (`rule`).
///
/// ```
/// use precall::rule::Key;
///
/// let key = Key { number: "*".to_owned(), rule: "no-900".to_owned() };
/// assert!(key.is_wildcard());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// An E.164 number, or `*` for a rule about more than one number.
    pub number: String,
    /// The rule's name.
    pub rule: String,
}

impl Key {
    /// Returns true for the key of a wildcard rule.
    pub fn is_wildcard(&self) -> bool {
        self.number == WILDCARD
    }
}
