//! The names of attributes, and their misspellings.

use super::foreign::{self, Meaning, MeaningKind};
use super::look_alike::{in_ascii_letters, may_be};

/// The attributes that an item may have.
///
/// ```
/// assert!(precall::rule::ATTRIBUTES.contains(&"priority"));
/// ```
pub const ATTRIBUTES: [&str; 27] = [
    "number",
    "rule",
    "status",
    "code",
    "reason",
    "side",
    "to",
    "from",
    "priority",
    "enabled",
    "expires_at",
    "starts_at",
    "shadow",
    "clients",
    "dates",
    "days",
    "hours",
    "timezone",
    "calling_hours",
    "places",
    "max_calls",
    "per",
    "count_by",
    "percent",
    "holidays",
    "besides",
    NOTE,
];

/// The attributes of a fact about the place of a number's holder.
pub(super) const FACT_OF_HOLDER: [&str; 9] =
    ["number", "rule", "timezone", "places", "besides", "enabled", "starts_at", "expires_at", NOTE];

/// The attributes of a fact about the place of the numbers with a prefix.
pub(super) const FACT_OF_PREFIX: [&str; 9] =
    ["number", "rule", "to", "timezone", "places", "enabled", "starts_at", "expires_at", NOTE];

/// The attributes of a fact about the calling hours of places.
pub(super) const FACT_OF_HOURS: [&str; 12] = [
    "number",
    "rule",
    "calling_hours",
    "places",
    "days",
    "hours",
    "holidays",
    "timezone",
    "enabled",
    "starts_at",
    "expires_at",
    NOTE,
];

/// The attributes of rules that an exemption may have.
pub(super) const FACT_OF_EXEMPTION: [&str; 8] =
    ["number", "rule", "from", "clients", "enabled", "starts_at", "expires_at", NOTE];

/// The attributes of an exemption that no other item has.
pub(super) const OF_EXEMPTION: [&str; 2] = ["exempt", "proof"];

/// The attributes of rules that a list notice may have. It always counts, so it has no lifetime.
pub(super) const FACT_OF_LIST: [&str; 4] = ["number", "rule", "enabled", NOTE];

/// The attributes of a list notice that no other item has.
pub(super) const OF_NOTICE: [&str; 6] = ["list", "copied", "sha256", "file", "due", "numbers"];

/// The mark of an imported list on its items. The hook ignores it.
pub const LIST_FILE: &str = "list_file";

/// The stamp of the last change that a tool of precall made: a map with its id, its author, its way and its reason. The hook
/// ignores it.
pub const CHANGED: &str = "changed";

/// Attributes that tools write for themselves. They are not a part of the rule.
pub const BOOKKEEPING: [&str; 2] = [CHANGED, LIST_FILE];

/// Free text. A misspelling of its name cannot change a rule.
const NOTE: &str = "note";

/// Attributes without reports of misspellings: a missing `status` is reported anyway, and a note has no effect.
const NEVER_MISSPELT: [&str; 4] = ["number", "rule", "status", NOTE];

/// Common words that differ from an attribute by a letter or two. They are not misspellings.
const WORDS_OF_THEIR_OWN: [&str; 54] = [
    "site",
    "sites",
    "size",
    "sizes",
    "slide",
    "slides",
    "sire",
    "sides",
    "codec",
    "codecs",
    "core",
    "cone",
    "come",
    "cope",
    "cove",
    "coda",
    "cole",
    "code_id",
    "peer",
    "pear",
    "perm",
    "perk",
    "pert",
    "perl",
    "peru",
    "plates",
    "planes",
    "placed",
    "palaces",
    "paces",
    "plaices",
    "timeline",
    "timelines",
    "status_at",
    "state_at",
    "stats_at",
    "started_by",
    "count_id",
    "counter",
    "county",
    "dams",
    "data",
    "dated",
    "dares",
    "dates_of",
    "frog",
    "front",
    "enabler",
    "reasons",
    "shadows",
    "seasons",
    "max_cells",
    "dads",
    "daddy",
];

/// Returns the meaning of a name that is not an attribute's.
pub(super) fn meaning(name: &str, is_wildcard: bool) -> Option<Meaning> {
    let lower = name.trim().to_ascii_lowercase();
    if ATTRIBUTES.contains(&lower.as_str()) {
        return None;
    }
    let name = &in_ascii_letters(name);
    let lower = name.trim().to_ascii_lowercase();
    if lower == "status" {
        // In other letters, it is not read.
        return Some(Meaning { kind: MeaningKind::Ban, ..Meaning::STATUS });
    }
    let same = foreign::compact(name);
    let candidates = || ATTRIBUTES.into_iter().filter(|known| !NEVER_MISSPELT.contains(known));
    let is_same = |known: &&str| known.bytes().filter(|b| *b != b'_').eq(same.bytes());
    let respelt = candidates().find(|known| is_same(known) || may_be(&lower, known)).map(Meaning::of);
    let misspelt = || {
        let is_word = WORDS_OF_THEIR_OWN.contains(&lower.as_str());
        candidates().find(|known| !is_word && is_misspelling(&lower, known)).map(Meaning::of)
    };
    respelt.or_else(|| foreign::meaning(name, is_wildcard)).or_else(misspelt)
}

/// Returns true if a name means `status` in an item without it: a misspelling, or a word for an action.
pub(super) fn means_status(name: &str) -> bool {
    let name = &in_ascii_letters(name);
    let lower = name.trim().to_lowercase();
    let is_misspelt = lower.len() <= "status".len() * 2 && strsim::damerau_levenshtein(&lower, "status") <= 1;
    is_misspelt || foreign::is_status_word(&foreign::compact(name))
}

impl Meaning {
    /// The meaning of a word for the action of a rule.
    pub(super) const STATUS: Self = Self { known: "status", kind: MeaningKind::Part };

    /// Returns the meaning of a name that is nearly an attribute's.
    fn of(known: &'static str) -> Self {
        let kind = match known {
            "code" | "reason" => MeaningKind::Text,
            "starts_at" | "expires_at" => MeaningKind::Lifetime,
            "enabled" => MeaningKind::Switch(true),
            _ => MeaningKind::Part,
        };
        Self { known, kind }
    }
}

/// Returns the attribute that a name of the operator's own resembles, for advice only.
pub(super) fn resembled(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    NEVER_MISSPELT.into_iter().find(|known| is_misspelling(&lower, known))
}

/// Returns true if two names differ by one typing error, or by two in a long name, but not in the first letter.
fn is_misspelling(name: &str, known: &str) -> bool {
    let slips = if known.len() < 8 { 1 } else { 2 };
    let has_length = (4..=known.len() + slips).contains(&name.len());
    has_length && name.chars().next() == known.chars().next() && strsim::damerau_levenshtein(name, known) <= slips
}
