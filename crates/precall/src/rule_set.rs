//! The rules by the number under which they are stored.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use crate::answer::DefaultAnswer;
use crate::call::Call;
use crate::calling_hours::{CallingHours, HoursRow};
use crate::number::Number;
use crate::rule::{
    Conditions, Entry, FactContent, Holder, InvalidItem, Item, Key, Lifetime, ListCopy, PrefixPlace, Value, Version,
    WILDCARD, parse,
};

/// The rules that decide calls.
///
/// A rule set does not change after its creation, except that a host can add partitions. [`RuleSet::evaluate`] is the only
/// way to a decision.
///
/// ```
/// use precall::{Answer, Attempts, Call, Number, RuleSet};
///
/// let items = serde_json::json!([
///     { "number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603", "reason": "Do not call" },
///     { "number": "+13155550102", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13155550101" },
/// ]);
/// let rules = RuleSet::from_items(serde_json::from_value::<Vec<_>>(items)?);
/// let call = Call::new(Number::from_typed("+13155550102").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
///
/// // The redirect leads to a blocked number, so the call is rejected.
/// let decision = rules.evaluate(&call, &attempts);
/// assert!(matches!(decision.answer(), Ok(Answer::Reject { code, .. }) if code == "603"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// `None` if they could not be read.
    wildcard: Option<Arc<Partition>>,
    partitions: Partitions,
    default: DefaultAnswer,
}

#[derive(Debug, Clone)]
enum Partitions {
    /// All rules. A number that is not here has no rules.
    All(HashMap<String, Arc<Partition>>),
    /// The rules that were read for one call. The rules of a callee that is not here have not been read. A partition is `None`
    /// if it could not be read.
    OfCall { callees: Vec<(Number, Option<Arc<Partition>>)>, caller: Option<Arc<Partition>> },
}

/// The partitions that a call needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartitionsOfCall<'r> {
    pub(crate) callee: PartitionState<'r>,
    /// The caller's partition; empty if the caller is the callee.
    pub(crate) caller: PartitionState<'r>,
    pub(crate) wildcard: PartitionState<'r>,
}

/// A partition, as far as the host could read it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PartitionState<'r> {
    Read(&'r Partition),
    /// The host has not read it yet.
    NotRead,
    /// The host could not read it, so it may hold any rule.
    Unreadable,
}

impl<'r> PartitionState<'r> {
    fn of(read: Option<&'r Arc<Partition>>) -> Self {
        read.map_or(Self::Unreadable, |partition| Self::Read(partition))
    }

    /// Returns the partition, or an empty one if it has not been read.
    pub(crate) fn known(self) -> &'r Partition {
        match self {
            Self::Read(partition) => partition,
            Self::NotRead | Self::Unreadable => &EMPTY,
        }
    }
}

impl PartitionsOfCall<'_> {
    /// Returns the partitions that could not be read.
    pub(crate) fn unreadable(&self) -> UnreadablePartitions {
        let is_unreadable = |state: PartitionState<'_>| matches!(state, PartitionState::Unreadable);
        UnreadablePartitions {
            callee: is_unreadable(self.callee),
            caller: is_unreadable(self.caller),
            wildcard: is_unreadable(self.wildcard),
        }
    }
}

/// The part of a call that a partition belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionRole {
    /// The callee's rules.
    Callee,
    /// The caller's rules.
    Caller,
    /// The wildcard rules.
    Wildcard,
}

impl PartitionRole {
    /// Returns the role in one word, as the fields of decision records begin: `callee`, `caller` or `any`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Callee => "callee",
            Self::Caller => "caller",
            Self::Wildcard => "any",
        }
    }
}

/// The partitions of a call that the host could not read. Each may hold any rule.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let mut rules = RuleSet::of_call(None, Some(Default::default()));
/// let call = Call::new(Number::from_typed("+13155550101")?, "2026-12-01T15:00Z".parse().unwrap());
/// rules.add_callee(&call.to, None);
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert_eq!(decision.unreadable().to_string(), "the rules of the callee and of `*`");
/// # Ok::<(), precall::NumberError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnreadablePartitions {
    callee: bool,
    caller: bool,
    wildcard: bool,
}

