//! The part of a call that fetches an answer for others too: hands on what comes, keeps it when it is complete, and goes
//! on without its own caller as long as anybody else waits. Serves the cache stage. It must not keep what is not whole.

use super::flight::{End, Fate, Flight};
use super::head::Head;
use super::items::Fetching;
use super::similar;
use crate::attempt::{Answered, Failure};
use crate::lineup::Lineup;
use crate::live::Live;
use crate::reply::{Reply, ReplyBody};
use crate::respond::headers;
use crate::ticket::Rejected;
use crate::worker::Worker;
use bytes::Bytes;
use gw_model::{Call, Micros, Record, WireFormat};
use gw_store::answers::similar::Turn;
use gw_store::answers::{Answer, AnswerKey, Labels};
use gw_upstream::{BodyError, UpstreamBody};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

/// How long an answer may be given, in microseconds from when it is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime {
    pub(super) fresh_us: Micros,
    pub(super) whole_us: Micros,
}

/// An older answer, and what it takes to give it.
pub(super) struct Spare {
    pub(super) answer: Arc<Answer>,
    pub(super) live: Arc<Live>,
    pub(super) call: Box<Call>,
    pub(super) model: Arc<Lineup>,
}

/// See the module. It is part of the call's ticket; dropped without an answer, it sends those who wait their own way.
pub(crate) struct Lead {
    pub(super) worker: Rc<Worker>,
    pub(super) flight: Arc<Flight>,
    pub(super) key: AnswerKey,
    /// The turn by which others may find the answer.
    pub(super) turn: Option<Turn>,
    /// What is asked for, of several inputs that are kept one by one.
    pub(super) items: Option<Fetching>,
    /// How many purges there were when it was asked for.
    pub(super) since: u64,
    /// How long the answer is kept; `None`: not at all.
    pub(super) lifetime: Option<Lifetime>,
    pub(super) tags: Vec<String>,
    pub(super) model: Arc<str>,
    /// An older answer, should no target have a new one.
    pub(super) spare: Option<Box<Spare>>,
    pub(super) head: Option<Arc<Head>>,
    /// The caller has left, and the call goes on for others.
    pub(super) left: Rc<Cell<bool>>,
    pub(super) has_landed: bool,
    /// The answer came whole, whatever became of the call.
    pub(super) is_whole: bool,
}

impl Lead {
    /// Does anybody else get the answer or wait for it?
    pub(crate) fn has_others(&self) -> bool {
        !self.is_short() && self.flight.has_others()
    }

    /// Is less asked for than the caller wants? Then nobody can do anything with what comes before it is put together.
    pub(crate) fn is_short(&self) -> bool {
        self.items.as_ref().is_some_and(|items| items.is_short)
    }

    /// Hands on an answer that was put together, to all who wait for it.
    pub(super) fn hand_on(&mut self, head: Head, body: Bytes) {
        let head = Arc::new(head);
        self.head = Some(Arc::clone(&head));
        self.flight.push(body);
        self.flight.close(End::Complete);
        self.flight.publish(head);
    }

