//! Shared by the tests of this crate: a local runtime, clients and requests, and a peer that plays scripts.

use bytes::Bytes;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{
    BodyError, Destination, PhaseTimeouts, ProxyEnv, Stats, Upstream, UpstreamBody, UpstreamConfig,
    UpstreamRequest,
};
use http::{HeaderMap, Method};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

pub(crate) const TIMEOUTS: PhaseTimeouts =
    PhaseTimeouts { connect_ms: 10_000, first_byte_ms: 10_000, idle_ms: 10_000 };

/// Runs a test on a current-thread runtime within a `LocalSet`, with a limit on the whole.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        tokio::time::timeout(Duration::from_secs(30), test).await.expect("the test hangs");
    });
}

pub(crate) fn client() -> Rc<Upstream> {
    Upstream::new(UpstreamConfig::default())
}

pub(crate) fn post(body: impl Into<Bytes>) -> UpstreamRequest {
    UpstreamRequest {
        method: Method::POST,
        path_and_query: "/v1/x?y=1".into(),
        headers: HeaderMap::new(),
        body: vec![body.into()],
    }
}

pub(crate) fn get() -> UpstreamRequest {
    UpstreamRequest { method: Method::GET, body: Vec::new(), ..post("") }
}

pub(crate) fn destination(url: &str, options: &ConnectOptions) -> Destination {
    Destination::parse(url, options, &ProxyEnv::default()).unwrap().0
}

/// All pieces of a body, joined, or how it failed.
pub(crate) async fn read_all(body: &mut UpstreamBody) -> Result<Vec<u8>, BodyError> {
    let mut all = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece?;
        assert!(!piece.is_empty(), "pieces are never empty");
        all.extend_from_slice(&piece);
    }
    assert!(body.is_end());
    Ok(all)
}

/// Waits until the client's counts fulfil a condition.
pub(crate) async fn until(client: &Upstream, what: impl Fn(Stats) -> bool) {
    for _ in 0..2_000 {
        if what(client.stats()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never came to be: {:?}", client.stats());
}

/// A listening peer.
pub(crate) struct Peer {
    listener: TcpListener,
}

impl Peer {
    pub(crate) async fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub(crate) fn destination(&self) -> Destination {
        destination(&self.url(), &ConnectOptions::default())
    }

    pub(crate) async fn accept(&self) -> TcpStream {
        let stream = self.listener.accept().await.unwrap().0;
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Nobody is waiting to be accepted. On this machine a connection is in the queue once it is asked for.
    pub(crate) async fn no_one_waits(&self) {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        let waiting = tokio::time::timeout(Duration::ZERO, self.listener.accept()).await;
        assert!(waiting.is_err(), "an unexpected connection");
    }
}

/// Reads one request: its head as text, and its body by `content-length`. `None` at the end of the stream.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    loop {
        if let Some(end) = seen.windows(4).position(|w| w == b"\r\n\r\n") {
            let mut body = seen.split_off(end + 4);
            let head = String::from_utf8(seen).unwrap();
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "))
                .map_or(0, |v| v.parse::<usize>().unwrap());
            while body.len() < length {
                assert!(stream.read_buf(&mut body).await.unwrap() > 0, "the request is cut");
            }
            assert_eq!(body.len(), length, "bytes behind the request");
            return Some((head, body));
        }
        if stream.read_buf(&mut seen).await.ok()? == 0 {
            assert!(seen.is_empty(), "the request's head is cut");
            return None;
        }
    }
}

/// Accepts one connection and answers each request on it with the next of `answers`; then waits for the end.
pub(crate) async fn play(peer: &Peer, answers: &[&[u8]]) {
    let mut stream = peer.accept().await;
    for answer in answers {
        read_request(&mut stream).await.expect("one more request");
        stream.write_all(answer).await.unwrap();
    }
    let _ = read_request(&mut stream).await;
}

pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
