//! The response body: hands out a script's frames or pieces, waits where it says so, and ends cleanly,
//! silently or broken. It must not build content, and never sleeps unless the script has a pause.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use super::meter::BodyMeter;
use super::script::{Ending, Script};
use crate::listen::ConnectionTag;

/// The body of every emulated response.
pub type BoxBody = http_body_util::combinators::BoxBody<Bytes, BodyError>;

/// The body was broken off on purpose, by a fault that asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyError;

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the emulator broke the answer off, as a fault asked")
    }
}

impl std::error::Error for BodyError {}

/// An empty body.
pub(crate) fn boxed_empty() -> BoxBody {
    http_body_util::Empty::new().map_err(|never| match never {}).boxed()
}

/// How often a body that is about to break yields first, so that what it sent before is flushed.
const YIELDS_BEFORE_CUT: u8 = 2;

/// A script being played.
pub(crate) struct PlayedBody {
    script: Script,
    meter: BodyMeter,
    connection: Option<Arc<ConnectionTag>>,
    position: usize,
    frame: usize,
    rested: bool,
    yields: u8,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl PlayedBody {
    /// Starts at the first byte. `connection` is told to reset when the script ends that way.
    pub(crate) fn new(script: Script, mut meter: BodyMeter, connection: Option<Arc<ConnectionTag>>) -> Self {
        if script.stop == 0 && script.ending == Ending::Clean {
            meter.ended();
        }
        Self { script, meter, connection, position: 0, frame: 0, rested: true, yields: 0, sleep: None }
    }

    /// Milliseconds to wait before the next piece.
    fn pause_ms(&self) -> u64 {
        let starts_frame = self.frame > 0 && self.script.marks[self.frame - 1].end == self.position;
        if starts_frame { self.script.pace.frame_delay_ms } else { 0 }.max(self.script.pace.piece_delay_ms)
    }

    fn next_piece(&mut self) -> Bytes {
        let start = self.position;
        let frame_end = self.script.marks.get(self.frame).map_or(self.script.stop, |mark| mark.end);
        let mut end = frame_end.min(self.script.stop);
        if let Some(bytes) = self.script.pace.piece_bytes {
            end = end.min(start.saturating_add(bytes));
        }
        self.position = end;
        if end == frame_end {
            let tokens = self.script.marks.get(self.frame).map_or(0, |mark| mark.tokens);
            self.meter.sent(tokens);
            self.frame += 1;
        }
        if end == self.script.stop && self.script.ending == Ending::Clean {
            self.meter.ended();
        }
        self.rested = false;
        self.script.bytes.slice(start..end)
    }

    fn break_off(&mut self, reset: bool, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.yields < YIELDS_BEFORE_CUT {
            self.yields += 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.meter.broken_off();
        if let (true, Some(connection)) = (reset, &self.connection) {
            connection.reset_on_close();
        }
        Poll::Ready(Some(Err(BodyError)))
    }
}

impl Body for PlayedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
                self.rested = true;
            }
            if self.position < self.script.stop {
                let pause_ms = self.pause_ms();
                if !self.rested && pause_ms > 0 {
                    self.sleep = Some(Box::pin(tokio::time::sleep(Duration::from_millis(pause_ms))));
                    continue;
                }
                return Poll::Ready(Some(Ok(Frame::data(self.next_piece()))));
            }
            return match self.script.ending {
                Ending::Clean => {
                    self.meter.ended();
                    Poll::Ready(None)
                }
                // Nothing wakes this body again; the connection notices by itself when its peer leaves.
                Ending::Stall => Poll::Pending,
                Ending::Cut { reset } => self.break_off(reset, cx),
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.script.ending == Ending::Clean && self.position == self.script.stop
    }

    fn size_hint(&self) -> SizeHint {
        if self.script.streamed || !self.script.is_complete() {
            return SizeHint::default();
        }
        SizeHint::with_exact((self.script.stop - self.position) as u64)
    }
}
