//! The log: one flat JSON line for each answer, and what it may show.
//!
//! Never logged: API keys, whole events, query strings. Telephone numbers only as
//! [`LogNumbers`] says.

use std::cmp::Reverse;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use sha2::Sha256;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::auth::to_hex;
use crate::settings::{LogKeys, LogNumbers, Settings};
use precall::number::{Number, is_punctuation};

/// Fewest digits that are treated as a telephone number in free text.
const NUMBER_DIGITS: usize = 7;

/// How many digits of a telephone number in free text are shown: country and area code of a NANP number.
const SHOWN_DIGITS: usize = 4;

/// Bytes of the keyed hash that are logged: enough to tell hundreds of millions of numbers apart.
const HASH_BYTES: usize = 8;

/// What was answered, and why. Keys are those of Powertools for AWS where it has them.
#[derive(Debug, Default, Serialize)]
pub struct Record {
    /// The instant of the call.
    #[serde(skip)]
    pub at: Timestamp,
    /// The same in RFC 3339, UTC.
    pub timestamp: String,
    /// `INFO`; `WARN` for an unknown decision or a refusal.
    pub level: &'static str,
    /// The same as Cloud Logging has it, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// What the line is about.
    pub message: &'static str,
    /// The function's name.
    pub service: String,
    /// Also in the answer's `x-precall-decision-id` header.
    pub decision_id: String,
    #[expect(missing_docs, reason = "Powertools' own key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_request_id: Option<String>,
    #[expect(missing_docs, reason = "Powertools' own key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xray_trace_id: Option<String>,
    /// The trace that the call belongs to, as OpenTelemetry has it: of Lambda's X-Ray header, or of the request's
    /// W3C `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The same as Cloud Logging has it, where it is asked for.
    #[serde(rename = "logging.googleapis.com/trace", skip_serializing_if = "Option::is_none")]
    pub google_trace: Option<String>,
    /// Whether this is the process's first call.
    pub cold_start: bool,
    /// The name of the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The caller, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The caller's keyed hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_hash: Option<String>,
    /// The callee, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The callee's keyed hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_hash: Option<String>,
    /// `PROCEED`, `REJECT`, `CHANGE_DESTINATION`; `UNKNOWN` when a 503 was sent; `REFUSED`.
    pub status: &'static str,
    /// The answer's HTTP status code.
    pub http_status: u16,
    /// The code that was sent, masked when it is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What decided: `rule`, `default`, `on_error`; absent for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<&'static str>,
    /// Why the decision is unknown, or what was wrong with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// The cause in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause_detail: Option<String>,
    /// The name of the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The number that it is stored under, masked, or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_number: Option<String>,
    /// Its priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Why it was awake, as far as place, time and counting go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The rule that sent the call to another number, which was screened then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirected_by: Option<String>,
    /// Where the number that was to be dialled is, by its digits or as an item states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee_place: Option<String>,
    /// What the clocks there showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee_clock: Option<String>,
    /// The date of the table of calling hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_data: Option<String>,
    /// Rules that were awake and lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outranked: Option<String>,
    /// Shadow rules that were awake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow_rules: Option<String>,
    /// Entries looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_looked_at: Option<usize>,
    /// How many items were invalid and may have been meant for this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_rules: Option<usize>,
    /// Which, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_reasons: Option<String>,
    /// What was read in spite of a fault in the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repairs: Option<String>,
    /// `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee_source: Option<&'static str>,
    /// `store`, `cache` or `last_good`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_source: Option<&'static str>,
    /// How long ago the caller's rules were read, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_age_ms: Option<u64>,
    /// `store`, `cache` or `last_good`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_source: Option<&'static str>,
    /// How long ago the rules of `*` were read, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_age_ms: Option<u64>,
    /// From the request's arrival to its answer, in milliseconds.
    pub duration_ms: f64,
}

impl Record {
    /// Writes the line.
    pub fn write(&self) {
        write_line(self);
    }
}

/// Writes a JSON line to standard output in one piece.
pub(crate) fn write_line(value: &impl Serialize) {
    if let Ok(mut line) = serde_json::to_vec(value) {
        line.push(b'\n');
        emit(line);
    }
}

/// Lines that wait for somebody to read standard output, at most; then some are left out.
const MOST_WAITING: usize = 10_000;

/// How long the last lines may take at the end of the process.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// `None` ends the thread.
static BACKGROUND: OnceLock<SyncSender<Option<Vec<u8>>>> = OnceLock::new();
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

/// A thread that writes the log. When dropped, it has written what was waiting.
#[derive(Debug)]
pub struct Background {
    done: Receiver<()>,
}

impl Background {
    /// From here on nobody waits for whoever reads standard output: a terminal that is held, or a pipe that
    /// nobody reads, stops no answer. Lines that find no room are counted, and the count is logged. Not for a
    /// function, which is frozen between two calls.
    pub fn start() -> Self {
        let (sender, lines) = sync_channel::<Option<Vec<u8>>>(MOST_WAITING);
        let (finished, done) = sync_channel(1);
        // A second one would only find that there is a first.
        let _ = BACKGROUND.set(sender);
        std::thread::spawn(move || {
            while let Ok(Some(line)) = lines.recv() {
                let left_out = LEFT_OUT.swap(0, Ordering::Relaxed);
                if left_out > 0 {
                    let said =
                        serde_json::json!({ "level": "WARN", "message": "log lines left out", "lines": left_out });
                    print(format!("{said}\n").as_bytes());
                }
                print(&line);
            }
            let _ = finished.send(());
        });
        Self { done }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if BACKGROUND.get().is_some_and(|background| background.try_send(None).is_ok()) {
            let _ = self.done.recv_timeout(LAST_WORDS);
        }
    }
}

