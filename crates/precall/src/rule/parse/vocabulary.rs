//! The names of attributes, other words for them, and misspellings.

/// The attributes that an item may have.
///
/// ```
/// assert!(precall::rule::ATTRIBUTES.contains(&"priority"));
/// ```
pub const ATTRIBUTES: [&str; 25] = [
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
    NOTE,
];

/// The attributes of a fact about the place of a number's holder.
pub(super) const FACT_OF_HOLDER: [&str; 8] =
    ["number", "rule", "timezone", "places", "enabled", "starts_at", "expires_at", NOTE];

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

/// Other words that people and other systems use for attributes. A rule with such a word must not decide as if it lacked the
/// condition.
const OTHER_WORDS: [(&str, &str); 56] = [
    ("action", "status"),
    ("active", "enabled"),
    ("api_key", "clients"),
    ("begin", "starts_at"),
    ("begins_at", "starts_at"),
    ("callee", "to"),
    ("callees", "to"),
    ("caller", "from"),
    ("callers", "from"),
    ("client", "clients"),
    ("countries", "places"),
    ("day", "days"),
    ("day_of_week", "days"),
    ("days_of_week", "days"),
    ("decision", "status"),
    ("destination", "code"),
    ("disable", "enabled"),
    ("disabled", "enabled"),
    ("dry_run", "shadow"),
    ("end", "expires_at"),
    ("end_date", "expires_at"),
    ("end_time", "hours"),
    ("ends", "expires_at"),
    ("ends_at", "expires_at"),
    ("expiration", "expires_at"),
    ("expires", "expires_at"),
    ("expiry", "expires_at"),
    ("from_number", "from"),
    ("from_numbers", "from"),
    ("holiday", "holidays"),
    ("hour", "hours"),
    ("max_attempts", "max_calls"),
    ("message", "reason"),
    ("not_after", "expires_at"),
    ("not_before", "starts_at"),
    ("percentage", "percent"),
    ("place", "places"),
    ("prio", "priority"),
    ("start", "starts_at"),
    ("start_date", "starts_at"),
    ("start_time", "hours"),
    ("starts", "starts_at"),
    ("time_of_day", "hours"),
    ("time_zone", "timezone"),
    ("timezones", "timezone"),
    ("to_number", "to"),
    ("to_numbers", "to"),
    ("trial", "shadow"),
    ("ttl", "expires_at"),
    ("tz", "timezone"),
    ("until", "expires_at"),
    ("valid_from", "starts_at"),
    ("valid_until", "expires_at"),
    ("weekday", "days"),
    ("weekdays", "days"),
    ("zone", "timezone"),
];

/// Free text. A misspelling of its name cannot change a rule.
const NOTE: &str = "note";

/// Attributes without reports of misspellings: a missing `status` is reported anyway, and a note has no effect. `state` is
/// an attribute of the operator, not a misspelling of `status`.
const NEVER_MISSPELT: [&str; 4] = ["number", "rule", "status", NOTE];

/// Returns true if a name is that of an attribute, or looks like one.
pub(super) fn is_meant(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || meant(name).is_some()
}

/// Returns the attribute that an unknown name probably means.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    if ATTRIBUTES.contains(&name) {
        return None;
    }
    let other_word = OTHER_WORDS.iter().find(|(word, _)| *word == name).map(|(_, known)| *known);
    other_word.or_else(|| {
        let mut candidates = ATTRIBUTES.into_iter().filter(|known| !NEVER_MISSPELT.contains(known));
        candidates.find(|known| is_misspelling(name, known))
    })
}

/// Returns true if two names differ by one typing error, or by two in a long name, but not in the first letter.
fn is_misspelling(name: &str, known: &str) -> bool {
    let slips = if known.len() < 8 { 1 } else { 2 };
    name.len() >= 4 && name.chars().next() == known.chars().next() && strsim::damerau_levenshtein(name, known) <= slips
}
