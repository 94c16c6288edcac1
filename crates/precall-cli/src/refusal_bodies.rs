//! Bodies for the answers with which the HTTP server refuses a request that it cannot read: its own have none, so that the
//! person who looks into the client's log sees a number only.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The beginnings of these answers, and the errors that say what to do.
const REFUSALS: [(&[u8], &str); 3] = [
    (b"HTTP/1.1 400 ", "the request is not HTTP/1.1 as the hook reads it; check its first line and its headers"),
    (b"HTTP/1.1 414 ", "the address of the request is too long; send only code, from and to in the query"),
    (b"HTTP/1.1 431 ", "the headers of the request are too large or too many; send fewer of them"),
];

/// The mark of an answer without a body. All answers of the hook to such a status have one.
const NO_BODY: &[u8] = b"\r\ncontent-length: 0\r\n";

/// The headers of these answers, as those of the hook's errors. The connection ends after them.
const HEADERS: &str = "content-type: application/json\r\ncache-control: no-store\r\nconnection: close\r\n";

/// A connection on which these answers have a body.
#[derive(Debug)]
pub struct RefusalBodies<S> {
    stream: S,
    /// The answer that is written instead of one without a body, and the number of its bytes that are written.
    instead: Vec<u8>,
    written: usize,
}

impl<S> RefusalBodies<S> {
    /// Returns a stream that writes to a connection.
    pub fn new(stream: S) -> Self {
        Self { stream, instead: Vec::new(), written: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RefusalBodies<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RefusalBodies<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_empty() {
            let Some(instead) = with_body(bytes) else { return Pin::new(&mut this.stream).poll_write(context, bytes) };
            (this.instead, this.written) = (instead, 0);
        }
        while let Some(rest) = this.instead.get(this.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut this.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => this.written += count,
            }
        }
        this.instead.clear();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Returns an answer with a body instead of one of the server without it; `None` for all others.
fn with_body(bytes: &[u8]) -> Option<Vec<u8>> {
    let (start, error) = REFUSALS.into_iter().find(|(start, _)| bytes.starts_with(start))?;
    let is_empty = bytes.windows(NO_BODY.len()).any(|part| part.eq_ignore_ascii_case(NO_BODY));
    if !(is_empty && bytes.ends_with(b"\r\n\r\n")) {
        return None;
    }
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or(start);
    let body = precall::error_json(error);
    let head = format!("\r\n{HEADERS}content-length: {}\r\n\r\n", body.len());
    Some([line, head.as_bytes(), body.as_bytes()].concat())
}
