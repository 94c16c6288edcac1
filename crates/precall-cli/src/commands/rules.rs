//! `precall rules`: the rules of a table or of files, to look at and to take elsewhere.

use std::fmt::Write;
use std::process::ExitCode;

use precall::Partition;
use precall::rule::{CHANGED, Entry, WILDCARD, quoted};
use serde_json::Value;

use crate::counts::grouped;
use crate::dynamodb::attribute_value::{Attributes, has_plain_form, to_plain, to_typed};
use crate::dynamodb::counted_rules::{CountedRules, ItemCounts};
use crate::dynamodb::items;
use crate::dynamodb::store::{OpenedStore, scan};
use crate::edit::partition;
use crate::failure::Failure;
use crate::number_list::list_notice;
use crate::number_list::mark::MARK;
use crate::rule_row::{COLUMNS, RuleRow, cell, not_read, rest};
use crate::rule_source::RuleSourceArguments;
use crate::spreadsheet::harmless;
use crate::terminal::{escaped_json, one_line, print, print_stderr, shortened};
use crate::tool_settings::settings;
use crate::whole_number::whole_number;

/// Most rules that are sorted. A larger table is printed in its own order, so that it need not fit into memory.
const MAX_SORTED: usize = 10_000;

/// Show the rules of a table or of files, each with a sentence that says what it does.
///
/// The sentence is made from the rule as the hook reads it. Attributes that the hook does not use are listed as "not read".
/// `precall load` reads the output of `--format json`. There, an item with binary data, or with a number that JSON would round, is
/// printed as DynamoDB's JSON. In CSV, a cell that a spreadsheet would treat as a formula begins with an apostrophe, which precall
/// ignores.
///
/// Exit status: 0 if all rules were read. 1 if the command fails, or not all rules of the instant of --as-of are known.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall rules --no-lists
  precall rules --number +13155550101 --format json
  precall rules --invalid")]
pub struct Arguments {
    /// Only rules under this number; `*` for the wildcard rules.
    #[arg(long, value_name = "NUMBER", conflicts_with = "prefix")]
    number: Option<String>,

    /// Only rules under numbers that begin with these digits, such as +1315.
    #[arg(long, value_name = "DIGITS")]
    prefix: Option<String>,

    /// Only rules with this name.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,

    /// Only rules with this status: REJECT, PROCEED or `CHANGE_DESTINATION`.
    #[arg(long, value_name = "STATUS", ignore_case = true, value_parser = ["REJECT", "PROCEED", "CHANGE_DESTINATION"])]
    status: Option<String>,

    /// Only items that the hook cannot read.
    #[arg(long)]
    invalid: bool,

    /// Leave out the numbers of imported lists, and the notices of these lists.
    #[arg(long)]
    no_lists: bool,

    /// Print at most this many.
    #[arg(long, value_name = "COUNT", value_parser = whole_number::<usize>)]
    limit: Option<usize>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: RulesFormat,

