//! `precall lists --history`: every import of each list, and the days on which its copy was late.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use precall_hook::settings::Settings;

use super::copies::ListPast;
use super::history_lines::ListHistoryFormat;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{HistoryEntry, JournalReader, ListRuns};
use crate::number_list::list_record;
use crate::terminal::{print, print_stderr, printable};

/// The history to show.
#[derive(Debug)]
pub struct ListHistory<'a> {
    pub list: Option<&'a str>,
    pub on: Option<Date>,
    pub format: ListHistoryFormat,
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
        print(&self.format.header())?;
        for name in names {
            let record = today.lists.iter().find(|list| list.name == *name);
            let past = ListPast::of(by_list.get(name).map_or(&[], Vec::as_slice), record)?;
            print(&self.lines(name, &past, now)?)?;
        }
        print_stderr(format_args!(
            "the journal {} of {} begins at {}; of earlier imports, only the last one of a list is known",
            journal.name(),
            opened.location,
            journal.begins()
        ));
        Ok(())
    }

    fn lines(&self, name: &str, past: &ListPast, now: Timestamp) -> Result<String, Failure> {
        let format = self.format;
        let newest = past.copies.iter().rev();
        let Some(on) = self.on else {
            let runs = past.runs.iter().rev().map(|run| format.run(run));
            return runs.chain(newest.map(|copy| format.late_days(copy, now))).collect();
        };
        let in_force = newest.filter(|copy| copy.days(now).any(|day| day == on));
        let lines: String = in_force.map(|copy| format.copy(copy, on, now)).collect::<Result<_, _>>()?;
        if lines.is_empty() { format.no_copy(name, on) } else { Ok(lines) }
    }
}
