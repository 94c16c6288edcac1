//! Numbers that a log masks: which they are, or what they may be.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use precall::number::Number;
use precall::place;
use precall_hook::log::record::Mask;

use super::book::Book;

/// Most classes of numbers that a masked one may be of. A rulebook that tells more apart is rare, and each costs a
/// decision.
const MOST_CLASSES: usize = 500;

/// Most prefixes that are looked at for them.
const MOST_LOOKED_AT: usize = 200_000;

/// A number as a record shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `+13155550100`, or `+1315*******`.
    pub shown: Option<Box<str>>,
    pub hash: Option<Box<str>>,
}

/// Who it is.
#[derive(Debug, Clone)]
pub enum Who {
    Known(Number),
    /// None of the numbers that the rules name; one of each class that they can tell apart.
    OneOf(Rc<Vec<Number>>),
}

impl Who {
    /// The numbers to decide for.
    pub fn each(&self) -> &[Number] {
        match self {
            Self::Known(number) => std::slice::from_ref(number),
            Self::OneOf(numbers) => numbers,
        }
    }

    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }
}

/// The numbers that rules name.
#[derive(Debug)]
pub struct Numbers {
    by_hash: HashMap<String, Number>,
    /// Their lengths and what a log shows of them, where there is no key to tell them by their hashes.
    unhashed: HashSet<(String, usize)>,
    /// Prefixes that rules tell apart.
    prefixes: BTreeSet<String>,
}

/// What masked numbers may be, by what is shown of them.
pub type Classes = HashMap<Box<str>, Option<Rc<Vec<Number>>>>;

impl Numbers {
    pub fn new<'b>(mask: &Mask, books: impl Iterator<Item = &'b Book>) -> Self {
        let mut numbers = Self { by_hash: HashMap::new(), unhashed: HashSet::new(), prefixes: BTreeSet::new() };
        for book in books {
            for number in book.named() {
                if let Some(hash) = mask.hash(number) {
                    numbers.by_hash.insert(hash, number.clone());
                } else {
                    let shown = number.country_and_area().unwrap_or_default().to_owned();
                    numbers.unhashed.insert((shown, number.as_str().len()));
                }
            }
            numbers.unhashed.extend(book.unhashed().cloned());
            numbers.prefixes.extend(book.prefixes().map(str::to_owned));
        }
        numbers
    }

    /// Who a number is.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub fn who(&self, seen: &Seen, classes: &mut Classes) -> Result<Who, String> {
        if let Some(number) = seen.full() {
            return Ok(Who::Known(number));
        }
        if let Some(number) = seen.hash.as_ref().and_then(|hash| self.by_hash.get(&**hash)) {
            return Ok(Who::Known(number.clone()));
        }
        let Some(shown) = &seen.shown else { return Err("the log hides the number".to_owned()) };
        let visible = shown.trim_end_matches('*');
        if visible.is_empty() {
            return Err("the log shows no digit of the number".to_owned());
        }
        if seen.hash.is_none() || self.by_hash.is_empty() {
            let may_be_named = self.unhashed.contains(&(visible.to_owned(), shown.len()));
            let named_and_no_hash = seen.hash.is_none()
                && self
                    .by_hash
                    .values()
                    .any(|number| number.as_str().starts_with(visible) && number.as_str().len() == shown.len());
            if may_be_named || named_and_no_hash {
                return Err(format!(
                    "rules name numbers that begin with {visible}, and without the key of the log's hashes none can be told"
                ));
            }
        }
        let found = classes.entry(shown.clone()).or_insert_with(|| self.classes(visible, shown.len()).map(Rc::new));
        match found {
            Some(numbers) => Ok(Who::OneOf(Rc::clone(numbers))),
            None => Err(format!("numbers that begin with {visible} may be in too many places")),
        }
    }

    /// One number of each class that begins like this: no prefix of the rules and nothing that the tables say of places and
    /// zones tells two of a class apart. None of them is one that the rules name. `None`: there are too many.
    fn classes(&self, visible: &str, length: usize) -> Option<Vec<Number>> {
        let mut prefixes: BTreeSet<String> = begin_with(&self.prefixes, visible).cloned().collect();
        prefixes.extend(place::finer_prefixes(visible));
        prefixes.retain(|prefix| prefix.len() > visible.len() && prefix.len() <= length);
        let named: HashSet<&str> = self.by_hash.values().map(Number::as_str).collect();
        let mut classes: BTreeMap<Class, Number> = BTreeMap::new();
        let mut open = vec![visible.to_owned()];
        let mut looked_at = 0;
        while let Some(prefix) = open.pop() {
            looked_at += 1;
            if looked_at > MOST_LOOKED_AT || classes.len() > MOST_CLASSES {
                return None;
            }
            if begin_with(&prefixes, &prefix).any(|known| known.len() > prefix.len()) {
                open.extend(('0'..='9').map(|digit| format!("{prefix}{digit}")));
                continue;
            }
            // Any number that the rules do not name is as good as another. Where they name them all, the masked one
            // cannot be there.
            let rest = length - prefix.len();
            let count = 10_usize.saturating_pow(u32::try_from(rest).unwrap_or(u32::MAX)).min(named.len() + 1);
            let filled = (0..count)
                .map(|filler| format!("{prefix}{filler:0rest$}"))
                .find(|number| !named.contains(number.as_str()));
            if let Some(number) = filled.and_then(|number| Number::from_typed(&number).ok()) {
                classes.entry(self.class(&number)).or_insert(number);
            }
        }
        Some(classes.into_values().collect())
    }

    /// All that can be told of a number that no rule names.
    fn class(&self, number: &Number) -> Class {
        let (place, zones) = (place::place(number), place::zones(number));
        Class {
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

/// What numbers of a class have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    kind: &'static str,
    places: Vec<&'static str>,
    zones: Vec<&'static str>,
    /// Whether the zones are the number's own, and not assumed.
    is_known: bool,
    /// The lengths of the rules' prefixes that it begins with.
    prefixes: Vec<usize>,
}

fn begin_with<'p>(prefixes: &'p BTreeSet<String>, prefix: &'p str) -> impl Iterator<Item = &'p String> {
    prefixes.range(prefix.to_owned()..).take_while(move |known| known.starts_with(prefix))
}

impl Seen {
    /// The number, where it is shown whole.
    pub fn full(&self) -> Option<Number> {
        let shown = self.shown.as_deref().filter(|shown| !shown.contains('*'))?;
        Number::from_typed(shown).ok()
    }

    /// What calls of the same number have in common.
    pub fn id(&self) -> Option<&str> {
        self.hash.as_deref().or(self.shown.as_deref().filter(|shown| !shown.contains('*')))
    }
}
