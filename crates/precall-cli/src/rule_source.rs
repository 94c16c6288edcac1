//! The rules that a command reads: those of a table, of files, or of a table at an instant in the past.

use std::path::PathBuf;

use jiff::Timestamp;
use precall::Call;
use precall_hook::settings::Settings;

use crate::call_time::parse_past;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::store::{OpenedStore, StoreArguments, open_rule_files};
use crate::failure::Failure;
use crate::journal::{PastRules, RunningList, WantedRules};
use crate::terminal::{print_stderr, printable};

/// The rules to read: those of a table, of files, or of a table at an instant in the past.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct RuleSourceArguments {
    /// Read the rules from this file instead of a table. Repeat it for several files. No two items may have the same `number`
    /// and `rule`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dynamodb", "database", "profile", "region"])]
    rules: Vec<PathBuf>,

    /// Use the rules as they were in the table at this instant, such as 2026-11-03T10:00:00-05:00. The command reads them from the
    /// journal.
    #[arg(long, value_name = "INSTANT", value_parser = parse_past, conflicts_with = "rules")]
    as_of: Option<Timestamp>,

    #[command(flatten)]
    table: StoreArguments,
}

impl RuleSourceArguments {
    /// Opens the table, or one in memory with the items of the files or of the past.
    ///
    /// # Errors
    /// When it cannot be opened, or a file cannot be read.
    pub async fn open(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        // On the heap: the future is large, and several commands contain it.
        Box::pin(self.open_wanted(settings, WantedRules::All)).await
    }

    /// Opens the rules as [`Self::open`] does, for a command that needs only those of one call. If they are of an instant at which a
    /// list was half-written, it also opens the rules before and after that.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub async fn open_for_call(&self, settings: &Settings, call: &Call) -> Result<CallRules, Failure> {
        let numbers = [Some(&call.to), call.from.as_ref()].into_iter().flatten();
        let wanted = WantedRules::Under(numbers.map(ToString::to_string).collect());
        if let Some(at) = self.as_of {
            let opened = self.table.open(settings).await?;
            return Box::pin(open_past_for_call(opened, settings, at, wanted)).await;
        }
        let opened = Box::pin(self.open_wanted(settings, wanted)).await?;
        Ok(CallRules { opened, around: Vec::new(), half_written: Vec::new() })
    }

    /// Opens the rules as [`Self::open`] does, for a command that decides many calls by them.
    ///
    /// # Errors
    /// As for [`Self::open`]; also when a list was half-written at the instant of the rules.
    pub async fn open_for_calls(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        let Some(at) = self.as_of else { return self.open(settings).await };
        let opened = self.table.open(settings).await?;
        let past = match Box::pin(PastRules::read(&opened, settings, at, WantedRules::All)).await {
            Ok(past) => past,
            Err(error) => return opened.finish(Err(error)).await,
        };
        if past.half_written.is_empty() {
            return Box::pin(into_past(opened, settings, at, past)).await;
        }
        let lists: Vec<String> = past.half_written.iter().map(ToString::to_string).collect();
        let advice = "so at that instant the list was neither the copy before nor the one after; name another instant";
        opened.finish(Err(format!("--as-of {at}: {}, {advice}", lists.join("; ")).into())).await
    }

    async fn open_wanted(&self, settings: &Settings, wanted: WantedRules) -> Result<OpenedStore, Failure> {
        if !self.rules.is_empty() {
            return open_rule_files(&self.rules, settings).await;
        }
        let opened = self.table.open(settings).await?;
        match self.as_of {
            None => Ok(opened),
            Some(at) => Box::pin(open_past(opened, settings, at, wanted)).await,
        }
    }

    /// Returns the instant of the rules, if they are of the past.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Returns true if [`Self::open_or_empty`] opens an empty table because there is no database.
    pub fn is_absent(&self) -> bool {
        self.rules.is_empty() && self.as_of.is_none() && self.table.is_absent()
    }

    /// Opens the table as [`StoreArguments::open_or_empty`] does, or one in memory with the items of the files or of the past.
    ///
    /// # Errors
    /// When it cannot be opened, or a file cannot be read.
    pub async fn open_or_empty(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        if self.is_absent() { self.table.open_or_empty(settings).await } else { self.open(settings).await }
    }
}

/// The rules of a call.
#[derive(Debug)]
pub struct CallRules {
    pub opened: OpenedStore,
    /// The lists that were half-written at the instant of the rules.
    pub half_written: Vec<RunningList>,
    /// The rules before and after the lists were half-written.
    pub around: Vec<RulesAround>,
}

/// The rules before or after a list was half-written.
#[derive(Debug)]
pub struct RulesAround {
    /// The time, such as `before that`.
    pub when: &'static str,
    pub opened: OpenedStore,
}

/// Opens the rules of an instant for a call, and those around it if a list was half-written.
async fn open_past_for_call(
    opened: OpenedStore,
    settings: &Settings,
    at: Timestamp,
    wanted: WantedRules,
) -> Result<CallRules, Failure> {
    let read = async {
        let past = PastRules::read(&opened, settings, at, wanted.clone()).await?;
        let mut around = Vec::new();
        for run in &past.half_written {
            let items = Box::pin(PastRules::around(&opened, settings, run, &wanted)).await?;
            for (when, items) in ["before that", "after that"].into_iter().zip(items) {
                let opened = OpenedStore::with_items(items, opened.location.clone(), settings).await?;
                around.push(RulesAround { when, opened });
            }
        }
        Ok((past, around))
    };
    let (past, around) = match Box::pin(read).await {
        Ok(read) => read,
        Err(error) => return opened.finish(Err(error)).await,
    };
    let half_written = past.half_written.clone();
    let opened = Box::pin(into_past(opened, settings, at, past)).await?;
    Ok(CallRules { opened, half_written, around })
}

/// Opens a table in memory with the rules of a store at an instant, and warns of the parts that are not known.
///
/// # Errors
/// When there is no journal, or the rules or their journal cannot be read.
pub async fn open_past(
    opened: OpenedStore,
    settings: &Settings,
    at: Timestamp,
    wanted: WantedRules,
) -> Result<OpenedStore, Failure> {
    let past = match PastRules::read(&opened, settings, at, wanted).await {
        Ok(past) => past,
        Err(error) => return opened.finish(Err(error)).await,
    };
    Box::pin(into_past(opened, settings, at, past)).await
}

async fn into_past(
    opened: OpenedStore,
    settings: &Settings,
    at: Timestamp,
    past: PastRules,
) -> Result<OpenedStore, Failure> {
    for warning in &past.warnings {
        print_stderr(format_args!("warning: {}", printable(warning)));
    }
    let location = RulesLocation::Past {
        of: Box::new(opened.location.clone()),
        at,
        is_whole: past.is_whole,
        unknown: past.unknown,
    };
    opened.into_past(past.items, location, settings).await
}
