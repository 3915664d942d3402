//! Both ends of a WebSocket, byte for byte: a client of the gateway, and an upstream that the test itself plays. It has
//! a codec of its own, since a test whose ends share a mistake with the gateway would pass.

use serde_json::Value;
use sha1::{Digest, Sha1};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(10);

/// The key of RFC 6455's example, and what answers it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Text, binary, close, ping and pong.
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// A frame as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    pub(crate) opcode: u8,
    /// Unmasked.
    pub(crate) payload: Vec<u8>,
    /// As it stood on the wire.
    pub(crate) raw: Vec<u8>,
}

impl Frame {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.opcode, TEXT, "{self:?}");
        serde_json::from_slice(&self.payload).unwrap()
    }

    /// The code of a close frame.
    #[track_caller]
    pub(crate) fn close_code(&self) -> u16 {
        assert_eq!(self.opcode, CLOSE, "{}", String::from_utf8_lossy(&self.payload));
        u16::from_be_bytes(self.payload[..2].try_into().unwrap())
    }
}

/// A frame's bytes, masked when a client writes it.
pub(crate) fn frame(fin: bool, opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut out = vec![opcode | if fin { 0x80 } else { 0 }];
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..=125 => out.push(masked | u8::try_from(short).unwrap()),
        medium @ 126..=0xffff => {
            out.push(masked | 126);
            out.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            out.push(masked | 127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend(mask.into_iter().flatten());
    let mask = mask.unwrap_or_default();
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// One end of an open WebSocket.
pub(crate) struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Head of the other side's half of the handshake.
    pub(crate) head: String,
}

impl Socket {
    /// The value of a header of [`Self::head`] (lower-case name).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The id of the call.
    pub(crate) fn request_id(&self) -> String {
        self.header("x-request-id").expect("every call has an id").to_owned()
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends an event, as a client does.
    pub(crate) async fn say(&mut self, event: &Value) {
        self.send_raw(&frame(true, TEXT, event.to_string().as_bytes(), Some([7, 1, 200, 3]))).await;
    }

    /// Sends an event, as a server does.
    pub(crate) async fn tell(&mut self, event: &Value) {
        self.send_raw(&frame(true, TEXT, event.to_string().as_bytes(), None)).await;
    }

    /// The next frame; `None` when the connection ends, whichever way.
    pub(crate) async fn try_frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, length)) = parse(&self.buffer) {
                self.buffer.drain(..length);
                return Some(frame);
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
            match read.expect("a frame, or the end") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Frame {
        self.try_frame().await.expect("the connection goes on")
    }

    /// The next event of that type; others are passed over.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame().await;
            assert_ne!(
                frame.opcode,
                CLOSE,
                "closed before {kind}: {}",
                String::from_utf8_lossy(&frame.payload)
            );
            if frame.opcode == TEXT && frame.json()["type"] == kind {
                return frame.json();
            }
        }
    }

    /// Everything up to the end: the last error event, and the close code.
    pub(crate) async fn ending(&mut self) -> (Option<Value>, Option<u16>) {
        let (mut error, mut code) = (None, None);
        while let Some(frame) = self.try_frame().await {
            match frame.opcode {
                // What was begun before the end may be no whole event.
                TEXT if frame.fin && frame.json()["type"] == "error" => {
                    error = Some(frame.json()["error"].clone());
                }
                CLOSE => {
                    code = Some(frame.close_code());
                    // An orderly client says goodbye too.
                    drop(
                        self.stream
                            .write_all(&super::websocket::frame(true, CLOSE, &frame.payload, Some([0; 4])))
                            .await,
                    );
                }
                _ => {}
            }
        }
        (error, code)
    }

    /// Exactly these bytes come next.
    pub(crate) async fn expect_raw(&mut self, wanted: &[u8]) {
        while self.buffer.len() < wanted.len() {
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
            assert!(read.expect("more bytes").unwrap() > 0, "the end after {} bytes", self.buffer.len());
        }
        let at = wanted.iter().zip(&self.buffer).position(|(a, b)| a != b);
        assert_eq!(at, None, "the first difference of {} bytes", wanted.len());
        self.buffer.drain(..wanted.len());
    }

    /// Says goodbye and waits for the other side to do so; gives its code.
    pub(crate) async fn close(mut self, code: u16) -> Option<u16> {
        self.send_raw(&frame(true, CLOSE, &code.to_be_bytes(), Some([1, 2, 3, 4]))).await;
        self.ending().await.1
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

fn parse(bytes: &[u8]) -> Option<(Frame, usize)> {
    let [first, second, rest @ ..] = bytes else { return None };
    assert_eq!(first & 0x70, 0, "a reserved bit");
    let (length, at) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).unwrap(), 10),
        short => (usize::from(short), 2),
    };
    let mask_bytes = if second & 0x80 != 0 { 4 } else { 0 };
    let mask = bytes.get(at..at + mask_bytes)?;
    let end = at + mask_bytes + length;
    let payload = bytes.get(at + mask_bytes..end)?;
    let payload = match mask.first_chunk::<4>() {
        Some(mask) => payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect(),
        None => payload.to_vec(),
    };
    let frame = Frame { fin: first & 0x80 != 0, opcode: first & 0x0f, payload, raw: bytes[..end].to_vec() };
    Some((frame, end))
}

