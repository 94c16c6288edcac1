//! Reads the entries of a file and builds their items, in a thread beside the writing of earlier ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use precall::Number;
use precall::rule::Key;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::file_reader::event::{FileEntry, ReadEvent};
use super::file_reader::format::{FormatDescription, FormatOptions};
use super::file_reader::input::InputFile;
use super::file_reader::read;
use super::item_builder::ItemBuilder;
use super::rejects::RejectedEntry;
use super::seen_numbers::SeenNumbers;
use crate::dynamodb::items::ItemChange;
use crate::failure::Failure;
use crate::ten_digits::TenDigitNumbers;

/// Entries of a chunk. An embedded database writes a chunk in one transaction.
const CHUNK: u64 = 5_000;

/// Chunks that wait to be written.
const WAITING: usize = 2;

/// Consecutive entries of a file.
#[derive(Debug, Default)]
pub struct EntryChunk {
    /// The changes of the table. If a number has several entries, the last one counts.
    pub changes: HashMap<Key, ItemChange>,
    pub rejects: Vec<RejectedEntry>,
    /// The number of entries, rejected ones included.
    pub entries: u64,
    /// The numbers that no earlier entry of the file has.
    pub accepted: u64,
    pub removed: u64,
    /// The lines that the operator left out.
    pub left_out: u64,
    /// Counts of the accepted numbers.
    pub numbers: TenDigitNumbers,
}

/// A message of the reader's thread.
#[derive(Debug)]
pub enum ReaderMessage {
    Format(FormatDescription),
    Chunk(EntryChunk),
}

/// Reads a file in a thread of its own.
#[derive(Debug)]
pub struct EntryReader {
    messages: Receiver<ReaderMessage>,
    used: Arc<AtomicU64>,
    thread: Option<JoinHandle<Result<(), Failure>>>,
}

impl EntryReader {
    /// Starts to read a file. The first `skipped` entries are skipped.
    pub fn start(input: InputFile, options: FormatOptions, builder: ItemBuilder, skipped: u64) -> Self {
        let (sender, messages) = channel(WAITING);
        let used = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&used);
        let thread = std::thread::spawn(move || {
            let (seen, chunk) = Default::default();
            let mut chunks = ChunkSender { sender, builder, to_skip: skipped, columns: None, seen, chunk };
            read::entries(input, &options, &counter, &mut |event| chunks.handle(event))?;
            chunks.send()
        });
        Self { messages, used, thread: Some(thread) }
    }

    /// Returns the file's format, which comes before its entries; `None` if the file is empty.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn format(&mut self) -> Result<Option<FormatDescription>, Failure> {
        Ok(match self.next().await? {
            Some(ReaderMessage::Format(format)) => Some(format),
            _ => None,
        })
    }

    /// Returns the next message; `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next(&mut self) -> Result<Option<ReaderMessage>, Failure> {
        if let Some(message) = self.messages.recv().await {
            return Ok(Some(message));
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome.map(|()| None),
            Some(Err(_)) => Err("the file's reader has failed".into()),
            None => Ok(None),
        }
    }

    /// Returns the bytes of the file that were read.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

/// Collects entries into chunks and sends them.
struct ChunkSender {
    sender: Sender<ReaderMessage>,
    builder: ItemBuilder,
    /// Entries still to be skipped.
    to_skip: u64,
    /// The numbers so far.
    seen: SeenNumbers,
    /// The names of the columns of the present text.
    columns: Option<Arc<str>>,
    chunk: EntryChunk,
}

impl ChunkSender {
    fn handle(&mut self, event: ReadEvent<'_>) -> Result<(), Failure> {
        match event {
            ReadEvent::Format(format) => {
                self.columns = format.header.as_deref().map(Arc::from);
                self.send_message(ReaderMessage::Format(format))
            }
            ReadEvent::LeftOut => {
                self.chunk.left_out += 1;
                Ok(())
            }
            ReadEvent::Entry(entry) if self.to_skip > 0 => {
                self.to_skip -= 1;
                if let Ok((key, ItemChange::Put(_))) = entry.entry.and_then(|entry| self.builder.change(entry)) {
                    self.seen.add(&key);
                }
                Ok(())
            }
            ReadEvent::Entry(entry) => {
                self.add(entry);
                if self.chunk.entries == CHUNK { self.send() } else { Ok(()) }
            }
        }
    }

    fn add(&mut self, entry: FileEntry<'_>) {
        let chunk = &mut self.chunk;
        chunk.entries += 1;
        match entry.entry.and_then(|entry| self.builder.change(entry)) {
            Ok((key, change)) => {
                match change {
                    ItemChange::Put(_) if self.seen.add(&key) => {
                        chunk.accepted += 1;
                        if let Ok(number) = Number::from_typed(&key.number) {
                            chunk.numbers.add(&number);
                        }
                    }
                    ItemChange::Put(_) => {}
                    ItemChange::Remove => chunk.removed += 1,
                }
                chunk.changes.insert(key, change);
            }
            Err(reason) => chunk.rejects.push(RejectedEntry {
                member: entry.member.to_owned(),
                nth: entry.nth,
                reason,
                text: entry.text.to_owned(),
                columns: self.columns.clone(),
            }),
        }
    }

    fn send(&mut self) -> Result<(), Failure> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.entries + chunk.left_out == 0 { Ok(()) } else { self.send_message(ReaderMessage::Chunk(chunk)) }
    }

    fn send_message(&self, message: ReaderMessage) -> Result<(), Failure> {
        self.sender.blocking_send(message).map_err(|_| "the import has stopped".into())
    }
}
