//! Which HTTP a client speaks, found out before anything is read: on TLS it was agreed on, on plain connections
//! HTTP/2 begins with a preface that no HTTP/1.1 request begins with. It must not take bytes off the socket:
//! a sniffer that does has to hold them in a buffer for as long as the connection lives.

use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What HTTP/2 clients that were not asked begin with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Between two looks at a preface that has come in part.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 or 1.0.
    Http1,
    /// HTTP/2.
    Http2,
}

/// A connection that can tell.
pub(crate) trait Spoken {
    /// Waits for the client's first bytes where they are needed.
    async fn protocol(&self) -> io::Result<Protocol>;
}

impl Spoken for TcpStream {
    async fn protocol(&self) -> io::Result<Protocol> {
        let mut first = [0; PREFACE.len()];
        loop {
            let seen = self.peek(&mut first).await?;
            let seen = first.get(..seen).unwrap_or_default();
            if seen.is_empty() || !PREFACE.starts_with(seen) {
                return Ok(Protocol::Http1);
            }
            if seen.len() == PREFACE.len() {
                return Ok(Protocol::Http2);
            }
            // A socket with something to read is ready: only time tells whether there is more.
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl Spoken for TlsStream<TcpStream> {
    async fn protocol(&self) -> io::Result<Protocol> {
        let (_, session) = self.get_ref();
        Ok(if session.alpn_protocol() == Some(b"h2") { Protocol::Http2 } else { Protocol::Http1 })
    }
}
