//! The numbers that a masked number may be.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use precall::Number;
use precall::place;
use precall_hook::log::Mask;

use super::logged_number::LoggedNumber;
use super::rule_numbers::{RuleNumbers, masked};
use super::undecided::Undecided;

/// Most classes of numbers that a masked number may belong to. A rule set rarely has more, and each costs an
/// evaluation.
const MAX_CLASSES: usize = 500;

/// Most prefixes that a search for the classes visits.
const MAX_VISITED: usize = 200_000;

/// The numbers that a number of a log may be.
#[derive(Debug, Clone)]
pub enum NumberCandidates {
    /// This number.
    Known(Number),
    /// A number that no rule names: one of each class that the rules can tell apart.
    OneOf(Rc<Vec<Number>>),
}

impl NumberCandidates {
    /// Returns the numbers to evaluate.
    pub fn numbers(&self) -> &[Number] {
        match self {
            Self::Known(number) => std::slice::from_ref(number),
            Self::OneOf(numbers) => numbers,
        }
    }

    /// Returns true if all digits are known.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }
}

/// Candidates of masked numbers, by the text that the log shows; `None` if there are too many.
pub type CandidateCache = HashMap<Box<str>, Option<Rc<Vec<Number>>>>;

/// Finds the numbers that a number of a log may be.
#[derive(Debug)]
pub struct NumberResolver {
    /// The numbers that rules name, by their hashes.
    by_hash: HashMap<String, Number>,
    /// The visible digits and the length of numbers of the rules that have no hash, because there is no key.
    unhashed: HashSet<(String, usize)>,
    /// Prefixes in conditions of rules.
    prefixes: BTreeSet<String>,
}

impl NumberResolver {
    /// A resolver for the numbers of one or two rule sets.
    pub fn new<'b>(mask: &Mask, rules: impl Iterator<Item = &'b RuleNumbers>) -> Self {
        let mut resolver = Self { by_hash: HashMap::new(), unhashed: HashSet::new(), prefixes: BTreeSet::new() };
        for numbers in rules {
            for number in &numbers.named {
                if let Some(hash) = mask.hash(number) {
                    resolver.by_hash.insert(hash, number.clone());
                } else {
                    resolver.unhashed.insert(masked(number));
                }
            }
            resolver.unhashed.extend(numbers.unhashed.iter().cloned());
            resolver.prefixes.extend(numbers.prefixes.iter().cloned());
        }
        resolver
    }

    /// Returns the numbers that a number of the log may be.
    ///
    /// # Errors
    /// If the log shows too little: the reason.
    pub fn resolve(&self, logged: &LoggedNumber, cache: &mut CandidateCache) -> Result<NumberCandidates, Undecided> {
        if let Some(number) = logged.full() {
            return Ok(NumberCandidates::Known(number));
        }
        if let Some(number) = logged.hash.as_ref().and_then(|hash| self.by_hash.get(&**hash)) {
            return Ok(NumberCandidates::Known(number.clone()));
        }
        let Some(shown) = &logged.shown else { return Err(Undecided::HiddenNumber) };
        let visible = shown.trim_end_matches('*');
        if visible.is_empty() {
            return Err(Undecided::NoDigits);
        }
        if self.may_be_named(visible, shown.len(), logged.hash.is_some()) {
            return Err(Undecided::NamedNumbers(visible.to_owned()));
        }
        let found = cache.entry(shown.clone()).or_insert_with(|| self.classes(visible, shown.len()).map(Rc::new));
        match found {
            Some(numbers) => Ok(NumberCandidates::OneOf(Rc::clone(numbers))),
            None => Err(Undecided::TooManyClasses(visible.to_owned())),
        }
    }

    /// Returns a text that is the same in all records of a number: the number itself if its hash is that of a number that
    /// rules name, so that a redirect's target is the same number. Returns `None` if the log does not tell it apart.
    pub fn id<'n>(&'n self, logged: &'n LoggedNumber) -> Option<&'n str> {
        let named = logged.hash.as_ref().and_then(|hash| self.by_hash.get(&**hash));
        named.map(Number::as_str).or_else(|| logged.id())
    }

    /// Returns true if a masked number may be one that rules name, because there is no hash to compare.
    fn may_be_named(&self, visible: &str, length: usize, has_hash: bool) -> bool {
        if has_hash && !self.by_hash.is_empty() {
            return false;
        }
        let is_like = |number: &Number| number.as_str().starts_with(visible) && number.as_str().len() == length;
        self.unhashed.contains(&(visible.to_owned(), length)) || !has_hash && self.by_hash.values().any(is_like)
    }

    /// Returns one number of each class that begins like this. Two numbers are in one class if no prefix of the rules and
    /// nothing in the tables of places and zones tells them apart. No rule names any of the numbers. Returns `None` if
    /// there are too many.
    fn classes(&self, visible: &str, length: usize) -> Option<Vec<Number>> {
        let mut prefixes: BTreeSet<String> = begin_with(&self.prefixes, visible).cloned().collect();
        prefixes.extend(place::finer_prefixes(visible));
        prefixes.retain(|prefix| prefix.len() > visible.len() && prefix.len() <= length);
        let named: HashSet<&str> = self.by_hash.values().map(Number::as_str).collect();
        let mut classes: BTreeMap<NumberClass, Number> = BTreeMap::new();
        let mut open = vec![visible.to_owned()];
        let mut visited = 0;
        while let Some(prefix) = open.pop() {
            visited += 1;
            if visited > MAX_VISITED || classes.len() > MAX_CLASSES {
                return None;
            }
            if begin_with(&prefixes, &prefix).any(|known| known.len() > prefix.len()) {
                open.extend(('0'..='9').map(|digit| format!("{prefix}{digit}")));
            } else if let Some(number) = unnamed_number(&prefix, length, &named) {
                classes.entry(self.class(&number)).or_insert(number);
            }
        }
        Some(classes.into_values().collect())
    }

    /// Returns the class of a number that no rule names.
    fn class(&self, number: &Number) -> NumberClass {
        let (place, zones) = (place::place(number), place::zones(number));
        NumberClass {
            kind: place.kind().as_str(),
            places: place.codes().to_vec(),
            zones: zones.names().to_vec(),
            is_known: matches!(zones, place::Zones::Known(_)),
            prefixes: (1..=number.as_str().len())
                .filter(|end| number.as_str().get(..*end).is_some_and(|prefix| self.prefixes.contains(prefix)))
                .collect(),
        }
    }
}

/// Returns a number of this length that begins with the prefix and that no rule names; all such numbers are alike.
/// Returns `None` if rules name them all: then the masked number does not begin with the prefix.
fn unnamed_number(prefix: &str, length: usize, named: &HashSet<&str>) -> Option<Number> {
    let rest = length - prefix.len();
    let count = 10_usize.saturating_pow(u32::try_from(rest).unwrap_or(u32::MAX)).min(named.len() + 1);
    let number =
        (0..count).map(|filler| format!("{prefix}{filler:0rest$}")).find(|number| !named.contains(number.as_str()))?;
    Number::from_typed(&number).ok()
}

/// The properties that numbers of a class share.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NumberClass {
    kind: &'static str,
    places: Vec<&'static str>,
    zones: Vec<&'static str>,
    /// True if the zones belong to the number and are not assumed.
    is_known: bool,
    /// The lengths of the rules' prefixes that the number begins with.
    prefixes: Vec<usize>,
}

fn begin_with<'p>(prefixes: &'p BTreeSet<String>, prefix: &'p str) -> impl Iterator<Item = &'p String> {
    prefixes.range(prefix.to_owned()..).take_while(move |known| known.starts_with(prefix))
}
