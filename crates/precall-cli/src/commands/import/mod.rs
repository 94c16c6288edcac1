//! `precall import`: lists of numbers into the rules table.

mod delimited;
pub mod entry;
pub mod input;
mod json;
pub mod list;
pub mod progress;
pub mod read;
pub mod rejects;
pub mod source;
pub mod write;
mod xml;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use precall::rule::Key;
use precall_hook::store::{RulesTable, StoreError};
use sha2::{Digest, Sha256};

use self::entry::{MARK, Maker, mark};
use self::input::Fingerprint;
use self::list::{List, State};
use self::progress::Progress;
use self::rejects::Rejects;
use self::source::{Chunk, News, Source};
use self::write::Writer;
use crate::dynamodb::items;
use crate::dynamodb::store;
use crate::failure::Failure;
use crate::terminal::print;
use crate::tool_settings::settings;

type Others = aws_sdk_dynamodb::operation::scan::paginator::ScanPaginatorItems;

/// How often it is noted how far an import is.
const NOTED: Duration = Duration::from_secs(1);

/// The exit status of what Ctrl-C has stopped.
const STOPPED: u8 = 130;

/// Items that are removed at once.
const REMOVED_AT_ONCE: usize = 1_000;

/// Longest name of a list.
const LONGEST_NAME: usize = 64;

const REPLACED_BY_CHANGES: &str = "this is a list of changes, and so not the whole list; leave --replace out";

/// Write a list of numbers, such as a do-not-call list, into the rules table.
///
/// The file is one number a line, CSV or other columns with a header or without, JSON, JSON Lines, what DynamoDB
/// exports, or a file of the National Do Not Call Registry: a full list, or a list of changes; plain, gzip or zip. Each
/// number becomes a rule of the list's name. Area codes as dialers write them (201XXXXXXX) become rules for the prefix.
///
/// Lines that cannot be read are shown, counted and written to FILE.rejects; all others are taken. An import that was
/// interrupted goes on with --resume. Importing a file twice changes nothing. Exit status: 0 when all lines were
/// taken, 1 when some were rejected or it failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall import dnc.csv --list internal-dnc
  precall import 2026-11-20_Global.zip --list national-dnc --replace --expires 31d
  precall import leads.csv --list vip --column mobile --status PROCEED --priority 200")]
pub struct Arguments {
    /// The file.
    file: PathBuf,

    /// The list's name, which its rules have too: letters, digits, `.`, `_` and `-`.
    #[arg(long, value_name = "NAME", value_parser = list_name)]
    list: String,

    #[command(flatten)]
    wanted: WantedArguments,

    #[command(flatten)]
    style: Style,

    /// Make the list exactly the file: what is not in it leaves the list, after all that is in it has been written.
    #[arg(long)]
    replace: bool,

    /// Go on with an import that was interrupted.
    #[arg(long)]
    resume: bool,

    /// Import even what is there already; replace even a list that would lose more than half.
    #[arg(long)]
    force: bool,

    /// How long this copy of the list may be used, such as 31d for the registry; `precall lists` warns before. The
    /// numbers stay on the list all the same.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Option<SignedDuration>,

    /// How long each number stays on the list, such as 90d, for lists that forget.
    #[arg(long, value_name = "TIME", value_parser = time)]
    forget_after: Option<SignedDuration>,

    /// When the copy was made (RFC 3339), from which both times count; if not given, when the file was last changed.
    #[arg(long, value_name = "INSTANT")]
    copied: Option<Timestamp>,

    /// Where lines that cannot be read are written, with the reasons.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    store: store::Arguments,
}

/// How the file is read.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct WantedArguments {
    /// The file's form.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: read::Form,

    /// The column with the numbers: its name, or its number from 1.
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
}

