//! The files of an export.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::dynamodb::attribute_value::{Attributes, to_typed};
use crate::failure::Failure;

/// Writes items into files of a limited size. A file gets its name only when it is whole.
pub struct PartFiles<'p> {
    folder: &'p Path,
    /// The size at which a part ends, in bytes before compression.
    max_size: u64,
    open: Option<OpenPart>,
    count: u32,
    items: u64,
    bytes: u64,
}

/// A part that is being written.
struct OpenPart {
    path: PathBuf,
    file: GzEncoder<BufWriter<File>>,
    size: u64,
}

impl<'p> PartFiles<'p> {
    /// Returns a writer of parts in a folder.
    pub fn new(folder: &'p Path, max_size: u64) -> Self {
        Self { folder, max_size, open: None, count: 0, items: 0, bytes: 0 }
    }

    /// Returns the number of parts.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Returns the number of items in all parts.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// Returns the size of all parts, in bytes before compression.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes an item.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, item: &Attributes) -> Result<(), Failure> {
        let line = format!("{}\n", json!({ "Item": to_typed(item)? }));
        let mut part = match self.open.take() {
            Some(part) => part,
            None => self.next_part()?,
        };
        part.file.write_all(line.as_bytes()).map_err(|error| failure(&part.path, &error))?;
        let length = u64::try_from(line.len())?;
        part.size += length;
        self.bytes += length;
        self.items += 1;
        let is_full = part.size >= self.max_size;
        self.open = Some(part);
        if is_full { self.end() } else { Ok(()) }
    }

    fn next_part(&mut self) -> Result<OpenPart, Failure> {
        self.count += 1;
        let path = self.folder.join(format!("part-{:05}.json.gz", self.count));
        let file = File::create(unfinished(&path)).map_err(|error| failure(&path, &error))?;
        Ok(OpenPart { path, file: GzEncoder::new(BufWriter::new(file), Compression::fast()), size: 0 })
    }

    /// Ends the open part, if there is one.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn end(&mut self) -> Result<(), Failure> {
        let Some(OpenPart { path, file, .. }) = self.open.take() else { return Ok(()) };
        let written = file.finish().and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
        written
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(unfinished(&path), &path))
            .map_err(|error| failure(&path, &error))
    }
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("unfinished")
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    format!("{}: {error}; make room or choose another folder with --out, then run the command again", path.display())
        .into()
}
