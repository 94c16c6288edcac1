//! `precall export-table`: a table's worth of items as files that DynamoDB imports from S3.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use precall::rule::Entry;
use sha2::{Digest, Sha256};

use crate::commands::import::entry::{Change, Maker};
use crate::commands::import::input::Input;
use crate::commands::import::list::{List, State};
use crate::commands::import::progress::Progress;
use crate::commands::import::rejects::{Rejects, refuse_input};
use crate::commands::import::source::{News, Source};
use crate::commands::import::{Style, WantedArguments, list_name, time};
use crate::dynamodb::items::{self, Attributes, LISTS};
use crate::failure::Failure;
use crate::terminal::print;

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Write lists as files for DynamoDB's import from S3, for lists that nobody should write item by item.
///
/// Reads what `precall import` reads and makes the same rules of it. The import makes a new table; the commands to run are
/// printed. Exit status: 0 when all lines were taken, 1 when some were rejected or it failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall export-table full.zip --list national-dnc --expires 31d --with rules.json --out export")]
pub struct Arguments {
    /// The files; together they are the list.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// The list's name, which its rules have too: letters, digits, `.`, `_` and `-`.
    #[arg(long, value_name = "NAME", value_parser = list_name)]
    list: String,

    /// A new folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// Rules that the new table is to have too, as `precall load` reads them; what `aws dynamodb scan` prints of the
    /// old table, for one. May be given several times.
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,

    #[command(flatten)]
    wanted: WantedArguments,

    #[command(flatten)]
    style: Style,

    /// How long this copy of the list may be used, such as 31d for the registry.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Option<jiff::SignedDuration>,

    /// How long each number stays on the list, such as 90d, for lists that forget.
    #[arg(long, value_name = "TIME", value_parser = time)]
    forget_after: Option<jiff::SignedDuration>,

    /// The name of the table to be made.
    #[arg(long, default_value = "precall-rules-imported", value_name = "NAME")]
    table: String,

