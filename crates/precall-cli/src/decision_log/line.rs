//! One line of a log: a decision record, or something else.

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::record::LoggedRecord;

/// A line's content.
#[derive(Debug)]
pub enum LogLine<'l> {
    /// A decision record.
    Record(Box<LoggedRecord<'l>>),
    /// CloudWatch's embedded metric format.
    Metrics,
    /// JSON about something else, by this program or another, or around a message.
    OtherJson(&'l [u8]),
    /// Text that is not JSON, such as Lambda's lines.
    OtherText,
    /// Nothing.
    Blank,
    /// A record that cannot be read, with the fault.
    Broken(String),
}

/// The fields that tell a record and metrics from other JSON.
#[derive(Default, Deserialize)]
struct LineMarks {
    #[serde(default)]
    message: Value,
    #[serde(default)]
    decision_id: Option<IgnoredAny>,
    #[serde(default, rename = "_aws")]
    metrics: Option<IgnoredAny>,
}

/// A key that every record has, and no other line.
const RECORD_KEY: &[u8] = b"\"decision_id\"";

/// A key that every line of metrics has.
const METRICS_KEY: &[u8] = b"\"_aws\"";

/// The first bytes of a record. After a broken record, the next one on the line is found by them.
const RECORD_START: &[u8] = b"{\"timestamp\"";

/// Returns true if a text may have a record or metrics, whole or not.
pub fn has_marks(text: &[u8]) -> bool {
    text.starts_with(RECORD_START) || [RECORD_KEY, METRICS_KEY].iter().any(|key| memmem::find(text, key).is_some())
}

/// Parses a line. Before the JSON there may be the time and the stream's name, and after it a time; a line may have
/// several JSON objects.
pub fn parse(text: &[u8]) -> impl Iterator<Item = LogLine<'_>> {
    let text = text.trim_ascii();
    let json = text.iter().position(|byte| *byte == b'{').and_then(|start| text.get(start..));
    let mut rest = json.unwrap_or_default();
    let mut other = match (text.is_empty(), json) {
        (true, _) => Some(LogLine::Blank),
        (false, None) => Some(LogLine::OtherText),
        (false, Some(_)) => None,
    };
    std::iter::from_fn(move || {
        if let Some(other) = other.take() {
            return Some(other);
        }
        if rest.is_empty() {
            return None;
        }
        let (line, after) = first_object(rest);
        // `aws logs … --output text` writes a time after the message, which is not a line.
        let next = after.iter().position(|byte| *byte == b'{');
        rest = next.and_then(|start| after.get(start..)).unwrap_or_default();
        Some(line)
    })
}

/// Parses the first JSON object of a text that starts with one. Returns the rest of the text, too.
fn first_object(text: &[u8]) -> (LogLine<'_>, &[u8]) {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<LoggedRecord<'_>>();
    let error = match values.next() {
        Some(Ok(mut record)) => {
            let (json, after) = text.split_at_checked(values.byte_offset()).unwrap_or((text, &[]));
            record.text = json;
            return (LogLine::Record(Box::new(record)), after);
        }
        Some(Err(error)) => error,
        None => return (LogLine::Blank, &[]),
    };
    // Most lines are records, so that the marks are read only now.
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    if let Some(Ok(_)) = values.next() {
        let (json, after) = text.split_at_checked(values.byte_offset()).unwrap_or((text, &[]));
        let marks: LineMarks = serde_json::from_slice(json).unwrap_or_default();
        let is_record = marks.decision_id.is_some() || marks.message == "decision";
        let line = match marks.metrics {
            Some(_) => LogLine::Metrics,
            None if is_record => LogLine::Broken(format!("the record cannot be read: {}", fault(&error))),
            None => LogLine::OtherJson(json),
        };
        return (line, after);
    }
    if memmem::find(text, RECORD_KEY).is_some() || text.starts_with(RECORD_START) {
        let next = text.get(1..).and_then(|text| memmem::find(text, RECORD_START).and_then(|start| text.get(start..)));
        return (LogLine::Broken(format!("the record is incomplete: {}", fault(&error))), next.unwrap_or_default());
    }
    (LogLine::OtherText, &[])
}

/// Returns the parser's message without its `at line 1`: the parser saw one line only.
fn fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    format!("{message} at column {}", error.column())
}
