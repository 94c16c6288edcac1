//! Reads, decides and writes side by side. The lines stay in their order, and only a few batches of them are in memory.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::decider::Decider;
use super::lead::{Lead, LeadLine};
use super::rendering::{RenderedLines, Rendering};
use crate::failure::Failure;

/// The lines of a batch.
const BATCH: usize = 1_000;

/// Batches that wait for each thread.
const WAITING: usize = 3;

/// A batch of lines, and the place for its outcome.
type Work = (Vec<LeadLine>, SyncSender<Result<RenderedLines, Failure>>);

/// The function that passes the lines of a file to another one.
pub type LineSource<'l> =
    dyn Fn(&mut dyn FnMut(LeadLine) -> Result<(), Failure>) -> Result<(), Failure> + Sync + Send + 'l;

/// Decides all lines of a file. `write` gets them in their order, and returns false to stop. Returns true if the end of the file
/// was reached.
///
/// # Errors
/// When the file cannot be read, a call cannot be decided, or `write` fails.
pub fn run(
    source: &LineSource<'_>,
    deciders: Vec<Decider>,
    rendering: &Rendering,
    write: &mut dyn FnMut(RenderedLines) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let waiting = deciders.len() * WAITING;
    let (work, to_do) = sync_channel::<Work>(waiting);
    let (order, outcomes) = sync_channel::<Receiver<Result<RenderedLines, Failure>>>(waiting);
    let to_do = Mutex::new(to_do);
    thread::scope(|scope| {
        for decider in deciders {
            let to_do = &to_do;
            scope.spawn(move || decide_all(decider, to_do, rendering));
        }
        let reading = scope.spawn(move || read_all(source, &work, &order));
        let is_stopped = write_all(outcomes, write)?;
        match reading.join() {
            // The reader fails because nothing takes its lines any more.
            _ if is_stopped => Ok(false),
            Ok(outcome) => outcome.map(|()| true),
            Err(_) => Err("the file's reader has failed".into()),
        }
    })
}

/// Passes the outcomes to `write`, in their order. Returns true if it has stopped the run.
fn write_all(
    outcomes: Receiver<Receiver<Result<RenderedLines, Failure>>>,
    write: &mut dyn FnMut(RenderedLines) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    for outcome in outcomes {
        let lines = outcome.recv().map_err(|_| "a thread that decides has failed")??;
        if !write(lines)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads the lines in batches. Each batch goes to the threads that decide, and its outcome to the writer.
fn read_all(
    source: &LineSource<'_>,
    work: &SyncSender<Work>,
    order: &SyncSender<Receiver<Result<RenderedLines, Failure>>>,
) -> Result<(), Failure> {
    let mut batch = Vec::with_capacity(BATCH);
    let send = |batch: Vec<LeadLine>| -> Result<(), Failure> {
        let (outcome, receiver) = sync_channel(1);
        order.send(receiver).map_err(|_| "the run has stopped")?;
        Ok(work.send((batch, outcome)).map_err(|_| "the threads that decide have stopped")?)
    };
    source(&mut |line| {
        batch.push(line);
        if batch.len() < BATCH { Ok(()) } else { send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))) }
    })?;
    if batch.is_empty() { Ok(()) } else { send(batch) }
}

/// Decides batches as long as there are some.
fn decide_all(mut decider: Decider, to_do: &Mutex<Receiver<Work>>, rendering: &Rendering) {
    loop {
        let next = to_do.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((lines, outcome)) = next else { return };
        let leads: Vec<&Lead> =
            lines.iter().filter_map(|line| if let LeadLine::Lead(lead) = line { Some(lead) } else { None }).collect();
        let rendered = decider.decide(&leads).map(|decisions| rendering.lines(&lines, decisions));
        // The writer may have stopped.
        let _ = outcome.send(rendered);
    }
}
