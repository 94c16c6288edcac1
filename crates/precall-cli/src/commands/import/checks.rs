//! Checks of an import before anything is written: reviews of wildcard rules, and the errors that `precall lint` would report.

use jiff::Timestamp;
use precall::rule::{Action, Entry, Key, WILDCARD};
use precall_hook::store::RulesTable;

use super::arguments::Arguments;
use crate::dynamodb::items::{self, ItemChange};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_reader::{EntryReader, ReaderMessage};
use crate::number_list::file_reader::input::InputFile;
use crate::review_setting;
use crate::rule_findings::{FindingLevel, LawRules, RuleFinding, new_errors};

/// A number of which the import checks the rule.
const EXAMPLE: &str = "+12125550100";

/// Refuses an import that changes rules under `*`, such as those of area codes, in a table that requires reviews of them.
///
/// # Errors
/// When the import changes one, or the file or the table cannot be read.
pub async fn refuse_unreviewed(arguments: &Arguments, input: &InputFile, store: &RulesTable) -> Result<(), Failure> {
    if !review_setting::is_required(store).await? {
        return Ok(());
    }
    if arguments.replace {
        let areas = format!("{}:+", arguments.list()?);
        let stored = store.attributes(WILDCARD).await?;
        refuse(stored.iter().map(items::key).find(|key| key.rule.starts_with(&areas)))?;
    }
    let builder = arguments.builder("", None)?;
    let mut reader = EntryReader::start(input.again()?, arguments.format_options()?, builder, 0);
    while let Some(message) = reader.next().await? {
        let ReaderMessage::Chunk(chunk) = message else { continue };
        refuse(chunk.changes.into_keys().find(Key::is_wildcard))?;
    }
    Ok(())
}

fn refuse(key: Option<Key>) -> Result<(), Failure> {
    key.and_then(|key| review_setting::refusal_of_load(&key)).map_or(Ok(()), Err)
}

/// Refuses rules in which `precall lint` would report an error, as `precall put` does.
///
/// # Errors
/// When there is such an error and no `--force`, or the table cannot be read.
pub async fn refuse_errors(arguments: &Arguments, store: &RulesTable) -> Result<(), Failure> {
    if arguments.force || arguments.exempt.is_given() || arguments.holders.holders {
        return Ok(());
    }
    let (_, change) = arguments.builder("", None)?.change(ListEntry::Add(EXAMPLE.to_owned()))?;
    let ItemChange::Put(item) = change else { return Ok(()) };
    let now = Timestamp::now();
    let mut errors = new_errors(None, &item, now);
    if let Entry::Rule(rule) = items::parse(&item)
        && rule.action == Action::Proceed
    {
        let wildcard: Vec<Entry> = store.attributes(WILDCARD).await?.iter().map(items::parse).collect();
        errors.extend(LawRules::of(&wildcard, now).finding_of(&rule));
        errors.retain(|finding| finding.level == FindingLevel::Error);
    }
    if errors.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> = errors.iter().map(RuleFinding::text).collect();
    Err(format!(
        "`precall lint` would report an error in each rule of the list: {}; correct the options, or write --force to import it \
         so; nothing was written",
        texts.join("; ").replace(EXAMPLE, "each number")
    )
    .into())
}
