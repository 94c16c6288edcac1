//! The meaning of a column beside the numbers: marks of additions and deletions, flags, or anything else.

use std::collections::BTreeSet;

use super::table::joined;
use crate::number_list::entry_number::is_entry;
use crate::number_list::file_reader::words::{ShortWord, is_addition, is_opt_in, is_stop, is_yes, plain};

/// Names of a column that marks numbers as added or deleted, in lower-case letters and digits.
const MARK_NAMES: [&str; 14] = [
    "ad",
    "addel",
    "adddelete",
    "addorremove",
    "addremove",
    "adu",
    "change",
    "changecode",
    "changetype",
    "mark",
    "op",
    "opcode",
    "operation",
    "recordtype",
];

/// Names of a column that may mark numbers, and may mean something else.
const DOUBTFUL_NAMES: [&str; 14] = [
    "activity",
    "code",
    "command",
    "event",
    "flag",
    "flags",
    "kind",
    "state",
    "status",
    "statuscode",
    "type",
    "update",
    "updatetype",
    "verb",
];

/// Parts of the name of a column whose letters are initials, names or grades.
const LETTER_NAMES: [&str; 6] = ["first", "grade", "initial", "last", "middle", "name"];

/// Parts of the name of a column in which "no" means that the number is not on the list.
const LISTED_NAMES: [&str; 12] = [
    "active",
    "blacklist",
    "blocked",
    "dnc",
    "dnd",
    "donotc",
    "enabled",
    "listed",
    "optedout",
    "optout",
    "suppress",
    "unsub",
];

/// Parts of the name of a column in which "yes" means that the number is not on the list.
const UNLISTED_NAMES: [&str; 9] =
    ["acceptsmarketing", "allow", "cancall", "consent", "oktocall", "optedin", "optin", "permission", "whitelist"];

/// A part of the name of such a column, unless the name has [`LEFT`] too.
const JOINED: &str = "subscri";

/// A part of a name that turns [`JOINED`] into its opposite.
const LEFT: &str = "unsub";

/// Ends of the name of a column with the time at which a number came onto the list. Without a time, it did not.
const TIME_ENDS: [&str; 5] = ["at", "date", "on", "time", "timestamp"];

/// Parts of such a name.
const LISTED_TIMES: [&str; 5] = ["dnc", "optedout", "optout", "suppress", "unsub"];

/// Beginnings of the name of a column in which any text means that the number is not on the list.
const DELETED_NAMES: [&str; 3] = ["delet", "isdelet", "remov"];

/// Fewest letters of a word that deletes a number in a column of any name. Shorter ones may be initials.
const MIN_WORD_LENGTH: usize = 4;

/// Most bytes of a word that may mean something, with its blanks and signs.
const MAX_WORD_LENGTH: usize = 32;

/// Most different letters that a column of marks has. Initials have more.
const MAX_MARKS: usize = 3;

/// Most values that a message quotes.
const MAX_QUOTED: usize = 4;

/// The meaning of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnMeaning {
    /// It marks numbers as added or deleted.
    Marks,
    /// It may do so. The text is the reason and the advice, to follow the column's name.
    Doubtful(String),
    /// It does not, in the lines that were read.
    Other(WatchedWords),
}

/// The words of a column that reject a line, because its number may not belong on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchedWords {
    /// None.
    Nothing,
    /// Words for a deletion.
    Deletions,
    /// Words and letters for a deletion.
    Marks,
    /// The same, "no", and other texts than "yes".
    Flags,
    /// No text: the number has not come onto the list.
    Empty,
    /// All texts but "no": the number is deleted.
    Undeleted,
    /// Numbers, in a column that has the name of one of numbers, and other texts in the file's first lines.
    Numbers,
    /// All texts: a second number, of which the file's first lines have none.
    Phones,
    /// All texts but those by which a person ends messages.
    Stops,
    /// All texts but `VICIdial`'s dispositions of numbers that are not to be called.
    Dispositions,
}

impl WatchedWords {
    /// Returns true if a text is such a word.
    pub fn has(self, text: &str) -> bool {
        match self {
            Self::Nothing => false,
            // Most texts are digits or long.
            Self::Deletions | Self::Marks if !may_be_word(text) => false,
            Self::Deletions => is_deletion_word(text) || is_opt_in(text),
            Self::Marks => is_addition(text) == Some(false) || is_opt_in(text),
            Self::Flags => is_yes(text) != Some(true),
            Self::Empty => text.trim().is_empty(),
            Self::Undeleted => !text.trim().is_empty() && is_yes(text) != Some(false),
            Self::Numbers => is_entry(text),
            Self::Phones => !text.trim().is_empty(),
            Self::Stops => !is_stop(text),
            Self::Dispositions => !is_dnc(text),
        }
    }