impl UnreadablePartitions {
    /// Returns true if all partitions were read.
    pub fn is_empty(self) -> bool {
        self.roles().next().is_none()
    }

    /// Returns the roles of the partitions: the callee's first, then the caller's, then the wildcard.
    pub fn roles(self) -> impl Iterator<Item = PartitionRole> {
        let roles = [
            (self.callee, PartitionRole::Callee),
            (self.caller, PartitionRole::Caller),
            (self.wildcard, PartitionRole::Wildcard),
        ];
        roles.into_iter().filter(|(is_unreadable, _)| *is_unreadable).map(|(_, role)| role)
    }
}

/// Writes, for example, "the rules of the callee and of the caller".
impl fmt::Display for UnreadablePartitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rules ")?;
        let count = self.roles().count();
        for (nth, role) in self.roles().enumerate() {
            f.write_str(match nth {
                0 => "of ",
                nth if nth + 1 == count => " and of ",
                _ => ", of ",
            })?;
            f.write_str(match role {
                PartitionRole::Callee => "the callee",
                PartitionRole::Caller => "the caller",
                PartitionRole::Wildcard => "`*`",
            })?;
        }
        Ok(())
    }
}

impl RuleSet {
    /// Returns a rule set with these items, which must be all items of the table. A later item replaces an earlier one with
    /// the same `number` and `rule`. The default answer is PROCEED.
    pub fn from_items(items: impl IntoIterator<Item = Item>) -> Self {
        let mut by_number: HashMap<String, Vec<(Entry, ItemVersions)>> = HashMap::new();
        for item in latest(items) {
            let entry = parse(&item);
            by_number.entry(entry.key().number.clone()).or_default().push((entry, ItemVersions::of(&item)));
        }
        let wildcard = by_number.remove(WILDCARD).unwrap_or_default();
        let partitions = by_number
            .into_iter()
            .map(|(number, entries)| (number, Arc::new(Partition::of_versions(entries))))
            .collect();
        Self {
            wildcard: Some(Arc::new(Partition::of_versions(wildcard))),
            partitions: Partitions::All(partitions),
            default: DefaultAnswer::Proceed,
        }
    }

    /// Returns the rules of one call, for a host that reads partitions only if it needs them. `caller` is the partition of the
    /// caller's number, or empty if there is no caller. Before the callee's partition is added, the decision is unknown. The
    /// default answer is PROCEED.
    ///
    /// A partition is `None` if it could not be read. It may then hold any rule, so the decision is unknown unless a rule that
    /// was read rejects the call.
    ///
    /// ```
    /// use precall::rule::parse;
    /// use precall::{Attempts, Call, Number, Partition, RuleSet};
    ///
    /// let item = serde_json::json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" });
    /// let wildcard: Partition = [parse(&serde_json::from_value(item)?)].into_iter().collect();
    /// let mut rules = RuleSet::of_call(Some(wildcard.into()), Some(Default::default()));
    ///
    /// let attempts = Attempts::none();
    /// for (callee, is_rejected) in [("+19005550100", true), ("+13155550100", false)] {
    ///     let call = Call::new(Number::from_typed(callee).unwrap(), "2026-12-01T15:00Z".parse().unwrap());
    ///     assert_eq!(rules.evaluate(&call, &attempts).unread(), Some(&call.to));
    ///     rules.add_callee(&call.to, None);
    ///     let decision = rules.evaluate(&call, &attempts);
    ///     // Without a REJECT, the decision is unknown: the unread rules may let the call through or not.
    ///     assert_eq!(decision.answer().is_ok_and(|answer| answer.status() == "REJECT"), is_rejected);
    ///     assert_eq!(decision.answer().is_err(), !is_rejected);
    /// }
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn of_call(wildcard: Option<Arc<Partition>>, caller: Option<Arc<Partition>>) -> Self {
        Self {
            wildcard,
            partitions: Partitions::OfCall { callees: Vec::new(), caller },
            default: DefaultAnswer::Proceed,
        }
    }

