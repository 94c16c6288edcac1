//! Joins the parts of long lines. Docker's json-file has at most 16 KiB of a line in one entry, and the rest in the next
//! entries of the same stream.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::record::RecordText;

/// Most bytes of a line's parts that are kept.
const MAX_JOINED_BYTES: usize = 4 << 20;

/// The first bytes of an entry.
const ENTRY_START: &[u8] = b"{\"log\":";

/// The first characters of a JSON object. A record has no object in it, and its texts escape the second character, so that no
/// other part of a record starts with them.
const OBJECT_START: &str = "{\"";

/// An entry of a container's log.
#[derive(Deserialize)]
struct ContainerEntry<'l> {
    #[serde(borrow)]
    log: RecordText<'l>,
    #[serde(borrow, default)]
    stream: RecordText<'l>,
}

/// The parts of lines that are not complete yet, by stream: the number of the first entry, and the text.
#[derive(Debug, Default)]
pub struct SplitLines(BTreeMap<String, (u64, String)>);

impl SplitLines {
    /// Takes a line of a file if it is an entry with a part of a record. Passes on the whole record after its last part.
    /// Returns false if the line is not a part.
    pub fn take(&mut self, nth: u64, line: &[u8], mut pass_on: impl FnMut(u64, &[u8])) -> bool {
        if !line.starts_with(ENTRY_START) {
            return false;
        }
        let Ok(entry) = serde_json::from_slice::<ContainerEntry<'_>>(line) else { return false };
        let is_start = entry.log.starts_with(OBJECT_START);
        // Collectors remove line feeds, so that a line without one may be complete.
        let is_complete = entry.log.ends_with('\n') || (is_start && is_json(&entry.log));
        if is_start {
            if let Some((first, text)) = self.0.remove(&*entry.stream) {
                pass_on(first, text.as_bytes());
            }
            if !is_complete {
                self.0.insert(entry.stream.to_string(), (nth, entry.log.to_string()));
            }
            return !is_complete;
        }
        let Some((first, mut text)) = self.0.remove(&*entry.stream) else { return false };
        text.push_str(&entry.log);
        if is_complete || text.len() >= MAX_JOINED_BYTES || is_json(&text) {
            pass_on(first, text.as_bytes());
        } else {
            self.0.insert(entry.stream.to_string(), (first, text));
        }
        true
    }

    /// Returns the lines whose last part is missing.
    pub fn into_unfinished(self) -> impl Iterator<Item = (u64, String)> {
        self.0.into_values()
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
