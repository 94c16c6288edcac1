//! Decides by the list's record how an import begins: anew, where an earlier one was interrupted, or not at all.

use std::ops::ControlFlow;
use std::process::ExitCode;

use jiff::Timestamp;

use super::arguments::Arguments;
use super::exempt_lists;
use crate::change_stamp::ChangeStamper;
use crate::counts::counted;
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::number_list::file_reader::input::FileFingerprint;
use crate::number_list::list_notice;
use crate::number_list::list_record::{self, ImportState, ListRecord, day};
use crate::number_list::mark::mark;
use crate::terminal::{confirm, print, print_stderr};

/// An import that can begin.
#[derive(Debug)]
pub struct ImportPlan {
    /// The list's record, with the position to begin at.
    pub record: ListRecord,
    /// The id of the import in the present record, which this one takes over.
    pub held_by: Option<String>,
}

/// Plans an import. It ends with an exit status if there is nothing to do.
///
/// # Errors
/// When the record cannot be read, or the arguments do not fit it.
pub async fn plan(
    arguments: &Arguments,
    store: &WritableTable,
    file: &FileFingerprint,
    stamper: &ChangeStamper,
) -> Result<ControlFlow<ExitCode, ImportPlan>, Failure> {
    let dates = CopyDates::of(arguments)?;
    let known = list_record::read(store, &arguments.list()?).await?;
    let new = new_record(arguments, file, dates.unless_partial(known.as_ref()))?;
    exempt_lists::refuse_other_kind(known.as_ref(), &new)?;
    let record = match &known {
        None => first_import(arguments, new)?,
        Some(known) if known.state == ImportState::Complete => {
            if is_imported(known, &new) && !arguments.force {
                return nothing_to_do(arguments, store, (known, &new), stamper).await.map(ControlFlow::Break);
            }
            next_import(arguments, known, new)?
        }
        Some(known) if known.state == ImportState::Deleting => import_of_removed_list(arguments, known, new)?,
        Some(known) if arguments.resume => resumed_import(known, new)?,
        Some(known) => restarted_import(known, new),
    };
    Ok(ControlFlow::Continue(ImportPlan { record, held_by: known.map(|known| known.import) }))
}

/// The dates of a copy.
#[derive(Debug, Clone, Copy)]
struct CopyDates {
    copied: Timestamp,
    due: Option<Timestamp>,
}

impl CopyDates {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let copied = arguments.copied_at()?;
        let due = arguments.copy_lifetime().map(|time| copied.checked_add(time)).transpose()?;
        Ok(Self { copied, due })
    }

    /// Returns the dates of the record if the file has no due date: a part of a list does not make the rest newer.
    fn unless_partial(self, known: Option<&ListRecord>) -> Self {
        match known {
            Some(known) if self.due.is_none() && known.due.is_some() => Self { copied: known.copied, due: known.due },
            _ => self,
        }
    }
}

fn new_record(arguments: &Arguments, file: &FileFingerprint, dates: CopyDates) -> Result<ListRecord, Failure> {
    let file_name = arguments.file_name();
    let mut record = ListRecord::new(&arguments.list()?, &file_name, file.sha256.clone(), file.size, dates.copied);
    record.options = arguments.described();
    record.due = dates.due;
    record.holders = arguments.holders.holders;
    record.exempt = arguments.exempt.exempt.iter().map(|name| name.trim().to_owned()).collect();
    Ok(record)
}

fn first_import(arguments: &Arguments, new: ListRecord) -> Result<ListRecord, Failure> {
    if arguments.resume {
        return Err(format!("there is no import of list {} to resume; begin without --resume", new.name).into());
    }
    Ok(new)
}

/// Returns true if the same file has been imported with the same options.
fn is_imported(known: &ListRecord, new: &ListRecord) -> bool {
    known.sha256 == new.sha256 && known.options == new.options
}

