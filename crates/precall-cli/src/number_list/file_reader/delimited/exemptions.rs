//! The exemptions of a text: a number in each line, and columns with its end, its start and its proof.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::BufRead;

use super::consent_columns::{CellMeaning, ConsentColumn};
use super::detect::{detect, reading_text};
use super::fields::split;
use super::layout::{ColumnLayout, LineReading};
use super::line_entries::{self, LineColumns, first_fields};
use super::lines::{LineReader, SAMPLE};
use super::marks::WatchedWords;
use super::table::{is_same_name, joined};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::e164;
use crate::number_list::exemption_row::{ExemptionEnd, ExemptionRow};
use crate::number_list::file_reader::event::{EventHandler, ReadEvent};
use crate::number_list::file_reader::format::{ExemptionColumns, FormatOptions, OnlyRows};
use crate::number_list::row_date::{DateOrder, read_end, read_start};

/// Reads the exemptions of a text.
///
/// # Errors
/// When the text cannot be read, its layout cannot be detected, a column is not there, or the handler fails.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    wanted: &ExemptionColumns,
    options: &FormatOptions,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let mut lines = LineReader::new(reader);
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let (layout, mut description) = detect(&sample, options)?;
    let mut columns = ExemptionLayout::find(layout, &sample, wanted)?;
    if !wanted.ignores_dates {
        columns.refuse_unread_dates(&sample)?;
    }
    description.consent_columns = columns.columns();
    description.text = described(&description.text, &description.consent_columns);
    for row in &mut description.samples {
        row.read = reading_text(&columns.read(&row.line)).unwrap_or_default();
    }
    columns.ended.clear();
    handler(ReadEvent::Format(description))?;
    line_entries::entries(member, &mut lines, &mut columns, handler)
}

/// The reason why a line is not read as a consent.
enum Against {
    /// The consent was not given, or it has ended.
    Ended,
    /// It may be no consent. The text is for the operator.
    Doubtful(String),
}

/// The columns of a text with exemptions.
struct ExemptionLayout {
    layout: ColumnLayout,
    expires: Option<usize>,
    starts: Option<usize>,
    proof: Option<usize>,
    order: Option<DateOrder>,
    /// The names of the columns; empty without a header.
    names: Vec<String>,
    /// The columns without numbers, and their meanings.
    meanings: Vec<(usize, ConsentColumn)>,
    /// The number of columns of the first line. A line may have more.
    width: usize,
    /// The columns that may have a second number of a line.
    watched: Vec<(usize, WatchedWords)>,
    /// The lines that are read, if not all.
    only: Vec<(usize, OnlyRows)>,
    /// The numbers with a row without a consent, or with one that has ended.
    ended: HashSet<String>,
}

impl LineColumns for ExemptionLayout {
    fn layout(&self) -> &ColumnLayout {
        &self.layout
    }

    /// Reads the exemptions of a line, or their removals if the consent is not given or has ended. If one row of a
    /// number says so, no other row of it is read, in any order.
    fn read(&mut self, line: &str) -> LineReading {
        let whole = || vec![Cow::Borrowed(line)];
        let fields = self.layout.delimiter.map_or_else(whole, |delimiter| split(line, delimiter));
        let against = self.against(&fields);
        let mut entries = match self.layout.read(line) {
            LineReading::LeftOut => return LineReading::LeftOut,
            LineReading::One(entry) => vec![entry],
            LineReading::Several(entries) => entries,
        };
        if self.only.iter().any(|(index, only)| !only.has(field(&fields, *index))) {
            let is_number = |entry: &Result<_, _>| matches!(entry, Ok(ListEntry::Add(number)) if e164(number).is_ok());
            entries.retain(|entry| against.is_some() && is_number(entry));
        }
        let mut read = Vec::new();
        for entry in entries {
            read.push(entry.and_then(|entry| self.entry_of(entry, &fields, against.is_some())));
            // The number loses its exemption, and a person has to look at the row.
            if let (Some(Against::Doubtful(doubt)), Some(Ok(ListEntry::Remove(_)))) = (&against, read.last()) {
                read.push(Err(doubt.clone()));
            }
        }
        match (read.len(), read.pop()) {
            (_, None) => LineReading::LeftOut,
            (1, Some(only)) => LineReading::One(only),
            (_, Some(last)) => {
                read.push(last);
                LineReading::Several(read)
            }
        }
    }
}

