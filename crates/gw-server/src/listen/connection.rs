//! One client connection: socket options, TLS, HTTP/1.1 or HTTP/2 with limits, and an orderly end.

use super::acceptor::Door;
use super::activity::Activity;
use super::explain::Explaining;
use super::linger::Lingering;
use super::pace::{self, PacedBody};
use super::worker::{Handed, OpenGuard, Phase};
use crate::app::site::Site;
use crate::ingress;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

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
            Ok(Ok(stream)) => drive(stream, peer, door, site, phase).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        },
    }
}

async fn drive<S>(stream: S, peer: SocketAddr, door: Door, site: Rc<Site>, mut phase: watch::Receiver<Phase>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let builder = builder(&site);
    let first_head = Duration::from_millis(site.parts.limits.header_read_timeout_ms) + AFTER_HEAD;
    let activity = Rc::new(Activity::default());
    let stream = Explaining::new(Lingering::new(stream), Rc::clone(&site), Rc::clone(&activity));
    let service = service_fn(|request: Request<Incoming>| {
        let (site, under_way) = (Rc::clone(&site), activity.begin());
        async move {
            let reply = ingress::handle(&site, door, request).await;
            Ok::<_, Infallible>(reply.map(|body| PacedBody::new(body, under_way)))
        }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    // Before hyper knows which HTTP is spoken, it has no limit of time; nor has HTTP/2 before its first request.
    let first_head = tokio::time::sleep(first_head);
    tokio::pin!(connection, first_head);
    let (mut draining, mut watching) = (false, true);
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%peer, %error, "a client connection ended early");
                }
                return;
            }
            _ = phase.wait_for(|p| *p >= Phase::Draining), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            () = first_head.as_mut(), if watching => {
                watching = false;
                if !activity.has_started() {
                    tracing::debug!(%peer, "a client connected and sent no request");
                    return;
                }
            }
        }
    }
}

fn builder(site: &Site) -> auto::Builder<LocalExecutor> {
    let limits = &site.parts.limits;
    let header_bytes = limits.max_header_bytes.max(8192);
    let header_read = Duration::from_millis(limits.header_read_timeout_ms);
    let stall = Duration::from_millis(limits.client_stall_timeout_ms);
    let mut builder = auto::Builder::new(LocalExecutor { stall });
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_read)
        .max_buf_size(header_bytes)
        .max_headers(limits.max_headers)
        .half_close(false);
    // No pipeline_flush: it holds back the answer to a head that is refused with bytes left unread.
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_H2_STREAMS)
        .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
