//! The messages in a log's bytes: lines, JSON documents, and tables.

use std::fmt;
use std::io::{self, BufRead, Read};

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::batch::{LineBatch, PositionUnit};
use super::bytes::peek;
use super::split_lines::SplitLines;

/// Bytes of messages that a thread gets at once.
const BATCH_BYTES: usize = 1 << 20;

/// Most bytes of a line that are read. A record has a few thousand bytes, and CloudWatch accepts events up to a million.
const MAX_LINE_BYTES: u64 = 4 << 20;

/// Bytes of a file by which its form is found.
const HEAD_BYTES: u64 = 8 << 10;

/// Windows' marks before UTF-8 and UTF-16 text.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The possible first keys of a document that may be long: an answer of `aws logs` or `aws kinesis`, or an event of a
/// subscription.
const DOCUMENT_KEYS: [&str; 14] = [
    "MillisBehindLatest",
    "NextShardIterator",
    "Records",
    "events",
    "invocationId",
    "logEvents",
    "messageType",
    "nextBackwardToken",
    "nextForwardToken",
    "nextToken",
    "queryLanguage",
    "results",
    "searchedLogStreams",
    "statistics",
];

/// The keys of a document's array of events.
const EVENT_ARRAYS: [&str; 5] = ["Records", "events", "logEvents", "records", "results"];

/// The column and field of a message in Logs Insights.
const MESSAGE: &str = "@message";

/// The columns of a message: in results of Logs Insights, and in the console's list of events.
const MESSAGE_COLUMNS: [&str; 2] = [MESSAGE, "message"];

/// The form in which a file holds its messages.
enum LogForm {
    /// One message per line.
    Lines,
    /// Documents with events, or an array of events.
    Json,
    /// A table with a column for the message.
    Csv,
}

impl LogForm {
    fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = |prefix: &[u8]| text.strip_prefix(prefix).map(<[u8]>::trim_ascii_start);
        let is_document = after(b"{").and_then(|text| text.strip_prefix(b"\"")).is_some_and(|key| {
            DOCUMENT_KEYS.iter().any(|name| key.strip_prefix(name.as_bytes()).is_some_and(|key| key.starts_with(b"\"")))
        });
        // A document that is written for people has its first key on the second line.
        let is_indented = line.trim_ascii() == b"{";
        let is_array = after(b"[").is_some_and(|text| {
            text.is_empty() || text.starts_with(b"{") || text.starts_with(b"[") || text.starts_with(b"]")
        });
        let is_table = !line.contains(&b'{') && (line.contains(&b',') || line.trim_ascii() == MESSAGE.as_bytes());
        match () {
            () if is_document || is_indented || is_array => Self::Json,
            () if is_table && line.split(|byte| *byte == b',').any(is_message_column) => Self::Csv,
            () => Self::Lines,
        }
    }
}

/// Returns true for the name of a message's column, perhaps in quotes.
fn is_message_column(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let name = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell);
    MESSAGE_COLUMNS.iter().any(|column| name == column.as_bytes())
}

/// Reads the messages of one input, and passes them on in batches.
pub struct MessageReader<'m> {
    batch: LineBatch,
    /// The input's index.
    input: usize,
    /// Messages that were read.
    count: u64,
    /// Takes a batch; returns false if no more is wanted.
    hand_over: &'m mut dyn FnMut(LineBatch) -> bool,
    is_wanted: bool,
}

impl<'m> MessageReader<'m> {
    /// A reader of the input with this index. `hand_over` takes a batch, and returns false if no more is wanted.
    pub fn new(input: usize, hand_over: &'m mut dyn FnMut(LineBatch) -> bool) -> Self {
        Self { batch: LineBatch::new(input, PositionUnit::Line), input, count: 0, hand_over, is_wanted: true }
    }

