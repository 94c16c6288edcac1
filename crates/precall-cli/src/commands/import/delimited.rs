//! Numbers a line, and columns: CSV as spreadsheets and dialers write it, and the flat files of the National Do Not
//! Call Registry.

use std::collections::VecDeque;
use std::io::{BufRead, Read as _};

use super::entry::{Asked, is_entry};
use super::read::{Each, Form, Found, Line, Shown};
use crate::failure::Failure;

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

/// Names of a column of country codes, as `VICIdial` has one beside its numbers.
const COUNTRY_NAMES: [&str; 4] = ["callingcode", "countrycode", "dialcode", "phonecode"];

/// Digits from which on a text may be a number, if a broken one.
const NUMBER_DIGITS: usize = 7;

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
    /// Which column has the country code of numbers written without it.
    country: Option<usize>,
    /// Which column says whether a number comes or goes.
    action: Option<usize>,
    /// Whether a line that begins with `#` is a remark; not where most lines do, as with numbers of tickets.
    remarks: bool,
}

pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    form: Form,
    column: Option<&str>,
    each: &mut Each<'_>,
) -> Result<(), Failure> {
    let mut lines = Lines { reader, nth: 0, waiting: VecDeque::new() };
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let mut sample: Vec<&str> = sample.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let remarks = !most(&sample, |line| line.starts_with('#'));
    sample.retain(|line| !(remarks && line.starts_with('#')));
    let (mut shape, described) = Shape::of(&sample, form, column)?;
    shape.remarks = remarks;
    each(Found::Form(Shown { described, is_changes: shape.action.is_some() }))?;

    let mut header = shape.header;
    while let Some((nth, text)) = lines.next_record(&shape)? {
        let Some(text) = text else {
            let asked = Err(format!("longer than {LONGEST} bytes"));
            each(Found::Line(Line { member, nth, asked, text: "" }))?;
            continue;
        };
        if text.trim().is_empty() || shape.is_remark(&text) {
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

impl Shape {
    /// How the lines of this sample are to be taken apart, and that in words.
    fn of(sample: &[&str], form: Form, column: Option<&str>) -> Result<(Self, String), Failure> {
        let whole = |header| Self {
            delimiter: None,
            header,
            number: 0,
            area: None,
            country: None,
            action: None,
            remarks: true,
        };
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
        let is_same = |name: &String| match plain(column).as_str() {
            "" => name.trim() == column.trim(),
            plainly => plain(name) == plainly,
        };
        (self.number, self.header) = match column.trim().parse::<usize>() {
            Ok(nth @ 1..) => (nth - 1, names.get(nth - 1).is_some_and(|name| is_name(name)) && is_header(names)),
            _ => match names.iter().position(is_same) {
                Some(index) => (index, true),
                None => return Err(format!("no column {column:?}; there are: {}", names.join(", ")).into()),
            },
        };
        self.country = self.country_column(names);
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
            // A number gone wrong is no header.
            self.header = first.get(1).is_some_and(|text| is_name(text));
        } else {
            let is_number_name = |name: &str| is_header(first) && NUMBER_NAMES.contains(&plain(name).as_str());
            let named: Vec<usize> = columns(first, is_number_name);
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
            self.header = self.header || is_header(first) && first.get(self.number).is_some_and(|text| is_name(text));
            self.country = self.country_column(first);
        }
        let named = columns(first, |name| ACTION_NAMES.contains(&plain(name).as_str()));
        self.action = match (form, named.as_slice()) {
            (Form::Changes, _) => Some(self.action_column(rows)?),
            (Form::Csv, _) => None,
            (_, [only]) if self.header => self.all_actions(rows, *only).then_some(*only),
            // Without a header only a file that has nothing else but numbers, changes and perhaps a date.
            _ if !self.header && first.len() <= self.number + 3 => self.bare_action_column(rows)?,
            _ => None,
        };
        let described = self.described(rows);
        Ok((self, described))
    }

    fn country_column(&self, names: &[String]) -> Option<usize> {
        let named = columns(names, |name| COUNTRY_NAMES.contains(&plain(name).as_str()));
        named.first().copied().filter(|_| self.header)
    }

    /// The same of a file without a header, if the rest is digits at most.
    fn bare_action_column(&self, rows: &[Vec<String>]) -> Result<Option<usize>, Failure> {
        let Ok(action) = self.action_column(rows) else { return Ok(None) };
        let has_words = |row: &Vec<String>| {
            row.iter().enumerate().any(|(index, text)| index != action && text.chars().any(char::is_alphabetic))
        };
        if rows.iter().any(has_words) {
            return Ok(None);
        }
        if rows.iter().any(|row| row.get(action).and_then(|text| is_addition(text)) == Some(true)) {
            return Ok(Some(action));
        }
        Err(format!(
            "column {} may say that each of these numbers is deleted; if they are to leave the list, say --format \
             changes, and --format csv if they are to be on it",
            action + 1
        )
        .into())
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
        let numbers = match self.country {
            Some(country) => format!("{numbers}, country codes in column {}", name(country)),
            None => numbers,
        };
        match self.action {
            Some(action) => format!("a list of changes: {numbers}, added or deleted by column {}", name(action)),
            None => numbers,
        }
    }

    fn is_remark(&self, line: &str) -> bool {
        self.remarks && line.trim_start().starts_with('#') && !self.has_entry(line)
    }

    /// Whether there is a number where the lines of this shape have theirs.
    fn has_entry(&self, line: &str) -> bool {
        matches!(self.asked(line), Ok(Asked::Add(text) | Asked::Remove(text)) if is_entry(&text))
    }

    /// Whether these lines are one by their quotes.
    fn is_one_record(&self, lines: &str) -> bool {
        self.delimiter.is_some_and(|delimiter| csv_reader(lines, delimiter).records().count() == 1)
    }

    /// What a line asks for.
    fn asked(&self, line: &str) -> Result<Asked, String> {
        if line.contains('\r') && !line.contains('"') {
            return Err("two lines in one, by a carriage return without a line feed".to_owned());
        }
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
        if let Some(code) = self.country.and_then(|country| fields.get(country)) {
            number = with_country(code, number);
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

/// A number with the country code of another column, unless it has its own.
fn with_country(code: &str, number: String) -> String {
    let code = code.trim().trim_start_matches(['+', '0']);
    let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    // Ten digits and 1 before them are read as they stand.
    if !is_code || code == "1" || number.starts_with(['+', '\'']) || number.starts_with("00") {
        return number;
    }
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_whole = digits > 10 && number.starts_with(code);
    if is_whole { number } else { format!("+{code} {number}") }
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

/// Whether a line can be the names of columns: it has nothing that may be a number, if a broken one.
fn is_header(row: &[String]) -> bool {
    row.iter().all(|text| text.bytes().filter(u8::is_ascii_digit).count() < NUMBER_DIGITS)
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
    let mut record = csv::StringRecord::new();
    match csv_reader(line, delimiter).read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn csv_reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
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

    /// Lines of old Macintoshes would be one long line.
    fn refuse_lone_returns(&mut self) -> Result<(), Failure> {
        let start = self.reader.fill_buf()?;
        let inside = start.get(..start.len().saturating_sub(1)).unwrap_or_default();
        if inside.contains(&b'\r') && !start.contains(&b'\n') {
            return Err("its lines end in a carriage return alone; save it as CSV with other line ends".into());
        }
        Ok(())
    }

    /// The next line; with those behind it, if a quoted text goes on there.
    fn next_record(&mut self, shape: &Shape) -> Result<Option<(u64, Text)>, Failure> {
        let (nth, mut text) = match self.next()? {
            Some((nth, Some(text))) if shape.delimiter.is_some() && is_open(&text) => (nth, text),
            other => return Ok(other),
        };
        for more in 0..QUOTED_LINES {
            self.peek(more + 1)?;
            let Some((_, Some(next))) = self.waiting.get(more) else { break };
            // A line with a number of its own is an entry, and the quote a stray one.
            if shape.has_entry(next) {
                break;
            }
            text.push('\n');
            text.push_str(next);
            if !is_open(&text) {
                if !shape.is_one_record(&text) {
                    break;
                }
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
