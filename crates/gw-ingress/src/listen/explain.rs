//! Gives the answers that hyper makes by itself a body. A head that cannot be parsed never becomes a request: hyper
//! writes a bare 400, 414 or 431 and closes. Here, between hyper and the socket, such an answer is exchanged for one
//! in the gateway's form. Not possible: a word about a head that took too long (hyper closes without an answer),
//! the caller's own wire format (there is no path to tell it by), and HTTP/2, where hyper resets the stream.

use super::activity::Activity;
use crate::broken;
use crate::site::Site;
use bytes::Buf;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest answer of hyper's own.
const MAX_BARE: usize = 256;

const NO_BODY: &str = "content-length: 0\r\n";

/// A stream as the module says.
pub(crate) struct Explaining<S> {
    stream: S,
    site: Rc<Site>,
    activity: Rc<Activity>,
    /// In place of what hyper wrote, and not yet written.
    instead: VecDeque<u8>,
}

impl<S> Explaining<S> {
    pub(crate) const fn new(stream: S, site: Rc<Site>, activity: Rc<Activity>) -> Self {
        Self { stream, site, activity, instead: VecDeque::new() }
    }

    /// What is to be written instead of `bytes`, if they are an answer of hyper's own.
    fn explained(&self, bytes: &[u8]) -> Option<VecDeque<u8>> {
        if self.activity.may_be_answering() || bytes.len() > MAX_BARE || !bytes.starts_with(b"HTTP/1.1 4") {
            return None;
        }
        let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let (before, after) = head.split_once(NO_BODY)?;
        let (headers, body) = broken::explain(&self.site, status);
        let mut out = format!("{before}{after}content-length: {}\r\n", body.len()).into_bytes();
        for (name, value) in &headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&body);
        Some(out.into())
    }
}

impl<S: AsyncWrite + Unpin> Explaining<S> {
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.instead.is_empty() {
            let (front, _) = self.instead.as_slices();
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, front))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.instead.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explaining<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explaining<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(cx))?;
        if let Some(instead) = self.explained(buf) {
            self.instead = instead;
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(cx))?;
        self.activity.note_flush();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(cx))?;
        // Hyper's own answer is a head and nothing else.
        let mut filled = bufs.iter().filter(|buf| !buf.is_empty());
        if let (Some(only), None) = (filled.next(), filled.next())
            && let Some(instead) = self.explained(only)
        {
            self.instead = instead;
            return Poll::Ready(Ok(only.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
