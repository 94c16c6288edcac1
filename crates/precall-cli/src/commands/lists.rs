//! `precall lists`: every list, where it is from, and what is due.

use std::collections::BTreeMap;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use crate::commands::import::day;
use crate::commands::import::list::{self, List, Standing};
use crate::dynamodb::items;
use crate::dynamodb::store;
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

/// How much of a checksum is shown.
const SHOWN_CHECKSUM: usize = 12;

/// Show every list: which file it is from, how many entries of it were written, and when a new copy is due.
///
/// A list that was imported with --expires 31d is warned of from the 25th day on and overdue after the 31st; other
/// times in the same measure. Exit status: 1 when a list is overdue or unfinished.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Read the whole table and count the items of each list. That costs what a scan of the table costs.
    #[arg(long)]
    count: bool,

    /// Print JSON Lines.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: store::Arguments,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let opened = arguments.store.open(&settings()?).await?;
    let lists = list::all(&opened.store).await?;
    let counts = if arguments.count { Some(counts(&opened, &lists).await?) } else { None };
    let now = Timestamp::now();
    let mut table = match (arguments.json, lists.is_empty()) {
        (true, _) => String::new(),
        (false, true) => "no lists; `precall import FILE --list NAME` makes one\n".to_owned(),
        (false, false) => format!(
            "{:<20} {:>11} {:<11} {:<10} {:<10} {:<12} FILE\n",
            "LIST",
            if arguments.count { "ITEMS" } else { "WRITTEN" },
            "STANDING",
            "IMPORTED",
            "DUE",
            "SHA-256"
        ),
    };
    for list in &lists {
        let count = counts.as_ref().map(|counts| counts.get(&list.name).copied().unwrap_or_default());
        table += &if arguments.json { json_line(list, count, now) } else { row(list, count, now) };
    }
    print(&table)?;
    opened.close().await?;
    let is_fine = |list: &List| matches!(list.standing(now), Standing::Fine | Standing::DueSoon);
    Ok(if lists.iter().all(is_fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn row(list: &List, count: Option<u64>, now: Timestamp) -> String {
    let when = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), day);
    format!(
        "{:<20} {:>11} {:<11} {:<10} {:<10} {:<12} {}\n",
        list.name,
        count.unwrap_or(list.accepted),
        list.standing(now).as_str(),
        when(list.finished),
        when(list.due),
        list.sha256.get(..SHOWN_CHECKSUM).unwrap_or_default(),
        list.file
    )
}

fn json_line(list: &List, count: Option<u64>, now: Timestamp) -> String {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let line = json!({
        "list": list.name,
        "standing": list.standing(now).as_str(),
        "written": list.accepted,
        "items": count,
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
    });
    format!("{line}\n")
}

/// How many items each list has in the table.
async fn counts(opened: &store::Opened, lists: &[List]) -> Result<BTreeMap<String, u64>, Failure> {
    let mut counts: BTreeMap<String, u64> = lists.iter().map(|list| (list.name.clone(), 0)).collect();
    items::scan(opened, |item| {
        let rule = item.get("rule").and_then(|rule| rule.as_s().ok());
        let list = rule.and_then(|rule| counts.get_mut(rule.split(':').next().unwrap_or_default()));
        if let Some(count) = list {
            *count += 1;
        }
        Ok(())
    })
    .await?;
    Ok(counts)
}