impl WantedArguments {
    /// What items of a file are marked with that is read so. Read otherwise, it is another list.
    pub fn mark(&self, sha256: &str) -> String {
        let Self { format, column } = self;
        match (format, column) {
            (read::Form::Auto, None) => mark(sha256),
            _ => mark(&precall_hook::auth::to_hex(&Sha256::digest(format!("{sha256} {format:?} {column:?}")))),
        }
    }

    pub fn wanted(&self) -> read::Wanted {
        read::Wanted { form: self.format, column: self.column.clone() }
    }
}

/// What the rules of a list are like.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Style {
    /// What is done with calls: REJECT, PROCEED or `CHANGE_DESTINATION`.
    #[arg(long, default_value = "REJECT", value_name = "STATUS")]
    pub status: String,

    /// The code of a REJECT (603, if not given), or the number of a `CHANGE_DESTINATION`.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,

    /// The reason of a REJECT; `On list NAME`, if not given.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Higher wins.
    #[arg(long, default_value_t = 100, value_name = "NUMBER", allow_negative_numbers = true)]
    pub priority: i64,

    /// ClockSource numbers these are: the callees' (`to`) or the callers' (`from`).
    #[arg(long, default_value = "to", value_name = "SIDE", value_parser = ["to", "from"])]
    pub side: String,
}

impl Style {
    /// All of it in words.
    pub fn options(&self) -> String {
        let Self { status, code, reason, priority, side } = self;
        let mut options = vec![format!("status={} priority={priority} side={side}", status.trim().to_uppercase())];
        options.extend(code.iter().map(|code| format!("code={code:?}")));
        options.extend(reason.iter().map(|reason| format!("reason={reason:?}")));
        options.join(" ")
    }

    pub fn is_reject(&self) -> bool {
        self.status.trim().eq_ignore_ascii_case("reject")
    }
}

/// A list's name. A colon is what stands between it and an area code.
pub fn list_name(text: &str) -> Result<String, String> {
    let is_name = (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(format!("not 1 to {LONGEST_NAME} letters, digits, `.`, `_` and `-`"))
    }
}

/// A length of time, such as `31d` or `12h`.
pub fn time(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| "not a time such as 31d".to_owned())?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| "write it in days: 31d".to_owned())?;
    if time.is_positive() { Ok(time) } else { Err("not above 0".to_owned()) }
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut input = input::Input::open(&arguments.file)?;
    rejects::refuse_input(&arguments.rejects_file(), &arguments.file)?;
    let fingerprint = input.fingerprint()?;
    let settings = settings()?;
    let opened = arguments.store.open(&settings).await?;
    let store = opened.store.clone();
    let writer =
        Writer::new(store.clone(), opened.embedded.as_ref().map(crate::dynamodb::embedded::Embedded::database));

    let outcome = match arguments.plan(&store, &fingerprint).await? {
        ControlFlow::Break(status) => Ok(status),
        ControlFlow::Continue(plan) => arguments.begin(plan, input, store, writer).await,
    };
    opened.close().await?;
    outcome
}

/// What there is to do.
struct Plan {
    list: List,
    /// The import that has the list now.
    held_by: Option<String>,
}

