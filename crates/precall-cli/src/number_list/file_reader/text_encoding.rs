//! Texts of Windows: marks before a text, and UTF-16.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

use crate::failure::Failure;

/// Bytes that are decoded at once.
const BUFFER: usize = 64 << 10;

/// The mark before a text in UTF-8, and those before texts in UTF-16.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [(&[u8], &Encoding); 2] = [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)];

/// Most bytes of the beginning of a text by which its encoding is detected.
const MAX_BEGINNING: usize = 4096;

/// Percent of the pairs of bytes that have a zero at one place, if the text is one of numbers in UTF-16.
const MIN_SHARE_OF_ZEROS: usize = 80;

/// Returns true if a text begins with a mark.
pub fn has_mark(beginning: &[u8]) -> bool {
    beginning.starts_with(UTF8_MARK) || UTF16_MARKS.into_iter().any(|(mark, _)| beginning.starts_with(mark))
}

/// Passes a text to a closure, in UTF-8 and without its mark.
///
/// # Errors
/// When the text cannot be read, or the closure fails.
pub fn in_utf8(
    reader: &mut dyn BufRead,
    each: impl FnOnce(&mut dyn BufRead) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let beginning = reader.fill_buf()?;
    let marked = UTF16_MARKS.into_iter().find(|(mark, _)| beginning.starts_with(mark));
    if let Some(encoding) = marked.map(|(_, encoding)| encoding).or_else(|| unmarked_utf16(beginning)) {
        let decoder = encoding.new_decoder_with_bom_removal();
        let text = vec![0; BUFFER];
        return each(&mut Utf16Reader { inner: reader, decoder, text, begin: 0, end: 0, is_finished: false });
    }
    if beginning.starts_with(UTF8_MARK) {
        reader.consume(UTF8_MARK.len());
    }
    each(reader)
}

/// Detects UTF-16 without a mark: most characters of a list are ASCII, so each second byte is zero.
fn unmarked_utf16(beginning: &[u8]) -> Option<&'static Encoding> {
    let beginning = beginning.get(..beginning.len().min(MAX_BEGINNING)).unwrap_or_default();
    let (mut pairs, mut high, mut low) = (0, 0, 0);
    for pair in beginning.chunks_exact(2) {
        let [first, second] = pair else { continue };
        pairs += 1;
        high += usize::from(*first == 0 && *second != 0);
        low += usize::from(*second == 0 && *first != 0);
    }
    let is_most = |count: usize| pairs > 1 && count * 100 >= pairs * MIN_SHARE_OF_ZEROS;
    if is_most(low) {
        Some(UTF_16LE)
    } else if is_most(high) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Reads a text in UTF-16 as UTF-8.
struct Utf16Reader<'r> {
    inner: &'r mut dyn BufRead,
    decoder: Decoder,
    /// The decoded text. A part of it is still to be read.
    text: Vec<u8>,
    begin: usize,
    end: usize,
    is_finished: bool,
}

impl BufRead for Utf16Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.begin >= self.end && !self.is_finished {
            let bytes = self.inner.fill_buf()?;
            let is_last = bytes.is_empty();
            let (outcome, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut self.text, is_last);
            self.inner.consume(read);
            self.is_finished = is_last && outcome == CoderResult::InputEmpty;
            (self.begin, self.end) = (0, written);
        }
        Ok(self.text.get(self.begin..self.end).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.begin += count;
    }
}

impl Read for Utf16Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut text = self.fill_buf()?;
        let read = text.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot continue should fail at that point")]

    use std::io::BufReader;

    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut reader = BufReader::with_capacity(7, bytes);
        in_utf8(&mut reader, |reader| Ok(reader.read_to_string(&mut text).map(|_| ())?)).unwrap();
        text
    }

    #[test]
    fn texts_of_windows_become_utf8() {
        let text = "phone\r\n3155550101 é 😀\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&little, &big, &[b"\xff\xfe", &little[..]].concat(), &[b"\xfe\xff", &big[..]].concat()] {
            assert_eq!(read(bytes), text);
        }
        assert_eq!(read(b"\xef\xbb\xbf3155550101\n"), "3155550101\n");
        assert_eq!(read(b"3155550101\n"), "3155550101\n");
        assert_eq!(read(b""), "");
    }
}