    /// How large a part may be before it is compressed, in MiB.
    #[arg(long, default_value_t = 512, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=10_240))]
    part_size: u64,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let rules = arguments.rules()?;
    let mut list = arguments.list()?;
    for file in &arguments.files {
        refuse_input(&arguments.rejects_file(), file)?;
    }
    std::fs::create_dir(&arguments.out).map_err(|error| {
        format!("{}: {error}; name a folder that is not there yet with --out", arguments.out.display())
    })?;
    let mut parts = Parts::new(&arguments.out, arguments.part_size * MIB);
    for rule in &rules {
        parts.add(rule)?;
    }
    let mut rejects = Rejects::open(arguments.rejects_file(), 0)?;
    for file in &arguments.files {
        arguments.export(file, &mut list, &mut parts, &mut rejects).await?;
    }
    rejects.keep()?;
    list.state = State::Complete;
    list.finished = Some(Timestamp::now());
    parts.add(&list.to_item()?)?;
    parts.end()?;
    print(&arguments.commands(&list, &parts))?;
    Ok(if list.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Beside the folder.
    fn rejects_file(&self) -> PathBuf {
        // Without a slash at its end, behind which the file would be in the folder.
        let mut name = self.out.components().collect::<PathBuf>().into_os_string();
        name.push(".rejects");
        name.into()
    }

    /// The rules besides the list.
    fn rules(&self) -> Result<Vec<Attributes>, Failure> {
        let mut rules = Vec::new();
        for file in &self.with {
            for rule in items::read(file)? {
                let key = items::key(&rule);
                if key.number == LISTS {
                    // What is known of the other lists. That of this one is written anew.
                    if key.rule != self.list {
                        rules.push(rule);
                    }
                    continue;
                }
                if let Entry::Invalid(invalid) = items::parse(&rule) {
                    return Err(format!(
                        "{}: rule `{}` is invalid: {}; nothing was written",
                        file.display(),
                        invalid.key.rule,
                        invalid.reasons.join("; ")
                    )
                    .into());
                }
                rules.push(rule);
            }
        }
        Ok(rules)
    }

    fn list(&self) -> Result<List, Failure> {
        let mut sums = Vec::new();
        let mut names = Vec::new();
        let mut size = 0;
        for file in &self.files {
            let print = Input::open(file)?.fingerprint()?;
            size += print.size;
            sums.push(print.sha256);
            names.push(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        let sha256 = match sums.as_slice() {
            [only] => only.clone(),
            several => precall_hook::auth::to_hex(&Sha256::digest(several.concat())),
        };
        let copied = Timestamp::from_second(Timestamp::now().as_second())?;
        let mut list = List::new(&self.list, &names.join(" "), sha256, size, copied);
        list.options = self.style.options();
        list.due = self.expires.map(|time| copied.checked_add(time)).transpose()?;
        Ok(list)
    }

    async fn export(
        &self,
        file: &Path,
        list: &mut List,
        parts: &mut Parts<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Failure> {
        let expires_at = self.forget_after.map(|time| list.copied.checked_add(time)).transpose()?;
        let maker = Maker::new(&list.name, &self.style, &self.wanted.mark(&list.sha256), expires_at)?;
        let mut source = Source::start(Input::open(file)?, self.wanted.wanted(), maker, 0);
        let mut progress = Progress::start(std::fs::metadata(file)?.len());
        while let Some(news) = source.next().await? {
            match news {
                News::Form(form) => progress.say(&format!("{}: {}", file.display(), form.described)),
                News::Chunk(chunk) => {
                    for change in chunk.changes.values() {
                        match change {
                            Change::Put(item) => parts.add(item)?,
                            Change::Remove => {
                                return Err(format!(
                                    "{}: a list of changes, and so not the whole list; import it into the table",
                                    file.display()
                                )
                                .into());
                            }
                        }
                    }
                    for reject in &chunk.rejects {
                        if let Some(shown) = rejects.add(reject)? {
                            progress.say(&shown);
                        }
                    }
                    list.position += chunk.entries;
                    list.accepted += chunk.accepted;
                    list.rejected += u64::try_from(chunk.rejects.len())?;
                }
            }
            progress.at(source.used(), list.position);
        }
        progress.end();
        Ok(())
    }

    /// What was done, and what to do with it.
    fn commands(&self, list: &List, parts: &Parts<'_>) -> String {
        let (table, out) = (&self.table, self.out.display());
        let rejected = if list.rejected == 0 {
            String::new()
        } else {
            format!(", {} rejected (see {})", list.rejected, self.rejects_file().display())
        };
        format!(
            "list {}: {} exported{rejected}; {} items in {} parts, {} MiB before compression\n\n\
             To make a table of it (the bucket's name is yours to put in):\n\n\
             aws s3 cp --recursive {out} s3://BUCKET/{table}/\n\
             aws dynamodb import-table \\\n  \
               --s3-bucket-source S3Bucket=BUCKET,S3KeyPrefix={table}/ \\\n  \
               --input-format DYNAMODB_JSON --input-compression-type GZIP \\\n  \
               --table-creation-parameters 'TableName={table},BillingMode=PAY_PER_REQUEST,\
             KeySchema=[{{AttributeName=number,KeyType=HASH}},{{AttributeName=rule,KeyType=RANGE}}],\
             AttributeDefinitions=[{{AttributeName=number,AttributeType=S}},{{AttributeName=rule,AttributeType=S}}]'\n\
             aws dynamodb list-imports          # until it says COMPLETED\n\
             aws dynamodb update-time-to-live --table-name {table} \\\n  \
               --time-to-live-specification Enabled=true,AttributeName=expires_at\n\
             aws dynamodb update-continuous-backups --table-name {table} \\\n  \
               --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true\n\
             sam deploy --parameter-overrides ExistingRulesTable={table}\n",
            list.name,
            list.accepted,
            parts.items,
            parts.count,
            parts.bytes.div_ceil(MIB),
        )
    }
}

/// Files of items, each whole under its name or not there.
struct Parts<'p> {
    folder: &'p Path,
    most: u64,
    open: Option<(PathBuf, GzEncoder<BufWriter<File>>, u64)>,
    count: u32,
    items: u64,
    bytes: u64,
}

impl<'p> Parts<'p> {
    fn new(folder: &'p Path, most: u64) -> Self {
        Self { folder, most, open: None, count: 0, items: 0, bytes: 0 }
    }

    fn add(&mut self, item: &Attributes) -> Result<(), Failure> {
        let line = format!("{}\n", serde_json::json!({ "Item": items::to_typed(item)? }));
        let (path, mut file, mut size) = if let Some(open) = self.open.take() {
            open
        } else {
            self.count += 1;
            let path = self.folder.join(format!("part-{:05}.json.gz", self.count));
            let file = File::create(unfinished(&path)).map_err(|error| said(&path, &error))?;
            (path, GzEncoder::new(BufWriter::new(file), Compression::fast()), 0)
        };
        file.write_all(line.as_bytes()).map_err(|error| said(&path, &error))?;
        let length = u64::try_from(line.len())?;
        size += length;
        self.bytes += length;
        self.items += 1;
        self.open = Some((path, file, size));
        if size >= self.most { self.end() } else { Ok(()) }
    }

    /// Ends the part that is open.
    fn end(&mut self) -> Result<(), Failure> {
        let Some((path, file, _)) = self.open.take() else { return Ok(()) };
        let written = file.finish().and_then(|file| file.into_inner().map_err(std::io::IntoInnerError::into_error));
        written
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(unfinished(&path), &path))
            .map_err(|error| said(&path, &error))
    }
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("unfinished")
}

fn said(path: &Path, error: &std::io::Error) -> Failure {
    format!("{}: {error}; delete the folder and begin again", path.display()).into()
}