/// Prints that the file has been imported. It writes the dates of the copy only if the operator gives them with `--copied`, and
/// the list's notice if the table does not have it.
async fn nothing_to_do(
    arguments: &Arguments,
    store: &WritableTable,
    (known, new): (&ListRecord, &ListRecord),
    stamper: &ChangeStamper,
) -> Result<ExitCode, Failure> {
    let rejected = match known.rejected {
        0 => String::new(),
        rejected => {
            format!(", except {} (see {})", counted(rejected, "rejected line"), arguments.rejects_file().display())
        }
    };
    let is_other = arguments.copied.is_some() && (known.due, known.copied) != (new.due, new.copied);
    if is_other {
        // A run of its own: the journal keeps the dates of the earlier one. People's changes are still counted from the end of
        // that one.
        let record = ListRecord {
            import: new.import.clone(),
            started: new.started,
            copied: new.copied,
            due: new.due,
            changed: Some(stamper.next()),
            ..known.clone()
        };
        list_record::write(store, &record, Some(&known.import)).await?;
        list_notice::write_with_record(store, &record).await?;
        print(&format!(
            "list {}: {} is already imported{rejected}; its copy is now that of {}; write --force to import it again\n",
            known.name,
            new.file,
            day(new.copied)
        ))?;
        return Ok(known.exit_code());
    }
    if !list_notice::is_written(store, known).await? {
        list_notice::write_with_record(store, known).await?;
    }
    let is_newer = if new.copied > known.copied {
        format!("; the copy stays that of {}, and --copied gives it another date", day(known.copied))
    } else {
        String::new()
    };
    print(&format!(
        "list {}: nothing was written, because {} is already imported{rejected}; write --force to import it again{is_newer}\n",
        known.name, new.file
    ))?;
    Ok(known.exit_code())
}

fn next_import(arguments: &Arguments, known: &ListRecord, new: ListRecord) -> Result<ListRecord, Failure> {
    if arguments.resume {
        return Err(format!(
            "list {} is complete, from {} with {}; begin without --resume",
            known.name, known.file, known.options
        )
        .into());
    }
    confirm_older(arguments, known, &new)?;
    Ok(ListRecord { earlier: Some(known.min_entries()), ..new })
}

/// Asks before an older copy takes the place of a newer one.
fn confirm_older(arguments: &Arguments, known: &ListRecord, new: &ListRecord) -> Result<(), Failure> {
    if !arguments.replace || new.copied >= known.copied {
        return Ok(());
    }
    print_stderr(format_args!(
        "warning: list {} has a newer copy: that of {}, and this file is of {}",
        known.name, known.copied, new.copied
    ));
    if arguments.force
        || confirm("Replace the newer copy?", "write --force to replace it, or --copied if the file is newer")?
    {
        return Ok(());
    }
    Err("nothing was imported".into())
}

fn resumed_import(known: &ListRecord, new: ListRecord) -> Result<ListRecord, Failure> {
    let name = &known.name;
    if known.sha256 != new.sha256 {
        return Err(format!(
            "the import of list {name} was begun from {} (SHA-256 {}…), not from this file; give that file, or begin \
             without --resume",
            known.file,
            mark(&known.sha256)
        )
        .into());
    }
    if known.options != new.options {
        return Err(format!(
            "the import of list {name} was begun with other options ({}); repeat them, or begin without --resume",
            known.options
        )
        .into());
    }
    print_stderr(format_args!("list {name}: resuming after entry {}", known.position));
    Ok(ListRecord { import: new.import, ..known.clone() })
}

fn restarted_import(known: &ListRecord, new: ListRecord) -> ListRecord {
    print_stderr(format_args!(
        "list {}: the import of {} was not finished; beginning again (--resume would continue it)",
        known.name, known.file
    ));
    ListRecord { earlier: known.earlier, ..new }
}

/// Plans an import into a list whose removal was interrupted.
fn import_of_removed_list(arguments: &Arguments, known: &ListRecord, new: ListRecord) -> Result<ListRecord, Failure> {
    let name = &known.name;
    if arguments.resume {
        return Err(format!(
            "list {name} is being removed, so there is no import to resume; finish that with `precall lists \
             remove {name}`, or import the list without --resume"
        )
        .into());
    }
    print_stderr(format_args!(
        "list {name}: its removal was not finished; numbers that are still on the list stay unless you give --replace"
    ));
    Ok(new)
}
