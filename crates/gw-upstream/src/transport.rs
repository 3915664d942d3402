//! A byte stream towards a provider: plain, TLS, or TLS within TLS to a proxy. Knows nothing of HTTP.

use bytes::BytesMut;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// With less room than this in the buffer, a TLS read is not continued.
const MIN_ROOM_BYTES: usize = 16 * 1024;

/// A connected stream.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Nested(Box<TlsStream<TlsStream<TcpStream>>>),
}

impl Transport {
    /// Appends what is ready to `buffer`, without reallocating it; 0 is the end of the stream.
    pub(crate) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(s) => pin!(s.read_buf(buffer)).poll(cx),
            Self::Tls(s) => fill_records(s.as_mut(), cx, buffer),
            Self::Nested(s) => fill_records(s.as_mut(), cx, buffer),
        }
    }

    /// True when an idle connection can be used: nothing to read, not ended, no error.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut byte = [0_u8; 1];
        let mut probe = ReadBuf::new(&mut byte);
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(self).poll_read(&mut cx, &mut probe).is_pending()
    }
}

/// TLS hands over one record at a time; takes all that are there.
fn fill_records<S>(stream: &mut S, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>>
where
    S: AsyncRead + Unpin,
{
    let mut total = 0;
    loop {
        match pin!(stream.read_buf(buffer)).poll(cx) {
            Poll::Ready(Ok(n)) if n > 0 => {
                total += n;
                if buffer.capacity() - buffer.len() < MIN_ROOM_BYTES {
                    return Poll::Ready(Ok(total));
                }
            }
            // An end or error behind data is found again by the next read.
            _ if total > 0 => return Poll::Ready(Ok(total)),
            other => return other,
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Self::Tls(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
            Self::Nested(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_write(cx, data),
            Self::Tls(s) => Pin::new(s.as_mut()).poll_write(cx, data),
            Self::Nested(s) => Pin::new(s.as_mut()).poll_write(cx, data),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_write_vectored(cx, data),
            Self::Tls(s) => Pin::new(s.as_mut()).poll_write_vectored(cx, data),
            Self::Nested(s) => Pin::new(s.as_mut()).poll_write_vectored(cx, data),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(s) => Pin::new(s.as_mut()).poll_flush(cx),
            Self::Nested(s) => Pin::new(s.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Self::Tls(s) => Pin::new(s.as_mut()).poll_shutdown(cx),
            Self::Nested(s) => Pin::new(s.as_mut()).poll_shutdown(cx),
        }
    }
}