impl ExemptionLayout {
    fn find(mut layout: ColumnLayout, sample: &[String], wanted: &ExemptionColumns) -> Result<Self, Failure> {
        let first = first_fields(&layout, sample);
        let names = if layout.header { first.clone() } else { Vec::new() };
        let index =
            |wanted: &Option<String>| wanted.as_ref().map(|name| position(name, &names, first.len())).transpose();
        let (expires, starts, proof) = (index(&wanted.expires)?, index(&wanted.starts)?, index(&wanted.proof)?);
        let mut used: Vec<usize> = layout.sources.iter().flat_map(|source| source.columns()).collect();
        used.extend(layout.country.map(|country| country.index));
        let meaning = |index: usize| {
            let is_chosen = [expires, starts, proof].contains(&Some(index));
            if is_chosen { ConsentColumn::Chosen } else { ConsentColumn::of(names.get(index).map(String::as_str)) }
        };
        let width = first.len();
        let others = (0..width).filter(|index| !used.contains(index));
        let meanings = others.map(|index| (index, meaning(index))).collect();
        // A line of a consent that has ended counts also if it is left out, or has a second number.
        let (watched, only) = (std::mem::take(&mut layout.watched), std::mem::take(&mut layout.only));
        let (order, ended) = (wanted.order, HashSet::new());
        Ok(Self { layout, expires, starts, proof, order, names, meanings, width, watched, only, ended })
    }

    /// Returns the names of the columns, by what is read in them.
    fn columns(&self) -> Vec<(&'static str, Vec<String>)> {
        let named = |indices: Vec<usize>| indices.into_iter().map(|index| self.column_name(index)).collect::<Vec<_>>();
        let of = |kinds: &[ConsentColumn]| {
            let is_one = |(_, column): &&(usize, ConsentColumn)| kinds.contains(column);
            named(self.meanings.iter().filter(is_one).map(|(index, _)| *index).collect())
        };
        let mut columns = vec![
            ("ends", named(self.expires.into_iter().collect())),
            ("starts", named(self.starts.into_iter().collect())),
            ("proofs", named(self.proof.into_iter().collect())),
            ("consent", of(&[ConsentColumn::Consent, ConsentColumn::Detail])),
            ("withdrawal", of(&[ConsentColumn::Withdrawal])),
            ("not read, but for words against a consent", of(&[ConsentColumn::Other])),
        ];
        columns.retain(|(_, names)| !names.is_empty());
        columns
    }

    /// Refuses a text with dates that may be the ends or the starts of the exemptions, and are not read.
    fn refuse_unread_dates(&self, sample: &[String]) -> Result<(), Failure> {
        let (Some(delimiter), true) = (self.layout.delimiter, self.expires.is_none() || self.starts.is_none()) else {
            return Ok(());
        };
        let rows = sample.iter().filter(|line| !line.trim().is_empty() && !self.layout.is_comment(line));
        let rows: Vec<_> = rows.skip(self.layout.titles + usize::from(self.layout.header)).collect();
        let has_dates = |index: usize| {
            let texts = rows.iter().map(|row| field(&split(row, delimiter), index).to_owned());
            let mut texts = texts.filter(|text| !text.is_empty()).peekable();
            texts.peek().is_some() && texts.all(|text| is_date(&text))
        };
        let may_be_end = |(index, meaning): &&(usize, ConsentColumn)| match meaning {
            ConsentColumn::Other => true,
            // `consent_expires` is not the day of the consent.
            ConsentColumn::Consent | ConsentColumn::Detail => self.names.get(*index).is_some_and(|name| {
                let name = name.to_lowercase();
                ["expir", "until", "valid", "end"].iter().any(|part| name.contains(part))
            }),
            ConsentColumn::Chosen | ConsentColumn::Withdrawal => false,
        };
        let unread = self.meanings.iter().filter(may_be_end).map(|(index, _)| *index);
        let dates: Vec<usize> = unread.filter(|index| has_dates(*index)).collect();
        let Some(first) = dates.first() else { return Ok(()) };
        let name =
            |index: &usize| self.names.get(*index).map_or_else(|| (index + 1).to_string(), |name| format!("{name:?}"));
        let names: Vec<String> = dates.iter().map(name).collect();
        let options = [("--expires-column", self.expires), ("--starts-column", self.starts)];
        let free: Vec<String> = options
            .iter()
            .filter(|(_, index)| index.is_none())
            .map(|(option, _)| format!("{option} {}", name(first)))
            .collect();
        Err(format!(
            "dates in column {} are not read, and may be those of the consents; name them, such as {}, or write --ignore-dates",
            names.join(", "),
            free.join(" or ")
        )
        .into())
    }

