//! `precall replay`: what other rules would have decided for the calls of a log.

mod book;
mod changes;
mod hidden;
mod history;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use precall_hook::log::record::Mask;
use precall_hook::settings::Settings;

use self::book::{Book, Wanted};
use self::changes::{Changes, Old};
use self::hidden::{Numbers, Seen};
use self::history::Attempts;
use crate::decision_log::{self, Record, Sink};
use crate::dynamodb::store;
use crate::failure::Failure;
use crate::terminal::print;

/// Show what other rules would have decided for the calls of a log.
///
/// The rules to try are those of --rules, or of the table. They are compared with what the log says was decided, or with
/// the rules of --against. Numbers that the log masks are told by their hashes, with the key that the log was
/// written with (`PRECALL_NUMBER_HASH_KEY`, or `PRECALL_API_KEYS` where that is not set), and otherwise by what is shown of them: what
/// hangs on the rest is not decided, and counted. Caps count from the beginning of the log.
///
/// Exit status: 0 when nothing differs, 1 when something does or it failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall replay yesterday.jsonl --rules new.json
  precall replay yesterday.jsonl --rules new.json --against old.json --json")]
pub struct Arguments {
    #[command(flatten)]
    log: decision_log::Arguments,

    /// Compare with this file of rules, instead of with what the log says. May be given several times.
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    /// Exit with 0 when something differs, too.
    #[arg(long)]
    exit_zero: bool,

    #[command(flatten)]
    source: store::Source,
}

/// A call of the log.
#[derive(Debug)]
struct Asked {
    id: Box<str>,
    at: Timestamp,
    to: Seen,
    /// `None`: withheld.
    from: Option<Seen>,
    client: Option<Arc<str>>,
    clock_hour: Option<u8>,
    old: Old,
}

/// The calls of a log, and those that cannot be replayed.
#[derive(Debug, Default)]
struct Calls {
    asked: Vec<Asked>,
    refused: u64,
    /// By why the decision was unknown then.
    unknown: std::collections::BTreeMap<String, u64>,
}

impl Sink for Calls {
    fn take(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        if &*record.status == "REFUSED" {
            self.refused += 1;
            return Ok(());
        }
        let seen = |shown: &Option<decision_log::Text<'_>>, hash: &Option<decision_log::Text<'_>>| {
            (shown.is_some() || hash.is_some())
                .then(|| Seen { shown: shown.as_deref().map(Into::into), hash: hash.as_deref().map(Into::into) })
        };
        let Some(to) = seen(&record.to, &record.to_hash) else {
            *self.unknown.entry("the log does not say who was called".to_owned()).or_default() += 1;
            return Ok(());
        };
        self.asked.push(Asked {
            id: (*record.decision_id).into(),
            at: record.at()?,
            to,
            from: seen(&record.from, &record.from_hash),
            client: record.client.as_deref().map(Into::into),
            clock_hour: decision_log::hour(record.callee_clock.as_deref().unwrap_or_default()),
            old: Old::of(record),
        });
        Ok(())
    }
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = settings()?;
    let mask = Mask::new(&settings);
    let inputs = arguments.log.open()?;
    let sinks = (0..decision_log::threads()).map(|_| Calls::default()).collect();
    let (parts, summary) = arguments.log.read(&inputs, sinks)?;
    summary.warn(&inputs);
    let mut calls = Calls::default();
    for part in parts {
        calls.asked.extend(part.asked);
        calls.refused += part.refused;
        for (why, count) in part.unknown {
            *calls.unknown.entry(why).or_default() += count;
        }
    }
    // As they came: caps count.
    calls.asked.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));

    let wanted = Wanted::of(calls.asked.iter().flat_map(|asked| [Some(&asked.to), asked.from.as_ref()]).flatten());
    let opened = arguments.source.open(&settings).await?;
    let new = Book::read(&opened, &wanted, &mask, &settings).await?;
    opened.close().await?;
    let old = if arguments.against.is_empty() {
        None
    } else {
        let opened = store::files(&arguments.against, &settings).await?;
        let book = Book::read(&opened, &wanted, &mask, &settings).await?;
        opened.close().await?;
        Some(book)
    };

    let numbers = Numbers::new(&mask, [Some(&new), old.as_ref()].into_iter().flatten());
    if !wanted.hashes.is_empty() && new.is_strange() && old.as_ref().is_none_or(Book::is_strange) {
        eprintln!(
            "warning: no number of the rules is in the log; is PRECALL_NUMBER_HASH_KEY (or PRECALL_API_KEYS) what the \
             log was written with?"
        );
    }
    let changes = compare(&calls, &numbers, &new, old.as_ref(), &mask);
    let differs = changes.differing() > 0;
    print(&if arguments.json { changes.json(&summary) } else { changes.text(&summary) })?;
    let is_fine = summary.is_whole() && (!differs || arguments.exit_zero);
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The settings of the hook that wrote the log, as far as they are there: its keys make the hashes.
fn settings() -> Result<Settings, Failure> {
    let has_keys = std::env::var_os("PRECALL_API_KEYS").is_some_and(|keys| !keys.is_empty());
    Ok(Settings::read(|name| match name {
        "PRECALL_AUTH" if !has_keys => Some("none".to_owned()),
        "PRECALL_AUTH" => None,
        _ => std::env::var(name).ok(),
    })?)
}

/// Decides all calls. Where nothing is counted, the order is of no matter, and each thread takes a part.
fn compare(calls: &Calls, numbers: &Numbers, new: &Book, old: Option<&Book>, mask: &Mask) -> Changes {
    let counts = new.has_caps() || old.is_some_and(Book::has_caps);
    let threads = if counts { 1 } else { decision_log::threads() };
    let part = calls.asked.len().div_ceil(threads).max(1);
    let mut changes = Changes::new(calls.refused, calls.unknown.clone(), old.is_some());
    std::thread::scope(|scope| {
        let workers: Vec<_> = calls
            .asked
            .chunks(part)
            .map(|asked| scope.spawn(move || compare_part(asked, numbers, new, old, mask)))
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(part) => changes.merge(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    changes
}

fn compare_part(asked: &[Asked], numbers: &Numbers, new: &Book, old: Option<&Book>, mask: &Mask) -> Changes {
    let mut changes = Changes::default();
    let (mut attempts, mut old_attempts) = (Attempts::default(), Attempts::default());
    let mut classes = hidden::Classes::default();
    for call in asked {
        let decided = new.decide(call, numbers, &mut classes, &mut attempts);
        match old {
            None => match (&call.old.unknown, decided) {
                (Some(cause), _) => changes.undecided(call, &format!("it was unknown then: {cause}")),
                (None, Err(why)) => changes.undecided(call, &why),
                (None, Ok(decided)) => changes.add_to_record(call, &decided, mask),
            },
            Some(old) => match (old.decide(call, numbers, &mut classes, &mut old_attempts), decided) {
                (Ok(before), Ok(after)) => changes.add(call, &before, &after),
                (Err(why), _) | (_, Err(why)) => changes.undecided(call, &why),
            },
        }
    }
    changes
}
