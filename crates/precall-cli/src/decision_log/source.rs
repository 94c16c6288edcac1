//! Where the lines of a log come from: files, folders and standard input, gzip or not, in whatever form
//! CloudWatch gives them out.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::failure::Failure;

/// How many bytes of lines are handed to a thread at once.
const BATCH: usize = 1 << 20;

/// The longest line that is read. A record has a few thousand bytes; CloudWatch takes no event above a million.
const LONGEST: u64 = 4 << 20;

/// How much of a file is looked at to see its form.
const HEAD: u64 = 8 << 10;

const BUFFER: usize = 128 << 10;

/// What stands first in a file by gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What Windows puts before text: as UTF-8, and as UTF-16.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// What `aws logs` answers with, by the keys that may stand first.
const ANSWER_KEYS: [&str; 8] = [
    "events",
    "nextBackwardToken",
    "nextForwardToken",
    "nextToken",
    "queryLanguage",
    "results",
    "searchedLogStreams",
    "statistics",
];

/// Where a message stands: of which input, and the how manyth line or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    input: usize,
    nth: u64,
    unit: Unit,
}

/// What the messages of an input are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Line,
    Event,
}

/// Some messages in one piece.
#[derive(Debug)]
pub struct Batch {
    input: usize,
    unit: Unit,
    text: Vec<u8>,
    /// Where each message ends, and which it is.
    ends: Vec<(usize, u64)>,
}

impl Batch {
    fn new(input: usize, unit: Unit) -> Self {
        Self { input, unit, text: Vec::new(), ends: Vec::new() }
    }

    fn push(&mut self, nth: u64, message: &[u8]) {
        self.text.extend_from_slice(message);
        self.ends.push((self.text.len(), nth));
    }

    /// The messages, and where they stand.
    pub fn lines(&self) -> impl Iterator<Item = (Place, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(end, nth)| {
            let text = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            (Place { input: self.input, nth: *nth, unit: self.unit }, text)
        })
    }
}

/// The logs to read.
#[derive(Debug)]
pub struct Inputs(Vec<PathBuf>);

impl Inputs {
    /// Files as they are named, and those in folders in the order of their names.
    ///
    /// # Errors
    /// When one is not there or may not be read.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in paths {
            if !is_stdin(path) && path.is_dir() {
                let before = files.len();
                within(path, &mut files).map_err(|error| format!("{}: {error}", path.display()))?;
                if files.len() == before {
                    return Err(format!("{}: no file in this folder", path.display()).into());
                }
            } else {
                if !is_stdin(path) {
                    File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
                }
                files.push(path.clone());
            }
        }
        Ok(Self(files))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// A place for a person: `log.jsonl:12`.
    pub fn name(&self, place: Place) -> String {
        let path = self.0.get(place.input).map_or_else(String::new, |path| name(path));
        match place.unit {
            Unit::Line => format!("{path}:{}", place.nth),
            Unit::Event => format!("{path}: event {}", place.nth),
        }
    }

    /// Hands out all messages, in the order of the files; stops when `hand` says no. Gives what could not be
    /// read to its end, and why.
    pub fn read(&self, mut hand: impl FnMut(Batch) -> bool) -> Vec<String> {
        let mut unread = Vec::new();
        for (input, path) in self.0.iter().enumerate() {
            let mut out = Out { batch: Batch::new(input, Unit::Line), nth: 0, hand: &mut hand, wanted: true };
            if let Err(error) = open(path).and_then(|reader| out.messages(reader)) {
                let unit = if out.batch.unit == Unit::Line { "line" } else { "event" };
                let after = if out.nth > 0 { format!(" after {unit} {}", out.nth) } else { String::new() };
                unread.push(format!("{}: not read to its end{after}: {error}", name(path)));
            }
            out.flush();
            if !out.wanted {
                break;
            }
        }
        unread
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// The files of a folder and of those in it. Hidden ones are other programs'.
fn within(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            within(&path, files)?;
        } else if !is_hidden {
            files.push(path);
        }
    }
    Ok(())
}

/// The bytes of an input, without gzip.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let raw: Box<dyn Read> = if is_stdin(path) { Box::new(io::stdin().lock()) } else { Box::new(File::open(path)?) };
    let (head, rest) = peek(BufReader::with_capacity(BUFFER, raw), GZIP.len() as u64)?;
    if head == GZIP {
        Ok(Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(rest))))
    } else {
        Ok(Box::new(rest))
    }
}

/// The first bytes of a reader, and a reader that has them still.
fn peek<R: BufRead>(mut reader: R, bytes: u64) -> io::Result<(Vec<u8>, impl BufRead)> {
    let mut head = Vec::new();
    // What fails here fails again where it is read.
    let failed = reader.by_ref().take(bytes).read_to_end(&mut head).err();
    match failed {
        Some(error) if head.is_empty() => Err(error),
        _ => Ok((head.clone(), Cursor::new(head).chain(reader))),
    }
}

