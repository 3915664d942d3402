//! Exact bytes to the gateway and back, for what no HTTP client would send.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(15);

/// Sends bytes; reads until the gateway closes the connection.
pub(crate) async fn exchange(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    // A gateway that has refused a head reads no more of it.
    drop(stream.write_all(bytes).await);
    to_end(&mut stream).await
}

/// Reads until the gateway closes the connection, whichever way.
pub(crate) async fn to_end(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await;
        match read.expect("the gateway closes the connection") {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&seen).into_owned(),
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A POST head that closes the connection after its answer.
pub(crate) fn post_head(path: &str, key: &str, extra: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nconnection: close\r\n{extra}content-length: {length}\r\n\r\n"
    )
}

/// The status of an answer as it came.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}
