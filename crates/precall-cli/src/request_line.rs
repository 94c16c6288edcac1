//! Requests whose address has characters that an address cannot have, such as `<`, `"` or a blank. The HTTP server refuses them
//! without an answer's body and without a record, although the rest of the request is clear. A stream that encodes these
//! characters lets the hook answer them as a function behind a gateway does.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The largest head of a request that is read here, in bytes. A larger one is passed on unchanged.
const MAX_HEAD: usize = 64 * 1024;

/// The bytes that are read at a time.
const CHUNK: usize = 8 * 1024;

/// A connection of a client. In the address of each request, it encodes characters that an address cannot have. It changes nothing
/// else, and nothing after a request that has a body, so that it never disagrees with the server about where a request begins.
#[derive(Debug)]
pub struct ReadableRequests<S> {
    stream: S,
    /// The beginning of a head.
    head: Vec<u8>,
    /// Bytes for the server, and how many of them it has taken.
    ready: Vec<u8>,
    taken: usize,
    /// True if all further bytes are passed on unchanged.
    is_passing: bool,
}

impl<S> ReadableRequests<S> {
    /// Returns a stream that reads from a connection.
    pub fn new(stream: S) -> Self {
        Self { stream, head: Vec::new(), ready: Vec::new(), taken: 0, is_passing: false }
    }

    /// Moves bytes that have been read into the caller's buffer. Returns false if there are none.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let rest = self.ready.get(self.taken..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..count).unwrap_or_default());
        self.taken += count;
        if self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
        }
        true
    }

    /// Moves complete heads to the bytes for the server.
    fn take_heads(&mut self) {
        while !self.is_passing
            && let Some(end) = head_end(&self.head)
        {
            let rest = self.head.split_off(end);
            self.is_passing = may_have_body(&self.head);
            self.ready.extend(encoded(&self.head));
            self.head = rest;
        }
        if self.is_passing || self.head.len() > MAX_HEAD {
            self.pass_on();
        }
    }

    fn pass_on(&mut self) {
        self.is_passing = true;
        self.ready.append(&mut self.head);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadableRequests<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.give(buffer) || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if this.is_passing {
                return Pin::new(&mut this.stream).poll_read(context, buffer);
            }
            let mut chunk = [0; CHUNK];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                // The end: the server judges an incomplete head.
                this.pass_on();
            } else {
                this.head.extend_from_slice(read.filled());
                this.take_heads();
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadableRequests<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Returns the end of the first head: after its empty line. As for the server, a line may end without a carriage return, and empty
/// lines before the request do not count.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let mut line = start;
    for (at, _) in bytes.iter().enumerate().skip(start).filter(|(_, byte)| **byte == b'\n') {
        if matches!(bytes.get(line..at), Some(b"" | b"\r")) {
            return Some(at + 1);
        }
        line = at + 1;
    }
    None
}

/// Returns true if a request may have a body: it mentions a length other than 0, or a transfer coding, anywhere.
fn may_have_body(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let lengths = head.matches("content-length").count();
    let is_zero =
        head.lines().any(|line| line.strip_prefix("content-length:").is_some_and(|value| value.trim() == "0"));
    head.contains("transfer-encoding") || head.contains("upgrade") || lengths > usize::from(is_zero)
}

/// Returns a head in which the address of the request has no characters that it cannot have.
fn encoded(head: &[u8]) -> Vec<u8> {
    let start = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
    let end = head.iter().skip(start).position(|byte| *byte == b'\n').map_or(head.len(), |at| start + at);
    let line = head.get(start..end).unwrap_or_default();
    let Some((address_start, address_end)) = address(line) else { return head.to_vec() };
    let mut encoded = head.get(..start + address_start).unwrap_or_default().to_vec();
    for byte in line.get(address_start..address_end).unwrap_or_default() {
        // Other control characters are left for the server to refuse.
        if matches!(byte, b'\t' | b' ' | b'"' | b'<' | b'>' | 0x80..) {
            encoded.extend(format!("%{byte:02X}").into_bytes());
        } else {
            encoded.push(*byte);
        }
    }
    encoded.extend(head.get(start + address_end..).unwrap_or_default());
    encoded
}

