//! `precall lint`: what is wrong with rules, or not what it seems.

mod item;
mod others;
mod targets;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use precall::rule::{Action, Clients, Conditions, Entry, Key, Lifetime, Patterns, Rule};
use serde_json::json;

pub use item::findings as of_item;

use crate::decision_summary;
use crate::dynamodb::items;
use crate::dynamodb::store::{RuleSourceArguments, scan};
use crate::failure::Failure;
use crate::number_list::mark::MARK;
use crate::terminal::print;
use crate::tool_settings::settings;

/// Look for mistakes in rules: in a table, or in files before they are loaded.
///
/// Errors are what does not work, or harms; warnings what is probably not meant; notes what is good to know. Exit status: 0
/// when there is nothing above a note, 1 when there is an error (with --strict a warning).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall lint
  precall lint --rules rules/us-sales.json --rules own.json --strict")]
pub struct Arguments {
    /// Take warnings for errors.
    #[arg(long)]
    strict: bool,

    /// Print JSON Lines.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: RuleSourceArguments,
}

/// Findings of single items that are told of each level.
const MOST_TOLD: u64 = 10_000;

/// How many numbers are read again, with all that is under them. Who has more has a list of redirects.
const MOST_LOOKED_UP: usize = 20_000;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
    Note,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub level: Level,
    pub key: Key,
    pub what: String,
    /// What to do.
    pub repair: String,
}

impl Finding {
    pub fn new(level: Level, key: &Key, what: impl Into<String>, repair: impl Into<String>) -> Self {
        Self { level, key: key.clone(), what: what.into(), repair: repair.into() }
    }
}

/// How many items of each kind were looked at.
#[derive(Debug, Default)]
struct Counts {
    items: u64,
    of_lists: u64,
    shadow: u64,
    disabled: u64,
    statements: u64,
    /// Findings of single items beyond those that are told of each level.
    untold: u64,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = Arc::new(settings()?);
    let opened = arguments.source.open(&settings).await?;
    let now = half_hour()?;
    let mut findings = Vec::new();
    let mut of_items: BTreeMap<Level, u64> = BTreeMap::new();
    let mut counts = Counts::default();
    // What may have to do with others. Plain numbers of a list, of which there may be millions, have not.
    let mut kept: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let mut lowest: Option<Rule> = None;
    scan(&opened, |item| {
        let entry = items::parse(&item);
        for finding in item::findings(&item, &entry, now) {
            let told = of_items.entry(finding.level).or_default();
            *told += 1;
            // A table of millions may have as many notes: they are counted, and the first ones told.
            if *told <= MOST_TOLD {
                findings.push(finding);
            }
        }
        counts.add(&entry, item.contains_key(MARK));
        match entry {
            Entry::Rule(rule) if is_plain_number(&rule, item.contains_key(MARK)) => {
                if lowest.as_ref().is_none_or(|lowest| rule.priority < lowest.priority) {
                    lowest = Some(rule);
                }
            }
            entry => kept.entry(entry.key().number.clone()).or_default().push(entry),
        }
        Ok(())
    })
    .await?;
    // Of all plain numbers, the one that is most easily kept from deciding speaks for the others.
    if let Some(rule) = lowest {
        kept.entry(rule.key.number.clone()).or_default().push(Entry::Rule(rule));
    }
    // A plain number matters where another rule is about it.
    for (number, entries) in kept.iter_mut().filter(|(number, _)| *number != "*").take(MOST_LOOKED_UP) {
        *entries = opened.store.attributes(number).await?.iter().map(items::parse).collect();
    }
    findings.extend(others::findings(&kept));
    let judge = decision_summary::service(&opened.store, &settings);
    findings.extend(targets::findings(&judge, &kept, now).await?);
    opened.close().await?;

    counts.untold = of_items.values().map(|told| told.saturating_sub(MOST_TOLD)).sum();
    findings.sort();
    findings.dedup();
    print(&if arguments.json { json_lines(&findings) } else { text(&findings, &counts)? })?;
    let worst = if arguments.strict { Level::Warning } else { Level::Error };
    let is_fine = findings.iter().all(|finding| finding.level > worst);
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The half hour that has begun.
fn half_hour() -> Result<jiff::Timestamp, Failure> {
    let now = jiff::Timestamp::now().as_second();
    Ok(jiff::Timestamp::from_second(now - now.rem_euclid(1_800))?)
}

impl Counts {
    fn add(&mut self, entry: &Entry, is_of_list: bool) {
        self.items += 1;
        self.of_lists += u64::from(is_of_list);
        match entry {
            Entry::Rule(rule) => {
                self.shadow += u64::from(rule.shadow);
                self.disabled += u64::from(!rule.conditions.lifetime.enabled);
            }
            Entry::Fact(_) => self.statements += 1,
            Entry::Invalid(_) => {}
        }
    }
}

/// Whether a rule rejects one number, maybe until a list is to be renewed, or is of a list that lets numbers through: it
/// cannot be in the way of another such.
fn is_plain_number(rule: &Rule, is_of_list: bool) -> bool {
    let is_plain = match rule.action {
        Action::Reject { .. } => true,
        Action::Proceed => is_of_list,
        Action::Redirect(_) => false,
    };
    let always = Conditions { lifetime: Lifetime::default(), ..rule.conditions.clone() };
    is_plain && rule.conditions.number.is_some() && is_unconditional(&always)
}

/// Whether nothing but numbers decides whether a rule is awake, for all time.
pub fn is_unconditional(conditions: &Conditions) -> bool {
    let Conditions { lifetime, number: _, to, from, clients, percent, places, clock, timezone: _, calling_hours, cap } =
        conditions;
    lifetime.enabled
        && lifetime.starts_at.is_none()
        && lifetime.expires_at.is_none()
        && *to == Patterns::default()
        && *from == Patterns::default()
        && *clients == Clients::default()
        && percent.is_none()
        && places.is_none()
        && clock.is_always()
        && calling_hours.is_empty()
        && cap.is_none()
}

fn json_lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let line = json!({
            "level": finding.level.as_str(),
            "number": finding.key.number,
            "rule": finding.key.rule,
            "what": finding.what,
            "repair": finding.repair,
        });
        format!("{line}\n")
    };
    findings.iter().map(line).collect()
}

fn text(findings: &[Finding], counts: &Counts) -> Result<String, Failure> {
    let mut text = String::new();
    for Finding { level, key, what, repair } in findings {
        writeln!(text, "{}: rule `{}` under {}: {what}", level.as_str(), key.rule, key.number)?;
        if !repair.is_empty() {
            writeln!(text, "  {repair}")?;
        }
    }
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let Counts { items, of_lists, shadow, disabled, statements, untold } = counts;
    writeln!(
        text,
        "{items} items ({of_lists} of lists, {statements} that state something, {shadow} on trial, {disabled} disabled): \
         {} errors, {} warnings, {} notes",
        count(Level::Error),
        count(Level::Warning),
        count(Level::Note)
    )?;
    if *untold > 0 {
        writeln!(text, "{untold} more of the same kinds were found, and not told")?;
    }
    Ok(text)
}
