//! A small HTTP client for the emulator's tests: one connection per request, HTTP/1.1 or HTTP/2, the
//! body as it came, broken or not. It must not retry or hide anything.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// Longest time a test waits for anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// An answer: what arrived, and whether it arrived to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) broken: bool,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The `data:` lines of a stream, `[DONE]` included.
    pub(crate) fn data(&self) -> Vec<&str> {
        self.text().lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    }

    /// The parsed data of a stream, without `[DONE]`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let events = self.data().into_iter().filter(|data| *data != "[DONE]");
        events
            .map(|data| serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")))
            .collect()
    }
}

/// A message of a binary event stream: its headers and its payload.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload: Bytes,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).expect("JSON")
    }
}

impl Answer {
    /// The messages of a binary event stream up to the first one that is not whole or has a wrong
    /// checksum, and how many bytes are left from there on.
    pub(crate) fn messages(&self) -> (Vec<Message>, usize) {
        let (mut rest, mut messages) = (&self.body[..], Vec::new());
        while let Some((message, length)) = message(rest) {
            messages.push(message);
            rest = &rest[length..];
        }
        (messages, rest.len())
    }
}

fn message(bytes: &[u8]) -> Option<(Message, usize)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (length, header_bytes) = (number(0)? as usize, number(4)? as usize);
    let end = length.checked_sub(4)?;
    if number(8)? != crc32fast::hash(&bytes[..8]) || number(end)? != crc32fast::hash(&bytes[..end]) {
        return None;
    }
    let (mut headers, mut rest) = (Vec::new(), &bytes[12..12 + header_bytes]);
    while let Some((&name_length, tail)) = rest.split_first() {
        let (name, tail) = tail.split_at(usize::from(name_length));
        assert_eq!(tail[0], 7, "a text");
        let (value, tail) = tail[3..].split_at(usize::from(u16::from_be_bytes([tail[1], tail[2]])));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        headers.push((text(name), text(value)));
        rest = tail;
    }
    Some((Message { headers, payload: Bytes::copy_from_slice(&bytes[12 + header_bytes..end]) }, length))
}

/// A request with a JSON body and the headers that both families take.
pub(crate) fn post(path: &str, body: &Value) -> Request<Full<Bytes>> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("host", "emulator")
        .header("content-type", "application/json")
        .header("anthropic-version", "2023-06-01")
        .body(Full::new(Bytes::from(body.to_string())))
        .expect("request")
}

/// A request without a body.
pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    Request::builder().uri(path).header("host", "emulator").body(Full::default()).expect("request")
}

/// A chat request with one user message.
pub(crate) fn chat(model: &str, text: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": text}]})
}

/// Sends a request over HTTP/1.1 on a connection of its own; `Err` when no head arrived.
pub(crate) async fn open(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, hyper::Error> {
    let stream = TcpStream::connect(address).await.expect("connected");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    sender.send_request(request).await
}

/// Sends a request over HTTP/1.1 and reads the answer.
pub(crate) async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    let response = tokio::time::timeout(DEADLINE, open(address, request)).await.expect("in time");
    read(response.expect("an answer")).await
}

/// Sends a request over HTTP/2 with prior knowledge and reads the answer.
pub(crate) async fn send_h2(address: SocketAddr, mut request: Request<Full<Bytes>>) -> Answer {
    request.headers_mut().remove("host");
    *request.uri_mut() = format!("http://{address}{}", request.uri()).parse().expect("URI");
    let stream = TcpStream::connect(address).await.expect("connected");
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.expect("handshake");
    tokio::spawn(connection);
    read(sender.send_request(request).await.expect("an answer")).await
}

/// Reads a body to its end or its break.
pub(crate) async fn read(response: http::Response<Incoming>) -> Answer {
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    let mut broken = false;
    while let Some(frame) = tokio::time::timeout(DEADLINE, incoming.frame()).await.expect("in time") {
        match frame {
            Ok(frame) => body.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(_) => {
                broken = true;
                break;
            }
        }
    }
    Answer { status: parts.status, headers: parts.headers, body: Bytes::from(body), broken }
}

/// Waits until a condition holds, without sleeping for a fixed time.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("never came true: {what}"));
}