impl Arguments {
    /// Looks at what is known of the list. It ends there if there is nothing to do.
    async fn plan(&self, store: &RulesTable, file: &Fingerprint) -> Result<ControlFlow<ExitCode, Plan>, Failure> {
        let copied = self.copied_at()?;
        let due = self.expires.map(|time| copied.checked_add(time)).transpose()?;
        let known = list::read(store, &self.list).await?;
        let name = &self.list;
        // A part of the list does not make the rest any newer.
        let (copied, due) = match (&known, due) {
            (Some(known), None) if known.due.is_some() => (known.copied, known.due),
            _ => (copied, due),
        };
        let file_name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let mut list = List::new(name, &file_name, file.sha256.clone(), file.size, copied);
        (list.options, list.due) = (self.options(), due);
        match &known {
            None if self.resume => return Err(format!("list {name} is not there; begin without --resume").into()),
            None => {}
            Some(known) if known.state == State::Complete => {
                if known.sha256 == list.sha256 && known.options == list.options && !self.force {
                    if (known.due, known.copied) != (due, copied) {
                        list::write(store, &List { copied, due, ..known.clone() }, Some(&known.import)).await?;
                    }
                    let but = match known.rejected {
                        0 => String::new(),
                        rejected => format!(" but for {rejected} rejected lines"),
                    };
                    print(&format!(
                        "list {name}: nothing to do, this file is in it already{but} (--force writes it again)\n"
                    ))?;
                    return Ok(ControlFlow::Break(known.exit_code()));
                }
                if self.resume {
                    return Err(format!(
                        "list {name} is complete, from {} with {}; begin without --resume",
                        known.file, known.options
                    )
                    .into());
                }
                list.earlier = Some(known.at_least());
            }
            Some(known) if self.resume => {
                if known.sha256 != file.sha256 {
                    return Err(format!(
                        "list {name} was begun from {} (SHA-256 {}…), not from this file; give that one, or begin \
                         without --resume",
                        known.file,
                        mark(&known.sha256)
                    )
                    .into());
                }
                if known.options != list.options {
                    return Err(format!(
                        "list {name} was begun with other options ({}); repeat them, or begin without --resume",
                        known.options
                    )
                    .into());
                }
                list = List { import: list.import, ..known.clone() };
                eprintln!("list {name}: going on behind entry {}", list.position);
            }
            Some(known) => {
                eprintln!(
                    "list {name}: the import of {} was not finished; beginning anew (--resume would go on)",
                    known.file
                );
                list.earlier = known.earlier;
            }
        }
        Ok(ControlFlow::Continue(Plan { list, held_by: known.map(|known| known.import) }))
    }

    /// Reads how the file is to be read, and takes the list over only then.
    async fn begin(
        &self,
        plan: Plan,
        input: input::Input,
        store: RulesTable,
        writer: Writer,
    ) -> Result<ExitCode, Failure> {
        let Plan { list, held_by } = plan;
        let expires_at = self.forget_after.map(|time| list.copied.checked_add(time)).transpose()?;
        let mark = self.wanted.mark(&list.sha256);
        let maker = Maker::new(&list.name, &self.style, &mark, expires_at)?;
        let mut source = Source::start(input, self.wanted.wanted(), maker, list.position);
        if let Some(form) = source.form().await? {
            eprintln!("list {}: {}", list.name, form.described);
            if form.is_changes && self.replace {
                return Err(REPLACED_BY_CHANGES.into());
            }
        }
        list::write(&store, &list, held_by.as_deref()).await?;
        let name = list.name.clone();
        let mut import = Import { arguments: self, store, writer, list, mark };
        import.run(source).await.map_err(|error| {
            format!("{error}\nlist {name} is unfinished; when this is mended, go on with --resume").into()
        })
    }

    fn copied_at(&self) -> Result<Timestamp, Failure> {
        let now = Timestamp::now();
        let changed = || Timestamp::try_from(std::fs::metadata(&self.file)?.modified()?).map_err(Failure::from);
        let copied = match self.copied {
            Some(at) if at > now => return Err("--copied is in the future".into()),
            Some(at) => at,
            None => changed()?.min(now),
        };
        // As it is kept: to the second.
        Ok(Timestamp::from_second(copied.as_second())?)
    }

    /// What makes the items what they are, besides the file.
    fn options(&self) -> String {
        let mut options = vec![self.style.options()];
        options.extend(self.wanted.column.iter().map(|column| format!("column={column:?}")));
        if self.wanted.format != read::Form::Auto {
            options.push(format!("format={:?}", self.wanted.format));
        }
        if let Some(time) = self.forget_after {
            options.push(format!("forget-after={}s", time.as_secs()));
            options.extend(self.copied.iter().map(|at| format!("copied={at}")));
        }
        options.extend(self.replace.then(|| "replace".to_owned()));
        options.join(" ")
    }

