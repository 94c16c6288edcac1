//! Detects the layout of a text by its first lines.

use super::country_column::{CountryColumn, CountryTexts, are_calling_codes, named_columns};
use super::exports::{KnownExport, recognised};
use super::fields::split;
use super::layout::{ColumnLayout, LineReading};
use super::marks::{ColumnMeaning, WatchedWords, meaning, meaning_of_dispositions};
use super::number_source::NumberSource;
use super::phone_names::is_phone_name;
use super::phones::{self, FoundPhones};
use super::sample::TextSample;
use super::table::{SampleTable, is_name, is_same_name, joined};
use super::titles::titles_of_numbers;
use super::wanted::wanted_columns;
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::e164;
use crate::number_list::file_reader::format::{FileFormat, FormatDescription, FormatOptions, SampleRow};
use crate::number_list::file_reader::words::{is_addition, plain};
use crate::number_list::number_prefix::number_prefix;

/// Lines that are shown with their reading.
const MAX_SAMPLES: usize = 3;

/// The argument of `--country-column` for a file without such a column.
const NO_COUNTRY: &str = "none";

/// Parts of the names of columns whose letters are not those of countries.
const OTHER_LETTERS: [&str; 16] = [
    "carrier", "city", "code", "currency", "first", "gender", "initial", "lang", "last", "name", "province", "source",
    "state", "status", "title", "type",
];

/// Returns the layout of a text, and its description for the operator.
///
/// # Errors
/// When no column, or more than one, may be the column of the numbers.
pub fn detect(lines: &[String], options: &FormatOptions) -> Result<(ColumnLayout, FormatDescription), Failure> {
    let wanted = options.column.as_deref().map(wanted_columns).unwrap_or_default();
    let names: Vec<String> = wanted.iter().map(|name| plain(name)).collect();
    let sample = TextSample::of(lines, options.format, &names);
    let Some(delimiter) = sample.delimiter else { return number_lines(sample, options) };
    let rows = sample.lines.iter().map(|line| split(line, delimiter).into_iter().map(String::from).collect()).collect();
    let TextSample { titles, comments, .. } = sample;
    let layout = ColumnLayout { delimiter: Some(delimiter), titles, comments, ..ColumnLayout::default() };
    let table = SampleTable { rows, header: false };
    let mut detector = Detector { table, options, layout, export: None };
    detector.find()?;
    let mut description = FormatDescription {
        text: detector.described(),
        is_changes: detector.layout.action.is_some(),
        header: sample.lines.first().filter(|_| detector.layout.header).cloned(),
        samples: Vec::new(),
        doubt: detector.export.and_then(|export| export.doubt),
        consent_columns: Vec::new(),
    };
    description.samples = samples(&sample.lines, &detector.layout);
    Ok((detector.layout, description))
}

/// Returns the layout of a text with one number per line.
fn number_lines(mut sample: TextSample, options: &FormatOptions) -> Result<(ColumnLayout, FormatDescription), Failure> {
    if options.format == FileFormat::Changes {
        return Err(
            "no columns; a list of changes has a column that marks each number as added (A) or deleted (D)".into()
        );
    }
    if let Some(only) = options.only.first() {
        return Err(format!("no column {:?} for --only; there is one column", only.column).into());
    }
    let lines: Vec<&str> = sample.lines.iter().map(String::as_str).collect();
    let titles = if options.format == FileFormat::Numbers { 0 } else { titles_of_numbers(&lines) };
    sample.lines.drain(..titles);
    let first = sample.lines.first().map(|first| first.trim().trim_matches('"'));
    let name = first.filter(|first| is_name(first)).map(str::to_owned);
    let is_only =
        |column: &&str| column.trim() == "1" || name.as_deref().is_some_and(|name| is_same_name(column, name));
    if let Some(column) = options.column.as_deref().filter(|column| !is_only(column)) {
        let there = name.map_or_else(
            || "because the file has one column without a header; leave --column out, or write --column 1".to_owned(),
            |name| format!("only {name:?}; leave --column out, or write --column 1"),
        );
        return Err(format!("there is no column {column:?}, {there}").into());
    }
    let rows = sample.lines.iter().map(|line| vec![line.trim().trim_matches('"').to_owned()]).collect();
    phones::refuse_rounded(&SampleTable { rows, header: name.is_some() }, [0])?;
    let titles = sample.titles + titles;
    let text = match (&name, titles) {
        (Some(name), _) => format!("one number per line, below {name:?}"),
        (None, 0) => "one number per line".to_owned(),
        (None, 1) => "one number per line, below a title".to_owned(),
        (None, titles) => format!("one number per line, below a title of {titles} lines"),
    };
    let layout = ColumnLayout { titles, header: name.is_some(), comments: sample.comments, ..ColumnLayout::default() };
    let mut description = FormatDescription::new(&text);
    description.header = sample.lines.first().filter(|_| layout.header).cloned();
    description.samples = samples(&sample.lines, &layout);
    Ok((layout, description))
}

