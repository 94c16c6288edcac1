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
    describe(&arguments.list()?, format, is_person || arguments.dry_run);
    refuse_doubt(arguments, format)?;
    let is_doubtful = format.doubt.is_some() && !arguments.yes && !arguments.dry_run;
    if is_doubtful && !confirm("Import these numbers?", "write --yes to import them")? {
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

fn describe(list: &str, format: &FormatDescription, with_samples: bool) {
    print_stderr(format_args!("list {list}: {}", one_line(&format.text)));
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

/// Returns the count of the lines that the operator left out in words; `None` if there are none.
pub fn left_out(lines: u64) -> Option<String> {
    (lines > 0).then(|| format!("{} left out by --only", counted(lines, "line")))
}
