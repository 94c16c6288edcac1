//! `precall import --dry-run`: reads a file as an import would, and writes nothing.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use super::arguments::Arguments;
use super::shown::{self, SkippedCounts};
use crate::counts::counted;
use crate::dynamodb::items::ItemChange;
use crate::failure::Failure;
use crate::number_list::distinct_numbers::DistinctNumbers;
use crate::number_list::file_reader::event::{FileEntry, ReadEvent};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::file_reader::read;
use crate::number_list::item_builder::ItemBuilder;
use crate::terminal::{print, print_stderr};

/// Rejected lines that are shown.
const MAX_SHOWN: u64 = 10;

/// Characters of a line that are shown.
const MAX_SHOWN_TEXT: usize = 60;

/// Reads the whole file and shows its numbers and its rejected lines.
///
/// # Errors
/// When the file cannot be read, or its format is not clear.
pub fn run(arguments: &Arguments, input: InputFile) -> Result<ExitCode, Failure> {
    let builder = ItemBuilder::new(&arguments.list, &arguments.attributes, "", None)?;
    let mut counts = DryCounts::default();
    let mut distinct = DistinctNumbers::default();
    let mut skipped = SkippedCounts::default();
    read::entries(input, &arguments.format.options(), &Arc::default(), &mut |event| match event {
        ReadEvent::Format(format) => shown::show(arguments, &format),
        ReadEvent::LeftOut => {
            skipped.add(1, 0);
            Ok(())
        }
        ReadEvent::Entry(entry) => {
            let FileEntry { member, nth, entry, text } = entry;
            let place = if member.is_empty() { nth.to_string() } else { format!("{member}:{nth}") };
            match entry.and_then(|entry| builder.change(entry)) {
                Ok((key, change)) => {
                    let is_added = matches!(change, ItemChange::Put(_));
                    if !is_added {
                        counts.removed += 1;
                    } else if distinct.add(&key) {
                        counts.accepted += 1;
                    } else {
                        skipped.add(0, 1);
                    }
                    let prefix = key.rule.split_once(':').map(|(_, prefix)| prefix);
                    let number = prefix.filter(|_| key.number == "*").unwrap_or(&key.number);
                    let change = if is_added { "add" } else { "delete" };
                    arguments.print_json(|| json!({ "line": place, "number": number, "change": change }))
                }
                Err(reason) => {
                    counts.rejected += 1;
                    if counts.rejected <= MAX_SHOWN && !arguments.json {
                        let shown: String = text.chars().take(MAX_SHOWN_TEXT).filter(|c| !c.is_control()).collect();
                        print_stderr(format_args!("rejected: line {place}: {reason}: {shown}"));
                    }
                    arguments.print_json(|| json!({ "line": place, "rejected": reason, "text": text }))
                }
            }
        }
    })?;
    counts.print(arguments, &skipped)
}

/// Counts of a file's entries.
#[derive(Debug, Default)]
struct DryCounts {
    accepted: u64,
    removed: u64,
    rejected: u64,
}

impl DryCounts {
    fn print(&self, arguments: &Arguments, skipped: &SkippedCounts) -> Result<ExitCode, Failure> {
        let mut counts = vec![format!("{} would be written from {}", self.accepted, arguments.file_name())];
        if self.removed > 0 {
            counts.push(format!("{} would be removed", self.removed));
        }
        counts.extend(skipped.described());
        if self.rejected > 0 {
            counts.push(counted(self.rejected, "rejected line"));
        }
        let text = format!("list {}: {}; nothing was written", arguments.list, counts.join(", "));
        if arguments.json {
            print_stderr(text)
        } else {
            print(&format!("{text}\n"))?
        }
        Ok(ExitCode::from(u8::from(self.rejected > 0)))
    }
}

impl Arguments {
    /// Prints a line of JSON, if the operator wants it.
    fn print_json(&self, line: impl FnOnce() -> serde_json::Value) -> Result<(), Failure> {
        if self.json { print(&format!("{}\n", line())) } else { Ok(()) }
    }
}
