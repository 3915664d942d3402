//! Calls that the control plane makes in somebody's name: they go through every stage of the gateway as any caller's do, on a
//! worker's thread, so that they are limited, metered and recorded. Each needs a virtual key. It must not make one without.

use bytes::Bytes;
use gw_model::caching::CacheWish;
use gw_model::{Secret, WireFormat};
use gw_pipeline::{CallerContext, Errand, Inbound, PathFacts, Reply, Worker, run};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body;
use parking_lot::Mutex;
use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Calls that wait for a worker, and that one makes at the same time.
const MAX_WAITING: usize = 64;
const MAX_AT_ONCE: usize = 32;

/// Bytes of an answer that are kept; the rest is read and forgotten.
const MAX_ANSWER: usize = 4 << 20;

/// A call to make.
pub(crate) struct InsideCall {
    pub(crate) format: WireFormat,
    pub(crate) path: PathFacts,
    /// The virtual key, where it was shown.
    pub(crate) key: Option<Secret>,
    /// Whose call it is else.
    pub(crate) errand: Option<Arc<Errand>>,
    /// The session that it belongs to.
    pub(crate) session: Option<String>,
    /// Where whoever wants it comes from.
    pub(crate) from: Option<IpAddr>,
    /// What the record says of it, as a JSON object.
    pub(crate) metadata: String,
    pub(crate) body: Bytes,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct InsideAnswer {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) content_type: String,
    /// The gateway's code of an error.
    pub(crate) error_code: String,
    /// After how many seconds another try may succeed.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
    /// There was more than is kept.
    pub(crate) is_cut: bool,
    /// It broke off.
    pub(crate) is_broken: bool,
}

/// Why a call was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotMade {
    /// Too many wait.
    Busy,
    /// The process ends.
    Ending,
}

impl fmt::Display for NotMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "too many calls of the control plane wait already; try again",
            Self::Ending => "this gateway is about to end; try again at another",
        })
    }
}

/// A call on its way to a worker.
pub(crate) struct Order {
    call: InsideCall,
    answer: oneshot::Sender<InsideAnswer>,
}

/// Where calls are handed to workers.
#[derive(Default)]
pub(crate) struct Inside {
    workers: Mutex<Vec<mpsc::Sender<Order>>>,
    next: AtomicUsize,
}

impl Inside {
    /// A worker takes part from now on.
    pub(crate) fn join(&self) -> mpsc::Receiver<Order> {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        self.workers.lock().push(sender);
        receiver
    }

    /// Makes a call and waits for the whole answer. Dropping this ends it, as a client's leaving does.
    pub(crate) async fn call(&self, call: InsideCall) -> Result<InsideAnswer, NotMade> {
        let (answer, answered) = oneshot::channel();
        {
            let workers = self.workers.lock();
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let worker = workers.get(turn % workers.len().max(1)).ok_or(NotMade::Ending)?;
            worker.try_send(Order { call, answer }).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => NotMade::Busy,
                mpsc::error::TrySendError::Closed(_) => NotMade::Ending,
            })?;
        }
        answered.await.map_err(|_| NotMade::Ending)
    }
}

/// Makes the calls that a worker is handed, for as long as that runs.
#[expect(clippy::disallowed_methods, reason = "the worker's own task set")]
pub(crate) async fn serve(worker: Rc<Worker>, mut orders: mpsc::Receiver<Order>) {
    let places = Arc::new(Semaphore::new(MAX_AT_ONCE));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Some(Order { call, mut answer }) = orders.recv().await else { return };
        let worker = Rc::clone(&worker);
        tokio::task::spawn_local(async move {
            let _place = place;
            tokio::select! {
                () = answer.closed() => (),
                made = make(&worker, call) => {
                    // Whoever wanted it may be gone.
                    let _ = answer.send(made);
                }
            }
        });
    }
}

async fn make(worker: &Rc<Worker>, call: InsideCall) -> InsideAnswer {
    let forward_headers = match call.format {
        WireFormat::AnthropicMessages => vec![("anthropic-version", Bytes::from_static(b"2023-06-01"))],
        _ => Vec::new(),
    };
    // What is measured, judged or made again is this request, never one like it.
    let wish = CacheWish { exact: true, ..CacheWish::default() };
    let context = CallerContext {
        metadata: Some(call.metadata),
        session: call.session,
        cache: Some(Box::new(wish)),
        ..CallerContext::default()
    };
    let inbound = Inbound {
        format: call.format,
        from: call.from,
        credential: call.key.map(|key| key.expose().to_owned()),
        signed: None,
        path: call.path,
        context,
        forward_headers,
        raw: None,
        errand: call.errand,
        body: call.body,
    };
    let (head, body) = run(worker, inbound).await.into_parts();
    let text = |name: &str| text(&head.headers, name);
    let mut answer = InsideAnswer {
        status: head.status.as_u16(),
        request_id: text("x-request-id"),
        content_type: text(CONTENT_TYPE.as_str()),
        error_code: text("x-gatewright-error"),
        retry_after: text("retry-after").parse().ok(),
        body: Vec::new(),
        is_cut: false,
        is_broken: false,
    };
    read(Reply::new(body), &mut answer).await;
    answer
}

/// Reads an answer to its end: that is when a call is settled.
async fn read(reply: Reply, answer: &mut InsideAnswer) {
    let mut body = reply.into_body();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else {
            answer.is_broken = true;
            return;
        };
        let data = frame.into_data().unwrap_or_default();
        let room = MAX_ANSWER.saturating_sub(answer.body.len()).min(data.len());
        answer.body.extend_from_slice(data.get(..room).unwrap_or_default());
        answer.is_cut |= room < data.len();
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