    /// Returns the reason for which a line with such a word is rejected, and the remedy.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Numbers | Self::Phones => {
                "may be a second number of this line, and the first lines of the file have none there; import both columns, with \
                 their names in --column"
            }
            Self::Dispositions => {
                "is not a disposition of a number that is not to be called; choose the lines with --only, or write --format csv if \
                 all numbers are to be on the list"
            }
            Self::Stops => {
                "is not a message by which a person opts out; choose the lines with --only, or the column with --column"
            }
            _ => {
                "may mean that the number is not on the list; choose the lines with --only, or write --format changes if the \
                 column marks deletions, or --format csv if all numbers are to be on the list"
            }
        }
    }
}

/// Returns the meaning of a column by its name, if it has one, and its values.
pub fn meaning(name: Option<&str>, values: &[&str]) -> ColumnMeaning {
    let counts = Counts::of(values);
    let Some(name) = name.map(plain) else { return counts.without_name(values) };
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let is_of_consent = has(&UNLISTED_NAMES) || has(&[JOINED]) && !has(&[LEFT]);
    if has(&LETTER_NAMES) || name == "mi" {
        ColumnMeaning::Other(WatchedWords::Nothing)
    } else if MARK_NAMES.contains(&name.as_str()) || name.contains("action") {
        counts.of_marks(values, true)
    } else if DOUBTFUL_NAMES.contains(&name.as_str()) {
        counts.of_marks(values, false)
    } else if DELETED_NAMES.iter().any(|start| name.starts_with(start)) && counts.filled() > 0 {
        // A column such as `deleted` with no in each line.
        let is_kept = counts.no == counts.filled();
        if is_kept { ColumnMeaning::Other(WatchedWords::Undeleted) } else { not_all_listed(values) }
    } else if counts.opt_in > 0 || is_of_consent && counts.yes + counts.no > 0 {
        not_all_listed(values)
    } else if has(&LISTED_TIMES) && TIME_ENDS.iter().any(|end| name.ends_with(end)) && counts.filled() > 0 {
        if counts.empty == 0 { ColumnMeaning::Other(WatchedWords::Empty) } else { not_all_listed(values) }
    } else if has(&LISTED_NAMES) && counts.yes + counts.no > 0 {
        let is_listed = counts.yes == values.len();
        if is_listed { ColumnMeaning::Other(WatchedWords::Flags) } else { not_all_listed(values) }
    } else {
        counts.of_any_name(values)
    }
}

/// Returns the meaning of the column with the dispositions of `VICIdial`, whose letters are not marks.
pub fn meaning_of_dispositions(values: &[&str]) -> ColumnMeaning {
    match values.iter().filter(|text| is_dnc(text)).count() {
        0 => ColumnMeaning::Other(WatchedWords::Nothing),
        count if count == values.len() => ColumnMeaning::Other(WatchedWords::Dispositions),
        _ => not_all_listed(values),
    }
}

/// Returns true for a disposition of a number that is not to be called: `DNC`, `DNCL`, `DNCC`.
fn is_dnc(text: &str) -> bool {
    text.trim().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("dnc"))
}

/// Counts of the values of a column.
#[derive(Debug, Default)]
struct Counts {
    added: usize,
    deleted: usize,
    /// The deletions that are `-`. They may stand for nothing.
    minus: usize,
    words: usize,
    opt_in: usize,
    /// Words that may be meant as marks, and are none.
    unclear: usize,
    yes: usize,
    no: usize,
    empty: usize,
    other: usize,
}

impl Counts {
    fn of(values: &[&str]) -> Self {
        let mut counts = Self::default();
        for text in values {
            match is_addition(text) {
                Some(true) => counts.added += 1,
                Some(false) => counts.deleted += 1,
                None if text.trim().is_empty() => counts.empty += 1,
                None => counts.other += 1,
            }
            counts.minus += usize::from(text.trim() == "-");
            counts.words += usize::from(is_deletion_word(text));
            counts.opt_in += usize::from(is_opt_in(text));
            counts.unclear += usize::from(is_unclear(text));
            match is_yes(text) {
                Some(true) => counts.yes += 1,
                Some(false) => counts.no += 1,
                None => {}
            }
        }
        counts
    }

    fn marks(&self) -> usize {
        self.added + self.deleted
    }

    fn filled(&self) -> usize {
        self.marks() + self.other
    }

    /// Returns the meaning of a column whose name is one of marks, or may be.
    fn of_marks(&self, values: &[&str], is_clear_name: bool) -> ColumnMeaning {
        if self.marks() > self.minus {
            if is_clear_name || self.marks() * 2 >= self.filled() {
                return ColumnMeaning::Marks;
            }
            return unclear(values);
        }
        let is_unclear = self.unclear > 0 && (is_clear_name || self.unclear == self.filled());
        if self.minus > 0 || self.words + self.opt_in > 0 || is_unclear {
            unclear(values)
        } else {
            ColumnMeaning::Other(WatchedWords::Marks)
        }
    }

