//! Names and words of files, however they are spelled.

/// Reads a word for a change: true if a number is added, false if it is deleted.
pub fn is_addition(word: &str) -> Option<bool> {
    match word.trim() {
        "+" => return Some(true),
        "-" => return Some(false),
        _ => {}
    }
    match plain(word).as_str() {
        "a" | "add" | "added" | "adds" | "addition" | "insert" | "inserted" => Some(true),
        "d" | "del" | "delete" | "deleted" | "deletes" | "deletion" | "remove" | "removed" => Some(false),
        _ => None,
    }
}

/// Returns a name in lower-case letters and digits only.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}
