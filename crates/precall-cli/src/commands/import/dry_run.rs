//! `precall import --dry-run`: reads a file as an import would, and writes nothing.

use std::process::ExitCode;
use std::sync::Arc;

use precall::rule::Key;
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::shown;
use crate::counts::counted;
use crate::dynamodb::items::ItemChange;
use crate::failure::Failure;
use crate::number_list::file_reader::event::{FileEntry, ReadEvent};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::file_reader::read;
use crate::number_list::item_builder::ItemBuilder;
use crate::number_list::seen_numbers::SeenNumbers;
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
    let builder = arguments.builder("", None)?;
    let mut run = DryRun {
        arguments,
        builder,
        list: arguments.list()?,
        seen: SeenNumbers::default(),
        accepted: 0,
        repeated: 0,
        removed: 0,
        rejected: 0,
        left_out: 0,
    };
    read::entries(input, &arguments.format_options()?, &Arc::default(), &mut |event| match event {
        ReadEvent::Format(format) => shown::show(arguments, &format),
        ReadEvent::LeftOut => {
            run.left_out += 1;
            Ok(())
        }
        ReadEvent::Entry(entry) => run.entry(entry),
    })?;
    run.finish()
}

/// A running dry run, with its counts.
struct DryRun<'a> {
    arguments: &'a Arguments,
    builder: ItemBuilder,
    list: String,
    seen: SeenNumbers,
    accepted: u64,
    repeated: u64,
    removed: u64,
    rejected: u64,
    left_out: u64,
}

impl DryRun<'_> {
    fn entry(&mut self, entry: FileEntry<'_>) -> Result<(), Failure> {
        let FileEntry { member, nth, entry, text } = entry;
        let place = if member.is_empty() { nth.to_string() } else { format!("{member}:{nth}") };
        match entry.and_then(|entry| self.builder.change(entry)) {
            Ok((key, change)) => self.change(&place, &key, &change),
            Err(reason) => self.reject(&place, &reason, text),
        }
    }

    fn change(&mut self, place: &str, key: &Key, change: &ItemChange) -> Result<(), Failure> {
        let is_added = matches!(change, ItemChange::Put(_));
        if !is_added {
            self.removed += 1;
        } else if self.seen.add(key) {
            self.accepted += 1;
        } else {
            self.repeated += 1;
        }
        let prefix = key.rule.split_once(':').map(|(_, prefix)| prefix);
        let number = prefix.filter(|_| !key.number.starts_with('+')).unwrap_or(&key.number);
        let change = if is_added { "add" } else { "delete" };
        self.print_json(|| json!({ "line": place, "number": number, "change": change }))
    }

    fn reject(&mut self, place: &str, reason: &str, text: &str) -> Result<(), Failure> {
        self.rejected += 1;
        if self.rejected <= MAX_SHOWN && !self.arguments.json {
            let shown: String = text.chars().take(MAX_SHOWN_TEXT).filter(|c| !c.is_control()).collect();
            print_stderr(format_args!("rejected: line {place}: {reason}: {shown}"));
        }
        self.print_json(|| json!({ "line": place, "rejected": reason, "text": text }))
    }

    /// Prints a line of JSON, if the operator wants it.
    fn print_json(&self, line: impl FnOnce() -> Value) -> Result<(), Failure> {
        if self.arguments.json { print(&format!("{}\n", line())) } else { Ok(()) }
    }

    /// Prints the counts.
    fn finish(&self) -> Result<ExitCode, Failure> {
        let mut counts = vec![format!("{} would be written from {}", self.accepted, self.arguments.file_name())];
        if self.repeated > 0 {
            counts.push(format!("{} repeated", self.repeated));
        }
        if self.removed > 0 {
            counts.push(format!("{} would be removed", self.removed));
        }
        counts.extend(shown::left_out(self.left_out));
        if self.rejected > 0 {
            counts.push(counted(self.rejected, "rejected line"));
        }
        let text = format!("list {}: {}; nothing was written", self.list, counts.join(", "));
        if self.arguments.json {
            print_stderr(text);
        } else {
            print(&format!("{text}\n"))?;
        }
        Ok(ExitCode::from(u8::from(self.rejected > 0)))
    }
}
