//! Writes JSON lines to standard output, each in one piece.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use serde::Serialize;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::settings::LogKeys;

/// Writes a JSON line to standard output in one piece.
pub(crate) fn write_line(value: &impl Serialize) {
    if let Ok(mut line) = serde_json::to_vec(value) {
        line.push(b'\n');
        emit(line);
    }
}

/// The greatest number of lines that wait until standard output is read. Further lines are dropped.
const MAX_WAITING: usize = 10_000;

/// The longest time for writing the last lines at the end of the process.
const MAX_FLUSH_TIME: Duration = Duration::from_secs(1);

/// `None` ends the thread.
static BACKGROUND: OnceLock<SyncSender<Option<Vec<u8>>>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// A thread that writes the log. Dropping this value waits until the thread has written all lines, for a limited time.
#[derive(Debug)]
pub struct BackgroundLog {
    done: Receiver<()>,
}

impl BackgroundLog {
    /// Starts the thread. From then on, no answer waits for standard output, for example for a paused terminal or a pipe that
    /// is not read. Lines for which there is no room are counted, and the count is logged. A function must not use this,
    /// because it is frozen between two calls.
    pub fn start() -> Self {
        let (sender, lines) = sync_channel::<Option<Vec<u8>>>(MAX_WAITING);
        let (finished, done) = sync_channel(1);
        // A second thread is not needed.
        let _ = BACKGROUND.set(sender);
        std::thread::spawn(move || {
            while let Ok(Some(line)) = lines.recv() {
                let dropped = DROPPED.swap(0, Ordering::Relaxed);
                if dropped > 0 {
                    let warning =
                        serde_json::json!({ "level": "WARN", "message": "log lines left out", "lines": dropped });
                    print(format!("{warning}\n").as_bytes());
                }
                print(&line);
            }
            let _ = finished.send(());
        });
        Self { done }
    }
}

impl Drop for BackgroundLog {
    fn drop(&mut self) {
        if BACKGROUND.get().is_some_and(|background| background.try_send(None).is_ok()) {
            let _ = self.done.recv_timeout(MAX_FLUSH_TIME);
        }
    }
}

fn emit(line: Vec<u8>) {
    match BACKGROUND.get() {
        None => print(&line),
        Some(background) => {
            if background.try_send(Some(line)).is_err() {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn print(line: &[u8]) {
    // If standard output is closed, the error cannot be reported anywhere.
    let _ = std::io::stdout().lock().write_all(line);
}

/// Returns Cloud Logging's name for a level.
pub(crate) fn severity(level: &str) -> &'static str {
    match level {
        "ERROR" => "ERROR",
        "WARN" => "WARNING",
        "INFO" => "INFO",
        _ => "DEBUG",
    }
}

/// A writer for the lines of `tracing`, which passes each line in one piece.
struct LineWriter(LogKeys);

impl Write for LineWriter {
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

fn with_severity(line: &[u8]) -> Option<Vec<u8>> {
    let mut members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    let severity = severity(members.get("level")?.as_str()?);
    members.insert("severity".to_owned(), severity.into());
    let mut line = serde_json::to_vec(&members).ok()?;
    line.push(b'\n');
    Some(line)
}

/// Starts the log of all lines that are not decision records: JSON lines with the same first keys as decision records.
///
/// The level applies to this program's own lines. Libraries stay at WARN, because at TRACE the Lambda runtime logs whole
/// events, which contain keys.
///
/// # Errors
/// The process already has a log.
pub fn start_log(level: tracing::Level, keys: LogKeys) -> Result<(), TryInitError> {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(move || LineWriter(keys));
    let quiet = level.min(tracing::Level::WARN);
    // The embedded DynamoDB of a command warns of each condition that is not met, which is how a cap works. Its client reports
    // the other errors.
    let targets = Targets::new()
        .with_default(quiet)
        .with_target("precall", level)
        .with_target("dynoxide::server", tracing::Level::ERROR.min(quiet))
        .with_target("lambda_runtime", tracing::Level::ERROR.min(quiet));
    tracing_subscriber::registry().with(lines).with(targets).try_init()
}