/// How a file holds its messages.
enum Form {
    /// One a line.
    Lines,
    /// In what `aws logs` answers, or an array.
    Json,
    /// In a table's column `@message`.
    Csv,
}

impl Form {
    fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = |prefix: &[u8]| text.strip_prefix(prefix).map(<[u8]>::trim_ascii_start);
        let is_answer = after(b"{").and_then(|text| text.strip_prefix(b"\"")).is_some_and(|key| {
            ANSWER_KEYS.iter().any(|name| key.strip_prefix(name.as_bytes()).is_some_and(|key| key.starts_with(b"\"")))
        });
        let is_array = after(b"[").is_some_and(|text| {
            text.is_empty() || text.starts_with(b"{") || text.starts_with(b"[") || text.starts_with(b"]")
        });
        let is_table = !line.contains(&b'{') && memchr::memmem::find(line, b"@message").is_some();
        match () {
            () if is_answer || is_array => Self::Json,
            () if is_table => Self::Csv,
            () => Self::Lines,
        }
    }
}

/// Messages on their way out.
struct Out<'o> {
    batch: Batch,
    nth: u64,
    hand: &'o mut dyn FnMut(Batch) -> bool,
    /// Whether somebody still takes them.
    wanted: bool,
}

impl Out<'_> {
    fn messages(&mut self, reader: Box<dyn BufRead>) -> io::Result<()> {
        let (head, mut reader) = peek(reader, HEAD)?;
        if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
            return Err(io::Error::other("text in UTF-16; save it as UTF-8, as PowerShell does with `-Encoding utf8`"));
        }
        let head = if let Some(rest) = head.strip_prefix(UTF8_MARK) {
            reader.consume(UTF8_MARK.len());
            rest
        } else {
            &head
        };
        match Form::of(head) {
            Form::Lines => self.lines(reader),
            Form::Json => self.json(reader),
            Form::Csv => self.table(reader),
        }
    }

    fn lines(&mut self, mut reader: impl BufRead) -> io::Result<()> {
        while self.wanted {
            let start = self.batch.text.len();
            let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut self.batch.text);
            let len = self.batch.text.len() - start;
            if len > 0 {
                self.nth += 1;
                if len as u64 == LONGEST && !self.batch.text.ends_with(b"\n") {
                    skip_line(&mut reader)?;
                }
                self.batch.ends.push((self.batch.text.len(), self.nth));
                self.flush_full();
            }
            // What was read before the failure is a line that is not whole.
            if read? == 0 {
                break;
            }
        }
        Ok(())
    }

    fn json(&mut self, reader: impl BufRead) -> io::Result<()> {
        self.batch.unit = Unit::Event;
        let mut values = serde_json::Deserializer::from_reader(reader);
        // The answers to several requests stand one after the other.
        while self.wanted && values.end().is_err() {
            Messages(self).deserialize(&mut values)?;
        }
        Ok(())
    }

    fn table(&mut self, reader: impl BufRead) -> io::Result<()> {
        let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let column = table.byte_headers()?.iter().position(|name| name.trim_ascii() == b"@message").unwrap_or_default();
        let mut row = csv::ByteRecord::new();
        while self.wanted && table.read_byte_record(&mut row)? {
            self.nth = row.position().map_or(self.nth + 1, csv::Position::line);
            self.batch.push(self.nth, row.get(column).unwrap_or_default());
            self.flush_full();
        }
        Ok(())
    }

    /// An event of an answer, by the forms that CloudWatch has for one.
    fn event(&mut self, event: &Value) {
        self.nth += 1;
        let field = |name: &str| {
            let cells = event.as_array()?;
            let cell = cells.iter().find(|cell| cell.get("field").is_some_and(|field| field == name))?;
            cell.get("value")
        };
        let is_record = event.get("decision_id").is_some();
        let message = event.get("@message").or_else(|| field("@message")).or_else(|| event.get("message"));
        match message.filter(|_| !is_record).unwrap_or(event) {
            Value::String(text) => self.batch.push(self.nth, text.as_bytes()),
            other => self.batch.push(self.nth, other.to_string().as_bytes()),
        }
        self.flush_full();
    }

    fn flush_full(&mut self) {
        if self.batch.text.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.batch.ends.is_empty() {
            let next = Batch::new(self.batch.input, self.batch.unit);
            self.wanted &= (self.hand)(std::mem::replace(&mut self.batch, next));
        }
    }
}

/// Reads up to the end of a line that is too long to be kept.
fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (len, is_end) = match memchr::memchr(b'\n', buffer) {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(len);
        if is_end {
            return Ok(());
        }
    }
}

/// An answer or an array of events, of which one at a time is in memory.
struct Messages<'m, 'o>(&'m mut Out<'o>);

impl<'de> DeserializeSeed<'de> for Messages<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an answer of `aws logs`, or an array of events")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "events" || key == "results" {
                map.next_value_seed(Messages(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(event) = seq.next_element::<Value>()? {
            self.0.event(&event);
        }
        Ok(())
    }
}
