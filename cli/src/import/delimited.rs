//! Numbers a line, and columns: CSV as spreadsheets and dialers write it, and the flat files of the National Do Not
//! Call Registry.

use std::collections::VecDeque;
use std::io::{BufRead, Read as _};

use super::entry::{Asked, is_entry};
use super::read::{Each, Form, Found, Line, Shown};
use crate::Failure;

/// Longest line that is read, in bytes. Longer ones are no line of a list.
const LONGEST: u64 = 64 << 10;

/// Lines that are looked at to see a file's form.
const SAMPLE: usize = 200;

/// How many lines a quoted text may go on for. A quote that is not closed by then is a stray one, and must not
/// swallow the lines behind it.
const QUOTED_LINES: usize = 20;

const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Names of a column of numbers, in small letters and digits.
const NUMBER_NAMES: [&str; 22] = [
    "ani",
    "callee",
    "cell",
    "cellphone",
    "contactnumber",
    "dnis",
    "e164",
    "homephone",
    "mobile",
    "mobilenumber",
    "mobilephone",
    "msisdn",
    "number",
    "phone",
    "phone1",
    "phonenumber",
    "primaryphone",
    "tel",
    "telephone",
    "telephonenumber",
    "to",
    "tonumber",
];

/// Names of a column that says whether a number comes or goes.
const ACTION_NAMES: [&str; 6] = ["action", "adddelete", "change", "changetype", "operation", "recordtype"];

/// A line, or that it was too long.
type Text = Option<String>;

/// How the lines of a text are taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    /// `None`: the line is the number.
    delimiter: Option<u8>,
    header: bool,
    number: usize,
    /// The column before the number's that has its area code.
    area: Option<usize>,
    /// Which column says whether a number comes or goes.
    action: Option<usize>,
}

pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    form: Form,
    column: Option<&str>,
    each: &mut Each<'_>,
) -> Result<(), Failure> {
    let mut lines = Lines { reader, nth: 0, waiting: VecDeque::new() };
    let sample = lines.peek(SAMPLE)?;
    let sample: Vec<&str> = sample.iter().map(String::as_str).filter(|line| !is_blank(line)).collect();
    let (shape, described) = Shape::of(&sample, form, column)?;
    each(Found::Form(Shown { described, is_changes: shape.action.is_some() }))?;

    let mut header = shape.header;
    while let Some((nth, text)) = lines.next_record(shape.delimiter.is_some())? {
        let Some(text) = text else {
            let asked = Err(format!("longer than {LONGEST} bytes"));
            each(Found::Line(Line { member, nth, asked, text: "" }))?;
            continue;
        };
        if is_blank(&text) {
            continue;
        }
        if std::mem::take(&mut header) {
            continue;
        }
        let asked = shape.asked(&text);
        each(Found::Line(Line { member, nth, asked, text: &text }))?;
    }
    Ok(())
}

/// Nothing, or a remark.
fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

impl Shape {
    /// How the lines of this sample are to be taken apart, and that in words.
    fn of(sample: &[&str], form: Form, column: Option<&str>) -> Result<(Self, String), Failure> {
        let whole = |header| Self { delimiter: None, header, number: 0, area: None, action: None };
        let delimiter = match form {
            Form::Numbers => None,
            _ => delimiter(sample),
        };
        let Some(delimiter) = delimiter else {
            if form == Form::Changes {
                return Err(
                    "no columns; a list of changes says of each number whether it is added (A) or deleted (D)".into()
                );
            }
            return Ok(match sample.first().filter(|first| is_name(first)) {
                Some(name) => (whole(true), format!("one number a line, below {name:?}")),
                None => (whole(false), "one number a line".to_owned()),
            });
        };
        let rows: Vec<Vec<String>> = sample.iter().map(|line| split(line, delimiter)).collect();
        let shape = Self { delimiter: Some(delimiter), ..whole(false) };
        match column {
            Some(column) => shape.with_column(&rows, form, column),
            None => shape.found(&rows, form),
        }
    }

    /// With the column that the operator named.
    fn with_column(mut self, rows: &[Vec<String>], form: Form, column: &str) -> Result<(Self, String), Failure> {
        let names = rows.first().map(Vec::as_slice).unwrap_or_default();
        let by_name = names.iter().position(|name| plain(name) == plain(column));
        (self.number, self.header) = match (by_name, column.parse::<usize>()) {
            (Some(index), _) => (index, true),
            (None, Ok(nth @ 1..)) => {
                let index = nth - 1;
                (index, names.get(index).is_some_and(|name| is_name(name)))
            }
            _ => return Err(format!("no column {column:?}; there are: {}", names.join(", ")).into()),
        };
        if form == Form::Changes {
            self.action = Some(self.action_column(rows)?);
        }
        let described = self.described(rows);
        Ok((self, described))
    }