    /// The answer came whole: it is kept, also where its own caller does not get it.
    pub(crate) const fn note_whole(&mut self) {
        self.is_whole = true;
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// All that came of the answer so far, as far as nothing was let go.
    pub(crate) fn body(&self) -> Option<Bytes> {
        self.flight.body()
    }

    /// What is known of the call from outside.
    pub(crate) fn crew(&self) -> Crew {
        Crew {
            worker: Rc::clone(&self.worker),
            flight: Arc::clone(&self.flight),
            left: Rc::clone(&self.left),
        }
    }

    /// Has the call gone on without its caller?
    pub(crate) fn is_left(&self) -> bool {
        self.left.get()
    }

    /// The answer is whole: it is kept.
    pub(crate) fn land(mut self, record: &Record) {
        let Some(head) = self.head.take() else { return };
        self.has_landed = true;
        let Some(lifetime) = self.lifetime else { return };
        let Some(body) = self.flight.body() else { return };
        if !is_whole(&head, &body) {
            return;
        }
        let made = self.items.take().map(|items| items.made).unwrap_or_default();
        let content_type = head.content_type.as_ref().and_then(|kind| kind.to_str().ok());
        let now = self.worker.now();
        let answer = Answer {
            body,
            format: head.format,
            content_type: content_type.unwrap_or_default().to_owned(),
            status: head.status.as_u16(),
            provider: Arc::clone(&head.target.provider.name),
            upstream_model: Arc::clone(&head.target.model),
            tool_names: head.tool_names.pairs().to_vec(),
            dropped: head.dropped.clone(),
            labels: Labels {
                model: Arc::clone(&self.model),
                key: record.key,
                accounts: record.accounts.clone(),
                tags: std::mem::take(&mut self.tags),
            },
            stored_at: now,
            fresh_until: now.saturating_add(lifetime.fresh_us),
            until: now.saturating_add(lifetime.whole_us),
        };
        let answers = &self.worker.gateway().answers;
        if !made.is_empty() {
            let one = Answer {
                format: WireFormat::OpenAiEmbeddings,
                content_type: "application/json".to_owned(),
                body: Bytes::new(),
                ..answer
            };
            for (key, body) in made {
                answers.keep(key, Answer { body, ..one.clone() }, None, self.since);
            }
            return;
        }
        let is_kept = answers.keep(self.key, answer, self.turn.as_ref(), self.since);
        if let Some(turn) = self.turn.take().filter(|_| is_kept) {
            similar::keep(answers, turn, self.key);
        }
        // Dropping this takes the flight out: from now on, who asks finds what is kept.
    }

    /// Hands the answer on to all who wait for it, while it comes.
    pub(super) fn publish(&mut self, answered: &mut Answered) -> bool {
        let Answered { sent, response, target, .. } = answered;
        if self.is_short() {
            return true;
        }
        let is_shareable = sent.earlier.is_empty() && sent.clamped.is_empty();
        let Some(passenger) = self.flight.board_first().filter(|_| is_shareable) else { return false };
        let head = Arc::new(Head::of_response(response.status, &response.headers, sent, target));
        self.head = Some(Arc::clone(&head));
        let own = UpstreamBody::relayed(Box::new(passenger));
        let body = std::mem::replace(&mut response.body, own);
        spawn(pump(Arc::clone(&self.flight), body));
        self.flight.publish(head);
        true
    }

    /// The answer is only the caller's: those who wait learn of it.
    pub(super) fn keep_apart(self) {
        self.flight.fall(Fate::Unshared);
    }

    /// No target had an answer: those who wait learn of it.
    pub(super) fn fail(self, failure: &Failure) {
        self.flight.fall(Fate::Failed(Arc::new(failure.clone())));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.worker.gateway().answers.flights.remove(&self.key, &self.flight);
        // Who is still getting a whole answer is not disturbed.
        if !self.has_landed {
            self.flight.fall(Fate::Abandoned);
        }
    }
}

/// Some upstreams tell of a fault with a good status, or end in the midst without a word.
fn is_whole(head: &Head, body: &[u8]) -> bool {
    let is_json = headers::is_json(&head.headers());
    head.status == http::StatusCode::OK
        && match headers::is_event_stream(&head.headers()) {
            true => gw_wire::complete::has_finished(head.format, body),
            false => !is_json || gw_wire::complete::is_complete(head.format, body),
        }
}

/// Reads the answer as fast as it comes and all who get it allow.
async fn pump(flight: Arc<Flight>, mut body: UpstreamBody) {
    let mut patience = Patience::default();
    loop {
        let next = poll_fn(|cx| {
            loop {
                return match flight.poll_room(cx) {
                    Poll::Pending if patience.is_over(&flight, cx) => continue,
                    Poll::Pending => Poll::Pending,
                    // Dropping the body ends the upstream's work.
                    Poll::Ready(false) => Poll::Ready(None),
                    Poll::Ready(true) => {
                        patience.rest(&flight);
                        body.poll_data(cx).map(Some)
                    }
                };
            }
        });
        match next.await {
            None => return,
            Some(Some(Ok(piece))) => flight.push(piece),
            Some(end) => {
                return flight.close(match end {
                    None => End::Complete,
                    Some(Err(BodyError::IdleTimeout)) => End::Silent,
                    Some(_) => End::Cut,
                });
            }
        }
    }
}

/// How long those who read slowly have held the others up. It begins anew once they have caught up.
#[derive(Default)]
struct Patience(Option<Pin<Box<tokio::time::Sleep>>>);

impl Patience {
    /// There is no room: is it time to go on without those who are behind?
    fn is_over(&mut self, flight: &Flight, cx: &mut Context<'_>) -> bool {
        if !flight.is_held_up() {
            return false;
        }
        let timer = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep(flight.patience())));
        if timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.0 = None;
        flight.leave_behind()
    }

    /// There is room.
    fn rest(&mut self, flight: &Flight) {
        if self.0.is_some() && flight.is_calm() {
            self.0 = None;
        }
    }
}

/// A call that fetches an answer for others too. When its caller leaves, it goes on as long as anybody waits.
pub(crate) struct Carried<F: Future<Output = Result<Reply, Rejected>> + 'static> {
    call: Option<Pin<Box<F>>>,
    crew: Crew,
}

/// What is known of such a call from outside.
#[derive(Clone)]
pub(crate) struct Crew {
    pub(super) worker: Rc<Worker>,
    pub(super) flight: Arc<Flight>,
    pub(super) left: Rc<Cell<bool>>,
}

