//! The bytes of a log: of a file or standard input, decompressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

const BUFFER_BYTES: usize = 128 << 10;

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Returns true if the path is `-`, which is standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Most times that data is compressed: by the writer of the records, and by the service that delivers them.
const MAX_COMPRESSIONS: usize = 3;

/// Opens an input. Gzip is decompressed.
///
/// # Errors
/// If the input cannot be opened or its first bytes cannot be read.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let raw: Box<dyn Read> = if is_stdin(path) { Box::new(io::stdin().lock()) } else { Box::new(File::open(path)?) };
    let mut reader: Box<dyn BufRead> = Box::new(BufReader::with_capacity(BUFFER_BYTES, raw));
    for _ in 0..MAX_COMPRESSIONS {
        let (head, rest) = peek(reader, GZIP.len() as u64)?;
        if head != GZIP {
            return Ok(Box::new(rest));
        }
        reader = Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(rest)));
    }
    Ok(reader)
}

/// Returns the first bytes of a reader, at most `bytes`, and a reader that still has them.
///
/// # Errors
/// If the first byte cannot be read.
pub fn peek<R: BufRead>(mut reader: R, bytes: u64) -> io::Result<(Vec<u8>, impl BufRead + use<R>)> {
    let mut head = Vec::new();
    // An error after the first byte occurs again when that part is read.
    let error = reader.by_ref().take(bytes).read_to_end(&mut head).err();
    match error {
        Some(error) if head.is_empty() => Err(error),
        _ => Ok((head.clone(), Cursor::new(head).chain(reader))),
    }
}