    fn rejects_file(&self) -> PathBuf {
        self.rejects.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".rejects");
            name.into()
        })
    }
}

/// An import at work.
struct Import<'a> {
    arguments: &'a Arguments,
    store: RulesTable,
    writer: Writer,
    list: List,
    /// What the items of this file are marked with.
    mark: String,
}

impl Import<'_> {
    async fn run(&mut self, source: Source) -> Result<ExitCode, Failure> {
        let stopped = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopped);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                told.store(true, Ordering::Relaxed);
            }
            // Whoever does not want to wait for what is under way loses nothing but the note of it.
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(i32::from(STOPPED));
            }
        });
        let began = Instant::now();
        let before = self.list.position;
        if self.list.state == State::Importing && !self.write_entries(source, &stopped).await? {
            eprintln!("stopped behind entry {}; --resume goes on from there", self.list.position);
            return Ok(ExitCode::from(STOPPED));
        }
        if self.arguments.replace {
            if !self.remove_others(&stopped).await? {
                eprintln!("stopped while removing what is not in the file; --resume goes on");
                return Ok(ExitCode::from(STOPPED));
            }
            // From now on the list is what the file is.
            self.list.earlier = None;
        }
        self.list.state = State::Complete;
        self.list.finished = Some(Timestamp::now());
        self.note().await?;
        self.tell_summary(self.list.position - before, began.elapsed())?;
        Ok(self.list.exit_code())
    }

    /// Writes the entries of the file from where the import is. `false`: somebody stopped it.
    async fn write_entries(&mut self, mut source: Source, stopped: &AtomicBool) -> Result<bool, Failure> {
        let mut rejects = Rejects::open(self.arguments.rejects_file(), self.list.rejects_size)?;
        let mut progress = Progress::start(self.list.size);
        let mut noted = Instant::now();
        while let Some(news) = source.next().await? {
            match news {
                News::Form(_) => {}
                News::Chunk(chunk) => self.write_chunk(chunk, &mut rejects, &mut progress).await?,
            }
            progress.at(source.used(), self.list.position);
            let is_stopped = stopped.load(Ordering::Relaxed);
            if is_stopped || noted.elapsed() >= NOTED {
                rejects.keep()?;
                self.note().await?;
                noted = Instant::now();
            }
            if is_stopped {
                progress.end();
                return Ok(false);
            }
        }
        rejects.keep()?;
        progress.end();
        if self.list.accepted + self.list.removed == 0 && self.list.rejected > 0 {
            self.note().await?;
            return Err(format!(
                "not one of the {} lines could be read; is this the right file, --column and --format?",
                self.list.rejected
            )
            .into());
        }
        if self.list.position == 0 && !self.arguments.replace && !self.arguments.force {
            return Err("the file has no entries; if that is right, say --resume --force".into());
        }
        Ok(true)
    }

    async fn write_chunk(
        &mut self,
        chunk: Chunk,
        rejects: &mut Rejects,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        if chunk.removed > 0 && self.arguments.replace {
            return Err(REPLACED_BY_CHANGES.into());
        }
        for reject in &chunk.rejects {
            if let Some(shown) = rejects.add(reject)? {
                progress.say(&shown);
            }
        }
        self.writer.change(chunk.changes).await?;
        let list = &mut self.list;
        list.position += chunk.entries;
        list.accepted += chunk.accepted;
        list.removed += chunk.removed;
        list.rejected += u64::try_from(chunk.rejects.len())?;
        list.rejects_size = rejects.size();
        Ok(())
    }

    /// Notes how far the import is, if it still has the list.
    async fn note(&self) -> Result<(), Failure> {
        list::write(&self.store, &self.list, Some(&self.list.import)).await
    }

    /// Removes what is of this list and not of this file. `false`: somebody stopped it.
    async fn remove_others(&mut self, stopped: &AtomicBool) -> Result<bool, Failure> {
        let List { accepted, rejected, mut earlier, .. } = self.list;
        if earlier.is_none() && !self.arguments.force {
            // Nobody noted how long the list is. If it would lose more than it keeps, this is found soon.
            let most = accepted.saturating_mul(2) + 1;
            let others = self.count_others(most).await?;
            earlier = (others > most).then_some(others);
        }
        let loses_half = earlier.is_some_and(|earlier| accepted < earlier / 2);
        if !self.arguments.force && (accepted == 0 || rejected > accepted || loses_half) {
            self.note().await?;
            return Err(format!(
                "the file has {accepted} entries and {rejected} rejected lines, the list had {}; so nothing was removed \
                 from the list. If the file is right, say --resume --force",
                earlier.map_or_else(|| "none that are known".to_owned(), |earlier| earlier.to_string())
            )
            .into());
        }
        self.list.state = State::Removing;
        self.note().await?;
        let mut pages = self.others().send();
        let mut stale = Vec::new();
        while let Some(item) = pages.next().await {
            stale.push(items::key(&item.map_err(StoreError::from)?));
            if stale.len() == REMOVED_AT_ONCE {
                self.remove(std::mem::take(&mut stale)).await?;
            }
            if stopped.load(Ordering::Relaxed) {
                self.remove(stale).await?;
                return Ok(false);
            }
        }
        self.remove(stale).await?;
        Ok(true)
    }

    /// What is of this list and not of this file. A rule under `*` of just the list's name is nobody's entry.
    fn others(&self) -> Others {
        self.store
            .client()
            .scan()
            .table_name(self.store.name())
            .consistent_read(true)
            .limit(items::PAGE)
            .projection_expression("#number, #rule")
            .filter_expression(
                "((#rule = :list AND #number <> :all) OR (begins_with(#rule, :areas) AND #number = :all)) \
                 AND #number <> :lists AND (attribute_not_exists(#mark) OR #mark <> :mark)",
            )
            .expression_attribute_names("#number", "number")
            .expression_attribute_names("#rule", "rule")
            .expression_attribute_names("#mark", MARK)
            .expression_attribute_values(":list", AttributeValue::S(self.list.name.clone()))
            .expression_attribute_values(":areas", AttributeValue::S(format!("{}:", self.list.name)))
            .expression_attribute_values(":all", AttributeValue::S("*".to_owned()))
            .expression_attribute_values(":lists", AttributeValue::S(items::LISTS.to_owned()))
            .expression_attribute_values(":mark", AttributeValue::S(self.mark.clone()))
            .into_paginator()
            .items()
    }

    /// How many they are, or one more than are asked for.
    async fn count_others(&self, most: u64) -> Result<u64, Failure> {
        let mut pages = self.others().send();
        let mut count = 0;
        while count <= most
            && let Some(item) = pages.next().await
        {
            item.map_err(StoreError::from)?;
            count += 1;
        }
        Ok(count)
    }

    async fn remove(&mut self, stale: Vec<Key>) -> Result<(), Failure> {
        let count = u64::try_from(stale.len())?;
        self.writer.remove_unmarked(stale, &self.mark, &self.list).await?;
        self.list.removed += count;
        self.note().await
    }

    fn tell_summary(&self, entries: u64, took: Duration) -> Result<(), Failure> {
        let List { name, file, accepted, removed, rejected, due, .. } = &self.list;
        #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
        let rate = entries as f64 / took.as_secs_f64().max(0.001);
        let mut did = vec![format!("{accepted} written from {file}")];
        if *removed > 0 {
            did.push(format!("{removed} removed"));
        }
        if *rejected > 0 {
            did.push(format!("{rejected} rejected (see {})", self.arguments.rejects_file().display()));
        }
        let mut text = format!("list {name}: {}; {:.1} s, {rate:.0} a second\n", did.join(", "), took.as_secs_f64());
        if let Some(due) = due {
            text = format!("{text}due {}: import a new copy before\n", day(*due));
        }
        print(&text)
    }
}

/// A day for a person, in UTC.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
