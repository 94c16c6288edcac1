//! `precall history`: the changes of the rules, who made them and why.

mod cloudtrail;
mod lifted;
mod output;
mod revision;
mod selection;
mod unknown_filter;

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use precall_hook::settings::Settings;

use self::output::HistoryFormat;
use self::revision::RecordedVersion;
use self::selection::{EntryKind, History, Selection};
use crate::counts::counted;
use crate::decision_log::{parse_end, parse_start};
use crate::dynamodb::store::{OpenedStore, StoreArguments};
use crate::failure::Failure;
use crate::journal::EntryOrigin;
use crate::terminal::{print, print_stderr, printable};
use crate::tool_settings::settings;

/// The period without --from.
const DEFAULT_PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Show the changes of the rules: when, by whom, by what way, why, and the attributes before and after. The newest is first.
///
/// The journal has every change of the rules table, whoever made it. A tool of precall leaves its author with the change; another
/// change was made in the console or by a program. The import of a list is one line; its numbers are shown with --number, or with
/// --list and --all. Exit status: 0 if the journal was read, also if nothing was changed; 1 if there is no journal, if a filter
/// names a rule, a list or an author that is not known at any time, or if the command fails.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall history
  precall history --number +13155550101 --from 2026-01-01
  precall history --by anna --format csv > changes.csv
  precall history --kind lifted --from 30d
  precall history --revision 5d9e4900bb69")]
pub struct Arguments {
    /// Only changes under this number; `*` for the wildcard rules.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,

    /// Only changes of rules with this name.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,

    /// Only the imports and the removal of this list.
    #[arg(long, value_name = "NAME", conflicts_with = "number")]
    list: Option<String>,

    /// Also each number of the list.
    #[arg(long, requires = "list")]
    all: bool,

    /// Only changes from this instant on: RFC 3339, a day in UTC such as 2026-11-23 or yesterday, or a length of time ago such as 7d.
    /// The default is 30d.
    #[arg(long, visible_alias = "since", value_name = "WHEN", value_parser = parse_start)]
    from: Option<Timestamp>,

    /// Only changes before this instant, or up to the end of this day in UTC.
    #[arg(long, visible_alias = "until", value_name = "WHEN", value_parser = parse_end)]
    to: Option<Timestamp>,

    /// Only changes by authors whose name has this text; `console` for changes in the console or by a program.
    #[arg(long, value_name = "WHO")]
    by: Option<String>,

    /// Only changes of this kind. Repeat it for several kinds. `lifted`: a REJECT rule was removed, switched off, or changed so that it
    /// may reject fewer calls.
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<EntryKind>,

    /// Only the times in which this was in force, as a decision record has it: a revision of the rules under `*` (`any_revision`),
    /// a version of a rule (`rule_version`, `exact_rules`, `target_rules`), or the checksum of a list's copy (`lists`). With
    /// --number, only the rules under that number are looked through.
    #[arg(long, value_name = "REVISION", value_parser = revision::parse,
          conflicts_with_all = ["rule", "list", "from", "to", "by", "kind"])]
    revision: Option<RecordedVersion>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: HistoryFormat,

    #[command(flatten)]
    store: StoreArguments,
}

/// Runs the command.
///
/// # Errors
/// If there is no journal, or it cannot be read.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = settings()?;
    let opened = arguments.store.open(&settings).await?;
    let shown = match &arguments.revision {
        Some(revision) => {
            Box::pin(revision.show(&opened, &settings, arguments.number.as_deref(), arguments.format)).await
        }
        None => Box::pin(arguments.show(&opened, &settings)).await,
    };
    opened.finish(shown).await.map(|()| ExitCode::SUCCESS)
}

impl Arguments {
    async fn show(&self, opened: &OpenedStore, settings: &Settings) -> Result<(), Failure> {
        let now = Timestamp::from_second(Timestamp::now().as_second())?;
        let from = self.from.unwrap_or(now - DEFAULT_PERIOD);
        if self.to.is_some_and(|to| from >= to) {
            return Err("--from is not before --to".into());
        }
        let selection = Selection {
            number: self.number.as_deref(),
            rule: self.rule.as_deref(),
            list: self.list.as_deref(),
            with_numbers: self.all,
            by: self.by.as_deref(),
            kinds: &self.kind,
            from,
            to: self.to,
        };
        let History { entries: shown, warnings, begins, journal } = selection.read(opened, settings).await?;
        if shown.is_empty() {
            Box::pin(unknown_filter::check(&selection, opened, settings)).await?;
        }
        print(&output::header(self.format))?;
        for entry in &shown {
            print(&output::entry(self.format, entry)?)?;
        }
        if shown.is_empty() && self.format == HistoryFormat::Text {
            print("no such changes\n")?;
        }
        // The last line says it too, for those who have not asked for an earlier time.
        let unknown = self.from.filter(|from| *from < begins);
        let unknown = unknown.map(|_| format!("the journal begins at {begins}, so earlier changes are not known"));
        for warning in warnings.into_iter().chain(unknown) {
            print_stderr(format_args!("warning: {}", printable(&warning)));
        }
        if shown.iter().any(|entry| entry.origin == EntryOrigin::ConsoleOrProgram) {
            print_stderr(format_args!("note: {}", printable(&cloudtrail::way(&opened.location))));
        }
        let until = self.to.map(|to| format!(" until {to}")).unwrap_or_default();
        print_stderr(format_args!(
            "{} since {from}{until}; the journal {journal} of {} begins at {begins}",
            counted(u64::try_from(shown.len())?, "change"),
            opened.location
        ));
        Ok(())
    }
}
