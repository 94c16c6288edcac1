//! `precall export-table`: writes lists as files that DynamoDB imports from S3.

mod aws_commands;
mod export_folder;
mod parts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use precall::rule::{Entry, ListCopy};
use sha2::{Digest, Sha256};

use self::aws_commands::aws_commands;
use self::export_folder::ExportFolder;
use self::parts::PartFiles;
use crate::counts::counted;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::item_file::{self, FileItem};
use crate::dynamodb::items::{self, ItemChange, LISTS, PROPOSALS, TABLE_SETTINGS};
use crate::failure::Failure;
use crate::number_list::arguments::{EntryAttributes, FormatArguments, duration, list_name};
use crate::number_list::entry_reader::{EntryChunk, EntryReader, ReaderMessage};
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::item_builder::ItemBuilder;
use crate::number_list::list_notice;
use crate::number_list::list_record::{ImportState, ListRecord};
use crate::number_list::progress::Progress;
use crate::number_list::rejects::{RejectsFile, refuse_input};
use crate::terminal::print;
use crate::whole_number::whole_number_of;

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
    #[arg(long, default_value_t = 512, value_name = "MIB", value_parser = part_size)]
    part_size: u64,
}

/// Reads the size of a part.
fn part_size(text: &str) -> Result<u64, String> {
    whole_number_of(text, &(1..=10_240))
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let rules = arguments.rules()?;
    for file in &arguments.files {
        refuse_input(&arguments.rejects_file(), file)?;
    }
    let (record, inputs) = arguments.new_record()?;
    let folder = ExportFolder::create(&arguments.out)?;
    let exported = arguments.export_all(rules, record, inputs, &folder).await;
    // A failed export leaves nothing that would block the next one.
    let (record, parts) = exported.inspect_err(|_| folder.remove())?;
    folder.finish()?;
    print(&arguments.summary(&record, &parts))?;
    Ok(record.exit_code())
}

/// The counts of the files that were written.
#[derive(Debug)]
struct ExportCounts {
    /// The rules of `--with`.
    rules: u64,
    items: u64,
    parts: u32,
    bytes: u64,
}

impl Arguments {
    /// Returns the path of the file for rejected lines, beside the folder.
    fn rejects_file(&self) -> PathBuf {
        // Without a slash at the end, after which the file would be in the folder.
        let mut name = self.out.components().collect::<PathBuf>().into_os_string();
        name.push(".rejects");
        name.into()
    }

    /// Writes all items into the folder.
    async fn export_all(
        &self,
        rules: Vec<Attributes>,
        mut record: ListRecord,
        inputs: Vec<InputFile>,
        folder: &ExportFolder,
    ) -> Result<(ListRecord, ExportCounts), Failure> {
        let mut parts = PartFiles::new(folder.path(), self.part_size * MIB);
        for rule in &rules {
            parts.add(rule)?;
        }
        let mut rejects = RejectsFile::open(self.rejects_file(), 0)?;
        for (file, input) in self.files.iter().zip(inputs) {
            self.export(file, input, &mut record, &mut parts, &mut rejects).await?;
        }
        rejects.sync()?;
        if record.accepted == 0 {
            return Err(
                "the files have no entries that can be read, and a table without them would let every number be \
                        called; check the files, --column and --format"
                    .into(),
            );
        }
        record.state = ImportState::Complete;
        record.finished = Some(Timestamp::now());
        parts.add(&record.to_item()?)?;
        parts.add(&list_notice::item(&record))?;
        parts.end()?;
        let rules = u64::try_from(rules.len())?;
        let counts = ExportCounts { rules, items: parts.items(), parts: parts.count(), bytes: parts.bytes() };
        Ok((record, counts))
    }

    /// Reads the rules of `--with`, without the record and the notice of this list.
    fn rules(&self) -> Result<Vec<Attributes>, Failure> {
        let mut rules = Vec::new();
        for FileItem { file, item: rule, .. } in item_file::read_all(&self.with)? {
            let key = items::key(&rule);
            if key == ListCopy::key_of(&self.list) {
                continue;
            }
            if key.number == LISTS {
                // A record of another list. The record of this list is written anew.
                if key.rule != self.list {
                    rules.push(rule);
                }
                continue;
            }
            match key.number.as_str() {
                // The table is new, so a proposal for the old one is not one for it.
                PROPOSALS => continue,
                TABLE_SETTINGS => {
                    rules.push(rule);
                    continue;
                }
                _ => {}
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
        Ok(rules)
    }

    /// Returns the record of the list, before anything is exported, and the files that are read for it.
    fn new_record(&self) -> Result<(ListRecord, Vec<InputFile>), Failure> {
        let mut inputs = Vec::new();
        let mut sums = Vec::new();
        let mut names = Vec::new();
        let mut size = 0;
        for file in &self.files {
            let mut input = InputFile::open(file)?;
            let fingerprint = input.fingerprint()?;
            inputs.push(input);
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
        Ok((record, inputs))
    }

    /// Exports the entries of a file.
    async fn export(
        &self,
        file: &Path,
        input: InputFile,
        record: &mut ListRecord,
        parts: &mut PartFiles<'_>,
        rejects: &mut RejectsFile,
    ) -> Result<(), Failure> {
        let expires_at = self.forget_after.map(|time| record.copied.checked_add(time)).transpose()?;
        let mark = self.format.mark(&record.sha256);
        let builder = ItemBuilder::new(&record.name, &self.attributes, &mark, expires_at)?;
        let mut reader = EntryReader::start(input, self.format.options(), builder, 0);
        let mut progress = Progress::start(std::fs::metadata(file)?.len());
        while let Some(message) = reader.next().await? {
            match message {
                ReaderMessage::Format(format) => {
                    progress.print_line(&format!("{}: {}", file.display(), format.text));
                    if let Some(doubt) = format.doubt {
                        return Err(format!("{}: {doubt}", file.display()).into());
                    }
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
    fn summary(&self, record: &ListRecord, counts: &ExportCounts) -> String {
        let rejected = if record.rejected == 0 {
            String::new()
        } else {
            format!(", {} rejected (see {})", record.rejected, self.rejects_file().display())
        };
        let with: Vec<String> = self.with.iter().map(|file| file.display().to_string()).collect();
        let with = match with.as_slice() {
            [] => String::new(),
            files => format!(", {} from {}", counted(counts.rules, "more rule"), files.join(", ")),
        };
        format!(
            "list {}: {} exported from {}{rejected}{with}; {} in {}, {} MiB before compression\n\n{}",
            record.name,
            record.accepted,
            record.file,
            counted(counts.items, "item"),
            counted(u64::from(counts.parts), "part"),
            counts.bytes.div_ceil(MIB),
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
