//! Lists in which `!` negates: at least one of the plain elements must match, and none of the negated ones.

use std::collections::BTreeSet;
use std::fmt;

/// A list of plain and negated elements. If it has no plain element, everything that is not negated matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection<T> {
    pub(crate) any_of: Vec<T>,
    pub(crate) none_of: Vec<T>,
}

impl<T> Default for Selection<T> {
    fn default() -> Self {
        Self { any_of: Vec::new(), none_of: Vec::new() }
    }
}

impl<T> Selection<T> {
    /// Reads the elements of comma lists. The result may be empty.
    pub(crate) fn parse<'a, E>(
        texts: impl IntoIterator<Item = &'a str>,
        mut read: impl FnMut(&'a str) -> Result<T, E>,
    ) -> Result<Self, E> {
        let mut selection = Self::default();
        for element in elements(texts) {
            match element.strip_prefix('!') {
                Some(negated) => selection.none_of.push(read(negated.trim())?),
                None => selection.any_of.push(read(element)?),
            }
        }
        Ok(selection)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.any_of.is_empty() && self.none_of.is_empty()
    }

    /// Returns the list in words: `a, b or c, except d and e`. A list without plain elements begins with `everything`.
    pub(crate) fn phrase(&self, everything: &str, show: impl Fn(&T) -> String) -> String {
        let plain = alternatives(different(self.any_of.iter().map(&show)), "or");
        let negated = alternatives(different(self.none_of.iter().map(&show)), "and");
        match (plain.as_str(), negated.as_str()) {
            (_, "") => plain,
            ("", _) => format!("{everything} except {negated}"),
            _ => format!("{plain}, except {negated}"),
        }
    }

    /// Returns the elements, including negated ones.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.any_of.iter().chain(&self.none_of)
    }

    /// Returns true if a test is true for at least one plain element, or there is no plain element, and false for all negated
    /// ones.
    pub(crate) fn matches(&self, test: impl Fn(&T) -> bool) -> bool {
        !self.none_of.iter().any(&test) && (self.any_of.is_empty() || self.any_of.iter().any(&test))
    }
}

/// Leaves out words that were there before: several elements may be the same in words.
fn different(words: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    words.filter(move |word| seen.insert(word.clone()))
}

/// Returns words as a list: `a, b or c`.
pub(crate) fn alternatives(words: impl Iterator<Item = String>, conjunction: &str) -> String {
    let mut words: Vec<String> = words.collect();
    let Some(last) = words.pop() else { return String::new() };
    if words.is_empty() { last } else { format!("{} {conjunction} {last}", words.join(", ")) }
}

/// Returns the elements of comma lists, without blanks and without the apostrophe that spreadsheets put before a
/// number.
pub(crate) fn elements<'a>(texts: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let elements = texts.into_iter().flat_map(|text| text.split(','));
    elements.map(|text| text.trim().trim_start_matches('\'').trim()).filter(|text| !text.is_empty())
}

/// `+1315*,!+13155550100`
impl<T: fmt::Display> fmt::Display for Selection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.any_of.iter().map(|element| ("", element));
        let negated = self.none_of.iter().map(|element| ("!", element));
        for (i, (sign, element)) in plain.chain(negated).enumerate() {
            write!(f, "{}{sign}{element}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Selection<String> {
        let Ok(selection) = Selection::parse([text], |element| Ok::<_, ()>(element.to_owned())) else {
            panic!("{text}")
        };
        selection
    }

    #[test]
    fn any_of_the_plain_and_none_of_the_negated() {
        for (text, element, expected) in [
            ("a,b", "a", true),
            ("a,b", "c", false),
            ("!a", "a", false),
            ("!a", "b", true),
            ("a,!a", "a", false),
            ("", "a", true),
        ] {
            assert_eq!(parse(text).matches(|own| own == element), expected, "{text} {element}");
        }
    }

    #[test]
    fn a_list_is_printed_as_it_is_written() {
        assert_eq!(parse(" 'b , ! a,, c").to_string(), "b,c,!a");
        assert!(parse(" , ").is_empty());
    }
}