    /// Reads an input to its end, or until no more is wanted. [`Self::finish`] passes on the last messages, also
    /// after an error.
    ///
    /// # Errors
    /// If the rest of the input cannot be read.
    pub fn read(&mut self, reader: Box<dyn BufRead>) -> io::Result<()> {
        let (head, mut reader) = peek(reader, HEAD_BYTES)?;
        if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
            return Err(io::Error::other(
                "the text is in UTF-16; save it as UTF-8 (in PowerShell, with `-Encoding utf8`)",
            ));
        }
        let head = if let Some(rest) = head.strip_prefix(UTF8_MARK) {
            reader.consume(UTF8_MARK.len());
            rest
        } else {
            &head
        };
        match LogForm::of(head) {
            LogForm::Lines => self.lines(reader),
            LogForm::Json => self.json(reader),
            LogForm::Csv => self.table(reader),
        }
    }

    /// Passes on the last messages. Returns true if more inputs are wanted.
    pub fn finish(mut self) -> bool {
        self.flush();
        self.is_wanted
    }

    /// Returns the position that was reached: ` after line 12`, or nothing before the first message.
    pub fn reached(&self) -> String {
        if self.count == 0 { String::new() } else { format!(" after {} {}", self.batch.unit.as_str(), self.count) }
    }

    fn lines(&mut self, mut reader: impl BufRead) -> io::Result<()> {
        let mut split = SplitLines::default();
        let read = self.all_lines(&mut reader, &mut split);
        for (nth, text) in split.into_unfinished() {
            self.batch.push(nth, text.as_bytes());
        }
        read
    }

    fn all_lines(&mut self, reader: &mut impl BufRead, split: &mut SplitLines) -> io::Result<()> {
        let mut joined = Vec::new();
        while self.is_wanted {
            let start = self.batch.text.len();
            let read = reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut self.batch.text);
            let len = self.batch.text.len() - start;
            if len > 0 {
                self.count += 1;
                if len as u64 == MAX_LINE_BYTES && !self.batch.text.ends_with(b"\n") {
                    skip_line(reader)?;
                }
                let line = self.batch.text.get(start..).unwrap_or_default();
                if split.take(self.count, line, |nth, text| joined.push((nth, text.to_vec()))) {
                    self.batch.text.truncate(start);
                } else {
                    self.batch.end_message(self.count);
                }
                for (nth, text) in joined.drain(..) {
                    self.batch.push(nth, &text);
                }
                self.flush_full();
            }
            // The part that was read before an error is an incomplete line.
            if read? == 0 {
                break;
            }
        }
        Ok(())
    }

    fn json(&mut self, reader: impl BufRead) -> io::Result<()> {
        self.batch.unit = PositionUnit::Event;
        let mut values = serde_json::Deserializer::from_reader(reader);
        // A file may have the answers to several requests.
        while self.is_wanted && values.end().is_err() {
            EventVisitor(self).deserialize(&mut values)?;
        }
        Ok(())
    }

    fn table(&mut self, reader: impl BufRead) -> io::Result<()> {
        let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let column = table.byte_headers()?.iter().position(is_message_column).unwrap_or_default();
        let mut row = csv::ByteRecord::new();
        while self.is_wanted && table.read_byte_record(&mut row)? {
            self.count = row.position().map_or(self.count + 1, csv::Position::line);
            self.batch.push(self.count, row.get(column).unwrap_or_default());
            self.flush_full();
        }
        Ok(())
    }

    /// Adds the message of an event, or the whole event if its message is not in one of CloudWatch's forms.
    fn event(&mut self, event: &Value) {
        self.count += 1;
        let field = |name: &str| {
            let cells = event.as_array()?;
            let cell = cells.iter().find(|cell| cell.get("field").is_some_and(|field| field == name))?;
            cell.get("value")
        };
        let is_record = event.get("decision_id").is_some();
        let message = event.get(MESSAGE).or_else(|| field(MESSAGE)).or_else(|| event.get("message"));
        match message.filter(|_| !is_record) {
            Some(Value::String(text)) => self.batch.push(self.count, text.as_bytes()),
            _ => match event {
                Value::String(text) => self.batch.push(self.count, text.as_bytes()),
                other => self.batch.push(self.count, other.to_string().as_bytes()),
            },
        }
        self.flush_full();
    }

    fn flush_full(&mut self) {
        if self.batch.text.len() >= BATCH_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.batch.is_empty() {
            let next = LineBatch::new(self.input, self.batch.unit);
            self.is_wanted &= (self.hand_over)(std::mem::replace(&mut self.batch, next));
        }
    }
}

/// Reads up to the end of a line that is too long to keep.
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

/// Reads a document or an array of events, with one event in memory at a time.
struct EventVisitor<'v, 'm>(&'v mut MessageReader<'m>);

impl<'de> DeserializeSeed<'de> for EventVisitor<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EventVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with events, or an array of events")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut others = Map::new();
        let mut has_events = false;
        while let Some(key) = map.next_key::<String>()? {
            if EVENT_ARRAYS.contains(&&*key) {
                map.next_value_seed(EventVisitor(self.0))?;
                has_events = true;
            } else {
                others.insert(key, map.next_value()?);
            }
        }
        if !has_events {
            self.0.event(&Value::Object(others));
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
