//! The columns of a file with consents, and the texts in them by which a row is not a consent: it was not given, it was
//! withdrawn, or it is doubtful.

use precall::rule::in_ascii_letters;

use crate::number_list::file_reader::words::{is_yes, plain, words};

/// Parts of the name of a column about a consent.
const CONSENT_NAMES: [&str; 11] = [
    "agree",
    "allow",
    "authoris",
    "authoriz",
    "consent",
    "granted",
    "optedin",
    "optin",
    "permission",
    "permit",
    "status",
];

/// Last words of the name of a column with a detail of a consent, in which any text is possible.
const DETAIL_WORDS: [&str; 18] = [
    "by",
    "channel",
    "form",
    "id",
    "ip",
    "language",
    "medium",
    "method",
    "no",
    "number",
    "ref",
    "reference",
    "source",
    "text",
    "type",
    "url",
    "version",
    "via",
];

/// Parts of the name of a column about the withdrawal of a consent, or about a number that is not called.
const WITHDRAWAL_NAMES: [&str; 34] = [
    "blacklist",
    "blocked",
    "cancel",
    "complain",
    "declin",
    "delet",
    "denied",
    "disagree",
    "disallow",
    "dnc",
    "donotc",
    "dontc",
    "expired",
    "inactive",
    "lapsed",
    "nocall",
    "noconsent",
    "nolonger",
    "nonconsent",
    "nopermission",
    "notallow",
    "notconsent",
    "optedout",
    "optingout",
    "optout",
    "refus",
    "remov",
    "rescind",
    "revoc",
    "revoq",
    "revok",
    "suppress",
    "terminat",
    "unsub",
];

/// Words of such a name.
const WITHDRAWAL_WORDS: [&str; 7] = ["dnd", "ended", "endedat", "never", "stop", "stopdate", "stopped"];

/// Whole texts that refuse, in lower-case letters and digits.
const NO_TEXTS: [&str; 17] = [
    "n",
    "no",
    "0",
    "f",
    "false",
    "none",
    "na",
    "nil",
    "null",
    "nan",
    "denied",
    "declined",
    "refused",
    "pending",
    "unknown",
    "not",
    "undefined",
];

/// Whole texts by which a consent was not withdrawn.
const NOT_WITHDRAWN_TEXTS: [&str; 7] = ["n", "no", "0", "f", "false", "na", "null"];

/// Parts of words, and phrases, for a consent that has ended, wherever they are in a text.
const ENDED_PARTS: [&str; 30] = [
    "blacklist",
    "blocklist",
    "cancel",
    "declin",
    "disagree",
    "donotc",
    "donotphone",
    "donotring",
    "dontcall",
    "dontcontact",
    "expired",
    "lapsed",
    "nevercall",
    "nocall",
    "noconsent",
    "nolonger",
    "nopermission",
    "notconsent",
    "optedout",
    "optingout",
    "optout",
    "optsout",
    "refus",
    "rescind",
    "revoc",
    "revoq",
    "revok",
    "suppress",
    "terminat",
    "unsub",
];

/// The same, for the forms of "withdraw".
const WITHDRAWN_PART: &str = "withdr";

/// Words for a consent that has ended.
const ENDED_WORDS: [&str; 12] = [
    "blocked", "deleted", "denied", "dnc", "dnd", "inactive", "invalid", "objected", "removed", "removeme", "stop",
    "stopall",
];

/// Words by which a text may be the opposite of a consent.
const DOUBTFUL_WORDS: [&str; 41] = [
    "aint",
    "arent",
    "cannot",
    "cant",
    "complained",
    "complaint",
    "couldnt",
    "didnt",
    "doesnt",
    "dont",
    "ended",
    "ends",
    "end",
    "hadnt",
    "hasnt",
    "havent",
    "isnt",
    "nah",
    "nay",
    "nein",
    "neither",
    "never",
    "no",
    "non",
    "nope",
    "nor",
    "not",
    "object",
    "objects",
    "quit",
    "shouldnt",
    "stopp",
    "stopped",
    "stopping",
    "stops",
    "unable",
    "wasnt",
    "without",
    "wont",
    "wouldnt",
    "unwilling",
];

/// Words for a consent that is not there yet, in a column about consents.
const PENDING_WORDS: [&str; 11] =
    ["awaiting", "maybe", "paused", "pending", "requested", "suspended", "tbc", "tbd", "unclear", "unknown", "unsure"];

/// Words that turn the meaning of others around.
const NEGATIONS: [&str; 4] = ["never", "no", "not", "without"];

/// Words for a consent that was given.
const GIVEN_WORDS: [&str; 26] = [
    "accepted",
    "active",
    "agree",
    "agreed",
    "agrees",
    "allow",
    "allowed",
    "approved",
    "authorised",
    "authorized",
    "confirmed",
    "consent",
    "consented",
    "consents",
    "current",
    "express",
    "given",
    "granted",
    "obtained",
    "ok",
    "permitted",
    "signed",
    "true",
    "valid",
    "written",
    "yes",
];

