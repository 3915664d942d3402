//! A bare hyper proxy: what the same HTTP library costs when nothing but forwarding is done. One upstream
//! connection per caller's connection, on a runtime per thread or on one work-stealing runtime. Only a yardstick.

use crate::error::BenchError;
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

type Sender = Arc<Mutex<client::SendRequest<Incoming>>>;

/// What a probe runs as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) port: u16,
    pub(crate) mock_port: u16,
    /// Threads; connections are dealt out to them in turn.
    pub(crate) threads: usize,
    /// One runtime whose threads take work from each other, in place of one runtime per thread.
    pub(crate) stealing: bool,
}

/// Forwards everything to the mock, until the process is ended.
pub(crate) fn run(probe: Probe) -> Result<(), BenchError> {
    if !probe.stealing && probe.threads > 1 {
        return run_dealt(probe);
    }
    let mut builder = if probe.stealing {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(probe.threads);
        builder
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder.enable_io().build().map_err(BenchError::socket("start the probe's runtime"))?;
    runtime.block_on(async {
        // Accepted by a task, as all else is done by tasks: the thread that blocks here is no worker.
        let listener = listen(probe.port).await?;
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(serve(stream, probe.mock_port));
            }
        });
        let _ = accepting.await;
        Ok(())
    })
}

/// A current-thread runtime per thread; the first also accepts.
fn run_dealt(probe: Probe) -> Result<(), BenchError> {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(BenchError::socket("start the probe's runtime"))
    };
    let mut doors = Vec::new();
    for _ in 0..probe.threads {
        let (door, mut handed) = tokio::sync::mpsc::unbounded_channel::<std::net::TcpStream>();
        doors.push(door);
        let runtime = runtime()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                while let Some(stream) = handed.recv().await {
                    if let Ok(stream) = TcpStream::from_std(stream) {
                        tokio::spawn(serve(stream, probe.mock_port));
                    }
                }
            });
        });
    }
    runtime()?.block_on(async {
        let listener = listen(probe.port).await?;
        for turn in 0.. {
            let Ok((stream, _)) = listener.accept().await else { continue };
            if let (Ok(stream), Some(door)) = (stream.into_std(), doors.get(turn % doors.len())) {
                let _ = door.send(stream);
            }
        }
        Ok(())
    })
}

async fn listen(port: u16) -> Result<TcpListener, BenchError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(BenchError::socket("bind the probe"))
}

async fn serve(stream: TcpStream, mock_port: u16) {
    // A connection that fails shows in the load generator's count.
    let _ = connection(stream, mock_port).await;
}

async fn connection(
    stream: TcpStream,
    mock_port: u16,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let upstream = TcpStream::connect((Ipv4Addr::LOCALHOST, mock_port)).await?;
    upstream.set_nodelay(true)?;
    let (sender, driver) = client::handshake(TokioIo::new(upstream)).await?;
    tokio::spawn(driver);
    let sender: Sender = Arc::new(Mutex::new(sender));
    let service = service_fn(move |request| forward(Arc::clone(&sender), request));
    server::Builder::new().serve_connection(TokioIo::new(stream), service).await?;
    Ok(())
}

async fn forward(sender: Sender, request: Request<Incoming>) -> hyper::Result<Response<Incoming>> {
    let mut sender = sender.lock().await;
    sender.ready().await?;
    let mut response = sender.send_request(request).await?;
    // The server side frames the body anew.
    response.headers_mut().remove(hyper::header::TRANSFER_ENCODING);
    Ok(response)
}
