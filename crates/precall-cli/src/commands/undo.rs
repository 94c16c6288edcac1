//! `precall undo`: undoes a change, or restores a rule as it was at an instant.

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;
use precall_hook::journal::without_bookkeeping;
use precall_hook::settings::Settings;

use crate::call_time::parse_past;
use crate::change_stamp::ChangeVia;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::OpenedStore;
use crate::edit::{Edit, RuleEdit, partition};
use crate::failure::Failure;
use crate::journal::{HistoryEntry, JournalReader, ListRuns, PastItem, UnknownPast, UnknownPastReason};
use crate::terminal::{one_line, print, print_stderr, printable};
use crate::tool_settings::settings;
use crate::usage_error;

/// Undo a change to a rule, or restore a rule as it was at an instant. The rule gets back all attributes that it had.
///
/// The command shows the rule now and then, and the later changes that are lost, before it writes. It writes only if the rule is
/// still the one that it has shown. Exit status: 0 if the rule is now as it was at that time, also if nothing had to be changed; 0 after
/// --dry-run; 1 if it is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall undo 100001795845926116242
  precall undo 6242 --because \"the block was a mistake\"
  precall undo --number +13155550101 --rule dnc --to 2026-11-03T10:00:00-05:00")]
pub struct Arguments {
    /// The entry of `precall history`: its id, or its last digits if no other entry ends with them.
    #[arg(value_name = "ENTRY", conflicts_with_all = ["number", "rule", "to"])]
    entry: Option<String>,

    /// The number that the rule is stored under, or `*`.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,

    /// The rule's name.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,

    /// The instant whose rule is restored, such as 2026-11-03T10:00:00-05:00, or 2h for two hours ago.
    #[arg(long, value_name = "INSTANT", value_parser = parse_past)]
    to: Option<Timestamp>,

    #[command(flatten)]
    edit: Edit,
}