    /// Sets the partition of a callee after the host has read it, or `None` if it could not be read. It replaces an earlier
    /// partition of the same number. In a rule set of all items, `None` changes nothing.
    pub fn add_callee(&mut self, number: &Number, partition: Option<Arc<Partition>>) {
        match &mut self.partitions {
            Partitions::All(partitions) => {
                if let Some(partition) = partition {
                    partitions.insert(number.as_str().to_owned(), partition);
                }
            }
            Partitions::OfCall { callees, .. } => {
                callees.retain(|(known, _)| known != number);
                callees.push((number.clone(), partition));
            }
        }
    }

    /// Returns the same rules with another answer for calls to which no rule applies.
    ///
    /// ```
    /// use precall::{Answer, Attempts, Call, DefaultAnswer, Number, RuleSet};
    ///
    /// let reject = DefaultAnswer::Reject { code: "403".to_owned(), reason: "Not on the list".to_owned() };
    /// let rules = RuleSet::from_items([]).with_default(reject);
    /// let call = Call::new(Number::from_typed("+13155550101")?, "2026-12-01T15:00Z".parse().unwrap());
    /// assert!(!rules.evaluate(&call, &Attempts::none()).lets_through());
    /// # Ok::<(), precall::NumberError>(())
    /// ```
    #[must_use]
    pub fn with_default(self, default: DefaultAnswer) -> Self {
        Self { default, ..self }
    }

    /// Returns the answer for calls to which no rule applies.
    pub fn default_answer(&self) -> &DefaultAnswer {
        &self.default
    }

    /// Returns the invalid items of all partitions that were read, with their mistakes, in the order of their keys. An item
    /// whose `number` is in another spelling than E.164 is among them, although no call ever reads it. A host should show them
    /// to the person who wrote the rules.
    ///
    /// ```
    /// use precall::RuleSet;
    ///
    /// let item = serde_json::json!({ "number": "315 555 0101", "rule": "dnc", "status": "REJECT" });
    /// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
    /// let invalid: Vec<_> = rules.invalid_items().collect();
    /// assert_eq!(invalid[0].reasons, ["`number`: \"315 555 0101\" is never read; store the item under +13155550101"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn invalid_items(&self) -> impl Iterator<Item = &InvalidItem> {
        let partitions: Vec<&Arc<Partition>> = match &self.partitions {
            Partitions::All(partitions) => partitions.values().collect(),
            Partitions::OfCall { callees, caller } => {
                callees.iter().filter_map(|(_, partition)| partition.as_ref()).chain(caller).collect()
            }
        };
        let entries = partitions.into_iter().chain(&self.wildcard).flat_map(|partition| partition.entries());
        let mut invalid: Vec<&InvalidItem> = entries
            .filter_map(|entry| match entry {
                Entry::Invalid(item) => Some(item),
                Entry::Rule(_) | Entry::Fact(_) => None,
            })
            .collect();
        invalid.sort_unstable_by_key(|item| &item.key);
        invalid.into_iter()
    }

    /// Returns the wildcard rules and facts, or `None` if they could not be read.
    pub fn wildcard(&self) -> Option<&Partition> {
        self.wildcard.as_deref()
    }

    /// Returns the rules and facts under a callee's number, or `None` if they have not been read or could not be read.
    pub fn callee(&self, number: &Number) -> Option<&Partition> {
        match self.callee_state(number) {
            PartitionState::Read(partition) => Some(partition),
            PartitionState::NotRead | PartitionState::Unreadable => None,
        }
    }

    pub(crate) fn partitions_of(&self, call: &Call) -> PartitionsOfCall<'_> {
        PartitionsOfCall {
            callee: self.callee_state(&call.to),
            caller: self.caller(call),
            wildcard: PartitionState::of(self.wildcard.as_ref()),
        }
    }

    fn callee_state(&self, number: &Number) -> PartitionState<'_> {
        match &self.partitions {
            Partitions::All(partitions) => {
                PartitionState::Read(partitions.get(number.as_str()).map_or(&EMPTY, |partition| &**partition))
            }
            Partitions::OfCall { callees, .. } => {
                let known = callees.iter().find(|(known, _)| known == number);
                known.map_or(PartitionState::NotRead, |(_, partition)| PartitionState::of(partition.as_ref()))
            }
        }
    }

    /// Returns the caller's partition, or an empty one if the caller is the callee, so that no rule counts twice.
    fn caller(&self, call: &Call) -> PartitionState<'_> {
        let Some(from) = call.from.as_ref().filter(|from| **from != call.to) else {
            return PartitionState::Read(&EMPTY);
        };
        match &self.partitions {
            Partitions::All(_) => self.callee_state(from),
            Partitions::OfCall { callees, caller } => {
                // The caller of a redirected call may be the original callee, whose partition was read later.
                let read = callees.iter().find(|(known, _)| known == from).map_or(caller, |(_, partition)| partition);
                PartitionState::of(read.as_ref())
            }
        }
    }
}