    /// Returns the reason why a line may not be a consent; `None` if nothing speaks against it.
    fn against(&self, fields: &[Cow<'_, str>]) -> Option<Against> {
        let unnamed = (self.width..fields.len()).map(|index| (index, ConsentColumn::Other));
        let cells = self.meanings.iter().copied().chain(unnamed);
        let read = cells.map(|(index, column)| (column.meaning(field(fields, index)), index));
        let (meaning, index) = read.max_by_key(|(meaning, index)| (*meaning, std::cmp::Reverse(*index)))?;
        match meaning {
            CellMeaning::Consent => None,
            CellMeaning::Ended => Some(Against::Ended),
            CellMeaning::Doubtful => Some(Against::Doubtful(format!(
                "{:?} in column {:?} may be no consent, so the number is not exempt; write yes, no or a date, or leave the \
                 column out",
                field(fields, index),
                self.column_name(index)
            ))),
        }
    }

    fn column_name(&self, index: usize) -> String {
        self.names.get(index).map_or_else(|| (index + 1).to_string(), Clone::clone)
    }

    fn entry_of(&mut self, entry: ListEntry, fields: &[Cow<'_, str>], is_ended: bool) -> Result<ListEntry, String> {
        let number = match entry {
            ListEntry::Add(number) => number,
            ListEntry::Remove(_) | ListEntry::Item(_) | ListEntry::Exempt(_) | ListEntry::Holder(_) => {
                return Err("not an exemption of a number".to_owned());
            }
        };
        let (number, is_ended) = match number_with_words(&number) {
            Some(number) => (number, true),
            None => (number, is_ended),
        };
        if let Ok(callee) = e164(&number) {
            if is_ended {
                self.ended.insert(callee);
                return Ok(ListEntry::Remove(number));
            }
            if self.ended.contains(&callee) {
                return Err(
                    "an earlier row of this number has no consent, one that has ended, or a doubtful one".to_owned()
                );
            }
        }
        for (index, words) in &self.watched {
            let text = field(fields, *index);
            if words.has(text) {
                return Err(format!("{text:?} in column {} {}", index + 1, words.advice()));
            }
        }
        let text = |index: Option<usize>| {
            index.and_then(|index| fields.get(index)).map(|text| text.trim()).filter(|text| !text.is_empty())
        };
        let end = text(self.expires).map(|text| read_end(text, self.order)).transpose()?;
        let start = text(self.starts).map(|text| read_start(text, self.order)).transpose()?;
        if self.starts.is_some() && start.is_none() {
            return Err("no start; write one, or leave --starts-column out".to_owned());
        }
        Ok(ListEntry::Exempt(ExemptionRow { number, end, start, proof: text(self.proof).map(str::to_owned) }))
    }
}

/// Returns the number of a text that also has words against a consent, such as `3155550101 revoked`.
fn number_with_words(text: &str) -> Option<String> {
    if e164(text).is_ok() || ConsentColumn::Other.meaning(text) == CellMeaning::Consent {
        return None;
    }
    let number: String = text.chars().filter(|c| !c.is_alphabetic()).collect();
    let number = number.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
    e164(number).is_ok().then(|| number.to_owned())
}

/// Returns the columns and what is read in them, for the operator.
fn described(numbers: &str, columns: &[(&str, Vec<String>)]) -> String {
    let mut text = format!("exemptions; {numbers}");
    for (what, names) in columns {
        let columns = if names.len() == 1 { "column" } else { "columns" };
        let quoted = |name: &String| name.parse::<usize>().map_or_else(|_| format!("{name:?}"), |nth| nth.to_string());
        let names: Vec<String> = names.iter().map(quoted).collect();
        text = format!("{text}; {what}: {columns} {}", joined(&names));
    }
    text
}

/// Returns true for a date that is not a number only.
fn is_date(text: &str) -> bool {
    let has_signs = !text.bytes().all(|byte| byte.is_ascii_digit());
    let orders = [None, Some(DateOrder::Mdy), Some(DateOrder::Dmy)];
    has_signs && orders.into_iter().any(|order| matches!(read_end(text, order), Ok(ExemptionEnd::At(_))))
}

fn field<'f>(fields: &'f [Cow<'_, str>], index: usize) -> &'f str {
    fields.get(index).map(|text| text.trim()).unwrap_or_default()
}

/// Returns the position of a column by its name, or its number from 1.
///
/// # Errors
/// When there is no such column.
pub fn position(wanted: &str, names: &[String], width: usize) -> Result<usize, Failure> {
    let found = match wanted.trim().parse::<usize>() {
        Ok(nth) => nth.checked_sub(1).filter(|index| *index < width),
        Err(_) => names.iter().position(|name| is_same_name(wanted, name)),
    };
    found.ok_or_else(|| {
        let there = if names.is_empty() { format!("{width} without names") } else { names.join(", ") };
        format!("no column {wanted:?}; there are: {there}").into()
    })
}
