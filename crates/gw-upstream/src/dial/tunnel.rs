//! Opens a tunnel through an HTTP proxy (CONNECT). What the proxy says besides yes or no is dropped.

use crate::codec::parse;
use crate::destination::Inner;
use crate::error::{SendError, SendErrorKind};
use crate::proxy::Proxy;
use crate::transport::Transport;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Most bytes of one read.
const READ_BYTES: u64 = 4096;

/// Asks the proxy for a connection to the destination; afterwards the stream leads there.
pub(crate) async fn open(stream: &mut Transport, to: &Inner, proxy: &Proxy) -> Result<(), SendError> {
    let failed = |e: io::Error| SendError::with(SendErrorKind::Proxy, e);
    let host = if to.host().contains(':') { format!("[{}]", to.host()) } else { to.host().to_owned() };
    let target = format!("{host}:{}", to.port());
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n");
    if let Some(authorization) = &proxy.authorization {
        request.push_str("proxy-authorization: ");
        request.push_str(authorization);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut answer = Vec::with_capacity(512);
    loop {
        // As with HEAD: a successful answer has no body, and an unsuccessful one is not read.
        match parse(&answer, true).map_err(|e| SendError::with(SendErrorKind::Proxy, e))? {
            Some(head) if head.status.is_informational() => {
                answer.drain(..head.len);
                continue;
            }
            // The provider does not speak first; bytes behind the head would be the proxy's own.
            Some(head) if head.status.is_success() && head.len == answer.len() => return Ok(()),
            Some(head) => {
                let text = format!("the proxy answered with status {}", head.status.as_u16());
                return Err(SendError::with(SendErrorKind::Proxy, text));
            }
            None => {}
        }
        if (&mut *stream).take(READ_BYTES).read_buf(&mut answer).await.map_err(failed)? == 0 {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}