/// Returns the last item of each key, in the order of the first ones. It keeps all items without a key, which are invalid.
fn latest(items: impl IntoIterator<Item = Item>) -> Vec<Item> {
    let items: Vec<Item> = items.into_iter().collect();
    let text = |item: &Item, name: &str| match item.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut seen = HashSet::new();
    let mut latest: Vec<Item> = items
        .into_iter()
        .rev()
        .filter(|item| text(item, "number").zip(text(item, "rule")).is_none_or(|key| seen.insert(key)))
        .collect();
    latest.reverse();
    latest
}

/// The rules and facts under one number, or under `*`.
///
/// ```
/// use precall::Partition;
/// use precall::rule::parse;
///
/// let item = serde_json::json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" });
/// let partition: Partition = [parse(&serde_json::from_value(item)?)].into_iter().collect();
/// assert_eq!(partition.entries().len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Partition {
    entries: Vec<Entry>,
    /// The positions of the facts about calling hours.
    hours: Vec<usize>,
    /// The positions of the facts about prefixes, and of invalid items that may have been such facts.
    prefixes: Vec<usize>,
    /// The positions of the facts about copies of lists.
    lists: Vec<usize>,
    /// The calling-hours table with the facts about calling hours.
    calling_hours: OnceLock<CallingHours>,
    /// The versions of the items, in the order of the entries; empty if the partition was made of entries without items.
    versions: Vec<ItemVersions>,
    /// The hash over the versions.
    revision: OnceLock<Option<Version>>,
}

static EMPTY: Partition = Partition {
    entries: Vec::new(),
    hours: Vec::new(),
    prefixes: Vec::new(),
    lists: Vec::new(),
    calling_hours: OnceLock::new(),
    versions: Vec::new(),
    revision: OnceLock::new(),
};

/// The versions of one item.
#[derive(Debug, Clone, Copy)]
struct ItemVersions {
    /// The version of the item as it was read.
    read: Version,
    /// The version of the last valid item, which is used instead of an invalid one.
    last_good: Option<Version>,
}

impl ItemVersions {
    fn of(item: &Item) -> Self {
        Self { read: Version::of(item), last_good: None }
    }
}

impl From<Vec<Entry>> for Partition {
    fn from(entries: Vec<Entry>) -> Self {
        let positions = |is_it: fn(&Entry) -> bool| {
            entries.iter().enumerate().filter(|(_, entry)| is_it(entry)).map(|(i, _)| i).collect()
        };
        let hours = positions(|entry| rows(entry).is_some());
        let prefixes = positions(|entry| prefix_place(entry).is_some() || prefix_in_doubt(entry).is_some());
        let lists = positions(|entry| list_copy(entry).is_some());
        Self { entries, hours, prefixes, lists, ..Self::default() }
    }
}

impl FromIterator<Entry> for Partition {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        entries.into_iter().collect::<Vec<_>>().into()
    }
}

