//! Words by which a row of a file with consents is not a consent: it was not given, or it was withdrawn.

use crate::number_list::file_reader::words::plain;

/// Names of a column that states if a consent was given. Without a text, it was not.
const GIVEN_NAMES: [&str; 9] =
    ["allowed", "consent", "consented", "consentgiven", "hasconsent", "hasconsented", "optedin", "optin", "permission"];

/// Parts of the name of a column about a consent.
const CONSENT_NAMES: [&str; 5] = ["allow", "consent", "optedin", "optin", "permission"];

/// Parts of the name of a column in which any text but "no" means that there is no consent any more.
const ENDED_NAMES: [&str; 13] = [
    "blocked", "cancel", "delet", "dnc", "donotc", "inactive", "optedout", "optout", "remov", "revok", "suppress",
    "unsub", "withdr",
];

/// Words that refuse something.
const NO_WORDS: [&str; 12] =
    ["n", "no", "0", "f", "false", "none", "denied", "declined", "refused", "pending", "unknown", "not"];

/// Words for a consent that has ended, in a column of any name.
const ENDED_WORDS: [&str; 16] = [
    "cancelled",
    "canceled",
    "deleted",
    "dnc",
    "donotcall",
    "expired",
    "inactive",
    "invalid",
    "optedout",
    "optout",
    "removed",
    "revoked",
    "stop",
    "unsubscribe",
    "unsubscribed",
    "withdrawn",
];

/// The words of a column by which a row is not a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithdrawnWords {
    /// Words for a consent that has ended.
    Ended,
    /// The same, and words that refuse.
    Refusals,
    /// The same, and nothing at all.
    AllButYes,
    /// Everything but "no" and nothing.
    AnyText,
}

impl WithdrawnWords {
    /// Returns the words of a column with this name.
    pub fn of(name: Option<&str>) -> Self {
        let Some(name) = name.map(plain) else { return Self::Ended };
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if has(&ENDED_NAMES) {
            Self::AnyText
        } else if GIVEN_NAMES.contains(&name.as_str()) {
            Self::AllButYes
        } else if has(&CONSENT_NAMES) {
            Self::Refusals
        } else {
            Self::Ended
        }
    }

    /// Returns true if a text is such a word.
    pub fn has(self, text: &str) -> bool {
        let word = plain(text);
        let is_no = NO_WORDS.contains(&word.as_str());
        let is_ended = ENDED_WORDS.contains(&word.as_str());
        match self {
            Self::Ended => is_ended,
            Self::Refusals => is_ended || is_no,
            Self::AllButYes => is_ended || is_no || word.is_empty(),
            Self::AnyText => !text.trim().is_empty() && !is_no,
        }
    }
}
