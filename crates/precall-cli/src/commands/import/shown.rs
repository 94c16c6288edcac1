//! Shows how a file is read, before anything is written.

use std::io::IsTerminal;

use super::arguments::Arguments;
use crate::counts::counted;
use crate::failure::Failure;
use crate::number_list::file_reader::format::FormatDescription;
use crate::terminal::{confirm, one_line, print_stderr};

/// Prints the format of a file. A person at the terminal also sees the first lines and their numbers, and is asked if
/// the columns are doubtful.
///
/// # Errors
/// When the columns are doubtful, and nobody has confirmed them.
pub fn show(arguments: &Arguments, format: &FormatDescription) -> Result<(), Failure> {
    let is_person = std::io::stderr().is_terminal();
    describe(arguments, format, is_person || arguments.dry_run);
    refuse_doubt(arguments, format)?;
    let is_doubtful = format.doubt.is_some() && !arguments.yes && !arguments.dry_run;
    if is_doubtful && !confirm("Import these numbers?")? {
        return Err("nothing was written".into());
    }
    Ok(())
}

/// Refuses doubtful columns if there is no person to ask.
///
/// # Errors
/// When the columns are doubtful, standard input is not a terminal, and there is no `--yes`.
pub fn refuse_doubt(arguments: &Arguments, format: &FormatDescription) -> Result<(), Failure> {
    match &format.doubt {
        Some(doubt) if !arguments.yes && !arguments.dry_run && !std::io::stdin().is_terminal() => {
            Err(format!("{}; {doubt}, and so does --yes; nothing was written", format.text).into())
        }
        _ => Ok(()),
    }
}

fn describe(arguments: &Arguments, format: &FormatDescription, with_samples: bool) {
    print_stderr(format_args!("list {}: {}", arguments.list, one_line(&format.text)));
    if !with_samples {
        return;
    }
    for sample in &format.samples {
        print_stderr(format_args!("  {} -> {}", one_line(&sample.line), one_line(&sample.read)));
    }
    if let Some(doubt) = &format.doubt {
        print_stderr(format_args!("note: {}", one_line(doubt)));
    }
}

/// Counts of the lines and numbers that an import has skipped.
#[derive(Debug, Default)]
pub struct SkippedCounts {
    left_out: u64,
    repeated: u64,
}

impl SkippedCounts {
    /// Adds the counts of a part.
    pub fn add(&mut self, left_out: u64, repeated: u64) {
        self.left_out += left_out;
        self.repeated += repeated;
    }

    /// Returns the counts above 0 in words.
    pub fn described(&self) -> Vec<String> {
        let mut counts = Vec::new();
        if self.repeated > 0 {
            counts.push(format!("{} that were in the file before", counted(self.repeated, "number")));
        }
        if self.left_out > 0 {
            counts.push(format!("{} left out by --only", counted(self.left_out, "line")));
        }
        counts
    }
}