    #[command(flatten)]
    source: RuleSourceArguments,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum RulesFormat {
    /// A table to read in a terminal.
    #[default]
    Table,
    /// A table for a spreadsheet.
    Csv,
    /// JSON Lines, for `precall load`.
    Json,
}

/// Runs the command.
///
/// # Errors
/// If the rules cannot be read, or `--number` is not a number.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let opened = arguments.source.open(&settings()?).await?;
    let is_known = opened.location.unknown().is_empty();
    let printed = arguments.print(&opened).await;
    opened.finish(printed).await?;
    Ok(if is_known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Prints the rules, and on standard error where they are and how many there are.
    async fn print(&self, opened: &OpenedStore) -> Result<(), Failure> {
        if self.limit == Some(0) {
            return Err("--limit 0: write 1 or more".into());
        }
        let mut printer = RulePrinter::new(self.format, self.limit.unwrap_or(usize::MAX));
        let mut has_rule = false;
        let counted = if let Some(number) = &self.number {
            let items = opened.store.attributes(&partition(number)?).await?;
            has_rule = items.iter().any(|item| is(self.rule.as_deref(), item, "rule"));
            items.into_iter().filter(|item| self.selects(item)).try_for_each(|item| printer.add(item))?;
            CountedRules::of(opened).await
        } else {
            let mut counts = ItemCounts::default();
            let add = |item| {
                counts.add(&item);
                has_rule |= is(self.rule.as_deref(), &item, "rule");
                if self.selects(&item) { printer.add(item) } else { Ok(()) }
            };
            scan(opened, add).await?;
            CountedRules { location: opened.location.clone(), count: Ok(counts) }
        };
        if let Some(rule) = self.rule.as_deref().filter(|_| !has_rule) {
            let under = self.number.as_ref().map(|number| format!(" under {number}")).unwrap_or_default();
            return Err(format!(
                "--rule {}: no such rule is{under} in {}; `precall rules` lists the rules",
                quoted(rule),
                opened.location
            )
            .into());
        }
        let unmatched = self.prefix.as_deref().filter(|_| printer.count == 0);
        if let Some(prefix) = unmatched.filter(|prefix| !is_prefix(prefix)) {
            return Err(format!("--prefix {}: not a prefix; write + and digits, such as +1315", quoted(prefix)).into());
        }
        if let Some(prefix) = unmatched
            && let Some(meant) = meant_prefixes(prefix)
        {
            return Err(format!(
                "--prefix {prefix}: no number in {} begins like this; numbers begin with + and the country code, so write \
                 --prefix {meant}",
                opened.location
            )
            .into());
        }
        printer.finish(self.without_rules())?;
        print_stderr(format_args!("{} shown of {counted}", grouped(u64::try_from(printer.count)?)));
        let wildcard = Partition::from_items(&opened.store.items(WILDCARD).await?);
        if let Some(revision) = wildcard.revision() {
            print_stderr(format_args!("revision {revision} of the rules under `*`"));
        }
        Ok(())
    }

    /// Returns the text for a table in which the filters leave no rule.
    fn without_rules(&self) -> &'static str {
        let has_filter = self.number.is_some()
            || self.prefix.is_some()
            || self.rule.is_some()
            || self.status.is_some()
            || self.no_lists;
        match (self.invalid, has_filter) {
            (true, false) => "the hook can read all items\n",
            (true, true) => "the hook can read all items that the other options select\n",
            (false, _) => "no such rules\n",
        }
    }

    /// Returns true if the filters leave an item in.
    fn selects(&self, item: &Attributes) -> bool {
        let prefix = self.prefix.as_deref();
        prefix.is_none_or(|prefix| text(item, "number").is_some_and(|number| number.starts_with(prefix)))
            && is(self.rule.as_deref(), item, "rule")
            && is(self.status.as_deref(), item, "status")
            && !(self.no_lists && (item.contains_key(MARK) || list_notice::is_notice(item)))
            && (!self.invalid || matches!(items::parse(item), Entry::Invalid(_)))
    }
}

/// Returns an attribute that is a text.
fn text<'i>(item: &'i Attributes, name: &str) -> Option<&'i str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// Returns true if an attribute has the wanted text, or none is wanted.
fn is(wanted: Option<&str>, item: &Attributes, name: &str) -> bool {
    let is_same = |wanted: &str| text(item, name).is_some_and(|text| text.trim().eq_ignore_ascii_case(wanted.trim()));
    wanted.is_none_or(is_same)
}

/// Returns true if a number or `*` can begin like this, however it was typed.
fn is_prefix(prefix: &str) -> bool {
    prefix.trim() == WILDCARD || prefix.trim() == "+" || prefix.contains(|c: char| c.is_ascii_digit())
}

