//! `precall rules`: the rules of a table or of files, to look at and to take elsewhere.

use std::fmt::Write;
use std::process::ExitCode;

use precall::rule::Entry;
use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, to_plain};
use crate::dynamodb::items;
use crate::dynamodb::store::{RuleSourceArguments, scan};
use crate::edit::partition;
use crate::failure::Failure;
use crate::number_list::mark::MARK;
use crate::spreadsheet::harmless;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Up to so many rules are put in order; more come as the table has them.
const SORTED: usize = 10_000;

/// The attributes that have a column of their own.
const COLUMNS: [&str; 6] = ["number", "rule", "priority", "status", "code", "reason"];

/// Show rules: of a table or of files, all or those that are asked for.
///
/// JSON is as `precall load` reads it. In CSV, a cell that a spreadsheet would take for a formula has an apostrophe in
/// front, which precall overlooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall rules --no-lists
  precall rules --number +13155550101 --format json
  precall rules --invalid")]
pub struct Arguments {
    /// Only those under this number, or `*`.
    #[arg(long, value_name = "NUMBER", conflicts_with = "prefix")]
    number: Option<String>,

    /// Only those under numbers that begin like this, such as +1315.
    #[arg(long, value_name = "DIGITS")]
    prefix: Option<String>,

    /// Only those of this name.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,

    /// Only those that do this to calls: REJECT, PROCEED or `CHANGE_DESTINATION`.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    /// Only those that the hook cannot read.
    #[arg(long)]
    invalid: bool,

    /// Without the numbers of imported lists.
    #[arg(long)]
    no_lists: bool,

    /// No more than so many.
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    #[command(flatten)]
    source: RuleSourceArguments,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[default]
    Table,
    Csv,
    Json,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let opened = arguments.source.open(&settings()?).await?;
    let mut shown = Shown { format: arguments.format, waiting: Some(Vec::new()), count: 0, header: false };
    let most = arguments.limit.unwrap_or(usize::MAX);
    match &arguments.number {
        Some(number) => {
            for item in opened.store.attributes(&partition(number)?).await? {
                if shown.count < most && arguments.wants(&item) {
                    shown.add(item)?;
                }
            }
        }
        None => {
            scan(&opened, |item| {
                if shown.count < most && arguments.wants(&item) {
                    shown.add(item)?;
                }
                Ok(())
            })
            .await?;
        }
    }
    shown.end()?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn wants(&self, item: &Attributes) -> bool {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
        let is = |wanted: &Option<String>, name: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| text(name).is_some_and(|text| text.trim().eq_ignore_ascii_case(wanted.trim())))
        };
        let prefix = self.prefix.as_deref();
        prefix.is_none_or(|prefix| text("number").is_some_and(|number| number.starts_with(prefix)))
            && is(&self.rule, "rule")
            && is(&self.status, "status")
            && !(self.no_lists && item.contains_key(MARK))
            && (!self.invalid || matches!(items::parse(item), Entry::Invalid(_)))
    }
}

/// What is shown, in order as long as that takes little memory.
struct Shown {
    format: Format,
    waiting: Option<Vec<Attributes>>,
    count: usize,
    header: bool,
}

impl Shown {
    fn add(&mut self, item: Attributes) -> Result<(), Failure> {
        self.count += 1;
        match &mut self.waiting {
            Some(waiting) if waiting.len() < SORTED => waiting.push(item),
            _ => {
                self.flush()?;
                self.tell(&item)?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.flush()?;
        if self.count == 0 && self.format == Format::Table {
            print("no such rules\n")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let mut items = self.waiting.take().unwrap_or_default();
        items.sort_by_cached_key(|item| {
            let key = items::key(item);
            (key.number, key.rule)
        });
        items.iter().try_for_each(|item| self.tell(item))
    }

    fn tell(&mut self, item: &Attributes) -> Result<(), Failure> {
        let mut text = String::new();
        if !std::mem::replace(&mut self.header, true) {
            match self.format {
                Format::Table => {
                    writeln!(
                        text,
                        "{:<16} {:<24} {:>8} {:<18} {:<12} WHEN AND WHY",
                        "NUMBER", "RULE", "PRIORITY", "STATUS", "CODE"
                    )?;
                }
                Format::Csv => text += "number,rule,priority,status,code,reason,rest\n",
                Format::Json => {}
            }
        }
        match self.format {
            Format::Table => text += &row(item),
            Format::Csv => text += &line(item)?,
            Format::Json => writeln!(text, "{}", Value::Object(to_plain(item)))?,
        }
        print(&text)
    }
}

/// An attribute as text.
fn cell(item: &Attributes, name: &str) -> String {
    match to_plain(item).remove(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// The attributes without a column, as they are written.
fn rest(item: &Attributes) -> String {
    let mut rest: Vec<String> = to_plain(item)
        .into_iter()
        .filter(|(name, _)| !COLUMNS.contains(&name.as_str()))
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    rest.sort();
    rest.join("; ")
}

/// A rule in a line for a person.
#[derive(Debug)]
pub struct Line {
    pub number: String,
    pub rule: String,
    pub priority: String,
    /// What it does, `states`, or `invalid`.
    pub status: String,
    pub code: String,
    /// When and why; of an invalid one, what is wrong.
    pub why: String,
}

impl Line {
    pub fn of(item: &Attributes, entry: &Entry) -> Self {
        let (status, why) = match entry {
            Entry::Invalid(invalid) => ("invalid".to_owned(), invalid.reasons.join("; ")),
            Entry::Fact(fact) => ("states".to_owned(), fact.content.to_string()),
            Entry::Rule(rule) => {
                let reason =
                    Some(cell(item, "reason")).filter(|reason| !reason.is_empty()).map(|reason| format!("{reason:?}"));
                let rest = Some(rest(item)).filter(|rest| !rest.is_empty());
                // What is switched off is not read.
                let is_read = rule.conditions.lifetime.enabled;
                let status = if is_read { rule.action.status().to_owned() } else { cell(item, "status") };
                (status, reason.into_iter().chain(rest).collect::<Vec<_>>().join("; "))
            }
        };
        let priority = Some(cell(item, "priority")).filter(|priority| !priority.is_empty());
        Self {
            number: cell(item, "number"),
            rule: cell(item, "rule"),
            priority: priority.unwrap_or_else(|| "0".to_owned()),
            status,
            code: cell(item, "code"),
            why,
        }
    }
}

fn row(item: &Attributes) -> String {
    let Line { number, rule, priority, status, code, why } = Line::of(item, &items::parse(item));
    let line = format!("{number:<16} {rule:<24} {priority:>8} {status:<18} {code:<12} {why}");
    format!("{}\n", line.trim_end().replace(char::is_control, " "))
}

fn line(item: &Attributes) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cells = COLUMNS.iter().map(|name| cell(item, name)).chain([rest(item)]);
    writer.write_record(cells.map(|cell| harmless(&cell)))?;
    Ok(String::from_utf8(writer.into_inner().map_err(|error| error.to_string())?)?)
}
