//! Names and words of files, however they are spelled.

/// Most bytes of a word that may mean something. A longer text is not one.
const MAX_WORD: usize = 24;

/// Words by which the holder of a number agrees to calls, or a call goes through, in lower-case letters and digits.
const OPT_IN_WORDS: [&str; 24] = [
    "allow",
    "allowed",
    "allowlisted",
    "callable",
    "cancall",
    "confirmedoptin",
    "consented",
    "doubleoptin",
    "granted",
    "notdnc",
    "oktocall",
    "optedin",
    "optedinagain",
    "optin",
    "proceed",
    "resubscribe",
    "resubscribed",
    "subscribe",
    "subscribed",
    "subscriber",
    "unblock",
    "unblocked",
    "unstop",
    "whitelisted",
];

/// Words of a message by which a person ends messages, in lower-case letters.
const STOP_WORDS: [&str; 14] = [
    "arret",
    "baja",
    "cancel",
    "end",
    "optout",
    "quit",
    "remove",
    "removeme",
    "revoke",
    "stop",
    "stopall",
    "stopp",
    "stopplease",
    "unsubscribe",
];

/// A short word in lower-case letters and digits.
#[derive(Debug, Clone, Copy)]
pub struct ShortWord {
    bytes: [u8; MAX_WORD],
    length: usize,
}

impl ShortWord {
    /// Returns the letters and digits of a text; `None` if it is longer than a word.
    pub fn of(text: &str) -> Option<Self> {
        let mut word = Self { bytes: [0; MAX_WORD], length: 0 };
        if text.len() > 2 * MAX_WORD {
            return None;
        }
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                word.push(c)?;
            } else if !c.is_ascii() {
                for folded in folded(c).chars() {
                    word.push(folded)?;
                }
            }
        }
        Some(word)
    }

    fn push(&mut self, c: char) -> Option<()> {
        *self.bytes.get_mut(self.length)? = u8::try_from(c.to_ascii_lowercase()).ok()?;
        self.length += 1;
        Some(())
    }

    /// Returns the word.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Reads a word for a change: true if a number is added, false if it is deleted.
pub fn is_addition(word: &str) -> Option<bool> {
    match word.trim() {
        "+" => return Some(true),
        "-" => return Some(false),
        _ => {}
    }
    match ShortWord::of(word)?.as_str() {
        "a" | "add" | "added" | "adds" | "addition" | "insert" | "inserted" => Some(true),
        "d" | "del" | "delete" | "deleted" | "deletes" | "deletion" | "remove" | "removed" => Some(false),
        _ => None,
    }
}

/// Returns true for a word by which a number is one that may be called.
pub fn is_opt_in(word: &str) -> bool {
    ShortWord::of(word).is_some_and(|word| OPT_IN_WORDS.contains(&word.as_str()))
}

/// Returns true for a message by which a person ends messages.
pub fn is_stop(message: &str) -> bool {
    ShortWord::of(message).is_some_and(|word| STOP_WORDS.contains(&word.as_str()))
}

/// Reads a yes or a no.
pub fn is_yes(text: &str) -> Option<bool> {
    match ShortWord::of(text)?.as_str() {
        "y" | "yes" | "1" | "t" | "true" | "x" => Some(true),
        "n" | "no" | "0" | "f" | "false" => Some(false),
        _ => None,
    }
}

/// Returns a name in lower-case letters and digits only, without accents.
pub fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if !c.is_ascii() {
            plain.push_str(folded(c));
        }
    }
    plain
}

/// Returns the letters that a letter with an accent has without it; nothing for a letter of another script.
fn folded(c: char) -> &'static str {
    match c.to_lowercase().next().unwrap_or(c) {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}