/// Returns the prefixes of stored numbers that were probably meant by one that none of them has, such as `(404)` or `1404`.
fn meant_prefixes(prefix: &str) -> Option<String> {
    let digits: String = prefix.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || prefix.strip_prefix('+') == Some(&digits) {
        return None;
    }
    // Area codes of North America begin with 2 to 9; so do most country codes.
    let is_area = digits.len() >= 3 && !digits.starts_with(['0', '1']) && !prefix.trim_start().starts_with('+');
    Some(if is_area { format!("+1{digits} or +{digits}") } else { format!("+{}", digits.trim_start_matches('0')) })
}

/// Prints items: the first [`MAX_SORTED`] in the order of their keys, the rest as they come.
struct RulePrinter {
    format: RulesFormat,
    /// Most items to print.
    limit: usize,
    /// Items that were added.
    count: usize,
    /// The items to sort; `None` once they have been printed.
    unsorted: Option<Vec<Attributes>>,
    has_header: bool,
}

impl RulePrinter {
    fn new(format: RulesFormat, limit: usize) -> Self {
        Self { format, limit, count: 0, unsorted: Some(Vec::new()), has_header: false }
    }

    fn add(&mut self, item: Attributes) -> Result<(), Failure> {
        if self.count >= self.limit {
            return Ok(());
        }
        self.count += 1;
        match &mut self.unsorted {
            Some(unsorted) if unsorted.len() < MAX_SORTED => {
                unsorted.push(item);
                Ok(())
            }
            _ => {
                self.print_sorted()?;
                self.print(&item)
            }
        }
    }

    /// Prints the rest, or this text if there was nothing.
    fn finish(&mut self, without_rules: &str) -> Result<(), Failure> {
        self.print_sorted()?;
        if self.count == 0 && self.format == RulesFormat::Table {
            print(without_rules)?;
        }
        Ok(())
    }

    fn print_sorted(&mut self) -> Result<(), Failure> {
        let mut items = self.unsorted.take().unwrap_or_default();
        items.sort_by_cached_key(|item| {
            let key = items::key(item);
            (key.number, key.rule)
        });
        items.iter().try_for_each(|item| self.print(item))
    }

    fn print(&mut self, item: &Attributes) -> Result<(), Failure> {
        let mut text = String::new();
        if !self.has_header {
            self.has_header = true;
            text += &header(self.format);
        }
        match self.format {
            RulesFormat::Table => text += &table_line(item),
            RulesFormat::Csv => text += &csv_line(item)?,
            RulesFormat::Json => {
                let mut item = item.clone();
                // A load writes its own stamp.
                item.remove(CHANGED);
                let json = if has_plain_form(&item) { Value::Object(to_plain(&item)) } else { to_typed(&item)? };
                writeln!(text, "{}", escaped_json(&json.to_string()))?;
            }
        }
        print(&text)
    }
}

fn header(format: RulesFormat) -> String {
    match format {
        RulesFormat::Table => {
            format!("{:<16} {:<24} {:>8} {:<18} WHAT IT DOES\n", "NUMBER", "RULE", "PRIORITY", "STATUS")
        }
        RulesFormat::Csv => format!("{},rest,sentence\n", COLUMNS.join(",")),
        RulesFormat::Json => String::new(),
    }
}

fn table_line(item: &Attributes) -> String {
    let RuleRow { number, rule, priority, status, code: _, sentence, unread } = RuleRow::of(item, &items::parse(item));
    let unread = not_read(&unread).map(|unread| format!("; {unread}")).unwrap_or_default();
    let line = format!("{number:<16} {rule:<24} {priority:>8} {status:<18} {}{unread}", shortened(&sentence));
    format!("{}\n", one_line(&line.trim_end().replace(char::is_control, " ")))
}

fn csv_line(item: &Attributes) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let RuleRow { sentence, .. } = RuleRow::of(item, &items::parse(item));
    let cells = COLUMNS.iter().map(|name| cell(item, name)).chain([rest(item), sentence]);
    writer.write_record(cells.map(|cell| harmless(&cell)))?;
    Ok(String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
}
