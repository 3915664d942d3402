//! An upstream that plays a script: exact bytes and waits, one script a connection's request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A step of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Writes these bytes.
    Send(Vec<u8>),
    /// Waits until [`Scripted::release`].
    Wait,
}

/// The head of a stream whose end is the connection's.
pub(crate) const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// A stream of these bytes, sent in one piece.
pub(crate) fn stream(body: &[u8]) -> Vec<Step> {
    vec![Step::Send([STREAM_HEAD.as_bytes(), body].concat())]
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Path and query.
    pub(crate) path: String,
    /// Everything up to the blank line.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    /// The value of a header (lower-case name).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

/// A served script; dropping it closes the port.
pub(crate) struct Scripted {
    addr: SocketAddr,
    release: watch::Sender<bool>,
    seen: Arc<Mutex<Vec<Seen>>>,
    _serving: JoinSet<()>,
}

impl Scripted {
    /// Serves `script(n)` to the n-th request, from 0.
    pub(crate) async fn start(script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::by_request(move |number, _| script(number)).await
    }

    /// Serves `script(n, request)` to the n-th request, from 0.
    pub(crate) async fn by_request(
        script: impl Fn(usize, &Seen) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let all = Arc::clone(&seen);
        let (release, released) = watch::channel(false);
        let script = Arc::new(script);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (all, script, released) = (Arc::clone(&all), Arc::clone(&script), released.clone());
                connections.spawn(async move { serve(stream, &all, &*script, released).await });
            }
        });
        Self { addr, release, seen, _serving: serving }
    }

    /// `http://ADDRESS`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The last request that came.
    pub(crate) fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().expect("a request came").clone()
    }

    /// Every request that came, in order.
    pub(crate) fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Lets all waiting scripts go on.
    pub(crate) fn release(&self) {
        self.release.send_replace(true);
    }

    /// A provider `up` in OpenAI's format with a priced `chat-model`.
    pub(crate) fn provider(&self) -> String {
        format!(
            "providers:\n  up: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: upstream-secret-1, models: \
             {{ chat-model: {{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200 }} }} }}\n",
            self.url()
        )
    }
}

async fn serve(
    mut stream: TcpStream,
    all: &Mutex<Vec<Seen>>,
    script: &(impl Fn(usize, &Seen) -> Vec<Step> + Send + Sync),
    mut released: watch::Receiver<bool>,
) {
    let Some(seen) = read_request(&mut stream).await else { return };
    let number = {
        let mut all = all.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    for step in script(number, &seen) {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Step::Wait => drop(released.wait_for(|released| *released).await),
        }
    }
    drop(stream.shutdown().await);
    // Until the gateway has read everything, a close could turn into a reset.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
}

/// Reads head and body by content-length; nothing when the connection ends before.
async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
            let seen = Seen { path, head, body };
            let length = seen.header("content-length").and_then(|value| value.parse::<usize>().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Some(seen);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
