//! The last decisions, as the log has them, and the next ones as they come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};
use precall_hook::log::DecisionRecord;
use tokio::sync::watch;

/// The status of a record without a call.
const REFUSED: &str = "REFUSED";

/// Decisions that are kept and shown, at most.
const MOST_KEPT: usize = 100;

/// How long a page that asks for more decisions waits for one before it asks again.
const PATIENCE: Duration = Duration::from_secs(20);

/// What comes within this time comes together: a dialer's hundreds a second are no hundreds of requests of each page.
const TOGETHER: Duration = Duration::from_millis(250);

/// The last decisions of this process.
#[derive(Debug)]
pub struct Feed {
    kept: Mutex<VecDeque<(u64, Arc<DecisionRecord>)>>,
    newest: watch::Sender<u64>,
}

impl Feed {
    pub fn new() -> Self {
        // Counted from the clock on, so that a page that is still open after a restart is not told old numbers anew.
        let first = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or_default();
        Self { kept: Mutex::default(), newest: watch::Sender::new(first) }
    }

    pub fn add(&self, record: DecisionRecord) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MOST_KEPT {
            kept.pop_back();
        }
        let number = *self.newest.borrow() + 1;
        kept.push_front((number, Arc::new(record)));
        self.newest.send_replace(number);
    }

    /// What is kept and came after the one of this number, the newest first, and the number of the newest.
    pub fn after(&self, number: u64) -> (Vec<Arc<DecisionRecord>>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = kept.iter().take_while(|(own, _)| *own > number);
        (newer.map(|(_, record)| Arc::clone(record)).collect(), *self.newest.borrow())
    }

    /// The same, once there is one; none after a while.
    pub async fn wait_after(&self, number: u64) -> (Vec<Arc<DecisionRecord>>, u64) {
        let mut newest = self.newest.subscribe();
        // The sender lives as long as this.
        let is_newer = tokio::time::timeout(PATIENCE, newest.wait_for(|newest| *newest > number)).await.is_ok();
        if is_newer {
            tokio::time::sleep(TOGETHER).await;
        }
        self.after(number)
    }
}

pub fn section(feed: &Feed) -> Markup {
    let (records, newest) = feed.after(0);
    html! {
        section #decisions aria-labelledby="decisions-title" {
            h2 #decisions-title { "Last decisions" }
            p.bar {
                span #follow-state role="status" { "As of now; reload for newer ones." }
                // Only the script can do what it says, and shows it then.
                button #follow-pause type="button" hidden { "Pause" }
            }
            p.empty #no-decisions hidden[!records.is_empty()] { "No call has been asked about since the start." }
            div.wide tabindex="0" role="region" aria-label="Last decisions, the newest first" {
                table.cards {
                    thead {
                        tr {
                            th scope="col" { "Time (UTC)" } th scope="col" { "Decision" } th scope="col" { "Call" }
                            th scope="col" { "Decided by" } th scope="col" { "Because" } th.number scope="col" { "ms" }
                        }
                    }
                    tbody #decisions-rows data-newest=(newest) data-most=(MOST_KEPT) { (rows(&records)) }
                }
            }
        }
    }
}

/// Rows of the table, to be put before those that are there.
pub fn rows(records: &[Arc<DecisionRecord>]) -> Markup {
    html! { @for record in records { (row(record)) } }
}

fn row(record: &DecisionRecord) -> Markup {
    let time = record.at.strftime("%m-%d %H:%M:%S").to_string();
    let shown = |number: &Option<String>, hash: &Option<String>, otherwise: &str| -> String {
        let hash = hash.as_ref().map(|hash| format!("#{hash}"));
        number.clone().or(hash).unwrap_or_else(|| otherwise.to_owned())
    };
    // Whether the log shows nothing of any number.
    let is_hidden = record.to.is_none() && record.to_hash.is_none();
    let by = match (&record.rule, record.decided_by, record.cause) {
        (Some(rule), _, _) => rule.clone(),
        (None, _, Some(cause)) => cause.to_owned(),
        (None, Some(by), None) => by.to_owned(),
        (None, None, None) => String::new(),
    };
    // What went wrong, or why the rule was awake, or what the dialer was told.
    let because = [&record.cause_detail, &record.because, &record.reason].into_iter().flatten().next();
    html! {
        tr {
            th scope="row" data-label="Time (UTC)" { time datetime=(record.timestamp) { (time) } }
            td data-label="Decision" {
                div {
                    (super::badge(record.status))
                    @if let Some(code) = &record.code { " " span.word { (code) } }
                    @if record.http_status != 200 { " " span.quiet.word { "HTTP " (record.http_status) } }
                }
            }
            td data-label="Call" {
                @if record.status == REFUSED {
                    "none"
                } @else if is_hidden {
                    "hidden"
                } @else {
                    div {
                        span.word { (shown(&record.from, &record.from_hash, "withheld")) } " → "
                        span.word { (shown(&record.to, &record.to_hash, "")) }
                    }
                }
            }
            td data-label="Decided by" { (by) }
            td data-label="Because" {
                div {
                    @if let Some(because) = because { (because) }
                    @if let Some(count) = record.invalid_rules.filter(|count| *count > 0) {
                        p.finding { (count) @if count == 1 { " invalid rule" } @else { " invalid rules" } " may have been meant for it" }
                    }
                }
            }
            td.number data-label="ms" { (format!("{:.1}", record.duration_ms)) }
        }
    }
}
