//! Blocking calls, one at a time: readiness probes, the big body, and streams that are opened and
//! held. Not for measuring speed.

use super::answer::{Answer, Fed};
use super::check::Expect;
use super::request::Template;
use crate::error::BenchError;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

pub(super) fn connect(port: u16, timeout: Duration) -> Result<TcpStream, BenchError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, timeout).map_err(BenchError::socket("connect"))?;
    stream.set_nodelay(true).map_err(BenchError::socket("connect"))?;
    stream.set_read_timeout(Some(timeout)).map_err(BenchError::socket("connect"))?;
    stream.set_write_timeout(Some(timeout)).map_err(BenchError::socket("connect"))?;
    Ok(stream)
}

/// Sends one request on a new connection and checks the answer.
pub(crate) fn call(
    port: u16,
    template: &mut Template,
    expect: &Expect,
    timeout: Duration,
) -> Result<(), BenchError> {
    let answer = exchange(port, template.next(), timeout)?;
    expect.check(answer.status, &answer.body).map_err(BenchError::Answer)
}

/// Posts JSON and reads JSON; an answer that is no success is an error with its text.
pub(crate) fn post(
    port: u16,
    path: &str,
    bearer: &str,
    body: &str,
    timeout: Duration,
) -> Result<serde_json::Value, BenchError> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {bearer}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(port, request.as_bytes(), timeout)?;
    let text = String::from_utf8_lossy(&answer.body);
    if !(200..300).contains(&answer.status) {
        return Err(BenchError::Answer(format!("POST {path}: {} {text}", answer.status)));
    }
    serde_json::from_str(&text).map_err(|error| BenchError::Answer(format!("POST {path}: {error}")))
}

/// Gets a text; an answer that is no success is an error with its text.
pub(crate) fn get(port: u16, path: &str, bearer: &str, timeout: Duration) -> Result<String, BenchError> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {bearer}\r\n\r\n");
    let answer = exchange(port, request.as_bytes(), timeout)?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    match answer.status {
        200..300 => Ok(text),
        status => Err(BenchError::Answer(format!("GET {path}: {status} {text}"))),
    }
}

/// One request on a new connection, and all of its answer.
fn exchange(port: u16, request: &[u8], timeout: Duration) -> Result<Answer, BenchError> {
    let mut stream = connect(port, timeout)?;
    stream.write_all(request).map_err(BenchError::socket("send"))?;
    let mut answer = Answer::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let count = stream.read(&mut buffer).map_err(BenchError::socket("receive"))?;
        let done = if count == 0 {
            if !answer.closed() {
                return Err(BenchError::Answer(
                    "the connection was closed before the answer's end".to_owned(),
                ));
            }
            true
        } else {
            answer.feed(&buffer[..count]).map_err(BenchError::Answer)? == Fed::Done
        };
        if done {
            return Ok(answer);
        }
    }
}

/// Opens a stream and returns once its first text piece has come. The stream stays open as long
/// as the socket is held.
pub(crate) fn open_stream(
    port: u16,
    template: &mut Template,
    timeout: Duration,
) -> Result<TcpStream, BenchError> {
    let mut stream = connect(port, timeout)?;
    stream.write_all(template.next()).map_err(BenchError::socket("send"))?;
    let mut answer = Answer::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let count = stream.read(&mut buffer).map_err(BenchError::socket("receive"))?;
        if count == 0 {
            return Err(BenchError::Answer("the stream ended at once".to_owned()));
        }
        answer.feed(&buffer[..count]).map_err(BenchError::Answer)?;
        if answer.status != 0 && answer.status != 200 {
            return Err(BenchError::Answer(format!("the stream was answered {}", answer.status)));
        }
        if memchr::memmem::find(&answer.body, b"tok-00").is_some() {
            return Ok(stream);
        }
    }
}
