//! One line of a log: a decision record, or something else.

use std::borrow::Cow;
use std::ops::Deref;

use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A text of a record, borrowed from the line where it has no escapes.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A decision record, as far as tools look at it: the fields of `precall_hook::log::record::Record`, by the same names.
#[derive(Debug, Deserialize)]
pub struct Record<'l> {
    #[serde(borrow, rename = "timestamp")]
    written: Text<'l>,
    #[serde(borrow)]
    pub decision_id: Text<'l>,
    #[serde(borrow)]
    pub client: Option<Text<'l>>,
    #[serde(borrow)]
    pub from: Option<Text<'l>>,
    #[serde(borrow)]
    pub from_hash: Option<Text<'l>>,
    #[serde(borrow)]
    pub to: Option<Text<'l>>,
    #[serde(borrow)]
    pub to_hash: Option<Text<'l>>,
    #[serde(borrow)]
    pub status: Text<'l>,
    #[serde(borrow)]
    pub code: Option<Text<'l>>,
    #[serde(borrow)]
    pub reason: Option<Text<'l>>,
    #[serde(borrow)]
    pub decided_by: Option<Text<'l>>,
    #[serde(borrow)]
    pub cause: Option<Text<'l>>,
    #[serde(borrow)]
    pub rule: Option<Text<'l>>,
    #[serde(borrow)]
    pub because: Option<Text<'l>>,
    #[serde(borrow)]
    pub redirected_by: Option<Text<'l>>,
    #[serde(borrow)]
    pub callee_place: Option<Text<'l>>,
    #[serde(borrow)]
    pub callee_clock: Option<Text<'l>>,
    #[serde(borrow)]
    pub hours_data: Option<Text<'l>>,
    #[serde(borrow)]
    pub shadow_rules: Option<Text<'l>>,
    #[serde(borrow)]
    pub invalid_reasons: Option<Text<'l>>,
    pub duration_ms: f64,
}

impl Record<'_> {
    /// The instant of the call.
    ///
    /// # Errors
    /// When the text is none.
    pub fn at(&self) -> Result<Timestamp, jiff::Error> {
        self.written.parse()
    }

    /// The instant as it is written.
    pub fn timestamp(&self) -> &str {
        &self.written
    }
}

/// What a line is.
#[derive(Debug)]
pub enum Line<'l> {
    Record(Box<Record<'l>>),
    /// CloudWatch's embedded metric format.
    Metrics,
    /// About something else, by this program or another.
    OtherJson,
    /// Of Lambda, of another program, of a person.
    OtherText,
    Blank,
    /// Meant to be a record, and why it is none.
    Broken(String),
}

/// What tells a record from other JSON.
#[derive(Deserialize)]
struct Kind<'l> {
    #[serde(borrow, default)]
    message: Option<Text<'l>>,
    #[serde(borrow, default)]
    decision_id: Option<Text<'l>>,
    #[serde(default, rename = "_aws")]
    metrics: Option<IgnoredAny>,
}

/// What a record has, and no other line.
const SIGN: &[u8] = b"\"decision_id\"";

/// How a record begins. Where one is broken, the next one on the line is looked for by this.
const BEGIN: &[u8] = b"{\"timestamp\"";

/// What is on a line. Before the JSON may stand the time and the stream's name, and after it a time.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let text = text.trim_ascii();
    let json = text.iter().position(|byte| *byte == b'{').and_then(|start| text.get(start..));
    let mut rest = json.unwrap_or_default();
    let mut other = match (text.is_empty(), json) {
        (true, _) => Some(Line::Blank),
        (false, None) => Some(Line::OtherText),
        (false, Some(_)) => None,
    };
    std::iter::from_fn(move || {
        if let Some(other) = other.take() {
            return Some(other);
        }
        if rest.is_empty() {
            return None;
        }
        let (line, after) = first(rest);
        // The time that `aws logs … --output text` writes behind a message is no line.
        let next = after.iter().position(|byte| *byte == b'{');
        rest = next.and_then(|start| after.get(start..)).unwrap_or_default();
        Some(line)
    })
}

/// The first JSON object of a text that begins with one, and what comes after it.
fn first(text: &[u8]) -> (Line<'_>, &[u8]) {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Record<'_>>();
    let wrong = match values.next() {
        Some(Ok(record)) => {
            let after = text.get(values.byte_offset()..).unwrap_or_default();
            return (Line::Record(Box::new(record)), after);
        }
        Some(Err(error)) => error,
        None => return (Line::Blank, &[]),
    };
    // Only now, since most lines are records.
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Kind<'_>>();
    if let Some(Ok(kind)) = values.next() {
        let after = text.get(values.byte_offset()..).unwrap_or_default();
        let is_record = kind.decision_id.is_some() || kind.message.is_some_and(|message| &*message == "decision");
        let line = match kind.metrics {
            Some(_) => Line::Metrics,
            None if is_record => Line::Broken(format!("a record that cannot be read: {}", said(&wrong))),
            None => Line::OtherJson,
        };
        return (line, after);
    }
    if memmem::find(text, SIGN).is_some() || text.starts_with(BEGIN) {
        let next = text.get(1..).and_then(|text| memmem::find(text, BEGIN).and_then(|start| text.get(start..)));
        return (Line::Broken(format!("a record that is not whole: {}", said(&wrong))), next.unwrap_or_default());
    }
    let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok();
    (if is_json { Line::OtherJson } else { Line::OtherText }, &[])
}

/// The reader's own words, without its `at line 1`: it saw one line only.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} (column {})", error.column())
}