/// Returns the first lines with their readings.
fn samples(lines: &[String], layout: &ColumnLayout) -> Vec<SampleRow> {
    let sample = |line: &String| Some(SampleRow { line: line.clone(), read: reading_text(&layout.read(line))? });
    lines.iter().skip(usize::from(layout.header)).filter_map(sample).take(MAX_SAMPLES).collect()
}

/// Returns the reading of a line for the operator; `None` if the line is left out.
pub fn reading_text(reading: &LineReading) -> Option<String> {
    let read = |entry: &Result<ListEntry, String>| match entry {
        Ok(ListEntry::Add(text)) => read_number(text),
        Ok(ListEntry::Remove(text)) => format!("delete {}", read_number(text)),
        Ok(ListEntry::Item(_)) => "an item".to_owned(),
        Ok(ListEntry::Exempt(row)) => format!("exempt {}", read_number(&row.number)),
        Ok(ListEntry::Holder(row)) => {
            format!("{} in {}, {}", read_number(&row.number), row.place, row.zones.join(" or "))
        }
        Err(reason) => format!("rejected: {reason}"),
    };
    match reading {
        LineReading::LeftOut => None,
        LineReading::One(entry) => Some(read(entry)),
        LineReading::Several(entries) => Some(entries.iter().map(read).collect::<Vec<_>>().join(", ")),
    }
}

fn read_number(text: &str) -> String {
    match number_prefix(text) {
        Some(prefix) => format!("{prefix}*"),
        None => e164(text).unwrap_or_else(|reason| format!("rejected: {reason}")),
    }
}

/// Detects the columns of a text that has some.
struct Detector<'o> {
    table: SampleTable,
    options: &'o FormatOptions,
    layout: ColumnLayout,
    export: Option<KnownExport>,
}