impl Crew {
    /// Carries the rest of the call.
    pub(crate) fn carry<F: Future<Output = Result<Reply, Rejected>> + 'static>(self, call: F) -> Carried<F> {
        Carried { call: Some(Box::pin(call)), crew: self }
    }

    /// Goes on without the caller, if anybody else waits.
    fn goes_on(&self) -> bool {
        let goes_on = self.flight.has_others() && !self.worker.gateway().is_stopping();
        if goes_on {
            self.left.set(true);
        }
        goes_on
    }

    /// Goes on with the rest of an answer whose own caller gets no more of it, if anybody else waits for it; else the call
    /// ends.
    pub(crate) fn go_on_with(self, body: Box<ReplyBody>) {
        if self.goes_on() {
            spawn(self.drain(body));
        }
    }

    /// The same for what is no body.
    pub(crate) fn go_on(&self, rest: impl Future<Output = ()> + 'static) {
        if self.goes_on() {
            spawn(rest);
        }
    }

    /// Reads the answer to its end, as long as anybody else gets it.
    async fn drain(self, mut body: Box<ReplyBody>) {
        if let ReplyBody::Stream(stream) = &mut *body {
            stream.leave();
        }
        loop {
            let next = poll_fn(|cx| {
                let polled = self.worker.turn(|| http_body::Body::poll_frame(Pin::new(&mut *body), cx));
                match polled {
                    // What is here already is read and counted in any case.
                    Poll::Pending if !self.flight.has_others() && !self.flight.is_closed() => {
                        Poll::Ready(None)
                    }
                    polled => polled,
                }
            });
            match next.await {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    }
}

impl<F: Future<Output = Result<Reply, Rejected>> + 'static> Future for Carried<F> {
    type Output = Result<Reply, Rejected>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(call) = &mut self.call else { return Poll::Pending };
        let Poll::Ready(result) = call.as_mut().poll(cx) else { return Poll::Pending };
        self.call = None;
        let crew = self.crew.clone();
        Poll::Ready(result.map(|reply| {
            reply.map(|body| match body {
                ReplyBody::Stream(_) | ReplyBody::Large(_) => {
                    ReplyBody::Led(Box::new(Led { body: Some(Box::new(body)), crew }))
                }
                whole => whole,
            })
        }))
    }
}

impl<F: Future<Output = Result<Reply, Rejected>> + 'static> Drop for Carried<F> {
    fn drop(&mut self) {
        let Some(mut call) = self.call.take().filter(|_| self.crew.goes_on()) else { return };
        let crew = self.crew.clone();
        spawn(async move {
            match poll_fn(|cx| crew.worker.turn(|| call.as_mut().poll(cx))).await {
                Ok(reply) => crew.drain(Box::new(reply.into_body())).await,
                Err(Rejected { ticket, refusal }) => ticket.refused(refusal.code),
            }
        });
    }
}

/// The body of such a call's reply.
pub struct Led {
    body: Option<Box<ReplyBody>>,
    crew: Crew,
}

impl std::fmt::Debug for Led {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Led").field("body", &self.body).finish_non_exhaustive()
    }
}

impl Led {
    /// The body itself.
    pub(crate) fn body(&mut self) -> Option<&mut ReplyBody> {
        self.body.as_deref_mut()
    }

    /// It is over for the caller: there is nothing to go on with, unless others get more of it.
    pub(crate) fn finish(&mut self) {
        let is_muted = |body: &ReplyBody| match body {
            ReplyBody::Stream(stream) => stream.is_muted(),
            ReplyBody::Large(large) => large.is_muted(),
            _ => false,
        };
        if let Some(body) = self.body.take().filter(|body| is_muted(body)) {
            self.crew.clone().go_on_with(body);
        }
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.crew.clone().go_on_with(body);
        }
    }
}

/// Starts a call of the gateway's own that fetches an answer anew. Nobody waits for it.
pub(super) fn start<F: Future<Output = Result<Reply, Rejected>> + 'static>(crew: Crew, call: F) {
    let mut call = Box::pin(call);
    spawn(async move {
        let result = poll_fn(|cx| crew.worker.turn(|| call.as_mut().poll(cx))).await;
        match result {
            Ok(reply) => {
                let mut body = reply.into_body();
                let frames = poll_fn(|cx| {
                    loop {
                        match crew.worker.turn(|| http_body::Body::poll_frame(Pin::new(&mut body), cx)) {
                            Poll::Ready(Some(Ok(_))) => {}
                            Poll::Ready(_) => return Poll::Ready(()),
                            Poll::Pending => return Poll::Pending,
                        }
                    }
                });
                frames.await;
            }
            Err(Rejected { ticket, refusal }) => ticket.refused(refusal.code),
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "the worker's own task set, which ends with it")]
fn spawn(task: impl Future<Output = ()> + 'static) {
    tokio::task::spawn_local(task);
}

#[cfg(test)]
mod tests;
