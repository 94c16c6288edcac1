//! `precall lists --history`: every import of each list, and the days on which its copy was late.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use precall_hook::journal::Stamp;
use precall_hook::settings::Settings;
use serde_json::json;

use super::copies::{ForceSpan, ListPast, ListRun};
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{HistoryEntry, JournalReader, ListRuns};
use crate::number_list::list_record::{self, ListRecord};
use crate::terminal::{escaped_json, one_line, print, print_stderr, printable};

/// Characters of a checksum that are shown.
pub const SHOWN_CHECKSUM: usize = 12;

/// The history to show.
#[derive(Debug)]
pub struct ListHistory<'a> {
    pub list: Option<&'a str>,
    pub on: Option<Date>,
    pub json: bool,
}

impl ListHistory<'_> {
    /// Prints the history.
    ///
    /// # Errors
    /// When there is no journal or no such list, the day is in the future, or the table cannot be read.
    pub async fn show(&self, opened: &OpenedStore, settings: &Settings) -> Result<(), Failure> {
        let now = Timestamp::now();
        if let Some(on) = self.on.filter(|on| *on > now.to_zoned(TimeZone::UTC).date()) {
            return Err(format!("--on {on} is in the future; write today or an earlier day, in UTC").into());
        }
        // Before the journal, so that a change that is made meanwhile is in the journal.
        let today = list_record::all(&opened.store).await?;
        for error in &today.unread {
            print_stderr(format_args!("warning: {}", printable(&error.to_string())));
        }
        let mut journal = JournalReader::open(opened, settings).await?;
        let changes = journal.of_list_records().await?;
        let runs = ListRuns::of(&changes);
        let mut by_list: BTreeMap<String, Vec<HistoryEntry>> = BTreeMap::new();
        for change in changes {
            by_list.entry(change.key.rule.clone()).or_default().push(HistoryEntry::of(change, &runs));
        }
        let mut names: BTreeSet<&String> = by_list.keys().chain(today.lists.iter().map(|list| &list.name)).collect();
        names.retain(|name| self.list.is_none_or(|list| list == *name));
        if let (true, Some(list)) = (names.is_empty(), self.list) {
            return Err(format!(
                "no list {list} in {} or its journal; `precall lists` shows the names",
                opened.location
            )
            .into());
        }
        for name in names {
            let record = today.lists.iter().find(|list| list.name == *name);
            let past = ListPast::of(by_list.get(name).map_or(&[], Vec::as_slice), record)?;
            print(&self.text(name, &past, now))?;
        }
        print_stderr(format_args!(
            "the journal {} of {} begins at {}; of earlier imports, only the last one of a list is known",
            journal.name(),
            opened.location,
            journal.begins()
        ));
        Ok(())
    }

    fn text(&self, name: &str, past: &ListPast, now: Timestamp) -> String {
        if let Some(on) = self.on {
            let copies: Vec<&ForceSpan> =
                past.copies.iter().filter(|copy| copy.days(now).any(|day| day == on)).collect();
            return match (copies.is_empty(), self.json) {
                (true, true) => format!("{}\n", json!({ "kind": "none", "list": name, "day": on.to_string() })),
                (true, false) => format!("{on}: no copy of {name} is known to have been in force\n"),
                (false, _) => copies.iter().rev().map(|copy| self.copy_line(copy, on)).collect(),
            };
        }
        let mut text: String = past.runs.iter().rev().map(|run| self.run_line(run)).collect();
        for copy in past.copies.iter().rev() {
            let late: Vec<Date> = copy.days(now).filter(|day| copy.is_late(*day)).collect();
            if self.json {
                text.extend(late.iter().map(|day| self.copy_line(copy, *day)));
            } else if let (Some(first), Some(last)) = (late.first(), late.last()) {
                text += &printable(&format!(
                    "{first} to {last}: {name} {} days late, copy of {}, {} to {} days old",
                    late.len(),
                    list_record::day(copy.record.copied),
                    copy.age(*first),
                    copy.age(*last)
                ));
                text.push('\n');
            }
        }
        text
    }

    fn copy_line(&self, copy: &ForceSpan, on: Date) -> String {
        let ForceSpan { record, from, to } = copy;
        let (age, is_late) = (copy.age(on), copy.is_late(on));
        if self.json {
            let line = json!({
                "kind": if self.on.is_some() { "copy" } else { "late" }, "list": record.name, "day": on.to_string(),
                "copied": record.copied.to_string(), "due": record.due.map(|due| due.to_string()), "age_days": age,
                "late": is_late, "file": record.file, "sha256": record.sha256,
                "from": from.to_string(), "to": to.map(|to| to.to_string()),
            });
            return escaped_json(&format!("{line}\n")).into_owned();
        }
        let late = if is_late { ", late" } else { "" };
        let to = to.map_or_else(|| "now".to_owned(), |to| to.to_string());
        let copied = list_record::day(record.copied);
        let line = format!(
            "{on}: {} copy of {copied}, {age} days old{late}, {} (sha256 {}), in force from {from} to {to}",
            record.name,
            record.file,
            shown_checksum(record)
        );
        format!("{}\n", one_line(&line))
    }

    fn run_line(&self, run: &ListRun) -> String {
        let ListRun { record, began, finished, outcome, stamp } = run;
        if self.json {
            let line = json!({
                "kind": "import", "list": record.name, "outcome": outcome, "began": began.to_string(),
                "finished": finished.map(|at| at.to_string()), "file": record.file, "sha256": record.sha256,
                "accepted": record.accepted, "removed": record.removed, "rejected": record.rejected,
                "copied": record.copied.to_string(), "due": record.due.map(|due| due.to_string()),
                "by": stamp.as_ref().map(|stamp| &stamp.by), "via": stamp.as_ref().map(|stamp| &stamp.via),
                "because": stamp.as_ref().and_then(|stamp| stamp.because.as_ref()),
            });
            return escaped_json(&format!("{line}\n")).into_owned();
        }
        let by = stamp.as_ref().map_or_else(
            || "author not known".to_owned(),
            |Stamp { by, via, because, .. }| {
                let because = because.as_ref().map(|because| format!(", because: {because}")).unwrap_or_default();
                format!("by {by}, via {via}{because}")
            },
        );
        let lines = [
            format!(
                "{began}  {} {outcome}{}",
                record.name,
                finished.map(|at| format!(", finished {at}")).unwrap_or_default()
            ),
            format!("  file {} (sha256 {})", record.file, shown_checksum(record)),
            format!("  {} accepted, {} removed, {} rejected", record.accepted, record.removed, record.rejected),
            format!(
                "  copied {}, due {}",
                list_record::day(record.copied),
                record.due.map_or_else(|| "-".to_owned(), list_record::day)
            ),
            format!("  {by}"),
        ];
        lines.map(|line| one_line(&line).into_owned() + "\n").concat()
    }
}

fn shown_checksum(record: &ListRecord) -> &str {
    record.sha256.get(..SHOWN_CHECKSUM).unwrap_or_default()
}
