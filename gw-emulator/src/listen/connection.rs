//! One connection: reads bodies up to the limit, hands requests to the emulator, and counts itself as
//! open while it carries provider requests. It must not answer by itself, but for bodies too large.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Request, Response, request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use tokio::net::TcpStream;

use super::io::Io;
use crate::answer::Rejection;
use crate::control;
use crate::emulator::Emulator;
use crate::fault::Faults;
use crate::play::{BoxBody, boxed_empty};
use crate::realtime::{self, Opened};
use crate::respond::{Abandon, rejection};
use crate::route;
use crate::stats::Counters;

/// What the parts of one connection tell each other.
#[derive(Debug)]
pub(crate) struct ConnectionTag {
    counters: Arc<Counters>,
    counted: AtomicBool,
    reset: AtomicBool,
    session: Mutex<Option<(OnUpgrade, Opened)>>,
}

impl ConnectionTag {
    /// A connection that counts as open.
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        counters.connection_opened();
        Self {
            counters,
            counted: AtomicBool::new(true),
            reset: AtomicBool::new(false),
            session: Mutex::default(),
        }
    }

    /// Lets the connection end with a TCP reset.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_reset_on_close(&self) -> bool {
        self.reset.load(Ordering::Relaxed)
    }

    /// A connection that carries control requests does not count: who asks for the number of open
    /// connections does not want to see their own.
    fn count(&self, counts: bool) {
        if self.counted.swap(counts, Ordering::Relaxed) != counts {
            if counts { self.counters.connection_opened() } else { self.counters.connection_closed() }
        }
    }
}

impl Drop for ConnectionTag {
    fn drop(&mut self) {
        self.count(false);
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(emulator: Emulator, stream: TcpStream, tag: Arc<ConnectionTag>) {
    let io = TokioIo::new(Io::new(stream, Arc::clone(&tag)));
    let kept = Arc::clone(&tag);
    let service = service_fn(move |request| answer(emulator.clone(), Arc::clone(&tag), request));
    let builder = Builder::new(TokioExecutor::new());
    // How a connection ends is the peer's affair or a fault's; the statistics have it already.
    let _ = builder.serve_connection_with_upgrades(io, service).await;
    let session = kept.session.lock().take();
    if let Some((upgrade, opened)) = session
        && let Ok(connection) = upgrade.await
    {
        opened.run(TokioIo::new(connection), &kept).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads bodies, within the limit")]
async fn answer(
    emulator: Emulator,
    tag: Arc<ConnectionTag>,
    request: Request<Incoming>,
) -> Result<Response<BoxBody>, io::Error> {
    tag.count(!request.uri().path().starts_with(control::PREFIX));
    let mut request = request;
    let upgrade = realtime::is_asked_for(request.uri().path(), request.headers())
        .then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let limit = emulator.shared().config.max_body_bytes;
    let body: Bytes = match Limited::new(body, limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(too_large(&emulator, &parts, limit));
        }
        Err(error) => return Err(io::Error::other(error)),
    };
    let is_head = parts.method == http::Method::HEAD;
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(Arc::clone(&tag));
    if let Some(upgrade) = upgrade {
        let (response, opened) = realtime::open(emulator.shared(), &request).await;
        if response.extensions().get::<Abandon>().is_some() {
            return Err(io::Error::other("a fault closes the connection without an answer"));
        }
        *tag.session.lock() = opened.map(|opened| (upgrade, opened));
        return Ok(response);
    }
    let mut response = emulator.handle(request).await;
    if response.extensions().get::<Abandon>().is_some() {
        return Err(io::Error::other("a fault closes the connection without an answer"));
    }
    if is_head {
        *response.body_mut() = boxed_empty();
    }
    Ok(response)
}

fn too_large(emulator: &Emulator, parts: &request::Parts, limit: usize) -> Response<BoxBody> {
    let shared = emulator.shared();
    shared.counters.request();
    shared.counters.status(413);
    let family = route::family(parts.uri.path(), &parts.headers);
    let why = Rejection::new(413, format!("The body is larger than {limit} bytes."));
    rejection(family, &why, "req_emu_too_large", &Faults::default())
}
