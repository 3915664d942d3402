//! An upstream that plays a script: exact bytes and waits, one script a connection's request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// A served script; dropping it closes the port.
pub(crate) struct Scripted {
    addr: SocketAddr,
    release: watch::Sender<bool>,
    _serving: JoinSet<()>,
}

impl Scripted {
    /// Serves `script(n)` to the n-th request, from 0.
    pub(crate) async fn start(script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let served = Arc::new(AtomicUsize::new(0));
        let (release, released) = watch::channel(false);
        let script = Arc::new(script);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (served, script, released) = (Arc::clone(&served), Arc::clone(&script), released.clone());
                connections.spawn(async move { serve(stream, &served, &*script, released).await });
            }
        });
        Self { addr, release, _serving: serving }
    }

    /// `http://ADDRESS`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
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
    served: &AtomicUsize,
    script: &(impl Fn(usize) -> Vec<Step> + Send + Sync),
    mut released: watch::Receiver<bool>,
) {
    if !read_request(&mut stream).await {
        return;
    }
    let number = served.fetch_add(1, Ordering::Relaxed);
    for step in script(number) {
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

/// Reads head and body by content-length; false when the connection ends before.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return true;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
