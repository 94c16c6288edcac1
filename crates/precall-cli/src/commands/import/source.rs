//! The entries of a file in chunks, read and made into items beside the writing of those before.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use precall::rule::Key;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::entry::{Change, Maker};
use super::input::Input;
use super::read::{self, Found, Line, Shown, Wanted};
use crate::failure::Failure;

/// Entries that are written at once: on an embedded database, in one transaction.
const CHUNK: u64 = 5_000;

/// Chunks that wait to be written.
const WAITING: usize = 2;

/// Some entries in a row.
#[derive(Debug, Default)]
pub struct Chunk {
    /// What they ask for. Of several entries of one number, the last counts.
    pub changes: HashMap<Key, Change>,
    pub rejects: Vec<Reject>,
    /// How many there are.
    pub entries: u64,
    pub accepted: u64,
    pub removed: u64,
}

/// An entry that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Reject {
    /// Of which member of an archive; empty otherwise.
    pub member: String,
    pub nth: u64,
    pub why: String,
    pub text: String,
}

/// What the reader has to say.
#[derive(Debug)]
pub enum News {
    Form(Shown),
    Chunk(Chunk),
}

/// A file that is read by a thread of its own.
#[derive(Debug)]
pub struct Source {
    news: Receiver<News>,
    used: Arc<AtomicU64>,
    reader: Option<JoinHandle<Result<(), Failure>>>,
}

impl Source {
    /// Reads the file from behind so many entries.
    pub fn start(input: Input, wanted: Wanted, maker: Maker, behind: u64) -> Self {
        let (sender, news) = channel(WAITING);
        let used = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&used);
        let reader = std::thread::spawn(move || {
            let mut chunks = Chunks { sender, maker, left: behind, chunk: Chunk::default() };
            read::entries(input, &wanted, &counted, &mut |found| chunks.take(found))?;
            chunks.send()
        });
        Self { news, used, reader: Some(reader) }
    }

    /// How the file is read; it comes before everything else. `None`: the file is empty.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn form(&mut self) -> Result<Option<Shown>, Failure> {
        Ok(match self.next().await? {
            Some(News::Form(form)) => Some(form),
            _ => None,
        })
    }

    /// The next news; `None` at the file's end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next(&mut self) -> Result<Option<News>, Failure> {
        if let Some(news) = self.news.recv().await {
            return Ok(Some(news));
        }
        match self.reader.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome.map(|()| None),
            Some(Err(_)) => Err("the file's reader has failed".into()),
            None => Ok(None),
        }
    }

    /// Bytes of the file that were read.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

struct Chunks {
    sender: Sender<News>,
    maker: Maker,
    /// Entries that are dealt with already.
    left: u64,
    chunk: Chunk,
}

impl Chunks {
    fn take(&mut self, found: Found<'_>) -> Result<(), Failure> {
        match found {
            Found::Form(form) => self.report(News::Form(form)),
            Found::Line(_) if self.left > 0 => {
                self.left -= 1;
                Ok(())
            }
            Found::Line(line) => {
                self.add(line);
                if self.chunk.entries == CHUNK { self.send() } else { Ok(()) }
            }
        }
    }

    fn add(&mut self, line: Line<'_>) {
        let chunk = &mut self.chunk;
        chunk.entries += 1;
        match line.asked.and_then(|asked| self.maker.change(asked)) {
            Ok((key, change)) => {
                match change {
                    Change::Put(_) => chunk.accepted += 1,
                    Change::Remove => chunk.removed += 1,
                }
                chunk.changes.insert(key, change);
            }
            Err(why) => chunk.rejects.push(Reject {
                member: line.member.to_owned(),
                nth: line.nth,
                why,
                text: line.text.to_owned(),
            }),
        }
    }

    fn send(&mut self) -> Result<(), Failure> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.entries == 0 { Ok(()) } else { self.report(News::Chunk(chunk)) }
    }

    fn report(&self, news: News) -> Result<(), Failure> {
        self.sender.blocking_send(news).map_err(|_| "stopped".into())
    }
}