impl Partition {
    /// Reads the items under one number, or under `*`.
    ///
    /// ```
    /// use precall::Partition;
    /// use precall::rule::{Item, Key, Version};
    ///
    /// let item: Item = serde_json::from_str(r#"{ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" }"#)?;
    /// let partition = Partition::from_items(&[item.clone()]);
    /// let key = Key { number: "*".to_owned(), rule: "no-900".to_owned() };
    /// assert_eq!(partition.version_of(&key), Some(Version::of(&item)));
    /// assert_eq!(partition.revision(), Some(Version::of_rules([("no-900", Version::of(&item))])));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn from_items(items: &[Item]) -> Self {
        Self::replacing(&EMPTY, items)
    }

    /// Reads items that replace those of an earlier partition. An item that has become invalid keeps its last valid version.
    pub fn replacing(before: &Self, items: &[Item]) -> Self {
        let read: Vec<(Entry, ItemVersions)> = items.iter().map(|item| (parse(item), ItemVersions::of(item))).collect();
        if read.iter().all(|(entry, _)| !matches!(entry, Entry::Invalid(_))) {
            return Self::of_versions(read);
        }
        let good: HashMap<&Key, (Arc<Entry>, Option<Version>)> = before
            .entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| {
                let used = match entry {
                    Entry::Invalid(invalid) => invalid.last_good.clone()?,
                    good => Arc::new(good.clone()),
                };
                Some((entry.key(), (used, before.used_version(index))))
            })
            .collect();
        let versioned = read.into_iter().map(|(entry, mut versions)| match entry {
            Entry::Invalid(mut invalid) => {
                let (last_good, version) = good.get(&invalid.key).cloned().unzip();
                invalid.last_good = last_good;
                versions.last_good = version.flatten();
                (Entry::Invalid(invalid), versions)
            }
            good => (good, versions),
        });
        Self::of_versions(versioned.collect())
    }

    fn of_versions(entries: Vec<(Entry, ItemVersions)>) -> Self {
        let (entries, versions): (Vec<Entry>, Vec<ItemVersions>) = entries.into_iter().unzip();
        Self { versions, ..entries.into() }
    }

    /// Returns the version of the item at a position that decides: the last valid one, if the item has become invalid.
    fn used_version(&self, index: usize) -> Option<Version> {
        let versions = self.versions.get(index)?;
        match self.entries.get(index)? {
            Entry::Invalid(InvalidItem { last_good: Some(_), .. }) => versions.last_good,
            Entry::Invalid(_) | Entry::Rule(_) | Entry::Fact(_) => Some(versions.read),
        }
    }

    /// Returns the version of an item that decides. For an item that has become invalid, it is that of the last valid one. It is
    /// `None` if there is no such item, or if the partition was made of entries without items.
    pub fn version_of(&self, key: &Key) -> Option<Version> {
        self.used_version(self.entries.iter().position(|entry| entry.key() == key)?)
    }

    /// Returns the items with their versions as they were read; nothing if the partition was made of entries without items.
    pub fn versions(&self) -> impl Iterator<Item = (&Key, Version)> {
        self.entries.iter().zip(&self.versions).map(|(entry, versions)| (entry.key(), versions.read))
    }

    /// Returns the revision: the hash over the names and the versions of all items as they were read. It is `None` if the
    /// partition was made of entries without items.
    pub fn revision(&self) -> Option<Version> {
        *self.revision.get_or_init(|| {
            let rules = self.versions().map(|(key, version)| (key.rule.as_str(), version));
            (self.versions.len() == self.entries.len()).then(|| Version::of_rules(rules))
        })
    }

    /// Returns the copies of imported lists that are in force, by the names of their lists.
    pub fn lists(&self) -> Vec<&ListCopy> {
        let mut lists: Vec<&ListCopy> =
            self.lists.iter().filter_map(|index| list_copy(self.entries.get(*index)?)).collect();
        lists.sort_unstable_by_key(|copy| &copy.list);
        lists
    }

    /// Returns the rules, facts and invalid items in their original order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the places that facts state for the longest prefix of a number.
    pub(crate) fn places_of_prefix(&self, number: &Number, at: Timestamp) -> PlacesOfPrefix<'_> {
        let mut places = PlacesOfPrefix::default();
        for entry in self.prefixes.iter().filter_map(|index| self.entries.get(*index)) {
            let (lifetime, to, holder) = match (prefix_place(entry), prefix_in_doubt(entry)) {
                (Some((lifetime, prefix)), _) => (lifetime, &prefix.to, Some(&prefix.holder)),
                (None, Some(conditions)) => (&conditions.lifetime, &conditions.to, None),
                (None, None) => continue,
            };
            if let Some(found) = to.test(Some(number)).filter(|_| lifetime.contains(at)) {
                places.add(found.prefix_digits(), holder);
            }
        }
        places
    }

    /// Returns the calling-hours table with the operator's rows, which replace built-in rows during their span of time.
    pub fn calling_hours(&self) -> &CallingHours {
        if self.hours.is_empty() {
            return CallingHours::embedded();
        }
        self.calling_hours.get_or_init(|| {
            let facts = self.hours.iter().filter_map(|index| self.entries.get(*index)).filter_map(rows);
            let facts = facts.filter(|(lifetime, _)| lifetime.enabled);
            let rows = facts.flat_map(|(lifetime, rows)| {
                let lifetime = lifetime.span();
                rows.iter().cloned().map(move |mut row| {
                    row.lifetime = lifetime;
                    row
                })
            });
            CallingHours::embedded().with_overrides(rows)
        })
    }
}