/// Reads a head; what came behind it stays.
async fn read_head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut buffer = Vec::new();
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = buffer.split_off(end + 4);
            return (String::from_utf8(buffer).unwrap(), rest);
        }
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut buffer)).await.expect("a head");
        assert!(read.unwrap() > 0, "no head: {}", String::from_utf8_lossy(&buffer));
    }
}

/// Asks for a WebSocket; `extra` are whole header lines. `Err` is the head of a refusal and what came of its body.
pub(crate) async fn connect(addr: SocketAddr, path: &str, extra: &str) -> Result<Socket, String> {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: gateway\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\
         sec-websocket-extensions: permessage-deflate\r\n{extra}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, mut buffer) = read_head(&mut stream).await;
    if !head.starts_with("HTTP/1.1 101") {
        let length: usize = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        while buffer.len() < length {
            assert!(stream.read_buf(&mut buffer).await.unwrap() > 0);
        }
        return Err(head + &String::from_utf8_lossy(&buffer));
    }
    assert_eq!(header(&head, "sec-websocket-accept"), Some(ACCEPT));
    assert_eq!(header(&head, "sec-websocket-extensions"), None);
    Ok(Socket { stream, buffer, head })
}

/// A session of this key.
pub(crate) async fn open(addr: SocketAddr, model: &str, key: &str) -> Socket {
    let path = format!("/v1/realtime?model={model}");
    connect(addr, &path, &format!("authorization: Bearer {key}\r\n")).await.unwrap()
}

/// An upstream whose sessions the test plays.
pub(crate) struct Far {
    listener: TcpListener,
}

impl Far {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    /// A provider `up` with a priced `rt`.
    pub(crate) fn provider(&self) -> String {
        format!(
            "providers:\n  up: {{ kind: openai-compatible, base_url: \"http://{}/v1\", api_key: upstream-secret-1, \
             models: {{ rt: {{ same_as: openai/gpt-realtime }} }} }}\n",
            self.listener.local_addr().unwrap()
        )
    }

    /// Takes up the next session.
    pub(crate) async fn accept(&self) -> Socket {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (head, buffer) = read_head(&mut stream).await;
        let key = header(&head, "sec-websocket-key").expect("a handshake");
        let digest =
            Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
        let accept = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nx-request-id: far-1\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        Socket { stream, buffer, head }
    }
}

/// A session through the gateway: the client's end and the upstream's.
pub(crate) async fn through(addr: SocketAddr, far: &Far, model: &str, key: &str) -> (Socket, Socket) {
    tokio::join!(open(addr, model, key), far.accept())
}