/// Returns the position of the address in the first line of a request, if its method and its version are there.
fn address(line: &[u8]) -> Option<(usize, usize)> {
    let start = line.iter().position(|byte| *byte == b' ')? + 1;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let rest = line.strip_suffix(b" HTTP/1.1").or_else(|| line.strip_suffix(b" HTTP/1.0"))?;
    let is_address = rest.get(start) == Some(&b'/');
    is_address.then_some((start, rest.len()))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    /// Returns the bytes that the server reads if a client sends these pieces.
    async fn passed(pieces: &[&str]) -> String {
        let mut stream = tokio_test_stream(pieces);
        let mut read = Vec::new();
        let mut chunk = [0; 7];
        loop {
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return String::from_utf8_lossy(&read).into_owned(),
                Ok(count) => read.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            }
        }
    }

    /// A stream that returns one piece for each read.
    struct Pieces(std::collections::VecDeque<Vec<u8>>);

    impl AsyncRead for Pieces {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            let pieces = &mut self.get_mut().0;
            if let Some(mut piece) = pieces.pop_front() {
                let rest = piece.split_off(piece.len().min(buffer.remaining()));
                buffer.put_slice(&piece);
                if !rest.is_empty() {
                    pieces.push_front(rest);
                }
            }
            Poll::Ready(Ok(()))
        }
    }

    fn tokio_test_stream(pieces: &[&str]) -> ReadableRequests<Pieces> {
        ReadableRequests::new(Pieces(pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect()))
    }

    #[tokio::test]
    async fn only_the_address_of_a_request_is_encoded() {
        const PLAIN: &str = "GET /?to=%2B1 HTTP/1.1\r\nhost: <a b>\r\n\r\n";
        for (sent, expected) in [
            (vec![PLAIN], PLAIN.to_owned()),
            (
                vec!["GET /?a=<b \"c\"> HTTP/1.1\r\nx: <\r\n\r\n"],
                "GET /?a=%3Cb%20%22c%22%3E HTTP/1.1\r\nx: <\r\n\r\n".to_owned(),
            ),
            (vec!["POST /?a=b c HTTP/1.0\r\n\r\n"], "POST /?a=b%20c HTTP/1.0\r\n\r\n".to_owned()),
            (vec!["GET /?a=é HTTP/1.1\n\n"], "GET /?a=%C3%A9 HTTP/1.1\n\n".to_owned()),
            // In pieces, with empty lines before it, and two requests of one connection.
            (
                vec!["\r\nGET /?a=", "< HT", "TP/1.1\r\n\r", "\nGET /?b=> HTTP/1.1\r\n\r\n"],
                "\r\nGET /?a=%3C HTTP/1.1\r\n\r\nGET /?b=%3E HTTP/1.1\r\n\r\n".to_owned(),
            ),
            // After a body, and within it, nothing is changed.
            (
                vec!["POST /?a=< HTTP/1.1\r\nContent-Length: 20\r\n\r\nGET /?b=< HTTP/1.1\r\n\r\n"],
                "POST /?a=%3C HTTP/1.1\r\nContent-Length: 20\r\n\r\nGET /?b=< HTTP/1.1\r\n\r\n".to_owned(),
            ),
            (
                vec!["POST /?a=< HTTP/1.1\nTransfer-Encoding: chunked\n\n5\r\nGET <\r\n0\r\n\r\n"],
                "POST /?a=%3C HTTP/1.1\nTransfer-Encoding: chunked\n\n5\r\nGET <\r\n0\r\n\r\n".to_owned(),
            ),
            (
                vec![
                    "POST /?a=< HTTP/1.1\r\nContent-Length: 0\r\n\r\nPOST /?b=< HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
                ],
                "POST /?a=%3C HTTP/1.1\r\nContent-Length: 0\r\n\r\nPOST /?b=%3C HTTP/1.1\r\ncontent-length: 0\r\n\r\n"
                    .to_owned(),
            ),
            (
                vec!["POST /?a HTTP/1.1\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\nGET /?< HTTP/1.1\r\n\r\n"],
                "POST /?a HTTP/1.1\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\nGET /?< HTTP/1.1\r\n\r\n"
                    .to_owned(),
            ),
            // The server refuses data that is not a request.
            (vec!["GET <\r\n\r\n"], "GET <\r\n\r\n".to_owned()),
            (vec!["GET http://a/< HTTP/1.1\r\n\r\n"], "GET http://a/< HTTP/1.1\r\n\r\n".to_owned()),
            (vec!["GET /\rx HTTP/1.1\r\n\r\n"], "GET /\rx HTTP/1.1\r\n\r\n".to_owned()),
            (vec!["GET /?a=<"], "GET /?a=<".to_owned()),
            (vec![""], String::new()),
        ] {
            assert_eq!(passed(&sent).await, expected, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn a_head_without_an_end_is_passed_on() {
        let endless = format!("GET /?a=<{} ", "x".repeat(CHUNK - 10));
        let pieces = vec![endless.as_str(); 10];
        assert_eq!(passed(&pieces).await, pieces.concat());
    }
}