/// A rule to restore.
#[derive(Debug)]
struct Restored {
    key: Key,
    /// The item of then; `None` removes the rule.
    item: Option<Attributes>,
    current: Option<Attributes>,
    /// The change that is undone, and the later ones that are lost with it.
    text: String,
    warnings: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// If there is no such entry, the rule of then is not known, or it cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    arguments.check()?;
    let settings = settings()?;
    let opened = arguments.edit.store.open(&settings).await?;
    let found = Box::pin(arguments.find(&opened, &settings)).await;
    let Restored { key, item, current, text, warnings } = opened.finish(found).await?;
    print(&text)?;
    for warning in warnings {
        print_stderr(format_args!("warning: {}", printable(&warning)));
    }
    if current.as_ref().map(without_bookkeeping) == item.as_ref().map(without_bookkeeping) {
        print(&format!(
            "rule `{}` under {} is now as it was at that time, so nothing was changed\n",
            key.rule, key.number
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let new = |_: Option<&Attributes>| Ok(item.clone());
    arguments.edit.change(RuleEdit { via: ChangeVia::Undo, keys: vec![key], new: &new }).await
}

impl Arguments {
    /// Checks that the options are enough.
    fn check(&self) -> Result<(), Failure> {
        let of_instant = [self.number.is_some(), self.rule.is_some(), self.to.is_some()];
        if self.entry.is_some() || of_instant.iter().all(|is_given| *is_given) {
            return Ok(());
        }
        Err(usage_error::missing::<Self>(
            "precall undo",
            "name the change or the rule to restore: `precall undo ENTRY` with an entry of `precall history`, or `precall undo \
             --number NUMBER --rule NAME --to INSTANT`",
        )
        .into())
    }

    async fn find(&self, opened: &OpenedStore, settings: &Settings) -> Result<Restored, Failure> {
        match (&self.entry, &self.number, &self.rule, self.to) {
            (Some(entry), ..) => of_entry(opened, settings, entry).await,
            (None, Some(number), Some(rule), Some(to)) => {
                let number = partition(number).unwrap_or_else(|_| number.clone());
                of_instant(opened, settings, Key { number, rule: rule.clone() }, to).await
            }
            _ => Err("write an entry, or --number, --rule and --to".into()),
        }
    }
}

/// Returns the rule of an instant.
async fn of_instant(opened: &OpenedStore, settings: &Settings, key: Key, to: Timestamp) -> Result<Restored, Failure> {
    let PastItem { current, item, later, warnings, unknown } = PastItem::read(opened, settings, &key, to).await?;
    let Key { number, rule } = &key;
    let is_nowhere = current.is_none() && item.is_none() && later.is_empty();
    if is_nowhere {
        // A rule may be stored under a text that is not a number, but this one is not.
        partition(number).map_err(|error| format!("--number {error}"))?;
    }
    if let Some(unknown) = unknown {
        return Err(not_known(&key, &unknown, &later).into());
    }
    if is_nowhere {
        return Err(format!(
            "there is no rule `{rule}` under {number} in {}, and there was none at {to}; `precall history --number {number}` lists \
             the changes",
            opened.location
        )
        .into());
    }
    let text = if later.is_empty() { String::new() } else { changes_text("these changes are undone:", &later) };
    Ok(Restored { key, item, current, text, warnings })
}

/// Returns the error of a rule that is not known as it was, with the earliest rule that is.
fn not_known(key: &Key, unknown: &UnknownPast, later: &[HistoryEntry]) -> String {
    let Key { number, rule } = key;
    let text = format!("rule `{rule}` under {number} at {} is not known, so nothing was changed", unknown.at);
    let UnknownPastReason::BeforeJournal { journal, begins } = &unknown.reason else {
        return format!("{text}: {unknown}");
    };
    let text = format!("{text}: the journal {journal} begins at {begins}; write --to {begins} or a later instant");
    let Some(first) = later.first().filter(|first| !first.change.are_images_lost) else {
        return text;
    };
    let id = first.id();
    if first.change.before.is_some() {
        format!(
            "{text}; or run `precall undo {id}`, which restores the rule as it was before the change at {}",
            first.change.at
        )
    } else {
        format!(
            "{text}; or run `precall undo {id}`, which removes the rule, because it was not in the table before that change"
        )
    }
}

/// Returns the rule before the change of an entry.
async fn of_entry(opened: &OpenedStore, settings: &Settings, id: &str) -> Result<Restored, Failure> {
    let entry = find(opened, settings, id).await?;
    let key = entry.change.key.clone();
    if let Some(list) = entry.list() {
        return Err(of_list(&entry, list).into());
    }
    if entry.change.are_images_lost {
        return Err(
            format!("the rule before entry {} is too large for the journal, so it is not known", entry.id()).into()
        );
    }
    let before = entry.change.at - SignedDuration::from_secs(1);
    let PastItem { current, later, warnings, .. } = PastItem::read(opened, settings, &key, before).await?;
    let later: Vec<HistoryEntry> = later.into_iter().skip_while(|other| other.id() != entry.id()).skip(1).collect();
    if current.as_ref().map(without_bookkeeping) == entry.change.before.as_ref().map(without_bookkeeping) {
        let text = changes_text("this change is undone already:", std::slice::from_ref(&entry));
        return Ok(Restored { key, item: entry.change.before, current, text, warnings });
    }
    let mut text = changes_text("this change is undone:", std::slice::from_ref(&entry));
    if entry.change.before.is_none() {
        text += "before this change, there was no such rule in the table\n";
    }
    if !later.is_empty() {
        text += &changes_text("the rule was changed after it, so these changes are undone too:", &later);
    }
    Ok(Restored { key, item: entry.change.before, current, text, warnings })
}

/// Returns the error of an entry of a list, with the way to restore the list.
fn of_list(entry: &HistoryEntry, list: &str) -> String {
    let id = entry.id();
    if entry.change.after.is_none() && entry.is_of_list_record() {
        return format!(
            "entry {id} is the removal of list {list}, which is not undone number by number; import its file again with `precall \
             import FILE --list {list}`"
        );
    }
    format!(
        "entry {id} is of an import or of the removal of list {list}, which is not undone number by number; import the earlier file \
         with `precall import FILE --list {list} --replace`, or restore one number with --number, --rule and --to"
    )
}

/// Returns the entry with an id, or the only one whose id ends with the given digits.
async fn find(opened: &OpenedStore, settings: &Settings, id: &str) -> Result<HistoryEntry, Failure> {
    let digits = id.trim().trim_start_matches('0');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "{id:?} is not the id of an entry; an id is the number after `entry` in `precall history`, or its last digits"
        )
        .into());
    }
    let mut journal = JournalReader::open(opened, settings).await?;
    let runs = ListRuns::of(&journal.of_list_records().await?);
    let changes = journal.between(Timestamp::UNIX_EPOCH, Timestamp::MAX).await?;
    let mut found = HistoryEntry::of_all(changes, &runs);
    found.retain(|entry| entry.id().ends_with(digits));
    if let Some(exact) = found.iter().position(|entry| entry.id() == digits) {
        return Ok(found.swap_remove(exact));
    }
    match found.as_slice() {
        [_] => found.pop().ok_or_else(|| "no entry".into()),
        [] => Err(format!(
            "the journal {} of {} has no entry whose id is {id} or ends with it; `precall history --from 2020-01-01` shows the ids of all \
             entries. A number of an imported list is restored with --number, --rule and --to",
            journal.name(),
            opened.location
        )
        .into()),
        several => {
            let lines = changes_text(&format!("{} entries end with {id}; write more digits:", several.len()), several);
            Err(lines.trim_end().into())
        }
    }
}

/// Returns a heading and a line for each change.
fn changes_text(heading: &str, entries: &[HistoryEntry]) -> String {
    let line = |entry: &HistoryEntry| {
        format!(
            "  {}  {}, by {} (entry {})\n",
            entry.change.at,
            one_line(&entry.summary()),
            one_line(&entry.author()),
            entry.id()
        )
    };
    format!("{heading}\n{}", entries.iter().map(line).collect::<String>())
}
