//! An HTTP/2 client on one connection, over any transport.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// See the module. Dropping it closes the connection.
pub(crate) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
    addr: SocketAddr,
}

impl Http2 {
    /// Connects with prior knowledge.
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self::over(TcpStream::connect(addr).await.unwrap(), addr).await
    }

    /// Speaks over this transport.
    pub(crate) async fn over(
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        addr: SocketAddr,
    ) -> Self {
        Self::speak(Builder::new(TokioExecutor::new()), io, addr).await
    }

    /// Connects with prior knowledge; streams whose answers are not read take this many bytes.
    pub(crate) async fn connect_with_window(addr: SocketAddr, bytes: u32) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(bytes);
        Self::speak(builder, TcpStream::connect(addr).await.unwrap(), addr).await
    }

    async fn speak(
        builder: Builder<TokioExecutor>,
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        addr: SocketAddr,
    ) -> Self {
        let (sender, connection) = builder.handshake(TokioIo::new(io)).await.unwrap();
        let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Self { sender, task, addr }
    }

    /// `POST /v1/chat/completions`; waits for the head of the answer.
    pub(crate) async fn send(&self, body: &Value, key: &str) -> Response<Incoming> {
        let request = Request::post(format!("http://{}/v1/chat/completions", self.addr))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Full::new(body.to_string().into()))
            .unwrap();
        self.sender.clone().send_request(request).await.unwrap()
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        self.task.abort();
    }
}
