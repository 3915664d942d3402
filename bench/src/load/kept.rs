//! Calls on one kept connection, one after the other, at the pace of whoever makes them.

use super::answer::{Answer, Fed};
use super::check::Expect;
use super::once::connect;
use super::request::Template;
use crate::error::BenchError;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection; a broken one is made anew at the next call.
pub(crate) struct Kept {
    port: u16,
    timeout: Duration,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Kept {
    pub(crate) fn new(port: u16, timeout: Duration) -> Self {
        Self { port, timeout, stream: None, buffer: vec![0; 64 * 1024] }
    }

    /// One call, and whether its answer is right.
    pub(crate) fn call(&mut self, template: &mut Template, expect: &Expect) -> Result<(), BenchError> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.port, self.timeout)?,
        };
        stream.write_all(template.next()).map_err(BenchError::socket("send"))?;
        let mut answer = Answer::new();
        loop {
            let count = stream.read(&mut self.buffer).map_err(BenchError::socket("receive"))?;
            if count == 0 {
                return Err(BenchError::Answer(
                    "the connection was closed before the answer's end".to_owned(),
                ));
            }
            if answer.feed(&self.buffer[..count]).map_err(BenchError::Answer)? == Fed::Done {
                break;
            }
        }
        expect.check(answer.status, &answer.body).map_err(BenchError::Answer)?;
        self.stream = Some(stream);
        Ok(())
    }
}