    fn found(mut self, rows: &[Vec<String>], form: Form) -> Result<(Self, String), Failure> {
        let first = rows.first().map(Vec::as_slice).unwrap_or_default();
        // The registry's flat file: area code, then number.
        let split_number = |row: &[String]| {
            let part = |index: usize, digits: usize| {
                row.get(index)
                    .is_some_and(|text| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
            };
            part(0, 3) && part(1, 7)
        };
        let body = rows.get(1..).unwrap_or_default();
        let is_registry = most(rows, |row| split_number(row));
        if is_registry {
            (self.area, self.number) = (Some(0), 1);
            self.header = !split_number(first);
        } else {
            let named: Vec<usize> = columns(first, |name| NUMBER_NAMES.contains(&plain(name).as_str()));
            self.header = !named.is_empty();
            let candidates = if self.header { named } else { by_contents(rows, body) };
            self.number = match candidates.as_slice() {
                [only] => *only,
                [] => return Err("no column looks like telephone numbers; name one with --column".into()),
                several => {
                    let names: Vec<String> = several
                        .iter()
                        .map(|index| match first.get(*index).filter(|_| self.header) {
                            Some(name) => format!("{name:?}"),
                            None => (index + 1).to_string(),
                        })
                        .collect();
                    return Err(format!(
                        "columns {} look like telephone numbers; choose one with --column",
                        names.join(" and ")
                    )
                    .into());
                }
            };
            self.header = self.header || first.get(self.number).is_some_and(|text| is_name(text));
        }
        let named = columns(first, |name| ACTION_NAMES.contains(&plain(name).as_str()));
        self.action = match (form, named.as_slice()) {
            (Form::Changes, _) => Some(self.action_column(rows)?),
            (Form::Csv, _) => None,
            (_, [only]) if self.header => self.all_actions(rows, *only).then_some(*only),
            // Without a header only a file that has nothing else but numbers, changes and perhaps a date.
            _ if !self.header && first.len() <= self.number + 3 => self.action_column(rows).ok(),
            _ => None,
        };
        let described = self.described(rows);
        Ok((self, described))
    }

    /// The one column that says of each number whether it comes or goes.
    fn action_column(&self, rows: &[Vec<String>]) -> Result<usize, Failure> {
        let width = rows.iter().map(Vec::len).min().unwrap_or_default();
        let used = |index: &usize| *index != self.number && Some(*index) != self.area;
        let found: Vec<usize> = (0..width).filter(used).filter(|index| self.all_actions(rows, *index)).collect();
        match found.as_slice() {
            [only] => Ok(*only),
            _ => Err("no column says which numbers are added (A) and which deleted (D)".into()),
        }
    }

    fn all_actions(&self, rows: &[Vec<String>], index: usize) -> bool {
        let body = rows.get(usize::from(self.header)..).unwrap_or_default();
        !body.is_empty() && body.iter().all(|row| row.get(index).and_then(|text| is_addition(text)).is_some())
    }

    fn described(&self, rows: &[Vec<String>]) -> String {
        let name = |index: usize| match rows.first().and_then(|row| row.get(index)).filter(|_| self.header) {
            Some(name) => format!("{name:?}"),
            None => (index + 1).to_string(),
        };
        let numbers = match self.area {
            Some(area) => format!("area codes in column {}, numbers in column {}", name(area), name(self.number)),
            None => format!("numbers in column {}", name(self.number)),
        };
        match self.action {
            Some(action) => format!("a list of changes: {numbers}, added or deleted by column {}", name(action)),
            None => numbers,
        }
    }

    /// What a line asks for.
    fn asked(&self, line: &str) -> Result<Asked, String> {
        let Some(delimiter) = self.delimiter else { return Ok(Asked::Add(line.trim().to_owned())) };
        let fields = split(line, delimiter);
        let field = |index: usize| {
            let text = fields.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
            text.ok_or_else(|| format!("nothing in column {}", index + 1))
        };
        let mut number = field(self.number)?.to_owned();
        if let Some(area) = self.area {
            number = format!("{}{number}", field(area)?);
        }
        match self.action {
            None => Ok(Asked::Add(number)),
            Some(action) => match is_addition(field(action)?) {
                Some(true) => Ok(Asked::Add(number)),
                Some(false) => Ok(Asked::Remove(number)),
                None => Err(format!("{:?} is neither added (A) nor deleted (D)", field(action)?)),
            },
        }
    }
}

/// Whether a word says that a number comes (`true`) or goes.
pub fn is_addition(word: &str) -> Option<bool> {
    match plain(word).as_str() {
        "a" | "add" | "added" | "adds" | "addition" | "insert" => Some(true),
        "d" | "del" | "delete" | "deleted" | "deletes" | "deletion" | "remove" | "removed" => Some(false),
        _ => None,
    }
}

/// Whether it can be a column's name. A line with digits is no header but a number gone wrong, and has to be told.
fn is_name(text: &str) -> bool {
    NUMBER_NAMES.contains(&plain(text).as_str())
        || text.chars().any(char::is_alphabetic) && !text.contains(|c: char| c.is_ascii_digit()) && !is_entry(text)
}

/// A name without what people put between its words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// The columns most of whose texts are entries of a list.
fn by_contents(rows: &[Vec<String>], body: &[Vec<String>]) -> Vec<usize> {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let body = if body.is_empty() { rows } else { body };
    let has_entry = |index: usize| most(body, |row: &Vec<String>| row.get(index).is_some_and(|text| is_entry(text)));
    (0..width).filter(|index| has_entry(*index)).collect()
}

/// Whether it holds for four of five.
fn most<T>(all: &[T], is: impl Fn(&T) -> bool) -> bool {
    let hits = all.iter().filter(|one| is(one)).count();
    hits > 0 && hits * 5 >= all.len() * 4
}

fn columns(row: &[String], is: impl Fn(&str) -> bool) -> Vec<usize> {
    row.iter().enumerate().filter(|(_, text)| is(text)).map(|(index, _)| index).collect()
}

/// What most lines have between their columns.
fn delimiter(sample: &[&str]) -> Option<u8> {
    DELIMITERS.into_iter().find(|delimiter| most(sample, |line| line.as_bytes().contains(delimiter)))
}

/// The columns of a line.
fn split(line: &str, delimiter: u8) -> Vec<String> {
    if !line.contains('"') {
        return line.split(char::from(delimiter)).map(|field| field.trim().to_owned()).collect();
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The lines of a text, some of which may have been looked at.
struct Lines<'r> {
    reader: &'r mut dyn BufRead,
    nth: u64,
    waiting: VecDeque<(u64, Text)>,
}

impl Lines<'_> {
    /// The next lines, which still come.
    fn peek(&mut self, count: usize) -> Result<Vec<String>, Failure> {
        while self.waiting.len() < count {
            match self.read()? {
                Some(line) => self.waiting.push_back(line),
                None => break,
            }
        }
        Ok(self.waiting.iter().filter_map(|(_, text)| text.clone()).collect())
    }

    /// The next line; with those behind it, if a quoted text goes on there.
    fn next_record(&mut self, quoted: bool) -> Result<Option<(u64, Text)>, Failure> {
        let (nth, mut text) = match self.next()? {
            Some((nth, Some(text))) if quoted && is_open(&text) => (nth, text),
            other => return Ok(other),
        };
        for more in 0..QUOTED_LINES {
            self.peek(more + 1)?;
            let Some((_, Some(next))) = self.waiting.get(more) else { break };
            text.push('\n');
            text.push_str(next);
            if !is_open(&text) {
                self.waiting.drain(..=more);
                return Ok(Some((nth, Some(text))));
            }
        }
        let first = text.lines().next().unwrap_or_default().replace('"', "");
        Ok(Some((nth, Some(first))))
    }

    fn next(&mut self) -> Result<Option<(u64, Text)>, Failure> {
        match self.waiting.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read(),
        }
    }

    fn read(&mut self) -> Result<Option<(u64, Text)>, Failure> {
        let mut line = Vec::new();
        let read = (&mut *self.reader).take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.nth += 1;
        let is_whole = line.ends_with(b"\n") || u64::try_from(read)? < LONGEST;
        if !is_whole {
            self.reader.skip_until(b'\n')?;
            return Ok(Some((self.nth, None)));
        }
        let line = String::from_utf8_lossy(&line);
        Ok(Some((self.nth, Some(line.trim_end_matches(['\r', '\n']).to_owned()))))
    }
}

/// Whether a quoted text begins here that does not end.
fn is_open(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}
