//! How far an import is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How the bar looks.
const BAR: &str = "{bar:30} {percent:>3} %  {msg}  {eta} left";

#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    size: u64,
    began: Instant,
    told: Instant,
    /// Entries that were dealt with before.
    first: Option<u64>,
}

impl Progress {
    /// Of a file of so many bytes.
    pub fn start(size: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(size));
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template(BAR)) {
            bar.set_style(style);
        }
        Self { bar, size, began: Instant::now(), told: Instant::now(), first: None }
    }

    /// So many bytes are used, and so many entries dealt with.
    pub fn at(&mut self, used: u64, entries: u64) {
        let first = *self.first.get_or_insert(entries);
        #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
        let rate = entries.saturating_sub(first) as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let text = format!("{entries} entries, {rate:.0} a second");
        match &self.bar {
            Some(bar) => {
                bar.set_position(used.min(self.size));
                bar.set_message(text);
            }
            None if self.told.elapsed() >= LINE_EVERY => {
                self.told = Instant::now();
                eprintln!("{} %: {text}", used.min(self.size) * 100 / self.size.max(1));
            }
            None => {}
        }
    }

    /// FactContent something without breaking the bar.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
