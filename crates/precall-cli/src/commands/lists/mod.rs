//! `precall lists`: shows every list with its file and its due date, and removes a list.

mod copies;
mod history;
mod history_lines;
mod item_counts;
mod remove;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use self::history::ListHistory;
use self::history_lines::{ListHistoryFormat, SHOWN_CHECKSUM};
use self::item_counts::{ListCount, ListCounts};
use crate::counts::counted;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::store::{OpenedStore, StoreArguments, scan};
use crate::failure::Failure;
use crate::number_list::arguments::list_name;
use crate::number_list::list_record::{self, AllLists, ListRecord, ListStatus, day};
use crate::terminal::{escaped_json, one_line, print, print_stderr, printable};
use crate::tool_settings::settings;

/// The note about a list that has numbers of several files.
const ADDED_FILES: &str =
    "WRITTEN counts the entries of the last file; --count counts all numbers of a list, with those of earlier files\n";

/// Show every list, or remove one.
///
/// For each list, the command shows the last file, the number of entries that it wrote from the file, and the date by which a new
/// copy is due. A list that was imported with --expires 31d is due soon from the 25th day on, and overdue after the 31st. With other
/// times, the warning begins in proportion.
///
/// Exit status: 1 if a list is overdue or unfinished, or its record cannot be read; otherwise 0. With --history, it is 0 if the
/// command read the journal, and 1 if there is none or the command fails.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  precall lists
  precall lists --history --list national-dnc
  precall lists --history --on 2026-11-03
  precall lists remove old-list"
)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<ListAction>,

    /// Count the items of each list, and the numbers that are exempt from it. This scans the whole table, and AWS charges for the scan.
    #[arg(long)]
    count: bool,

    /// Show every import and the end of each list, and the days in UTC on which its copy was late, from the journal.
    #[arg(long, conflicts_with = "count")]
    history: bool,

    /// Only the history of this list.
    #[arg(long, value_name = "NAME", value_parser = list_name, requires = "history")]
    list: Option<String>,

    /// Only the copy in force on this day in UTC, with its age.
    #[arg(long, value_name = "DAY", requires = "history")]
    on: Option<Date>,

    /// Print JSON Lines.
    #[arg(long)]
    json: bool,

    /// Print the history as CSV for a spreadsheet.
    #[arg(long, requires = "history", conflicts_with = "json")]
    csv: bool,

    #[command(flatten)]
    store: StoreArguments,
}

/// A change of a list.
#[derive(Debug, clap::Subcommand)]
enum ListAction {
    Remove(remove::RemoveArguments),
}

/// Runs the command.
///
/// # Errors
/// When the table cannot be read, or a list cannot be removed.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    if let Some(ListAction::Remove(arguments)) = arguments.action {
        return remove::run(arguments).await;
    }
    let settings = settings()?;
    let opened = arguments.store.open(&settings).await?;
    if arguments.history {
        let (list, on, format) = (arguments.list.as_deref(), arguments.on, arguments.history_format());
        let shown = Box::pin(ListHistory { list, on, format }.show(&opened, &settings)).await;
        return opened.finish(shown).await.map(|()| ExitCode::SUCCESS);
    }
    let shown = arguments.show(&opened).await;
    opened.finish(shown).await
}

impl Arguments {
    fn history_format(&self) -> ListHistoryFormat {
        match (self.json, self.csv) {
            (true, _) => ListHistoryFormat::JsonLines,
            (false, true) => ListHistoryFormat::Csv,
            (false, false) => ListHistoryFormat::Text,
        }
    }

    /// Prints all lists.
    async fn show(&self, opened: &OpenedStore) -> Result<ExitCode, Failure> {
        let AllLists { lists, unread } = list_record::all(&opened.store).await?;
        for error in &unread {
            print_stderr(format_args!("warning: {}", printable(&error.to_string())));
        }
        let now = Timestamp::now();
        let counts = if self.count { Some(counts(opened, &lists, now).await?) } else { None };
        let has_exempt = counts.as_ref().is_some_and(|counts| counts.values().any(|count| count.exempt > 0));
        let mut table = match (self.json, lists.is_empty()) {
            (true, _) => String::new(),
            (false, true) => {
                format!("no lists in {}; `precall import FILE --list NAME` imports one\n", opened.location)
            }
            (false, false) => format!(
                "{:<20} {:>11}{} {:<11} {:<10} {:<10} {:<12} FILE\n",
                "LIST",
                if self.count { "ITEMS" } else { "WRITTEN" },
                if has_exempt { format!(" {:>9}", "EXEMPT") } else { String::new() },
                "STATUS",
                "IMPORTED",
                "DUE",
                "SHA-256"
            ),
        };
        for list in &lists {
            let count = counts.as_ref().map(|counts| counts.get(&list.name).copied().unwrap_or_default());
            table += &if self.json {
                json_line(list, count, now, &opened.location)
            } else {
                row(list, count, has_exempt, now)
            };
        }
        if !self.json && !lists.is_empty() {
            writeln!(table, "{} in {}", counted(u64::try_from(lists.len())?, "list"), opened.location)?;
            if counts.is_none() && lists.iter().any(|list| list.earlier.is_some()) {
                table += ADDED_FILES;
            }
        }
        print(&table)?;
        let is_fine = |list: &ListRecord| matches!(list.status(now), ListStatus::Fine | ListStatus::DueSoon);
        Ok(if unread.is_empty() && lists.iter().all(is_fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn row(list: &ListRecord, count: Option<ListCount>, has_exempt: bool, now: Timestamp) -> String {
    let exempt = count.filter(|_| has_exempt).map(|count| format!(" {:>9}", count.exempt)).unwrap_or_default();
    let lifts = match list.exempt.as_slice() {
        [] => String::new(),
        lifted => format!(" (exempts from {})", lifted.join(", ")),
    };
    let when = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), day);
    let row = format!(
        "{:<20} {:>11}{exempt} {:<11} {:<10} {:<10} {:<12} {}{lifts}",
        list.name,
        count.map_or(list.accepted, |count| count.items),
        list.status(now).as_str(),
        when(list.finished),
        when(list.due),
        list.sha256.get(..SHOWN_CHECKSUM).unwrap_or_default(),
        list.file
    );
    format!("{}\n", one_line(&row))
}

fn json_line(list: &ListRecord, count: Option<ListCount>, now: Timestamp, location: &RulesLocation) -> String {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let line = json!({
        "list": list.name,
        "standing": list.status(now).as_str(),
        "written": list.accepted,
        "items": count.map(|count| count.items),
        "exempt": count.map(|count| count.exempt),
        "exempts_from": list.exempt,
        "removed": list.removed,
        "rejected": list.rejected,
        "file": list.file,
        "sha256": list.sha256,
        "size": list.size,
        "options": list.options,
        "copied": instant(Some(list.copied)),
        "started": instant(Some(list.started)),
        "finished": instant(list.finished),
        "due": instant(list.due),
        "source": location.to_string(),
    });
    escaped_json(&format!("{line}\n")).into_owned()
}

/// Counts the items of each list in the table.
async fn counts(
    opened: &OpenedStore,
    lists: &[ListRecord],
    now: Timestamp,
) -> Result<BTreeMap<String, ListCount>, Failure> {
    let mut counts = ListCounts::of(lists, now);
    scan(opened, |item| {
        counts.add(&item);
        Ok(())
    })
    .await?;
    Ok(counts.finish())
}