/// Parts of a text for a consent that was given.
const GIVEN_PARTS: [&str; 2] = ["optedin", "optin"];

/// Fewest digits of a text that is a date.
const DATE_DIGITS: usize = 6;

/// The meaning of a column of a file with consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentColumn {
    /// It states if a consent was given, or when.
    Consent,
    /// It has a detail of the consent.
    Detail,
    /// It states if the consent was withdrawn, or when.
    Withdrawal,
    /// It has the end, the start or the proof.
    Chosen,
    /// Any other column.
    Other,
}

/// The meaning of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellMeaning {
    /// It does not speak against a consent.
    Consent,
    /// The consent was not given, or it has ended.
    Ended,
    /// It may not be a consent.
    Doubtful,
}

impl ConsentColumn {
    /// Returns the meaning of a column with this name, or without one.
    pub fn of(name: Option<&str>) -> Self {
        let Some(name) = name else { return Self::Other };
        let words = words(name);
        let whole = plain(&in_ascii_letters(name));
        let has = |parts: &[&str]| parts.iter().any(|part| whole.contains(part));
        let has_word = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        if has(&WITHDRAWAL_NAMES) || has(&[WITHDRAWN_PART]) || has_word(&WITHDRAWAL_WORDS) {
            Self::Withdrawal
        } else if !has(&CONSENT_NAMES) {
            Self::Other
        } else if words.last().is_some_and(|last| DETAIL_WORDS.contains(&last.as_str())) {
            Self::Detail
        } else {
            Self::Consent
        }
    }

    /// Returns the meaning of a cell of this column.
    pub fn meaning(self, text: &str) -> CellMeaning {
        let cell = Cell::of(text);
        match self {
            Self::Withdrawal if cell.is_not_withdrawn() => CellMeaning::Consent,
            Self::Withdrawal if cell.has_date() || is_yes(text) == Some(true) || cell.is_ended() => CellMeaning::Ended,
            Self::Withdrawal => CellMeaning::Doubtful,
            Self::Consent | Self::Detail if cell.is_no() => CellMeaning::Ended,
            Self::Chosen if cell.is_ended() => CellMeaning::Ended,
            Self::Chosen => CellMeaning::Consent,
            _ if cell.is_ended() && !cell.has_word(&NEGATIONS) => CellMeaning::Ended,
            _ if cell.is_ended() || cell.has_word(&DOUBTFUL_WORDS) => CellMeaning::Doubtful,
            Self::Consent | Self::Detail if cell.has_word(&PENDING_WORDS) => CellMeaning::Doubtful,
            Self::Consent if !cell.is_given(text) => CellMeaning::Doubtful,
            Self::Consent | Self::Detail | Self::Other => CellMeaning::Consent,
        }
    }
}

/// A text of a file, as words.
struct Cell {
    words: Vec<String>,
    /// The words without blanks between them.
    whole: String,
    /// The text in ASCII letters.
    written: String,
}

impl Cell {
    fn of(text: &str) -> Self {
        let words = words(text);
        let written = in_ascii_letters(text);
        Self { whole: words.concat(), words, written }
    }

    fn has_word(&self, known: &[&str]) -> bool {
        self.words.iter().any(|word| known.contains(&word.as_str()))
    }

    fn is_ended(&self) -> bool {
        let has_part = |part: &&str| self.whole.contains(part);
        let has_opted = self.words.iter().any(|word| word.starts_with("opt")) && self.has_word(&["out"]);
        has_opted || has_part(&WITHDRAWN_PART) || ENDED_PARTS.iter().any(has_part) || self.has_word(&ENDED_WORDS)
    }

    /// Returns true for nothing, zeros, and words that refuse.
    fn is_no(&self) -> bool {
        self.whole.bytes().all(|byte| byte == b'0') && !self.written.chars().any(char::is_alphabetic)
            || NO_TEXTS.contains(&self.whole.as_str())
    }

    fn is_not_withdrawn(&self) -> bool {
        self.written.trim().bytes().all(|byte| byte == b'-') || NOT_WITHDRAWN_TEXTS.contains(&self.whole.as_str())
    }

    fn is_given(&self, text: &str) -> bool {
        is_yes(text) == Some(true)
            || self.has_word(&GIVEN_WORDS)
            || GIVEN_PARTS.iter().any(|part| self.whole.contains(part))
            || self.has_date()
    }

    fn has_date(&self) -> bool {
        let digits = self.whole.bytes().filter(u8::is_ascii_digit);
        digits.clone().count() >= DATE_DIGITS && !digits.clone().all(|digit| digit == b'0')
    }
}