    /// Returns the meaning of a column with a name that says nothing about marks.
    fn of_any_name(&self, values: &[&str]) -> ColumnMeaning {
        // A lone `-` stands for nothing.
        let marks = if self.added == 0 { self.marks() - self.minus } else { self.marks() };
        let filled = if self.added == 0 { self.filled() - self.minus } else { self.filled() };
        if self.words + self.opt_in > 0 || marks > 0 && marks * 5 >= filled * 4 {
            unclear(values)
        } else if self.filled() == 0 {
            ColumnMeaning::Other(WatchedWords::Marks)
        } else {
            ColumnMeaning::Other(WatchedWords::Deletions)
        }
    }

    /// Returns the meaning of a column without a name.
    fn without_name(&self, values: &[&str]) -> ColumnMeaning {
        if self.marks() == values.len() && self.added > 0 {
            return ColumnMeaning::Marks;
        }
        if self.marks() == values.len() && self.deleted > self.minus {
            return ColumnMeaning::Doubtful(
                "may mark each of these numbers as deleted; write --format changes if they are to leave the list, and \
                 --format csv if they are to be on it"
                    .to_owned(),
            );
        }
        if self.added > 0 && self.marks() * 3 >= values.len() * 2 {
            let word = values.iter().find(|text| is_addition(text).is_none()).copied().unwrap_or_default();
            return ColumnMeaning::Doubtful(format!(
                "marks most of these numbers as added (A) or deleted (D), and one as {word:?}; correct the file, or \
                 write --format changes to reject such lines, or --format csv if all numbers are to be on the list"
            ));
        }
        if self.deleted > self.minus && are_letters(values) {
            return unclear(values);
        }
        if self.yes > 0 && self.no > 0 && self.yes + self.no == self.filled() {
            return not_all_listed(values);
        }
        self.of_any_name(values)
    }
}

/// Returns the meaning of a column that may mark numbers, for the operator to decide.
fn unclear(values: &[&str]) -> ColumnMeaning {
    ColumnMeaning::Doubtful(format!(
        "has {}, which may mark numbers as added or deleted; write A or D in each of its lines and import the file \
         with --format changes, or choose the lines with --only COLUMN=TEXT, or write --format csv if all numbers of the \
         file are to be on the list",
        quoted(values)
    ))
}

/// Returns the meaning of a column by which some numbers may not belong on the list, for the operator to decide.
fn not_all_listed(values: &[&str]) -> ColumnMeaning {
    ColumnMeaning::Doubtful(format!(
        "has {}, so some of these numbers may not belong on the list; choose the lines that do with --only COLUMN=TEXT, \
         or write --format csv if all numbers of the file are to be on the list",
        quoted(values)
    ))
}

/// Returns the first different values of a column.
pub fn quoted(values: &[&str]) -> String {
    let mut different: Vec<String> = Vec::new();
    for text in values {
        let text = format!("{:?}", text.trim());
        if different.len() < MAX_QUOTED && !different.contains(&text) {
            different.push(text);
        }
    }
    joined(&different)
}

/// Returns true for a few different letters, which are marks sooner than initials.
fn are_letters(values: &[&str]) -> bool {
    let letters: BTreeSet<String> = values.iter().map(|text| plain(text)).filter(|text| !text.is_empty()).collect();
    letters.len() <= MAX_MARKS && letters.iter().all(|text| text.chars().count() == 1)
}

/// Returns true for a short text that is not a number.
fn may_be_word(text: &str) -> bool {
    (1..=MAX_WORD_LENGTH).contains(&text.len()) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns true if a text is a word for a deletion, not only a letter.
fn is_deletion_word(text: &str) -> bool {
    is_addition(text) == Some(false) && text.trim().len() >= MIN_WORD_LENGTH
}

/// Returns true if a text may be meant as a mark, and does not say clearly which.
fn is_unclear(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "allow",
        "c",
        "cancel",
        "drop",
        "erase",
        "i",
        "off",
        "on",
        "optedout",
        "optout",
        "purge",
        "r",
        "release",
        "revoke",
        "subscribe",
        "u",
        "unblock",
        "unsubscribe",
    ];
    let Some(word) = ShortWord::of(text) else { return false };
    let word = word.as_str();
    is_yes(text).is_some()
        || is_opt_in(text)
        || WORDS.iter().any(|unclear| word.strip_prefix(unclear).is_some_and(|end| end.is_empty() || end == "d"))
}
