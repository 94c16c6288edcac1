//! The progress of an import: a bar on a terminal, and elsewhere a line every ten seconds.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::print_stderr;

/// The time between lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The template of the bar.
const BAR: &str = "{bar:30} {percent:>3} %  {msg}  {eta} left";

/// Shows the progress of an import.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    size: u64,
    began: Instant,
    shown: Instant,
    /// Entries that an earlier run had processed.
    first: Option<u64>,
}

impl Progress {
    /// Starts with a file of `size` bytes.
    pub fn start(size: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(size));
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template(BAR)) {
            bar.set_style(style);
        }
        Self { bar, size, began: Instant::now(), shown: Instant::now(), first: None }
    }

    /// Shows that `used` bytes are read and `entries` entries processed.
    pub fn update(&mut self, used: u64, entries: u64) {
        let first = *self.first.get_or_insert(entries);
        #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
        let rate = entries.saturating_sub(first) as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let text = format!("{entries} entries, {rate:.0} per second");
        match &self.bar {
            Some(bar) => {
                bar.set_position(used.min(self.size));
                bar.set_message(text);
            }
            None if self.shown.elapsed() >= LINE_EVERY => {
                self.shown = Instant::now();
                print_stderr(format_args!("{} %: {text}", used.min(self.size) * 100 / self.size.max(1)));
            }
            None => {}
        }
    }

    /// Prints a line without breaking the bar.
    pub fn print_line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print_stderr(format_args!("{text}"))),
            None => print_stderr(format_args!("{text}")),
        }
    }

    /// Removes the bar.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