impl Detector<'_> {
    fn find(&mut self) -> Result<(), Failure> {
        match &self.options.column {
            Some(columns) => self.use_columns(columns)?,
            None => self.find_numbers()?,
        }
        self.layout.header = self.table.header;
        phones::refuse_rounded(&self.table, self.layout.sources.iter().map(|source| source.last_column()))?;
        self.find_country()?;
        for only in &self.options.only {
            let (index, _) = self.table.find(&only.column)?;
            self.layout.only.push((index, only.clone()));
        }
        // The words of consents that have ended are others, and the reader of exemptions looks for them.
        if self.options.exemptions.is_none() {
            self.find_action_column()?;
        }
        self.watch_other_phones();
        Ok(())
    }

    /// Watches the columns with the name of one of numbers that have other texts in the first lines.
    fn watch_other_phones(&mut self) {
        let is_chosen = self.options.column.is_some() || self.export.is_some();
        if is_chosen || self.options.format == FileFormat::Csv || !self.layout.header {
            return;
        }
        let used: Vec<usize> = self.layout.sources.iter().flat_map(|source| source.columns()).collect();
        let named = self.table.columns_named(is_phone_name).into_iter().filter(|index| !used.contains(index));
        self.layout.watched.extend(named.map(|index| (index, WatchedWords::Numbers)));
    }

    /// Uses the columns that the operator named.
    fn use_columns(&mut self, columns: &str) -> Result<(), Failure> {
        // A name may have a comma.
        let names = match self.table.find(columns) {
            Ok(_) => vec![columns.to_owned()],
            Err(_) => wanted_columns(columns),
        };
        let mut found = Vec::new();
        for name in &names {
            found.push(self.table.find(name)?);
        }
        let first_row = self.table.first_row();
        let is_title = |index: usize| first_row.get(index).is_some_and(|name| is_name(name));
        self.table.header = found.iter().any(|(_, by_name)| *by_name)
            || self.table.may_have_names() && found.iter().all(|(index, _)| is_title(*index));
        self.layout.sources = found.iter().map(|(index, _)| phones::source_of(&self.table, *index)).collect();
        self.layout.sources.dedup();
        Ok(())
    }

    fn find_numbers(&mut self) -> Result<(), Failure> {
        let FoundPhones { sources, header } = phones::find(&self.table);
        self.table.header = header;
        if self.options.all_phone_columns && !sources.is_empty() {
            self.layout.sources = sources;
            return Ok(());
        }
        // People who opt out by a message, and leads that may not be called, have not given a consent.
        let export = recognised(&self.table, &sources).filter(|_| self.options.exemptions.is_none());
        if let Some(export) = export {
            self.layout.sources = vec![export.source];
            self.layout.country = export.country;
            self.layout.watched.clone_from(&export.watched);
            self.export = Some(export);
            return Ok(());
        }
        match sources.as_slice() {
            [_] => self.layout.sources = sources,
            [] => return Err(phones::none_found(&self.table)),
            several => return Err(phones::several_found(&self.table, several, self.options.one_number)),
        }
        Ok(())
    }

    /// Finds the column with the countries of the numbers.
    fn find_country(&mut self) -> Result<(), Failure> {
        let column = match self.options.country_column.as_deref() {
            Some(NO_COUNTRY) => {
                self.layout.country = None;
                return Ok(());
            }
            Some(name) => Some(self.table.find(name)?.0),
            None if self.layout.country.is_some() => return Ok(()),
            None => match self.named_country_column() {
                Some(named) => Some(named),
                None => self.column_of_countries()?,
            },
        };
        let Some(index) = column else { return self.refuse_code_before_number() };
        let name = self.table.first_row().get(index).filter(|_| self.table.header).map_or("", String::as_str);
        let country = CountryColumn::of(index, name, &self.table.values(index));
        self.layout.country = Some(country.map_err(|reason| format!("column {} {reason}", self.table.name(index)))?);
        Ok(())
    }

    /// Returns the column of countries by its name: the first one that has texts.
    fn named_country_column(&self) -> Option<usize> {
        let named = if self.table.header { named_columns(self.table.first_row()) } else { Vec::new() };
        let free = self.free_columns();
        let named: Vec<usize> = named.into_iter().filter(|index| free.contains(index)).collect();
        let is_filled = |index: &&usize| self.table.values(**index).iter().any(|text| !text.is_empty());
        named.iter().find(is_filled).or(named.first()).copied()
    }

    /// Returns the column of countries by its texts.
    fn column_of_countries(&self) -> Result<Option<usize>, Failure> {
        let is_other = |index: &usize| {
            let name = self.table.first_row().get(*index).filter(|_| self.table.header).map(|name| plain(name));
            name.is_some_and(|name| OTHER_LETTERS.iter().any(|part| name.contains(part)))
        };
        for index in self.free_columns().into_iter().filter(|index| !is_other(index)) {
            match CountryTexts::of(&self.table.values(index)) {
                CountryTexts::Names => return Ok(Some(index)),
                CountryTexts::Letters => return Err(self.doubtful_country(index)),
                CountryTexts::Other => {}
            }
        }
        Ok(None)
    }

    fn doubtful_country(&self, index: usize) -> Failure {
        let argument = self.table.first_row().get(index).filter(|_| self.table.header);
        let argument = argument.map_or_else(|| (index + 1).to_string(), |name| format!("{name:?}"));
        format!(
            "column {} ({}) may have the countries of the numbers; write --country-column {argument} if it does, and \
             --country-column {NO_COUNTRY} if it does not",
            self.table.name(index),
            self.table.examples(index)
        )
        .into()
    }

    /// Refuses a text without a header in which calling codes may be before the numbers.
    fn refuse_code_before_number(&self) -> Result<(), Failure> {
        let [NumberSource::Whole(number)] = self.layout.sources.as_slice() else { return Ok(()) };
        let Some(before) = number.checked_sub(1).filter(|_| !self.table.header) else { return Ok(()) };
        let has_plus = |text: &&str| text.starts_with('+');
        if are_calling_codes(&self.table.values(before)) && !self.table.values(*number).iter().all(has_plus) {
            return Err(self.doubtful_country(before));
        }
        Ok(())
    }

    /// Finds the column that marks numbers as added or deleted, if there is one, and the columns to watch.
    fn find_action_column(&mut self) -> Result<(), Failure> {
        match self.options.format {
            FileFormat::Changes => self.layout.action = Some(self.action_column()?),
            FileFormat::Csv => self.layout.watched.clear(),
            _ => {
                let mut found = Vec::new();
                for index in self.free_columns() {
                    match self.meaning(index) {
                        ColumnMeaning::Marks => found.push(index),
                        ColumnMeaning::Doubtful(reason) => {
                            return Err(format!("column {} {reason}", self.table.name(index)).into());
                        }
                        ColumnMeaning::Other(words) => self.layout.watched.push((index, words)),
                    }
                }
                self.layout.action = self.only_action_column(&found)?;
            }
        }
        Ok(())
    }

    /// Returns the only one of the columns that mark numbers. In a file without a header, it may have
    /// nothing but dates and other digits beside it.
    fn only_action_column(&self, found: &[usize]) -> Result<Option<usize>, Failure> {
        let names: Vec<String> = found.iter().map(|index| self.table.name(*index)).collect();
        let has_words = |row: &Vec<String>| {
            row.iter().enumerate().any(|(index, text)| !found.contains(&index) && text.chars().any(char::is_alphabetic))
        };
        match found {
            [] => Ok(None),
            [only] if self.layout.header || !self.table.rows.iter().any(has_words) => Ok(Some(*only)),
            [_] => Err(format!(
                "column {} may mark these numbers as added (A) or deleted (D); write --format changes if it does, and \
                 --format csv if all numbers are to be on the list",
                names.concat()
            )
            .into()),
            _ => Err(format!(
                "columns {} mark numbers as added (A) or deleted (D); remove all but one of them from the file, or \
                 write --format csv if all numbers are to be on the list",
                joined(&names)
            )
            .into()),
        }
    }

    fn meaning(&self, index: usize) -> ColumnMeaning {
        let name = self.table.first_row().get(index).filter(|_| self.layout.header).map(String::as_str);
        let has_dispositions = self.export.as_ref().is_some_and(|export| export.has_dispositions);
        match name {
            Some(name) if has_dispositions && plain(name) == "status" => {
                meaning_of_dispositions(&self.table.values(index))
            }
            // A lead's fields are not marks.
            None if has_dispositions => ColumnMeaning::Other(WatchedWords::Nothing),
            name => meaning(name, &self.table.values(index)),
        }
    }

    /// Returns the columns that are not read, and not watched yet.
    fn free_columns(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.layout.sources.iter().flat_map(|source| source.columns()).collect();
        used.extend(self.layout.country.map(|country| country.index));
        used.extend(self.layout.only.iter().map(|(index, _)| *index));
        used.extend(self.layout.watched.iter().map(|(index, _)| *index));
        (0..self.table.width()).filter(|index| !used.contains(index)).collect()
    }

    /// Returns the only column that marks each number as added or deleted, most of them, or by its name some of them.
    fn action_column(&self) -> Result<usize, Failure> {
        let free = self.free_columns();
        let with = |is_column: &dyn Fn(usize, usize, usize) -> bool| -> Vec<usize> {
            let is = |index: &usize| {
                let values = self.table.values(*index);
                let marks = values.iter().filter(|text| is_addition(text).is_some()).count();
                marks > 0 && is_column(*index, marks, values.len())
            };
            free.iter().copied().filter(is).collect()
        };
        let by_name = with(&|index, _, _| self.layout.header && self.meaning(index) == ColumnMeaning::Marks);
        let all = with(&|_, marks, rows| marks == rows);
        let most = with(&|_, marks, rows| marks * 2 >= rows);
        match (by_name.as_slice(), all.as_slice(), most.as_slice()) {
            ([only], ..) | ([], [only], _) | ([], [], [only]) => Ok(*only),
            _ => Err("no column marks the numbers as added (A) or deleted (D)".into()),
        }
    }

    fn described(&self) -> String {
        let ColumnLayout { country, action, only, sources, .. } = &self.layout;
        let name = |index: usize| self.table.name(index);
        let mut text = match sources.as_slice() {
            [NumberSource::WithArea { area, number }] => {
                format!("area codes in column {}, numbers in column {}", name(*area), name(*number))
            }
            [source] if source.columns().len() == 1 => format!("numbers in column {}", name(source.last_column())),
            sources => {
                let names: Vec<String> =
                    sources.iter().flat_map(|source| source.columns()).map(|index| self.table.name(index)).collect();
                format!("numbers in columns {}", joined(&names))
            }
        };
        if let Some(export) = &self.export {
            text = format!("{}{text}", export.text);
        }
        if let Some(country) = country {
            text = format!("{text}, {} in column {}", country.described(), name(country.index));
        }
        for (_, only) in only {
            text = format!("{text}, only lines with {}", only.written());
        }
        match self.layout.titles {
            0 => {}
            1 => text += ", below a title",
            lines => text = format!("{text}, below a title of {lines} lines"),
        }
        if let Some(action) = action {
            text = format!("a list of changes: {text}, added or deleted by column {}", name(*action));
        }
        text
    }
}
