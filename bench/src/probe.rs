//! A bare hyper proxy: what the same HTTP library costs when nothing but forwarding is done. One
//! current-thread runtime, one upstream connection per caller's connection. Only a yardstick.

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

/// Forwards everything from `port` to the mock, until the process is ended.
pub(crate) fn run(port: u16, mock_port: u16) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(BenchError::socket("start the probe's runtime"))?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(BenchError::socket("bind the probe"))?;
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            tokio::spawn(async move {
                // A connection that fails shows in the load generator's count.
                let _ = connection(stream, mock_port).await;
            });
        }
    })
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
