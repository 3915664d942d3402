//! How long an HTTP/2 client may leave its answer unread. The system's own limit (`TCP_USER_TIMEOUT`) sees the
//! connection, not its streams: a client can read everything else and never open the window of one stream.
//! Each stream is a task of its own here; one that has something to write and is not let write it for too long
//! is dropped, which resets the stream and ends its call. Other streams go on.

use super::activity::UnderWay;
use bytes::{Buf, Bytes};
use gw_pipeline::ReplyBody;
use http_body::{Body, Frame, SizeHint};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Most bytes of a stream that are handed over at once. The next piece is taken only when the client's window has
/// room again, so this is also what may lie unsent behind a stream whose answer has ended.
const PIECE: usize = 16 << 10;

tokio::task_local! {
    /// Of the stream whose task this is.
    static PACE: Rc<Pace>;
}

/// How far the answer of one stream is.
#[derive(Debug, Default)]
struct Pace {
    answering: Cell<bool>,
    /// The body gave something.
    moved: Cell<bool>,
    /// The body was asked and had nothing yet: it is not the client that is waited for.
    starved: Cell<bool>,
}

/// Runs the task of a stream for as long as its client takes what is written.
pub(super) async fn limit<F: Future>(stream: F, stall: Duration) {
    let pace = Rc::new(Pace::default());
    let mut stream = pin!(PACE.scope(Rc::clone(&pace), stream));
    let mut timer: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| {
        pace.starved.set(false);
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if !pace.answering.get() || pace.starved.get() {
            timer = None;
            return Poll::Pending;
        }
        let moved = pace.moved.take();
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        if moved {
            timer.as_mut().reset(after(stall));
        }
        ready!(timer.as_mut().poll(cx));
        tracing::debug!("a client left its answer unread; its stream is reset");
        Poll::Ready(())
    })
    .await;
}

#[expect(clippy::disallowed_methods, reason = "a timer of the runtime, which only knows its own time")]
fn after(stall: Duration) -> Instant {
    Instant::now() + stall
}

/// The body of an answer, watched.
#[derive(Debug)]
pub(crate) struct PacedBody {
    body: ReplyBody,
    /// Taken from the body and not yet handed over.
    rest: Bytes,
    pace: Option<Rc<Pace>>,
    _under_way: UnderWay,
}

impl PacedBody {
    /// To be called in the task of the stream; on HTTP/1.1 there is none, and pieces go on as they come.
    pub(super) fn new(body: ReplyBody, under_way: UnderWay) -> Self {
        let pace = PACE.try_with(Rc::clone).ok();
        if let Some(pace) = &pace {
            pace.answering.set(true);
        }
        Self { body, rest: Bytes::new(), pace, _under_way: under_way }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = <ReplyBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let Some(pace) = &this.pace else { return Pin::new(&mut this.body).poll_frame(cx) };
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Pending => {
                    pace.starved.set(true);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                ended => return ended,
            }
        }
        pace.moved.set(true);
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.remaining() as u64;
        let body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower().saturating_add(rest));
        if let Some(upper) = body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}
