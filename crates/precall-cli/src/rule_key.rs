//! The key of a stored rule, as arguments.

use precall::rule::Key;

use crate::edit::partition;

/// The arguments that name a stored rule.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct RuleKeyArguments {
    /// The number that the rule is stored under, or `*`.
    #[arg(long, value_name = "NUMBER")]
    pub number: String,

    /// The rule's name.
    #[arg(long, value_name = "NAME")]
    pub rule: String,
}

impl RuleKeyArguments {
    /// Returns the keys that the arguments may mean.
    pub fn spellings(&self) -> Vec<Key> {
        spellings(&self.number, &self.rule)
    }
}

/// Returns the keys that a number and a rule's name may mean, the first of which is meant if it is stored. An item under another
/// spelling of the number can be changed too.
pub fn spellings(number: &str, rule: &str) -> Vec<Key> {
    let key = |number: String| Key { number, rule: rule.to_owned() };
    let mut keys: Vec<Key> = partition(number).ok().map(key).into_iter().collect();
    if keys.iter().all(|key| key.number != number) {
        keys.push(key(number.to_owned()));
    }
    keys
}
