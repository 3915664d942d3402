//! Connects to the first of several addresses that answers: the next one starts when the one before it has
//! failed or has been silent for a while. A small form of "happy eyeballs" (RFC 8305).

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// Head start of each attempt.
const HEAD_START: Duration = Duration::from_millis(250);

type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>;

/// The first connection that stands; the last error when there is none.
pub(crate) async fn connect_any(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    if let [only] = addresses {
        return TcpStream::connect(only).await;
    }
    let mut waiting = addresses.iter().copied();
    let mut running: Vec<Attempt> = Vec::with_capacity(addresses.len());
    let mut last_error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let next = waiting.next();
        let is_last = next.is_none();
        if let Some(address) = next {
            running.push(Box::pin(TcpStream::connect(address)));
        }
        if running.is_empty() {
            return Err(last_error);
        }
        let mut pause = pin!(sleep(HEAD_START));
        let step = poll_fn(|cx| {
            let mut failed = false;
            let mut at = 0;
            while let Some(attempt) = running.get_mut(at) {
                match attempt.as_mut().poll(cx) {
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                    Poll::Ready(Err(e)) => {
                        last_error = e;
                        failed = true;
                        drop(running.swap_remove(at));
                    }
                    Poll::Pending => at += 1,
                }
            }
            if failed || (!is_last && pause.as_mut().poll(cx).is_ready()) {
                return Poll::Ready(None);
            }
            Poll::Pending
        });
        if let Some(stream) = step.await {
            return Ok(stream);
        }
    }
}