fn emit(line: Vec<u8>) {
    match BACKGROUND.get() {
        None => print(&line),
        Some(background) => {
            if background.try_send(Some(line)).is_err() {
                LEFT_OUT.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn print(line: &[u8]) {
    use std::io::Write;
    // Where standard output is gone, there is nobody left to tell.
    let _ = std::io::stdout().lock().write_all(line);
}

/// Cloud Logging's name of a level.
pub(crate) fn severity(level: &str) -> &'static str {
    match level {
        "ERROR" => "ERROR",
        "WARN" => "WARNING",
        "INFO" => "INFO",
        _ => "DEBUG",
    }
}

/// Where the lines of `tracing` go: each comes in one piece.
struct Line(LogKeys);

impl std::io::Write for Line {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        emit(match self.0 {
            LogKeys::Plain => line.to_vec(),
            LogKeys::Google => with_severity(line).unwrap_or_else(|| line.to_vec()),
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How telephone numbers are shown.
#[derive(Debug, Clone)]
pub struct Mask {
    show: LogNumbers,
    key: Option<Vec<u8>>,
}

impl Mask {
    /// As the settings say.
    pub fn new(settings: &Settings) -> Self {
        Self { show: settings.log_numbers, key: settings.number_hash_key.as_ref().map(|key| key.bytes().to_vec()) }
    }

    /// What is shown of a number.
    pub fn number(&self, number: &Number) -> Option<String> {
        match self.show {
            LogNumbers::Full => Some(number.to_string()),
            LogNumbers::Hidden => None,
            LogNumbers::Masked => {
                let shown = number.country_and_area().unwrap_or_default();
                Some(format!("{shown}{}", "*".repeat(number.as_str().len().saturating_sub(shown.len()))))
            }
        }
    }

    /// The keyed hash of a number: HMAC-SHA-256, its first 8 bytes in hex.
    pub fn hash(&self, number: &Number) -> Option<String> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?).ok()?;
        hmac.update(number.as_str().as_bytes());
        hmac.finalize().into_bytes().get(..HASH_BYTES).map(to_hex)
    }

    /// Free text with what looks like a telephone number masked.
    pub fn text(&self, text: &str) -> String {
        if self.show == LogNumbers::Full {
            return text.to_owned();
        }
        let mut masked = String::with_capacity(text.len());
        let mut run = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let mut len = c.len_utf8();
            // What separates groups of digits, also as a quoted text writes it: `\u{a0}`.
            let escape = rest.strip_prefix("\\u{").and_then(|rest| rest.bytes().take(8).position(|b| b == b'}'));
            let escape = escape.map(|end| end + 4);
            let separates = is_punctuation(c) || is_separator(c) || escape.is_some();
            if c.is_ascii_digit() || c == '+' || (!run.is_empty() && separates) {
                run.push(if escape.is_some() { ' ' } else { c });
                len = escape.unwrap_or(len);
            } else {
                masked.push_str(&self.run(&run));
                run.clear();
                masked.push(c);
            }
            rest = rest.get(len..).unwrap_or_default();
        }
        masked.push_str(&self.run(&run));
        masked
    }

    /// The same, but for passages that are known to be none, though they may look like one: a law's section.
    pub fn text_but<'k>(&self, text: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
        let found =
            known.clone().filter(|known| !known.is_empty()).filter_map(|known| Some((text.find(known)?, known)));
        let first = found.min_by_key(|(at, known)| (*at, Reverse(known.len())));
        match first.and_then(|(_, first)| Some((first, text.split_once(first)?))) {
            None => self.text(text),
            Some((first, (before, after))) => {
                format!("{}{first}{}", self.text(before), self.text_but(after, known))
            }
        }
    }

    fn run(&self, run: &str) -> String {
        if run.chars().filter(char::is_ascii_digit).count() < NUMBER_DIGITS || run.trim().parse::<Date>().is_ok() {
            return run.to_owned();
        }
        let mut left = if self.show == LogNumbers::Masked { SHOWN_DIGITS } else { 0 };
        run.chars()
            .map(|c| match (c.is_ascii_digit(), left) {
                (false, _) => c,
                (true, 0) => '*',
                (true, _) => {
                    left -= 1;
                    c
                }
            })
            .collect()
    }
}

/// What else separates groups of digits where people make lists of numbers.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | '_' | '\'' | ';' | '|' | '=' | '*' | '#' | '\t' | '\n' | '\r' | '\u{b7}' | '\u{2022}')
        || c.is_whitespace()
}

fn with_severity(line: &[u8]) -> Option<Vec<u8>> {
    let mut members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    let severity = severity(members.get("level")?.as_str()?);
    members.insert("severity".to_owned(), severity.into());
    let mut line = serde_json::to_vec(&members).ok()?;
    line.push(b'\n');
    Some(line)
}

/// Starts the log of everything but answers: JSON lines with the same first keys.
///
/// Only this program's own lines follow the level. Libraries stay at WARN: at TRACE the Lambda
/// runtime logs whole events, and with them keys.
///
/// # Errors
/// When the process has a log already.
pub fn start_log(level: tracing::Level, keys: LogKeys) -> Result<(), TryInitError> {
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false).with_writer(move || Line(keys));
    let quiet = level.min(tracing::Level::WARN);
    let targets = Targets::new()
        .with_default(quiet)
        .with_target("precall", level)
        .with_target("lambda_runtime", tracing::Level::ERROR.min(quiet));
    tracing_subscriber::registry().with(lines).with(targets).try_init()
}
