//! One client connection: socket options, TLS, HTTP/1.1 or HTTP/2 with limits, and an orderly end.

use super::acceptor::Door;
use super::activity::Activity;
use super::explain::Explaining;
use super::linger::Lingering;
use super::pace::{self, PacedBody};
use super::protocol::{Protocol, Spoken};
use super::worker::{Handed, OpenGuard, Phase};
use crate::dispatch;
use crate::site::Site;
use gw_config::compile::ServerLimits;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Sleep;

/// Streams that one HTTP/2 client may have open at once.
const MAX_H2_STREAMS: u32 = 512;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Added to the time that a first head may take: hyper's own limit, which starts at the first bytes, comes first.
const AFTER_HEAD: Duration = Duration::from_secs(1);

/// Runs the streams of HTTP/2 connections on the worker's own thread.
#[derive(Clone, Copy, Debug)]
struct LocalExecutor {
    /// For data that the client leaves unread.
    stall: Duration,
}

impl<F> hyper::rt::Executor<F> for LocalExecutor
where
    F: Future + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the worker's own task set")]
    fn execute(&self, future: F) {
        tokio::task::spawn_local(pace::limit(future, self.stall));
    }
}

/// Serves a connection in a task of its own.
#[expect(clippy::disallowed_methods, reason = "the worker's own task set")]
pub(crate) fn spawn(handed: Handed, site: Rc<Site>, guard: OpenGuard, phase: watch::Receiver<Phase>) {
    tokio::task::spawn_local(async move {
        let _guard = guard;
        let Handed { stream, peer, door } = handed;
        if let Some(stream) = prepare(stream, &site) {
            serve(stream, peer, door, site, phase).await;
        }
    });
}

/// Socket options. A stream that cannot be set up is dropped: its client is gone.
fn prepare(stream: std::net::TcpStream, site: &Site) -> Option<TcpStream> {
    stream.set_nodelay(true).ok()?;
    let socket = socket2::SockRef::from(&stream);
    // A client that stops reading holds an upstream open; the kernel ends it for us.
    let stall = site.parts.limits.client_stall_timeout_ms;
    socket.set_tcp_user_timeout(Some(Duration::from_millis(stall))).ok()?;
    socket.set_keepalive(true).ok()?;
    TcpStream::from_std(stream).ok()
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    door: Door,
    site: Rc<Site>,
    phase: watch::Receiver<Phase>,
) {
    match site.tls_acceptor() {
        None => drive(stream, peer, door, site, phase).await,
        Some(acceptor) => match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
            // A box, here and below: the task of every connection has room for the largest of these futures.
            Ok(Ok(stream)) => Box::pin(drive(stream, peer, door, site, phase)).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        },
    }
}

async fn drive<S>(stream: S, peer: SocketAddr, door: Door, site: Rc<Site>, mut phase: watch::Receiver<Phase>)
where
    S: AsyncRead + AsyncWrite + Spoken + Unpin + 'static,
{
    let limits = &site.parts.limits;
    let header_read = Duration::from_millis(limits.header_read_timeout_ms);
    // Until the client has begun, hyper has no limit of time; nor has HTTP/2 before its first request.
    let first_head = tokio::time::sleep(header_read + AFTER_HEAD);
    tokio::pin!(first_head);
    let protocol = tokio::select! {
        biased;
        protocol = stream.protocol() => protocol,
        () = first_head.as_mut() => return silent(peer),
        _ = phase.wait_for(|p| *p >= Phase::Draining) => return,
    };
    let Ok(protocol) = protocol else { return };
    let activity = Rc::new(Activity::default());
    let stream = Explaining::new(Lingering::new(stream), Rc::clone(&site), Rc::clone(&activity));
    let (io, lived) = (TokioIo::new(stream), Rc::clone(&activity));
    let service = service_fn(|request: Request<Incoming>| {
        let (site, activity) = (Rc::clone(&site), Rc::clone(&activity));
        let under_way = activity.begin();
        // Hyper keeps a place for this future for as long as the connection lives: a box is a small one.
        Box::pin(async move {
            let reply = activity.keep_session(dispatch::handle(&site, door, peer, request).await);
            Ok::<_, Infallible>(reply.map(|body| PacedBody::new(body, under_way)))
        })
    });
    let mut leaving = phase.clone();
    let life = Life { peer, phase, first_head, activity: Rc::clone(&lived) };
    match protocol {
        Protocol::Http1 => {
            let mut connection = http1(limits, header_read).serve_connection(io, service);
            let ended = life.run(Pin::new(&mut connection), |c| c.graceful_shutdown()).await;
            // Only a connection whose 101 was written is a session's.
            if let Some(session) = lived.take_session().filter(|_| ended) {
                let parts = connection.into_parts();
                let stopping = async { drop(leaving.wait_for(|p| *p >= Phase::Leaving).await) };
                Box::pin(session.run(parts.io.into_inner(), parts.read_buf, stopping)).await;
            }
        }
        Protocol::Http2 => {
            let connection = http2(limits).serve_connection(io, service);
            Box::pin(async move { life.run(pin!(connection), |c| c.graceful_shutdown()).await }).await;
        }
    }
}

fn silent(peer: SocketAddr) {
    tracing::debug!(%peer, "a client connected and sent no request");
}

/// The end of the wait for a first request. Once that has come, the timer is not even looked at: this is polled
/// with every piece of every stream.
async fn first_head(mut timer: Pin<&mut Sleep>, activity: &Activity) {
    poll_fn(|cx| if activity.has_started() { Poll::Pending } else { timer.as_mut().poll(cx) }).await;
}

/// What ends a connection besides itself.
struct Life<'a> {
    peer: SocketAddr,
    phase: watch::Receiver<Phase>,
    first_head: Pin<&'a mut Sleep>,
    activity: Rc<Activity>,
}

impl Life<'_> {
    /// True when the connection ended by itself, and in order.
    async fn run<C>(mut self, mut connection: Pin<&mut C>, drain: impl Fn(Pin<&mut C>)) -> bool
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut draining = false;
        loop {
            tokio::select! {
                biased;
                result = connection.as_mut() => {
                    if let Err(error) = &result {
                        tracing::debug!(peer = %self.peer, %error, "a client connection ended early");
                    }
                    return result.is_ok();
                }
                _ = self.phase.wait_for(|p| *p >= Phase::Draining), if !draining => {
                    draining = true;
                    drain(connection.as_mut());
                }
                () = first_head(self.first_head.as_mut(), &self.activity) => {
                    silent(self.peer);
                    return false;
                }
            }
        }
    }
}

fn http1(limits: &ServerLimits, header_read: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(header_read)
        .max_buf_size(header_bytes(limits))
        .max_headers(limits.max_headers)
        .half_close(false)
        // One buffer and send(2): for the small frames of streams, writev(2) costs more than the copy.
        .writev(false);
    // No pipeline_flush: it holds back the answer to a head that is refused with bytes left unread.
    builder
}

fn http2(limits: &ServerLimits) -> http2::Builder<LocalExecutor> {
    let stall = Duration::from_millis(limits.client_stall_timeout_ms);
    let mut builder = http2::Builder::new(LocalExecutor { stall });
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_H2_STREAMS)
        .max_header_list_size(u32::try_from(header_bytes(limits)).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Hyper takes no smaller buffer.
fn header_bytes(limits: &ServerLimits) -> usize {
    limits.max_header_bytes.max(8192)
}
