//! `precall export-table`: writes lists as files that DynamoDB imports from S3.

mod aws_commands;
mod parts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use precall::rule::Entry;
use sha2::{Digest, Sha256};

use self::aws_commands::aws_commands;
use self::parts::PartFiles;
use crate::counts::counted;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::item_file;
use crate::dynamodb::items::{self, ItemChange, LISTS};
use crate::failure::Failure;
use crate::number_list::arguments::{EntryAttributes, FormatArguments, duration, list_name};
use crate::number_list::entry_reader::{EntryChunk, EntryReader, ReaderMessage};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::item_builder::ItemBuilder;
use crate::number_list::list_record::{ImportState, ListRecord};
use crate::number_list::progress::Progress;
use crate::number_list::rejects::{RejectsFile, refuse_input};
use crate::terminal::print;

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Write lists as files for DynamoDB's import from S3. This costs less than `precall import` for a long list.
///
/// The command reads the same files as `precall import`, and writes the same rules. DynamoDB imports them into a new table;
/// this command prints the commands for that import. Exit status: 0 if all lines were exported, 1 if some were rejected or
/// the export failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall export-table full.zip --list national-dnc --expires 31d --with rules.json --out export")]
pub struct Arguments {
    /// The files that together contain the list.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// The list's name, which is also the name of its rules: letters, digits, `.`, `_` and `-`.
    #[arg(long, value_name = "NAME", value_parser = list_name)]
    list: String,

    /// A new folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// More rules for the new table, in a file as for `precall load`, such as the output of `aws dynamodb scan` of the old
    /// table. Repeat it for several files.
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,

    #[command(flatten)]
    format: FormatArguments,

    #[command(flatten)]
    attributes: EntryAttributes,

    /// The time for which this copy of the list may be used, such as 31d for the registry.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    expires: Option<SignedDuration>,

    /// The time after which each number leaves the list, such as 90d.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    forget_after: Option<SignedDuration>,

    /// The name of the new table.
    #[arg(long, default_value = "precall-rules-imported", value_name = "NAME")]
    table: String,

    /// The largest size of a part before compression, in MiB.
    #[arg(long, default_value_t = 512, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=10_240))]
    part_size: u64,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let rules = arguments.rules()?;
    let mut record = arguments.new_record()?;
    for file in &arguments.files {
        refuse_input(&arguments.rejects_file(), file)?;
    }
    std::fs::create_dir(&arguments.out).map_err(|error| {
        format!("{}: {error}; name a folder that does not exist yet with --out", arguments.out.display())
    })?;
    let mut parts = PartFiles::new(&arguments.out, arguments.part_size * MIB);
    for rule in &rules {
        parts.add(rule)?;
    }
    let mut rejects = RejectsFile::open(arguments.rejects_file(), 0)?;
    for file in &arguments.files {
        arguments.export(file, &mut record, &mut parts, &mut rejects).await?;
    }
    rejects.sync()?;
    if record.accepted == 0 {
        let out = arguments.out.display();
        return Err(format!(
            "the files have no entries that can be read, and a table without them would let every number be called; delete \
             {out}, and check the files, --column and --format"
        )
        .into());
    }
    record.state = ImportState::Complete;
    record.finished = Some(Timestamp::now());
    parts.add(&record.to_item()?)?;
    parts.end()?;
    print(&arguments.summary(&record, &parts))?;
    Ok(record.exit_code())
}

impl Arguments {
    /// Returns the path of the file for rejected lines, beside the folder.
    fn rejects_file(&self) -> PathBuf {
        // Without a slash at the end, after which the file would be in the folder.
        let mut name = self.out.components().collect::<PathBuf>().into_os_string();
        name.push(".rejects");
        name.into()
    }

    /// Reads the rules of `--with`, without the record of this list.
    fn rules(&self) -> Result<Vec<Attributes>, Failure> {
        let mut rules = Vec::new();
        for file in &self.with {
            for rule in item_file::read(file)? {
                let key = items::key(&rule);
                if key.number == LISTS {
                    // A record of another list. The record of this list is written anew.
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

    /// Returns the record of the list, before anything is exported.
    fn new_record(&self) -> Result<ListRecord, Failure> {
        let mut sums = Vec::new();
        let mut names = Vec::new();
        let mut size = 0;
        for file in &self.files {
            let fingerprint = InputFile::open(file)?.fingerprint()?;
            size += fingerprint.size;
            sums.push(fingerprint.sha256);
            names.push(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        let sha256 = match sums.as_slice() {
            [only] => only.clone(),
            several => precall_hook::auth::to_hex(&Sha256::digest(several.concat())),
        };
        let copied = Timestamp::from_second(Timestamp::now().as_second())?;
        let mut record = ListRecord::new(&self.list, &names.join(" "), sha256, size, copied);
        record.options = self.attributes.described();
        record.due = self.expires.map(|time| copied.checked_add(time)).transpose()?;
        Ok(record)
    }

    /// Exports the entries of a file.
    async fn export(
        &self,
        file: &Path,
        record: &mut ListRecord,
        parts: &mut PartFiles<'_>,
        rejects: &mut RejectsFile,
    ) -> Result<(), Failure> {
        let expires_at = self.forget_after.map(|time| record.copied.checked_add(time)).transpose()?;
        let mark = self.format.mark(&record.sha256);
        let builder = ItemBuilder::new(&record.name, &self.attributes, &mark, expires_at)?;
        let mut reader = EntryReader::start(InputFile::open(file)?, self.format.options(), builder, 0);
        let mut progress = Progress::start(std::fs::metadata(file)?.len());
        while let Some(message) = reader.next().await? {
            match message {
                ReaderMessage::Format(format) => {
                    progress.print_line(&format!("{}: {}", file.display(), format.text));
                }
                ReaderMessage::Chunk(chunk) => {
                    add_items(&chunk, file, parts)?;
                    for reject in &chunk.rejects {
                        if let Some(shown) = rejects.add(reject)? {
                            progress.print_line(&shown);
                        }
                    }
                    record.position += chunk.entries;
                    record.accepted += chunk.accepted;
                    record.rejected += u64::try_from(chunk.rejects.len())?;
                }
            }
            progress.update(reader.used(), record.position);
        }
        progress.end();
        Ok(())
    }

    /// Returns the counts, and the commands that make a table of the export.
    fn summary(&self, record: &ListRecord, parts: &PartFiles<'_>) -> String {
        let rejected = if record.rejected == 0 {
            String::new()
        } else {
            format!(", {} rejected (see {})", record.rejected, self.rejects_file().display())
        };
        format!(
            "list {}: {} exported{rejected}; {} items in {}, {} MiB before compression\n\n{}",
            record.name,
            record.accepted,
            parts.items(),
            counted(u64::from(parts.count()), "part"),
            parts.bytes().div_ceil(MIB),
            aws_commands(&self.table, &self.out),
        )
    }
}

/// Writes the items of a chunk. A list of changes has none for an entry that is deleted, and so is refused.
fn add_items(chunk: &EntryChunk, file: &Path, parts: &mut PartFiles<'_>) -> Result<(), Failure> {
    for change in chunk.changes.values() {
        match change {
            ItemChange::Put(item) => parts.add(item)?,
            ItemChange::Remove => {
                return Err(format!(
                    "{}: this is a list of changes, not the whole list; write it into the table with `precall import`",
                    file.display()
                )
                .into());
            }
        }
    }
    Ok(())
}