/// The places that facts state for the longest prefix of a number. The default is that there is no such fact.
#[derive(Debug, Default)]
pub(crate) struct PlacesOfPrefix<'p> {
    /// The digits of the prefix; 0 if there is no such fact.
    pub(crate) digits: u8,
    /// The facts about it.
    pub(crate) holders: Vec<&'p Holder>,
    /// True if an invalid item may have been meant to state where the numbers of the prefix are.
    pub(crate) is_in_doubt: bool,
}

impl<'p> PlacesOfPrefix<'p> {
    fn add(&mut self, digits: u8, holder: Option<&'p Holder>) {
        if digits < self.digits {
            return;
        }
        if digits > self.digits {
            *self = Self { digits, ..Self::default() };
        }
        match holder {
            Some(holder) => self.holders.push(holder),
            None => self.is_in_doubt = true,
        }
    }
}

/// Returns the conditions of an invalid item that may have been meant to state the place of a prefix.
fn prefix_in_doubt(entry: &Entry) -> Option<&Conditions> {
    match entry {
        Entry::Invalid(item) if item.leaves_prefix_in_doubt() => Some(&item.conditions),
        _ => None,
    }
}

/// Returns the place of a prefix that an item states, with the span of time in which it counts.
fn prefix_place(entry: &Entry) -> Option<(&Lifetime, &PrefixPlace)> {
    match entry.last_good() {
        Some(Entry::Fact(fact)) => match &fact.content {
            FactContent::Prefix(prefix) => Some((&fact.lifetime, prefix)),
            FactContent::Holder(_)
            | FactContent::CallingHours(_)
            | FactContent::List(_)
            | FactContent::Exemption(_) => None,
        },
        _ => None,
    }
}

/// Returns the calling-hours rows of an item, with the span of time in which they count.
fn rows(entry: &Entry) -> Option<(&Lifetime, &[HoursRow])> {
    match entry.last_good() {
        Some(Entry::Fact(fact)) => match &fact.content {
            FactContent::CallingHours(rows) => Some((&fact.lifetime, rows)),
            FactContent::Holder(_) | FactContent::Prefix(_) | FactContent::List(_) | FactContent::Exemption(_) => None,
        },
        _ => None,
    }
}

/// Returns the copy of a list that an item states.
fn list_copy(entry: &Entry) -> Option<&ListCopy> {
    match entry.last_good() {
        Some(Entry::Fact(fact)) => match &fact.content {
            FactContent::List(copy) => Some(copy),
            FactContent::Holder(_)
            | FactContent::Prefix(_)
            | FactContent::CallingHours(_)
            | FactContent::Exemption(_) => None,
        },
        _ => None,
    }
}
